//! Calls to the backend: writes an operation as a request, sends it with retries, and reads the answer.
//!
//! Knows nothing of sessions: the access token is an argument.

use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use beep_proto::gateway::Focus;
use beep_proto::operation::gateway::Connect;
use beep_proto::operation::{Idempotent, Spec, Specified};
use beep_proto::problem::{ErrorCode, Problem};
use beep_proto::text::Secret;
use beep_proto::{json, request};
use bytes::Bytes;
use futures_util::future::select;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::bell::Bell;
use crate::error::{Error, Refusal};
use crate::retry::{Limits, Tries};
use crate::transport::{HttpRequest, HttpResponse, Transport, new_name, random};

/// A backend and how it is called.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) transport: Arc<dyn Transport>,
    /// The base URL, without a slash at its end.
    pub(crate) base: String,
    pub(crate) limits: Limits,
    pub(crate) timeout: Duration,
    pub(crate) user_agent: String,
    /// Rings when the program knows that the network is back: pauses between attempts end.
    pub(crate) network_is_back: Arc<Bell>,
    pub(crate) focus: Arc<Looking>,
}

/// What the program looks at, as the backend is to be told on each connection.
#[derive(Debug, Default)]
pub(crate) struct Looking {
    at: Mutex<Focus>,
    /// Rings when it is another thing.
    pub(crate) moves: Bell,
}

impl Looking {
    pub(crate) fn set(&self, focus: Focus) {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = focus;
        self.moves.ring();
    }

    pub(crate) fn get(&self) -> Focus {
        self.at.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Link {
    /// Writes an operation as a request, with what makes it idempotent. Sending the same request twice acts once.
    pub(crate) fn prepare(&self, spec: &Spec, members: Map<String, Value>) -> Result<Asked, Error> {
        let parts = request::write_members(spec, members);
        let mut parts = parts.map_err(|error| Error::Configuration(format!("{}: {error}", spec.name)))?;
        let mut headers = vec![("accept", "application/json, application/problem+json".to_owned())];
        // A browser names itself and refuses to be told.
        if cfg!(not(target_arch = "wasm32")) {
            headers.push(("user-agent", self.user_agent.clone()));
        }
        match spec.idempotent {
            Idempotent::ByNonce(field) => {
                if let Some(Value::Object(members)) = &mut parts.body {
                    members.entry(field).or_insert_with(|| json!(new_name(&*self.transport)));
                }
            }
            Idempotent::ByKey => headers.push(("idempotency-key", new_name(&*self.transport))),
            Idempotent::ByNature | Idempotent::Not => {}
        }
        let body = parts.body.map(|body| {
            headers.push(("content-type", "application/json".to_owned()));
            Bytes::from(body.to_string())
        });
        let question = if parts.query.is_empty() { "" } else { "?" };
        let url = format!("{}/v1{}{question}{}", self.base, parts.path, parts.query);
        let request = HttpRequest { method: spec.method, url, headers, body, timeout: self.timeout };
        Ok(Asked { spec: *spec, request })
    }

    /// Sends the request, with an access token or without, and retries as the limits allow.
    pub(crate) async fn ask(&self, asked: &Asked, token: Option<&Secret>) -> Result<Answered, Error> {
        let mut request = asked.request.clone();
        if let Some(Secret(token)) = token {
            request.headers.push(("authorization", format!("Bearer {token}")));
        }
        let mut tries = Tries::new(self.limits, asked.spec.idempotent);
        loop {
            let (error, status, retry_after) = match self.transport.exchange(request.clone()).await {
                Ok(response) => match read(&asked.spec, &response) {
                    Ok(answered) => return Ok(answered),
                    Err(error) => {
                        let retry_after = retry_after(&response, &error);
                        (error, response.status, retry_after)
                    }
                },
                Err(error) => (error.into(), 0, None),
            };
            let random = u64::from_be_bytes(random(&*self.transport));
            let Some(delay) = tries.failed(&error, status, retry_after, random) else { return Err(error) };
            tracing::debug!(operation = asked.spec.name, %error, ?delay, "retrying a request");
            let rings = self.network_is_back.count();
            let pause = self.transport.sleep(delay);
            if status == 429 {
                pause.await;
            } else {
                select(pause, pin!(self.network_is_back.after(rings))).await;
            }
        }
    }

    /// The URL of the gateway.
    pub(crate) fn gateway(&self) -> String {
        // `https` and `http` begin alike, and so do `wss` and `ws`.
        format!("ws{}/v1{}", &self.base["http".len()..], Connect::SPEC.path)
    }
}

/// Parses the base URL of a backend: `http://` or `https://`, a host, optionally a port and a path.
///
/// # Errors
/// [`Error::Configuration`] says what is wrong.
pub(crate) fn base(url: &str) -> Result<String, Error> {
    let wrong = |what: &str| Err(Error::Configuration(format!("`{url}` is not the URL of a backend: {what}")));
    let trimmed = url.trim_end_matches('/');
    let Some((scheme, rest)) = trimmed.split_once("://") else {
        return wrong("it must begin with `http://` or `https://`");
    };
    let scheme = scheme.to_ascii_lowercase();
    if scheme != "http" && scheme != "https" {
        return wrong("it must begin with `http://` or `https://`");
    }
    if rest.is_empty() || rest.starts_with(['/', ':']) {
        return wrong("it must have a host");
    }
    if rest.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '?' | '#' | '@')) {
        return wrong("it must have only host, port and path");
    }
    Ok(format!("{scheme}://{rest}"))
}

