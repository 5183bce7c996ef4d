//! One question to the engine, in as few words as can be written by hand.

use beep_core::channel::{Channel, Restrictions};
use beep_core::facts::SpaceFacts;
use beep_core::hierarchy::Rank;
use beep_core::id::{ChannelId, Qualified, RoleId, SpaceKey, UserKey};
use beep_core::member::Member;
use beep_core::permission::{self, MemberContext, Override, Overrides, Permissions, Target};
use beep_core::role::Role;
use beep_core::space::{Space, SpaceKind, Visibility};
use beep_core::testing::{NOW, nth, nth_domain, nth_user};
use beep_core::text::{ChannelName, Description, RoleName, ServerName};
use beep_core::time::Timestamp;

/// A server, one of its channels, and who asks when.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) owner: UserKey,
    /// The roles in the order in which they are stored, `everyone` first.
    pub(crate) roles: Vec<(RoleId, i32, Permissions)>,
    pub(crate) members: Vec<Member>,
    /// The overrides of the channel in the order in which they are stored.
    pub(crate) overrides: Vec<(Target, Override)>,
    /// Who is restricted in the channel.
    pub(crate) restricted_here: Restrictions,
    pub(crate) suspended_until: Option<Timestamp>,
    pub(crate) user: UserKey,
    pub(crate) now: Timestamp,
}

pub(crate) const NONE: Permissions = Permissions::empty();
pub(crate) const EVERYONE: u64 = 0;
pub(crate) const OWNER: u64 = 0;
/// A member; the one who asks unless something else is said.
pub(crate) const BOB: u64 = 2;
/// A member with the UUID of Bob at another backend.
pub(crate) const BOBS_NAMESAKE: u64 = 3;
pub(crate) const STRANGER: u64 = 4;

impl Scenario {
    /// A server of its owner, Bob and a namesake of Bob, where nobody is granted anything.
    pub(crate) fn new() -> Self {
        let members = [OWNER, BOB, BOBS_NAMESAKE];
        let joined = |n: &u64| Member::joining(server(), nth_user(*n), Timestamp::from_millis(0));
        Self {
            owner: nth_user(OWNER),
            roles: vec![(nth(EVERYONE), 0, NONE)],
            members: members.iter().map(joined).collect(),
            overrides: Vec::new(),
            restricted_here: Restrictions::new(),
            suspended_until: None,
            user: nth_user(BOB),
            now: NOW,
        }
    }

    /// Lets `everyone` have this in the server.
    pub(crate) fn everyone(mut self, granted: Permissions) -> Self {
        self.roles[0].2 = granted;
        self
    }

    /// Stores a role at a position.
    pub(crate) fn role(mut self, n: u64, position: i32, granted: Permissions) -> Self {
        self.roles.push((nth(n), position, granted));
        self
    }

    /// Gives Bob these roles.
    pub(crate) fn bob_has(self, roles: &[u64]) -> Self {
        self.has(BOB, roles)
    }

    /// Gives a member these roles.
    pub(crate) fn has(mut self, user: u64, roles: &[u64]) -> Self {
        self.member(user).roles = roles.iter().map(|n| nth(*n)).collect();
        self
    }

    /// Mutes a member until so many milliseconds after the time of asking.
    pub(crate) fn muted(mut self, user: u64, for_millis: i64) -> Self {
        self.member(user).muted_until = Some(Timestamp::from_millis(NOW.millis() + for_millis));
        self
    }

    /// Restricts a member in the server until so many milliseconds after the time of asking.
    pub(crate) fn restricted(mut self, user: u64, for_millis: i64) -> Self {
        self.member(user).restricted_until = Some(Timestamp::from_millis(NOW.millis() + for_millis));
        self
    }

    /// Restricts a user in the channel until so many milliseconds after the time of asking.
    pub(crate) fn restricted_here(mut self, user: u64, for_millis: i64) -> Self {
        self.restricted_here.insert(nth_user(user), Timestamp::from_millis(NOW.millis() + for_millis));
        self
    }

