//! A backend that gives its own things the ids of another's, and is heard first: it takes nothing and hides nothing.

use std::sync::Arc;

use beep_core::backend::inbound::{self, Received};
use beep_core::backend::messages::{self, NewMessage};
use beep_core::backend::{Actor, outbound};
use beep_core::channel::Channel;
use beep_core::content::Content;
use beep_core::domain::Domain;
use beep_core::event::{EventBody, Stream};
use beep_core::facts::SpaceFacts;
use beep_core::id::{Qualified, SpaceKey};
use beep_core::message::Message;
use beep_core::port::Place;
use beep_core::replica::Replica;
use beep_core::replica_delta::{ReplicaDelta, ReplicatedEvent};
use beep_core::role::Role;
use beep_core::text::ServerName;

use crate::pair::{Kept, Pair};
use crate::sql;

#[tokio::test]
async fn ids_that_were_claimed_first_are_free_for_their_owner() {
    let mut kinds = vec![Kept::Memory, Kept::Files(tempfile::tempdir().expect("a folder for the databases"))];
    if let (Some(near), Some(far)) = (sql::new_postgres().await, sql::new_postgres().await) {
        kinds.push(Kept::Databases([near, far]));
    }
    for kept in kinds {
        squat(Pair::new(31, kept).await).await;
    }
}

async fn squat(mut pair: Pair) {
    let squatter = Domain::parse("evil.example.com").expect("a domain");
    let guest = pair.guests[0].clone();
    let channel = pair.channels().await.into_iter().next().expect("a channel");
    let owner = Actor::user(pair.owner.clone());
    let new = NewMessage { content: Content::parse("the true one").expect("a text"), nonce: None, reply_to: None };
    let said = messages::send(&pair.far, &owner, &channel, new).await.expect("the owner may send");

    // The squatter knows all ids, and has a member here who asked to be let in.
    let truth = outbound::snapshot(&pair.far, &pair.server, &pair.near.domain).await.expect("it reads").expect("there");
    let claimed = moved(&truth, &squatter);
    let theirs = claimed.facts.server.id.clone();
    inbound::join_intent(&pair.near, &guest, &theirs).await.expect("they live here");
    let false_channel = Qualified::new(channel.id, squatter.clone());
    let stream = Stream::Channel { id: false_channel.clone(), server: theirs.id };
    let words = Content::parse("a false one").expect("a text");
    let false_message = Message { channel: false_channel.clone(), content: words.clone(), ..said.clone() };
    let place = Place { seq: claimed.seq + 10, at: pair.near.clock.now() };
    let body = EventBody::MessageCreated(false_message);
    let deltas = vec![
        ReplicaDelta { state: Some(Box::new(claimed)), ..ReplicaDelta::default() },
        ReplicaDelta { event: Some(ReplicatedEvent { stream, place, body }), ..ReplicaDelta::default() },
    ];
    assert_eq!(say(&pair, &squatter, 1, deltas).await, 0);

    // Afterwards the true ones arrive and work.
    pair.deliver(usize::MAX).await;
    let held = async |key: &SpaceKey| pair.near.store.server(key).await.expect("it reads");
    assert_eq!(held(&pair.server).await.expect("it is there").name, truth.facts.server.name);
    assert_ne!(held(&theirs).await.expect("it is there").name, truth.facts.server.name);
    let events = pair.near.store.channel_events(&channel, 0, 100).await.expect("it reads");
    let told = events.iter().filter_map(|event| match &event.body {
        EventBody::MessageCreated(message) => Some(&message.content),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [&said.content]);
    let snapshot = pair.near.store.snapshot(&guest, None).await.expect("it reads");
    let mut seen: Vec<_> = snapshot.servers.iter().map(|held| held.facts.server.id.clone()).collect();
    seen.sort();
    let mut both = [pair.server.clone(), theirs.clone()];
    both.sort();
    assert_eq!(seen, both);

    // What the squatter removes is its own.
    let stream = Stream::Space(theirs.clone());
    let place = Place { seq: u64::from(u32::MAX), at: pair.near.clock.now() };
    let body = EventBody::SpaceDeleted { id: theirs.clone() };
    let delta = ReplicaDelta { event: Some(ReplicatedEvent { stream, place, body }), ..ReplicaDelta::default() };
    assert_eq!(say(&pair, &squatter, 3, vec![delta]).await, 0);
    assert_eq!(held(&theirs).await, None);
    assert!(held(&pair.server).await.is_some());
    pair.compare().await;
}

/// The same server as another backend would call it, with another name.
fn moved(truth: &Replica, to: &Domain) -> Replica {
    let mut space = truth.facts.server.clone();
    space.id.home = to.clone();
    space.owner.home = to.clone();
    space.name = ServerName::parse("not the same").expect("a name");
    let server = space.id.clone();
    let roles: Vec<Role> =
        truth.facts.roles.values().map(|role| Role { server: server.clone(), ..(**role).clone() }).collect();
    let channels: Vec<Channel> = truth
        .facts
        .channels
        .values()
        .map(|channel| Channel { id: Qualified::new(channel.id.id, to.clone()), ..(**channel).clone() })
        .collect();
    let mut members = truth.members.clone();
    members.iter_mut().for_each(|member| member.server = server.clone());
    let facts = SpaceFacts::new(space, 0, roles, channels).expect("it has a role for everyone");
    Replica { facts: Arc::new(facts), members, ..truth.clone() }
}

/// Has the near backend receive what a third one says; gives how much of it was set aside.
async fn say(pair: &Pair, origin: &Domain, first_seq: u64, deltas: Vec<ReplicaDelta>) -> u64 {
    let entries = deltas.into_iter().map(Into::into).collect();
    let received = Received { stream: uuid::Uuid::from_u128(5), first_seq, entries };
    inbound::receive(&pair.near, origin, &received).await.expect("nothing stops it").dead_letters
}
