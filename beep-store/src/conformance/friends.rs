//! Friendships and blocks.

use std::time::Duration;

use beep_core::block::Block;
use beep_core::friendship::{Friendship, Standing, Told};
use beep_core::id::UserId;
use beep_core::port::Change;
use beep_core::presence::{Availability, PresenceChoice};
use beep_core::record::RecordGuard;
use beep_core::text::{StatusEmoji, StatusText};

use super::Stage;
use super::sample::{NOW, namesake, nth, user};

/// What is kept of two users comes back as it was, and is found by how they stand, page by page.
pub async fn a_friendship_is_found_by_how_it_stands(stage: &Stage) {
    let (store, me): (_, UserId) = (&stage.store, nth(1));
    let kept = |n: u64, other| Friendship::new(me, other, nth(n), NOW);
    let mut asked = kept(1, user(2));
    asked.ask();
    let mut is_asked = kept(2, namesake(2));
    is_asked.hear(asked.own);
    let mut friends = kept(3, user(3));
    friends.hear(asked.own);
    friends.ask();
    let mut others = kept(4, user(4));
    others.hear(asked.own);
    others.ask();
    let mut apart = kept(5, user(5));
    apart.hear(asked.own);
    apart.ignore();
    let elsewhere = namesake(2).home;
    assert!(!store.is_home(&elsewhere).await.expect("read"));
    let all = [&asked, &is_asked, &friends, &others, &apart];
    stage.commit(all.iter().fold(Change::default(), |change, one| change.put((*one).clone()))).await;
    for one in all {
        assert_eq!(store.friendship(me, &one.other).await.expect("read").as_ref(), Some(one));
        assert_eq!(store.friendship_by_request(me, one.request).await.expect("read").as_ref(), Some(one));
    }
    assert_eq!(store.friendship(nth(2), &user(2)).await.expect("read"), None);
    assert_eq!(store.friendship_by_request(nth(2), nth(1)).await.expect("read"), None);
    let page = async |standing, after, limit| store.friendships(me, standing, after, limit).await.expect("read");
    assert_eq!(page(Standing::Asked, None, 10).await, vec![asked.clone()]);
    assert_eq!(page(Standing::IsAsked, None, 10).await, vec![is_asked.clone()]);
    assert_eq!(page(Standing::Friends, None, 10).await, vec![friends.clone(), others.clone()]);
    assert_eq!(page(Standing::Friends, None, 1).await, vec![friends.clone()]);
    let after = user(3);
    assert_eq!(page(Standing::Friends, Some(&after), 10).await, vec![others.clone()]);
    assert_eq!(store.friendship_count(me, Standing::Friends).await.expect("read"), 2);
    assert_eq!(store.friendship_count(nth(9), Standing::Friends).await.expect("read"), 0);
    let snapshot = store.snapshot(&user(1), None).await.expect("read");
    assert_eq!(snapshot.friends, vec![friends.other.clone(), others.other.clone()]);

    // Those whose other's home is to hear something.
    let own = user(1).home;
    let untold = async |home, limit| store.untold_friendships(home, limit).await.expect("read");
    let mut all = untold(&own, 10).await;
    all.sort_by_key(|one| one.request);
    assert_eq!(all, vec![asked.clone(), friends.clone(), others.clone()]);
    assert_eq!(untold(&own, 1).await.len(), 1);
    assert!(store.is_home(&elsewhere).await.expect("read"), "somebody there has asked");
    assert_eq!(untold(&elsewhere, 10).await, vec![]);
    is_asked.ask();
    stage.commit(Change::default().put(is_asked.clone())).await;
    assert_eq!(untold(&elsewhere, 10).await, vec![is_asked]);
    assert!(store.homes().await.expect("read").contains(&elsewhere));
    let told = Friendship { is_told: true, ..asked.clone() };
    stage.stale(Change::default().guard(RecordGuard::Is(told.clone())).put(told.clone())).await;
    stage.stale(Change::default().guard(RecordGuard::<Friendship>::Absent((me, user(2)))).put(told.clone())).await;
    stage.commit(Change::default().guard(RecordGuard::Is(asked)).put(told.clone())).await;
    assert_eq!(store.friendship(me, &user(2)).await.expect("read"), Some(told));
    assert_eq!(untold(&own, 10).await.len(), 2);
}

