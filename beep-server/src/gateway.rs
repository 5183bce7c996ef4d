//! The gateway: one live connection from its hello to its close.
//!
//! The connection's own task tells the [past] and sends what the hub queued, many frames with one write. It holds next
//! to nothing while nothing happens.

mod focus;
mod past;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use beep_core::backend::{Actor, Backend, Refusal, accounts, reads};
use beep_core::id::{Qualified, UserKey};
use beep_core::network::Network;
use beep_core::port::{HeldSpace, Snapshot};
use beep_federation::net::Place;
use beep_proto::gateway::{
    At, ClientFrame, CloseCode, Closing, Hello, JSON_SUBPROTOCOL, PROTO_SUBPROTOCOL, Ready, Resync, ServerFrame,
};
use beep_proto::operation::Rate;
use beep_proto::problem::ErrorCode;
use beep_proto::protobuf;
use futures_util::{SinkExt, StreamExt};
use tokio::time::Instant;

use crate::callers::Callers;
use crate::hub::{self, Attached, ConnectedClient, Format, Frame, Hub};
use crate::rate::Rates;
use crate::resumes::{Resumes, Turn};
use crate::token::{Claims, Tokens};
use past::{Client, First, Prepared};

/// What live connections need.
#[derive(Clone)]
pub(crate) struct Gateway {
    pub(crate) backend: Arc<Backend>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) rates: Arc<Rates>,
    pub(crate) resumes: Arc<Resumes>,
    pub(crate) callers: Callers,
}

/// Makes a WebSocket of a request, and talks on it.
pub(crate) fn upgrade(gateway: Gateway, from: Network, upgrade: WebSocketUpgrade) -> Response {
    let upgrade = upgrade
        .protocols([JSON_SUBPROTOCOL, PROTO_SUBPROTOCOL])
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(MOST_UNSENT)
        .max_message_size(MOST_READ)
        .max_frame_size(MOST_READ);
    let format = match upgrade.selected_protocol().map(|name| name.as_bytes() == PROTO_SUBPROTOCOL.as_bytes()) {
        Some(true) => Format::Proto,
        _ => Format::Json,
    };
    let guest = gateway.hub.welcome();
    upgrade.on_upgrade(move |socket| talk(gateway, from, socket, format, guest))
}

/// Why a conversation ends.
enum End {
    /// The client is gone.
    Gone,
    /// The backend closes it.
    Close(CloseCode, ErrorCode),
}

/// Talks to a client to its end; `_guest` is dropped after the farewell, for which a process that stops waits.
async fn talk(gateway: Gateway, from: Network, mut socket: WebSocket, format: Format, _guest: ConnectedClient) {
    // In a box, as the past is below: what it takes to begin is not kept for as long as the conversation lasts.
    let greeted = or_closes(&gateway, Box::pin(greet(&gateway, from, &mut socket, format))).await;
    let end = match greeted {
        Ok(mut greeted) => converse(&gateway, &mut socket, &mut greeted, format).await,
        Err(end) => end,
    };
    if let End::Close(code, error) = end {
        // Trying again leads to the same.
        let for_good = matches!(error, ErrorCode::Unauthenticated | ErrorCode::PayloadTooLarge);
        let reconnect = code != CloseCode::BadFrame && !for_good;
        let retry_after_ms = if code == CloseCode::RateLimited { 10_000 } else { 0 };
        let closing = ServerFrame::Error(Closing { code: error, reconnect, retry_after_ms });
        let farewell = async {
            socket.send(message(Frame::write(&closing, format))).await?;
            let frame = CloseFrame { code: code.number(), reason: error.as_str().into() };
            socket.send(Message::Close(Some(frame))).await?;
            // The client answers the close; what it still says is of no interest.
            while let Some(Ok(_)) = socket.recv().await {}
            Ok::<_, axum::Error>(())
        };
        // Who is too slow has much to read before the farewell; who reads nothing at all is let go without a word.
        let patience = if code == CloseCode::TooSlow { SLOW_FAREWELL } else { FAREWELL };
        let _ = tokio::time::timeout(patience, farewell).await;
    }
}

/// What comes of it, unless the process is about to stop.
async fn or_closes<T>(gateway: &Gateway, what: impl Future<Output = Result<T, End>>) -> Result<T, End> {
    tokio::select! {
        done = what => done,
        () = gateway.hub.closes() => Err(End::Close(CloseCode::GoingAway, reason(CloseCode::GoingAway))),
    }
}

