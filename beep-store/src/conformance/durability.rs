//! What was committed is there.

use beep_core::event::{EventBody, Position};
use beep_core::id::Id;
use beep_core::port::{AnswerWrite, Answered, AnsweredBody, Change, IdempotencyKey, InvitationWrite, MessagePage};

use super::Stage;
use super::sample::{NOW, account, code, community, invitation, key, nth, session, user};

/// A read that begins after an answer sees what was answered.
pub async fn what_was_committed_can_be_read_at_once(stage: &Stage) {
    let community = community(stage).await;
    stage.store.ping().await.expect("the store answers");
    for n in 0..50 {
        let sent = stage.commit(community.says(&format!("message {n}"))).await;
        let message = &sent.posted[0];
        let found = stage.store.message(&message.channel, message.id).await.expect("read");
        assert_eq!(found.as_ref(), Some(message));
        let state = stage.store.log_state().await.expect("read");
        assert_eq!(state.head, sent.events[0].position);
    }
}

/// A change whose caller went away is made whole or not at all.
pub async fn a_commit_that_nobody_waits_for_is_whole(stage: &Stage) {
    let community = community(stage).await;
    for n in 0..40 {
        let store = stage.store.clone();
        let change = community.says(&format!("message {n}")).put(community.member(user(100 + n)));
        let calling = tokio::spawn(async move { store.commit(change).await.map(drop) });
        for _ in 0..n % 5 {
            tokio::task::yield_now().await;
        }
        calling.abort();
        // Whether it was stopped in time or not.
        let _ = calling.await;
    }
    // What is queued before this is done before it.
    stage.commit(community.says("the last")).await;
    let events = stage.store.events_after(Position(0), 1_000).await.expect("read");
    assert!(events.iter().map(|event| event.position.0).eq(1..=events.len() as u64));
    let id = community.channel.id.clone();
    let messages = stage.store.messages(&id, MessagePage::After(nth(0)), 1_000).await.expect("read");
    assert_eq!(messages.len(), events.len() - 1);
    let server = stage.store.server(&community.id()).await.expect("read").expect("it is there");
    assert_eq!(server.member_count, messages.len() as u64);
    assert!(stage.heard.all().iter().map(|event| &**event).eq(&events));
}

/// Closed and opened again, a store has all that it had, and goes on where it was.
pub async fn reopening_keeps_everything(stage: &Stage) {
    let community = community(stage).await;
    let id = community.id();
    let claim = IdempotencyKey { caller: user(1), key: "k".to_owned(), route: "r".to_owned(), at: NOW };
    let answered = Answered { status: 200, body: AnsweredBody::Octets(b"{}".to_vec()) };
    let change = Change {
        claim: Some(claim.clone()),
        ..Change::modifying(&id, 1)
            .put(account(1))
            .put(code(nth(1)))
            .put(session(1, nth(1)))
            .put(key(1, NOW))
            .write(InvitationWrite::Put(invitation(1, &community.server)))
            .write(AnswerWrite::Put(claim.clone(), answered.clone()))
            .user_event(&user(1), EventBody::UserUpdated(account(1).user))
    };
    stage.commit(change).await;
    let said = |text| Change::default().write(community.post(community.with_nonce(text, text)));
    let sent = stage.commit(said("one")).await.posted.remove(0);
    let store = &stage.store;
    let state = store.log_state().await.expect("read");
    let events = store.events_after(Position(0), 100).await.expect("read");
    let facts = store.space_facts(&id).await.expect("read");
    let Some(store) = stage.reopened().await else { return };
    assert_eq!(store.log_state().await.expect("read"), state);
    assert_eq!(store.events_after(Position(0), 100).await.expect("read"), events);
    assert_eq!(store.space_facts(&id).await.expect("read"), facts);
    assert_eq!(store.message(&sent.channel, sent.id).await.expect("read"), Some(sent.clone()));
    assert_eq!(store.account(nth(1)).await.expect("read").expect("it is there").revision, 1);
    assert_eq!(store.session(nth(1)).await.expect("read"), Some(session(1, nth(1))));
    assert_eq!(store.secret_keys().await.expect("read"), [key(1, NOW)]);
    assert_eq!(store.invitation(nth(1)).await.expect("read"), Some(invitation(1, &community.server)));
    assert_eq!(store.answer(&claim).await.expect("read"), Some(Some(answered)));
    assert_eq!(store.member(&id, &user(1)).await.expect("read"), Some(community.owner.clone()));
    assert_eq!(store.commit(said("one")).await.expect("it is sound").posted, std::slice::from_ref(&sent));
    let next = store.commit(said("two")).await.expect("it is sound");
    assert_eq!(next.events[0].position, Position(state.head.0 + 1));
    assert_eq!(next.events[0].seq, 2);
    assert!(next.posted[0].id.uuid() > sent.id.uuid());
    store.close().await;
}
