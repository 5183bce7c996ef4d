//! Where attackers and honest people come from: addresses of loopback, each of which counts as a client of its own.

use std::net::Ipv4Addr;

/// From how many addresses an attack comes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Spread {
    /// From one.
    One,
    /// From a thousand.
    Thousand,
}

impl Spread {
    /// The address of the attacker's so-and-so-many-th connection or request.
    pub(crate) fn address(self, number: usize) -> Ipv4Addr {
        let nth = match self {
            Self::One => 0,
            Self::Thousand => number % 1_000,
        };
        // 0 and 255 are no addresses of hosts.
        let octet = |number: usize| u8::try_from(number % 250 + 1).expect("it is at most 250");
        Ipv4Addr::new(127, 1, octet(nth / 250), octet(nth))
    }

    /// How it is called in a report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::One => "1",
            Self::Thousand => "1,000",
        }
    }
}

/// Where the honest pair is.
pub(crate) const HONEST: Ipv4Addr = Ipv4Addr::new(127, 2, 0, 1);

/// Where somebody is who looks whether the backend still lets others in.
pub(crate) const BYSTANDER: Ipv4Addr = Ipv4Addr::new(127, 2, 0, 2);
