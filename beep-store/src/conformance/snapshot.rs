//! Snapshots.

use beep_core::event::{EventBody, Position};
use beep_core::member::Member;
use beep_core::port::Change;

use super::Stage;
use super::sample::{Community, channel, community, nth, role, user};

/// A snapshot has every server of a user with its facts, and nothing of others.
pub async fn a_snapshot_shows_what_a_user_holds(stage: &Stage) {
    let empty = stage.store.snapshot(&user(1)).await.expect("read");
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
    let snapshot = store.snapshot(&user(2)).await.expect("read");
    assert_eq!((snapshot.position, snapshot.user_seq), (Position(7), 1));
    assert_eq!(snapshot.position, store.log_state().await.expect("read").head);
    let [held] = &snapshot.servers[..] else { panic!("{snapshot:?}") };
    assert_eq!(Some((*held.facts).clone()), store.space_facts(&second.id()).await.expect("read"));
    assert_eq!(held.facts.revision, 2);
    assert_eq!(held.member, member);
    assert_eq!(held.seq, 2);
    let seqs = [(extra.id.id, 0), (second.channel.id.id, 2)].into_iter().collect();
    assert_eq!(held.channel_seqs, seqs);
    let owner = store.snapshot(&user(1)).await.expect("read");
    let ids: Vec<_> = owner.servers.iter().map(|held| held.facts.server.id.clone()).collect();
    assert_eq!(ids, [first.id(), second.id()]);
    assert_eq!(owner.user_seq, 0);
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
        let snapshot = stage.store.snapshot(&user(1)).await.expect("read");
        let held = snapshot.servers.iter().find(|held| held.facts.server.id.id == id.id).expect("it is held");
        // Each join is an event of the server's stream and each message one of the channel's.
        assert_eq!(held.facts.server.member_count, held.seq);
        assert_eq!(held.seq + held.channel_seqs[&channel.id] + 1, snapshot.position.0);
        assert_eq!(held.facts.channels[&channel.id].last_message.is_some(), held.channel_seqs[&channel.id] > 0);
        tokio::task::yield_now().await;
    }
    writing.await.expect("all is written");
}
