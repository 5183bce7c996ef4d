//! A permission decision from facts in memory, in a channel that has more overrides than any should.

use std::hint::black_box;
use std::time::Instant;

use beep_core::channel::Channel;
use beep_core::domain::Domain;
use beep_core::facts::{SpaceFacts, give_role};
use beep_core::id::{ChannelId, Id, Qualified, SpaceKey, UserId, UserKey};
use beep_core::member::Member;
use beep_core::permission::{Override, Overrides, Permissions, Target};
use beep_core::role::Role;
use beep_core::space::{Space, SpaceKind, Visibility};
use beep_core::text::{ChannelName, Description, RoleName, ServerName};
use beep_core::time::Timestamp;

use crate::figure::{self, Aim};

/// 250 roles, each with an override, and 750 members with one.
pub(crate) fn bench() {
    let facts = facts();
    for roles in [10, 250] {
        let members: Vec<Member> = (0..MEMBERS).map(|number| member(&facts, number, roles)).collect();
        let took = decide(&facts, &members);
        let what = format!("a decision for a member with {roles} roles");
        figure::alone(&what, took, "ns", Aim::AtMost(1_000.0));
    }
}

/// The nanoseconds of one decision: the best of several rounds, as nothing makes one too fast.
fn decide(facts: &SpaceFacts, members: &[Member]) -> f64 {
    let channel = channel_id();
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        for turn in 0..DECISIONS {
            let member = black_box(&members[turn % members.len()]);
            black_box(facts.permissions_in(member, black_box(channel), NOW));
        }
        best = best.min(begun.elapsed().as_nanos() as f64 / DECISIONS as f64);
    }
    best
}

fn facts() -> SpaceFacts {
    let mut overrides = Overrides::default();
    let own = |number| Override { allow: one(number), deny: one(number + 5) };
    for number in 0..ROLES {
        overrides.set(&Target::Role(id(number)), Some(own(number)));
    }
    for number in 0..USERS_WITH_OVERRIDE {
        overrides.set(&Target::Member(user(number)), Some(own(number)));
    }
    let name = ChannelName::parse("channel").expect("a good name");
    let channel = Channel { overrides, ..Channel::new(Qualified::new(channel_id(), home()), id(0), name) };
    let roles = (0..ROLES).map(|number| Role {
        id: id(number),
        server: space_key(),
        name: RoleName::parse("role").expect("a good name"),
        color: None,
        position: i32::try_from(number).expect("a small number"),
        permissions: if number == 0 { Permissions::community() } else { one(number) - Permissions::ADMINISTRATOR },
        hoist: false,
        mentionable: false,
        everyone: number == 0,
        version: 1,
    });
    let server = Space {
        id: space_key(),
        kind: SpaceKind::Community,
        name: ServerName::parse("server").expect("a good name"),
        description: Description::parse("").expect("may be empty"),
        visibility: Visibility::Private,
        owner: user(1_000_000),
        member_count: MEMBERS,
        created_at: NOW,
        version: 1,
        suspended_until: None,
    };
    SpaceFacts::new(server, 1, roles, [channel]).expect("there is an `everyone` role")
}

/// A member with so many roles, spread over all.
fn member(facts: &SpaceFacts, number: u64, roles: u64) -> Member {
    let mut member = Member::joining(facts.server.id.clone(), user(number), NOW);
    for turn in 0..roles {
        give_role(&mut member, id((number + turn * ROLES / roles) % ROLES));
    }
    member
}

/// One permission, another for each number.
fn one(number: u64) -> Permissions {
    Permissions::from_bits_truncate(1 << (number % 13))
}

/// The id with a number; ids of one kind are in random order, as if made at different times.
fn id<T: Id>(number: u64) -> T {
    let mixed = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let [a, b, c, d, e, f, g, h] = mixed.to_be_bytes();
    T::generate(Timestamp::from_millis(i64::from(a) << 8), [a, b, c, d, e, f, g, h, 0, 0])
}

fn user(number: u64) -> UserKey {
    Qualified::new(id::<UserId>(number), home())
}

fn space_key() -> SpaceKey {
    Qualified::new(id(0), home())
}

fn channel_id() -> ChannelId {
    id(0)
}

fn home() -> Domain {
    Domain::parse("chat.example.com").expect("a domain")
}

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const ROLES: u64 = 250;
const USERS_WITH_OVERRIDE: u64 = 750;
const MEMBERS: u64 = 64;
const DECISIONS: usize = 200_000;
const ROUNDS: usize = 5;
