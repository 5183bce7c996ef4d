//! Who is in which list, and what the caller does to that while the backend has not answered.

use std::sync::Arc;

use beep_core::id::UserId;
use beep_proto::id::Full;
use beep_proto::view::User;

use super::{FriendList, FriendRow};

/// Who is in which list, in no order. Friends and those with an open request exclude each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Held(Vec<Arc<FriendRow>>);

/// What an action or an event changes.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// Somebody is in this list.
    Enter(Arc<FriendRow>),
    /// They are no friend, and no request is open.
    Leave(Full<UserId>),
    /// They are not blocked.
    Unblock(Full<UserId>),
}

/// An action that the backend has not answered.
#[derive(Debug)]
pub(super) struct Overlay {
    pub(super) number: u64,
    /// What it shows.
    pub(super) effect: Option<Effect>,
    /// Those whom an event told of meanwhile: it may be newer than the answer.
    pub(super) told: Vec<Full<UserId>>,
    /// Whether everything was read anew meanwhile.
    pub(super) is_overtaken: bool,
}

impl Effect {
    /// Whom it is about.
    pub(super) fn user(&self) -> &Full<UserId> {
        match self {
            Self::Enter(row) => &row.user,
            Self::Leave(user) | Self::Unblock(user) => user,
        }
    }

    /// Whether it changes who is blocked, of which no event tells.
    pub(super) fn is_block(&self) -> bool {
        match self {
            Self::Enter(row) => row.list == FriendList::Blocked,
            Self::Leave(_) => false,
            Self::Unblock(_) => true,
        }
    }
}

impl Held {
    pub(super) fn of(&self, list: FriendList) -> impl Iterator<Item = &Arc<FriendRow>> {
        self.0.iter().filter(move |row| row.list == list)
    }

    /// The row of somebody: that of a block before any other.
    pub(super) fn get(&self, user: &Full<UserId>) -> Option<&Arc<FriendRow>> {
        self.0.iter().filter(|row| row.user == *user).max_by_key(|row| row.list)
    }

    /// Makes these the rows of a list; they are in no other one that excludes it.
    pub(super) fn replace(&mut self, list: FriendList, rows: Vec<Arc<FriendRow>>) {
        let excludes = |other: FriendList| list != FriendList::Blocked && other != FriendList::Blocked;
        let is_moved = |other: &FriendRow| excludes(other.list) && rows.iter().any(|row| row.user == other.user);
        self.drop_where(&|row| row.list == list || is_moved(row));
        self.0.extend(rows);
    }

    pub(super) fn apply(&mut self, effect: Effect) {
        match effect {
            Effect::Enter(row) => {
                self.leave(&row.user);
                self.put(row);
            }
            Effect::Leave(user) => self.leave(&user),
            Effect::Unblock(user) => self.unblock(&user),
        }
    }

    /// Changes only who is blocked.
    pub(super) fn apply_block(&mut self, effect: Effect) {
        match effect {
            Effect::Enter(row) if row.list == FriendList::Blocked => self.put(row),
            Effect::Enter(_) | Effect::Leave(_) => {}
            Effect::Unblock(user) => self.unblock(&user),
        }
    }

    /// Somebody has another profile; says whether they are in a list.
    pub(super) fn rename(&mut self, user: &User) -> bool {
        let mut is_there = false;
        for row in self.0.iter_mut().filter(|row| row.user == user.id) {
            is_there = true;
            Arc::make_mut(row).profile = Some(user.clone());
        }
        is_there
    }

    /// Beyond [`MAX_ROWS`] nobody is added.
    fn put(&mut self, row: Arc<FriendRow>) {
        self.drop_where(&|other| other.list == row.list && other.user == row.user);
        if self.0.len() < MAX_ROWS {
            self.0.push(row);
        }
    }

    fn leave(&mut self, user: &Full<UserId>) {
        self.drop_where(&|row| row.user == *user && row.list != FriendList::Blocked);
    }

    fn unblock(&mut self, user: &Full<UserId>) {
        self.drop_where(&|row| row.user == *user && row.list == FriendList::Blocked);
    }

    fn drop_where(&mut self, is_gone: &dyn Fn(&FriendRow) -> bool) {
        self.0.retain(|row| !is_gone(row));
    }
}

/// The most rows that are held, and that are read of one list.
pub(super) const MAX_ROWS: usize = 20_000;
