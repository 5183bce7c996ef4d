//! Reading a body: as much as may be, in the time that there is.

use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body;

use super::load::{Flight, TooMuch};

/// Why there is no body.
#[derive(Debug)]
pub(super) enum BodyError {
    /// It is larger than it may be.
    TooLarge,
    /// The domain has too many octets under way.
    TooMuch(TooMuch),
    /// It was not there in time.
    Late,
    /// The peer broke off.
    Broken,
}

/// Reads a body, counting its octets as they come.
pub(super) async fn read<B: Body<Data = Bytes>>(
    body: B,
    limit: u64,
    time: Duration,
    flight: &mut Flight,
) -> Result<Bytes, BodyError> {
    let reading = async {
        let mut body = pin!(body);
        let mut first: Option<Bytes> = None;
        let mut rest: Option<BytesMut> = None;
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
            let octets = u64::try_from(data.len()).unwrap_or(u64::MAX);
            length += octets;
            if length > limit {
                return Err(BodyError::TooLarge);
            }
            flight.take(octets).map_err(BodyError::TooMuch)?;
            // Most bodies are one frame, and need not be copied.
            match (&mut rest, first.take()) {
                (Some(rest), _) => rest.extend_from_slice(&data),
                (None, None) => first = Some(data),
                (None, Some(begun)) => {
                    let mut joined = BytesMut::from(begun);
                    joined.extend_from_slice(&data);
                    rest = Some(joined);
                }
            }
        }
        Ok(rest.map(BytesMut::freeze).or(first).unwrap_or_default())
    };
    tokio::time::timeout(time, reading).await.unwrap_or(Err(BodyError::Late))
}
