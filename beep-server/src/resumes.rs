//! Bringing clients to the present: how many at once, and what is kept of it between two pages.
//!
//! To tell somebody the past costs a snapshot of all their servers, and then a reading of the log. So the work waits in
//! line: a few clients in all are prepared at once, and of one user a few are told their past at once. What was prepared is
//! held for as long as it is told, which is as long as a client takes to read it: where too many are told, the one that
//! has been told for longest gives way. Who pages through the past over plain HTTP goes on with what was prepared for the
//! page before.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use beep_core::backend::events::Past;
use beep_core::event::Position;
use beep_core::id::{SessionId, UserKey};
use beep_core::port::HeldSpace;
use beep_core::replay::Delivery;
use beep_store::{self as store, Turns};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::hub;

/// The clients of this process that are brought to the present.
pub(crate) struct Resumes {
    all: Arc<Semaphore>,
    each: Turns<UserKey>,
    told: Arc<Told>,
    paged: Mutex<VecDeque<Kept>>,
}

/// A turn to be told the past; dropping it gives the turn to the next.
pub(crate) struct Turn {
    of_all: Option<OwnedSemaphorePermit>,
    _of_user: store::Turn,
    told: Arc<Told>,
    telling: Option<Telling>,
}

impl Turn {
    /// The database is not read any more to prepare it: the next may be prepared, and this one is told its past, which
    /// holds about so many octets until it is told.
    pub(crate) fn is_prepared(&mut self, weight: usize) {
        self.of_all = None;
        let told = &self.told;
        let needed = &self.telling.get_or_insert_with(|| told.begin()).needed;
        told.weigh(needed, weight);
    }

    /// Waits until it is needed for others.
    pub(crate) async fn gives_way(&self) {
        match &self.telling {
            Some(telling) => telling.needed.notified().await,
            None => std::future::pending().await,
        }
    }
}

/// The pasts that are being told, first the one that has been for longest.
#[derive(Default)]
struct Told(Mutex<VecDeque<Weighed>>);

/// One of them.
struct Weighed {
    /// Rung when it is to give way.
    needed: Arc<Notify>,
    /// About how many octets it holds.
    weight: usize,
}

/// A past while it is being told.
struct Telling {
    among: Arc<Told>,
    /// Rung when it is to give way.
    needed: Arc<Notify>,
}

impl Told {
    fn begin(self: &Arc<Self>) -> Telling {
        let needed = Arc::new(Notify::new());
        lock(&self.0).push_back(Weighed { needed: needed.clone(), weight: 0 });
        Telling { among: self.clone(), needed }
    }

    /// Says how much one of them holds. Others give way until there is room, and it alone may be larger than that.
    fn weigh(&self, which: &Arc<Notify>, weight: usize) {
        let mut told = lock(&self.0);
        let mut all = 0;
        for one in told.iter_mut() {
            if Arc::ptr_eq(&one.needed, which) {
                one.weight = weight;
            }
            all += one.weight;
        }
        while told.len() > MOST_TOLD || all > MOST_TOLD_WEIGHT {
            let longest = told.iter().position(|one| !Arc::ptr_eq(&one.needed, which));
            let Some(longest) = longest.and_then(|longest| told.remove(longest)) else { break };
            all -= longest.weight;
            longest.needed.notify_one();
        }
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        lock(&self.among.0).retain(|other| !Arc::ptr_eq(&other.needed, &self.needed));
    }
}

/// The past of a client that is told page by page.
pub(crate) struct Paged {
    /// What was not read yet.
    pub(crate) past: Past,
    /// What was read and not told.
    pub(crate) read: VecDeque<(Position, Vec<Delivery>)>,
}

impl Paged {
    /// About how many octets it holds, or more.
    fn weight(&self) -> usize {
        let read = self.read.iter().flat_map(|(_, deliveries)| deliveries).map(hub::room_of);
        of_past(&self.past) + read.sum::<usize>()
    }
}

/// About how many octets a past holds, or more.
pub(crate) fn of_past(past: &Past) -> usize {
    // Each server as it is, and as it was where the client stands.
    2 * of_servers(&past.snapshot.servers)
}

/// The same of servers.
pub(crate) fn of_servers(servers: &[HeldSpace]) -> usize {
    servers.iter().map(hub::room).sum()
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
        let (all, each) = (Arc::new(Semaphore::new(MOST)), Turns::new(MOST_OF_USER));
        Self { all, each, told: Arc::default(), paged: Mutex::default() }
    }
}

impl Resumes {
    /// Waits for a turn of this user; `None` if it does not come soon.
    pub(crate) async fn turn(&self, user: &UserKey) -> Option<Turn> {
        let turn = async {
            let of_user = self.each.take(user).await;
            let of_all = self.all.clone().acquire_owned().await.ok()?;
            Some(Turn { of_all: Some(of_all), _of_user: of_user, told: self.told.clone(), telling: None })
        };
        tokio::time::timeout(PATIENCE, turn).await.ok().flatten()
    }

    /// Waits until what is told with a turn may be prepared again; says whether that came soon.
    pub(crate) async fn again(&self, turn: &mut Turn) -> bool {
        let of_all = tokio::time::timeout(PATIENCE, self.all.clone().acquire_owned()).await;
        turn.of_all = of_all.ok().and_then(Result::ok);
        turn.of_all.is_some()
    }

