//! Friends, and requests to be friends. Rules: [`crate::friendship`].
//!
//! What is kept of two users of this backend is kept once for each of them, and both change together. Of a user of another
//! backend it is kept what they said last, as their home told it.

use crate::account::User;
use crate::backend::{Actor, Backend, Refusal, accounts, retry_on_conflict, users};
use crate::block::Block;
use crate::domain::Domain;
use crate::event::EventBody;
use crate::friendship::{FriendRequest, Friendship, Standing, Told};
use crate::id::{FriendRequestId, Qualified, UserId, UserKey};
use crate::port::{Change, PeerError, StoreError, When};
use crate::record::RecordGuard;
use crate::time::Timestamp;

/// A friend.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Friend {
    /// Who.
    pub user: User,
    /// Since when.
    pub since: Timestamp,
}

/// Which requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// Those to the user.
    Incoming,
    /// Those of the user.
    Outgoing,
}

/// Asks somebody to be friends. If they have asked the actor, both are friends at once; if the actor has asked already,
/// nothing changes.
///
/// # Errors
/// [`Refusal::NotFound`] if nobody has the handle; [`Refusal::Invalid`] for oneself; [`Refusal::AlreadyFriends`];
/// [`Refusal::Conflict`] if the actor has blocked them, and if either has too many friends or open requests;
/// [`Refusal::Remote`].
pub async fn ask(backend: &Backend, actor: &Actor, handle: &str) -> Result<FriendRequest, Refusal> {
    let user = actor.as_user()?;
    let other = users::by_handle(backend, handle).await?;
    if other.key == *user {
        return Err(Refusal::invalid("username", "malformed", "is somebody else"));
    }
    retry_on_conflict!(backend, {
        let mut pair = Pair::load(backend, user.id, &other.key).await?;
        match pair.mine.now.standing() {
            Standing::Friends => return Err(Refusal::AlreadyFriends.into()),
            Standing::Asked => {
                let (me, other) = pair.profiles(backend).await?;
                return Ok(pair.request(me, other));
            }
            Standing::Apart | Standing::IsAsked => {}
        }
        if backend.store.block(user.id, &other.key).await?.is_some() {
            return Err(Refusal::Conflict("you have blocked this user; unblock them first").into());
        }
        pair.have_room(backend).await?;
        pair.mine.now.ask();
        let not_blocked = RecordGuard::<Block>::Absent((user.id, other.key.clone()));
        let settled = pair.settle(backend, Change::default().guard(not_blocked)).await?;
        backend.commit(actor, settled.change).await?;
        pair.tell(backend);
        pair.request(settled.me, settled.other)
    })
}

/// Accepts a request to the actor.
///
/// # Errors
/// [`Refusal::NotFound`] if there is none with this id; [`Refusal::Conflict`] if either has too many friends.
pub async fn accept(backend: &Backend, actor: &Actor, id: FriendRequestId) -> Result<Friend, Refusal> {
    retry_on_conflict!(backend, {
        let mut pair = Pair::of_request(backend, actor, id, Standing::IsAsked).await?;
        pair.have_room(backend).await?;
        pair.mine.now.ask();
        let settled = pair.settle(backend, Change::default()).await?;
        backend.commit(actor, settled.change).await?;
        pair.tell(backend);
        Friend { user: settled.other, since: pair.mine.now.since }
    })
}

/// Declines a request to the actor.
///
/// # Errors
/// [`Refusal::NotFound`] if there is none with this id.
pub async fn decline(backend: &Backend, actor: &Actor, id: FriendRequestId) -> Result<(), Refusal> {
    close(backend, actor, id, Standing::IsAsked).await
}

/// Withdraws a request of the actor.
///
/// # Errors
/// [`Refusal::NotFound`] if there is none with this id.
pub async fn cancel(backend: &Backend, actor: &Actor, id: FriendRequestId) -> Result<(), Refusal> {
    close(backend, actor, id, Standing::Asked).await
}

