//! Strings with rules: names, contents, addresses. They are parsed at the boundary and trusted after.
//!
//! Limits are the contract's (client API) and are served under `limits` by `GET /v1/backend`.

mod email;
mod emoji;
mod name;
mod password;

use std::fmt;

pub use email::Email;
pub use password::Password;

/// Why a text was refused; the message goes to the caller with the name of the field.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TextError {
    /// Shorter than the rule allows.
    #[error("must have at least {min} characters")]
    TooShort {
        /// The minimum number of characters, above 1.
        min: usize,
    },
    /// Longer than the rule allows.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The maximum number of characters.
        max: usize,
    },
    /// Has nothing that people see.
    #[error("must have at least one visible character")]
    Invisible,
    /// Contains a character that is not allowed.
    #[error("{0}")]
    Character(&'static str),
}

/// A string type that only `parse` builds.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $min:expr, $max:expr, $shape:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(Box<str>);

        impl $name {
            /// The maximum number of characters.
            pub const MAX: usize = $max;

            /// Parses the text, or says which rule it breaks.
            ///
            /// # Errors
            /// [`TextError`]: too short, too long, or a character that is not allowed.
            pub fn parse(text: &str) -> Result<Self, TextError> {
                let shape: fn(&str) -> Result<String, TextError> = $shape;
                let text = shape(text)?;
                within(&text, $min, $max)?;
                Ok(Self(text.into()))
            }

            /// Takes a text from the store, which [`Self::parse`] accepted once: a rule that became stricter does not
            /// make it unreadable.
            pub fn stored(text: String) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text! {
    /// The name of a user in handles and mentions: 2 to 32 of `[a-z0-9_.-]`, stored in lower case.
    Username, 2, 32, |text| {
        let text = text.to_ascii_lowercase();
        if text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-".contains(&b)) {
            Ok(text)
        } else {
            Err(TextError::Character("must have only letters `a` to `z`, digits, `_`, `.` and `-`"))
        }
    }
}
text! {
    /// The display name that a user chose.
    DisplayName, 1, 64, name::shape
}
text! {
    /// The nickname of a member in one server.
    Nickname, 1, 64, name::shape
}
text! {
    /// A first or last name; private.
    PersonName, 1, 64, name::shape
}
text! {
    /// A few words about oneself; may be empty.
    Bio, 0, 500, prose
}
text! {
    /// The name of a server.
    ServerName, 1, 100, name::shape
}
text! {
    /// The description of a server; may be empty.
    Description, 0, 1_000, prose
}
text! {
    /// The name of a channel.
    ChannelName, 1, 100, name::shape
}
text! {
    /// The topic of a channel; may be empty.
    Topic, 0, 1_024, prose
}
text! {
    /// The name of a role.
    RoleName, 1, 100, name::shape
}
text! {
    /// The text of a message, Unicode, kept as sent.
    Text, 1, 4_000, |text| {
        if text.contains('\0') {
            return Err(TextError::Character("must have no NUL character"));
        }
        if name::is_visible(text) { Ok(text.to_owned()) } else { Err(TextError::Invisible) }
    }
}
text! {
    /// What a webhook or an app is shown as beside a message.
    AuthorName, 1, 80, name::shape
}
text! {
    /// What the backend itself says in a channel: the name of what happened, `[a-z_.]`.
    SystemEvent, 1, 64, |text| {
        if text.bytes().all(|b| b.is_ascii_lowercase() || b"_.".contains(&b)) {
            Ok(text.to_owned())
        } else {
            Err(TextError::Character("must have only letters `a` to `z`, `_` and `.`"))
        }
    }
}
text! {
    /// A client's own name for a message or a request, so that sending it twice sends it once.
    Nonce, 1, 64, mark
}
text! {
    /// The reason of a moderator; stored in the audit log.
    Reason, 0, 512, prose
}
text! {
    /// What somebody adds to a report.
    Comment, 1, 2_000, prose
}
text! {
    /// What was done about a report, in a few words.
    ReportAction, 1, 64, name::shape
}
text! {
    /// What a user says beside their presence.
    StatusText, 1, 128, name::shape
}
text! {
    /// The emoji beside a presence: one, or a few that belong together.
    StatusEmoji, 1, 16, |text| {
        let text = name::shape(text)?;
        if name::is_emoji(&text) { Ok(text) } else { Err(TextError::Character("must be an emoji")) }
    }
}
text! {
    /// One emoji, fully qualified: a sequence of those that Unicode recommends for general interchange (UTS 51, ED-27).
    Emoji, 1, 16, emoji::qualified
}
text! {
    /// The name of a session in the list of sessions.
    SessionLabel, 1, 64, name::shape
}
/// The colour of a role, `0xRRGGBB`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Color(u32);

impl Color {
    /// Takes the lower 24 bits as red, green and blue; anything above is refused.
    pub fn new(rgb: u32) -> Option<Self> {
        (rgb <= 0xff_ff_ff).then_some(Self(rgb))
    }

    /// `0xRRGGBB`.
    pub fn rgb(self) -> u32 {
        self.0
    }
}

fn within(text: &str, min: usize, max: usize) -> Result<(), TextError> {
    // A character has at most four octets, so most texts need no counting.
    let count = if text.len() <= max && text.len() >= 4 * min { text.len() } else { text.chars().count() };
    if count == 0 && min == 1 {
        Err(TextError::Invisible)
    } else if count < min {
        Err(TextError::TooShort { min })
    } else if count > max {
        Err(TextError::TooLong { max })
    } else {
        Ok(())
    }
}

/// A mark of a client: it is kept as sent.
fn mark(text: &str) -> Result<String, TextError> {
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(TextError::Character("must have no line breaks or other control characters"));
    }
    Ok(text.to_owned())
}

/// Several lines: control characters other than line breaks and tabs are refused.
fn prose(text: &str) -> Result<String, TextError> {
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(TextError::Character("must have no control characters but line breaks"));
    }
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_folded_and_checked() {
        assert_eq!(Username::parse("Al.ice_1-").expect("valid").as_str(), "al.ice_1-");
        assert_eq!(Username::parse("a"), Err(TextError::TooShort { min: 2 }));
        assert_eq!(Username::parse(&"a".repeat(33)), Err(TextError::TooLong { max: 32 }));
        assert!(matches!(Username::parse("al ice"), Err(TextError::Character(_))));
    }

    #[test]
    fn messages_count_characters_and_are_kept_as_sent() {
        assert_eq!(Text::parse("  hé\n ").expect("valid").as_str(), "  hé\n ");
        assert!(Text::parse(&"é".repeat(4_000)).is_ok());
        assert_eq!(Text::parse(&"é".repeat(4_001)), Err(TextError::TooLong { max: 4_000 }));
        for unseen in ["", " \n", "\u{200b}", "\u{2800}", "\u{3164} \u{200d}", "\u{feff}", "\u{fe0f}"] {
            assert_eq!(Text::parse(unseen), Err(TextError::Invisible), "{unseen:?}");
        }
    }
}
