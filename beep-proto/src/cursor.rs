//! Where a client stands in a backend's log, as an opaque text.
//!
//! A cursor holds the log's id, a position and a check value, so that one made up, altered or taken from
//! another backend is refused instead of silently skipping events. It gives no access to anything: what a
//! client may see is decided at delivery.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use beep_core::event::Position;
use sha2::{Digest, Sha256};

/// Writes the cursor of a position in the log with this id.
pub fn write(log: u64, position: Position) -> String {
    let mut octets = [0; OCTETS];
    octets[0] = VERSION;
    octets[1..9].copy_from_slice(&position.0.to_be_bytes());
    octets[9..].copy_from_slice(&check(log, position));
    BASE64.encode(octets)
}

/// Reads a cursor of the log with this id.
///
/// # Errors
/// [`CursorError`] for anything that [`write()`] did not make for this log.
pub fn read(log: u64, text: &str) -> Result<Position, CursorError> {
    let octets = BASE64.decode(text).map_err(|_| CursorError)?;
    let octets: [u8; OCTETS] = octets.try_into().map_err(|_| CursorError)?;
    let position = octets[1..9].try_into().map(u64::from_be_bytes).map_err(|_| CursorError)?;
    let position = Position(position);
    if octets[0] == VERSION && octets[9..] == check(log, position) { Ok(position) } else { Err(CursorError) }
}

/// A text that is no cursor of this backend.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be a cursor that this backend gave out")]
pub struct CursorError;

fn check(log: u64, position: Position) -> [u8; 6] {
    let mut hash = Sha256::new();
    hash.update(log.to_be_bytes());
    hash.update(position.0.to_be_bytes());
    let hash = hash.finalize();
    [hash[0], hash[1], hash[2], hash[3], hash[4], hash[5]]
}

const VERSION: u8 = 1;
const OCTETS: usize = 1 + 8 + 6; // a multiple of three, so that no two texts mean the same

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn is_read_back(log: u64, position: u64) {
            let text = write(log, Position(position));
            proptest::prop_assert_eq!(read(log, &text), Ok(Position(position)));
        }

        #[test]
        fn is_refused_when_altered_or_of_another_log(log: u64, position: u64, at in 0usize..20, to in "[A-Za-z0-9_-]") {
            let text = write(log, Position(position));
            proptest::prop_assert_eq!(read(log ^ 1, &text), Err(CursorError));
            let mut altered = text.clone();
            altered.replace_range(at..=at, &to);
            proptest::prop_assert_eq!(read(log, &altered).is_ok(), altered == text);
        }
    }
}
