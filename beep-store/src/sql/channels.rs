//! Channels of servers, with what is allowed and denied in each.

use std::collections::HashMap;

use beep_core::channel::{Channel, ChannelKind, Restrictions};
use beep_core::domain::Domain;
use beep_core::id::{ChannelKey, Id, UserId, UserKey};
use beep_core::permission::{Override, Overrides, Target};
use beep_core::port::StoreError;
use beep_core::record::RecordWrite;
use beep_core::text::{ChannelName, Topic};
use beep_core::time::Timestamp;

use super::arg::{Arg, args};
use super::batch::Batch;
use super::connection::Connection;
use super::removed_channels;
use super::row::{Columns, Row};
use super::spaces::{kind_number, read_kind};
use super::table::Table;

static TABLE: Table = Table::new(
    "channel",
    &["id", "origin"],
    &[
        "space_id",
        "kind",
        "parent_id",
        "follows_parent",
        "participants",
        "name",
        "topic",
        "position",
        "slow_mode_s",
        "restricted",
        "version",
    ],
);

/// Writes a channel, or removes one with its messages.
pub(crate) async fn write(connection: &mut Connection, write: &RecordWrite<Channel>) -> Result<(), StoreError> {
    match write {
        RecordWrite::Put(channel) => put(connection, channel).await,
        RecordWrite::Remove(id) => remove(connection, id).await,
    }
}

pub(crate) async fn put(connection: &mut Connection, channel: &Channel) -> Result<(), StoreError> {
    let (id, origin) = (channel.id.id, &channel.id.home);
    let participants = channel.participants.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let restricted = channel.restricted.iter().map(|(user, until)| format!("{user}={}", until.millis()));
    let restricted = restricted.collect::<Vec<_>>().join(" ");
    let values = args![
        id,
        origin,
        channel.server,
        number_of(channel.kind),
        channel.parent,
        channel.follows_parent,
        participants.as_str(),
        channel.name.as_ref().map(ChannelName::as_str),
        channel.topic.as_str(),
        channel.position,
        channel.slow_mode_s,
        restricted.as_str(),
        channel.version,
    ];
    connection.execute(TABLE.put(), &values).await?;
    removed_channels::finish(connection, &channel.id).await?;
    connection.execute(REMOVE_OVERRIDES, &args![id, origin]).await?;
    let mut rows: Vec<Arg<'_>> = Vec::new();
    for (role, said) in channel.overrides.roles() {
        rows.extend(args![id, origin, ROLE, *role, origin, said.allow, said.deny]);
    }
    for (user, said) in channel.overrides.members() {
        rows.extend(args![id, origin, MEMBER, user.id, &user.home, said.allow, said.deny]);
    }
    PUT_OVERRIDES.execute(connection, &rows).await.map(drop)
}

async fn remove(connection: &mut Connection, id: &ChannelKey) -> Result<(), StoreError> {
    // Its overrides go by their foreign key.
    if connection.execute(TABLE.remove(), &args![id.id, &id.home]).await? > 0 {
        removed_channels::add(connection, id).await?;
    }
    Ok(())
}

/// A channel with the last number of its stream.
pub(crate) struct Kept {
    pub(crate) channel: Channel,
    pub(crate) seq: u64,
}

/// Joins channels, as rows of [`columns`], with their overrides, as rows of [`override_columns`].
pub(crate) fn join(channels: &[Row], overrides: &[Row]) -> Result<Vec<Kept>, StoreError> {
    let mut said: HashMap<ChannelKey, Overrides> = HashMap::new();
    for row in overrides {
        let mut columns = row.columns();
        let channel = columns.qualified()?;
        let (target, statement) = read_override(&mut columns)?;
        said.entry(channel).or_default().set(&target, Some(statement));
    }
    let mut joined = Vec::with_capacity(channels.len());
    for row in channels {
        let mut kept = read(&mut row.columns())?;
        kept.channel.overrides = said.remove(&kept.channel.id).unwrap_or_default();
        joined.push(kept);
    }
    Ok(joined)
}

