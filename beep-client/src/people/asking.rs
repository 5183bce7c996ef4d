//! Who is to be asked for: few at once, and nobody of a backend that just failed.

use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::id::{SpaceId, UserId};
use beep_proto::id::Full;

use crate::error::Error;
use crate::failure::Outlook;
use crate::moment::{Attempts, Moment};
use crate::sorted::{SortedMap, SortedSet};

/// A member of a server.
pub(crate) type Place = (Full<SpaceId>, Full<UserId>);

/// What can be asked for.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Lookup {
    /// A profile, which the own backend has.
    User(Full<UserId>),
    /// A membership with its profile, which the backend of the server has.
    Member(Place),
}

impl Lookup {
    /// Whom it is about.
    pub(super) fn user(&self) -> &Full<UserId> {
        let (Self::User(user) | Self::Member((_, user))) = self;
        user
    }

    /// The backend that answers; `None` for the own one.
    fn home(&self) -> Option<&Domain> {
        match self {
            Self::User(_) => None,
            Self::Member((server, _)) => Some(server.home()),
        }
    }
}

/// The questions that wait, and those under way.
#[derive(Debug, Default)]
pub(super) struct Asking {
    /// With the time before which it is not asked, if there is one.
    wanted: SortedMap<Lookup, Option<Duration>>,
    under_way: SortedSet<Lookup>,
    own: Attempts,
    /// The other backends that failed last.
    others: SortedMap<Domain, Attempts>,
    has_more: bool,
}

impl Asking {
    /// Something is to be asked, unless it is already.
    pub(super) fn want(&mut self, lookup: Lookup) {
        let is_new = !self.under_way.contains(&lookup) && !self.wanted.contains_key(&lookup);
        if is_new && self.wanted.len() < MAX_WANTED {
            self.wanted.insert(lookup, None);
            self.has_more = true;
        }
    }

    /// Whether something came to be wanted since the last call.
    pub(super) fn take_wanted(&mut self) -> bool {
        std::mem::take(&mut self.has_more)
    }

    /// It is known by other means.
    pub(super) fn is_known(&mut self, lookup: &Lookup) {
        self.wanted.remove(lookup);
    }

    /// Nothing of a server is asked.
    pub(super) fn forget(&mut self, server: &Full<SpaceId>) {
        self.wanted.retain(|lookup, _| !matches!(lookup, Lookup::Member((of, _)) if of == server));
    }

    /// The next question, which is then under way until [`Self::succeeded`] or [`Self::failed`].
    pub(super) fn next(&mut self, now: Moment) -> Option<Lookup> {
        if self.under_way.len() >= MAX_UNDER_WAY {
            return None;
        }
        let is_due = |(lookup, at): &(&Lookup, &Option<Duration>)| {
            at.is_none_or(|at| at <= now.uptime) && self.attempts(lookup).is_none_or(|attempts| attempts.is_due(now))
        };
        let lookup = self.wanted.iter().find(is_due).map(|(lookup, _)| lookup.clone())?;
        self.wanted.remove(&lookup);
        self.under_way.insert(lookup.clone());
        Some(lookup)
    }

    /// When [`Self::next`] has something next, if that waits for a time.
    pub(super) fn due(&self) -> Option<Duration> {
        if self.under_way.len() >= MAX_UNDER_WAY {
            return None;
        }
        let due = |(lookup, at): (&Lookup, &Option<Duration>)| (*at).max(self.attempts(lookup).and_then(Attempts::due));
        self.wanted.iter().filter_map(due).min()
    }

    /// There was an answer.
    pub(super) fn succeeded(&mut self, lookup: &Lookup) {
        self.under_way.remove(lookup);
        match lookup.home() {
            Some(home) => drop(self.others.remove(home)),
            None => self.own.succeeded(),
        }
    }

    /// There was none: it is asked again later, as everything is that the same backend would answer.
    pub(super) fn failed(&mut self, lookup: Lookup, error: &Error, now: Moment) {
        self.under_way.remove(&lookup);
        let attempts = match lookup.home() {
            Some(home) => self.others.get_or_insert_with(home.clone(), Default::default),
            None => &mut self.own,
        };
        let mut pause = |time| {
            // Those that were under way together fail together.
            if attempts.is_due(now) {
                attempts.failed(time, now);
            }
        };
        let not_before = match Outlook::of(error) {
            Outlook::Lasting => Some(now.uptime + LATER),
            Outlook::Limited(time) => {
                pause(Some(time));
                None
            }
            Outlook::Transient | Outlook::SignedOut => {
                pause(None);
                None
            }
        };
        self.wanted.insert(lookup, not_before);
    }

