//! What can go wrong with a call.

use beep_proto::problem::{ErrorCode, Problem};

use crate::transport::TransportError;

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The backend refused.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// The backend cannot be reached, or its answer was lost, even after retries.
    #[error("the backend cannot be reached: {0}")]
    Transport(#[from] TransportError),
    /// The answer is not valid for the operation: it comes from something that is not a backend, or from a newer one.
    #[error("the answer to `{operation}` (status {status}) is not valid: {detail}")]
    Decode {
        /// What was asked.
        operation: &'static str,
        /// The HTTP status.
        status: u16,
        /// What is not valid.
        detail: String,
        /// The backend's name for the request.
        request_id: Option<String>,
    },
    /// The operation needs a session and there is none: never signed in, signed out, or the session has ended.
    #[error("not signed in")]
    NotSignedIn,
    /// The client was built from something that makes no sense.
    #[error("{0}")]
    Configuration(String),
}

impl Error {
    /// The stable code, if the backend gave one.
    pub fn code(&self) -> Option<ErrorCode> {
        self.problem().map(|problem| problem.code)
    }

    /// The whole refusal, if it is one.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(refusal) => Some(&refusal.problem),
            _ => None,
        }
    }

    /// The request id of the backend, under which its log has the details.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => refusal.request_id.as_deref(),
            Self::Decode { request_id, .. } => request_id.as_deref(),
            _ => None,
        }
    }

    /// Whether the user must sign in again.
    pub fn is_signed_out(&self) -> bool {
        matches!(self, Self::NotSignedIn) || self.rejects_token()
    }

    /// Whether the backend refused the token.
    pub(crate) fn rejects_token(&self) -> bool {
        matches!(self.code(), Some(ErrorCode::Unauthenticated | ErrorCode::TokenExpired))
    }
}

/// A refusal: the problem document and the request that it answers.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{operation}` was refused with `{code}`: {detail}", code = problem.code.as_str(), detail = problem.detail)]
pub struct Refusal {
    /// What was asked.
    pub operation: &'static str,
    /// What the backend says.
    pub problem: Problem,
    /// The backend's name for the request.
    pub request_id: Option<String>,
}
