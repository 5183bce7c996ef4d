//! The pinned messages of a channel: read when somebody looks at them, then kept up as the events tell.
//!
//! [`PinList`] is pure. A pin that appears has them read again, since its event does not hold the message.

use std::sync::Arc;
use std::time::Duration;

use beep_core::id::{ChannelId, MessageId, UserId};
use beep_proto::gateway::EventData;
use beep_proto::id::{Bare, Full};
use beep_proto::operation::pins::List;
use beep_proto::page::Page;
use beep_proto::view::Pin;

use crate::error::Error;
use crate::failure::{Failure, Outlook};
use crate::moment::{Attempts, Moment};
use crate::observe::ObservedList;
use crate::reacted::{Reacted, as_held};
use crate::sorted::SortedSet;

/// The pins of one channel.
#[derive(Debug)]
pub(crate) struct PinList {
    channel: Full<ChannelId>,
    /// The caller.
    me: Full<UserId>,
    is_open: bool,
    /// Whether they are to be read.
    is_wanted: bool,
    under_way: Option<Reading>,
    tokens: u64,
    attempts: Attempts,
    failure: Option<Failure>,
    list: ObservedList<Arc<Pin>>,
}

/// Pages that were read so far.
#[derive(Debug, Default)]
struct Reading {
    token: u64,
    /// The page to ask for; `None` while it is under way.
    next: Option<Option<String>>,
    pins: Vec<Arc<Pin>>,
    /// Messages that were edited, unpinned or deleted meanwhile, so that a page may be older.
    changed: SortedSet<Bare<MessageId>>,
    /// Reactions that were told meanwhile.
    reacted: Vec<Reacted>,
}

impl PinList {
    /// Knows nothing yet.
    pub(crate) fn new(channel: Full<ChannelId>, me: Full<UserId>) -> Self {
        Self {
            channel,
            me,
            is_open: false,
            is_wanted: false,
            under_way: None,
            tokens: 0,
            attempts: Attempts::default(),
            failure: None,
            list: ObservedList::default(),
        }
    }

    /// The pins, newest first, to watch.
    pub(crate) fn list(&mut self) -> &mut ObservedList<Arc<Pin>> {
        &mut self.list
    }

    /// Why they could not be read.
    pub(crate) fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Somebody looks at them.
    pub(crate) fn open(&mut self) {
        self.is_open = true;
        self.restart();
    }

    /// Reads them again; until then the old stay.
    pub(crate) fn restart(&mut self) {
        (self.is_wanted, self.under_way) = (self.is_open, None);
    }

    /// The channel is gone.
    pub(crate) fn vanish(&mut self) {
        self.under_way = None;
        self.is_wanted = false;
        self.list.replace(Vec::new(), |pin| pin.message.id);
    }

    /// Takes an event of the channel.
    pub(crate) fn apply(&mut self, data: &EventData) {
        if !self.is_open {
            return;
        }
        match data {
            EventData::MessageUpdated(message) => {
                self.changed(message.id);
                if let Some(at) = self.find(message.id) {
                    let held = &self.list.rows()[at];
                    if message.edited_at >= held.message.edited_at {
                        let pin = Pin { message: as_held(message, &held.message.reactions), ..Pin::clone(held) };
                        self.list.update(at, Arc::new(pin));
                    }
                }
            }
            EventData::MessageDeleted(gone) => self.remove(gone.id),
            EventData::MessageUnpinned(moved) => self.remove(moved.message_id),
            EventData::MessagePinned(_) => self.restart(),
            data => {
                if let Some(reacted) = Reacted::of(data, &self.me) {
                    self.reacted(reacted);
                }
            }
        }
    }

    fn reacted(&mut self, reacted: Reacted) {
        if let Some(at) = self.find(reacted.message) {
            let held = &self.list.rows()[at];
            let pin = Pin { message: reacted.apply(&held.message), ..Pin::clone(held) };
            self.list.update(at, Arc::new(pin));
        }
        if let Some(reading) = &mut self.under_way {
            reading.reacted.push(reacted);
            if reading.reacted.len() > MAX_REACTED {
                self.restart();
            }
        }
    }

    /// What waits is tried at once.
    pub(crate) fn hurry(&mut self) {
        self.attempts.hurry();
    }

    /// The next page to ask for; with what its answer is known by.
    pub(crate) fn next(&mut self, now: Moment) -> Option<(u64, List)> {
        if !self.attempts.is_due(now) {
            return None;
        }
        if self.under_way.is_none() && self.is_wanted {
            self.is_wanted = false;
            self.under_way = Some(Reading { next: Some(None), ..Reading::default() });
        }
        let reading = self.under_way.as_mut()?;
        let cursor = reading.next.take()?;
        self.tokens += 1;
        reading.token = self.tokens;
        let list = List::new(&self.channel).limit(PAGE);
        Some((reading.token, if let Some(cursor) = cursor { list.cursor(cursor) } else { list }))
    }

