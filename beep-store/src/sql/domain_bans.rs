//! Backends whose users may not come to a server.

use beep_core::ban::DomainBan;
use beep_core::domain::Domain;
use beep_core::id::SpaceKey;
use beep_core::port::StoreError;
use beep_core::text::Reason;

use super::arg::{Arg, args};
use super::connection::Connection;
use super::row::Columns;
use super::table::{self, Select, Stored, Table};

static TABLE: Table = Table::new(
    "domain_ban",
    &["space_id", "origin", "domain"],
    &["reason", "by_id", "by_origin", "created_at", "removing"],
);

impl Stored for DomainBan {
    fn table() -> &'static Table {
        &TABLE
    }

    fn key((server, domain): &Self::Key) -> Vec<Arg<'_>> {
        args![server.id, &server.home, domain.as_str()].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        let Self { server, domain, reason, by, created_at, removing } = self;
        let reason = reason.as_ref().map(Reason::as_str);
        args![server.id, &server.home, domain.as_str(), reason, by.id, &by.home, *created_at, *removing].into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            server: columns.qualified()?,
            domain: columns.parsed(Domain::parse)?,
            reason: columns.parsed_or_none(Reason::parse)?,
            by: columns.qualified()?,
            created_at: columns.time()?,
            removing: columns.bool()?,
        })
    }
}

pub(crate) async fn page(
    connection: &mut Connection,
    server: &SpaceKey,
    after: Option<&Domain>,
    limit: u32,
) -> Result<Vec<DomainBan>, StoreError> {
    let after = after.map_or("", Domain::as_str);
    let rows = connection.fetch_all(PAGE.text(), &args![server.id, &server.home, after, limit]).await?;
    table::read_all(&rows)
}

/// One of which members may be left.
pub(crate) async fn removing(connection: &mut Connection) -> Result<Option<DomainBan>, StoreError> {
    let rows = connection.fetch_all(REMOVING.text(), &[]).await?;
    Ok(table::read_all(&rows)?.pop())
}

static PAGE: Select = Select::new(
    &TABLE,
    "WHERE domain_ban.space_id = $1 AND domain_ban.origin = $2 AND domain_ban.domain > $3
    ORDER BY domain_ban.domain
    LIMIT $4 + 0",
);

static REMOVING: Select = Select::new(&TABLE, "WHERE domain_ban.removing LIMIT 1");
