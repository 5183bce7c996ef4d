//! What another backend might say of private conversations to harm those of others: a direct one is where it has to be for
//! its two, and any is no more than its kind allows.

use std::sync::Arc;

use beep_core::backend::conversations;
use beep_core::backend::inbound::{self, Received};
use beep_core::backend::messages::{self, NewMessage};
use beep_core::backend::servers::{self, NewServer};
use beep_core::backend::{Actor, Refusal, outbound, remote};
use beep_core::channel::Channel;
use beep_core::content::Content;
use beep_core::direct::DirectKey;
use beep_core::domain::Domain;
use beep_core::event::{EventBody, Stream};
use beep_core::facts::{MOST_PARTICIPANTS, SpaceFacts};
use beep_core::id::{ChannelId, Id, Qualified, RoleId, SpaceKey, UserKey};
use beep_core::member::Member;
use beep_core::permission::Permissions;
use beep_core::port::{Change, Place, SpaceWrite};
use beep_core::replica::Replica;
use beep_core::replica_delta::{ReplicaDelta, ReplicatedEvent};
use beep_core::role::Role;
use beep_core::space::{Space, SpaceKind, Template, Visibility};
use beep_core::text::{ChannelName, Description, ServerName};
use beep_core::time::Timestamp;

use crate::pair::{Kept, Pair, person, resident};

/// The pair when all is told, and somebody of the far one whose direct conversation with the first guest it owns, who is in
/// the server.
async fn stage(seed: u64) -> (Pair, UserKey, DirectKey) {
    let mut pair = Pair::new(seed, Kept::Memory).await;
    let guest = pair.guests[0].clone();
    let is_owner = |other: &UserKey| DirectKey::of(&guest, other).is_some_and(|key| *key.home() == pair.far.domain);
    let other = (100..).map(|number| person(&pair.far, number)).find(is_owner).expect("about half of them are");
    resident(&pair.far, &other).await;
    servers::join(&pair.far, &Actor::user(other.clone()), &pair.server).await.expect("it is public");
    pair.deliver(usize::MAX).await;
    let key = DirectKey::of(&guest, &other).expect("two");
    (pair, other, key)
}

fn told(pair: &Pair, stream: Stream, seq: u64, body: EventBody) -> ReplicaDelta {
    let place = Place { seq, at: pair.near.clock.now() };
    ReplicaDelta { event: Some(ReplicatedEvent { stream, place, body }), ..ReplicaDelta::default() }
}

fn whole(state: Replica) -> ReplicaDelta {
    ReplicaDelta { state: Some(Box::new(state)), ..ReplicaDelta::default() }
}

/// Has the near backend receive what another says; gives how much of it was set aside.
async fn say(pair: &Pair, origin: &Domain, deltas: Vec<ReplicaDelta>) -> u64 {
    let mark = pair.near.store.inbound(origin).await.expect("memory");
    let (stream, seq) = mark.map_or((uuid::Uuid::from_u128(5), 0), |mark| (mark.stream, mark.seq));
    let entries = deltas.into_iter().map(Into::into).collect();
    let received = Received { stream, first_seq: seq + 1, entries };
    inbound::receive(&pair.near, origin, &received).await.expect("nothing stops it").dead_letters
}

async fn held(pair: &Pair, space: &SpaceKey) -> Option<Replica> {
    pair.near.store.replica(space, &pair.near.domain).await.expect("memory").map(|(_, held)| held)
}

/// The same space as another backend would call it.
fn moved(truth: &Replica, to: &Domain, with: impl Fn(&mut Space)) -> Replica {
    let mut space = truth.facts.server.clone();
    space.id.home = to.clone();
    with(&mut space);
    let (id, kind) = (space.id.clone(), space.kind);
    let roles = truth.facts.roles.values().map(|role| Role { server: id.clone(), ..(**role).clone() });
    let channels = truth.facts.channels.values();
    let channels =
        channels.map(|one| Channel { id: Qualified::new(one.id.id, to.clone()), kind: kind.into(), ..(**one).clone() });
    let members = truth.members.iter().map(|member| Member { server: id.clone(), ..member.clone() }).collect();
    let facts = SpaceFacts::new(space, 0, roles, channels).expect("it has a role for everyone");
    Replica { facts: Arc::new(facts), members, ..truth.clone() }
}

