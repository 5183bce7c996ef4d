//! The `zuid` cookie: the refresh credential of a browser, sent to nothing but `/v1/access`.

use axum::http::{HeaderMap, HeaderValue, header};
use beep_core::session::REFRESH_LIFE;

/// The credential in a request's cookies.
pub(super) fn read(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == NAME).map(|(_, value)| value.to_owned())
}

/// Sets the credential; without `persist` it ends with the browser.
pub(super) fn set(mount: &str, token: &str, persist: bool, secure: bool) -> Option<HeaderValue> {
    let age = if persist { format!("; Max-Age={}", REFRESH_LIFE.as_secs()) } else { String::new() };
    write(mount, token, &age, secure)
}

/// Takes the credential away.
pub(super) fn clear(mount: &str, secure: bool) -> Option<HeaderValue> {
    write(mount, "", "; Max-Age=0", secure)
}

fn write(mount: &str, value: &str, age: &str, secure: bool) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    let text = format!("{NAME}={value}; HttpOnly{secure}; SameSite=Strict; Path={mount}/v1/access{age}");
    HeaderValue::from_str(&text).ok()
}

const NAME: &str = "zuid";
