//! Reading a request's body: as much as may be, in the time that there is.

use std::time::Duration;

use axum::body::Body;
use beep_proto::problem::{ErrorCode, Problem};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::http::Refused;

/// Room for the large bodies that are being read at the same time. Small ones need none, so whoever sends messages does
/// not wait for those who fill it.
pub(crate) struct Bodies(Semaphore);

impl Default for Bodies {
    fn default() -> Self {
        Self(Semaphore::new(MOST_AT_ONCE / LARGE))
    }
}

impl Bodies {
    /// Reads a body whole.
    ///
    /// # Errors
    /// It is too large, broken off, or not there in time, or there is no room for it. The connection of one that is not
    /// there is closed with the answer.
    pub(super) async fn read(&self, body: Body) -> Result<Bytes, Refused> {
        let refused = match tokio::time::timeout(TIME, self.collect(body)).await {
            Ok(Ok(collected)) => return Ok(collected),
            Ok(Err(problem)) => problem,
            Err(_) => {
                let late = format!("the body was not there within {} s", TIME.as_secs());
                Problem::new(ErrorCode::InvalidRequest, late)
            }
        };
        Err(Refused(refused))
    }

    async fn collect(&self, body: Body) -> Result<Bytes, Problem> {
        let mut body = Limited::new(body, MOST_OCTETS);
        let mut read = BytesMut::new();
        let mut room: Option<SemaphorePermit<'_>> = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| match error.is::<LengthLimitError>() {
                true => {
                    let large = format!("a body has at most {MOST_OCTETS} octets");
                    Problem::new(ErrorCode::PayloadTooLarge, large)
                }
                false => Problem::new(ErrorCode::InvalidRequest, "the body is incomplete"),
            })?;
            let Ok(octets) = frame.into_data() else { continue };
            let large = (read.len() + octets.len()) / LARGE;
            let held = room.as_ref().map_or(0, SemaphorePermit::num_permits);
            if large > held {
                let more = u32::try_from(large - held).unwrap_or(u32::MAX);
                let more = self.0.try_acquire_many(more).map_err(|_| no_room())?;
                match &mut room {
                    Some(room) => room.merge(more),
                    None => room = Some(more),
                }
            }
            read.extend_from_slice(&octets);
        }
        Ok(read.freeze())
    }
}

fn no_room() -> Problem {
    let problem = Problem::new(ErrorCode::RateLimited, "too many large bodies are being sent; try again in 1 s");
    Problem { retry_after: Some(1), ..problem }
}

/// The most octets of a body.
pub(crate) const MOST_OCTETS: usize = 1024 * 1024;

/// From so many octets on a body takes room, in pieces of as many.
const LARGE: usize = 16 * 1024;

/// The most octets of large bodies that are being read at the same time.
const MOST_AT_ONCE: usize = 64 * 1024 * 1024;

/// How long a client may take over a body.
const TIME: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, StreamExt, stream};

    use super::*;

    /// The code that a body is refused with, and how long that took.
    async fn refused(body: Body) -> (ErrorCode, Duration) {
        let from = tokio::time::Instant::now();
        let Refused(problem) = Bodies::default().read(body).await.map(drop).expect_err("it is refused");
        (problem.code, from.elapsed())
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
        let whole = Bodies::default().read(Body::from(vec![b' '; MOST_OCTETS])).await;
        assert_eq!(whole.map(|read| read.len()).ok(), Some(MOST_OCTETS));
    }

    #[tokio::test(start_paused = true)]
    async fn large_bodies_have_so_much_room_and_small_ones_need_none() {
        let bodies = Bodies::default();
        let stalls = |octets: usize| {
            let piece = |_| Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 1_024]));
            let begun = stream::iter((0..octets / 1_024).map(piece));
            Body::from_stream(begun.chain(stream::pending()))
        };
        let most = MOST_AT_ONCE / MOST_OCTETS;
        let mut stalled: Vec<_> = (0..most).map(|_| Box::pin(bodies.read(stalls(MOST_OCTETS)))).collect();
        assert!(stalled.iter_mut().all(|read| read.now_or_never().is_none()));
        let Refused(problem) = bodies.read(stalls(LARGE)).await.map(drop).expect_err("there is no room");
        assert_eq!((problem.code, problem.retry_after), (ErrorCode::RateLimited, Some(1)));
        assert!(bodies.read(Body::from(vec![b' '; LARGE - 1])).await.is_ok());
        drop(stalled.pop());
        assert!(bodies.read(Body::from(vec![b' '; MOST_OCTETS])).await.is_ok());
    }
}
