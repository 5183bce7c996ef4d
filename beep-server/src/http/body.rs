//! Reading a request's body: as much as may be, in the time that there is.
//!
//! A large body takes room until it is there whole. So only who is signed in sends one, and takes a part of the room at
//! most: whoever is not could take all of it at no cost.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use beep_core::id::UserKey;
use beep_proto::problem::{ErrorCode, Problem};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::http::Refused;

/// Who sends a body.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Sender {
    /// A user with a valid access token.
    SignedIn(UserKey),
    /// Somebody of whom nothing is known.
    Anybody,
}

impl Sender {
    /// The most octets of a body of theirs.
    fn most(&self) -> usize {
        match self {
            Self::SignedIn(_) => MOST_OCTETS,
            Self::Anybody => LARGE - 1,
        }
    }

    fn too_large(&self) -> Problem {
        let most = self.most();
        let detail = match self {
            Self::SignedIn(_) => format!("a body has at most {most} octets"),
            Self::Anybody => format!("a request without a valid access token has a body of at most {most} octets"),
        };
        Problem::new(ErrorCode::PayloadTooLarge, detail)
    }
}

/// Room for the large bodies that are being read at the same time. Small ones need none, so whoever sends messages does
/// not wait for those who fill it.
#[derive(Default)]
pub(crate) struct Bodies(Mutex<HashMap<UserKey, usize>>);

/// Room that a body of a user takes, in pieces; dropping it gives it back.
struct Room<'a> {
    bodies: &'a Bodies,
    user: &'a UserKey,
    pieces: usize,
}

impl Room<'_> {
    /// Takes so many pieces in all.
    fn grow(&mut self, pieces: usize) -> Result<(), Problem> {
        let more = pieces.saturating_sub(self.pieces);
        if more == 0 {
            return Ok(());
        }
        let mut taken = self.bodies.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, own) = (taken.values().sum::<usize>(), taken.get(self.user).copied().unwrap_or(0));
        if all + more > MOST_AT_ONCE / LARGE || own + more > MOST_OF_A_USER / LARGE {
            return Err(no_room());
        }
        taken.insert(self.user.clone(), own + more);
        self.pieces = pieces;
        Ok(())
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        if self.pieces == 0 {
            return;
        }
        let mut taken = self.bodies.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.get(self.user).copied().unwrap_or(0);
        if own > self.pieces {
            taken.insert(self.user.clone(), own - self.pieces);
        } else {
            taken.remove(self.user);
        }
    }
}

impl Bodies {
    /// Reads a body whole.
    ///
    /// # Errors
    /// It is too large, broken off, or not there in time, or there is no room for it. The connection of one that is not
    /// there is closed with the answer.
    pub(super) async fn read(&self, body: Body, sender: Sender) -> Result<Bytes, Refused> {
        let mut is_too_large = false;
        let refused = match tokio::time::timeout(TIME, self.collect(body, &sender, &mut is_too_large)).await {
            Ok(Ok(collected)) => return Ok(collected),
            Ok(Err(problem)) => problem,
            Err(_) if is_too_large => sender.too_large(),
            Err(_) => {
                let late = format!("the body was not there within {} s", TIME.as_secs());
                Problem::new(ErrorCode::InvalidRequest, late)
            }
        };
        Err(Refused(refused))
    }

    async fn collect(&self, body: Body, sender: &Sender, is_too_large: &mut bool) -> Result<Bytes, Problem> {
        let mut body = Limited::new(body, MOST_OCTETS);
        let mut read = BytesMut::new();
        let mut room = match sender {
            Sender::SignedIn(user) => Some(Room { bodies: self, user, pieces: 0 }),
            Sender::Anybody => None,
        };
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| match error.is::<LengthLimitError>() {
                true => sender.too_large(),
                false => Problem::new(ErrorCode::InvalidRequest, "the body is incomplete"),
            })?;
            let Ok(octets) = frame.into_data() else { continue };
            // Who is still sending would not hear why, so the rest is read, and kept nowhere.
            *is_too_large |= read.len() + octets.len() > sender.most();
            if *is_too_large {
                read.clear();
                continue;
            }
            if let Some(room) = &mut room {
                room.grow((read.len() + octets.len()) / LARGE)?;
            }
            read.extend_from_slice(&octets);
        }
        if *is_too_large { Err(sender.too_large()) } else { Ok(read.freeze()) }
    }
}

fn no_room() -> Problem {
    let problem = Problem::new(ErrorCode::RateLimited, "too many large bodies are being sent; try again in 1 s");
    Problem { retry_after: Some(1), ..problem }
}

/// The most octets of a body.
pub(crate) const MOST_OCTETS: usize = 1024 * 1024;

/// From so many octets on a body takes room, in pieces of as many, and is read of who is signed in alone.
const LARGE: usize = 16 * 1024;

