//! Accounts and their mailed codes.

use std::borrow::Cow;

use async_trait::async_trait;
use beep_core::account::{Account, DirectFrom, User};
use beep_core::account_removal::AccountRemoval;
use beep_core::email_change::EmailChange;
use beep_core::global_role::GlobalRole;
use beep_core::id::{Qualified, UserId, UserKey};
use beep_core::mail_code::{CodePurpose, MailCode};
use beep_core::port::{AccountGuard, Accounts, CommitError, StoreError, Unique};
use beep_core::record::RecordWrite;
use beep_core::registration::{InvitationSeat, Registration};
use beep_core::text::{Bio, DisplayName, Email, PersonName, TextError, Username};
use beep_core::time::Timestamp;

use super::arg::{Arg, args};
use super::batch::Batch;
use super::connection::Connection;
use super::name_parts::{self, Names, Renamed};
use super::row::Row;
use super::spaces::first;
use super::table::{self, Table};
use super::{SqlStore, account_removals, email_changes, registrations};
use crate::fold::{after_all, fold, may_match};

static TABLE: Table = Table::new(
    "account",
    &["id"],
    &[
        "username",
        "mailbox",
        "email",
        "display_name",
        "display_name_folded",
        "bio",
        "first_name",
        "last_name",
        "password_hash",
        "direct_from",
        "deleted",
        "created_at",
        "revision",
    ],
);

#[async_trait]
impl Accounts for SqlStore {
    async fn account(&self, id: UserId) -> Result<Option<Account>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        let row = connection.fetch_optional(BY_ID, &args![id]).await?;
        row.map(|row| read(&row, &connection)).transpose()
    }

    async fn accounts(&self, ids: &[UserId]) -> Result<Vec<Account>, StoreError> {
        by_ids(&mut self.readers.acquire().await?, ids.iter().copied()).await
    }

    async fn account_by_username(&self, username: &Username) -> Result<Option<Account>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        let row = connection.fetch_optional(BY_USERNAME, &args![username.as_str()]).await?;
        row.map(|row| read(&row, &connection)).transpose()
    }

    async fn account_by_email(&self, email: &Email) -> Result<Option<Account>, StoreError> {
        let mut connection = self.readers.acquire().await?;
        let row = connection.fetch_optional(BY_EMAIL, &args![email.mailbox()]).await?;
        row.map(|row| read(&row, &connection)).transpose()
    }

    async fn holders_of(&self, role: GlobalRole) -> Result<Vec<UserId>, StoreError> {
        let rows = self.readers.acquire().await?.fetch_all(HOLDERS_OF, &args![role.name()]).await?;
        rows.iter().map(|row| row.columns().id()).collect()
    }

    async fn accounts_by_prefix(
        &self,
        query: &str,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<Account>, StoreError> {
        if !may_match(query) {
            return Ok(Vec::new());
        }
        let prefix = fold(query);
        let mut connection = self.readers.acquire().await?;
        let rows = if prefix.is_empty() {
            connection.fetch_all(PAGE, &args![first(after), limit]).await?
        } else {
            connection.fetch_all(BY_PREFIX, &args![&prefix, first(after), limit, &after_all(&prefix)]).await?
        };
        rows.iter().map(|row| read(row, &connection)).collect()
    }

    async fn registration(&self, email: &Email) -> Result<Option<Registration>, StoreError> {
        table::find(&mut self.readers.acquire().await?, email).await
    }

    async fn registration_by_username(&self, username: &Username) -> Result<Option<Registration>, StoreError> {
        let sql = registrations::BY_USERNAME.text();
        let rows = self.readers.acquire().await?.fetch_all(sql, &args![username.as_str()]).await?;
        Ok(table::read_all(&rows)?.pop())
    }

    async fn usernames_held(&self, holder: UserId, now: Timestamp) -> Result<u32, StoreError> {
        let row = self.readers.acquire().await?.fetch_one(registrations::HELD, &args![holder, now]).await?;
        row.columns().int()
    }

    async fn invitation_seat(&self, user: UserId) -> Result<Option<InvitationSeat>, StoreError> {
        table::find(&mut self.readers.acquire().await?, &user).await
    }

    async fn email_change(&self, to: &Email) -> Result<Option<EmailChange>, StoreError> {
        let sql = email_changes::TO.text();
        let rows = self.readers.acquire().await?.fetch_all(sql, &args![to.mailbox()]).await?;
        Ok(table::read_all(&rows)?.pop())
    }

    async fn account_removals(&self, after: Option<UserId>, limit: u32) -> Result<Vec<AccountRemoval>, StoreError> {
        account_removals::page(&mut self.readers.acquire().await?, after, limit).await
    }

    async fn mail_code(&self, user: UserId, purpose: CodePurpose) -> Result<Option<MailCode>, StoreError> {
        table::find(&mut self.readers.acquire().await?, &(user, purpose)).await
    }
}

