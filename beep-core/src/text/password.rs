//! Passwords as they are compared.

use std::fmt;

use super::TextError;
use super::name::composed;

/// A password in the form in which passwords are compared (RFC 8265, OpaqueString): in NFC, and with one kind of space. So
/// one that is typed on another keyboard is the same.
#[derive(Clone, Eq, PartialEq)]
pub struct Password(String);

impl Password {
    /// The most characters.
    pub const MAX: usize = 1_024;

    /// Takes a password as somebody typed it.
    ///
    /// # Errors
    /// [`TextError::TooLong`]: hashing is not free.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        // Composing makes no text much longer, and this one is not looked at further.
        if text.chars().nth(4 * Self::MAX).is_some() {
            return Err(TextError::TooLong { max: Self::MAX });
        }
        let is_space = |c: char| c.is_whitespace() && !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}');
        let spaced: String = text.chars().map(|c| if is_space(c) { ' ' } else { c }).collect();
        let password = composed(&spaced);
        match password.chars().nth(Self::MAX) {
            Some(_) => Err(TextError::TooLong { max: Self::MAX }),
            None => Ok(Self(password)),
        }
    }

    /// The text, for hashing.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, for hashing.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Password {
        Password::parse(text).expect("short enough")
    }

    #[test]
    fn the_same_on_any_keyboard_is_one() {
        assert_eq!(of("pa\u{308}sswo\u{308}rd"), of("p\u{e4}ssw\u{f6}rd"));
        assert_eq!(of("two\u{a0}words\u{3000}here"), of("two words here"));
        assert_ne!(of("Password"), of("password"));
        assert_ne!(of(" password"), of("password"), "spaces at the ends count");
        assert_ne!(of("ｐａｓｓ"), of("pass"));
    }

    #[test]
    fn it_has_so_many_characters_and_is_in_no_log() {
        assert!(Password::parse(&"😀".repeat(Password::MAX)).is_ok());
        for long in ["😀".repeat(Password::MAX + 1), "x".repeat(1_000_000)] {
            assert_eq!(Password::parse(&long), Err(TextError::TooLong { max: Password::MAX }));
        }
        assert!(!format!("{:?}", of("secret")).contains("secret"));
    }
}
