//! Who sent a message, where that was no user.

use beep_core::author::Author;
use beep_core::id::{AppId, UserId, WebhookId};
use beep_core::text::{AuthorName, SystemEvent};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::{ViewError, field};
use crate::id::{Bare, Full};
use crate::json;

/// Who spoke in place of a user.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Via {
    /// A webhook of the server.
    Webhook {
        /// The webhook.
        id: Bare<WebhookId>,
        /// What it called itself.
        name: String,
        /// Its picture.
        avatar: Option<String>,
    },
    /// An app.
    App {
        /// The app.
        id: Full<AppId>,
        /// What it is called.
        name: String,
    },
    /// The backend itself.
    System {
        /// The name of what happened.
        event: String,
    },
    /// Somebody that only a newer backend knows.
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

impl<'de> Deserialize<'de> for Via {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Tag {
            r#type: String,
        }
        #[derive(Deserialize)]
        struct Webhook {
            id: Bare<WebhookId>,
            name: String,
            avatar: Option<String>,
        }
        #[derive(Deserialize)]
        struct App {
            id: Full<AppId>,
            name: String,
        }
        #[derive(Deserialize)]
        struct System {
            event: String,
        }
        fn read<T: DeserializeOwned, E: Error>(text: &RawValue) -> Result<T, E> {
            json::read(text.get()).map_err(E::custom)
        }
        let text = Box::<RawValue>::deserialize(deserializer)?;
        let Tag { r#type } = read(&text)?;
        Ok(match r#type.as_str() {
            "webhook" => {
                let Webhook { id, name, avatar } = read(&text)?;
                Self::Webhook { id, name, avatar }
            }
            "app" => {
                let App { id, name } = read(&text)?;
                Self::App { id, name }
            }
            "system" => {
                let System { event } = read(&text)?;
                Self::System { event }
            }
            _ => Self::Unknown,
        })
    }
}

/// The members `author` and `via` of a message.
pub(super) fn parts(author: &Author) -> (Option<Full<UserId>>, Option<Via>) {
    let via = match author {
        Author::User(user) => return (Some(user.into()), None),
        Author::Webhook { id, name } => Via::Webhook { id: Bare(*id), name: name.to_string(), avatar: None },
        Author::App { id, name } => Via::App { id: id.into(), name: name.to_string() },
        Author::System(event) => Via::System { event: event.to_string() },
    };
    (None, Some(via))
}

/// The author that `author` and `via` name.
pub(super) fn read(author: Option<Full<UserId>>, via: Option<Via>) -> Result<Author, ViewError> {
    let name = |name: &str| field("via", AuthorName::parse(name));
    Ok(match (author, via) {
        (Some(user), None) => user.0.into(),
        (None, Some(Via::Webhook { id, name: spoken, avatar: _ })) => {
            Author::Webhook { id: id.0, name: name(&spoken)? }
        }
        (None, Some(Via::App { id, name: shown })) => Author::App { id: id.0, name: name(&shown)? },
        (None, Some(Via::System { event })) => Author::System(field("via", SystemEvent::parse(&event))?),
        (None, Some(Via::Unknown)) => return field("via", Err("is of a type that is not known")),
        (Some(_), Some(_)) | (None, None) => return field("author", Err("is a user, or `via` says who spoke")),
    })
}
