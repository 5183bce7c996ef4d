//! The records of the log: how a backend stores what happened, for itself alone.
//!
//! A record begins with an octet for its version. In version 1 the parts of the event follow in the order of the table
//! ([`beep_core::for_each_event`]), each a length and a form of its own (see `form`). Forms are protobuf with numbered
//! fields: one that is added is zero in what was written before, and parts may be added at the end. A change that is more
//! than that takes the next version; the reader of the one before stays, and converts. Records are read by constructors
//! that trust: they were checked when they were made.
//!
//! Version 0 is what another backend told and this release does not know: the octets are JSON, as they came.

mod form;

use beep_core::event::{EventBody, EventKind};
use beep_core::for_each_event;
use beep_core::port::{CodecError, Decoded, EventCodec, StoredMessages};
use prost::Message as _;
use serde_json::value::RawValue;

use form::{Stored, Unread};

/// Writes and reads the records of the log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Records;

impl EventCodec for Records {
    fn encode(&self, body: &EventBody) -> Vec<u8> {
        let mut record = Vec::new();
        match body {
            EventBody::Unknown { data, .. } => {
                record.push(AS_TOLD);
                record.extend_from_slice(data);
            }
            known => {
                record.push(VERSION);
                put_parts(known, &mut record);
            }
        }
        record
    }

    fn decode(&self, kind: &str, record: &[u8], messages: &StoredMessages) -> Result<Decoded, CodecError> {
        let failed = |reason: String| CodecError { kind: kind.to_owned(), reason };
        match record.split_first() {
            // Nobody has compared with its sender what it speaks of, so it stays what it was when it came.
            Some((&AS_TOLD, data)) => {
                serde_json::from_slice::<&RawValue>(data).map_err(|error| failed(error.to_string()))?;
                Ok(Decoded::Body(EventBody::Unknown { kind: kind.to_owned(), data: data.to_vec() }))
            }
            Some((&VERSION, parts)) => {
                let kind = EventKind::named(kind).ok_or_else(|| failed("its type is of a newer release".to_owned()))?;
                match take_parts(kind, parts, messages) {
                    Ok(body) => Ok(Decoded::Body(body)),
                    Err(Unread::Needs(channel, id)) => Ok(Decoded::Needs(channel, id)),
                    Err(Unread::Damaged(reason)) => Err(failed(reason)),
                }
            }
            Some((version, _)) => Err(failed(format!("its version is {version}, and {VERSION} is the newest known"))),
            None => Err(failed("it is empty".to_owned())),
        }
    }
}

macro_rules! parts {
    ($($class:ident $pattern:ident { $(
        $(#[$doc:meta])*
        $kind:literal $name:ident
        $(( $($held:ident: $held_type:ty),* ))?
        $({ $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? })?
        $(in ($channel:expr, $message:expr))?
    ),* $(,)? })*) => {
        /// Writes the parts of an event, one after the other.
        fn put_parts(body: &EventBody, record: &mut Vec<u8>) {
            match body {
                $($(
                    EventBody::$name $(( $($held),* ))? $({ $($field),* })? => {
                        $( $(put($held, record);)* )?
                        $( $(put($field, record);)* )?
                    }
                )*)*
                // Never stored: it is what a record is read as.
                EventBody::Unknown { .. } | EventBody::Unreadable { .. } => {}
            }
        }

        /// Reads what [`put_parts`] wrote.
        fn take_parts(kind: EventKind, mut parts: &[u8], messages: &StoredMessages) -> Result<EventBody, Unread> {
            let parts = &mut parts;
            Ok(match kind {
                $($(
                    EventKind::$name => EventBody::$name
                        $(( $(take(parts, stringify!($held), messages)?),* ))?
                        $({ $($field: take(parts, stringify!($field), messages)?),* })?,
                )*)*
            })
        }
    };
}

for_each_event!(parts);

fn put<T: Stored>(part: &T, record: &mut Vec<u8>) {
    let form = part.form();
    record.reserve(form.encoded_len() + LENGTH);
    form.encode_length_delimited(record).expect("a vector has room");
}

fn take<T: Stored>(parts: &mut &[u8], name: &str, messages: &StoredMessages) -> Result<T, Unread> {
    let form = match parts.is_empty() {
        // It was written before this part was added.
        true => T::Form::default(),
        false => T::Form::decode_length_delimited(&mut *parts)
            .map_err(|error| Unread::Damaged(format!("`{name}`: {error}")))?,
    };
    T::read(form, messages).map_err(|unread| match unread {
        Unread::Damaged(reason) => Unread::Damaged(format!("`{name}`: {reason}")),
        needs => needs,
    })
}

/// The version that is written.
const VERSION: u8 = 1;

/// The version of what another backend told and this release does not know.
const AS_TOLD: u8 = 0;

/// The most octets of a length.
const LENGTH: usize = 5;