/// A client that has said hello.
struct Greeted {
    network: Network,
    client: Client,
    connection: Attached,
    claims: Claims,
    /// What it is to be told before what happens, and its turn for that.
    first: Option<(First, Turn)>,
    _place: Place<UserKey>,
    _counted: Counted,
}

/// A connection while the metrics count it.
struct Counted;

impl Counted {
    fn new() -> Self {
        metrics::gauge!("beep_gateway_connections").increment(1);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::gauge!("beep_gateway_connections").decrement(1);
    }
}

async fn greet(gateway: &Gateway, network: Network, socket: &mut WebSocket, format: Format) -> Result<Greeted, End> {
    let mut allowance = Allowance::new();
    loop {
        // A client whose cursor is too old may say hello again, without one.
        if let Some(greeted) = hear(gateway, network, socket, format, &mut allowance).await? {
            return Ok(greeted);
        }
    }
}

/// Hears one hello; `None` when its cursor is too old.
async fn hear(
    gateway: &Gateway,
    network: Network,
    socket: &mut WebSocket,
    format: Format,
    allowance: &mut Allowance,
) -> Result<Option<Greeted>, End> {
    let hello = tokio::time::timeout(HELLO, read(socket, format, allowance)).await;
    let hello = match hello {
        Err(_) => return Err(End::Close(CloseCode::Unauthenticated, ErrorCode::Unauthenticated)),
        Ok(frame) => match frame? {
            ClientFrame::Hello(hello) => hello,
            _ => return Err(bad_frame()),
        },
    };
    let Hello { access_token, cursor, channels } = hello;
    let claims = verify(gateway, network, &access_token.0).await?;
    let user = Qualified::new(claims.user(), gateway.backend.domain.clone());
    let from = match &cursor {
        None => None,
        Some(text) => Some(gateway.hub.cursors().read(text).map_err(|_| bad_frame())?),
    };
    let channels = channels.map(|wanted| wanted.into_iter().map(|channel| channel.0.id).collect::<Vec<_>>());
    // Before anything is read for it, as that costs as much as some writes do.
    let place = gateway.rates.connection(&user).ok_or_else(too_many)?;
    gateway.rates.count(Rate::Write, &user.to_string()).map_err(|_| too_many())?;
    let client = Client { user, session: claims.session(), channels, format };
    let user = &client.user;
    let mut turn = gateway.resumes.turn(user).await.ok_or_else(too_many)?;
    let Some((connection, prepared)) = past::prepare(gateway, &client, from).await? else {
        turn.is_prepared(0);
        let frame = ServerFrame::ResyncRequired(Resync { scope: "all".to_owned() });
        send(socket, Frame::write(&frame, format)).await?;
        return Ok(None);
    };
    turn.is_prepared(prepared.weight());
    // A session that ended before the hub knew of the connection ends it here, and from here on there.
    verify(gateway, network, &access_token.0).await?;
    let (answer, first) = match prepared {
        Prepared::Past(past) => {
            let cursor = cursor.unwrap_or_default();
            gateway.hub.tell_company(&connection);
            (ServerFrame::Resumed(At { cursor }), First::Past(Box::new(past)))
        }
        Prepared::Snapshot(mut snapshot) => {
            // Private conversations are few and small: none of them has to wait for room.
            snapshot.servers.sort_by_key(|held| !is_private(held));
            let rest = snapshot.servers.split_off(hub::fitting(&snapshot.servers));
            let ready = gateway.callers.user(user, ready(gateway, user, claims, &snapshot, &rest)).await?;
            (ServerFrame::Ready(Box::new(ready)), First::Servers(rest, snapshot.position))
        }
    };
    let first = Some((first, turn));
    let greeted = Greeted { network, client, connection, claims, first, _place: place, _counted: Counted::new() };
    send(socket, Frame::write(&answer, format)).await?;
    Ok(Some(greeted))
}

