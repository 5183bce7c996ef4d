//! Access tokens: PASETO v4.public, signed with Ed25519, good for fifteen minutes.
//!
//! The footer names the key. The implicit assertion is the backend's domain, so a token of another backend does not
//! verify even under a key with the same id. Verified tokens are remembered while they last: a signature is checked
//! once, not on every request.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use beep_core::backend::Backend;
use beep_core::event::{Event, EventBody};
use beep_core::id::{SessionId, UserId};
use beep_core::network::Network;
use beep_core::port::{Publish, SecretKey, StoreError};
use beep_core::session::ACCESS_LIFE;
use beep_core::time::Timestamp;
use quick_cache::sync::Cache;
use uuid::Uuid;

use crate::rate::Rates;

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
    /// Too many of a network were none; so many seconds later one more may be.
    TooMany(u64),
}

/// Signs and verifies access tokens.
pub(crate) struct Tokens {
    verified: Cache<Box<str>, Claims>,
    /// Sessions that ended less than a token's life ago.
    revoked: Arc<Revoked>,
}

/// The sessions that ended while tokens of theirs may be about. Hears of each before it is answered.
#[derive(Default)]
pub(crate) struct Revoked(RwLock<HashMap<SessionId, Timestamp>>);

impl Publish for Revoked {
    fn publish(&self, events: &[Arc<Event>]) {
        for event in events {
            if let EventBody::SessionRevoked { id } = event.body {
                self.0.write().unwrap_or_else(PoisonError::into_inner).insert(id, event.at);
            }
        }
    }

    fn missed(&self, events: &[Arc<Event>]) {
        self.publish(events);
    }
}

impl Revoked {
    fn contains(&self, session: SessionId) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains_key(&session)
    }

    /// Adds sessions that had ended by `now`, and forgets those that ended before `since`.
    fn renew(&self, ended: Vec<SessionId>, since: Timestamp, now: Timestamp) {
        let mut revoked = self.0.write().unwrap_or_else(PoisonError::into_inner);
        revoked.retain(|_, at| *at >= since);
        for session in ended {
            revoked.entry(session).or_insert(now);
        }
    }
}

impl Default for Tokens {
    fn default() -> Self {
        Self::new(Arc::default())
    }
}

impl Tokens {
    /// Takes tokens but those of sessions that ended.
    pub(crate) fn new(revoked: Arc<Revoked>) -> Self {
        Self { verified: Cache::new(MOST_REMEMBERED), revoked }
    }

    /// Reads which sessions ended lately, on whatever node, and forgets what no longer matters: to be called at the
    /// start and from time to time.
    pub(crate) async fn read_revoked(&self, backend: &Backend) -> Result<(), StoreError> {
        let now = backend.clock.now();
        let since = now.before(ACCESS_LIFE * 2);
        self.revoked.renew(backend.store.revoked_sessions(since).await?, since, now);
        self.verified.retain(|_, claims| claims.expires() > now);
        Ok(())
    }

    /// Makes an access token for a session.
    pub(crate) fn sign(&self, backend: &Backend, user: UserId, session: SessionId) -> Result<String, StoreError> {
        let key = backend.keys.signing().ok_or_else(|| StoreError::new("the backend has no signing key"))?;
        let claims = Claims::new(user, session, backend.clock.now().after(ACCESS_LIFE));
        paseto::sign(&claims, &key, backend.domain.as_str())
    }

    /// Says whose a token is that came from a network. One that was not seen before is counted there before anything is
    /// calculated for it, and given back if it is good.
    pub(crate) async fn verify_from(
        &self,
        backend: &Backend,
        rates: &Rates,
        network: Network,
        token: &str,
    ) -> Result<Claims, TokenError> {
        if self.verified.peek(token).is_some() {
            return self.verify(backend, token).await;
        }
        let guess =
            rates.guess_token(network).map_err(|problem| TokenError::TooMany(problem.retry_after.unwrap_or(1)))?;
        let claims = self.verify(backend, token).await?;
        guess.succeeded();
        Ok(claims)
    }

