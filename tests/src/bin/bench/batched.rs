//! The limit of durable messages: the same messages put into one table by one task that batches, with the same
//! durability and as many callers, and nothing else.

use std::process::Stdio;
use std::time::Instant;

use beep_tests::database::Engine;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Executor, QueryBuilder, Sqlite};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use crate::crowd::CONTENT;
use crate::durable::CHANNELS;
use crate::figure::Times;
use crate::load::{Load, MEASURE, WARM_UP};
use crate::{machine, process};

/// The argument that has this program be the limit.
pub(crate) const VERB: &str = "limit-batched";

/// Measures the limit in a process of its own, on the server's core.
pub(crate) async fn measure(engine: Engine, callers: usize) -> Load {
    let directory = tempfile::tempdir().expect("a directory can be made");
    let url = engine.fresh(directory.path()).await;
    let own = std::env::current_exe().expect("a program knows its own path");
    let [launcher, flags @ ..] = machine::on_server_core();
    let mut command = tokio::process::Command::new(launcher);
    command.args(flags).arg(own).args([VERB, &callers.to_string()]).env(URL, url);
    let limit = command.kill_on_drop(true).stdout(Stdio::piped()).spawn().expect("the limit starts");
    let output = limit.wait_with_output().await.expect("the limit runs");
    assert!(output.status.success(), "the limit ended with {}", output.status);
    let output = String::from_utf8(output.stdout).expect("the limit speaks UTF-8");
    let mut numbers = output.split_whitespace().map(|number| number.parse().expect("the limit gives numbers"));
    let mut next = || numbers.next().expect("the limit gives four numbers");
    Load { rate: next(), p50: next(), p99: next(), cpu_ms: next() }
}

/// Is the limit: prints messages a second, p50 and p99 in milliseconds, and milliseconds of CPU for each.
pub(crate) fn run(callers: &str) {
    let callers = callers.parse().expect("a number of callers");
    let url = std::env::var(URL).expect("the one who starts the limit says where its database is");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime can be made");
    runtime.block_on(async {
        let (queue, waiting) = mpsc::channel(1_024);
        tokio::spawn(Table::make(&url).await.write(waiting));
        let begun = Instant::now();
        let cpu = tokio::spawn(async {
            tokio::time::sleep(WARM_UP).await;
            let before = process::cpu(std::process::id());
            tokio::time::sleep(MEASURE).await;
            process::cpu(std::process::id()) - before
        });
        let callers: Vec<_> = (0..callers).map(|caller| tokio::spawn(call(queue.clone(), caller, begun))).collect();
        let mut times = Times::default();
        for caller in callers {
            times.join(caller.await.expect("a caller ends"));
        }
        let count = times.count() as f64;
        let (rate, cpu) = (count / MEASURE.as_secs_f64(), cpu.await.expect("it is measured").as_secs_f64());
        println!("{rate} {} {} {}", times.percentile(0.5), times.percentile(0.99), cpu * 1e3 / count);
    });
}

/// A message as it is written.
struct Row {
    id: Uuid,
    channel: Uuid,
    nonce: String,
    at: i64,
}

type Waiting = (Row, oneshot::Sender<()>);

/// Sends one message after the other until the time is over.
async fn call(queue: mpsc::Sender<Waiting>, caller: u64, begun: Instant) -> Times {
    let mut times = Times::default();
    for number in 0.. {
        let at = Instant::now();
        let since = at - begun;
        if since >= WARM_UP + MEASURE {
            break;
        }
        let (answer, answered) = oneshot::channel();
        let random = Uuid::new_v4().into_bytes();
        let random = random.first_chunk::<10>().expect("sixteen are more than ten");
        let millis = u64::try_from(since.as_millis()).expect("a few seconds");
        let row = Row {
            id: uuid::Builder::from_unix_timestamp_millis(FIRST_MILLIS + millis, random).into_uuid(),
            channel: Uuid::from_u128(u128::from((caller * 31 + number) % CHANNELS as u64)),
            nonce: format!("{}", caller << 32 | number),
            at: i64::try_from(FIRST_MILLIS + millis).expect("a time"),
        };
        queue.send((row, answer)).await.expect("the writer runs");
        answered.await.expect("the writer answers");
        if since >= WARM_UP {
            times.add(at.elapsed());
        }
    }
    times
}

