//! How this backend stands with others, for its administrators.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use beep_core::backend::{Backend, Refusal};
use beep_core::domain::Domain;
use beep_core::port::Outbound;
use beep_federation::net::CircuitState;
use beep_proto::view::{DeadLetter, FederationStatus, Remote};

use super::{AllowList, Federation};

/// Reads it.
///
/// # Errors
/// Only when the store fails.
pub(crate) async fn read(
    backend: &Backend,
    federation: Option<&Federation>,
    allow_list: &AllowList,
) -> Result<FederationStatus, Refusal> {
    let Some(federation) = federation else {
        let list = allow_list.read().map_err(|error| Refusal::Failed(error.to_string()))?;
        return Ok(FederationStatus {
            enabled: false,
            allow_list: named(list.as_ref()),
            remotes: Vec::new(),
            dead_letters: Vec::new(),
        });
    };
    let store = &backend.store;
    let mut streams: BTreeMap<Domain, Option<Outbound>> =
        store.homes().await?.into_iter().map(|home| (home, None)).collect();
    streams.extend(store.outbound().await?.into_iter().map(|stream| (stream.to.clone(), Some(stream))));
    let list = federation.policy.get().allow_list.clone();
    let asides = store.dead_letters(MOST_SET_ASIDE).await?;
    for origin in asides.keys() {
        streams.entry(origin.clone()).or_default();
    }
    let kept = |domain: &Domain| asides.get(domain).map_or(0, |aside| aside.kept);
    let remotes = streams
        .iter()
        .map(|(domain, stream)| Remote { dead_letters: kept(domain), ..remote(federation, domain, stream.as_ref()) });
    let remotes = remotes.collect();
    let mut youngest: Vec<_> = asides.into_values().flat_map(|aside| aside.youngest).collect();
    youngest.sort_by_key(|aside| Reverse(aside.at));
    let dead_letters = youngest.into_iter().map(|aside| DeadLetter {
        domain: aside.origin.to_string(),
        seq: aside.seq,
        error: aside.error,
        entry: aside.about,
        at: aside.at.into(),
    });
    Ok(FederationStatus {
        enabled: true,
        allow_list: named(list.as_ref()),
        remotes,
        dead_letters: dead_letters.collect(),
    })
}

fn named(list: Option<&BTreeSet<Domain>>) -> Option<Vec<String>> {
    list.map(|list| list.iter().map(Domain::to_string).collect())
}

fn remote(federation: &Federation, domain: &Domain, stream: Option<&Outbound>) -> Remote {
    let (circuit, probe_at) = match federation.egress.circuit(domain) {
        CircuitState::Closed => ("closed", None),
        CircuitState::Open { until } => ("open", Some(until)),
        CircuitState::Probing => ("probing", None),
    };
    let failure = federation.senders.failure(domain);
    Remote {
        domain: domain.to_string(),
        allowed: federation.allows(domain),
        circuit: circuit.to_owned(),
        probe_at: probe_at.map(Into::into),
        queue: stream.map_or(0, |stream| stream.last - stream.acknowledged.seq),
        waits_since: stream.and_then(|stream| stream.waits_since).map(Into::into),
        last_error: failure.as_ref().map(|failure| failure.error.clone()),
        dead_letters: 0,
        failed_at: failure.map(|failure| failure.at.into()),
    }
}

const MOST_SET_ASIDE: u32 = 20;
