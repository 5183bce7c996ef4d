//! A world without sockets: requests are answered by a function, connections are scripts, and time passes only while
//! somebody waits for it.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use beep_client::transport::{BoxFuture, Connection, Frame, HttpRequest, HttpResponse, Transport, TransportError};
use beep_client::{Builder, Client, ErrorCode, Problem, SavedSession, Timestamp};
use beep_proto::gateway::{ClientFrame, ServerFrame};
use bytes::Bytes;
use futures_util::{Sink, Stream};
use serde_json::{Value, json};

use crate::sample;

/// The answer to a request, or that there is none.
pub(crate) type Answer = Result<HttpResponse, TransportError>;

/// One world; all clones are the same.
#[derive(Clone)]
pub(crate) struct World(Arc<Mutex<State>>);

struct State {
    now: Duration,
    random: u64,
    answer: Box<dyn FnMut(&Asked) -> Answer + Send>,
    asked: Vec<Asked>,
    scripts: VecDeque<Script>,
    said: Vec<ClientFrame>,
}

/// What one connection hears: after each frame that the client says, the next list.
pub(crate) struct Script(pub(crate) VecDeque<Vec<Frame>>);

/// A request that was made.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: &'static str,
    /// The path below `/v1`, with the query.
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Value,
    pub(crate) at: Duration,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(is, _)| *is == name).map(|(_, value)| value.as_str())
    }

    /// The access token that it came with.
    pub(crate) fn token(&self) -> Option<&str> {
        self.header("authorization").and_then(|value| value.strip_prefix("Bearer "))
    }
}

impl World {
    /// A world that answers requests with a function.
    pub(crate) fn new(answer: impl FnMut(&Asked) -> Answer + Send + 'static) -> Self {
        let (asked, scripts, said) = <(Vec<_>, VecDeque<_>, Vec<_>)>::default();
        let answer = Box::new(answer);
        Self(Arc::new(Mutex::new(State { now: START, random: 0, answer, asked, scripts, said })))
    }

    /// A world whose backend renews every session, takes the newest access token only, and answers everything else with
    /// a function.
    pub(crate) fn signed_in(mut answer: impl FnMut(&Asked) -> Answer + Send + 'static) -> Self {
        let mut renewed = 0;
        Self::new(move |asked| {
            if asked.path == "/access" || asked.path == "/login" {
                renewed += 1;
                return Ok(signed_in(renewed));
            }
            if asked.token() != Some(format!("access-{renewed}").as_str()) {
                return Ok(refused(ErrorCode::TokenExpired));
            }
            answer(asked)
        })
    }

    /// Whose first access token is refused, and whose second one is answered so.
    pub(crate) fn renewing(code: ErrorCode, answered: impl Fn() -> HttpResponse + Send + 'static) -> Self {
        let mut renewals = 0;
        Self::new(move |asked| {
            Ok(match (asked.path.as_str(), asked.token()) {
                ("/access", _) => {
                    renewals += 1;
                    signed_in(renewals)
                }
                (_, Some("access-2")) => answered(),
                _ => refused(code),
            })
        })
    }

    pub(crate) fn builder(&self) -> Builder {
        Client::builder("http://backend.test").transport(self.clone())
    }

    /// A client that takes up a stored session.
    pub(crate) fn client(&self) -> Client {
        let client = self.builder().build().expect("a valid URL and a transport");
        client.resume(saved());
        client
    }

    /// Has the next connection follow a script.
    pub(crate) fn script(&self, turns: impl IntoIterator<Item = Vec<Frame>>) {
        self.lock().scripts.push_back(Script(turns.into_iter().collect()));
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, time: Duration) {
        self.lock().now += time;
    }

    /// The requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.lock().asked.clone()
    }

    /// The requests of one path so far.
    pub(crate) fn asked_of(&self, path: &str) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.path == path).collect()
    }

    /// What was said on connections so far.
    pub(crate) fn said(&self) -> Vec<ClientFrame> {
        self.lock().said.clone()
    }

    /// What each hello so far said of the cursor.
    pub(crate) fn hellos(&self) -> Vec<Option<String>> {
        let said = self.said().into_iter();
        let hello = |frame| if let ClientFrame::Hello(hello) = frame { Some(hello.cursor) } else { None };
        said.filter_map(hello).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics in here")
    }
}

