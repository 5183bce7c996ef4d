//! The live connection: each event once, even if the connection breaks.

#[cfg(test)]
pub(crate) mod convergence;
mod sequence;
mod state;

use std::fmt;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use beep_core::id::ChannelId;
use beep_proto::gateway::{ClientFrame, CloseCode, Event, Hello, JSON_SUBPROTOCOL, Ready, ServerFrame};
use beep_proto::id::Ref;
use beep_proto::json;
use beep_proto::operation::messages;
use beep_proto::problem::{ErrorCode, Problem};
use beep_proto::text::Secret;
use futures_util::future::{Either, select};
use futures_util::{SinkExt, Stream, StreamExt};

use self::state::{State, Step};
use crate::client::Client;
use crate::error::Error;
use crate::link::Link;
use crate::session::Access;
use crate::transport::{BoxStream, Connection, Frame, TransportError, TransportErrorKind, random};

/// What happens on the gateway.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum GatewayEvent {
    /// A snapshot of all that the caller may see: at the start without a cursor, and after [`Self::Resync`]. Forget the
    /// earlier state.
    Ready(Box<Ready>),
    /// Something happened.
    Event(Box<Event>),
    /// The connection continues where the last one ended; missed events follow.
    Resumed,
    /// All missed events were delivered; what follows is live.
    CaughtUp {
        /// The moment.
        cursor: String,
    },
    /// The cursor is too old, or events are missing that cannot be fetched. For `all`, [`Self::Ready`] follows. For one
    /// server, an [`EventData::MemberJoined`](beep_proto::gateway::EventData) that holds the whole server follows, or
    /// an event that the caller left it; the rest continues.
    Resync {
        /// `all`, or the id of a server.
        scope: String,
    },
    /// There is no connection. The client reconnects; no event is lost.
    Disconnected {
        /// Why.
        reason: Disconnect,
        /// The time until the next attempt.
        retry_in: Duration,
    },
}

impl GatewayEvent {
    /// The cursor after this item was handled, if it moves the cursor. None does before all servers of a snapshot were
    /// told: resuming would skip those that are still to come.
    pub fn cursor(&self) -> Option<&str> {
        match self {
            Self::Ready(ready) => Some(&*ready.cursor).filter(|_| ready.incomplete.is_empty()),
            Self::Event(event) => Some(&*event.cursor).filter(|cursor| !cursor.is_empty()),
            Self::CaughtUp { cursor } => Some(cursor),
            Self::Resumed | Self::Resync { .. } | Self::Disconnected { .. } => None,
        }
    }
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Disconnect {
    /// The backend cannot be reached, or the connection broke.
    #[error("{0}")]
    Transport(TransportError),
    /// The backend closed it.
    #[error("the backend closed the connection: {}", closed(*code))]
    Closed {
        /// The close code: the backend's own, from 4000 on, or one of WebSocket's.
        code: u16,
    },
    /// The backend said why and closed it.
    #[error("the backend closed the connection: {}", code.title())]
    Refused {
        /// Why.
        code: ErrorCode,
    },
    /// Nothing arrived for two intervals.
    #[error("the backend stopped answering")]
    Silent,
    /// The backend refused the access token; the client tries another one.
    #[error("the backend refused the access token")]
    Unauthenticated,
    /// The backend sent an invalid frame.
    #[error("the backend sent an invalid frame: {0}")]
    Nonsense(String),
}

/// What a close code says.
fn closed(code: u16) -> String {
    match CloseCode::from_number(code) {
        Some(CloseCode::BadFrame) => "it received an invalid frame".to_owned(),
        Some(CloseCode::Unauthenticated) => "the backend refused the access token".to_owned(),
        Some(CloseCode::TooSlow) => "the client reads too slowly".to_owned(),
        Some(CloseCode::RateLimited) => "the client sent too many frames".to_owned(),
        Some(CloseCode::GoingAway) => "it is stopping".to_owned(),
        None => format!("code {code}"),
    }
}

/// The events of a client, from [`Client::events`]: a stream that connects when it is first polled and lasts until the
/// session ends.
///
/// Each event arrives once and in the order of its stream, even after the connection was lost. The stream ends with an
/// error when the session has ended or the backend refuses the client for good. It has no task of its own: the socket
/// is read only while the caller polls. A caller that pauses for long is disconnected, and resumes when it polls again.
/// An event counts as handled when the next item is requested; then [`Client::session`] holds its cursor.
pub struct EventStream(BoxStream<Result<GatewayEvent, Error>>);

impl EventStream {
    pub(crate) fn new(client: Client, cursor: Option<String>) -> Self {
        let me = client.user().map(|user| user.id);
        let rings = client.link.network_is_back.count();
        let moves = client.link.focus.moves.count();
        let mut state = State::new(cursor, me);
        state.focus(client.link.focus.get());
        let driver = Driver { client, state, connection: None, access: None, unhandled: None, rings, moves };
        Self(Box::pin(futures_util::stream::unfold(driver, async |mut driver| {
            let item = driver.next().await?;
            Some((item, driver))
        })))
    }

