//! Messages that are pinned to their channel. A pin goes with its message.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use beep_core::id::{ChannelKey, MessageId, UserKey};
use beep_core::message::Pin;
use beep_core::port::StoreError;
use beep_core::time::Timestamp;

use super::arg::{Arg, args};
use super::batch::Batch;
use super::connection::Connection;
use super::known::Known;
use super::messages;
use super::row::Row;

/// What a run of changes pins and takes down in channels of this backend.
#[derive(Default)]
pub(crate) struct Pins<'c> {
    channels: HashMap<&'c ChannelKey, PinsOfChannel>,
    writes: Vec<Written<'c>>,
}

/// A message that is pinned, when and by whom, or whose pin is taken down.
struct Written<'c> {
    channel: &'c ChannelKey,
    id: MessageId,
    pin: Option<(Timestamp, &'c UserKey)>,
}

/// What is pinned in a channel.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct PinsOfChannel {
    count: u32,
    /// No pin is later.
    newest: Option<Timestamp>,
}

impl<'c> Pins<'c> {
    /// Reads what is pinned in the channels that something is to be pinned in, as far as it is not cached.
    pub(crate) async fn read(
        connection: &mut Connection,
        known: &Known,
        channels: impl Iterator<Item = &'c ChannelKey>,
    ) -> Result<Self, StoreError> {
        let channels: HashSet<&ChannelKey> = channels.collect();
        let cached = channels.iter().map(|channel| (*channel, known.pins(channel).unwrap_or_default()));
        let mut pins = Self { channels: cached.collect(), writes: Vec::new() };
        let unknown = channels.iter().filter(|channel| known.pins(channel).is_none());
        let asked: Vec<Arg<'_>> = unknown.flat_map(|channel| args![channel.id, &channel.home]).collect();
        for row in OF_CHANNELS.fetch(connection, &asked).await? {
            let mut columns = row.columns();
            let channel: ChannelKey = columns.qualified()?;
            let Some(channel) = channels.get(&channel) else { continue };
            pins.channels.insert(channel, PinsOfChannel { count: columns.int()?, newest: columns.time_or_none()? });
        }
        Ok(pins)
    }

    /// Caches what is pinned in the channels that were read, once it is written, and forgets it of others that were written to.
    pub(crate) fn learn(&self, known: &mut Known) {
        for (channel, pins) in &self.channels {
            known.learn_pins((*channel).clone(), *pins);
        }
        for written in self.writes.iter().filter(|written| !self.channels.contains_key(written.channel)) {
            known.forget_pins(written.channel);
        }
    }

    /// How many messages of a channel are pinned.
    pub(crate) fn count(&self, channel: &ChannelKey) -> u32 {
        self.channels.get(channel).map_or(0, |of| of.count)
    }

    /// Pins a message, later than every other of its channel, whatever the clock did.
    pub(crate) fn put(&mut self, channel: &'c ChannelKey, id: MessageId, by: &'c UserKey, now: Timestamp) {
        let of = self.channels.entry(channel).or_default();
        let at = of.newest.map_or(now, |newest| now.max(newest.after(Duration::from_millis(1))));
        *of = PinsOfChannel { count: of.count + 1, newest: Some(at) };
        self.writes.push(Written { channel, id, pin: Some((at, by)) });
    }

    /// Takes a pin down that is there.
    pub(crate) fn remove(&mut self, channel: &'c ChannelKey, id: MessageId) {
        if let Some(of) = self.channels.get_mut(channel) {
            of.count = of.count.saturating_sub(1);
        }
        self.writes.push(Written { channel, id, pin: None });
    }

    /// Writes them. It waits with what else a transaction writes at its end.
    pub(crate) async fn write(&self, connection: &mut Connection) -> Result<(), StoreError> {
        let mut rows = Vec::with_capacity(self.writes.len() * 6);
        for Written { channel, id, pin } in &self.writes {
            if let Some((_, by)) = pin {
                connection.number_origin(&by.home).await?;
            }
            rows.extend(args![channel.id, &channel.home, *id, pin.map(|(at, _)| at)]);
            rows.extend(args![pin.map(|(_, by)| by.id), pin.map(|(_, by)| &by.home)]);
        }
        WRITE.defer(connection, &rows).await
    }
}

/// Says whether the copy of another backend's message is pinned, if it is there. Nobody lists these, so nothing else of the
/// pin is kept.
pub(crate) async fn copy(
    connection: &mut Connection,
    channel: &ChannelKey,
    id: MessageId,
    is_pinned: bool,
) -> Result<(), StoreError> {
    connection.execute(COPY, &args![channel.id, &channel.home, id, is_pinned]).await.map(drop)
}

pub(crate) async fn count(connection: &mut Connection, channel: &ChannelKey) -> Result<u32, StoreError> {
    connection.fetch_one(COUNT, &args![channel.id, &channel.home]).await?.columns().int()
}

/// The pins of a channel, newest first.
pub(crate) async fn list(
    connection: &mut Connection,
    channel: &ChannelKey,
    limit: u32,
) -> Result<Vec<Pin>, StoreError> {
    let rows = connection.fetch_all(LIST, &args![channel.id, &channel.home, limit]).await?;
    messages::read_rows(connection, &rows, read).await
}

fn read(row: &Row) -> Result<Pin, StoreError> {
    let mut columns = row.columns();
    Ok(Pin { message: messages::read(&mut columns)?, by: columns.qualified()?, at: columns.time()? })
}

static OF_CHANNELS: Batch = Batch::new(
    "SELECT channel_id, origin, COUNT(*), MAX(pinned_at)
    FROM message
    WHERE pinned_at IS NOT NULL AND (channel_id, origin) IN (",
    2,
    ") GROUP BY channel_id, origin",
);

static WRITE: Batch = Batch::new(
    "UPDATE message SET
        pinned_at = written.column4,
        pinned_by_id = written.column5,
        pinned_by_origin = written.column6
    FROM (",
    6,
    ") AS written
    WHERE message.channel_id = written.column1 AND message.origin = written.column2 AND message.id = written.column3",
);

const COPY: &str = "
    UPDATE message SET pinned_at = CASE WHEN $4 THEN COALESCE(pinned_at, created_at) ELSE NULL END
    WHERE channel_id = $1 AND origin = $2 AND id = $3";

const COUNT: &str = "SELECT COUNT(*) FROM message WHERE channel_id = $1 AND origin = $2 AND pinned_at IS NOT NULL";

const LIST: &str = concat!(
    "SELECT ",
    messages::columns!(),
    ", message.pinned_by_id, message.pinned_by_origin, message.pinned_at
    FROM message
    WHERE message.channel_id = $1 AND message.origin = $2 AND message.pinned_at IS NOT NULL
    ORDER BY message.pinned_at DESC, message.id DESC
    LIMIT $3 + 0"
);
