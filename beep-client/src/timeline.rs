//! A channel as an app shows it: a part of its history without gaps, live messages, and what is on its way.
//!
//! `History` is pure: answers, events and wishes go in; rows and the next question come out. It holds a window of the
//! history. While the window ends with the newest message, messages are added as they are told; a view that scrolls has
//! it extended at either end, and what is too much is dropped at the other. A page that was asked for may be from before
//! or after an event that is told meanwhile: such events are noted and carried out once more on the page.

mod loading;
mod replies;
mod row;
mod window;

use std::sync::Arc;
use std::time::Duration;

use beep_core::id::{ChannelId, MessageId, UserId};
use beep_proto::gateway::{Event, EventData};
use beep_proto::id::{Bare, Full};
use beep_proto::operation::messages::{Get, List};
use beep_proto::page::Page;
use beep_proto::view::Message;
use serde::{Deserialize, Serialize};

pub use self::loading::LoadKind;
use self::loading::{Loaded, Loading, Main};
use self::replies::Replies;
pub use self::row::{MessageRow, ReplyPreview, RowKey, TimelineRow};
use self::window::{Change, Edge, Window};
use crate::error::Error;
use crate::failure::{Failure, Outlook};
use crate::moment::{Attempts, Moment};
use crate::observe::ObservedList;
use crate::reacted::Reacted;
use crate::send_queue::Outgoing;
use crate::sorted::SortedMap;

/// How a timeline is.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct TimelineStatus {
    /// Whether the rows are the channel's; without it nothing is known of it yet.
    pub is_loaded: bool,
    /// What is being loaded.
    pub loading: Option<LoadKind>,
    /// Why that did not work. A temporary failure is tried again by itself; otherwise `loading` is `None`.
    pub failure: Option<Failure>,
    /// Whether there are messages before the first row.
    pub has_older: bool,
    /// Whether there are messages after the last row, so that live messages are not shown.
    pub has_newer: bool,
    /// Whether the rows may have gaps until they were loaded again.
    pub is_stale: bool,
    /// Whether the channel was deleted, or is no longer visible to the caller.
    pub is_gone: bool,
}

/// One channel.
#[derive(Debug)]
pub(crate) struct History {
    channel: Full<ChannelId>,
    /// The caller.
    me: Full<UserId>,
    limits: Limits,
    /// `None` before anything was loaded.
    window: Option<Window>,
    is_stale: bool,
    is_gone: bool,
    /// Whether anybody looks at it. Only then something is loaded.
    is_open: bool,
    /// Whether the newest rows are kept if there are too many.
    follows: bool,
    /// The newest messages when the window left the end, to open with.
    tail: Option<(Vec<Arc<Message>>, Edge)>,
    loading: Loading,
    next_page: Option<Bare<MessageId>>,
    replies: Replies,
    reply_attempts: Attempts,
    /// The nonces under which this program sent messages.
    echoes: SortedMap<Bare<MessageId>, String>,
    /// The last number of the channel's stream that was told.
    seq: Option<u64>,
    rows: ObservedList<TimelineRow>,
    status: ObservedList<TimelineStatus>,
    is_unsaved: bool,
}

/// The newest messages of a channel, to open with before anything was loaded.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct StoredHistory {
    pub(crate) channel: Full<ChannelId>,
    messages: Vec<Message>,
    /// The id beyond which older ones are; `None` at the beginning of the channel.
    older: Option<Bare<MessageId>>,
    is_stale: bool,
}

impl History {
    /// Knows nothing yet.
    pub(crate) fn new(channel: Full<ChannelId>, me: Full<UserId>, limits: Limits) -> Self {
        let mut status = ObservedList::default();
        status.insert(0, vec![TimelineStatus::default()]);
        Self {
            channel,
            me,
            limits,
            window: None,
            is_stale: false,
            is_gone: false,
            is_open: false,
            follows: true,
            tail: None,
            loading: Loading::default(),
            next_page: None,
            replies: Replies::default(),
            reply_attempts: Attempts::default(),
            echoes: SortedMap::new(),
            seq: None,
            rows: ObservedList::default(),
            status,
            is_unsaved: false,
        }
    }

