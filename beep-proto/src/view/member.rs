//! Members, and permissions by name.

use std::sync::LazyLock;

use beep_core::id::{RoleId, SpaceId, UserId};
use beep_core::member::Member as CoreMember;
use beep_core::permission::{Permissions as Set, Reason};
use beep_core::text::Nickname;
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{ViewError, option};
use crate::foreign::lenient;
use crate::id::{Bare, Full};
use crate::time::Time;
use crate::view::User;

/// The membership of one user in one server.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Member {
    /// The server.
    pub server_id: Full<SpaceId>,
    /// Who it is.
    pub user: Full<UserId>,
    /// Their profile, in lists of members; `null` in events.
    pub profile: Option<User>,
    /// The nickname.
    pub nickname: Option<String>,
    /// The ids of their roles; `everyone` is not among them.
    pub roles: Vec<Bare<RoleId>>,
    /// When they joined.
    pub joined_at: Time,
    /// When a mute ends.
    pub muted_until: Option<Time>,
    /// When what a moderator of the backend restricts them by in the server ends; `9999-12-31T23:59:59.999Z` for never.
    #[serde(default)]
    pub restricted_until: Option<Time>,
}

impl Member {
    /// Joins a membership and the profile of the member.
    pub fn new(member: &CoreMember, profile: Option<User>) -> Self {
        Self {
            server_id: (&member.server).into(),
            user: (&member.user).into(),
            profile,
            nickname: member.nickname.as_ref().map(ToString::to_string),
            roles: member.roles.iter().map(|role| Bare(*role)).collect(),
            joined_at: member.joined_at.into(),
            muted_until: member.muted_until.map(Into::into),
            restricted_until: member.restricted_until.map(Into::into),
        }
    }
}

impl TryFrom<Member> for CoreMember {
    type Error = ViewError;
    fn try_from(member: Member) -> Result<Self, ViewError> {
        let mut roles: Vec<_> = member.roles.into_iter().map(|role| role.0).collect();
        roles.sort_unstable();
        Ok(Self {
            server: member.server_id.0,
            user: member.user.0,
            nickname: option("nickname", member.nickname, |text| Nickname::parse(text))?,
            roles,
            joined_at: member.joined_at.0,
            muted_until: member.muted_until.map(|until| until.0),
            restricted_until: member.restricted_until.map(|until| until.0),
        })
    }
}

/// A set of permissions: on the wire a list of names; unknown names are refused.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Permissions(pub Set);

impl From<Set> for Permissions {
    fn from(set: Set) -> Self {
        Self(set)
    }
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.names())
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// One name, so that a refusal says which of them.
        struct Named(Set);
        impl<'de> Deserialize<'de> for Named {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                let one = Set::named(&name);
                one.map(Self).ok_or_else(|| de::Error::unknown_variant(&name, &NAMES))
            }
        }
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Permissions;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list of permission names")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<Permissions, A::Error> {
                let mut set = Set::empty();
                while let Some(Named(one)) = names.next_element()? {
                    set |= one;
                }
                Ok(Permissions(set))
            }
        }
        deserializer.deserialize_seq(Names)
    }
}

/// The names that there are.
static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| Set::all().names().map(|name| &*name.leak()).collect());

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Permissions {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Permissions".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names: Vec<String> = Set::all().names().collect();
        schemars::json_schema!({
            "type": "array",
            "description": "Permissions by name.",
            "items": { "type": "string", "enum": names },
        })
    }
}

/// The permissions of a user, with the reasons.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Explained {
    /// The permissions.
    #[serde(deserialize_with = "lenient::permissions")]
    pub permissions: Permissions,
    /// One reason for each of the thirteen permissions.
    pub because: Vec<Because>,
}

/// Why a user has a permission or not.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Because {
    /// The permission.
    pub permission: String,
    /// What grants it: `owner`, `role:<id>`, `override:role:<id>`, `override:member` or `implied:<permission>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted_by: Option<String>,
    /// What denies it: `nothing_grants_it`, `override:role:<id>`, `override:member`, `needs:<permission>`, `mute`,
    /// `restriction` or `not_a_member`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denied_by: Option<String>,
}

impl Explained {
    /// Spells what the engine explained.
    pub fn new(reasons: &[(Set, bool, Reason)]) -> Self {
        let held = reasons.iter().filter(|(_, held, _)| *held).fold(Set::empty(), |set, (one, ..)| set | *one);
        let because = reasons
            .iter()
            .map(|(one, held, reason)| {
                let reason = spell(*reason);
                let (granted_by, denied_by) = if *held { (Some(reason), None) } else { (None, Some(reason)) };
                Because { permission: name(*one), granted_by, denied_by }
            })
            .collect();
        Self { permissions: held.into(), because }
    }
}

fn spell(reason: Reason) -> String {
    match reason {
        Reason::Owner => "owner".to_owned(),
        Reason::Role(role) => format!("role:{role}"),
        Reason::Implied(by) => format!("implied:{}", name(by)),
        Reason::RoleOverride(role) => format!("override:role:{role}"),
        Reason::MemberOverride => "override:member".to_owned(),
        Reason::NotGranted => "nothing_grants_it".to_owned(),
        Reason::Needs(what) => format!("needs:{}", name(what)),
        Reason::Muted => "mute".to_owned(),
        Reason::Restricted => "restriction".to_owned(),
        Reason::NotMember => "not_a_member".to_owned(),
    }
}

fn name(one: Set) -> String {
    one.names().next().unwrap_or_default()
}
