//! Where words begin and end: whether a mark at a place may open or close.

use beep_core::mention::is_unspaced;
pub(super) use beep_core::mention::is_word;

/// Whether a mark after `before` may open: at the start, or after what is no part of a word.
pub(super) fn opens_after(before: Option<char>) -> bool {
    before.is_none_or(|c| is_beside(c, OPENING))
}

/// Whether a mark before `after` may close: at the end, or before what is no part of a word.
pub(super) fn closes_before(after: Option<char>) -> bool {
    after.is_none_or(|c| is_beside(c, CLOSING))
}

/// The same as [`opens_after`], where nothing but punctuation may stand between the mark and the edge: the dot of
/// `a.__b__` is within a word.
pub(super) fn opens_far_after(before: &str) -> bool {
    reaches_edge(before.chars().rev(), OPENING)
}

/// The same as [`closes_before`], where nothing but punctuation may stand between the mark and the edge.
pub(super) fn closes_far_before(after: &str) -> bool {
    reaches_edge(after.chars(), CLOSING)
}

/// Whether a character beside a mark lets it stand at the edge of a word.
fn is_beside(c: char, brackets: [char; 3]) -> bool {
    is_edge(c) || c == '/' || brackets.contains(&c) || is_pause(c)
}

/// Whether there is an edge behind nothing but punctuation, or the text ends.
fn reaches_edge(mut from_mark: impl Iterator<Item = char>, brackets: [char; 3]) -> bool {
    for c in from_mark.by_ref().take(REACH) {
        if is_edge(c) {
            return true;
        }
        if c != '\\' && !brackets.contains(&c) && !is_pause(c) {
            return false;
        }
    }
    from_mark.next().is_none()
}

/// What separates words by itself: blanks, signs such as emoji, and letters of scripts without spaces between words.
fn is_edge(c: char) -> bool {
    c.is_whitespace()
        || is_unspaced(c)
        || (c >= '\u{2000}' && !c.is_alphanumeric())
        || matches!(c, '«' | '»' | '¡' | '¿')
}

/// Punctuation that stands at either side of a word.
fn is_pause(c: char) -> bool {
    matches!(c, '"' | '\'' | '-' | ',' | ';' | ':' | '.' | '!' | '?' | '|' | '*' | '_' | '~' | '`')
}

/// How many characters are looked at; more punctuation than this is no edge.
const REACH: usize = 8;

const OPENING: [char; 3] = ['(', '[', '{'];
const CLOSING: [char; 3] = [')', ']', '}'];