    /// Takes what was stored, unless something newer is known.
    pub(crate) fn restore(&mut self, stored: StoredHistory) {
        if self.window.is_some() || self.is_gone {
            return;
        }
        let older = stored.older.map_or(Edge::Reached, Edge::Open);
        self.window = Some(Window::new(stored.messages.into_iter().map(Arc::new), older, Edge::Reached));
        self.is_stale = stored.is_stale;
        if self.is_open {
            self.loading.stop();
            self.open();
        }
    }

    /// The rows, to watch.
    pub(crate) fn rows(&mut self) -> &mut ObservedList<TimelineRow> {
        &mut self.rows
    }

    /// How it is, as a list of one row, to watch.
    pub(crate) fn status(&mut self) -> &mut ObservedList<TimelineStatus> {
        &mut self.status
    }

    /// Somebody looks at it.
    pub(crate) fn open(&mut self) {
        self.is_open = true;
        if self.window.is_none() || self.is_stale {
            self.loading.want(Main::Refresh);
        }
    }

    /// Nobody looks at it any more: only the newest messages are kept.
    pub(crate) fn close(&mut self) {
        self.is_open = false;
        self.follows = true;
        self.loading.stop();
        self.next_page = None;
        match &mut self.window {
            Some(window) if window.newer == Edge::Reached => window.trim(self.limits.kept, true),
            _ => {
                self.window = self.tail.take().map(|(messages, older)| Window::new(messages, older, Edge::Reached));
                self.is_stale = true;
            }
        }
    }

    /// Extends the window backwards.
    pub(crate) fn load_older(&mut self) {
        if let Some(Window { older: Edge::Open(_), .. }) = self.window {
            self.follows = false;
            self.loading.want_older();
            self.loading.attempts.hurry();
        }
    }

    /// Extends the window forwards.
    pub(crate) fn load_newer(&mut self) {
        if let Some(Window { newer: Edge::Open(_), .. }) = self.window {
            self.follows = true;
            self.loading.want_newer();
            self.loading.attempts.hurry();
        }
    }

    /// Goes to the newest messages.
    pub(crate) fn jump_to_newest(&mut self) {
        self.follows = true;
        let is_there = self.window.as_ref().is_some_and(|window| window.newer == Edge::Reached);
        if !is_there && !self.is_gone {
            self.loading.want(Main::Newest);
            self.loading.attempts.hurry();
        }
    }

    /// Goes to a message.
    pub(crate) fn jump_to(&mut self, message: Bare<MessageId>) {
        self.follows = false;
        let is_there = self.window.as_ref().is_some_and(|window| window.get(message).is_some());
        if !is_there && !self.is_gone {
            self.loading.want(Main::Around(message));
            self.loading.attempts.hurry();
        }
    }

    /// Says which end the view shows: that one is kept if there are too many rows.
    pub(crate) fn follow(&mut self, newest: bool) {
        self.follows = newest;
    }

    /// Takes an event of the channel's stream.
    pub(crate) fn apply(&mut self, event: &Event) {
        if self.is_gone {
            return;
        }
        // A gap that could not be filled: only the history knows.
        if event.seq != 0 && self.seq.is_some_and(|last| event.seq > last + 1) {
            self.restart();
        }
        self.seq = self.seq.max(Some(event.seq));
        let change = match &event.data {
            EventData::MessageCreated(message) => Change::Sent(Arc::new(message.clone())),
            EventData::MessageUpdated(message) => Change::Edited(Arc::new(message.clone())),
            EventData::MessageDeleted(gone) => Change::Deleted(gone.id),
            EventData::MessagePinned(moved) => Change::Pinned(moved.message_id, true),
            EventData::MessageUnpinned(moved) => Change::Pinned(moved.message_id, false),
            data => match Reacted::of(data, &self.me) {
                Some(reacted) => Change::Reacted(reacted),
                None => return,
            },
        };
        self.change(&change);
    }

    /// Takes the answer to a message that was sent.
    pub(crate) fn sent(&mut self, message: Message) {
        self.change(&Change::Sent(Arc::new(message)));
    }

    /// Takes the answer to an edit.
    pub(crate) fn edited(&mut self, message: Message) {
        self.change(&Change::Answered(Arc::new(message)));
    }

    /// A message was deleted.
    pub(crate) fn deleted(&mut self, message: Bare<MessageId>) {
        self.change(&Change::Deleted(message));
    }

