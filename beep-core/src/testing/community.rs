//! A whole server: facts and members that belong together.

use proptest::option;
use proptest::prelude::*;

use super::{moment, nth, nth_domain, nth_user, overrides, permissions, some_of};
use crate::channel::{Channel, ChannelKind};
use crate::event::EventBody;
use crate::facts::{self, SpaceFacts};
use crate::id::{ChannelId, Qualified, RoleId, SpaceKey, UserKey};
use crate::member::Member;
use crate::permission::Permissions;
use crate::role::Role;
use crate::space::{Space, SpaceKind, Visibility};
use crate::text::{ChannelName, Description, Nickname, RoleName, ServerName};
use crate::time::Timestamp;

/// A server and everybody in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Community {
    /// The server with its roles and channels.
    pub facts: SpaceFacts,
    /// All members, each once; the owner is among them.
    pub members: Vec<Member>,
    /// Those who were members and left, the latest last.
    pub left: Vec<UserKey>,
    /// No id that was ever given out is the `serial`th or a later one.
    pub(super) serial: u64,
}

impl Community {
    /// The membership of a user.
    pub fn member(&self, user: &UserKey) -> Option<&Member> {
        self.members.iter().find(|member| member.user == *user)
    }

    /// The ids of all roles but `everyone`.
    pub fn own_roles(&self) -> Vec<RoleId> {
        self.facts.roles.keys().copied().filter(|role| *role != self.facts.everyone()).collect()
    }

    /// All users that are members.
    pub fn users(&self) -> Vec<UserKey> {
        self.members.iter().map(|member| member.user.clone()).collect()
    }

    /// Takes facts and members past an event.
    pub fn apply(&mut self, event: &EventBody) {
        self.facts.apply(event);
        for member in &mut self.members {
            facts::apply_to_member(member, event);
        }
        match event {
            EventBody::MemberJoined(member) => {
                self.left.retain(|user| *user != member.user);
                self.members.push(member.clone());
            }
            EventBody::MemberLeft { user, .. } | EventBody::MemberBanned { user, .. } => {
                self.members.retain(|member| member.user != *user);
                self.left.push(user.clone());
            }
            _ => {}
        }
    }
}

/// A server with up to five roles, six members and four channels.
pub fn community() -> impl Strategy<Value = Community> {
    (0u64..6, 1u64..7, 0u64..5).prop_flat_map(|(roles, users, channels)| {
        let server: SpaceKey = Qualified::new(nth(0), nth_domain(0));
        let roles: Vec<RoleId> = (1..=roles).map(nth).collect();
        let users: Vec<UserKey> = (0..users).map(nth_user).collect();
        let all_roles: Vec<RoleId> = std::iter::once(nth(0)).chain(roles.iter().copied()).collect();
        (
            described(server.clone(), users.clone()),
            all_roles.iter().map(|id| role(&server, *id, *id == all_roles[0])).collect::<Vec<_>>(),
            users.iter().map(|user| member(&server, user, &roles)).collect::<Vec<_>>(),
            (0..channels).map(|n| channel(&server, nth(n), &all_roles, &users)).collect::<Vec<_>>(),
        )
            .prop_map(|(server, roles, members, mut channels)| {
                settle(&mut channels);
                let facts = SpaceFacts::new(server, 1, roles, channels).expect("the first role is `everyone`");
                Community { facts, members, left: Vec::new(), serial: 100 }
            })
    })
}

/// The facts of a server, without its members.
pub fn facts() -> impl Strategy<Value = SpaceFacts> {
    community().prop_map(|community| community.facts)
}

/// A role; positions are few, so that several roles share one. `everyone` is at position 0.
pub fn role(server: &SpaceKey, id: RoleId, everyone: bool) -> impl Strategy<Value = Role> + use<> {
    let server = server.clone();
    (permissions(), 1i32..4).prop_map(move |(permissions, position)| Role {
        id,
        server: server.clone(),
        name: RoleName::parse(if everyone { "everyone" } else { "role" }).expect("one word"),
        color: None,
        position: if everyone { 0 } else { position },
        permissions: if everyone { permissions - Permissions::ADMINISTRATOR } else { permissions },
        hoist: false,
        mentionable: false,
        everyone,
        version: 1,
    })
}

/// A member with some of these roles, who may be muted or restricted around [`super::NOW`].
pub fn member(server: &SpaceKey, user: &UserKey, roles: &[RoleId]) -> impl Strategy<Value = Member> + use<> {
    let (server, user) = (server.clone(), user.clone());
    let nickname = option::of(Just(Nickname::parse("Nick").expect("one word")));
    let mut roles = roles.to_vec();
    roles.sort_unstable();
    let moments = (option::weighted(0.3, moment()), option::weighted(0.2, moment()));
    (some_of(roles), nickname, moments).prop_map(move |(roles, nickname, (muted_until, restricted_until))| Member {
        server: server.clone(),
        user: user.clone(),
        nickname,
        roles,
        joined_at: Timestamp::from_millis(0),
        muted_until,
        restricted_until,
    })
}

/// Takes channels out of what is no category, and has those that follow one be as it is.
fn settle(channels: &mut [Channel]) {
    let categories: Vec<_> = channels.iter().filter(|channel| channel.kind == ChannelKind::Category).cloned().collect();
    for channel in channels {
        let parent = categories.iter().find(|category| Some(category.id.id) == channel.parent);
        let parent = parent.filter(|_| channel.kind == ChannelKind::Text);
        channel.follows_parent &= parent.is_some();
        channel.parent = parent.map(|parent| parent.id.id);
        if let Some(parent) = parent.filter(|_| channel.follows_parent) {
            channel.overrides = parent.overrides.clone();
        }
    }
}

/// A channel or category with overrides for some of these roles and users. It may be in the first or the second, and follow it.
pub fn channel(
    server: &SpaceKey,
    id: ChannelId,
    roles: &[RoleId],
    users: &[UserKey],
) -> impl Strategy<Value = Channel> + use<> {
    let server = server.clone();
    let kind = prop_oneof![2 => Just(ChannelKind::Text), 1 => Just(ChannelKind::Category)];
    let within = option::weighted(0.7, (0u64..2).prop_map(nth));
    (overrides(roles, users), 0i32..3, kind, within, any::<bool>()).prop_map(
        move |(overrides, position, kind, parent, follows_parent)| {
            let name = ChannelName::parse("channel").expect("one word");
            let channel = Channel::new(Qualified::new(id, server.home.clone()), server.id, name);
            Channel { position, overrides, kind, parent, follows_parent, ..channel }
        },
    )
}

/// A server that belongs to one of these users.
fn described(id: SpaceKey, users: Vec<UserKey>) -> impl Strategy<Value = Space> {
    let member_count = users.len() as u64;
    let visibility = prop_oneof![Just(Visibility::Private), Just(Visibility::Public)];
    (proptest::sample::select(users), visibility).prop_map(move |(owner, visibility)| Space {
        id: id.clone(),
        kind: SpaceKind::Community,
        name: ServerName::parse("server").expect("one word"),
        description: Description::parse("").expect("may be empty"),
        visibility,
        owner,
        member_count,
        created_at: Timestamp::from_millis(0),
        version: 1,
        suspended_until: None,
    })
}