impl Transport for World {
    fn exchange(&self, request: HttpRequest) -> BoxFuture<Answer> {
        let world = self.clone();
        Box::pin(async move {
            // Under way for a while, so that others get to ask as well.
            for _ in 0..3 {
                once_later().await;
            }
            let mut state = world.lock();
            let body = request.body.map(|body| serde_json::from_slice(&body).expect("bodies are JSON"));
            let asked = Asked {
                method: request.method.as_str(),
                path: request.url.strip_prefix("http://backend.test/v1").expect("of the backend").to_owned(),
                headers: request.headers,
                body: body.unwrap_or_default(),
                at: state.now,
            };
            state.asked.push(asked.clone());
            (state.answer)(&asked)
        })
    }

    fn connect(
        &self,
        url: String,
        subprotocol: &'static str,
    ) -> BoxFuture<Result<Box<dyn Connection>, TransportError>> {
        assert_eq!((url.as_str(), subprotocol), ("ws://backend.test/v1/gateway", "beep.v1.json"));
        let world = self.clone();
        Box::pin(async move {
            let script = world.lock().scripts.pop_front();
            let script = script.ok_or_else(|| TransportError::unreached("nobody listens"))?;
            Ok(Box::new(Wire { world, script, heard: VecDeque::new() }) as Box<dyn Connection>)
        })
    }

    fn sleep(&self, time: Duration) -> BoxFuture<()> {
        let world = self.clone();
        let until = self.uptime() + time;
        Box::pin(async move {
            // Whoever else has something to do goes first; then time jumps.
            for _ in 0..10 {
                once_later().await;
            }
            let mut state = world.lock();
            state.now = state.now.max(until);
        })
    }

    fn uptime(&self) -> Duration {
        self.lock().now
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000)
    }

    fn fill(&self, buffer: &mut [u8]) {
        let mut state = self.lock();
        state.random += 1;
        let octets = state.random.to_be_bytes();
        for (into, octet) in buffer.iter_mut().rev().zip(octets.iter().rev().cycle()) {
            *into = *octet;
        }
    }
}

/// A connection that follows a script.
struct Wire {
    world: World,
    script: Script,
    heard: VecDeque<Frame>,
}

impl Stream for Wire {
    type Item = Result<Frame, TransportError>;
    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // Without a waker: whoever waits here waits for a time as well.
        self.heard.pop_front().map_or(Poll::Pending, |frame| Poll::Ready(Some(Ok(frame))))
    }
}

impl Sink<String> for Wire {
    type Error = TransportError;
    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }
    fn start_send(mut self: Pin<&mut Self>, text: String) -> Result<(), TransportError> {
        let frame = serde_json::from_str(&text).expect("what a client says is a frame");
        self.world.lock().said.push(frame);
        let turn = self.script.0.pop_front().unwrap_or_default();
        self.heard.extend(turn);
        Ok(())
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }
}

/// Gives others a turn.
async fn once_later() {
    let mut later = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut later, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A stored session.
pub(crate) fn saved() -> SavedSession {
    SavedSession {
        refresh_token: Some("refresh-0".into()),
        session_id: beep_client::Bare(sample::nth(9)),
        user: sample::me(),
        cursor: None,
    }
}

/// An answer with a body.
pub(crate) fn answer(status: u16, body: &impl serde::Serialize) -> HttpResponse {
    let body = Bytes::from(serde_json::to_vec(body).expect("answers are JSON"));
    HttpResponse { status, headers: vec![("x-request-id".to_owned(), "request-1".to_owned())], body }
}

/// An answer without a body.
pub(crate) fn empty() -> HttpResponse {
    HttpResponse { status: 204, headers: Vec::new(), body: Bytes::new() }
}

/// A refusal.
pub(crate) fn refused(code: ErrorCode) -> HttpResponse {
    answer(code.status(), &Problem::new(code, "refused by the test"))
}

/// What signing in for the `n`th time gives: tokens that live 15 minutes.
pub(crate) fn signed_in(n: u64) -> HttpResponse {
    answer(
        200,
        &json!({
            "access_token": format!("access-{n}"),
            "token_type": "Bearer",
            "expires_in": 900,
            "refresh_token": format!("refresh-{n}"),
            "session_id": sample::nth::<beep_client::SessionId>(9).to_string(),
            "user": sample::me(),
        }),
    )
}

/// Frames as a connection hears them.
pub(crate) fn frames(frames: impl IntoIterator<Item = ServerFrame>) -> Vec<Frame> {
    let text = |frame: ServerFrame| Frame::Text(serde_json::to_string(&frame).expect("frames are JSON"));
    frames.into_iter().map(text).collect()
}

const START: Duration = Duration::from_secs(5_000);
