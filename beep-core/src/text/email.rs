//! Mail addresses: one form for each mailbox.

use super::TextError;
use super::name::{composed, is_hidden};
use crate::domain::Domain;

/// Shapes an address: ASCII in lower case, the domain as A-labels.
///
/// Other letters keep their case: folding them would send the mail for one mailbox to another.
pub(super) fn shape(text: &str) -> Result<String, TextError> {
    let shaped = text.trim().rsplit_once('@').and_then(|(local, host)| {
        let is_odd = host.ends_with(is_dot) || host.chars().any(is_hidden);
        let host = Domain::typed(host).ok().filter(|_| !is_odd)?;
        is_local(local).then(|| format!("{}@{host}", composed(local).to_ascii_lowercase()))
    });
    shaped.ok_or(TextError::Character("must be a mail address"))
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
            assert_eq!(shape(typed).as_deref(), Ok(shaped), "{typed}");
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
            assert!(shape(text).is_err(), "{text:?}");
        }
    }
}