async fn close(backend: &Backend, actor: &Actor, id: FriendRequestId, standing: Standing) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let mut pair = Pair::of_request(backend, actor, id, standing).await?;
        pair.mine.now.end();
        backend.commit(actor, pair.settle(backend, Change::default()).await?.change).await?;
        pair.tell(backend);
    })
}

/// Ends a friendship.
///
/// # Errors
/// [`Refusal::NotFound`] if they are no friends.
pub async fn remove(backend: &Backend, actor: &Actor, other: &UserKey) -> Result<(), Refusal> {
    let user = actor.as_user()?.id;
    retry_on_conflict!(backend, {
        let mut pair = Pair::load(backend, user, other).await?;
        if pair.mine.now.standing() != Standing::Friends {
            return Err(Refusal::NotFound.into());
        }
        pair.mine.now.end();
        backend.commit(actor, pair.settle(backend, Change::default()).await?.change).await?;
        pair.tell(backend);
    })
}

/// Lists the friends of the actor, after `after`.
///
/// # Errors
/// Only when the store fails.
pub async fn list(
    backend: &Backend,
    actor: &Actor,
    after: Option<&UserKey>,
    limit: u32,
) -> Result<Vec<Friend>, Refusal> {
    let page = backend.store.friendships(actor.as_user()?.id, Standing::Friends, after, limit).await?;
    since(backend, page.into_iter().map(|kept| (kept.other, kept.since)).collect()).await
}

/// Users with their profiles, each with a time.
pub(super) async fn since(backend: &Backend, users: Vec<(UserKey, Timestamp)>) -> Result<Vec<Friend>, Refusal> {
    let profiles = users::profiles(backend, users.iter().map(|(user, _)| user)).await?;
    let friend = |(user, since)| Friend { user: users::known_or_gone(&profiles, &user), since };
    Ok(users.into_iter().map(friend).collect())
}

/// Lists the open requests to the actor or of them, after the one with `after`.
///
/// # Errors
/// Only when the store fails.
pub async fn requests(
    backend: &Backend,
    actor: &Actor,
    direction: Direction,
    after: Option<&UserKey>,
    limit: u32,
) -> Result<Vec<(UserKey, FriendRequest)>, Refusal> {
    let user = actor.as_user()?;
    let standing = match direction {
        Direction::Incoming => Standing::IsAsked,
        Direction::Outgoing => Standing::Asked,
    };
    let page = backend.store.friendships(user.id, standing, after, limit).await?;
    let everybody = page.iter().map(|kept| &kept.other).chain(std::iter::once(user));
    let profiles = users::profiles(backend, everybody).await?;
    let request = |kept: Friendship| {
        let (me, other) = (users::known_or_gone(&profiles, user), users::known_or_gone(&profiles, &kept.other));
        let request = of_kept(&kept, standing, me, other);
        (kept.other, request)
    };
    Ok(page.into_iter().map(request).collect())
}

/// What is open between two users goes, as one of them blocks the other: a friendship ends, a request of the other is
/// shown no more, and one's own is withdrawn.
pub(super) async fn part(backend: &Backend, user: UserId, other: &UserKey, change: Change) -> Result<Change, Refusal> {
    let mut pair = Pair::load(backend, user, other).await?;
    match pair.mine.now.standing() {
        Standing::Friends | Standing::Asked => pair.mine.now.end(),
        Standing::Apart | Standing::IsAsked => {}
    }
    pair.mine.now.ignore();
    Ok(pair.settle(backend, change).await?.change)
}

