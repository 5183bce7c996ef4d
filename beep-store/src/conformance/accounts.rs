//! Accounts, registrations, codes, sessions and keys.

use std::collections::BTreeSet;
use std::time::Duration;

use beep_core::account_removal::AccountRemoval;
use beep_core::email_change::EmailChange;
use beep_core::event::{EventBody, Position};
use beep_core::id::SessionId;
use beep_core::mail_code::{CodePurpose, MailCode};
use beep_core::port::{
    AccountGuard, AnswerWrite, Answered, AnsweredBody, Change, CommitError, IdempotencyKey, InvitationWrite,
    RemovalWrite, SecretKey, SecretPurpose, Unique, Write,
};
use beep_core::record::{RecordGuard, RecordWrite};
use beep_core::registration::{InvitationSeat, REGISTRATION_LIFE, Registration, UsernameHold};
use beep_core::session::{Chain, REFRESH_LIFE, Rotation, Session};
use beep_core::text::{Bio, DisplayName, Email, PersonName, SessionLabel, Username};

use super::Stage;
use super::sample::{NOW, account, code, community, invitation, key, named, nth, registration, session, user};

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
    renamed.user.bio = None;
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

/// There is one registration for an address, and the newest with a username is found by it.
pub async fn a_registration_is_kept_for_each_address(stage: &Stage) {
    let address = |name: &str| Email::parse(&format!("{name}@example.com")).expect("an address");
    let mut first = registration(1, &address("ann"), "ann");
    first.display_name = Some(DisplayName::parse("Ann A.").expect("a name"));
    let newer =
        Registration { created_at: NOW.after(Duration::from_secs(1)), ..registration(2, &address("bob"), "ann") };
    stage.commit(Change::default().put(newer.clone()).put(first.clone())).await;
    let store = &stage.store;
    assert_eq!(store.registration(&first.email).await.expect("read"), Some(first.clone()));
    assert_eq!(store.registration(&address("carl")).await.expect("read"), None);
    assert_eq!(store.registration_by_username(&first.username).await.expect("read"), Some(newer.clone()));
    let other = Username::parse("other").expect("a username");
    assert_eq!(store.registration_by_username(&other).await.expect("read"), None);

    let replaced = Registration { username: other.clone(), ..first.clone() };
    stage.commit(Change::default().guard(RecordGuard::Is(first.clone())).put(replaced.clone())).await;
    stage.stale(Change::default().guard(RecordGuard::Is(first))).await;
    stage.stale(Change::default().guard(RecordGuard::<Registration>::Absent(replaced.email.clone()))).await;
    assert_eq!(store.registration_by_username(&other).await.expect("read"), Some(replaced.clone()));
    stage.commit(Change::default().remove::<Registration>(replaced.email.clone())).await;
    assert_eq!(store.registration(&replaced.email).await.expect("read"), None);
    assert_eq!(store.registration(&newer.email).await.expect("read"), Some(newer));
}

/// A username is free for who holds it, and for all when nobody has it and no hold of another lasts.
pub async fn a_username_is_held_until_a_time(stage: &Stage) {
    let at = |s| NOW.after(Duration::from_secs(s));
    let name = |name: &str| Username::parse(name).expect("a username");
    let hold = |of: &str, holder, s| UsernameHold { username: name(of), holder: nth(holder), until: at(s) };
    let made = Change::default().put(account(1)).put(hold("ann", 2, 10)).put(hold("ann", 3, 5)).put(hold("bob", 2, 10));
    stage.commit(made).await;
    let free =
        |of: &str, by, s| Change::default().guard(AccountGuard::Free { username: name(of), by: nth(by), now: at(s) });
    let taken = async |change| matches!(stage.refused(change).await, CommitError::Taken(Unique::Username));
    assert!(taken(free("user1", 2, 0)).await, "an account has it");
    stage.commit(free("user1", 1, 0)).await;
    assert!(taken(free("ann", 2, 4)).await, "two hold it");
    stage.commit(free("ann", 2, 5)).await;
    assert!(taken(free("ann", 4, 9)).await);
    stage.commit(free("ann", 4, 10)).await;
    let store = &stage.store;
    assert_eq!(store.usernames_held(nth(2), at(9)).await.expect("read"), 2);
    assert_eq!(store.usernames_held(nth(2), at(10)).await.expect("read"), 0);
    stage.commit(Change::default().remove::<UsernameHold>((name("ann"), nth(2)))).await;
    stage.commit(free("ann", 4, 5)).await;
    assert_eq!(store.usernames_held(nth(2), at(9)).await.expect("read"), 1);
}

