//! The web client, carried in the program: its files as they were compressed when it was built, under a strict policy.
//!
//! The client makes up paths of its own, such as `/invite/{code}`. A page is asked for by GET, so any path that is
//! neither a file nor the backend's gets the first page. What looks like a file and is none stays absent: a browser
//! with yesterday's page must not take HTML for a script.
//!
//! Not by tower-http's `ServeDir`: its entity tags are a file's time and size, and what is carried in a program has no
//! time, so that a browser would keep a page of the same size for ever.

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use beep_proto::problem::{ErrorCode, Problem};
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, StatusCode};

use crate::http::Refused;

/// One file of the built client.
#[derive(Debug)]
struct File {
    /// Where it lies, without a slash at the start.
    path: &'static str,
    /// Its entity tag: weak, as all its encodings share it.
    tag: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

#[cfg(feature = "web")]
const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/web.rs"));

/// Answers what no route of the backend takes.
#[cfg(feature = "web")]
pub(crate) async fn serve(request: Request) -> Response {
    answer(FILES, &request)
}

fn answer(files: &[File], request: &Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let is_read = request.method() == Method::GET || request.method() == Method::HEAD;
    let file = match find(files, path) {
        _ if !is_read => None,
        None if !is_backends(path) && !is_files(path) => find(files, INDEX),
        found => found,
    };
    match file {
        Some(file) => send(file, request.headers()),
        None => Refused(Problem::new(ErrorCode::NotFound, "no operation has this method and path")).into_response(),
    }
}

fn find<'a>(files: &'a [File], path: &str) -> Option<&'a File> {
    files.iter().find(|file| file.path == path)
}

/// Whether the path is of those that the backend keeps for itself, what it does not know there included.
fn is_backends(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    ["v1", "docs", "livez", "readyz", "healthz", "metrics", ".well-known"].contains(&first)
}

/// Whether the path is where files lie: the hashed ones, and at the top what has an ending, such as `robots.txt`.
fn is_files(path: &str) -> bool {
    path.starts_with(HASHED) || (!path.contains('/') && path.contains('.'))
}

fn send(file: &File, asked: &HeaderMap) -> Response {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    let cache = if file.path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::ETAG, HeaderValue::from_static(file.tag));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    for (name, value) in GUARDS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if asked.get(header::IF_NONE_MATCH).is_some_and(|known| names(known, file.tag)) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    let (octets, encoding) = match (file.brotli, file.gzip) {
        (Some(octets), _) if accepts(asked, "br") => (octets, Some("br")),
        (_, Some(octets)) if accepts(asked, "gzip") => (octets, Some("gzip")),
        _ => (file.plain, None),
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media(file.path)));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(octets.len()));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    *response.body_mut() = Body::from(Bytes::from_static(octets));
    response
}

/// Whether `If-None-Match` names the tag (RFC 9110, 13.1.2).
fn names(known: &HeaderValue, tag: &str) -> bool {
    let known = known.to_str().unwrap_or_default();
    let opaque = tag.trim_start_matches("W/");
    known.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == opaque)
}

/// Whether `Accept-Encoding` names the encoding without refusing it (RFC 9110, 12.5.3).
fn accepts(asked: &HeaderMap, encoding: &str) -> bool {
    let lists = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse().ok()).unwrap_or(1.0_f32);
        name.trim().eq_ignore_ascii_case(encoding) && weight > 0.0
    })
}

