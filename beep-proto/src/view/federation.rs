//! What an administrator is told of other backends.

use serde::{Deserialize, Serialize};

use crate::time::Time;

/// How this backend stands with others.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FederationStatus {
    /// Whether it talks to others at all.
    pub enabled: bool,
    /// The domains that it talks to; `null` means any that authenticates.
    pub allow_list: Option<Vec<String>>,
    /// The backends that it has to do with, by domain.
    pub remotes: Vec<Remote>,
    /// What others sent and could not be applied, youngest first, of each backend 20 at most.
    pub dead_letters: Vec<DeadLetter>,
}

/// How this backend stands with one other.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Remote {
    /// Which one.
    pub domain: String,
    /// Whether the allow list lets the two talk.
    pub allowed: bool,
    /// `closed`: calls go through; `open`: they fail at once until `probe_at`; `probing`: one finds out.
    pub circuit: String,
    /// When one call will find out whether it is back.
    pub probe_at: Option<Time>,
    /// How many events wait for it.
    pub queue: u64,
    /// Since when the oldest of them waits.
    pub waits_since: Option<Time>,
    /// How much of what it sent could not be applied and is kept.
    pub dead_letters: u64,
    /// The last thing that went wrong, if it has not gone well since.
    pub last_error: Option<String>,
    /// When that was.
    pub failed_at: Option<Time>,
}

/// Something that another backend sent and that could not be applied.
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
    /// When it came.
    pub at: Time,
}
