//! Who is friends with whom, and who has asked.

use async_trait::async_trait;
use beep_core::block::Block;
use beep_core::domain::Domain;
use beep_core::friendship::{Friendship, Standing, Told};
use beep_core::id::{FriendRequestId, UserId, UserKey};
use beep_core::port::{People, StoreError};

use super::SqlStore;
use super::arg::{Arg, args};
use super::blocks;
use super::connection::Connection;
use super::row::Columns;
use super::spaces::first;
use super::table::{self, Select, Stored, Table};

static TABLE: Table = Table::new(
    "friendship",
    &["user_id", "other_id", "other_origin"],
    &[
        "request_id",
        "since",
        "own_number",
        "own_wants",
        "own_ended",
        "heard_number",
        "heard_wants",
        "heard_ended",
        "ignored",
        "told",
        "standing",
    ],
);

impl Stored for Friendship {
    fn table() -> &'static Table {
        &TABLE
    }

    fn key((user, other): &Self::Key) -> Vec<Arg<'_>> {
        args![*user, other.id, &other.home].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        let Self { user, other, request, since, own, heard, ignored, is_told } = self;
        args![
            *user,
            other.id,
            &other.home,
            *request,
            *since,
            own.number,
            own.wants,
            own.ended,
            heard.number,
            heard.wants,
            heard.ended,
            *ignored,
            *is_told,
            number(self.standing()),
        ]
        .into()
    }

    /// Not `standing`, which follows from the others.
    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            user: columns.id()?,
            other: columns.qualified()?,
            request: columns.id()?,
            since: columns.time()?,
            own: told(columns)?,
            heard: told(columns)?,
            ignored: columns.int()?,
            is_told: columns.bool()?,
        })
    }
}

fn told(columns: &mut Columns<'_>) -> Result<Told, StoreError> {
    Ok(Told { number: columns.int()?, wants: columns.bool()?, ended: columns.int()? })
}

/// The friends of a user.
pub(crate) async fn of(connection: &mut Connection, user: UserId) -> Result<Vec<UserKey>, StoreError> {
    let rows = connection.fetch_all(FRIENDS_OF, &args![user, FRIENDS]).await?;
    rows.iter().map(|row| row.columns().qualified()).collect()
}

/// How it is stored that two are friends.
pub(crate) const FRIENDS: i32 = 3;

/// How a standing is stored.
fn number(standing: Standing) -> i32 {
    match standing {
        Standing::Apart => 0,
        Standing::Asked => 1,
        Standing::IsAsked => 2,
        Standing::Friends => FRIENDS,
    }
}

#[async_trait]
impl People for SqlStore {
    async fn friendship(&self, user: UserId, other: &UserKey) -> Result<Option<Friendship>, StoreError> {
        table::find(&mut self.readers.acquire().await?, &(user, other.clone())).await
    }

    async fn friendship_by_request(
        &self,
        user: UserId,
        request: FriendRequestId,
    ) -> Result<Option<Friendship>, StoreError> {
        let rows = self.readers.acquire().await?.fetch_all(BY_REQUEST.text(), &args![user, request]).await?;
        Ok(table::read_all(&rows)?.pop())
    }

    async fn friendships(
        &self,
        user: UserId,
        standing: Standing,
        after: Option<&UserKey>,
        limit: u32,
    ) -> Result<Vec<Friendship>, StoreError> {
        let (id, home) = (first(after.map(|other| other.id)), after.map(|other| &other.home));
        let values = args![user, number(standing), id, home, limit];
        let rows = self.readers.acquire().await?.fetch_all(PAGE.text(), &values).await?;
        table::read_all(&rows)
    }

    async fn friendship_count(&self, user: UserId, standing: Standing) -> Result<u32, StoreError> {
        let row = self.readers.acquire().await?.fetch_one(COUNT, &args![user, number(standing)]).await?;
        row.columns().int()
    }

    async fn untold_friendships(&self, home: &Domain, limit: u32) -> Result<Vec<Friendship>, StoreError> {
        let rows = self.readers.acquire().await?.fetch_all(UNTOLD.text(), &args![home, limit]).await?;
        table::read_all(&rows)
    }

    async fn block(&self, user: UserId, other: &UserKey) -> Result<Option<Block>, StoreError> {
        table::find(&mut self.readers.acquire().await?, &(user, other.clone())).await
    }

    async fn blocking(&self, other: &UserKey) -> Result<Vec<UserId>, StoreError> {
        blocks::of(&mut self.readers.acquire().await?, other).await
    }

    async fn blocks(&self, user: UserId, after: Option<&UserKey>, limit: u32) -> Result<Vec<Block>, StoreError> {
        blocks::page(&mut self.readers.acquire().await?, user, after, limit).await
    }
}

static BY_REQUEST: Select = Select::new(&TABLE, "WHERE friendship.user_id = $1 AND friendship.request_id = $2 LIMIT 1");

static PAGE: Select = Select::new(
    &TABLE,
    "WHERE friendship.user_id = $1 AND friendship.standing = $2
        AND (friendship.other_id, friendship.other_origin) > ($3, $4)
    ORDER BY friendship.other_id, friendship.other_origin
    LIMIT $5 + 0",
);

const FRIENDS_OF: &str = "SELECT other_id, other_origin FROM friendship WHERE user_id = $1 AND standing = $2";

const COUNT: &str = "SELECT COUNT(*) FROM friendship WHERE user_id = $1 AND standing = $2";

static UNTOLD: Select = Select::new(&TABLE, "WHERE NOT friendship.told AND friendship.other_origin = $1 LIMIT $2 + 0");
