//! How moments are spelled: RFC 3339, UTC, milliseconds.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use beep_core::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

/// A moment on the wire, `2026-11-22T18:30:00.000Z`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Time(pub Timestamp);

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.0.millis()) * 1_000_000;
        let at = OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
        let (hour, minute, second, milli) = (at.hour(), at.minute(), at.second(), at.millisecond());
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }
}

impl FromStr for Time {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let at = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| TimeError)?;
        // Elsewhere, the first and the last hours of the calendar are beyond it in UTC.
        let at = at.checked_to_offset(UtcOffset::UTC).filter(|at| (0..=9999).contains(&at.year())).ok_or(TimeError)?;
        let millis = i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).map_err(|_| TimeError)?;
        Ok(Self(Timestamp::from_millis(millis)))
    }
}

/// A text that is no time.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("must be an RFC 3339 time such as `2026-11-22T18:30:00Z`")]
pub struct TimeError;

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Time {
    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "date-time",
            "description": "A moment: RFC 3339, UTC, milliseconds.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_beyond_the_calendar_in_utc() {
        assert_eq!("9999-12-31T23:59:59-23:59".parse::<Time>(), Err(TimeError));
        assert_eq!("0000-01-01T00:00:00+00:01".parse::<Time>(), Err(TimeError));
    }

    #[test]
    fn is_spelled_in_utc_with_milliseconds() {
        let time: Time = "2026-11-22T20:30:00.1239+02:00".parse().expect("valid");
        assert_eq!(time.to_string(), "2026-11-22T18:30:00.123Z");
        assert_eq!(time.to_string().parse(), Ok(time));
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in ["", "2026-11-22", "2026-11-22T18:30:00", "2026-13-01T00:00:00Z", "now"] {
            assert_eq!(text.parse::<Time>(), Err(TimeError), "{text}");
        }
    }
}
