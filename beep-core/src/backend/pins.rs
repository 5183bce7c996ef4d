//! Messages that are pinned to their channel.

use crate::backend::access::InChannel;
use crate::backend::{Actor, Backend, Refusal, access, retry_on_conflict};
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
        let change = reading(&found, &message)
            .guard(MessageGuard::PinsFewer { channel: channel.clone(), than: MOST })
            .write(MessageWrite::Pin { channel, id, by })
            .channel_event(&found.channel, pinned);
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
        let change = reading(&found, &message)
            .write(MessageWrite::Unpin(channel.clone(), id))
            .channel_event(&found.channel, unpinned);
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
    let found = access::with_messages(backend, actor, channel).await?;
    let message = backend.store.message(channel, id).await?.ok_or(Refusal::NotFound)?;
    found.require(match found.inside.facts().server.kind {
        SpaceKind::Community => Permissions::MANAGE_MESSAGES,
        SpaceKind::Group | SpaceKind::Direct => Permissions::SEND_MESSAGES,
    })?;
    Ok((found, message))
}

fn reading(found: &InChannel, message: &Message) -> Change {
    found.inside.reading().guard(MessageGuard::as_read(message))
}

/// The most pinned messages of a channel (contract, "Messages").
const MOST: u32 = 250;
