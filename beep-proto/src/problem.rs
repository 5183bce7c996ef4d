//! Refusals: problem documents (RFC 9457) with stable codes.

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::time::Time;

/// Declares the codes once: variant, spelling, status and title.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal $status:literal $title:literal),+ $(,)?) => {
        /// What went wrong; callers branch on it. Append only.
        #[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ #[serde(rename = $text)] $name,)+
            /// A code of a newer backend.
            #[serde(other)]
            Unknown,
        }

        impl ErrorCode {
            /// All codes that this release uses.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The spelling on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ Self::Unknown => "unknown" }
            }

            /// Its HTTP status.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ Self::Unknown => 500 }
            }

            /// Its meaning, in a few words that are the same for each occurrence.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ Self::Unknown => "An error that this release does not know" }
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for ErrorCode {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                "ErrorCode".into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schema(&[$(($text, $status, concat!($($doc),+))),+])
            }
        }
    };
}

/// Describes the codes as an enum, with a table of what each means.
#[cfg(feature = "schema")]
fn schema(codes: &[(&str, u16, &str)]) -> schemars::Schema {
    let mut description = "What went wrong. A newer backend may know more codes.\n\n".to_owned();
    description += "| code | status | meaning |\n|---|---|---|\n";
    for (code, status, meaning) in codes {
        description += &format!("| `{code}` | {status} | {} |\n", meaning.trim());
    }
    let codes: Vec<_> = codes.iter().map(|(code, ..)| code).collect();
    schemars::json_schema!({ "type": "string", "enum": codes, "description": description })
}

codes! {
    /// A wrong type, a missing field, a malformed id; `errors` names the fields.
    InvalidRequest = "invalid_request" 422 "The request is not valid",
    /// No access token, or not one of this backend.
    Unauthenticated = "unauthenticated" 401 "Not signed in",
    /// The access token has expired; refresh it.
    TokenExpired = "token_expired" 401 "The access token has expired",
    /// Login, password or code is wrong.
    InvalidCredentials = "invalid_credentials" 401 "The credentials are wrong",
    /// The password is right; a second factor is needed.
    OtpRequired = "otp_required" 401 "A second factor is needed",
    /// The second factor is wrong.
    OtpInvalid = "otp_invalid" 401 "The second factor is wrong",
    /// The account is not activated yet; enter the mailed code.
    AccountNotActivated = "account_not_activated" 403 "The account is not activated",
    /// A moderator suspended the account; `until` says until when, if it ends.
    AccountSuspended = "account_suspended" 403 "The account is suspended",
    /// The caller lacks a permission; `missing` names it.
    PermissionDenied = "permission_denied" 403 "A permission is missing",
    /// The caller is muted; `until` says until when.
    Muted = "muted" 403 "Muted",
    /// A moderator of the backend restricts the caller here; `until` says until when, if it ends.
    Restricted = "restricted" 403 "Restricted",
    /// A moderator of the backend suspended the server; `until` says until when, if it ends.
    ServerSuspended = "server_suspended" 403 "The server is suspended",
    /// The caller is banned from the server.
    Banned = "banned" 403 "Banned",
    /// The member or role acted on does not rank below the caller.
    Hierarchy = "hierarchy" 403 "The rank is too low",
    /// It does not exist, or the caller may not see it.
    NotFound = "not_found" 404 "Not found",
    /// The thing has changed meanwhile (`current` is its present state), or its state does not allow the request.
    Conflict = "conflict" 409 "Conflict",
    /// Another user has this username.
    UsernameTaken = "username_taken" 409 "The username is taken",
    /// Another account has this mail address.
    EmailTaken = "email_taken" 409 "The mail address is taken",
    /// The two users are already friends.
    AlreadyFriends = "already_friends" 409 "Already friends",
    /// The caller is already a member.
    AlreadyMember = "already_member" 409 "Already a member",
    /// Nobody else is an administrator of the backend.
    LastAdministrator = "last_administrator" 409 "The last administrator",
    /// The invitation has expired.
    InvitationExpired = "invitation_expired" 410 "The invitation has expired",
    /// The invitation has reached its maximum number of uses.
    InvitationExhausted = "invitation_exhausted" 410 "The invitation is used up",
    /// The cursor is older than the retained events: start with a new snapshot.
    ResyncRequired = "resync_required" 410 "The cursor is too old",
    /// The body is larger than the limit.
    PayloadTooLarge = "payload_too_large" 413 "The body is too large",
    /// Too many requests; `retry-after` says how long to wait.
    RateLimited = "rate_limited" 429 "Too many requests",
    /// The backend failed; its log has the cause, under the request id.
    Internal = "internal" 500 "The backend failed",
    /// One of the two backends does not allow the other.
    FederationDenied = "federation_denied" 403 "Federation is denied",
    /// The other backend cannot be found in DNS.
    DiscoveryFailure = "discovery_failure" 502 "The other backend cannot be found",
    /// The other backend's certificate is not trusted.
    AuthenticationFailure = "authentication_failure" 502 "The other backend could not be authenticated",
    /// The other backend's certificate is not for its host.
    ValidationError = "validation_error" 502 "The other backend's certificate is not for its domain",
    /// The other backend does not answer, or this one is stopping: try again later.
    RemoteUnavailable = "remote_unavailable" 503 "Temporarily unavailable",
    /// The other backend's answer is not valid.
    RemoteError = "remote_error" 502 "The other backend's answer is not valid",
    /// Between backends: the request is for another backend than the one that it reached.
    Misdirected = "misdirected" 421 "The request is for another backend",
}

