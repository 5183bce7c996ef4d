//! Statements for many rows that wait in a transaction. PostgreSQL carries them out together: one round trip, however
//! many they are.
//!
//! None of them sees what another one writes, and no two may write the same row. What waits is carried out before the next
//! statement that does not wait.

use beep_core::port::StoreError;
use sqlx::postgres::PgArguments;

use super::arg::{Arg, add_columns};
use super::origins::Origins;

/// The statements that wait.
#[derive(Default)]
pub(crate) struct Deferred {
    arguments: PgArguments,
    placeholders: usize,
    parts: Vec<Part>,
}

struct Part {
    text: String,
    /// How many rows it has to write, and what it means if it writes fewer.
    expected: Option<(u64, &'static str)>,
}

/// What waited, as one statement. It gives one row, with a number for each part of which some is expected.
pub(crate) struct Together {
    pub(crate) text: String,
    pub(crate) arguments: PgArguments,
    pub(crate) expected: Vec<(u64, &'static str)>,
}

impl Deferred {
    /// How many placeholders those that wait have: the numbers of another one's follow.
    pub(crate) fn placeholders(&self) -> usize {
        self.placeholders
    }

    /// Adds a statement whose placeholders follow those that wait, for rows of so many values.
    pub(crate) fn add(
        &mut self,
        text: String,
        args: &[Arg<'_>],
        columns: usize,
        origins: &Origins,
        expected: Option<(u64, &'static str)>,
    ) -> Result<(), StoreError> {
        add_columns(&mut self.arguments, args, columns, origins)?;
        self.placeholders += columns;
        self.parts.push(Part { text, expected });
        Ok(())
    }

    /// Takes what waits, if anything does.
    pub(crate) fn take(&mut self) -> Option<Together> {
        if self.parts.is_empty() {
            return None;
        }
        let Self { arguments, parts, .. } = std::mem::take(self);
        let (mut with, mut counts, mut expected) = (Vec::new(), Vec::new(), Vec::new());
        for (number, Part { text, expected: rows }) in parts.into_iter().enumerate() {
            let returning = if rows.is_some() { " RETURNING 1" } else { "" };
            with.push(format!("part{number} AS ({text}{returning})"));
            if let Some(rows) = rows {
                counts.push(format!("(SELECT COUNT(*) FROM part{number})"));
                expected.push(rows);
            }
        }
        if counts.is_empty() {
            counts.push("0".to_owned());
        }
        Some(Together { text: format!("WITH {} SELECT {}", with.join(", "), counts.join(", ")), arguments, expected })
    }

    /// Forgets what waits: its transaction, or its change, is undone.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use beep_core::domain::Domain;

    use super::super::arg::args;
    use super::*;

    #[test]
    fn what_waits_is_one_statement() {
        let origins = Origins::new(Domain::parse("a.example.com").expect("a domain"));
        let mut deferred = Deferred::default();
        assert!(deferred.take().is_none());
        deferred.add("DELETE FROM a".to_owned(), &args![1i64, "x"], 2, &origins, None).expect("it is added");
        assert_eq!(deferred.placeholders(), 2);
        let rows = args![1i64, 2i64];
        deferred.add("INSERT INTO b".to_owned(), &rows, 1, &origins, Some((2, "lost"))).expect("it is added");
        let together = deferred.take().expect("two wait");
        assert_eq!(
            together.text,
            "WITH part0 AS (DELETE FROM a), part1 AS (INSERT INTO b RETURNING 1) SELECT (SELECT COUNT(*) FROM part1)"
        );
        assert_eq!(together.expected, [(2, "lost")]);
        assert!(deferred.take().is_none() && deferred.placeholders() == 0);
    }
}
