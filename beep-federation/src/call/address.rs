//! Which addresses a domain's records may lead to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::breakage::Breakage;

/// The addresses of a host that are tried, in this order, of those that were found; private ones only if they are allowed.
/// The two families take turns (RFC 8305, 4): many dead addresses of one do not hide the other.
///
/// # Errors
/// [`Breakage::Private`] if none is left.
pub fn may_be_gone_to(found: Vec<IpAddr>, private: bool) -> Result<Vec<IpAddr>, Breakage> {
    let Some(first) = found.first().copied() else { return Err(Breakage::Private) };
    let allowed = found.into_iter().filter(|address| private || is_public(*address));
    let (ones, others): (Vec<_>, Vec<_>) = allowed.partition(|address| address.is_ipv6() == first.is_ipv6());
    let (mut ones, mut others) = (ones.into_iter(), others.into_iter());
    let pairs = std::iter::from_fn(|| match (ones.next(), others.next()) {
        (None, None) => None,
        pair => Some([pair.0, pair.1]),
    });
    let tried: Vec<_> = pairs.flatten().flatten().take(ADDRESSES).collect();
    if tried.is_empty() { Err(Breakage::Private) } else { Ok(tried) }
}

/// Whether an address is one that everybody reaches: no loopback, no private or link-local network, nothing that
/// is set aside for anything else.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let set_aside = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b))
        || a >= 224;
    !set_aside
}

/// Of IPv6 only 2000::/3 is given out for unicast; within it, what wraps an IPv4 address is judged by that, and
/// what is not for use is left out.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match segments {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => is_public_v4(v4(high, low)),
        [0x2002, high, low, ..] => is_public_v4(v4(high, low)),
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

/// The addresses of a host that are tried.
const ADDRESSES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_tried_only_if_they_are_allowed() {
        let at = |text: &str| text.parse::<IpAddr>().expect("an address");
        let (private, public) = (at("10.0.0.1"), at("1.1.1.1"));
        assert_eq!(may_be_gone_to(vec![private, public], false), Ok(vec![public]));
        assert_eq!(may_be_gone_to(vec![private, public], true), Ok(vec![private, public]));
        assert_eq!(may_be_gone_to(vec![private], false), Err(Breakage::Private));
        assert_eq!(may_be_gone_to(vec![public; 99], false), Ok(vec![public; 16]));
        assert_eq!(may_be_gone_to(Vec::new(), true), Err(Breakage::Private));
    }

    #[test]
    fn families_take_turns() {
        let at = |text: &str| text.parse::<IpAddr>().expect("an address");
        let found = ["1.1.1.1", "1.1.1.2", "1.1.1.3", "2606:4700::1"].map(at).to_vec();
        let tried = ["1.1.1.1", "2606:4700::1", "1.1.1.2", "1.1.1.3"].map(at).to_vec();
        assert_eq!(may_be_gone_to(found, false), Ok(tried));
    }

    #[test]
    fn only_what_everybody_reaches_is_public() {
        for (text, public) in [
            ("1.1.1.1", true),
            ("93.184.216.34", true),
            ("100.63.255.255", true),
            ("100.64.0.1", false),
            ("172.15.0.1", true),
            ("172.16.0.1", false),
            ("172.32.0.1", true),
            ("10.0.0.1", false),
            ("192.168.1.1", false),
            ("127.0.0.1", false),
            ("127.255.0.1", false),
            ("0.0.0.0", false),
            ("0.1.2.3", false),
            ("169.254.169.254", false),
            ("192.0.0.8", false),
            ("192.0.2.1", false),
            ("198.18.0.1", false),
            ("198.51.100.1", false),
            ("203.0.113.1", false),
            ("224.0.0.1", false),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("2606:4700::1111", true),
            ("2a00:1450:4001::1", true),
            ("2001:4860:4860::8888", true),
            ("::", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("::ffff:1.1.1.1", true),
            ("::127.0.0.1", false),
            ("64:ff9b::10.0.0.1", false),
            ("64:ff9b::1.1.1.1", true),
            ("64:ff9b:1::1", false),
            ("2002:7f00:1::", false),
            ("2002:101:101::", true),
            ("2001:db8::1", false),
            ("2001::1", false),
            ("3fff::1", false),
            ("fc00::1", false),
            ("fd12:3456::1", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
            ("100::1", false),
        ] {
            let address: IpAddr = text.parse().expect("an address");
            assert_eq!(is_public(address), public, "{text}");
        }
    }
}
