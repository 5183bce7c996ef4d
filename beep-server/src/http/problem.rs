//! Refusals of use cases, spelled as problem documents.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use beep_core::backend::{Current, Invalid, Refusal};
use beep_core::port::PeerError;
use beep_core::time::Timestamp;
use beep_proto::problem::{ErrorCode, FieldError, Problem};
use beep_proto::view;

use super::forward;

/// A problem as an answer.
#[derive(Clone, Debug)]
pub(crate) struct Refused(pub(crate) Problem);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(problem) = self;
        let body = serde_json::to_vec(&problem).expect("problems have string keys and no failing parts");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = problem.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if problem.status == 401 {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(spell(refusal))
    }
}

/// The problem for a call to another backend that failed (contract: federation, the table of codes).
fn remote(error: &PeerError) -> Problem {
    use ErrorCode as Code;
    let code = match error {
        PeerError::Denied => Code::FederationDenied,
        PeerError::Discovery => Code::DiscoveryFailure,
        PeerError::Authentication => Code::AuthenticationFailure,
        PeerError::Validation => Code::ValidationError,
        PeerError::Unavailable => Code::RemoteUnavailable,
        PeerError::Answer(_) => Code::RemoteError,
        PeerError::Refused(problem) => {
            return match serde_json::from_slice(problem) {
                Ok(problem) => forward::of_owner(problem).0,
                Err(_) => Problem::new(Code::RemoteError, "the other backend refused without a reason"),
            };
        }
    };
    Problem::new(code, error.to_string())
}

/// A problem that says when what it is about ends, if it does.
fn ends(until: Timestamp, problem: Problem) -> Problem {
    Problem { until: (until < Timestamp::LAST).then(|| until.into()), ..problem }
}

fn spell(refusal: Refusal) -> Problem {
    use ErrorCode as Code;
    match refusal {
        Refusal::Invalid(Invalid { field, code, detail }) => {
            Problem::fields(vec![FieldError { field: field.to_owned(), code: code.to_owned(), detail }])
        }
        Refusal::NotFound => Problem::new(Code::NotFound, "it does not exist, or you may not see it"),
        Refusal::Missing(missing) => {
            let missing: Vec<_> = missing.names().collect();
            let detail = format!("you need {}", missing.join(", "));
            Problem { missing, ..Problem::new(Code::PermissionDenied, detail) }
        }
        Refusal::NotMember(missing) => {
            let problem = Problem::new(Code::PermissionDenied, "you are not a member of this server");
            Problem { missing: missing.names().collect(), ..problem }
        }
        Refusal::NotGlobal(role) => {
            let problem = Problem::new(Code::PermissionDenied, format!("you need the global role {role}"));
            Problem { missing: vec![role.to_string()], ..problem }
        }
        Refusal::NotYours => Problem::new(Code::PermissionDenied, "only its author may do this"),
        Refusal::Muted { until } => {
            Problem { until: Some(until.into()), ..Problem::new(Code::Muted, "you are muted in this server") }
        }
        Refusal::Restricted { until } => {
            ends(until, Problem::new(Code::Restricted, "a moderator of the backend restricts you here"))
        }
        Refusal::ServerSuspended { until } => {
            ends(until, Problem::new(Code::ServerSuspended, "a moderator of the backend suspended this server"))
        }
        Refusal::Suspended { until } => {
            ends(until, Problem::new(Code::AccountSuspended, "a moderator of the backend suspended this account"))
        }
        Refusal::LastAdministrator => {
            Problem::new(Code::LastAdministrator, "the last administrator cannot lose the role")
        }
        Refusal::Rank(denied) => Problem::new(Code::Hierarchy, denied.to_string()),
        Refusal::Changed(current) => {
            let current = match *current {
                Current::Space(server) => serde_json::to_value(view::Server::from(&server)),
                Current::Role(role) => serde_json::to_value(view::Role::from(&role)),
                Current::Channel(channel) => serde_json::to_value(view::Channel::from(&channel)),
            };
            Problem {
                current: current.ok(),
                ..Problem::new(Code::Conflict, "it has changed since you read it; `current` is its present state")
            }
        }
        Refusal::Conflict(detail) => Problem::new(Code::Conflict, detail),
        Refusal::Contended => Problem::new(Code::Conflict, "too many changes at once; try again"),
        Refusal::Busy => {
            let problem = Problem::new(Code::RateLimited, "too many sign in at this moment; try again in 1 s");
            Problem { retry_after: Some(1), ..problem }
        }
        Refusal::UsernameTaken => Problem::new(Code::UsernameTaken, "another user has this username"),
        Refusal::EmailTaken => Problem::new(Code::EmailTaken, "another account has this address"),
        Refusal::DomainBanned => Problem::new(Code::Banned, "users of this backend are banned from the server"),
        Refusal::Banned => Problem::new(Code::Banned, "you are banned from this server"),
        Refusal::ContactDenied => {
            Problem::new(Code::PermissionDenied, "this user takes no direct messages of you and cannot be added by you")
        }
        Refusal::AlreadyFriends => Problem::new(Code::AlreadyFriends, "you are friends with this user"),
        Refusal::AlreadyMember => Problem::new(Code::AlreadyMember, "you are a member of this server"),
        Refusal::InvitationExpired => Problem::new(Code::InvitationExpired, "the invitation has expired"),
        Refusal::InvitationExhausted => {
            Problem::new(Code::InvitationExhausted, "the invitation has reached its maximum number of uses")
        }
        Refusal::RegistrationClosed => {
            Problem::new(Code::PermissionDenied, "registration is closed, or needs an invitation")
        }
        Refusal::InvalidCredentials => Problem::new(Code::InvalidCredentials, "login, password or code is wrong"),
        Refusal::OtpRequired => Problem::new(
            Code::OtpRequired,
            "enter a code of your authenticator app or a recovery code as well, as `otp`",
        ),
        Refusal::OtpInvalid => Problem::new(Code::OtpInvalid, "the code is wrong, or was used before"),
        Refusal::NotActivated => Problem::new(Code::AccountNotActivated, "enter the mailed code first"),
        Refusal::Unauthenticated => Problem::new(Code::Unauthenticated, "sign in first"),
        Refusal::Reused { session } => {
            tracing::warn!(%session, "a replaced refresh token was used again; the session was ended");
            Problem::new(Code::Unauthenticated, "sign in again")
        }
        Refusal::SlowMode { until, wait } => Problem {
            until: Some(until.into()),
            retry_after: Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)),
            ..Problem::new(Code::RateLimited, "the channel is in slow mode")
        },
        Refusal::CursorTooOld => Problem::new(Code::ResyncRequired, "the cursor is too old; start with a new snapshot"),
        Refusal::Repeated => Problem::new(Code::Conflict, "the request was carried out, but its answer was lost"),
        Refusal::Remote(error) => remote(&error),
        Refusal::Failed(cause) => {
            tracing::error!(%cause, "a request failed");
            Problem::new(Code::Internal, "the backend failed; its log has the cause, under the request id")
        }
    }
}
