//! The friends of the caller, the open requests, and whom they have blocked: read in pages, then kept up by the events.
//!
//! The object is [`chat::Friends`](crate::chat::Friends). What keeps the lists is pure. What the caller does shows at
//! once: it lies over what the backend told until the backend has answered. Blocks have no events: they are read with
//! each connection, and after the caller has changed one.

#[cfg(test)]
mod convergence;
mod overlay;
mod pages;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use beep_core::id::{FriendRequestId, UserId};
use beep_proto::gateway::{Event, EventData};
use beep_proto::id::{Bare, Full};
use beep_proto::time::Time;
use beep_proto::view::{FriendRequest, User};
use serde::Serialize;

pub(crate) use self::pages::{FriendPage, page_call, read_page};

pub(crate) use self::overlay::Effect;
use self::overlay::{Held, MAX_ROWS, Overlay};
use crate::error::Error;
use crate::failure::{Failure, Outlook};
use crate::moment::{Attempts, Moment};
use crate::observe::ObservedList;
use crate::sorted::SortedSet;

/// One of the lists.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FriendList {
    /// The friends.
    Friends,
    /// Those whose request waits for an answer of the caller.
    Incoming,
    /// Those whom the caller has asked.
    Outgoing,
    /// Those whom the caller has blocked.
    Blocked,
}

impl FriendList {
    /// Every list.
    pub const ALL: [Self; 4] = [Self::Friends, Self::Incoming, Self::Outgoing, Self::Blocked];
}

/// Somebody in one of the lists.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FriendRow {
    /// The list.
    pub list: FriendList,
    /// Who.
    pub user: Full<UserId>,
    /// The profile; `None` until it is read.
    pub profile: Option<User>,
    /// The request, in the lists of requests.
    pub request: Option<Bare<FriendRequestId>>,
    /// Since when they are in the list.
    pub since: Time,
}

/// How far a list is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FriendListStatus {
    /// Whether the rows are all there are.
    pub is_loaded: bool,
    /// Why they could not be read. A temporary failure is tried again by itself.
    pub failure: Option<Failure>,
}

/// The lists of the caller.
#[derive(Debug)]
pub(crate) struct FriendLists {
    me: Full<UserId>,
    /// What the backend told.
    held: Held,
    /// The same with what the caller does, as of the last [`Self::settle`].
    shown: Held,
    /// Who was blocked in an earlier run, until it is read again.
    blocked_before: Option<SortedSet<Full<UserId>>>,
    lists: [Listing; 4],
    overlays: Vec<Overlay>,
    numbers: u64,
    is_changed: bool,
    is_unsaved: bool,
}

/// One list.
#[derive(Debug)]
struct Listing {
    rows: ObservedList<Arc<FriendRow>>,
    /// Whether somebody looks at it.
    is_asked_for: bool,
    is_loaded: bool,
    /// Whether it is whole with the events that are told.
    is_current: bool,
    /// Whether it is to be read.
    is_wanted: bool,
    reading: Option<Reading>,
    attempts: Attempts,
    failure: Option<Failure>,
    /// Whether views are to be told that it is read, or why not.
    is_status_new: bool,
}

/// Pages that were read so far.
#[derive(Debug, Default)]
struct Reading {
    token: u64,
    /// Whether the next page is to be asked for, and where it begins.
    next: Option<Option<String>>,
    rows: Vec<Arc<FriendRow>>,
    /// Whether somebody came or left meanwhile, so that a page may be older.
    is_outdated: bool,
    /// Profiles that changed meanwhile.
    profiles: Vec<User>,
}

impl FriendLists {
    /// Knows nobody.
    pub(crate) fn new(me: Full<UserId>) -> Self {
        let lists = FriendList::ALL.map(|list| {
            Listing {
                rows: ObservedList::default(),
                // Requests are counted, and messages of the blocked are hidden, whatever is looked at.
                is_asked_for: matches!(list, FriendList::Incoming | FriendList::Blocked),
                is_loaded: false,
                is_current: false,
                is_wanted: false,
                reading: None,
                attempts: Attempts::default(),
                failure: None,
                is_status_new: false,
            }
        });
        Self {
            me,
            held: Held::default(),
            shown: Held::default(),
            blocked_before: None,
            lists,
            overlays: Vec::new(),
            numbers: 0,
            is_changed: false,
            is_unsaved: false,
        }
    }

    /// Takes who was blocked when it was stored.
    pub(crate) fn restore(&mut self, blocked: SortedSet<Full<UserId>>) {
        self.blocked_before = Some(blocked);
    }

    /// Who is blocked, to store.
    pub(crate) fn blocked(&self) -> SortedSet<Full<UserId>> {
        self.held.of(FriendList::Blocked).map(|row| row.user.clone()).collect()
    }

    /// Whether who is blocked changed since the last call, and is to be stored.
    pub(crate) fn take_unsaved(&mut self) -> bool {
        std::mem::take(&mut self.is_unsaved)
    }

