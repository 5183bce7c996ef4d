//! Whom a request is from: the address that connected, or whom the proxies that are believed name.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, header};
use beep_core::network::Network;

use crate::config::TrustedProxies;

/// Whom a request is from, as far as addresses tell.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Client {
    address: Option<IpAddr>,
    over_https: bool,
}

impl Client {
    /// Finds out whom a request is from; who serves the routes without [`ConnectInfo`] has clients without addresses.
    ///
    /// Each proxy adds whom it was asked by at the right end. So the list is read from there, for as long as it is a
    /// trusted proxy that said it; what stands before anybody may have made up.
    pub(crate) fn of(request: &Request, proxies: &TrustedProxies) -> Self {
        let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() else {
            return Self::default();
        };
        let peer = peer.ip().to_canonical();
        let mut address = peer;
        let mut hops = hops(request.headers()).into_iter();
        while proxies.contains(address) {
            let Some(Some(before)) = hops.next() else { break };
            address = before;
        }
        Self { address: Some(address), over_https: proxies.contains(peer) && says_https(request.headers()) }
    }

    /// The address; none where there is none.
    pub(crate) fn address(self) -> Option<IpAddr> {
        self.address
    }

    /// What limits count it as: all clients without an address are one.
    pub(crate) fn network(self) -> Network {
        self.address.map(Network::of).unwrap_or_default()
    }

    /// Whether a trusted proxy says that it was asked over HTTPS.
    pub(crate) fn is_over_https(self) -> bool {
        self.over_https
    }
}

/// Whether the last proxy says that it was asked over HTTPS.
fn says_https(headers: &HeaderMap) -> bool {
    let forwarded = headers.get_all("x-forwarded-proto").into_iter().next_back();
    let last = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next());
    last.is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("https"))
}

/// The addresses that proxies named, the last first; none for what is no address.
///
/// `Forwarded` counts only where there is no `X-Forwarded-For`: a proxy that adds to one of the two passes the other on
/// as the client made it up, and nearly all add to the latter.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let items = |name: &str| {
        let values = headers.get_all(name).into_iter().map(|value| value.to_str().unwrap_or_default());
        values.flat_map(|value| value.split(',')).collect::<Vec<_>>()
    };
    let listed = items("x-forwarded-for");
    let named: Vec<_> = match listed.is_empty() {
        true => items(header::FORWARDED.as_str()).into_iter().map(forwarded_for).collect(),
        false => listed.into_iter().map(Some).collect(),
    };
    named.into_iter().rev().map(|text| address(text?)).collect()
}

/// The parameter `for` of an element of `Forwarded` (RFC 7239, 4).
fn forwarded_for(element: &str) -> Option<&str> {
    let mut pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"))?;
    Some(value.trim_matches('"'))
}

/// An address with or without a port; one of IPv6 may stand in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(peer: &str, headers: &[(&'static str, &str)], proxies: &TrustedProxies) -> String {
        let mut request = Request::new(axum::body::Body::empty());
        request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().expect("an address")));
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().expect("a header"));
        }
        Client::of(&request, proxies).address().expect("it has one").to_string()
    }

    #[test]
    fn who_asked_is_whom_the_last_trusted_proxy_named() {
        let proxies = toml::from_str::<crate::Config>(r#"trusted_proxies = "127.0.0.0/8, ::1, 10.0.0.0/8""#);
        let proxies = proxies.expect("settings").trusted_proxies;
        for (peer, listed, expected) in [
            ("192.0.2.1:80", &[][..], "192.0.2.1"),
            ("192.0.2.1:80", &["198.51.100.1"], "192.0.2.1"),
            ("127.0.0.1:80", &[], "127.0.0.1"),
            ("127.0.0.1:80", &["198.51.100.1"], "198.51.100.1"),
            ("127.0.0.2:80", &["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1:80", &["203.0.113.9", "198.51.100.1:4711"], "198.51.100.1"),
            ("127.0.0.1:80", &["203.0.113.9, 198.51.100.1, 10.1.2.3"], "198.51.100.1"),
            ("127.0.0.1:80", &["203.0.113.9, 198.51.100.1", "10.1.2.3,127.0.0.1"], "198.51.100.1"),
            ("10.1.2.3:80", &["10.1.2.4, 10.1.2.5"], "10.1.2.4"),
            ("[::1]:80", &["2001:db8::1"], "2001:db8::1"),
            ("[::ffff:127.0.0.1]:80", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("127.0.0.1:80", &["[2001:db8::1]"], "2001:db8::1"),
            ("127.0.0.1:80", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1:80", &["unknown"], "127.0.0.1"),
            ("127.0.0.1:80", &["198.51.100.1, unknown, 10.1.2.3"], "10.1.2.3"),
            ("127.0.0.1:80", &["198.51.100.1,"], "127.0.0.1"),
            ("127.0.0.1:80", &["010.0.0.1"], "127.0.0.1"),
            ("127.0.0.1:80", &["fe80::1%eth0"], "127.0.0.1"),
        ] {
            let listed: Vec<_> = listed.iter().map(|value| ("x-forwarded-for", *value)).collect();
            assert_eq!(asks(peer, &listed, &proxies), expected, "{peer} {listed:?}");
        }
    }

    #[test]
    fn the_header_of_the_standard_says_the_same() {
        let proxies = TrustedProxies::default();
        for (forwarded, expected) in [
            ("for=198.51.100.1", "198.51.100.1"),
            ("for=203.0.113.9, For=198.51.100.1;proto=https;by=10.0.0.1", "198.51.100.1"),
            (r#"proto=https; for="[2001:db8::1]:4711""#, "2001:db8::1"),
            (r#"for="[2001:db8::1]""#, "2001:db8::1"),
            (r#"for="x, for=198.51.100.1"#, "198.51.100.1"),
            ("for=_hidden", "127.0.0.1"),
            ("proto=https", "127.0.0.1"),
            ("", "127.0.0.1"),
        ] {
            assert_eq!(asks("127.0.0.1:80", &[("forwarded", forwarded)], &proxies), expected, "{forwarded}");
        }
        let both = [("forwarded", "for=203.0.113.9"), ("x-forwarded-for", "198.51.100.1")];
        assert_eq!(asks("127.0.0.1:80", &both, &proxies), "198.51.100.1");
        assert_eq!(asks("192.0.2.1:80", &both, &proxies), "192.0.2.1");
    }

    #[test]
    fn only_a_trusted_proxy_says_that_it_was_asked_over_https() {
        let says = |peer: &str, scheme: &str| {
            let mut request = Request::new(axum::body::Body::empty());
            request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().expect("an address")));
            request.headers_mut().append("x-forwarded-proto", scheme.parse().expect("a header"));
            Client::of(&request, &TrustedProxies::default()).is_over_https()
        };
        assert!(says("127.0.0.1:80", "https") && says("[::1]:80", "http, HTTPS"));
        assert!(!says("127.0.0.1:80", "https, http") && !says("192.0.2.1:80", "https"));
    }
}