fn read(columns: &mut Columns<'_>) -> Result<Kept, StoreError> {
    let channel = Channel {
        id: columns.qualified()?,
        server: columns.id()?,
        kind: read_channel_kind(columns)?,
        parent: columns.id_or_none()?,
        follows_parent: columns.bool()?,
        participants: columns.parsed(read_participants)?,
        name: columns.parsed_or_none(ChannelName::parse)?,
        topic: columns.parsed(Topic::parse)?,
        position: columns.int()?,
        slow_mode_s: columns.int()?,
        restricted: columns.parsed(read_restricted)?,
        overrides: Overrides::default(),
        last_message: columns.id_or_none()?,
        version: columns.int()?,
    };
    Ok(Kept { channel, seq: columns.int_or_none()?.unwrap_or_default() })
}

fn number_of(kind: ChannelKind) -> i64 {
    match kind {
        ChannelKind::Category => CATEGORY,
        ChannelKind::Text | ChannelKind::Group | ChannelKind::Direct => kind_number(kind.space()),
    }
}

fn read_channel_kind(columns: &mut Columns<'_>) -> Result<ChannelKind, StoreError> {
    match columns.int::<i64>()? {
        CATEGORY => Ok(ChannelKind::Category),
        kind => read_kind(columns, kind).map(Into::into),
    }
}

fn read_participants(text: &str) -> Result<Vec<UserKey>, &'static str> {
    text.split_whitespace().map(|user| read_user(user).ok_or("no id of a user")).collect()
}

fn read_restricted(text: &str) -> Result<Restrictions, &'static str> {
    let read = |one: &str| {
        let (user, until) = one.split_once('=')?;
        Some((read_user(user)?, Timestamp::from_millis(until.parse().ok()?)))
    };
    text.split_whitespace().map(|one| read(one).ok_or("no restriction of a user")).collect()
}

fn read_user(text: &str) -> Option<UserKey> {
    let (id, home) = text.split_once('@')?;
    Some(UserKey::new(UserId::from_uuid(id.parse().ok()?), Domain::parse(home).ok()?))
}

fn read_override(columns: &mut Columns<'_>) -> Result<(Target, Override), StoreError> {
    let kind: i64 = columns.int()?;
    let (id, origin) = (columns.uuid()?, columns.origin()?);
    let target = match kind {
        ROLE => Target::Role(Id::from_uuid(id)),
        MEMBER => Target::Member(UserKey::new(Id::from_uuid(id), origin)),
        _ => return Err(columns.unfit("no kind of target")),
    };
    Ok((target, Override { allow: columns.permissions()?, deny: columns.permissions()? }))
}

/// The other kinds have the numbers of their spaces.
const CATEGORY: i64 = 3;

const ROLE: i64 = 0;
const MEMBER: i64 = 1;

macro_rules! columns {
    () => {
        "channel.id,
        channel.origin,
        channel.space_id,
        channel.kind,
        channel.parent_id,
        channel.follows_parent,
        channel.participants,
        channel.name,
        channel.topic,
        channel.position,
        channel.slow_mode_s,
        channel.restricted,
        stream.last_message,
        channel.version,
        stream.seq
        FROM channel
        LEFT JOIN stream ON stream.id = channel.id AND stream.origin = channel.origin AND stream.kind = 0"
    };
}
pub(crate) use columns;

macro_rules! override_columns {
    () => {
        "channel_override.channel_id,
        channel_override.origin,
        channel_override.target_kind,
        channel_override.target_id,
        channel_override.target_origin,
        channel_override.allow,
        channel_override.deny
        FROM channel_override
        JOIN channel ON channel.id = channel_override.channel_id AND channel.origin = channel_override.origin"
    };
}
pub(crate) use override_columns;

const REMOVE_OVERRIDES: &str = "DELETE FROM channel_override WHERE channel_id = $1 AND origin = $2";

static PUT_OVERRIDES: Batch = Batch::new(
    "INSERT INTO channel_override (
        channel_id,
        origin,
        target_kind,
        target_id,
        target_origin,
        allow,
        deny
    ) ",
    7,
    " ON CONFLICT DO NOTHING",
);
