//! Cursors: where a client stands in the log, and in a list.

use beep_core::event::Position;
use beep_proto::cursor::Cursors;
use beep_proto::page;

/// A cursor that is taken is one that this backend wrote.
pub(crate) fn run(octets: &[u8]) {
    let (ours, others) = (Cursors::new(LOG, &[KEY]), Cursors::new(OTHER_LOG, &[KEY]));
    if let Some((position, _)) = octets.split_first_chunk() {
        let position = Position(u64::from_be_bytes(*position));
        let text = ours.of_event(position);
        assert_eq!(ours.read(&text), Ok(position));
        assert!(others.read(&text).is_err(), "taken from another backend");
    }
    let Ok(text) = str::from_utf8(octets) else { return };
    if ours.read(text).is_ok() {
        assert_eq!(text.len(), ours.of_event(Position(0)).len(), "a second spelling of one cursor");
    }
    if let Some(key) = page::open(text) {
        assert!(key.len() <= text.len());
    }
}

const KEY: [u8; 32] = [7; 32];
const LOG: u64 = 7;
const OTHER_LOG: u64 = 8;