/// Takes what a user of another backend said last about a user of this one, as their home tells it; gives what that one
/// said.
///
/// # Errors
/// [`Refusal::NotFound`] if there is no such user here; [`Refusal::Conflict`] if they have too many friends or open requests.
pub async fn hear(backend: &Backend, from: &UserKey, to: UserId, said: Said) -> Result<Told, Refusal> {
    accounts::active(backend, to).await?.ok_or(Refusal::NotFound)?;
    users::meet(backend, from).await?;
    retry_on_conflict!(backend, {
        let mut pair = Pair::load(backend, to, from).await?;
        let is_new = pair.mine.now.hear(said.by(&pair.mine.now));
        pair.ignore_blocked(backend, is_new).await?;
        if is_new && pair.mine.standing_before() == Standing::Apart && pair.mine.now.standing() != Standing::Apart {
            pair.have_room(backend).await?;
        }
        if is_new {
            backend.commit(None, pair.settle(backend, Change::default()).await?.change).await?;
        }
        pair.mine.now.own
    })
}

/// What another backend says that its user said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Said {
    /// Whether they want to be friends.
    pub wants: bool,
    /// Its number; the next one, where it has none.
    pub number: Option<u64>,
    /// The last thing of the other that they put an end to; of who does not want it and says nothing, all.
    pub ended: Option<u64>,
}

impl Said {
    fn by(self, kept: &Friendship) -> Told {
        let ended = if self.wants { kept.heard.ended } else { kept.own.number };
        Told {
            number: self.number.unwrap_or(kept.heard.number.saturating_add(1)),
            wants: self.wants,
            // What was not said yet cannot have been ended.
            ended: self.ended.unwrap_or(ended).min(kept.own.number),
        }
    }
}

/// Tells another backend what users of this one said about users of it; says whether it heard all. What it
/// refuses for good counts as heard.
pub(super) async fn tell(backend: &Backend, home: &Domain) -> Result<bool, Refusal> {
    loop {
        let page = backend.store.untold_friendships(home, PAGE).await?;
        for kept in &page {
            let me = Qualified::new(kept.user, backend.domain.clone());
            let reaction = match backend.peers.connect(&me, &kept.other, kept.own).await {
                Ok(reaction) => Some(reaction),
                Err(PeerError::Refused(_)) => None,
                Err(_) => {
                    backend.peers.compare(home, When::Reachable);
                    return Ok(false);
                }
            };
            was_told(backend, kept, reaction).await?;
        }
        if page.len() < PAGE as usize {
            return Ok(true);
        }
    }
}

/// Takes that the home of the other has heard what was said, and what the other has said.
async fn was_told(backend: &Backend, kept: &Friendship, reaction: Option<Told>) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let mut pair = Pair::load(backend, kept.user, &kept.other).await?;
        let now = &mut pair.mine.now;
        now.is_told |= now.own == kept.own;
        if let Some(told) = reaction {
            let told = Told { ended: told.ended.min(now.own.number), ..told };
            let is_new = now.hear(told);
            pair.ignore_blocked(backend, is_new).await?;
        }
        let settled = pair.settle(backend, Change::default()).await?;
        backend.commit(None, settled.change).await?;
    })
}

/// Whether two users are friends, as far as this backend knows. One of them is its own.
pub(super) async fn are(backend: &Backend, user: UserId, other: &UserKey) -> Result<bool, StoreError> {
    let kept = backend.store.friendship(user, other).await?;
    Ok(kept.is_some_and(|kept| kept.standing() == Standing::Friends))
}

/// Puts an end to what a deleted user said of another, and to what that one asked for.
pub(super) async fn end(backend: &Backend, user: UserId, other: &UserKey) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let mut pair = Pair::load(backend, user, other).await?;
        pair.mine.now.end();
        backend.commit(None, pair.settle(backend, Change::default()).await?.change).await?;
        pair.tell(backend);
    })
}

/// The friends of a user who are of a backend.
pub(super) async fn of_home(backend: &Backend, user: UserId, home: &Domain) -> Result<Vec<UserKey>, StoreError> {
    let mut found = all(backend, user).await?;
    found.retain(|other| other.home == *home);
    Ok(found)
}

