//! Pages of members, of which those in view are held.
//!
//! The backend lists members by the id of the user. A page is of those after the page before it, up to its last; the last
//! page has no end. So it is known of each member whose page they belong to, whether or not it is held.

use std::ops::Range;

use beep_core::id::UserId;
use beep_proto::id::Full;
use beep_proto::page::Page;
use beep_proto::view::{Member, User};

use super::PAGE;
use crate::sorted::SortedMap;

/// The pages that were loaded, in order, and the one to ask for next.
#[derive(Debug)]
pub(super) struct Pages {
    pages: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    /// Where it begins; `None` for the first.
    cursor: Option<String>,
    /// Its last member when it was loaded; `None` if it has no end that is known.
    end: Option<Full<UserId>>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// Its members.
    Held(SortedMap<Full<UserId>, Member>),
    /// How many there were, or may be.
    Missing(usize),
}

impl Default for Pages {
    fn default() -> Self {
        Self { pages: vec![Part { cursor: None, end: None, content: Content::Missing(PAGE) }] }
    }
}

impl Part {
    fn count(&self) -> usize {
        match &self.content {
            Content::Held(members) => members.len(),
            Content::Missing(count) => *count,
        }
    }

    fn held(&mut self) -> Option<&mut SortedMap<Full<UserId>, Member>> {
        match &mut self.content {
            Content::Held(members) => Some(members),
            Content::Missing(_) => None,
        }
    }
}

impl Pages {
    /// How many members there are, with those of pages that are not held.
    pub(super) fn length(&self) -> usize {
        self.pages.iter().map(Part::count).sum()
    }

    /// The members that are held, in order.
    pub(super) fn members(&self) -> impl Iterator<Item = &Member> {
        self.pages
            .iter()
            .filter_map(|part| match &part.content {
                Content::Held(members) => Some(members.values()),
                Content::Missing(_) => None,
            })
            .flatten()
    }

    /// The members in a range of places; `None` for those that are not held.
    pub(super) fn range(&self, places: Range<usize>) -> impl Iterator<Item = (usize, Option<&Member>)> {
        let mut start = 0;
        self.pages
            .iter()
            .filter_map(move |part| {
                let of = start..start + part.count();
                start = of.end;
                let within = places.start.max(of.start)..places.end.min(of.end);
                (within.start < within.end).then_some((part, of.start, within))
            })
            .flat_map(|(part, start, within)| {
                let rows: Vec<_> = match &part.content {
                    Content::Held(members) => {
                        let members = members.values().skip(within.start - start).map(Some);
                        within.zip(members).collect()
                    }
                    Content::Missing(_) => within.map(|at| (at, None)).collect(),
                };
                rows
            })
    }

    /// Where the first page begins that is not held and has a place in a range; the cursor is `None` for the first.
    pub(super) fn missing(&self, places: &Range<usize>) -> Option<Option<&str>> {
        let mut start = 0;
        self.pages.iter().find_map(|part| {
            let of = start..start + part.count().max(1);
            start += part.count();
            let is_wanted = of.start < places.end && places.start < of.end;
            // Further ones are known only once the last is.
            let is_on_the_way = part.end.is_none() && of.start < places.end;
            let is_missing = matches!(part.content, Content::Missing(_));
            (is_missing && (is_wanted || is_on_the_way)).then_some(part.cursor.as_deref())
        })
    }

    /// Takes the page that begins at a cursor.
    pub(super) fn put(&mut self, cursor: Option<&str>, page: Page<Member>) {
        let Some(at) = self.pages.iter().position(|part| part.cursor.as_deref() == cursor) else { return };
        let end = self.pages[at].end.clone();
        let is_within = |user: &Full<UserId>| end.as_ref().is_none_or(|end| user <= end);
        let last = page.items.last().map(|member| member.user.clone());
        let members: SortedMap<_, _> = page
            .items
            .into_iter()
            .filter(|member| is_within(&member.user))
            .map(|member| (member.user.clone(), member))
            .collect();
        // What is left of the place of the page, if it had more members than fit into one.
        let goes_on = page.next.filter(|_| last.as_ref().is_some_and(|last| end.as_ref().is_none_or(|end| last < end)));
        self.pages[at].content = Content::Held(members);
        if let Some(next) = goes_on {
            self.pages[at].end = last;
            self.pages.insert(at + 1, Part { cursor: Some(next), end, content: Content::Missing(PAGE) });
        }
    }

