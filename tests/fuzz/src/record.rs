//! Stored records of the log: a file that is damaged, or one of a newer release, may hold anything.

use beep_core::port::{Decoded, EventCodec, StoredMessages};
use beep_proto::record::Records;

/// The type of the event, a line break, and the record. What is read is written and read again as itself.
pub(crate) fn run(octets: &[u8]) {
    let Some(end) = octets.iter().position(|octet| *octet == b'\n') else { return };
    let (kind, record) = (&octets[..end], &octets[end + 1..]);
    let Ok(kind) = str::from_utf8(kind) else { return };
    let none = StoredMessages::new();
    let Ok(Decoded::Body(body)) = Records.decode(kind, record, &none) else { return };
    let written = Records.encode(&body);
    match Records.decode(kind, &written, &none) {
        Ok(again) => assert_eq!(again, Decoded::Body(body), "is not read back as itself"),
        Err(error) => panic!("what was written is not read: {error:?}"),
    }
}