/// The friends of a user.
pub(super) async fn all(backend: &Backend, user: UserId) -> Result<Vec<UserKey>, StoreError> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = backend.store.friendships(user, Standing::Friends, after.as_ref(), MOST).await?;
        let is_last = page.len() < MOST as usize;
        after = page.last().map(|last| last.other.clone());
        found.extend(page.into_iter().map(|kept| kept.other));
        if is_last {
            return Ok(found);
        }
    }
}

/// What is kept for one of two users, before and after a change.
struct Side {
    before: Option<Friendship>,
    now: Friendship,
}

impl Side {
    async fn load(backend: &Backend, user: UserId, other: &UserKey) -> Result<Self, StoreError> {
        let before = backend.store.friendship(user, other).await?;
        let new = || Friendship::new(user, other.clone(), backend.id(), backend.now());
        Ok(Self { now: before.clone().unwrap_or_else(new), before })
    }

    fn standing_before(&self) -> Standing {
        self.before.as_ref().map_or(Standing::Apart, Friendship::standing)
    }
}

/// What is kept of two users.
struct Pair {
    mine: Side,
    /// That of the other, if they are a user of this backend as well.
    theirs: Option<Side>,
}

/// What is to be committed of a pair, and who they are.
struct Settled {
    change: Change,
    me: User,
    other: User,
}

impl Pair {
    async fn load(backend: &Backend, user: UserId, other: &UserKey) -> Result<Self, StoreError> {
        let mine = Side::load(backend, user, other).await?;
        let theirs = match other.home == backend.domain {
            true => Some(Side::load(backend, other.id, &Qualified::new(user, backend.domain.clone())).await?),
            false => None,
        };
        Ok(Self { mine, theirs })
    }

    /// The pair of a request of the actor that stands so.
    async fn of_request(
        backend: &Backend,
        actor: &Actor,
        id: FriendRequestId,
        standing: Standing,
    ) -> Result<Self, Refusal> {
        let user = actor.as_user()?.id;
        let kept = backend.store.friendship_by_request(user, id).await?;
        let kept = kept.filter(|kept| kept.standing() == standing).ok_or(Refusal::NotFound)?;
        Ok(Self::load(backend, user, &kept.other).await?)
    }

    /// Has the other's home hear of it.
    fn tell(&self, backend: &Backend) {
        if !self.mine.now.is_told {
            backend.peers.compare(&self.mine.now.other.home, When::Soon);
        }
    }

    /// Whether both may have one more friend or open request. Many at a time may pass it by a few.
    async fn have_room(&self, backend: &Backend) -> Result<(), Refusal> {
        let sides = std::iter::once(&self.mine).chain(&self.theirs);
        for side in sides {
            for standing in [Standing::Friends, Standing::Asked, Standing::IsAsked] {
                if backend.store.friendship_count(side.now.user, standing).await? >= MOST {
                    return Err(Refusal::Conflict("one of you has too many friends or open requests"));
                }
            }
        }
        Ok(())
    }

    /// Shows the user nothing of what somebody says whom they have blocked.
    async fn ignore_blocked(&mut self, backend: &Backend, is_new: bool) -> Result<(), StoreError> {
        let Friendship { user, other, .. } = &self.mine.now;
        if is_new && backend.store.block(*user, other).await?.is_some() {
            self.mine.now.ignore();
        }
        Ok(())
    }

