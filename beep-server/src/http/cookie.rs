//! The `zuid` cookie: the refresh credential of a browser, sent to nothing but `/v1/access`.
//!
//! Over HTTPS its name has the prefix `__Secure-`, so that nobody sets it over plain HTTP. `__Host-` would need the path
//! `/`. Another host of the same site may still set such a cookie, and `SameSite` lets it send requests with ours; so the
//! cookie counts only in requests of the backend's own pages.

use axum::http::{HeaderMap, HeaderValue, Uri, header};
use beep_core::session::REFRESH_LIFE;
// Not by axum-extra's jar, which takes the last of two cookies of one name: browsers send the closest one first.
use cookie::time::Duration;
use cookie::{Cookie, SameSite};

/// The credential in a request's cookies, unless a page of another origin made the request.
pub(super) fn read(headers: &HeaderMap, secure: bool, public_url: &str) -> Option<String> {
    if !is_of_own_page(headers, public_url) {
        return None;
    }
    let headers = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut cookies = headers.flat_map(Cookie::split_parse).flatten();
    cookies.find(|cookie| cookie.name() == name(secure)).map(|cookie| cookie.value().to_owned())
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
    let mut cookie = Cookie::build((name(secure), value)).path(format!("{mount}/v1/access"));
    cookie = cookie.same_site(SameSite::Strict).http_only(true).secure(secure);
    if let Some(age) = age {
        cookie = cookie.max_age(age);
    }
    HeaderValue::from_str(&cookie.build().to_string()).ok()
}

fn name(secure: bool) -> &'static str {
    if secure { "__Secure-zuid" } else { "zuid" }
}

/// Whether a request is of a page of this backend, or of no page. Browsers say so by `Sec-Fetch-Site`, but older ones and
/// those on plain HTTP only by `Origin`, which is compared with the address that they asked and with `public_url`.
fn is_of_own_page(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else { return true };
    let origin: Option<Uri> = origin.parse().ok();
    let Some(asked) = origin.as_ref().and_then(Uri::authority) else { return false };
    let public: Option<Uri> = public_url.parse().ok();
    let is_public = public.as_ref().and_then(Uri::authority) == Some(asked);
    is_public || text("host").is_some_and(|host| host.eq_ignore_ascii_case(asked.as_str()))
}

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
            assert_eq!(read(&headers, false, "").as_deref(), expected, "{sent:?}");
        }
    }

    #[test]
    fn over_https_the_name_is_one_that_plain_http_cannot_set() {
        let set = set("", "x", false, true).expect("a cookie");
        assert_eq!(set, "__Secure-zuid=x; HttpOnly; SameSite=Strict; Secure; Path=/v1/access");
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("zuid=planted; __Secure-zuid=own"));
        assert_eq!(read(&headers, true, "").as_deref(), Some("own"));
        headers.insert(header::COOKIE, HeaderValue::from_static("zuid=planted"));
        assert_eq!(read(&headers, true, ""), None);
    }

    #[test]
    fn a_page_of_another_origin_does_not_use_the_cookie() {
        for (sent, counts) in [
            (&[][..], true),
            (&[("sec-fetch-site", "same-origin"), ("origin", "http://proxied.example")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site"), ("origin", "https://chat.example.com")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("origin", "http://Chat.example.com:8008"), ("host", "chat.example.com:8008")], true),
            (&[("origin", "https://public.example.com"), ("host", "127.0.0.1:8008")], true),
            (&[("origin", "https://blog.example.com"), ("host", "chat.example.com")], false),
            (&[("origin", "http://chat.example.com:81"), ("host", "chat.example.com")], false),
            (&[("origin", "null"), ("host", "chat.example.com")], false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_static("zuid=x"));
            for (name, value) in sent {
                headers.insert(*name, HeaderValue::from_static(value));
            }
            assert_eq!(read(&headers, false, "https://public.example.com").is_some(), counts, "{sent:?}");
        }
    }
}
