//! What users told the moderators of the backend.

use beep_core::id::{ChannelId, ChannelKey, Id, MessageId, Qualified, ReportId, SpaceKey, UserKey};
use beep_core::port::StoreError;
use beep_core::report::{Report, ReportState, ReportTarget, ReportsSeen, Resolution};
use beep_core::text::{Comment, Reason, ReportAction};

use super::arg::{Arg, args};
use super::connection::Connection;
use super::row::Columns;
use super::spaces::first;
use super::table::{self, Select, Stored, Table};

static TABLE: Table = Table::new(
    "report",
    &["id"],
    &[
        "at",
        "by_id",
        "by_origin",
        "target_kind",
        "target_id",
        "target_origin",
        "channel_id",
        "reason",
        "comment",
        "state",
        "claimed_by_id",
        "claimed_by_origin",
        "action",
        "note",
        "resolved_at",
    ],
);

impl Stored for Report {
    fn table() -> &'static Table {
        &TABLE
    }

    fn key(id: &ReportId) -> Vec<Arg<'_>> {
        args![*id].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        let Self { id, at, by, target, reason, comment, claimed_by, resolution } = self;
        let (kind, target, origin, channel) = match target {
            ReportTarget::Message { channel, id } => (MESSAGE, id.uuid(), &channel.home, Some(channel.id)),
            ReportTarget::User(user) => (USER, user.id.uuid(), &user.home, None),
            ReportTarget::Server(server) => (SERVER, server.id.uuid(), &server.home, None),
        };
        args![
            *id,
            *at,
            by.id,
            &by.home,
            kind,
            target,
            origin,
            channel,
            reason.as_str(),
            comment.as_ref().map(Comment::as_str),
            number(self.state()),
            claimed_by.as_ref().map(|by| by.id),
            claimed_by.as_ref().map(|by| &by.home),
            resolution.as_ref().map(|of| of.action.as_str()),
            resolution.as_ref().and_then(|of| of.note.as_ref()).map(Reason::as_str),
            resolution.as_ref().map(|of| of.at),
        ]
        .into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        let (id, at, by) = (columns.id()?, columns.time()?, columns.qualified()?);
        let target = read_target(columns)?;
        let (reason, comment) = (columns.parsed(Reason::parse)?, columns.parsed_or_none(Comment::parse)?);
        // It follows from the others.
        let _state: i64 = columns.int()?;
        let (claimed_by, claimed_by_home) = (columns.id_or_none()?, columns.origin_or_none()?);
        let claimed_by = claimed_by.zip(claimed_by_home).map(|(id, home)| Qualified::new(id, home));
        let action = columns.parsed_or_none(ReportAction::parse)?;
        let (note, resolved_at) = (columns.parsed_or_none(Reason::parse)?, columns.time_or_none()?);
        let resolution = action.zip(resolved_at).map(|(action, at)| Resolution { action, note, at });
        Ok(Self { id, at, by, target, reason, comment, claimed_by, resolution })
    }
}

fn read_target(columns: &mut Columns<'_>) -> Result<ReportTarget, StoreError> {
    let kind: i64 = columns.int()?;
    let (id, home, channel) = (columns.uuid()?, columns.origin()?, columns.id_or_none::<ChannelId>()?);
    match (kind, channel) {
        (MESSAGE, Some(channel)) => {
            Ok(ReportTarget::Message { channel: ChannelKey::new(channel, home), id: MessageId::from_uuid(id) })
        }
        (USER, None) => Ok(ReportTarget::User(UserKey::new(Id::from_uuid(id), home))),
        (SERVER, None) => Ok(ReportTarget::Server(SpaceKey::new(Id::from_uuid(id), home))),
        _ => Err(columns.unfit("no target of a report")),
    }
}

/// Those that somebody sees.
pub(crate) async fn page(
    connection: &mut Connection,
    seen: ReportsSeen,
    state: Option<ReportState>,
    after: Option<ReportId>,
    limit: u32,
) -> Result<Vec<Report>, StoreError> {
    let (users, servers) = (seen.users.then_some(USER), seen.servers.then_some(SERVER));
    let rows = match state {
        Some(state) => {
            let values = args![first(after), limit, users, servers, number(state)];
            connection.fetch_all(OF_STATE.text(), &values).await?
        }
        None => connection.fetch_all(PAGE.text(), &args![first(after), limit, users, servers]).await?,
    };
    table::read_all(&rows)
}

/// How many of a user are not resolved.
pub(crate) async fn unresolved(connection: &mut Connection, by: &UserKey) -> Result<u32, StoreError> {
    connection.fetch_one(UNRESOLVED, &args![by.id, &by.home]).await?.columns().int()
}

fn number(state: ReportState) -> i64 {
    match state {
        ReportState::Open => 0,
        ReportState::Claimed => 1,
        ReportState::Resolved => 2,
    }
}

const MESSAGE: i64 = 0;
const USER: i64 = 1;
const SERVER: i64 = 2;

static PAGE: Select =
    Select::new(&TABLE, "WHERE report.id > $1 AND report.target_kind IN (0, $3, $4) ORDER BY report.id LIMIT $2 + 0");

static OF_STATE: Select = Select::new(
    &TABLE,
    "WHERE report.state = $5 AND report.id > $1 AND report.target_kind IN (0, $3, $4)
    ORDER BY report.id
    LIMIT $2 + 0",
);

const UNRESOLVED: &str = "SELECT COUNT(*) FROM report WHERE by_id = $1 AND by_origin = $2 AND state < 2";
