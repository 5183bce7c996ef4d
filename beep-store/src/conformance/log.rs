//! The log: places, refusals, pruning.

use std::time::Duration;

use beep_core::event::{Event, EventBody, Position, Scope, Stream};
use beep_core::id::{Id, SessionId, UserKey};
use beep_core::port::{Change, CommitError, IdempotencyKey, MessageWrite, Place, SpaceWrite, Unique, Which};

use super::Stage;
use super::sample::{NOW, account, community, key, named, namesake, nth, user};

/// Whatever the reason, a change that is refused in its middle was never there.
pub async fn a_refused_change_leaves_no_trace(stage: &Stage) {
    let community = community(stage).await;
    stage.commit(Change::default().put(account(1))).await;
    let said = stage.commit(community.says("before")).await.posted.remove(0);
    let before = stage.store.log_state().await.expect("read");
    let heard = stage.heard.all();
    let claim = IdempotencyKey { caller: user(1), key: "k".to_owned(), route: "r".to_owned(), at: NOW };
    let change = Change {
        claim: Some(claim.clone()),
        ..Change::default()
            .put(key(1, NOW))
            .write(SpaceWrite::Revise(community.id()))
            .put(community.member(user(2)))
            .write(community.post(community.draft("never said")))
            .write(MessageWrite::Remove(said.channel.clone(), said.id))
            .put(named(2, "user1"))
            .user_event(&user(1), EventBody::UserUpdated(account(1).user))
    };
    let error = stage.refused(change).await;
    assert!(matches!(error, CommitError::Taken(Unique::Username)), "{error:?}");
    let store = &stage.store;
    assert_eq!(store.log_state().await.expect("read"), before);
    assert_eq!(stage.heard.all(), heard);
    assert_eq!(store.answer(&claim).await.expect("read"), None);
    assert_eq!(store.secret_keys().await.expect("read"), Vec::new());
    let facts = store.space_facts(&community.id()).await.expect("read").expect("it is there");
    assert_eq!((facts.revision, facts.server.member_count), (1, 1));
    assert_eq!(facts.channels[&community.channel.id.id].last_message, Some(said.id));
    assert_eq!(store.message(&said.channel, said.id).await.expect("read"), Some(said.clone()));
    assert_eq!(store.member(&community.id(), &user(2)).await.expect("read"), None);
    // Nor does it leave a hole in what is numbered.
    let next = stage.commit(community.says("after")).await;
    assert_eq!(next.events[0].position, Position(before.head.0 + 1));
    assert_eq!(next.events[0].seq, 2);
    assert_eq!(store.events_after(before.head, 10).await.expect("read"), [(*next.events[0]).clone()]);
}

/// Messages come first, then the other events as they are listed, each numbered in its own stream.
pub async fn events_of_a_change_follow_its_messages(stage: &Stage) {
    let community = community(stage).await;
    let revoked = |n| EventBody::SessionRevoked { id: nth::<SessionId>(n) };
    let change = Change::default()
        .user_event(&user(1), revoked(1))
        .channel_event(&community.channel, EventBody::ChannelCreated(community.channel.clone()))
        .user_event(&user(1), revoked(2))
        .user_event(&user(2), revoked(3))
        .write(community.post(community.draft("welcome")))
        .write(community.post(community.draft("to all")));
    let committed = stage.commit(change).await;
    let told: Vec<_> = committed.events.iter().map(|event| (event.position.0, event.seq, event.body.kind())).collect();
    let expected = [
        (2, 1, "message.created"),
        (3, 2, "message.created"),
        (4, 1, "session.revoked"),
        (5, 3, "channel.created"),
        (6, 2, "session.revoked"),
        (7, 1, "session.revoked"),
    ];
    assert_eq!(told, expected);
    let kept = stage.store.events_after(Position(1), 100).await.expect("read");
    assert!(kept.iter().eq(committed.events.iter().map(|event| &**event)));
    let channel = community.channel.id.clone();
    // Others make the ids of their users as they like.
    let mut profile = account(2).user;
    profile.key = UserKey::new(Id::from_uuid(channel.id.uuid()), namesake(2).home);
    let place = Place { seq: 2, at: NOW };
    let body = EventBody::UserUpdated(profile.clone());
    stage.commit(Change::default().told(Stream::User(profile.key), place, vec![Scope::User(user(1))], body)).await;
    let seqs = async |after, limit| {
        let events = stage.store.channel_events(&channel, after, limit).await.expect("read");
        events.into_iter().map(|event: Event| event.seq).collect::<Vec<_>>()
    };
    assert_eq!(seqs(0, 10).await, [1, 2, 3]);
    assert_eq!(seqs(1, 1).await, [2]);
    assert_eq!(seqs(3, 10).await, []);
}

