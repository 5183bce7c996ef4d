//! Two backends: what one is told of the other's servers is what its users may see, whatever happens and however often
//! what is sent is lost, repeated, or begun anew.

use std::sync::Arc;

use beep_core::author::Author;
use beep_core::backend::inbound::{self, Received};
use beep_core::backend::roles::{self, NewRole};
use beep_core::backend::servers::{self, NewServer};
use beep_core::backend::{Actor, members, outbound, remote};
use beep_core::content::{Content, Sealed};
use beep_core::domain::Domain;
use beep_core::event::{EventBody, Position, Stream};
use beep_core::id::{ChannelKey, Id, MessageId, Qualified, UserKey};
use beep_core::message::Message;
use beep_core::permission::Permissions;
use beep_core::reaction::Reactions;
use beep_core::replica_delta::ReplicaDelta;
use beep_core::space::{Template, Visibility};
use beep_core::text::{AuthorName, Description, Emoji, RoleName, ServerName, SystemEvent};
use beep_core::time::Timestamp;
use beep_proto::federation::Entry;

use crate::pair::{Kept, Pair, person, resident};
use crate::sql;

#[tokio::test]
async fn two_backends_hold_the_same_in_memory() {
    for seed in 0..40 {
        Pair::new(seed, Kept::Memory).await.play(120).await;
    }
}

#[tokio::test]
async fn two_backends_hold_the_same_on_sqlite() {
    for seed in 100..104 {
        let folder = tempfile::tempdir().expect("a folder for the databases");
        Pair::new(seed, Kept::Files(folder)).await.play(60).await;
    }
}

#[tokio::test]
async fn two_backends_hold_the_same_on_postgres() {
    for seed in 200..202 {
        let (Some(near), Some(far)) = (sql::new_postgres().await, sql::new_postgres().await) else { return };
        Pair::new(seed, Kept::Databases([near, far])).await.play(60).await;
    }
}

#[tokio::test]
async fn what_is_not_the_senders_is_set_aside_and_the_rest_is_applied() {
    let mut pair = Pair::new(7, Kept::Memory).await;
    pair.deliver(usize::MAX).await;
    let applied = pair.near.store.inbound(&pair.far.domain).await.expect("memory").expect("something was applied");
    let told = |body: EventBody, stream: Stream| ReplicaDelta {
        event: Some(beep_core::replica_delta::ReplicatedEvent {
            stream,
            place: beep_core::port::Place { seq: 1_000, at: pair.near.clock.now() },
            body,
        }),
        ..ReplicaDelta::default()
    };
    let (server, channel) = (pair.server.clone(), pair.channels().await.into_iter().next().expect("a channel"));
    let qualified = |home: &Domain| beep_core::id::Qualified::new(server.id, home.clone());
    let third = Domain::parse("c.example.com").expect("a domain");
    let forged = [
        told(EventBody::SpaceDeleted { id: qualified(&third) }, Stream::Space(qualified(&third))),
        told(EventBody::SpaceDeleted { id: qualified(&pair.near.domain) }, Stream::Space(qualified(&pair.near.domain))),
        told(EventBody::SpaceDeleted { id: qualified(&pair.far.domain) }, Stream::Space(qualified(&third))),
        told(
            EventBody::MessageDeleted {
                channel: beep_core::id::Qualified::new(channel.id, third.clone()),
                id: beep_core::id::MessageId::generate(pair.near.clock.now(), [1; 10]),
            },
            Stream::Channel { id: channel, server: server.id },
        ),
    ];
    let unread = inbound::UnreadEntry { error: "no JSON".to_owned(), about: "1 octet".to_owned() };
    let entries: Vec<_> =
        forged.into_iter().map(Into::into).chain([inbound::ReceivedEntry { delta: Err(unread) }]).collect();
    let count = entries.len() as u64;
    let received = Received { stream: applied.stream, first_seq: applied.seq + 1, entries };
    let outcome = inbound::receive(&pair.near, &pair.far.domain, &received).await.expect("memory does not fail");
    assert_eq!((outcome.up_to, outcome.dead_letters), (applied.seq + count, count));
    let aside = pair.near.store.dead_letters(2).await.expect("memory").remove(&pair.far.domain).expect("it is kept");
    assert_eq!((aside.kept, aside.youngest.len()), (count, 2));
    assert_eq!((aside.youngest[0].about.as_str(), aside.youngest[0].error.as_str()), ("1 octet", "no JSON"));
    assert!(pair.near.store.server(&server).await.expect("memory").is_some(), "the server is still there");
}