/// The table on either engine.
enum Table {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Table {
    async fn make(url: &str) -> Self {
        if let Some(path) = url.strip_prefix("sqlite://") {
            let options = SqliteConnectOptions::new()
                .filename(path)
                .create_if_missing(true)
                .statement_cache_capacity(512)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full);
            let mut connection = options.connect().await.expect("SQLite opens");
            connection.execute(sqlx::AssertSqlSafe(create("BLOB", "STRICT, WITHOUT ROWID"))).await.expect("makes it");
            connection.execute(INDEX).await.expect("makes its index");
            Self::Sqlite(connection)
        } else {
            let mut connection = PgConnection::connect(url).await.expect("PostgreSQL answers");
            connection.execute(sqlx::AssertSqlSafe(create("UUID", ""))).await.expect("makes the table");
            connection.execute(INDEX).await.expect("makes its index");
            Self::Postgres(connection)
        }
    }

    /// Writes what waits, all at once, and answers.
    async fn write(mut self, mut waiting: mpsc::Receiver<Waiting>) {
        let mut batch = Vec::new();
        while waiting.recv_many(&mut batch, MOST_AT_ONCE).await > 0 {
            let rows: Vec<&Row> = batch.iter().map(|(row, _)| row).collect();
            match &mut self {
                Self::Sqlite(connection) => insert_values(connection, &rows).await,
                Self::Postgres(connection) => insert_arrays(connection, &rows).await,
            }
            for (_, answer) in batch.drain(..) {
                let _ = answer.send(());
            }
        }
    }
}

async fn insert_values(connection: &mut SqliteConnection, rows: &[&Row]) {
    let mut builder = QueryBuilder::<Sqlite>::new(concat!(columns!(), " "));
    builder.push_values(rows, |mut values, row| {
        values.push_bind(row.channel).push_bind(row.id).push_bind(AUTHOR).push_bind(CONTENT);
        values.push_bind(row.at).push_bind(&*row.nonce);
    });
    builder.build().execute(connection).await.expect("SQLite writes");
}

async fn insert_arrays(connection: &mut PgConnection, rows: &[&Row]) {
    const INSERT: &str = concat!(
        columns!(),
        " SELECT * FROM UNNEST($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bigint[], $6::text[])"
    );
    let all = |of: fn(&Row) -> Uuid| rows.iter().map(|row| of(row)).collect::<Vec<_>>();
    sqlx::query(INSERT)
        .bind(all(|row| row.channel))
        .bind(all(|row| row.id))
        .bind(all(|_| AUTHOR))
        .bind(vec![CONTENT; rows.len()])
        .bind(rows.iter().map(|row| row.at).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.nonce.as_str()).collect::<Vec<_>>())
        .execute(connection)
        .await
        .expect("PostgreSQL writes");
}

macro_rules! columns {
    () => {
        "INSERT INTO bare_message (channel_id, id, author_id, content, created_at, nonce)"
    };
}
use columns;

/// The table with the same keys as the one of a backend, which may be there as well: databases are copies of a template.
fn create(id: &str, options: &str) -> String {
    format!(
        "CREATE TABLE bare_message (
            channel_id {id} NOT NULL,
            id {id} NOT NULL,
            author_id {id} NOT NULL,
            content TEXT NOT NULL,
            created_at {} NOT NULL,
            nonce TEXT,
            PRIMARY KEY (channel_id, id)
        ) {options}",
        if id == "BLOB" { "INTEGER" } else { "BIGINT" }
    )
}

const INDEX: &str =
    "CREATE UNIQUE INDEX bare_by_nonce ON bare_message (nonce, author_id, channel_id) WHERE nonce IS NOT NULL";

const AUTHOR: Uuid = Uuid::from_u128(7 << 64);

const URL: &str = "BEEP_BENCH_LIMIT_URL";

/// As many as a backend commits together.
const MOST_AT_ONCE: usize = 256;

const FIRST_MILLIS: u64 = 1_790_000_000_000;
