//! Halves of surrogate pairs: JSON can spell them alone, and no text can hold them.

use std::borrow::Cow;

/// The same JSON, with U+FFFD where the escape of a surrogate has no other half.
pub(super) fn replaced(json: &[u8]) -> Cow<'_, [u8]> {
    let mut replaced = Cow::Borrowed(json);
    let mut at = 0;
    while let Some(found) = json.get(at..).and_then(|rest| rest.iter().position(|octet| *octet == b'\\')) {
        at += found;
        let Some(unit) = escaped(json, at) else {
            // Another escape: a backslash and what it escapes.
            at += 2;
            continue;
        };
        match unit {
            HIGH_FIRST..LOW_FIRST if escaped(json, at + ESCAPE).is_some_and(|low| LOWS.contains(&low)) => {
                at += 2 * ESCAPE
            }
            HIGH_FIRST..=LOW_LAST => {
                replaced.to_mut()[at..at + ESCAPE].copy_from_slice(b"\\ufffd");
                at += ESCAPE;
            }
            _ => at += ESCAPE,
        }
    }
    replaced
}

/// The UTF-16 unit that an escape spells, if there is one.
fn escaped(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at.checked_add(ESCAPE)?)?.strip_prefix(b"\\u")?;
    let digits =
        std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok()
}

const ESCAPE: usize = r"\u0000".len();
const HIGH_FIRST: u16 = 0xd800;
const LOW_FIRST: u16 = 0xdc00;
const LOW_LAST: u16 = 0xdfff;
const LOWS: std::ops::RangeInclusive<u16> = LOW_FIRST..=LOW_LAST;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_halves_are_replaced() {
        for (json, expected) in [
            (r#""\ud83d\ude00""#, "\u{1f600}"),
            (r#""a\ud83db""#, "a\u{fffd}b"),
            (r#""a\ude00b""#, "a\u{fffd}b"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
            (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
            (r#""\\ud83d""#, r"\ud83d"),
            (r#""\"\ud83d\n""#, "\"\u{fffd}\n"),
            (r#""\u00e4""#, "ä"),
        ] {
            let read: String = serde_json::from_slice(&replaced(json.as_bytes())).expect("it is JSON");
            assert_eq!(read, expected, "{json}");
        }
        for broken in [r#""\ud8"#, r#""\"#, r"\u", "\"\\ud83", r#""\u+123""#] {
            assert_eq!(&*replaced(broken.as_bytes()), broken.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn what_can_be_read_stays_as_it_is(text in any::<String>()) {
            let json = serde_json::to_vec(&text).expect("a text is JSON");
            prop_assert!(matches!(replaced(&json), Cow::Borrowed(_)));
        }

        #[test]
        fn escapes_of_any_units_can_be_read(units in prop::collection::vec(any::<u16>(), 0..8)) {
            let json = units.iter().fold("\"".to_owned(), |json, unit| json + &format!("\\u{unit:04x}")) + "\"";
            let read: String = serde_json::from_slice(&replaced(json.as_bytes())).expect("it is JSON");
            prop_assert_eq!(read, String::from_utf16_lossy(&units));
        }
    }
}
