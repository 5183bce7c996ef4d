//! Facts along the log: what an event does is undone by taking it back.

use beep_core::event::EventBody;
use beep_core::facts::{apply_to_member, give_role, is_owner, rewind_member};
use beep_core::hierarchy::Rank;
use beep_core::member::Member;
use beep_core::permission::{self, Override, Permissions, Target};
use beep_core::testing::{NOW, community, event, history, nth, permissions};
use proptest::prelude::*;

proptest! {
    #[test]
    fn rewinding_undoes_an_event((before, event) in event()) {
        let mut facts = before.facts.clone();
        facts.apply(&event);
        facts.rewind(&event);
        prop_assert_eq!(facts, before.facts);
    }

    #[test]
    fn rewinding_undoes_a_history((before, events) in history(0..12)) {
        let mut facts = before.facts.clone();
        for event in &events {
            facts.apply(event);
        }
        for event in events.iter().rev() {
            facts.rewind(event);
        }
        prop_assert_eq!(facts, before.facts);
    }

    #[test]
    fn applying_again_gives_the_same_after_rewinding((before, events) in history(1..8)) {
        let mut facts = before.facts;
        for event in &events {
            facts.apply(event);
            let after = facts.clone();
            facts.rewind(event);
            facts.apply(event);
            prop_assert_eq!(&facts, &after);
        }
    }

    #[test]
    fn rewinding_undoes_what_an_event_did_to_a_member((before, event) in event()) {
        for member in &before.members {
            let mut walked = member.clone();
            apply_to_member(&mut walked, &event);
            prop_assert!(walked.roles.is_sorted());
            rewind_member(&mut walked, &event);
            prop_assert_eq!(&walked, member);
        }
    }

    #[test]
    fn facts_change_only_by_events_that_say_so((mut now, events) in history(1..12)) {
        for event in &events {
            let before = now.clone();
            now.apply(event);
            prop_assert!(event.changes_facts() || now == before);
        }
    }

    #[test]
    fn no_role_outlives_its_deletion((mut now, events) in history(1..12)) {
        for event in &events {
            now.apply(event);
            if let EventBody::RoleDeleted { before, .. } = event {
                let role = before.id;
                prop_assert!(!now.facts.roles.contains_key(&role));
                prop_assert!(now.members.iter().all(|member| !now.facts.current(member).roles.contains(&role)));
                prop_assert!(now.members.iter().all(|member| now.facts.grants(member).iter().all(|(of, _)| *of != role)));
                let stated = now.facts.channels.values().any(|channel| channel.overrides.role(role).is_some());
                prop_assert!(!stated);
            }
        }
    }

    #[test]
    fn visible_channels_are_those_with_permissions((mut now, events) in history(0..6)) {
        for event in &events {
            now.apply(event);
        }
        for member in &now.members {
            let visible = now.facts.visible(member, NOW);
            for channel in now.facts.channels.keys() {
                let held = now.facts.permissions_in(member, *channel, NOW);
                prop_assert_eq!(visible.contains(channel), held.contains(Permissions::VIEW_CHANNELS));
                prop_assert_eq!(visible.contains(channel), !held.is_empty());
            }
            prop_assert!(visible.iter().all(|channel| now.facts.channels.contains_key(channel)));
        }
    }

    #[test]
    fn facts_and_engine_say_the_same(now in community()) {
        for member in &now.members {
            let grants = now.facts.grants(member);
            let context = now.facts.member_context(member, &grants);
            prop_assert_eq!(context.owner, is_owner(&now.facts, &member.user));
            prop_assert_eq!(now.facts.permissions(member, NOW), permission::in_server(&context, NOW));
            for (id, channel) in &now.facts.channels {
                let held = permission::in_channel(&context, &channel.overrides, NOW);
                prop_assert_eq!(now.facts.permissions_in(member, *id, NOW), held);
            }
        }
    }

    #[test]
    fn everyone_follows_its_role((mut now, events) in history(1..8)) {
        for event in &events {
            now.apply(event);
            let everyone = now.facts.everyone();
            prop_assert!(now.facts.roles[&everyone].everyone);
            let nobody = Member::joining(now.facts.server.id.clone(), beep_core::testing::nth_user(1_000), NOW);
            let held = now.facts.permissions(&nobody, NOW);
            prop_assert_eq!(held, now.facts.roles[&everyone].permissions.closure());
        }
    }

    /// A stored `everyone` among the member's roles would be a second layer, where its allow beats a denial.
    #[test]
    fn everyone_among_a_members_roles_counts_once(now in community(), says in permissions()) {
        let mut facts = now.facts;
        let everyone = facts.everyone();
        for channel in facts.channels.values_mut() {
            let says = Override { allow: says, deny: Permissions::empty() };
            std::sync::Arc::make_mut(channel).overrides.set(&Target::Role(everyone), Some(says));
        }
        for member in &now.members {
            let mut odd = member.clone();
            give_role(&mut odd, everyone);
            prop_assert_eq!(facts.rank(&odd), facts.rank(member));
            for channel in facts.channels.keys() {
                prop_assert_eq!(facts.permissions_in(&odd, *channel, NOW), facts.permissions_in(member, *channel, NOW));
            }
        }
    }

    #[test]
    fn the_owner_stands_above_everyone(now in community()) {
        for member in &now.members {
            let rank = now.facts.rank(member);
            prop_assert_eq!(rank == Rank::Owner, is_owner(&now.facts, &member.user));
            let ranks = member.roles.iter().map(|role| now.facts.roles[role].rank());
            match rank {
                Rank::Owner => {}
                Rank::Everyone => prop_assert!(member.roles.is_empty()),
                Rank::Role(rank) => prop_assert_eq!(ranks.max(), Some(rank)),
            }
        }
    }

    #[test]
    fn a_role_is_given_once_and_in_order(mut roles in proptest::collection::vec(0u64..9, 0..6), given in 0u64..9) {
        roles.sort_unstable();
        roles.dedup();
        let id = beep_core::id::Qualified::new(nth(0), beep_core::testing::nth_domain(0));
        let mut member = Member::joining(id, beep_core::testing::nth_user(0), NOW);
        member.roles = roles.iter().map(|n| nth(*n)).collect();
        give_role(&mut member, nth(given));
        roles.push(given);
        roles.sort_unstable();
        roles.dedup();
        prop_assert_eq!(member.roles, roles.iter().map(|n| nth(*n)).collect::<Vec<_>>());
    }
}

#[test]
fn a_new_member_where_everyone_is_granted_nothing_sees_no_channel() {
    let scenario = crate::scenario::Scenario::new();
    let facts = scenario.facts();
    assert_eq!(facts.channels.len(), 1);
    let seen: usize = scenario.members[1..].iter().map(|member| facts.visible(member, NOW).len()).sum();
    assert_eq!(seen, 0);
    assert_eq!(facts.visible(&scenario.members[0], NOW).len(), 1, "the owner sees it");
}

#[test]
fn without_everyone_there_are_no_facts() {
    let facts = crate::scenario::Scenario::new().facts();
    assert_eq!(beep_core::facts::SpaceFacts::new(facts.server, 1, [], []), None);
}
