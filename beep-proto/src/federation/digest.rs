//! What two backends compare of a server, and the list of it.

use beep_core::port::{SharedServers, StreamMark};
use beep_core::replica::Replica;
use sha2::{Digest as _, Sha256};

use super::{Digests, Mark, ServerDigest, State};
use crate::id::Bare;

/// SHA-256, in hexadecimal, over what decides who may see what, and how far each stream has come. Which message was the
/// last is not in it.
pub fn digest(replica: &Replica) -> String {
    let mut state = State::from(replica);
    for channel in &mut state.channels {
        channel.channel.last_message_id = None;
    }
    state.channels.sort_by(|one, other| one.channel.id.cmp(&other.channel.id));
    state.roles.sort_by_key(|role| role.id);
    let written = serde_json::to_vec(&state).expect("states have string keys and no failing parts");
    let octets = Sha256::digest(&written);
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

impl From<SharedServers> for Digests {
    fn from(list: SharedServers) -> Self {
        let digests = list.servers.into_iter();
        Self {
            at: list.at.map(|StreamMark { stream, seq }| Mark { stream, seq }),
            digests: digests.map(|(server, digest)| ServerDigest { server: server.into(), digest }).collect(),
            next: list.next.map(Bare),
        }
    }
}

impl From<Digests> for SharedServers {
    fn from(list: Digests) -> Self {
        let servers = list.digests.into_iter();
        Self {
            at: list.at.map(|Mark { stream, seq }| StreamMark { stream, seq }),
            servers: servers.map(|ServerDigest { server, digest }| (server.0, digest)).collect(),
            next: list.next.map(|next| next.0),
        }
    }
}
