//! The description of a backend.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The public description of a backend.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Backend {
    /// The domain that it owns.
    pub domain: String,
    /// The program.
    pub software: String,
    /// Its version.
    pub version: String,
    /// Who may register: `open`, `invite` or `closed`.
    pub registration: String,
    /// Where mails go: `smtp` to their recipients, or `spool` into files beside the backend's data.
    pub mail: String,
    /// The identity providers for signing in.
    pub sso: Vec<String>,
    /// Whether it talks to other backends.
    pub federation: bool,
    /// Every limit by name.
    pub limits: Limits,
}

/// Every limit of a backend by name; a newer backend may know more.
pub type Limits = BTreeMap<String, u64>;
