//! The sockets: DNS, TLS and HTTP/2 between backends.
//!
//! What may come in and what comes next is decided by the rest of the crate; here is what it takes to ask and to
//! carry out. [`Egress`] calls, [`Ingress`] is called, both with the certificate that [`Tls`] keeps fresh.

mod dns;
mod egress;
mod ingress;
mod places;
mod tls;
mod wire;

pub use crate::call_error::CallError;
pub use dns::{DnsResolver, DnsServer};
pub use egress::{Call, CircuitState, Counts, Egress, EgressSettings, is_public};
pub use ingress::{Answer, Ingress, IngressSettings};
pub use places::{Place, Places};
pub use tls::{Judge, Tls, TlsError, TlsFiles, Verifier, certificates, names_in};
