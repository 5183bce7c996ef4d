//! Case folding for search: done here and not by a database, so that every store finds the same.

/// Folds the case of a text, character by character: a prefix folds to a prefix.
///
/// Going through upper case makes one of characters that differ only in their lower case, as `ß` and `ss`, or the
/// two small sigmas.
pub(crate) fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// Whether any text that is kept could hold this: none has a NUL, which PostgreSQL does not even take, and none is
/// as long.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) fn may_match(text: &str) -> bool {
    text.len() <= MOST_OCTETS && !text.contains('\0')
}

/// A `LIKE` pattern, escaped with `\`, for texts that hold a folded text anywhere.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) fn like_anywhere(folded: &str) -> String {
    let mut pattern = String::with_capacity(folded.len() + 2);
    pattern.push('%');
    for c in folded.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// More than the longest text that is searched, a description, and less than SQLite takes for a pattern.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
const MOST_OCTETS: usize = 8_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_beyond_ascii() {
        assert_eq!(fold("ÄRGER"), fold("ärger"));
        assert_eq!(fold("STRASSE"), fold("straße"));
        assert_eq!(fold("ΟΔΟΣ"), fold("οδος"));
        assert_ne!(fold("ä"), fold("a"));
    }

    #[test]
    fn a_prefix_folds_to_a_prefix() {
        assert!(fold("Οδος έξω").starts_with(&fold("ΟΔΟΣ")));
    }
}
