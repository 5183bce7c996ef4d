//! Properties of the permission engine.

use beep_core::id::{RoleId, UserKey};
use beep_core::permission::{MemberContext, Override, Overrides, Permissions, Target, explain, in_channel, in_server};
use beep_core::testing::{NOW, moment, nth, nth_user, overrides, permissions, statement};
use beep_core::time::Timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Everything that a decision in one channel depends on.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) user: UserKey,
    pub(crate) member: bool,
    pub(crate) owner: bool,
    pub(crate) everyone: Permissions,
    pub(crate) roles: Vec<(RoleId, Permissions)>,
    pub(crate) overrides: Overrides,
    pub(crate) muted_until: Option<Timestamp>,
    pub(crate) restricted_until: Option<Timestamp>,
}

impl Question {
    pub(crate) fn member_context(&self) -> MemberContext<'_> {
        MemberContext {
            user: &self.user,
            member: self.member,
            owner: self.owner,
            everyone: (nth(EVERYONE), self.everyone),
            roles: &self.roles,
            muted_until: self.muted_until,
            restricted_until: self.restricted_until,
        }
    }

    pub(crate) fn here(&self) -> Permissions {
        in_channel(&self.member_context(), &self.overrides, NOW)
    }

    pub(crate) fn server_wide(&self) -> Permissions {
        in_server(&self.member_context(), NOW)
    }

    /// The same without a mute and a restriction.
    pub(crate) fn unmuted(&self) -> Self {
        Self { muted_until: None, restricted_until: None, ..self.clone() }
    }

    /// The same with something changed in the override for a target.
    pub(crate) fn stating(&self, target: &Target, change: impl FnOnce(&mut Override)) -> Self {
        let mut changed = self.clone();
        let mut says = changed.overrides.get(target).unwrap_or_default();
        change(&mut says);
        changed.overrides.set(target, Some(says));
        changed
    }

    pub(crate) fn own_target(&self) -> Target {
        Target::Member(self.user.clone())
    }

    fn is_administrator(&self) -> bool {
        let granted = self.roles.iter().fold(self.everyone, |all, (_, granted)| all | *granted);
        granted.contains(Permissions::ADMINISTRATOR)
    }
}

pub(crate) const EVERYONE: u64 = 0;
const HELD_ROLES: std::ops::Range<u64> = 1..5;
const ALL_ROLES: std::ops::Range<u64> = 0..7;

/// A member, not the owner, with roles in any order and overrides for these, other roles, and other members.
pub(crate) fn question() -> impl Strategy<Value = Question> {
    let ids: Vec<RoleId> = HELD_ROLES.map(nth).collect();
    let roles = proptest::sample::subsequence(ids, 0..=4)
        .prop_shuffle()
        .prop_flat_map(|ids| ids.into_iter().map(|id| (Just(id), permissions())).collect::<Vec<_>>());
    let all: Vec<RoleId> = ALL_ROLES.map(nth).collect();
    let users = [nth_user(0), nth_user(1), nth_user(2)];
    let (muted, restricted) = (option::weighted(0.3, moment()), option::weighted(0.2, moment()));
    (permissions(), roles, overrides(&all, &users), muted, restricted).prop_map(
        |(everyone, roles, overrides, muted_until, restricted_until)| Question {
            user: nth_user(0),
            member: true,
            owner: false,
            everyone,
            roles,
            overrides,
            muted_until,
            restricted_until,
        },
    )
}