/// An operation as a request. Without its type: what is generic is compiled once for every operation.
pub(crate) struct Asked {
    pub(crate) spec: Spec,
    request: HttpRequest,
}

/// What the backend answered to an operation that it carried out.
pub(crate) struct Answered {
    spec: Spec,
    status: u16,
    body: Bytes,
    request_id: Option<String>,
}

impl Answered {
    /// Reads the answer.
    ///
    /// # Errors
    /// [`Error::Decode`].
    pub(crate) fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Error> {
        json::read(self.text()?).map_err(|error| self.unreadable(&error))
    }

    /// The answer as JSON text.
    ///
    /// # Errors
    /// [`Error::Decode`].
    pub(crate) fn text(&self) -> Result<&str, Error> {
        let body: &[u8] = if self.spec.is_empty() { b"null" } else { &self.body };
        std::str::from_utf8(body).map_err(|error| self.unreadable(&error))
    }

    fn unreadable(&self, error: &dyn std::error::Error) -> Error {
        Error::Decode {
            operation: self.spec.name,
            status: self.status,
            detail: error.to_string(),
            request_id: self.request_id.clone(),
        }
    }
}

fn read(spec: &Spec, response: &HttpResponse) -> Result<Answered, Error> {
    let request_id = response.header("x-request-id").map(str::to_owned);
    if !(200..300).contains(&response.status) {
        let problem = std::str::from_utf8(&response.body).ok().and_then(|text| json::read(text).ok());
        let problem = problem.unwrap_or_else(|| unexplained(response.status));
        return Err(Error::Refused(Box::new(Refusal { operation: spec.name, problem, request_id })));
    }
    Ok(Answered { spec: *spec, status: response.status, body: response.body.clone(), request_id })
}

/// The error for a status without a problem document: something between here and the backend answered.
fn unexplained(status: u16) -> Problem {
    let problem = Problem::new(ErrorCode::Unknown, format!("status {status} without an explanation"));
    Problem { status, ..problem }
}

fn retry_after(response: &HttpResponse, error: &Error) -> Option<u64> {
    let header = response.header("retry-after").and_then(|seconds| seconds.trim().parse().ok());
    header.or_else(|| error.problem().and_then(|problem| problem.retry_after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_a_scheme_a_host_and_perhaps_a_path() {
        assert_eq!(base("HTTP://127.0.0.1:8008/").as_deref(), Ok("http://127.0.0.1:8008"));
        assert_eq!(base("https://a.example.com/beep").as_deref(), Ok("https://a.example.com/beep"));
        for wrong in
            ["", "a.example.com", "ftp://a", "http://", "http://:80", "http://a b", "http://u:p@a", "http://a?b"]
        {
            assert!(matches!(base(wrong), Err(Error::Configuration(_))), "{wrong}");
        }
    }
}
