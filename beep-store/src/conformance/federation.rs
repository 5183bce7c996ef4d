//! What is kept of other backends.

use std::collections::BTreeMap;
use std::time::Duration;

use beep_core::account::User;
use beep_core::domain::Domain;
use beep_core::facts::SpaceFacts;
use beep_core::id::{Qualified, UserId};
use beep_core::member::Member;
use beep_core::port::{Change, DeadLetter, JoinIntent, PendingLeave, RemoteProfile, SpaceWrite, StreamWrite};
use beep_core::replica::Replica;

use super::Stage;
use super::sample::{Community, NOW, account, elsewhere, namesake, space_key, user};

/// What could not be applied is kept by backend, youngest first, and one that sends much hides no other's.
pub async fn what_is_set_aside_is_kept_by_backend(stage: &Stage) {
    let [b, c] = ["b.example.com", "c.example.com"].map(|domain| Domain::parse(domain).expect("a domain"));
    let aside = |origin: &Domain, seq: u64| DeadLetter {
        origin: origin.clone(),
        seq,
        error: format!("error {seq}"),
        about: "a strange thing".to_owned(),
        at: NOW.after(Duration::from_secs(seq)),
    };
    let of_b = (1..=5).map(|seq| aside(&b, seq));
    let change =
        of_b.chain([aside(&c, 1)]).fold(Change::default(), |change, it| change.write(StreamWrite::SetAside(it)));
    stage.commit(change).await;
    let all = stage.store.dead_letters(2).await.expect("read");
    assert_eq!(all.keys().collect::<Vec<_>>(), [&b, &c]);
    assert_eq!((all[&b].kept, &all[&b].youngest), (5, &vec![aside(&b, 5), aside(&b, 4)]));
    assert_eq!((all[&c].kept, &all[&c].youngest), (1, &vec![aside(&c, 1)]));
}

/// Another backend shares the servers that its users are in, not those of its own; and is a home from when somebody asks
/// it to let them in.
pub async fn a_server_is_shared_with_the_homes_of_its_members(stage: &Stage) {
    let store = &stage.store;
    let [first, second, third] = [1, 2, 3].map(Community::new);
    for community in [&first, &second, &third] {
        stage.commit(community.made()).await;
    }
    for community in [&first, &third] {
        stage.commit(community.joined_by(namesake(7))).await;
    }
    let shared = async |after: Option<beep_core::id::SpaceKey>, limit| {
        store.shared_with(&elsewhere(), after.as_ref(), limit).await.expect("read")
    };
    assert_eq!(shared(None, 10).await, [first.id(), third.id()]);
    assert_eq!(shared(None, 1).await, [first.id()]);
    assert_eq!(shared(Some(first.id()), 10).await, [third.id()]);
    assert_eq!(store.space_backends(&first.id()).await.expect("read"), [elsewhere()]);
    assert_eq!(store.space_backends(&second.id()).await.expect("read"), []);
    let heard = async |user: UserId| store.acquainted_backends(user).await.expect("read");
    assert_eq!(heard(first.owner.user.id).await.into_iter().collect::<Vec<_>>(), [elsewhere()]);
    let nobody = Domain::parse("c.example.com").expect("a domain");
    assert_eq!(store.shared_with(&nobody, None, 10).await.expect("read"), []);
    stage.commit(Change::default().remove::<Member>((third.id(), namesake(7)))).await;
    assert_eq!(shared(None, 10).await, [first.id()]);

    // A server of the other that somebody of here is in.
    let mut theirs = Community::new(4);
    theirs.server.id.home = elsewhere();
    (theirs.everyone.server, theirs.channel.id.home) = (theirs.server.id.clone(), elsewhere());
    let roles = [theirs.everyone.clone()];
    let facts = SpaceFacts::new(theirs.server.clone(), 1, roles, [theirs.channel.clone()]).expect("it has one");
    let members = vec![theirs.member(user(1))];
    let replica = Replica { facts: facts.into(), members, seq: 1, channel_seqs: BTreeMap::new() };
    stage.commit(Change::default().write(SpaceWrite::Replicate(Box::new(replica)))).await;
    assert_eq!(shared(None, 10).await, [first.id()]);
    let homes = async || store.homes().await.expect("read");
    assert_eq!(homes().await, [elsewhere()]);
    assert!(heard(user(1).id).await.contains(&elsewhere()), "the owner hears of a member");
    assert_eq!(store.replicas_of(&elsewhere()).await.expect("read"), [Qualified::new(space_key(4).id, elsewhere())]);
    stage.commit(Change::default().put(account(1))).await;
    let asked = Qualified::new(space_key(5).id, nobody.clone());
    stage.commit(Change::default().put(JoinIntent { user: user(1).id, server: asked.clone() })).await;
    assert_eq!(homes().await, [elsewhere(), nobody.clone()]);
    let is_home = async |home: &Domain| store.is_home(home).await.expect("read");
    assert!(is_home(&elsewhere()).await && is_home(&nobody).await && !is_home(&user(1).home).await);
    // Each was asked for itself, whatever has the same id elsewhere.
    let join_intents =
        async |server: &Qualified<_>| store.join_intents(server, &[user(1).id, user(2).id]).await.expect("read");
    assert_eq!(join_intents(&asked).await, [user(1).id]);
    let of = async |n| store.join_intents_of(user(n).id, 10).await.expect("read");
    assert_eq!((of(1).await, of(2).await), (vec![asked.clone()], vec![]));
    assert_eq!(join_intents(&Qualified::new(space_key(5).id, elsewhere())).await, []);
    assert_eq!(join_intents(&Qualified::new(space_key(6).id, asked.home.clone())).await, []);
    let at = async |home: &Domain| store.join_intents_at(home, 10).await.expect("read");
    let intent = |server: &Qualified<_>| JoinIntent { user: user(1).id, server: server.clone() };
    assert_eq!((at(&nobody).await, at(&elsewhere()).await), (vec![intent(&asked)], Vec::new()));
    // That of somebody who has become a member is not open.
    let joined = Qualified::new(space_key(4).id, elsewhere());
    stage.commit(Change::default().put(intent(&joined))).await;
    let open = async |most| store.open_join_intents(user(1).id, most).await.expect("read");
    assert_eq!((open(10).await, at(&elsewhere()).await), (1, vec![intent(&joined)]));
    assert_eq!(of(1).await, std::slice::from_ref(&asked));
    stage.commit(Change::default().put(intent(&Qualified::new(space_key(7).id, elsewhere())))).await;
    assert_eq!((open(10).await, open(1).await), (2, 1));
    for server in [joined, Qualified::new(space_key(7).id, elsewhere())] {
        stage.commit(Change::default().remove::<JoinIntent>(intent(&server))).await;
    }
    stage.commit(Change::default().remove::<JoinIntent>(JoinIntent { user: user(1).id, server: asked.clone() })).await;
    assert_eq!(join_intents(&asked).await, []);
    assert!(!is_home(&nobody).await);
}