/// Those of these accounts that there are.
pub(crate) async fn by_ids(
    connection: &mut Connection,
    ids: impl Iterator<Item = UserId>,
) -> Result<Vec<Account>, StoreError> {
    let ids: Vec<Arg<'_>> = ids.map(Arg::from).collect();
    let rows = BY_IDS.fetch(connection, &ids).await?;
    rows.iter().map(|row| read(row, connection)).collect()
}

/// Writes or removes an account.
pub(crate) async fn write(connection: &mut Connection, write: &RecordWrite<Account>) -> Result<(), CommitError> {
    match write {
        RecordWrite::Put(account) => put(connection, account).await,
        RecordWrite::Remove(id) => Ok(remove(connection, *id).await?),
    }
}

async fn remove(connection: &mut Connection, id: UserId) -> Result<(), StoreError> {
    if let Some(names) = names(connection, id).await? {
        let user = UserKey::new(id, connection.domain().clone());
        name_parts::rename(connection, &[Renamed { user: &user, before: Some(&names), now: None }]).await?;
    }
    connection.execute(TABLE.remove(), &args![id]).await.map(drop)
}

/// What an account is called, if there is one that is not deleted.
async fn names(connection: &mut Connection, id: UserId) -> Result<Option<Names>, StoreError> {
    let found = by_ids(connection, std::iter::once(id)).await?;
    let named = found.first().filter(|account| !account.user.deleted);
    Ok(named.map(|account| Names::of(&account.user, connection.domain())))
}

/// Whether what a decision rested on still stands.
pub(crate) async fn stands(connection: &mut Connection, guard: &AccountGuard) -> Result<bool, CommitError> {
    let row = match guard {
        AccountGuard::At { id, revision } => connection.fetch_optional(AT, &args![*id, *revision]).await?,
        AccountGuard::Password { id, hash } => connection.fetch_optional(PASSWORD, &args![*id, hash]).await?,
        AccountGuard::NotDeleted(id) => {
            return Ok(connection.fetch_optional(DELETED, &args![*id]).await?.is_none());
        }
        AccountGuard::Holds(grant) => connection.fetch_optional(HOLDS, &args![grant.user, grant.role.name()]).await?,
        AccountGuard::Free { username, by, now } => {
            let values = args![username.as_str(), *by, *now];
            return match connection.fetch_optional(registrations::NOT_FREE, &values).await? {
                Some(_) => Err(CommitError::Taken(Unique::Username)),
                None => Ok(true),
            };
        }
    };
    Ok(row.is_some())
}

async fn put(connection: &mut Connection, account: &Account) -> Result<(), CommitError> {
    let Named { username, mailbox, .. } = Named::of(account);
    let holders = connection.fetch_all(HOLDERS, &args![account.id(), &*username, &*mailbox]).await?;
    let mut taken = None;
    for holder in &holders {
        if holder.columns().text()? == username {
            taken = Some(Unique::Username);
        }
        taken = taken.or(Some(Unique::Email));
    }
    if let Some(taken) = taken {
        return Err(CommitError::Taken(taken));
    }
    let before = names(connection, account.id()).await?;
    Ok(put_all(connection, &[(before, account)]).await?)
}

/// Writes accounts, each once, whose usernames and addresses nobody else has, with what they were called before. It waits with what
/// else a transaction writes at its end.
pub(crate) async fn put_all(
    connection: &mut Connection,
    accounts: &[(Option<Names>, &Account)],
) -> Result<(), StoreError> {
    let now: Vec<_> = accounts.iter().map(|(_, account)| Names::of(&account.user, connection.domain())).collect();
    let renamed = accounts.iter().zip(&now).map(|((before, account), now)| Renamed {
        user: &account.user.key,
        before: before.as_ref(),
        now: (!account.user.deleted).then_some(now),
    });
    name_parts::rename(connection, &renamed.collect::<Vec<_>>()).await?;
    let named: Vec<_> = accounts.iter().map(|(_, account)| Named::of(account)).collect();
    let rows = accounts.iter().zip(&now).zip(&named).flat_map(|(((_, account), names), named)| {
        args![
            account.id(),
            &*named.username,
            &*named.mailbox,
            &*named.email,
            account.user.display_name.as_ref().map(DisplayName::as_str),
            names.display_name(),
            account.user.bio.as_ref().map(Bio::as_str),
            account.first_name.as_ref().map(PersonName::as_str),
            account.last_name.as_ref().map(PersonName::as_str),
            &account.password_hash,
            account.direct_from.name(),
            account.user.deleted,
            account.user.created_at,
            account.revision + 1,
        ]
    });
    TABLE.put_all().defer(connection, &rows.collect::<Vec<_>>()).await
}