    /// Somebody looks at a list; says whether that is new.
    pub(crate) fn want(&mut self, list: FriendList) -> bool {
        let listing = &mut self.lists[list as usize];
        let is_new = !std::mem::replace(&mut listing.is_asked_for, true);
        listing.is_wanted |= is_new && !listing.is_current;
        is_new
    }

    /// The rows of a list as of the last [`Self::settle`], newest first, to watch.
    pub(crate) fn rows(&mut self, list: FriendList) -> &mut ObservedList<Arc<FriendRow>> {
        &mut self.lists[list as usize].rows
    }

    /// How far a list is read.
    pub(crate) fn status(&self, list: FriendList) -> FriendListStatus {
        let listing = &self.lists[list as usize];
        FriendListStatus { is_loaded: listing.is_loaded, failure: listing.failure.clone() }
    }

    /// The row of somebody: among the blocked, or in the one of the other lists that they are in.
    pub(crate) fn relation(&self, user: &Full<UserId>) -> Option<Arc<FriendRow>> {
        self.shown.get(user).cloned()
    }

    /// Whether the caller has blocked somebody.
    pub(crate) fn is_blocked(&self, user: &Full<UserId>) -> bool {
        self.shown.get(user).is_some_and(|row| row.list == FriendList::Blocked)
            || self.blocked_before.as_ref().is_some_and(|blocked| blocked.contains(user))
    }

    /// A request that is shown.
    pub(crate) fn request(&self, list: FriendList, request: Bare<FriendRequestId>) -> Option<Arc<FriendRow>> {
        self.shown.of(list).find(|row| row.request == Some(request)).cloned()
    }

    /// The caller does something, which shows until [`Self::ended`] is called with the number.
    pub(crate) fn begin(&mut self, effect: Option<Effect>) -> u64 {
        self.numbers += 1;
        self.is_changed |= effect.is_some();
        self.overlays.push(Overlay { number: self.numbers, effect, told: Vec::new(), is_overtaken: false });
        self.numbers
    }

    /// What the caller did ended: with what it changed, if that is more than was shown, or without a change.
    pub(crate) fn ended(&mut self, number: u64, outcome: Result<Option<Effect>, ()>) {
        let Some(at) = self.overlays.iter().position(|overlay| overlay.number == number) else { return };
        let Overlay { effect: shown, told, is_overtaken, .. } = self.overlays.remove(at);
        self.is_changed = true;
        let is_block = shown.as_ref().is_some_and(Effect::is_block);
        if let Ok(answer) = outcome
            && let Some(effect) = answer.or(shown)
        {
            let is_newest = !is_overtaken && !told.contains(effect.user());
            self.outdate();
            if is_newest {
                self.held.apply(effect)
            } else {
                self.held.apply_block(effect)
            }
            self.is_unsaved |= is_block;
        }
        // Two changes of one block may have been carried out in any order, and one without an answer too.
        if is_block {
            self.restart_list(FriendList::Blocked);
        }
    }

    /// A snapshot came: what is known is shown until it was read again.
    pub(crate) fn restart(&mut self) {
        for list in FriendList::ALL {
            self.restart_list(list);
            self.lists[list as usize].is_current = false;
        }
        self.overlays.iter_mut().for_each(|overlay| overlay.is_overtaken = true);
    }

    /// The events go on where they stopped.
    pub(crate) fn resumed(&mut self) {
        self.restart_list(FriendList::Blocked);
        for listing in self.lists.iter_mut().filter(|listing| !listing.is_current && listing.reading.is_none()) {
            listing.is_wanted = listing.is_asked_for;
        }
    }

    /// Follows an event.
    pub(crate) fn apply(&mut self, event: &Event) {
        let effect = match &event.data {
            EventData::FriendRequestReceived(request) => Effect::Enter(Arc::new(self.requested(request))),
            EventData::FriendRequestAccepted(request) => {
                let user = self.other(request).clone();
                Effect::Enter(Arc::new(FriendRow::new(FriendList::Friends, user, event.at)))
            }
            EventData::FriendRequestDeclined(request) | EventData::FriendRequestCancelled(request) => {
                Effect::Leave(self.other(request).id.clone())
            }
            EventData::FriendRemoved(gone) => Effect::Leave(gone.user.clone()),
            EventData::UserUpdated(user) => return self.renamed(user),
            _ => return,
        };
        self.overlays.iter_mut().for_each(|overlay| overlay.told.push(effect.user().clone()));
        self.outdate();
        self.held.apply(effect);
        self.is_changed = true;
    }

    /// What waits is tried at once.
    pub(crate) fn hurry(&mut self) {
        self.lists.iter_mut().for_each(|listing| listing.attempts.hurry());
    }