/// A refusal on the wire, `application/problem+json`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// `about:blank#` and the code; an identifier, not the address of a page.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the code means.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened in this case.
    pub detail: String,
    /// What callers branch on.
    pub code: ErrorCode,
    /// The fields that are not valid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Always present with `permission_denied`: the permissions that are needed; empty if no permission would help.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// With `muted`, `restricted`, `account_suspended` and `server_suspended`: when it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// With `conflict`: the present state of the thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<serde_json::Value>,
    /// With `rate_limited`: seconds to wait, as in `retry-after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// With `remote_error`: the code of the other backend, if this backend does not use it as its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_code: Option<ErrorCode>,
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { kind, title, status, detail, code, errors, missing, until, current, retry_after, remote_code } =
            self;
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("type", kind)?;
        members.serialize_entry("title", title)?;
        members.serialize_entry("status", status)?;
        members.serialize_entry("detail", detail)?;
        members.serialize_entry("code", code)?;
        if !errors.is_empty() {
            members.serialize_entry("errors", errors)?;
        }
        if !missing.is_empty() || *code == ErrorCode::PermissionDenied {
            members.serialize_entry("missing", missing)?;
        }
        if let Some(until) = until {
            members.serialize_entry("until", until)?;
        }
        if let Some(current) = current {
            members.serialize_entry("current", current)?;
        }
        if let Some(seconds) = retry_after {
            members.serialize_entry("retry_after", seconds)?;
        }
        if let Some(code) = remote_code {
            members.serialize_entry("remote_code", code)?;
        }
        members.end()
    }
}

impl Problem {
    /// A refusal with this code and what happened.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("about:blank#{}", code.as_str()),
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.into(),
            code,
            errors: Vec::new(),
            missing: Vec::new(),
            until: None,
            current: None,
            retry_after: None,
            remote_code: None,
        }
    }

    /// A refusal of one field.
    pub fn field(field: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self::fields(vec![FieldError { field: field.into(), code: code.to_owned(), detail: detail.into() }])
    }

    /// A refusal of several fields, at least one.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let detail = errors.first().map_or_else(String::new, |first| format!("`{}`: {}", first.field, first.detail));
        Self { errors, ..Self::new(ErrorCode::InvalidRequest, detail) }
    }
}

/// What is wrong with one field.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FieldError {
    /// The field; nested ones with dots and indices.
    pub field: String,
    /// `missing`, `type`, `malformed`, `too_short`, `too_long`, `out_of_range`, `unknown` or `common`.
    pub code: String,
    /// What it should be.
    pub detail: String,
}
