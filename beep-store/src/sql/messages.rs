//! Messages as they are read, edited and deleted; how they are sent is in [`super::posts`].

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use beep_core::ban::Purge;
use beep_core::id::{ChannelKey, MessageId, UserKey};
use beep_core::message::{Message, Pin};
use beep_core::port::{
    CommitError, MessageGuard, MessagePage, MessageWrite, Messages, ReactionNumber, StoreError, StoredMessages,
};
use beep_core::text::{Emoji, Nonce};

use super::arg::{Arg, args};
use super::batch::Batch;
use super::connection::Connection;
use super::group::Group;
use super::known::KnownMessage;
use super::pins::Pins;
use super::reactions::Move;
use super::row::{Columns, Row};
use super::{SqlStore, author, content, pins, posts, purges, reactions};

#[async_trait]
impl Messages for SqlStore {
    async fn message(&self, channel: &ChannelKey, id: MessageId) -> Result<Option<Message>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        let row = connection.fetch_optional(BY_ID, &args![channel.id, &channel.home, id]).await?;
        Ok(read_all(&mut connection, row.as_slice()).await?.pop())
    }

    async fn message_by_nonce(
        &self,
        channel: &ChannelKey,
        author: &UserKey,
        nonce: &Nonce,
    ) -> Result<Option<Message>, StoreError> {
        let values = args![channel.id, &channel.home, author.id, &author.home, nonce.as_str()];
        let mut connection = self.readers.acquire().await?;
        let row = connection.fetch_optional(BY_NONCE, &values).await?;
        Ok(read_all(&mut connection, row.as_slice()).await?.pop())
    }

    async fn messages(&self, channel: &ChannelKey, page: MessagePage, limit: u32) -> Result<Vec<Message>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        let (mut page, mut found) = (page, Vec::new());
        for _ in 0..MOST_ROUNDS {
            let rows = rows(&mut connection, channel, page, limit).await?;
            found.extend(read_all(&mut connection, &rows).await?);
            // What was skipped is made up for: who gets less than they asked for takes it for the end.
            let last = rows.iter().rev().find_map(|row| row.columns().id().ok());
            let Some(last) = last.filter(|_| rows.len() >= limit as usize && found.len() < limit as usize) else {
                break;
            };
            page = match page {
                MessagePage::Newest | MessagePage::Before(_) => MessagePage::Before(last),
                MessagePage::After(_) => MessagePage::After(last),
            };
        }
        found.truncate(limit as usize);
        Ok(found)
    }

    async fn pins(&self, channel: &ChannelKey, limit: u32) -> Result<Vec<Pin>, StoreError> {
        pins::list(&mut self.readers.acquire().await?, channel, limit).await
    }

    async fn pin_count(&self, channel: &ChannelKey) -> Result<u32, StoreError> {
        pins::count(&mut self.readers.acquire().await?, channel).await
    }

    async fn reactors(
        &self,
        channel: &ChannelKey,
        id: MessageId,
        emoji: &Emoji,
        after: ReactionNumber,
        limit: u32,
    ) -> Result<Vec<(ReactionNumber, UserKey)>, StoreError> {
        reactions::reactors(&mut self.readers.acquire().await?, (channel, id), emoji, after, limit).await
    }

    async fn reactions_by(
        &self,
        channel: &ChannelKey,
        messages: &[MessageId],
        user: &UserKey,
    ) -> Result<BTreeSet<(MessageId, Emoji)>, StoreError> {
        reactions::by_user(&mut self.readers.acquire().await?, channel, messages, user).await
    }

    async fn sent_by(&self, purge: &Purge, limit: u32) -> Result<Vec<(ChannelKey, MessageId)>, StoreError> {
        purges::next(&mut self.readers.acquire().await?, purge, limit).await
    }

    async fn purge(&self) -> Result<Option<Purge>, StoreError> {
        purges::any(&mut self.readers.acquire().await?).await
    }
}