async fn ready(
    gateway: &Gateway,
    user: &UserKey,
    claims: Claims,
    snapshot: &Snapshot,
    rest: &[HeldSpace],
) -> Result<Ready, End> {
    let account = accounts::own(&gateway.backend, &Actor::user(user.clone())).await.map_err(failed)?;
    let read_state = {
        let servers = snapshot.servers.iter().chain(rest);
        reads::states(&gateway.backend, user, servers).await.map_err(|error| failed(error.into()))?
    };
    let now = gateway.backend.clock.now();
    Ok(Ready {
        session_id: claims.session().into(),
        heartbeat_ms: u64::try_from(HEARTBEAT.as_millis()).unwrap_or(u64::MAX),
        cursor: gateway.hub.standing(snapshot.position, &*gateway.backend.entropy),
        me: (&account).into(),
        servers: snapshot.servers.iter().filter(|held| !is_private(held)).map(hub::server_state).collect(),
        channels: snapshot.servers.iter().flat_map(|held| hub::channel_states(held, now)).collect(),
        read_state: read_state.iter().map(Into::into).collect(),
        presence: gateway.hub.company_of(user).iter().map(Into::into).collect(),
        incomplete: rest.iter().map(|held| (&held.facts.server.id).into()).collect(),
    })
}

fn is_private(held: &HeldSpace) -> bool {
    held.facts.server.kind.is_private()
}

async fn converse(gateway: &Gateway, socket: &mut WebSocket, greeted: &mut Greeted, format: Format) -> End {
    if let Some((first, turn)) = greeted.first.take() {
        let told = past::tell(gateway, socket, greeted, first, turn);
        if let Err(end) = or_closes(gateway, Box::pin(told)).await {
            return end;
        }
    }
    let Greeted { network, connection, claims, .. } = greeted;
    let mut heard = Instant::now();
    let mut pinged = false;
    let mut allowance = Allowance::new();
    loop {
        let quiet = heard + if pinged { HEARTBEAT * 2 } else { HEARTBEAT };
        let frame = read(socket, format, &mut allowance);
        match next(connection.waits(), frame, quiet, remaining(gateway, *claims)).await {
            Next::Queued => {
                let taken = connection.take();
                let written = write_all(socket, taken.frames);
                let written = match taken.closing {
                    // What led to the end of the session is told as far as that goes at once.
                    Some(CloseCode::Unauthenticated) => tokio::time::timeout(FAREWELL, written).await.unwrap_or(Ok(())),
                    _ => while_good(gateway, connection, *claims, written).await,
                };
                if let Err(end) = written {
                    return end;
                }
                if let Some(code) = taken.closing {
                    return End::Close(code, reason(code));
                }
            }
            Next::Frame(Err(end)) => return end,
            Next::Frame(Ok(frame)) => {
                heard = Instant::now();
                pinged = false;
                match frame {
                    ClientFrame::Ping => {
                        if let Err(end) = send(socket, Frame::write(&ServerFrame::Pong, format)).await {
                            return end;
                        }
                    }
                    ClientFrame::Pong => {}
                    ClientFrame::Refresh(refresh) => match verify(gateway, *network, &refresh.access_token.0).await {
                        Ok(fresh) if fresh.user() == claims.user() && fresh.session() == claims.session() => {
                            *claims = fresh;
                        }
                        Ok(_) => return End::Close(CloseCode::Unauthenticated, ErrorCode::Unauthenticated),
                        Err(end) => return end,
                    },
                    ClientFrame::Focus(said) => {
                        let taken = focus::take(gateway, connection, said);
                        if let Err(end) = while_good(gateway, connection, *claims, taken).await {
                            return end;
                        }
                    }
                    ClientFrame::Hello(_) => return bad_frame(),
                }
            }
            Next::Quiet if pinged => return End::Gone,
            Next::Quiet => {
                pinged = true;
                if let Err(end) = send(socket, Frame::write(&ServerFrame::Ping, format)).await {
                    return end;
                }
            }
            Next::Expired => return End::Close(CloseCode::Unauthenticated, ErrorCode::TokenExpired),
        }
    }
}

/// What a conversation goes on with.
enum Next {
    /// Something is queued for the client, or it is to be closed.
    Queued,
    /// The client said something, or is gone.
    Frame(Result<ClientFrame, End>),
    /// The client has been silent for too long.
    Quiet,
    /// Its token is no longer good.
    Expired,
}

/// Waits for what comes first. Of what is there at once none has to wait for another to stop.
async fn next(
    queued: impl Future<Output = ()>,
    frame: impl Future<Output = Result<ClientFrame, End>>,
    quiet: Instant,
    expires: Duration,
) -> Next {
    // A sleep of no time is not over at once.
    if expires.is_zero() {
        return Next::Expired;
    }
    tokio::select! {
        () = queued => Next::Queued,
        frame = frame => Next::Frame(frame),
        () = tokio::time::sleep_until(quiet) => Next::Quiet,
        () = tokio::time::sleep(expires) => Next::Expired,
    }
}

