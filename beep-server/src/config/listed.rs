//! A list as settings have it: in the file an array, or, as in flags and the environment, a text with commas.

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Listed {
    Text(String),
    Array(Vec<String>),
}

impl Listed {
    /// Reads each item.
    ///
    /// # Errors
    /// Names the first item that cannot be read, and says why.
    pub(super) fn parse<T, E: std::fmt::Display, C: FromIterator<T>>(
        &self,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<C, String> {
        let parse = |text: &str| parse(text.trim()).map_err(|error| format!("`{text}`: {error}"));
        match self {
            Self::Text(text) => text.split(',').map(parse).collect(),
            Self::Array(items) => items.iter().map(|item| parse(item)).collect(),
        }
    }
}
