//! When the caller may send again to a channel in slow mode.

use std::collections::HashMap;
use std::time::Duration;

use beep_core::id::{ChannelId, UserId};
use beep_core::time::Timestamp;
use beep_proto::gateway::{Event, EventData};
use beep_proto::id::Full;
use beep_proto::view::Channel;

/// When the caller last sent to each channel, as far as that was seen. Bounded: of many channels the latest are kept.
#[derive(Clone, Debug, Default)]
pub struct SlowModes {
    sent: HashMap<Full<ChannelId>, Timestamp>,
    refused: HashMap<Full<ChannelId>, Timestamp>,
}

impl SlowModes {
    /// Notes a message of the caller, `me`.
    pub fn apply(&mut self, event: &Event, me: &Full<UserId>) {
        if let EventData::MessageCreated(message) = &event.data
            && message.author.as_ref() == Some(me)
        {
            note(&mut self.sent, &message.channel_id, message.created_at.0);
        }
    }

    /// Notes that the backend refused a message until a time.
    pub fn refused(&mut self, channel: &Full<ChannelId>, until: Timestamp) {
        note(&mut self.refused, channel, until);
    }

    /// From when on the caller may send, if they ever have to wait; it may be over.
    pub fn until(&self, channel: &Channel) -> Option<Timestamp> {
        if channel.slow_mode_s == 0 {
            return None;
        }
        let wait = Duration::from_secs(channel.slow_mode_s.into());
        let sent = self.sent.get(&channel.id).map(|sent| sent.after(wait));
        sent.max(self.refused.get(&channel.id).copied())
    }
}

fn note(times: &mut HashMap<Full<ChannelId>, Timestamp>, channel: &Full<ChannelId>, time: Timestamp) {
    let last = times.entry(channel.clone()).or_insert(time);
    *last = time.max(*last);
    if times.len() > MOST {
        let oldest = times.iter().min_by_key(|(_, time)| **time).map(|(channel, _)| channel.clone());
        oldest.and_then(|oldest| times.remove(&oldest));
    }
}

const MOST: usize = 256;
