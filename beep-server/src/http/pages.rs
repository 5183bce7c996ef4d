//! What is no operation: health, and the pages for people.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use beep_proto::openapi;

use crate::app::App;

/// `GET /livez`: the process runs.
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the store reads and writes, nothing that the backend needs has failed, and the process does not stop.
pub(super) async fn readyz(State(app): State<Arc<App>>) -> Response {
    if app.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    if app.tasks.failure().is_some() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the backend failed; its log says why\n").into_response();
    }
    match app.backend.store.ping().await {
        Ok(()) => "ok\n".into_response(),
        Err(error) => {
            tracing::error!(%error, "not ready: the database cannot be used");
            (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be used; the log says why\n").into_response()
        }
    }
}

/// `GET /docs`
pub(super) async fn docs() -> Response {
    page(openapi::DOCS_PAGE)
}

/// `GET /docs/docs.js`
pub(super) async fn docs_script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], openapi::DOCS_SCRIPT).into_response()
}

/// `GET /docs/docs.css`
pub(super) async fn docs_style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], openapi::DOCS_STYLE).into_response()
}

/// `GET /`
pub(super) async fn home() -> Response {
    page(HOME)
}

fn page(html: &'static str) -> Response {
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(html)).into_response()
}

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

const HOME: &str = include_str!("home.html");
