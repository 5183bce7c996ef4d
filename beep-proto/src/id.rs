//! How ids are spelled: bare UUIDs, and qualified `0193…@a.example.com`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use beep_core::domain::{Domain, DomainError};
use beep_core::id::{Id, Qualified};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

/// An id without a home: a message, role, invitation or session.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Bare<T>(pub T);

/// An id with its home, as answers always carry it.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Full<T>(pub Qualified<T>);

/// An id as a caller may write it: without its home it is of the backend that is asked.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Ref<T> {
    /// The id.
    pub id: T,
    /// The owner, if it was named.
    pub home: Option<Domain>,
}

impl<T: Id> Ref<T> {
    /// The qualified id, `own` standing in for a home that was left out.
    pub fn qualify(self, own: &Domain) -> Qualified<T> {
        Qualified { id: self.id, home: self.home.unwrap_or_else(|| own.clone()) }
    }
}

impl<T> Full<T> {
    /// The backend that owns what it names.
    pub fn home(&self) -> &Domain {
        &self.0.home
    }

    /// Whether what it names is of this backend.
    pub fn is_of(&self, domain: &Domain) -> bool {
        self.home() == domain
    }
}

/// Why a text is no id.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IdError {
    /// The part before the `@` is no UUID in its hyphenated form.
    #[error("must be a UUID")]
    Uuid,
    /// It is a UUID of another version than 7 and 8.
    #[error("must be a UUID of version 7 or 8")]
    Version,
    /// The part after the `@` is no domain.
    #[error(transparent)]
    Domain(#[from] DomainError),
    /// There is no `@domain`.
    #[error("must have a domain after an `@`")]
    Unqualified,
}

fn parse_uuid<T: Id>(text: &str) -> Result<T, IdError> {
    // Only the hyphenated form: one id has one spelling.
    let uuid =
        if text.len() == 36 { Uuid::try_parse(text).map_err(|_| IdError::Uuid)? } else { return Err(IdError::Uuid) };
    // Of version 8 are the ids of direct conversations, which follow from those of their two users.
    if !matches!(uuid.get_version_num(), 7 | 8) {
        return Err(IdError::Version);
    }
    Ok(T::from_uuid(uuid))
}

impl<T: Id> FromStr for Bare<T> {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        parse_uuid(text).map(Self)
    }
}

impl<T: Id> FromStr for Ref<T> {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let (id, home) = match text.split_once('@') {
            Some((id, home)) => (id, Some(Domain::parse(home)?)),
            None => (text, None),
        };
        Ok(Self { id: parse_uuid(id)?, home })
    }
}

impl<T: Id> FromStr for Full<T> {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let Ref { id, home } = text.parse()?;
        Ok(Self(Qualified { id, home: home.ok_or(IdError::Unqualified)? }))
    }
}

impl<T: fmt::Display> fmt::Display for Bare<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: fmt::Display> fmt::Display for Full<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: fmt::Display> fmt::Display for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.home {
            Some(home) => write!(f, "{}@{home}", self.id),
            None => self.id.fmt(f),
        }
    }
}

impl<T> From<T> for Bare<T> {
    fn from(id: T) -> Self {
        Self(id)
    }
}

impl<T> From<Qualified<T>> for Full<T> {
    fn from(id: Qualified<T>) -> Self {
        Self(id)
    }
}

impl<T: Clone> From<&Qualified<T>> for Full<T> {
    fn from(id: &Qualified<T>) -> Self {
        Self(id.clone())
    }
}

impl<T> From<Qualified<T>> for Ref<T> {
    fn from(Qualified { id, home }: Qualified<T>) -> Self {
        Self { id, home: Some(home) }
    }
}

impl<T> From<Full<T>> for Ref<T> {
    fn from(Full(id): Full<T>) -> Self {
        id.into()
    }
}

impl<T: Clone> From<&Full<T>> for Ref<T> {
    fn from(id: &Full<T>) -> Self {
        id.clone().into()
    }
}

impl<T: Id> From<T> for Ref<T> {
    fn from(id: T) -> Self {
        Self { id, home: None }
    }
}

macro_rules! as_text {
    ($($name:ident),+) => { $(
        impl<T: fmt::Display> Serialize for $name<T> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de, T: Id> Deserialize<'de> for $name<T> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    )+ };
}
as_text!(Bare, Full, Ref);

#[cfg(feature = "schema")]
mod schema {
    use super::{Bare, Full, Ref};
    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use std::borrow::Cow;

    macro_rules! spelled {
        ($type:ident, $name:literal, $pattern:literal, $description:literal) => {
            impl<T> JsonSchema for $type<T> {
                fn schema_name() -> Cow<'static, str> {
                    $name.into()
                }
                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!({ "type": "string", "pattern": $pattern, "description": $description })
                }
            }
        };
    }
    spelled!(
        Bare,
        "Id",
        "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[78][0-9a-fA-F]{3}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
        "A UUIDv7."
    );
    spelled!(
        Full,
        "QualifiedId",
        "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[78][0-9a-fA-F]{3}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}@.+$",
        "A UUIDv7 and the domain of the backend that owns what it names."
    );
    spelled!(
        Ref,
        "IdRef",
        "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[78][0-9a-fA-F]{3}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(@.+)?$",
        "A UUIDv7, with `@domain` when another backend owns what it names."
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use beep_core::id::ChannelId;

    const ID: &str = "01932c07-209d-7cc9-a31d-5f3a1f1c0f6b";

    #[test]
    fn a_reference_takes_the_own_domain_where_it_names_none() {
        let own = Domain::parse("a.example.com").expect("valid");
        let bare: Ref<ChannelId> = ID.parse().expect("valid");
        assert_eq!(bare.to_string(), ID);
        assert_eq!(bare.qualify(&own).to_string(), format!("{ID}@a.example.com"));
        let full: Ref<ChannelId> = format!("{ID}@B.example.com").parse().expect("valid");
        assert_eq!(full.qualify(&own).to_string(), format!("{ID}@b.example.com"));
    }

    #[test]
    fn refuses_other_spellings_and_versions() {
        for (text, error) in [
            ("", IdError::Uuid),
            ("01932c07209d7cc9a31d5f3a1f1c0f6b", IdError::Uuid),
            ("{01932c07-209d-7cc9-a31d-5f3a1f1c0f6b}", IdError::Uuid),
            ("01932c07-209d-4cc9-a31d-5f3a1f1c0f6b", IdError::Version),
        ] {
            assert_eq!(text.parse::<Bare<ChannelId>>(), Err(error), "{text}");
        }
        let direct = "69b41a4f-e366-82ee-9d3d-ee71c9ef5610";
        assert_eq!(direct.parse::<Bare<ChannelId>>().map(|id| id.to_string()).as_deref(), Ok(direct));
        assert!(matches!(format!("{ID}@").parse::<Ref<ChannelId>>(), Err(IdError::Domain(_))));
        assert_eq!(ID.parse::<Full<ChannelId>>(), Err(IdError::Unqualified));
    }
}
