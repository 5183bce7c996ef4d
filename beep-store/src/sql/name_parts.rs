//! The index of what people are called: by any part of a name, in any script, and the same on both engines.
//!
//! Each name is held in its [`parts`], so that a range of the index has whoever's name contains something. Handles and display
//! names are held once, whatever servers somebody is in; nicknames with their server.

use std::collections::BTreeSet;

use beep_core::account::User;
use beep_core::domain::Domain;
use beep_core::id::{SpaceKey, UserKey};
use beep_core::port::StoreError;
use beep_core::text::{DisplayName, Username};

use super::arg::{Arg, args};
use super::batch::Batch;
use super::connection::Connection;
use crate::fold::{after_all, beginning, fold, parts};

/// What a user is called, folded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Names {
    handle: String,
    display_name: Option<String>,
}

impl Names {
    /// Those of a user of the backend `own`, or of another.
    pub(crate) fn of(user: &User, own: &Domain) -> Self {
        match user.key.home == *own {
            true => Self::of_account(&user.username, user.display_name.as_ref()),
            false => {
                let display_name = user.display_name.as_ref().map(|name| fold(name.as_str()));
                Self::of_remote(user.username.as_str(), &user.key.home, display_name)
            }
        }
    }

    /// Those of an account: its handle here has no domain.
    pub(crate) fn of_account(username: &Username, display_name: Option<&DisplayName>) -> Self {
        Self { handle: username.as_str().to_owned(), display_name: display_name.map(|name| fold(name.as_str())) }
    }

    /// Those of a user of another backend, with a folded display name.
    pub(crate) fn of_remote(username: &str, home: &Domain, display_name: Option<String>) -> Self {
        Self { handle: format!("{username}@{home}"), display_name }
    }

    /// The folded display name.
    pub(crate) fn display_name(&self) -> Option<&str> {
        self.display_name.as_deref()
    }

    fn parts(&self) -> BTreeSet<&str> {
        parts(&self.handle).chain(self.display_name.iter().flat_map(|name| parts(name))).collect()
    }
}

/// Somebody who is called otherwise: none where they were not there before, or are not there any more.
pub(crate) struct Renamed<'a> {
    pub(crate) user: &'a UserKey,
    pub(crate) before: Option<&'a Names>,
    pub(crate) now: Option<&'a Names>,
}

/// Brings the index up to what users are called. What is added waits with what else a transaction writes at its end.
pub(crate) async fn rename(connection: &mut Connection, users: &[Renamed<'_>]) -> Result<(), StoreError> {
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for Renamed { user, before, now } in users.iter().filter(|user| user.before != user.now) {
        let before = before.map(Names::parts).unwrap_or_default();
        let now = now.map(Names::parts).unwrap_or_default();
        removed.extend(before.difference(&now).flat_map(|part| args![*part, user.id, &user.home]));
        added.extend(now.difference(&before).flat_map(|part| args![*part, user.id, &user.home]));
    }
    REMOVE.execute(connection, &removed).await?;
    ADD.defer(connection, &added).await
}

/// Brings the index up to the folded nickname of a member.
pub(crate) async fn rename_member(
    connection: &mut Connection,
    server: &SpaceKey,
    user: &UserKey,
    before: Option<&str>,
    now: Option<&str>,
) -> Result<(), StoreError> {
    let before: BTreeSet<&str> = before.into_iter().flat_map(parts).collect();
    let now: BTreeSet<&str> = now.into_iter().flat_map(parts).collect();
    let (removed, added) = (before.difference(&now), now.difference(&before));
    REMOVE_NICKNAME.execute(connection, &nickname_rows(server, user, removed)).await?;
    ADD_NICKNAME.defer(connection, &nickname_rows(server, user, added)).await
}

fn nickname_rows<'a>(
    server: &'a SpaceKey,
    user: &'a UserKey,
    parts: impl Iterator<Item = &'a &'a str>,
) -> Vec<Arg<'a>> {
    parts.flat_map(|part| args![server.id, &server.home, *part, user.id, &user.home]).collect()
}

/// Whose names have a part that begins as a folded text does, each perhaps several times: of all users, and the members of a server
/// by their nicknames. None if they are more than `most`.
pub(crate) async fn holders(
    connection: &mut Connection,
    server: &SpaceKey,
    folded: &str,
    most: usize,
) -> Result<Option<Vec<UserKey>>, StoreError> {
    let begins = beginning(folded);
    let limit = u32::try_from(most).unwrap_or(u32::MAX).saturating_add(1);
    let rows =
        connection.fetch_all(HOLDERS, &args![server.id, &server.home, begins, &after_all(begins), limit]).await?;
    if rows.len() > most {
        return Ok(None);
    }
    rows.iter().map(|row| row.columns().qualified()).collect::<Result<_, _>>().map(Some)
}

static ADD: Batch = Batch::new("INSERT INTO name_part (part, user_id, user_origin) ", 3, " ON CONFLICT DO NOTHING");

static REMOVE: Batch = Batch::new("DELETE FROM name_part WHERE (part, user_id, user_origin) IN (", 3, ")");

static ADD_NICKNAME: Batch = Batch::new(
    "INSERT INTO nickname_part (space_id, origin, part, user_id, user_origin) ",
    5,
    " ON CONFLICT DO NOTHING",
);

static REMOVE_NICKNAME: Batch =
    Batch::new("DELETE FROM nickname_part WHERE (space_id, origin, part, user_id, user_origin) IN (", 5, ")");

// Neither made distinct nor in another order than the indexes have, as that would read all before the first is given.
const HOLDERS: &str = "
    SELECT user_id, user_origin
    FROM (
        SELECT user_id, user_origin
        FROM nickname_part
        WHERE space_id = $1 AND origin = $2 AND part >= $3 AND part < $4
        ORDER BY part
        LIMIT $5 + 0
    ) AS nicknamed
    UNION ALL
    SELECT user_id, user_origin
    FROM (
        SELECT user_id, user_origin
        FROM name_part
        WHERE part >= $3 AND part < $4
        ORDER BY part
        LIMIT $5 + 0
    ) AS named";

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use beep_core::id::{Id, SpaceId};
    use uuid::Uuid;

    use super::super::plans;
    use super::*;

    #[tokio::test]
    async fn whoever_is_looked_for_is_found_by_the_index_alone() {
        let home = Domain::parse("a.example.com").expect("a domain");
        let end = after_all("al");
        let values = args![SpaceId::from_uuid(Uuid::from_u128(1)), &home, "al", &end, 10];
        let plan = plans::of(HOLDERS, &values).await;
        assert!(plan.contains("SEARCH nickname_part") && plan.contains("SEARCH name_part"), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}