/// There is one code for an account and a purpose.
pub async fn a_code_is_kept_for_each_account(stage: &Stage) {
    stage.commit(Change::default().put(code(nth(1)))).await;
    assert_eq!(stage.store.mail_code(nth(1), CodePurpose::Activation).await.expect("read"), Some(code(nth(1))));
    let again = MailCode { hash: [9; 32], expires_at: NOW.after(Duration::from_secs(9)), ..code(nth(1)) };
    stage.commit(Change::default().put(again.clone())).await;
    assert_eq!(stage.store.mail_code(nth(1), CodePurpose::Activation).await.expect("read"), Some(again));
    assert_eq!(stage.store.mail_code(nth(2), CodePurpose::Activation).await.expect("read"), None);
    for purpose in CodePurpose::ALL {
        stage.commit(Change::default().put(MailCode { purpose, ..code(nth(3)) })).await;
    }
    for purpose in CodePurpose::ALL {
        let kept = stage.store.mail_code(nth(3), purpose).await.expect("read");
        assert_eq!(kept, Some(MailCode { purpose, ..code(nth(3)) }));
    }
    stage.commit(Change::default().remove::<MailCode>((nth(1), CodePurpose::Activation))).await;
    assert_eq!(stage.store.mail_code(nth(1), CodePurpose::Activation).await.expect("read"), None);
}

/// There is one change of an address for an account, and the last one to an address is found by it.
pub async fn a_change_of_an_address_is_kept_for_each_account(stage: &Stage) {
    let at = |s| NOW.after(Duration::from_secs(s));
    let address = |name: &str| Email::parse(&format!("{name}@example.com")).expect("an address");
    let asked = |n, to: &str, s| EmailChange { user: nth(n), email: address(to), asked_at: at(s) };
    let (early, late) = (asked(1, "New", 1), asked(2, "new", 2));
    stage.commit(Change::default().put(account(1)).put(account(2)).put(late.clone()).put(early.clone())).await;
    let found = async |name: &str| stage.store.email_change(&address(name)).await.expect("read");
    assert_eq!((found("NEW").await, found("other").await), (Some(late.clone()), None));
    let again = asked(2, "other", 3);
    stage.commit(Change::default().put(again.clone())).await;
    assert_eq!((found("new").await, found("other").await), (Some(early), Some(again)));
    stage.commit(Change::default().remove::<EmailChange>(nth(1))).await;
    assert_eq!(found("new").await, None);
    stage.store.prune(at(3)).await.expect("pruned");
    assert!(found("other").await.is_some());
    stage.store.prune(at(4)).await.expect("pruned");
    assert_eq!(found("other").await, None);
}

