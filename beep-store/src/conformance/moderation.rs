//! Suspensions, restrictions and reports.

use std::time::Duration;

use beep_core::id::{ChannelKey, UserKey};
use beep_core::port::{Change, SessionGuard, SpaceWrite};
use beep_core::record::RecordGuard;
use beep_core::report::{RESOLVED_LIFE, Report, ReportState, ReportTarget, ReportsSeen, Resolution};
use beep_core::restriction::Restriction;
use beep_core::suspension::Suspension;
use beep_core::text::{Comment, Reason, ReportAction};
use beep_core::time::Timestamp;

use super::Stage;
use super::sample::{NOW, account, community, namesake, nth, session, space_key, user};

fn suspension(user: UserKey, until: Timestamp) -> Suspension {
    let reason = Some(Reason::parse("spam \u{1f980}").expect("a reason"));
    Suspension { user, until, reason, by: super::sample::user(9), created_at: NOW }
}

/// All of a suspension is kept, of users of this backend and of others apart; decisions rest on there being none.
pub async fn a_suspension_is_kept_until_it_is_lifted(stage: &Stage) {
    let soon = NOW.after(Duration::from_secs(1));
    let (one, other) = (suspension(user(1), soon), suspension(namesake(1), Timestamp::LAST));
    stage.commit(Change::default().put(one.clone()).put(other.clone())).await;
    let kept = async |user: UserKey| stage.store.suspension(&user).await.expect("read");
    assert_eq!((kept(user(1)).await, kept(namesake(1)).await), (Some(one.clone()), Some(other.clone())));
    assert_eq!(kept(user(2)).await, None);
    let of_own = stage.store.suspensions_of(&[nth(1), nth(2)]).await.expect("read");
    assert_eq!(of_own, std::slice::from_ref(&one));
    let in_force =
        async |now, after: Option<UserKey>| stage.store.suspensions(now, after.as_ref(), 10).await.expect("read");
    assert_eq!(in_force(NOW, None).await, [one.clone(), other.clone()]);
    assert_eq!(in_force(soon, None).await, std::slice::from_ref(&other), "it ends at its time");
    assert_eq!(in_force(NOW, Some(user(1))).await, std::slice::from_ref(&other));
    assert_eq!(stage.store.suspensions(NOW, None, 1).await.expect("read").len(), 1);

    let free = |user| Change::default().guard(RecordGuard::<Suspension>::Absent(user));
    stage.stale(free(user(1))).await;
    stage.commit(free(user(2))).await;
    stage.commit(Change::default().guard(RecordGuard::Is(one.clone()))).await;
    let longer = Suspension { reason: None, until: Timestamp::LAST, ..one.clone() };
    stage.commit(Change::default().put(longer.clone())).await;
    stage.stale(Change::default().guard(RecordGuard::Is(one))).await;
    assert_eq!(kept(user(1)).await, Some(longer));
    stage.commit(Change::default().remove::<Suspension>(user(1))).await;
    assert_eq!(kept(user(1)).await, None);
    stage.commit(free(user(1))).await;
    // One that is over is forgotten after a time.
    stage.commit(Change::default().put(suspension(user(3), NOW))).await;
    stage.store.prune(NOW.after(Duration::from_secs(2 * 24 * 60 * 60))).await.expect("pruned");
    assert_eq!((kept(user(3)).await, kept(namesake(1)).await), (None, Some(other)));
}

/// A restriction is kept by server and user, and goes with its server.
pub async fn a_restriction_is_kept_until_it_is_lifted(stage: &Stage) {
    let community = community(stage).await;
    let one = Restriction { server: community.id(), user: namesake(2), until: Timestamp::LAST };
    stage.commit(Change::default().put(one.clone())).await;
    let kept = async |user: UserKey| stage.store.restriction(&community.id(), &user).await.expect("read");
    assert_eq!((kept(namesake(2)).await, kept(user(2)).await), (Some(one.clone()), None));
    let shorter = Restriction { until: NOW, ..one };
    stage.commit(Change::default().put(shorter.clone())).await;
    assert_eq!(kept(namesake(2)).await, Some(shorter.clone()));
    stage.commit(Change::default().remove::<Restriction>((community.id(), namesake(2)))).await;
    assert_eq!(kept(namesake(2)).await, None);
    stage.commit(Change::default().put(shorter)).await;
    stage.commit(Change::default().write(SpaceWrite::Remove(community.id()))).await;
    assert_eq!(kept(namesake(2)).await, None);
}

