//! What the kind of a space decides: what its owner holds in it, who may leave, and what may be in it.

use beep_core::channel::{Channel, ChannelKind};
use beep_core::event::EventBody;
use beep_core::facts::{SpaceFacts, may_leave};
use beep_core::hierarchy::Rank;
use beep_core::id::UserKey;
use beep_core::member::Member;
use beep_core::permission::{Override, Permissions, Target};
use beep_core::space::{SpaceKind, Visibility};
use beep_core::testing::{NOW, nth, nth_user};
use beep_core::time::Timestamp;

use crate::scenario::{BOB, NONE, OWNER, Scenario};

const KINDS: [SpaceKind; 3] = [SpaceKind::Community, SpaceKind::Group, SpaceKind::Direct];

/// A space of this kind, with all in it as it has to be.
fn space(kind: SpaceKind) -> SpaceFacts {
    let mut facts = Scenario::new().everyone(Permissions::participant()).facts();
    facts.server.kind = kind;
    if kind != SpaceKind::Community {
        let participants = vec![nth_user(OWNER), nth_user(BOB)];
        let channel = Channel::of_conversation(&facts.server.id, kind, participants, None);
        facts.channels = [(channel.id.id, channel.into())].into();
    }
    facts
}

fn change(facts: &mut SpaceFacts, by: impl Fn(&mut Channel)) {
    for channel in facts.channels.values_mut() {
        by(std::sync::Arc::make_mut(channel));
    }
}

fn member(facts: &SpaceFacts, user: UserKey) -> Member {
    Member::joining(facts.server.id.clone(), user, Timestamp::from_millis(0))
}

#[test]
fn who_owns_a_private_space_holds_what_the_others_hold() {
    for kind in KINDS {
        let facts = space(kind);
        let channel = *facts.channels.keys().next().expect("there is one");
        let (owner, bob) = (member(&facts, nth_user(OWNER)), member(&facts, nth_user(BOB)));
        assert_eq!(facts.permissions_in(&bob, channel, NOW), Permissions::participant(), "{kind:?}");
        let held = match kind {
            SpaceKind::Community => (Permissions::all(), Permissions::all(), Rank::Owner),
            SpaceKind::Group | SpaceKind::Direct => {
                (Permissions::participant(), Permissions::participant(), Rank::Everyone)
            }
        };
        let asked = (facts.permissions(&owner, NOW), facts.permissions_in(&owner, channel, NOW), facts.rank(&owner));
        assert_eq!(asked, held, "{kind:?}");
    }
    let managing = Permissions::MANAGE_MESSAGES | Permissions::MANAGE_CHANNELS | Permissions::ADMINISTRATOR;
    assert!(!Permissions::participant().intersects(managing));
}

#[test]
fn who_may_leave_depends_on_the_kind() {
    for (kind, user, may) in [
        (SpaceKind::Community, OWNER, false),
        (SpaceKind::Community, BOB, true),
        (SpaceKind::Group, OWNER, true),
        (SpaceKind::Group, BOB, true),
        (SpaceKind::Direct, OWNER, false),
        (SpaceKind::Direct, BOB, false),
    ] {
        assert_eq!(may_leave(&space(kind), &nth_user(user)).is_ok(), may, "{kind:?} {user}");
    }
}

