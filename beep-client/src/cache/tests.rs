use beep_core::permission::Permissions as Set;
use beep_proto::gateway::{ChannelGone, MemberGone, Participant, RoleGone, ServerGone, SessionGone};
use beep_proto::view::Override;

use super::*;
use crate::sample;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn cache() -> Cache {
    Cache::new(&sample::ready())
}

/// Applies events of the server's stream, which stands at 5.
fn apply(cache: &mut Cache, events: impl IntoIterator<Item = EventData>) {
    let next = cache.seqs.get(&StreamName::Server(sample::server_id())).expect("it is known") + 1;
    for (seq, data) in (next..).zip(events) {
        assert!(cache.apply(&sample::in_server(seq, "c", data.clone())), "{data:?} changes something");
    }
}

fn permissions(cache: &Cache, channel: u8) -> Option<Set> {
    cache.permissions_in(&sample::full(channel), NOW).map(|permissions| permissions.0)
}

#[test]
fn what_one_may_do_follows_from_roles_and_overrides() {
    let mut cache = cache();
    assert_eq!(permissions(&cache, 1), Some(Set::community()));
    let moderator = sample::role(2, Permissions(Set::MANAGE_MESSAGES), false);
    let member = Member { roles: vec![moderator.id], ..sample::member(1) };
    apply(&mut cache, [EventData::RoleCreated(moderator.clone()), EventData::MemberUpdated(member)]);
    assert_eq!(permissions(&cache, 1), Some(Set::community() | Set::MANAGE_MESSAGES));
    assert_eq!(cache.permissions(&sample::server_id(), NOW), Some((Set::community() | Set::MANAGE_MESSAGES).into()));

    let denied = Override { allow: Set::empty().into(), deny: Set::SEND_MESSAGES.into() };
    let overrides = [(format!("role:{}", sample::nth::<RoleId>(1)), denied)].into();
    let quiet = view_channel(overrides);
    assert!(cache.apply(&sample::in_channel(1, 11, "c", EventData::ChannelUpdated(quiet))));
    assert!(!permissions(&cache, 1).expect("is seen").contains(Set::SEND_MESSAGES));
    assert!(permissions(&cache, 2).expect("is seen").contains(Set::SEND_MESSAGES));

    apply(&mut cache, [EventData::RoleDeleted(RoleGone { id: moderator.id, server_id: sample::server_id() })]);
    assert_eq!(permissions(&cache, 2), Some(Set::community()));
    assert_eq!(cache.server(&sample::server_id()).map(|held| held.member.roles.len()), Some(0));
    assert_eq!(permissions(&cache, 3), None);
}

fn view_channel(overrides: OverrideSet) -> Channel {
    Channel { overrides, ..sample::channel(1) }
}

#[test]
fn a_mute_ends_at_its_time_and_never_holds_the_owner() {
    let mut cache = cache();
    let muted = Member { muted_until: Some(Timestamp::from_millis(NOW.millis() + 1).into()), ..sample::member(1) };
    apply(&mut cache, [EventData::MemberUpdated(muted)]);
    assert_eq!(permissions(&cache, 1), Some(Set::VIEW_CHANNELS));
    let later = cache.permissions_in(&sample::full(1), Timestamp::from_millis(NOW.millis() + 1));
    assert_eq!(later, Some(Set::community().into()));
    apply(&mut cache, [EventData::ServerUpdated(Server { owner: sample::user(1), ..sample::server().server })]);
    assert_eq!(permissions(&cache, 1), Some(Set::all()));
}

#[test]
fn a_role_takes_its_overrides_along_in_its_own_server_only() {
    let (mut ready, target) = with_a_role();
    let mut other = ready.servers[0].clone();
    other.server.id = sample::full(101);
    ready.servers.push(other);
    ready.channels[1].channel.overrides = [(target.clone(), Override::default())].into();
    ready.channels[1].channel.server_id = Some(sample::full(101));
    let mut cache = Cache::new(&ready);
    assert_eq!([1, 2].map(|n| has_override(&cache, n, &target)), [true, true]);
    apply(&mut cache, [EventData::RoleDeleted(RoleGone { id: Bare(sample::nth(2)), server_id: sample::server_id() })]);
    assert_eq!([1, 2].map(|n| has_override(&cache, n, &target)), [false, true]);
}

