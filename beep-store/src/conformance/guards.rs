//! Each guard, as it stands and as it does not.

use std::time::Duration;

use beep_core::ban::Ban;
use beep_core::id::{SessionId, UserId};
use beep_core::invitation::{Admits, Invitation, Spent};
use beep_core::mail_code::{Attempts, CodePurpose, MailCode};
use beep_core::member::Member;
use beep_core::message::Message;
use beep_core::network::Network;
use beep_core::port::{
    AccountGuard, Change, CommitError, Guard, InvitationGuard, InvitationWrite, MessageGuard, MessageWrite, SecretKey,
    SessionGuard, SpaceGuard, SpaceWrite,
};
use beep_core::record::RecordGuard;
use beep_core::registration::InvitationSeat;
use beep_core::session::Session;

use super::Stage;
use super::sample::{NOW, account, code, community, invitation, key, namesake, nth, session, space_key, user};

/// A change that a guard decides about.
fn reading(guard: impl Into<Guard>) -> Change {
    Change::default().guard(guard).put(key(99, NOW))
}

/// Whether a guard stands, and that what it refuses is not made.
async fn stands(stage: &Stage, guard: impl Into<Guard>) -> bool {
    let before = stage.store.secret_keys().await.expect("read").len();
    let outcome = stage.store.commit(reading(guard)).await;
    let after = stage.store.secret_keys().await.expect("read").len();
    match outcome {
        Ok(_) => {
            assert_eq!(after, 1);
            stage.commit(Change::default().remove::<SecretKey>(key(99, NOW).id)).await;
            true
        }
        Err(CommitError::Stale) => {
            assert_eq!(before, after);
            false
        }
        Err(other) => panic!("{other:?}"),
    }
}

/// Once the facts of a server have changed, whatever rested on the old ones is refused.
pub async fn revising_a_server_makes_older_decisions_stale(stage: &Stage) {
    let community = community(stage).await;
    let id = community.id();
    let revision = || async { stage.store.space_facts(&id).await.expect("read").expect("it is there").revision };
    let first = revision().await;
    assert!(stands(stage, SpaceGuard::At { id: id.clone(), revision: first }).await);
    stage.commit(Change::modifying(&id, first)).await;
    let second = revision().await;
    assert_eq!(second, first + 1);
    assert!(!stands(stage, SpaceGuard::At { id: id.clone(), revision: first }).await);
    assert!(stands(stage, SpaceGuard::At { id: id.clone(), revision: second }).await);
    stage.stale(Change::modifying(&id, first)).await;
    stage.stale(Change::reading(&id, first).write(community.post(community.draft("late")))).await;
    stage.commit(Change::reading(&id, second).write(community.post(community.draft("in time")))).await;
    assert!(!stands(stage, SpaceGuard::At { id: space_key(77), revision: 1 }).await);
    stage.commit(Change::default().write(SpaceWrite::Remove(id.clone()))).await;
    assert!(!stands(stage, SpaceGuard::At { id, revision: second }).await);
}

/// Somebody joins once, and a namesake from another backend is not in the way.
pub async fn joining_rests_on_not_being_a_member(stage: &Stage) {
    let community = community(stage).await;
    let guard = |user| RecordGuard::<Member>::Absent((community.id(), user));
    assert!(stands(stage, guard(user(2))).await);
    assert!(stands(stage, guard(namesake(1))).await);
    assert!(!stands(stage, guard(user(1))).await);
    stage.commit(community.joined_by(user(2))).await;
    assert!(!stands(stage, guard(user(2))).await);
    stage.commit(Change::default().remove::<Member>((community.id(), user(2)))).await;
    assert!(stands(stage, guard(user(2))).await);
}

/// Who owns as many servers as they may makes no more, however many they are a member of.
pub async fn an_owner_owns_no_more_than_they_may(stage: &Stage) {
    let community = community(stage).await;
    stage.commit(community.joined_by(user(2))).await;
    stage.commit(community.joined_by(namesake(1))).await;
    let guard = |user, than| SpaceGuard::OwnsFewer { user, than };
    for (who, owned) in [(user(1), 1), (user(2), 0), (namesake(1), 0)] {
        assert_eq!(stage.store.owned_servers(&who).await.expect("read"), owned);
        assert!(stands(stage, guard(who.clone(), owned + 1)).await);
        assert!(!stands(stage, guard(who, owned)).await);
    }
}

