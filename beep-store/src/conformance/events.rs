//! Whom events are kept for, and what is in them.

use std::collections::BTreeSet;
use std::time::Duration;

use beep_core::channel::Channel;
use beep_core::content::Content;
use beep_core::event::{Event, EventBody, Position, Scope, Stream};
use beep_core::id::{Id, UserKey};
use beep_core::member::Member;
use beep_core::message::Message;
use beep_core::permission::{Override, Permissions, Target};
use beep_core::port::{Change, MessageWrite, SpaceWrite, Which};
use beep_core::role::Role;
use beep_core::space::Space;
use beep_core::text::{Bio, Color, DisplayName, Nickname, Topic};

use super::Stage;
use super::sample::{Community, NOW, account, community, namesake, nth, role, user};

async fn places(stage: &Stage, user: &UserKey) -> Vec<u64> {
    let events = stage.store.events_for(user, Which::All, Position(0), Position(100), 100).await.expect("read");
    events.into_iter().map(|event| event.position.0).collect()
}

fn revoked() -> EventBody {
    EventBody::SessionRevoked { id: nth(1) }
}

/// Members are told of their servers as long as they are members, users of what is theirs; nobody twice.
pub async fn events_are_kept_for_their_scopes(stage: &Stage) {
    let (community, other) = (community(stage).await, Community::new(2));
    stage.commit(other.made()).await; // 2
    let stream = Stream::User(user(2));
    let to = |scopes| Change::default().event(stream.clone(), scopes, revoked());
    stage.commit(to(vec![Scope::User(user(2))])).await; // 3
    stage.commit(to(vec![Scope::User(namesake(2))])).await; // 4
    let both = vec![Scope::Space(community.id()), Scope::Space(other.id()), Scope::User(user(1))];
    stage.commit(to(both)).await; // 5
    stage.commit(to(vec![])).await; // 6
    stage.commit(to(vec![Scope::User(user(2)), Scope::User(user(2))])).await; // 7
    assert_eq!(places(stage, &user(1)).await, [1, 2, 5]);
    assert_eq!(places(stage, &user(2)).await, [3, 7]);
    assert_eq!(places(stage, &namesake(2)).await, [4]);
    assert_eq!(places(stage, &user(3)).await, []);
    stage.commit(community.joined_by(namesake(2))).await; // 8
    assert_eq!(places(stage, &namesake(2)).await, [1, 4, 5, 8]);
    stage.commit(Change::default().remove::<Member>((community.id(), namesake(2)))).await;
    assert_eq!(places(stage, &namesake(2)).await, [4]);
}

/// Whom an event concerned is known as long as it is kept.
pub async fn an_event_says_whom_it_concerns(stage: &Stage) {
    let (community, other) = (community(stage).await, Community::new(2));
    let scopes =
        [Scope::Space(community.id()), Scope::Space(other.id()), Scope::User(user(1)), Scope::User(namesake(1))];
    let change = Change::default().event(Stream::User(user(2)), scopes.to_vec(), revoked());
    stage.commit(change).await; // 2
    stage.commit(Change::default().event(Stream::User(user(2)), vec![], revoked())).await; // 3
    let found = stage.store.scopes_of(Position(2)).await.expect("read");
    assert_eq!((found.len(), BTreeSet::from_iter(found)), (scopes.len(), BTreeSet::from_iter(scopes)));
    assert_eq!(stage.store.scopes_of(Position(3)).await.expect("read"), []);
    assert_eq!(stage.store.scopes_of(Position(4)).await.expect("read"), []);
}

/// A page has what lies between two positions, and as much as is asked for.
pub async fn events_are_paged_up_to_a_position(stage: &Stage) {
    let (community, other) = (community(stage).await, Community::new(2));
    stage.commit(other.made()).await;
    for n in 3..=20 {
        let change = if n % 3 == 0 { other.says("there") } else { community.says("here") };
        stage.commit(change).await;
    }
    let page = |after, up_to, limit| async move {
        let found =
            stage.store.events_for(&user(1), Which::All, Position(after), Position(up_to), limit).await.expect("read");
        found.into_iter().map(|event: Event| event.position.0).collect::<Vec<_>>()
    };
    let all: Vec<u64> = (1..=20).collect();
    assert_eq!(page(0, 20, 100).await, all);
    assert_eq!(page(0, 99, 20).await, all);
    assert_eq!(page(4, 11, 100).await, all[4..11]);
    assert_eq!(page(4, 20, 3).await, all[4..7]);
    assert_eq!(page(4, 5, 3).await, [5]);
    assert_eq!(page(20, 99, 10).await, []);
    assert_eq!(page(5, 5, 10).await, []);
    assert_eq!(page(0, 20, 0).await, []);
    let after = stage.store.events_after(Position(17), 2).await.expect("read");
    assert_eq!(after.into_iter().map(|event| event.position.0).collect::<Vec<_>>(), [18, 19]);
    assert_eq!(stage.store.events_after(Position(20), 2).await.expect("read"), []);
}

