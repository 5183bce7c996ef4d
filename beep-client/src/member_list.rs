//! The members of a server as they are listed: the rows that a view shows, never all of them.
//!
//! The list is [`chat::Members`](crate::chat::Members). Up to [`MAX_GROUPED`] members are loaded and shown in sections,
//! by their highest role. Of more, and of those that a search finds, only the pages around the rows that are shown are
//! held, in the order of the backend.

mod pages;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::ops::Range;
use std::time::Duration;

use beep_core::hierarchy::RoleRank;
use beep_core::id::{RoleId, SpaceId, UserId};
use beep_proto::gateway::{Event, EventData, Joined};
use beep_proto::id::{Bare, Full};
use beep_proto::operation::members::List;
use beep_proto::page::Page;
use beep_proto::view::{Member, User};
use serde::Serialize;

use self::pages::Pages;
use crate::cache::{Cache, CachedServer};
use crate::error::Error;
use crate::failure::{Failure, Outlook};
use crate::moment::{Attempts, Moment};
use crate::observe::ObservedList;
use crate::people::color;
use crate::permissions::rank_of;

/// The members of one server.
#[derive(Debug)]
pub(crate) struct MemberList {
    server: Full<SpaceId>,
    /// What is searched for.
    query: Option<String>,
    pages: Pages,
    asked: Option<Asked>,
    tokens: u64,
    attempts: Attempts,
    failure: Option<Failure>,
    /// Whether asking again is of no use.
    is_refused: bool,
    shown: Range<usize>,
    rows: ObservedList<MemberRow>,
    /// One row.
    length: ObservedList<usize>,
    /// Members who were told of without their profile.
    unnamed: Vec<Full<UserId>>,
    is_grouped: bool,
    is_stale: bool,
}

/// The page that is under way, and what happened since.
#[derive(Debug)]
struct Asked {
    token: u64,
    cursor: Option<String>,
    changes: Vec<Change>,
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
    /// Those whose highest role this is, of the roles that are a section.
    Role {
        /// How the role ranks among others: the highest first.
        #[serde(skip)]
        rank: Reverse<RoleRank>,
        /// Which role.
        id: Bare<RoleId>,
    },
    /// Those without such a role.
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
    /// Knows nobody yet.
    pub(crate) fn new(server: Full<SpaceId>) -> Self {
        let mut length = ObservedList::default();
        length.insert(0, vec![0]);
        Self {
            server,
            query: None,
            pages: Pages::default(),
            asked: None,
            tokens: 0,
            attempts: Attempts::default(),
            failure: None,
            is_refused: false,
            shown: 0..PAGE,
            rows: ObservedList::default(),
            length,
            unnamed: Vec::new(),
            is_grouped: false,
            is_stale: true,
        }
    }

    /// Whose members it lists.
    pub(crate) fn server(&self) -> &Full<SpaceId> {
        &self.server
    }

    /// Lists only those whose nickname, display name or username begins so; all for `None` or blanks.
    pub(crate) fn search(&mut self, query: Option<&str>) {
        let query = query.map(str::trim).filter(|query| !query.is_empty()).map(str::to_owned);
        if query != self.query {
            self.query = query;
            self.restart();
        }
    }

    /// Says which rows the view shows, section heads included; at most [`MAX_SHOWN`] count.
    pub(crate) fn show(&mut self, rows: Range<usize>) {
        let rows = rows.start..rows.end.clamp(rows.start, rows.start.saturating_add(MAX_SHOWN));
        self.is_stale |= rows != self.shown;
        self.shown = rows;
    }

    /// The rows that are shown, as of the last [`Self::settle`], to watch.
    pub(crate) fn rows(&mut self) -> &mut ObservedList<MemberRow> {
        &mut self.rows
    }

    /// The place of the first row that is shown.
    pub(crate) fn start(&self) -> usize {
        self.shown.start.min(self.len())
    }

    /// How many rows there are, as far as it is known: of many members it grows as pages come.
    pub(crate) fn len(&self) -> usize {
        self.length.rows().first().copied().unwrap_or_default()
    }

    /// The same, as a list of one row, to watch.
    pub(crate) fn length(&mut self) -> &mut ObservedList<usize> {
        &mut self.length
    }

    /// Why the last page could not be read.
    pub(crate) fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Members whose profile is missing, since the last call.
    pub(crate) fn take_unnamed(&mut self) -> Vec<Full<UserId>> {
        std::mem::take(&mut self.unnamed)
    }

    /// The page to ask for now, if one is missing, with what its answer is known by; one at a time.
    pub(crate) fn next(&mut self, cache: &Cache, now: Moment) -> Option<(u64, List)> {
        let held = cache.server(&self.server)?;
        if self.asked.is_some() || self.is_refused || !self.attempts.is_due(now) {
            return None;
        }
        let wanted = if self.groups(held) { 0..usize::MAX } else { self.shown.clone() };
        let cursor = self.pages.missing(&wanted)?.map(str::to_owned);
        self.tokens += 1;
        let limit = u32::try_from(PAGE).unwrap_or(u32::MAX);
        let list = List { q: self.query.clone(), cursor: cursor.clone(), ..List::new(&self.server).limit(limit) };
        self.asked = Some(Asked { token: self.tokens, cursor, changes: Vec::new() });
        Some((self.tokens, list))
    }

