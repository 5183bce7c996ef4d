//! Which backends answer, and how the connection to the own one is.
//!
//! `Reach` is pure: how calls ended and what the gateway told go in; what is wrong, and what to ask again, comes out.

use std::sync::Arc;
use std::time::Duration;

use beep_core::domain::Domain;
use beep_proto::problem::ErrorCode;
use beep_proto::time::Time;
use serde::{Serialize, Serializer};

use crate::error::Error;
use crate::moment::{Attempts, Moment};
use crate::observe::ObservedList;
use crate::sorted::SortedMap;

/// How the connection to the own backend is.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConnectionState {
    /// The first attempt is under way.
    #[default]
    Connecting,
    /// What was missed is being told.
    CatchingUp,
    /// What is shown is what is.
    Live,
    /// There is none.
    Offline {
        /// Why, for a log.
        reason: String,
        /// When the next attempt is due, unless [`Chat::network_is_back`](crate::Chat::network_is_back) comes before.
        retry_at: Time,
    },
    /// The session has ended: sign in again.
    SignedOut,
}

/// A backend that does not answer as it should.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Unreachable {
    /// Which one.
    #[serde(serialize_with = "as_text")]
    pub domain: Domain,
    /// What is wrong: `remote_unavailable`, `discovery_failure`, `authentication_failure`, `validation_error`,
    /// `remote_error` or `federation_denied`.
    pub code: ErrorCode,
    /// Since when.
    pub since: Time,
}

fn as_text<S: Serializer>(domain: &Domain, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(domain)
}

/// What is known of the backends.
#[derive(Debug)]
pub(crate) struct Reach {
    own: Domain,
    connection: ObservedList<ConnectionState>,
    list: ObservedList<Arc<Unreachable>>,
    probes: SortedMap<Domain, Probe>,
}

/// When a backend is asked whether it is back.
#[derive(Debug, Default)]
struct Probe {
    attempts: Attempts,
    is_under_way: bool,
    /// When its events last ended the waiting.
    stirred: Option<Duration>,
}

impl Reach {
    /// Knows of nothing that is wrong.
    pub(crate) fn new(own: Domain) -> Self {
        let (mut connection, list) = (ObservedList::default(), ObservedList::default());
        connection.insert(0, vec![ConnectionState::Connecting]);
        Self { own, connection, list, probes: SortedMap::new() }
    }

    /// The connection, as a list of one row, to watch.
    pub(crate) fn connection(&mut self) -> &mut ObservedList<ConnectionState> {
        &mut self.connection
    }

    /// The backends with which something is wrong, by domain, to watch.
    pub(crate) fn list(&mut self) -> &mut ObservedList<Arc<Unreachable>> {
        &mut self.list
    }

    /// The connection is another one.
    pub(crate) fn connected(&mut self, state: ConnectionState) {
        self.connection.update(0, state);
    }

    /// How a call to a backend ended; says whether it is back.
    pub(crate) fn heard(&mut self, domain: &Domain, error: Option<&Error>, now: Moment) -> bool {
        if *domain == self.own {
            return false;
        }
        let place = self.list.rows().binary_search_by(|held| held.domain.cmp(domain));
        match (trouble(error), place) {
            (Some(code), Ok(at)) => {
                let held = Unreachable::clone(&self.list.rows()[at]);
                self.list.update(at, Arc::new(Unreachable { code, ..held }));
            }
            (Some(code), Err(at)) if self.list.rows().len() < MAX_UNREACHABLE => {
                let one = Unreachable { domain: domain.clone(), code, since: now.at.into() };
                self.list.insert(at, vec![Arc::new(one)]);
                let mut probe = Probe::default();
                probe.attempts.failed(None, now);
                self.probes.insert(domain.clone(), probe);
            }
            (None, Ok(at)) if error.is_none_or(comes_from_there) => {
                self.list.remove(at, 1);
                self.probes.remove(domain);
                return true;
            }
            _ => {}
        }
        false
    }

    /// Something came from a backend. If it did not answer, it may be back: says whether it is time to ask.
    pub(crate) fn stirred(&mut self, domain: &Domain, now: Moment) -> bool {
        let Some(probe) = self.probes.get_mut(domain) else { return false };
        // However much comes, it is asked only now and then.
        if probe.stirred.is_some_and(|last| now.uptime < last + STIR) {
            return false;
        }
        probe.stirred = Some(now.uptime);
        probe.attempts.hurry();
        true
    }

    /// The next backend to ask whether it is back; then [`Self::probed`].
    pub(crate) fn next_probe(&mut self, now: Moment) -> Option<Domain> {
        let due = |probe: &Probe| !probe.is_under_way && probe.attempts.is_due(now);
        let (domain, probe) = self.probes.iter_mut().find(|(_, probe)| due(probe))?;
        probe.is_under_way = true;
        Some(domain.clone())
    }

