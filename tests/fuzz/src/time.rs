//! Times as RFC 3339 spells them.

use beep_proto::time::Time;

/// A time is read back as itself.
pub(crate) fn run(octets: &[u8]) {
    let Ok(text) = str::from_utf8(octets) else { return };
    let Ok(time) = text.parse::<Time>() else { return };
    assert_eq!(time.to_string().parse(), Ok(time), "is not read back as itself");
}
