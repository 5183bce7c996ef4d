//! How Beep backends find, authenticate and authorize each other (contract: federation).
//!
//! [`authorize`] takes the results of TLS, DNS and HTTP as [`Observed`], and gives a [`Peer`] or a [`Rejection`]. It
//! opens no socket, makes no lookup and reads no clock. Only [`authorize`] makes a [`Peer`], so a [`Peer`] proves that
//! all steps have passed. The caller then checks each user and resource of a request with it.
//!
//! [`call`] is the other direction: it decides the next step of a call to another backend.
//!
//! [`Discoverer`] finds the hosts that serve a domain, with a given [`Resolver`]. The feature `net` has a resolver for
//! DNS, and the sockets of both directions ([`net`]).
//!
//! `beep-core` decides which operations exist and whether a user may use them.

mod authorize;
pub mod backoff;
pub mod call;
mod call_error;
mod certificate;
pub mod circuit;
mod code;
pub mod delivery;
mod discoverer;
mod discovery;
mod media_type;
#[cfg(feature = "net")]
pub mod net;
mod observed;
mod policy;
mod rejection;
mod resolver;
mod rpc;
mod share;
mod shared_policy;
#[cfg(any(test, feature = "testing"))]
pub mod sim;
pub mod targets;

pub use authorize::{Peer, authorize};
pub use call_error::CallError;
pub use certificate::{CertificateName, CertificateNames};
pub use code::Code;
pub use discoverer::Discoverer;
pub use discovery::{Discovery, DiscoveryError, MAX_ABSENCE, MAX_LIFE, MIN_LIFE, SrvRecord, Target};
pub use observed::{Certificate, Observed, Request};
pub use policy::{Limits, Policy};
pub use rejection::Rejection;
pub use resolver::{AddressError, Resolver, SrvAnswer, SrvEntry, SrvService};
pub use rpc::Rpc;
pub use share::Share;
pub use shared_policy::SharedPolicy;
