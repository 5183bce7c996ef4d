//! What goes wrong when another backend is called.

use beep_core::domain::Domain;
use beep_proto::problem::{ErrorCode, Problem};

use crate::circuit::Verdict;
use crate::discovery::DiscoveryError;

/// Why a call has no answer, by the codes of the contract; the text is for the log.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The domain is not on the allow list here, or is this backend's own.
    #[error("`{0}` is not on the allow list")]
    FederationDenied(Domain),
    /// Nobody is known to serve the domain.
    #[error("discovery failed: {0}")]
    DiscoveryFailure(#[from] DiscoveryError),
    /// The handshake failed, or a certificate of either side.
    #[error("authentication failed: {0}")]
    AuthenticationFailure(String),
    /// The other side's certificate is not for the host that was called.
    #[error("the certificate does not cover `{0}`")]
    ValidationError(Domain),
    /// The host that was called serves another domain than the one that the call was for.
    #[error("the host that its SRV record names serves another backend")]
    Misdirected,
    /// Refused, broken off, timed out, or the circuit is open.
    #[error("not available: {0}")]
    RemoteUnavailable(String),
    /// There are too many connections to other backends already.
    #[error("not available: there are too many connections to other backends")]
    Crowded,
    /// The answer is none that makes sense.
    #[error("the answer is not valid: {0}")]
    RemoteError(String),
    /// The other side refused, in its own words.
    #[error("refused: {} ({})", .0.code.as_str(), .0.detail)]
    Refused(Box<Problem>),
}

impl CallError {
    /// What a client of this backend is told: the kind of failure. What network and TLS say of a host is for the log;
    /// with it anybody could explore networks from here.
    pub fn problem(&self) -> Problem {
        let (code, detail) = match self {
            Self::FederationDenied(_) => (ErrorCode::FederationDenied, self.to_string()),
            Self::DiscoveryFailure(_) => (ErrorCode::DiscoveryFailure, self.to_string()),
            Self::AuthenticationFailure(_) => {
                (ErrorCode::AuthenticationFailure, "the two backends did not authenticate each other".to_owned())
            }
            Self::ValidationError(_) | Self::Misdirected => (ErrorCode::ValidationError, self.to_string()),
            Self::RemoteUnavailable(_) | Self::Crowded => {
                (ErrorCode::RemoteUnavailable, "the other backend cannot be reached".to_owned())
            }
            Self::RemoteError(_) => (ErrorCode::RemoteError, self.to_string()),
            Self::Refused(problem) => return Problem::clone(problem),
        };
        Problem::new(code, detail)
    }

    /// Whether the same call may well succeed after a while, with nothing done about it here.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::RemoteUnavailable(_) | Self::Crowded | Self::DiscoveryFailure(_) => true,
            Self::Refused(problem) => matches!(problem.status, 429 | 500 | 502 | 503 | 504),
            _ => false,
        }
    }

    /// What it says of the remote: whether it is there, rather than whether it liked the question.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::RemoteUnavailable(_)
            | Self::AuthenticationFailure(_)
            | Self::ValidationError(_)
            | Self::Misdirected => Verdict::Failed,
            Self::DiscoveryFailure(_) | Self::FederationDenied(_) | Self::Crowded => Verdict::Unknown,
            Self::RemoteError(_) | Self::Refused(_) => Verdict::Answered,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_hears_nothing_of_what_network_and_tls_said() {
        let said = "Connection refused (os error 111)";
        for error in [CallError::RemoteUnavailable(said.to_owned()), CallError::AuthenticationFailure(said.to_owned())]
        {
            assert!(error.to_string().contains(said), "the log has it");
            assert!(!error.problem().detail.contains(said), "{}", error.problem().detail);
        }
    }
}
