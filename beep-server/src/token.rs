//! Access tokens: PASETO v4.public, signed with Ed25519, good for fifteen minutes.
//!
//! The footer names the key. The implicit assertion is the backend's domain, so a token of another backend does not
//! verify even under a key with the same id. Verified tokens are remembered while they last: a signature is checked
//! once, not on every request.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use beep_core::backend::Backend;
use beep_core::event::{Event, EventBody};
use beep_core::id::{Id, SessionId, UserId};
use beep_core::port::{Publish, SecretKey, StoreError};
use beep_core::session::ACCESS_LIFE;
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

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TokenError {
    /// It is no token of this backend, or its session ended.
    Invalid,
    /// Its time is over.
    Expired,
}

/// Signs and verifies access tokens.
#[derive(Default)]
pub(crate) struct Tokens {
    verified: Mutex<HashMap<Box<str>, Claims>>,
    /// Sessions that ended less than a token's life ago.
    revoked: Arc<Revoked>,
}

/// The sessions that ended while tokens of theirs may be about. Hears of each before it is answered.
#[derive(Default)]
pub(crate) struct Revoked(RwLock<HashSet<SessionId>>);

impl Publish for Revoked {
    fn publish(&self, events: &[Arc<Event>]) {
        for event in events {
            if let EventBody::SessionRevoked { id } = event.body {
                self.0.write().unwrap_or_else(PoisonError::into_inner).insert(id);
            }
        }
    }
}

impl Revoked {
    fn contains(&self, session: SessionId) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&session)
    }
}

impl Tokens {
    /// Takes tokens but those of sessions that ended.
    pub(crate) fn new(revoked: Arc<Revoked>) -> Self {
        Self { verified: Mutex::default(), revoked }
    }

    /// Reads which sessions ended lately, and forgets the others and what was verified: to be called at the start and
    /// from time to time.
    pub(crate) async fn read_revoked(&self, backend: &Backend) -> Result<(), StoreError> {
        let since = backend.clock.now().before(ACCESS_LIFE * 2);
        let ended = backend.store.revoked_sessions(since).await?;
        let mut revoked = self.revoked.0.write().unwrap_or_else(PoisonError::into_inner);
        // What was added meanwhile ended after the reading began: it stays for one more round.
        let known = std::mem::take(&mut *revoked);
        *revoked = ended.into_iter().chain(known.into_iter().take(MOST_REMEMBERED)).collect();
        drop(revoked);
        let now = backend.clock.now();
        self.verified.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, claims| claims.expires() > now);
        Ok(())
    }

    /// Makes an access token for a session.
    pub(crate) fn sign(&self, backend: &Backend, user: UserId, session: SessionId) -> Result<String, StoreError> {
        let key = backend.keys.signing().ok_or_else(|| StoreError::new("the backend has no signing key"))?;
        let exp = backend.clock.now().after(ACCESS_LIFE).millis();
        let claims =
            serde_json::to_vec(&Claims { sub: user.uuid(), sid: session.uuid(), exp }).map_err(StoreError::new)?;
        let pair = pair(&key);
        let secret = AsymmetricSecretKey::<V4>::from(&*pair.sk).map_err(StoreError::new)?;
        let footer = key.id.to_string();
        let domain = backend.domain.as_str().as_bytes();
        PublicToken::sign(&secret, &claims, Some(footer.as_bytes()), Some(domain)).map_err(StoreError::new)
    }

    /// Says whose a token is.
    pub(crate) async fn verify(&self, backend: &Backend, token: &str) -> Result<Claims, TokenError> {
        let known = self.verified.lock().unwrap_or_else(PoisonError::into_inner).get(token).copied();
        let claims = match known {
            Some(claims) => claims,
            None => self.check(backend, token).await?,
        };
        if claims.expires() <= backend.clock.now() {
            return Err(TokenError::Expired);
        }
        if self.revoked.contains(claims.session()) { Err(TokenError::Invalid) } else { Ok(claims) }
    }

    async fn check(&self, backend: &Backend, token: &str) -> Result<Claims, TokenError> {
        if token.len() > MOST_OCTETS {
            return Err(TokenError::Invalid);
        }
        let untrusted = UntrustedToken::<Public, V4>::try_from(token).map_err(|_| TokenError::Invalid)?;
        let id = std::str::from_utf8(untrusted.untrusted_footer()).ok().and_then(|id| Uuid::try_parse(id).ok());
        let id = id.ok_or(TokenError::Invalid)?;
        let key = match backend.keys.verifying(id) {
            Some(key) => key,
            None => self.read_key(backend, id).await.ok_or(TokenError::Invalid)?,
        };
        let public = AsymmetricPublicKey::<V4>::from(&*pair(&key).pk).map_err(|_| TokenError::Invalid)?;
        let domain = backend.domain.as_str().as_bytes();
        let trusted = PublicToken::verify(&public, &untrusted, None, Some(domain)).map_err(|_| TokenError::Invalid)?;
        let claims: Claims = serde_json::from_str(trusted.payload()).map_err(|_| TokenError::Invalid)?;
        if claims.expires() > backend.clock.now() {
            let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
            if verified.len() >= MOST_REMEMBERED {
                verified.clear();
            }
            verified.insert(token.into(), claims);
        }
        Ok(claims)
    }

    /// Another node may have made the key.
    async fn read_key(&self, backend: &Backend, id: Uuid) -> Option<SecretKey> {
        backend.keys.read_if_stale(&*backend.store, backend.clock.now()).await.ok()?;
        backend.keys.verifying(id)
    }
}

fn pair(key: &SecretKey) -> KeyPair {
    KeyPair::from_seed(Seed::new(key.secret))
}

const MOST_REMEMBERED: usize = 100_000;
const MOST_OCTETS: usize = 1_024;
