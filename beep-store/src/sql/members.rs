//! Members of servers and the roles they have.

use beep_core::domain::Domain;
use beep_core::id::{RoleId, SpaceKey, UserKey};
use beep_core::member::Member;
use beep_core::port::StoreError;
use beep_core::record::{RecordGuard, RecordWrite};
use beep_core::text::Nickname;

use super::arg::{Arg, args};
use super::batch::Batch;
use super::connection::Connection;
use super::row::{Columns, Row};
use super::spaces::first;
use super::{name_parts, read_marks};
use crate::fold::{beginning, fold, like_anywhere, may_match};

pub(crate) async fn find(
    connection: &mut Connection,
    server: &SpaceKey,
    user: &UserKey,
) -> Result<Option<Member>, StoreError> {
    let rows = connection.fetch_all(FIND, &args![server.id, &server.home, user.id, &user.home]).await?;
    Ok(gather(&rows)?.pop())
}

/// Those of some members who are there.
pub(crate) async fn find_all(
    connection: &mut Connection,
    asked: &[(&SpaceKey, &UserKey)],
) -> Result<Vec<Member>, StoreError> {
    let asked: Vec<Arg<'_>> =
        asked.iter().flat_map(|(space, user)| args![space.id, &space.home, user.id, &user.home]).collect();
    gather(&FIND_ALL.fetch(connection, &asked).await?)
}

pub(crate) async fn page(
    connection: &mut Connection,
    server: &SpaceKey,
    query: &str,
    after: Option<&UserKey>,
    limit: u32,
) -> Result<Vec<Member>, StoreError> {
    if query.is_empty() {
        let (id, home) = (first(after.map(|user| user.id)), after.map(|user| &user.home));
        gather(&connection.fetch_all(PAGE, &args![server.id, &server.home, id, home, limit]).await?)
    } else if may_match(query) {
        search(connection, server, &fold(query), after, limit).await
    } else {
        Ok(Vec::new())
    }
}

/// Those whose names contain a folded text. Where the index has few such names it says whose they are. Where it has many, or the
/// text is longer than what it holds, members are looked at one after the other: the page is soon full.
async fn search(
    connection: &mut Connection,
    server: &SpaceKey,
    folded: &str,
    after: Option<&UserKey>,
    limit: u32,
) -> Result<Vec<Member>, StoreError> {
    // Handles of this backend are held as they are here, without its domain.
    let own = format!("@{}", connection.domain());
    let folded = folded.strip_suffix(&own).filter(|name| !name.is_empty()).unwrap_or(folded);
    match name_parts::holders(connection, server, folded, MANY).await? {
        Some(users) if users.is_empty() => Ok(Vec::new()),
        Some(users) if beginning(folded) == folded => among(connection, server, users, after, limit).await,
        _ => {
            let (id, home) = (first(after.map(|user| user.id)), after.map(|user| &user.home));
            let pattern = like_anywhere(folded);
            let values = args![server.id, &server.home, id, home, limit, &pattern];
            gather(&connection.fetch_all(SCAN, &values).await?)
        }
    }
}

/// The first of some users, in the order of [`page`], who are members.
async fn among(
    connection: &mut Connection,
    server: &SpaceKey,
    mut users: Vec<UserKey>,
    after: Option<&UserKey>,
    limit: u32,
) -> Result<Vec<Member>, StoreError> {
    let place = |connection: &Connection, user: &UserKey| (user.id, connection.number(&user.home));
    let after = after.map(|user| place(connection, user));
    users.retain(|user| after.is_none_or(|after| place(connection, user) > after));
    users.sort_by_key(|user| place(connection, user));
    users.dedup();
    let mut found = Vec::new();
    for some in users.chunks(SOME) {
        let asked: Vec<_> = some.iter().map(|user| (server, user)).collect();
        found.extend(find_all(connection, &asked).await?);
        if found.len() >= limit as usize {
            break;
        }
    }
    found.truncate(limit as usize);
    Ok(found)
}

/// The users at some places in the order of [`page`].
pub(crate) async fn at(
    connection: &mut Connection,
    server: &SpaceKey,
    from: u32,
    limit: u32,
) -> Result<Vec<UserKey>, StoreError> {
    let rows = connection.fetch_all(AT, &args![server.id, &server.home, limit, from]).await?;
    rows.iter().map(|row| row.columns().qualified()).collect()
}

