//! The state of federation, for administrators.

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// The state of federation.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FederationStatus {
    /// Whether federation is on.
    pub enabled: bool,
    /// The domains that it talks to; `null` means any that authenticates.
    pub allow_list: Option<Vec<String>>,
    /// The other backends, by domain.
    pub remotes: Vec<Remote>,
    /// The dead letters, newest first, at most 20 of each backend.
    pub dead_letters: Vec<DeadLetter>,
}

/// The state of federation with one other backend.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Remote {
    /// The domain.
    pub domain: String,
    /// Whether the allow list allows it.
    pub allowed: bool,
    /// The circuit breaker. `closed`: calls are sent; `open`: they fail at once until `probe_at`; `probing`: one call
    /// tests the backend.
    pub circuit: String,
    /// When one call will test whether the backend answers again.
    pub probe_at: Option<Time>,
    /// How many events wait for it.
    pub queue: u64,
    /// The time of the oldest of them.
    pub waits_since: Option<Time>,
    /// How many dead letters of it are stored.
    pub dead_letters: u64,
    /// The last error, if no call has succeeded since.
    pub last_error: Option<String>,
    /// When that happened.
    pub failed_at: Option<Time>,
}

/// A dead letter: an entry that another backend sent and that could not be applied.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeadLetter {
    /// Who sent it.
    pub domain: String,
    /// Its number in their stream.
    pub seq: u64,
    /// Why it was not applied.
    pub error: String,
    /// What it is about: a type of event, a stream, a number. What it says is not kept.
    pub entry: String,
    /// When it arrived.
    pub at: Time,
}
