//! One member of an operation, as it arrived, for serde to read.
//!
//! It says itself what it should have been, so that a refusal speaks of JSON and not of Rust.

use std::fmt::Display;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{Error, IntoDeserializer, Unexpected, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use serde_json::{Number, Value};

use super::refusal::Refused;

/// One member of an operation, as it arrived.
#[derive(Clone)]
pub(super) enum Argument<'a> {
    /// Of a path or query: read as whatever the field wants.
    Text(&'a str),
    /// Of a body.
    Json(Value),
}

impl Argument<'_> {
    fn unexpected(&self) -> Unexpected<'_> {
        match self {
            Self::Text(text) => Unexpected::Str(text),
            Self::Json(Value::Null) => Unexpected::Unit,
            Self::Json(Value::Bool(value)) => Unexpected::Bool(*value),
            Self::Json(Value::Number(number)) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), ..) => Unexpected::Unsigned(number),
                (_, Some(number), _) => Unexpected::Signed(number),
                (.., number) => Unexpected::Float(number.unwrap_or(f64::NAN)),
            },
            Self::Json(Value::String(text)) => Unexpected::Str(text),
            Self::Json(Value::Array(_)) => Unexpected::Seq,
            Self::Json(Value::Object(_)) => Unexpected::Map,
        }
    }

    /// The whole number that it is, however large.
    fn whole(&self) -> Option<i128> {
        match self {
            Self::Text(text) => text.parse().ok(),
            Self::Json(Value::Number(number)) => as_whole(number),
            Self::Json(_) => None,
        }
    }

    fn is_not(&self, wanted: &str) -> Refused {
        Refused::invalid_type(self.unexpected(), &wanted)
    }
}

fn as_whole(number: &Number) -> Option<i128> {
    number.as_u64().map(i128::from).or_else(|| number.as_i64().map(i128::from))
}

impl<'de> IntoDeserializer<'de, Refused> for Argument<'de> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

/// A number of one type, or what numbers of it there are.
fn number<T: TryFrom<i128> + Display>(argument: &Argument<'_>, least: T, most: T) -> Result<T, Refused> {
    let whole = argument.whole();
    if let Some(number) = whole.and_then(|whole| T::try_from(whole).ok()) {
        return Ok(number);
    }
    let wanted = format!("a whole number from {least} to {most}");
    Err(match whole {
        Some(whole) => Refused::out_of_range(whole, &wanted),
        None => argument.is_not(&wanted),
    })
}

macro_rules! numbers {
    ($($method:ident $visit:ident $type:ty),+) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
            visitor.$visit(number(&self, <$type>::MIN, <$type>::MAX)?)
        }
    )+ };
}

impl<'de> Deserializer<'de> for Argument<'de> {
    type Error = Refused;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self {
            Self::Text(text) => visitor.visit_borrowed_str(text),
            Self::Json(Value::Null) => visitor.visit_unit(),
            Self::Json(Value::Bool(value)) => visitor.visit_bool(value),
            Self::Json(Value::Number(number)) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), ..) => visitor.visit_u64(number),
                (_, Some(number), _) => visitor.visit_i64(number),
                (.., number) => visitor.visit_f64(number.unwrap_or(f64::NAN)),
            },
            Self::Json(Value::String(text)) => visitor.visit_string(text),
            Self::Json(Value::Array(items)) => {
                SeqDeserializer::new(items.into_iter().map(Argument::Json)).deserialize_any(visitor)
            }
            Self::Json(Value::Object(members)) => {
                let members = members.into_iter().map(|(name, value)| (name, Argument::Json(value)));
                MapDeserializer::new(members).deserialize_any(visitor)
            }
        }
    }

    numbers! {
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self {
            Self::Text("true") => visitor.visit_bool(true),
            Self::Text("false") => visitor.visit_bool(false),
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self {
            Self::Json(Value::Null) => visitor.visit_none(),
            other => visitor.visit_some(other),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        match self {
            Self::Text(text) => visitor.visit_enum(text.into_deserializer()),
            Self::Json(Value::String(text)) => visitor.visit_enum(text.into_deserializer()),
            other => Err(other.is_not("a string")),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self {
            Self::Json(Value::Array(_)) => self.deserialize_any(visitor),
            other => Err(other.is_not("a list")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self {
            Self::Json(Value::Object(_)) => self.deserialize_any(visitor),
            other => Err(other.is_not("an object")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.deserialize_map(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        f32 f64 char str string bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}
