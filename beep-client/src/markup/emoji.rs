//! Emoji: names between colons, and messages of nothing else.

use icu_properties::CodePointSetData;
use icu_properties::props::Emoji;

use super::edge::is_word;
use super::{Inline, MOST_LONE_EMOJI};

/// The name between colons at `at`, and where it ends.
pub(super) fn named(text: &str, at: usize) -> Option<(Inline, usize)> {
    let before = text[..at].chars().next_back();
    let rest = text[at..].strip_prefix(':')?;
    let length = rest.bytes().take(MOST_NAME + 1).take_while(|b| is_of_name(*b)).count();
    let after = rest[length..].strip_prefix(':')?;
    let fits = (1..=MOST_NAME).contains(&length);
    let stands_alone = !before.is_some_and(is_word) && !after.starts_with(is_word);
    (fits && stands_alone).then(|| (Inline::Emoji { name: rest[..length].to_owned() }, at + length + 2))
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'+' | b'-')
}

/// How many emoji a text has, if it has one to [`MOST_LONE_EMOJI`] and nothing else but blanks. One that is drawn as one
/// counts as one: a family, a flag, a hand with its colour.
pub(super) fn count_lone(text: &str) -> Option<u8> {
    let mut rest = text.trim();
    let mut count = 0;
    while !rest.is_empty() {
        rest = sequence(rest)?.trim_start();
        count += 1;
        if count > MOST_LONE_EMOJI {
            return None;
        }
    }
    (count > 0).then_some(count)
}

/// What follows the emoji that a text begins with (UTS 51, ED-17).
fn sequence(text: &str) -> Option<&str> {
    let mut rest = element(text)?;
    while let Some(next) = rest.strip_prefix(JOINER).and_then(element) {
        rest = next;
    }
    Some(rest)
}

/// What follows one picture with what changes it.
fn element(text: &str) -> Option<&str> {
    let mut characters = text.chars();
    let first = characters.next()?;
    if is_regional(first) {
        return characters.next().filter(|c| is_regional(*c)).map(|_| characters.as_str());
    }
    if matches!(first, '0'..='9' | '#' | '*') {
        let rest = characters.as_str();
        return rest.strip_prefix(PICTURE).unwrap_or(rest).strip_prefix('\u{20e3}');
    }
    let rest = characters.as_str();
    let drawn = rest.strip_prefix(PICTURE);
    if !CodePointSetData::new::<Emoji>().contains(first) || (first < '\u{2000}' && drawn.is_none()) {
        return None;
    }
    let rest = drawn.unwrap_or(rest);
    if rest.starts_with(SIGN) {
        return None;
    }
    let rest = rest.strip_prefix(|c| matches!(c, '\u{1f3fb}'..='\u{1f3ff}')).unwrap_or(rest);
    // The flag of a part of a country is spelled in tags, and ends with one.
    match rest.trim_start_matches(|c| matches!(c, '\u{e0020}'..='\u{e007e}')) {
        spelled if spelled.len() < rest.len() => spelled.strip_prefix('\u{e007f}'),
        _ => Some(rest),
    }
}

fn is_regional(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

/// Joins pictures to one.
const JOINER: char = '\u{200d}';
/// Says that the character before is to be drawn as a picture.
const PICTURE: char = '\u{fe0f}';
/// Says that the character before is to be drawn as a sign of text.
const SIGN: char = '\u{fe0e}';
/// The longest name.
const MOST_NAME: usize = 32;
