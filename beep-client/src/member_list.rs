//! The members of a server as they are listed: the rows that a view shows, never all of them.
//!
//! A [`MemberList`] is fed with pages of [`members::List`](beep_proto::operation::members::List): the program carries out
//! what [`MemberList::request`] gives and hands in the answer. Events keep it right, also while a page is on its way.
//!
//! Up to [`MOST_GROUPED`] members are loaded and shown in sections, by their highest role. Of more, and of those that a
//! search finds, only the pages around the rows that are shown are held, in the order of the backend.
//!
//! ```
//! use beep_client::member_list::{MemberList, MemberRow};
//! use beep_client::{Cache, Full, SpaceId, Timestamp};
//!
//! fn open(server: Full<SpaceId>, cache: &Cache, now: Timestamp) -> MemberList {
//!     let mut list = MemberList::new(server);
//!     list.show(0..50);
//!     if let Some(request) = list.request(cache, now) {
//!         println!("ask for {request:?}"); // and hand in the page, with `answered` or `failed`
//!     }
//!     for row in list.rows(cache).rows() {
//!         if let MemberRow::Member { user, .. } = row {
//!             println!("{user}");
//!         }
//!     }
//!     list
//! }
//! ```

mod pages;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::ops::Range;
use std::time::Duration;

use beep_core::id::{RoleId, SpaceId, UserId};
use beep_core::time::Timestamp;
use beep_proto::gateway::{Event, EventData, Joined};
use beep_proto::id::{Bare, Full};
use beep_proto::page::Page;
use beep_proto::view::{Member, User};
use serde::Serialize;

use self::pages::Pages;
use crate::cache::{Cache, CachedServer};
use crate::observe::ObservedList;
use crate::people::color;

/// The members of one server.
#[derive(Debug)]
pub struct MemberList {
    server: Full<SpaceId>,
    /// What is searched for.
    query: Option<String>,
    pages: Pages,
    /// The request that is under way, and what happened since.
    asked: Option<(Request, Vec<Change>)>,
    /// Counts searches and restarts, so that an answer to an earlier one is known.
    turn: u64,
    not_before: Option<Timestamp>,
    shown: Range<usize>,
    rows: ObservedList<MemberRow>,
    length: usize,
    is_stale: bool,
}

/// A page to ask for.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Request {
    /// Of which server.
    pub server: Full<SpaceId>,
    /// What to search for.
    pub q: Option<String>,
    /// Where the page begins; `None` for the first.
    pub cursor: Option<String>,
    /// How many members.
    pub limit: u32,
    /// For [`MemberList::answered`].
    pub turn: u64,
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MemberRow {
    /// The head of a section.
    Section {
        /// Which section.
        section: Section,
        /// How many of its members are known.
        count: usize,
    },
    /// A member.
    Member {
        /// Who.
        user: Full<UserId>,
        /// The nickname.
        nickname: Option<String>,
        /// The profile.
        profile: Option<Box<User>>,
        /// The roles.
        roles: Vec<Bare<RoleId>>,
        /// `0xRRGGBB`: that of the highest role that has one.
        color: Option<u32>,
        /// Whether they own the server.
        owner: bool,
        /// Whether they were muted; the mute may be over.
        muted_until: Option<beep_proto::time::Time>,
    },
    /// A member who is not loaded yet.
    Pending {
        /// The place in the list.
        at: usize,
    },
}

/// A section of the list.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Section {
    /// The owner.
    Owner,
    /// Those whose highest role this is.
    Role {
        /// How the role ranks among others: the highest first.
        #[serde(skip)]
        rank: Reverse<(i32, Bare<RoleId>)>,
        /// Which role.
        id: Bare<RoleId>,
    },
    /// Those without a role.
    Others,
}

/// Something that happened to members.
#[derive(Clone, Debug)]
enum Change {
    Joined(Member),
    Updated(Member),
    Left(Full<UserId>),
    RoleDeleted(Bare<RoleId>),
    Profile(User),
}

impl MemberList {
    /// Lists the members of a server.
    pub fn new(server: Full<SpaceId>) -> Self {
        Self {
            server,
            query: None,
            pages: Pages::default(),
            asked: None,
            turn: 0,
            not_before: None,
            shown: 0..PAGE,
            rows: ObservedList::default(),
            length: 0,
            is_stale: true,
        }
    }

