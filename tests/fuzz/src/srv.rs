//! SRV answers: who serves a domain, by what the owner of its zone says.

use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::time::Timestamp;
use beep_federation::{Discovery, MAX_LIFE, SrvRecord, targets};

/// The seconds for which it holds, and a record a line: priority, weight, port and target. Each target is a host, they come
/// in the order of their priorities, each is tried once, and the answer has an end.
pub(crate) fn run(octets: &[u8]) {
    let Ok(text) = str::from_utf8(octets) else { return };
    let mut lines = text.lines();
    let ttl = lines.next().and_then(|line| line.parse().ok()).map_or(Duration::ZERO, Duration::from_secs);
    let records: Vec<_> = lines.filter_map(record).collect();
    let domain = Domain::parse("a.example.com").expect("a domain");
    for now in [Timestamp::from_millis(0), Timestamp::from_millis(1_800_000_000_000)] {
        let found = Discovery::found(domain.clone(), records.iter().copied(), ttl, now);
        assert!(found.expires_at() <= now.after(MAX_LIFE), "holds for ever");
        let Ok(hosts) = found.targets(now) else { continue };
        assert!(!hosts.is_empty() && hosts.len() <= records.len(), "hosts that nobody named");
        assert!(hosts.is_sorted_by_key(|host| host.priority), "in another order");
        let mut random = ttl.as_secs();
        let ordered = targets::in_order(hosts, || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            random
        });
        assert!(ordered.is_sorted_by_key(|host| host.priority), "in another order");
        assert_eq!(ordered.len(), hosts.len(), "one is tried twice or never");
        assert!(hosts.iter().all(|host| ordered.contains(host)), "one is never tried");
        for host in hosts {
            assert_eq!(Domain::parse(host.host.as_str()).as_ref(), Ok(&host.host), "no host");
        }
    }
}

fn record(line: &str) -> Option<SrvRecord<'_>> {
    let mut parts = line.splitn(4, ' ');
    let (priority, weight, port) = (parts.next()?, parts.next()?, parts.next()?);
    let (priority, weight, port) = (priority.parse().ok()?, weight.parse().ok()?, port.parse().ok()?);
    Some(SrvRecord { priority, weight, port, target: parts.next()? })
}