/// Those that change who may see what are found among whatever else happened.
pub async fn changes_of_facts_are_found_among_messages(stage: &Stage) {
    let (community, other) = (community(stage).await, Community::new(2));
    stage.commit(other.made()).await;
    for _ in 3..=20 {
        stage.commit(community.says("here")).await;
    }
    stage.commit(community.joined_by(user(2))).await; // 21
    stage.commit(other.says("there")).await;
    let changes = |after, limit| async move {
        let found =
            stage.store.events_for(&user(1), Which::Changes, Position(after), Position(99), limit).await.expect("read");
        found.into_iter().map(|event: Event| event.position.0).collect::<Vec<_>>()
    };
    assert_eq!(changes(2, 100).await, [21]);
    assert_eq!(changes(21, 100).await, []);
    assert_eq!(changes(2, 0).await, []);
}

/// All who are members as a server ends hear that it did, whatever else the change writes.
pub async fn members_at_the_moment_are_told_of_what_ends(stage: &Stage) {
    let community = community(stage).await;
    stage.commit(community.joined_by(user(2))).await;
    stage.commit(community.joined_by(namesake(3))).await;
    stage.commit(community.joined_by(user(4))).await;
    stage.commit(Change::default().remove::<Member>((community.id(), user(4)))).await;
    let all = || vec![Scope::MembersOf(community.id()), Scope::User(user(1)), Scope::User(user(5))];
    let stream = Stream::Space(community.server.id.clone());
    // Messages come before the event, so that its place depends on how many are new.
    stage.commit(Change::default().write(community.post(community.with_nonce("first", "n")))).await; // 5
    let change = Change::default()
        .write(community.post(community.with_nonce("once more", "n")))
        .write(community.post(community.draft("farewell")))
        .write(SpaceWrite::Remove(community.id()))
        .event(stream.clone(), vec![], revoked())
        .event(stream.clone(), all(), EventBody::SpaceDeleted { id: community.server.id.clone() });
    let committed = stage.commit(change).await;
    assert_eq!(committed.events.last().expect("it was told").position, Position(8));
    for user in [user(1), user(2), namesake(3), user(5)] {
        let own = places(stage, &user).await;
        assert_eq!(own.iter().filter(|place| **place > 5).collect::<Vec<_>>(), [&8], "{user}");
    }
    for user in [user(3), user(4), namesake(1)] {
        assert_eq!(places(stage, &user).await, [], "{user}");
    }
    let other = Community::new(2);
    stage.commit(other.made()).await; // 9
    let change = Change::default().write(SpaceWrite::Remove(other.id())).event(
        Stream::Space(other.server.id.clone()),
        vec![Scope::MembersOf(other.id())],
        revoked(),
    );
    stage.commit(change).await; // 10
    let own = places(stage, &user(1)).await;
    assert_eq!(own[own.len() - 2..], [9, 10]);
    let told = stage.store.events_for(&user(1), Which::All, Position(9), Position(10), 10).await.expect("read");
    assert_eq!(told[0].body, revoked());
}

/// What follows other things is in an event as it was after the change.
pub async fn events_are_brought_up_to_date(stage: &Stage) {
    let community = community(stage).await;
    let said = stage.commit(community.says("said")).await.posted.remove(0);
    let server = Space { member_count: 40, ..community.server.clone() };
    let channel = Channel { last_message: None, ..community.channel.clone() };
    let change = Change::default()
        .put(community.member(user(2)))
        .write(SpaceWrite::Put(server.clone()))
        .space_event(&server, EventBody::SpaceUpdated { server: server.clone(), before: server.clone() })
        .channel_event(&channel, EventBody::ChannelUpdated { channel: channel.clone(), before: channel.clone() });
    let committed = stage.commit(change).await;
    let server = Space { member_count: 2, ..server };
    let channel = Channel { last_message: Some(said.id), ..channel };
    let updated = EventBody::SpaceUpdated { server: server.clone(), before: server };
    assert_eq!(committed.events[0].body, updated);
    let updated = EventBody::ChannelUpdated { channel: channel.clone(), before: channel.clone() };
    assert_eq!(committed.events[1].body, updated);
    let change = Change::default()
        .write(community.post(community.draft("last words")))
        .remove::<Channel>(channel.id.clone())
        .channel_event(&channel, EventBody::ChannelDeleted { before: channel.clone() });
    let committed = stage.commit(change).await;
    let channel = Channel { last_message: Some(committed.posted[0].id), ..channel };
    assert_eq!(committed.events[1].body, EventBody::ChannelDeleted { before: channel });
    let kept = stage.store.events_after(Position(0), 100).await.expect("read");
    let heard: Vec<_> = stage.heard.all()[2..].iter().map(|event| without_text(event)).collect();
    assert_eq!(kept[2..], heard);
}

