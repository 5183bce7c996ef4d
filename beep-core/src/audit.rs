//! Audit logs: who moderated or changed what, whom it concerned, and why. Each server has one, and the backend has one of what is
//! done by global roles.
//!
//! Every change that moderates or administers writes its entry itself, so there is never one without the other.
//! What people do to themselves, and messages that they send, leave none. No entry holds a secret, such as the code of an
//! invitation, or the text of a message.

use std::time::Duration;

use crate::domain::Domain;
use crate::id::{AuditEntryId, ChannelKey, InvitationId, MessageId, ReportId, RoleId, SpaceKey, UserKey};
use crate::permission::Permissions;
use crate::text::Reason;
use crate::time::Timestamp;

/// One change, as it is kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditEntryId,
    /// Which log it is in.
    pub log: AuditLog,
    /// When it was made.
    pub at: Timestamp,
    /// Who made it, a user of this backend or of another; none for the operator of the backend, on its machine.
    pub actor: Option<UserKey>,
    /// What was done.
    pub action: AuditAction,
    /// What it was done to.
    pub target: AuditTarget,
    /// The reason, as the actor gave it.
    pub reason: Option<Reason>,
    /// What is different since.
    pub changes: AuditChanges,
}

/// Whose log it is.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum AuditLog {
    /// That of a server.
    Server(SpaceKey),
    /// That of the backend: what moderators and administrators of it do.
    Backend,
}

impl AuditLog {
    /// The most entries that are kept of it: the newest ones.
    pub fn most(&self) -> u64 {
        match self {
            Self::Server(_) => MOST_ENTRIES,
            Self::Backend => MOST_OF_BACKEND,
        }
    }

    /// How long its entries are kept.
    pub fn life(&self) -> Duration {
        match self {
            Self::Server(_) => AUDIT_LIFE,
            Self::Backend => AUDIT_LIFE_OF_BACKEND,
        }
    }
}

/// Declares the actions, each with the name of its operation.
macro_rules! actions {
    ($($action:ident = $name:literal,)+) => {
        /// What was done: the operation that did it.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[allow(missing_docs, reason = "each is named after its operation")]
        pub enum AuditAction {
            $($action,)+
        }

        impl AuditAction {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$action),+];

            /// The name of the operation.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)+
                }
            }

            /// The action with this name, if an operation of this name leaves entries.
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$action),)+
                    _ => None,
                }
            }
        }
    };
}

actions! {
    ServerUpdate = "servers.update",
    ServerTransfer = "servers.transfer",
    MemberUpdate = "members.update",
    RoleAssign = "members.assign_role",
    RoleRemove = "members.remove_role",
    MemberMute = "members.mute",
    MemberUnmute = "members.unmute",
    MemberKick = "members.kick",
    BanPut = "bans.put",
    BanDelete = "bans.delete",
    DomainBanPut = "domain_bans.put",
    DomainBanDelete = "domain_bans.delete",
    RoleCreate = "roles.create",
    RoleUpdate = "roles.update",
    RoleDelete = "roles.delete",
    RoleOrder = "roles.order",
    ChannelCreate = "channels.create",
    ChannelUpdate = "channels.update",
    ChannelDelete = "channels.delete",
    ChannelOrder = "channels.order",
    FollowParent = "channels.follow_parent",
    UnfollowParent = "channels.unfollow_parent",
    RoleOverridePut = "channels.put_role_override",
    RoleOverrideDelete = "channels.delete_role_override",
    MemberOverridePut = "channels.put_member_override",
    MemberOverrideDelete = "channels.delete_member_override",
    InvitationCreate = "invitations.create",
    InvitationRevoke = "invitations.revoke",
    MessageDelete = "messages.delete",
    PinPut = "pins.put",
    PinDelete = "pins.delete",
    ReactionClear = "reactions.clear",
    GlobalRoleGrant = "admin.grant_role",
    GlobalRoleRevoke = "admin.revoke_role",
    UserSuspend = "admin.suspend_user",
    UserUnsuspend = "admin.unsuspend_user",
    ServerSuspend = "admin.suspend_server",
    ServerUnsuspend = "admin.unsuspend_server",
    RestrictInServer = "admin.restrict_in_server",
    UnrestrictInServer = "admin.unrestrict_in_server",
    RestrictInChannel = "admin.restrict_in_channel",
    UnrestrictInChannel = "admin.unrestrict_in_channel",
    ReportClaim = "admin.claim_report",
    ReportResolve = "admin.resolve_report",
    AllowBackends = "admin.allow_backends",
}

/// What something was done to.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct AuditTarget {
    /// What it is.
    pub kind: AuditTargetKind,
    /// Its id as clients see it: qualified for servers, users and channels, bare for what lives inside a server.
    pub id: String,
}

/// What a target is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum AuditTargetKind {
    /// The server itself.
    Server,
    /// A user, member or not.
    User,
    /// A role.
    Role,
    /// A channel.
    Channel,
    /// An invitation.
    Invitation,
    /// A message.
    Message,
    /// The domain of a backend.
    Domain,
    /// A report.
    Report,
}

impl AuditTargetKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Server,
        Self::User,
        Self::Role,
        Self::Channel,
        Self::Invitation,
        Self::Message,
        Self::Domain,
        Self::Report,
    ];

    /// Its name on the wire and in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::User => "user",
            Self::Role => "role",
            Self::Channel => "channel",
            Self::Invitation => "invitation",
            Self::Message => "message",
            Self::Domain => "domain",
            Self::Report => "report",
        }
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Makes targets of the ids that name them.
macro_rules! targets {
    ($($id:ty => $kind:ident,)+) => { $(
        impl From<&$id> for AuditTarget {
            fn from(id: &$id) -> Self {
                Self { kind: AuditTargetKind::$kind, id: id.to_string() }
            }
        }
    )+ };
}
targets! {
    SpaceKey => Server,
    UserKey => User,
    RoleId => Role,
    ChannelKey => Channel,
    InvitationId => Invitation,
    MessageId => Message,
    Domain => Domain,
    ReportId => Report,
}

