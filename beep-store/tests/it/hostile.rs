//! What the owner of one server might say to harm the rest: its words reach nothing but that server, and leave it whole.

use std::sync::Arc;
use std::time::Duration;

use beep_core::backend::inbound::{self, Received};
use beep_core::backend::messages::{self, NewMessage};
use beep_core::backend::servers::{self, NewServer};
use beep_core::backend::{Actor, Refusal, bans, outbound, repair};
use beep_core::channel::Channel;
use beep_core::content::Content;
use beep_core::domain::Domain;
use beep_core::event::{EventBody, Position, Stream};
use beep_core::facts::SpaceFacts;
use beep_core::id::{Id, Qualified, SpaceKey, UserKey};
use beep_core::port::{Place, Which};
use beep_core::replica::Replica;
use beep_core::replica_delta::{ReplicaDelta, ReplicatedEvent};
use beep_core::role::Role;
use beep_core::space::{Template, Visibility};
use beep_core::text::{Description, ServerName, Topic};
use beep_core::time::Timestamp;

use crate::pair::{Kept, Pair, person, resident};

/// Has the near backend receive what the far one might say next; gives how much of it was set aside.
async fn receive(pair: &Pair, deltas: Vec<ReplicaDelta>) -> u64 {
    let applied = pair.near.store.inbound(&pair.far.domain).await.expect("it reads").expect("something was applied");
    let entries = deltas.into_iter().map(Into::into).collect();
    let received = Received { stream: applied.stream, first_seq: applied.seq + 1, entries };
    inbound::receive(&pair.near, &pair.far.domain, &received).await.expect("nothing stops it").dead_letters
}

fn told(pair: &Pair, stream: Stream, seq: u64, body: EventBody) -> ReplicaDelta {
    let place = Place { seq, at: pair.near.clock.now() };
    ReplicaDelta { event: Some(ReplicatedEvent { stream, place, body }), ..ReplicaDelta::default() }
}

async fn held(pair: &Pair) -> Replica {
    let held = pair.near.store.replica(&pair.server, &pair.near.domain).await.expect("it reads");
    held.expect("it is held").1
}

fn far_server(pair: &Pair) -> SpaceKey {
    pair.server.clone()
}

async fn kinds() -> Vec<Kept> {
    vec![Kept::Memory, Kept::Files(tempfile::tempdir().expect("a folder for the databases"))]
}

#[tokio::test]
async fn it_moves_no_stream_of_another() {
    for kept in kinds().await {
        let mut pair = Pair::new(21, kept).await;
        pair.deliver(usize::MAX).await;
        let own = Actor::user(pair.guests[0].clone());
        let new = NewServer {
            name: ServerName::parse("at home").expect("a name"),
            description: Description::parse("").expect("empty"),
            visibility: Visibility::Private,
            template: Template::Community,
        };
        let home = servers::create(&pair.near, &own, new).await.expect("anybody may");
        let channel = pair.near.store.channels(&home.id).await.expect("it reads").remove(0);
        let far = &pair.far.domain;
        let stolen = [channel.id.id.uuid(), home.id.id.uuid(), pair.guests[0].id.uuid()];
        let lies = stolen.iter().flat_map(|uuid| {
            let id = Qualified::new(Id::from_uuid(*uuid), far.clone());
            let stream = Stream::Channel { id: id.clone(), server: pair.server.id };
            let unknown = EventBody::Unknown { kind: "quite.new".to_owned(), data: b"{}".to_vec() };
            let mut theirs = channel.clone();
            (theirs.id, theirs.server) = (id, pair.server.id);
            let far_away = i64::MAX.cast_unsigned();
            [
                told(&pair, stream.clone(), far_away, unknown),
                told(&pair, stream.clone(), far_away, EventBody::ChannelDeleted { before: theirs.clone() }),
                told(&pair, stream, far_away, EventBody::ChannelCreated(theirs)),
            ]
        });
        // A channel of its own may have any id; what it says of channels that it never told of is not believed.
        assert_eq!(receive(&pair, lies.collect()).await, 2 * stolen.len() as u64);
        let new = NewMessage { content: Content::parse("here").expect("a text"), nonce: None, reply_to: None };
        messages::send(&pair.near, &own, &channel.id, new).await.expect("they may");
        let events = pair.near.store.channel_events(&channel.id, 0, 100).await.expect("it reads");
        assert_eq!(events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1]);
    }
}

