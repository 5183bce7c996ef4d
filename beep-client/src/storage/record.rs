//! The form of what is stored: a version, and a value as JSON.

use beep_proto::json;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The version that this release writes.
const VERSION: u32 = 1;

/// Writes a value with its version.
pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    #[derive(Serialize)]
    struct Record<'a, T> {
        version: u32,
        value: &'a T,
    }
    serde_json::to_vec(&Record { version: VERSION, value }).expect("what is stored is JSON with text keys")
}

/// Reads a value; `None`, with a line in the log, for one of another version or one that is damaged.
pub(crate) fn decode<T: DeserializeOwned>(key: &str, bytes: &[u8]) -> Option<T> {
    #[derive(Deserialize)]
    struct Record<'a> {
        version: u32,
        #[serde(borrow)]
        value: &'a RawValue,
    }
    let record = std::str::from_utf8(bytes).unwrap_or_default();
    let value = match json::read(record) {
        Ok(Record { version: VERSION, value }) => value.get(),
        Ok(Record { version, .. }) => {
            tracing::warn!(key, version, "a stored value has another version than this release reads; it is skipped");
            return None;
        }
        Err(error) => {
            tracing::warn!(key, %error, "a stored value is damaged; it is skipped");
            return None;
        }
    };
    let value = json::read(value);
    value.inspect_err(|error| tracing::warn!(key, %error, "a stored value cannot be read; it is skipped")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(decode::<Vec<u8>>("k", &encode(&vec![1_u8, 2])), Some(vec![1, 2]));
    }

    #[test]
    fn what_cannot_be_read_is_skipped() {
        assert_eq!(decode::<String>("k", &encode(&7)), None);
        assert_eq!(decode::<u32>("k", br#"{"version":2,"value":7}"#), None);
        assert_eq!(decode::<u32>("k", br#"{"version":1,"val"#), None);
        assert_eq!(decode::<u32>("k", b""), None);
    }
}