#[tokio::test]
async fn who_claims_the_direct_conversation_of_others_first_takes_nothing_and_hides_nothing() {
    let (mut pair, other, key) = stage(61).await;
    let guest = pair.guests[0].clone();
    let new = || NewMessage { content: Content::parse("the true one").expect("a text"), nonce: None, reply_to: None };
    let opened = conversations::open_direct(&pair.far, &Actor::user(other.clone()), &guest).await.expect("they may");
    assert_eq!((&opened.channel.space_key(), &opened.channel.id), (&key.space, &key.channel));
    let said = messages::send(&pair.far, &Actor::user(other.clone()), &key.channel, new()).await.expect("they may");

    // The squatter knows all ids and has a server that the guest is in, so that it may have them in groups of its own.
    let evil = Domain::parse("evil.example.com").expect("a domain");
    let server =
        outbound::snapshot(&pair.far, &pair.server, &pair.near.domain).await.expect("memory").expect("it is there");
    let theirs = moved(&server, &evil, |space| space.owner.home = evil.clone());
    inbound::join_intent(&pair.near, &guest, &theirs.facts.server.id).await.expect("they live here");
    assert_eq!(say(&pair, &evil, vec![whole(theirs)]).await, 0);
    let truth =
        outbound::snapshot(&pair.far, &key.space, &pair.near.domain).await.expect("memory").expect("it is there");
    let of_evil = UserKey::new(other.id, evil.clone());
    let lies = vec![
        // It owns the conversation of none of these pairs, at these ids.
        whole(moved(&truth, &evil, |_| {})),
        whole(moved(&truth, &evil, |space| space.owner = of_evil.clone())),
        whole(moved(&truth, &evil, |space| space.owner = guest.clone())),
        // And nothing else is at these ids.
        whole(moved(&truth, &evil, |space| (space.kind, space.owner) = (SpaceKind::Group, of_evil.clone()))),
        whole(moved(&truth, &evil, |space| space.kind = SpaceKind::Community)),
        // Of this it may not even tell.
        whole(truth.clone()),
    ];
    let count = lies.len() as u64;
    assert_eq!(say(&pair, &evil, lies).await, count);
    assert!(held(&pair, &key.space).await.is_none());

    pair.deliver(usize::MAX).await;
    let found = held(&pair, &key.space).await.expect("it is told");
    assert_eq!((found.facts.server.kind, &found.facts.server.owner), (SpaceKind::Direct, &other));
    let copy = pair.near.store.message(&key.channel, said.id).await.expect("memory").expect("it is told");
    assert_eq!(copy.content, said.content);
    let snapshot = pair.near.store.snapshot(&guest, None).await.expect("memory");
    let seen: Vec<&SpaceKey> = snapshot.servers.iter().map(|held| &held.facts.server.id).collect();
    assert!(seen.contains(&&key.space) && seen.len() == 3, "{seen:?}");

    // What it removes is not there, or its own.
    let claimed = Qualified::new(key.space.id, evil.clone());
    let gone = EventBody::SpaceDeleted { id: claimed.clone() };
    assert_eq!(say(&pair, &evil, vec![told(&pair, Stream::Space(claimed), 1_000, gone)]).await, 0);
    pair.compare_space(&pair.far, &pair.near, &key.space).await;
}