#[test]
fn what_is_told_out_of_the_past_brings_no_override_of_a_role_that_is_gone() {
    let (ready, target) = with_a_role();
    let before = ready.channels[0].clone();
    let mut cache = Cache::new(&ready);
    apply(&mut cache, [EventData::RoleDeleted(RoleGone { id: Bare(sample::nth(2)), server_id: sample::server_id() })]);
    assert!(cache.apply(&sample::in_channel(1, 11, "c", EventData::ChannelUpdated(before.channel.clone()))));
    assert!(!has_override(&cache, 1, &target));
    let gone = EventData::ChannelDeleted(ChannelGone { id: sample::full(1), server_id: Some(sample::server_id()) });
    assert!(cache.apply(&sample::in_channel(1, 0, "c", gone)));
    assert!(cache.apply(&sample::in_channel(1, before.seq, "c", EventData::ChannelCreated(before))));
    assert!(!has_override(&cache, 1, &target));
}

/// A snapshot in which channel 1 has an override for role 2, and how it spells that.
fn with_a_role() -> (Ready, String) {
    let mut ready = sample::ready();
    ready.servers[0].roles.push(sample::role(2, Permissions(Set::MANAGE_MESSAGES), false));
    let target = format!("role:{}", sample::nth::<RoleId>(2));
    ready.channels[0].channel.overrides = [(target.clone(), Override::default())].into();
    (ready, target)
}

fn has_override(cache: &Cache, channel: u8, target: &str) -> bool {
    cache.channel(&sample::full(channel)).expect("it is seen").overrides.contains_key(target)
}

/// A client that was cut off after it was told a server as it is hears of what led there once more.
#[test]
fn a_category_that_vanishes_and_appears_in_the_past_keeps_what_is_in_it_now() {
    let mut ready = sample::ready();
    let category = ChannelState { channel: Channel { kind: ChannelKind::Category, ..sample::channel(8) }, seq: 1 };
    ready.channels[0].channel.parent_id = Some(category.channel.id.clone());
    ready.channels[0].channel.version = 9;
    ready.channels.push(category.clone());
    let held = ready.channels[0].channel.clone();
    let is_in_it = |cache: &Cache| cache.channel(&held.id).is_some_and(|channel| channel.parent_id == held.parent_id);
    let mut cache = Cache::new(&ready);
    let gone = EventData::ChannelDeleted(ChannelGone {
        id: category.channel.id.clone(),
        server_id: Some(sample::server_id()),
    });
    assert!(cache.apply(&sample::in_channel(8, 0, "c", gone.clone())) && !is_in_it(&cache));
    cache.apply(&sample::in_channel(8, 1, "c", EventData::ChannelCreated(category.clone())));
    let older = Channel { version: 5, ..held.clone() };
    cache.apply(&sample::in_channel(1, 0, "c", EventData::ChannelUpdated(older)));
    assert!(is_in_it(&cache));
    assert_eq!(cache, Cache::new(&ready));
    // What was told to be elsewhere meanwhile stays there.
    assert!(cache.apply(&sample::in_channel(8, 0, "c", gone)));
    let moved = Channel { parent_id: None, version: 10, ..held.clone() };
    assert!(cache.apply(&sample::in_channel(1, 12, "c", EventData::ChannelUpdated(moved))));
    cache.apply(&sample::in_channel(8, 1, "c", EventData::ChannelCreated(category)));
    assert!(!is_in_it(&cache));
}

#[test]
fn a_private_channel_follows_who_takes_part_and_goes_with_the_caller() {
    let mut cache = cache();
    let [me, bob, cem] = [1, 2, 3].map(sample::user);
    let group = Channel {
        kind: ChannelKind::Group,
        server_id: None,
        participants: vec![me.clone(), bob.clone()],
        ..sample::channel(7)
    };
    let id = group.id.clone();
    let participants = |cache: &Cache| cache.channel(&id).map(|channel| channel.participants.clone());
    let moved = |user: &Full<_>| Participant { channel_id: id.clone(), user: user.clone() };
    let opened = ChannelState { channel: group, seq: 2 };
    assert!(cache.apply(&sample::in_channel(7, 2, "c", EventData::ChannelCreated(opened))));
    assert_eq!(cache.permissions_in(&id, NOW), Some(Set::participant().into()));
    let came = sample::in_channel(7, 3, "c", EventData::ChannelMemberAdded(moved(&cem)));
    assert!(cache.apply(&came) && !cache.apply(&came));
    assert_eq!(participants(&cache), Some(vec![me.clone(), bob.clone(), cem.clone()]));
    assert!(cache.apply(&sample::in_channel(7, 4, "c", EventData::ChannelMemberRemoved(moved(&bob)))));
    assert_eq!(participants(&cache), Some(vec![me.clone(), cem]));
    assert!(cache.apply(&sample::in_channel(7, 5, "c", EventData::ChannelMemberRemoved(moved(&me)))));
    assert_eq!(participants(&cache), None);
}

