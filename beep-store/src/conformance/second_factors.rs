//! Second factors.

use std::time::Duration;

use beep_core::id::{Id, SessionId};
use beep_core::port::{Change, CommitError};
use beep_core::record::RecordGuard;
use beep_core::second_factor::{RecoveryCodes, SecondFactor, SecondFactorSetup};
use beep_core::totp::TotpSecret;

use super::sample::{NOW, account, nth};
use super::stage::Stage;

fn factor(n: u64) -> SecondFactor {
    let recovery = RecoveryCodes::from_octets(&[7; 64]).expect("two hashes");
    SecondFactor { user: nth(n), secret: TotpSecret::new([3; 20]), last_step: i64::MIN, recovery }
}

fn setup(n: u64, s: u64) -> SecondFactorSetup {
    let session = SessionId::generate(NOW, [1; 10]);
    let expires_at = NOW.after(Duration::from_secs(s));
    SecondFactorSetup { user: nth(n), session, secret: TotpSecret::new([4; 20]), expires_at }
}

/// An account has one second factor, or none, and says so.
pub async fn an_account_has_one_second_factor(stage: &Stage) {
    let store = &stage.store;
    stage.commit(Change::default().put(account(1)).put(account(2)).put(factor(1))).await;
    assert_eq!(store.second_factor(nth(1)).await.expect("read"), Some(factor(1)));
    assert_eq!(store.second_factor(nth(2)).await.expect("read"), None);
    let says = async |n| store.account(nth(n)).await.expect("read").expect("it is there").two_factor;
    assert_eq!((says(1).await, says(2).await), (true, false));
    // What is written of an account leaves its second factor as it is.
    let kept = store.account(nth(1)).await.expect("read").expect("it is there");
    stage.commit(Change::default().put(beep_core::account::Account { two_factor: false, ..kept })).await;
    assert!(says(1).await);
    let used = SecondFactor { last_step: 9, recovery: RecoveryCodes::default(), ..factor(1) };
    stage.commit(Change::default().put(used.clone())).await;
    assert_eq!(store.second_factor(nth(1)).await.expect("read"), Some(used));
    stage.commit(Change::default().remove::<SecondFactor>(nth(1))).await;
    assert_eq!((store.second_factor(nth(1)).await.expect("read"), says(1).await), (None, false));
}

/// Of several uses of a second factor that rest on the same, one is made; so it is with its absence.
pub async fn a_second_factor_is_used_once_as_it_was_read(stage: &Stage) {
    let stale = async |change| matches!(stage.refused(change).await, CommitError::Stale);
    let uses = |before: &SecondFactor, last_step| {
        let after = SecondFactor { last_step, ..before.clone() };
        Change::default().guard(RecordGuard::Is(before.clone())).put(after)
    };
    let absent = || Change::default().guard(RecordGuard::<SecondFactor>::Absent(nth(1)));
    stage.commit(Change::default().put(account(1))).await;
    stage.commit(absent().put(factor(1))).await;
    assert!(stale(absent().put(factor(1))).await);
    stage.commit(uses(&factor(1), 5)).await;
    assert!(stale(uses(&factor(1), 5)).await);
    assert!(stale(uses(&factor(1), 6)).await);
    let used = SecondFactor { last_step: 5, ..factor(1) };
    let recovered = SecondFactor { recovery: RecoveryCodes::default(), ..used.clone() };
    stage.commit(Change::default().guard(RecordGuard::Is(used.clone())).put(recovered.clone())).await;
    assert!(stale(uses(&used, 6)).await, "a recovery code counts like any");
    assert_eq!(stage.store.second_factor(nth(1)).await.expect("read"), Some(recovered));
}

/// A second factor that was begun is kept for its account until it ends.
pub async fn a_begun_second_factor_is_kept_for_a_while(stage: &Stage) {
    let store = &stage.store;
    let read = async || store.second_factor_setup(nth(1)).await.expect("read");
    stage.commit(Change::default().put(account(1)).put(setup(1, 5))).await;
    assert_eq!(read().await, Some(setup(1, 5)));
    assert!(!store.account(nth(1)).await.expect("read").expect("it is there").two_factor);
    stage.commit(Change::default().guard(RecordGuard::Is(setup(1, 5))).put(setup(1, 9))).await;
    assert!(matches!(stage.refused(Change::default().guard(RecordGuard::Is(setup(1, 5)))).await, CommitError::Stale));
    assert_eq!(store.second_factor_setup(nth(2)).await.expect("read"), None);
    store.prune(NOW.after(Duration::from_secs(9))).await.expect("pruned");
    assert_eq!(read().await, Some(setup(1, 9)));
    store.prune(NOW.after(Duration::from_secs(10))).await.expect("pruned");
    assert_eq!(read().await, None);
    stage.commit(Change::default().put(setup(1, 5))).await;
    stage.commit(Change::default().remove::<SecondFactorSetup>(nth(1))).await;
    assert_eq!(read().await, None);
}