/// What somebody has chosen to be seen as comes back with their snapshot, and the last choice counts.
pub async fn a_presence_is_kept_as_it_was_chosen_last(stage: &Stage) {
    let store = &stage.store;
    let chosen = async |n| store.snapshot(&user(n), None).await.expect("read").presence;
    assert_eq!(chosen(1).await, None);
    let first = PresenceChoice { user: nth(1), availability: Availability::Idle, text: None, emoji: None };
    stage.commit(Change::default().put(first.clone())).await;
    assert_eq!(chosen(1).await, Some(first.clone()));
    let second = PresenceChoice {
        availability: Availability::Invisible,
        text: Some(StatusText::parse("at the lake").expect("a text")),
        emoji: Some(StatusEmoji::parse("🏖️").expect("an emoji")),
        ..first
    };
    stage.commit(Change::default().put(second.clone())).await;
    assert_eq!(chosen(1).await, Some(second));
    assert_eq!(chosen(2).await, None);
}

/// Which backends hear of a user: the homes of friends, the owners of spaces, and the homes of fellow members.
pub async fn the_backends_that_hear_of_somebody_are_known(stage: &Stage) {
    let (store, me): (_, UserId) = (&stage.store, nth(1));
    let heard = async || store.acquainted_backends(me).await.expect("read");
    assert!(heard().await.is_empty());
    let asked = Friendship::new(me, namesake(2), nth(1), NOW);
    let mut friends = asked.clone();
    friends.hear(Told { number: 1, wants: true, ended: 0 });
    stage.commit(Change::default().put(friends.clone())).await;
    assert!(heard().await.is_empty(), "who only asked hears of nobody");
    friends.ask();
    stage.commit(Change::default().put(friends.clone())).await;
    assert_eq!(heard().await.into_iter().collect::<Vec<_>>(), vec![namesake(2).home]);
}

/// A block is kept of a whole user, until it is lifted.
pub async fn a_block_is_kept_until_it_is_lifted(stage: &Stage) {
    let (store, me): (_, UserId) = (&stage.store, nth(1));
    let block = |other, n| Block { user: me, other, since: NOW.after(Duration::from_secs(n)) };
    let (theirs, own) = (block(namesake(2), 1), block(user(3), 2));
    stage.commit(Change::default().put(theirs.clone()).put(own.clone())).await;
    assert_eq!(store.block(me, &namesake(2)).await.expect("read"), Some(theirs.clone()));
    assert_eq!(store.block(me, &user(2)).await.expect("read"), None, "the namesake is somebody else");
    assert_eq!(store.block(nth(2), &namesake(2)).await.expect("read"), None);
    assert_eq!(store.blocking(&namesake(2)).await.expect("read"), vec![me]);
    assert_eq!(store.blocking(&user(2)).await.expect("read"), vec![]);
    let page = async |after, limit| store.blocks(me, after, limit).await.expect("read");
    assert_eq!(page(None, 10).await, vec![theirs.clone(), own.clone()]);
    assert_eq!(page(None, 1).await, vec![theirs.clone()]);
    let after = namesake(2);
    assert_eq!(page(Some(&after), 10).await, vec![own.clone()]);
    stage.stale(Change::default().guard(RecordGuard::<Block>::Absent((me, user(3))))).await;
    stage.commit(Change::default().guard(RecordGuard::Is(own)).remove::<Block>((me, user(3)))).await;
    assert_eq!(page(None, 10).await, vec![theirs]);
}
