//! Case folding for search, done here and not by the database, so that every store gives the same results.

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;

/// Folds case and compatibility (NFKC casefold): texts that mean the same to who searches become the same.
pub(crate) fn fold(text: &str) -> String {
    let normalizer = ComposingNormalizerBorrowed::new_nfkc();
    let normal = normalizer.normalize(text);
    normalizer.normalize(&CaseMapper::new().fold_string(&normal)).into_owned()
}

/// Whether a stored text could contain this: none contains NUL, which PostgreSQL refuses, and none is longer.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) fn may_match(text: &str) -> bool {
    text.len() <= MOST_OCTETS && !text.contains('\0')
}

/// A text that comes after all that begin with a folded text.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) fn after_all(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

/// The parts of a folded text, by which it is found: from each of its characters on, the [`beginning`]. A text contains another
/// that is no longer than a part if one of its parts begins with it.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) fn parts(folded: &str) -> impl Iterator<Item = &str> {
    folded.char_indices().map(|(at, _)| beginning(&folded[at..]))
}

/// As much of a folded text as a part has at most.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) fn beginning(folded: &str) -> &str {
    folded.char_indices().nth(PART).map_or(folded, |(end, _)| &folded[..end])
}

/// A `LIKE` pattern, escaped with `\`, for texts that contain a folded text.
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

/// More than the longest searched text, a description, and less than SQLite's limit for a pattern.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
const MOST_OCTETS: usize = 8_000;

/// The most characters of a part: most names are no longer.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
const PART: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_beyond_ascii() {
        assert_eq!(fold("ÄRGER"), fold("ärger"));
        assert_eq!(fold("STRASSE"), fold("straße"));
        assert_eq!(fold("ΟΔΟΣ"), fold("οδος"));
        assert_eq!(fold("STRAẞE"), fold("Straße"));
        assert_eq!(fold("Cafe\u{301}"), fold("CAFÉ"));
        assert_eq!(fold("ﬁn"), fold("FIN"));
        assert_eq!(fold("Ｂｅｅｐ"), fold("beep"));
        assert_eq!(fold("İstanbul"), fold("İSTANBUL"));
        assert_ne!(fold("ä"), fold("a"));
    }

    #[test]
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    fn whatever_a_text_contains_one_of_its_parts_begins_with() {
        let text = fold(&format!("日本のÄrger 🦀{}", "x".repeat(40)));
        let characters: Vec<char> = text.chars().collect();
        for from in 0..characters.len() {
            for to in from + 1..=characters.len() {
                let inside: String = characters[from..to].iter().collect();
                assert!(parts(&text).any(|part| part.starts_with(beginning(&inside))), "{inside}");
            }
        }
        assert!(parts(&text).all(|part| part.chars().count() <= PART));
        assert_eq!(parts("").count(), 0);
    }

    #[test]
    fn a_prefix_folds_to_a_prefix() {
        assert!(fold("Οδος έξω").starts_with(&fold("ΟΔΟΣ")));
    }
}
