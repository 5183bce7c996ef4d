//! Databases on a PostgreSQL server for tests.

use std::hash::{DefaultHasher, Hasher};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};

use crate::SqlStore;
use crate::sql::dialect::Dialect;
use crate::sql::migrations::migrations;

/// Creates a database with the schema on the server of this URL, and gives its URL. The user of the URL must be allowed
/// to create databases. The database is a copy of a template, which the first caller of all processes creates.
///
/// # Panics
/// If PostgreSQL refuses.
pub async fn new_postgres(server: &str) -> String {
    let mut connection = PgConnection::connect(server).await.expect("PostgreSQL is reached");
    let template = template(&mut connection, server).await;
    let name = "SELECT 'beep_' || replace(gen_random_uuid()::text, '-', '')";
    let name: String = sqlx::query_scalar(name).fetch_one(&mut connection).await.expect("a name is found");
    execute(&mut connection, format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    connection.close().await.expect("the connection is closed");
    on(server, &name)
}

/// The name of the template, which depends on the schema.
async fn template(connection: &mut PgConnection, server: &str) -> String {
    let name = format!("beep_template_{:016x}", fingerprint());
    if exists(connection, &name).await {
        return name;
    }
    execute(connection, format!("SELECT pg_advisory_lock({LOCK})")).await;
    if !exists(connection, &name).await {
        let unfinished = format!("{name}_unfinished");
        execute(connection, format!("DROP DATABASE IF EXISTS {unfinished}")).await;
        execute(connection, format!("CREATE DATABASE {unfinished}")).await;
        SqlStore::migrate(&on(server, &unfinished)).await.expect("the schema is made");
        execute(connection, format!("ALTER DATABASE {unfinished} RENAME TO {name}")).await;
    }
    execute(connection, format!("SELECT pg_advisory_unlock({LOCK})")).await;
    name
}

async fn exists(connection: &mut PgConnection, database: &str) -> bool {
    let query = "SELECT count(*) FROM pg_database WHERE datname = $1";
    let count = sqlx::query_scalar::<_, i64>(query).bind(database).fetch_one(connection).await;
    count.expect("the databases are listed") == 1
}

async fn execute(connection: &mut PgConnection, statement: String) {
    let done = connection.execute(AssertSqlSafe(statement.as_str())).await;
    done.unwrap_or_else(|error| panic!("`{statement}`: {error}"));
}

/// A number that changes with every migration.
fn fingerprint() -> u64 {
    let mut hasher = DefaultHasher::new();
    migrations(Dialect::Postgres).iter().for_each(|step| hasher.write(&step.checksum));
    hasher.finish()
}

/// The URL of another database on the same server.
fn on(server: &str, database: &str) -> String {
    let (base, query) = server.split_once('?').map_or((server, None), |(base, query)| (base, Some(query)));
    let (server, _) = base.rsplit_once('/').expect("the URL names a database");
    query.map_or_else(|| format!("{server}/{database}"), |query| format!("{server}/{database}?{query}"))
}

/// The lock while the template is created.
const LOCK: u32 = 0xbeeb;
