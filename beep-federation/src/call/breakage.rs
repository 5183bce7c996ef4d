//! What breaks on the way to another backend, and what that is called.

use std::time::Duration;

use beep_core::domain::Domain;

use crate::call_error::CallError;
use crate::discovery::DiscoveryError;
use crate::resolver::AddressError;

/// What broke, as the network and TLS tell it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Breakage {
    /// The addresses of the host are not known.
    Address(AddressError),
    /// All addresses of the host are private ones, which a record of others is not to lead to.
    Private,
    /// There are as many connections as there may be, to the host or in all, and all of them are used.
    Crowded,
    /// Refused, reset, closed.
    Network(String),
    /// It took longer than this, which was all that it had.
    Late(Duration),
    /// The certificate is good, but not for this host.
    WrongName(Domain),
    /// Anything else that TLS has against it, on either side.
    Tls(String),
}

impl Breakage {
    /// What it means for the call, by the contract's codes; `whom` is who was spoken to.
    pub fn error(self, whom: &Domain) -> CallError {
        match self {
            Self::Address(AddressError::Failed) => DiscoveryError::Failed.into(),
            Self::Address(AddressError::Absent) | Self::Private => DiscoveryError::Absent.into(),
            Self::Crowded => CallError::Crowded,
            Self::Network(what) => CallError::RemoteUnavailable(format!("`{whom}`: {what}")),
            Self::Late(within) => CallError::RemoteUnavailable(format!("`{whom}` took longer than {within:?}")),
            Self::WrongName(host) => CallError::ValidationError(host),
            Self::Tls(what) => CallError::AuthenticationFailure(what),
        }
    }
}