    /// Lists only those whose nickname, display name or username begins so; all for `None` or blanks.
    pub fn search(&mut self, query: Option<&str>) {
        let query = query.map(str::trim).filter(|query| !query.is_empty()).map(str::to_owned);
        if query != self.query {
            self.query = query;
            self.restart();
        }
    }

    /// Says which rows the view shows, section heads included; at most [`MOST_SHOWN`] count.
    pub fn show(&mut self, rows: Range<usize>) {
        let rows = rows.start..rows.end.clamp(rows.start, rows.start.saturating_add(MOST_SHOWN));
        self.is_stale |= rows != self.shown;
        self.shown = rows;
    }

    /// The rows that are shown, with their differences. The first is the one at the start of the range, or nothing is
    /// there any more.
    pub fn rows(&mut self, cache: &Cache) -> &mut ObservedList<MemberRow> {
        self.refresh(cache);
        &mut self.rows
    }

    /// How many rows there are, as far as it is known: of many members it grows as pages come.
    pub fn length(&mut self, cache: &Cache) -> usize {
        self.refresh(cache);
        self.length
    }

    /// The page to ask for now, if one is missing; one at a time.
    pub fn request(&mut self, cache: &Cache, now: Timestamp) -> Option<Request> {
        let held = cache.server(&self.server)?;
        if self.asked.is_some() || self.not_before.is_some_and(|at| now < at) {
            return None;
        }
        let wanted = if self.is_grouped(held) { 0..usize::MAX } else { self.shown.clone() };
        let cursor = self.pages.missing(&wanted)?.map(str::to_owned);
        let limit = u32::try_from(PAGE).unwrap_or(u32::MAX);
        let request = Request { server: self.server.clone(), q: self.query.clone(), cursor, limit, turn: self.turn };
        self.asked = Some((request.clone(), Vec::new()));
        Some(request)
    }

    /// When the next request is due, after one failed.
    pub fn due(&self) -> Option<Timestamp> {
        self.not_before
    }

    /// Takes the page that was asked for.
    pub fn answered(&mut self, request: &Request, page: Page<Member>) {
        let Some((asked, changes)) = self.asked.take_if(|(asked, _)| asked == request) else { return };
        self.not_before = None;
        self.is_stale = true;
        // Where too much happened meanwhile, the page is asked for again.
        if changes.len() < MOST_CHANGES {
            self.pages.put(asked.cursor.as_deref(), page);
            for change in changes {
                self.change(change);
            }
        }
    }

    /// Says that a request failed: it is made again after a while.
    pub fn failed(&mut self, request: &Request, now: Timestamp) {
        if self.asked.take_if(|(asked, _)| asked == request).is_some() {
            self.not_before = Some(now.after(AGAIN));
        }
    }

    /// Follows an event that `cache` has applied.
    pub fn apply(&mut self, event: &Event) {
        let is_here = |server: &Full<SpaceId>| *server == self.server;
        let change = match &event.data {
            EventData::MemberJoined(Joined { server: Some(state), .. }) if is_here(&state.server.id) => {
                return self.restart();
            }
            EventData::MemberJoined(Joined { member, .. }) if is_here(&member.server_id) => {
                Change::Joined(member.clone())
            }
            EventData::MemberUpdated(member) if is_here(&member.server_id) => Change::Updated(member.clone()),
            EventData::MemberLeft(gone) | EventData::MemberBanned(gone) if is_here(&gone.server_id) => {
                Change::Left(gone.user.clone())
            }
            EventData::RoleDeleted(gone) if is_here(&gone.server_id) => Change::RoleDeleted(gone.id),
            EventData::RoleCreated(role) | EventData::RoleUpdated(role) if is_here(&role.server_id) => {
                self.is_stale = true;
                return;
            }
            EventData::ServerUpdated(server) if is_here(&server.id) => {
                self.is_stale = true;
                return;
            }
            EventData::UserUpdated(user) => Change::Profile(user.clone()),
            _ => return,
        };
        if let Some((_, changes)) = &mut self.asked
            && changes.len() < MOST_CHANGES
        {
            changes.push(change.clone());
        }
        self.change(change);
    }

    /// Says that events were missed, after a snapshot: the list is loaded anew.
    pub fn restart(&mut self) {
        self.pages = Pages::default();
        self.asked = None;
        self.not_before = None;
        self.turn += 1;
        self.is_stale = true;
    }