#[tokio::test]
async fn it_leaves_its_own_server_fit_to_be_read() {
    for kept in kinds().await {
        let mut pair = Pair::new(22, kept).await;
        pair.deliver(usize::MAX).await;
        let facts = held(&pair).await.facts;
        let everyone = facts.roles.values().find(|role| role.everyone).expect("there is one");
        let (everyone, server) = (Role::clone(everyone), facts.server.id.clone());
        let stream = || Stream::Space(server.clone());
        let gone = EventBody::RoleDeleted { before: everyone.clone(), overrides: vec![] };
        let ordinary = Role { everyone: false, ..everyone.clone() };
        let changed = EventBody::RoleUpdated { role: ordinary, before: everyone.clone() };
        let second = Role { id: Id::from_uuid(uuid::Uuid::from_u128(7)), ..everyone };
        let lies = [gone, changed, EventBody::RoleCreated(second)];
        let lies = (100..).zip(lies).map(|(seq, body)| told(&pair, stream(), seq, body)).collect();
        assert_eq!(receive(&pair, lies).await, 3);
        // More leave than were ever there.
        let third = Domain::parse("c.example.com").expect("a domain");
        let leaves = (200..210).map(|seq| {
            let user = UserKey::new(pair.owner.id, third.clone());
            told(&pair, stream(), seq, EventBody::MemberLeft { server: server.clone(), user })
        });
        receive(&pair, leaves.collect()).await;
        let member = pair.guests[0].clone();
        let snapshot = pair.near.store.snapshot(&member, None).await.expect("it can be read");
        assert_eq!(snapshot.servers.len(), 1);
        assert_eq!(held(&pair).await.facts.server.member_count, 0);
    }
}

#[tokio::test]
async fn a_server_grows_no_larger_than_one_may_be() {
    let mut pair = Pair::new(29, Kept::Memory).await;
    pair.deliver(usize::MAX).await;
    let before = held(&pair).await;
    let first = before.facts.channels.values().next().expect("a channel");
    let channel = |number: u128, topic: &str| Channel {
        id: Qualified::new(Id::from_uuid(uuid::Uuid::from_u128(number)), pair.far.domain.clone()),
        topic: Topic::parse(topic).expect("a topic"),
        ..(**first).clone()
    };
    let whole = |channels: Vec<Channel>| {
        let roles = before.facts.roles.values().map(|role| (**role).clone());
        let facts = SpaceFacts::new(before.facts.server.clone(), 0, roles, channels).expect("a role for everyone");
        let seqs = facts.channels.keys().map(|id| (*id, 1)).collect();
        Replica { facts: Arc::new(facts), channel_seqs: seqs, ..before.clone() }
    };
    let told_whole = |state: Replica| ReplicaDelta { state: Some(Box::new(state)), ..ReplicaDelta::default() };
    let long = "😀".repeat(Topic::MAX);
    let many = || (0..2_001).map(|number| channel(number, "")).collect();
    let wide = |count: u128| (0..count).map(|number| channel(number, &long)).collect();
    assert_eq!(receive(&pair, vec![told_whole(whole(many())), told_whole(whole(wide(500)))]).await, 2);
    assert!(held(&pair).await.agrees(&before));

    // What is at its bound takes no more, and may shrink.
    assert_eq!(receive(&pair, vec![told_whole(whole(wide(480)))]).await, 0);
    let one_more = channel(1_000, &long);
    let stream = |of: &Channel| Stream::Channel { id: of.id.clone(), server: of.server };
    let grow: Vec<_> = (1_000..1_010)
        .map(|number| channel(number, &long))
        .map(|of| told(&pair, stream(&of), 1, EventBody::ChannelCreated(of)))
        .collect();
    assert!(receive(&pair, grow).await > 0);
    let full = held(&pair).await.facts.channels.len();
    let appeared = ReplicaDelta { appeared: vec![(one_more.clone(), 1); 1], ..ReplicaDelta::default() };
    let small = channel(0, "");
    let updated = EventBody::ChannelUpdated { channel: small.clone(), before: channel(0, &long) };
    let shrinks = told(&pair, stream(&small), 2, updated);
    receive(&pair, vec![shrinks, appeared]).await;
    let after = held(&pair).await;
    assert_eq!(after.facts.channels.get(&small.id.id).map(|channel| channel.topic.as_str()), Some(""));
    assert!(after.facts.channels.len() <= full + 1);
}

