//! Whether a request of another backend is let in (contract: federation, "Authorization, inbound").
//!
//! [`authorize`] takes the steps 1 to 6; the [`Peer`] that it gives answers for step 7, once the body is read.
//! The rules of the domain, the same as for local users, come after that.

use std::sync::Arc;

use beep_core::domain::Domain;
use beep_core::id::{Qualified, UserKey};
use beep_core::time::Timestamp;

use crate::discovery::DiscoveryError;
use crate::observed::Observed;
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::rpc::Rpc;
use crate::share::Share;

/// Decides whether the caller may make this call in the name of the domain that it claims. Looks nothing up.
///
/// # Errors
/// [`Rejection`] of the first step that fails, in the contract's order.
pub fn authorize(observed: &Observed<'_>, policy: &Policy, now: Timestamp) -> Result<Peer, Rejection> {
    let certificate = observed.certificate.ok_or(Rejection::NoCertificate)?;

    let domain = observed.request.origin()?;
    observed.request.is_for(&policy.domain)?;

    let of_origin = observed.discovery.filter(|discovery| *discovery.domain() == domain);
    let targets = of_origin.ok_or(DiscoveryError::Failed)?.targets(now)?;

    let Some(proven) = targets.iter().find(|target| certificate.names.cover(&target.host)) else {
        return Err(Rejection::CertificateMismatch(domain));
    };
    let host = proven.host.clone();

    if !policy.allows(&domain) {
        return Err(Rejection::NotAllowed(domain));
    }

    let rpc = Rpc::at(observed.request.path).ok_or(Rejection::UnknownCall)?;
    if observed.request.method != "POST" {
        return Err(Rejection::NotPost);
    }
    let body_limit = policy.limits.of(rpc);
    if observed.request.body_length.is_some_and(|length| length > body_limit) {
        return Err(Rejection::BodyTooLarge { limit: body_limit });
    }

    let certificate = certificate.octets.clone();
    Ok(Peer { domain, host, certificate, own: policy.domain.clone(), rpc, body_limit })
}

/// A backend that has proven its domain and may make one call; made by [`authorize`] alone.
///
/// ```compile_fail,E0451
/// fn forge(domain: beep_core::domain::Domain, rpc: beep_federation::Rpc) -> beep_federation::Peer {
///     let certificate = Default::default();
///     beep_federation::Peer { own: domain.clone(), host: domain.clone(), certificate, domain, rpc, body_limit: 0 }
/// }
/// ```
#[derive(Debug, Eq, PartialEq)]
pub struct Peer {
    domain: Domain,
    /// The host that serves it, as its certificate proves.
    host: Domain,
    certificate: Arc<[u8]>,
    own: Domain,
    rpc: Rpc,
    body_limit: u64,
}

impl Peer {
    /// The domain that it has proven.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Whom what it asks for is counted for.
    pub fn shares(&self) -> [Share; 3] {
        let Self { domain, host, certificate, .. } = self;
        [Share::Domain(domain.clone()), Share::Host(host.clone()), Share::Certificate(certificate.clone())]
    }

    /// The call that it may make.
    pub fn rpc(&self) -> Rpc {
        self.rpc
    }

    /// The octets that the body may have; to be held while reading, as not every head says its length.
    pub fn body_limit(&self) -> u64 {
        self.body_limit
    }

    /// Whether it may ask in the name of a user: of its own alone (step 7).
    ///
    /// # Errors
    /// [`Rejection::ForeignUser`] for a user of any other domain, this backend's included.
    pub fn speaks_for(&self, user: &UserKey) -> Result<(), Rejection> {
        if user.home == self.domain { Ok(()) } else { Err(Rejection::ForeignUser(user.home.clone())) }
    }

    /// Whether it may ask for something to be done to a resource: to this backend's own alone (step 7).
    ///
    /// # Errors
    /// [`Rejection::ForeignResource`] for what belongs to any other domain, the peer's included.
    pub fn acts_on<T>(&self, resource: &Qualified<T>) -> Result<(), Rejection> {
        if resource.home == self.own { Ok(()) } else { Err(Rejection::ForeignResource(resource.home.clone())) }
    }

