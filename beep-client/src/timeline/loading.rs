//! Which page of the history is asked for next, and what happened while it was under way.

use std::sync::Arc;

use beep_core::id::{ChannelId, MessageId};
use beep_proto::id::{Bare, Full};
use beep_proto::operation::messages::List;
use beep_proto::page::Page;
use beep_proto::view::Message;
use serde::Serialize;

use super::window::{Change, Edge, Window};
use crate::failure::Failure;
use crate::moment::{Attempts, Moment};

/// What is being loaded.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LoadKind {
    /// The newest messages, also to replace what may have gaps.
    Newest,
    /// The messages around one.
    Around,
    /// Messages before those that are there.
    Older,
    /// Messages after those that are there.
    Newer,
}

/// The questions of a timeline: one at a time.
#[derive(Debug, Default)]
pub(super) struct Loading {
    /// What replaces the window.
    main: Option<Main>,
    older: bool,
    newer: bool,
    under_way: Option<UnderWay>,
    pub(super) attempts: Attempts,
    pub(super) failure: Option<Failure>,
    /// Counts questions, so that an answer to an earlier one is not taken for the later one's.
    tokens: u64,
}

/// What replaces the window.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Main {
    /// The newest messages, back to where the window begins.
    Refresh,
    /// The newest page.
    Newest,
    /// The page around a message.
    Around(Bare<MessageId>),
}

/// A question that waits for its answer.
#[derive(Debug)]
struct UnderWay {
    token: u64,
    goal: Goal,
    /// What was told since the first page was asked for: an answer may be from before or after it.
    journal: Vec<Change>,
    /// The pages of a refresh so far.
    pages: Vec<Arc<Message>>,
    count: u32,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Goal {
    Main(Main),
    Older,
    Newer,
}

/// What an answer makes of the window.
pub(super) enum Loaded {
    /// It is in the window.
    Done,
    /// The next page is needed first: that before this message.
    More(Bare<MessageId>),
    /// Too much happened meanwhile: it is asked for again.
    Again,
}

impl Loading {
    /// Asks for what replaces the window. What is under way is not waited for.
    pub(super) fn want(&mut self, main: Main) {
        *self = Self { main: Some(main), attempts: self.attempts, tokens: self.tokens, ..Self::default() };
    }

    /// Asks again for what replaces the window: what was under way may be from before something that was missed.
    pub(super) fn restart(&mut self) {
        let main = self.main.filter(|main| *main != Main::Refresh);
        self.want(main.unwrap_or(Main::Refresh));
    }

    pub(super) fn want_older(&mut self) {
        self.older = true;
    }

    pub(super) fn want_newer(&mut self) {
        self.newer = true;
    }

    /// Asks for nothing any more.
    pub(super) fn stop(&mut self) {
        *self = Self { tokens: self.tokens, ..Self::default() };
    }

    /// What is under way or wanted next.
    pub(super) fn kind(&self) -> Option<LoadKind> {
        match (self.main, self.older, self.newer) {
            (Some(Main::Around(_)), ..) => Some(LoadKind::Around),
            (Some(_), ..) => Some(LoadKind::Newest),
            (None, true, _) => Some(LoadKind::Older),
            (None, false, true) => Some(LoadKind::Newer),
            (None, false, false) => None,
        }
    }

    /// Whether something is wanted and nothing is under way.
    pub(super) fn is_waiting(&self) -> bool {
        self.under_way.is_none() && self.kind().is_some()
    }

    /// Whether the answer that is awaited replaces the window.
    pub(super) fn is_replacing(&self) -> bool {
        self.under_way.as_ref().is_some_and(|under_way| matches!(under_way.goal, Goal::Main(_)))
    }

    /// Notes what was told while a question is under way.
    pub(super) fn note(&mut self, change: &Change) {
        if let Some(under_way) = &mut self.under_way
            && under_way.journal.len() <= MAX_JOURNAL
        {
            under_way.journal.push(change.clone());
        }
    }

