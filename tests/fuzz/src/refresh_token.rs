//! Refresh credentials, which a client sends as octets.

use beep_core::id::{Id, SessionId};
use beep_core::session::{RefreshSecret, open, seal};

/// What opens is exactly what was sealed; anything else about it altered, it opens no more.
pub(crate) fn run(octets: &[u8]) {
    if let Some((session, secret)) = open(octets, &KEY) {
        assert_eq!(seal(session, &secret, &KEY), octets, "a second spelling of one credential");
    }
    let Some((body, altered)) = octets.split_at_checked(48) else { return };
    let (session, secret) = body.split_at(16);
    let session = SessionId::from_uuid(uuid::Uuid::from_slice(session).expect("16 octets"));
    let secret = RefreshSecret::new(secret.try_into().expect("32 octets"));
    let mut token = seal(session, &secret, &KEY);
    assert_eq!(open(&token, &KEY), Some((session, secret)));
    assert_eq!(open(&token, &OTHER_KEY), None, "opened by another backend");
    if let [at, flip, ..] = *altered {
        token[usize::from(at) % token.len()] ^= flip;
        assert_eq!(open(&token, &KEY).is_some(), flip == 0, "opened although altered");
    }
}

const KEY: [u8; 32] = [7; 32];
const OTHER_KEY: [u8; 32] = [8; 32];
