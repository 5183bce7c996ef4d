//! Texts that were begun and not sent: one for each place, kept until they are sent or emptied.
//!
//! `DraftList` is pure; [`Chat`](crate::Chat) stores it. A draft outlives its channel and the session, so that nobody
//! loses what they wrote.

use std::sync::Arc;

use beep_core::id::{ChannelId, MessageId};
use beep_proto::id::{Bare, Full};
use beep_proto::time::Time;
use serde::{Deserialize, Serialize};

use crate::observe::ObservedList;
use crate::sorted::{SortedMap, SortedSet};

/// Where a text is written.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct DraftPlace {
    /// The channel.
    pub channel: Full<ChannelId>,
    /// The message that is being edited; `None` for a new one, also if it replies.
    pub edits: Option<Bare<MessageId>>,
}

impl DraftPlace {
    /// The composer of a channel.
    pub fn composer(channel: &Full<ChannelId>) -> Self {
        Self { channel: channel.clone(), edits: None }
    }

    /// The editor of a message.
    pub fn edit(channel: &Full<ChannelId>, message: Bare<MessageId>) -> Self {
        Self { channel: channel.clone(), edits: Some(message) }
    }
}

/// A text that was begun.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Draft {
    /// Where.
    pub place: DraftPlace,
    /// The text.
    pub text: String,
    /// The message that it replies to.
    pub reply_to: Option<Bare<MessageId>>,
    /// When it last changed.
    pub changed_at: Time,
}

/// Why a draft is not kept. The view still has the text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DraftError {
    /// The text has more than [`MAX_DRAFT_LEN`] bytes; the draft is as it was before.
    #[error("a draft has at most {MAX_DRAFT_LEN} bytes")]
    TooLong,
    /// There are [`MAX_DRAFTS`] drafts; none is forgotten for a new one.
    #[error("there are at most {MAX_DRAFTS} drafts")]
    TooMany,
}

/// The drafts of an account.
#[derive(Debug, Default)]
pub(crate) struct DraftList {
    list: ObservedList<Arc<Draft>>,
    unsaved: SortedSet<DraftPlace>,
    /// Places that changed before the stored drafts were read, which must not bring back what was emptied.
    touched: Option<SortedSet<DraftPlace>>,
}

impl DraftList {
    /// Has no draft yet, and expects those that were stored.
    pub(crate) fn new() -> Self {
        Self { touched: Some(SortedSet::new()), ..Self::default() }
    }

    /// Takes the stored drafts; what was written meanwhile is newer.
    pub(crate) fn restore(&mut self, stored: Vec<Draft>) {
        let touched = self.touched.take().unwrap_or_default();
        let mut drafts: SortedMap<_, _> = stored
            .into_iter()
            .filter(|draft| !touched.contains(&draft.place))
            .map(|draft| (draft.place.clone(), Arc::new(draft)))
            .collect();
        drafts.extend(self.list.rows().iter().map(|draft| (draft.place.clone(), draft.clone())));
        self.list.replace(drafts.into_values().collect(), |draft| draft.place.clone());
    }

    /// The drafts by place, to watch.
    pub(crate) fn list(&mut self) -> &mut ObservedList<Arc<Draft>> {
        &mut self.list
    }

    /// The draft of a place.
    pub(crate) fn get(&self, place: &DraftPlace) -> Option<&Arc<Draft>> {
        self.find(place).ok().map(|at| &self.list.rows()[at])
    }

    /// Puts a text in a place. Without text and without a message to reply to, there is no draft.
    pub(crate) fn set(
        &mut self,
        place: DraftPlace,
        text: String,
        reply_to: Option<Bare<MessageId>>,
        now: Time,
    ) -> Result<(), DraftError> {
        if text.is_empty() && reply_to.is_none() {
            self.remove(&place);
            return Ok(());
        }
        if text.len() > MAX_DRAFT_LEN {
            return Err(DraftError::TooLong);
        }
        match self.find(&place) {
            Ok(at) => {
                let held = &self.list.rows()[at];
                if (&held.text, held.reply_to) == (&text, reply_to) {
                    return Ok(());
                }
                self.list.update(at, Arc::new(Draft { place: place.clone(), text, reply_to, changed_at: now }));
            }
            Err(_) if self.list.rows().len() >= MAX_DRAFTS => return Err(DraftError::TooMany),
            Err(at) => {
                let draft = Draft { place: place.clone(), text, reply_to, changed_at: now };
                self.list.insert(at, vec![Arc::new(draft)]);
            }
        }
        self.changed(place);
        Ok(())
    }

