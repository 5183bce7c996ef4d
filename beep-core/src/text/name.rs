//! Names: one line that people can see whole.
//!
//! A character that is not seen makes two names look alike, or one look empty; one that turns the direction of what
//! follows makes a line read otherwise than it was written. So both are refused, except where writing needs them: joiners
//! inside of emoji and of words of some scripts, and what chooses between an emoji and a plain sign.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{
    DefaultIgnorableCodePoint, Emoji, EmojiComponent, EmojiModifier, ExtendedPictographic, GeneralCategory,
    GeneralCategoryGroup, IndicSyllabicCategory, JoiningType, UnifiedIdeograph,
};
use icu_properties::{CodePointMapData, CodePointSetData};

use super::TextError;

/// Shapes a name: in NFC, without white space at its ends.
pub(super) fn shape(text: &str) -> Result<String, TextError> {
    if text.chars().any(breaks_line) {
        return Err(TextError::Character("must have no line breaks or other control characters"));
    }
    let name = composed(text.trim());
    if name.is_ascii() {
        return Ok(name);
    }
    let characters: Vec<char> = name.chars().collect();
    if (0..characters.len()).any(|at| is_hidden(characters[at]) && !is_needed(&characters, at)) {
        return Err(TextError::Character("must have no invisible characters"));
    }
    if characters.windows(MOST_MARKS + 1).any(|run| run.iter().all(|c| is_mark(*c))) {
        return Err(TextError::Character("must have at most 8 marks on one character"));
    }
    if is_visible(&name) { Ok(name) } else { Err(TextError::Invisible) }
}

/// A text in NFC.
pub(super) fn composed(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

/// Whether something of a text is seen: more than white space, invisible characters and marks on nothing.
pub(super) fn is_visible(text: &str) -> bool {
    let blank = |c: char| c.is_whitespace() || c.is_control() || is_hidden(c) || is_mark(c);
    text.chars().any(|c| c.is_ascii_graphic() || !blank(c))
}

/// Whether a text has nothing but emoji.
pub(super) fn is_emoji(text: &str) -> bool {
    let of_emoji =
        |c: char| CodePointSetData::new::<Emoji>().contains(c) || CodePointSetData::new::<EmojiComponent>().contains(c);
    !text.is_ascii() && text.chars().all(of_emoji)
}

/// Whether a character is drawn as nothing, or only changes how others are drawn.
pub(super) fn is_hidden(c: char) -> bool {
    const BLANK_BRAILLE: char = '\u{2800}';
    !c.is_ascii()
        && (c == BLANK_BRAILLE
            || matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{13430}'..='\u{1343f}' | '\u{13441}' | '\u{13442}' | '\u{1d159}')
            || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c))
}

fn breaks_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

fn is_mark(c: char) -> bool {
    !c.is_ascii() && GeneralCategoryGroup::Mark.contains(category(c))
}

/// Whether writing needs the invisible character at this place.
fn is_needed(characters: &[char], at: usize) -> bool {
    let (before, after) = (&characters[..at], &characters[at + 1..]);
    match characters[at] {
        ZERO_WIDTH_JOINER => joins_emoji(before, after) || joins_letters(before, after) || follows_virama(before),
        ZERO_WIDTH_NON_JOINER => joins_letters(before, after) || follows_virama(before) || before.last() == Some(&HEH),
        // Which form of an ideograph, or of a Mongolian letter, is meant.
        '\u{e0100}'..='\u{e01ef}' => {
            before.last().is_some_and(|c| CodePointSetData::new::<UnifiedIdeograph>().contains(*c))
        }
        '\u{180b}'..='\u{180f}' => before.last().is_some_and(|c| matches!(c, '\u{1820}'..='\u{18aa}')),
        '\u{fe0e}' | '\u{fe0f}' => before.last().is_some_and(|c| CodePointSetData::new::<Emoji>().contains(*c)),
        '\u{e0020}'..='\u{e007f}' => is_of_flag(characters, at),
        _ => false,
    }
}

/// Whether two pictures are drawn as one, as those of a family are.
fn joins_emoji(before: &[char], after: &[char]) -> bool {
    let is_picture = |c: char| CodePointSetData::new::<ExtendedPictographic>().contains(c);
    let is_added = |c: char| c == '\u{fe0f}' || CodePointSetData::new::<EmojiModifier>().contains(c);
    let last = before.iter().rev().find(|c| !is_added(**c));
    last.is_some_and(|c| is_picture(*c)) && after.first().is_some_and(|c| is_picture(*c))
}

/// Whether letters on both sides are of scripts whose letters join, as those of Arabic and Devanagari do.
fn joins_letters(before: &[char], after: &[char]) -> bool {
    let last = before.iter().rev().find(|c| !is_mark(**c) || is_indic(**c));
    last.is_some_and(|c| is_joining(*c)) && after.first().is_some_and(|c| is_joining(*c))
}