/// What comes of telling something, unless the session or the token ends meanwhile.
async fn while_good<T>(
    gateway: &Gateway,
    connection: &Attached,
    claims: Claims,
    telling: impl Future<Output = Result<T, End>>,
) -> Result<T, End> {
    tokio::select! {
        biased;
        told = telling => told,
        () = connection.session_ends() => Err(End::Close(CloseCode::Unauthenticated, ErrorCode::Unauthenticated)),
        () = tokio::time::sleep(remaining(gateway, claims)) => {
            Err(End::Close(CloseCode::Unauthenticated, ErrorCode::TokenExpired))
        }
    }
}

/// Reads the next frame of the client. The pings of WebSocket itself count as well, since each is answered.
async fn read(socket: &mut WebSocket, format: Format, allowance: &mut Allowance) -> Result<ClientFrame, End> {
    loop {
        let message = socket.next().await;
        if !allowance.take(Instant::now()) {
            return Err(too_many());
        }
        let frame = match message {
            None => return Err(End::Gone),
            Some(Err(error)) => return Err(if is_lost(&error) { End::Gone } else { bad_frame() }),
            Some(Ok(Message::Text(text))) if text.len() > MOST_OCTETS => None,
            Some(Ok(Message::Binary(octets))) if octets.len() > MOST_OCTETS => None,
            Some(Ok(Message::Text(text))) if format == Format::Json => serde_json::from_str(&text).ok(),
            Some(Ok(Message::Binary(octets))) if format == Format::Proto => protobuf::read_client_frame(&octets),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
            Some(Ok(Message::Close(_))) => {
                // The answer to it is queued already.
                let _ = tokio::time::timeout(FAREWELL, socket.flush()).await;
                return Err(End::Gone);
            }
            Some(Ok(Message::Text(_) | Message::Binary(_))) => None,
        };
        return frame.ok_or_else(bad_frame);
    }
}

/// Whether it was the connection that failed, and not what came over it.
fn is_lost(error: &axum::Error) -> bool {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.into_iter().any(|cause| cause.is::<std::io::Error>())
}

async fn send(socket: &mut WebSocket, frame: Frame) -> Result<(), End> {
    write_all(socket, VecDeque::from([frame])).await
}

/// Sends frames, many with one write.
async fn write_all(socket: &mut WebSocket, frames: VecDeque<Frame>) -> Result<(), End> {
    for frame in frames {
        feed(socket, frame).await?;
    }
    in_time(socket.flush()).await
}

/// Writes a frame, which waits to be sent with the next ones.
async fn feed(socket: &mut WebSocket, frame: Frame) -> Result<(), End> {
    fits(&frame)?;
    in_time(socket.feed(message(frame))).await
}

/// Refuses a frame that would be cut off without a word.
fn fits(frame: &Frame) -> Result<(), End> {
    if frame.octets() < MOST_UNSENT {
        return Ok(());
    }
    tracing::error!(octets = frame.octets(), "a frame is longer than clients read");
    Err(End::Close(CloseCode::GoingAway, ErrorCode::PayloadTooLarge))
}

/// Waits for part of a write; a client that takes nothing for too long is too slow.
async fn in_time(write: impl Future<Output = Result<(), axum::Error>>) -> Result<(), End> {
    let mut write = pin!(write);
    // Nearly always there is nothing to wait for, and then no need to look at the clock.
    let written = match poll_fn(|context| Poll::Ready(write.as_mut().poll(context))).await {
        Poll::Ready(written) => Ok(written),
        Poll::Pending => tokio::time::timeout(SLOWEST_WRITE, write).await,
    };
    match written {
        Ok(written) => written.map_err(|_| End::Gone),
        Err(_) => Err(End::Close(CloseCode::TooSlow, ErrorCode::RateLimited)),
    }
}

async fn verify(gateway: &Gateway, network: Network, token: &str) -> Result<Claims, End> {
    use crate::token::TokenError;
    let verified = gateway.tokens.verify_from(&gateway.backend, &gateway.rates, network, token).await;
    verified.map_err(|error| match error {
        TokenError::Invalid => End::Close(CloseCode::Unauthenticated, ErrorCode::Unauthenticated),
        TokenError::Expired => End::Close(CloseCode::Unauthenticated, ErrorCode::TokenExpired),
        TokenError::TooMany(_) => too_many(),
    })
}

