//! Snapshots.

use std::collections::BTreeSet;

use beep_core::event::{EventBody, Position};
use beep_core::member::Member;
use beep_core::port::{Change, MOST_PRIVATE_SPACES};
use beep_core::space::SpaceKind;

use super::Stage;
use super::sample::{Community, channel, community, nth, role, user};

/// A snapshot has every server of a user with its facts, and nothing of others.
pub async fn a_snapshot_shows_what_a_user_holds(stage: &Stage) {
    let empty = stage.store.snapshot(&user(1), None).await.expect("read");
    assert_eq!((empty.position, empty.servers.len(), empty.user_seq), (Position(0), 0, 0));
    let (first, second, foreign) = (community(stage).await, Community::new(2), Community::new(3));
    for community in [&second, &foreign] {
        stage.commit(community.made()).await;
    }
    stage.commit(Change::default().remove::<Member>((foreign.id(), user(1)))).await;
    let role = role(5, &second.server);
    let mut member = second.member(user(2));
    member.roles = vec![role.id];
    let extra = channel(6, &second.server);
    let change = Change::modifying(&second.id(), 1)
        .put(role)
        .put(extra.clone())
        .put(member.clone())
        .space_event(&second.server, EventBody::MemberJoined(member.clone()))
        .user_event(&user(2), EventBody::SessionRevoked { id: nth(1) });
    stage.commit(change).await;
    stage.commit(Change::default().write(second.post(second.draft("a")))).await;
    stage.commit(Change::default().write(second.post(second.draft("b")))).await;
    let store = &stage.store;
    let snapshot = store.snapshot(&user(2), None).await.expect("read");
    assert_eq!((snapshot.position, snapshot.user_seq), (Position(7), 1));
    assert_eq!(snapshot.position, store.log_state().await.expect("read").head);
    let [held] = &snapshot.servers[..] else { panic!("{snapshot:?}") };
    assert_eq!(Some((*held.facts).clone()), store.space_facts(&second.id()).await.expect("read"));
    assert_eq!(held.facts.revision, 2);
    assert_eq!(held.member, member);
    assert_eq!(held.seq, 2);
    let seqs = [(extra.id.id, 0), (second.channel.id.id, 2)].into_iter().collect();
    assert_eq!(held.channel_seqs, seqs);
    let alone = store.snapshot_of(&user(2), &second.id()).await.expect("read");
    let (position, alone) = alone.expect("they are in it");
    assert_eq!((position, &alone.facts, &alone.member), (snapshot.position, &held.facts, &held.member));
    assert_eq!((alone.seq, &alone.channel_seqs), (held.seq, &held.channel_seqs));
    assert!(store.snapshot_of(&user(2), &first.id()).await.expect("read").is_none(), "they are not in it");
    let owner = store.snapshot(&user(1), None).await.expect("read");
    let ids: Vec<_> = owner.servers.iter().map(|held| held.facts.server.id.clone()).collect();
    assert_eq!(ids, [first.id(), second.id()]);
    assert_eq!(owner.user_seq, 0);
}

/// A snapshot has those of a user's private spaces in which something happened last, and all in which something happened
/// since a position that is asked for; lists of servers have none of them.
pub async fn a_snapshot_has_the_private_spaces_of_late(stage: &Stage) {
    let store = &stage.store;
    let server = community(stage).await;
    let most = u64::from(MOST_PRIVATE_SPACES);
    let mut private = Vec::new();
    for n in 0..most + 5 {
        let mut group = Community::new(100 + n);
        group.server.kind = if n % 2 == 0 { SpaceKind::Group } else { SpaceKind::Direct };
        group.channel.name = None;
        stage.commit(group.made()).await;
        private.push(group);
    }
    let made = store.log_state().await.expect("read").head;
    let held = async |since: Option<Position>| {
        let snapshot = store.snapshot(&user(1), since).await.expect("read");
        snapshot.servers.into_iter().map(|held| held.facts.server.id.clone()).collect::<BTreeSet<_>>()
    };
    let with = |of: &[&Community]| of.iter().map(|one| one.id()).chain([server.id()]).collect::<BTreeSet<_>>();
    let all: Vec<&Community> = private.iter().collect();
    // The youngest, and what was written in last whenever it was made.
    assert_eq!(held(None).await, with(&all[5..]));
    stage.commit(all[1].says("hello")).await;
    let late = [&all[1..2], &all[6..]].concat();
    assert_eq!(held(None).await, with(&late));
    // Of all since a moment there is something to tell, however many they are.
    assert_eq!(held(Some(Position(0))).await, with(&all));
    assert_eq!(held(Some(made)).await, with(&late), "those of late are there in any case");
    let facts = store.space_facts(&all[1].id()).await.expect("read").expect("it is there");
    assert_eq!((facts.server.kind, facts.channels.len()), (SpaceKind::Direct, 1));

    let listed = store.servers_of(&user(1), None, 100).await.expect("read");
    assert_eq!(listed.into_iter().map(|server| server.id).collect::<Vec<_>>(), [server.id()]);
    assert_eq!(store.owned_servers(&user(1)).await.expect("read"), 1);
    let mut spaces = store.spaces_of(&user(1), None, 3).await.expect("read");
    spaces.extend(store.spaces_of(&user(1), spaces.last(), 1_000).await.expect("read"));
    assert_eq!(spaces, with(&all).into_iter().collect::<Vec<_>>());
    stage.commit(Change::default().remove::<Member>((all[1].id(), user(1)))).await;
    assert_eq!(held(None).await, with(&all[5..]));
}

/// While others write, every part of a snapshot is as it was at its position.
pub async fn a_snapshot_is_of_one_position(stage: &Stage) {
    let community = community(stage).await;
    let other = Community::new(2);
    stage.commit(other.made()).await;
    let store = stage.store.clone();
    let (id, channel) = (community.id(), community.channel.id.clone());
    let writing = tokio::spawn(async move {
        for n in 0..100 {
            let joined = community.joined_by(user(100 + n));
            store.commit(joined).await.expect("they join");
            store.commit(community.says("hello")).await.expect("it is sent");
        }
    });
    while !writing.is_finished() {
        let snapshot = stage.store.snapshot(&user(1), None).await.expect("read");
        let held = snapshot.servers.iter().find(|held| held.facts.server.id.id == id.id).expect("it is held");
        // Each join is an event of the server's stream and each message one of the channel's.
        assert_eq!(held.facts.server.member_count, held.seq);
        assert_eq!(held.seq + held.channel_seqs[&channel.id] + 1, snapshot.position.0);
        assert_eq!(held.facts.channels[&channel.id].last_message.is_some(), held.channel_seqs[&channel.id] > 0);
        tokio::task::yield_now().await;
    }
    writing.await.expect("all is written");
}
