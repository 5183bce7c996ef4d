//! How Beep backends find, authenticate and authorize each other (contract: federation).
//!
//! What TLS, DNS and HTTP said goes in as [`Observed`], and [`authorize`] answers with a [`Peer`] or a
//! [`Rejection`]. That opens no socket, looks nothing up and reads no clock. A [`Peer`] can be made nowhere
//! else, so whoever holds one has been through every step, and asks it of each user and resource in a request.
//!
//! [`call`] is the other direction: what a call to another backend does next, by what it has come to so far.
//!
//! [`Discoverer`] finds out who serves a domain, through the [`Resolver`] that it is given; with the feature `net` there
//! is a real one, and the sockets of both directions ([`net`]).
//!
//! Which operations exist on a resource, and whether a user may use them, is `beep-core`'s question.

mod authorize;
pub mod backoff;
pub mod call;
mod call_error;
mod certificate;
pub mod circuit;
mod code;
pub mod connect;
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
pub use observed::{Observed, Request};
pub use policy::{Limits, Policy};
pub use rejection::Rejection;
pub use resolver::{AddressError, Resolver, SrvAnswer, SrvEntry, SrvService};
pub use rpc::Rpc;
pub use shared_policy::SharedPolicy;
