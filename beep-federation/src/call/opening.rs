//! From the hosts that serve a domain to one connection.

use std::collections::VecDeque;
use std::time::Duration;

use beep_core::domain::Domain;

use super::breakage::Breakage;
use crate::call_error::CallError;
use crate::certificate::CertificateNames;
use crate::discovery::Target;
use crate::targets::in_order;

/// An attempt at a connection `L`: to one host after the other, until one takes it.
#[derive(Clone, Debug)]
pub struct Opening<L> {
    left: VecDeque<Target>,
    within: Duration,
    outcome: Result<L, CallError>,
}

/// What an opening does next.
#[derive(Clone, Debug, PartialEq)]
pub enum Dial<L> {
    /// Connects to a host: [`Opening::tried`].
    Connect {
        /// The host.
        target: Target,
        /// How long it may take.
        within: Duration,
    },
    /// Hands the outcome to all who wait for it.
    Done(Result<L, CallError>),
}

impl<L: Clone> Opening<L> {
    /// Begins with the hosts that serve `domain`, of which it tries a few; `random` orders those of one priority.
    pub fn of(domain: &Domain, targets: &[Target], within: Duration, random: impl FnMut() -> u64) -> Self {
        let mut left = VecDeque::from(in_order(targets, random));
        left.truncate(TARGETS);
        let outcome = Err(CallError::RemoteUnavailable(format!("`{domain}` has no target")));
        Self { left, within, outcome }
    }

    /// What it does next; the same until it is told what came of it.
    pub fn next(&self) -> Dial<L> {
        match (self.left.front(), &self.outcome) {
            (Some(target), Err(_)) => Dial::Connect { target: target.clone(), within: self.within },
            (_, outcome) => Dial::Done(outcome.clone()),
        }
    }

    /// Takes what came of the host that was tried; of several failures the last one tells.
    pub fn tried(&mut self, outcome: Result<L, Breakage>) {
        if let Some(target) = self.left.pop_front() {
            self.outcome = outcome.map_err(|why| why.error(&target.host));
        }
    }
}

/// What there is to say of a connection that is kept.
#[derive(Clone, Copy, Debug)]
pub struct Pooled<'a> {
    /// The host that it leads to.
    pub host: &'a Domain,
    /// The port that it leads to.
    pub port: u16,
    /// Whether requests may still be put on it.
    pub lives: bool,
    /// Whether it was made with the certificates that hold now.
    pub current: bool,
    /// The names of the other side's certificate; `None` once that has expired.
    pub names: Option<&'a CertificateNames>,
}

impl Pooled<'_> {
    /// Whether the next call may use it: it is as good as a fresh one to one of these hosts would be.
    pub fn serves(&self, targets: &[Target]) -> bool {
        self.lives
            && self.current
            && targets.iter().any(|target| target.host == *self.host && target.port == self.port)
            && proves(self.names, self.host).is_ok()
    }
}

/// Looks whether a certificate proves that its holder is the host, `names` being `None` once it has expired. The
/// certificate of a resumed session was checked long before, so TLS alone does not say.
///
/// # Errors
/// What it has against it.
pub fn proves(names: Option<&CertificateNames>, host: &Domain) -> Result<(), Breakage> {
    match names {
        None => Err(Breakage::Tls("the certificate has expired".to_owned())),
        Some(names) if !names.cover(host) => Err(Breakage::WrongName(host.clone())),
        Some(_) => Ok(()),
    }
}

/// The hosts that are tried for one connection.
const TARGETS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WITHIN: Duration = Duration::from_secs(5);

    fn domain(text: &str) -> Domain {
        Domain::parse(text).expect("a domain")
    }

    fn target(priority: u16, port: u16) -> Target {
        Target { priority, weight: 0, port, host: domain("federator.b.example.com") }
    }

    #[test]
    fn a_connection_is_used_again_as_long_as_a_fresh_one_would_be_no_better() {
        let (host, other) = (domain("federator.b.example.com"), domain("x.b.example.com"));
        let (names, others) = (CertificateNames::read([host.as_str()]), CertificateNames::read(["x.b.example.com"]));
        let good = Pooled { host: &host, port: 8448, lives: true, current: true, names: Some(&names) };
        let targets = [target(1, 1), target(2, 8448)];
        assert!(good.serves(&targets));
        for (name, pooled) in [
            ("it is closed", Pooled { lives: false, ..good }),
            ("the own certificates are others now", Pooled { current: false, ..good }),
            ("its certificate has expired", Pooled { names: None, ..good }),
            ("its certificate is another host's", Pooled { names: Some(&others), ..good }),
            ("the domain has moved to another port", Pooled { port: 2, ..good }),
            ("the domain has moved to another host", Pooled { host: &other, names: Some(&others), ..good }),
        ] {
            assert!(!pooled.serves(&targets), "{name}");
        }
        assert!(!good.serves(&[]));
    }

    #[test]
    fn a_domain_without_hosts_is_not_available() {
        let opening = Opening::<()>::of(&domain("b.example.com"), &[], WITHIN, || 0);
        assert!(matches!(opening.next(), Dial::Done(Err(CallError::RemoteUnavailable(_)))));
    }

    proptest! {
        /// It goes through the hosts by their priority, three at most, until the first that takes it.
        #[test]
        fn the_first_host_that_takes_it_ends_it(
            priorities in prop::collection::vec(0u16..4, 1..6), fails in prop::collection::vec(any::<bool>(), 6),
        ) {
            let targets: Vec<_> = priorities.iter().zip(0..).map(|(priority, port)| target(*priority, port)).collect();
            let mut opening = Opening::of(&domain("b.example.com"), &targets, WITHIN, || 0);
            let mut tried = Vec::new();
            let outcome = loop {
                match opening.next() {
                    Dial::Connect { target, within } => {
                        prop_assert_eq!(within, WITHIN);
                        let port = target.port;
                        let broken = fails[usize::from(port)];
                        tried.push(target);
                        opening.tried(if broken { Err(Breakage::Network(port.to_string())) } else { Ok(port) });
                    }
                    Dial::Done(outcome) => break outcome,
                }
            };
            prop_assert!(tried.is_sorted_by_key(|target| target.priority));
            let (last, before) = tried.split_last().expect("there is a host");
            prop_assert!(before.iter().all(|target| fails[usize::from(target.port)]));
            if fails[usize::from(last.port)] {
                prop_assert_eq!(tried.len(), targets.len().min(3));
                let why = format!("`federator.b.example.com`: {}", last.port);
                prop_assert_eq!(outcome, Err(CallError::RemoteUnavailable(why)));
            } else {
                prop_assert_eq!(outcome, Ok(last.port));
            }
        }
    }
}
