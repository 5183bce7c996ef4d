//! Requests that are carried out once.

use std::time::Duration;

use beep_core::id::ChannelKey;
use beep_core::port::{AnswerWrite, Answered, AnsweredBody, Change, CommitError, IdempotencyKey};

use super::Stage;
use super::sample::{NOW, community, key, namesake, nth, user};

fn claim() -> IdempotencyKey {
    IdempotencyKey { caller: user(1), key: "k-1".to_owned(), route: "POST /v1/servers".to_owned(), at: NOW }
}

fn claimed(claim: IdempotencyKey, n: u64) -> Change {
    Change { claim: Some(claim), ..Change::default().put(key(n, NOW)) }
}

/// A repeated request changes nothing, and its first answer is there once it was kept.
pub async fn a_claimed_request_is_carried_out_once(stage: &Stage) {
    let store = &stage.store;
    assert_eq!(store.answer(&claim()).await.expect("read"), None);
    stage.commit(claimed(claim(), 1)).await;
    assert_eq!(store.answer(&claim()).await.expect("read"), Some(None));
    let later = IdempotencyKey { at: NOW.after(Duration::from_secs(5)), ..claim() };
    let error = stage.refused(claimed(later.clone(), 2)).await;
    assert!(matches!(error, CommitError::Repeated), "{error:?}");
    assert_eq!(store.secret_keys().await.expect("read").len(), 1);
    let answered = Answered { status: 201, body: AnsweredBody::Octets(vec![0, 1, 255]) };
    stage.commit(Change::default().write(AnswerWrite::Put(claim(), answered.clone()))).await;
    assert_eq!(store.answer(&later).await.expect("read"), Some(Some(answered)));
    // Of a message it is kept which one it was.
    let channel = ChannelKey::new(nth(7), user(1).home);
    let answered = Answered { status: 201, body: AnsweredBody::Message(channel, nth(8)) };
    let another = IdempotencyKey { key: "k-2".to_owned(), ..claim() };
    stage.commit(Change::default().write(AnswerWrite::Put(another.clone(), answered.clone()))).await;
    assert_eq!(store.answer(&another).await.expect("read"), Some(Some(answered)));
    // That it was carried out comes before the facts that it has changed itself.
    let community = community(stage).await;
    let stale = Change { claim: Some(claim()), ..Change::reading(&community.id(), 77) };
    assert!(matches!(stage.refused(stale).await, CommitError::Repeated));
}

/// Requests that differ in anything are different ones; a refused one may be made again.
pub async fn a_claim_is_told_by_caller_key_and_route(stage: &Stage) {
    let community = community(stage).await;
    let stale = Change { claim: Some(claim()), ..Change::reading(&community.id(), 77) };
    stage.stale(stale).await;
    assert_eq!(stage.store.answer(&claim()).await.expect("read"), None);
    let others = [
        claim(),
        IdempotencyKey { caller: user(2), ..claim() },
        IdempotencyKey { caller: namesake(1), ..claim() },
        IdempotencyKey { key: "K-1".to_owned(), ..claim() },
        IdempotencyKey { route: "POST /v1/invitations".to_owned(), ..claim() },
    ];
    for (claim, n) in others.iter().zip(1..) {
        assert_eq!(stage.store.answer(claim).await.expect("read"), None);
        stage.commit(claimed(claim.clone(), n)).await;
    }
    assert_eq!(stage.store.secret_keys().await.expect("read").len(), 5);
}
