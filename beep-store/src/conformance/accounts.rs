//! Accounts, codes, sessions and keys.

use std::collections::BTreeSet;
use std::time::Duration;

use beep_core::account::{Account, CodePurpose, MailCode};
use beep_core::id::SessionId;
use beep_core::port::{Change, CommitError, SecretKey, SecretPurpose, Unique, Write};
use beep_core::record::RecordWrite;
use beep_core::session::{REFRESH_LIFE, Rotation, Session};
use beep_core::text::{Bio, DisplayName, Email, PersonName, SessionLabel, Username};

use super::Stage;
use super::sample::{NOW, account, code, key, named, nth, session};

/// All of an account is kept, it is found by what is unique in it, and its revision counts.
pub async fn accounts_are_found_by_id_name_and_address(stage: &Stage) {
    let mut kept = account(1);
    kept.user.display_name = Some(DisplayName::parse("Ünï %_\\ \u{1f600}").expect("a name"));
    kept.user.bio = Some(Bio::parse("two\nlines").expect("a bio"));
    kept.first_name = Some(PersonName::parse("First").expect("a name"));
    kept.last_name = Some(PersonName::parse("Last").expect("a name"));
    stage.commit(Change::default().put(kept.clone())).await;
    kept.revision = 1;
    let store = &stage.store;
    assert_eq!(store.account(nth(1)).await.expect("read"), Some(kept.clone()));
    assert_eq!(store.account_by_username(&kept.user.username).await.expect("read"), Some(kept.clone()));
    assert_eq!(store.account_by_email(&kept.email).await.expect("read"), Some(kept.clone()));

    let mut renamed = kept.clone();
    renamed.user.username = Username::parse("renamed").expect("a username");
    renamed.user.deleted = true;
    renamed.user.bio = None;
    renamed.activated = false;
    stage.commit(Change::default().put(renamed.clone())).await;
    renamed.revision = 2;
    assert_eq!(store.account(nth(1)).await.expect("read"), Some(renamed.clone()));
    assert_eq!(store.account_by_username(&kept.user.username).await.expect("read"), None);
    assert_eq!(store.account(nth(2)).await.expect("read"), None);
    let nobody = Email::parse("nobody@example.com").expect("an address");
    assert_eq!(store.account_by_email(&nobody).await.expect("read"), None);
    stage.commit(Change::default().put(account(3))).await;
    let found = store.accounts(&[nth(3), nth(2), nth(1)]).await.expect("read");
    let ids: BTreeSet<_> = found.iter().map(|account| account.id()).collect();
    assert_eq!((found.len(), ids), (2, [nth(1), nth(3)].into()));
    assert_eq!(store.accounts(&[]).await.expect("read"), []);
}

/// Nobody gets the name or the address of another, and who tries leaves nothing behind.
pub async fn names_and_addresses_are_unique(stage: &Stage) {
    stage.commit(Change::default().put(account(1))).await;
    let mut same_name = named(2, "user1");
    same_name.email = Email::parse("other@example.com").expect("an address");
    let mut same_address = named(2, "other");
    same_address.email = account(1).email;
    for (second, unique) in [(same_name, Unique::Username), (same_address, Unique::Email)] {
        let change = Change::default().put(key(1, NOW)).put(second);
        let error = stage.refused(change).await;
        assert!(matches!(error, CommitError::Taken(taken) if taken == unique), "{error:?}");
        assert_eq!(stage.store.account(nth(2)).await.expect("read"), None);
        assert_eq!(stage.store.secret_keys().await.expect("read"), Vec::new());
    }
    stage.commit(Change::default().put(account(1))).await;
    // Within one change too.
    let twice = Change::default().put(named(2, "twin")).put(named(3, "twin"));
    let error = stage.refused(twice).await;
    assert!(matches!(error, CommitError::Taken(Unique::Username)), "{error:?}");
}

/// An account that was activated meanwhile stays, and its name is taken; one that was not goes with what it has.
pub async fn only_accounts_that_wait_for_their_code_are_removed(stage: &Stage) {
    let mut waiting = account(1);
    waiting.activated = false;
    let made = Change::default().put(waiting.clone()).put(code(nth(1), 5)).put(session(1, nth(1))).put(account(2));
    stage.commit(made).await;
    let replaced = Change::default().remove::<Account>(nth(1)).put(named(3, "user1"));
    stage.commit(replaced).await;
    assert_eq!(stage.store.account(nth(1)).await.expect("read"), None);
    assert_eq!(stage.store.mail_code(nth(1), CodePurpose::Activation).await.expect("read"), None);
    assert_eq!(stage.store.session(nth(1)).await.expect("read"), None);
    let taken = Change::default().remove::<Account>(nth(2)).put(named(4, "user2"));
    assert!(matches!(stage.refused(taken).await, CommitError::Taken(Unique::Username)));
    assert!(stage.store.account(nth(2)).await.expect("read").is_some());
}

