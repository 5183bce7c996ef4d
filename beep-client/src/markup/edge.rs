//! Where words begin and end: whether a mark at a place may open or close.

/// Whether a mark after `before` may open: at the start, or after what is no part of a word.
pub(super) fn opens_after(before: Option<char>) -> bool {
    before.is_none_or(|c| is_edge(c) || matches!(c, '(' | '[' | '{' | '/') || is_pause(c))
}

/// Whether a mark before `after` may close: at the end, or before what is no part of a word.
pub(super) fn closes_before(after: Option<char>) -> bool {
    after.is_none_or(|c| is_edge(c) || matches!(c, ')' | ']' | '}' | '/') || is_pause(c))
}

/// The same as [`opens_after`], where nothing but punctuation may stand between the mark and the edge: the dot of
/// `a.__b__` is within a word.
pub(super) fn opens_far_after(before: &str) -> bool {
    for c in before.chars().rev().take(REACH) {
        match c {
            c if is_edge(c) => return true,
            '(' | '[' | '{' | '\\' => {}
            c if is_pause(c) => {}
            _ => return false,
        }
    }
    before.chars().nth(REACH).is_none()
}

/// The same as [`closes_before`], where nothing but punctuation may stand between the mark and the edge.
pub(super) fn closes_far_before(after: &str) -> bool {
    for c in after.chars().take(REACH) {
        match c {
            c if is_edge(c) => return true,
            ')' | ']' | '}' | '\\' => {}
            c if is_pause(c) => {}
            _ => return false,
        }
    }
    after.chars().nth(REACH).is_none()
}

/// Whether a character is a part of a word that another one may continue.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() && !is_unspaced(c)
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

/// Letters of scripts that put no spaces between words, or marks right after a word as Korean does.
fn is_unspaced(c: char) -> bool {
    matches!(
        c,
        '\u{e00}'..='\u{eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{2e80}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7af}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff00}'..='\u{ffef}'
            | '\u{20000}'..='\u{3ffff}'
    )
}

/// How many characters are looked at; more punctuation than this is no edge.
const REACH: usize = 8;
