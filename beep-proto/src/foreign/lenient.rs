//! How the fields of views are read where a backend may say more than this release knows.
//!
//! For `#[serde(deserialize_with = "…")]`. Views are only ever read from backends; what clients ask is read strictly.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use beep_core::permission::Permissions as Set;
use beep_core::text::Color;
use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, de};
use serde_json::value::RawValue;

use super::parse;
use crate::view::{ChannelKind, Permissions, PresenceStatus, Visibility};

/// The items of a list, without those that cannot be read.
pub(crate) fn items<'de, D: Deserializer<'de>, T: de::DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let items = Vec::<Box<RawValue>>::deserialize(deserializer)?;
    Ok(items.iter().filter_map(|item| parse(item.get().as_bytes()).ok()).collect())
}

/// Permissions by name, without those that are not known.
pub(crate) fn permissions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Permissions, D::Error> {
    struct Names;
    impl<'de> Visitor<'de> for Names {
        type Value = Set;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of permission names")
        }
        fn visit_seq<A: de::SeqAccess<'de>>(self, mut names: A) -> Result<Set, A::Error> {
            let mut set = Set::empty();
            while let Some(name) = names.next_element::<Cow<'de, str>>()? {
                set |= Set::named(&name).unwrap_or(Set::empty());
            }
            Ok(set)
        }
    }
    deserializer.deserialize_seq(Names).map(Permissions)
}

/// A number, clamped to those that there are.
pub(crate) fn number<'de, D: Deserializer<'de>, N: Number>(deserializer: D) -> Result<N, D::Error> {
    deserializer.deserialize_any(Clamped(PhantomData))
}

/// The same of a number that may be left out.
pub(crate) fn option<'de, D: Deserializer<'de>, N: Number>(deserializer: D) -> Result<Option<N>, D::Error> {
    #[derive(Deserialize)]
    #[serde(bound(deserialize = "N: Number"))]
    struct Read<N>(#[serde(deserialize_with = "number")] N);
    Option::<Read<N>>::deserialize(deserializer).map(|read| read.map(|read| read.0))
}

/// The colour of a role; none, where it is no colour.
pub(crate) fn color<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let number: Option<i64> = option(deserializer)?;
    Ok(number.and_then(|number| u32::try_from(number).ok()).and_then(Color::new).map(Color::rgb))
}

/// Who may find and join a server; the narrowest, where it is not known.
pub(crate) fn visibility<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Visibility, D::Error> {
    known(deserializer).map(|known| known.unwrap_or(Visibility::Private))
}

/// The kind of a channel; one of text, where it is not known.
pub(crate) fn channel_kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ChannelKind, D::Error> {
    known(deserializer).map(|known| known.unwrap_or(ChannelKind::Text))
}

/// How available somebody is; offline, where it is not known.
pub(crate) fn presence_status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PresenceStatus, D::Error> {
    known(deserializer).map(|known| known.unwrap_or(PresenceStatus::Offline))
}

/// A value that is spelled as a text; nothing, where it is not known.
fn known<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(T::deserialize(de::value::StringDeserializer::<de::value::Error>::new(text)).ok())
}

/// A number that others may take for a wider one.
pub(crate) trait Number: Copy {
    /// The nearest number that there is.
    fn nearest(number: i128) -> Self;
}

macro_rules! numbers {
    ($($type:ty),+) => { $(
        impl Number for $type {
            fn nearest(number: i128) -> Self {
                Self::try_from(number).unwrap_or(if number < 0 { Self::MIN } else { Self::MAX })
            }
        }
    )+ };
}
numbers!(i32, i64, u32, u64);

struct Clamped<N>(PhantomData<N>);

impl<N: Number> Visitor<'_> for Clamped<N> {
    type Value = N;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<N, E> {
        Ok(N::nearest(number.into()))
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<N, E> {
        Ok(N::nearest(number.into()))
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<N, E> {
        if number.is_nan() {
            return Err(E::invalid_value(Unexpected::Float(number), &self));
        }
        #[expect(clippy::cast_possible_truncation, reason = "casts of floats clamp")]
        Ok(N::nearest(number as i128))
    }
}
