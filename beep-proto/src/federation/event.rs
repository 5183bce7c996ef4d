//! How other backends are told what happened: as clients are, and beside it what was before.

use beep_core::account::User as CoreUser;
use beep_core::event::{EventBody, EventKind};
use beep_core::id::ChannelId;
use beep_core::invitation::Invited;
use beep_core::message::Message as CoreMessage;
use beep_core::permission::Override as CoreOverride;
use beep_core::text::Emoji;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Space;
use crate::foreign::{Owned, owned, parse};
use crate::gateway::{
    FriendGone, InvitationGone, MemberGone, MessageGone, PinMoved, ReactionMoved, ServerGone, SessionGone,
};
use crate::id::Bare;
use crate::view::{Channel, FriendRequest, Invitation, Member, Message, Override, ReadState, Role, User, ViewError};

/// A thing after an event, and before it.
#[derive(Deserialize, Serialize)]
struct Changed<T> {
    data: T,
    before: T,
}

/// What a role left behind.
#[derive(Deserialize, Serialize)]
struct RoleRemains {
    before: Role,
    overrides: Vec<(Bare<ChannelId>, Override)>,
}

/// Writes what an event holds, as JSON.
pub fn write(body: &EventBody) -> Vec<u8> {
    match body {
        EventBody::MessageCreated(message) | EventBody::MessageUpdated(message) => octets(&Message::from(message)),
        EventBody::MessageDeleted { channel, id } => octets(&MessageGone { id: Bare(*id), channel_id: channel.into() }),
        EventBody::MessagePinned { channel, id, user } | EventBody::MessageUnpinned { channel, id, user } => {
            octets(&PinMoved::new(channel, *id, user))
        }
        EventBody::ReactionAdded { channel, id, emoji, user, count } => {
            octets(&ReactionMoved::new(channel, *id, emoji, Some(user), *count))
        }
        EventBody::ReactionRemoved { channel, id, emoji, user, count } => {
            octets(&ReactionMoved::new(channel, *id, emoji, user.as_ref(), *count))
        }
        EventBody::ChannelCreated(channel) | EventBody::ChannelDeleted { before: channel } => {
            octets(&Channel::from(channel))
        }
        EventBody::ChannelUpdated { channel, before } => {
            octets(&Changed { data: Channel::from(channel), before: before.into() })
        }
        EventBody::SpaceUpdated { server, before } => {
            octets(&Changed { data: Space::from(server), before: before.into() })
        }
        EventBody::SpaceDeleted { id } => octets(&ServerGone { id: id.into() }),
        EventBody::MemberJoined(member) | EventBody::Reopened(member) => octets(&Member::new(member, None)),
        EventBody::MemberUpdated { member, before } => {
            octets(&Changed { data: Member::new(member, None), before: Member::new(before, None) })
        }
        EventBody::MemberLeft { server, user } | EventBody::MemberBanned { server, user } => {
            octets(&MemberGone { server_id: server.into(), user: user.into() })
        }
        EventBody::RoleCreated(role) => octets(&Role::from(role)),
        EventBody::RoleUpdated { role, before } => octets(&Changed { data: Role::from(role), before: before.into() }),
        EventBody::RoleDeleted { before, overrides } => octets(&RoleRemains {
            before: before.into(),
            overrides: overrides.iter().map(|(channel, of)| (Bare(*channel), (*of).into())).collect(),
        }),
        EventBody::UserUpdated(user) => octets(&User::from(user)),
        EventBody::InvitationReceived(invited) => octets(&Invitation::from(invited)),
        EventBody::InvitationRevoked { id, server } => {
            octets(&InvitationGone { id: Bare(*id), server_id: server.into() })
        }
        EventBody::FriendRequestReceived(request)
        | EventBody::FriendRequestAccepted(request)
        | EventBody::FriendRequestDeclined(request)
        | EventBody::FriendRequestCancelled(request) => octets(&FriendRequest::from(request)),
        EventBody::FriendRemoved { user } => octets(&FriendGone { user: user.into() }),
        EventBody::ReadUpdated(state) => octets(&ReadState::from(state)),
        EventBody::SessionRevoked { id } => octets(&SessionGone { id: Bare(*id) }),
        EventBody::Unknown { data, .. } => data.clone(),
        // Nobody is told of what cannot be read.
        EventBody::Unreadable { .. } => b"null".to_vec(),
    }
}

