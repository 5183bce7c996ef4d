//! The rank rules: properties, and the cases that have gone wrong elsewhere as a table.

use beep_core::hierarchy::{
    Rank, RankDenied, RoleRank, act_on_member, act_on_role, beyond, move_role, placed, reorder,
};
use beep_core::id::RoleId;
use beep_core::permission::Permissions;
use beep_core::testing::{nth, nth_user, permissions};
use proptest::prelude::*;

use crate::scenario::{BOB, BOBS_NAMESAKE, EVERYONE, NONE, OWNER, Scenario};

/// What is tried.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// To kick, ban, mute, rename or give roles to a member.
    OnMember(u64),
    /// To edit, delete, assign or remove a role.
    OnRole(u64),
    /// To make a role at a position.
    Make(i32),
    /// To move a role to a position.
    Move(u64, i32),
}

impl Act {
    /// What the engine says to it.
    pub(crate) fn decide(self, scenario: &Scenario) -> bool {
        let actor = scenario.rank(&scenario.user);
        let rank = |n: u64| {
            let (role, position, _) = scenario.roles.iter().find(|(id, ..)| *id == nth(n)).expect("a role");
            RoleRank { position: *position, role: *role }
        };
        match self {
            Self::OnMember(user) => act_on_member(actor, scenario.rank(&nth_user(user))).is_ok(),
            Self::OnRole(role) => act_on_role(actor, rank(role)).is_ok(),
            Self::Make(position) => act_on_role(actor, RoleRank { position, role: nth(NEW_ROLE) }).is_ok(),
            Self::Move(role, position) => move_role(actor, rank(role), RoleRank { position, ..rank(role) }).is_ok(),
        }
    }
}

/// The id of a role that is not there yet: younger than all.
pub(crate) const NEW_ROLE: u64 = 99;

/// Every case: its name, the server, what the asking member tries, whether they may.
pub(crate) fn cases() -> Vec<(&'static str, Scenario, Act, bool)> {
    const ALL: Permissions = Permissions::all();
    // Roles 1 and 2 share position 5; 3 is above, 4 below. Bob's highest is 1.
    let server = || Scenario::new().role(3, 8, ALL).role(1, 5, ALL).role(2, 5, NONE).role(4, 2, ALL).bob_has(&[1, 4]);
    let other_has = |roles: &[u64]| server().has(BOBS_NAMESAKE, roles);
    let owner = || server().has(BOBS_NAMESAKE, &[3]).asked_by(OWNER);
    let nobody = || server().asked_by(BOBS_NAMESAKE);
    vec![
        ("member: a lower one", other_has(&[4]), Act::OnMember(BOBS_NAMESAKE), true),
        ("member: one without roles", server(), Act::OnMember(BOBS_NAMESAKE), true),
        ("member: an equal", other_has(&[1]), Act::OnMember(BOBS_NAMESAKE), false),
        (
            "member: one whose highest role shares the position and is younger",
            other_has(&[2]),
            Act::OnMember(BOBS_NAMESAKE),
            true,
        ),
        (
            "member: one whose highest role shares the position and is older",
            other_has(&[1]).bob_has(&[2]),
            Act::OnMember(BOBS_NAMESAKE),
            false,
        ),
        ("member: a higher one, by an administrator too", other_has(&[3]), Act::OnMember(BOBS_NAMESAKE), false),
        ("member: one with a lower and a higher role", other_has(&[3, 4]), Act::OnMember(BOBS_NAMESAKE), false),
        ("member: the owner, by an administrator too", server(), Act::OnMember(OWNER), false),
        ("member: oneself", server(), Act::OnMember(BOB), false),
        ("member: neither has a role", nobody().bob_has(&[]), Act::OnMember(BOB), false),
        ("member: the owner acts on the highest", owner(), Act::OnMember(BOBS_NAMESAKE), true),
        ("member: the owner acts on nobody's behalf on the owner", owner(), Act::OnMember(OWNER), false),
        ("role: a lower one", server(), Act::OnRole(4), true),
        ("role: one's own highest", server(), Act::OnRole(1), false),
        ("role: a higher one", server(), Act::OnRole(3), false),
        ("role: at the position of one's own highest, younger", server(), Act::OnRole(2), true),
        ("role: at the position of one's own highest, older", server().bob_has(&[2]), Act::OnRole(1), false),
        ("role: everyone, by a member with a role", server(), Act::OnRole(EVERYONE), true),
        ("role: everyone, by a member without one", nobody(), Act::OnRole(EVERYONE), false),
        ("role: the owner without roles acts on the highest", owner(), Act::OnRole(3), true),
        ("make: below one's own highest", server(), Act::Make(4), true),
        ("make: at the position of one's own highest it ranks below it, being younger", server(), Act::Make(5), true),
        ("make: above", server(), Act::Make(6), false),
        ("make: by a member without a role, at the bottom", nobody(), Act::Make(1), false),
        ("make: by the owner, on top", owner(), Act::Make(100), true),
        ("move: below, and stays below", server(), Act::Move(4, 1), true),
        ("move: a lower role above one's own", server(), Act::Move(4, 9), false),
        ("move: a lower, younger role to the position of one's own highest", server(), Act::Move(4, 5), true),
        (
            "move: a lower, older role to the position of one's own highest",
            server().role(5, 3, NONE).bob_has(&[5]),
            Act::Move(4, 3),
            false,
        ),
        ("move: a higher role below one's own, to edit it there", server(), Act::Move(3, 1), false),
        ("move: one's own highest down", server(), Act::Move(1, 1), false),
        ("move: by the owner, anywhere", owner(), Act::Move(3, 1), true),
    ]
}

