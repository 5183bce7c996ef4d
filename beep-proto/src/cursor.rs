//! Where a client stands in a backend's log, as an opaque text.
//!
//! A position is sealed with a key of the backend: one block of AES-256 holds it with a salt and part of the log's id. So
//! two cursors tell nothing of what lies between them, and one that is made up, altered or of another log is refused. It
//! gives no access to anything: what a client may see is decided at delivery.
//!
//! The cursor of an event is the same each time, as a client knows by it what it was told before. Where a client stands
//! beyond what it was told, the salt is random: otherwise asking again would tell whether something happened elsewhere.

use std::fmt;
use std::sync::Arc;

use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use beep_core::event::Position;

/// Seals and opens the cursors of one log.
#[derive(Clone)]
pub struct Cursors {
    log: [u8; CHECK],
    /// The first one seals, all open.
    keys: Arc<[Aes256]>,
}

impl Cursors {
    /// Those of the log with this id. The first key seals, all open; without one nothing is sealed or opened.
    pub fn new(log: u64, keys: &[[u8; 32]]) -> Self {
        let mut check = [0; CHECK];
        check.copy_from_slice(&log.to_be_bytes()[8 - CHECK..]);
        Self { log: check, keys: keys.iter().map(|key| Aes256::new(&(*key).into())).collect() }
    }

    /// The cursor of an event that the client is told, or of what it makes appear.
    pub fn of_event(&self, position: Position) -> String {
        self.seal(position, [0; SALT])
    }

    /// The cursor of where a client stands, whatever it was told; `random` is drawn for each.
    pub fn standing(&self, position: Position, random: [u8; SALT]) -> String {
        self.seal(position, random)
    }

    /// Reads a cursor.
    ///
    /// # Errors
    /// [`CursorError`] for anything that was not sealed for this log.
    pub fn read(&self, text: &str) -> Result<Position, CursorError> {
        let octets = BASE64.decode(text).map_err(|_| CursorError)?;
        let Some((&VERSION, block)) = octets.split_first() else { return Err(CursorError) };
        let block: [u8; BLOCK] = block.try_into().map_err(|_| CursorError)?;
        let open = |key: &Aes256| {
            let mut block = block.into();
            key.decrypt_block(&mut block);
            let (position, rest) = block.split_first_chunk::<8>()?;
            (rest[SALT..] == self.log).then(|| Position(u64::from_be_bytes(*position)))
        };
        self.keys.iter().find_map(open).ok_or(CursorError)
    }

    fn seal(&self, position: Position, salt: [u8; SALT]) -> String {
        let mut block = [0; BLOCK];
        block[..8].copy_from_slice(&position.0.to_be_bytes());
        block[8..8 + SALT].copy_from_slice(&salt);
        block[8 + SALT..].copy_from_slice(&self.log);
        let mut block = block.into();
        let Some(key) = self.keys.first() else { return String::new() };
        key.encrypt_block(&mut block);
        let mut octets = [VERSION; 1 + BLOCK];
        octets[1..].copy_from_slice(&block);
        BASE64.encode(octets)
    }
}

impl fmt::Debug for Cursors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursors").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

/// A text that is no cursor of this backend.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be a cursor of this backend")]
pub struct CursorError;

const VERSION: u8 = 2;
const BLOCK: usize = 16;

/// The octets of a block that tell apart what stands at one position.
pub const SALT: usize = 3;

/// The octets of a block that are compared: one cursor in 2^40 that are made up is taken.
const CHECK: usize = BLOCK - 8 - SALT;

#[cfg(test)]
mod tests {
    use super::*;

    fn cursors(log: u64, key: u8) -> Cursors {
        Cursors::new(log, &[[key; 32]])
    }

    #[test]
    fn tells_nothing_of_how_much_happened() {
        let (ours, salt) = (cursors(1, 1), |n: u64| [1, 0, u8::try_from(n % 256).expect("below 256")]);
        let mut seen = std::collections::BTreeSet::new();
        for n in 0..1_000 {
            let position = Position(n);
            assert_eq!(ours.of_event(position), ours.of_event(position), "an event has one cursor");
            assert!(seen.insert(ours.of_event(position)));
            // Standing still looks like moving on.
            let (one, other) = (ours.standing(position, salt(n)), ours.standing(position, salt(n + 1)));
            assert_ne!(one, other);
            assert_eq!((ours.read(&one), ours.read(&other)), (Ok(position), Ok(position)));
            // One bit more changes half of the bits, wherever it is.
            let octets = |text: &str| BASE64.decode(text).expect("it was encoded");
            let (one, next) = (octets(&ours.of_event(position)), octets(&ours.of_event(Position(n + 1))));
            let differing: u32 = one.iter().zip(&next).map(|(a, b)| (a ^ b).count_ones()).sum();
            assert!((30..=98).contains(&differing), "{differing} of 128 bits differ");
        }
    }

    #[test]
    fn a_key_that_was_replaced_still_opens() {
        let (before, after) = (cursors(1, 1), Cursors::new(1, &[[2; 32], [1; 32]]));
        assert_eq!(after.read(&before.of_event(Position(7))), Ok(Position(7)));
        assert_eq!(before.read(&after.of_event(Position(7))), Err(CursorError));
    }

    proptest::proptest! {
        #[test]
        fn is_read_back(log: u64, position: u64, salt: [u8; SALT]) {
            let ours = cursors(log, 3);
            proptest::prop_assert_eq!(ours.read(&ours.of_event(Position(position))), Ok(Position(position)));
            proptest::prop_assert_eq!(ours.read(&ours.standing(Position(position), salt)), Ok(Position(position)));
        }

        #[test]
        fn is_refused_when_altered_or_of_another_log(log: u64, position: u64, at in 0usize..23, to in "[A-Za-z0-9_-]") {
            let text = cursors(log, 3).of_event(Position(position));
            proptest::prop_assert_eq!(cursors(log ^ 1, 3).read(&text), Err(CursorError));
            proptest::prop_assert_eq!(cursors(log, 4).read(&text), Err(CursorError));
            let mut altered = text.clone();
            altered.replace_range(at..=at, &to);
            proptest::prop_assert_eq!(cursors(log, 3).read(&altered).is_ok(), altered == text);
        }
    }
}