/// Of two changes of one account the second sees that it is late.
pub async fn a_change_of_an_account_rests_on_its_revision(stage: &Stage) {
    stage.commit(Change::default().put(account(1))).await;
    let guard = |revision| AccountGuard::At { id: nth(1), revision };
    assert!(!stands(stage, guard(0)).await);
    assert!(stands(stage, guard(1)).await);
    let kept = stage.store.account(nth(1)).await.expect("read").expect("it is there");
    let change = || Change::default().guard(guard(kept.revision)).put(kept.clone());
    stage.commit(change()).await;
    stage.stale(change()).await;
    assert!(!stands(stage, AccountGuard::At { id: nth::<UserId>(2), revision: 1 }).await);
    let password = |n, hash: &str| AccountGuard::Password { id: nth(n), hash: hash.to_owned() };
    assert!(stands(stage, password(1, &kept.password_hash)).await);
    assert!(!stands(stage, password(1, "another")).await);
    assert!(!stands(stage, password(2, &kept.password_hash)).await);
    assert!(stands(stage, AccountGuard::NotDeleted(nth(1))).await);
    stage.commit(Change::default().put(kept.erased())).await;
    assert!(!stands(stage, AccountGuard::NotDeleted(nth(1))).await);
    assert!(stands(stage, AccountGuard::NotDeleted(nth(2))).await, "nobody of the kind was ever here");
}

/// A session is refreshed by its good secret alone, and not once it is revoked.
pub async fn a_session_rests_on_its_secret(stage: &Stage) {
    let signed_in = session(1, nth(1));
    let made = Change::default().put(account(1)).put(signed_in.clone());
    stage.commit(made).await;
    let guard = |id, current| SessionGuard::At { id, current };
    assert!(stands(stage, guard(nth(1), [1; 32])).await);
    assert!(!stands(stage, guard(nth(1), [2; 32])).await);
    assert!(!stands(stage, guard(nth::<SessionId>(2), [1; 32])).await);
    let counted = |signed_in| SessionGuard::Counted { user: nth(1), signed_in };
    assert!(stands(stage, counted(1)).await);
    assert!(!stands(stage, counted(0)).await && !stands(stage, counted(2)).await);
    let revoked = Session { revoked_at: Some(NOW), ..signed_in };
    stage.commit(Change::default().put(revoked)).await;
    assert!(!stands(stage, guard(nth(1), [1; 32])).await);
    assert!(stands(stage, counted(0)).await);
}

/// Two tries of a code at a time count as two.
pub async fn a_code_rests_on_the_attempts_that_are_left(stage: &Stage) {
    stage.commit(Change::default().put(code(nth(1)))).await;
    assert!(stands(stage, RecordGuard::Is(code(nth(1)))).await);
    let untried = MailCode { attempts: Attempts::new(Network::parse("192.0.2.1")), ..code(nth(1)) };
    assert!(!stands(stage, RecordGuard::Is(untried)).await);
    stage.commit(Change::default().remove::<MailCode>((nth(1), CodePurpose::Activation))).await;
    assert!(!stands(stage, RecordGuard::Is(code(nth(1)))).await);
}

/// Who is banned, who is not, and why are three things that a decision can rest on.
pub async fn a_decision_can_rest_on_a_ban_and_on_its_absence(stage: &Stage) {
    let community = community(stage).await;
    let key = (community.id(), user(2));
    let (absent, present) = (RecordGuard::<Ban>::Absent(key.clone()), RecordGuard::<Ban>::Present(key.clone()));
    assert!(stands(stage, absent.clone()).await);
    assert!(!stands(stage, present.clone()).await);
    let ban = Ban { server: key.0.clone(), user: key.1.clone(), reason: None, by: user(1), created_at: NOW };
    assert!(!stands(stage, RecordGuard::Is(ban.clone())).await);
    stage.commit(Change::default().put(ban.clone())).await;
    assert!(!stands(stage, absent).await);
    assert!(stands(stage, present).await);
    assert!(stands(stage, RecordGuard::Is(ban.clone())).await);
    assert!(!stands(stage, RecordGuard::Is(Ban { by: user(3), ..ban })).await);
}

