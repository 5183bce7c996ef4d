//! The index of public servers, by any part of their names and descriptions, in any script, and the same on both engines.
//!
//! Each text is held in its [`parts`], with how well a server fits who looks for one. Where several words are looked for, each has
//! its range of the index, and the servers that all of them have are ranked.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use beep_core::domain::Domain;
use beep_core::id::Id;
use beep_core::port::StoreError;
use beep_core::space::{FoundPlace, FoundServer, Space, SpaceKind, Visibility};
use uuid::Uuid;

use super::arg::{Arg, args};
use super::batch::Batch;
use super::connection::Connection;
use super::row::Row;
use super::spaces;
use crate::fold::{after_all, beginning, fold, parts};

/// Brings the index up to what a server is, from what it was: none where it was not there, or is not there any more.
pub(crate) async fn update(
    connection: &mut Connection,
    before: Option<&Space>,
    now: Option<&Space>,
) -> Result<(), StoreError> {
    let own = connection.domain().clone();
    let texts = |space: Option<&Space>| space.filter(|space| is_found(space, &own)).map(Texts::of);
    let (was, will) = (texts(before), texts(now));
    if was == will {
        return Ok(());
    }
    let id = before.or(now).map(|space| space.id.id);
    let was = was.as_ref().map(Texts::places).unwrap_or_default();
    let will = will.as_ref().map(Texts::places).unwrap_or_default();
    let removed = was.iter().filter(|(part, place)| will.get(*part) != Some(place));
    let removed: Vec<Arg<'_>> = removed.flat_map(|(part, _)| args![*part, id]).collect();
    let added = will.iter().filter(|(part, place)| was.get(*part) != Some(place));
    let added: Vec<Arg<'_>> = added.flat_map(|(part, place)| args![*part, id, *place]).collect();
    REMOVE.execute(connection, &removed).await?;
    ADD.defer(connection, &added).await
}

/// A page of those that are found, the best first.
pub(crate) async fn search(
    connection: &mut Connection,
    query: &str,
    after: Option<FoundPlace>,
    limit: u32,
) -> Result<Vec<FoundServer>, StoreError> {
    let folded = fold(query);
    let words: Vec<(&str, String)> = words(&folded).into_iter().map(|word| (word, after_all(word))).collect();
    let (rank, members, id) = match after {
        Some(after) => (i64::from(after.rank), after.members.cast_signed().wrapping_neg(), after.server.uuid()),
        None => (-1, i64::MIN, Uuid::nil()),
    };
    let mut values: Vec<Arg<'_>> = args![rank, members, id, limit].to_vec();
    values.extend(words.iter().flat_map(|(from, to)| args![*from, to]));
    let rows = connection.fetch_all(text(words.len()), &values).await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<FoundServer, StoreError> {
    let mut columns = row.columns();
    let server = spaces::read(&mut columns)?;
    let place = FoundPlace { rank: columns.int()?, members: server.member_count, server: server.id.id };
    Ok(FoundServer { server, place })
}

/// Whether a server is one that anybody finds.
fn is_found(space: &Space, own: &Domain) -> bool {
    space.visibility == Visibility::Public && space.kind == SpaceKind::Community && space.id.home == *own
}

/// What a server is found by, folded.
#[derive(Eq, PartialEq)]
struct Texts {
    name: String,
    description: String,
}

impl Texts {
    fn of(space: &Space) -> Self {
        Self { name: fold(space.name.as_str()), description: fold(space.description.as_str()) }
    }

    /// Each part with the best of its places.
    fn places(&self) -> BTreeMap<&str, i64> {
        let mut places = BTreeMap::new();
        for (text, [first, begins, inside]) in [(&self.name, [0, 1, 2]), (&self.description, [3, 3, 4])] {
            let mut before = None;
            for (part, c) in parts(text).zip(text.chars()) {
                let place = match before {
                    None => first,
                    Some(before) if !char::is_alphanumeric(before) => begins,
                    Some(_) => inside,
                };
                before = Some(c);
                let best = places.entry(part).or_insert(place);
                *best = place.min(*best);
            }
        }
        places
    }
}

/// The words of a query that count: the longest, as far as a part of the index is.
fn words(folded: &str) -> Vec<&str> {
    let mut words: Vec<&str> = folded.split_whitespace().map(beginning).collect();
    words.sort_unstable_by_key(|word| (std::cmp::Reverse(word.len()), *word));
    words.dedup();
    words.truncate(MOST_WORDS);
    words
}

/// The statement for so many words.
fn text(words: usize) -> &'static str {
    static TEXTS: [OnceLock<String>; MOST_WORDS + 1] = [const { OnceLock::new() }; MOST_WORDS + 1];
    TEXTS[words].get_or_init(|| if words == 0 { ALL.to_owned() } else { compose(words) })
}

