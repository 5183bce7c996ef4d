//! The limits and cursors of lists.

use beep_core::id::Id;
use beep_proto::page::{self, DEFAULT_LIMIT, MAX_LIMIT};
use beep_proto::problem::Problem;
use uuid::Uuid;

use crate::http::Refused;

/// The items of a part: 1 to 100, 50 if the caller names none.
pub(super) fn limit(asked: Option<u32>) -> Result<u32, Refused> {
    match asked {
        None => Ok(DEFAULT_LIMIT),
        Some(limit) if (1..=MAX_LIMIT).contains(&limit) => Ok(limit),
        Some(_) => Err(Refused(Problem::field("limit", "out_of_range", format!("is between 1 and {MAX_LIMIT}")))),
    }
}

/// The id that the part before ended with.
pub(super) fn after<T: Id>(cursor: Option<&str>) -> Result<Option<T>, Refused> {
    let Some(cursor) = cursor else { return Ok(None) };
    let octets = page::open(cursor).and_then(|octets| Uuid::from_slice(&octets).ok());
    octets.map(|uuid| Some(T::from_uuid(uuid))).ok_or_else(bad_cursor)
}

/// Refuses a cursor that is none of ours.
pub(super) fn bad_cursor() -> Refused {
    Refused(Problem::field("cursor", "malformed", "is what `next` of the part before was"))
}
