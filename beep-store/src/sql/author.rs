//! How the author of a message is kept: a user in columns that are searched, anybody else in `via`, words that say their
//! version, what it is, which one, and what it is called.

use beep_core::author::Author;
use beep_core::domain::Domain;
use beep_core::id::{AppKey, Id, UserKey, WebhookId};
use beep_core::port::StoreError;
use beep_core::text::{AuthorName, SystemEvent};
use uuid::Uuid;

use super::arg::{Arg, args};
use super::row::Columns;

/// What `via` holds of an author: nothing of a user.
pub(crate) fn via(author: &Author) -> Option<String> {
    Some(match author {
        Author::User(_) => return None,
        Author::Webhook { id, name } => format!("{VERSION} webhook {id} {name}"),
        Author::App { id, name } => format!("{VERSION} app {id} {name}"),
        Author::System(event) => format!("{VERSION} system {event}"),
    })
}

/// The values of `author_id`, `author_origin` and `via`.
pub(crate) fn values<'a>(author: &'a Author, via: Option<&'a str>) -> [Arg<'a>; 3] {
    let user = author.user();
    args![user.map(|user| user.id), user.map(|user| &user.home), via]
}

/// Reads `author_id`, `author_origin` and `via`.
pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Author, StoreError> {
    let (id, home, via) = (columns.id_or_none()?, columns.origin_or_none()?, columns.text_or_none()?);
    match (id, home, via) {
        (Some(id), Some(home), None) => Ok(UserKey::new(id, home).into()),
        (None, None, Some(via)) => from_via(via).ok_or_else(|| columns.unfit("no author that this release knows")),
        _ => Err(columns.unfit("no author, or two")),
    }
}

fn from_via(via: &str) -> Option<Author> {
    let (version, via) = via.split_once(' ')?;
    let (kind, of) = via.split_once(' ')?;
    // A name comes last, and may have blanks.
    let named = || of.split_once(' ').map(|(id, name)| (id, AuthorName::stored(name.to_owned())));
    match (version, kind) {
        (VERSION, "webhook") => {
            let (id, name) = named()?;
            Some(Author::Webhook { id: WebhookId::from_uuid(Uuid::try_parse(id).ok()?), name })
        }
        (VERSION, "app") => {
            let (id, name) = named()?;
            let (id, home) = id.split_once('@')?;
            let id = AppKey::new(Id::from_uuid(Uuid::try_parse(id).ok()?), Domain::parse(home).ok()?);
            Some(Author::App { id, name })
        }
        (VERSION, "system") => Some(Author::System(SystemEvent::stored(of.to_owned()))),
        _ => None,
    }
}

/// The version that is written.
const VERSION: &str = "1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_stays_readable() {
        let id = "01932c07-209d-7cc9-a31d-000000000001";
        let uuid = Uuid::try_parse(id).expect("an id");
        let name = || AuthorName::parse("Build  \"robot\" 1").expect("a name");
        let home = Domain::parse("b.example.com").expect("a domain");
        let kept = [
            (
                Author::Webhook { id: WebhookId::from_uuid(uuid), name: name() },
                format!("1 webhook {id} Build  \"robot\" 1"),
            ),
            (
                Author::App { id: AppKey::new(Id::from_uuid(uuid), home), name: name() },
                format!("1 app {id}@b.example.com Build  \"robot\" 1"),
            ),
            (
                Author::System(SystemEvent::parse("server.archived").expect("a name")),
                "1 system server.archived".to_owned(),
            ),
        ];
        for (author, kept) in kept {
            assert_eq!(via(&author).as_ref(), Some(&kept));
            assert_eq!(from_via(&kept), Some(author));
        }
    }

    #[test]
    fn what_is_of_a_newer_release_or_damaged_is_nobody() {
        for via in ["", "1", "1 ", "1 system", "2 system a", "1 crow a", "1 webhook a b", "1 app a@b c", "1 webhook "] {
            assert_eq!(from_via(via), None, "{via}");
        }
    }
}
