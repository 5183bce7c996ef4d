//! Reading an action and its target from JSON: one struct for all of a kind, since code for each of them would be a tenth
//! of a browser's module.

use beep_core::id::{ChannelId, RoleId, SpaceId, UserId};
use beep_proto::id::{Bare, Full};
use beep_proto::json;
use beep_proto::view::{Override, Permissions};
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::value::RawValue;

use super::{Action, Subject, Target};

/// What any action may be about.
#[derive(serde::Deserialize)]
struct Fields {
    action: String,
    channel: Option<Full<ChannelId>>,
    author: Option<Full<UserId>>,
    server: Option<Full<SpaceId>>,
    target: Option<Target>,
    before: Option<Change>,
    after: Option<Change>,
    role: Option<Bare<RoleId>>,
    position: Option<i32>,
    member: Option<Subject>,
}

/// One side of a change: of what a role grants, or of an override.
enum Change {
    Names(Permissions),
    Set(Override),
}

impl<'de> Deserialize<'de> for Change {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        let text = text.get();
        let change =
            if text.starts_with('[') { json::read(text).map(Self::Names) } else { json::read(text).map(Self::Set) };
        change.map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Fields {
            r#type: String,
            id: Option<Bare<RoleId>>,
            user: Option<Full<UserId>>,
            #[serde(default)]
            roles: Vec<Bare<RoleId>>,
        }
        let Fields { r#type, id, user, roles } = Fields::deserialize(deserializer)?;
        match r#type.as_str() {
            "role" => Ok(Self::Role { id: given("id", id)? }),
            "member" => Ok(Self::Member(Subject { user: given("user", user)?, roles })),
            other => Err(D::Error::custom(format_args!("there is no target `{other}`"))),
        }
    }
}

impl Change {
    fn names(self) -> Option<Permissions> {
        match self {
            Self::Names(names) => Some(names),
            Self::Set(_) => None,
        }
    }

    fn set(self) -> Option<Override> {
        match self {
            Self::Set(set) => Some(set),
            Self::Names(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let of = Fields::deserialize(deserializer)?;
        Ok(match of.action.as_str() {
            "view" => Self::View { channel: given("channel", of.channel)? },
            "send" => Self::Send { channel: given("channel", of.channel)? },
            "attach" => Self::Attach { channel: given("channel", of.channel)? },
            "mention_everyone" => Self::MentionEveryone { channel: given("channel", of.channel)? },
            "edit_message" => Self::EditMessage { channel: given("channel", of.channel)?, author: of.author },
            "delete_message" => Self::DeleteMessage { channel: given("channel", of.channel)?, author: of.author },
            "pin" => Self::Pin { channel: given("channel", of.channel)? },
            "react" => Self::React { channel: given("channel", of.channel)? },
            "clear_reactions" => Self::ClearReactions { channel: given("channel", of.channel)? },
            "create_channel" => Self::CreateChannel { server: given("server", of.server)? },
            "manage_channel" => Self::ManageChannel { channel: given("channel", of.channel)? },
            "set_override" => Self::SetOverride {
                channel: given("channel", of.channel)?,
                target: given("target", of.target)?,
                before: of.before.and_then(Change::set).unwrap_or_default(),
                after: of.after.and_then(Change::set).unwrap_or_default(),
            },
            "manage_server" => Self::ManageServer { server: given("server", of.server)? },
            "delete_server" => Self::DeleteServer { server: given("server", of.server)? },
            "leave_server" => Self::LeaveServer { server: given("server", of.server)? },
            "transfer_server" => Self::TransferServer { server: given("server", of.server)? },
            "create_role" => Self::CreateRole { server: given("server", of.server)? },
            "edit_role" => Self::EditRole {
                server: given("server", of.server)?,
                role: given("role", of.role)?,
                position: of.position,
            },
            "delete_role" => Self::DeleteRole { server: given("server", of.server)?, role: given("role", of.role)? },
            "grant" => Self::Grant {
                server: given("server", of.server)?,
                before: given("before", of.before.and_then(Change::names))?,
                after: given("after", of.after.and_then(Change::names))?,
            },
            "assign_role" => Self::AssignRole {
                server: given("server", of.server)?,
                role: given("role", of.role)?,
                member: given("member", of.member)?,
            },
            "remove_role" => Self::RemoveRole {
                server: given("server", of.server)?,
                role: given("role", of.role)?,
                member: given("member", of.member)?,
            },
            "rename" => Self::Rename { server: given("server", of.server)?, member: given("member", of.member)? },
            "mute" => Self::Mute { server: given("server", of.server)?, member: given("member", of.member)? },
            "kick" => Self::Kick { server: given("server", of.server)?, member: given("member", of.member)? },
            "ban" => Self::Ban { server: given("server", of.server)?, member: given("member", of.member)? },
            "unban" => Self::Unban { server: given("server", of.server)? },
            "invite" => Self::Invite { server: given("server", of.server)? },
            "manage_webhooks" => Self::ManageWebhooks { server: given("server", of.server)? },
            other => return Err(D::Error::custom(format_args!("there is no action `{other}`"))),
        })
    }
}

fn given<T, E: Error>(name: &'static str, value: Option<T>) -> Result<T, E> {
    value.ok_or_else(|| E::missing_field(name))
}
