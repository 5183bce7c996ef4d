//! The domain of a backend: the part after the `@` in everything that it owns.
//!
//! Decides which texts are domains (contract: federation, "Discovery"). `beep-federation` finds out whether a backend
//! answers there.

use std::fmt;
use std::sync::Arc;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

/// A backend domain: lower case, IDNA A-labels, no trailing dot, 253 octets at most; cheap to clone.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Domain(Arc<str>);

impl Domain {
    /// Parses a domain; folds upper case and drops one trailing dot.
    ///
    /// `localhost` is the only name with one label: the default of a backend that is not federated.
    ///
    /// # Errors
    /// [`DomainError`] names the first rule that `text` breaks.
    pub fn parse(text: &str) -> Result<Self, DomainError> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.is_empty() || text.len() > MAX_OCTETS {
            return Err(DomainError::Length);
        }
        for label in text.split('.') {
            let plain = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            if label.is_empty() || label.len() > MAX_LABEL_OCTETS || !plain {
                return Err(DomainError::Label);
            }
            if label.starts_with('-') || label.ends_with('-') {
                return Err(DomainError::Label);
            }
        }
        let text = text.to_ascii_lowercase();
        if text == "localhost" {
            return Ok(Self(text.into()));
        }
        let Some((_, last)) = text.rsplit_once('.') else {
            return Err(DomainError::OneLabel);
        };
        if last.bytes().all(|b| b.is_ascii_digit()) {
            return Err(DomainError::Address);
        }
        Ok(Self(text.into()))
    }

    /// Parses a domain as people type it: in any script, which becomes A-labels (UTS 46).
    ///
    /// # Errors
    /// [`DomainError`] names the first rule that `text` breaks.
    pub fn typed(text: &str) -> Result<Self, DomainError> {
        if text.is_ascii() && !text.to_ascii_lowercase().contains("xn--") {
            return Self::parse(text);
        }
        let hyphens = Hyphens::CheckFirstLast;
        let ascii = Uts46::new().to_ascii(text.trim().as_bytes(), AsciiDenyList::EMPTY, hyphens, DnsLength::Ignore);
        Self::parse(&ascii.map_err(|_| DomainError::Label)?)
    }

    /// The domain as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text is not a domain.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DomainError {
    /// Empty or over 253 octets.
    #[error("a domain must have 1 to 253 bytes")]
    Length,
    /// A label is empty, over 63 octets, has another character than letters, digits and `-`, or `-` at an end.
    #[error("each label of a domain must have 1 to 63 letters, digits or `-`, without `-` at its ends")]
    Label,
    /// Only `localhost` has a single label.
    #[error("a domain must have at least two labels")]
    OneLabel,
    /// Looks like an IP address.
    #[error("a domain must be a name, not an IP address")]
    Address,
}

const MAX_OCTETS: usize = 253; // RFC 1035, 3.1, less the length octets
const MAX_LABEL_OCTETS: usize = 63; // RFC 1035, 2.3.4

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_type_domains_in_any_script() {
        for (typed, domain) in [
            ("A.Example.com.", "a.example.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("BÜCHER.example", "xn--bcher-kva.example"),
            ("bu\u{308}cher.example", "xn--bcher-kva.example"),
            ("bücher。example", "xn--bcher-kva.example"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ] {
            assert_eq!(Domain::typed(typed).map(|domain| domain.to_string()).as_deref(), Ok(domain), "{typed}");
        }
        for typed in ["xn--a.example", "bücher", "bü cher.example", "-bü.example", "bü..example"] {
            assert!(Domain::typed(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn folds_case_and_drops_the_trailing_dot() {
        assert_eq!(Domain::parse("A.Example.COM.").expect("valid").as_str(), "a.example.com");
    }

    #[test]
    fn refuses_what_is_no_domain() {
        for (text, error) in [
            ("", DomainError::Length),
            (".", DomainError::Length),
            ("a..b", DomainError::Label),
            ("-a.com", DomainError::Label),
            ("a.com..", DomainError::Label),
            ("bücher.example", DomainError::Label),
            ("a b.com", DomainError::Label),
            ("example", DomainError::OneLabel),
            ("127.0.0.1", DomainError::Address),
        ] {
            assert_eq!(Domain::parse(text), Err(error), "{text}");
        }
        assert_eq!(Domain::parse(&"a.".repeat(200)), Err(DomainError::Length));
    }
}
