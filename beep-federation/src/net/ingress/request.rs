//! One request: observed, judged, read, answered.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use beep_core::domain::Domain;
use beep_proto::problem::{ErrorCode, Problem};
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, Request, Response, StatusCode};
use hyper::body::{Body, Frame, SizeHint};

use super::body::{self, BodyError};
use super::connection::Connection;
use super::load::{Flight, TooMuch};
use super::{Answer, Shared};
use crate::authorize::{Peer, authorize};
use crate::net::wire::{self, DESTINATION, JSON, ORIGIN, ORIGIN_BEFORE, PROBLEM, VERSION};
use crate::observed::{self, Certificate, Observed};
use crate::rejection::Rejection;

/// Answers a request, with a problem document if it goes no further.
pub(super) async fn respond<B: Body<Data = Bytes>>(
    request: Request<B>,
    connection: &Connection,
    shared: &Shared,
    answer: &dyn Answer,
) -> Response<Document> {
    let (head, body) = request.into_parts();
    let judged = judge(&head, body.size_hint().exact(), connection, shared).await;
    connection.judged(judged.is_ok());
    let peer = match judged {
        Ok(peer) => peer,
        Err(rejection) => {
            metrics::counter!("beep_federation_refused_total", "code" => rejection.code().as_str()).increment(1);
            tracing::debug!(%rejection, "a request of another backend was refused");
            return refuse(&wire::to_peer(&rejection));
        }
    };
    match answered(peer, &head.headers, body, shared, answer).await {
        Ok((document, flight)) => json(StatusCode::OK, JSON, Document { left: document.into(), _flight: Some(flight) }),
        Err(problem) => refuse(&problem),
    }
}

/// Steps 1 to 6 (contract: federation, "Authorization, inbound").
async fn judge(
    head: &http::request::Parts,
    body_length: Option<u64>,
    connection: &Connection,
    shared: &Shared,
) -> Result<Peer, Rejection> {
    let origin_domain = values(&head.headers, &ORIGIN);
    let domain = values(&head.headers, &ORIGIN_BEFORE);
    let destination_domain = values(&head.headers, &DESTINATION);
    let request = observed::Request {
        origin_domain: &origin_domain,
        domain: &domain,
        destination_domain: &destination_domain,
        method: head.method.as_str(),
        path: head.uri.path_and_query().map_or("", |path| path.as_str()),
        body_length,
    };
    let certificate = || {
        let (leaf, octets) = (connection.certificate.as_ref()?, connection.der.as_ref()?);
        Some(Certificate { names: leaf.names(shared.clock.now())?, octets })
    };
    let policy = shared.policy.get();
    let discovery = match (certificate(), request.origin(), request.is_for(&policy.domain)) {
        // Nobody who has no certificate, or means another backend, makes this one ask the DNS.
        (Some(_), Ok(origin), Ok(())) => shared.discoverer.discover(&origin).await.ok(),
        _ => None,
    };
    let observed = Observed { certificate: certificate(), request, discovery: discovery.as_deref() };
    authorize(&observed, &shared.policy.get(), shared.clock.now())
}

/// Every value of a header. One that is no text stays one that is no domain.
fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<&'a str> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect()
}

async fn answered<B: Body<Data = Bytes>>(
    peer: Peer,
    headers: &HeaderMap,
    body: B,
    shared: &Shared,
    answer: &dyn Answer,
) -> Result<(Vec<u8>, Flight), Problem> {
    let too_much = |TooMuch(wait)| limited(peer.domain(), wait);
    let mut flight = shared.load.request(&peer.shares()).map_err(too_much)?;
    let version = headers.get(&VERSION).map_or(Some(1), |version| version.to_str().ok()?.parse::<u32>().ok());
    if version != Some(1) {
        return Err(Problem::new(ErrorCode::InvalidRequest, "this backend supports only version 1 of federation"));
    }
    // What is small on the wire must not become large here.
    if headers.get_all(CONTENT_ENCODING).iter().any(|encoding| encoding != "identity") {
        return Err(Problem::new(ErrorCode::InvalidRequest, "bodies must have no content encoding"));
    }
    let read = body::read(body, peer.body_limit(), shared.settings.body_time, &mut flight).await;
    let body = read.map_err(|error| match error {
        BodyError::TooLarge => wire::to_peer(&Rejection::BodyTooLarge { limit: peer.body_limit() }),
        BodyError::TooMuch(too_much) => limited(peer.domain(), too_much.0),
        BodyError::Late => Problem::new(ErrorCode::RemoteUnavailable, "the body did not arrive in time"),
        BodyError::Broken => Problem::new(ErrorCode::InvalidRequest, "the body is incomplete"),
    })?;
    let domain = peer.domain().clone();
    let turn = flight.turn().await;
    let document = answer.answer(peer, body).await?;
    drop(turn);
    // Until the other end has taken it, it is in flight as what it sent is.
    flight.take(document.len() as u64).map_err(|TooMuch(wait)| limited(&domain, wait))?;
    Ok((document, flight))
}

/// An answer, handed out as it is taken.
pub(super) struct Document {
    left: Bytes,
    _flight: Option<Flight>,
}

impl Body for Document {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let left = &mut self.get_mut().left;
        let next = left.split_to(left.len().min(AT_ONCE));
        Poll::Ready((!next.is_empty()).then(|| Ok(Frame::data(next))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}

/// The octets that are handed out at once: what was handed out is no longer known here.
const AT_ONCE: usize = 16 << 10;

fn limited(domain: &Domain, wait: Duration) -> Problem {
    tracing::debug!(%domain, "another backend sends too many requests");
    let mut problem = Problem::new(ErrorCode::RateLimited, "this backend sends too many requests");
    problem.retry_after = Some(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
    problem
}

fn refuse(problem: &Problem) -> Response<Document> {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let document = serde_json::to_vec(problem).unwrap_or_default();
    let mut response = json(status, PROBLEM, Document { left: document.into(), _flight: None });
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn json(status: StatusCode, kind: &'static str, document: Document) -> Response<Document> {
    let mut response = Response::new(document);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