/// Whether a virama comes before, which the joiners give its form (RFC 5892, A.1 and A.2): also at the end of a word, as in
/// Malayalam.
fn follows_virama(before: &[char]) -> bool {
    let category = CodePointMapData::<IndicSyllabicCategory>::new();
    before.last().is_some_and(|c| category.get(*c) == IndicSyllabicCategory::Virama)
}

fn is_joining(c: char) -> bool {
    let is_of_word = GeneralCategoryGroup::Letter.contains(category(c)) || is_mark(c);
    let joining = CodePointMapData::<JoiningType>::new().get(c);
    let is_cursive = matches!(joining, JoiningType::DualJoining | JoiningType::LeftJoining | JoiningType::RightJoining);
    is_of_word && (is_cursive || is_indic(c))
}

fn is_indic(c: char) -> bool {
    CodePointMapData::<IndicSyllabicCategory>::new().get(c) != IndicSyllabicCategory::Other
}

/// Whether the tag at this place spells the flag of a part of a country; other tags would only hide a text.
fn is_of_flag(characters: &[char], at: usize) -> bool {
    const BLACK_FLAG: char = '\u{1f3f4}';
    let Some(flag) = characters[..at].iter().rposition(|c| *c == BLACK_FLAG) else { return false };
    let spelled = characters[flag + 1..].iter().map_while(|c| match c {
        '\u{e0020}'..='\u{e007e}' => char::from_u32(u32::from(*c) - 0xe_0000),
        _ => None,
    });
    let spelled: String = spelled.collect();
    let end = flag + 1 + spelled.len();
    FLAGS.contains(&&*spelled) && characters.get(end) == Some(&'\u{e007f}') && (flag..=end).contains(&at)
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

/// The letter of Arabic that Kurdish writes with a non-joiner after it, also at the end of a word.
const HEH: char = '\u{647}';

const ZERO_WIDTH_NON_JOINER: char = '\u{200c}';
const ZERO_WIDTH_JOINER: char = '\u{200d}';

/// England, Scotland and Wales: the flags that Unicode recommends (UTS 51, emoji tag sequences).
const FLAGS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];

/// More marks than any script puts on one character.
const MOST_MARKS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_nothing_that_is_seen_is_refused() {
        let unseen = "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}\u{ad}\u{180e}\u{3164}\u{ffa0}\u{115f}\u{2800}\u{e0020}";
        let others = "\u{202e}\u{2066}\u{fe0f}\u{301}\u{61c}\u{200e}\u{fffa}";
        for c in unseen.chars().chain(others.chars()) {
            assert!(shape(&c.to_string()).is_err(), "{c:?} alone");
            assert!(!is_visible(&c.to_string()), "{c:?}");
        }
        assert!(shape("\u{200b} \u{2800}").is_err());
        assert_eq!(shape("\u{301}"), Err(TextError::Invisible));
    }

    #[test]
    fn what_is_not_seen_or_turns_the_line_is_refused_inside_too() {
        for name in [
            "Admin\u{200d}",
            "Ad\u{200b}min",
            "Eve\u{202e}",
            "x\u{2066}y",
            "a\u{200d}b",
            "a\u{301}\u{200d}\u{301}",
            "x\u{fe0f}",
            "x\u{e0100}",
            "x\u{180b}",
            "\u{1d159}\u{13441}",
            "ab\u{200c}",
            "a\u{2028}b",
            "a\u{2029}b",
            "a\nb",
            "a\u{85}b",
            "a\0b",
            "🏴\u{e0068}\u{e0069}\u{e007f}",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}",
            "\u{e0067}\u{e007f}",
            &format!("a{}", "\u{489}".repeat(9)),
        ] {
            assert!(matches!(shape(name), Err(TextError::Character(_))), "{name:?}");
        }
    }

    #[test]
    fn what_writing_needs_is_kept() {
        for name in [
            "👨\u{200d}👩\u{200d}👧\u{200d}👦",
            "🏳\u{fe0f}\u{200d}🌈",
            "👩🏽\u{200d}💻",
            "❤\u{fe0f} and ❤\u{fe0e}",
            "1\u{fe0f}\u{20e3}",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} fans",
            "می\u{200c}خواهم",
            "خانه\u{200c}ای",
            "क्\u{200d}ष",
            "क्\u{200c}ष",
            "ශ්\u{200d}රී",
            "ཧཱུྃ",
            "രാജന്\u{200d}",
            "മോഹന്\u{200d}ലാല്\u{200d}",
            "ত্\u{200d}",
            "نامه\u{200c}",
            "辻\u{e0100}",
            "葛\u{e0100}城",
            "ᠮᠣᠩᠭᠣᠯ\u{180b}",
            "שרה 12",
            "ｅ",
        ] {
            assert_eq!(shape(name).as_deref(), Ok(name), "{name:?}");
        }
    }

    #[test]
    fn names_are_composed_and_have_no_space_at_their_ends() {
        assert_eq!(shape(" Zoe\u{308} ").as_deref(), Ok("Zo\u{eb}"));
        assert_eq!(shape("\u{212a}").as_deref(), Ok("K"), "the Kelvin sign is a K");
        assert_eq!(shape("  ").as_deref(), Ok(""));
    }
}