    /// Lets go of pages that are far from a range of places.
    pub(super) fn keep_around(&mut self, places: &Range<usize>) {
        let near = places.start.saturating_sub(MARGIN)..places.end.saturating_add(MARGIN);
        let mut start = 0;
        for part in &mut self.pages {
            let of = start..start + part.count();
            start = of.end;
            if of.end <= near.start || of.start >= near.end {
                part.content = Content::Missing(of.len());
            }
        }
    }

    /// Puts a member in or changes them; says whether the list is another one.
    pub(super) fn insert(&mut self, mut member: Member) -> bool {
        let part = self.part(&member.user);
        match &mut part.content {
            Content::Held(members) => {
                let before = members.get(&member.user);
                member.profile = member.profile.or_else(|| before.and_then(|before| before.profile.clone()));
                members.insert(member.user.clone(), member);
            }
            // Only of pages that were loaded is it known how many they have.
            Content::Missing(count) if part.end.is_some() => *count += 1,
            Content::Missing(_) => return false,
        }
        true
    }

    /// Changes a member who is held; says whether the list is another one.
    pub(super) fn update(&mut self, mut member: Member) -> bool {
        let Some(held) = self.part(&member.user).held().and_then(|members| members.get_mut(&member.user)) else {
            return false;
        };
        member.profile = member.profile.or_else(|| held.profile.take());
        *held = member;
        true
    }

    /// Takes a member out; says whether the list is another one.
    pub(super) fn remove(&mut self, user: &Full<UserId>) -> bool {
        let part = self.part(user);
        match &mut part.content {
            Content::Held(members) => members.remove(user).is_some(),
            Content::Missing(count) if part.end.is_some() => {
                *count = count.saturating_sub(1);
                true
            }
            Content::Missing(_) => false,
        }
    }

    /// Changes the profile of a member who is held; says whether the list is another one.
    pub(super) fn profile(&mut self, user: &User) -> bool {
        let held = self.part(&user.id).held().and_then(|members| members.get_mut(&user.id));
        held.map(|member| member.profile = Some(user.clone())).is_some()
    }

    /// Whether a member is held without a profile.
    pub(super) fn is_unnamed(&mut self, user: &Full<UserId>) -> bool {
        let held = self.part(user).held().and_then(|members| members.get(user));
        held.is_some_and(|member| member.profile.is_none())
    }

    /// Changes each member who is held; says whether the list is another one.
    pub(super) fn each(&mut self, change: impl FnMut(&mut Member) -> bool) -> bool {
        let members = self.pages.iter_mut().filter_map(Part::held).flat_map(|members| members.values_mut());
        members.map(change).filter(|changed| *changed).count() > 0
    }

    /// The page that a member belongs to.
    fn part(&mut self, user: &Full<UserId>) -> &mut Part {
        let at = self.pages.partition_point(|part| part.end.as_ref().is_some_and(|end| end < user));
        let last = self.pages.len() - 1; // there is always a page without an end
        &mut self.pages[at.min(last)]
    }
}

/// How many rows around those that are shown are held.
const MARGIN: usize = 2 * PAGE;

#[cfg(test)]
impl Pages {
    /// Lets go of some pages, as [`Self::keep_around`] does of far ones.
    pub(super) fn forget_for_test(&mut self, start: usize, length: usize) {
        for part in self.pages.iter_mut().skip(start).take(length) {
            part.content = Content::Missing(part.count());
        }
    }
}
