//! A session: one signed-in device and its refresh token.
//!
//! Each refresh replaces the token. For a short time the replaced token still gets its successor, because the answer
//! may have been lost. After that, its use proves that somebody else has it, and the session ends. The secret is not
//! stored, only its hash and a nonce from which the successor is derived.

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
    /// The user.
    pub user: UserId,
    /// Its name in the list of sessions.
    pub label: Option<SessionLabel>,
    /// The address of its last request.
    pub address: Option<String>,
    /// Whether the cookie outlives the browser.
    pub persist: bool,
    /// When it was signed in.
    pub created_at: Timestamp,
    /// When it was last refreshed.
    pub last_used_at: Timestamp,
    /// When it ended.
    pub revoked_at: Option<Timestamp>,
    /// The state of the refresh token.
    pub rotation: Rotation,
}

impl Session {
    /// Whether it is signed in at `now`.
    pub fn alive(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now.since(self.last_used_at) < REFRESH_LIFE
    }
}

/// The present and the previous refresh secret of a session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rotation {
    /// SHA-256 of the valid secret.
    pub current: [u8; 32],
    /// SHA-256 of the previous secret.
    pub previous: Option<[u8; 32]>,
    /// The nonce that derived the present secret from the previous one.
    pub nonce: [u8; 16],
    /// When the present secret was issued.
    pub rotated_at: Timestamp,
}

/// The result of checking a refresh token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Presented {
    /// The valid one: store this rotation and send this secret.
    Current(Rotation, RefreshSecret),
    /// The previous one, within the grace period: its successor is sent again.
    Again(RefreshSecret),
    /// A genuine one that was replaced long ago: it was stolen.
    Reused,
}

impl Rotation {
    /// The first secret of a session.
    pub fn start(secret: &RefreshSecret, now: Timestamp) -> Self {
        Self { current: secret.hash(), previous: None, nonce: [0; 16], rotated_at: now }
    }

    /// Checks a genuine token; `nonce` is new randomness for the next rotation.
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

/// The secret part of a refresh token.
#[derive(Clone, Eq, PartialEq)]
pub struct RefreshSecret([u8; 32]);

impl RefreshSecret {
    /// Makes a secret from new randomness.
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

/// The refresh token as bytes: session, secret and a tag that only this backend can make.
///
/// The tag distinguishes a replaced token, which ends the session, from a forged one, which must not: session ids are
/// not secret.
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

/// How long a replaced token still gets its successor (contract, "Accounts and sessions").
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