/// There is one code for an account and a purpose.
pub async fn a_code_is_kept_for_each_account(stage: &Stage) {
    let made = Change::default().put(account(1)).put(account(2));
    stage.commit(made.put(code(nth(1), 5))).await;
    let again = MailCode { hash: [9; 32], expires_at: NOW.after(Duration::from_secs(9)), ..code(nth(1), 4) };
    stage.commit(Change::default().put(again.clone())).await;
    assert_eq!(stage.store.mail_code(nth(1), CodePurpose::Activation).await.expect("read"), Some(again));
    assert_eq!(stage.store.mail_code(nth(2), CodePurpose::Activation).await.expect("read"), None);
    stage.commit(Change::default().remove::<MailCode>((nth(1), CodePurpose::Activation))).await;
    assert_eq!(stage.store.mail_code(nth(1), CodePurpose::Activation).await.expect("read"), None);
}

/// The sessions of a user are listed while they are not revoked, and the revoked ones since a time.
pub async fn sessions_are_listed_youngest_first(stage: &Stage) {
    let at = |s| NOW.after(Duration::from_secs(s));
    let full = Session {
        label: Some(SessionLabel::parse("Phone").expect("a label")),
        address: Some("192.0.2.1".to_owned()),
        persist: true,
        created_at: at(5),
        last_used_at: at(6),
        rotation: Rotation { current: [4; 32], previous: Some([5; 32]), nonce: [6; 16], rotated_at: at(6) },
        ..session(1, nth(1))
    };
    let older = Session { created_at: at(2), ..session(2, nth(1)) };
    let twin = Session { created_at: at(2), ..session(3, nth(1)) };
    let foreign = session(4, nth(2));
    let mut made = Change::default().put(account(1)).put(account(2));
    for session in [&full, &older, &twin, &foreign] {
        made = made.put(session.clone());
    }
    stage.commit(made).await;
    let store = &stage.store;
    assert_eq!(store.session(full.id).await.expect("read"), Some(full.clone()));
    let all = vec![full.clone(), twin.clone(), older.clone()];
    assert_eq!(store.sessions_of(nth(1)).await.expect("read"), all);

    let end =
        |session: &Session, s| Write::from(RecordWrite::Put(Session { revoked_at: Some(at(s)), ..session.clone() }));
    stage.commit(Change::default().write(end(&twin, 20)).write(end(&foreign, 10))).await;
    assert_eq!(store.sessions_of(nth(1)).await.expect("read"), vec![full, older]);
    assert_eq!(store.revoked_sessions(at(10)).await.expect("read"), vec![foreign.id, twin.id]);
    assert_eq!(store.revoked_sessions(at(11)).await.expect("read"), vec![twin.id]);
    assert_eq!(store.revoked_sessions(at(21)).await.expect("read"), Vec::<SessionId>::new());
    let kept = store.session(twin.id).await.expect("read").expect("revoked ones are kept");
    assert_eq!(kept.revoked_at, Some(at(20)));
}

/// Keys are listed by their age, however they were put.
pub async fn keys_are_listed_oldest_first(stage: &Stage) {
    let young = key(1, NOW.after(Duration::from_secs(1)));
    let old = SecretKey { purpose: SecretPurpose::Refresh, secret: [8; 32], ..key(2, NOW) };
    let put = Change::default().put(young.clone()).put(old.clone());
    stage.commit(put).await;
    assert_eq!(stage.store.secret_keys().await.expect("read"), vec![old.clone(), young.clone()]);
    stage.commit(Change::default().remove::<SecretKey>(old.id)).await;
    assert_eq!(stage.store.secret_keys().await.expect("read"), vec![young]);
}

/// A day after all else go sessions that ended or were left, and accounts that were never activated.
pub async fn pruning_takes_ended_sessions_and_abandoned_accounts(stage: &Stage) {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let store = &stage.store;
    let mut waiting = account(1);
    waiting.activated = false;
    waiting.user.created_at = NOW;
    let active = account(2);
    let ended = Session { revoked_at: Some(NOW), ..session(1, nth(2)) };
    let left = Session { last_used_at: NOW, ..session(2, nth(2)) };
    let used = Session { last_used_at: NOW.after(REFRESH_LIFE), ..session(3, nth(2)) };
    let accounts = Change::default().put(waiting).put(active);
    let made = accounts.put(code(nth(1), 5)).put(ended);
    stage.commit(made.put(left).put(used)).await;
    let there = async || {
        let (mut sessions, mut accounts) = (Vec::new(), Vec::new());
        for n in 1..=3 {
            sessions.push(store.session(nth(n)).await.expect("read").is_some());
            accounts.push(store.account(nth(n)).await.expect("read").is_some());
        }
        (sessions, accounts)
    };
    let late = Duration::from_millis(1);
    store.prune(NOW.after(DAY)).await.expect("pruned");
    assert_eq!(there().await, (vec![true, true, true], vec![true, true, false]));
    store.prune(NOW.after(DAY + late)).await.expect("pruned");
    assert_eq!(there().await, (vec![false, true, true], vec![false, true, false]));
    assert_eq!(store.mail_code(nth(1), CodePurpose::Activation).await.expect("read"), None);
    store.prune(NOW.after(DAY + REFRESH_LIFE + late)).await.expect("pruned");
    assert_eq!(there().await, (vec![false, false, true], vec![false, true, false]));
}
