//! The audit logs of servers, and that of the backend.

use std::time::Duration;

use beep_core::audit::{
    AUDIT_LIFE, AUDIT_LIFE_OF_BACKEND, AuditAction, AuditChanges, AuditEntry, AuditFilter, AuditLog, AuditNumber,
    AuditTarget, MOST_ENTRIES,
};
use beep_core::id::{MessageId, RoleId, UserKey};
use beep_core::member::Member;
use beep_core::permission::Permissions;
use beep_core::port::{AuditWrite, Change, MessageGuard, MessageWrite, SpaceWrite};
use beep_core::record::RecordGuard;
use beep_core::text::Reason;
use beep_core::time::Timestamp;
use tokio::task::JoinSet;

use super::Stage;
use super::sample::{Community, NOW, community, namesake, nth, user};

fn entry(
    of: &Community,
    n: u64,
    actor: impl Into<Option<UserKey>>,
    action: AuditAction,
    target: impl Into<AuditTarget>,
) -> AuditEntry {
    AuditEntry {
        id: nth(n),
        log: AuditLog::Server(of.id()),
        at: NOW,
        actor: actor.into(),
        action,
        target: target.into(),
        reason: None,
        changes: AuditChanges::new(),
    }
}

fn add(change: Change, entry: &AuditEntry) -> Change {
    change.write(AuditWrite::Add(Box::new(entry.clone())))
}

/// The entries that a filter lets through, without their numbers.
async fn found(stage: &Stage, of: &Community, filter: AuditFilter, limit: u32) -> Vec<AuditEntry> {
    let found = stage.store.audit_entries(&AuditLog::Server(of.id()), &filter, None, limit).await.expect("read");
    found.into_iter().map(|(_, entry)| entry).collect()
}

/// All of an entry is kept, and its filters tell it from others; it goes with its server.
pub async fn an_audit_entry_is_found_by_actor_target_and_action(stage: &Stage) {
    let community = community(stage).await;
    let other = Community::new(2);
    stage.commit(other.made()).await;
    let role: RoleId = nth(7);
    let rich = AuditEntry {
        reason: Some(Reason::parse("noise \u{1f980}\nand more").expect("a reason")),
        changes: AuditChanges::new()
            .field("name", Some("old"), Some("new"))
            .field("color", None, Some(0xff_ff_ffu32))
            .field("hoist", Some(false), Some(true))
            .field("muted_until", Some(Timestamp::from_millis(1)), None)
            .field("permissions", Some(Permissions::all()), Some(Permissions::empty())),
        ..entry(&community, 1, namesake(1), AuditAction::RoleUpdate, &role)
    };
    let kick = entry(&community, 2, user(1), AuditAction::MemberKick, &user(2));
    let ban = entry(&community, 3, user(1), AuditAction::BanPut, &namesake(2));
    let again = entry(&community, 4, user(1), AuditAction::BanPut, &user(2));
    let elsewhere = entry(&other, 5, user(1), AuditAction::BanPut, &user(2));
    stage.commit(add(add(Change::default(), &rich), &kick)).await;
    stage.commit(add(Change::default(), &ban)).await;
    stage.commit(add(add(Change::default(), &elsewhere), &again)).await;
    let all = AuditFilter::default();
    let actor = |user: UserKey| AuditFilter { actor: Some(user), ..AuditFilter::default() };
    let target = |user: UserKey| AuditFilter { targets: vec![user.to_string()], ..AuditFilter::default() };
    let action = |action| AuditFilter { action: Some(action), ..AuditFilter::default() };
    let newest_first = vec![again.clone(), ban.clone(), kick.clone(), rich.clone()];
    for (filter, expected) in [
        (all.clone(), newest_first.clone()),
        (actor(namesake(1)), vec![rich.clone()]),
        (actor(user(1)), vec![again.clone(), ban.clone(), kick.clone()]),
        (actor(user(9)), vec![]),
        (target(user(2)), vec![again.clone(), kick.clone()]),
        (AuditFilter { targets: vec![role.to_string()], ..AuditFilter::default() }, vec![rich.clone()]),
        (
            AuditFilter { targets: vec![role.to_string(), namesake(2).to_string()], ..AuditFilter::default() },
            vec![ban.clone(), rich.clone()],
        ),
        (action(AuditAction::BanPut), vec![again.clone(), ban.clone()]),
        (AuditFilter { action: Some(AuditAction::BanPut), ..target(user(2)) }, vec![again.clone()]),
        (AuditFilter { action: Some(AuditAction::BanPut), ..actor(user(1)) }, vec![again.clone(), ban.clone()]),
        (AuditFilter { actor: Some(namesake(1)), ..target(user(2)) }, vec![]),
    ] {
        assert_eq!(found(stage, &community, filter.clone(), 10).await, expected, "{filter:?}");
    }
    assert_eq!(found(stage, &other, all.clone(), 10).await, vec![elsewhere.clone()]);

    let log = AuditLog::Server(community.id());
    // A page goes on where the last one ended, whatever came meanwhile, and though its clock is behind.
    let first = stage.store.audit_entries(&log, &all, None, 2).await.expect("read");
    let late = AuditEntry {
        at: NOW.before(Duration::from_secs(60)),
        // What the operator does has no user.
        ..entry(&community, 6, None, AuditAction::BanDelete, &user(2))
    };
    stage.commit(add(Change::default(), &late)).await;
    let (end, _) = first.last().expect("two are there");
    let second = stage.store.audit_entries(&log, &all, Some(*end), 10).await.expect("read");
    let paged: Vec<_> = first.iter().chain(&second).map(|(_, entry)| entry.clone()).collect();
    assert_eq!(paged, newest_first);
    assert_eq!(found(stage, &community, all.clone(), 1).await, vec![late]);

    stage.commit(Change::default().write(SpaceWrite::Remove(community.id()))).await;
    stage.commit(community.made()).await;
    assert_eq!(found(stage, &community, all.clone(), 10).await, vec![]);
    assert_eq!(found(stage, &other, all, 10).await, vec![elsewhere]);
}