    /// Gives the next item; `None` after the error that ended the stream.
    pub async fn next(&mut self) -> Option<Result<GatewayEvent, Error>> {
        self.0.next().await
    }
}

impl Stream for EventStream {
    type Item = Result<GatewayEvent, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventStream")
    }
}

/// Carries out the steps of [`State`].
struct Driver {
    client: Client,
    state: State,
    connection: Option<Box<dyn Connection>>,
    /// The token that the connection was opened with.
    access: Option<Access>,
    /// The cursor of what the caller was given last.
    unhandled: Option<String>,
    /// How often it was heard that the network is back.
    rings: u64,
    /// How often it was heard that the program looks at something else.
    moves: u64,
}

impl Driver {
    async fn next(&mut self) -> Option<Result<GatewayEvent, Error>> {
        if let Some(cursor) = self.unhandled.take() {
            self.client.keeper.handled(&cursor);
        }
        loop {
            let moves = self.client.link.focus.moves.count();
            if moves != self.moves {
                self.moves = moves;
                self.state.focus(self.client.link.focus.get());
            }
            match self.state.step(self.now()) {
                Step::Yield(event) => {
                    self.unhandled = event.cursor().map(str::to_owned);
                    return Some(Ok(event));
                }
                Step::Open { rejected } => {
                    self.connection = None;
                    self.open(rejected).await;
                }
                Step::Send(frame) => self.send(&frame).await,
                Step::Renew => self.renew().await,
                Step::Fill { channel, after } => self.fill(channel, after).await,
                Step::Take => self.take().await,
                Step::Wait { until } => self.wait(until).await,
                Step::Sleep { until } => {
                    self.connection = None;
                    let time = until.saturating_sub(self.now());
                    let link = &self.client.link;
                    let back = pin!(link.network_is_back.after(self.rings));
                    if let Either::Right((rings, _)) = select(link.transport.sleep(time), back).await {
                        self.rings = rings;
                        self.state.hurry(self.now());
                    }
                }
                Step::End(error) => {
                    self.connection = None;
                    return Some(Err(error));
                }
                Step::Over => return None,
            }
        }
    }

    async fn open(&mut self, rejected: bool) {
        let Client { link, keeper } = &self.client;
        let access = match (rejected, &self.access) {
            (true, Some(stale)) => keeper.access_instead_of(link, stale).await,
            _ => keeper.access(link).await,
        };
        let access = match access {
            Ok(access) => access,
            Err(error) => return self.without_token(error),
        };
        self.access = Some(access.clone());
        let opening = link.transport.connect(link.gateway(), JSON_SUBPROTOCOL).await;
        let (now, random) = (self.now(), self.random());
        match opening {
            Ok(connection) => {
                self.connection = Some(connection);
                self.state.opened(access.token, access.renew_at, now);
            }
            Err(error) if error.kind == TransportErrorKind::Refused(401) => {
                self.state.unauthenticated(Problem::new(ErrorCode::Unauthenticated, error.detail), now);
            }
            Err(error) => self.state.lost(Disconnect::Transport(error), now, random),
        }
    }

    fn without_token(&mut self, error: Error) {
        let (now, random) = (self.now(), self.random());
        match error {
            Error::Transport(error) => self.state.lost(Disconnect::Transport(error), now, random),
            Error::Refused(refusal) if matches!(refusal.problem.status, 429 | 500..) => {
                self.state.lost(Disconnect::Refused { code: refusal.problem.code }, now, random);
            }
            error => self.state.fail(error),
        }
    }

    async fn send(&mut self, frame: &ClientFrame) {
        let Some(connection) = &mut self.connection else { return };
        let text = serde_json::to_string(frame).expect("frames are JSON");
        let stuck = self.client.link.transport.sleep(SEND_TIMEOUT);
        let lost = match select(connection.send(text), stuck).await {
            Either::Left((Ok(()), _)) => return,
            Either::Left((Err(error), _)) => Disconnect::Transport(error),
            Either::Right(_) => Disconnect::Silent,
        };
        self.state.lost(lost, self.now(), self.random());
    }

