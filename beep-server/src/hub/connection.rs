//! One live connection as the hub sees it: a bounded queue of shared frames.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use axum::extract::ws::Utf8Bytes;
use beep_core::id::{ChannelId, SessionId, SpaceKey, UserKey};
use beep_proto::gateway::{CloseCode, ServerFrame};
use beep_proto::protobuf::v1;
use bytes::Bytes;
use prost::Message as _;
use tokio::sync::Notify;

/// How a connection's frames are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    /// `beep.v1.json`.
    Json,
    /// `beep.v1.proto`.
    Proto,
}

/// A frame in octets, shared by all who are sent it.
#[derive(Clone, Debug)]
pub(crate) enum Frame {
    /// JSON text.
    Json(Utf8Bytes),
    /// Protobuf.
    Proto(Bytes),
}

impl Frame {
    /// Writes a frame for one connection.
    pub(crate) fn write(frame: &ServerFrame, format: Format) -> Self {
        match format {
            Format::Json => {
                Self::Json(serde_json::to_string(frame).expect("frames have string keys and no failing parts").into())
            }
            Format::Proto => Self::Proto(v1::Frame::from(frame).encode_to_vec().into()),
        }
    }

    /// How long it is.
    pub(crate) fn octets(&self) -> usize {
        match self {
            Self::Json(text) => text.len(),
            Self::Proto(octets) => octets.len(),
        }
    }
}

/// A frame that is written at most once for each format, when the first connection wants it.
pub(crate) struct Push {
    frame: ServerFrame,
    json: OnceLock<Frame>,
    proto: OnceLock<Frame>,
}

impl Push {
    pub(crate) fn new(frame: ServerFrame) -> Self {
        Self { frame, json: OnceLock::new(), proto: OnceLock::new() }
    }

    fn as_written(&self, format: Format) -> &Frame {
        let written = match format {
            Format::Json => &self.json,
            Format::Proto => &self.proto,
        };
        written.get_or_init(|| Frame::write(&self.frame, format))
    }
}

/// A live connection.
pub(crate) struct Connection {
    /// Whose it is.
    pub(crate) user: UserKey,
    /// Of which session.
    pub(crate) session: SessionId,
    /// The channels whose messages it wants; all if none are named.
    channels: Option<Vec<ChannelId>>,
    /// The private spaces that its snapshot left out.
    pub(super) left_out: Vec<SpaceKey>,
    format: Format,
    queue: Mutex<Queue>,
    more: Notify,
    stop: Notify,
}

#[derive(Default)]
struct Queue {
    frames: VecDeque<Frame>,
    octets: usize,
    closing: Option<CloseCode>,
    /// Whether something became invisible to it.
    narrowed: bool,
}

/// What a connection's task finds in its queue.
pub(crate) struct Taken {
    /// What to send, in order.
    pub(crate) frames: VecDeque<Frame>,
    /// Why to close after that.
    pub(crate) closing: Option<CloseCode>,
}

impl Connection {
    pub(super) fn new(
        user: UserKey,
        session: SessionId,
        channels: Option<Vec<ChannelId>>,
        left_out: Vec<SpaceKey>,
        format: Format,
    ) -> Self {
        let (queue, more, stop) = Default::default();
        Self { user, session, channels, left_out, format, queue, more, stop }
    }

    /// Whether it wants the messages of a channel.
    pub(super) fn wants(&self, channel: ChannelId) -> bool {
        self.channels.as_ref().is_none_or(|wanted| wanted.contains(&channel))
    }

    /// Queues a frame; a connection that has too much waiting is closed, and resumes from its cursor.
    pub(super) fn push(&self, push: &Push) {
        let frame = push.as_written(self.format);
        let mut queue = self.lock();
        if queue.closing.is_some() {
            return;
        }
        if queue.frames.len() >= MOST_FRAMES || queue.octets + frame.octets() > MOST_OCTETS {
            queue.closing = Some(CloseCode::TooSlow);
        } else {
            queue.octets += frame.octets();
            queue.frames.push_back(frame.clone());
        }
        let first = queue.frames.len() == 1 || queue.closing.is_some();
        drop(queue);
        if first {
            self.more.notify_one();
        }
    }

    /// Queues a frame that nobody misses: a connection that has much waiting is spared it.
    pub(super) fn push_if_room(&self, push: &Push) {
        let has_room = {
            let queue = self.lock();
            queue.frames.len() < MOST_FRAMES / 4 && queue.octets < MOST_OCTETS / 4
        };
        if has_room {
            self.push(push);
        }
    }

    /// Has the connection's task close it once what waits is sent.
    pub(crate) fn close(&self, code: CloseCode) {
        self.lock().closing.get_or_insert(code);
        self.more.notify_one();
        self.stop.notify_waiters();
    }

    /// Remembers that something became invisible to it: the past that it is told may be of that.
    pub(super) fn narrow(&self) {
        self.lock().narrowed = true;
    }

    /// Waits until its session ends.
    pub(crate) async fn session_ends(&self) {
        loop {
            // It hears of what happens from here on, also between the look and the wait.
            let stop = self.stop.notified();
            if self.lock().closing == Some(CloseCode::Unauthenticated) {
                return;
            }
            stop.await;
        }
    }

    /// Whether something is invisible that the past may be of.
    pub(crate) fn has_narrowed(&self) -> bool {
        self.lock().narrowed
    }

    /// Whether it is about to be closed.
    #[cfg(test)]
    pub(super) fn is_closing(&self) -> bool {
        self.lock().closing.is_some()
    }

    /// Waits until there is something to do.
    pub(crate) async fn waits(&self) {
        self.more.notified().await;
    }

    /// Takes all that waits.
    pub(crate) fn take(&self) -> Taken {
        let mut queue = self.lock();
        queue.octets = 0;
        Taken { frames: std::mem::take(&mut queue.frames), closing: queue.closing }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The most frames that wait for a connection.
const MOST_FRAMES: usize = 8_192;

/// The most octets that wait for a connection.
const MOST_OCTETS: usize = 8 * 1024 * 1024;
