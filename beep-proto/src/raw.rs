//! Reading what was kept as JSON text.
//!
//! Views are read by one deserializer alone, that of JSON text. Each other one (of a `Value`, of what serde buffers for
//! `flatten` and `tag`) is compiled for every view again, which more than doubles what a browser loads.

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error};
use serde_json::value::RawValue;

/// Reads a value from its text.
pub(crate) fn read<T: DeserializeOwned, E: Error>(text: &RawValue) -> Result<T, E> {
    serde_json::from_str(text.get()).map_err(E::custom)
}

/// Reads an object as two: what it is, and what it has beside that.
pub(crate) fn both<'de, D, A, B>(deserializer: D) -> Result<(A, B), D::Error>
where
    D: Deserializer<'de>,
    A: DeserializeOwned,
    B: DeserializeOwned,
{
    let text = Box::<RawValue>::deserialize(deserializer)?;
    Ok((read(&text)?, read(&text)?))
}
