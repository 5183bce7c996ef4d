//! Explanations: they agree with the decisions, and each reason is what decided.

use beep_core::id::RoleId;
use beep_core::permission::{Override, Overrides, Permissions, Reason, Target, explain};
use beep_core::testing::{NOW, nth, nth_user};
use beep_core::time::Timestamp;
use proptest::prelude::*;

use crate::permission::{EVERYONE, Question, question};

proptest! {
    #[test]
    fn explanations_agree_and_are_true(one in question(), member in prop::bool::weighted(0.9), owner in prop::bool::weighted(0.1)) {
        let one = Question { member, owner, ..one };
        for overrides in [None, Some(&one.overrides)] {
            let explained = explain(&one.member_context(), overrides, NOW);
            let decided = match overrides {
                Some(_) => one.here(),
                None => one.server_wide(),
            };
            prop_assert_eq!(explained.len(), Permissions::all().iter().count());
            for (permission, held, reason) in explained {
                prop_assert_eq!(held, decided.contains(permission), "{:?}", permission);
                let truth = is_true(&one, overrides.is_some(), permission, held, reason);
                prop_assert!(truth, "{:?} is {} because of {:?}", permission, held, reason);
            }
        }
    }
}

/// Whether a reason is what made the engine answer so; it is put to the test by asking again where it is gone.
fn is_true(one: &Question, in_channel: bool, permission: Permissions, held: bool, reason: Reason) -> bool {
    let free = one.unmuted();
    let grants = |role: RoleId| {
        let of = if role == nth(EVERYONE) { Some(one.everyone) } else { find(&one.roles, role) };
        of.is_some_and(|granted| granted.contains(permission) || granted.contains(Permissions::ADMINISTRATOR))
    };
    match reason {
        Reason::NotMember => !one.member && !held,
        Reason::Owner => one.member && one.owner && held,
        Reason::Muted => {
            let without = if in_channel { free.here() } else { free.server_wide() };
            !held && one.member_context().muted(NOW) && without.contains(permission)
        }
        Reason::Restricted => {
            let without = if in_channel { free.here() } else { free.server_wide() };
            !held && one.member_context().restricted(NOW) && without.contains(permission)
        }
        Reason::Role(role) => held && grants(role),
        Reason::Implied(by) => {
            let seeing = free.stating(&one.own_target(), |says| says.allow |= Permissions::VIEW_CHANNELS);
            let here = if in_channel { seeing.here() } else { Permissions::empty() };
            held && by != permission && by.closure().contains(permission) && (free.server_wide() | here).contains(by)
        }
        Reason::RoleOverride(role) => {
            let target = Target::Role(role);
            let holds_it = role == nth(EVERYONE) || find(&one.roles, role).is_some();
            in_channel && holds_it && decides(&free, &target, permission, held)
        }
        Reason::MemberOverride => in_channel && decides(&free, &one.own_target(), permission, held),
        Reason::NotGranted => {
            let opened = free.stating(&one.own_target(), |says| {
                says.allow |= Permissions::VIEW_CHANNELS | Permissions::SEND_MESSAGES
            });
            let asked_for = Permissions::VIEW_CHANNELS | Permissions::SEND_MESSAGES;
            !held
                && !free.server_wide().contains(permission)
                && (!in_channel || asked_for.contains(permission) || !opened.here().contains(permission))
        }
        Reason::Needs(needed) => {
            let opened = free.stating(&one.own_target(), |says| {
                says.allow |= Permissions::VIEW_CHANNELS | Permissions::SEND_MESSAGES
            });
            in_channel && !held && !free.here().contains(needed) && opened.here().contains(permission)
        }
    }
}

/// Whether the override for a target speaks of the permission, and no narrower one contradicts it.
fn decides(free: &Question, target: &Target, permission: Permissions, held: bool) -> bool {
    let Some(says) = free.overrides.get(target) else { return false };
    if held {
        return says.allow.contains(permission);
    }
    // It denies, and nothing that allows comes after it: even one who sees the channel is denied.
    let seeing = if permission == Permissions::VIEW_CHANNELS {
        free.clone()
    } else {
        let needed = Permissions::VIEW_CHANNELS | Permissions::SEND_MESSAGES;
        free.stating(&free.own_target(), |says| says.allow |= needed - permission)
    };
    says.deny.contains(permission) && !says.allow.contains(permission) && !seeing.here().contains(permission)
}

fn find(roles: &[(RoleId, Permissions)], role: RoleId) -> Option<Permissions> {
    roles.iter().find(|(id, _)| *id == role).map(|(_, granted)| *granted)
}

#[test]
fn reasons_name_what_decided() {
    const SEND: Permissions = Permissions::SEND_MESSAGES;
    const VIEW: Permissions = Permissions::VIEW_CHANNELS;
    let says = |allow, deny| Override { allow, deny };
    let base = Question {
        user: nth_user(0),
        member: true,
        owner: false,
        everyone: VIEW,
        roles: vec![(nth(2), Permissions::empty()), (nth(1), Permissions::MANAGE_MESSAGES)],
        overrides: Overrides::default(),
        muted_until: None,
        restricted_until: None,
    };
    let reason = |one: &Question| {
        let explained = explain(&one.member_context(), Some(&one.overrides), NOW);
        explained.into_iter().find(|(permission, ..)| *permission == SEND).map(|(_, held, reason)| (held, reason))
    };
    let with = |target: Target, what: Override| base.stating(&target, |was| *was = what);
    let (role, everyone, own) = (Target::Role(nth(1)), Target::Role(nth(EVERYONE)), base.own_target());
    for (name, one, expected) in [
        ("implied in the server", base.clone(), (true, Reason::Implied(Permissions::MANAGE_MESSAGES))),
        (
            "implied in the server by what the channel denies",
            with(own.clone(), says(Permissions::empty(), Permissions::MANAGE_MESSAGES)),
            (true, Reason::Implied(Permissions::MANAGE_MESSAGES)),
        ),
        (
            "denied to a role",
            with(role.clone(), says(Permissions::empty(), SEND)),
            (false, Reason::RoleOverride(nth(1))),
        ),
        (
            "denied to everyone",
            with(everyone.clone(), says(Permissions::empty(), SEND)),
            (false, Reason::RoleOverride(nth(0))),
        ),
        ("allowed to oneself", with(own.clone(), says(SEND, SEND)), (true, Reason::MemberOverride)),
        (
            "denied to everyone and allowed to a role, but out of replication_view",
            with(everyone, says(Permissions::empty(), SEND | VIEW)).stating(&role, |was| was.allow = SEND),
            (false, Reason::Needs(VIEW)),
        ),
        (
            "muted",
            Question { muted_until: Some(NOW.after(std::time::Duration::from_secs(1))), ..base.clone() },
            (false, Reason::Muted),
        ),
        (
            "restricted, though the owner",
            Question { owner: true, restricted_until: Some(Timestamp::LAST), ..base.clone() },
            (false, Reason::Restricted),
        ),
        ("not granted", Question { roles: Vec::new(), ..base.clone() }, (false, Reason::NotGranted)),
        ("owner", Question { owner: true, ..base.clone() }, (true, Reason::Owner)),
        ("no member", Question { member: false, ..base.clone() }, (false, Reason::NotMember)),
    ] {
        assert_eq!(reason(&one), Some(expected), "{name}");
    }
}
