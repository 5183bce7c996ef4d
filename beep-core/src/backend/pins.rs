//! Messages that are pinned to their channel.

use crate::audit::{AuditAction, AuditChanges};
use crate::backend::access::InChannel;
use crate::backend::{Actor, Backend, Refusal, access, audit, retry_on_conflict};
use crate::event::EventBody;
use crate::id::{ChannelKey, MessageId};
use crate::message::{Message, Pin};
use crate::permission::Permissions;
use crate::port::{Change, MessageGuard, MessageWrite};
use crate::space::SpaceKind;

/// Gives the pinned messages of a channel, newest pin first.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not view the channel.
pub async fn list(backend: &Backend, actor: &Actor, channel: &ChannelKey) -> Result<Vec<Pin>, Refusal> {
    access::with_messages(backend, actor, channel).await?;
    Ok(backend.store.pins(channel, MOST).await?)
}

/// Pins a message; does nothing if it is pinned.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_messages`; [`Refusal::Conflict`] if the channel has as many pins as it may have.
pub async fn put(backend: &Backend, actor: &Actor, channel: &ChannelKey, id: MessageId) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let (found, message) = managed(backend, actor, channel, id).await?;
        if message.pinned {
            return Ok(());
        }
        if backend.store.pin_count(channel).await? >= MOST {
            return Err(Refusal::Conflict("the channel has as many pinned messages as it may have").into());
        }
        let (channel, by) = (channel.clone(), found.inside.member.user.clone());
        let pinned = EventBody::MessagePinned { channel: channel.clone(), id, user: by.clone() };
        let change = reading(&found, &message)?
            .guard(MessageGuard::PinsFewer { channel: channel.clone(), than: MOST })
            .write(MessageWrite::Pin { channel, id, by })
            .channel_event(&found.channel, pinned);
        let pinned_in = (None, Some(&found.channel.id));
        let change = audited(backend, actor, &found, AuditAction::PinPut, &message, pinned_in, change);
        backend.commit(actor, change).await?;
    })
}

/// Takes a pin down; does nothing if the message is not pinned.
///
/// # Errors
/// [`Refusal::Missing`] without `manage_messages`.
pub async fn delete(backend: &Backend, actor: &Actor, channel: &ChannelKey, id: MessageId) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let (found, message) = managed(backend, actor, channel, id).await?;
        if !message.pinned {
            return Ok(());
        }
        let unpinned =
            EventBody::MessageUnpinned { channel: channel.clone(), id, user: found.inside.member.user.clone() };
        let change = reading(&found, &message)?
            .write(MessageWrite::Unpin(channel.clone(), id))
            .channel_event(&found.channel, unpinned);
        let pinned_in = (Some(&found.channel.id), None);
        let change = audited(backend, actor, &found, AuditAction::PinDelete, &message, pinned_in, change);
        backend.commit(actor, change).await?;
    })
}

/// A message that the actor may pin: in a private conversation every participant may.
async fn managed(
    backend: &Backend,
    actor: &Actor,
    channel: &ChannelKey,
    id: MessageId,
) -> Result<(InChannel, Message), Refusal> {
    let (found, message) = access::message(backend, actor, channel, id).await?;
    found.require(match found.inside.facts().server.kind {
        SpaceKind::Community => Permissions::MANAGE_MESSAGES,
        SpaceKind::Group | SpaceKind::Direct => Permissions::SEND_MESSAGES,
    })?;
    Ok((found, message))
}

/// Adds the entry in the audit log, which a private conversation has none of. It says in which channel the message was
/// pinned before, or is since.
fn audited(
    backend: &Backend,
    actor: &Actor,
    found: &InChannel,
    action: AuditAction,
    message: &Message,
    (before, after): (Option<&ChannelKey>, Option<&ChannelKey>),
    change: Change,
) -> Change {
    if found.inside.facts().server.kind.is_private() {
        return change;
    }
    let channel = |channel: Option<&ChannelKey>| channel.map(ToString::to_string);
    let changes = AuditChanges::new().field("channel_id", channel(before), channel(after));
    change.write(audit::entry(backend, actor, &found.inside, action, &message.id, changes))
}

fn reading(found: &InChannel, message: &Message) -> Result<Change, Refusal> {
    Ok(found.inside.reading()?.guard(MessageGuard::as_read(message)))
}

/// The most pinned messages of a channel (contract, "Messages").
const MOST: u32 = 250;
