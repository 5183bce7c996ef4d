//! What is told of events, as it travels.

use beep_core::domain::Domain;
use beep_core::replica_delta::ReplicaDelta;
use beep_federation::delivery;
use serde_json::value::RawValue;

use super::label;

/// Writes deltas for another backend, and says so where one is too large to be told.
pub(crate) fn written(deltas: &[ReplicaDelta], to: &Domain) -> Vec<Box<RawValue>> {
    let delivery::Written { entries, too_large } = delivery::write(deltas);
    for octets in too_large {
        metrics::counter!("beep_federation_left_out_total", "domain" => label::of(to)).increment(1);
        tracing::error!(%to, octets, "an event or the state of a server is too large to send; it is left out");
    }
    entries
}