/// Grants: a name, what the actor holds, what was given, what will be given, and what of it they may not give.
pub(crate) fn grants() -> Vec<(&'static str, Permissions, Permissions, Permissions, Permissions)> {
    const VIEW: Permissions = Permissions::VIEW_CHANNELS;
    const SEND: Permissions = Permissions::SEND_MESSAGES;
    const MESSAGES: Permissions = Permissions::MANAGE_MESSAGES;
    const ADMINISTRATOR: Permissions = Permissions::ADMINISTRATOR;
    const ALL: Permissions = Permissions::all();
    vec![
        ("grant: what one holds", VIEW | SEND, NONE, VIEW, NONE),
        ("grant: what one lacks", VIEW, NONE, VIEW | SEND, SEND),
        ("grant: what was there may stay", VIEW, SEND, VIEW | SEND, NONE),
        ("grant: taking away needs nothing", NONE, VIEW | SEND, NONE, NONE),
        ("grant: administrator without being one", ALL - ADMINISTRATOR, NONE, ADMINISTRATOR, ADMINISTRATOR),
        ("grant: administrator by one", ALL, NONE, ALL, NONE),
        ("grant: what implies something that one is denied", VIEW | MESSAGES, NONE, MESSAGES, SEND),
        ("grant: what implies something that was there", VIEW | MESSAGES, SEND, SEND | MESSAGES, NONE),
        ("grant: nothing changes", NONE, ALL, ALL, NONE),
    ]
}

#[test]
fn every_case_is_decided_as_written() {
    for (name, scenario, act, allowed) in cases() {
        assert_eq!(act.decide(&scenario), allowed, "{name}");
    }
}

#[test]
fn every_grant_is_decided_as_written() {
    for (name, held, before, after, missing) in grants() {
        assert_eq!(beyond(held, before, after), missing, "{name}");
    }
}

fn role_rank() -> impl Strategy<Value = RoleRank> {
    (-1i32..4, 0u64..5).prop_map(|(position, n)| RoleRank { position, role: nth(n) })
}

fn rank() -> impl Strategy<Value = Rank> {
    prop_oneof![1 => Just(Rank::Everyone), 6 => role_rank().prop_map(Rank::Role), 1 => Just(Rank::Owner)]
}