/// The profile of who is a member here stays; that of anybody else ends some time after it was last heard of.
pub async fn a_profile_ends_unless_its_user_is_a_member(stage: &Stage) {
    let community = Community::new(1);
    stage.commit(community.made()).await;
    stage.commit(community.joined_by(namesake(7))).await;
    for number in [7, 8] {
        let user = User { key: namesake(number), ..account(1).user };
        stage.commit(Change::default().put(RemoteProfile { user, seen_at: NOW })).await;
    }
    let kept = async || stage.store.profiles(&[namesake(7), namesake(8)]).await.expect("read").len();
    let life = Duration::from_secs(30 * 24 * 60 * 60);
    stage.store.prune(NOW.after(life)).await.expect("pruned");
    assert_eq!(kept().await, 2);
    stage.store.prune(NOW.after(life + Duration::from_secs(1))).await.expect("pruned");
    assert_eq!(kept().await, 1);
    assert_eq!(stage.store.profiles(&[namesake(7)]).await.expect("read").len(), 1);
}

/// Who left is kept for each server until its owner has heard, and what was told of an earlier time ends nothing.
pub async fn a_departure_is_kept_until_it_is_told(stage: &Stage) {
    for number in [1, 2] {
        stage.commit(Change::default().put(account(number))).await;
    }
    let nobody = Domain::parse("c.example.com").expect("a domain");
    let pending_leave = |number, server, home: &Domain, key: &str| PendingLeave {
        user: user(number).id,
        server: Qualified::new(space_key(server).id, home.clone()),
        key: key.to_owned(),
    };
    let left = [
        pending_leave(2, 4, &elsewhere(), "second"),
        pending_leave(1, 5, &elsewhere(), "third"),
        pending_leave(1, 4, &elsewhere(), "first"),
        pending_leave(1, 4, &nobody, "fourth"),
    ];
    for pending_leave in left.clone() {
        stage.commit(Change::default().put(pending_leave)).await;
    }
    let kept = async |home: &Domain| stage.store.pending_leaves(home).await.expect("read");
    let [second, third, first, fourth] = left;
    assert_eq!(kept(&elsewhere()).await, [first.clone(), second.clone(), third.clone()]);
    assert_eq!(kept(&nobody).await, [fourth]);
    let again = PendingLeave { key: "again".to_owned(), ..first.clone() };
    stage.commit(Change::default().put(again.clone())).await;
    stage.commit(Change::default().remove::<PendingLeave>(first)).await;
    assert_eq!(kept(&elsewhere()).await, [again.clone(), second.clone(), third.clone()]);
    for told in [again, third] {
        stage.commit(Change::default().remove::<PendingLeave>(told)).await;
    }
    assert_eq!(kept(&elsewhere()).await, [second]);
}
