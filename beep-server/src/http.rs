//! HTTP: the routes that the table of operations makes, and the few pages beside them.

mod body;
mod client;
mod context;
mod cookie;
mod forward;
mod operation;
mod pages;
mod problem;
mod raw;
mod under_way;
mod v1;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use beep_proto::operation::masked_path;
use beep_proto::problem::{ErrorCode, Problem};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

pub(crate) use body::{Bodies, MOST_OCTETS as MOST_BODY_OCTETS};
pub(crate) use context::Context;
pub(crate) use operation::{Done, Handle, Repeated, carry_out};
pub(crate) use problem::Refused;
pub(crate) use raw::HandleRaw;
pub(crate) use under_way::UnderWay;

use crate::app::App;
use client::Client;

/// All routes of a backend.
pub(crate) fn router(app: Arc<App>) -> Router {
    let limited = middleware::from_fn_with_state(app.clone(), by_network);
    let routes = routes(&app).route("/", get(pages::home).layer(limited.clone()));
    finished(routes.fallback(absent.layer(limited)), app)
}

/// The same with the web client, to which every path belongs that is not the backend's.
#[cfg(feature = "web")]
pub(crate) fn site(app: Arc<App>) -> Router {
    let limited = middleware::from_fn_with_state(app.clone(), by_network);
    finished(routes(&app).fallback(crate::web::serve.layer(limited)), app)
}

/// The operations, which count their requests themselves, and the pages.
fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/docs", get(pages::docs))
        .route("/docs/docs.js", get(pages::docs_script))
        .route("/docs/docs.css", get(pages::docs_style))
        .route("/readyz", get(pages::readyz))
        .route_layer(middleware::from_fn_with_state(app.clone(), by_network))
        .route("/livez", get(pages::livez))
        .merge(v1::routes())
}

fn finished(routes: Router<Arc<App>>, app: Arc<App>) -> Router {
    routes
        .method_not_allowed_fallback(absent.layer(middleware::from_fn_with_state(app.clone(), by_network)))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(app.clone(), around))
        .with_state(app)
}

/// Names each request, in its answer and in the log, refuses those that come while the process stops, and counts and
/// logs them all.
///
/// Not by tower-http's request ids, which take the one that a client made up where it sends one.
async fn around(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let mut octets = [0; 8];
    app.backend.entropy.fill(&mut octets);
    let id = format!("{:016x}", u64::from_be_bytes(octets));
    // Of the highest level, so that whatever is logged carries it.
    let span = tracing::error_span!("request", %id);
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let begun = Instant::now();
    let mut response = if app.is_draining() && path != "/livez" {
        let mut problem = Problem::new(ErrorCode::RemoteUnavailable, "the backend is stopping");
        problem.retry_after = Some(1);
        Refused(problem).into_response()
    } else {
        next.run(request).instrument(span.clone()).await
    };
    let took = begun.elapsed();
    let status = response.status();
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    metrics::counter!("beep_http_requests_total", "status" => status.as_str()[..1].to_owned()).increment(1);
    metrics::histogram!("beep_http_request_seconds").record(took.as_secs_f64());
    let _entered = span.enter();
    tracing::debug!(%method, path = %logged(&path), status = status.as_u16(), ms = took.as_millis(), "answered");
    response
}

/// A path as the log may show it.
fn logged(path: &str) -> Cow<'_, str> {
    match path.strip_prefix("/v1").map(masked_path) {
        Some(Cow::Owned(masked)) => Cow::Owned(format!("/v1{masked}")),
        Some(Cow::Borrowed(_)) | None => Cow::Borrowed(path),
    }
}

/// Counts a request for what is no operation.
async fn by_network(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    match app.rates.count_page(Client::of(&request, &app.proxies).network()) {
        Ok(()) => next.run(request).await,
        Err(problem) => Refused(problem).into_response(),
    }
}

async fn absent() -> Refused {
    Refused(Problem::new(ErrorCode::NotFound, "no operation has this method and path"))
}

fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str).or(cause.downcast_ref::<&str>().copied());
    tracing::error!(cause = text.unwrap_or("unknown"), "a handler panicked");
    let problem = Problem::new(ErrorCode::Internal, "the backend failed");
    (StatusCode::INTERNAL_SERVER_ERROR, Refused(problem)).into_response()
}
