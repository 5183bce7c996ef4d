//! Texts that are longer or stranger than they may be.

use beep_core::text::TextError;

/// How a kind of text is read, and the most characters that it may have.
pub(super) struct Rule<T> {
    pub(super) parse: fn(&str) -> Result<T, TextError>,
    pub(super) most: usize,
}

/// The rule of a type of the core.
macro_rules! rule {
    ($type:ty) => {
        $crate::foreign::text::Rule { parse: <$type>::parse, most: <$type>::MAX }
    };
}
pub(super) use rule;

impl<T> Rule<T> {
    /// Puts a blank in the place of each character that may not be in a text, and cuts it; gives whether what is left may
    /// be.
    pub(super) fn fit(&self, text: &mut String) -> bool {
        if (self.parse)(text).is_ok() {
            return true;
        }
        *text = text.trim().chars().take(self.most).collect();
        if (self.parse)(text).is_ok() {
            return true;
        }
        let mut octets = [0; 4];
        let mut may_be =
            |char: char| !matches!((self.parse)(char.encode_utf8(&mut octets)), Err(TextError::Character(_)));
        *text = text.chars().map(|char| if may_be(char) { char } else { ' ' }).collect();
        (self.parse)(text).is_ok()
    }

    /// The same of a text that must be there.
    pub(super) fn fit_or(&self, text: &mut String, otherwise: &str) {
        if !self.fit(text) {
            otherwise.clone_into(text);
        }
    }

    /// The same of a text that may be left out.
    pub(super) fn fit_option(&self, text: &mut Option<String>) {
        *text = text.take().and_then(|mut text| self.fit(&mut text).then_some(text));
    }
}

/// Whether a text may name something to a program: few characters, none of them for control.
pub(super) fn is_plain(text: &str) -> bool {
    text.len() <= MOST_PLAIN && !text.chars().any(char::is_control)
}

/// What stands for the name of what has none that can be shown.
pub(super) const UNNAMED: &str = "?";

const MOST_PLAIN: usize = 512;

#[cfg(test)]
mod tests {
    use beep_core::text::{Description, ServerName, Text, Username};

    use super::*;

    #[test]
    fn a_text_is_cut_and_cleansed() {
        fn fit<T>(rule: &Rule<T>, text: &str) -> Option<String> {
            let mut text = text.to_owned();
            rule.fit(&mut text).then_some(text)
        }
        let name = rule!(ServerName);
        for (text, expected) in [
            ("Garden", Some("Garden")),
            ("a\0b", Some("a b")),
            ("a\nb\u{7}", Some("a b ")),
            ("", None),
            ("\n\0", None),
            (" \u{85}", None),
        ] {
            assert_eq!(fit(&name, text).as_deref(), expected, "{text:?}");
        }
        assert_eq!(fit(&name, &"ä".repeat(101)), Some("ä".repeat(100)));
        assert_eq!(fit(&name, &format!("\0\n{}", "b".repeat(200))).map(|text| text.chars().count()), Some(100));
        assert_eq!(fit(&rule!(Description), "one\ntwo\0").as_deref(), Some("one\ntwo "));
        assert_eq!(fit(&rule!(Text), &"x".repeat(4_001)).map(|text| text.len()), Some(4_000));
        assert_eq!(fit(&rule!(Username), "not a name"), None, "blanks are no better there");
    }
}
