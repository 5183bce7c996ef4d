//! Reports: what users tell the moderators of their backend about messages, users and servers.
//!
//! A report names what it is about and holds nothing of it: moderators read no private channels.

use std::time::Duration;

use crate::global_role::GlobalRole;
use crate::id::{ChannelKey, MessageId, ReportId, SpaceKey, UserKey};
use crate::text::{Comment, Reason, ReportAction};
use crate::time::Timestamp;

/// What somebody reported.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// Its id.
    pub id: ReportId,
    /// When it was made.
    pub at: Timestamp,
    /// Who made it.
    pub by: UserKey,
    /// What it is about, of this backend or of another.
    pub target: ReportTarget,
    /// What is wrong with it.
    pub reason: Reason,
    /// What else its maker says.
    pub comment: Option<Comment>,
    /// The moderator who deals with it.
    pub claimed_by: Option<UserKey>,
    /// What came of it.
    pub resolution: Option<Resolution>,
}

/// What a report is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ReportTarget {
    /// A message.
    Message {
        /// The channel that it is in.
        channel: ChannelKey,
        /// Which message.
        id: MessageId,
    },
    /// A user.
    User(UserKey),
    /// A server.
    Server(SpaceKey),
}

/// What came of a report.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Resolution {
    /// What was done.
    pub action: ReportAction,
    /// Why.
    pub note: Option<Reason>,
    /// When.
    pub at: Timestamp,
}

/// How far a report has come.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ReportState {
    /// Nobody deals with it.
    Open,
    /// A moderator does.
    Claimed,
    /// It is dealt with.
    Resolved,
}

impl ReportState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Claimed, Self::Resolved];

    /// Its name on the wire and in the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Claimed => "claimed",
            Self::Resolved => "resolved",
        }
    }

    /// The state with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

impl Report {
    /// How far it has come.
    pub fn state(&self) -> ReportState {
        match (&self.resolution, &self.claimed_by) {
            (Some(_), _) => ReportState::Resolved,
            (None, Some(_)) => ReportState::Claimed,
            (None, None) => ReportState::Open,
        }
    }
}

/// Which reports somebody sees: all, or those about messages and one kind of other things.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ReportsSeen {
    /// Those about users.
    pub users: bool,
    /// Those about servers.
    pub servers: bool,
}

impl ReportsSeen {
    /// What a user with these global roles sees; `None` for who sees none.
    pub fn by(roles: &[GlobalRole]) -> Option<Self> {
        let seen =
            Self { users: GlobalRole::UserModerator.is_in(roles), servers: GlobalRole::ServerModerator.is_in(roles) };
        (seen.users || seen.servers).then_some(seen)
    }

    /// Whether a report about this is among them.
    pub fn shows(self, target: &ReportTarget) -> bool {
        match target {
            ReportTarget::Message { .. } => true,
            ReportTarget::User(_) => self.users,
            ReportTarget::Server(_) => self.servers,
        }
    }
}

/// The most reports of one user that are not resolved.
pub const MOST_UNRESOLVED: u32 = 100;

/// How long a report is kept after it was resolved.
pub const RESOLVED_LIFE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Domain;
    use crate::id::Id;

    #[test]
    fn moderators_see_what_is_theirs_and_messages() {
        let home = Domain::parse("a.example.com").expect("a domain");
        let id = uuid::Uuid::from_u128(1);
        let user = ReportTarget::User(UserKey::new(Id::from_uuid(id), home.clone()));
        let server = ReportTarget::Server(SpaceKey::new(Id::from_uuid(id), home.clone()));
        let message =
            ReportTarget::Message { channel: ChannelKey::new(Id::from_uuid(id), home), id: Id::from_uuid(id) };
        let sees = |roles: &[GlobalRole]| {
            ReportsSeen::by(roles).map(|seen| [&message, &user, &server].map(|target| seen.shows(target)))
        };
        use GlobalRole::{ApplicationAdministrator, ServerModerator, UserModerator};
        assert_eq!(sees(&[]), None);
        assert_eq!(sees(&[UserModerator]), Some([true, true, false]));
        assert_eq!(sees(&[ServerModerator]), Some([true, false, true]));
        assert_eq!(sees(&[UserModerator, ServerModerator]), Some([true; 3]));
        assert_eq!(sees(&[ApplicationAdministrator]), Some([true; 3]));
    }
}