/// Of a deleted account nothing is left that says who it was, and its names are free.
pub async fn a_deleted_account_says_nothing(stage: &Stage) {
    let store = &stage.store;
    let (mut before, other) = (account(1), account(2));
    before.user.bio = Some(Bio::parse("about").expect("a bio"));
    before.first_name = Some(PersonName::parse("First").expect("a name"));
    let device = Session {
        label: Some(SessionLabel::parse("Phone").expect("a label")),
        address: Some("192.0.2.1".to_owned()),
        revoked_at: Some(NOW),
        ..session(1, nth(1))
    };
    let told = EventBody::UserUpdated(before.user.clone());
    let of_other = EventBody::UserUpdated(other.user.clone());
    let claim = IdempotencyKey { caller: user(1), key: "key".to_owned(), route: "route".to_owned(), at: NOW };
    let answer = Answered { status: 200, body: AnsweredBody::Octets(b"private".to_vec()) };
    let made = Change::default()
        .put(before.clone())
        .put(other.clone())
        .put(device.clone())
        .write(AnswerWrite::Put(claim.clone(), answer))
        .user_event(&user(1), told)
        .user_event(&user(2), of_other.clone());
    stage.commit(made).await;
    let before = store.account(nth(1)).await.expect("read").expect("it is there");
    let (erased, removal) = (before.erased(), AccountRemoval { user: nth(1), deleted_at: NOW });
    let begin = RemovalWrite::Begin(removal, erased.user.clone());
    stage.commit(Change::default().put(erased.clone()).write(begin)).await;

    let kept = store.account(nth(1)).await.expect("read").expect("it is there");
    assert_eq!(kept, beep_core::account::Account { revision: kept.revision, ..erased.clone() });
    assert_eq!(store.account_by_username(&before.user.username).await.expect("read"), None);
    assert_eq!(store.account_by_username(&erased.user.username).await.expect("read"), None);
    assert_eq!(store.account_by_email(&before.email).await.expect("read"), None);
    assert_eq!(store.account_by_email(&erased.email).await.expect("read"), None);
    let session = store.session(device.id).await.expect("read").expect("it is there");
    assert_eq!(session, Session { label: None, address: None, ..device });
    assert_eq!(store.answer(&claim).await.expect("read"), None);
    let events = store.events_after(Position(0), 10).await.expect("read");
    let bodies: Vec<_> = events.into_iter().map(|event| event.body).collect();
    assert_eq!(bodies, [EventBody::UserUpdated(erased.user.clone()), of_other]);
    // Another may have what it had, and more than one is deleted.
    let heir = named(3, "user1");
    stage.commit(Change::default().put(heir)).await;
    let erased = store.account(nth(2)).await.expect("read").expect("it is there").erased();
    stage.commit(Change::default().put(erased)).await;

    assert_eq!(store.account_removals(None, 10).await.expect("read"), [removal]);
    assert_eq!(store.account_removals(Some(nth(1)), 10).await.expect("read"), []);
    stage.commit(Change::default().write(RemovalWrite::End(nth(1)))).await;
    assert_eq!(store.account_removals(None, 10).await.expect("read"), []);
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
        rotation: Rotation { current: [4; 32], replaced: Chain::from_octets(&[5; 112]).expect("of two") },
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
    assert_eq!(store.sessions_of(nth(1)).await.expect("read"), vec![full.clone(), older]);
    assert_eq!(store.revoked_sessions(at(10)).await.expect("read"), vec![foreign.id, twin.id]);
    assert_eq!(store.revoked_sessions(at(11)).await.expect("read"), vec![twin.id]);
    assert_eq!(store.revoked_sessions(at(21)).await.expect("read"), Vec::<SessionId>::new());
    let kept = store.session(twin.id).await.expect("read").expect("revoked ones are kept");
    assert_eq!(kept.revoked_at, Some(at(20)));
    stage.commit(Change::default().write(end(&full, 30))).await;
    assert_eq!(store.session_addresses(nth(1)).await.expect("read"), ["192.0.2.1"], "of ended ones too");
    assert_eq!(store.session_addresses(nth(2)).await.expect("read"), Vec::<String>::new());
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

/// After all else go sessions that ended or were left, codes and holds that ended, and registrations that were never
/// activated, with their seats.
pub async fn pruning_takes_ended_sessions_and_abandoned_registrations(stage: &Stage) {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let store = &stage.store;
    let community = community(stage).await;
    let waiting = registration(8, &Email::parse("waiting@example.com").expect("an address"), "waiting");
    let hold = UsernameHold { username: waiting.username.clone(), holder: nth(8), until: NOW };
    let ended = Session { revoked_at: Some(NOW), ..session(1, nth(5)) };
    let left = Session { last_used_at: NOW, ..session(2, nth(5)) };
    let used = Session { last_used_at: NOW.after(REFRESH_LIFE), ..session(3, nth(5)) };
    let invitation = InvitationWrite::Put(invitation(1, &community.server));
    let seat = |n| InvitationSeat { user: nth(n), invitation: nth(1) };
    let made = Change::default().put(account(5)).put(ended).put(left).put(used);
    stage
        .commit(made.put(waiting.clone()).put(hold).put(code(nth(8))).write(invitation).put(seat(8)).put(seat(5)))
        .await;
    let sessions = async || {
        let mut sessions = Vec::new();
        for n in 1..=3 {
            sessions.push(store.session(nth(n)).await.expect("read").is_some());
        }
        sessions
    };
    let waits = async || {
        let seat = store.invitation_seat(nth(8)).await.expect("read").is_some();
        (store.registration(&waiting.email).await.expect("read").is_some(), seat)
    };
    let late = Duration::from_millis(1);
    store.prune(NOW).await.expect("pruned");
    assert!(store.mail_code(nth(8), CodePurpose::Activation).await.expect("read").is_some());
    assert_eq!(store.usernames_held(nth(8), NOW.before(late)).await.expect("read"), 1);
    store.prune(NOW.after(late)).await.expect("pruned");
    assert_eq!(store.mail_code(nth(8), CodePurpose::Activation).await.expect("read"), None);
    assert_eq!(store.usernames_held(nth(8), NOW.before(late)).await.expect("read"), 0);
    store.prune(NOW.after(REGISTRATION_LIFE)).await.expect("pruned");
    assert_eq!((sessions().await, waits().await), (vec![true, true, true], (true, true)));
    store.prune(NOW.after(REGISTRATION_LIFE + late)).await.expect("pruned");
    assert_eq!(waits().await, (false, false));
    assert_eq!(store.invitation_seat(nth(5)).await.expect("read"), Some(seat(5)), "that of an account stays");
    store.prune(NOW.after(30 * DAY)).await.expect("pruned");
    assert_eq!(sessions().await, [true, true, true]);
    store.prune(NOW.after(30 * DAY + late)).await.expect("pruned");
    assert_eq!(sessions().await, [false, true, true]);
    store.prune(NOW.after(DAY + REFRESH_LIFE + late)).await.expect("pruned");
    assert_eq!(sessions().await, [false, false, true]);
}