/// How often a part of a history is filled up where rows of it cannot be read.
const MOST_ROUNDS: u32 = 16;

/// Reads the rows of part of a history.
async fn rows(
    connection: &mut Connection,
    channel: &ChannelKey,
    page: MessagePage,
    limit: u32,
) -> Result<Vec<Row>, StoreError> {
    match page {
        MessagePage::Newest => connection.fetch_all(NEWEST, &args![channel.id, &channel.home, limit]).await,
        MessagePage::Before(id) => connection.fetch_all(BEFORE, &args![channel.id, &channel.home, limit, id]).await,
        MessagePage::After(id) => connection.fetch_all(AFTER, &args![channel.id, &channel.home, limit, id]).await,
    }
}

/// What is there of the messages with some ids.
pub(crate) struct Found {
    /// Those that can be read.
    pub(crate) messages: StoredMessages,
    /// Those that cannot.
    pub(crate) damaged: BTreeSet<(ChannelKey, MessageId)>,
}

/// Those of the messages with these ids that are there; not those of a channel that is gone, which are removed bit by bit.
pub(crate) async fn by_ids(connection: &mut Connection, ids: &[(ChannelKey, MessageId)]) -> Result<Found, StoreError> {
    let asked: Vec<Arg<'_>> = ids.iter().flat_map(|(channel, id)| args![channel.id, &channel.home, *id]).collect();
    let rows = BY_IDS.fetch(connection, &asked).await?;
    let messages = read_all(connection, &rows).await?.into_iter();
    let messages: StoredMessages = messages.map(|message| ((message.channel.clone(), message.id), message)).collect();
    let keys = rows.iter().filter(|_| messages.len() < rows.len()).filter_map(|row| key(&mut row.columns()).ok());
    let damaged = keys.filter(|key| !messages.contains_key(key)).collect();
    Ok(Found { messages, damaged })
}

/// Writes what is to be written of messages; gives the message that was sent, if one was.
pub(crate) async fn write(group: &mut Group<'_>, write: &MessageWrite) -> Result<Option<Message>, CommitError> {
    match write {
        MessageWrite::Post { server, draft } => return posts::send(group, server, draft).await.map(Some),
        MessageWrite::Put(message) => put(group.connection, message).await?,
        MessageWrite::Remove(channel, id) => {
            let key = args![channel.id, &channel.home, *id];
            if reactions::leave_all(group.connection, &key).await? {
                group.known.leave_rows();
            }
            group.connection.execute(REMOVE, &key).await?;
        }
        MessageWrite::Pin { channel, id, .. } if channel.home != *group.connection.domain() => {
            pins::copy(group.connection, channel, *id, true).await?;
        }
        MessageWrite::Pin { channel, id, by } => {
            let mut pins = Pins::read(group.connection, group.known, std::iter::once(channel)).await?;
            pins.put(channel, *id, by, group.now);
            pins.write(group.connection).await?;
        }
        MessageWrite::Unpin(channel, id) => {
            let mut pins = Pins::default();
            pins.remove(channel, *id);
            pins.write(group.connection).await?;
        }
        MessageWrite::React { server, channel, id, emoji, change } => {
            reactions::make_one(group, &Move { server, channel, id: *id, emoji, change }).await?;
        }
        MessageWrite::CountReactions { channel, id, emoji, count, added } => {
            reactions::count(group.connection, (channel, *id), emoji, *count, *added).await?;
        }
    }
    Ok(None)
}

/// Whether what a decision rested on still stands.
pub(crate) async fn stands(connection: &mut Connection, guard: &MessageGuard) -> Result<bool, StoreError> {
    match guard {
        MessageGuard::At { .. } => {
            let found = known(connection, &[guard]).await?;
            Ok(found.values().any(|known| known.is_as_read(guard)))
        }
        MessageGuard::PinsFewer { channel, than } => Ok(pins::count(connection, channel).await? < *than),
        MessageGuard::Sent(sent) => {
            let limit = sent.messages.len() + usize::from(!sent.more);
            let limit = u32::try_from(limit).unwrap_or(u32::MAX);
            Ok(purges::next(connection, &sent.of, limit).await? == sent.messages)
        }
    }
}