/// Old events and claims go, young ones stay, and what comes is numbered on.
pub async fn pruning_keeps_what_is_young(stage: &Stage) {
    let store = &stage.store;
    let claim = |key: &str, at| IdempotencyKey { caller: user(1), key: key.to_owned(), route: "r".to_owned(), at };
    let later = NOW.after(Duration::from_secs(100));
    let community = community(stage).await;
    for n in 0..3 {
        stage.commit(community.says(&format!("old {n}"))).await;
    }
    stage.commit(Change { claim: Some(claim("old", NOW)), ..Change::default() }).await;
    stage.clock.set(later);
    stage.commit(Change { claim: Some(claim("young", later)), ..community.says("young") }).await;
    let before = store.log_state().await.expect("read");
    assert_eq!((before.head, before.kept_after), (Position(5), Position(0)));
    assert_eq!(store.prune(NOW).await.expect("pruned"), 0);
    assert_eq!(store.prune(later).await.expect("pruned"), 4);
    assert_eq!(store.prune(later).await.expect("pruned"), 0);
    let after = store.log_state().await.expect("read");
    assert_eq!((after.id, after.head, after.kept_after), (before.id, Position(5), Position(4)));
    let places = |events: Vec<Event>| events.into_iter().map(|event| event.position.0).collect::<Vec<_>>();
    assert_eq!(places(store.events_after(Position(0), 10).await.expect("read")), [5]);
    assert_eq!(places(store.events_for(&user(1), Which::All, Position(0), Position(9), 10).await.expect("read")), [5]);
    assert_eq!(places(store.channel_events(&community.channel.id, 0, 10).await.expect("read")), [5]);
    assert_eq!(store.answer(&claim("old", NOW)).await.expect("read"), None);
    assert_eq!(store.answer(&claim("young", NOW)).await.expect("read"), Some(None));
    let next = stage.commit(community.says("younger")).await;
    assert_eq!((next.events[0].position, next.events[0].seq), (Position(6), 5));
    assert_eq!(store.prune(later.after(Duration::from_secs(1))).await.expect("pruned"), 2);
    let state = store.log_state().await.expect("read");
    assert_eq!((state.head, state.kept_after), (Position(6), Position(6)));
    assert_eq!(stage.commit(community.says("on and on")).await.events[0].position, Position(7));
    // Messages are no events.
    let page = beep_core::port::MessagePage::Newest;
    assert_eq!(store.messages(&community.channel.id, page, 100).await.expect("read").len(), 6);
    // A clock that was once far ahead keeps nothing.
    let now = later.after(Duration::from_secs(10 * 24 * 60 * 60));
    for (at, text) in [(now.after(Duration::from_secs(366 * 24 * 60 * 60)), "ahead"), (later, "back"), (now, "now")] {
        stage.clock.set(at);
        stage.commit(community.says(text)).await;
    }
    store.prune(now).await.expect("pruned");
    assert_eq!(store.log_state().await.expect("read").kept_after, Position(9));
}

/// What stays has no gaps, even where the clock was set back: an old event after a young one stays with it.
pub async fn pruning_keeps_no_gaps(stage: &Stage) {
    let community = community(stage).await;
    stage.clock.set(NOW.after(Duration::from_secs(100)));
    stage.commit(community.says("young")).await;
    stage.clock.set(NOW.after(Duration::from_secs(10)));
    stage.commit(community.says("old again")).await;
    assert_eq!(stage.store.prune(NOW.after(Duration::from_secs(50))).await.expect("pruned"), 1);
    let state = stage.store.log_state().await.expect("read");
    assert_eq!((state.head, state.kept_after), (Position(3), Position(1)));
    let kept = stage.store.events_after(state.kept_after, 10).await.expect("read");
    assert_eq!(kept.len(), 2);
    // A clock that is far behind has nothing deleted.
    let behind = NOW.before(Duration::from_secs(366 * 24 * 60 * 60));
    stage.clock.set(behind);
    assert_eq!(stage.store.prune(behind.before(Duration::from_secs(50))).await.expect("pruned"), 0);
    assert_eq!(stage.store.log_state().await.expect("read").kept_after, Position(1));
}
