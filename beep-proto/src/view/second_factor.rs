//! What somebody is given to set up a second factor.

use serde::{Deserialize, Serialize};

use crate::text::Secret;

/// What an authenticator app is given.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SecondFactorSetup {
    /// The secret in base 32, to be typed.
    pub secret: Secret,
    /// The same as an `otpauth://` address.
    pub otpauth_uri: Secret,
    /// The address as a QR code, a picture in SVG.
    pub qr_svg: Secret,
}

/// Recovery codes, which are told once.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RecoveryCodes {
    /// The codes; each is good once.
    pub recovery_codes: Vec<Secret>,
}
