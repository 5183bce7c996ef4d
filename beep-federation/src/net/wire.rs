//! What goes over HTTP beside bodies: header names, media types, and rejections as problem documents.

use beep_proto::problem::{ErrorCode, Problem};
use http::header::HeaderName;

use crate::code::Code;
use crate::rejection::Rejection;

pub(super) use crate::media_type::{JSON, PROBLEM};

/// Who asks.
pub(super) static ORIGIN: HeaderName = HeaderName::from_static("wire-origin-domain");
/// Whom the request is for.
pub(super) static DESTINATION: HeaderName = HeaderName::from_static("beep-destination-domain");
/// The old name of [`ORIGIN`].
pub(super) static ORIGIN_BEFORE: HeaderName = HeaderName::from_static("wire-domain");
/// The version of the envelopes; a missing one means 1.
pub(super) static VERSION: HeaderName = HeaderName::from_static("beep-federation-version");

/// A rejection as the peer is told of it.
pub(super) fn to_peer(rejection: &Rejection) -> Problem {
    let code = rejection.code();
    let mut problem = Problem::new(error_code(code), rejection.to_string());
    problem.status = code.status_to_peer().unwrap_or(503);
    problem
}

/// The code as problem documents spell it.
pub(super) fn error_code(code: Code) -> ErrorCode {
    match code {
        Code::FederationDenied => ErrorCode::FederationDenied,
        Code::DiscoveryFailure => ErrorCode::DiscoveryFailure,
        Code::AuthenticationFailure => ErrorCode::AuthenticationFailure,
        Code::ValidationError => ErrorCode::ValidationError,
        Code::RemoteUnavailable => ErrorCode::RemoteUnavailable,
        Code::RemoteError => ErrorCode::RemoteError,
        Code::NotFound => ErrorCode::NotFound,
        Code::PayloadTooLarge => ErrorCode::PayloadTooLarge,
        Code::Misdirected => ErrorCode::Misdirected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_spelt_the_same_in_a_problem() {
        for code in Code::ALL {
            let error = error_code(*code);
            assert_eq!(error.as_str(), code.as_str());
            let status = code.status_to_client().or(code.status_to_peer());
            assert_eq!(Some(error.status()), status, "{}", code.as_str());
        }
    }
}
