//! How people name a user: `name` on the own backend, `name@domain` anywhere.

use std::fmt;

use crate::domain::Domain;
use crate::text::Username;

/// A user's name, and the backend where they live, if it is named.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Handle {
    /// The username.
    pub name: Username,
    /// The backend; the own one if there is none.
    pub home: Option<Domain>,
}

impl Handle {
    /// Parses a handle as people type it: `@` may stand before it, and the domain may be in any script. `None` for what
    /// names nobody.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_start_matches('@');
        let (name, home) = match text.split_once('@') {
            Some((name, home)) => (name, Some(Domain::typed(home).ok()?)),
            None => (text, None),
        };
        Some(Self { name: Username::parse(name).ok()?, home })
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_str())?;
        self.home.iter().try_for_each(|home| write!(f, "@{home}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_names_one_user_however_it_is_typed() {
        for (typed, handle) in [
            ("bob", Some("bob")),
            ("@Bob", Some("bob")),
            ("bob@b.example.com", Some("bob@b.example.com")),
            ("@BOB@B.example.com.", Some("bob@b.example.com")),
            ("bob@bücher.example", Some("bob@xn--bcher-kva.example")),
            ("", None),
            ("@", None),
            ("bob@", None),
            ("@b.example.com@", None),
            ("bob@b.example.com@c.example.com", None),
            ("bob\0@b.example.com", None),
        ] {
            assert_eq!(Handle::parse(typed).map(|parsed| parsed.to_string()).as_deref(), handle, "{typed:?}");
        }
    }
}
