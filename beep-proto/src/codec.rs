//! How events are kept: as the JSON that goes out, and beside it what was before.

use beep_core::account::User as CoreUser;
use beep_core::event::EventBody;
use beep_core::id::{ChannelId, UserId, UserKey};
use beep_core::invitation::Invited;
use beep_core::permission::Override as CoreOverride;
use beep_core::port::{CodecError, EventCodec};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::gateway::{InvitationGone, MemberGone, MessageGone, ServerGone, SessionGone};
use crate::id::{Bare, Full};
use crate::view::{Channel, Invitation, Member, Message, Override, Role, Server, User, ViewError};

/// Keeps events as JSON.
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonCodec;

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
    holders: Vec<Full<UserId>>,
    overrides: Vec<(Bare<ChannelId>, Override)>,
}

impl EventCodec for JsonCodec {
    fn encode(&self, body: &EventBody) -> Vec<u8> {
        match body {
            EventBody::MessageCreated(message) | EventBody::MessageUpdated(message) => write(&Message::from(message)),
            EventBody::MessageDeleted { channel, id } => {
                write(&MessageGone { id: Bare(*id), channel_id: channel.into() })
            }
            EventBody::ChannelCreated(channel) | EventBody::ChannelDeleted { before: channel } => {
                write(&Channel::from(channel))
            }
            EventBody::ChannelUpdated { channel, before } => {
                write(&Changed { data: Channel::from(channel), before: before.into() })
            }
            EventBody::SpaceUpdated { server, before } => {
                write(&Changed { data: Server::from(server), before: before.into() })
            }
            EventBody::SpaceDeleted { id } => write(&ServerGone { id: id.into() }),
            EventBody::MemberJoined(member) | EventBody::Reopened(member) => write(&Member::new(member, None)),
            EventBody::MemberUpdated { member, before } => {
                write(&Changed { data: Member::new(member, None), before: Member::new(before, None) })
            }
            EventBody::MemberLeft { server, user } | EventBody::MemberBanned { server, user } => {
                write(&MemberGone { server_id: server.into(), user: user.into() })
            }
            EventBody::RoleCreated(role) => write(&Role::from(role)),
            EventBody::RoleUpdated { role, before } => {
                write(&Changed { data: Role::from(role), before: before.into() })
            }
            EventBody::RoleDeleted { before, holders, overrides } => write(&RoleRemains {
                before: before.into(),
                holders: holders.iter().map(Full::from).collect(),
                overrides: overrides.iter().map(|(channel, of)| (Bare(*channel), (*of).into())).collect(),
            }),
            EventBody::UserUpdated(user) => write(&User::from(user)),
            EventBody::InvitationReceived(invited) => write(&Invitation::from(invited)),
            EventBody::InvitationRevoked { id, server } => {
                write(&InvitationGone { id: Bare(*id), server_id: server.into() })
            }
            EventBody::SessionRevoked { id } => write(&SessionGone { id: Bare(*id) }),
            EventBody::Unknown { data, .. } => data.clone(),
        }
    }

    fn decode(&self, kind: &str, data: &[u8]) -> Result<EventBody, CodecError> {
        read_body(kind, data).map_err(|reason| CodecError { kind: kind.to_owned(), reason })
    }
}

fn read_body(kind: &str, data: &[u8]) -> Result<EventBody, String> {
    Ok(match kind {
        "message.created" => EventBody::MessageCreated(one::<Message, _>(data)?),
        "message.updated" => EventBody::MessageUpdated(one::<Message, _>(data)?),
        "message.deleted" => {
            let MessageGone { id, channel_id } = read(data)?;
            EventBody::MessageDeleted { channel: channel_id.0, id: id.0 }
        }
        "channel.created" => EventBody::ChannelCreated(one::<Channel, _>(data)?),
        "channel.updated" => {
            let (channel, before) = both::<Channel, _>(data)?;
            EventBody::ChannelUpdated { channel, before }
        }
        "channel.deleted" => EventBody::ChannelDeleted { before: one::<Channel, _>(data)? },
        "server.updated" => {
            let (server, before) = both::<Server, _>(data)?;
            EventBody::SpaceUpdated { server, before }
        }
        "server.deleted" => EventBody::SpaceDeleted { id: read::<ServerGone>(data)?.id.0 },
        "member.joined" => EventBody::MemberJoined(one::<Member, _>(data)?),
        "member.reopened" => EventBody::Reopened(one::<Member, _>(data)?),
        "member.updated" => {
            let (member, before) = both::<Member, _>(data)?;
            EventBody::MemberUpdated { member, before }
        }
        "member.left" => {
            let MemberGone { server_id, user } = read(data)?;
            EventBody::MemberLeft { server: server_id.0, user: user.0 }
        }
        "member.banned" => {
            let MemberGone { server_id, user } = read(data)?;
            EventBody::MemberBanned { server: server_id.0, user: user.0 }
        }
        "role.created" => EventBody::RoleCreated(one::<Role, _>(data)?),
        "role.updated" => {
            let (role, before) = both::<Role, _>(data)?;
            EventBody::RoleUpdated { role, before }
        }
        "role.deleted" => {
            let RoleRemains { before, holders, overrides } = read(data)?;
            EventBody::RoleDeleted {
                before: before.try_into().map_err(text)?,
                holders: holders.into_iter().map(|holder| holder.0).collect::<Vec<UserKey>>(),
                overrides: overrides.into_iter().map(|(channel, of)| (channel.0, CoreOverride::from(of))).collect(),
            }
        }
        "user.updated" => EventBody::UserUpdated(one::<User, CoreUser>(data)?),
        "invitation.received" => EventBody::InvitationReceived(one::<Invitation, Invited>(data)?),
        "invitation.revoked" => {
            let InvitationGone { id, server_id } = read(data)?;
            EventBody::InvitationRevoked { id: id.0, server: server_id.0 }
        }
        "session.revoked" => EventBody::SessionRevoked { id: read::<SessionGone>(data)?.id.0 },
        _ => {
            read::<serde::de::IgnoredAny>(data)?;
            EventBody::Unknown { kind: kind.to_owned(), data: data.to_vec() }
        }
    })
}

fn write<T: Serialize>(view: &T) -> Vec<u8> {
    serde_json::to_vec(view).expect("views have string keys and no failing parts")
}

fn read<T: DeserializeOwned>(data: &[u8]) -> Result<T, String> {
    serde_json::from_slice(data).map_err(text)
}

fn one<V: DeserializeOwned, T: TryFrom<V, Error = ViewError>>(data: &[u8]) -> Result<T, String> {
    read::<V>(data)?.try_into().map_err(text)
}

fn both<V: DeserializeOwned, T: TryFrom<V, Error = ViewError>>(data: &[u8]) -> Result<(T, T), String> {
    let Changed { data, before } = read::<Changed<V>>(data)?;
    Ok((data.try_into().map_err(text)?, before.try_into().map_err(text)?))
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