    /// A message that arrived is the one that was queued under a nonce.
    pub(crate) fn echo(&mut self, message: Bare<MessageId>, nonce: String) {
        self.echoes.insert(message, nonce);
        if self.echoes.len() > MAX_ECHOES {
            self.echoes.pop_first();
        }
    }

    /// Events may have been missed: it is loaded again, and until then what is there can be read.
    pub(crate) fn restart(&mut self) {
        (self.seq, self.is_gone) = (None, false);
        self.replies.restart();
        self.next_page = None;
        if self.window.is_some() && !self.is_stale {
            self.is_stale = true;
            self.is_unsaved = true;
        }
        if self.is_open {
            self.loading.restart();
        } else {
            self.loading.stop();
        }
    }

    /// The channel was deleted, or is no longer visible: nothing of it is kept.
    pub(crate) fn vanish(&mut self) {
        let (rows, status) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.status));
        *self = Self {
            is_gone: true,
            is_open: self.is_open,
            is_unsaved: true,
            rows,
            status,
            ..Self::new(self.channel.clone(), self.me.clone(), self.limits)
        };
    }

    /// The network or the backend is back: what waits is tried at once.
    pub(crate) fn hurry(&mut self) {
        self.loading.attempts.hurry();
        self.reply_attempts.hurry();
    }

    /// The next page to ask for; with what its answer is known by.
    pub(crate) fn next_page(&mut self, now: Moment) -> Option<(u64, List)> {
        if !self.is_open || self.is_gone {
            return None;
        }
        if let Some(before) = self.next_page.take() {
            return self.loading.next_page(&self.channel, before);
        }
        let empty = Window::new([], Edge::Reached, Edge::Reached);
        self.loading.next(&self.channel, self.window.as_ref().unwrap_or(&empty), now)
    }

    /// The next message to ask for, for the preview of a reply.
    pub(crate) fn next_reply(&mut self, now: Moment) -> Option<Get> {
        let window = self.window.as_ref().filter(|_| self.is_open && !self.is_stale)?;
        if !self.reply_attempts.is_due(now) {
            return None;
        }
        let next = self.replies.next(window);
        if next.is_none() {
            self.reply_attempts.hurry();
        }
        next.map(|id| Get::new(&self.channel, id))
    }

    /// When something is to be asked because a pause ends.
    pub(crate) fn due(&self) -> Option<Duration> {
        if !self.is_open || self.is_gone {
            return None;
        }
        let load = self.loading.attempts.due().filter(|_| self.loading.is_waiting());
        [load, self.reply_attempts.due()].into_iter().flatten().min()
    }

    /// Takes the answer to a page.
    pub(crate) fn page_answered(&mut self, token: u64, answer: Result<Page<Message>, Error>, now: Moment) {
        if !self.loading.awaits(token) {
            return;
        }
        let mut page = match answer {
            Ok(page) => page,
            Err(error) => return self.page_failed(&error, now),
        };
        page.items.retain(|message| message.channel_id == self.channel && !self.replies.is_gone(message.id));
        let is_loaded = self.window.is_some();
        let mut window = self.window.take().unwrap_or_else(|| Window::new([], Edge::Reached, Edge::Reached));
        let tail = if is_loaded { tail_of(&window, self.limits.kept) } else { None };
        let is_replacing = self.loading.is_replacing();
        let loaded = self.loading.answered(page, &mut window);
        match loaded {
            Loaded::Done => {
                self.is_unsaved = true;
                if window.newer == Edge::Reached {
                    self.tail = None;
                } else if tail.is_some() {
                    self.tail = tail;
                }
                if is_replacing {
                    self.is_stale = false;
                }
                self.window = Some(window);
                return self.trim();
            }
            Loaded::More(before) => self.next_page = Some(before),
            Loaded::Again => drop(self.loading.attempts.failed(None, now)),
        }
        self.window = Some(window).filter(|_| is_loaded);
    }

    fn page_failed(&mut self, error: &Error, now: Moment) {
        let outlook = Outlook::of(error);
        match outlook {
            Outlook::Transient => drop(self.loading.attempts.failed(None, now)),
            Outlook::Limited(pause) => drop(self.loading.attempts.failed(Some(pause), now)),
            Outlook::SignedOut => drop(self.loading.attempts.failed(None, now)),
            Outlook::Lasting => {}
        }
        self.loading.failed(error.into(), outlook == Outlook::Lasting);
    }

    /// Takes the answer to a question for the preview of a reply.
    pub(crate) fn reply_answered(&mut self, id: Bare<MessageId>, answer: Result<Message, Error>, now: Moment) {
        if self.replies.answered(id, answer) {
            self.reply_attempts.failed(None, now);
        } else {
            self.reply_attempts.succeeded();
        }
    }

    /// Brings rows and status up to date; with the caller's messages that are on their way there.
    pub(crate) fn show<'a>(&mut self, outgoing: impl Iterator<Item = &'a Arc<Outgoing>>) {
        let mut rows = Vec::new();
        if let Some(window) = &mut self.window {
            window.dress(&self.replies, &self.echoes);
            rows.extend(window.rows().iter().cloned().map(TimelineRow::Message));
        }
        let has_newer = self.window.as_ref().is_some_and(|window| window.newer != Edge::Reached);
        if !self.is_gone && !has_newer {
            rows.extend(outgoing.cloned().map(TimelineRow::Outgoing));
        }
        row::show(&mut self.rows, rows);
        let status = TimelineStatus {
            is_loaded: self.window.is_some(),
            loading: self.loading.kind().filter(|_| self.is_open),
            failure: self.loading.failure.clone(),
            has_older: self.window.as_ref().is_some_and(|window| window.older != Edge::Reached),
            has_newer,
            is_stale: self.is_stale,
            is_gone: self.is_gone,
        };
        self.status.update(0, status);
    }

    /// Whether what is stored of it changed since the last call.
    pub(crate) fn take_unsaved(&mut self) -> bool {
        std::mem::take(&mut self.is_unsaved)
    }

    /// What is stored of it; `None` if nothing is.
    pub(crate) fn stored(&self) -> Option<StoredHistory> {
        let window = self.window.as_ref()?;
        let (messages, older, is_stale) = match (tail_of(window, self.limits.kept), &self.tail) {
            (Some((messages, older)), _) => (messages, older, self.is_stale),
            (None, Some((messages, older))) => (messages.clone(), *older, true),
            (None, None) => return None,
        };
        Some(StoredHistory {
            channel: self.channel.clone(),
            messages: messages.iter().map(|message| Message::clone(message)).collect(),
            older: if let Edge::Open(id) = older { Some(id) } else { None },
            is_stale,
        })
    }

    fn change(&mut self, change: &Change) {
        if let Change::Sent(message) | Change::Edited(message) | Change::Answered(message) = change
            && (self.replies.is_gone(message.id) || message.channel_id != self.channel)
        {
            return;
        }
        self.replies.apply(change);
        self.loading.note(change);
        if let Some(window) = &mut self.window {
            window.apply(change);
            self.is_unsaved = true;
            self.trim();
        }
    }

    fn trim(&mut self) {
        let Some(window) = &self.window else { return };
        // What nobody looks at is trimmed now and then.
        let Limits { rows, kept } = self.limits;
        let (most, slack) = if self.is_open { (rows, 0) } else { (kept, kept) };
        if window.rows().len() <= most + slack {
            return;
        }
        let tail = tail_of(window, self.limits.kept);
        let Some(window) = &mut self.window else { return };
        window.trim(most, self.follows);
        if window.newer != Edge::Reached && tail.is_some() {
            self.tail = tail;
        }
    }
}

/// The newest messages of a window that ends with them, and what is before them.
fn tail_of(window: &Window, kept: usize) -> Option<(Vec<Arc<Message>>, Edge)> {
    if window.newer != Edge::Reached {
        return None;
    }
    let rows = window.rows();
    let start = rows.len().saturating_sub(kept);
    let tail: Vec<_> = rows[start..].iter().map(|row| row.message.clone()).collect();
    let older = tail.first().filter(|_| start > 0).map_or(window.older, |first| Edge::Open(first.id));
    Some((tail, older))
}

/// How many messages a timeline holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// While somebody looks at it.
    pub(crate) rows: usize,
    /// Of the newest, else, and in the storage.
    pub(crate) kept: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rows: 500, kept: 50 }
    }
}

/// How many nonces are remembered.
const MAX_ECHOES: usize = 200;

#[cfg(test)]
mod tests;
