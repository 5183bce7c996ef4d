//! A session: one signed-in device and the refresh credential that keeps it so.
//!
//! Each refresh rotates the credential. A rotated one is answered with its successor for a short while,
//! since the answer may have been lost; later it proves that somebody else has it, and the session ends.
//! The secret itself is never kept: its hash is, and a nonce that derives the successor from it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::id::{Id, SessionId, UserId};
use crate::text::SessionLabel;
use crate::time::Timestamp;
use std::time::Duration;

/// A signed-in device.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// What it is called in the list of sessions.
    pub label: Option<SessionLabel>,
    /// The address it last came from.
    pub address: Option<String>,
    /// Whether the cookie outlives the browser.
    pub persist: bool,
    /// When it was signed in.
    pub created_at: Timestamp,
    /// When it was last refreshed.
    pub last_used_at: Timestamp,
    /// When it ended.
    pub revoked_at: Option<Timestamp>,
    /// The refresh credential's state.
    pub rotation: Rotation,
}

impl Session {
    /// Whether it is signed in at `now`.
    pub fn alive(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now.since(self.last_used_at) < REFRESH_LIFE
    }
}

/// Which refresh secrets a session has, had, and how one leads to the next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rotation {
    /// SHA-256 of the secret that is good.
    pub current: [u8; 32],
    /// SHA-256 of the one before.
    pub previous: Option<[u8; 32]>,
    /// What derived the current from the previous.
    pub nonce: [u8; 16],
    /// When the current one was given out.
    pub rotated_at: Timestamp,
}

/// What a refresh credential turned out to be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Presented {
    /// The good one: this rotation follows, and this secret goes out.
    Current(Rotation, RefreshSecret),
    /// The one before, within the grace: its successor is given again.
    Again(RefreshSecret),
    /// A genuine one that was replaced long ago: somebody else has it.
    Reused,
}

impl Rotation {
    /// The first secret of a session.
    pub fn start(secret: &RefreshSecret, now: Timestamp) -> Self {
        Self { current: secret.hash(), previous: None, nonce: [0; 16], rotated_at: now }
    }

    /// Judges a genuine credential; `nonce` is fresh randomness for the next rotation.
    pub fn present(&self, secret: &RefreshSecret, nonce: [u8; 16], now: Timestamp) -> Presented {
        let hash = secret.hash();
        if bool::from(hash.ct_eq(&self.current)) {
            let next = secret.next(&nonce);
            let rotation = Self { current: next.hash(), previous: Some(hash), nonce, rotated_at: now };
            return Presented::Current(rotation, next);
        }
        let was_previous = self.previous.is_some_and(|previous| bool::from(hash.ct_eq(&previous)));
        if was_previous && now.since(self.rotated_at) < ROTATION_GRACE {
            return Presented::Again(secret.next(&self.nonce));
        }
        Presented::Reused
    }
}

/// The secret half of a refresh credential.
#[derive(Clone, Eq, PartialEq)]
pub struct RefreshSecret([u8; 32]);

impl RefreshSecret {
    /// Takes fresh randomness to be a secret.
    pub fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    fn next(&self, nonce: &[u8; 16]) -> Self {
        Self(tag(&self.0, nonce))
    }
}

impl std::fmt::Debug for RefreshSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshSecret(…)")
    }
}

/// The refresh credential as octets: session, secret and a tag that only this backend can make.
///
/// The tag tells a genuine credential that was replaced, which ends the session, from one made up, which
/// must not: session ids are no secret.
pub fn seal(session: SessionId, secret: &RefreshSecret, key: &[u8; 32]) -> [u8; 64] {
    let mut token = [0; 64];
    token[..16].copy_from_slice(session.uuid().as_bytes());
    token[16..48].copy_from_slice(&secret.0);
    let tag = tag(key, &token[..48]);
    token[48..].copy_from_slice(&tag[..16]);
    token
}

/// Opens what [`seal`] made; `None` for anything else.
pub fn open(token: &[u8], key: &[u8; 32]) -> Option<(SessionId, RefreshSecret)> {
    let token: &[u8; 64] = token.try_into().ok()?;
    let expected = tag(key, &token[..48]);
    if !bool::from(token[48..].ct_eq(&expected[..16])) {
        return None;
    }
    let session = uuid::Uuid::from_slice(&token[..16]).ok()?;
    let secret = token[16..48].try_into().ok()?;
    Some((SessionId::from_uuid(session), RefreshSecret(secret)))
}

fn tag(key: &[u8; 32], data: &[u8]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(data);
    mac.finalize().into_bytes().into()
}

/// How long a replaced credential is still answered with its successor (contract, "Accounts and sessions").
pub const ROTATION_GRACE: Duration = Duration::from_secs(60);

/// How long a session lasts without being used.
pub const REFRESH_LIFE: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// How long an access token lasts.
pub const ACCESS_LIFE: Duration = Duration::from_secs(15 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn secret() -> RefreshSecret {
        RefreshSecret::new([7; 32])
    }

    fn rotated() -> (Rotation, RefreshSecret) {
        match Rotation::start(&secret(), NOW).present(&secret(), [1; 16], NOW) {
            Presented::Current(rotation, next) => (rotation, next),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_lost_answer_gives_the_same_successor_again() {
        let (rotation, next) = rotated();
        let soon = NOW.after(ROTATION_GRACE.saturating_sub(Duration::from_millis(1)));
        assert_eq!(rotation.present(&secret(), [2; 16], soon), Presented::Again(next));
    }

    #[test]
    fn a_replaced_credential_is_reuse_after_the_grace() {
        let (rotation, _) = rotated();
        assert_eq!(rotation.present(&secret(), [2; 16], NOW.after(ROTATION_GRACE)), Presented::Reused);
    }

    #[test]
    fn the_one_before_the_previous_is_reuse_at_once() {
        let (rotation, next) = rotated();
        let Presented::Current(rotation, _) = rotation.present(&next, [3; 16], NOW) else { panic!("current") };
        assert_eq!(rotation.present(&secret(), [4; 16], NOW), Presented::Reused);
    }

    #[test]
    fn only_the_backend_makes_credentials() {
        let session = SessionId::generate(NOW, [9; 10]);
        let token = seal(session, &secret(), &[1; 32]);
        assert_eq!(open(&token, &[1; 32]), Some((session, secret())));
        assert_eq!(open(&token, &[2; 32]), None);
        assert_eq!(open(&token[..63], &[1; 32]), None);
        for at in 0..64 {
            let mut altered = token;
            altered[at] ^= 1;
            assert_eq!(open(&altered, &[1; 32]), None, "octet {at}");
        }
    }
}