proptest! {
    #[test]
    fn of_two_roles_one_is_higher(a in role_rank(), b in role_rank()) {
        prop_assert_eq!(a == b, a.cmp(&b).is_eq());
        prop_assert_eq!(a.cmp(&b), (a.position, b.role).cmp(&(b.position, a.role)));
    }

    #[test]
    fn roles_are_placed_in_the_order_that_was_asked_for(
        (before, after) in prop::collection::btree_map(0u64..20, 1i32..8, 0..9).prop_flat_map(|places| {
            let mut before: Vec<_> =
                places.into_iter().map(|(n, position)| RoleRank { position, role: nth(n) }).collect();
            before.sort_by_key(|place| std::cmp::Reverse(*place));
            let roles: Vec<_> = before.iter().map(|place| place.role).collect();
            (Just(before), Just(roles).prop_shuffle())
        }),
        actor in rank(),
    ) {
        let placed = placed(&before, &after);
        prop_assert!(placed.is_sorted_by(|higher, lower| higher > lower), "{placed:?}");
        prop_assert!(placed.iter().all(|place| place.position >= 1));
        prop_assert_eq!(placed.iter().map(|place| place.role).collect::<Vec<_>>(), after.clone());
        let same = before.iter().zip(&after).all(|(place, role)| place.role == *role);
        prop_assert!(!same || placed == before);
        // Nobody but those below the actor may stand elsewhere, before or after.
        let above = |places: &[RoleRank]| -> Vec<RoleId> {
            let above = places.iter().filter(|place| act_on_role(actor, **place).is_err());
            above.map(|place| place.role).collect()
        };
        let fixed = above(&before);
        prop_assert_eq!(reorder(actor, &before, &after).is_ok(), after.starts_with(&fixed));
    }

    #[test]
    fn acting_has_one_direction(a in rank(), b in rank(), c in rank()) {
        let acts = |a, b| act_on_member(a, b).is_ok();
        prop_assert!(!acts(a, a));
        prop_assert!(!(acts(a, b) && acts(b, a)));
        prop_assert!(!(acts(a, b) && acts(b, c)) || acts(a, c));
        prop_assert!(a == b || acts(a, b) || acts(b, a));
    }

    #[test]
    fn nobody_acts_on_the_owner_and_the_owner_on_all(a in rank(), role in role_rank()) {
        prop_assert_eq!(act_on_member(a, Rank::Owner), Err(RankDenied::Member));
        prop_assert_eq!(act_on_member(Rank::Owner, a).is_ok(), a != Rank::Owner);
        prop_assert_eq!(act_on_role(Rank::Owner, role), Ok(()));
        prop_assert_eq!(act_on_role(Rank::Everyone, role), Err(RankDenied::Role));
    }

    #[test]
    fn nobody_reaches_their_own_role(role in role_rank()) {
        prop_assert_eq!(act_on_role(Rank::Role(role), role), Err(RankDenied::Role));
        prop_assert_eq!(act_on_member(Rank::Role(role), Rank::Role(role)), Err(RankDenied::Member));
    }

    #[test]
    fn a_move_is_checked_at_both_ends(actor in rank(), from in role_rank(), to in role_rank()) {
        let both = act_on_role(actor, from).is_ok() && act_on_role(actor, to).is_ok();
        prop_assert_eq!(move_role(actor, from, to).is_ok(), both);
        prop_assert_eq!(move_role(actor, from, to), move_role(actor, to, from));
    }

    #[test]
    fn whom_one_may_act_on_may_not_reach_ones_role(actor in role_rank(), other in rank()) {
        if act_on_member(Rank::Role(actor), other).is_ok() {
            prop_assert_eq!(act_on_role(other, actor), Err(RankDenied::Role));
        }
    }

    #[test]
    fn nothing_is_given_that_is_not_held(held in permissions(), before in permissions(), after in permissions()) {
        let missing = beyond(held, before, after);
        let given = (after - before).closure() - before;
        prop_assert!((missing & (held | before)).is_empty());
        prop_assert_eq!(missing.is_empty(), held.contains(given));
        prop_assert!(missing.contains((after - before) - held));
        prop_assert!(beyond(held.closure(), before, after) == (after - before) - held.closure());
        prop_assert!(beyond(held, before, before & after).is_empty());
        prop_assert!(beyond(Permissions::all(), before, after).is_empty());
    }
}