/// A field that a change gave another value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AuditChange {
    /// Its name, as clients see it.
    pub field: String,
    /// Its value before; none for what was created.
    pub before: Option<AuditValue>,
    /// Its value since; none for what was deleted.
    pub after: Option<AuditValue>,
}

/// The value of a field.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AuditValue {
    /// A text, of at most [`MOST_CHARACTERS`].
    Text(String),
    /// A number.
    Number(i64),
    /// A truth.
    Flag(bool),
    /// A moment.
    Time(Timestamp),
    /// Names, of permissions or ids.
    Names(Vec<String>),
}

/// The fields that a change gave other values, at most [`MOST_CHANGES`]: further ones are left out.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AuditChanges(Vec<AuditChange>);

impl AuditChanges {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field, if its value is another one since.
    #[must_use]
    pub fn field<V: Into<AuditValue>>(mut self, field: impl Into<String>, before: Option<V>, after: Option<V>) -> Self {
        let (before, after) = (before.map(Into::into), after.map(Into::into));
        if before != after && self.0.len() < MOST_CHANGES {
            self.0.push(AuditChange { field: field.into(), before, after });
        }
        self
    }

    /// Adds a field of a thing that was created, changed or deleted, if its value is another one since.
    #[must_use]
    pub fn of<T, V: Into<AuditValue>>(
        self,
        field: impl Into<String>,
        before: Option<&T>,
        after: Option<&T>,
        value: impl Fn(&T) -> Option<V>,
    ) -> Self {
        self.field(field, before.and_then(&value), after.and_then(&value))
    }

    /// The fields in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &AuditChange> {
        self.0.iter()
    }
}

/// Those that a store kept.
impl FromIterator<AuditChange> for AuditChanges {
    fn from_iter<T: IntoIterator<Item = AuditChange>>(changes: T) -> Self {
        Self(changes.into_iter().take(MOST_CHANGES).collect())
    }
}

impl From<&str> for AuditValue {
    fn from(text: &str) -> Self {
        Self::Text(text.chars().take(MOST_CHARACTERS).collect())
    }
}

impl From<String> for AuditValue {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<i32> for AuditValue {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u32> for AuditValue {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<bool> for AuditValue {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Timestamp> for AuditValue {
    fn from(time: Timestamp) -> Self {
        Self::Time(time)
    }
}

impl From<Vec<String>> for AuditValue {
    fn from(names: Vec<String>) -> Self {
        let text = |name: String| name.chars().take(MOST_CHARACTERS).collect();
        Self::Names(names.into_iter().take(MOST_NAMES).map(text).collect())
    }
}

impl From<Permissions> for AuditValue {
    fn from(permissions: Permissions) -> Self {
        Self::Names(permissions.names().collect())
    }
}

/// Which entries are asked for: those that fit all that is given.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AuditFilter {
    /// Those of this actor.
    pub actor: Option<UserKey>,
    /// Those whose target has one of these ids, of which the first two count; any, if there are none.
    pub targets: Vec<String>,
    /// Those of this action.
    pub action: Option<AuditAction>,
}

/// Where an entry stands in its log: numbered in the order of the commits, whatever the clock said.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AuditNumber(pub u64);

/// How long an entry of a server is kept.
pub const AUDIT_LIFE: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// The most entries that are kept of a server: the newest ones.
pub const MOST_ENTRIES: u64 = 10_000;

/// How long an entry of the backend is kept.
pub const AUDIT_LIFE_OF_BACKEND: Duration = Duration::from_secs(2 * 365 * 24 * 60 * 60);

/// The most entries that are kept of the backend: more than a moderator could ever push out by writing others.
pub const MOST_OF_BACKEND: u64 = 1_000_000;

/// The most changes of an entry.
pub const MOST_CHANGES: usize = 64;

/// The most names in a value: of a longer list the first ones are kept.
pub const MOST_NAMES: usize = 256;

/// The most characters of a text in a change.
pub const MOST_CHARACTERS: usize = 1_024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for action in AuditAction::ALL {
            assert_eq!(AuditAction::named(action.name()), Some(*action));
        }
        for kind in AuditTargetKind::ALL {
            assert_eq!(AuditTargetKind::named(kind.name()), Some(kind));
        }
        assert_eq!(AuditAction::named("messages.send"), None);
        assert_eq!(AuditTargetKind::named("sample"), None);
    }

    #[test]
    fn changes_hold_what_differs_and_are_bounded() {
        let changes =
            AuditChanges::new().field("name", Some("old"), Some("new")).field("topic", Some("same"), Some("same"));
        let changes = changes.field("position", None, Some(3)).field("hoist", Some(true), None);
        let fields: Vec<_> = changes.iter().map(|change| change.field.as_str()).collect();
        assert_eq!(fields, ["name", "position", "hoist"]);
        let many = (0..100u32).fold(AuditChanges::new(), |all, n| all.field(n.to_string(), None, Some(n)));
        assert_eq!(many.iter().count(), MOST_CHANGES);
        let long = AuditValue::from("é".repeat(2_000));
        assert_eq!(long, AuditValue::Text("é".repeat(MOST_CHARACTERS)));
    }
}