fn message(frame: Frame) -> Message {
    match frame {
        Frame::Json(text) => Message::Text(text),
        Frame::Proto(octets) => Message::Binary(octets),
    }
}

fn too_many() -> End {
    End::Close(CloseCode::RateLimited, ErrorCode::RateLimited)
}

fn bad_frame() -> End {
    End::Close(CloseCode::BadFrame, ErrorCode::InvalidRequest)
}

fn failed(refusal: Refusal) -> End {
    match refusal {
        Refusal::Unauthenticated => End::Close(CloseCode::Unauthenticated, ErrorCode::Unauthenticated),
        refusal => {
            tracing::error!(?refusal, "a gateway connection failed");
            End::Close(CloseCode::GoingAway, ErrorCode::Internal)
        }
    }
}

fn reason(code: CloseCode) -> ErrorCode {
    match code {
        CloseCode::BadFrame => ErrorCode::InvalidRequest,
        CloseCode::Unauthenticated => ErrorCode::Unauthenticated,
        CloseCode::TooSlow | CloseCode::RateLimited => ErrorCode::RateLimited,
        CloseCode::GoingAway => ErrorCode::RemoteUnavailable,
    }
}

/// How long a token is still good.
fn remaining(gateway: &Gateway, claims: Claims) -> Duration {
    claims.expires().since(gateway.backend.clock.now())
}

/// How many frames a client may send: a burst, refilled each second.
struct Allowance {
    left: u32,
    refilled: Instant,
}

impl Allowance {
    fn new() -> Self {
        Self { left: MOST_FRAMES, refilled: Instant::now() }
    }

    fn take(&mut self, now: Instant) -> bool {
        if now.duration_since(self.refilled) >= Duration::from_secs(10) {
            *self = Self { left: MOST_FRAMES, refilled: now };
        }
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }
}

/// How often both sides say something.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// How long a client may take to say hello.
const HELLO: Duration = Duration::from_secs(10);

/// How long a client may take nothing of what is written.
const SLOWEST_WRITE: Duration = Duration::from_secs(5);

/// How long a client may take to hear why it is closed.
const FAREWELL: Duration = Duration::from_secs(2);

/// How long that may take for a client that was too slow.
const SLOW_FAREWELL: Duration = Duration::from_secs(30);

/// The most frames of a client in ten seconds.
const MOST_FRAMES: u32 = 100;

/// The most octets of a client's frame.
const MOST_OCTETS: usize = 64 * 1024;

/// The most octets of a frame that are read: one that is too long is refused in words, one beyond this is cut off.
const MOST_READ: usize = 1024 * 1024;

/// The most octets that are written and not sent.
const MOST_UNSENT: usize = 16 * 1024 * 1024;

/// What is read at once: the default of 128 KiB would be held by every idle connection.
const READ_BUFFER: usize = 1024;

/// From so many octets on, frames are written without waiting for more.
const WRITE_BUFFER: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[test]
    fn a_frame_that_clients_cannot_read_is_refused_in_words() {
        let frame = |octets: usize| Frame::Json("x".repeat(octets).into());
        assert!(fits(&frame(MOST_UNSENT - 1)).is_ok());
        let refused = fits(&frame(MOST_UNSENT));
        assert!(matches!(refused, Err(End::Close(CloseCode::GoingAway, ErrorCode::PayloadTooLarge))));
    }

    #[tokio::test]
    async fn a_queue_that_never_empties_holds_nothing_else_up() {
        let later = Duration::from_secs(3_600);
        let expired = next(ready(()), pending(), Instant::now() + later, Duration::ZERO).await;
        assert!(matches!(expired, Next::Expired));
        let (mut heard, mut quiet) = (false, false);
        for _ in 0..1_000 {
            let ago = Instant::now() - Duration::from_secs(1);
            match next(ready(()), ready(Ok(ClientFrame::Ping)), ago, later).await {
                Next::Frame(_) => heard = true,
                Next::Quiet => quiet = true,
                Next::Queued | Next::Expired => {}
            }
        }
        assert!(heard && quiet, "a frame was heard: {heard}; silence was noticed: {quiet}");
    }
}
