//! The network that a request came from: as much of an address as one person can have to themselves.

use std::fmt;
use std::net::IpAddr;

/// An IPv4 address, or the first 64 bits of an IPv6 address: whoever has one address of those has all of them.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Network([u8; 8]);

impl Network {
    /// The network of an address.
    pub fn of(address: IpAddr) -> Self {
        let mut octets = [0; 8];
        match address.to_canonical() {
            // `::/64` has no host but loopback, so the two kinds do not meet.
            IpAddr::V4(address) => octets[4..].copy_from_slice(&address.octets()),
            IpAddr::V6(address) => octets.copy_from_slice(&address.octets()[..8]),
        }
        Self(octets)
    }

    /// The network of an address as text. Whatever is no address is of one network, as are requests without an address.
    pub fn parse(address: &str) -> Self {
        address.parse().map(Self::of).unwrap_or_default()
    }

    /// Its octets, for a store.
    pub fn octets(self) -> [u8; 8] {
        self.0
    }

    /// Takes octets from a store.
    pub fn from_octets(octets: [u8; 8]) -> Self {
        Self(octets)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_address_is_a_network_and_of_ipv6_the_first_half() {
        let same = [
            ("192.0.2.1", "::ffff:192.0.2.1"),
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
            ("", "unknown"),
        ];
        for (one, other) in same {
            assert_eq!(Network::parse(one), Network::parse(other), "{one} {other}");
        }
        let different = ["192.0.2.1", "192.0.2.2", "2001:db8:1:2::1", "2001:db8:1:3::1", ""];
        let networks: std::collections::BTreeSet<_> = different.map(Network::parse).into();
        assert_eq!(networks.len(), different.len());
        assert_eq!(Network::from_octets(Network::parse("192.0.2.1").octets()), Network::parse("192.0.2.1"));
    }
}
