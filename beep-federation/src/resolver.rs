//! The DNS as discovery needs it: a port, so that what an answer means is tested without one.
//!
//! An implementation asks, follows aliases and tells "there is none" from "nobody could say". It keeps nothing:
//! [`crate::Discoverer`] does.

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use beep_core::domain::Domain;

use crate::discovery::SrvRecord;

/// Who asks the DNS.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// Looks up the SRV records of a whole name such as `_wire-server-federator._tcp.a.example.com`.
    async fn srv(&self, name: &str) -> SrvAnswer;

    /// Looks up the addresses of a host, of either family, at least one.
    ///
    /// # Errors
    /// [`AddressError`]: the host has none, or nobody could say.
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, AddressError>;
}

/// What the DNS said to a question for SRV records.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SrvAnswer {
    /// There are some.
    Found {
        /// The records as they came.
        records: Vec<SrvEntry>,
        /// For how long they hold: the least of them and of the aliases on the way.
        ttl: Duration,
    },
    /// There are none: no such name, or none of this type.
    Absent {
        /// For how long that holds.
        ttl: Duration,
    },
    /// Nobody could say: a failing server, a time-out, an answer that is not one.
    Failed,
}

/// An SRV record that owns its target.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SrvEntry {
    /// Lower is tried first.
    pub priority: u16,
    /// The share among those of one priority.
    pub weight: u16,
    /// Where the host listens.
    pub port: u16,
    /// The host, or `.` where the service is decidedly not offered.
    pub target: String,
}

impl SrvEntry {
    /// The record as [`crate::Discovery::found`] takes it.
    pub fn record(&self) -> SrvRecord<'_> {
        let Self { priority, weight, port, target } = self;
        SrvRecord { priority: *priority, weight: *weight, port: *port, target }
    }
}

/// Why a host has no address to connect to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AddressError {
    /// There is no such name, or it has no address.
    #[error("the host has no address")]
    Absent,
    /// Nobody could say.
    #[error("the lookup of the host failed")]
    Failed,
}

/// The service label under which backends are found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SrvService(String);

impl SrvService {
    /// Reads a label without its underscore: letters, digits and inner hyphens, 62 at most.
    pub fn parse(label: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        let good = (1..=62).contains(&label.len())
            && label.bytes().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-');
        good.then(|| Self(label.to_ascii_lowercase()))
    }

    /// The label.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name that is looked up for a backend domain.
    pub fn name(&self, domain: &Domain) -> String {
        format!("_{}._tcp.{domain}", self.0)
    }
}

impl Default for SrvService {
    /// `wire-server-federator` (contract: federation, "Discovery").
    fn default() -> Self {
        Self("wire-server-federator".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_label_below_tcp() {
        let domain = Domain::parse("a.example.com").expect("a domain");
        assert_eq!(SrvService::default().name(&domain), "_wire-server-federator._tcp.a.example.com");
        let other = SrvService::parse("Beep-Federation").expect("a label");
        assert_eq!(other.name(&domain), "_beep-federation._tcp.a.example.com");
    }

    #[test]
    fn only_one_plain_label_is_a_service() {
        for label in ["", "_x", "-x", "x-", "x.y", "x y", "ü", &"x".repeat(63)] {
            assert_eq!(SrvService::parse(label), None, "{label:?}");
        }
        assert!(SrvService::parse(&"x".repeat(62)).is_some());
    }
}
