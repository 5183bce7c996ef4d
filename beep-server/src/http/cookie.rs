//! The `zuid` cookie: the refresh credential of a browser, sent to nothing but `/v1/access`.

use axum::http::{HeaderMap, HeaderValue, header};
use beep_core::session::REFRESH_LIFE;
// Not by axum-extra's jar, which takes the last of two cookies of one name: browsers send the closest one first.
use cookie::time::Duration;
use cookie::{Cookie, SameSite};

/// The credential in a request's cookies.
pub(super) fn read(headers: &HeaderMap) -> Option<String> {
    let headers = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut cookies = headers.flat_map(Cookie::split_parse).flatten();
    cookies.find(|cookie| cookie.name() == NAME).map(|cookie| cookie.value().to_owned())
}

/// Sets the credential; without `persist` it ends with the browser.
pub(super) fn set(mount: &str, token: &str, persist: bool, secure: bool) -> Option<HeaderValue> {
    let age = persist.then(|| Duration::try_from(REFRESH_LIFE).unwrap_or(Duration::MAX));
    write(mount, token, age, secure)
}

/// Takes the credential away.
pub(super) fn clear(mount: &str, secure: bool) -> Option<HeaderValue> {
    write(mount, "", Some(Duration::ZERO), secure)
}

fn write(mount: &str, value: &str, age: Option<Duration>, secure: bool) -> Option<HeaderValue> {
    let mut cookie = Cookie::build((NAME, value)).path(format!("{mount}/v1/access")).same_site(SameSite::Strict);
    cookie = cookie.http_only(true).secure(secure);
    if let Some(age) = age {
        cookie = cookie.max_age(age);
    }
    HeaderValue::from_str(&cookie.build().to_string()).ok()
}

const NAME: &str = "zuid";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_name_is_read_in_whichever_header_it_is() {
        for (sent, expected) in [
            (&[][..], None),
            (&["a=1; zuid=first; zuid=second"], Some("first")),
            (&["a=1", "b=2;zuid=x.y-z_=="], Some("x.y-z_==")),
            (&["zuidx=1; zuid"], None),
        ] {
            let mut headers = HeaderMap::new();
            for value in sent {
                headers.append(header::COOKIE, HeaderValue::from_static(value));
            }
            assert_eq!(read(&headers).as_deref(), expected, "{sent:?}");
        }
    }
}
