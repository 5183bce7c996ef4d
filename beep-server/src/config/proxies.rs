//! Which proxies are believed when they say whom a request is from.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::listed::Listed;

/// Addresses and networks of proxies; in the file an array, or, as in flags and the environment, a text with commas.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "Listed", into = "Vec<String>")]
pub struct TrustedProxies(pub Vec<IpNet>);

impl TrustedProxies {
    /// Whether an address is that of a proxy that is believed.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl Default for TrustedProxies {
    /// Those of this machine.
    fn default() -> Self {
        let networks = ["127.0.0.0/8", "::1/128"];
        Self(networks.iter().map(|text| network(text).expect("it is a network")).collect())
    }
}

impl TryFrom<Listed> for TrustedProxies {
    type Error = String;

    fn try_from(listed: Listed) -> Result<Self, String> {
        match listed {
            Listed::Text(none) if none.trim().is_empty() => Ok(Self(Vec::new())),
            listed => listed.parse(network).map(Self),
        }
    }
}

impl From<TrustedProxies> for Vec<String> {
    fn from(TrustedProxies(networks): TrustedProxies) -> Self {
        networks.iter().map(IpNet::to_string).collect()
    }
}

fn network(text: &str) -> Result<IpNet, ipnet::AddrParseError> {
    match text.parse::<IpAddr>() {
        Ok(address) => Ok(address.to_canonical().into()),
        Err(_) => text.parse::<IpNet>().map(|network| network.trunc()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    fn read(value: &str) -> Result<TrustedProxies, toml::de::Error> {
        toml::from_str::<Config>(&format!("trusted_proxies = {value}")).map(|config| config.trusted_proxies)
    }

    #[test]
    fn proxies_are_addresses_and_networks() {
        let both = read(r#"["10.0.0.7", "2001:db8::/32"]"#).expect("two networks");
        assert_eq!(read(r#""10.0.0.7, 2001:db8::/32""#).expect("the same"), both);
        for (address, expected) in [
            ("10.0.0.7", true),
            ("::ffff:10.0.0.7", true),
            ("10.0.0.8", false),
            ("2001:db8:1::1", true),
            ("2001:db9::1", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(both.contains(address.parse().expect("an address")), expected, "{address}");
        }
        let by_default = TrustedProxies::default();
        assert!(["127.0.0.1", "127.9.9.9", "::1"].iter().all(|own| by_default.contains(own.parse().expect("one"))));
        for none in ["[]", r#""""#] {
            assert_eq!(read(none).expect("nobody"), TrustedProxies(Vec::new()));
        }
        for value in [r#""loopback""#, r#""10.0.0.0/33""#, r#""10.0.0.7,""#, r#"["10.0.0.7:80"]"#, "17"] {
            assert!(read(value).is_err(), "{value}");
        }
    }
}
