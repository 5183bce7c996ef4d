//! The world through a browser: fetch, WebSocket, timers, its clocks and its randomness.

use std::time::Duration;

use beep_client::Timestamp;
use beep_client::transport::{BoxFuture, Connection, HttpRequest, HttpResponse, Transport, TransportError};
use bytes::Bytes;
use futures_channel::oneshot;
use futures_util::future::{Either, select};
use js_sys::{Array, Function, Promise, Uint8Array};
use wasm_bindgen::prelude::{Closure, JsValue, wasm_bindgen};
use wasm_bindgen::{JsCast, JsError};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, Request, RequestCredentials, RequestInit, RequestRedirect, Response};

use crate::abort::AbortOnDrop;
use crate::socket;

#[wasm_bindgen]
extern "C" {
    // Not from `window`: a worker has them too.
    #[wasm_bindgen(js_name = fetch)]
    fn fetch(request: &Request) -> Promise;
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(function: &Function, milliseconds: i32) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn uptime_milliseconds() -> f64;
    #[wasm_bindgen(js_namespace = crypto, js_name = getRandomValues)]
    fn fill_randomly(buffer: &mut [u8]);
}

/// Reaches the world through the browser.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BrowserTransport {
    /// Which requests carry cookies.
    pub(crate) credentials: RequestCredentials,
}

impl Transport for BrowserTransport {
    fn exchange(&self, request: HttpRequest) -> BoxFuture<Result<HttpResponse, TransportError>> {
        let credentials = self.credentials;
        Box::pin(async move {
            let abort = AbortOnDrop::new().map_err(unreached)?;
            let timeout = sleep(request.timeout);
            let asked = asked(&request, credentials, &abort).map_err(unreached)?;
            match select(Box::pin(answered(&asked)), timeout).await {
                // A browser does not tell how far a failed request came.
                Either::Left((answer, _)) => answer.map_err(interrupted),
                Either::Right(_) => Err(TransportError::interrupted("no answer came in time")),
            }
        })
    }

    fn connect(
        &self,
        url: String,
        subprotocol: &'static str,
    ) -> BoxFuture<Result<Box<dyn Connection>, TransportError>> {
        Box::pin(async move {
            match select(Box::pin(socket::open(&url, subprotocol)), sleep(CONNECT_TIMEOUT)).await {
                Either::Left((opened, _)) => Ok(Box::new(opened?) as Box<dyn Connection>),
                Either::Right(_) => Err(TransportError::unreached("the connection was not opened in time")),
            }
        })
    }

    fn sleep(&self, time: Duration) -> BoxFuture<()> {
        sleep(time)
    }

    fn uptime(&self) -> Duration {
        Duration::from_secs_f64(uptime_milliseconds().max(0.0) / 1000.0)
    }

    fn now(&self) -> Timestamp {
        now()
    }

    fn fill(&self, buffer: &mut [u8]) {
        fill_randomly(buffer);
    }
}

/// The time of day.
pub(crate) fn now() -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "a browser's clock counts whole milliseconds, far below 2^53")]
    Timestamp::from_millis(js_sys::Date::now() as i64)
}

/// A failure of the browser as text.
pub(crate) fn detail(error: &JsValue) -> String {
    let message = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    message.or_else(|| error.as_string()).unwrap_or_else(|| "the browser gives no reason".to_owned())
}

fn unreached(error: JsValue) -> TransportError {
    TransportError::unreached(detail(&error))
}

fn interrupted(error: JsValue) -> TransportError {
    TransportError::interrupted(detail(&error))
}

fn asked(request: &HttpRequest, credentials: RequestCredentials, abort: &AbortOnDrop) -> Result<Request, JsValue> {
    let headers = Headers::new()?;
    for (name, value) in &request.headers {
        headers.append(name, value)?;
    }
    let init = RequestInit::new();
    init.set_method(request.method.as_str());
    init.set_headers(&headers);
    init.set_credentials(credentials);
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(&abort.signal()));
    if let Some(body) = &request.body {
        init.set_body(&Uint8Array::from(&body[..]));
    }
    Request::new_with_str_and_init(&request.url, &init)
}

async fn answered(request: &Request) -> Result<HttpResponse, JsValue> {
    let response: Response = JsFuture::from(fetch(request)).await?.dyn_into()?;
    let mut headers = Vec::new();
    for entry in response.headers().entries() {
        let entry: Array = entry?.dyn_into()?;
        if let (Some(name), Some(value)) = (entry.get(0).as_string(), entry.get(1).as_string()) {
            headers.push((name, value)); // browsers give names in lower case
        }
    }
    let body = JsFuture::from(response.array_buffer()?).await?;
    let body = Bytes::from(Uint8Array::new(&body).to_vec());
    if response.status() == 0 {
        return Err(JsError::new("the backend redirects").into());
    }
    Ok(HttpResponse { status: response.status(), headers, body })
}

/// Resolves after a time.
pub(crate) fn sleep(time: Duration) -> BoxFuture<()> {
    let (tell, over) = oneshot::channel();
    let function = Closure::once(move || {
        let _ = tell.send(()); // nobody waits any longer when it was dropped
    });
    let milliseconds = i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
    let timer = Timer { id: set_timeout(function.as_ref().unchecked_ref(), milliseconds), _function: function };
    Box::pin(async move {
        let _ = over.await;
        drop(timer);
    })
}

/// A timer of the browser, stopped when it is dropped.
struct Timer {
    id: JsValue,
    _function: Closure<dyn FnMut()>,
}

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.id);
    }
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
