//! Changing accounts, as somebody does who changes their private names: changes that share their statements, as sending
//! does.

use std::collections::{BTreeMap, BTreeSet};

use beep_core::account::Account;
use beep_core::id::UserId;
use beep_core::port::{AccountGuard, Change, CommitError, Committed, Guard, StoreError, Write};
use beep_core::record::RecordWrite;

use super::accounts;
use super::group::{Group, Outcome};
use super::known::KnownAccount;
use super::name_parts::Names;

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
        group.known.learn_account(account.id(), KnownAccount::from(&account));
    }
    let mut updated: BTreeMap<UserId, (Names, &Account)> = BTreeMap::new();
    let mut outcomes = Vec::with_capacity(run.len());
    for change in run {
        let Some((now, rests_on)) = update(change) else {
            outcomes.push(None);
            continue;
        };
        let before = group.known.account(now.id());
        outcomes.push(match before {
            Some(before) if (&before.username, &before.email) != (&now.user.username, &now.email) => None,
            Some(before) if before.revision == rests_on => {
                let revision = now.revision + 1;
                let names = Names::of_account(&before.username, before.display_name.as_ref());
                group.known.learn_account(now.id(), KnownAccount { revision, ..now.into() });
                updated.entry(now.id()).or_insert((names, now)).1 = now;
                Some(Ok(Committed::default()))
            }
            _ => Some(Err(CommitError::Stale)),
        });
    }
    let updated: Vec<_> = updated.into_values().map(|(names, now)| (Some(names), now)).collect();
    accounts::put_all(group.connection, &updated).await?;
    Ok(outcomes)
}
