//! One request and its answer on a connection.

use std::pin::pin;
use std::time::Duration;

use beep_core::domain::Domain;
use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};

use super::connect::Link;
use super::{Call, Shared};
use crate::call::{Breakage, NoAnswer, Reply, speaks, too_large};
use crate::net::wire::{DESTINATION, JSON, ORIGIN, VERSION};
use crate::rpc::Rpc;

/// Asks, once for the connection, whether the remote speaks as this backend does.
pub(super) async fn agree(link: &Link, to: &Domain, within: Duration, shared: &Shared) -> Result<(), NoAnswer> {
    let asking = || async {
        let answer = exchange(link, &question(to), within, shared).await?;
        speaks(&answer).map_err(NoAnswer::Judged)
    };
    link.understood.get_or_try_init(asking).await.copied()
}

/// Sends a request for a backend and gives the answer to it.
pub(super) async fn exchange(link: &Link, call: &Call, within: Duration, shared: &Shared) -> Result<Bytes, NoAnswer> {
    let Some(_use) = link.begin() else {
        let why = Breakage::Network("the connection gave way to another".to_owned());
        return Err(NoAnswer::Lost { why, sent: false });
    };
    let exchanging = async {
        let answer = link.requests.clone().try_send_request(request(link, call, shared)).await;
        let answer = answer.map_err(|error| {
            // What hands the request back has not sent any of it.
            let sent = error.message().is_none();
            NoAnswer::Lost { why: link.fate(error.error()), sent }
        })?;
        read(answer, link, call.answer_limit.min(shared.settings.answer_limit)).await
    };
    let late = NoAnswer::Lost { why: Breakage::Late(within), sent: true };
    tokio::time::timeout(within, exchanging).await.unwrap_or(Err(late))
}

/// What a backend is asked before anything else.
fn question(to: &Domain) -> Call {
    let body = Bytes::from_static(b"{}");
    Call { to: to.clone(), rpc: Rpc::Versions, body, repeatable: true, answer_limit: MOST_OF_VERSIONS }
}

fn request(link: &Link, call: &Call, shared: &Shared) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(call.body.clone()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = link.url(call.rpc).parse().expect("a domain, a port and a path of plain segments make a URL");
    let value = |domain: &Domain| HeaderValue::from_str(domain.as_str()).expect("a domain is plain ASCII");
    let headers = request.headers_mut();
    headers.insert(&ORIGIN, value(&shared.policy.get().domain));
    headers.insert(&DESTINATION, value(&call.to));
    headers.insert(&VERSION, HeaderValue::from_static("1"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    headers.insert(ACCEPT, HeaderValue::from_static(JSON));
    request
}

async fn read(answer: Response<Incoming>, link: &Link, most: usize) -> Result<Bytes, NoAnswer> {
    let (head, body) = answer.into_parts();
    let kind = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let reply = Reply {
        status: head.status.as_u16(),
        content_type: kind.to_owned(),
        encoded: head.headers.get_all(CONTENT_ENCODING).iter().any(|encoding| encoding != "identity"),
    };
    let limit = reply.limit(most).map_err(NoAnswer::Judged)?;
    reply.read(collect(body, limit, link).await?).map_err(NoAnswer::Judged)
}

async fn collect(body: Incoming, limit: usize, link: &Link) -> Result<Bytes, NoAnswer> {
    let too_large = || NoAnswer::Judged(too_large(limit));
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(too_large());
    }
    let mut body = pin!(body);
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            let why = link.fate(format_args!("the answer broke off: {error}"));
            NoAnswer::Lost { why, sent: true }
        })?;
        let Ok(data) = frame.into_data() else { continue };
        if read.len() + data.len() > limit {
            return Err(too_large());
        }
        read.extend_from_slice(&data);
    }
    Ok(read.freeze())
}

/// The most octets of the answer to [`question`].
const MOST_OF_VERSIONS: usize = 16 << 10;