#[tokio::test]
async fn an_owner_makes_no_more_of_a_private_space_than_its_kind_allows() {
    let (mut pair, other, key) = stage(62).await;
    let (guest, far) = (pair.guests[0].clone(), pair.far.domain.clone());
    let actor = Actor::user(other.clone());
    conversations::open_direct(&pair.far, &actor, &guest).await.expect("they may");
    let group = conversations::create_group(&pair.far, &actor, None, std::slice::from_ref(&guest)).await.expect("may");
    pair.deliver(usize::MAX).await;
    for id in [&key.space, &group.space_key()] {
        let before = held(&pair, id).await.expect("it is told");
        let facts = &before.facts;
        let (space, channel) = (&facts.server, facts.channels.values().next().expect("there is one"));
        let role = Role::clone(facts.roles.values().next().expect("there is one"));
        let in_space = |body| told(&pair, Stream::Space(id.clone()), 1_000, body);
        let in_channel =
            |of: &Channel, body| told(&pair, Stream::Channel { id: of.id.clone(), server: id.id }, 1_000, body);
        let becomes = |with: &dyn Fn(&mut Space)| {
            let mut server = space.clone();
            with(&mut server);
            in_space(EventBody::SpaceUpdated { server, before: space.clone() })
        };
        let second = Channel {
            id: Qualified::new(ChannelId::from_uuid(uuid::Uuid::from_u128(9)), far.clone()),
            ..(**channel).clone()
        };
        let fewer = Channel { participants: vec![other.clone()], ..(**channel).clone() };
        let elsewhere = Channel { id: second.id.clone(), ..(**channel).clone() };
        let told_whole = |channel: Channel| {
            let facts =
                SpaceFacts::new(space.clone(), 0, [role.clone()], [channel]).expect("it has a role for everyone");
            whole(Replica { facts: Arc::new(facts), ..before.clone() })
        };
        let slow = Channel { slow_mode_s: 60, ..(**channel).clone() };
        let wider = Role { permissions: Permissions::all(), ..role.clone() };
        let further = Role { id: RoleId::from_uuid(uuid::Uuid::from_u128(9)), everyone: false, ..role.clone() };
        let (joined, now) = (before.members[0].clone(), pair.near.clock.now());
        let muted = Member { muted_until: Some(Timestamp::from_millis(now.millis() + 60_000)), ..joined.clone() };
        let risen = Member { roles: vec![role.id], ..joined.clone() };
        let member_becomes =
            |member: &Member| in_space(EventBody::MemberUpdated { member: member.clone(), before: joined.clone() });
        let stranger = Member::joining(id.clone(), pair.guests[2].clone(), pair.near.clock.now());
        let mut lies = vec![
            becomes(&|space| space.kind = SpaceKind::Community),
            becomes(&|space| space.visibility = Visibility::Public),
            in_space(EventBody::RoleUpdated { role: wider, before: role.clone() }),
            in_space(EventBody::RoleCreated(further)),
            in_channel(&second, EventBody::ChannelCreated(second.clone())),
            in_channel(channel, EventBody::ChannelDeleted { before: (**channel).clone() }),
            in_channel(channel, EventBody::ChannelUpdated { channel: slow, before: (**channel).clone() }),
            // Who shares no server with anybody there has nobody put them in a conversation.
            in_channel(channel, EventBody::MemberJoined(stranger)),
            // Who takes part is told by who comes and goes, in the stream of the channel.
            in_channel(channel, EventBody::ChannelUpdated { channel: fewer.clone(), before: (**channel).clone() }),
            in_space(EventBody::MemberLeft { server: id.clone(), user: other.clone() }),
            in_channel(channel, EventBody::MemberBanned { server: id.clone(), user: other.clone() }),
            becomes(&|space| space.owner = guest.clone()),
            told_whole(fewer),
            told_whole(elsewhere),
            member_becomes(&muted),
            member_becomes(&risen),
            whole(Replica { members: vec![muted], ..before.clone() }),
            ReplicaDelta { vanished: vec![(channel.id.clone(), id.id)], ..ReplicaDelta::default() },
            whole(moved(&before, &far, |space| space.kind = SpaceKind::Community)),
        ];
        if space.kind == SpaceKind::Direct {
            let named = Channel { name: Some(ChannelName::parse("mine").expect("a name")), ..(**channel).clone() };
            let third = Member::joining(id.clone(), pair.owner.clone(), pair.near.clock.now());
            lies.extend([
                in_channel(channel, EventBody::ChannelUpdated { channel: named, before: (**channel).clone() }),
                in_channel(channel, EventBody::MemberJoined(third)),
                in_channel(channel, EventBody::MemberLeft { server: id.clone(), user: guest.clone() }),
                whole(moved(&before, &far, |space| space.kind = SpaceKind::Group)),
                whole(moved(&before, &far, |space| space.member_count = 3)),
            ]);
        }
        let count = lies.len() as u64;
        assert_eq!(say(&pair, &far, lies).await, count, "{:?}", space.kind);
        assert!(held(&pair, id).await.expect("it is there").agrees(&before));
    }
}