/// An event as it is told once its message is gone.
pub(super) fn without_text(event: &Event) -> Event {
    let body = match &event.body {
        EventBody::MessageCreated(message) | EventBody::MessageUpdated(message) => {
            EventBody::MessageDeleted { channel: message.channel.clone(), id: message.id }
        }
        body => body.clone(),
    };
    Event { body, ..event.clone() }
}

/// What is read from the log is what was told.
pub async fn every_kind_of_event_comes_back_as_it_was(stage: &Stage) {
    let community = community(stage).await;
    let sent = stage.commit(community.says("text")).await.posted.remove(0);
    let server = community.server.clone();
    let said = Override { allow: Permissions::VIEW_CHANNELS, deny: Permissions::SEND_MESSAGES };
    let mut channel = Channel {
        topic: Topic::parse("topic").expect("a topic"),
        last_message: Some(sent.id),
        ..community.channel.clone()
    };
    channel.overrides.set(&Target::Role(nth(5)), Some(said));
    channel.overrides.set(&Target::Member(namesake(2)), Some(said));
    let role = Role { color: Color::new(0xff_00_00), permissions: Permissions::community(), ..role(5, &server) };
    let member = Member {
        nickname: Some(Nickname::parse("nick").expect("a nickname")),
        roles: vec![role.id],
        muted_until: Some(NOW),
        ..community.member(namesake(2))
    };
    let mut profile = account(1).user;
    profile.display_name = Some(DisplayName::parse("Name").expect("a name"));
    profile.bio = Some(Bio::parse("Bio").expect("a bio"));
    let edited = Message { edited_at: Some(NOW), reply_to: Some(nth(3)), ..sent.clone() };
    stage.commit(Change::default().write(MessageWrite::Put(edited.clone()))).await;
    let plain = Channel { last_message: Some(sent.id), ..community.channel.clone() };
    let bodies = [
        EventBody::MessageUpdated(edited),
        EventBody::MessageDeleted { channel: channel.id.clone(), id: nth(77) },
        EventBody::ChannelCreated(channel.clone()),
        EventBody::ChannelUpdated { channel: plain, before: channel.clone() },
        EventBody::ChannelDeleted { before: channel.clone() },
        EventBody::SpaceUpdated { server: server.clone(), before: server.clone() },
        EventBody::SpaceDeleted { id: server.id.clone() },
        EventBody::MemberJoined(member.clone()),
        EventBody::MemberUpdated { member: member.clone(), before: community.member(namesake(2)) },
        EventBody::MemberLeft { server: server.id.clone(), user: namesake(2) },
        EventBody::MemberBanned { server: server.id.clone(), user: namesake(2) },
        EventBody::RoleCreated(role.clone()),
        EventBody::RoleUpdated { role: role.clone(), before: community.everyone.clone() },
        EventBody::RoleDeleted { before: role.clone(), overrides: vec![(channel.id.id, said)] },
        EventBody::UserUpdated(profile),
        EventBody::SessionRevoked { id: nth(4) },
    ];
    let mut change = Change::default();
    let streams = [
        Stream::Channel { id: channel.id.clone(), server: server.id.id },
        Stream::Space(server.id.clone()),
        Stream::User(user(1)),
        Stream::User(namesake(1)),
    ];
    for (body, stream) in bodies.iter().zip(streams.iter().cycle()) {
        change = change.event(stream.clone(), vec![Scope::User(user(1))], body.clone());
    }
    let committed = stage.commit(change).await;
    let kept = stage.store.events_after(Position(2), 100).await.expect("read");
    assert_eq!(kept.len(), bodies.len());
    for ((kept, told), body) in kept.iter().zip(&committed.events).zip(&bodies) {
        assert_eq!(*kept, **told);
        assert_eq!(kept.body, *body);
    }
    let own = stage.store.events_for(&user(1), Which::All, Position(2), Position(100), 100).await.expect("read");
    assert_eq!(own, kept);
}

