//! Where a backend domain is served: what its SRV record said, and until when that holds.
//!
//! Asking the DNS is the caller's; so is sharing lookups under way and keeping answers. This says what an answer
//! means and that it is never used past its time (contract: federation, "Discovery"; RFC 2782).

use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::time::Timestamp;

/// What the DNS said of one backend domain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Discovery {
    domain: Domain,
    answer: Answer,
    expires_at: Timestamp,
}

/// An SRV record as it came, before its target is known to be a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SrvRecord<'a> {
    /// Lower is tried first.
    pub priority: u16,
    /// The share among those of one priority.
    pub weight: u16,
    /// Where the host listens.
    pub port: u16,
    /// The host, or `.` where the service is decidedly not offered.
    pub target: &'a str,
}

/// A host that serves a backend domain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Target {
    /// Lower is tried first.
    pub priority: u16,
    /// The share among those of one priority; 0 is chosen last.
    pub weight: u16,
    /// Where the host listens.
    pub port: u16,
    /// The infra domain, which its certificate must cover.
    pub host: Domain,
}

/// Why nobody serves a domain as far as is known.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DiscoveryError {
    /// There was no answer, or it was not one.
    #[error("the lookup failed")]
    Failed,
    /// There is no SRV record, or none with a usable target.
    #[error("there is no SRV record")]
    Absent,
    /// The record says that the domain offers no federation.
    #[error("the domain offers no federation")]
    NotOffered,
    /// What was known has expired: it must be looked up again.
    #[error("the DNS answer has expired")]
    Expired,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Answer {
    Targets(Vec<Target>),
    NotOffered,
    Absent,
}

impl Discovery {
    /// Takes the SRV records of a domain, read at `now`, to hold for `ttl`, but at least [`MIN_LIFE`] and at most
    /// [`MAX_LIFE`]. Targets that are no domains are left out; without any the answer counts as an absence.
    pub fn found<'a>(
        domain: Domain,
        records: impl IntoIterator<Item = SrvRecord<'a>>,
        ttl: Duration,
        now: Timestamp,
    ) -> Self {
        let mut targets = Vec::new();
        let mut not_offered = false;
        for record in records {
            if record.target == "." {
                not_offered = true;
            } else if let Ok(host) = Domain::parse(record.target) {
                let SrvRecord { priority, weight, port, .. } = record;
                targets.push(Target { priority, weight, port, host });
            }
        }
        targets.sort_by_key(|target| target.priority);
        let answer = match (targets.is_empty(), not_offered) {
            (false, _) => Answer::Targets(targets),
            (true, true) => Answer::NotOffered,
            (true, false) => return Self::absent(domain, ttl, now),
        };
        Self { domain, answer, expires_at: now.after(ttl.clamp(MIN_LIFE, MAX_LIFE)) }
    }

    /// Takes the domain to have no SRV record for `ttl`, the negative one, but at most [`MAX_ABSENCE`].
    pub fn absent(domain: Domain, ttl: Duration, now: Timestamp) -> Self {
        Self { domain, answer: Answer::Absent, expires_at: now.after(ttl.min(MAX_ABSENCE)) }
    }

    /// The backend domain that was looked up.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// From when on it must be looked up again.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Who serves the domain at `now`, by priority; never empty.
    ///
    /// # Errors
    /// [`DiscoveryError`]: expired, absent or not offered; [`DiscoveryError::Expired`] goes before the others.
    pub fn targets(&self, now: Timestamp) -> Result<&[Target], DiscoveryError> {
        if self.expires_at <= now {
            return Err(DiscoveryError::Expired);
        }
        match &self.answer {
            Answer::Targets(targets) => Ok(targets),
            Answer::NotOffered => Err(DiscoveryError::NotOffered),
            Answer::Absent => Err(DiscoveryError::Absent),
        }
    }
}

/// The shortest time for which an answer is kept, whatever its TTL.
pub const MIN_LIFE: Duration = Duration::from_secs(5);

/// The longest time for which an answer is kept, whatever its TTL.
pub const MAX_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// The longest time for which an absence is kept.
pub const MAX_ABSENCE: Duration = Duration::from_secs(5 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);
    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn domain() -> Domain {
        Domain::parse("a.example.com").expect("a domain")
    }

    fn record(priority: u16, target: &str) -> SrvRecord<'_> {
        SrvRecord { priority, weight: 5, port: 443, target }
    }

    fn hosts(discovery: &Discovery) -> Result<Vec<&str>, DiscoveryError> {
        discovery.targets(NOW).map(|targets| targets.iter().map(|target| target.host.as_str()).collect())
    }

    #[test]
    fn answers_mean_what_rfc_2782_says() {
        for (name, records, expected) in [
            ("one", vec![record(10, "F.a.example.com.")], Ok(vec!["f.a.example.com"])),
            (
                "by priority, else as they came",
                vec![record(20, "c.x.org"), record(10, "b.x.org"), record(10, "a.x.org")],
                Ok(vec!["b.x.org", "a.x.org", "c.x.org"]),
            ),
            ("decidedly not", vec![record(0, ".")], Err(DiscoveryError::NotOffered)),
            ("decidedly not, beside one that does", vec![record(0, "."), record(0, "a.x.org")], Ok(vec!["a.x.org"])),
            ("an address is no host", vec![record(0, "127.0.0.1")], Err(DiscoveryError::Absent)),
            ("nonsense beside a host", vec![record(0, "a b"), record(0, "a.x.org")], Ok(vec!["a.x.org"])),
            ("no record", vec![], Err(DiscoveryError::Absent)),
        ] {
            let discovery = Discovery::found(domain(), records, HOUR, NOW);
            assert_eq!(hosts(&discovery), expected, "{name}");
        }
        let absent = Discovery::absent(domain(), HOUR, NOW);
        assert_eq!(hosts(&absent), Err(DiscoveryError::Absent));
    }

    #[test]
    fn answers_are_kept_for_their_time_within_bounds() {
        let found = |ttl| Discovery::found(domain(), [record(0, "a.x.org")], ttl, NOW).expires_at();
        let absent = |ttl| Discovery::absent(domain(), ttl, NOW).expires_at();
        assert_eq!(found(Duration::ZERO), NOW.after(MIN_LIFE));
        assert_eq!(found(HOUR), NOW.after(HOUR));
        assert_eq!(found(Duration::MAX), NOW.after(MAX_LIFE));
        assert_eq!(absent(Duration::ZERO), NOW);
        assert_eq!(absent(Duration::from_secs(60)), NOW.after(Duration::from_secs(60)));
        assert_eq!(absent(HOUR), NOW.after(MAX_ABSENCE));
        let unusable = Discovery::found(domain(), [record(0, "127.0.0.1")], HOUR, NOW);
        assert_eq!(unusable.expires_at(), NOW.after(MAX_ABSENCE));
    }

    #[test]
    fn an_answer_is_good_until_its_end_and_not_at_it() {
        let discovery = Discovery::found(domain(), [record(0, "a.x.org")], HOUR, NOW);
        let end = discovery.expires_at();
        assert!(discovery.targets(end.before(Duration::from_millis(1))).is_ok());
        assert_eq!(discovery.targets(end), Err(DiscoveryError::Expired));
        assert_eq!(discovery.targets(end.after(HOUR)), Err(DiscoveryError::Expired));
    }
}