    /// Whether it may say what happened to something, as in an event or a profile: to its own alone (step 7).
    ///
    /// # Errors
    /// [`Rejection::ForeignStatement`] for what belongs to any other domain, this backend's included.
    pub fn states<T>(&self, subject: &Qualified<T>) -> Result<(), Rejection> {
        if subject.home == self.domain { Ok(()) } else { Err(Rejection::ForeignStatement(subject.home.clone())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::CertificateNames;
    use crate::code::Code;
    use crate::discovery::{Discovery, SrvRecord};
    use crate::observed::{Certificate, Request};
    use crate::policy::Limits;
    use beep_core::domain::DomainError;
    use beep_core::id::{Id, SpaceId, UserId};
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);
    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn domain(text: &str) -> Domain {
        Domain::parse(text).expect("a domain")
    }

    fn found(of: &str, hosts: &[&str]) -> Discovery {
        let record = |target| SrvRecord { priority: 10, weight: 5, port: 443, target };
        Discovery::found(domain(of), hosts.iter().copied().map(record), HOUR, NOW)
    }

    /// What is observed, owned, so that a case can change one thing.
    #[derive(Clone, Debug)]
    struct Seen {
        certificate: Option<CertificateNames>,
        origin_domain: Vec<&'static str>,
        domain: Vec<&'static str>,
        destination_domain: Vec<&'static str>,
        method: &'static str,
        path: &'static str,
        body_length: Option<u64>,
        discovery: Option<Discovery>,
        policy: Policy,
        now: Timestamp,
    }

    impl Seen {
        /// A request of `a.example.com` with which nothing is wrong.
        fn good() -> Self {
            let policy = Policy {
                domain: domain("own.example.com"),
                allow_list: Some(BTreeSet::from([domain("a.example.com")])),
                limits: Limits::default(),
            };
            Self {
                certificate: Some(CertificateNames::read(["federator.a.example.com"])),
                origin_domain: vec!["a.example.com"],
                domain: vec![],
                destination_domain: vec!["own.example.com"],
                method: "POST",
                path: "/federation/commands/execute",
                body_length: Some(1 << 20),
                discovery: Some(found("a.example.com", &["federator.a.example.com"])),
                policy,
                now: NOW,
            }
        }

        fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
            change(&mut self);
            self
        }

        fn authorize(&self) -> Result<Peer, Rejection> {
            let request = Request {
                origin_domain: &self.origin_domain,
                domain: &self.domain,
                destination_domain: &self.destination_domain,
                method: self.method,
                path: self.path,
                body_length: self.body_length,
            };
            let octets = Arc::from(*b"certificate");
            let certificate = self.certificate.as_ref().map(|names| Certificate { names, octets: &octets });
            let observed = Observed { certificate, request, discovery: self.discovery.as_ref() };
            authorize(&observed, &self.policy, self.now)
        }
    }

    type Change = fn(&mut Seen);
    type Fault = (Change, Rejection, Code);

    /// One way or more for each step to fail, in the order of the steps.
    fn faults() -> Vec<Vec<Fault>> {
        let a = || domain("a.example.com");
        vec![
            vec![(|seen| seen.certificate = None, Rejection::NoCertificate, Code::AuthenticationFailure)],
            vec![
                (|seen| seen.origin_domain.clear(), Rejection::NoOrigin, Code::ValidationError),
                (
                    |seen| seen.origin_domain = vec!["example"],
                    Rejection::BadOrigin(DomainError::OneLabel),
                    Code::ValidationError,
                ),
                (|seen| seen.domain = vec!["b.example.com"], Rejection::TwoOrigins, Code::ValidationError),
            ],
            vec![
                (|seen| seen.destination_domain.clear(), Rejection::NoDestination, Code::Misdirected),
                (
                    |seen| seen.destination_domain = vec!["b.example.com"],
                    Rejection::Misdirected(domain("own.example.com")),
                    Code::Misdirected,
                ),
            ],
            vec![
                (|seen| seen.discovery = None, DiscoveryError::Failed.into(), Code::DiscoveryFailure),
                (
                    |seen| seen.discovery = Some(Discovery::absent(domain("a.example.com"), HOUR, NOW)),
                    DiscoveryError::Absent.into(),
                    Code::DiscoveryFailure,
                ),
                (
                    |seen| seen.discovery = Some(found("a.example.com", &["."])),
                    DiscoveryError::NotOffered.into(),
                    Code::DiscoveryFailure,
                ),
                (|seen| seen.now = NOW.after(HOUR), DiscoveryError::Expired.into(), Code::DiscoveryFailure),
                (
                    |seen| seen.discovery = Some(found("b.example.com", &["federator.a.example.com"])),
                    DiscoveryError::Failed.into(),
                    Code::DiscoveryFailure,
                ),
            ],
            vec![
                (
                    |seen| seen.certificate = Some(CertificateNames::read(["federator.b.example.com"])),
                    Rejection::CertificateMismatch(a()),
                    Code::ValidationError,
                ),
                (
                    |seen| seen.certificate = Some(CertificateNames::default()),
                    Rejection::CertificateMismatch(a()),
                    Code::ValidationError,
                ),
                (
                    // The certificate is for the backend domain and not for the host that serves it.
                    |seen| seen.certificate = Some(CertificateNames::read(["a.example.com"])),
                    Rejection::CertificateMismatch(a()),
                    Code::ValidationError,
                ),
            ],
            vec![(
                |seen| seen.policy.allow_list = Some(BTreeSet::from([domain("b.example.com")])),
                Rejection::NotAllowed(a()),
                Code::FederationDenied,
            )],
            vec![
                (|seen| seen.path = "/federation/commands/execute?x", Rejection::UnknownCall, Code::NotFound),
                (|seen| seen.path = "/federation/commands/../execute", Rejection::UnknownCall, Code::NotFound),
            ],
            vec![
                (|seen| seen.method = "GET", Rejection::NotPost, Code::NotFound),
                (|seen| seen.method = "post", Rejection::NotPost, Code::NotFound),
            ],
            vec![(
                |seen| seen.body_length = Some((1 << 20) + 1),
                Rejection::BodyTooLarge { limit: 1 << 20 },
                Code::PayloadTooLarge,
            )],
        ]
    }

    #[test]
    fn a_good_request_gives_its_peer() {
        let peer = Seen::good().authorize().expect("nothing is wrong with it");
        assert_eq!(peer.domain(), &domain("a.example.com"));
        assert_eq!(peer.rpc(), Rpc::Execute);
        assert_eq!(peer.body_limit(), 1 << 20);
        let host = Share::Host(domain("federator.a.example.com"));
        let certificate = Share::Certificate((*b"certificate").into());
        assert_eq!(peer.shares(), [Share::Domain(domain("a.example.com")), host, certificate]);
    }

    #[test]
    fn what_may_vary_does_not_matter() {
        let good: [(&str, Change); 9] = [
            ("no allow list", |seen| seen.policy.allow_list = None),
            ("the old header", |seen| std::mem::swap(&mut seen.origin_domain, &mut seen.domain)),
            ("both headers", |seen| seen.domain = seen.origin_domain.clone()),
            ("another case", |seen| seen.origin_domain = vec!["A.EXAMPLE.COM"]),
            ("a wildcard", |seen| seen.certificate = Some(CertificateNames::read(["*.a.example.com"]))),
            ("several names", |seen| {
                seen.certificate = Some(CertificateNames::read(["x.org", "Federator.A.example.com."]));
            }),
            ("several targets, the certificate is for the last", |seen| {
                seen.discovery = Some(found("a.example.com", &["x.org", "y.org", "federator.a.example.com"]));
            }),
            ("a host under another domain", |seen| {
                seen.discovery = Some(found("a.example.com", &["beep.hosting.org"]));
                seen.certificate = Some(CertificateNames::read(["beep.hosting.org"]));
            }),
            ("no length in the head", |seen| seen.body_length = None),
        ];
        for (name, change) in good {
            let peer = Seen::good().with(change).authorize();
            assert_eq!(peer.as_ref().map(Peer::domain), Ok(&domain("a.example.com")), "{name}");
        }
    }

    #[test]
    fn every_fault_has_its_rejection_and_code() {
        for (fault, rejection, code) in faults().into_iter().flatten() {
            assert_eq!(Seen::good().with(fault).authorize(), Err(rejection.clone()));
            assert_eq!(rejection.code(), code, "{rejection}");
        }
    }

    #[test]
    fn of_two_faults_the_earlier_step_answers() {
        let steps = faults();
        let mut pairs = 0;
        for (at, earlier) in steps.iter().enumerate() {
            for (first, rejection, _) in earlier {
                for (second, ..) in steps[at + 1..].iter().flatten() {
                    // The first is done last: where both set the same thing, it is the one that is seen.
                    let seen = Seen::good().with(second).with(first);
                    assert_eq!(seen.authorize(), Err(rejection.clone()), "{seen:#?}");
                    pairs += 1;
                }
            }
        }
        assert!(pairs > 90, "only {pairs} pairs");
    }

    #[test]
    fn a_batch_of_events_may_be_larger() {
        let batch = |length| {
            Seen::good().with(|seen| {
                seen.path = "/federation/events/on-events";
                seen.body_length = Some(length);
            })
        };
        assert_eq!(batch(4 << 20).authorize().map(|peer| peer.body_limit()), Ok(4 << 20));
        assert_eq!(batch((4 << 20) + 1).authorize(), Err(Rejection::BodyTooLarge { limit: 4 << 20 }));
    }

    #[test]
    fn nobody_comes_in_as_this_backend() {
        let own = Seen::good().with(|seen| {
            seen.policy.allow_list = None;
            seen.origin_domain = vec!["own.example.com"];
            seen.discovery = Some(found("own.example.com", &["federator.a.example.com"]));
        });
        assert_eq!(own.authorize(), Err(Rejection::NotAllowed(domain("own.example.com"))));
    }

    #[test]
    fn a_peer_speaks_for_its_users_on_our_resources_and_states_what_is_its_own() {
        let peer = Seen::good().authorize().expect("nothing is wrong with it");
        let id = UserId::generate(NOW, [0; 10]);
        let server = SpaceId::generate(NOW, [0; 10]);
        for home in ["a.example.com", "own.example.com", "b.example.com", "x.a.example.com", "example.com"] {
            let home = domain(home);
            let user = UserKey::new(id, home.clone());
            let resource = Qualified::new(server, home.clone());
            let (theirs, ours) = (home == domain("a.example.com"), home == domain("own.example.com"));
            assert_eq!(peer.speaks_for(&user).is_ok(), theirs, "{home}");
            assert_eq!(peer.acts_on(&resource).is_ok(), ours, "{home}");
            assert_eq!(peer.states(&resource).is_ok(), theirs, "{home}");
            assert_eq!(peer.states(&user).is_ok(), theirs, "{home}");
        }
        let elsewhere = UserKey::new(id, domain("b.example.com"));
        for (rejection, code) in [
            (peer.speaks_for(&elsewhere), Code::ValidationError),
            (peer.acts_on(&elsewhere), Code::NotFound),
            (peer.states(&elsewhere), Code::ValidationError),
        ] {
            assert_eq!(rejection.expect_err("it is of another domain").code(), code);
        }
    }

    proptest! {
        /// Whatever combination is wrong: in means that nothing is, and out names the first that is.
        #[test]
        fn any_combination_of_faults_is_judged_by_its_first_step(
            chosen in proptest::collection::vec(proptest::option::weighted(0.2, any::<proptest::sample::Index>()), 9),
        ) {
            let steps = faults();
            let mut seen = Seen::good();
            let mut expected = None;
            for (step, choice) in steps.iter().zip(&chosen).rev() {
                if let Some(index) = choice {
                    let (fault, rejection, _) = index.get(step);
                    fault(&mut seen);
                    expected = Some(rejection.clone());
                }
            }
            prop_assert_eq!(seen.authorize().err(), expected);
        }
    }
}