/// The most octets of large bodies that are being read at the same time.
const MOST_AT_ONCE: usize = 64 * 1024 * 1024;

/// The most octets of large bodies of one user that are being read at the same time.
const MOST_OF_A_USER: usize = MOST_AT_ONCE / 4;

/// How long a client may take over a body.
const TIME: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use beep_core::domain::Domain;
    use beep_core::id::{Id, Qualified, UserId};
    use futures_util::{FutureExt, StreamExt, stream};
    use uuid::Uuid;

    use super::*;

    /// A user with a token.
    fn signed_in(number: u8) -> Sender {
        let id = UserId::from_uuid(Uuid::from_u128(number.into()));
        Sender::SignedIn(Qualified::new(id, Domain::parse("a.example.com").expect("a domain")))
    }

    /// The code that a body is refused with, and how long that took.
    async fn refused(body: Body) -> (ErrorCode, Duration) {
        let from = tokio::time::Instant::now();
        let Refused(problem) = Bodies::default().read(body, signed_in(0)).await.map(drop).expect_err("it is refused");
        (problem.code, from.elapsed())
    }

    /// A body of which so many octets come.
    fn stalls(octets: usize) -> Body {
        let piece = |_| Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 1_024]));
        let begun = stream::iter((0..octets / 1_024).map(piece));
        Body::from_stream(begun.chain(stream::pending()))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_has_so_many_octets_and_so_much_time() {
        let octet = || Ok::<_, std::io::Error>(Bytes::from_static(b" "));
        let stalled = Body::from_stream(stream::iter([octet()]).chain(stream::pending()));
        assert_eq!(refused(stalled).await, (ErrorCode::InvalidRequest, TIME));
        let slow = stream::unfold((), move |()| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Some((octet(), ()))
        });
        assert_eq!(refused(Body::from_stream(slow)).await, (ErrorCode::InvalidRequest, TIME), "an octet a second");
        assert_eq!(refused(Body::from(vec![b' '; MOST_OCTETS + 1])).await.0, ErrorCode::PayloadTooLarge);
        let broken = stream::iter([octet(), Err(std::io::Error::other("gone"))]);
        assert_eq!(refused(Body::from_stream(broken)).await.0, ErrorCode::InvalidRequest);
        let whole = Bodies::default().read(Body::from(vec![b' '; MOST_OCTETS]), signed_in(0)).await;
        assert_eq!(whole.map(|read| read.len()).ok(), Some(MOST_OCTETS));
    }

    #[tokio::test(start_paused = true)]
    async fn large_bodies_have_so_much_room_and_small_ones_need_none() {
        let bodies = Bodies::default();
        let refused = async |user| {
            let read = bodies.read(stalls(LARGE), signed_in(user)).await;
            let Refused(problem) = read.map(drop).expect_err("there is no room");
            assert_eq!((problem.code, problem.retry_after), (ErrorCode::RateLimited, Some(1)));
        };
        let mut stalled = Vec::new();
        for user in 0..4 {
            for _ in 0..MOST_OF_A_USER / MOST_OCTETS {
                let mut read = Box::pin(bodies.read(stalls(MOST_OCTETS), signed_in(user)));
                assert!(read.as_mut().now_or_never().is_none());
                stalled.push(read);
            }
            refused(user).await;
        }
        refused(4).await;
        assert!(bodies.read(Body::from(vec![b' '; LARGE - 1]), signed_in(0)).await.is_ok());
        drop(stalled.pop());
        assert!(bodies.read(Body::from(vec![b' '; MOST_OCTETS]), signed_in(4)).await.is_ok());
        stalled.clear();
        assert!(bodies.0.lock().expect("nobody panicked").is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn strangers_take_none_of_the_room() {
        let bodies = Bodies::default();
        for octets in [LARGE, MOST_OCTETS] {
            let from = tokio::time::Instant::now();
            let read = bodies.read(stalls(octets), Sender::Anybody).await;
            let Refused(problem) = read.map(drop).expect_err("it is refused");
            assert_eq!((problem.code, from.elapsed()), (ErrorCode::PayloadTooLarge, TIME));
            let read = bodies.read(Body::from(vec![b' '; octets]), Sender::Anybody).await;
            let Refused(problem) = read.map(drop).expect_err("it is refused");
            assert_eq!((problem.code, from.elapsed()), (ErrorCode::PayloadTooLarge, TIME), "at once");
        }
        let mut small = Box::pin(bodies.read(stalls(LARGE - 1_024), Sender::Anybody));
        assert!(small.as_mut().now_or_never().is_none());
        assert!(bodies.0.lock().expect("nobody panicked").is_empty());
        assert!(bodies.read(Body::from(vec![b' '; LARGE - 1]), Sender::Anybody).await.is_ok());
    }
}