    /// The next question, which is then under way; with what its answer is known by.
    pub(super) fn next(&mut self, channel: &Full<ChannelId>, window: &Window, now: Moment) -> Option<(u64, List)> {
        if self.under_way.is_some() || !self.attempts.is_due(now) {
            return None;
        }
        let (goal, list) = match (self.main, window.older, window.newer) {
            (Some(main), ..) => match (main, window.newer) {
                (Main::Around(id), _) => (Goal::Main(main), List::new(channel).around(id).limit(LIMIT)),
                // Somebody reads further back: they stay there.
                (Main::Refresh, Edge::Open(_)) if !window.rows().is_empty() => {
                    let middle = window.rows()[window.rows().len() / 2].message.id;
                    (Goal::Main(Main::Around(middle)), List::new(channel).around(middle).limit(LIMIT))
                }
                _ => (Goal::Main(main), List::new(channel).limit(LIMIT)),
            },
            (None, Edge::Open(before), _) if self.older => {
                (Goal::Older, List::new(channel).before(before).limit(LIMIT))
            }
            (None, _, Edge::Open(after)) if self.newer => (Goal::Newer, List::new(channel).after(after).limit(LIMIT)),
            _ => {
                (self.older, self.newer) = (false, false);
                return None;
            }
        };
        let token = self.token();
        self.under_way = Some(UnderWay { token, goal, journal: Vec::new(), pages: Vec::new(), count: 0 });
        Some((token, list))
    }

    /// The next page of a refresh.
    pub(super) fn next_page(&mut self, channel: &Full<ChannelId>, before: Bare<MessageId>) -> Option<(u64, List)> {
        let token = self.token();
        self.under_way.as_mut()?.token = token;
        Some((token, List::new(channel).before(before).limit(LIMIT)))
    }

    /// Whether an answer is to the question that is under way.
    pub(super) fn awaits(&self, token: u64) -> bool {
        self.under_way.as_ref().is_some_and(|under_way| under_way.token == token)
    }

    /// The question failed: it is asked again after a pause, or not at all if `failure` is one that stays.
    pub(super) fn failed(&mut self, failure: Failure, is_lasting: bool) {
        self.under_way = None;
        self.failure = Some(failure);
        if is_lasting {
            (self.main, self.older, self.newer) = (None, false, false);
        }
    }

    /// Takes the answer into the window.
    pub(super) fn answered(&mut self, page: Page<Message>, window: &mut Window) -> Loaded {
        let Some(mut under_way) = self.under_way.take() else { return Loaded::Again };
        if under_way.journal.len() > MAX_JOURNAL {
            return Loaded::Again;
        }
        self.failure = None;
        self.attempts.succeeded();
        // Where the page ends; also where its last messages could not be read.
        let next = page.next.as_deref().and_then(|next| next.parse().ok()).map_or(Edge::Reached, Edge::Open);
        let messages: Vec<_> = page.items.into_iter().map(Arc::new).collect();
        match under_way.goal {
            Goal::Main(Main::Around(_)) => {
                let end =
                    |message: Option<&Arc<Message>>| message.map_or(Edge::Reached, |message| Edge::Open(message.id));
                // Where it is the end, the next page is empty and says so.
                let (older, newer) = (end(messages.first()), end(messages.last()));
                self.main = None;
                window.replace_by(Window::new(messages, older, newer));
            }
            Goal::Main(main) => {
                under_way.pages.extend(messages);
                under_way.count += 1;
                let oldest = under_way.pages.last().map(|message| message.id);
                let is_covered = match (main, window.first()) {
                    (Main::Refresh, Some(first)) => oldest.is_some_and(|oldest| oldest <= first),
                    _ => true,
                };
                if let Edge::Open(before) = next
                    && !is_covered
                    && under_way.count < MAX_PAGES
                {
                    self.under_way = Some(under_way);
                    return Loaded::More(before);
                }
                self.main = None;
                window.replace_by(Window::new(under_way.pages.drain(..), next, Edge::Reached));
            }
            Goal::Older => {
                self.older = false;
                window.prepend(messages, next);
            }
            Goal::Newer => {
                self.newer = false;
                window.append(messages, next);
            }
        }
        under_way.journal.iter().for_each(|change| window.apply(change));
        Loaded::Done
    }

    fn token(&mut self) -> u64 {
        self.tokens += 1;
        self.tokens
    }
}

/// How many messages one page has.
const LIMIT: u32 = 50;
/// How many pages a refresh reads before it gives up what is further back.
const MAX_PAGES: u32 = 10;
/// How much may happen while a page is under way.
const MAX_JOURNAL: usize = 2_000;