/// Those who are users of another backend, by id.
pub(crate) async fn of_domain(
    connection: &mut Connection,
    server: &SpaceKey,
    domain: &Domain,
    limit: u32,
) -> Result<Vec<Member>, StoreError> {
    gather(&connection.fetch_all(OF_DOMAIN, &args![server.id, &server.home, domain, limit]).await?)
}

/// Whether some user of another backend holds one of these roles.
pub(crate) async fn domain_holds(
    connection: &mut Connection,
    server: &SpaceKey,
    domain: &Domain,
    roles: &[RoleId],
) -> Result<bool, StoreError> {
    let asked: Vec<Arg<'_>> = roles.iter().flat_map(|role| args![server.id, &server.home, *role, domain]).collect();
    Ok(!HOLDERS.fetch(connection, &asked).await?.is_empty())
}

/// Writes a membership with its roles, or ends one.
pub(crate) async fn write(connection: &mut Connection, write: &RecordWrite<Member>) -> Result<(), StoreError> {
    match write {
        RecordWrite::Put(member) => put(connection, member).await,
        RecordWrite::Remove((space, user)) => remove(connection, space, user).await,
    }
}

/// Whether what a decision rested on still stands.
pub(crate) async fn stands(connection: &mut Connection, guard: &RecordGuard<Member>) -> Result<bool, StoreError> {
    Ok(match guard {
        RecordGuard::Is(member) => find(connection, &member.server, &member.user).await?.as_ref() == Some(member),
        RecordGuard::Present((space, user)) => find(connection, space, user).await?.is_some(),
        RecordGuard::Absent((space, user)) => find(connection, space, user).await?.is_none(),
    })
}

pub(crate) async fn put(connection: &mut Connection, member: &Member) -> Result<(), StoreError> {
    let (server, user) = (&member.server, &member.user);
    let nickname = member.nickname.as_ref().map(Nickname::as_str);
    let folded = nickname.map(fold);
    let values = args![
        server.id,
        &server.home,
        user.id,
        &user.home,
        nickname,
        folded.as_deref(),
        member.joined_at,
        member.muted_until,
        member.restricted_until,
    ];
    let is_new = connection.execute(INSERT, &values).await? > 0;
    let before = match is_new {
        true => None,
        false => connection.fetch_optional(NICKNAME, &args![server.id, &server.home, user.id, &user.home]).await?,
    };
    let before = before.map(|row| row.columns().text_or_none().map(|name| name.map(str::to_owned))).transpose()?;
    name_parts::rename_member(connection, server, user, before.flatten().as_deref(), folded.as_deref()).await?;
    if is_new {
        count(connection, server, 1).await?;
        if user.home != *connection.domain() {
            connection.execute(COUNT_REMOTE, &args![server.id, &server.home, &user.home]).await?;
        }
    } else {
        connection.execute(UPDATE, &values).await?;
        connection.execute(REMOVE_ROLES, &args![server.id, &server.home, user.id, &user.home]).await?;
    }
    let roles: Vec<Arg<'_>> = member.roles.iter().flat_map(|role| role_row(member, *role)).collect();
    GIVE_ROLES.execute(connection, &roles).await.map(drop)
}

/// Writes what is different of members of this backend's spaces: who was there before, and is by now.
pub(crate) async fn update(
    connection: &mut Connection,
    changes: impl Iterator<Item = (&Member, &Member)>,
) -> Result<(), StoreError> {
    let (mut taken, mut given) = (Vec::new(), Vec::new());
    for (before, now) in changes {
        // Whatever else there is than roles is written with them.
        if (Member { roles: Vec::new(), ..before.clone() }) != (Member { roles: Vec::new(), ..now.clone() }) {
            put(connection, now).await?;
            continue;
        }
        taken.extend(not_in(now, before).flat_map(|role| role_row(now, role)));
        given.extend(not_in(before, now).flat_map(|role| role_row(now, role)));
    }
    TAKE_ROLES.defer(connection, &taken).await?;
    GIVE_ROLES.defer(connection, &given).await
}

/// The roles that `of` has and `other` has not.
fn not_in<'m>(other: &'m Member, of: &'m Member) -> impl Iterator<Item = RoleId> + 'm {
    of.roles.iter().copied().filter(|role| !other.roles.contains(role))
}

fn role_row(member: &Member, role: RoleId) -> [Arg<'_>; 5] {
    args![member.server.id, &member.server.home, member.user.id, &member.user.home, role]
}

