//! The limits and cursors of lists.

use beep_core::domain::Domain;
use beep_core::id::{Id, Qualified, SpaceId};
use beep_core::space::FoundPlace;
use beep_proto::page::{self, DEFAULT_LIMIT, MAX_LIMIT, Page};
use beep_proto::problem::Problem;
use uuid::Uuid;

use crate::http::Refused;

/// The items of a part: 1 to 100, 50 if the caller names none.
pub(super) fn limit(asked: Option<u32>) -> Result<u32, Refused> {
    match asked {
        None => Ok(DEFAULT_LIMIT),
        Some(limit) if (1..=MAX_LIMIT).contains(&limit) => Ok(limit),
        Some(_) => Err(Refused(Problem::field("limit", "out_of_range", format!("must be between 1 and {MAX_LIMIT}")))),
    }
}

/// The id that the part before ended with.
pub(super) fn after<T: Id>(cursor: Option<&str>) -> Result<Option<T>, Refused> {
    let Some(cursor) = cursor else { return Ok(None) };
    let octets = page::open(cursor).and_then(|octets| Uuid::from_slice(&octets).ok());
    octets.map(|uuid| Some(T::from_uuid(uuid))).ok_or_else(bad_cursor)
}

/// The number that the part before ended with.
pub(super) fn number(cursor: Option<&str>) -> Result<Option<u64>, Refused> {
    let Some(cursor) = cursor else { return Ok(None) };
    let octets = page::open(cursor).and_then(|octets| octets.try_into().ok());
    octets.map(|octets| Some(u64::from_be_bytes(octets))).ok_or_else(bad_cursor)
}

/// What a list is of whose cursors are whole names: a cursor of one is none of another.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Of {
    Users = 1,
    Servers = 2,
    Invitations = 3,
    Conversations = 4,
}

/// The whole name that the part before ended with.
pub(super) fn after_key<T: Id>(of: Of, cursor: Option<&str>) -> Result<Option<Qualified<T>>, Refused> {
    let read = |cursor| {
        let octets = page::open(cursor)?;
        let (_, key) = octets.split_first().filter(|(first, _)| **first == of as u8)?;
        let (id, home) = key.split_at_checked(16)?;
        let home = Domain::parse(std::str::from_utf8(home).ok()?).ok()?;
        Some(Qualified::new(T::from_uuid(Uuid::from_slice(id).ok()?), home))
    };
    cursor.map(|cursor| read(cursor).ok_or_else(bad_cursor)).transpose()
}

/// A whole name as a cursor has it.
pub(super) fn end<T: Id>(of: Of, key: &Qualified<T>) -> Vec<u8> {
    [&[of as u8], &key.id.uuid().as_bytes()[..], key.home.as_str().as_bytes()].concat()
}

/// The place among found servers that the part before ended with.
pub(super) fn found(cursor: Option<&str>) -> Result<Option<FoundPlace>, Refused> {
    let Some(cursor) = cursor else { return Ok(None) };
    let read = |octets: Vec<u8>| {
        let (rank, rest) = octets.split_first_chunk()?;
        let (members, server) = rest.split_first_chunk()?;
        let (rank, members) = (u32::from_be_bytes(*rank), u64::from_be_bytes(*members));
        Some(FoundPlace { rank, members, server: SpaceId::from_uuid(Uuid::from_slice(server).ok()?) })
    };
    page::open(cursor).and_then(read).map(Some).ok_or_else(bad_cursor)
}

/// A place among found servers as a cursor has it.
pub(super) fn end_of_found(place: FoundPlace) -> Vec<u8> {
    let FoundPlace { rank, members, server } = place;
    [&rank.to_be_bytes()[..], &members.to_be_bytes(), server.uuid().as_bytes()].concat()
}

/// One part of a list that is at hand whole, in the order of `key`: what comes after the key in the cursor, also when
/// the item itself is gone.
pub(super) fn part<T, const N: usize>(
    mut items: Vec<T>,
    limit: Option<u32>,
    cursor: Option<&str>,
    key: impl Fn(&T) -> [u8; N],
) -> Result<Page<T>, Refused> {
    let limit = self::limit(limit)?;
    if let Some(cursor) = cursor {
        let after = page::open(cursor).and_then(|octets| <[u8; N]>::try_from(octets).ok()).ok_or_else(bad_cursor)?;
        items.retain(|item| key(item) > after);
    }
    items.truncate(limit as usize + 1);
    Ok(Page::cut(items, limit, key))
}

/// The key of what is sorted by a position, then by its id.
pub(super) fn key<I: Id>(position: i32, id: I) -> [u8; 20] {
    let mut key = [0; 20];
    // With its sign turned around a number sorts as its octets do.
    key[..4].copy_from_slice(&(position ^ i32::MIN).to_be_bytes());
    key[4..].copy_from_slice(id.uuid().as_bytes());
    key
}

/// The key of what is sorted the other way round.
pub(super) fn downwards<const N: usize>(key: [u8; N]) -> [u8; N] {
    key.map(|octet| !octet)
}

/// Refuses a cursor that is none of ours.
pub(super) fn bad_cursor() -> Refused {
    Refused(Problem::field("cursor", "malformed", "must be the `next` of the previous page"))
}
