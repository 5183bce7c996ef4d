//! The cases of evaluation, written by hand with what must come out; the test vectors hold them too.

use beep_core::permission::Permissions;

use crate::scenario::{BOB, BOBS_NAMESAKE, EVERYONE, NONE, OWNER, STRANGER, Scenario};

/// A case: its name, the question, the answer in the server and the answer in the channel.
pub(crate) type Case = (&'static str, Scenario, Permissions, Permissions);

const ALL: Permissions = Permissions::all();
const ADMINISTRATOR: Permissions = Permissions::ADMINISTRATOR;
const VIEW: Permissions = Permissions::VIEW_CHANNELS;
const SEND: Permissions = Permissions::SEND_MESSAGES;
const ATTACH: Permissions = Permissions::ATTACH_FILES;
const MESSAGES: Permissions = Permissions::MANAGE_MESSAGES;
const TALK: Permissions = VIEW.union(SEND);
const CHANNELS: Permissions = Permissions::MANAGE_CHANNELS;
const SERVER: Permissions = Permissions::MANAGE_SERVER;
const NICK: Permissions = Permissions::CHANGE_NICKNAME;
const NICKS: Permissions = Permissions::MANAGE_NICKNAMES;

/// Every case, by the rule that it shows.
pub(crate) fn cases() -> Vec<Case> {
    [owner(), administrator(), membership(), layers(), implied(), seeing_and_sending(), mute(), restriction()].concat()
}

fn owner() -> Vec<Case> {
    let owned = || Scenario::new().asked_by(OWNER);
    let everywhere = owned()
        .role(1, 1, NONE)
        .has(OWNER, &[1])
        .on_role(EVERYONE, NONE, ALL)
        .on_role(1, NONE, ALL)
        .on_member(OWNER, NONE, ALL);
    vec![
        ("owner: without roles holds everything", owned(), ALL, ALL),
        ("owner: denied by every override holds everything", everywhere, ALL, ALL),
        ("owner: a mute does not hold", owned().muted(OWNER, 60_000), ALL, ALL),
    ]
}

fn administrator() -> Vec<Case> {
    let admin = || Scenario::new().role(1, 1, NONE).role(2, 2, ADMINISTRATOR).bob_has(&[1, 2]);
    let under = admin().on_bob(NONE, ALL).on_role(2, NONE, ALL).on_role(EVERYONE, NONE, ALL);
    let made_here = Scenario::new().everyone(VIEW).on_bob(ADMINISTRATOR, NONE);
    let made_by_role = Scenario::new().everyone(VIEW).role(1, 1, NONE).bob_has(&[1]).on_role(1, ADMINISTRATOR, NONE);
    vec![
        ("administrator: by one of several roles", admin(), ALL, ALL),
        ("administrator: skips every override, the member's own too", under, ALL, ALL),
        ("administrator: is only made in the server, not by a member override", made_here, VIEW, VIEW),
        ("administrator: is only made in the server, not by a role override", made_by_role, VIEW, VIEW),
        ("administrator: of a role that the member lacks means nothing", admin().bob_has(&[1]), NONE, NONE),
    ]
}

fn membership() -> Vec<Case> {
    let generous = || Scenario::new().everyone(Permissions::community()).on_role(EVERYONE, ALL, NONE);
    let named = generous().asked_by(STRANGER).on_member(STRANGER, ALL, NONE);
    let namesake = Scenario::new().everyone(VIEW).on_member(BOBS_NAMESAKE, SEND, NONE);
    vec![
        ("membership: a new member where everyone is granted nothing holds nothing", Scenario::new(), NONE, NONE),
        (
            "membership: a stranger holds nothing, whatever everyone is granted",
            generous().asked_by(STRANGER),
            NONE,
            NONE,
        ),
        ("membership: a stranger holds nothing, whatever an override for them allows", named, NONE, NONE),
        (
            "membership: an override for the same UUID of another domain is for somebody else",
            namesake.clone(),
            VIEW,
            VIEW,
        ),
        ("membership: ids are compared whole", namesake.asked_by(BOBS_NAMESAKE), VIEW, TALK),
    ]
}

fn layers() -> Vec<Case> {
    let with = |everyone, role| Scenario::new().everyone(everyone).role(1, 1, role).bob_has(&[1]);
    let two = || Scenario::new().everyone(VIEW).role(1, 1, NONE).role(2, 2, NONE).bob_has(&[1, 2]);
    let allows = |s: Scenario| s.on_role(1, SEND, NONE);
    let denies = |s: Scenario| s.on_role(2, NONE, SEND);
    let united = Scenario::new().everyone(VIEW).role(1, 1, SEND).role(2, 2, ATTACH).bob_has(&[1, 2]);
    let many = || {
        Scenario::new()
            .everyone(TALK)
            .role(1, 1, ATTACH)
            .role(2, 1, NICK)
            .role(3, 2, MESSAGES)
            .bob_has(&[1, 2, 3])
            .on_role(EVERYONE, NONE, SEND | NICK)
            .on_role(1, ATTACH, MESSAGES)
            .on_role(2, SEND, ATTACH)
            .on_role(3, NICK, SEND)
            .on_bob(NONE, NICK)
    };
    let mut backwards = many();
    backwards.roles[1..].reverse();
    backwards.overrides.reverse();
    backwards.members.reverse();
    let many_server = TALK | ATTACH | NICK | MESSAGES;
    vec![
        ("layers: roles and everyone are united", united, TALK | ATTACH, TALK | ATTACH),
        (
            "layers: everyone denied, role allowed",
            with(TALK, NONE).on_role(EVERYONE, NONE, SEND).on_role(1, SEND, NONE),
            TALK,
            TALK,
        ),
        (
            "layers: everyone allowed, role denied",
            with(VIEW, NONE).on_role(EVERYONE, SEND, NONE).on_role(1, NONE, SEND),
            VIEW,
            VIEW,
        ),
        (
            "layers: everyone denied what a role grants in the server",
            with(VIEW, SEND).on_role(EVERYONE, NONE, SEND),
            TALK,
            VIEW,
        ),
        ("layers: one role denies, another allows", allows(denies(two())), VIEW, TALK),
        ("layers: one role allows, another denies", denies(allows(two())), VIEW, TALK),
        (
            "layers: one role allows, a lower one denies",
            two().on_role(1, NONE, SEND).on_role(2, SEND, NONE),
            VIEW,
            TALK,
        ),
        ("layers: member denied, role allowed", with(TALK, SEND).on_role(1, SEND, NONE).on_bob(NONE, SEND), TALK, VIEW),
        ("layers: member allowed, role denied", with(TALK, NONE).on_role(1, NONE, SEND).on_bob(SEND, NONE), TALK, TALK),
        (
            "layers: member allowed, everyone denied",
            with(TALK, NONE).on_role(EVERYONE, NONE, SEND).on_bob(SEND, NONE),
            TALK,
            TALK,
        ),
        ("layers: one override allows and denies: allowed", with(VIEW, NONE).on_bob(SEND, SEND), VIEW, TALK),
        (
            "layers: an override for a role that the member lacks means nothing",
            with(VIEW, NONE).role(2, 2, NONE).on_role(2, SEND, VIEW),
            VIEW,
            VIEW,
        ),
        ("layers: a role that is not there grants nothing", Scenario::new().everyone(VIEW).bob_has(&[9]), VIEW, VIEW),
        ("layers: stored in one order", many(), many_server, TALK | ATTACH),
        ("layers: stored in the opposite order", backwards, many_server, TALK | ATTACH),
    ]
}

fn implied() -> Vec<Case> {
    let with = |everyone| Scenario::new().everyone(everyone);
    let role_allows =
        with(VIEW).role(1, 1, NONE).bob_has(&[1]).on_role(EVERYONE, NONE, SEND).on_role(1, MESSAGES, NONE);
    vec![
        (
            "implied: manage_server gives manage_channels",
            with(VIEW | SERVER),
            VIEW | SERVER | CHANNELS,
            VIEW | SERVER | CHANNELS,
        ),
        (
            "implied: manage_nicknames gives change_nickname",
            with(VIEW | NICKS),
            VIEW | NICKS | NICK,
            VIEW | NICKS | NICK,
        ),
        ("implied: manage_messages gives send_messages", with(VIEW | MESSAGES), TALK | MESSAGES, TALK | MESSAGES),
        ("implied: in a channel too", with(VIEW).on_bob(MESSAGES, NONE), VIEW, TALK | MESSAGES),
        (
            "implied: what is denied stays denied",
            with(TALK | MESSAGES).on_bob(NONE, SEND),
            TALK | MESSAGES,
            VIEW | MESSAGES,
        ),
        (
            "implied: what everyone is denied stays denied, though a role is allowed what implies it",
            role_allows,
            VIEW,
            VIEW | MESSAGES,
        ),
        (
            "implied: what the server gave stays when only what implied it is denied",
            with(VIEW | MESSAGES).on_bob(NONE, MESSAGES),
            TALK | MESSAGES,
            TALK,
        ),
        (
            "implied: nothing the other way round",
            with(VIEW | SEND | CHANNELS | NICK),
            TALK | CHANNELS | NICK,
            TALK | CHANNELS | NICK,
        ),
    ]
}

fn seeing_and_sending() -> Vec<Case> {
    let most = ALL - ADMINISTRATOR;
    let blind = Scenario::new().everyone(most - VIEW);
    let hidden = || Scenario::new().everyone(TALK).role(1, 1, TALK).bob_has(&[1]);
    vec![
        ("view: without it nothing is held in a channel", blind.clone(), most - VIEW, NONE),
        ("view: allowed in the channel brings back the rest", blind.on_role(EVERYONE, VIEW, NONE), most - VIEW, most),
        ("view: denied to everyone hides the channel", hidden().on_role(EVERYONE, NONE, VIEW), TALK, NONE),
        ("view: denied to a role hides the channel", hidden().on_role(1, NONE, VIEW), TALK, NONE),
        ("view: denied to a member hides the channel", hidden().on_bob(NONE, VIEW), TALK, NONE),
        (
            "view: denied to everyone, allowed to a member",
            hidden().on_role(EVERYONE, NONE, VIEW).on_bob(VIEW, NONE),
            TALK,
            TALK,
        ),
        (
            "view: allows of other permissions do not open a channel",
            Scenario::new().on_bob(most - VIEW, NONE),
            NONE,
            NONE,
        ),
        ("view: alone it gives reading alone", Scenario::new().on_bob(VIEW, NONE), NONE, VIEW),
        (
            "send: denied takes attach_files with it",
            Scenario::new().everyone(TALK | ATTACH).on_bob(NONE, SEND),
            TALK | ATTACH,
            VIEW,
        ),
        (
            "send: without it an allowed attach_files means nothing",
            Scenario::new().everyone(VIEW).on_bob(ATTACH, NONE),
            VIEW,
            VIEW,
        ),
        ("send: in the server attach_files stands alone", Scenario::new().everyone(VIEW | ATTACH), VIEW | ATTACH, VIEW),
    ]
}

fn mute() -> Vec<Case> {
    let muted = |for_millis| Scenario::new().everyone(TALK).muted(BOB, for_millis);
    let admin = Scenario::new().role(1, 1, ADMINISTRATOR).bob_has(&[1]).muted(BOB, 1).on_bob(NONE, VIEW);
    vec![
        ("mute: leaves only view_channels", muted(60_000), VIEW, VIEW),
        ("mute: is in force in the millisecond before its end", muted(1), VIEW, VIEW),
        ("mute: ends exactly at its time", muted(0), TALK, TALK),
        ("mute: a past one means nothing", muted(-60_000), TALK, TALK),
        ("mute: holds administrators, who still see everything", admin, VIEW, VIEW),
        ("mute: an override does not lift it", muted(1).on_bob(TALK | MESSAGES, NONE), VIEW, VIEW),
        ("mute: without view_channels nothing is left", muted(1).on_bob(NONE, VIEW), VIEW, NONE),
        ("mute: of somebody else means nothing", Scenario::new().everyone(TALK).muted(BOBS_NAMESAKE, 1), TALK, TALK),
    ]
}

fn restriction() -> Vec<Case> {
    let owned = || Scenario::new().asked_by(OWNER);
    let admin = Scenario::new().role(1, 1, ADMINISTRATOR).bob_has(&[1]);
    let bob = |for_millis| Scenario::new().everyone(TALK).restricted(BOB, for_millis);
    vec![
        ("restriction: leaves only view_channels", bob(60_000), VIEW, VIEW),
        ("restriction: ends exactly at its time", bob(0), TALK, TALK),
        ("restriction: is in force in the millisecond before its end", bob(1), VIEW, VIEW),
        ("restriction: beats ownership", owned().restricted(OWNER, 1), VIEW, VIEW),
        (
            "restriction: beats administrator, who still sees everything",
            admin.restricted(BOB, 1).on_bob(NONE, VIEW),
            VIEW,
            VIEW,
        ),
        ("restriction: a longer mute does not end it", bob(1).muted(BOB, -1), VIEW, VIEW),
        (
            "restriction: in a channel leaves the server alone",
            Scenario::new().everyone(TALK).restricted_here(BOB, 1),
            TALK,
            VIEW,
        ),
        ("restriction: in a channel beats ownership", owned().restricted_here(OWNER, 1), ALL, VIEW),
        (
            "restriction: in a channel of somebody else means nothing",
            Scenario::new().everyone(TALK).restricted_here(BOBS_NAMESAKE, 1),
            TALK,
            TALK,
        ),
        (
            "restriction: in a channel shows nobody what is hidden",
            Scenario::new().everyone(TALK).on_bob(NONE, VIEW).restricted_here(BOB, 1),
            TALK,
            NONE,
        ),
        (
            "restriction: a suspended server leaves only view_channels",
            Scenario::new().everyone(TALK).suspended(1),
            VIEW,
            VIEW,
        ),
        ("restriction: a suspended server does so to its owner", owned().suspended(1), VIEW, VIEW),
        ("restriction: a suspension of a server ends exactly at its time", owned().suspended(0), ALL, ALL),
    ]
}

#[test]
fn every_case_is_decided_as_written() {
    for (name, scenario, server, channel) in cases() {
        assert_eq!(scenario.decide(), (server, channel), "{name}");
    }
}

#[test]
fn case_names_are_unique() {
    let mut names: Vec<_> = cases().into_iter().map(|(name, ..)| name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}