    /// When a pause ends.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.attempts.due().filter(|_| self.is_wanted)
    }

    /// Takes the answer to a page.
    pub(crate) fn answered(&mut self, token: u64, answer: Result<Page<Pin>, Error>, now: Moment) {
        let Some(reading) = self.under_way.as_mut().filter(|reading| reading.token == token) else { return };
        match answer {
            Ok(page) => {
                let pins = page.items.into_iter().map(|pin| Pin { message: as_held(&pin.message, &[]), ..pin });
                reading.pins.extend(pins.map(Arc::new));
                if page.next.is_some() && reading.pins.len() < MAX_PINS {
                    reading.next = Some(page.next);
                    return;
                }
                let reading = self.under_way.take().expect("it is under way");
                (self.failure, self.is_wanted) = (None, false);
                self.attempts.succeeded();
                if !reading.changed.is_empty() {
                    return self.restart();
                }
                let mut known = SortedSet::new();
                let mut pins = reading.pins;
                for reacted in &reading.reacted {
                    for pin in pins.iter_mut().filter(|pin| pin.message.id == reacted.message) {
                        *pin = Arc::new(Pin { message: reacted.apply(&pin.message), ..Pin::clone(pin) });
                    }
                }
                // Between two pages one may have moved.
                pins.retain(|pin| known.insert(pin.message.id));
                self.list.replace(pins, |pin| pin.message.id);
            }
            Err(error) => {
                self.under_way = None;
                self.failure = Some((&error).into());
                match Outlook::of(&error) {
                    Outlook::Lasting => {}
                    Outlook::Limited(pause) => {
                        self.is_wanted = true;
                        self.attempts.failed(Some(pause), now);
                    }
                    Outlook::Transient | Outlook::SignedOut => {
                        self.is_wanted = true;
                        self.attempts.failed(None, now);
                    }
                }
            }
        }
    }

    fn remove(&mut self, id: Bare<MessageId>) {
        self.changed(id);
        if let Some(at) = self.find(id) {
            self.list.remove(at, 1);
        }
    }

    fn changed(&mut self, id: Bare<MessageId>) {
        if let Some(reading) = &mut self.under_way {
            reading.changed.insert(id);
            if reading.changed.len() > MAX_PINS {
                self.restart();
            }
        }
    }

    fn find(&self, id: Bare<MessageId>) -> Option<usize> {
        self.list.rows().iter().position(|pin| pin.message.id == id)
    }
}

/// How many reactions may be told while the pages are read.
const MAX_REACTED: usize = 1_000;
const PAGE: u32 = 100;
/// A channel has at most 250; another backend may say more.
const MAX_PINS: usize = 1_000;

#[cfg(test)]
mod tests {
    use beep_core::time::Timestamp;
    use beep_proto::gateway::{MessageGone, PinMoved};
    use beep_proto::view::Message;

    use super::*;
    use crate::sample;
    use crate::transport::TransportError;

    fn pin(n: u8) -> Pin {
        let EventData::MessageCreated(message) = sample::sent(1, n, "c").data else { panic!("a message is sent") };
        Pin { message: Message { pinned: true, ..message }, pinned_by: sample::user(2), pinned_at: sample::at() }
    }

    fn moved(n: u8) -> PinMoved {
        PinMoved { channel_id: sample::full(1), message_id: Bare(sample::nth(n)), user: sample::user(2) }
    }

    fn page(pins: impl IntoIterator<Item = u8>, next: Option<&str>) -> Page<Pin> {
        Page { items: pins.into_iter().map(pin).collect(), next: next.map(str::to_owned) }
    }

    fn now(seconds: u64) -> Moment {
        Moment { uptime: Duration::from_secs(seconds), at: Timestamp::from_millis(0), random: 0 }
    }

    fn shown(pins: &mut PinList) -> Vec<String> {
        pins.list().rows().iter().map(|pin| pin.message.content.clone()).collect()
    }

    #[test]
    fn they_are_read_and_follow_the_events() {
        let mut pins = PinList::new(sample::full(1), sample::user(1));
        assert!(pins.next(now(0)).is_none(), "nobody looks");
        pins.open();
        let (token, list) = pins.next(now(0)).expect("they are read");
        assert!(list.cursor.is_none() && pins.next(now(0)).is_none());
        pins.answered(token, Ok(page([5, 4], Some("n"))), now(0));
        let (token, list) = pins.next(now(0)).expect("there is more");
        assert_eq!(list.cursor.as_deref(), Some("n"));
        pins.answered(token, Ok(page([4, 3], None)), now(0));
        assert_eq!(shown(&mut pins), ["message 5", "message 4", "message 3"]);
        let gone = MessageGone { id: Bare(sample::nth(4)), channel_id: sample::full(1) };
        pins.apply(&EventData::MessageDeleted(gone));
        pins.apply(&EventData::MessageUnpinned(moved(5)));
        assert_eq!(shown(&mut pins), ["message 3"]);
        pins.apply(&EventData::MessagePinned(moved(6)));
        assert_eq!(shown(&mut pins), ["message 3"], "until they were read again");
        let (token, _) = pins.next(now(0)).expect("they are read again");
        pins.apply(&EventData::MessageUnpinned(moved(3)));
        pins.answered(token, Ok(page([6, 3], None)), now(0));
        let (token, _) = pins.next(now(0)).expect("the page may be older than the event");
        pins.answered(token, Ok(page([6], None)), now(0));
        assert_eq!(shown(&mut pins), ["message 6"]);
        pins.vanish();
        assert!(shown(&mut pins).is_empty());
    }

    #[test]
    fn a_failure_is_tried_again() {
        let mut pins = PinList::new(sample::full(1), sample::user(1));
        pins.open();
        let (token, _) = pins.next(now(0)).expect("they are read");
        pins.answered(token, Err(TransportError::interrupted("lost").into()), now(0));
        assert!(pins.failure().is_some());
        pins.hurry();
        let (token, _) = pins.next(now(0)).expect("they are read again");
        pins.answered(token, Ok(page([1], None)), now(0));
        assert_eq!((shown(&mut pins), pins.failure()), (vec!["message 1".to_owned()], None));
    }
}