async fn remove(connection: &mut Connection, server: &SpaceKey, user: &UserKey) -> Result<(), StoreError> {
    // Their roles go by their foreign key.
    let removed = connection.fetch_all(REMOVE, &args![server.id, &server.home, user.id, &user.home]).await?;
    if let Some(row) = removed.first() {
        name_parts::rename_member(connection, server, user, row.columns().text_or_none()?, None).await?;
        count(connection, server, -1).await?;
        for sql in [DISCOUNT_REMOTE, FORGET_REMOTE] {
            connection.execute(sql, &args![server.id, &server.home, &user.home]).await?;
        }
        read_marks::remove_of_member(connection, server, user).await?;
    }
    Ok(())
}

/// Adds to the number of members that a server has.
pub(crate) async fn count(connection: &mut Connection, server: &SpaceKey, more: i64) -> Result<(), StoreError> {
    connection.execute(COUNT, &args![server.id, &server.home, more]).await.map(drop)
}

/// Joins rows of one member each and one role, if any; rows of a member follow each other.
pub(crate) fn gather(rows: &[Row]) -> Result<Vec<Member>, StoreError> {
    let mut members: Vec<Member> = Vec::new();
    for row in rows {
        let mut columns = row.columns();
        let member = read(&mut columns)?;
        let role: Option<RoleId> = columns.id_or_none()?;
        match members.last_mut() {
            Some(last) if last.user == member.user && last.server == member.server => last.roles.extend(role),
            _ => members.push(Member { roles: role.into_iter().collect(), ..member }),
        }
    }
    Ok(members)
}

fn read(columns: &mut Columns<'_>) -> Result<Member, StoreError> {
    Ok(Member {
        server: columns.qualified()?,
        user: columns.qualified()?,
        nickname: columns.parsed_or_none(Nickname::parse)?,
        roles: Vec::new(),
        joined_at: columns.time()?,
        muted_until: columns.time_or_none()?,
        restricted_until: columns.time_or_none()?,
    })
}

/// Selects the members of some rows of `member`, ordered by `member.space_id`, `member.user_id` and
/// `member.user_origin`, with a row for each of their roles.
macro_rules! select_from {
    ($members:literal) => {
        concat!($crate::sql::members::select_members!(), $members, $crate::sql::members::with_roles!())
    };
}
macro_rules! select_members {
    () => {
        "SELECT
            member.space_id,
            member.origin,
            member.user_id,
            member.user_origin,
            member.nickname,
            member.joined_at,
            member.muted_until,
            member.restricted_until,
            member_role.role_id
        FROM "
    };
}
macro_rules! with_roles {
    () => {
        " LEFT JOIN member_role
            ON member_role.space_id = member.space_id
            AND member_role.origin = member.origin
            AND member_role.user_id = member.user_id
            AND member_role.user_origin = member.user_origin
        ORDER BY
            member.space_id,
            member.origin,
            member.user_id,
            member.user_origin,
            member_role.role_id"
    };
}
pub(crate) use {select_from, select_members, with_roles};

const FIND: &str = select_from!(
    "(
        SELECT *
        FROM member
        WHERE space_id = $1 AND origin = $2 AND user_id = $3 AND user_origin = $4
    ) AS member"
);

static FIND_ALL: Batch = Batch::new(
    concat!(
        select_members!(),
        "(
            SELECT *
            FROM member
            WHERE (space_id, origin, user_id, user_origin) IN ("
    ),
    4,
    concat!(")) AS member", with_roles!()),
);

const PAGE: &str = select_from!(
    "(
        SELECT *
        FROM member
        WHERE space_id = $1 AND origin = $2 AND (user_id, user_origin) > ($3, $4)
        ORDER BY user_id, user_origin
        LIMIT $5 + 0
    ) AS member"
);

const AT: &str = "
    SELECT user_id, user_origin
    FROM member
    WHERE space_id = $1 AND origin = $2
    ORDER BY user_id, user_origin
    LIMIT $3 + 0
    OFFSET $4 + 0";
// Their ids are found by the index alone.
const OF_DOMAIN: &str = select_from!(
    "(
        SELECT *
        FROM member
        WHERE (space_id, origin, user_id, user_origin) IN (
            SELECT space_id, origin, user_id, user_origin
            FROM member
            WHERE space_id = $1 AND origin = $2 AND user_origin = $3 AND user_origin <> 0
            ORDER BY user_id
            LIMIT $4 + 0
        )
    ) AS member"
);

