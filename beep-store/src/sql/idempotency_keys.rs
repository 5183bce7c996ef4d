//! Claimed requests and their first answers. Claims are laid in [`super::change`].

use beep_core::port::{AnswerWrite, Answered, IdempotencyKey, StoreError};

use super::arg::args;
use super::connection::Connection;

/// Keeps the answer to a claimed request.
pub(crate) async fn write(connection: &mut Connection, write: &AnswerWrite) -> Result<(), StoreError> {
    let AnswerWrite::Put(IdempotencyKey { caller, key, route, at }, answered) = write;
    let (home, body) = (&caller.home, answered.body.as_slice());
    connection.execute(ANSWER, &args![caller.id, home, key, route, *at, answered.status, body]).await.map(drop)
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
    let (status, body) = (columns.int_or_none()?, columns.bytes_or_none()?);
    Ok(Some(status.map(|status| Answered { status, body: body.unwrap_or_default().to_vec() })))
}

const ANSWER: &str = "
    INSERT INTO idempotency_key (
        caller_id,
        caller_origin,
        key,
        route,
        claimed_at,
        status,
        body
    ) VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (caller_id, caller_origin, key, route) DO UPDATE SET
        status = excluded.status,
        body = excluded.body";

const FIND: &str = "
    SELECT
        status,
        body
    FROM idempotency_key
    WHERE caller_id = $1 AND caller_origin = $2 AND key = $3 AND route = $4";