#[tokio::test]
async fn what_only_a_newer_backend_understands_is_kept_and_passed_on() {
    let mut pair = Pair::new(10, Kept::Memory).await;
    pair.deliver(usize::MAX).await;
    let applied = pair.near.store.inbound(&pair.far.domain).await.expect("memory").expect("something was applied");
    let id = pair.server.clone();
    let body = EventBody::Unknown { kind: "server.sang".to_owned(), data: br#"{"song":[1,2]}"#.to_vec() };
    // A clock that is ahead keeps nothing for longer.
    let at = pair.near.clock.now().after(std::time::Duration::from_secs(1_000_000));
    let place = beep_core::port::Place { seq: 1_000, at };
    let told = beep_core::replica_delta::ReplicatedEvent { stream: Stream::Space(id), place, body: body.clone() };
    let written = serde_json::to_string(&Entry::from(&ReplicaDelta { event: Some(told), ..ReplicaDelta::default() }));
    let read: Entry = serde_json::from_str(&written.expect("it can be written")).expect("it can be read");
    let delta = ReplicaDelta::try_from(read).expect("it is what it was");
    let received = Received { stream: applied.stream, first_seq: applied.seq + 1, entries: vec![delta.into()] };
    let outcome = inbound::receive(&pair.near, &pair.far.domain, &received).await.expect("memory does not fail");
    assert_eq!((outcome.up_to, outcome.dead_letters), (applied.seq + 1, 0));
    let kept = pair.near.store.events_after(Position(0), 1_000).await.expect("memory");
    let kept = kept.last().expect("it is there");
    assert_eq!(kept.body, body);
    assert!(kept.at < at, "{:?}", kept.at);
    // One that says that it is old is kept as others are.
    let stream = Stream::Space(pair.server.clone());
    let place = beep_core::port::Place { seq: 1_001, at: Timestamp::from_millis(0) };
    let told = beep_core::replica_delta::ReplicatedEvent { stream, place, body };
    let delta = ReplicaDelta { event: Some(told), ..ReplicaDelta::default() };
    let received = Received { stream: applied.stream, first_seq: applied.seq + 2, entries: vec![delta.into()] };
    inbound::receive(&pair.near, &pair.far.domain, &received).await.expect("memory does not fail");
    let kept = pair.near.store.events_after(Position(0), 1_000).await.expect("memory");
    let oldest = pair.near.clock.now().before(std::time::Duration::from_secs(2 * 24 * 60 * 60));
    assert!(kept.last().is_some_and(|kept| kept.seq == 1_001 && kept.at > oldest), "{:?}", kept.last());
}

#[tokio::test]
async fn an_owner_says_who_spoke_in_its_channels_and_what() {
    let mut pair = Pair::new(12, Kept::Memory).await;
    pair.deliver(usize::MAX).await;
    let applied = pair.near.store.inbound(&pair.far.domain).await.expect("memory").expect("something was applied");
    let (_, held) =
        pair.near.store.replica(&pair.server, &pair.near.domain).await.expect("memory").expect("it is held");
    let channel = held.facts.channels.values().next().expect("there is one").id.clone();
    let name = AuthorName::parse("Build").expect("a name");
    let text = Content::parse("done").expect("a text");
    let said = [
        (pair.guests[0].clone().into(), text.clone()),
        (Author::Webhook { id: Id::from_uuid(channel.id.uuid()), name: name.clone() }, text.clone()),
        (
            Author::App { id: Qualified::new(Id::from_uuid(channel.id.uuid()), pair.near.domain.clone()), name },
            text.clone(),
        ),
        (Author::System(SystemEvent::parse("server.archived").expect("a name")), text),
        (pair.owner.clone().into(), Content::Sealed(Sealed::new(vec![0, 0xff]).expect("octets"))),
    ];
    let mut seq = applied.seq;
    let mut receive = async |body: &EventBody, told: fn(String) -> String| {
        let stream = Stream::Channel { id: channel.clone(), server: pair.server.id };
        let place = beep_core::port::Place { seq: 1_000 + seq, at: pair.near.clock.now() };
        let event = beep_core::replica_delta::ReplicatedEvent { stream, place, body: body.clone() };
        let entry = Entry::from(&ReplicaDelta { event: Some(event), ..ReplicaDelta::default() });
        let entry: Entry = serde_json::from_str(&told(serde_json::to_string(&entry).expect("JSON"))).expect("an entry");
        let delta = ReplicaDelta::try_from(entry).expect("it can be read");
        seq += 1;
        let received = Received { stream: applied.stream, first_seq: seq, entries: vec![delta.into()] };
        let outcome = inbound::receive(&pair.near, &pair.far.domain, &received).await.expect("memory does not fail");
        assert_eq!((outcome.up_to, outcome.dead_letters), (seq, 0));
        let kept = pair.near.store.events_after(Position(0), 1_000).await.expect("memory");
        kept.last().expect("it is there").body.clone()
    };
    for ((author, content), n) in said.into_iter().zip(1..) {
        let message = Message {
            id: Id::generate(pair.near.clock.now(), [n; 10]),
            channel: channel.clone(),
            author,
            content,
            created_at: pair.near.clock.now(),
            edited_at: None,
            reply_to: None,
            pinned: false,
            reactions: Reactions::default(),
            nonce: None,
        };
        let (id, body) = (message.id, EventBody::MessageCreated(message.clone()));
        assert_eq!(receive(&body, |told| told).await, body);
        assert_eq!(pair.near.store.message(&channel, id).await.expect("memory"), Some(message.clone()));
        // Edited to what only a newer release knows, it is not shown as it was.
        if matches!(message.author, Author::Webhook { .. }) {
            let body = EventBody::MessageUpdated(message);
            let shown = receive(&body, |told| told.replace("\"webhook\"", "\"crow\"")).await;
            assert_eq!(shown, EventBody::MessageDeleted { channel: channel.clone(), id });
            assert_eq!(pair.near.store.message(&channel, id).await.expect("memory"), None);
        }
    }
}

#[tokio::test]
async fn nobody_is_made_a_member_who_did_not_ask() {
    let mut pair = Pair::new(9, Kept::Memory).await;
    pair.deliver(usize::MAX).await;
    let stranger = person(&pair.near, 99);
    resident(&pair.near, &stranger).await;
    servers::join(&pair.far, &Actor::user(stranger.clone()), &pair.server).await.expect("it is public");
    pair.deliver(usize::MAX).await;
    let aside = pair.near.store.dead_letters(10).await.expect("memory");
    assert_eq!(aside[&pair.far.domain].kept, 1, "{aside:?}");
    assert_eq!(pair.near.store.member(&pair.server, &stranger).await.expect("memory"), None);
    inbound::join_intent(&pair.near, &stranger, &pair.server).await.expect("they live here");
    let guest = pair.guests[1].clone();
    servers::join(&pair.far, &Actor::user(guest.clone()), &pair.server).await.expect("it is public");
    pair.deliver(usize::MAX).await;
    assert!(pair.near.store.member(&pair.server, &guest).await.expect("memory").is_some());
    // Who asked to be let into one server is not in another by that.
    let new = NewServer {
        name: ServerName::parse("another").expect("a name"),
        description: Description::parse("").expect("empty"),
        visibility: Visibility::Public,
        template: Template::Community,
    };
    let another = servers::create(&pair.far, &Actor::user(pair.owner.clone()), new).await.expect("anybody may").id;
    servers::join(&pair.far, &Actor::user(guest.clone()), &another).await.expect("it is public");
    pair.deliver(usize::MAX).await;
    let aside = pair.near.store.dead_letters(10).await.expect("memory");
    assert_eq!(aside[&pair.far.domain].kept, 2, "{aside:?}");
    assert_eq!(pair.near.store.member(&another, &guest).await.expect("memory"), None);
    // Nor is who left in it again by having asked once.
    for _ in 0..2 {
        servers::leave(&pair.far, &Actor::user(guest.clone()), &pair.server).await.expect("anybody may");
        pair.deliver(usize::MAX).await;
        servers::join(&pair.far, &Actor::user(guest.clone()), &pair.server).await.expect("it is public");
        pair.deliver(usize::MAX).await;
        assert_eq!(pair.near.store.member(&pair.server, &guest).await.expect("memory"), None);
    }
}

#[tokio::test]
async fn an_id_that_is_in_use_for_something_else_is_refused() {
    let mut pair = Pair::new(8, Kept::Memory).await;
    // Another backend of the same far domain's making: its server has the id of one that is at home here.
    let own = Actor::user(pair.guests[0].clone());
    let new = NewServer {
        name: ServerName::parse("home").expect("a name"),
        description: Description::parse("").expect("empty"),
        visibility: Visibility::Public,
        template: Template::Community,
    };
    let home = servers::create(&pair.near, &own, new).await.expect("anybody may");
    let mut state =
        outbound::snapshot(&pair.far, &pair.server, &pair.near.domain).await.expect("memory").expect("there");
    let facts = Arc::make_mut(&mut state.facts);
    let stolen = beep_core::id::Qualified::new(home.id.id, pair.far.domain.clone());
    facts.server.id = stolen.clone();
    facts.roles.values_mut().for_each(|role| Arc::make_mut(role).server = stolen.clone());
    facts.channels.values_mut().for_each(|channel| Arc::make_mut(channel).server = stolen.id);
    state.members.iter_mut().for_each(|member| member.server = stolen.clone());
    pair.deliver(usize::MAX).await;
    let applied = pair.near.store.inbound(&pair.far.domain).await.expect("memory").expect("something was applied");
    let delta = ReplicaDelta { state: Some(Box::new(state)), ..ReplicaDelta::default() };
    let received = Received { stream: applied.stream, first_seq: applied.seq + 1, entries: vec![delta.into()] };
    let outcome = inbound::receive(&pair.near, &pair.far.domain, &received).await.expect("memory does not fail");
    assert_eq!((outcome.up_to, outcome.dead_letters), (applied.seq + 1, 1));
    let kept = pair.near.store.server(&home.id).await.expect("memory").expect("it is there");
    assert_eq!(kept.id, home.id);
}

#[tokio::test]
async fn a_role_that_was_deleted_before_is_told_to_nobody() {
    let mut pair = Pair::new(14, Kept::Memory).await;
    let (owner, guest) = (Actor::user(pair.owner.clone()), pair.guests[0].clone());
    let create = async |pair: &Pair, name: &str| {
        let name = RoleName::parse(name).expect("a name");
        let new = NewRole {
            name,
            permissions: Permissions::SEND_MESSAGES,
            color: None,
            position: 1,
            hoist: false,
            mentionable: false,
        };
        roles::create(&pair.far, &owner, &pair.server, new).await.expect("the owner may").id
    };
    let deleted = create(&pair, "deleted").await;
    members::assign_role(&pair.far, &owner, &pair.server, &guest, deleted).await.expect("the owner may");
    roles::delete(&pair.far, &owner, &pair.server, deleted).await.expect("the owner may");
    outbound::reset(&pair.far, &pair.near.domain).await.expect("memory");
    pair.restart().await;
    let kept = create(&pair, "kept").await;
    members::assign_role(&pair.far, &owner, &pair.server, &guest, kept).await.expect("the owner may");
    pair.deliver(usize::MAX).await;
    let events = pair.near.store.events_after(Position(0), 1_000).await.expect("memory");
    let changes = events.iter().filter_map(|event| match &event.body {
        EventBody::MemberUpdated { member, before } => Some((member.roles.clone(), before.roles.clone())),
        _ => None,
    });
    assert_eq!(changes.collect::<Vec<_>>(), [(vec![kept], vec![])]);
    pair.compare().await;
}

#[tokio::test]
async fn an_owner_says_what_nobody_wrote_who_is_not_in_its_server() {
    let mut pair = Pair::new(15, Kept::Memory).await;
    pair.deliver(usize::MAX).await;
    let applied = pair.near.store.inbound(&pair.far.domain).await.expect("memory").expect("something was applied");
    let channel = pair.channels().await.into_iter().next().expect("a channel");
    let [member, stranger] = [pair.guests[0].clone(), pair.guests[1].clone()];
    let third = beep_core::id::UserKey::new(stranger.id, Domain::parse("c.example.com").expect("a domain"));
    let mut seq = applied.seq;
    let mut told = async |body: fn(ChannelKey, UserKey, MessageId, Timestamp) -> EventBody, user: &UserKey| {
        seq += 1;
        let now = pair.near.clock.now();
        let body = body(channel.clone(), user.clone(), Id::from_uuid(uuid::Uuid::from_u128(seq.into())), now);
        let stream = Stream::Channel { id: channel.clone(), server: pair.server.id };
        let place = beep_core::port::Place { seq, at: now };
        let event = Some(beep_core::replica_delta::ReplicatedEvent { stream, place, body });
        let entries = vec![ReplicaDelta { event, ..ReplicaDelta::default() }.into()];
        let received = Received { stream: applied.stream, first_seq: seq, entries };
        inbound::receive(&pair.near, &pair.far.domain, &received).await.expect("memory").dead_letters
    };
    type Saying = fn(ChannelKey, UserKey, MessageId, Timestamp) -> EventBody;
    let says: [Saying; 3] = [
        |channel, author, id, at| EventBody::MessageCreated(so_they_say(channel, author, id, at)),
        |channel, author, id, at| EventBody::MessageUpdated(so_they_say(channel, author, id, at)),
        |channel, user, id, _| {
            let emoji = Emoji::parse("👍").expect("an emoji");
            EventBody::ReactionAdded { channel, id, emoji, user, count: 1 }
        },
    ];
    for says in says {
        assert_eq!(told(says, &member).await, 0);
        assert_eq!(told(says, &third).await, 0, "of others it is the owner's word on its channel");
        assert_eq!(told(says, &stranger).await, 1);
    }
    // Who has left, and of whom the owner has yet to say so, wrote until then.
    pair.line.cut();
    remote::leave(&pair.near, &Actor::user(member.clone()), &pair.server).await.expect("they leave");
    assert_eq!(told(says[0], &member).await, 0);
}

/// What an owner says that somebody wrote.
fn so_they_say(channel: ChannelKey, author: UserKey, id: MessageId, created_at: Timestamp) -> Message {
    Message {
        id,
        channel,
        author: Author::User(author),
        content: Content::parse("so they say").expect("a text"),
        nonce: None,
        reply_to: None,
        pinned: false,
        reactions: Reactions::default(),
        created_at,
        edited_at: None,
    }
}