/// Not a join of the words: PostgreSQL cannot know how many servers each of them has.
fn compose(words: usize) -> String {
    let range = |n: usize| {
        let (from, to) = (5 + 2 * n, 6 + 2 * n);
        format!("SELECT space_id, {n} AS word, place FROM space_part WHERE part >= ${from} AND part < ${to}")
    };
    let ranges: Vec<_> = (0..words).map(range).collect();
    format!(
        "SELECT {}, found.place
        FROM (
            SELECT space_id, CAST(SUM(place) AS BIGINT) AS place
            FROM (
                SELECT space_id, MIN(place) AS place
                FROM ({}) AS part
                GROUP BY space_id, word
            ) AS best
            GROUP BY space_id
            HAVING COUNT(*) = {words}
        ) AS found
        JOIN space ON space.id = found.space_id AND space.origin = 0
        WHERE (found.place, -space.member_count, space.id) > ($1, $2, $3)
        ORDER BY found.place, -space.member_count, space.id
        LIMIT $4 + 0",
        spaces::columns!(),
        ranges.join(" UNION ALL "),
    )
}

/// So many words of a query are looked for.
const MOST_WORDS: usize = 4;

const ALL: &str = concat!(
    "SELECT ",
    spaces::columns!(),
    ", CAST(0 AS BIGINT)
    FROM space
    WHERE space.visibility = 0 AND space.origin = 0 AND (0 > $1 OR 0 = $1 AND (-space.member_count, space.id) > ($2, $3))
    ORDER BY -space.member_count, space.id
    LIMIT $4 + 0"
);

static ADD: Batch = Batch::new("INSERT INTO space_part (part, space_id, place) ", 3, " ON CONFLICT DO NOTHING");

static REMOVE: Batch = Batch::new("DELETE FROM space_part WHERE (part, space_id) IN (", 2, ")");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_its_best_place() {
        let texts = Texts { name: "the rust house".to_owned(), description: "of rust, a the-ory".to_owned() };
        let places = texts.places();
        let best = |word: &str| places.iter().filter(|(part, _)| part.starts_with(word)).map(|(_, place)| *place).min();
        let found = ["the", "rust", "ust", "of", "ory", "he", "a", "-o", "none"].map(best);
        assert_eq!(found, [Some(0), Some(1), Some(2), Some(3), Some(3), Some(2), Some(3), Some(4), None]);
    }

    #[test]
    fn the_longest_words_count() {
        assert_eq!(words(" a  bcd a\tef "), ["bcd", "ef", "a"]);
        assert_eq!(words("a bb ccc dddd eeeee").len(), MOST_WORDS);
        assert!(words(" \n").is_empty());
    }

    #[cfg(feature = "sqlite")]
    #[tokio::test]
    async fn servers_are_found_by_indexes() {
        use super::super::plans;
        let end = after_all("al");
        let all = args![-1i64, i64::MIN, Uuid::nil(), 10u32, "al", &end, "al", &end];
        let plan = plans::of(text(2), &all).await;
        assert!(!plan.contains("SCAN space_part") && !plan.contains("SCAN space\n"), "{plan}");
        let plan = plans::of(text(0), &all[..4]).await;
        assert!(plan.contains("space_public") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}
