//! How octets are spelled in JSON: base64 (RFC 4648, 4), with its padding.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Octets that mean nothing to who carries them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Octets(pub Vec<u8>);

impl Serialize for Octets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        BASE64.decode(text.as_bytes()).map(Self).map_err(|_| de::Error::custom("must be base64"))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Octets {
    fn schema_name() -> Cow<'static, str> {
        "Octets".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "contentEncoding": "base64", "description": "Octets, as base64." })
    }
    fn inline_schema() -> bool {
        true
    }
}
