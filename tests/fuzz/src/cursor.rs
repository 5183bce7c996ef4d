//! Cursors: where a client stands in the log, and in a list.

use beep_core::event::Position;
use beep_proto::{cursor, page};

/// A cursor that is taken is one that this backend wrote.
pub(crate) fn run(octets: &[u8]) {
    if let Some((position, _)) = octets.split_first_chunk() {
        let position = Position(u64::from_be_bytes(*position));
        let text = cursor::write(LOG, position);
        assert_eq!(cursor::read(LOG, &text), Ok(position));
        assert!(cursor::read(OTHER_LOG, &text).is_err(), "taken from another backend");
    }
    let Ok(text) = str::from_utf8(octets) else { return };
    if let Ok(position) = cursor::read(LOG, text) {
        assert_eq!(cursor::write(LOG, position), text, "a second spelling of one cursor");
    }
    if let Some(key) = page::open(text) {
        assert!(key.len() <= text.len());
    }
}

const LOG: u64 = 7;
const OTHER_LOG: u64 = 8;