    /// Removes a draft that was sent or given up.
    pub(crate) fn remove(&mut self, place: &DraftPlace) -> Option<Arc<Draft>> {
        self.touch(place);
        let at = self.find(place).ok()?;
        let draft = self.list.rows()[at].clone();
        self.list.remove(at, 1);
        self.changed(place.clone());
        Some(draft)
    }

    /// The places whose drafts changed since the last call.
    pub(crate) fn take_unsaved(&mut self) -> SortedSet<DraftPlace> {
        std::mem::take(&mut self.unsaved)
    }

    fn changed(&mut self, place: DraftPlace) {
        self.touch(&place);
        self.unsaved.insert(place);
    }

    fn touch(&mut self, place: &DraftPlace) {
        if let Some(touched) = &mut self.touched {
            // A draft that may be stored and is emptied now is removed there.
            self.unsaved.insert(place.clone());
            touched.insert(place.clone());
        }
    }

    fn find(&self, place: &DraftPlace) -> Result<usize, usize> {
        self.list.rows().binary_search_by(|draft| draft.place.cmp(place))
    }
}

/// The longest draft, in bytes.
pub const MAX_DRAFT_LEN: usize = 256 << 10;

/// How many drafts are kept.
pub const MAX_DRAFTS: usize = 1_000;

#[cfg(test)]
mod tests {
    use beep_core::id::Id;
    use beep_core::time::Timestamp;

    use super::*;
    use crate::sample;

    fn place(n: u8) -> DraftPlace {
        DraftPlace::composer(&sample::full(n))
    }

    fn write(drafts: &mut DraftList, n: u8, text: &str) -> Result<(), DraftError> {
        drafts.set(place(n), text.to_owned(), None, sample::at())
    }

    fn texts(drafts: &mut DraftList) -> Vec<String> {
        drafts.list().rows().iter().map(|draft| draft.text.clone()).collect()
    }

    #[test]
    fn each_place_has_its_own_text() {
        let mut drafts = DraftList::new();
        drafts.restore(Vec::new());
        write(&mut drafts, 2, "two").expect("there is room");
        write(&mut drafts, 1, "one").expect("there is room");
        let edit = DraftPlace::edit(&sample::full(1), Bare(sample::nth(9)));
        drafts.set(edit.clone(), "better".to_owned(), None, sample::at()).expect("there is room");
        drafts.set(place(3), String::new(), Some(Bare(sample::nth(9))), sample::at()).expect("there is room");
        assert_eq!(texts(&mut drafts), ["one", "better", "two", ""]);
        assert_eq!(drafts.take_unsaved().len(), 4);
        write(&mut drafts, 2, "").expect("it is emptied");
        assert_eq!(drafts.take_unsaved().into_iter().collect::<Vec<_>>(), [place(2)]);
        assert_eq!(drafts.get(&edit).map(|draft| draft.text.as_str()), Some("better"));
        write(&mut drafts, 1, "one").expect("it is the same");
        assert!(drafts.take_unsaved().is_empty());
    }

    #[test]
    fn what_is_written_before_the_stored_drafts_are_read_is_newer() {
        let stored =
            |n, text: &str| Draft { place: place(n), text: text.to_owned(), reply_to: None, changed_at: sample::at() };
        let mut drafts = DraftList::new();
        write(&mut drafts, 1, "new").expect("there is room");
        write(&mut drafts, 2, "x").expect("there is room");
        write(&mut drafts, 2, "").expect("it is emptied");
        write(&mut drafts, 4, "").expect("it is emptied");
        drafts.restore(vec![stored(1, "old"), stored(2, "old"), stored(3, "kept"), stored(4, "old")]);
        assert_eq!(texts(&mut drafts), ["new", "kept"]);
        assert_eq!(drafts.take_unsaved().into_iter().collect::<Vec<_>>(), [place(1), place(2), place(4)]);
    }

    #[test]
    fn no_text_is_forgotten_for_another() {
        let mut drafts = DraftList::new();
        drafts.restore(Vec::new());
        write(&mut drafts, 1, "kept").expect("there is room");
        assert_eq!(write(&mut drafts, 1, &"x".repeat(MAX_DRAFT_LEN + 1)), Err(DraftError::TooLong));
        for n in 1..MAX_DRAFTS {
            let message = Bare(Id::generate(Timestamp::from_millis(n as i64), [0; 10]));
            drafts.set(DraftPlace::edit(&sample::full(1), message), "e".to_owned(), None, sample::at()).expect("room");
        }
        assert_eq!(write(&mut drafts, 2, "more"), Err(DraftError::TooMany));
        assert_eq!(drafts.get(&place(1)).map(|draft| draft.text.as_str()), Some("kept"));
        write(&mut drafts, 1, "changed").expect("it has its room");
    }
}