static HOLDERS: Batch = Batch::new(
    "SELECT held.user_id
    FROM (",
    4,
    ") AS asked
    JOIN member_role AS held ON held.space_id = asked.column1
        AND held.origin = asked.column2
        AND held.role_id = asked.column3
        AND held.user_origin = asked.column4
    LIMIT 1",
);

const SCAN: &str = select_from!(
    r"(
        SELECT member.*
        FROM member
        WHERE member.space_id = $1 AND member.origin = $2 AND (member.user_id, member.user_origin) > ($3, $4)
            AND (
                member.nickname_folded LIKE $6 ESCAPE '\'
                OR (
                    SELECT account.username LIKE $6 ESCAPE '\' OR account.display_name_folded LIKE $6 ESCAPE '\'
                    FROM account
                    WHERE account.id = member.user_id AND member.user_origin = 0
                )
                OR (
                    SELECT remote_user.username || '@' || origin.domain LIKE $6 ESCAPE '\'
                        OR remote_user.display_name_folded LIKE $6 ESCAPE '\'
                    FROM remote_user
                    JOIN origin ON origin.id = remote_user.origin
                    WHERE remote_user.id = member.user_id AND remote_user.origin = member.user_origin
                )
            )
        ORDER BY member.user_id, member.user_origin
        LIMIT $5 + 0
    ) AS member"
);

const INSERT: &str = "
    INSERT INTO member (
        space_id,
        origin,
        user_id,
        user_origin,
        nickname,
        nickname_folded,
        joined_at,
        muted_until,
        restricted_until
    ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT DO NOTHING";

const UPDATE: &str = "
    UPDATE member SET
        nickname = $5,
        nickname_folded = $6,
        joined_at = $7,
        muted_until = $8,
        restricted_until = $9
    WHERE space_id = $1 AND origin = $2 AND user_id = $3 AND user_origin = $4";

const COUNT: &str = "
    UPDATE space SET
        member_count = CASE WHEN member_count + $3 < 0 THEN 0 ELSE member_count + $3 END
    WHERE id = $1 AND origin = $2";

const COUNT_REMOTE: &str = "
    INSERT INTO space_remote (space_id, origin, remote, members)
    VALUES ($1, $2, $3, 1)
    ON CONFLICT (space_id, origin, remote) DO UPDATE SET members = space_remote.members + 1";

const DISCOUNT_REMOTE: &str = "
    UPDATE space_remote SET members = members - 1
    WHERE space_id = $1 AND origin = $2 AND remote = $3";

const FORGET_REMOTE: &str = "
    DELETE FROM space_remote
    WHERE space_id = $1 AND origin = $2 AND remote = $3 AND members <= 0";

const REMOVE: &str = "
    DELETE FROM member
    WHERE space_id = $1 AND origin = $2 AND user_id = $3 AND user_origin = $4
    RETURNING nickname_folded";

const NICKNAME: &str = "
    SELECT nickname_folded
    FROM member
    WHERE space_id = $1 AND origin = $2 AND user_id = $3 AND user_origin = $4";

/// So many names are looked up in the index at most: of more, a server that is large enough for it to matter has enough members.
const MANY: usize = 4_000;

/// How many are looked up as members at once.
const SOME: usize = 500;

const REMOVE_ROLES: &str = "
    DELETE FROM member_role
    WHERE space_id = $1 AND origin = $2 AND user_id = $3 AND user_origin = $4";

static TAKE_ROLES: Batch =
    Batch::new("DELETE FROM member_role WHERE (space_id, origin, user_id, user_origin, role_id) IN (", 5, ")");

static GIVE_ROLES: Batch = Batch::new(
    "INSERT INTO member_role (
        space_id,
        origin,
        user_id,
        user_origin,
        role_id
    ) ",
    5,
    " ON CONFLICT DO NOTHING",
);

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use beep_core::id::{Id, SpaceId, UserId};
    use uuid::Uuid;

    use super::super::plans;
    use super::*;

    #[tokio::test]
    async fn members_of_a_domain_are_found_by_an_index() {
        let values = args![uuid::Uuid::from_u128(1), 0i64, 1i64, 100u32];
        let plan = plans::of(OF_DOMAIN, &values).await;
        assert!(plan.contains("member_by_home") && !plan.contains("SCAN member"), "{plan}");
    }

    #[tokio::test]
    async fn whoever_looks_at_members_has_no_profiles_looked_at_that_are_others() {
        let home = Domain::parse("a.example.com").expect("a domain");
        let space = SpaceId::from_uuid(Uuid::from_u128(1));
        let values = args![space, &home, first(None::<UserId>), &home, 10, "%al%"];
        let plan = plans::of(SCAN, &values).await;
        assert!(!plan.contains("SCAN account") && !plan.contains("SCAN remote_user"), "{plan}");
        assert!(plan.contains("SEARCH member USING"), "{plan}");
    }
}