#[test]
fn a_private_space_is_one_channel_that_is_open_to_all_alike() {
    for kind in KINDS {
        assert!(space(kind).fits_kind(), "{kind:?}");
    }
    let said = Override { allow: NONE, deny: Permissions::SEND_MESSAGES };
    for kind in [SpaceKind::Group, SpaceKind::Direct] {
        let broken = |by: &dyn Fn(&mut SpaceFacts)| {
            let mut facts = space(kind);
            by(&mut facts);
            assert!(!facts.fits_kind(), "{kind:?} {facts:?}");
        };
        broken(&|facts| facts.server.visibility = Visibility::Public);
        broken(&|facts| facts.channels.clear());
        broken(&|facts| {
            let another = facts.channels.values().next().expect("there is one").clone();
            facts.channels.insert(nth(77), another);
        });
        broken(&|facts| change(facts, |channel| channel.slow_mode_s = 1));
        broken(&|facts| change(facts, |channel| channel.kind = ChannelKind::Text));
        broken(&|facts| change(facts, |channel| channel.id.id = nth(77)));
        broken(&|facts| change(facts, |channel| channel.participants.reverse()));
        broken(&|facts| change(facts, |channel| channel.participants.push(nth_user(BOB))));
        broken(&|facts| change(facts, |channel| channel.participants.extend((100..149).map(nth_user))));
        broken(&|facts| change(facts, |channel| channel.overrides.set(&Target::Member(nth_user(BOB)), Some(said))));
        for scenario in [
            Scenario::new(),
            Scenario::new().everyone(Permissions::participant() | Permissions::MANAGE_MESSAGES),
            Scenario::new().everyone(Permissions::participant()).role(9, 1, Permissions::ADMINISTRATOR),
        ] {
            broken(&|facts| {
                let kind = facts.server.kind;
                let channels = std::mem::take(&mut facts.channels);
                *facts = scenario.facts();
                (facts.server.kind, facts.channels) = (kind, channels);
            });
        }
    }
    let mut within = space(SpaceKind::Community);
    change(&mut within, |channel| channel.parent = Some(nth(77)));
    assert!(within.fits_kind(), "a channel may be in a category that is not seen");
    change(&mut within, |channel| channel.kind = ChannelKind::Category);
    assert!(!within.fits_kind(), "a category is in no other");
    let mut following = space(SpaceKind::Community);
    change(&mut following, |channel| channel.follows_parent = true);
    assert!(!following.fits_kind(), "what is in no category follows none");
    let mut named = space(SpaceKind::Direct);
    change(&mut named, |channel| channel.name = Some(beep_core::text::ChannelName::parse("ours").expect("a name")));
    assert!(!named.fits_kind(), "a direct conversation has no name of its own");
    let mut nameless = space(SpaceKind::Community);
    change(&mut nameless, |channel| channel.name = None);
    assert!(!nameless.fits_kind(), "a channel of a server has a name");
}

#[test]
fn a_category_is_told_to_who_sees_it_and_followed_by_what_stays_in_it() {
    let facts = space(SpaceKind::Community);
    let channel = Channel::clone(facts.channels.values().next().expect("there is one"));
    let inside = Channel { parent: Some(nth(77)), follows_parent: true, ..channel.clone() };
    assert_eq!(inside.clone().told_among(&[nth(77)].into()), inside);
    assert_eq!(inside.clone().told_among(&[nth(78)].into()), channel);
    assert_eq!(inside.clone().moved_to(Some(nth(77))), inside);
    assert_eq!(inside.clone().moved_to(Some(nth(78))), Channel { parent: Some(nth(78)), ..channel.clone() });
    assert_eq!(inside.moved_to(None), channel);
    let kinds = [ChannelKind::Text, ChannelKind::Category, ChannelKind::Group, ChannelKind::Direct];
    assert_eq!(kinds.map(ChannelKind::is_private), [false, false, true, true]);
}

#[test]
fn who_comes_is_the_last_and_the_place_of_who_owns_it_goes_to_the_first() {
    let mut facts = space(SpaceKind::Group);
    let (server, carol) = (facts.server.id.clone(), nth_user(99));
    let participants = |facts: &SpaceFacts| facts.channels.values().next().expect("there is one").participants.clone();
    let joined = EventBody::MemberJoined(member(&facts, carol.clone()));
    facts.apply(&joined);
    facts.apply(&joined);
    assert_eq!(participants(&facts), [nth_user(OWNER), nth_user(BOB), carol.clone()]);
    facts.rewind(&joined);
    assert_eq!(participants(&facts), [nth_user(OWNER), nth_user(BOB)]);
    facts.apply(&joined);
    facts.apply(&EventBody::MemberLeft { server, user: nth_user(OWNER) });
    assert_eq!((participants(&facts), &facts.server.owner), (vec![nth_user(BOB), carol], &nth_user(BOB)));
    assert!(facts.fits_kind());
}