    /// Keeps what is left of a past for the next page, if it is small enough; of each session one.
    pub(crate) fn keep(&self, user: &UserKey, session: SessionId, at: Position, paged: Paged) {
        let weight = paged.weight();
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

/// How many clients are told their past at once.
const MOST_TOLD: usize = 512;

/// How many octets all who are told hold together; one alone may hold more.
const MOST_TOLD_WEIGHT: usize = 128 * 1024 * 1024;

/// How long a client waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a past is kept for the next page.
const KEPT_FOR: Duration = Duration::from_secs(60);

/// How many pasts are kept.
const MOST_KEPT: usize = 256;

/// How many octets all that are kept hold together; one alone holds a quarter of them.
const MOST_WEIGHT: usize = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use beep_core::backend::messages::NewMessage;
    use beep_core::backend::{channels, events, messages};
    use beep_core::content::Content;
    use beep_core::id::{Id, Qualified, RoleId, UserId};
    use beep_core::permission::{Override, Permissions, Target};
    use futures_util::FutureExt;
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
        others[0].is_prepared(0);
        let next = resumes.turn(&user(100)).await;
        assert!(next.is_some(), "who is told the past holds up nobody else");
        greedy.clear();
        assert!(resumes.turn(&user(1)).await.is_some());
    }

    #[tokio::test]
    async fn who_has_been_told_for_longest_gives_way() {
        let resumes = Resumes::default();
        let mut turns = VecDeque::new();
        for number in 0..=MOST_TOLD {
            let mut turn = resumes.turn(&user(number as u128)).await.expect("nobody is prepared");
            turn.is_prepared(0);
            turns.push_back(turn);
        }
        turns[0].gives_way().await;
        assert!(turns[1].gives_way().now_or_never().is_none(), "one is enough");
        // Who is through makes room.
        drop(turns.split_off(MOST_TOLD));
        assert!(resumes.again(&mut turns[1]).await);
        turns[1].is_prepared(0);
        let mut last = resumes.turn(&user(0)).await.expect("nobody is prepared");
        last.is_prepared(0);
        assert!(turns[1].gives_way().now_or_never().is_none());
    }

    #[tokio::test]
    async fn those_who_are_told_hold_so_much_together() {
        let resumes = Resumes::default();
        let mut turns = Vec::new();
        for (number, weight) in [1, MOST_TOLD_WEIGHT / 2, MOST_TOLD_WEIGHT / 2].into_iter().enumerate() {
            let mut turn = resumes.turn(&user(number as u128)).await.expect("nobody is prepared");
            turn.is_prepared(weight);
            turns.push(turn);
        }
        turns[0].gives_way().await;
        assert!(turns[1].gives_way().now_or_never().is_none(), "there is room for these two");
        turns[1].is_prepared(MOST_TOLD_WEIGHT / 2 + 1);
        turns[2].gives_way().await;
        assert!(turns[1].gives_way().now_or_never().is_none(), "who is prepared anew does not give way to itself");
        let mut large = resumes.turn(&user(7)).await.expect("nobody is prepared");
        large.is_prepared(2 * MOST_TOLD_WEIGHT);
        turns[1].gives_way().await;
        assert!(large.gives_way().now_or_never().is_none(), "one alone may be larger");
    }

    #[tokio::test]
    async fn what_was_read_and_what_is_overridden_weighs() {
        let world = World::open("a.example.com").await;
        let actor = world.somebody();
        let (server, ann) = (world.server(&actor).await, actor.as_user().expect("it is one"));
        let session = SessionId::from_uuid(Uuid::from_u128(1));
        let head = async || world.backend.store.log_state().await.expect("memory does not fail").head;
        let paged = async || {
            let past = events::past(&world.backend, ann, head().await).await.expect("it is the present");
            Paged { past, read: VecDeque::new() }
        };
        let kept = |paged: Paged| {
            let resumes = Resumes::default();
            resumes.keep(ann, session, Position(1), paged);
            resumes.take(ann, session, Position(1)).is_some()
        };
        let plain = paged().await;
        let weight = plain.weight();
        assert!(kept(plain));

        let mut overridden = paged().await;
        let facts = Arc::make_mut(&mut overridden.past.snapshot.servers[0].facts);
        let channel = Arc::make_mut(facts.channels.values_mut().next().expect("it has one"));
        for number in 0..100 {
            let target = Target::Role(RoleId::from_uuid(Uuid::from_u128(number)));
            let denied = Override { allow: Permissions::empty(), deny: Permissions::all() };
            channel.overrides.set(&target, Some(denied));
        }
        assert!(overridden.weight() > weight + 100 * 100);

        let from = head().await;
        let channel = channels::list(&world.backend, &actor, &server).await.expect("they own it")[0].id.clone();
        let content = Content::parse(&"x".repeat(4_000)).expect("a text");
        let new = NewMessage { content, nonce: None, reply_to: None };
        messages::send(&world.backend, &actor, &channel, new).await.expect("they may");
        let mut past = events::past(&world.backend, ann, from).await.expect("it is not old");
        let read = past.next(&world.backend, 1).await.expect("memory does not fail").expect("there is one");
        let much = std::iter::repeat_n(read[0].clone(), MOST_WEIGHT / 4 / 4_000);
        assert!(!kept(Paged { past, read: much.collect() }), "deliveries that were read weigh as well");
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
