//! Connections to either engine, alike for those who use them.

#[cfg(feature = "postgres")]
use std::io;
use std::sync::Arc;
use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::port::StoreError;
#[cfg(feature = "postgres")]
use sqlx::AssertSqlSafe;
#[cfg(feature = "postgres")]
use sqlx::Postgres;
use sqlx::SqlSafeStr;
#[cfg(feature = "sqlite")]
use sqlx::Sqlite;
#[cfg(feature = "sqlite")]
use sqlx::Transaction;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::pool::PoolConnection;

use super::arg::{Arg, Given, args};
#[cfg(feature = "postgres")]
use super::deferred::{Deferred, Together};
use super::dialect::Dialect;
use super::origins::{Origin, Origins};
use super::row::{Row, Values};
use crate::caller::caller;
use crate::turns::{Turn, Turns};

/// Connections that are opened as they are needed.
#[derive(Clone)]
pub(crate) struct Pool {
    pub(crate) engine: Engine,
    origins: Origins,
    shared: bool,
    /// How many of the connections a caller has at once.
    turns: Arc<Turns<u64>>,
    /// How long PostgreSQL may take to answer.
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "a file answers"))]
    patience: Duration,
}

#[derive(Clone)]
pub(crate) enum Engine {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::SqlitePool),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
}

impl Pool {
    /// Takes the pool of a database that has these domains; others may give domains numbers if it is `shared`. Each caller
    /// has at most half of the connections. A PostgreSQL that does not answer for so long has gone without a word.
    pub(crate) fn new(engine: Engine, origins: Origins, shared: bool, patience: Duration) -> Self {
        let connections = match &engine {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(pool) => pool.options().get_max_connections(),
            #[cfg(feature = "postgres")]
            Engine::Postgres(pool) => pool.options().get_max_connections(),
        };
        Self { engine, origins, shared, turns: Arc::new(Turns::new(connections as usize / 2)), patience }
    }

    /// Waits until whoever this is carried out for may have one more connection.
    async fn turn(&self) -> Option<Turn> {
        match caller() {
            Some(caller) => Some(self.turns.take(&caller).await),
            None => None,
        }
    }

    /// A connection on which each statement stands alone.
    pub(crate) async fn acquire(&self) -> Result<Connection, StoreError> {
        let turn = self.turn().await;
        let handle = match &self.engine {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(pool) => Handle::Sqlite(pool.acquire().await.map_err(StoreError::new)?),
            #[cfg(feature = "postgres")]
            Engine::Postgres(pool) => Handle::Postgres(pool.acquire().await.map_err(StoreError::new)?),
        };
        let mut connection = self.connection(handle, turn);
        connection.learn_others().await?;
        connection.learns = self.shared;
        Ok(connection)
    }

    /// A connection whose statements all see the same moment, until it is dropped.
    pub(crate) async fn read(&self) -> Result<Connection, StoreError> {
        let begin = self.dialect().begin_reading();
        let turn = self.turn().await;
        let handle = match &self.engine {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(pool) => Handle::SqliteReading(pool.begin_with(begin).await.map_err(StoreError::new)?),
            #[cfg(feature = "postgres")]
            Engine::Postgres(pool) => Handle::PostgresReading(Some(pool.acquire().await.map_err(StoreError::new)?)),
        };
        let mut connection = self.connection(handle, turn);
        #[cfg(feature = "postgres")]
        connection.begin_reading(begin).await?;
        connection.learn_others().await?;
        Ok(connection)
    }

    fn connection(&self, handle: Handle, turn: Option<Turn>) -> Connection {
        Connection {
            handle,
            #[cfg(feature = "postgres")]
            exchange: Exchange { patience: self.patience, is_under_way: false },
            _turn: turn,
            origins: self.origins.clone(),
            shared: self.shared,
            learns: false,
            numbered: Vec::new(),
            numbered_before: 0,
            #[cfg(feature = "postgres")]
            deferred: Deferred::default(),
        }
    }

    /// Brings the schema up to date.
    pub(crate) async fn migrate(&self, migrator: &Migrator) -> Result<(), MigrateError> {
        match &self.engine {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(pool) => migrator.run(pool).await,
            #[cfg(feature = "postgres")]
            Engine::Postgres(pool) => migrator.run(pool).await,
        }
    }