#[test]
fn members_are_counted_and_the_count_of_an_editor_is_not_believed() {
    let mut cache = cache();
    let joined = |n| EventData::MemberJoined(Joined { member: sample::member(n), server: None, channels: None });
    apply(&mut cache, [joined(3), joined(4)]);
    let renamed = Server { name: "orchard".to_owned(), member_count: 2, ..sample::server().server };
    apply(&mut cache, [EventData::ServerUpdated(renamed)]);
    let left = MemberGone { server_id: sample::server_id(), user: sample::user(3) };
    apply(&mut cache, [EventData::MemberLeft(left)]);
    let server = &cache.server(&sample::server_id()).expect("is there").server;
    assert_eq!((server.name.as_str(), server.member_count), ("orchard", 3));
}

#[test]
fn the_youngest_message_stays_the_youngest() {
    let mut cache = cache();
    assert!(cache.apply(&sample::sent(1, 12, "c")));
    assert!(cache.apply(&sample::in_channel(1, 13, "c", EventData::ChannelUpdated(sample::channel(1)))));
    let last = |cache: &Cache| cache.channel(&sample::full(1)).and_then(|channel| channel.last_message_id);
    assert_eq!(last(&cache), Some(Bare(sample::nth(12))));
    assert!(!cache.apply(&sample::sent(1, 11, "c")), "was before");
    assert_eq!(last(&cache), Some(Bare(sample::nth(12))));
}

#[test]
fn what_is_left_or_deleted_goes_with_all_that_is_in_it() {
    let left = EventData::MemberLeft(MemberGone { server_id: sample::server_id(), user: sample::user(1) });
    let deleted = EventData::ServerDeleted(ServerGone { id: sample::server_id() });
    for gone in [left, deleted] {
        let mut cache = cache();
        apply(&mut cache, [gone]);
        assert_eq!((cache.servers().count(), cache.channels().count()), (0, 0));
    }
    let mut cache = cache();
    let gone = EventData::ChannelDeleted(ChannelGone { id: sample::full(1), server_id: Some(sample::server_id()) });
    assert!(cache.apply(&sample::in_channel(1, 0, "c", gone)));
    let left: Vec<_> = cache.channels_of(&sample::server_id()).iter().map(|channel| channel.id.clone()).collect();
    assert_eq!(left, [sample::full(2)]);
}

#[test]
fn what_is_in_no_category_comes_before_the_categories_with_what_is_in_them() {
    let mut ready = sample::ready();
    let late = Channel { position: 9, ..sample::category(3) };
    let unseen = Channel { parent_id: Some(sample::full(99)), ..sample::channel(8) };
    let channels = [
        late,
        sample::category(4),
        sample::channel_in(7, 4),
        sample::channel_in(5, 3),
        sample::channel_in(6, 4),
        unseen,
    ];
    ready.channels.extend(channels.map(|channel| ChannelState { channel, seq: 1 }));
    let mut cache = Cache::new(&ready);
    let order = |cache: &Cache| -> Vec<_> {
        cache.channels_of(&sample::server_id()).iter().map(|channel| channel.id.clone()).collect()
    };
    let ids = |numbers: &[u8]| numbers.iter().map(|n| sample::full(*n)).collect::<Vec<Full<ChannelId>>>();
    assert_eq!(order(&cache), ids(&[1, 2, 8, 4, 6, 7, 3, 5]));
    let gone = EventData::ChannelDeleted(ChannelGone { id: sample::full(4), server_id: Some(sample::server_id()) });
    assert!(cache.apply(&sample::in_channel(4, 0, "c", gone)));
    assert_eq!(order(&cache), ids(&[1, 2, 6, 7, 8, 3, 5]));
    assert!(cache.channel(&sample::full(6)).expect("it stays").parent_id.is_none());
}

#[test]
fn a_channel_is_told_again_as_its_category_appears_and_never_as_it_was_once() {
    let mut cache = cache();
    let told = |version, parent: Option<u8>| {
        let channel = Channel { version, parent_id: parent.map(sample::full), ..sample::channel(1) };
        sample::in_channel(1, 0, "c", EventData::ChannelUpdated(channel))
    };
    assert!(cache.apply(&told(1, Some(3))));
    let parent = |cache: &Cache| cache.channel(&sample::full(1)).and_then(|channel| channel.parent_id.clone());
    assert_eq!(parent(&cache), Some(sample::full(3)));
    assert!(cache.apply(&told(4, Some(3))) && !cache.apply(&told(3, None)));
    assert_eq!(parent(&cache), Some(sample::full(3)));
    let unseen = sample::in_channel(9, 0, "c", EventData::ChannelUpdated(sample::channel(9)));
    assert!(!cache.apply(&unseen) && cache.channel(&sample::full(9)).is_none());
}

