//! The strings with rules: what people call things and what they write.

use beep_core::text::{
    AuthorName, Bio, ChannelName, Description, DisplayName, Email, Nickname, Nonce, PersonName, Reason, RoleName,
    ServerName, SessionLabel, SystemEvent, Text, Topic, Username,
};

macro_rules! holds {
    ($text:ident: $($name:ident),+ $(,)?) => { $(
        if let Ok(parsed) = $name::parse($text) {
            assert!(parsed.as_str().chars().count() <= $name::MAX, "too long");
            assert!(!parsed.as_str().contains('\0'), "NUL is refused by PostgreSQL");
            assert_eq!($name::parse(parsed.as_str()).as_ref(), Ok(&parsed), "is not read back as itself");
        }
    )+ };
}

/// Whatever is taken fits its limit, can be stored everywhere, and is read back as itself.
pub(crate) fn run(octets: &[u8]) {
    let Ok(text) = str::from_utf8(octets) else { return };
    holds! { text:
        AuthorName, Bio, ChannelName, Description, DisplayName, Email, Nickname, Nonce, PersonName, Reason, RoleName,
        ServerName, SessionLabel, SystemEvent, Text, Topic, Username,
    }
    if let Ok(said) = Text::parse(text) {
        assert_eq!(said.as_str(), text, "a message is kept as sent");
    }
}