/// The names of an account as they are stored.
struct Named<'a> {
    username: Cow<'a, str>,
    mailbox: Cow<'a, str>,
    email: Cow<'a, str>,
}

impl<'a> Named<'a> {
    /// Of a deleted account what nobody can have.
    fn of(account: &'a Account) -> Self {
        if account.user.deleted {
            let id = format!("~{}", account.id());
            return Self { username: id.clone().into(), mailbox: id.into(), email: "".into() };
        }
        Self {
            username: account.user.username.as_str().into(),
            mailbox: account.email.mailbox().into(),
            email: account.email.as_str().into(),
        }
    }
}

fn read(row: &Row, connection: &Connection) -> Result<Account, StoreError> {
    let mut columns = row.columns();
    let key: UserKey = Qualified::new(columns.id()?, connection.domain().clone());
    let deleted = columns.bool()?;
    let user = User {
        username: columns.parsed(if deleted { no_username } else { Username::parse })?,
        display_name: columns.parsed_or_none(DisplayName::parse)?,
        bio: columns.parsed_or_none(Bio::parse)?,
        created_at: columns.time()?,
        deleted,
        key,
    };
    Ok(Account {
        user,
        email: columns.parsed(if deleted { no_email } else { Email::parse })?,
        first_name: columns.parsed_or_none(PersonName::parse)?,
        last_name: columns.parsed_or_none(PersonName::parse)?,
        password_hash: columns.text()?.to_owned(),
        direct_from: columns.parsed(|name| DirectFrom::named(name).ok_or("no value of `direct_from`"))?,
        revision: columns.int()?,
        two_factor: columns.bool()?,
        global_roles: {
            let names = columns.text_or_none()?.unwrap_or_default();
            // What a newer release gave means nothing to this one.
            let mut roles: Vec<_> = names.split_whitespace().filter_map(GlobalRole::named).collect();
            roles.sort_unstable();
            roles
        },
    })
}

fn no_username(_: &str) -> Result<Username, TextError> {
    Ok(User::no_username())
}

fn no_email(_: &str) -> Result<Email, TextError> {
    Ok(Account::no_email())
}

macro_rules! select {
    ($condition:literal) => {
        concat!(
            "SELECT
                id,
                deleted,
                username,
                display_name,
                bio,
                created_at,
                email,
                first_name,
                last_name,
                password_hash,
                direct_from,
                revision,
                EXISTS (SELECT 1 FROM second_factor WHERE second_factor.user_id = account.id),
                (SELECT string_agg(global_role.role, ' ') FROM global_role WHERE global_role.user_id = account.id)
            FROM account
            WHERE ",
            $condition
        )
    };
}

const BY_ID: &str = select!("id = $1");
static BY_IDS: Batch = Batch::new(select!("id IN ("), 1, ")");
const BY_USERNAME: &str = select!("username = $1");
const BY_EMAIL: &str = select!("mailbox = $1");
const PAGE: &str = select!("NOT deleted AND id > $1 ORDER BY id LIMIT $2 + 0");
// Ranges of two indexes: whoever is looked for, not all are looked at.
const BY_PREFIX: &str = select!(
    "NOT deleted AND id > $2 AND id IN (
        SELECT id
        FROM account
        WHERE username >= $1 AND username < $4
        UNION
        SELECT id
        FROM account
        WHERE display_name_folded >= $1 AND display_name_folded < $4
    )
    ORDER BY id
    LIMIT $3 + 0"
);

const HOLDERS_OF: &str = "SELECT user_id FROM global_role WHERE role = $1 ORDER BY user_id";

const AT: &str = "SELECT 1 FROM account WHERE id = $1 AND revision = $2";

const PASSWORD: &str = "SELECT 1 FROM account WHERE id = $1 AND password_hash = $2";

const DELETED: &str = "SELECT 1 FROM account WHERE id = $1 AND deleted";

const HOLDS: &str = "SELECT 1 FROM global_role WHERE user_id = $1 AND role = $2";

const HOLDERS: &str = "SELECT username FROM account WHERE (username = $2 OR mailbox = $3) AND id <> $1";

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::super::plans;
    use super::*;

    #[tokio::test]
    async fn whoever_looks_for_somebody_has_not_all_looked_at() {
        let end = after_all("al");
        let values = args!["al", first(None::<UserId>), 10, &end];
        let plan = plans::of(BY_PREFIX, &values).await;
        assert!(!plan.contains("SCAN account") && plan.contains("account_by_display_name"), "{plan}");
    }
}