    async fn renew(&mut self) {
        let Client { link, keeper } = &self.client;
        match keeper.access(link).await {
            // The same one again: the renewal failed and the old token is still good.
            Ok(access) if self.access.as_ref() == Some(&access) => self.state.not_renewed(self.now()),
            Ok(access) => {
                self.access = Some(access.clone());
                self.state.renewed(access.token, access.renew_at);
            }
            Err(error) => self.without_token(error),
        }
    }

    async fn fill(&mut self, channel: Ref<ChannelId>, after: u64) {
        let asked = self.client.call(messages::Events::new(channel, after).limit(FILL_LIMIT));
        match asked.await {
            Ok(page) => self.state.filled(page.items),
            Err(Error::Transport(error)) => self.state.lost(Disconnect::Transport(error), self.now(), self.random()),
            Err(Error::Refused(refusal)) if matches!(refusal.problem.status, 429 | 500..) => {
                let code = refusal.problem.code;
                self.state.lost(Disconnect::Refused { code }, self.now(), self.random());
            }
            Err(error @ Error::NotSignedIn) => self.state.fail(error),
            Err(error) => {
                tracing::warn!(%error, "missing events of a channel could not be fetched");
                self.state.filled(Vec::new());
            }
        }
    }

    async fn take(&mut self) {
        let Some(token) = self.access.as_ref().map(|access| access.token.clone()) else {
            return self.state.taken(None, self.now(), self.random());
        };
        let link = &self.client.link;
        let taken = match select(Box::pin(snapshot(link, token)), link.transport.sleep(TAKING)).await {
            Either::Left((taken, _)) => taken,
            Either::Right(_) => None,
        };
        self.state.taken(taken.as_deref(), self.now(), self.random());
    }

    async fn wait(&mut self, until: Duration) {
        let time = until.saturating_sub(self.now());
        let Some(connection) = &mut self.connection else { return };
        let link = &self.client.link;
        let back = pin!(link.network_is_back.after(self.rings));
        let moved = pin!(link.focus.moves.after(self.moves));
        let timer = select(select(link.transport.sleep(time), moved), back);
        // What has arrived counts before the timer, also when the caller did not read for long.
        let arrived = match select(connection.next(), timer).await {
            Either::Left((arrived, _)) => Some(arrived),
            // What is looked at is said with the next step.
            Either::Right((Either::Left((Either::Right(_), _)), _)) => return,
            Either::Right((Either::Left((Either::Left(_), _)), _)) => None,
            Either::Right((Either::Right((rings, _)), _)) => {
                self.rings = rings;
                return self.state.hurry(self.now());
            }
        };
        let (now, random) = (self.now(), self.random());
        match arrived {
            None => self.state.waited(now, random),
            Some(Some(Ok(Frame::Text(text)))) => self.state.frame(&text, now, random),
            Some(Some(Ok(Frame::Closed { code }))) => self.state.closed(code, now, random),
            Some(Some(Err(error))) => self.state.lost(Disconnect::Transport(error), now, random),
            Some(None) => {
                let error = TransportError::interrupted("the connection ended");
                self.state.lost(Disconnect::Transport(error), now, random);
            }
        }
    }

    fn now(&self) -> Duration {
        self.client.link.transport.uptime()
    }

    fn random(&self) -> u64 {
        u64::from_be_bytes(random(&*self.client.link.transport))
    }
}

/// What a new client would be told first, on a connection of its own.
async fn snapshot(link: &Link, access_token: Secret) -> Option<Box<Ready>> {
    let mut connection = link.transport.connect(link.gateway(), JSON_SUBPROTOCOL).await.ok()?;
    let hello = ClientFrame::Hello(Hello { access_token, cursor: None, channels: None });
    connection.send(serde_json::to_string(&hello).expect("frames are JSON")).await.ok()?;
    while let Some(Ok(Frame::Text(text))) = connection.next().await {
        match json::read(&text).ok()? {
            ServerFrame::Ready(ready) => return Some(ready),
            ServerFrame::Ping => {}
            _ => return None,
        }
    }
    None
}

const SEND_TIMEOUT: Duration = Duration::from_secs(20);
const FILL_LIMIT: u32 = 100;
/// How long another snapshot may take; meanwhile nothing else is heard.
const TAKING: Duration = Duration::from_secs(15);