    /// The next page to ask for, with what its answer is known by.
    pub(crate) fn next(&mut self, now: Moment) -> Option<(FriendList, u64, Option<String>)> {
        let Self { lists, numbers, .. } = self;
        FriendList::ALL.into_iter().zip(lists).find_map(|(list, listing)| {
            if !listing.attempts.is_due(now) {
                return None;
            }
            if listing.reading.is_none() && std::mem::take(&mut listing.is_wanted) {
                listing.reading = Some(Reading { next: Some(None), ..Reading::default() });
            }
            let reading = listing.reading.as_mut()?;
            let cursor = reading.next.take()?;
            *numbers += 1;
            reading.token = *numbers;
            Some((list, *numbers, cursor))
        })
    }

    /// When a pause ends.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.lists.iter().filter(|listing| listing.is_wanted).filter_map(|listing| listing.attempts.due()).min()
    }

    /// Takes the answer to a page.
    pub(crate) fn answered(&mut self, list: FriendList, token: u64, answer: Result<FriendPage, Error>, now: Moment) {
        let listing = &mut self.lists[list as usize];
        let Some(mut reading) = listing.reading.take_if(|reading| reading.token == token) else { return };
        self.is_changed = true;
        match answer {
            Ok(page) => {
                reading.rows.extend(page.rows.into_iter().map(Arc::new));
                if reading.is_outdated {
                    return self.restart_list(list);
                }
                if page.next.is_some() && reading.rows.len() < MAX_ROWS {
                    listing.reading = Some(Reading { next: Some(page.next), ..reading });
                    return;
                }
                listing.is_status_new = !listing.is_loaded || listing.failure.is_some();
                (listing.failure, listing.is_loaded, listing.is_current) = (None, true, true);
                listing.attempts.succeeded();
                self.held.replace(list, reading.rows);
                for user in &reading.profiles {
                    self.held.rename(user);
                }
                if list == FriendList::Blocked {
                    (self.blocked_before, self.is_unsaved) = (None, true);
                }
            }
            Err(error) => {
                (listing.failure, listing.is_status_new) = (Some((&error).into()), true);
                let pause = match Outlook::of(&error) {
                    Outlook::Lasting => return,
                    Outlook::Limited(pause) => Some(pause),
                    Outlook::Transient | Outlook::SignedOut => None,
                };
                listing.is_wanted = true;
                listing.attempts.failed(pause, now);
            }
        }
    }

    /// The rows follow.
    pub(crate) fn settle(&mut self) {
        if !std::mem::take(&mut self.is_changed) {
            return;
        }
        self.shown = self.held.clone();
        for overlay in &self.overlays {
            if let Some(effect) = overlay.effect.clone() {
                self.shown.apply(effect);
            }
        }
        for (list, listing) in FriendList::ALL.into_iter().zip(&mut self.lists) {
            let mut rows: Vec<Arc<FriendRow>> = Vec::new();
            for row in self.shown.of(list) {
                // Few at a time: a sort of its own would be a part of the browser's module.
                let at = rows.partition_point(|other| (other.since, &row.user) > (row.since, &other.user));
                rows.insert(at, row.clone());
            }
            listing.rows.replace(rows, |row| row.user.clone());
            if std::mem::take(&mut listing.is_status_new) {
                listing.rows.repeat();
            }
        }
    }

    /// The row of a request: that of the other one.
    pub(crate) fn requested(&self, request: &FriendRequest) -> FriendRow {
        let list = if request.from.id == self.me { FriendList::Outgoing } else { FriendList::Incoming };
        FriendRow::asked(list, request.clone())
    }

    fn other<'a>(&self, request: &'a FriendRequest) -> &'a User {
        if request.from.id == self.me { &request.to } else { &request.from }
    }

    fn renamed(&mut self, user: &User) {
        self.is_changed |= self.held.rename(user);
        for reading in self.lists.iter_mut().filter_map(|listing| listing.reading.as_mut()) {
            // Its pages may be older.
            if reading.profiles.len() < MAX_PROFILES {
                reading.profiles.push(user.clone());
            } else {
                reading.is_outdated = true;
            }
        }
    }

    fn restart_list(&mut self, list: FriendList) {
        let listing = &mut self.lists[list as usize];
        listing.reading = None;
        listing.is_wanted = listing.is_asked_for;
        if !listing.is_asked_for {
            listing.is_loaded = false;
            self.held.replace(list, Vec::new());
        }
        self.is_changed = true;
    }

    /// Who is in which list changed: pages that are under way may be older.
    fn outdate(&mut self) {
        let readings = self.lists.iter_mut().filter_map(|listing| listing.reading.as_mut());
        readings.for_each(|reading| reading.is_outdated = true);
    }
}

impl FriendRow {
    fn new(list: FriendList, profile: User, since: Time) -> Self {
        Self { list, user: profile.id.clone(), profile: Some(profile), request: None, since }
    }

    /// That of the other one of a request.
    fn asked(list: FriendList, request: FriendRequest) -> Self {
        let other = if list == FriendList::Incoming { request.from } else { request.to };
        Self { request: Some(request.id), ..Self::new(list, other, request.created_at) }
    }
}

/// How many profiles may change while a list is read.
const MAX_PROFILES: usize = 64;
