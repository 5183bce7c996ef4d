//! Small wire types: secrets that never show in a log, and values that can be set to nothing.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// A password, code or token: on the wire a plain string, in a log nothing.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(extend("format" = "password")))]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl<S: Into<String>> From<S> for Secret {
    fn from(text: S) -> Self {
        Self(text.into())
    }
}

/// A value that holds secrets: on the wire as it is, in a log nothing.
#[derive(Clone, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Hidden<T>(pub T);

impl<T> fmt::Debug for Hidden<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// A value that `null` takes away. In a change, a field left out changes nothing.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Nullable<T>(pub Option<T>);

impl<T> Nullable<T> {
    /// Sets a value.
    pub fn set(value: impl Into<T>) -> Self {
        Self(Some(value.into()))
    }

    /// Takes away what was there.
    pub fn null() -> Self {
        Self(None)
    }

    /// Reads a field that may be left out, `null` or a value: serde alone takes `null` for left out.
    ///
    /// # Errors
    /// What reading the value gives.
    pub fn field<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error>
    where
        T: Deserialize<'de>,
    {
        Option::deserialize(deserializer).map(|value| Some(Self(value)))
    }

    /// Reads a field that is `null` or a value, and must not be left out: serde alone takes left out for `null`.
    ///
    /// # Errors
    /// What reading the value gives.
    pub fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>
    where
        T: Deserialize<'de>,
    {
        Option::deserialize(deserializer).map(Self)
    }
}

impl<T> From<Option<T>> for Nullable<T> {
    fn from(value: Option<T>) -> Self {
        Self(value)
    }
}

#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Nullable<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Nullable{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut schema = <Option<T>>::json_schema(generator);
        schema.insert(NULL_SAYS.to_owned(), "takes away what was there".into());
        schema
    }
}

/// What marks the schema of a field where `null` says something: elsewhere it is a field left out.
#[cfg(feature = "schema")]
pub(crate) const NULL_SAYS: &str = "x-null";
