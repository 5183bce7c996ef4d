//! Whom the load of a peer is counted for.

use std::sync::Arc;

use beep_core::domain::Domain;

/// Whom a request is counted for: for each of these alike. Domains cost nothing, and one host may serve any number of
/// them; names of hosts cost little more, and one certificate may be for any number of those.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Share {
    /// The domain that it comes from.
    Domain(Domain),
    /// The host that serves the domain.
    Host(Domain),
    /// The certificate of the connection, whole.
    Certificate(Arc<[u8]>),
}