fn media(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

const INDEX: &str = "index.html";

/// The folder of files whose names hold a hash of what is in them.
const HASHED: &str = "assets/";

/// What a browser may do with what it gets. An invitation's path is a secret, so no referrer is sent.
const GUARDS: [(&str, &str); 4] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
];

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &[File] = &[
        File {
            path: "assets/index-1a2b.js",
            tag: "W/\"1\"",
            plain: b"plain",
            brotli: Some(b"brotli"),
            gzip: Some(b"gzip"),
        },
        File { path: "icon.svg", tag: "W/\"2\"", plain: b"<svg/>", brotli: None, gzip: None },
        File { path: "index.html", tag: "W/\"3\"", plain: b"<!doctype html>", brotli: None, gzip: Some(b"gzip") },
        File { path: "manifest.webmanifest", tag: "W/\"4\"", plain: b"{}", brotli: None, gzip: None },
        File { path: "sw.js", tag: "W/\"5\"", plain: b"worker", brotli: None, gzip: None },
    ];

    fn ask(method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(SAMPLE, &request.body(Body::empty()).expect("tests write right requests"))
    }

    fn header(response: &Response, name: &str) -> String {
        response.headers().get(name).map(|value| value.to_str().expect("it is text").to_owned()).unwrap_or_default()
    }

    async fn text(response: Response) -> String {
        let octets = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("it is at hand");
        String::from_utf8(octets.to_vec()).expect("it is text")
    }

    #[tokio::test]
    async fn paths_of_the_client_get_the_first_page() {
        for path in ["/", "/invite/abc.def", "/s/0193@a.example.com/0194@a.example.com", "/discover?q=1", "/v1x"] {
            let response = ask("GET", path, &[]);
            assert_eq!(response.status(), 200, "{path}");
            assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
            assert_eq!(header(&response, "cache-control"), "no-cache");
            assert_eq!(text(response).await, "<!doctype html>", "{path}");
        }
    }

    #[test]
    fn what_is_the_backends_or_a_missing_file_is_absent() {
        let absent = ["/v1", "/v1/nothing", "/docs/more", "/readyz/more", "/healthz", "/metrics", "/.well-known/x"];
        for path in absent.into_iter().chain(["/assets/index-9999.js", "/assets/", "/favicon.ico", "/icon.svg.br"]) {
            let response = ask("GET", path, &[]);
            assert_eq!(response.status(), 404, "{path}");
            assert_eq!(header(&response, "content-type"), "application/problem+json", "{path}");
        }
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            assert_eq!(ask(method, "/", &[]).status(), 404, "{method}");
        }
    }

    #[tokio::test]
    async fn the_best_encoding_that_is_accepted_is_sent() {
        for (accepted, encoding, octets) in [
            ("gzip, deflate, br, zstd", "br", "brotli"),
            ("gzip", "gzip", "gzip"),
            ("br;q=0, gzip;q=0.5", "gzip", "gzip"),
            ("BR", "br", "brotli"),
            ("identity", "", "plain"),
            ("brotli", "", "plain"),
        ] {
            let response = ask("GET", "/assets/index-1a2b.js", &[("accept-encoding", accepted)]);
            assert_eq!(header(&response, "content-encoding"), encoding, "{accepted}");
            assert_eq!(header(&response, "content-length"), octets.len().to_string());
            assert_eq!(header(&response, "content-type"), "text/javascript; charset=utf-8");
            assert_eq!(header(&response, "vary"), "accept-encoding");
            assert_eq!(header(&response, "cache-control"), "public, max-age=31536000, immutable");
            assert_eq!(text(response).await, octets, "{accepted}");
        }
        assert_eq!(text(ask("GET", "/", &[("accept-encoding", "br")])).await, "<!doctype html>", "none was made");
    }

    #[tokio::test]
    async fn what_is_known_already_is_not_sent_again() {
        for known in ["W/\"2\"", "\"2\"", "\"1\", W/\"2\"", "*"] {
            let response = ask("GET", "/icon.svg", &[("if-none-match", known)]);
            assert_eq!(response.status(), 304, "{known}");
            assert_eq!(header(&response, "etag"), "W/\"2\"");
            assert_eq!(text(response).await, "");
        }
        assert_eq!(ask("GET", "/icon.svg", &[("if-none-match", "\"1\"")]).status(), 200);
    }

    #[test]
    fn the_service_worker_is_a_script_that_is_asked_for_anew() {
        for (path, media) in
            [("/sw.js", "text/javascript; charset=utf-8"), ("/manifest.webmanifest", "application/manifest+json")]
        {
            let response = ask("GET", path, &[]);
            assert_eq!(response.status(), 200, "{path}");
            assert_eq!(header(&response, "content-type"), media, "{path}");
            assert_eq!(header(&response, "cache-control"), "no-cache", "{path}");
        }
    }

    #[test]
    fn every_answer_is_guarded() {
        for path in ["/", "/icon.svg", "/assets/index-1a2b.js"] {
            let response = ask("HEAD", path, &[]);
            let policy = header(&response, "content-security-policy");
            assert!(policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';"), "{policy}");
            assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("'unsafe-"), "{policy}");
            for own in ["font-src 'self'", "manifest-src 'self'", "worker-src 'self'"] {
                assert!(policy.contains(own), "{policy}");
            }
            assert_eq!(header(&response, "x-content-type-options"), "nosniff");
            assert_eq!(header(&response, "referrer-policy"), "no-referrer");
        }
    }
}
