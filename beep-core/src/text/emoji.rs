//! One emoji, in the form that it is kept and compared in.
//!
//! An emoji may be written with or without U+FE0F, which asks for the picture where a plain sign exists as well. It is the
//! same emoji, so it is kept as Unicode's data has it: fully qualified (UTS 51, ED-18). One of another skin is another emoji.

use std::collections::HashMap;
use std::sync::LazyLock;

use icu_properties::CodePointSetData;
use icu_properties::props::Emoji;

use super::TextError;

/// Gives the emoji fully qualified.
pub(super) fn qualified(text: &str) -> Result<String, TextError> {
    // The longest has fewer octets, and what is asked for may be long.
    let found = (text.len() <= MOST_OCTETS && asks_rightly(text)).then(|| QUALIFIED.get(&bare(text))).flatten();
    found
        .map(|emoji| (*emoji).to_owned())
        .ok_or(TextError::Character("must be one emoji that Unicode recommends for interchange"))
}

/// Every emoji, by its characters without those that ask for a picture. The lookup of the crate gives another skin for some
/// sequences of two people that are written so.
static QUALIFIED: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let skins = emojis::iter().filter_map(|emoji| emoji.skin_tones()).flatten();
    emojis::iter().chain(skins).map(|emoji| (bare(emoji.as_str()), emoji.as_str())).collect()
});

/// A text without the characters that ask for a picture.
fn bare(text: &str) -> String {
    text.chars().filter(|c| *c != PICTURE).collect()
}

/// Whether each character that asks for a picture follows one that may be a picture.
fn asks_rightly(text: &str) -> bool {
    let mut before = None;
    text.chars().all(|c| {
        let may_be = before.replace(c).is_some_and(|before| CodePointSetData::new::<Emoji>().contains(before));
        c != PICTURE || may_be
    })
}

const PICTURE: char = '\u{fe0f}';

/// More octets than any emoji has, with all that may ask for pictures.
const MOST_OCTETS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    /// Every emoji of Unicode 17, one a line, fully qualified.
    const ALL: &str = include_str!("../../tests/fixtures/emoji.txt");

    fn is_one(text: &str, expected: &str) {
        assert_eq!(qualified(text).as_deref(), Ok(expected), "{text:?}");
    }

    #[test]
    fn every_emoji_is_one_however_it_asks_for_a_picture() {
        let mut count = 0;
        for emoji in ALL.lines() {
            count += 1;
            is_one(emoji, emoji);
            is_one(&emoji.replace(PICTURE, ""), emoji);
            // Some of the characters that ask for it.
            for (at, _) in emoji.match_indices(PICTURE) {
                is_one(&format!("{}{}", &emoji[..at], &emoji[at + PICTURE.len_utf8()..]), emoji);
            }
            assert!(emoji.chars().count() <= 16 && emoji.len() <= MOST_OCTETS);
        }
        assert!(count > 3_900, "{count}");
    }

    #[test]
    fn one_that_is_a_picture_anyway_may_ask_for_it() {
        for emoji in ["👍", "😀", "🚀"] {
            is_one(&format!("{emoji}{PICTURE}"), emoji);
        }
    }

    #[test]
    fn skins_make_other_emoji() {
        for emoji in ["👍", "👍🏻", "👍🏿", "👩🏽\u{200d}💻", "👩🏻\u{200d}🤝\u{200d}👨🏿"] {
            is_one(emoji, emoji);
        }
    }

    #[test]
    fn what_is_no_emoji_or_more_than_one_is_refused() {
        for text in [
            "",
            " ",
            "a",
            "1",
            "#",
            "1\u{fe0f}",
            "©\u{fe0e}",
            "❤\u{fe0e}",
            "👍👍",
            "👍 ",
            " 👍",
            "👍a",
            "\u{fe0f}",
            "\u{fe0f}👍",
            "👍\u{fe0f}\u{fe0f}",
            "👩\u{200d}\u{fe0f}💻",
            "\u{200d}",
            "👍\u{200d}",
            "👩\u{200d}🍕",
            "😀🏽",
            "🇩",
            "🇽🇽",
            "🇩🇪🇫🇷",
            "🏴\u{e0067}\u{e0062}\u{e007f}",
            "\u{1f9ff}\u{fe0f}\u{20e3}",
            "\0",
            "<b>",
            ":tada:",
            &"👍".repeat(1_000),
        ] {
            assert!(matches!(qualified(text), Err(TextError::Character(_))), "{text:?}");
        }
    }
}