    /// Suspends the server until so many milliseconds after the time of asking.
    pub(crate) fn suspended(mut self, for_millis: i64) -> Self {
        self.suspended_until = Some(Timestamp::from_millis(NOW.millis() + for_millis));
        self
    }

    /// Stores an override for a role.
    pub(crate) fn on_role(mut self, n: u64, allow: Permissions, deny: Permissions) -> Self {
        self.overrides.push((Target::Role(nth(n)), Override { allow, deny }));
        self
    }

    /// Stores an override for a member.
    pub(crate) fn on_member(mut self, user: u64, allow: Permissions, deny: Permissions) -> Self {
        self.overrides.push((Target::Member(nth_user(user)), Override { allow, deny }));
        self
    }

    /// Stores an override for Bob.
    pub(crate) fn on_bob(self, allow: Permissions, deny: Permissions) -> Self {
        self.on_member(BOB, allow, deny)
    }

    /// Has somebody else than Bob ask.
    pub(crate) fn asked_by(mut self, user: u64) -> Self {
        self.user = nth_user(user);
        self
    }

    /// What the engine says: the permissions in the server and in the channel.
    pub(crate) fn decide(&self) -> (Permissions, Permissions) {
        let facts = self.facts();
        match self.members.iter().find(|member| member.user == self.user) {
            Some(member) => (facts.permissions(member, self.now), facts.permissions_in(member, nth(CHANNEL), self.now)),
            None => {
                let member_context = MemberContext {
                    user: &self.user,
                    member: false,
                    owner: false,
                    everyone: (self.roles[0].0, self.roles[0].2),
                    roles: &[],
                    muted_until: None,
                    restricted_until: None,
                };
                let here = permission::in_channel(&member_context, &self.stored_overrides(), self.now);
                (permission::in_server(&member_context, self.now), here)
            }
        }
    }

    /// How high a member stands.
    pub(crate) fn rank(&self, user: &UserKey) -> Rank {
        let member = self.members.iter().find(|member| member.user == *user).expect("a member");
        self.facts().rank(member)
    }

    /// The facts that a store would give.
    pub(crate) fn facts(&self) -> SpaceFacts {
        let role = |(id, position, permissions): &(RoleId, i32, Permissions)| Role {
            id: *id,
            server: server(),
            name: RoleName::parse("role").expect("one word"),
            color: None,
            position: *position,
            permissions: *permissions,
            hoist: false,
            mentionable: false,
            everyone: *id == nth(EVERYONE),
            version: 1,
        };
        let id = Qualified::new(nth::<ChannelId>(CHANNEL), nth_domain(0));
        let new = Channel::new(id, server().id, ChannelName::parse("channel").expect("one word"));
        let channel = Channel { overrides: self.stored_overrides(), restricted: self.restricted_here.clone(), ..new };
        let server = Space {
            id: server(),
            kind: SpaceKind::Community,
            name: ServerName::parse("server").expect("one word"),
            description: Description::parse("").expect("may be empty"),
            visibility: Visibility::Private,
            owner: self.owner.clone(),
            member_count: self.members.len() as u64,
            created_at: Timestamp::from_millis(0),
            version: 1,
            suspended_until: self.suspended_until,
        };
        SpaceFacts::new(server, 1, self.roles.iter().map(role), [channel]).expect("`everyone` comes first")
    }

    fn stored_overrides(&self) -> Overrides {
        let mut overrides = Overrides::default();
        for (target, says) in &self.overrides {
            overrides.set(target, Some(*says));
        }
        overrides
    }

    fn member(&mut self, user: u64) -> &mut Member {
        let user = nth_user(user);
        self.members.iter_mut().find(|member| member.user == user).expect("a member")
    }
}

fn server() -> SpaceKey {
    Qualified::new(nth(0), nth_domain(0))
}

const CHANNEL: u64 = 1;