/// Any role or member that the overrides of a question may speak of.
fn target() -> impl Strategy<Value = Target> {
    let roles = ALL_ROLES.map(|n| Target::Role(nth(n)));
    select(roles.chain((0..3).map(|n| Target::Member(nth_user(n)))).collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn any_order_of_stored_roles_gives_one_answer(
        (one, other) in question().prop_flat_map(|one| {
            let shuffled = Just(one.roles.clone()).prop_shuffle();
            (Just(one.clone()), shuffled).prop_map(|(one, roles)| (one.clone(), Question { roles, ..one }))
        }),
    ) {
        prop_assert_eq!(one.server_wide(), other.server_wide());
        prop_assert_eq!(one.here(), other.here());
        let (a, b) = (one.member_context(), other.member_context());
        prop_assert_eq!(explain(&a, Some(&one.overrides), NOW), explain(&b, Some(&one.overrides), NOW));
        prop_assert_eq!(explain(&a, None, NOW), explain(&b, None, NOW));
    }

    #[test]
    fn any_order_of_stored_overrides_gives_one_answer(
        (one, stored) in question().prop_flat_map(|one| {
            let roles = one.overrides.roles().iter().map(|(role, says)| (Target::Role(*role), *says));
            let members = one.overrides.members().iter().map(|(user, says)| (Target::Member(user.clone()), *says));
            let stored: Vec<_> = roles.chain(members).collect();
            (Just(one), Just(stored).prop_shuffle())
        }),
    ) {
        let mut overrides = Overrides::default();
        for (target, says) in &stored {
            overrides.set(target, Some(*says));
        }
        prop_assert_eq!(&overrides, &one.overrides);
        let other = Question { overrides, ..one.clone() };
        prop_assert_eq!(one.here(), other.here());
    }

    #[test]
    fn an_allow_takes_nothing_away(one in question(), target in target(), more in permissions()) {
        let other = one.stating(&target, |says| says.allow |= more);
        prop_assert!(other.here().contains(one.here()));
    }

    #[test]
    fn taking_back_a_deny_takes_nothing_away(one in question(), target in target(), less in permissions()) {
        let other = one.stating(&target, |says| says.deny -= less);
        prop_assert!(other.here().contains(one.here()));
    }

    #[test]
    fn a_deny_gives_nothing(one in question(), target in target(), more in permissions()) {
        let other = one.stating(&target, |says| says.deny |= more);
        prop_assert!(one.here().contains(other.here()));
    }

    #[test]
    fn a_grant_to_a_role_takes_nothing_away(one in question(), which in 0usize..5, more in permissions()) {
        let mut other = one.clone();
        match other.roles.get_mut(which) {
            Some(role) => role.1 |= more,
            None => other.everyone |= more,
        }
        prop_assert!(other.server_wide().contains(one.server_wide()));
        prop_assert!(other.here().contains(one.here()));
    }

    #[test]
    fn one_more_role_takes_nothing_away_in_the_server(one in question(), granted in permissions()) {
        let mut other = one.clone();
        other.roles.push((nth(ALL_ROLES.end), granted));
        prop_assert!(other.server_wide().contains(one.server_wide()));
        prop_assert!(other.here().contains(one.here()), "it has no override that could deny anything");
    }

    #[test]
    fn statements_on_others_mean_nothing(one in question(), says in statement()) {
        let held: Vec<RoleId> = one.roles.iter().map(|(role, _)| *role).collect();
        let lacked = ALL_ROLES.map(nth::<RoleId>).filter(|role| *role != nth(EVERYONE) && !held.contains(role));
        let others = (1..3).map(|n| Target::Member(nth_user(n)));
        for target in lacked.map(Target::Role).chain(others) {
            prop_assert_eq!(one.stating(&target, |was| *was = says).here(), one.here());
        }
    }

    #[test]
    fn the_owner_holds_everything_unless_restricted(one in question()) {
        let owner = Question { owner: true, restricted_until: None, ..one };
        prop_assert_eq!(owner.server_wide(), Permissions::all());
        prop_assert_eq!(owner.here(), Permissions::all());
    }

    #[test]
    fn an_administrator_holds_everything_unless_muted(mut one in question()) {
        one.everyone |= Permissions::ADMINISTRATOR;
        let muted = one.member_context().muted(NOW) || one.member_context().restricted(NOW);
        let expected = if muted { Permissions::VIEW_CHANNELS } else { Permissions::all() };
        prop_assert_eq!(one.server_wide(), expected);
        prop_assert_eq!(one.here(), expected);
    }

    #[test]
    fn only_the_server_makes_administrators(one in question()) {
        let administrator = one.unmuted().here().contains(Permissions::ADMINISTRATOR);
        prop_assert_eq!(administrator, one.is_administrator());
    }

    #[test]
    fn whoever_is_no_member_holds_nothing(one in question(), owner: bool) {
        let stranger = Question { member: false, owner, ..one };
        prop_assert_eq!(stranger.server_wide(), Permissions::empty());
        prop_assert_eq!(stranger.here(), Permissions::empty());
    }

    #[test]
    fn without_view_nothing_and_without_send_no_files(one in question()) {
        let here = one.here();
        prop_assert!(here.is_empty() || here.contains(Permissions::VIEW_CHANNELS));
        prop_assert!(!here.contains(Permissions::ATTACH_FILES) || here.contains(Permissions::SEND_MESSAGES));
    }

    #[test]
    fn what_a_member_is_denied_stays_denied(one in question(), denied in permissions()) {
        let other = one.stating(&one.own_target(), |says| {
            says.deny |= denied;
            says.allow -= denied;
        });
        prop_assume!(!one.is_administrator());
        prop_assert!((other.here() & denied).is_empty());
    }

    #[test]
    fn what_all_roles_are_denied_stays_denied(one in question(), denied in permissions()) {
        let mut other = one.stating(&one.own_target(), |says| says.allow -= denied);
        for (role, _) in one.roles.iter().chain([&(nth(EVERYONE), Permissions::empty())]) {
            other = other.stating(&Target::Role(*role), |says| {
                says.deny |= denied;
                says.allow -= denied;
            });
        }
        prop_assume!(!one.is_administrator());
        prop_assert!((other.here() & denied).is_empty());
    }

    #[test]
    fn a_mute_leaves_seeing_alone_and_ends_at_its_time(one in question(), owner: bool, at in moment()) {
        let one = Question { owner, muted_until: Some(at), restricted_until: None, ..one };
        let free = one.unmuted();
        let (server, here) = if owner || NOW >= at {
            (free.server_wide(), free.here())
        } else {
            (free.server_wide() & Permissions::VIEW_CHANNELS, free.here() & Permissions::VIEW_CHANNELS)
        };
        prop_assert_eq!(one.server_wide(), server);
        prop_assert_eq!(one.here(), here);
    }

    #[test]
    fn a_restriction_leaves_seeing_alone_to_the_owner_too_and_ends_at_its_time(
        one in question(), owner: bool, at in moment(),
    ) {
        let one = Question { owner, muted_until: None, restricted_until: Some(at), ..one };
        let free = one.unmuted();
        let left = if NOW < at { Permissions::VIEW_CHANNELS } else { Permissions::all() };
        prop_assert_eq!(one.server_wide(), free.server_wide() & left);
        prop_assert_eq!(one.here(), free.here() & left);
    }

    #[test]
    fn closure_adds_and_adds_once_and_keeps_order(a in permissions(), b in permissions()) {
        prop_assert!(a.closure().contains(a));
        prop_assert_eq!(a.closure().closure(), a.closure());
        prop_assert!((a | b).closure().contains(a.closure()));
        prop_assert!(a.closure().contains((a & b).closure()));
    }

    #[test]
    fn the_server_answer_is_closed_unless_muted(one in question()) {
        let held = one.server_wide();
        prop_assert_eq!(held.closure(), held);
    }

    #[test]
    fn names_lead_back_to_permissions(set in permissions()) {
        let names: Vec<String> = set.names().collect();
        let back = names.iter().map(|name| Permissions::named(name).expect("a name")).fold(Permissions::empty(), |a, b| a | b);
        prop_assert_eq!(back, set);
    }

    #[test]
    fn a_target_has_at_most_one_statement(steps in vec((target(), option::of(statement())), 0..40)) {
        let mut overrides = Overrides::default();
        let mut expected = std::collections::BTreeMap::new();
        for (target, to) in steps {
            overrides.set(&target, to);
            match to {
                Some(says) => expected.insert(target, says),
                None => expected.remove(&target),
            };
        }
        let roles = overrides.roles().iter().map(|(role, says)| (Target::Role(*role), *says));
        let members = overrides.members().iter().map(|(user, says)| (Target::Member(user.clone()), *says));
        prop_assert!(roles.chain(members).eq(expected));
    }
}

#[test]
fn unknown_names_are_no_permissions() {
    for name in
        ["", "fly", "View_Channels", "VIEW_CHANNELS", "view_channels ", "view-channels", "view_channels|send_messages"]
    {
        assert_eq!(Permissions::named(name), None, "{name:?}");
    }
    assert_eq!(Permissions::named("view_channels"), Some(Permissions::VIEW_CHANNELS));
}

#[test]
fn bits_and_names_stay_as_they_were_stored() {
    let stored: Vec<(String, u64)> = Permissions::all().iter().map(|one| (one.names().collect(), one.bits())).collect();
    let expected = [
        ("administrator", 1),
        ("manage_server", 2),
        ("manage_roles", 4),
        ("manage_channels", 8),
        ("view_channels", 16),
        ("manage_webhooks", 32),
        ("manage_nicknames", 64),
        ("change_nickname", 128),
        ("send_messages", 256),
        ("manage_messages", 512),
        ("attach_files", 1_024),
        ("manage_members", 2_048),
        ("manage_invitations", 4_096),
    ];
    assert_eq!(stored, expected.map(|(name, bits)| (name.to_owned(), bits)));
}