/// Reads what an event of a type holds; what is not known stays as it is.
///
/// # Errors
/// Says why `data` is not what the type holds.
pub fn read(kind: &str, data: &[u8]) -> Result<EventBody, String> {
    let Some(kind) = EventKind::named(kind) else {
        parse::<serde::de::IgnoredAny>(data)?;
        return Ok(EventBody::Unknown { kind: kind.to_owned(), data: data.to_vec() });
    };
    Ok(match kind {
        EventKind::MessageCreated => message(data, EventBody::MessageCreated)?,
        EventKind::MessageUpdated => message(data, EventBody::MessageUpdated)?,
        EventKind::MessageDeleted => {
            let MessageGone { id, channel_id } = parse(data)?;
            EventBody::MessageDeleted { channel: channel_id.0, id: id.0 }
        }
        EventKind::ChannelCreated => EventBody::ChannelCreated(one::<Channel, _>(data)?),
        EventKind::ChannelUpdated => {
            let (channel, before) = both::<Channel, _>(data)?;
            EventBody::ChannelUpdated { channel, before }
        }
        EventKind::ChannelDeleted => EventBody::ChannelDeleted { before: one::<Channel, _>(data)? },
        EventKind::SpaceUpdated => {
            let (server, before) = both::<Space, _>(data)?;
            EventBody::SpaceUpdated { server, before }
        }
        EventKind::SpaceDeleted => EventBody::SpaceDeleted { id: parse::<ServerGone>(data)?.id.0 },
        EventKind::MemberJoined => EventBody::MemberJoined(one::<Member, _>(data)?),
        EventKind::Reopened => EventBody::Reopened(one::<Member, _>(data)?),
        EventKind::MemberUpdated => {
            let (member, before) = both::<Member, _>(data)?;
            EventBody::MemberUpdated { member, before }
        }
        EventKind::MemberLeft => {
            let MemberGone { server_id, user } = parse(data)?;
            EventBody::MemberLeft { server: server_id.0, user: user.0 }
        }
        EventKind::MemberBanned => {
            let MemberGone { server_id, user } = parse(data)?;
            EventBody::MemberBanned { server: server_id.0, user: user.0 }
        }
        EventKind::RoleCreated => EventBody::RoleCreated(one::<Role, _>(data)?),
        EventKind::RoleUpdated => {
            let (role, before) = both::<Role, _>(data)?;
            EventBody::RoleUpdated { role, before }
        }
        EventKind::MessagePinned => {
            let PinMoved { channel_id, message_id, user } = parse(data)?;
            EventBody::MessagePinned { channel: channel_id.0, id: message_id.0, user: user.0 }
        }
        EventKind::MessageUnpinned => {
            let PinMoved { channel_id, message_id, user } = parse(data)?;
            EventBody::MessageUnpinned { channel: channel_id.0, id: message_id.0, user: user.0 }
        }
        EventKind::ReactionAdded => {
            let (ReactionMoved { channel_id, message_id, user, count, .. }, emoji) = reaction(data)?;
            let user = user.ok_or("it says of nobody that they reacted")?.0;
            EventBody::ReactionAdded { channel: channel_id.0, id: message_id.0, emoji, user, count: count.max(1) }
        }
        EventKind::ReactionRemoved => {
            let (ReactionMoved { channel_id, message_id, user, count, .. }, emoji) = reaction(data)?;
            let user = user.map(|user| user.0);
            EventBody::ReactionRemoved { channel: channel_id.0, id: message_id.0, emoji, user, count }
        }
        EventKind::RoleDeleted => {
            let RoleRemains { mut before, overrides } = parse(data)?;
            before.fit_texts();
            EventBody::RoleDeleted {
                before: before.try_into().map_err(text)?,
                overrides: overrides.into_iter().map(|(channel, of)| (channel.0, CoreOverride::from(of))).collect(),
            }
        }
        EventKind::UserUpdated => EventBody::UserUpdated(one::<User, CoreUser>(data)?),
        EventKind::InvitationReceived => EventBody::InvitationReceived(one::<Invitation, Invited>(data)?),
        EventKind::InvitationRevoked => {
            let InvitationGone { id, server_id } = parse(data)?;
            EventBody::InvitationRevoked { id: id.0, server: server_id.0 }
        }
        EventKind::FriendRequestReceived => {
            EventBody::FriendRequestReceived(parse::<FriendRequest>(data)?.try_into().map_err(text)?)
        }
        EventKind::FriendRequestAccepted => {
            EventBody::FriendRequestAccepted(parse::<FriendRequest>(data)?.try_into().map_err(text)?)
        }
        EventKind::FriendRequestDeclined => {
            EventBody::FriendRequestDeclined(parse::<FriendRequest>(data)?.try_into().map_err(text)?)
        }
        EventKind::FriendRequestCancelled => {
            EventBody::FriendRequestCancelled(parse::<FriendRequest>(data)?.try_into().map_err(text)?)
        }
        EventKind::FriendRemoved => EventBody::FriendRemoved { user: parse::<FriendGone>(data)?.user.0 },
        EventKind::ReadUpdated => EventBody::ReadUpdated(parse::<ReadState>(data)?.into()),
        EventKind::SessionRevoked => EventBody::SessionRevoked { id: parse::<SessionGone>(data)?.id.0 },
    })
}

/// Reads a message. One that only a newer release can show is told like one that is gone: it keeps its place, and nothing
/// of it is kept here, where its deletion would not find it.
fn message(data: &[u8], told: fn(CoreMessage) -> EventBody) -> Result<EventBody, String> {
    let message: Message = owned(data)?;
    if !message.is_known() {
        return Ok(EventBody::MessageDeleted { channel: message.channel_id.0, id: message.id.0 });
    }
    message.try_into().map(told).map_err(text)
}

/// Reads a reaction, which counts by its emoji.
fn reaction(data: &[u8]) -> Result<(ReactionMoved, Emoji), String> {
    let mut moved: ReactionMoved = parse(data)?;
    moved.fit();
    let emoji = Emoji::parse(&moved.emoji).map_err(|_| "its emoji is none that this release knows")?;
    Ok((moved, emoji))
}

fn octets<T: Serialize>(view: &T) -> Vec<u8> {
    serde_json::to_vec(view).expect("views have string keys and no failing parts")
}

fn one<V: DeserializeOwned + Owned, T: TryFrom<V, Error = ViewError>>(data: &[u8]) -> Result<T, String> {
    owned::<V>(data)?.try_into().map_err(text)
}

fn both<V: DeserializeOwned + Owned, T: TryFrom<V, Error = ViewError>>(data: &[u8]) -> Result<(T, T), String> {
    let Changed { mut data, mut before } = parse::<Changed<V>>(data)?;
    data.fit_texts();
    before.fit_texts();
    Ok((data.try_into().map_err(text)?, before.try_into().map_err(text)?))
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
