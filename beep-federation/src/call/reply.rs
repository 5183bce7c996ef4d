//! What an answer of another backend means.

use beep_proto::problem::{ErrorCode, Problem};

use crate::call_error::CallError;
use crate::media_type::{JSON, PROBLEM};

/// The head of an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The content type as it came, empty if there is none.
    pub content_type: String,
    /// Whether the body is encoded in any way.
    pub encoded: bool,
}

impl Reply {
    /// How many octets of the body are read: up to `most` of an answer, and few of a refusal.
    ///
    /// # Errors
    /// When the head alone tells that it is neither.
    pub fn limit(&self, most: usize) -> Result<usize, CallError> {
        if self.encoded {
            return Err(CallError::RemoteError("it has a content encoding".to_owned()));
        }
        let kind = self.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match (self.status, kind.as_str()) {
            (200, JSON) => Ok(most),
            (400..=599, PROBLEM) => Ok(PROBLEM_LIMIT),
            // A proxy before the other backend may say so in its own way.
            (status @ 502..=504, _) => Err(CallError::RemoteUnavailable(format!("status {status}"))),
            (status, kind) => Err(CallError::RemoteError(format!("status {status} and type `{kind}`"))),
        }
    }

    /// What it says, once the whole body is there.
    ///
    /// # Errors
    /// The other side's refusal, or that it makes no sense.
    pub fn read<B: AsRef<[u8]>>(&self, body: B) -> Result<B, CallError> {
        if self.status == 200 {
            return Ok(body);
        }
        Err(match serde_json::from_slice::<Problem>(body.as_ref()) {
            Ok(problem) if problem.code == ErrorCode::Misdirected => CallError::Misdirected,
            Ok(problem) => CallError::Refused(Box::new(in_own_terms(problem, self.status))),
            Err(error) => CallError::RemoteError(format!("a refusal does not parse: {error}")),
        })
    }
}

/// What it is called that a body has more octets than are read.
pub fn too_large(limit: usize) -> CallError {
    CallError::RemoteError(format!("it has more than {limit} octets"))
}

/// Whether a remote speaks what is spoken here, by its answer to the question for its versions.
///
/// # Errors
/// [`CallError::RemoteError`] if it does not, or does not say.
pub fn speaks(answer: &[u8]) -> Result<(), CallError> {
    let answer: serde_json::Value = serde_json::from_slice(answer)
        .map_err(|error| CallError::RemoteError(format!("its versions do not parse: {error}")))?;
    let supported = answer.get("supported").and_then(serde_json::Value::as_array);
    if supported.is_some_and(|versions| versions.iter().any(|version| version.as_u64() == Some(1))) {
        Ok(())
    } else {
        Err(CallError::RemoteError("it does not support version 1".to_owned()))
    }
}

/// The refusal with the status that clients hear: what backends tell each other of certificates and domains has
/// another one between them.
fn in_own_terms(mut problem: Problem, status: u16) -> Problem {
    problem.status = match problem.code {
        ErrorCode::FederationDenied
        | ErrorCode::DiscoveryFailure
        | ErrorCode::AuthenticationFailure
        | ErrorCode::ValidationError
        | ErrorCode::RemoteUnavailable
        | ErrorCode::RemoteError => problem.code.status(),
        _ => status,
    };
    problem
}

const PROBLEM_LIMIT: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, content_type: &str) -> Reply {
        Reply { status, content_type: content_type.to_owned(), encoded: false }
    }

    #[test]
    fn a_head_says_how_much_is_read() {
        for (status, kind, limit) in [
            (200, "application/json", Some(7)),
            (200, "Application/JSON; charset=utf-8", Some(7)),
            (200, "application/problem+json", None),
            (200, "text/html", None),
            (200, "", None),
            (201, "application/json", None),
            (204, "", None),
            (307, "application/json", None),
            (400, "application/problem+json", Some(64 << 10)),
            (599, "application/problem+json; x=y", Some(64 << 10)),
            (403, "application/json", None),
        ] {
            assert_eq!(reply(status, kind).limit(7).ok(), limit, "{status} {kind}");
        }
        let encoded = Reply { encoded: true, ..reply(200, "application/json") };
        assert!(matches!(encoded.limit(7), Err(CallError::RemoteError(_))));
        for status in [502, 503, 504] {
            assert!(matches!(reply(status, "text/html").limit(7), Err(CallError::RemoteUnavailable(_))), "{status}");
        }
    }

    #[test]
    fn versions_are_a_list_with_ours_in_it() {
        for (answer, spoken) in [
            (r#"{"supported":[1],"software":"x"}"#, true),
            (r#"{"supported":[2,1]}"#, true),
            (r#"{"supported":[2]}"#, false),
            (r#"{"supported":[]}"#, false),
            (r#"{"supported":"1"}"#, false),
            (r#"{"supported":["1"]}"#, false),
            ("{}", false),
            ("[]", false),
            ("nonsense", false),
            ("", false),
        ] {
            assert_eq!(speaks(answer.as_bytes()).is_ok(), spoken, "{answer}");
        }
    }
}
