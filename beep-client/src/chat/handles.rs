//! The objects of a chat as an app holds them: cheap to clone, plain methods, and streams of changes.

use std::fmt;
use std::sync::Arc;

use beep_core::id::{ChannelId, MessageId, UserId};
use beep_proto::id::{Bare, Full};
use beep_proto::operation::{messages, pins, reactions};
use beep_proto::view::{Message, Pin};

use super::shared::{Inner, Shared};
use crate::drafts::{Draft, DraftError, DraftPlace};
use crate::error::Error;
use crate::failure::Failure;
use crate::observe::ObservedList;
use crate::reachability::{ConnectionState, Unreachable};
use crate::send_queue::{Outgoing, QueueError};
use crate::timeline::{TimelineRow, TimelineStatus};
use crate::watch::{Changes, Latest};

/// A channel's messages, from [`Chat::timeline`](crate::Chat::timeline). While a handle exists, the history is loaded
/// and kept up; without one, only the newest messages are kept.
#[derive(Clone)]
pub struct Timeline(Arc<TimelineView>);

struct TimelineView {
    shared: Arc<Shared>,
    channel: Full<ChannelId>,
}

impl Drop for TimelineView {
    fn drop(&mut self) {
        self.shared.wish(|machine, now| machine.close_timeline(&self.channel, now));
    }
}

impl Timeline {
    pub(super) fn new(shared: Arc<Shared>, channel: Full<ChannelId>) -> Self {
        shared.wish(|machine, _| machine.open_timeline(&channel));
        Self(Arc::new(TimelineView { shared, channel }))
    }

    /// The channel.
    pub fn channel(&self) -> &Full<ChannelId> {
        &self.0.channel
    }

    /// The rows: messages, oldest first, then what is on its way.
    pub fn rows(&self) -> Vec<TimelineRow> {
        let mut inner = self.0.shared.lock();
        inner.machine.timeline(&self.0.channel).map(|history| history.rows().rows().to_vec()).unwrap_or_default()
    }

    /// The changes of the rows.
    pub fn changes(&self) -> Changes<TimelineRow> {
        let Inner { machine, watchers, .. } = &mut *self.0.shared.lock();
        let watchers = watchers.rows.get_or_insert_with(self.0.channel.clone(), Default::default);
        let mut none = ObservedList::default();
        watchers.watch(machine.timeline(&self.0.channel).map_or(&mut none, |history| history.rows()))
    }

    /// How it is.
    pub fn status(&self) -> TimelineStatus {
        let mut inner = self.0.shared.lock();
        let history = inner.machine.timeline(&self.0.channel);
        history.and_then(|history| history.status().rows().first().cloned()).unwrap_or_default()
    }

    /// The changes of how it is.
    pub fn status_changes(&self) -> Latest<TimelineStatus> {
        let Inner { machine, watchers, .. } = &mut *self.0.shared.lock();
        let watchers = watchers.statuses.get_or_insert_with(self.0.channel.clone(), Default::default);
        let mut none = ObservedList::default();
        Latest(watchers.watch(machine.timeline(&self.0.channel).map_or(&mut none, |history| history.status())))
    }

    /// Who is writing, in the order in which they began: never the caller, nor whom they have blocked.
    pub fn writers(&self) -> Vec<Full<UserId>> {
        let mut inner = self.0.shared.lock();
        inner.machine.company.writers(&self.0.channel).map(|writers| writers.rows().to_vec()).unwrap_or_default()
    }

    /// The changes of those.
    pub fn writer_changes(&self) -> Changes<Full<UserId>> {
        let Inner { machine, watchers, .. } = &mut *self.0.shared.lock();
        let watchers = watchers.writers.get_or_insert_with(self.0.channel.clone(), Default::default);
        let mut none = ObservedList::default();
        watchers.watch(machine.company.writers(&self.0.channel).unwrap_or(&mut none))
    }

    /// Loads messages before the first row, if there are any.
    pub fn load_older(&self) {
        self.wish(|history| history.load_older());
    }

    /// Loads messages after the last row, if there are any.
    pub fn load_newer(&self) {
        self.wish(|history| history.load_newer());
    }

    /// Shows the newest messages.
    pub fn jump_to_newest(&self) {
        self.wish(|history| history.jump_to_newest());
    }

    /// Shows a message and those around it. If it is not among the rows once that was loaded, it was deleted.
    pub fn jump_to(&self, message: Bare<MessageId>) {
        self.wish(|history| history.jump_to(message));
    }

    /// Says whether the view shows the newest rows. At most 500 messages are kept: with `true` the oldest are dropped
    /// for live messages, with `false` the newest. Loading and sending set it as well.
    pub fn follow(&self, newest: bool) {
        self.wish(|history| history.follow(newest));
    }

