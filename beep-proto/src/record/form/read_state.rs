//! The form of what somebody has read.

use beep_core::port::StoredMessages;
use beep_core::read_state::ReadState;

use super::{KeyForm, Stored, Unread, id, key, octets, read_key};

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ReadStateForm {
    #[prost(message, required, tag = "1")]
    channel: KeyForm,
    #[prost(bytes = "vec", tag = "2")]
    last_read: Vec<u8>,
    #[prost(uint64, tag = "3")]
    unread: u64,
    #[prost(uint64, tag = "4")]
    mentions: u64,
    #[prost(bool, tag = "5")]
    more: bool,
    #[prost(bytes = "vec", tag = "6")]
    newest: Vec<u8>,
}

impl Stored for ReadState {
    type Form = ReadStateForm;
    fn form(&self) -> ReadStateForm {
        let Self { channel, last_read, unread, mentions, more, newest } = self;
        ReadStateForm {
            channel: key(channel),
            last_read: octets(*last_read),
            unread: *unread,
            mentions: *mentions,
            more: *more,
            newest: octets(*newest),
        }
    }
    fn read(form: ReadStateForm, _: &StoredMessages) -> Result<Self, Unread> {
        Ok(Self {
            channel: read_key(form.channel)?,
            last_read: id(&form.last_read)?,
            unread: form.unread,
            mentions: form.mentions,
            more: form.more,
            newest: id(&form.newest)?,
        })
    }
}
