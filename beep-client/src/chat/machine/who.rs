//! Who is who in a [`Machine`]: names of people, and lists of members and of friends.

use std::ops::Range;

use beep_core::id::{SpaceId, UserId};
use beep_proto::gateway::Event;
use beep_proto::id::Full;
use beep_proto::operation::{members, users};
use beep_proto::page::Page;
use beep_proto::view::{Member, User};

use super::{Asker, Call, Machine};
use crate::error::Error;
use crate::member_list::MemberList;
use crate::moment::Moment;
use crate::people::{Lookup, Place, Shown};

/// A view of a list of members.
pub(crate) type MembersView = u64;

impl Machine {
    /// Somebody as they are shown; nobody is known before the first snapshot.
    pub(crate) fn shown(&mut self, server: Option<&Full<SpaceId>>, user: &Full<UserId>) -> Shown {
        let Some(cache) = &self.cache else { return Shown::default() };
        self.people.show(server, user, cache)
    }

    /// A view looks at the members of a server. Each has a list of its own: they show and search other rows.
    pub(crate) fn open_members(&mut self, server: &Full<SpaceId>) -> MembersView {
        let view = self.next_use();
        self.members.insert(view, MemberList::new(server.clone()));
        view
    }

    /// A view does not look at members any more.
    pub(crate) fn close_members(&mut self, view: MembersView) {
        self.members.remove(&view);
    }

    /// The list of a view.
    pub(crate) fn members(&mut self, view: MembersView) -> Option<&mut MemberList> {
        self.members.get_mut(&view)
    }

    /// The list of every view.
    pub(crate) fn all_members(&mut self) -> impl Iterator<Item = (&MembersView, &mut MemberList)> {
        self.members.iter_mut()
    }

    pub(crate) fn has_members(&self, view: MembersView) -> bool {
        self.members.contains_key(&view)
    }

    /// Shows other rows of a list.
    pub(crate) fn show_members(&mut self, view: MembersView, rows: Range<usize>) {
        if let Some(list) = self.members.get_mut(&view) {
            list.show(rows);
        }
    }

    /// The lists follow an event that the cache has applied.
    pub(super) fn apply_members(&mut self, event: &Event) {
        self.members.values_mut().for_each(|list| list.apply(event));
    }

    /// The rows of the lists follow, and profiles that are missing in them are asked for.
    pub(super) fn settle_members(&mut self) {
        for list in self.members.values_mut() {
            list.settle(self.cache.as_ref());
            for user in list.take_unnamed() {
                self.people.ask((list.server().clone(), user));
            }
        }
    }

    /// The next page of members or of friends, or the next person, to ask for.
    pub(super) fn next_who(&mut self, now: Moment) -> Option<(Asker, Call)> {
        if let Some(cache) = &self.cache {
            for (view, list) in self.members.iter_mut() {
                if let Some((token, call)) = list.next(cache, now) {
                    let server = list.server().clone();
                    let asker = Asker::Members { server, view: *view, token, moment: self.people.moment() };
                    return Some((asker, Call::Members(call)));
                }
            }
        }
        if let Some((list, token, cursor)) = self.friends.next(now) {
            return Some((Asker::Friends { list, token }, Call::Friends { list, cursor }));
        }
        let (lookup, moment) = self.people.next(now)?;
        Some(match lookup {
            Lookup::User(user) => {
                let call = users::Get::new(&user);
                (Asker::User { user, moment }, Call::User(call))
            }
            Lookup::Member(place) => {
                let call = members::Get::new(&place.0, &place.1);
                (Asker::Member { place, moment }, Call::Member(call))
            }
        })
    }

    /// Takes a page of a list.
    pub(super) fn members_answered(
        &mut self,
        (view, token): (MembersView, u64),
        moment: u64,
        answer: Result<Page<Member>, Error>,
        now: Moment,
    ) {
        answer.iter().flat_map(|page| &page.items).for_each(|member| self.people.put(member, moment));
        if let Some(list) = self.members.get_mut(&view) {
            list.answered(token, answer, now);
        }
    }

    /// Takes a profile.
    pub(super) fn user_answered(
        &mut self,
        user: &Full<UserId>,
        moment: u64,
        answer: Result<Box<User>, Error>,
        now: Moment,
    ) {
        let is_newest = self.people.user_answered(user, moment, answer.as_deref(), now);
        if let Some(profile) = answer.ok().filter(|_| is_newest) {
            self.name_members(&profile);
        }
    }

    /// Takes a membership.
    pub(super) fn member_answered(
        &mut self,
        place: &Place,
        moment: u64,
        answer: Result<Box<Member>, Error>,
        now: Moment,
    ) {
        let is_newest = self.people.member_answered(place, moment, answer.as_deref(), now);
        if let Some(profile) = answer.ok().and_then(|member| member.profile).filter(|_| is_newest) {
            self.name_members(&profile);
        }
    }

    fn name_members(&mut self, profile: &User) {
        self.members.values_mut().for_each(|list| list.profile(profile.clone()));
    }
}