    /// Sends a text, as [`SendQueue::send`].
    ///
    /// # Errors
    /// [`QueueError`]; then the text is not taken.
    pub fn send(&self, text: impl Into<String>) -> Result<String, QueueError> {
        SendQueue(self.0.shared.clone()).send(&self.0.channel, text, None)
    }

    /// Edits a message of the caller.
    ///
    /// # Errors
    /// As [`Client::call`](crate::Client::call).
    pub async fn edit(&self, message: Bare<MessageId>, text: impl Into<String>) -> Result<(), Error> {
        let edit = messages::Edit::new(&self.0.channel, message, text);
        let edited: Message = self.0.shared.client.call(edit).await?;
        self.wish(|history| history.edited(edited));
        Ok(())
    }

    /// Deletes a message.
    ///
    /// # Errors
    /// As [`Client::call`](crate::Client::call).
    pub async fn delete(&self, message: Bare<MessageId>) -> Result<(), Error> {
        self.0.shared.client.call(messages::Delete::new(&self.0.channel, message)).await?;
        self.wish(|history| history.deleted(message));
        Ok(())
    }

    /// Pins or unpins a message. The rows follow with the event.
    ///
    /// # Errors
    /// As [`Client::call`](crate::Client::call).
    pub async fn pin(&self, message: Bare<MessageId>, pinned: bool) -> Result<(), Error> {
        let client = &self.0.shared.client;
        if pinned {
            client.call(pins::Put::new(&self.0.channel, message)).await
        } else {
            client.call(pins::Delete::new(&self.0.channel, message)).await
        }
    }

    /// Reacts to a message with an emoji, or takes that back. The rows follow with the event.
    ///
    /// # Errors
    /// As [`Client::call`](crate::Client::call).
    pub async fn react(&self, message: Bare<MessageId>, emoji: impl Into<String>, reacts: bool) -> Result<(), Error> {
        let client = &self.0.shared.client;
        if reacts {
            client.call(reactions::Put::new(&self.0.channel, message, emoji)).await
        } else {
            client.call(reactions::Delete::new(&self.0.channel, message, emoji)).await
        }
    }

    /// Removes all reactions to a message with one emoji. The rows follow with the event.
    ///
    /// # Errors
    /// As [`Client::call`](crate::Client::call).
    pub async fn clear_reactions(&self, message: Bare<MessageId>, emoji: impl Into<String>) -> Result<(), Error> {
        self.0.shared.client.call(reactions::Clear::new(&self.0.channel, message, emoji)).await
    }

    fn wish(&self, wish: impl FnOnce(&mut crate::timeline::History)) {
        self.0.shared.wish(|machine, _| machine.timeline(&self.0.channel).map(wish));
    }
}

/// The pinned messages of a channel, from [`Chat::pins`](crate::Chat::pins), read and kept up while a handle exists.
#[derive(Clone)]
pub struct Pins(Arc<PinsView>);

struct PinsView {
    shared: Arc<Shared>,
    channel: Full<ChannelId>,
}

impl Drop for PinsView {
    fn drop(&mut self) {
        self.shared.wish(|machine, _| machine.close_pins(&self.channel));
    }
}

impl Pins {
    pub(super) fn new(shared: Arc<Shared>, channel: Full<ChannelId>) -> Self {
        shared.wish(|machine, _| machine.open_pins(&channel));
        Self(Arc::new(PinsView { shared, channel }))
    }

    /// The pins, newest first.
    pub fn rows(&self) -> Vec<Arc<Pin>> {
        let mut inner = self.0.shared.lock();
        inner.machine.pins(&self.0.channel).map(|pins| pins.list().rows().to_vec()).unwrap_or_default()
    }

    /// The changes of the pins.
    pub fn changes(&self) -> Changes<Arc<Pin>> {
        let Inner { machine, watchers, .. } = &mut *self.0.shared.lock();
        let watchers = watchers.pins.get_or_insert_with(self.0.channel.clone(), Default::default);
        let mut none = ObservedList::default();
        watchers.watch(machine.pins(&self.0.channel).map_or(&mut none, |pins| pins.list()))
    }

    /// Why they could not be read. A temporary failure is tried again by itself.
    pub fn failure(&self) -> Option<Failure> {
        self.0.shared.lock().machine.pins(&self.0.channel).and_then(|pins| pins.failure().cloned())
    }
}

/// The messages that are not known to be sent, from [`Chat::send_queue`](crate::Chat::send_queue).
#[derive(Clone)]
pub struct SendQueue(pub(super) Arc<Shared>);

impl SendQueue {
    /// The messages, in the order in which they were queued.
    pub fn rows(&self) -> Vec<Arc<Outgoing>> {
        self.0.lock().machine.queue.list().rows().to_vec()
    }

    /// The changes of the messages.
    pub fn changes(&self) -> Changes<Arc<Outgoing>> {
        let Inner { machine, watchers, .. } = &mut *self.0.lock();
        watchers.queue.watch(machine.queue.list())
    }

