//! Messages: sending, reading, editing and deleting them.

use std::sync::Arc;
use std::time::Duration;

use crate::audit::{AuditAction, AuditChanges};
use crate::backend::{Actor, Backend, Refusal, access, audit, conversations, retry_on_conflict};
use crate::content::Content;
use crate::event::{Event, EventBody};
use crate::id::{ChannelKey, MessageId, UserKey};
use crate::message::{Draft, Message};
use crate::permission::Permissions;
use crate::port::{Change, MessageGuard, MessagePage, MessageWrite, StoreError};
use crate::replay;
use crate::text::Nonce;

/// A message to send.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The text.
    pub content: Content,
    /// An id that the sender chooses, so that sending twice sends once.
    pub nonce: Option<Nonce>,
    /// The message of the same channel that it answers.
    pub reply_to: Option<MessageId>,
}

/// Sends a message; it is durable when this returns. The same nonce gives the first message again.
///
/// # Errors
/// [`Refusal::NotFound`] if the actor may not view the channel; [`Refusal::Invalid`] for a category, as for all that is done
/// with messages; [`Refusal::Missing`] without `send_messages`;
/// [`Refusal::Muted`]; [`Refusal::SlowMode`]; [`Refusal::Invalid`] if `reply_to` is not a message of the channel;
/// [`Refusal::ContactDenied`] in a direct conversation whose other side takes no direct messages of the actor any more.
pub async fn send(backend: &Backend, actor: &Actor, channel: &ChannelKey, new: NewMessage) -> Result<Message, Refusal> {
    let (user, mut passed) = (actor.as_user()?, false);
    retry_on_conflict!(backend, {
        let found = access::with_messages(backend, actor, channel).await?;
        found.require(Permissions::SEND_MESSAGES)?;
        if !conversations::is_written_to(backend, user, &found).await? {
            // What was sent before is given again, whatever became of the two since.
            return sent_before(backend, user, channel, &new).await?.ok_or_else(|| Refusal::ContactDenied.into());
        }
        if let Some(reply_to) = new.reply_to
            && backend.store.message(channel, reply_to).await?.is_none()
        {
            // It may have been there when the message was first sent.
            if let Some(first) = sent_before(backend, user, channel, &new).await? {
                return Ok(first);
            }
            return Err(Refusal::invalid("reply_to", "unknown", "must be a message of the channel").into());
        }
        let exempt = Permissions::MANAGE_MESSAGES | Permissions::MANAGE_CHANNELS;
        if found.channel.slow_mode_s > 0 && !passed && !found.held.intersects(exempt) {
            // What was sent before is given again, however soon.
            if let Some(first) = sent_before(backend, user, channel, &new).await? {
                return Ok(first);
            }
            let wait = Duration::from_secs(found.channel.slow_mode_s.into());
            let now = backend.now();
            let pass = backend.slow_mode.pass(&found.channel.space_key(), channel.id, user, wait, now);
            pass.map_err(|until| Refusal::SlowMode { until, wait: until.since(now) })?;
            passed = true;
        }
        let draft = Draft {
            channel: found.channel.id.clone(),
            author: user.clone().into(),
            content: new.content.clone(),
            reply_to: new.reply_to,
            nonce: new.nonce.clone(),
        };
        let server = found.channel.space_key();
        let change = found.inside.reading()?.write(MessageWrite::Post { server, draft });
        // The nonce is its name, and a change of posts alone is one of many in a batch.
        let mut committed = backend.commit(None, change).await?;
        committed.posted.pop().ok_or_else(|| StoreError::new("the commit of a message returned no message"))?
    })
}

/// The message that was sent under the same nonce.
async fn sent_before(
    backend: &Backend,
    user: &UserKey,
    channel: &ChannelKey,
    new: &NewMessage,
) -> Result<Option<Message>, StoreError> {
    match &new.nonce {
        Some(nonce) => backend.store.message_by_nonce(channel, user, nonce).await,
        None => Ok(None),
    }
}

/// Which part of a history is requested.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum History {
    /// The newest, newest first.
    Newest,
    /// Those before an id, newest first.
    Before(MessageId),
    /// Those after an id, oldest first.
    After(MessageId),
    /// Half before an id, the message itself, half after it; oldest first.
    Around(MessageId),
}

