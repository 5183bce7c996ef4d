//! Members of servers and the roles they have.

use beep_core::id::{RoleId, ServerId, UserKey};
use beep_core::member::Member;
use beep_core::port::StoreError;
use beep_core::text::Nickname;

use super::arg::{Arg, args};
use super::batch::Batch;
use super::connection::Connection;
use super::row::{Columns, Row};
use super::servers::first;
use crate::fold::{fold, may_match};

pub(crate) async fn find(
    connection: &mut Connection,
    server: ServerId,
    user: &UserKey,
) -> Result<Option<Member>, StoreError> {
    let rows = connection.fetch_all(FIND, &args![server, user.id, user.home.as_str()]).await?;
    Ok(gather(&rows)?.pop())
}

pub(crate) async fn page(
    connection: &mut Connection,
    server: ServerId,
    query: &str,
    after: Option<&UserKey>,
    limit: u32,
) -> Result<Vec<Member>, StoreError> {
    let id = first(after.map(|user| user.id));
    let home = after.map_or("", |user| user.home.as_str());
    let rows = if query.is_empty() {
        connection.fetch_all(PAGE, &args![server, id, home, limit]).await?
    } else if may_match(query) {
        let own = connection.domain().clone();
        connection.fetch_all(SEARCH, &args![server, id, home, limit, &fold(query), own.as_str()]).await?
    } else {
        Vec::new()
    };
    gather(&rows)
}

pub(crate) async fn holders(
    connection: &mut Connection,
    server: ServerId,
    role: RoleId,
) -> Result<Vec<UserKey>, StoreError> {
    let rows = connection.fetch_all(HOLDERS, &args![server, role]).await?;
    rows.iter().map(|row| row.columns().qualified()).collect()
}

pub(crate) async fn put(connection: &mut Connection, member: &Member) -> Result<(), StoreError> {
    let (server, user) = (member.server.id, &member.user);
    let nickname = member.nickname.as_ref().map(Nickname::as_str);
    let folded = nickname.map(fold);
    let values =
        args![server, user.id, user.home.as_str(), nickname, folded.as_deref(), member.joined_at, member.muted_until,];
    if connection.execute(INSERT, &values).await? > 0 {
        count(connection, server, 1).await?;
        if user.home != *connection.domain() {
            connection.execute(COUNT_REMOTE, &args![server, user.home.as_str()]).await?;
        }
    } else {
        connection.execute(UPDATE, &values).await?;
        connection.execute(REMOVE_ROLES, &args![server, user.id, user.home.as_str()]).await?;
    }
    let mut rows: Vec<Arg<'_>> = Vec::with_capacity(member.roles.len() * 4);
    for role in &member.roles {
        rows.extend(args![server, user.id, user.home.as_str(), *role]);
    }
    INSERT_ROLES.execute(connection, &rows).await.map(drop)
}

pub(crate) async fn remove(connection: &mut Connection, server: ServerId, user: &UserKey) -> Result<(), StoreError> {
    // Their roles go by their foreign key.
    if connection.execute(REMOVE, &args![server, user.id, user.home.as_str()]).await? > 0 {
        count(connection, server, -1).await?;
        for sql in [DISCOUNT_REMOTE, FORGET_REMOTE] {
            connection.execute(sql, &args![server, user.home.as_str()]).await?;
        }
    }
    Ok(())
}

/// Adds to the number of members that a server has.
pub(crate) async fn count(connection: &mut Connection, server: ServerId, more: i64) -> Result<(), StoreError> {
    connection.execute(COUNT, &args![server, more]).await.map(drop)
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
    })
}

/// Selects the members of some rows of `member`, ordered by `member.server_id`, `member.user_id` and
/// `member.user_home`, with a row for each of their roles.
macro_rules! select_from {
    ($members:literal) => {
        concat!(
            "SELECT
                member.server_id,
                server.home,
                member.user_id,
                member.user_home,
                member.nickname,
                member.joined_at,
                member.muted_until,
                member_role.role_id
            FROM ",
            $members,
            " JOIN server ON server.id = member.server_id
            LEFT JOIN member_role
                ON member_role.server_id = member.server_id
                AND member_role.user_id = member.user_id
                AND member_role.user_home = member.user_home
            ORDER BY member.server_id, member.user_id, member.user_home, member_role.role_id"
        )
    };
}
pub(crate) use select_from;

const FIND: &str =
    select_from!("(SELECT * FROM member WHERE server_id = $1 AND user_id = $2 AND user_home = $3) AS member");

const PAGE: &str = select_from!(
    "(
        SELECT *
        FROM member
        WHERE server_id = $1 AND (user_id, user_home) > ($2, $3)
        ORDER BY user_id, user_home
        LIMIT $4 + 0
    ) AS member"
);

const SEARCH: &str = select_from!(
    "(
        SELECT member.*
        FROM member
        LEFT JOIN account ON account.id = member.user_id AND member.user_home = $6
        LEFT JOIN remote_user ON remote_user.id = member.user_id AND remote_user.home = member.user_home
        WHERE member.server_id = $1 AND (member.user_id, member.user_home) > ($2, $3)
            AND (
                substr(member.nickname_folded, 1, length($5)) = $5
                OR substr(account.username, 1, length($5)) = $5
                OR substr(account.display_name_folded, 1, length($5)) = $5
                OR substr(remote_user.username, 1, length($5)) = $5
                OR substr(remote_user.display_name_folded, 1, length($5)) = $5
            )
        ORDER BY member.user_id, member.user_home
        LIMIT $4 + 0
    ) AS member"
);

const HOLDERS: &str = "
    SELECT
        user_id,
        user_home
    FROM member_role
    WHERE server_id = $1 AND role_id = $2
    ORDER BY user_id, user_home";

const INSERT: &str = "
    INSERT INTO member (
        server_id,
        user_id,
        user_home,
        nickname,
        nickname_folded,
        joined_at,
        muted_until
    ) VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT DO NOTHING";

const UPDATE: &str = "
    UPDATE member SET
        nickname = $4,
        nickname_folded = $5,
        joined_at = $6,
        muted_until = $7
    WHERE server_id = $1 AND user_id = $2 AND user_home = $3";

const COUNT: &str = "
    UPDATE server SET
        member_count = CASE WHEN member_count + $2 < 0 THEN 0 ELSE member_count + $2 END
    WHERE id = $1";

const COUNT_REMOTE: &str = "
    INSERT INTO server_remote (server_id, home, members)
    VALUES ($1, $2, 1)
    ON CONFLICT (server_id, home) DO UPDATE SET members = server_remote.members + 1";

const DISCOUNT_REMOTE: &str = "UPDATE server_remote SET members = members - 1 WHERE server_id = $1 AND home = $2";

const FORGET_REMOTE: &str = "DELETE FROM server_remote WHERE server_id = $1 AND home = $2 AND members <= 0";

const REMOVE: &str = "DELETE FROM member WHERE server_id = $1 AND user_id = $2 AND user_home = $3";

const REMOVE_ROLES: &str = "DELETE FROM member_role WHERE server_id = $1 AND user_id = $2 AND user_home = $3";

static INSERT_ROLES: Batch = Batch::new(
    "INSERT INTO member_role (
        server_id,
        user_id,
        user_home,
        role_id
    ) ",
    4,
    " ON CONFLICT DO NOTHING",
);
