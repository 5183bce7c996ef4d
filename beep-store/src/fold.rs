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
    fn a_prefix_folds_to_a_prefix() {
        assert!(fold("Οδος έξω").starts_with(&fold("ΟΔΟΣ")));
    }
}
