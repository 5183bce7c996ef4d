//! What a client is told before what happens: what it missed, or the servers that its snapshot had no room for.
//!
//! The past is told as it was prepared, with what its user may see by then. Once something becomes invisible meanwhile, the
//! rest is prepared anew from where the client stands.

use axum::extract::ws::WebSocket;
use beep_core::backend::Refusal;
use beep_core::backend::events::{self, Past};
use beep_core::event::Position;
use beep_core::id::{ChannelId, SessionId, UserKey};
use beep_core::port::{HeldSpace, Snapshot};
use beep_core::replay::Delivery;
use beep_proto::gateway::{At, CloseCode, ServerFrame};
use beep_proto::problem::ErrorCode;
use futures_util::{FutureExt, SinkExt};

use super::{End, Gateway, Greeted, bad_frame, failed, feed, in_time, reason, send, too_many, while_good};
use crate::hub::{self, Attached, Format, Frame};
use crate::resumes::{self, Turn};

/// Whom the hub is to know a connection as.
pub(super) struct Client {
    pub(super) user: UserKey,
    pub(super) session: SessionId,
    /// The channels whose messages it wants; all if none are named.
    pub(super) channels: Option<Vec<ChannelId>>,
    pub(super) format: Format,
}

/// What was read for a client, up to where the hub goes on.
pub(super) enum Prepared {
    /// What there is.
    Snapshot(Snapshot),
    /// What it missed.
    Past(Past),
}

impl Prepared {
    /// About how many octets it holds, or more.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Snapshot(snapshot) => resumes::of_servers(&snapshot.servers),
            Self::Past(past) => resumes::of_past(past),
        }
    }
}

/// What a client is told before what happens.
pub(super) enum First {
    /// What it missed.
    Past(Box<Past>),
    /// The servers of its snapshot that it had no room for, which is of this moment.
    Servers(Vec<HeldSpace>, Position),
}

/// Reads what a client is to be told, from a position on or all of it, and has the hub tell what happens from there on;
/// `None` if the position is too old.
pub(super) async fn prepare(
    gateway: &Gateway,
    client: &Client,
    from: Option<Position>,
) -> Result<Option<(Attached, Prepared)>, End> {
    let Client { user, session, channels, format } = client;
    // The hub may run ahead of a snapshot while it is read: then another is taken.
    for _ in 0..MOST_SNAPSHOTS {
        let prepared = match from {
            None => {
                let read = gateway.callers.user(user, gateway.backend.store.snapshot(user, None));
                Prepared::Snapshot(read.await.map_err(|error| failed(error.into()))?)
            }
            Some(from) => match gateway.callers.user(user, events::past(&gateway.backend, user, from)).await {
                Ok(past) => Prepared::Past(past),
                Err(Refusal::CursorTooOld) => return Ok(None),
                Err(Refusal::Invalid(_)) => return Err(bad_frame()),
                Err(refusal) => return Err(failed(refusal)),
            },
        };
        let snapshot = match &prepared {
            Prepared::Snapshot(snapshot) => snapshot,
            Prepared::Past(past) => &past.snapshot,
        };
        let attached = gateway.hub.attach(user, *session, channels.clone(), *format, snapshot).await;
        if let Ok(connection) = attached {
            return Ok(Some((connection, prepared)));
        }
    }
    tracing::warn!("a client could not be connected: the facts of its servers change too fast");
    Err(End::Close(CloseCode::GoingAway, ErrorCode::Internal))
}

/// Tells a client what comes first, while its session lasts and nobody else needs the turn.
pub(super) async fn tell(
    gateway: &Gateway,
    socket: &mut WebSocket,
    greeted: &mut Greeted,
    first: First,
    mut turn: Turn,
) -> Result<(), End> {
    let mut past = match first {
        First::Past(past) => *past,
        First::Servers(servers, at) => {
            let telling = tell_servers(gateway, socket, &greeted.connection, servers, at, greeted.client.format);
            return while_good(gateway, &greeted.connection, greeted.claims, unless_given(&turn, telling)).await;
        }
    };
    for _ in 0..MOST_ANEW {
        let Greeted { connection, client, claims, .. } = &*greeted;
        let telling = recount(gateway, socket, connection, &mut past, client.format);
        let telling = gateway.callers.user(&client.user, unless_given(&turn, telling));
        let Some(at) = while_good(gateway, connection, *claims, telling).await? else { return Ok(()) };
        if !gateway.resumes.again(&mut turn).await {
            return Err(too_many());
        }
        let (fresh, rest) = match prepare(gateway, client, Some(at)).await? {
            Some((fresh, Prepared::Past(rest))) => (fresh, rest),
            Some((_, Prepared::Snapshot(_))) | None => return Err(resume()),
        };
        turn.is_prepared(resumes::of_past(&rest));
        // Up to here the end of the session was heard of there, and from here on it is here.
        if connection.session_ends().now_or_never().is_some() {
            return Err(End::Close(CloseCode::Unauthenticated, ErrorCode::Unauthenticated));
        }
        (greeted.connection, past) = (fresh, rest);
    }
    Err(resume())
}

/// What comes of telling something, unless the turn is needed for others.
async fn unless_given<T>(turn: &Turn, telling: impl Future<Output = Result<T, End>>) -> Result<T, End> {
    tokio::select! {
        biased;
        told = telling => told,
        () = turn.gives_way() => Err(End::Close(CloseCode::TooSlow, reason(CloseCode::TooSlow))),
    }
}

/// Tells the past, page by page, and that it is told. Once something becomes invisible that it may be of, it stops before
/// the next event and gives where the client stands.
async fn recount(
    gateway: &Gateway,
    socket: &mut WebSocket,
    connection: &Attached,
    past: &mut Past,
    format: Format,
) -> Result<Option<Position>, End> {
    let cursors = gateway.hub.cursors();
    let mut at = past.at();
    while let Some(told) = past.next(&gateway.backend, events::PAGE).await.map_err(failed)? {
        for (position, deliveries) in told {
            if connection.has_narrowed() {
                return Ok(Some(at));
            }
            for delivery in &deliveries {
                feed(socket, Frame::write(&hub::frame(cursors, delivery), format)).await?;
            }
            at = position;
        }
        in_time(socket.flush()).await?;
    }
    let until = past.snapshot.position;
    let caught_up = ServerFrame::CaughtUp(At { cursor: gateway.hub.standing(until, &*gateway.backend.entropy) });
    send(socket, Frame::write(&caught_up, format)).await?;
    Ok(None)
}

/// Tells servers one by one. Once something becomes invisible that may be in them, the client resumes from where it came.
async fn tell_servers(
    gateway: &Gateway,
    socket: &mut WebSocket,
    connection: &Attached,
    servers: Vec<HeldSpace>,
    at: Position,
    format: Format,
) -> Result<(), End> {
    for held in servers {
        if connection.has_narrowed() {
            return Err(resume());
        }
        let opens = Delivery::Entered { cursor: at, server: Box::new(held), at: gateway.backend.clock.now() };
        send(socket, Frame::write(&hub::frame(gateway.hub.cursors(), &opens), format)).await?;
    }
    Ok(())
}

/// Has the client connect again, and go on from its cursor.
fn resume() -> End {
    End::Close(CloseCode::GoingAway, reason(CloseCode::GoingAway))
}

/// How often a snapshot is taken again when the hub ran ahead of it.
const MOST_SNAPSHOTS: u32 = 20;

/// How often the past is prepared in one go: what becomes invisible all the time is to cost no more than this.
const MOST_ANEW: u32 = 10;