    /// Waits for connections to come back and closes them.
    pub(crate) async fn close(&self) {
        match &self.engine {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(pool) => pool.close().await,
            #[cfg(feature = "postgres")]
            Engine::Postgres(pool) => {
                // A database that has fallen silent never says that a connection is closed.
                if tokio::time::timeout(self.patience, pool.close()).await.is_err() {
                    tracing::warn!("the database did not close all connections in time; they are dropped");
                }
            }
        }
    }

    /// Which SQL its connections speak.
    pub(crate) fn dialect(&self) -> Dialect {
        match &self.engine {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Engine::Postgres(_) => Dialect::Postgres,
        }
    }
}

/// A connection to either engine.
pub(crate) struct Connection {
    handle: Handle,
    #[cfg(feature = "postgres")]
    exchange: Exchange,
    /// For after it is given back.
    _turn: Option<Turn>,
    origins: Origins,
    /// Whether others give domains numbers.
    shared: bool,
    /// Whether they may do so from one statement to the next.
    learns: bool,
    /// The domains that got their number, or were met, in the transaction under way, and what was known of them before.
    numbered: Vec<(Domain, Option<Origin>)>,
    /// How many of them had it before the change under way.
    numbered_before: usize,
    /// What is to be carried out before the next statement.
    #[cfg(feature = "postgres")]
    deferred: Deferred,
}

enum Handle {
    #[cfg(feature = "sqlite")]
    Sqlite(PoolConnection<Sqlite>),
    #[cfg(feature = "sqlite")]
    SqliteReading(Transaction<'static, Sqlite>),
    #[cfg(feature = "postgres")]
    Postgres(PoolConnection<Postgres>),
    /// Always there until it is dropped.
    #[cfg(feature = "postgres")]
    PostgresReading(Option<PoolConnection<Postgres>>),
}

/// What is said to PostgreSQL and answered.
#[cfg(feature = "postgres")]
struct Exchange {
    patience: Duration,
    /// Whether an answer is still to come: such a connection is of no use to anybody else.
    is_under_way: bool,
}

#[cfg(feature = "postgres")]
impl Exchange {
    /// Waits for an answer. A database that has gone without a word would else be waited for until TCP gives up.
    async fn answer<T>(&mut self, answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
        self.is_under_way = true;
        let answered = tokio::time::timeout(self.patience, answer).await.map_err(|_| {
            let silent = format!("the database has not answered for {:?}", self.patience);
            sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, silent))
        })?;
        self.is_under_way = false;
        answered
    }
}

/// Runs the same on whichever engine it is.
macro_rules! run {
    ($self:expr, $sql:expr, $args:expr, $method:ident, |$found:ident, $variant:ident| $then:expr) => {{
        let sql = $sql.into_sql_str();
        let found = match &mut $self.handle {
            #[cfg(feature = "sqlite")]
            Handle::Sqlite(connection) => {
                let query = sqlx::query_with::<Sqlite, _>(sql, $args.sqlite(&$self.origins)?);
                query.$method(&mut **connection).await.map(|$found| run!(@Sqlite $variant $then))
            }
            #[cfg(feature = "sqlite")]
            Handle::SqliteReading(connection) => {
                let query = sqlx::query_with::<Sqlite, _>(sql, $args.sqlite(&$self.origins)?);
                query.$method(&mut **connection).await.map(|$found| run!(@Sqlite $variant $then))
            }
            #[cfg(feature = "postgres")]
            Handle::Postgres(connection) => {
                let query = sqlx::query_with::<Postgres, _>(sql, $args.postgres(&$self.origins)?);
                let answer = $self.exchange.answer(query.$method(&mut **connection)).await;
                answer.map(|$found| run!(@Postgres $variant $then))
            }
            #[cfg(feature = "postgres")]
            Handle::PostgresReading(connection) => {
                let connection = connection.as_mut().expect("it is there until it is dropped");
                let query = sqlx::query_with::<Postgres, _>(sql, $args.postgres(&$self.origins)?);
                let answer = $self.exchange.answer(query.$method(&mut **connection)).await;
                answer.map(|$found| run!(@Postgres $variant $then))
            }
        };
        found.map_err(StoreError::new)
    }};
    (@$engine:ident $variant:ident $then:expr) => {{
        #[allow(unused)]
        let $variant = Values::$engine;
        $then
    }};
}

