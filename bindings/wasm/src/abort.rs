//! Ending what JavaScript no longer waits for.

use futures_channel::oneshot;
use futures_util::future::{Either, select};
use js_sys::Reflect;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use web_sys::{AbortController, AbortSignal};

/// Does some work unless the signal comes first: then drops the work and gives the signal's reason.
pub(crate) async fn unless_aborted<T>(
    signal: Option<AbortSignal>,
    work: impl Future<Output = T>,
) -> Result<T, JsValue> {
    let Some(signal) = signal else { return Ok(work.await) };
    if signal.aborted() {
        return Err(reason(&signal));
    }
    let (tell, aborted) = oneshot::channel();
    let listener = Closure::once(move || {
        let _ = tell.send(()); // nobody waits any longer when the work is done
    });
    let function = listener.as_ref().unchecked_ref();
    signal.add_event_listener_with_callback("abort", function)?;
    let result = match select(Box::pin(work), aborted).await {
        Either::Left((done, _)) => Ok(done),
        Either::Right(_) => Err(reason(&signal)),
    };
    signal.remove_event_listener_with_callback("abort", function)?;
    result
}

fn reason(signal: &AbortSignal) -> JsValue {
    Reflect::get(signal, &JsValue::from_str("reason")).unwrap_or(JsValue::UNDEFINED)
}

/// Aborts when it is dropped: what it was given to is over, or nobody waits for it.
pub(crate) struct AbortOnDrop(AbortController);

impl AbortOnDrop {
    pub(crate) fn new() -> Result<Self, JsValue> {
        AbortController::new().map(Self)
    }

    pub(crate) fn signal(&self) -> AbortSignal {
        self.0.signal()
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
