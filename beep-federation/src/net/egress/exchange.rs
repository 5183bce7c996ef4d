//! One request and its answer on a connection.

use std::pin::pin;

use beep_core::domain::Domain;
use beep_proto::problem::{ErrorCode, Problem};
use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};

use super::Shared;
use super::connect::Link;
use crate::call_error::CallError;
use crate::net::wire::{JSON, ORIGIN, PROBLEM, VERSION};
use crate::rpc::Rpc;

/// Why there is no answer, and whether the other side can have seen the request.
pub(super) struct Failure {
    pub(super) error: CallError,
    pub(super) sent: bool,
    /// Whether waiting was all that came of it.
    pub(super) late: bool,
}

/// Sends a request and gives the answer to it.
pub(super) async fn exchange(
    link: &Link,
    to: &Domain,
    rpc: Rpc,
    body: Bytes,
    shared: &Shared,
) -> Result<Bytes, Failure> {
    let exchanging = async {
        let request = request(link, rpc, body, shared);
        let answer = link.requests.clone().try_send_request(request).await.map_err(|error| {
            let sent = error.message().is_none();
            link.retire();
            Failure { error: link.fate(|| format!("`{to}`: {}", error.error())), sent, late: false }
        })?;
        read(answer, link, shared).await.map_err(|error| Failure { error, sent: true, late: false })
    };
    tokio::time::timeout(shared.settings.answer_time, exchanging).await.unwrap_or_else(|_| {
        // Whether the host is gone or only slow, the next call had better not wait for the same.
        link.retire();
        let error = CallError::RemoteUnavailable(format!("`{to}` did not answer in time"));
        Err(Failure { error, sent: true, late: true })
    })
}

fn request(link: &Link, rpc: Rpc, body: Bytes, shared: &Shared) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = link.url(rpc).parse().expect("a domain, a port and a path of plain segments make a URL");
    let own = HeaderValue::from_str(shared.policy.get().domain.as_str()).expect("a domain is plain ASCII");
    let headers = request.headers_mut();
    headers.insert(&ORIGIN, own);
    headers.insert(&VERSION, HeaderValue::from_static("1"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    headers.insert(ACCEPT, HeaderValue::from_static(JSON));
    request
}

async fn read(answer: Response<Incoming>, link: &Link, shared: &Shared) -> Result<Bytes, CallError> {
    let nonsense = |what: String| Err(CallError::RemoteError(what));
    let (head, body) = answer.into_parts();
    if head.headers.get_all(CONTENT_ENCODING).iter().any(|encoding| encoding != "identity") {
        return nonsense("it is encoded".to_owned());
    }
    let kind = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match (head.status.as_u16(), kind.as_str()) {
        (200, JSON) => collect(body, shared.settings.answer_limit, link).await,
        (400..=599, PROBLEM) => {
            let document = collect(body, PROBLEM_LIMIT, link).await?;
            match serde_json::from_slice::<Problem>(&document) {
                Ok(problem) => Err(CallError::Refused(Box::new(own_terms(problem, head.status.as_u16())))),
                Err(error) => nonsense(format!("a refusal does not parse: {error}")),
            }
        }
        // A proxy before the other backend may say so in its own way.
        (status @ (502..=504), _) => Err(CallError::RemoteUnavailable(format!("status {status}"))),
        (status, kind) => nonsense(format!("status {status} and type `{kind}`")),
    }
}

/// The refusal with the status that clients hear: what backends tell each other of certificates and domains has
/// another one between them.
fn own_terms(mut problem: Problem, status: u16) -> Problem {
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

async fn collect(body: Incoming, limit: usize, link: &Link) -> Result<Bytes, CallError> {
    let too_large = || CallError::RemoteError(format!("it has more than {limit} octets"));
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(too_large());
    }
    let mut body = pin!(body);
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| link.fate(|| format!("the answer broke off: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        if read.len() + data.len() > limit {
            return Err(too_large());
        }
        read.extend_from_slice(&data);
    }
    Ok(read.freeze())
}

const PROBLEM_LIMIT: usize = 64 << 10;