impl Connection {
    /// Which SQL it speaks.
    pub(crate) fn dialect(&self) -> Dialect {
        match &self.handle {
            #[cfg(feature = "sqlite")]
            Handle::Sqlite(_) | Handle::SqliteReading(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Handle::Postgres(_) | Handle::PostgresReading(_) => Dialect::Postgres,
        }
    }

    /// The domain of the backend whose database it is.
    pub(crate) fn domain(&self) -> &Domain {
        self.origins.own()
    }

    /// The number of a domain, if it has one.
    pub(crate) fn number(&self, domain: &Domain) -> Option<i64> {
        self.origins.number(domain)
    }

    /// Carries out a statement and says how many rows it wrote.
    pub(crate) async fn execute(&mut self, sql: impl SqlSafeStr, args: &[Arg<'_>]) -> Result<u64, StoreError> {
        self.execute_given(sql, Given::One(args)).await
    }

    /// Carries out a statement for many rows and says how many rows it wrote.
    pub(crate) async fn execute_given(&mut self, sql: impl SqlSafeStr, args: Given<'_>) -> Result<u64, StoreError> {
        self.carry_out_deferred().await?;
        let sql = sql.into_sql_str();
        // What is not inserted is looked for: of a domain without a number there is nothing.
        if sql.as_str().trim_ascii_start().starts_with("INSERT") {
            self.number_origins(args).await?;
        }
        run!(self, sql, args, execute, |done, values| done.rows_affected())
    }

    /// Gives all rows.
    pub(crate) async fn fetch_all(&mut self, sql: impl SqlSafeStr, args: &[Arg<'_>]) -> Result<Vec<Row>, StoreError> {
        self.fetch_given(sql, Given::One(args)).await
    }

    /// Gives all rows of a statement for many rows.
    pub(crate) async fn fetch_given(&mut self, sql: impl SqlSafeStr, args: Given<'_>) -> Result<Vec<Row>, StoreError> {
        self.carry_out_deferred().await?;
        let origins = self.origins.clone();
        let rows = run!(self, sql, args, fetch_all, |rows, values| {
            rows.into_iter().map(|row| Row::new(values(row), &origins)).collect()
        })?;
        if self.learns {
            self.learn_others().await?;
        }
        Ok(rows)
    }

    /// Gives the row, if there is one.
    pub(crate) async fn fetch_optional(
        &mut self,
        sql: impl SqlSafeStr,
        args: &[Arg<'_>],
    ) -> Result<Option<Row>, StoreError> {
        self.carry_out_deferred().await?;
        let origins = self.origins.clone();
        let args = Given::One(args);
        let row = run!(self, sql, args, fetch_optional, |row, values| row.map(|row| Row::new(values(row), &origins)))?;
        if self.learns {
            self.learn_others().await?;
        }
        Ok(row)
    }

    /// Gives the row that must be there.
    pub(crate) async fn fetch_one(&mut self, sql: impl SqlSafeStr, args: &[Arg<'_>]) -> Result<Row, StoreError> {
        self.fetch_optional(sql, args).await?.ok_or_else(|| StoreError::new("a required row is missing"))
    }

    /// Has a statement for many rows wait, whose text is composed for the number of its first placeholder. If it is to
    /// write all rows, the text says what it means when it does not.
    #[cfg(feature = "postgres")]
    pub(crate) async fn defer(
        &mut self,
        compose: impl FnOnce(usize) -> String,
        args: &[Arg<'_>],
        columns: usize,
        refusal: Option<&'static str>,
    ) -> Result<(), StoreError> {
        self.number_origins(Given::Many { args, columns }).await?;
        let expected = refusal.map(|refusal| ((args.len() / columns) as u64, refusal));
        let text = compose(self.deferred.placeholders() + 1);
        self.deferred.add(text, args, columns, &self.origins, expected)
    }

    /// Carries out what waits. Every statement that does not wait does so first.
    pub(crate) async fn carry_out_deferred(&mut self) -> Result<(), StoreError> {
        #[cfg(feature = "postgres")]
        if let (Some(together), Handle::Postgres(connection)) = (self.deferred.take(), &mut self.handle) {
            let Together { text, arguments, expected } = together;
            // Made of constants and numbers alone.
            let query = sqlx::query_with::<Postgres, _>(AssertSqlSafe(text), arguments);
            let row = self.exchange.answer(query.fetch_one(&mut **connection)).await.map_err(StoreError::new)?;
            let row = Row::new(Values::Postgres(row), &self.origins);
            let mut columns = row.columns();
            for (rows, refusal) in expected {
                if columns.int::<u64>()? != rows {
                    return Err(StoreError::new(refusal));
                }
            }
        }
        Ok(())
    }

    /// Forgets what waits, as it is undone.
    fn forget_deferred(&mut self) {
        #[cfg(feature = "postgres")]
        self.deferred.clear();
    }

    /// Gives its number to a domain that is to be written by other means than `INSERT`.
    pub(crate) async fn number_origin(&mut self, domain: &Domain) -> Result<(), StoreError> {
        self.number_origins(Given::One(&args![domain])).await
    }

    /// Gives their numbers to domains that are written for the first time.
    async fn number_origins(&mut self, args: Given<'_>) -> Result<(), StoreError> {
        for (domain, met) in args.origins() {
            let before = self.origins.origin(domain);
            if before.is_some_and(|origin| origin.met || !met) {
                continue;
            }
            let sql = if met { MEET } else { NAME };
            run!(self, sql, Given::One(&args![domain.as_str()]), execute, |done, values| done.rows_affected())?;
            let row = self.fetch_one(NUMBERED, &args![domain.as_str()]).await?;
            let mut columns = row.columns();
            self.origins.learn(domain.clone(), Origin { number: columns.int()?, met: columns.bool()? });
            self.numbered.push((domain.clone(), before));
        }
        Ok(())
    }

    /// Learns the domains that have their numbers already.
    pub(crate) async fn learn_origins(&mut self) -> Result<(), StoreError> {
        let values = args![self.origins.greatest()];
        // Not by what learns after each statement.
        let origins = self.origins.clone();
        let given = Given::One(&values);
        let rows: Vec<Row> = run!(self, ORIGINS, given, fetch_all, |rows, values| {
            rows.into_iter().map(|row| Row::new(values(row), &origins)).collect()
        })?;
        for row in rows {
            let mut columns = row.columns();
            let (number, met) = (columns.int()?, columns.bool()?);
            self.origins.learn(columns.parsed(Domain::parse)?, Origin { number, met });
        }
        Ok(())
    }

    /// Learns the domains that got their numbers elsewhere, where others give any.
    pub(crate) async fn learn_others(&mut self) -> Result<(), StoreError> {
        if self.shared { self.learn_origins().await } else { Ok(()) }
    }

    /// Has it learn no domains between its statements: it writes, so nobody else does.
    pub(crate) fn writes_alone(&mut self) {
        self.learns = false;
    }

    /// Removes the domains that were only named and that nothing names any more. Where others use the database as well,
    /// they may have learnt the numbers, so there they stay.
    pub(crate) async fn remove_unnamed_origins(&mut self) -> Result<(), StoreError> {
        if self.shared {
            return Ok(());
        }
        let rows = self.fetch_all(UNNAMED, &[]).await?;
        let numbers = rows.iter().map(|row| row.columns().int()).collect::<Result<Vec<i64>, _>>()?;
        for number in &numbers {
            self.execute(REMOVE, &args![*number]).await?;
        }
        // Whether or not this is committed: nothing is to be found by them, and whoever names them again asks for them.
        self.origins.remove(numbers);
        Ok(())
    }

    /// Commits the transaction under way.
    pub(crate) async fn commit(&mut self) -> Result<(), StoreError> {
        let committed = self.execute("COMMIT", &[]).await;
        self.ended(committed.is_ok());
        committed.map(drop)
    }

    /// Undoes the transaction under way.
    pub(crate) async fn roll_back(&mut self) -> Result<(), StoreError> {
        self.ended(false);
        self.forget_deferred();
        self.execute("ROLLBACK", &[]).await.map(drop)
    }

    /// Begins a change within the transaction under way, which can be undone alone.
    pub(crate) async fn begin_change(&mut self) -> Result<(), StoreError> {
        self.numbered_before = self.numbered.len();
        self.execute("SAVEPOINT change", &[]).await.map(drop)
    }

    /// Keeps a change.
    pub(crate) async fn keep_change(&mut self) -> Result<(), StoreError> {
        self.execute("RELEASE SAVEPOINT change", &[]).await.map(drop)
    }

    /// Undoes a change.
    pub(crate) async fn undo_change(&mut self) -> Result<(), StoreError> {
        let undone = self.numbered.split_off(self.numbered_before);
        self.forget(undone);
        self.forget_deferred();
        self.execute("ROLLBACK TO SAVEPOINT change", &[]).await?;
        self.keep_change().await
    }

    /// Numbers that were not committed mean nothing; the next write asks for them again.
    fn ended(&mut self, committed: bool) {
        let numbered = std::mem::take(&mut self.numbered);
        if !committed {
            self.forget(numbered);
        }
    }

    fn forget(&self, numbered: Vec<(Domain, Option<Origin>)>) {
        // The first time that it was numbered says what was known before.
        numbered.into_iter().rev().for_each(|(domain, before)| self.origins.forget(&domain, before));
    }

    /// Begins to see one moment, where that is not begun with the connection.
    #[cfg(feature = "postgres")]
    async fn begin_reading(&mut self, begin: &'static str) -> Result<(), StoreError> {
        let Handle::PostgresReading(Some(connection)) = &mut self.handle else { return Ok(()) };
        let begun = self.exchange.answer(sqlx::raw_sql(begin).execute(&mut **connection)).await;
        begun.map(drop).map_err(StoreError::new)
    }

    /// Has it closed and replaced when it is dropped, as nobody knows what state it is in.
    pub(crate) fn give_up(&mut self) {
        match &mut self.handle {
            #[cfg(feature = "sqlite")]
            Handle::Sqlite(connection) => connection.close_on_drop(),
            #[cfg(feature = "sqlite")]
            Handle::SqliteReading(_) => {}
            #[cfg(feature = "postgres")]
            Handle::Postgres(connection) => connection.close_on_drop(),
            #[cfg(feature = "postgres")]
            Handle::PostgresReading(_) => {}
        }
    }
}

#[cfg(feature = "postgres")]
impl Drop for Connection {
    fn drop(&mut self) {
        let Exchange { is_under_way, patience } = self.exchange;
        match &mut self.handle {
            Handle::Postgres(connection) if is_under_way => connection.close_on_drop(),
            Handle::PostgresReading(connection) => {
                let Some(mut connection) = connection.take() else { return };
                if is_under_way {
                    return connection.close_on_drop();
                }
                tokio::spawn(async move {
                    let ended = tokio::time::timeout(patience, sqlx::raw_sql("ROLLBACK").execute(&mut *connection));
                    if !matches!(ended.await, Ok(Ok(_))) {
                        connection.close_on_drop();
                    }
                });
            }
            _ => {}
        }
    }
}

const MEET: &str = "
    INSERT INTO origin (domain, met)
    VALUES ($1, TRUE)
    ON CONFLICT (domain) DO UPDATE SET met = excluded.met";

const NAME: &str = "INSERT INTO origin (domain, met) VALUES ($1, FALSE) ON CONFLICT DO NOTHING";

const NUMBERED: &str = "SELECT id, met FROM origin WHERE domain = $1";

const ORIGINS: &str = "SELECT id, met, domain FROM origin WHERE id > $1 ORDER BY id";

const UNNAMED: &str = "
    SELECT named.id
    FROM origin AS named
    WHERE NOT named.met
        AND NOT EXISTS (SELECT 1 FROM join_intent WHERE join_intent.origin = named.id)
        AND NOT EXISTS (SELECT 1 FROM ban WHERE ban.user_origin = named.id)";

const REMOVE: &str = "DELETE FROM origin WHERE id = $1";

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use std::pin::pin;
    use std::time::Duration;

    use super::super::open::{Location, SqlOptions};
    use super::*;
    use crate::caller::on_behalf_of;

    #[tokio::test]
    async fn a_caller_has_half_of_the_connections() {
        let folder = tempfile::tempdir().expect("a folder for the database");
        let location = Location::read(&format!("sqlite://{}", folder.path().join("beep.db").display()));
        let domain = Domain::parse("a.example.com").expect("a domain");
        let pools = location.expect("it is a URL").pools(&SqlOptions::default(), &domain);
        drop(pools.writer.acquire().await.expect("the file is made"));
        let acquire = async |caller| on_behalf_of(caller, pools.readers.acquire()).await.expect("it opens");
        let (first, _second) = (acquire(1).await, acquire(1).await);
        let mut third = pin!(acquire(1));
        let waits = tokio::time::timeout(Duration::ZERO, third.as_mut()).await.is_err();
        assert!(waits, "two of four are held");
        let _others = (acquire(2).await, pools.readers.acquire().await.expect("it opens"));
        drop(first);
        third.await;
    }
}
