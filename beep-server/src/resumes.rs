//! Bringing clients to the present: how many at once, and what is kept of it between two pages.
//!
//! To tell somebody the past costs a snapshot of all their servers, and then a reading of the log. So the work waits in
//! line: a few clients in all are prepared at once, and of one user a few are told their past at once. Who pages through
//! the past over plain HTTP goes on with what was prepared for the page before.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use beep_core::backend::events::Past;
use beep_core::event::Position;
use beep_core::id::{SessionId, UserKey};
use beep_core::replay::Delivery;
use beep_store::{self as store, Turns};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// The clients of this process that are brought to the present.
pub(crate) struct Resumes {
    all: Arc<Semaphore>,
    each: Turns<UserKey>,
    paged: Mutex<VecDeque<Kept>>,
}

/// A turn to be told the past; dropping it gives the turn to the next.
pub(crate) struct Turn {
    of_all: Option<OwnedSemaphorePermit>,
    _of_user: store::Turn,
}

impl Turn {
    /// The database is not read any more to prepare it: the next may be prepared.
    pub(crate) fn is_prepared(&mut self) {
        self.of_all = None;
    }
}

/// The past of a client that is told page by page.
pub(crate) struct Paged {
    /// What was not read yet.
    pub(crate) past: Past,
    /// What was read and not told.
    pub(crate) read: VecDeque<(Position, Vec<Delivery>)>,
}

struct Kept {
    user: UserKey,
    session: SessionId,
    /// Where its client stands.
    at: Position,
    since: Instant,
    weight: usize,
    paged: Box<Paged>,
}

impl Default for Resumes {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(MOST)), each: Turns::new(MOST_OF_USER), paged: Mutex::default() }
    }
}

impl Resumes {
    /// Waits for a turn of this user; `None` if it does not come soon.
    pub(crate) async fn turn(&self, user: &UserKey) -> Option<Turn> {
        let turn = async {
            let of_user = self.each.take(user).await;
            let of_all = self.all.clone().acquire_owned().await.ok()?;
            Some(Turn { of_all: Some(of_all), _of_user: of_user })
        };
        tokio::time::timeout(PATIENCE, turn).await.ok().flatten()
    }

    /// Keeps what is left of a past for the next page, if it is small enough; of each session one.
    pub(crate) fn keep(&self, user: &UserKey, session: SessionId, at: Position, paged: Paged) {
        let servers = &paged.past.snapshot.servers;
        let weight = servers.iter().map(|held| 1 + held.facts.channels.len() + held.facts.roles.len()).sum();
        if weight > MOST_WEIGHT / 4 {
            return;
        }
        let mut kept = self.kept();
        kept.retain(|other| other.user != *user || other.session != session);
        let mut all = kept.iter().map(|kept| kept.weight).sum::<usize>() + weight;
        while all > MOST_WEIGHT || kept.len() >= MOST_KEPT {
            let Some(oldest) = kept.pop_front() else { break };
            all -= oldest.weight;
        }
        let (user, since) = (user.clone(), Instant::now());
        kept.push_back(Kept { user, session, at, since, weight, paged: Box::new(paged) });
    }

    /// Takes what was kept for the page that begins here.
    pub(crate) fn take(&self, user: &UserKey, session: SessionId, at: Position) -> Option<Paged> {
        let mut kept = self.kept();
        let place = kept.iter().position(|kept| kept.user == *user && kept.session == session && kept.at == at)?;
        kept.remove(place).map(|kept| *kept.paged)
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        let mut kept = lock(&self.paged);
        while kept.front().is_some_and(|kept| kept.since.elapsed() > KEPT_FOR) {
            kept.pop_front();
        }
        kept
    }

    /// Forgets what nobody came back for.
    pub(crate) fn sweep(&self) {
        drop(self.kept());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many clients are prepared at once.
pub(crate) const MOST: usize = 8;

/// How many clients of one user are told their past at once.
pub(crate) const MOST_OF_USER: usize = 4;

/// How long a client waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a past is kept for the next page.
const KEPT_FOR: Duration = Duration::from_secs(60);

/// How many pasts are kept.
const MOST_KEPT: usize = 256;

/// How many servers, channels and roles all that are kept hold together; one alone holds a quarter of them.
const MOST_WEIGHT: usize = 20_000;

#[cfg(test)]
mod tests {
    use beep_core::backend::events;
    use beep_core::id::{Id, Qualified, UserId};
    use uuid::Uuid;

    use super::*;
    use crate::testing::World;

    fn user(number: u128) -> UserKey {
        let home = beep_core::domain::Domain::parse("a.example.com").expect("a domain");
        Qualified::new(UserId::from_uuid(Uuid::from_u128(number)), home)
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_takes_the_turns_of_all() {
        let resumes = Resumes::default();
        let mut greedy = Vec::new();
        for _ in 0..MOST_OF_USER {
            greedy.push(resumes.turn(&user(1)).await.expect("there are turns"));
        }
        assert!(resumes.turn(&user(1)).await.is_none(), "one user has as many as they may");
        let mut others = Vec::new();
        for number in 2.. {
            let Some(turn) = resumes.turn(&user(number)).await else { break };
            others.push(turn);
        }
        assert_eq!(greedy.len() + others.len(), MOST);
        others[0].is_prepared();
        let next = resumes.turn(&user(100)).await;
        assert!(next.is_some(), "who is told the past holds up nobody else");
        greedy.clear();
        assert!(resumes.turn(&user(1)).await.is_some());
    }

    #[tokio::test]
    async fn a_past_is_kept_for_the_next_page_of_its_session() {
        let world = World::open("a.example.com").await;
        let resumes = Resumes::default();
        let (ann, session) = (user(1), SessionId::from_uuid(Uuid::from_u128(1)));
        let paged = async || {
            let past = events::past(&world.backend, &ann, Position(0)).await.expect("it is the present");
            Paged { past, read: VecDeque::new() }
        };
        resumes.keep(&ann, session, Position(0), paged().await);
        assert!(resumes.take(&ann, session, Position(1)).is_none(), "it stands elsewhere");
        assert!(resumes.take(&user(2), session, Position(0)).is_none());
        assert!(resumes.take(&ann, session, Position(0)).is_some());
        assert!(resumes.take(&ann, session, Position(0)).is_none(), "it was taken");
        resumes.keep(&ann, session, Position(0), paged().await);
        lock(&resumes.paged)[0].since -= KEPT_FOR * 2;
        assert!(resumes.take(&ann, session, Position(0)).is_none(), "nobody came");
        for number in 0..2 * MOST_KEPT as u128 {
            resumes.keep(&ann, SessionId::from_uuid(Uuid::from_u128(number)), Position(0), paged().await);
        }
        assert_eq!(lock(&resumes.paged).len(), MOST_KEPT);
    }
}