    /// Queues a text for a channel, as a reply to a message of it or not; gives its nonce.
    ///
    /// # Errors
    /// [`QueueError::Full`] and [`QueueError::TooLong`]; then the text is not taken.
    pub fn send(
        &self,
        channel: &Full<ChannelId>,
        text: impl Into<String>,
        reply_to: Option<Bare<MessageId>>,
    ) -> Result<String, QueueError> {
        let nonce = self.0.new_name();
        self.0.wish(|machine, now| machine.send(channel, text.into(), reply_to, nonce.clone(), now))?;
        Ok(nonce)
    }

    /// Sends a message that failed once more, or one that waits at once.
    ///
    /// # Errors
    /// [`QueueError::Gone`].
    pub fn retry(&self, nonce: &str) -> Result<(), QueueError> {
        self.0.wish(|machine, _| machine.queue.retry(nonce))
    }

    /// Replaces the text of a message that was certainly not sent; one that failed is then sent again.
    ///
    /// # Errors
    /// [`QueueError::Gone`], [`QueueError::MayBeSent`] and [`QueueError::TooLong`].
    pub fn edit(&self, nonce: &str, text: impl Into<String>) -> Result<(), QueueError> {
        self.0.wish(|machine, _| machine.queue.edit(nonce, text.into()))
    }

    /// Gives a message up, and gives it back. If an attempt was cut off, it may still appear in the channel.
    ///
    /// # Errors
    /// [`QueueError::Gone`], and [`QueueError::MayBeSent`] while it is under way.
    pub fn discard(&self, nonce: &str) -> Result<Arc<Outgoing>, QueueError> {
        self.0.wish(|machine, _| machine.queue.discard(nonce))
    }
}

/// The texts that were begun, from [`Chat::drafts`](crate::Chat::drafts).
#[derive(Clone)]
pub struct Drafts(pub(super) Arc<Shared>);

impl Drafts {
    /// The drafts, sorted by place.
    pub fn rows(&self) -> Vec<Arc<Draft>> {
        self.0.lock().machine.drafts.list().rows().to_vec()
    }

    /// The changes of the drafts.
    pub fn changes(&self) -> Changes<Arc<Draft>> {
        let Inner { machine, watchers, .. } = &mut *self.0.lock();
        watchers.drafts.watch(machine.drafts.list())
    }

    /// The draft of a place.
    pub fn get(&self, place: &DraftPlace) -> Option<Arc<Draft>> {
        self.0.lock().machine.drafts.get(place).cloned()
    }

    /// Keeps a text, with the message that it replies to; to be called whenever either changes. Without both there is no
    /// draft. Others are told that the caller is writing, where the channel's timeline is open.
    ///
    /// # Errors
    /// [`DraftError`]; then the draft is as it was.
    pub fn set(
        &self,
        place: DraftPlace,
        text: impl Into<String>,
        reply_to: Option<Bare<MessageId>>,
    ) -> Result<(), DraftError> {
        self.0.wish(|machine, now| machine.write(place, text.into(), reply_to, now))
    }

    /// Gives a draft up, and gives it back.
    pub fn discard(&self, place: &DraftPlace) -> Option<Arc<Draft>> {
        self.0.wish(|machine, _| machine.drafts.remove(place))
    }

    /// Sends what is in the composer of a channel, and empties it; says whether there was any text.
    ///
    /// # Errors
    /// [`QueueError`]; then the draft stays.
    pub fn send(&self, channel: &Full<ChannelId>) -> Result<bool, QueueError> {
        let nonce = self.0.new_name();
        self.0.wish(|machine, now| machine.send_draft(channel, nonce, now))
    }
}

/// Which backends answer, from [`Chat::reachability`](crate::Chat::reachability).
#[derive(Clone)]
pub struct Reachability(pub(super) Arc<Shared>);

impl Reachability {
    /// How the connection to the own backend is.
    pub fn connection(&self) -> ConnectionState {
        self.0.lock().machine.reach.connection().rows().first().cloned().unwrap_or_default()
    }

    /// The changes of the connection.
    pub fn connection_changes(&self) -> Latest<ConnectionState> {
        let Inner { machine, watchers, .. } = &mut *self.0.lock();
        Latest(watchers.connection.watch(machine.reach.connection()))
    }

    /// The other backends that do not answer as they should, by domain. What waits for one is tried again by itself.
    pub fn rows(&self) -> Vec<Arc<Unreachable>> {
        self.0.lock().machine.reach.list().rows().to_vec()
    }

    /// The changes of these backends.
    pub fn changes(&self) -> Changes<Arc<Unreachable>> {
        let Inner { machine, watchers, .. } = &mut *self.0.lock();
        watchers.unreachable.watch(machine.reach.list())
    }
}

macro_rules! named {
    ($($name:ident),+) => { $(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )+ };
}
named!(Timeline, Pins, SendQueue, Drafts, Reachability);
