//! People and members of servers as an app holds them.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use beep_core::id::{SpaceId, UserId};
use beep_proto::id::Full;

use super::machine::MembersView;
use super::shared::{Inner, Shared};
use crate::failure::Failure;
use crate::member_list::{MemberList, MemberRow};
use crate::observe::ObservedList;
use crate::people::{PeopleChanges, Shown};
use crate::watch::{Changes, Latest};

/// Who is who, from [`Chat::people`](crate::Chat::people).
#[derive(Clone)]
pub struct People(pub(super) Arc<Shared>);

impl People {
    /// Somebody as they are shown, in a server or apart from any; to be called whenever they are drawn. What is not known
    /// is asked for, and [`Self::changes`] tells when it is.
    pub fn show(&self, server: Option<&Full<SpaceId>>, user: &Full<UserId>) -> Shown {
        let (shown, is_wanted) = {
            let machine = &mut self.0.lock().machine;
            (machine.shown(server, user), machine.people.take_wanted())
        };
        if is_wanted {
            self.0.wishes.ring();
        }
        shown
    }

    /// Who is to be drawn again, from now on.
    pub fn changes(&self) -> PeopleChanges {
        self.0.lock().watchers.people.watch()
    }
}

/// The members of a server, from [`Chat::members`](crate::Chat::members), kept up while the handle or a clone of it
/// exists. Each call gives another list, which shows its own range and searches for itself.
#[derive(Clone)]
pub struct Members(Arc<View>);

struct View {
    shared: Arc<Shared>,
    server: Full<SpaceId>,
    number: MembersView,
}

impl Drop for View {
    fn drop(&mut self) {
        self.shared.wish(|machine, _| machine.close_members(self.number));
    }
}

impl Members {
    pub(super) fn new(shared: Arc<Shared>, server: Full<SpaceId>) -> Self {
        let number = shared.wish(|machine, _| machine.open_members(&server));
        Self(Arc::new(View { shared, server, number }))
    }

    /// The server.
    pub fn server(&self) -> &Full<SpaceId> {
        &self.0.server
    }

    /// The rows that are shown: those of [`Self::show`], of which the first is at [`Self::start`].
    pub fn rows(&self) -> Vec<MemberRow> {
        self.look(|list| list.rows().rows().to_vec()).unwrap_or_default()
    }

    /// The changes of these rows.
    pub fn changes(&self) -> Changes<MemberRow> {
        let Inner { machine, watchers, .. } = &mut *self.0.shared.lock();
        let watchers = watchers.members.get_or_insert_with(self.0.number, Default::default);
        let mut none = ObservedList::default();
        watchers.watch(machine.members(self.0.number).map_or(&mut none, MemberList::rows))
    }

    /// The place of the first row in the whole list.
    pub fn start(&self) -> usize {
        self.look(|list| list.start()).unwrap_or_default()
    }

    /// How many rows the whole list has, as far as that is known: of many members it grows as they are loaded.
    pub fn len(&self) -> usize {
        self.look(|list| list.len()).unwrap_or_default()
    }

    /// Whether the list has no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The changes of [`Self::len`].
    pub fn len_changes(&self) -> Latest<usize> {
        let Inner { machine, watchers, .. } = &mut *self.0.shared.lock();
        let watchers = watchers.member_counts.get_or_insert_with(self.0.number, Default::default);
        let mut none = ObservedList::default();
        Latest(watchers.watch(machine.members(self.0.number).map_or(&mut none, MemberList::length)))
    }

    /// Says which rows of the whole list the view shows; at most
    /// [`MAX_SHOWN`](crate::member_list::MAX_SHOWN) count. The first 100 before the first call.
    pub fn show(&self, rows: Range<usize>) {
        self.0.shared.wish(|machine, _| machine.show_members(self.0.number, rows));
    }

    /// Lists only those whose nickname, display name or username begins so; all for `None` or blanks.
    pub fn search(&self, query: Option<&str>) {
        self.0.shared.wish(|machine, _| machine.members(self.0.number).map(|list| list.search(query)));
    }

    /// Why they could not be read. A temporary failure is tried again by itself.
    pub fn failure(&self) -> Option<Failure> {
        self.look(|list| list.failure().cloned()).flatten()
    }

    fn look<R>(&self, look: impl FnOnce(&mut MemberList) -> R) -> Option<R> {
        self.0.shared.lock().machine.members(self.0.number).map(look)
    }
}

impl fmt::Debug for People {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("People")
    }
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Members").field("server", &self.0.server).finish_non_exhaustive()
    }
}
