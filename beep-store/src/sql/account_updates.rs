//! Changing accounts, as somebody does who changes their private names: changes that share their statements, as sending
//! does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use beep_core::account::Account;
use beep_core::id::UserId;
use beep_core::port::{AccountGuard, Change, CommitError, Committed, Guard, StoreError, Write};
use beep_core::record::RecordWrite;

use super::accounts;
use super::group::{Group, Outcome};

/// The change of an account that a change is, if it is that alone, and tells nobody.
pub(crate) fn update(change: &Change) -> Option<(&Account, u64)> {
    match (&*change.guards, &*change.writes, &*change.events) {
        ([Guard::Account(AccountGuard::At { id, revision })], [Write::Account(RecordWrite::Put(account))], [])
            if *id == account.id() =>
        {
            Some((account, *revision))
        }
        _ => None,
    }
}

/// Makes a run of changes that each are an [`update`], one after the other: each sees what those before it made. None for
/// one that is to be made alone: it takes another username or address, which somebody else may have.
pub(crate) async fn make_all(group: &mut Group<'_>, run: &[&Change]) -> Result<Vec<Option<Outcome>>, StoreError> {
    let ids: BTreeSet<UserId> = run.iter().filter_map(|change| update(change)).map(|(now, _)| now.id()).collect();
    let unknown = ids.iter().copied().filter(|id| group.known.account(*id).is_none());
    for account in accounts::by_ids(group.connection, unknown).await? {
        group.known.learn_account(Arc::new(account));
    }
    let stored: Vec<Arc<Account>> = ids.iter().filter_map(|id| group.known.account(*id)).cloned().collect();
    let mut revisions: BTreeMap<UserId, u64> = stored.iter().map(|account| (account.id(), account.revision)).collect();
    let stored: BTreeMap<UserId, &Arc<Account>> = stored.iter().map(|account| (account.id(), account)).collect();
    let mut updated: BTreeMap<UserId, &Account> = BTreeMap::new();
    let mut outcomes = Vec::with_capacity(run.len());
    for change in run {
        let is_known_by_the_same = |now: &Account| {
            let before = stored.get(&now.id());
            before.is_none_or(|before| before.user.username == now.user.username && before.email == now.email)
        };
        outcomes.push(match update(change) {
            Some((now, rests_on)) if is_known_by_the_same(now) => Some(match revisions.get_mut(&now.id()) {
                Some(revision) if *revision == rests_on => {
                    *revision = now.revision + 1;
                    updated.insert(now.id(), now);
                    Ok(Committed::default())
                }
                _ => Err(CommitError::Stale),
            }),
            _ => None,
        });
    }
    for account in updated.values() {
        group.known.learn_account(Arc::new(Account { revision: account.revision + 1, ..(**account).clone() }));
    }
    accounts::put_all(group.connection, &updated.into_values().collect::<Vec<_>>()).await?;
    Ok(outcomes)
}