#[tokio::test]
async fn what_was_fetched_whole_is_not_told_again() {
    for kept in kinds().await {
        let mut pair = Pair::new(23, kept).await;
        pair.deliver(usize::MAX).await;
        let owner = Actor::user(pair.owner.clone());
        let channel = pair.channels().await.into_iter().next().expect("a channel");
        let new = NewMessage { content: Content::parse("once").expect("a text"), nonce: None, reply_to: None };
        messages::send(&pair.far, &owner, &channel, new).await.expect("the owner may");
        let state = outbound::snapshot(&pair.far, &pair.server, &pair.near.domain).await.expect("it reads");
        let seq =
            state.as_ref().and_then(|state| state.channel_seqs.get(&channel.id).copied()).expect("it has a number");
        let before = inbound::held(&pair.near, &far_server(&pair)).await.expect("it reads");
        inbound::replace(&pair.near, before, state).await.expect("it is taken");
        pair.deliver(usize::MAX).await;
        let events = pair.near.store.events_after(Position(0), 1_000).await.expect("it reads");
        let told = events.iter().filter(|event| matches!(event.body, EventBody::MessageCreated(_))).count();
        assert_eq!(told, 0, "it is in the history of what opened anew");
        assert_eq!(held(&pair).await.channel_seqs.get(&channel.id), Some(&seq));
    }
}

#[tokio::test]
async fn what_a_stream_left_out_opens_the_server_anew() {
    for kept in kinds().await {
        let mut pair = Pair::new(25, kept).await;
        pair.deliver(usize::MAX).await;
        let owner = Actor::user(pair.owner.clone());
        let channel = pair.channels().await.into_iter().next().expect("a channel");
        let say = async |pair: &Pair, text: &str| {
            let new = NewMessage { content: Content::parse(text).expect("a text"), nonce: None, reply_to: None };
            messages::send(&pair.far, &owner, &channel, new).await.expect("the owner may");
        };
        say(&pair, "lost on the way").await;
        outbound::reset(&pair.far, &pair.near.domain).await.expect("it writes");
        say(&pair, "told").await;
        pair.restart().await;
        pair.deliver(usize::MAX).await;
        let events = pair.near.store.events_after(Position(0), 1_000).await.expect("it reads");
        assert!(events.iter().any(|event| matches!(event.body, EventBody::Reopened(_))), "{events:?}");
        assert_eq!(held(&pair).await.channel_seqs.get(&channel.id), Some(&2));
    }
}