/// Of two edits of one message the second sees that it is late.
pub async fn an_edit_rests_on_the_last_one(stage: &Stage) {
    let community = community(stage).await;
    let sent = stage.commit(community.says("first")).await.posted.remove(0);
    let guard = |edited_at| MessageGuard::as_read(&Message { edited_at, ..sent.clone() });
    let later = Some(NOW.after(Duration::from_secs(1)));
    assert!(stands(stage, guard(None)).await);
    assert!(!stands(stage, guard(later)).await);
    let edited = Message { edited_at: later, ..sent.clone() };
    stage.commit(Change::default().write(MessageWrite::Put(edited))).await;
    assert!(!stands(stage, guard(None)).await);
    assert!(stands(stage, guard(later)).await);
    stage.commit(Change::default().write(MessageWrite::Remove(community.channel.id.clone(), sent.id))).await;
    assert!(!stands(stage, guard(later)).await);
}

/// An invitation ends at its time and with its last use, and says which.
pub async fn an_invitation_lets_in_as_many_as_it_says(stage: &Stage) {
    let community = community(stage).await;
    let end = NOW.after(Duration::from_secs(10));
    let kept = Invitation {
        admits: Admits::Code { code: "code1".to_owned(), max_uses: Some(2) },
        expires_at: Some(end),
        ..invitation(1, &community.server)
    };
    stage.commit(Change::default().write(InvitationWrite::Put(kept.clone()))).await;
    let guard = |now| InvitationGuard::Usable { id: nth(1), by: None, now };
    let uses = |now| Change::default().guard(guard(now)).write(InvitationWrite::Use(nth(1)));
    assert!(stands(stage, guard(NOW)).await);
    let error = stage.refused(uses(end)).await;
    assert!(matches!(error, CommitError::Spent(Spent::Expired)), "{error:?}");
    stage.commit(uses(NOW)).await;
    stage.commit(uses(NOW)).await;
    let error = stage.refused(uses(NOW)).await;
    assert!(matches!(error, CommitError::Spent(Spent::Exhausted)), "{error:?}");
    let found = stage.store.invitation(nth(1)).await.expect("read");
    assert_eq!(found, Some(Invitation { uses: 2, ..kept }));
    stage.stale(Change::default().guard(InvitationGuard::Usable { id: nth(2), by: None, now: NOW })).await;
    assert!(stands(stage, InvitationGuard::Exists(nth(1))).await, "one that is used up is still there");
    stage.stale(Change::default().guard(InvitationGuard::Exists(nth(2)))).await;
}

/// The seat of a registration counts as a use for everybody else, until it is used, given up or gone with its invitation.
pub async fn a_seat_counts_against_others(stage: &Stage) {
    let community = community(stage).await;
    let one_use = Invitation {
        admits: Admits::Code { code: "code1".to_owned(), max_uses: Some(1) },
        ..invitation(1, &community.server)
    };
    let seat = |n| InvitationSeat { user: nth(n), invitation: nth(1) };
    let made = Change::default().write(InvitationWrite::Put(one_use.clone())).put(seat(5));
    stage.commit(made).await;
    let guard = |by| Change::default().guard(InvitationGuard::Usable { id: nth(1), by, now: NOW });
    stage.commit(guard(Some(nth(5)))).await;
    for other in [Some(nth(6)), None] {
        let error = stage.refused(guard(other)).await;
        assert!(matches!(error, CommitError::Spent(Spent::Exhausted)), "{error:?}");
    }
    let store = &stage.store;
    assert_eq!(store.invitation_seat(nth(5)).await.expect("read"), Some(seat(5)));
    stage.commit(Change::default().remove::<InvitationSeat>(nth(5)).put(seat(6))).await;
    stage.commit(guard(Some(nth(6)))).await;
    stage.commit(Change::default().write(InvitationWrite::Remove(nth(1)))).await;
    assert_eq!(store.invitation_seat(nth(6)).await.expect("read"), None);
}