/// All of a report is kept; who sees it follows from what it is about.
pub async fn a_report_is_found_by_who_sees_it_and_how_far_it_is(stage: &Stage) {
    let of = |n: u64, target| Report {
        id: nth(n),
        at: NOW,
        by: user(1),
        target,
        reason: Reason::parse("rude").expect("a reason"),
        comment: Some(Comment::parse("and\nmore").expect("a comment")),
        claimed_by: None,
        resolution: None,
    };
    let channel = ChannelKey::new(nth(7), namesake(1).home);
    let message = of(1, ReportTarget::Message { channel, id: nth(8) });
    let person = Report { comment: None, ..of(2, ReportTarget::User(namesake(2))) };
    let server = Report { by: namesake(1), ..of(3, ReportTarget::Server(space_key(3))) };
    let all = [message.clone(), person.clone(), server.clone()];
    stage.commit(all.iter().fold(Change::default(), |change, report| change.put(report.clone()))).await;
    let found = async |users, servers, state, after: Option<u64>, limit| {
        let seen = ReportsSeen { users, servers };
        let found = stage.store.reports(seen, state, after.map(nth), limit).await.expect("read");
        found.into_iter().map(|report| report.id).collect::<Vec<_>>()
    };
    assert_eq!(stage.store.report(nth(1)).await.expect("read"), Some(message.clone()));
    assert_eq!(stage.store.report(nth(4)).await.expect("read"), None);
    assert_eq!(found(true, true, None, None, 10).await, [nth(1), nth(2), nth(3)]);
    assert_eq!(found(true, false, None, None, 10).await, [nth(1), nth(2)]);
    assert_eq!(found(false, true, None, None, 10).await, [nth(1), nth(3)]);
    assert_eq!(found(true, true, None, Some(1), 1).await, [nth(2)]);

    let claimed = Report { claimed_by: Some(user(2)), ..message.clone() };
    let resolution = Resolution {
        action: ReportAction::parse("warned").expect("an action"),
        note: Some(Reason::parse("once").expect("a note")),
        at: NOW,
    };
    let resolved = Report { claimed_by: Some(user(2)), resolution: Some(resolution), ..person.clone() };
    let change = Change::default().guard(RecordGuard::Is(message.clone())).put(claimed.clone()).put(resolved.clone());
    stage.commit(change).await;
    stage.stale(Change::default().guard(RecordGuard::Is(message))).await;
    assert_eq!(stage.store.report(nth(2)).await.expect("read"), Some(resolved));
    for (state, expected) in
        [(ReportState::Open, nth(3)), (ReportState::Claimed, nth(1)), (ReportState::Resolved, nth(2))]
    {
        assert_eq!(found(true, true, Some(state), None, 10).await, [expected], "{state:?}");
    }
    let unresolved = async |by: UserKey| stage.store.unresolved_reports(&by).await.expect("read");
    assert_eq!((unresolved(user(1)).await, unresolved(namesake(1)).await, unresolved(user(2)).await), (1, 1, 0));
    stage.clock.advance(RESOLVED_LIFE + Duration::from_millis(1));
    stage.store.prune(NOW).await.expect("pruned");
    assert_eq!(found(true, true, None, None, 10).await, [nth(1), nth(3)]);
}

/// Whoever ends all sessions of a user hears of one that began meanwhile.
pub async fn ending_all_sessions_rests_on_how_many_there_are(stage: &Stage) {
    let accounts = Change::default().put(account(1)).put(account(2));
    stage.commit(accounts.put(session(1, nth(1))).put(session(2, nth(2)))).await;
    let count = |signed_in| Change::default().guard(SessionGuard::Counted { user: nth(1), signed_in });
    stage.commit(count(1)).await;
    stage.commit(Change::default().put(session(3, nth(1)))).await;
    stage.stale(count(1)).await;
    let mut ended = session(3, nth(1));
    ended.revoked_at = Some(NOW);
    stage.commit(count(2).put(ended)).await;
    stage.commit(count(1)).await;
}