#[tokio::test]
async fn what_is_fetched_rests_on_what_was_held() {
    let mut pair = Pair::new(24, Kept::Memory).await;
    pair.deliver(usize::MAX).await;
    let before = inbound::held(&pair.near, &far_server(&pair)).await.expect("memory");
    let state = outbound::snapshot(&pair.far, &pair.server, &pair.near.domain).await.expect("memory").expect("there");
    // While it was asked for, somebody else joined; and another time nobody was said to be there.
    let guest = pair.guests[1].clone();
    servers::join(&pair.far, &Actor::user(guest.clone()), &pair.server).await.expect("it is public");
    pair.deliver(usize::MAX).await;
    for answer in [Some(state.clone()), None] {
        let refused = inbound::replace(&pair.near, before.clone(), answer).await;
        assert!(matches!(refused, Err(Refusal::Contended)), "{refused:?}");
    }
    assert!(pair.near.store.member(&pair.server, &guest).await.expect("memory").is_some());
    // Nobody is made a member by it who did not ask.
    let stranger = person(&pair.near, 78);
    resident(&pair.near, &stranger).await;
    let mut lie = held(&pair).await;
    let mut member = lie.members[0].clone();
    member.user = stranger.clone();
    lie.members.push(member);
    Arc::make_mut(&mut lie.facts).server.member_count += 1;
    let now = inbound::held(&pair.near, &far_server(&pair)).await.expect("memory");
    inbound::replace(&pair.near, now, Some(lie)).await.expect("the rest is taken");
    assert!(pair.near.store.member(&pair.server, &guest).await.expect("memory").is_some());
    assert_eq!(pair.near.store.member(&pair.server, &stranger).await.expect("memory"), None);
}

#[tokio::test]
async fn a_server_that_was_never_told_of_is_taken_when_it_is_fetched() {
    for kept in kinds().await {
        let mut pair = Pair::new(26, kept).await;
        let before = inbound::held(&pair.near, &far_server(&pair)).await.expect("it reads");
        let state = outbound::snapshot(&pair.far, &pair.server, &pair.near.domain).await.expect("it reads");
        let mut empty = state.clone().expect("somebody is in it");
        empty.members.clear();
        let refused = inbound::replace(&pair.near, before.clone(), Some(empty)).await;
        assert!(matches!(refused, Err(Refusal::Invalid(_))), "nobody here is in it: {refused:?}");
        inbound::replace(&pair.near, before.clone(), state.clone()).await.expect("it is taken");
        let guest = pair.guests[0].clone();
        assert!(pair.near.store.member(&pair.server, &guest).await.expect("it reads").is_some());
        let events = pair.near.store.events_after(Position(0), 1_000).await.expect("it reads");
        let told = |body: &EventBody| matches!(body, EventBody::MemberJoined(member) if member.user == guest);
        assert_eq!(events.iter().filter(|event| told(&event.body)).count(), 1);
        // What is told of it late is not told twice; and what was asked before that is not taken any more.
        pair.deliver(usize::MAX).await;
        pair.compare().await;
        let refused = inbound::replace(&pair.near, before, state).await;
        assert!(matches!(refused, Err(Refusal::Contended)), "{refused:?}");
    }
}

#[tokio::test]
async fn who_is_in_it_no_more_is_told_though_the_word_was_lost() {
    for kept in kinds().await {
        let mut pair = Pair::new(27, kept).await;
        let [out, stays] = [pair.guests[0].clone(), pair.guests[1].clone()];
        servers::join(&pair.far, &Actor::user(stays.clone()), &pair.server).await.expect("it is public");
        pair.deliver(usize::MAX).await;
        bans::kick(&pair.far, &Actor::user(pair.owner.clone()), &pair.server, &out).await.expect("the owner may");
        outbound::reset(&pair.far, &pair.near.domain).await.expect("it writes");
        let before = inbound::held(&pair.near, &far_server(&pair)).await.expect("it reads");
        let state = outbound::snapshot(&pair.far, &pair.server, &pair.near.domain).await.expect("it reads");
        assert!(inbound::replace(&pair.near, before, state.clone()).await.expect("it is taken"));
        let told = pair.near.store.events_for(&out, Which::All, Position(0), Position(1_000), 1_000).await;
        let told = told.expect("it reads").into_iter().filter(|event| event.body.removed() == Some(&out)).count();
        assert_eq!(told, 1);
        assert_eq!(held(&pair).await.members.iter().map(|member| &member.user).collect::<Vec<_>>(), [&stays]);
        // The same once more is nothing new.
        let now = inbound::held(&pair.near, &far_server(&pair)).await.expect("it reads");
        assert!(!inbound::replace(&pair.near, now, state).await.expect("it is taken"));
    }
}