#[test]
fn a_server_that_opens_is_there_with_its_channels() {
    let mut cache = Cache::new(&Ready { servers: Vec::new(), channels: Vec::new(), ..sample::ready() });
    let channels = Some(sample::ready().channels);
    let joined = Joined { member: sample::member(1), server: Some(Box::new(sample::server())), channels };
    assert!(cache.apply(&sample::in_server(5, "c", EventData::MemberJoined(joined))));
    assert_eq!(cache, self::cache());
}

#[test]
fn a_server_that_opens_once_more_is_replaced_whole() {
    let mut ready = sample::ready();
    // A role, a channel and an override that are no more, and a server of the same caller that stays.
    ready.servers[0].roles.push(sample::role(2, Permissions(Set::MANAGE_MESSAGES), false));
    ready.servers[0].member.roles.push(Bare(sample::nth(2)));
    let mut other = sample::server();
    other.server.id = sample::full(101);
    ready.servers.push(other);
    let mut cache = Cache::new(&ready);

    let mut fresh = sample::ready();
    fresh.servers[0].server.member_count = 7;
    fresh.servers[0].seq = 12;
    fresh.channels.remove(0);
    fresh.channels[0].channel.topic = "harvest".to_owned();
    let joined = Joined {
        member: sample::member(1),
        server: Some(Box::new(fresh.servers[0].clone())),
        channels: Some(fresh.channels.clone()),
    };
    assert!(cache.apply(&sample::in_server(12, "c", EventData::MemberJoined(joined))));
    fresh.servers.push(ready.servers[1].clone());
    assert_eq!(cache, Cache::new(&fresh));
    // It goes on from there.
    let joined = EventData::MemberJoined(Joined { member: sample::member(3), server: None, channels: None });
    assert!(!cache.apply(&sample::in_server(12, "c", joined.clone())), "the snapshot counted them");
    assert!(cache.apply(&sample::in_server(13, "c", joined)));
    assert_eq!(cache.server(&sample::server_id()).map(|held| held.server.member_count), Some(8));
}

#[test]
fn who_and_what_is_of_another_backend_is_told_apart() {
    let cache = cache();
    let elsewhere = |id: &str| id.parse::<Full<beep_core::id::UserId>>().expect("an id");
    assert_eq!(cache.domain().as_str(), "a.example.com");
    let bob = User { id: elsewhere(&format!("{}@b.example.com", sample::nth::<RoleId>(3))), ..view_user(2, "bob") };
    assert!(cache.is_elsewhere(&bob.id));
    assert!(!cache.is_elsewhere(&sample::server_id()));
    assert_eq!(cache.handle(&bob), "bob@b.example.com");
    assert_eq!(cache.handle(&view_user(2, "bob")), "bob");
}

#[test]
fn the_own_profile_changes_and_those_of_others_do_not_matter() {
    let mut cache = cache();
    let user = |n, name: &str| {
        let user = view_user(n, name);
        let stream = StreamName::User(user.id.clone());
        Event { stream, ..sample::in_server(1, "c", EventData::UserUpdated(user)) }
    };
    assert!(!cache.apply(&user(2, "bob")));
    assert!(cache.apply(&user(1, "anna")));
    assert_eq!((cache.me().username.as_str(), cache.me().email.as_str()), ("anna", "ann@example.com"));
}

fn view_user(n: u8, username: &str) -> User {
    User {
        id: sample::user(n),
        username: username.to_owned(),
        domain: "a.example.com".to_owned(),
        display_name: None,
        avatar: None,
        bio: None,
        created_at: sample::at(),
        deleted: false,
    }
}

#[test]
fn what_is_not_kept_changes_nothing() {
    let mut cache = cache();
    let revoked = EventData::SessionRevoked(SessionGone { id: Bare(sample::nth(9)) });
    assert!(!cache.apply(&sample::in_server(1, "c", revoked)));
    let unknown = EventData::Unknown { kind: "typing.started".to_owned(), data: serde_json::Value::Null };
    assert!(!cache.apply(&sample::in_channel(1, 0, "c", unknown)));
    assert_eq!(cache, self::cache());
}

#[test]
fn is_stored_and_read_back() {
    let cache = cache();
    let text = serde_json::to_string(&cache).expect("a cache is JSON");
    let back: Cache = serde_json::from_str(&text).expect("and read back");
    assert_eq!((&back, &back.seqs), (&cache, &cache.seqs));
}