/// How the messages are that guards name; nothing of one that is gone.
pub(crate) async fn known(
    connection: &mut Connection,
    guards: &[&MessageGuard],
) -> Result<HashMap<(ChannelKey, MessageId), KnownMessage>, StoreError> {
    let mut asked = Vec::new();
    for guard in guards {
        if let MessageGuard::At { channel, id, .. } = guard {
            asked.extend(args![channel.id, &channel.home, *id]);
        }
    }
    let rows = KNOWN.fetch(connection, &asked).await?;
    let read = rows.iter().map(|row| {
        let mut columns = row.columns();
        let key = (columns.qualified()?, columns.id()?);
        let edited_at = columns.time_or_none()?;
        Ok((key, KnownMessage { edited_at, pinned: columns.bool()?, is_reacted_to: columns.bool()? }))
    });
    read.collect()
}

async fn put(connection: &mut Connection, message: &Message) -> Result<(), CommitError> {
    let is_copy = message.channel.home != *connection.domain();
    if connection.fetch_optional(CHANNEL, &args![message.channel.id, &message.channel.home]).await?.is_none() {
        return if is_copy { Ok(()) } else { Err(CommitError::Stale) };
    }
    if let (true, Some(author), Some(nonce)) = (is_copy, message.author.user(), &message.nonce) {
        // Another backend need not keep what a nonce promises, and must not stop its own stream with it.
        let channel = &message.channel;
        let values = args![channel.id, &channel.home, author.id, &author.home, nonce.as_str(), message.id];
        connection.execute(REMOVE_NAMESAKE, &values).await?;
    }
    put_all(connection, &[message]).await?;
    // What was just sent is not pinned, nobody has reacted to it, and it comes by the thousand.
    if is_copy && (message.pinned || message.edited_at.is_some()) {
        pins::copy(connection, &message.channel, message.id, message.pinned).await?;
    }
    if is_copy && (!message.reactions.is_empty() || message.edited_at.is_some()) {
        reactions::copy(connection, &message.channel, message.id, &message.reactions).await?;
    }
    Ok(())
}

/// Writes messages to channels that are there, each once. It waits with what else a transaction writes at its end.
pub(crate) async fn put_all(connection: &mut Connection, messages: &[&Message]) -> Result<(), StoreError> {
    let vias: Vec<Option<String>> = messages.iter().map(|message| author::via(&message.author)).collect();
    let mut rows = Vec::with_capacity(messages.len() * 12);
    for (message, via) in messages.iter().zip(&vias) {
        rows.extend(args![message.channel.id, &message.channel.home, message.id]);
        rows.extend(author::values(&message.author, via.as_deref()));
        rows.extend(content::values(&message.content));
        rows.extend(args![
            message.created_at,
            message.edited_at,
            message.reply_to,
            message.nonce.as_ref().map(Nonce::as_str),
        ]);
    }
    PUT.defer(connection, &rows).await
}

/// Reads messages from rows of [`columns`].
pub(crate) async fn read_all(connection: &mut Connection, rows: &[Row]) -> Result<Vec<Message>, StoreError> {
    read_rows(connection, rows, |row| read(&mut row.columns())).await
}

/// Reads rows that begin with [`columns`]. One that cannot be read is skipped, so that nobody misses the others: it is
/// counted, and the log says why.
pub(crate) async fn read_rows<T>(
    connection: &mut Connection,
    rows: &[Row],
    read: impl Fn(&Row) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let (mut all, mut has_learned) = (Vec::with_capacity(rows.len()), false);
    for row in rows {
        let mut found = read(row);
        if found.is_err() && !has_learned {
            // It may be of a domain that another process gave its number meanwhile.
            connection.learn_origins().await?;
            has_learned = true;
            found = read(row);
        }
        match found {
            Ok(one) => all.push(one),
            Err(error) => skip(row, &error),
        }
    }
    Ok(all)
}