    /// When a pause ends.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.attempts.due().filter(|_| !self.is_refused)
    }

    /// What waits is tried at once.
    pub(crate) fn hurry(&mut self) {
        self.attempts.hurry();
    }

    /// Takes the answer to a page.
    pub(crate) fn answered(&mut self, token: u64, answer: Result<Page<Member>, Error>, now: Moment) {
        let Some(asked) = self.asked.take_if(|asked| asked.token == token) else { return };
        match answer {
            Ok(page) => {
                self.failure = None;
                self.attempts.succeeded();
                self.is_stale = true;
                // Where too much happened meanwhile, the page is asked for again.
                if asked.changes.len() < MAX_CHANGES {
                    self.pages.put(asked.cursor.as_deref(), page);
                    for change in asked.changes {
                        self.change(change);
                    }
                }
            }
            Err(error) => {
                self.failure = Some((&error).into());
                match Outlook::of(&error) {
                    Outlook::Lasting => self.is_refused = true,
                    Outlook::Limited(pause) => drop(self.attempts.failed(Some(pause), now)),
                    Outlook::Transient | Outlook::SignedOut => drop(self.attempts.failed(None, now)),
                }
            }
        }
    }

    /// Follows an event that `cache` has applied.
    pub(crate) fn apply(&mut self, event: &Event) {
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
        self.note(change);
    }

    /// Takes a profile that is the newest.
    pub(crate) fn profile(&mut self, user: User) {
        self.note(Change::Profile(user));
    }

    /// Says that events were missed, after a snapshot: the list is loaded anew.
    pub(crate) fn restart(&mut self) {
        self.pages = Pages::default();
        self.asked = None;
        self.failure = None;
        self.is_refused = false;
        self.unnamed.clear();
        self.is_stale = true;
    }

    /// After inputs: the rows follow.
    pub(crate) fn settle(&mut self, cache: Option<&Cache>) {
        let held = cache.and_then(|cache| cache.server(&self.server));
        let is_grouped = held.is_some_and(|held| self.groups(held));
        if !std::mem::take(&mut self.is_stale) && is_grouped == self.is_grouped {
            return;
        }
        self.is_grouped = is_grouped;
        let (length, rows) = match held {
            None => (0, Vec::new()),
            Some(held) if is_grouped => {
                let rows = grouped(held, self.pages.members());
                let start = self.shown.start.min(rows.len());
                (rows.len(), rows[start..self.shown.end.clamp(start, rows.len())].to_vec())
            }
            Some(held) => {
                self.pages.keep_around(&self.shown);
                let length = self.pages.length();
                let places = self.shown.start.min(length)..self.shown.end.min(length);
                let row = |(at, member): (usize, Option<&Member>)| {
                    member.map_or(MemberRow::Pending { at }, |member| MemberRow::of(held, member))
                };
                (length, self.pages.range(places).map(row).collect())
            }
        };
        self.length.update(0, length);
        self.rows.replace(rows, MemberRow::key);
    }

    fn note(&mut self, change: Change) {
        if let Some(Asked { changes, .. }) = &mut self.asked
            && changes.len() < MAX_CHANGES
        {
            changes.push(change.clone());
        }
        self.change(change);
    }

    fn change(&mut self, change: Change) {
        self.is_stale |= match change {
            // Whom a search finds is for the backend to say; those who came are found when it is made again.
            Change::Joined(member) if self.query.is_none() => {
                let user = member.user.clone();
                let is_changed = self.pages.insert(member);
                if self.pages.is_unnamed(&user) && self.unnamed.len() < MAX_CHANGES {
                    self.unnamed.push(user);
                }
                is_changed
            }
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

    fn groups(&self, held: &CachedServer) -> bool {
        self.query.is_none() && held.server.member_count <= MAX_GROUPED
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
    let roles = member.roles.iter().filter_map(|role| held.roles.get(role)).filter(|role| role.hoist && !role.everyone);
    let highest = roles.max_by_key(|role| rank_of(role));
    highest.map_or(Section::Others, |role| Section::Role { rank: Reverse(rank_of(role)), id: role.id })
}

fn sorted_name(member: &Member) -> String {
    let profile = member.profile.as_ref();
    let name = member.nickname.as_deref().or(profile.and_then(|profile| profile.display_name.as_deref()));
    name.or(profile.map(|profile| &*profile.username)).unwrap_or_default().to_lowercase()
}

/// The greatest number of members who are shown in sections.
pub const MAX_GROUPED: u64 = 1_000;

/// The greatest number of rows that are shown at once.
pub const MAX_SHOWN: usize = 500;

/// How many members a page has.
const PAGE: usize = 100;
/// How many changes are kept while a page is on its way.
const MAX_CHANGES: usize = 1_000;