    /// Has both sides hear of each other; gives what is to be committed, with the events.
    async fn settle(&mut self, backend: &Backend, change: Change) -> Result<Settled, Refusal> {
        let (user, other) = (self.mine.now.user, self.mine.now.other.clone());
        let me = Qualified::new(user, backend.domain.clone());
        let mut guards = Vec::new();
        if let Some(theirs) = &mut self.theirs {
            let is_new = theirs.now.hear(self.mine.now.own);
            let block = backend.store.block(other.id, &me).await?;
            if is_new && block.is_some() {
                theirs.now.ignore();
            }
            guards.push(match block {
                Some(block) => RecordGuard::Is(block),
                None => RecordGuard::Absent((other.id, me.clone())),
            });
            self.mine.now.hear(theirs.now.own);
            (self.mine.now.is_told, theirs.now.is_told) = (true, true);
        }
        let now = backend.now();
        let mut request = None;
        for side in std::iter::once(&mut self.mine).chain(&mut self.theirs) {
            let (before, after) = (side.standing_before(), side.now.standing());
            if before == after {
                continue;
            }
            side.now.since = now;
            if matches!(after, Standing::Asked | Standing::IsAsked) {
                side.now.request = *request.get_or_insert_with(|| backend.id());
            }
        }
        let (me, other) = self.profiles(backend).await?;
        let change = guards.into_iter().fold(change, Change::guard);
        let change = put(&self.mine, change, &me, &other);
        let change = self.theirs.iter().fold(change, |change, theirs| put(theirs, change, &other, &me));
        Ok(Settled { change, me, other })
    }

    /// The user of this backend and the other.
    async fn profiles(&self, backend: &Backend) -> Result<(User, User), Refusal> {
        let Friendship { user, other, .. } = &self.mine.now;
        let me = Qualified::new(*user, backend.domain.clone());
        let profiles = users::profiles(backend, [&me, other].into_iter()).await?;
        Ok((users::known_or_gone(&profiles, &me), users::known_or_gone(&profiles, other)))
    }

    /// The request that is open, or that led to what there is now.
    fn request(&self, me: User, other: User) -> FriendRequest {
        let standing = match self.mine.standing_before() {
            Standing::IsAsked => Standing::IsAsked,
            _ => Standing::Asked,
        };
        of_kept(&self.mine.now, standing, me, other)
    }
}

/// Adds what is written for one side, and what they are told.
fn put(side: &Side, change: Change, me: &User, other: &User) -> Change {
    if side.before.as_ref() == Some(&side.now) {
        return change;
    }
    let change = match &side.before {
        Some(before) => change.guard(RecordGuard::Is(before.clone())),
        None => change.guard(RecordGuard::<Friendship>::Absent((side.now.user, side.now.other.clone()))),
    };
    let told = happened(side, me, other).into_iter();
    told.fold(change.put(side.now.clone()), |change, event| change.user_event(&me.key, event))
}

/// What one of the two is told.
fn happened(side: &Side, me: &User, other: &User) -> Vec<EventBody> {
    use Standing::{Apart, Asked, Friends, IsAsked};
    let (before, after) = (side.standing_before(), side.now.standing());
    if before == after {
        return Vec::new();
    }
    let mut events = Vec::new();
    let kept = side.before.as_ref().unwrap_or(&side.now);
    let former = || of_kept(kept, before, me.clone(), other.clone());
    match (before, after) {
        (Friends, _) => events.push(EventBody::FriendRemoved { user: side.now.other.clone() }),
        (_, Friends) => events.push(EventBody::FriendRequestAccepted(former())),
        (Asked, _) if side.now.own.wants => events.push(EventBody::FriendRequestDeclined(former())),
        (IsAsked, _) if side.now.heard.wants && side.now.own.ended >= side.now.heard.number => {
            events.push(EventBody::FriendRequestDeclined(former()));
        }
        (Asked | IsAsked, _) => events.push(EventBody::FriendRequestCancelled(former())),
        (Apart, _) => {}
    }
    if matches!(after, Asked | IsAsked) {
        events.push(EventBody::FriendRequestReceived(of_kept(&side.now, after, me.clone(), other.clone())));
    }
    events
}

/// The request of what is kept; `standing` says whose it is.
fn of_kept(kept: &Friendship, standing: Standing, me: User, other: User) -> FriendRequest {
    let (from, to) = if standing == Standing::Asked { (me, other) } else { (other, me) };
    FriendRequest { id: kept.request, from, to, created_at: kept.since }
}

/// How many another backend is told of at once.
const PAGE: u32 = 100;

/// The most friends of a user, and the most open requests of them and to them.
const MOST: u32 = 1_000;