#[tokio::test]
async fn an_owner_puts_a_user_into_so_many_private_spaces_and_no_more() {
    let (mut pair, other, _) = stage(63).await;
    let guest = pair.guests[0].clone();
    pair.deliver(usize::MAX).await;
    let theirs = pair.near.store.server(&pair.server).await.expect("memory").expect("it is told");
    let group = |number: u128| Space {
        id: Qualified::new(Id::from_uuid(uuid::Uuid::from_u128(number)), pair.far.domain.clone()),
        kind: SpaceKind::Group,
        visibility: Visibility::Private,
        ..theirs.clone()
    };
    // With the server there is room for one more.
    let groups = (1..999).map(group).fold(Change::default(), |change, space| {
        let member = Member::joining(space.id.clone(), guest.clone(), theirs.created_at);
        change.write(SpaceWrite::Put(space)).put(member)
    });
    pair.near.store.commit(groups).await.expect("memory");
    let actor = Actor::user(other.clone());
    for (is_taken, aside) in [(true, 0), (false, 1)] {
        let made =
            conversations::create_group(&pair.far, &actor, None, std::slice::from_ref(&guest)).await.expect("they may");
        pair.deliver(usize::MAX).await;
        assert_eq!(held(&pair, &made.space_key()).await.is_some(), is_taken);
        let letters = pair.near.store.dead_letters(1).await.expect("memory");
        assert_eq!(letters.get(&pair.far.domain).map_or(0, |letters| letters.kept), aside);
    }
}

#[tokio::test]
async fn nobody_is_added_to_a_server_or_to_a_direct_conversation_of_another_backend() {
    let (mut pair, other, key) = stage(63).await;
    let (guest, friend) = (pair.guests[0].clone(), person(&pair.near, 500));
    // They may write to each other, as both are in a server at home.
    resident(&pair.near, &friend).await;
    let new = NewServer {
        name: ServerName::parse("near").expect("a name"),
        description: Description::parse("").expect("empty"),
        visibility: Visibility::Public,
        template: Template::Community,
    };
    let near = servers::create(&pair.near, &Actor::user(guest.clone()), new).await.expect("anybody may");
    servers::join(&pair.near, &Actor::user(friend.clone()), &near.id).await.expect("it is public");
    conversations::open_direct(&pair.far, &Actor::user(other), &guest).await.expect("they may");
    pair.deliver(usize::MAX).await;
    let channel = pair.channels().await.into_iter().next().expect("there is one");
    for (channel, space) in [(&channel, &pair.server), (&key.channel, &key.space)] {
        let added = remote::add(&pair.near, &Actor::user(guest.clone()), channel, &friend).await;
        assert!(matches!(added, Err(Refusal::NotFound | Refusal::Conflict(_))), "{added:?}");
        // Nor may its owner say so then.
        assert_eq!(pair.near.store.join_intents(space, &[friend.id]).await.expect("memory"), []);
        let joined = Member::joining(space.clone(), friend.clone(), pair.near.clock.now());
        let stream = pair.near.store.server(space).await.expect("memory").expect("it is told").stream();
        let said = told(&pair, stream, 1_000, EventBody::MemberJoined(joined));
        assert_eq!(say(&pair, &pair.far.domain, vec![said]).await, 1);
    }
}

#[tokio::test]
async fn a_group_of_another_backend_has_so_many_participants_and_no_more() {
    let (mut pair, other, _) = stage(64).await;
    let guest = pair.guests[0].clone();
    let actor = Actor::user(other);
    let group = conversations::create_group(&pair.far, &actor, None, &[guest]).await.expect("they may");
    pair.deliver(usize::MAX).await;
    let id = &group.space_key();
    let held_of = held(&pair, id).await.expect("it is told");
    let (stream, seq) = (held_of.facts.server.stream(), held_of.own_seq());
    let most = MOST_PARTICIPANTS as u64;
    let mut joined = Vec::new();
    for number in 0..most {
        let user = person(&pair.near, 2_000 + number);
        resident(&pair.near, &user).await;
        inbound::join_intent(&pair.near, &user, id).await.expect("they live here");
        let member = Member::joining(id.clone(), user, pair.near.clock.now());
        joined.push(told(&pair, stream.clone(), seq + 1 + number, EventBody::MemberJoined(member)));
    }
    assert_eq!(say(&pair, &pair.far.domain, joined).await, 2, "two are in it already");
    let mut full = held(&pair, id).await.expect("it is there");
    assert_eq!(full.members.len() as u64, most - 1);
    let last = Member::joining(id.clone(), person(&pair.near, 3_000), pair.near.clock.now());
    full.members.push(last);
    assert_eq!(say(&pair, &pair.far.domain, vec![whole(full)]).await, 1);
}
