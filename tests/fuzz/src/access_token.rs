//! Access tokens, which come with every request.

use beep_core::id::{Id, SessionId, UserId};
use beep_core::port::{SecretKey, SecretPurpose};
use beep_core::time::Timestamp;
use uuid::Uuid;

// The server itself would take minutes to build with the flags of the fuzzer; this part of it stands alone.
#[path = "../../../beep-server/src/token/paseto.rs"]
mod paseto;
use paseto::{Claims, Unverified, sign};

/// A token says what it was signed to say, to the backend that signed it; altered, it says nothing.
pub(crate) fn run(octets: &[u8]) {
    if let Ok(text) = str::from_utf8(octets)
        && let Some(token) = Unverified::parse(text)
    {
        let claims = token.verify(&key(token.key()), DOMAIN);
        // The seed `genuine` is signed; nothing else can be.
        assert!(claims.is_none_or(|claims| claims == genuine()), "a forged token");
    }
    let Some((at, rest)) = octets.split_first_chunk::<2>() else { return };
    let text = sign(&genuine(), &key(KEY), DOMAIN).expect("the key is a key");
    let token = Unverified::parse(&text).expect("just written");
    assert_eq!(token.key(), KEY);
    assert_eq!(token.verify(&key(KEY), DOMAIN), Some(genuine()));
    assert_eq!(token.verify(&key(KEY), "b.example.com"), None, "taken by another backend");
    let Some(put) = rest.first().filter(|octet| octet.is_ascii()) else { return };
    let mut altered = text.clone().into_bytes();
    let at = usize::from(u16::from_be_bytes(*at)) % altered.len();
    altered[at] = *put;
    let altered = String::from_utf8(altered).expect("ASCII for ASCII");
    let taken = Unverified::parse(&altered).and_then(|token| token.verify(&key(KEY), DOMAIN));
    assert_eq!(taken.is_some(), altered == text, "taken although altered: {altered}");
}

fn genuine() -> Claims {
    let claims = Claims::new(UserId::from_uuid(KEY), SessionId::from_uuid(KEY), Timestamp::from_millis(1_000));
    assert_eq!((claims.user().uuid(), claims.session().uuid(), claims.expires().millis()), (KEY, KEY, 1_000));
    claims
}

fn key(id: Uuid) -> SecretKey {
    SecretKey { id, purpose: SecretPurpose::Access, secret: [7; 32], created_at: Timestamp::from_millis(0) }
}

const KEY: Uuid = Uuid::from_u128(0x0193_2c07_209d_7cc9_a31d_5f3a_1f1c_0f6b);
const DOMAIN: &str = "a.example.com";
