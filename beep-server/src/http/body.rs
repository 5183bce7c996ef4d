//! Reading a request's body: as much as may be, in the time that there is.

use std::time::Duration;

use axum::body::Body;
use beep_proto::problem::{ErrorCode, Problem};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::http::Refused;

/// Reads a body whole.
///
/// # Errors
/// It is too large, broken off, or not there in time. The connection of one that is not there is closed with the answer.
pub(super) async fn read(body: Body) -> Result<Bytes, Refused> {
    let refused = match tokio::time::timeout(TIME, Limited::new(body, MOST_OCTETS).collect()).await {
        Ok(Ok(collected)) => return Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Problem::new(ErrorCode::PayloadTooLarge, format!("a body has at most {MOST_OCTETS} octets"))
        }
        Ok(Err(_)) => Problem::new(ErrorCode::InvalidRequest, "the body is incomplete"),
        Err(_) => {
            Problem::new(ErrorCode::InvalidRequest, format!("the body was not there within {} s", TIME.as_secs()))
        }
    };
    Err(Refused(refused))
}

/// The most octets of a body.
pub(crate) const MOST_OCTETS: usize = 1024 * 1024;

/// How long a client may take over a body.
const TIME: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, stream};

    use super::*;

    /// The code that a body is refused with, and how long that took.
    async fn refused(body: Body) -> (ErrorCode, Duration) {
        let from = tokio::time::Instant::now();
        let Refused(problem) = read(body).await.map(drop).expect_err("it is refused");
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
        assert_eq!(read(Body::from(vec![b' '; MOST_OCTETS])).await.map(|read| read.len()).ok(), Some(MOST_OCTETS));
    }
}
