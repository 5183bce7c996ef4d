//! How an access token is written and read: PASETO v4.public over JSON claims.
//!
//! Decides from the token, a key and the domain alone, and needs no other part of this crate: so it is fuzzed without
//! the rest (`tests/fuzz`). Which key, and whether the session still stands, is [`super`]'s.

use beep_core::id::{Id, SessionId, UserId};
use beep_core::port::{SecretKey, StoreError};
use beep_core::time::Timestamp;
use ed25519_compact::{KeyPair, Seed};
use pasetors::Public;
use pasetors::keys::{AsymmetricPublicKey, AsymmetricSecretKey};
use pasetors::token::UntrustedToken;
use pasetors::version4::{PublicToken, V4};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What an access token says.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Claims {
    /// The user.
    sub: Uuid,
    /// The session.
    sid: Uuid,
    /// When it expires, in milliseconds since the Unix epoch.
    exp: i64,
}

impl Claims {
    /// Says that this session is of this user, until then.
    pub(crate) fn new(user: UserId, session: SessionId, expires: Timestamp) -> Self {
        Self { sub: user.uuid(), sid: session.uuid(), exp: expires.millis() }
    }

    /// The user.
    pub(crate) fn user(self) -> UserId {
        UserId::from_uuid(self.sub)
    }

    /// The session.
    pub(crate) fn session(self) -> SessionId {
        SessionId::from_uuid(self.sid)
    }

    /// When it expires.
    pub(crate) fn expires(self) -> Timestamp {
        Timestamp::from_millis(self.exp)
    }
}

/// Writes and signs a token of the backend that owns the domain.
pub(crate) fn sign(claims: &Claims, key: &SecretKey, domain: &str) -> Result<String, StoreError> {
    let claims = serde_json::to_vec(claims).map_err(StoreError::new)?;
    let secret = AsymmetricSecretKey::<V4>::from(&*pair(key).sk).map_err(StoreError::new)?;
    let footer = key.id.to_string();
    PublicToken::sign(&secret, &claims, Some(footer.as_bytes()), Some(domain.as_bytes())).map_err(StoreError::new)
}

/// A token that anybody may have made.
pub(crate) struct Unverified {
    token: UntrustedToken<Public, V4>,
    key: Uuid,
}

impl Unverified {
    /// Reads the parts of a token; `None` if it is none, or is longer than any of ours.
    pub(crate) fn parse(token: &str) -> Option<Self> {
        if token.len() > MOST_OCTETS {
            return None;
        }
        let token = UntrustedToken::<Public, V4>::try_from(token).ok()?;
        let key = Uuid::try_parse(str::from_utf8(token.untrusted_footer()).ok()?).ok()?;
        Some(Self { token, key })
    }

    /// The id of the key that it says to be signed with.
    pub(crate) fn key(&self) -> Uuid {
        self.key
    }

    /// What it says, if it was signed with this key by the backend that owns the domain.
    pub(crate) fn verify(&self, key: &SecretKey, domain: &str) -> Option<Claims> {
        let public = AsymmetricPublicKey::<V4>::from(&*pair(key).pk).ok()?;
        let trusted = PublicToken::verify(&public, &self.token, None, Some(domain.as_bytes())).ok()?;
        serde_json::from_str(trusted.payload()).ok()
    }
}

fn pair(key: &SecretKey) -> KeyPair {
    KeyPair::from_seed(Seed::new(key.secret))
}

const MOST_OCTETS: usize = 1_024;