    /// A backend was asked, or there is nothing to ask it for.
    pub(crate) fn probed(&mut self, domain: &Domain, now: Moment) {
        if let Some(probe) = self.probes.get_mut(domain) {
            probe.is_under_way = false;
            probe.attempts.failed(None, now);
        }
    }

    /// When [`Self::next_probe`] has something next.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.probes.values().filter(|probe| !probe.is_under_way).filter_map(|probe| probe.attempts.due()).min()
    }

    /// Asks all backends soon: the network is back.
    pub(crate) fn hurry(&mut self) {
        self.probes.values_mut().for_each(|probe| probe.attempts.hurry());
    }
}

/// What an error says of the backend that the call was for.
fn trouble(error: Option<&Error>) -> Option<ErrorCode> {
    error?.code().filter(|code| {
        matches!(
            code,
            ErrorCode::RemoteUnavailable
                | ErrorCode::DiscoveryFailure
                | ErrorCode::AuthenticationFailure
                | ErrorCode::ValidationError
                | ErrorCode::RemoteError
                | ErrorCode::FederationDenied
        )
    })
}

/// Whether a refusal is the other backend's: the own one may give these by itself.
fn comes_from_there(error: &Error) -> bool {
    use ErrorCode::{Internal, RateLimited, TokenExpired, Unauthenticated, Unknown};
    error.code().is_some_and(|code| !matches!(code, Unauthenticated | TokenExpired | RateLimited | Internal | Unknown))
}

/// How many backends are known that do not answer.
const MAX_UNREACHABLE: usize = 500;
/// How often events of a backend have it asked.
const STIR: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use beep_core::time::Timestamp;
    use beep_proto::problem::Problem;

    use super::*;
    use crate::error::Refusal;
    use crate::transport::TransportError;

    fn domain(name: &str) -> Domain {
        Domain::parse(name).expect("a domain")
    }

    fn at(seconds: u64) -> Moment {
        Moment { uptime: Duration::from_secs(seconds), at: Timestamp::from_millis(0), random: 1_000 }
    }

    fn refused(code: ErrorCode) -> Error {
        Error::Refused(Box::new(Refusal { operation: "test", problem: Problem::new(code, ""), request_id: None }))
    }

    #[test]
    fn another_backend_fails_and_comes_back() {
        let (mut reach, b) = (Reach::new(domain("a.example.com")), domain("b.example.com"));
        let codes = |reach: &mut Reach| reach.list().rows().iter().map(|one| one.code).collect::<Vec<_>>();
        assert!(!reach.heard(&b, Some(&refused(ErrorCode::RemoteUnavailable)), at(0)));
        assert!(!reach.heard(&b, Some(&refused(ErrorCode::DiscoveryFailure)), at(0)));
        assert_eq!(codes(&mut reach), [ErrorCode::DiscoveryFailure]);
        for own in [refused(ErrorCode::RateLimited), TransportError::interrupted("lost").into(), Error::NotSignedIn] {
            assert!(!reach.heard(&b, Some(&own), at(1)), "{own} says nothing of it");
        }
        assert!(!reach.heard(&domain("c.example.com"), None, at(1)));
        assert_eq!(codes(&mut reach), [ErrorCode::DiscoveryFailure]);
        assert!(
            reach.heard(&b, Some(&refused(ErrorCode::PermissionDenied)), at(2)),
            "a refusal of its own is an answer"
        );
        assert_eq!((codes(&mut reach), reach.due()), (Vec::new(), None));
        assert!(!reach.heard(&b, None, at(3)), "it was there");
    }

    #[test]
    fn one_that_does_not_answer_is_asked_ever_less_often() {
        let (mut reach, b) = (Reach::new(domain("a.example.com")), domain("b.example.com"));
        reach.heard(&b, Some(&refused(ErrorCode::RemoteUnavailable)), at(0));
        assert_eq!(reach.next_probe(at(0)), None);
        assert_eq!(reach.next_probe(at(1)).as_ref(), Some(&b));
        assert_eq!((reach.next_probe(at(90)), reach.due()), (None, None));
        reach.probed(&b, at(2));
        assert_eq!(reach.next_probe(at(2)), None);
        assert!(reach.stirred(&b, at(2)));
        assert_eq!(reach.next_probe(at(2)).as_ref(), Some(&b));
        reach.probed(&b, at(2));
        assert!(!reach.stirred(&b, at(3)), "too soon");
        assert_eq!(reach.next_probe(at(2)), None);
        reach.hurry();
        assert_eq!(reach.next_probe(at(2)), Some(b));
    }

    #[test]
    fn the_own_backend_is_told_by_the_connection() {
        let own = domain("a.example.com");
        let mut reach = Reach::new(own.clone());
        assert!(!reach.heard(&own, Some(&refused(ErrorCode::RemoteUnavailable)), at(0)));
        assert!(reach.list().rows().is_empty());
        reach.connected(ConnectionState::Live);
        assert_eq!(reach.connection().rows(), [ConnectionState::Live]);
    }
}