#[tokio::test]
async fn what_is_fetched_does_not_undo_what_was_said_meanwhile() {
    for kept in kinds().await {
        let mut pair = Pair::new(28, kept).await;
        pair.deliver(usize::MAX).await;
        let owner = Actor::user(pair.owner.clone());
        let channel = pair.channels().await.into_iter().next().expect("a channel");
        let before = inbound::held(&pair.near, &far_server(&pair)).await.expect("it reads");
        let state = outbound::snapshot(&pair.far, &pair.server, &pair.near.domain).await.expect("it reads");
        let new = NewMessage { content: Content::parse("meanwhile").expect("a text"), nonce: None, reply_to: None };
        messages::send(&pair.far, &owner, &channel, new).await.expect("the owner may");
        pair.deliver(usize::MAX).await;
        assert!(!inbound::replace(&pair.near, before, state).await.expect("it is taken"));
        assert_eq!(held(&pair).await.channel_seqs.get(&channel.id), Some(&1));
        pair.compare().await;
    }
}

/// The log is kept by the times of its events: what an owner says of them neither keeps it for ever nor ends it at once.
#[tokio::test]
async fn what_it_says_of_when_something_happened_moves_no_end_of_the_log() {
    let mut pair = Pair::new(29, Kept::Memory).await;
    pair.deliver(usize::MAX).await;
    let held = held(&pair).await;
    let channel = (**held.facts.channels.values().next().expect("it has one")).clone();
    let stream = Stream::Channel { id: channel.id.clone(), server: pair.server.id };
    let now = pair.near.clock.now();
    let before = pair.near.store.log_state().await.expect("it reads").head;
    let seq = held.channel_seqs[&channel.id.id];
    let times = [Timestamp::from_millis(1), Timestamp::from_millis(i64::MAX / 2_000)];
    let deltas = times.into_iter().zip(seq + 1..).map(|(at, seq)| {
        let body = EventBody::Unknown { kind: "quite.new".to_owned(), data: b"{}".to_vec() };
        let event = ReplicatedEvent { stream: stream.clone(), place: Place { seq, at }, body };
        ReplicaDelta { event: Some(event), ..ReplicaDelta::default() }
    });
    assert_eq!(receive(&pair, deltas.collect()).await, 0);
    let head = pair.near.store.log_state().await.expect("it reads").head;
    let kept = pair.near.store.events_for(&pair.guests[0], Which::All, before, head, 10).await.expect("it reads");
    assert_eq!(kept.len(), times.len());
    let day = Duration::from_secs(24 * 60 * 60 + 60);
    for event in kept {
        assert!(event.at >= now.before(day) && event.at <= pair.near.clock.now(), "{event:?}");
    }
}

/// Whoever asked to join what never answers does not have it asked for ever.
#[tokio::test]
async fn who_is_let_into_nothing_is_forgotten_by_it() {
    let mut pair = Pair::new(31, Kept::Memory).await;
    pair.deliver(usize::MAX).await;
    let nowhere = Domain::parse("nowhere.example.com").expect("a domain");
    let server = Qualified::new(pair.server.id, nowhere.clone());
    let guest = &pair.guests[1];
    inbound::join_intent(&pair.near, guest, &server).await.expect("they live here");
    let asked = async |of: &SpaceKey| pair.near.store.join_intents(of, &[guest.id]).await.expect("it reads");
    assert_eq!(asked(&server).await, [guest.id]);
    repair::give_up(&pair.near, &nowhere).await.expect("it is kept");
    assert_eq!(asked(&server).await, []);
    assert!(!pair.near.store.is_home(&nowhere).await.expect("it reads"), "nobody is compared with it any more");
    // Of a backend whose servers people here are in nothing is forgotten.
    repair::give_up(&pair.near, &pair.far.domain).await.expect("it is kept");
    assert_eq!(asked(&pair.server).await, [guest.id]);
}