/// What was deleted or replaced is in no event that is read: each says what there is now, at its own place.
pub async fn events_tell_messages_as_they_are(stage: &Stage) {
    let community = community(stage).await; // 1
    let mut sent = Vec::new();
    for text in ["edited twice", "deleted", "left alone"] {
        sent.push(stage.commit(community.says(text)).await.posted.remove(0)); // 2, 3, 4
    }
    let mut edited = sent[0].clone();
    for (n, text) in [(1, "first edit"), (2, "last edit")] {
        edited = Message {
            content: Content::parse(text).expect("a text"),
            edited_at: Some(NOW.after(Duration::from_secs(n))),
            ..edited
        };
        let change = Change::default()
            .write(MessageWrite::Put(edited.clone()))
            .channel_event(&community.channel, EventBody::MessageUpdated(edited.clone()));
        stage.commit(change).await; // 5, 6
    }
    let deleted = EventBody::MessageDeleted { channel: community.channel.id.clone(), id: sent[1].id };
    let change = Change::default()
        .write(MessageWrite::Remove(community.channel.id.clone(), sent[1].id))
        .channel_event(&community.channel, deleted.clone());
    stage.commit(change).await; // 7
    let expected = [
        EventBody::MessageCreated(edited.clone()),
        deleted.clone(),
        EventBody::MessageCreated(sent[2].clone()),
        EventBody::MessageUpdated(edited.clone()),
        EventBody::MessageUpdated(edited),
        deleted,
    ];
    let all = stage.store.events_after(Position(1), 100).await.expect("read");
    let own = stage.store.events_for(&user(1), Which::All, Position(1), Position(7), 100).await.expect("read");
    let of_channel = stage.store.channel_events(&community.channel.id, 0, 100).await.expect("read");
    let seqs: Vec<u64> = of_channel.iter().map(|event| event.seq).collect();
    assert!(seqs.windows(2).all(|pair| pair[1] == pair[0] + 1), "no number is missing: {seqs:?}");
    for events in [all, own, of_channel] {
        let bodies: Vec<_> = events.into_iter().map(|event| event.body).collect();
        assert_eq!(bodies, expected);
    }
    let change = Change::default().remove::<Channel>(community.channel.id.clone());
    stage.commit(change).await;
    let all = stage.store.events_after(Position(1), 100).await.expect("read");
    assert!(all.iter().all(|event| matches!(event.body, EventBody::MessageDeleted { .. })), "{all:?}");
}

/// A record that cannot be read leaves its place to be passed: nobody stops there, and nobody takes it for the end.
pub async fn records_that_cannot_be_read_keep_their_place(stage: &Stage) {
    let community = community(stage).await; // 1
    stage.commit(community.says("one")).await; // 2
    stage.damage(true);
    stage.commit(community.says("two")).await; // 3
    stage.commit(community.joined_by(user(2))).await; // 4
    stage.damage(false);
    stage.commit(community.says("three")).await; // 5
    for user in [user(1), user(2)] {
        assert_eq!(places(stage, &user).await, [1, 2, 3, 4, 5]);
    }
    let all = stage.store.events_after(Position(2), 2).await.expect("read");
    let unreadable = |kind: &str| EventBody::Unreadable { kind: kind.to_owned() };
    let bodies: Vec<_> = all.iter().map(|event| event.body.clone()).collect();
    assert_eq!(bodies, [unreadable("message.created"), unreadable("member.joined")]);
    assert_eq!(bodies.iter().map(EventBody::loses_facts).collect::<Vec<_>>(), [false, true]);
    let of_channel = stage.store.channel_events(&community.channel.id, 0, 100).await.expect("read");
    let seqs: Vec<u64> = of_channel.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (seqs[0]..seqs[0] + 3).collect::<Vec<_>>());
    let changes = stage.store.events_for(&user(1), Which::Changes, Position(1), Position(9), 9).await.expect("read");
    assert_eq!(changes.iter().map(|event| event.position.0).collect::<Vec<_>>(), [4]);
    // Where it is read whole, nothing is missing.
    let snapshot = stage.store.snapshot(&user(2), None).await.expect("read");
    assert_eq!((snapshot.position, snapshot.servers.len()), (Position(5), 1));
}

/// A user and a space are two things, though whoever gives both their ids has given them the same.
pub async fn a_user_is_told_nothing_of_a_space_by_having_its_id(stage: &Stage) {
    let community = community(stage).await; // 1
    let id = community.id();
    let namesake = UserKey::new(Id::from_uuid(id.id.uuid()), id.home.clone());
    stage.commit(Change::default().user_event(&namesake, revoked())).await; // 2
    stage.commit(community.says("to the members")).await; // 3
    assert_eq!(places(stage, &user(1)).await, [1, 3]);
    assert_eq!(places(stage, &namesake).await, [2]);
    let of_space = stage.store.space_events(&id, Position(0), Position(9), 9).await.expect("read");
    assert_eq!(of_space.iter().map(|event| event.position.0).collect::<Vec<_>>(), [1, 3]);
}