/// A change that is refused leaves no entry, alone or beside others that share its statements.
pub async fn a_refused_change_leaves_no_audit_entry(stage: &Stage) {
    let community = community(stage).await;
    stage.commit(community.joined_by(user(2))).await;
    let member = community.member(user(2));
    let gone: MessageId = nth(99);
    let kick = entry(&community, 1, user(1), AuditAction::MemberKick, &user(2));
    let outdated = Member { joined_at: NOW.after(Duration::from_secs(1)), ..member.clone() };
    let rename = |guard: &Member, n| {
        let change = Change::default().guard(RecordGuard::Is(guard.clone())).put(member.clone());
        add(change, &entry(&community, n, user(1), AuditAction::MemberUpdate, &user(2)))
    };
    let delete = {
        let channel = community.channel.id.clone();
        let guard = MessageGuard::At { channel: channel.clone(), id: gone, edited_at: None, pinned: false };
        let change = Change::default().guard(guard).write(MessageWrite::Remove(channel, gone));
        add(change, &entry(&community, 2, user(1), AuditAction::MessageDelete, &gone))
    };
    stage.stale(add(Change::default().guard(RecordGuard::Is(outdated.clone())), &kick)).await;
    stage.stale(delete).await;
    let (sound, stale) = tokio::join!(stage.store.commit(rename(&member, 3)), stage.store.commit(rename(&outdated, 4)));
    assert!(sound.is_ok() && stale.is_err());
    let left = found(stage, &community, AuditFilter::default(), 10).await;
    assert_eq!(left.iter().map(|entry| entry.id).collect::<Vec<_>>(), vec![nth(3)]);
}

/// Of each server the newest entries are kept, for a time.
pub async fn audit_logs_are_bounded_by_number_and_time(stage: &Stage) {
    let community = community(stage).await;
    let other = Community::new(2);
    stage.commit(other.made()).await;
    let owner = community.owner.clone();
    let oldest = entry(&other, 1, user(1), AuditAction::MemberKick, &user(2));
    stage.commit(add(Change::default(), &oldest)).await;
    let most = MOST_ENTRIES + 3;
    let mut running = JoinSet::new();
    for n in 1..=most {
        let change = Change::default().guard(RecordGuard::Is(owner.clone())).put(owner.clone());
        let at = NOW.after(Duration::from_secs(1));
        let entry = AuditEntry { at, ..entry(&community, n, user(1), AuditAction::MemberUpdate, &user(2)) };
        let (store, change) = (stage.store.clone(), add(change, &entry));
        running.spawn(async move { store.commit(change).await });
    }
    for committed in running.join_all().await {
        committed.expect("it is committed");
    }
    let (all, log) = (AuditFilter::default(), AuditLog::Server(community.id()));
    // Numbers have no gaps, so the newest and the oldest tell how many there are.
    let newest = async || {
        let newest = stage.store.audit_entries(&log, &all, None, 1).await.expect("read");
        newest.first().map(|(number, _)| number.0)
    };
    assert_eq!(newest().await, Some(most));
    let kept = stage.store.audit_entries(&log, &all, Some(AuditNumber(5)), 10).await.expect("read");
    assert_eq!(kept.iter().map(|(number, _)| number.0).collect::<Vec<_>>(), vec![4]);
    assert_eq!(found(stage, &other, all.clone(), 10).await, vec![oldest]);
    stage.clock.advance(AUDIT_LIFE + Duration::from_millis(1));
    stage.store.prune(NOW).await.expect("pruned");
    assert_eq!(found(stage, &other, all.clone(), 10).await, vec![]);
    assert_eq!(newest().await, Some(most));
    stage.clock.advance(Duration::from_secs(1));
    stage.store.prune(NOW).await.expect("pruned");
    assert_eq!(newest().await, None);
}

/// The log of the backend is one of its own, whatever becomes of servers, and is kept longer than theirs.
pub async fn the_backend_has_an_audit_log_of_its_own(stage: &Stage) {
    let community = community(stage).await;
    let of_server = entry(&community, 1, user(1), AuditAction::ServerSuspend, &community.id());
    let of_backend = AuditEntry { id: nth(2), log: AuditLog::Backend, ..of_server.clone() };
    stage.commit(add(add(Change::default(), &of_server), &of_backend)).await;
    let all = AuditFilter::default();
    let kept = async || {
        let found = stage.store.audit_entries(&AuditLog::Backend, &all, None, 10).await.expect("read");
        found.into_iter().map(|(_, entry)| entry).collect::<Vec<_>>()
    };
    assert_eq!(kept().await, std::slice::from_ref(&of_backend));
    assert_eq!(found(stage, &community, all.clone(), 10).await, [of_server]);
    let by_target = AuditFilter { targets: vec![community.id().to_string()], ..AuditFilter::default() };
    let found = stage.store.audit_entries(&AuditLog::Backend, &by_target, None, 10).await.expect("read");
    assert_eq!(found.len(), 1);
    stage.commit(Change::default().write(SpaceWrite::Remove(community.id()))).await;
    stage.clock.advance(AUDIT_LIFE + Duration::from_millis(1));
    stage.store.prune(NOW).await.expect("pruned");
    assert_eq!(kept().await, [of_backend]);
    stage.clock.advance(AUDIT_LIFE_OF_BACKEND);
    stage.store.prune(NOW).await.expect("pruned");
    assert_eq!(kept().await, []);
}
