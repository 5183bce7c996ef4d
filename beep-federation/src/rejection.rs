//! Why a request of another backend goes no further.

use beep_core::domain::{Domain, DomainError};

use crate::code::Code;
use crate::discovery::DiscoveryError;

/// Why a request was refused, in the order in which the steps are taken; the text is for the log.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Rejection {
    /// Step 1: there is no certificate with a good chain.
    #[error("there is no certificate with a trusted chain")]
    NoCertificate,
    /// Step 2: the request does not say who asks.
    #[error("there is no `Wire-Origin-Domain`")]
    NoOrigin,
    /// Step 2: the request says twice who asks.
    #[error("there is more than one `Wire-Origin-Domain`")]
    TwoOrigins,
    /// Step 2: what it says is no domain.
    #[error("`Wire-Origin-Domain` is not a domain: {0}")]
    BadOrigin(DomainError),
    /// Step 2: the request does not say whom it is for.
    #[error("there is no `Beep-Destination-Domain`")]
    NoDestination,
    /// Step 2: the request is for another backend, whose SRV record leads here.
    #[error("the request is for another backend: `Beep-Destination-Domain` is not `{0}`")]
    Misdirected(Domain),
    /// Step 3: the domain that it claims could not be discovered.
    #[error("discovery failed: {0}")]
    Discovery(#[from] DiscoveryError),
    /// Step 4: the certificate is for none of the hosts that serve the domain.
    #[error("the certificate covers no host of `{0}`")]
    CertificateMismatch(Domain),
    /// Step 5: the domain is not on the allow list, or is this backend's own.
    #[error("`{0}` is not on the allow list")]
    NotAllowed(Domain),
    /// Step 6: the path names no call.
    #[error("there is no such call")]
    UnknownCall,
    /// Step 6: calls are made by `POST` alone.
    #[error("calls must use `POST`")]
    NotPost,
    /// Step 6: the body is larger than it may be.
    #[error("the body has more than {limit} octets")]
    BodyTooLarge {
        /// What would be allowed.
        limit: u64,
    },
    /// Step 7: the user is not of the caller's domain.
    #[error("the caller speaks for a user of `{0}`")]
    ForeignUser(Domain),
    /// Step 7: the resource is not of this backend.
    #[error("the resource belongs to `{0}`")]
    ForeignResource(Domain),
    /// Step 7: the caller makes a statement on what it does not own.
    #[error("the statement is about something that `{0}` owns")]
    ForeignStatement(Domain),
}

impl Rejection {
    /// The code that the caller is told.
    pub fn code(&self) -> Code {
        match self {
            Self::NoCertificate => Code::AuthenticationFailure,
            Self::NoOrigin
            | Self::TwoOrigins
            | Self::BadOrigin(_)
            | Self::CertificateMismatch(_)
            | Self::ForeignUser(_)
            | Self::ForeignStatement(_) => Code::ValidationError,
            Self::NoDestination | Self::Misdirected(_) => Code::Misdirected,
            Self::Discovery(_) => Code::DiscoveryFailure,
            Self::NotAllowed(_) => Code::FederationDenied,
            // A resource of elsewhere is as absent here as one that never was.
            Self::UnknownCall | Self::NotPost | Self::ForeignResource(_) => Code::NotFound,
            Self::BodyTooLarge { .. } => Code::PayloadTooLarge,
        }
    }
}
