//! Reactions to messages.
//!
//! What changes is counted by the store as it is committed, so that many may react to one message at once.

use std::collections::BTreeSet;

use crate::audit::{AuditAction, AuditChanges};
use crate::backend::access::InChannel;
use crate::backend::{Actor, Backend, Refusal, access, audit, conversations, retry_on_conflict};
use crate::id::{ChannelKey, MessageId, UserKey};
use crate::message::Message;
use crate::permission::Permissions;
use crate::port::{Change, MessageWrite, ReactionChange, ReactionNumber};
use crate::text::Emoji;

/// Reacts to a message; does nothing if the actor has reacted with the emoji.
///
/// # Errors
/// [`Refusal::Missing`] without `send_messages`; [`Refusal::Muted`]; [`Refusal::Conflict`] if the message has as many different
/// emoji as it may have; [`Refusal::ContactDenied`] in a direct conversation whose other side takes no direct messages of the
/// actor any more.
pub async fn put(
    backend: &Backend,
    actor: &Actor,
    channel: &ChannelKey,
    id: MessageId,
    emoji: &Emoji,
) -> Result<(), Refusal> {
    let user = actor.as_user()?;
    retry_on_conflict!(backend, {
        let (found, message) = access::message(backend, actor, channel, id).await?;
        found.require(Permissions::SEND_MESSAGES)?;
        if !conversations::is_written_to(backend, user, &found).await? {
            return Err(Refusal::ContactDenied.into());
        }
        if !message.reactions.has_room(emoji) {
            return Err(Refusal::Conflict("the message has as many different reactions as it may have").into());
        }
        let change = react(&found, id, emoji, ReactionChange::Add(user.clone()))?;
        backend.commit(actor, change).await.map(drop)?;
    })
}

/// Takes the actor's reaction back; does nothing if there is none.
///
/// # Errors
/// [`Refusal::Missing`] without `send_messages`; [`Refusal::Muted`].
pub async fn delete(
    backend: &Backend,
    actor: &Actor,
    channel: &ChannelKey,
    id: MessageId,
    emoji: &Emoji,
) -> Result<(), Refusal> {
    let user = actor.as_user()?;
    retry_on_conflict!(backend, {
        let (found, message) = access::message(backend, actor, channel, id).await?;
        found.require(Permissions::SEND_MESSAGES)?;
        if message.reactions.count(emoji) == 0 {
            return Ok(());
        }
        let change = react(&found, id, emoji, ReactionChange::Remove(user.clone()))?;
        backend.commit(actor, change).await.map(drop)?;
    })
}

/// Removes all reactions with an emoji; does nothing if there are none.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_messages`.
pub async fn clear(
    backend: &Backend,
    actor: &Actor,
    channel: &ChannelKey,
    id: MessageId,
    emoji: &Emoji,
) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let (found, message) = access::message(backend, actor, channel, id).await?;
        found.require(Permissions::MANAGE_MESSAGES)?;
        if message.reactions.count(emoji) == 0 {
            return Ok(());
        }
        let changes = AuditChanges::new().field("channel_id", Some(channel.to_string()), None);
        let changes = changes.field("emoji", Some(emoji.as_str()), None);
        let entry = audit::entry(backend, actor, &found.inside, AuditAction::ReactionClear, &id, changes);
        let change = react(&found, id, emoji, ReactionChange::Clear)?.write(entry);
        backend.commit(actor, change).await.map(drop)?;
    })
}

/// Lists who reacted to a message with an emoji, in the order in which they did, after a place; at most `limit`.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not view the channel, or if there is no such message.
pub async fn list(
    backend: &Backend,
    actor: &Actor,
    channel: &ChannelKey,
    id: MessageId,
    emoji: &Emoji,
    after: ReactionNumber,
    limit: u32,
) -> Result<Vec<(ReactionNumber, UserKey)>, Refusal> {
    access::message(backend, actor, channel, id).await?;
    Ok(backend.store.reactors(channel, id, emoji, after, limit).await?)
}

/// With which emoji the actor reacted to each of some messages of one channel, which they may see. Reads nothing where
/// nobody reacted.
///
/// # Errors
/// Only when the store fails.
pub async fn own(
    backend: &Backend,
    actor: &Actor,
    messages: impl IntoIterator<Item = &Message>,
) -> Result<BTreeSet<(MessageId, Emoji)>, Refusal> {
    let reacted_to: Vec<&Message> = messages.into_iter().filter(|message| !message.reactions.is_empty()).collect();
    let Some((first, user)) = reacted_to.first().zip(actor.who.user()) else { return Ok(BTreeSet::new()) };
    let ids: Vec<MessageId> = reacted_to.iter().map(|message| message.id).collect();
    Ok(backend.store.reactions_by(&first.channel, &ids, user).await?)
}

/// A change of the reactions to a message, which rests on what decides about the actor.
fn react(found: &InChannel, id: MessageId, emoji: &Emoji, change: ReactionChange) -> Result<Change, Refusal> {
    Ok(found.inside.reading()?.write(MessageWrite::React {
        server: found.channel.space_key(),
        channel: found.channel.id.clone(),
        id,
        emoji: emoji.clone(),
        change,
    }))
}