    /// Says whose a token is.
    async fn verify(&self, backend: &Backend, token: &str) -> Result<Claims, TokenError> {
        let claims = match self.verified.get(token) {
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
            self.verified.insert(token.into(), claims);
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use beep_core::id::{Id, Qualified};
    use beep_core::port::Clock;
    use uuid::Uuid;

    use super::*;
    use crate::testing::World;

    fn somebody() -> (UserId, SessionId) {
        (UserId::from_uuid(Uuid::from_u128(1)), SessionId::from_uuid(Uuid::from_u128(2)))
    }

    #[tokio::test]
    async fn a_token_is_good_for_fifteen_minutes() {
        let world = World::open("a.example.com").await;
        let tokens = Tokens::default();
        let (user, session) = somebody();
        let token = tokens.sign(&world.backend, user, session).expect("there is a key");
        let claims = tokens.verify(&world.backend, &token).await.expect("it is good");
        assert_eq!((claims.user(), claims.session()), (user, session));
        world.clock.advance(ACCESS_LIFE - Duration::from_millis(1));
        assert!(tokens.verify(&world.backend, &token).await.is_ok());
        world.clock.advance(Duration::from_millis(1));
        assert_eq!(tokens.verify(&world.backend, &token).await, Err(TokenError::Expired));
        assert_eq!(Tokens::default().verify(&world.backend, &token).await, Err(TokenError::Expired));
    }

    #[tokio::test]
    async fn nothing_but_the_token_itself_is_taken() {
        let (here, elsewhere) = (World::open("a.example.com").await, World::open("b.example.com").await);
        let tokens = Tokens::default();
        let (user, session) = somebody();
        let token = tokens.sign(&here.backend, user, session).expect("there is a key");
        assert_eq!(tokens.verify(&elsewhere.backend, &token).await, Err(TokenError::Invalid));
        for at in 0..token.len() {
            assert_eq!(Tokens::default().verify(&here.backend, &token[..at]).await, Err(TokenError::Invalid), "{at}");
            let mut altered = token.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).expect("it is ASCII");
            let answer = Tokens::default().verify(&here.backend, &altered).await;
            assert_eq!(answer, Err(TokenError::Invalid), "{altered}");
        }
    }

    #[tokio::test]
    async fn an_old_key_verifies_until_its_last_token_is_over() {
        let world = World::open("a.example.com").await;
        let (user, session) = somebody();
        let tokens = Tokens::default();
        let rotate = async || {
            let backend = &world.backend;
            backend.keys.rotate(&*backend.store, &*backend.clock, &*backend.entropy).await.expect("it rotates");
        };
        let first = world.backend.keys.signing().expect("there is a key").id;
        world.clock.advance(Duration::from_secs(30 * 24 * 60 * 60));
        let token = tokens.sign(&world.backend, user, session).expect("there is a key");
        rotate().await;
        assert_ne!(world.backend.keys.signing().expect("there is a key").id, first);
        assert!(tokens.verify(&world.backend, &token).await.is_ok());
        world.clock.advance(ACCESS_LIFE * 2 + Duration::from_millis(1));
        rotate().await;
        assert!(world.backend.keys.verifying(first).is_none());
    }

    #[tokio::test]
    async fn a_key_from_when_the_clock_was_ahead_signs_no_longer_than_others() {
        let world = World::open("a.example.com").await;
        let rotate = async || {
            let backend = &world.backend;
            backend.keys.rotate(&*backend.store, &*backend.clock, &*backend.entropy).await.expect("it rotates");
            backend.keys.signing().expect("there is a key").id
        };
        let year = Duration::from_secs(366 * 24 * 60 * 60);
        world.clock.advance(year);
        let ahead = rotate().await;
        world.clock.turn_back(year);
        // It is as old as the others now, and any of them may sign.
        let before = rotate().await;
        world.clock.advance(Duration::from_secs(30 * 24 * 60 * 60));
        let next = rotate().await;
        assert!(next != ahead && next != before);
        assert_eq!(rotate().await, next);
    }

    #[tokio::test]
    async fn a_session_that_ends_takes_its_tokens_along() {
        let world = World::open("a.example.com").await;
        let tokens = Tokens::default();
        let (user, session) = somebody();
        let token = tokens.sign(&world.backend, user, session).expect("there is a key");
        assert!(tokens.verify(&world.backend, &token).await.is_ok());
        let event = Event {
            position: beep_core::event::Position(1),
            stream: beep_core::event::Stream::User(Qualified::new(user, world.backend.domain.clone())),
            seq: 1,
            at: world.clock.now(),
            body: EventBody::SessionRevoked { id: session },
        };
        tokens.revoked.publish(&[Arc::new(event)]);
        assert_eq!(tokens.verify(&world.backend, &token).await, Err(TokenError::Invalid));
        tokens.read_revoked(&world.backend).await.expect("the store answers");
        assert_eq!(tokens.verify(&world.backend, &token).await, Err(TokenError::Invalid));
        world.clock.advance(ACCESS_LIFE * 3);
        tokens.read_revoked(&world.backend).await.expect("the store answers");
        assert!(tokens.revoked.0.read().expect("nobody panicked").is_empty());
    }

    #[tokio::test]
    async fn bad_tokens_are_counted_before_they_are_looked_at() {
        let (world, elsewhere) = (World::open("a.example.com").await, World::open("b.example.com").await);
        let (tokens, rates) = (Tokens::default(), Rates::new(crate::config::Switch::On));
        let (user, session) = somebody();
        let from = |address: &str| Network::parse(address);
        let good = tokens.sign(&world.backend, user, session).expect("there is a key");
        let bad = tokens.sign(&elsewhere.backend, user, session).expect("there is a key");
        let verify =
            async |token: &str, address: &str| tokens.verify_from(&world.backend, &rates, from(address), token).await;
        for _ in 0..1_000 {
            let fresh = Tokens::default();
            let verified = fresh.verify_from(&world.backend, &rates, from("192.0.2.1"), &good).await;
            assert!(verified.is_ok(), "good ones are not counted");
        }
        let mut tried = 0;
        let refused = loop {
            match verify(&bad, "192.0.2.1").await {
                Err(TokenError::Invalid) => tried += 1,
                other => break other,
            }
            assert!(tried < 2_000, "there is an end");
        };
        assert!(matches!(refused, Err(TokenError::TooMany(1..))), "{refused:?}");
        assert_eq!(verify(&bad, "192.0.2.2").await, Err(TokenError::Invalid), "from elsewhere");
        assert!(verify(&good, "192.0.2.2").await.is_ok());
        assert!(verify(&good, "192.0.2.1").await.is_ok(), "it was seen before");
    }
}
