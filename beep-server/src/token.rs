//! Access tokens: PASETO v4.public, signed with Ed25519, good for fifteen minutes.
//!
//! The footer names the key. The implicit assertion is the backend's domain, so a token of another backend does not
//! verify even under a key with the same id. Verified tokens are remembered while they last: a signature is checked
//! once, not on every request.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use beep_core::backend::Backend;
use beep_core::event::{Event, EventBody};
use beep_core::id::{SessionId, UserId};
use beep_core::port::{Publish, SecretKey, StoreError};
use beep_core::session::ACCESS_LIFE;
use uuid::Uuid;

mod paseto;
pub(crate) use paseto::Claims;
use paseto::Unverified;

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
        let claims = Claims::new(user, session, backend.clock.now().after(ACCESS_LIFE));
        paseto::sign(&claims, &key, backend.domain.as_str())
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
        let unverified = Unverified::parse(token).ok_or(TokenError::Invalid)?;
        let key = match backend.keys.verifying(unverified.key()) {
            Some(key) => key,
            None => self.read_key(backend, unverified.key()).await.ok_or(TokenError::Invalid)?,
        };
        let claims = unverified.verify(&key, backend.domain.as_str()).ok_or(TokenError::Invalid)?;
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

const MOST_REMEMBERED: usize = 100_000;