    fn change(&mut self, change: Change) {
        self.is_stale |= match change {
            // Whom a search finds is for the backend to say; those who came are found when it is made again.
            Change::Joined(member) if self.query.is_none() => self.pages.insert(member),
            Change::Joined(member) | Change::Updated(member) => self.pages.update(member),
            Change::Left(user) => self.pages.remove(&user),
            Change::RoleDeleted(role) => self.pages.each(|member| {
                let before = member.roles.len();
                member.roles.retain(|held| *held != role);
                before != member.roles.len()
            }),
            Change::Profile(user) => self.pages.profile(&user),
        };
    }

    fn is_grouped(&self, held: &CachedServer) -> bool {
        self.query.is_none() && held.server.member_count <= MOST_GROUPED
    }

    fn refresh(&mut self, cache: &Cache) {
        if !std::mem::take(&mut self.is_stale) {
            return;
        }
        let Some(held) = cache.server(&self.server) else {
            self.length = 0;
            return self.rows.replace(Vec::new(), MemberRow::key);
        };
        let rows = if self.is_grouped(held) {
            let rows = grouped(held, self.pages.members());
            self.length = rows.len();
            let start = self.shown.start.min(rows.len());
            rows[start..self.shown.end.clamp(start, rows.len())].to_vec()
        } else {
            self.pages.keep_around(&self.shown);
            self.length = self.pages.length();
            let places = self.shown.start.min(self.length)..self.shown.end.min(self.length);
            let row = |(at, member): (usize, Option<&Member>)| {
                member.map_or(MemberRow::Pending { at }, |member| MemberRow::of(held, member))
            };
            self.pages.range(places).map(row).collect()
        };
        self.rows.replace(rows, MemberRow::key);
    }
}

impl MemberRow {
    fn of(held: &CachedServer, member: &Member) -> Self {
        Self::Member {
            user: member.user.clone(),
            nickname: member.nickname.clone(),
            profile: member.profile.clone().map(Box::new),
            roles: member.roles.clone(),
            color: color(held, &member.roles),
            owner: member.user == held.server.owner,
            muted_until: member.muted_until,
        }
    }

    /// What a row is about: the same row may change.
    fn key(&self) -> (Option<Section>, Option<Full<UserId>>, Option<usize>) {
        match self {
            Self::Section { section, .. } => (Some(*section), None, None),
            Self::Member { user, .. } => (None, Some(user.clone()), None),
            Self::Pending { at } => (None, None, Some(*at)),
        }
    }
}

/// Rows in sections, by name in each.
fn grouped<'a>(held: &CachedServer, members: impl Iterator<Item = &'a Member>) -> Vec<MemberRow> {
    let mut placed: Vec<(Section, String, &Member)> =
        members.map(|member| (section(held, member), sorted_name(member), member)).collect();
    placed.sort_by(|a, b| (a.0, &a.1, &a.2.user).cmp(&(b.0, &b.1, &b.2.user)));
    let mut rows = Vec::with_capacity(placed.len() + 8);
    for of_section in placed.chunk_by(|a, b| a.0 == b.0) {
        rows.push(MemberRow::Section { section: of_section[0].0, count: of_section.len() });
        rows.extend(of_section.iter().map(|(.., member)| MemberRow::of(held, member)));
    }
    rows
}

fn section(held: &CachedServer, member: &Member) -> Section {
    if member.user == held.server.owner {
        return Section::Owner;
    }
    let roles = member.roles.iter().filter_map(|role| held.roles.get(role)).filter(|role| !role.everyone);
    let highest = roles.max_by_key(|role| (role.position, role.id));
    highest.map_or(Section::Others, |role| Section::Role { rank: Reverse((role.position, role.id)), id: role.id })
}

fn sorted_name(member: &Member) -> String {
    let profile = member.profile.as_ref();
    let name = member.nickname.as_deref().or(profile.and_then(|profile| profile.display_name.as_deref()));
    name.or(profile.map(|profile| &*profile.username)).unwrap_or_default().to_lowercase()
}

/// The greatest number of members who are shown in sections.
pub const MOST_GROUPED: u64 = 1_000;

/// The greatest number of rows that are shown at once.
pub const MOST_SHOWN: usize = 500;

/// How many members a page has.
const PAGE: usize = 100;
/// How many changes are kept while a page is on its way.
const MOST_CHANGES: usize = 1_000;
/// How long after a failure the same is asked again.
const AGAIN: Duration = Duration::from_secs(5);