    /// Whether the backend failed that would answer.
    pub(super) fn is_paused(&self, lookup: &Lookup) -> bool {
        self.attempts(lookup).is_some_and(|attempts| attempts.due().is_some())
    }

    /// The members whose backend failed, and who wait for it.
    pub(super) fn waiting_members(&self) -> impl Iterator<Item = &Full<UserId>> {
        let is_paused = |lookup: &&Lookup| matches!(lookup, Lookup::Member(_)) && self.is_paused(lookup);
        self.wanted.keys().filter(is_paused).map(Lookup::user)
    }

    /// What waits for a backend, or for any, is tried at once.
    pub(super) fn hurry(&mut self, domain: Option<&Domain>) {
        if domain.is_none() {
            self.own.hurry();
        }
        let is_meant = |home: &Domain| domain.is_none_or(|domain| domain == home);
        self.others.iter_mut().filter(|(home, _)| is_meant(home)).for_each(|(_, attempts)| attempts.hurry());
    }

    fn attempts(&self, lookup: &Lookup) -> Option<&Attempts> {
        lookup.home().map_or(Some(&self.own), |home| self.others.get(home))
    }
}

/// How many questions are under way at once.
const MAX_UNDER_WAY: usize = 6;
/// How many wait; who is shown again is wanted again.
const MAX_WANTED: usize = 2_000;
/// How long after a refusal the same is asked again.
const LATER: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use beep_core::time::Timestamp;
    use beep_proto::problem::{ErrorCode, Problem};

    use super::*;
    use crate::error::Refusal;
    use crate::sample;
    use crate::transport::TransportError;

    fn at(seconds: u64) -> Moment {
        Moment { uptime: Duration::from_secs(seconds), at: Timestamp::from_millis(0), random: 500 }
    }

    fn lost() -> Error {
        TransportError::interrupted("lost").into()
    }

    #[test]
    fn few_are_asked_for_at_once() {
        let mut asking = Asking::default();
        for n in 0..50 {
            asking.want(Lookup::User(sample::user(n)));
            asking.want(Lookup::User(sample::user(n)));
        }
        assert!(asking.take_wanted() && !asking.take_wanted());
        let first: Vec<_> = std::iter::from_fn(|| asking.next(at(0))).collect();
        assert_eq!((first.len(), asking.due()), (MAX_UNDER_WAY, None));
        asking.want(first[0].clone());
        assert!(!asking.take_wanted(), "it is under way");
        asking.succeeded(&first[0]);
        assert!(asking.next(at(0)).is_some_and(|next| !first.contains(&next)));
    }

    #[test]
    fn a_backend_that_failed_delays_only_its_own() {
        let mut asking = Asking::default();
        for n in 0..3 {
            asking.want(Lookup::Member((sample::server_id(), sample::user(n))));
        }
        let first: Vec<_> = std::iter::from_fn(|| asking.next(at(0))).collect();
        for lookup in &first {
            asking.failed(lookup.clone(), &lost(), at(0));
        }
        let due = asking.due().expect("it is asked again");
        assert!(due < Duration::from_secs(2), "failures together count as one: {due:?}");
        assert_eq!(asking.next(at(0)), None);
        asking.want(Lookup::User(sample::user(1)));
        assert_eq!(asking.next(at(0)), Some(Lookup::User(sample::user(1))));
        asking.hurry(Some(sample::server_id().home()));
        assert_eq!(asking.next(at(0)).as_ref(), first.first());
    }

    #[test]
    fn what_was_refused_waits_alone() {
        let mut asking = Asking::default();
        let (one, other) = (Lookup::User(sample::user(1)), Lookup::User(sample::user(2)));
        asking.want(one.clone());
        asking.next(at(0));
        let problem = Problem::new(ErrorCode::PermissionDenied, "");
        let refused = Error::Refused(Box::new(Refusal { operation: "test", problem, request_id: None }));
        asking.failed(one.clone(), &refused, at(0));
        asking.want(other.clone());
        assert_eq!((asking.next(at(0)), asking.next(at(0))), (Some(other), None));
        asking.hurry(None);
        assert_eq!((asking.next(at(599)), asking.due()), (None, Some(LATER)));
        assert_eq!(asking.next(at(600)), Some(one));
    }
}