/// Counts and logs a message that cannot be read.
fn skip(row: &Row, error: &StoreError) {
    metrics::counter!("beep_messages_skipped_total").increment(1);
    let id = row.columns().id::<MessageId>().map(tracing::field::display).ok();
    tracing::error!(id, %error, "a message is skipped");
}

/// Reads the first of [`columns`]: which message it is.
fn key(columns: &mut Columns<'_>) -> Result<(ChannelKey, MessageId), StoreError> {
    let id = columns.id()?;
    Ok((columns.qualified()?, id))
}

/// Reads [`columns`] of a message.
pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Message, StoreError> {
    let (channel, id) = key(columns)?;
    Ok(Message {
        id,
        channel,
        author: author::read(columns)?,
        content: content::read(columns)?,
        created_at: columns.time()?,
        edited_at: columns.time_or_none()?,
        reply_to: columns.id_or_none()?,
        pinned: columns.bool()?,
        reactions: reactions::read(columns)?,
        nonce: columns.text_or_none()?.map(|nonce| Nonce::stored(nonce.to_owned())),
    })
}

macro_rules! columns {
    () => {
        "message.id,
        message.channel_id,
        message.origin,
        message.author_id,
        message.author_origin,
        message.via,
        message.content,
        message.sealed,
        message.created_at,
        message.edited_at,
        message.reply_to,
        message.pinned_at IS NOT NULL,
        message.reactions,
        message.nonce"
    };
}
pub(crate) use columns;

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM message WHERE message.channel_id = $1 AND message.origin = $2 ",
            $condition
        )
    };
}

const BY_ID: &str = select!("AND message.id = $3");
const BY_NONCE: &str = select!("AND message.author_id = $3 AND message.author_origin = $4 AND message.nonce = $5");
const NEWEST: &str = select!("ORDER BY message.id DESC LIMIT $3 + 0");
const BEFORE: &str = select!("AND message.id < $4 ORDER BY message.id DESC LIMIT $3 + 0");
const AFTER: &str = select!("AND message.id > $4 ORDER BY message.id LIMIT $3 + 0");

static KNOWN: Batch = Batch::new(
    "SELECT channel_id, origin, id, edited_at, pinned_at IS NOT NULL, reactions IS NOT NULL
    FROM message
    WHERE (channel_id, origin, id) IN (",
    3,
    ")",
);

const CHANNEL: &str = "SELECT 1 FROM channel WHERE id = $1 AND origin = $2";

static PUT: Batch = Batch::new(
    "
    INSERT INTO message (
        channel_id,
        origin,
        id,
        author_id,
        author_origin,
        via,
        content,
        sealed,
        created_at,
        edited_at,
        reply_to,
        nonce
    ) ",
    12,
    "
    ON CONFLICT (channel_id, origin, id) DO UPDATE SET
        author_id = excluded.author_id,
        author_origin = excluded.author_origin,
        via = excluded.via,
        content = excluded.content,
        sealed = excluded.sealed,
        created_at = excluded.created_at,
        edited_at = excluded.edited_at,
        reply_to = excluded.reply_to,
        nonce = excluded.nonce",
);

static BY_IDS: Batch = Batch::new(
    concat!("SELECT ", columns!(), " FROM message WHERE (message.channel_id, message.origin, message.id) IN ("),
    3,
    ") AND NOT EXISTS (
        SELECT 1
        FROM removed_channel
        WHERE removed_channel.channel_id = message.channel_id AND removed_channel.origin = message.origin
    )",
);

const REMOVE_NAMESAKE: &str = "
    DELETE FROM message
    WHERE channel_id = $1 AND origin = $2 AND author_id = $3 AND author_origin = $4 AND nonce = $5 AND id <> $6";

const REMOVE: &str = "DELETE FROM message WHERE channel_id = $1 AND origin = $2 AND id = $3";
