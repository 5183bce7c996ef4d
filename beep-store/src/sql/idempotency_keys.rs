//! Claimed requests and their first answers. Claims are laid in [`super::change`].

use beep_core::id::ChannelKey;
use beep_core::port::{AnswerWrite, Answered, AnsweredBody, IdempotencyKey, StoreError};

use super::arg::args;
use super::connection::Connection;

/// Keeps the answer to a claimed request.
pub(crate) async fn write(connection: &mut Connection, write: &AnswerWrite) -> Result<(), StoreError> {
    let AnswerWrite::Put(IdempotencyKey { caller, key, route, at }, answered) = write;
    let (octets, message) = match &answered.body {
        AnsweredBody::Octets(octets) => (Some(octets.as_slice()), None),
        AnsweredBody::Message(channel, id) => (None, Some((channel, *id))),
    };
    let channel = message.map(|(channel, _)| channel);
    let values = args![
        caller.id,
        &caller.home,
        key,
        route,
        *at,
        answered.status,
        octets,
        channel.map(|channel| channel.id),
        channel.map(|channel| &channel.home),
        message.map(|(_, id)| id),
    ];
    connection.execute(ANSWER, &values).await.map(drop)
}

/// The answer to a request, if it was carried out, and if the answer was kept.
pub(crate) async fn find(
    connection: &mut Connection,
    claim: &IdempotencyKey,
) -> Result<Option<Option<Answered>>, StoreError> {
    let IdempotencyKey { caller, key, route, .. } = claim;
    let values = args![caller.id, &caller.home, key, route];
    let Some(row) = connection.fetch_optional(FIND, &values).await? else { return Ok(None) };
    let mut columns = row.columns();
    let Some(status) = columns.int_or_none()? else { return Ok(Some(None)) };
    let octets = columns.bytes_or_none()?;
    let (channel, home, message) = (columns.id_or_none()?, columns.origin_or_none()?, columns.id_or_none()?);
    let body = match (channel, home, message) {
        (Some(channel), Some(home), Some(id)) => AnsweredBody::Message(ChannelKey::new(channel, home), id),
        _ => AnsweredBody::Octets(octets.unwrap_or_default().to_vec()),
    };
    Ok(Some(Some(Answered { status, body })))
}

const ANSWER: &str = "
    INSERT INTO idempotency_key (
        caller_id,
        caller_origin,
        key,
        route,
        claimed_at,
        status,
        body,
        message_channel,
        message_origin,
        message_id
    ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (caller_id, caller_origin, key, route) DO UPDATE SET
        status = excluded.status,
        body = excluded.body,
        message_channel = excluded.message_channel,
        message_origin = excluded.message_origin,
        message_id = excluded.message_id";

const FIND: &str = "
    SELECT
        status,
        body,
        message_channel,
        message_origin,
        message_id
    FROM idempotency_key
    WHERE caller_id = $1 AND caller_origin = $2 AND key = $3 AND route = $4";
