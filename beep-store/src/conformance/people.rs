//! Global roles, and finding users.

use beep_core::account::Account;
use beep_core::global_role::GlobalRole;
use beep_core::port::{AccountGuard, Change, GlobalRoleGrant};
use beep_core::text::DisplayName;

use super::Stage;
use super::sample::{account, named, nth};

/// Global roles are kept beside an account and survive its changes; decisions rest on who holds them.
pub async fn global_roles_are_kept_beside_the_account(stage: &Stage) {
    use GlobalRole::{ApplicationAdministrator as Administrator, UserModerator as Moderator};
    let change = Change::default().put(account(1)).put(account(2));
    let change = change
        .put(GlobalRoleGrant { user: nth(1), role: Administrator })
        .put(GlobalRoleGrant { user: nth(1), role: Moderator })
        .put(GlobalRoleGrant { user: nth(1), role: Moderator });
    stage.commit(change).await;
    let roles = |n| async move { stage.store.account(nth(n)).await.expect("read").expect("there").global_roles };
    let holders = || async { stage.store.holders_of(Administrator).await.expect("read") };
    assert_eq!((roles(1).await, roles(2).await), (vec![Moderator, Administrator], vec![]));
    stage.commit(Change::default().put(Account { revision: 1, ..account(1) })).await;
    assert_eq!((roles(1).await, holders().await), (vec![Moderator, Administrator], vec![nth(1)]));
    let holds = |id, role| Change::default().guard(AccountGuard::Holds(GlobalRoleGrant { user: id, role }));
    stage.commit(holds(nth(1), Administrator)).await;
    stage.stale(holds(nth(2), Administrator)).await;
    stage.commit(Change::default().put(GlobalRoleGrant { user: nth(2), role: Administrator })).await;
    assert_eq!(holders().await, vec![nth(1), nth(2)]);
    stage
        .commit(
            holds(nth(2), Administrator)
                .remove::<GlobalRoleGrant>(GlobalRoleGrant { user: nth(1), role: Administrator }),
        )
        .await;
    assert_eq!((roles(1).await, holders().await), (vec![Moderator], vec![nth(2)]));
}

/// A query is what a username or display name begins with, whatever its case.
pub async fn users_are_found_by_what_their_names_begin_with(stage: &Stage) {
    let shown = |n, name: &str, display: &str| {
        let mut account = named(n, name);
        account.user.display_name = Some(DisplayName::parse(display).expect("a name"));
        account
    };
    let mut gone = named(6, "alma");
    gone.user.deleted = true;
    let accounts =
        [named(1, "al_ice"), named(2, "alxice"), shown(3, "carl", "Ärger 100%"), shown(4, "dora", "ALBERT"), gone];
    let change = accounts.iter().fold(Change::default(), |change, one| change.put(one.clone()));
    stage.commit(change).await;
    let find = async |query: &str, after: Option<u64>, limit: u32| {
        let found = stage.store.accounts_by_prefix(query, after.map(nth), limit).await.expect("read");
        found.iter().map(Account::id).collect::<Vec<_>>()
    };
    assert_eq!(find("", None, 10).await, [nth(1), nth(2), nth(3), nth(4)]);
    assert_eq!(find("", Some(1), 2).await, [nth(2), nth(3)]);
    assert_eq!(find("AL", None, 10).await, [nth(1), nth(2), nth(4)]);
    assert_eq!(find("al", None, 2).await, [nth(1), nth(2)]);
    assert_eq!(find("al", Some(2), 2).await, [nth(4)]);
    assert_eq!(find("al_", None, 10).await, [nth(1)]);
    assert_eq!(find("ärger 100%", None, 10).await, [nth(3)]);
    for none in ["%", "_", "ice", "al\0", "zed"] {
        assert_eq!(find(none, None, 10).await, [], "{none:?}");
    }
}
