//! A session: one signed-in device and its refresh token.
//!
//! Each refresh replaces the token. For a short time a replaced token still gets the newest one, because the answer may
//! have been lost, or another tab was first. After that, its use proves that somebody else has it, and the session ends.
//! Secrets are not stored, only their hashes, and for each replaced one a nonce from which its successor is derived.

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

/// The present refresh secret of a session, and those that it replaced lately.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rotation {
    /// SHA-256 of the valid secret.
    pub current: [u8; 32],
    /// The secrets that were replaced, oldest first; the successor of the last is the valid one.
    pub replaced: Chain,
}

/// Refresh secrets that were replaced, oldest first, as 56 octets each: SHA-256 of the secret, the nonce that derives its
/// successor, and when it was replaced.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Chain(Vec<[u8; 56]>);

impl Chain {
    /// Takes octets from a store; `None` for what [`Self::octets`] does not give.
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        let (links, rest) = octets.as_chunks();
        rest.is_empty().then(|| Self(links.to_vec()))
    }

    /// Its octets, for a store.
    pub fn octets(&self) -> &[u8] {
        self.0.as_flattened()
    }

    fn push(&mut self, hash: &[u8; 32], nonce: &[u8; 16], at: Timestamp) {
        let mut link = [0; 56];
        link[..32].copy_from_slice(hash);
        link[32..48].copy_from_slice(nonce);
        link[48..].copy_from_slice(&at.millis().to_be_bytes());
        self.0.push(link);
    }
}

/// Whether a link is of a secret that was replaced within the grace period.
fn is_forgiven(link: &[u8; 56], now: Timestamp) -> bool {
    let mut at = [0; 8];
    at.copy_from_slice(&link[48..]);
    now.since(Timestamp::from_millis(i64::from_be_bytes(at))) < ROTATION_GRACE
}

/// The result of checking a refresh token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Presented {
    /// The valid one: store this rotation and send this secret.
    Current(Rotation, RefreshSecret),
    /// One that was replaced within the grace period, or a valid one that need not be replaced yet: this secret, the
    /// newest, is sent.
    Again(RefreshSecret),
    /// A genuine one that was replaced long ago: it was stolen.
    Reused,
}

impl Rotation {
    /// The first secret of a session.
    pub fn start(secret: &RefreshSecret) -> Self {
        Self { current: secret.hash(), replaced: Chain::default() }
    }

    /// Checks a genuine token; `nonce` is new randomness for the next rotation.
    pub fn present(&self, secret: &RefreshSecret, nonce: [u8; 16], now: Timestamp) -> Presented {
        let hash = secret.hash();
        if bool::from(hash.ct_eq(&self.current)) {
            let mut replaced = self.replaced.clone();
            replaced.0.retain(|link| is_forgiven(link, now));
            // Each of them must lead to the newest one, so none is dropped early.
            if replaced.0.len() >= MOST_REPLACED {
                return Presented::Again(secret.clone());
            }
            replaced.push(&hash, &nonce, now);
            let next = secret.next(&nonce);
            return Presented::Current(Self { current: next.hash(), replaced }, next);
        }
        let found = self.replaced.0.iter().position(|link| bool::from(link[..32].ct_eq(&hash)));
        match found.map(|at| &self.replaced.0[at..]) {
            Some(links @ [first, ..]) if is_forgiven(first, now) => {
                Presented::Again(links.iter().fold(secret.clone(), |secret, link| secret.next(&link[32..48])))
            }
            _ => Presented::Reused,
        }
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

    fn next(&self, nonce: &[u8]) -> Self {
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

/// How long a replaced token still gets the newest one (contract, "Accounts and sessions").
pub const ROTATION_GRACE: Duration = Duration::from_secs(60);

/// How many replaced secrets are kept: whoever refreshes more often within the grace period gets the same secret again.
pub const MOST_REPLACED: usize = 16;

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
        match Rotation::start(&secret()).present(&secret(), [1; 16], NOW) {
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
    fn whichever_was_replaced_within_the_grace_gives_the_newest() {
        let second = Duration::from_secs(1);
        let (mut rotation, mut newest) = (Rotation::start(&secret()), secret());
        let mut secrets = Vec::new();
        for (n, at) in (1..).zip([NOW, NOW.after(second), NOW.after(2 * second)]) {
            secrets.push(newest.clone());
            let Presented::Current(next, secret) = rotation.present(&newest, [n; 16], at) else { panic!("current") };
            (rotation, newest) = (next, secret);
        }
        let soon = NOW.after(ROTATION_GRACE.saturating_sub(Duration::from_millis(1)));
        for secret in &secrets {
            assert_eq!(rotation.present(secret, [9; 16], soon), Presented::Again(newest.clone()));
        }
        let later = NOW.after(ROTATION_GRACE);
        assert_eq!(rotation.present(&secrets[0], [9; 16], later), Presented::Reused);
        assert_eq!(rotation.present(&secrets[1], [9; 16], later), Presented::Again(newest.clone()));
        // What was replaced long ago is kept no longer than until the next rotation.
        let Presented::Current(rotation, _) = rotation.present(&newest, [9; 16], later) else { panic!("current") };
        assert_eq!(rotation.replaced.0.len(), secrets.len());
    }

    #[test]
    fn who_refreshes_all_the_time_loses_nothing_and_gains_nothing() {
        let (mut rotation, mut newest) = (Rotation::start(&secret()), secret());
        for n in 0..MOST_REPLACED {
            let nonce = [u8::try_from(n).expect("few"); 16];
            let Presented::Current(next, secret) = rotation.present(&newest, nonce, NOW) else { panic!("current") };
            (rotation, newest) = (next, secret);
        }
        assert_eq!(rotation.present(&newest, [99; 16], NOW), Presented::Again(newest.clone()));
        assert_eq!(rotation.present(&secret(), [99; 16], NOW), Presented::Again(newest.clone()));
        let later = NOW.after(ROTATION_GRACE);
        assert!(
            matches!(rotation.present(&newest, [99; 16], later), Presented::Current(next, _) if next.replaced.0.len() == 1)
        );
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
