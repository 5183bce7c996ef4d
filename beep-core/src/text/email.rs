//! Mail addresses.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::TextError;
use super::name::{composed, is_hidden};
use crate::domain::Domain;

/// A mail address, kept as somebody typed it. Two that differ in the case of ASCII letters alone, or in how their domain is
/// spelled, are the same.
#[derive(Clone, Debug)]
pub struct Email {
    typed: Box<str>,
    mailbox: Box<str>,
}

impl Email {
    /// The maximum number of characters.
    pub const MAX: usize = 254;

    /// Parses an address.
    ///
    /// Letters beyond ASCII keep their case: folding them would send the mail for one mailbox to another.
    ///
    /// # Errors
    /// [`TextError::TooLong`], or [`TextError::Character`] for what is no address.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        if text.chars().nth(Self::MAX).is_some() {
            return Err(TextError::TooLong { max: Self::MAX });
        }
        let parsed = text.rsplit_once('@').and_then(|(local, host)| {
            let is_odd = host.ends_with(is_dot) || host.chars().any(is_hidden);
            let host = Domain::typed(host).ok().filter(|_| !is_odd)?;
            let mailbox = format!("{}@{host}", composed(local).to_ascii_lowercase());
            is_local(local).then(|| Self { typed: text.into(), mailbox: mailbox.into() })
        });
        parsed.ok_or(TextError::Character("must be a mail address"))
    }

    /// The address as it was typed.
    pub fn as_str(&self) -> &str {
        &self.typed
    }

    /// The one form of all spellings of this address.
    pub fn mailbox(&self) -> &str {
        &self.mailbox
    }

    /// The address to send mail to: the first half as it was typed, the domain as A-labels.
    pub fn to_send(&self) -> String {
        let (local, _) = self.typed.rsplit_once('@').unwrap_or_default();
        let (_, host) = self.mailbox.rsplit_once('@').unwrap_or_default();
        format!("{local}@{host}")
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.typed)
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.mailbox == other.mailbox
    }
}

impl Eq for Email {}

impl PartialOrd for Email {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Email {
    fn cmp(&self, other: &Self) -> Ordering {
        self.mailbox.cmp(&other.mailbox)
    }
}

impl Hash for Email {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.mailbox.hash(state);
    }
}

fn is_local(text: &str) -> bool {
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || is_hidden(c) || "@<>(),;:\"[]\\".contains(c);
    (1..=MOST_LOCAL_OCTETS).contains(&text.len())
        && !text.chars().any(is_odd)
        && text.split('.').all(|part| !part.is_empty())
}

fn is_dot(c: char) -> bool {
    matches!(c, '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}')
}

const MOST_LOCAL_OCTETS: usize = 64; // RFC 5321, 4.5.3.1.1

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mailbox_has_one_form() {
        for (typed, shaped) in [
            (" Ann@Example.COM ", "ann@example.com"),
            ("a@bücher.test", "a@xn--bcher-kva.test"),
            ("a@BÜCHER.test", "a@xn--bcher-kva.test"),
            ("a@xn--bcher-kva.test", "a@xn--bcher-kva.test"),
            ("a@ｂ.test", "a@b.test"),
            ("a+b@x.test", "a+b@x.test"),
            ("o'x@x.test", "o'x@x.test"),
            ("Ö@x.test", "Ö@x.test"),
            ("o\u{308}@x.test", "ö@x.test"),
            ("bob@localhost", "bob@localhost"),
        ] {
            let email = Email::parse(typed).expect("an address");
            assert_eq!((email.as_str(), email.mailbox()), (typed.trim(), shaped));
            assert_eq!(Email::parse(shaped).as_ref(), Ok(&email));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "bob",
            "@example.com",
            "bob@",
            "a@b@c.test",
            "bob@exa mple.com",
            "bob@example..com",
            "bob@example.com.",
            "a@-b.test",
            "a@b.test?x",
            ".a@b.test",
            "a.@b.test",
            "a..b@b.test",
            "a@b.test\u{200b}",
            "a\u{200b}@b.test",
            "a\u{202e}@b.test",
            "a@[192.0.2.1]",
            "\"a\"@b.test",
            "a@xn--a.test",
            &format!("{}@b.test", "a".repeat(65)),
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(Email::parse(&format!("a@{}", "b".repeat(1_000_000))), Err(TextError::TooLong { max: Email::MAX }));
    }

    #[test]
    fn mail_is_sent_as_the_address_was_typed_to_the_host_as_dns_knows_it() {
        let email = Email::parse("Ann.Smith@BÜCHER.test").expect("an address");
        assert_eq!(email.to_send(), "Ann.Smith@xn--bcher-kva.test");
    }
}