/// Reads part of a channel's history, at most `limit` messages, and says whether there are more in that direction.
///
/// # Errors
/// [`Refusal::NotFound`] if the actor may not view the channel.
pub async fn history(
    backend: &Backend,
    actor: &Actor,
    channel: &ChannelKey,
    history: History,
    limit: u32,
) -> Result<(Vec<Message>, bool), Refusal> {
    access::with_messages(backend, actor, channel).await?;
    let page = match history {
        History::Newest => MessagePage::Newest,
        History::Before(id) => MessagePage::Before(id),
        History::After(id) => MessagePage::After(id),
        History::Around(id) => return around(backend, channel, id, limit).await,
    };
    let mut messages = backend.store.messages(channel, page, limit + 1).await?;
    let more = messages.len() > limit as usize;
    messages.truncate(limit as usize);
    Ok((messages, more))
}

async fn around(
    backend: &Backend,
    channel: &ChannelKey,
    id: MessageId,
    limit: u32,
) -> Result<(Vec<Message>, bool), Refusal> {
    let half = limit / 2;
    let mut messages = backend.store.messages(channel, MessagePage::Before(id), half).await?;
    messages.reverse();
    messages.extend(backend.store.message(channel, id).await?);
    let rest = limit - u32::try_from(messages.len()).unwrap_or(limit).min(limit);
    messages.extend(backend.store.messages(channel, MessagePage::After(id), rest).await?);
    messages.truncate(limit as usize);
    Ok((messages, false))
}

/// Gives one message.
///
/// # Errors
/// [`Refusal::NotFound`].
pub async fn find(backend: &Backend, actor: &Actor, channel: &ChannelKey, id: MessageId) -> Result<Message, Refusal> {
    access::message(backend, actor, channel, id).await.map(|(_, message)| message)
}

/// Edits one's own message.
///
/// # Errors
/// [`Refusal::NotYours`] for a message of another user; [`Refusal::Missing`] without `send_messages` there.
pub async fn edit(
    backend: &Backend,
    actor: &Actor,
    channel: &ChannelKey,
    id: MessageId,
    content: Content,
) -> Result<Message, Refusal> {
    retry_on_conflict!(backend, {
        let (found, before) = access::message(backend, actor, channel, id).await?;
        found.require(Permissions::SEND_MESSAGES)?;
        if before.author.user() != Some(actor.as_user()?) {
            return Err(Refusal::NotYours.into());
        }
        if before.content == content {
            return Ok(before);
        }
        let guard = MessageGuard::as_read(&before);
        // An edit in the same millisecond as the last one is told apart from it.
        let earliest = before.edited_at.unwrap_or(before.created_at).after(Duration::from_millis(1));
        let message = Message { content: content.clone(), edited_at: Some(backend.now().max(earliest)), ..before };
        let change = found
            .inside
            .reading()?
            .guard(guard)
            .write(MessageWrite::Put(message.clone()))
            .channel_event(&found.channel, EventBody::MessageUpdated(message.clone()));
        let committed = backend.commit(actor, change).await?;
        // Reactions are counted as it is committed.
        let updated = committed.events.into_iter().find_map(|event| match &event.body {
            EventBody::MessageUpdated(updated) => Some(updated.clone()),
            _ => None,
        });
        updated.unwrap_or(message)
    })
}

/// Deletes a message: one's own, or with `manage_messages` any.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_messages` for a message of another user.
pub async fn delete(backend: &Backend, actor: &Actor, channel: &ChannelKey, id: MessageId) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let (found, before) = access::message(backend, actor, channel, id).await?;
        let is_own = before.author.user() == Some(actor.as_user()?);
        if !is_own {
            found.require(Permissions::MANAGE_MESSAGES)?;
        }
        let change = found
            .inside
            .reading()?
            .guard(MessageGuard::as_read(&before))
            .write(MessageWrite::Remove(channel.clone(), id))
            .channel_event(&found.channel, EventBody::MessageDeleted { channel: before.channel, id });
        let entry = (!is_own).then(|| {
            let author = before.author.user().map(ToString::to_string);
            let changes = AuditChanges::new().field("channel_id", Some(channel.to_string()), None);
            let changes = changes.field("author", author, None);
            audit::entry(backend, actor, &found.inside, AuditAction::MessageDelete, &id, changes)
        });
        backend.commit(actor, entry.into_iter().fold(change, Change::write)).await?;
    })
}

/// Gives the events of a channel after a number, oldest first.
///
/// # Errors
/// [`Refusal::NotFound`] if the actor may not view the channel.
pub async fn events(
    backend: &Backend,
    actor: &Actor,
    channel: &ChannelKey,
    after_seq: u64,
    limit: u32,
) -> Result<Vec<Arc<Event>>, Refusal> {
    let inside = access::channel(backend, actor, channel).await?.inside;
    let events = backend.store.channel_events(channel, after_seq, limit).await?;
    Ok(events.into_iter().map(|event| replay::shown(&Arc::new(event), |category| inside.sees(category))).collect())
}
