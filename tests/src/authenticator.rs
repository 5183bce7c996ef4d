//! An authenticator app, as somebody has one on their phone.

use beep_core::time::Timestamp;
use beep_core::totp::{TotpSecret, step};
use serde_json::json;

use crate::people::{PASSWORD, Person};

/// An authenticator app with one account in it.
#[derive(Debug)]
pub struct Authenticator {
    secret: TotpSecret,
    last: i64,
}

impl Authenticator {
    /// Takes a secret as it is typed.
    pub fn of(secret: &str) -> Self {
        Self { secret: TotpSecret::new(decoded(secret)), last: 0 }
    }

    /// A code that it did not give before. It is good for at least 30 s; there are two of them in a row.
    pub fn code(&mut self) -> String {
        let present = step(now());
        self.last = present.max(self.last + 1);
        assert!(self.last <= present + 1, "the backend takes no code that is shown in over 30 s");
        self.secret.code(self.last)
    }

    /// The code that it gave last.
    pub fn last_code(&self) -> String {
        self.secret.code(self.last)
    }

    /// A code that is good at no time that is near.
    pub fn wrong_code(&self) -> String {
        let near = step(now()) - 10..step(now()) + 10;
        let near: Vec<_> = near.map(|step| self.secret.code(step)).collect();
        let codes = (0..100).map(|number| format!("{number:06}"));
        codes.into_iter().find(|code| !near.contains(code)).expect("few codes are near")
    }
}

/// Gives somebody a second factor; gives the app and the recovery codes.
pub async fn protect(person: &Person) -> (Authenticator, Vec<String>) {
    let begun = person.post("/self/2fa", json!({ "password": PASSWORD })).await.expect(200);
    let mut app = Authenticator::of(begun["secret"].as_str().expect("a text"));
    let told = person.post("/self/2fa/confirm", json!({ "code": app.code() })).await.expect(200);
    let codes = told["recovery_codes"].as_array().expect("a list");
    (app, codes.iter().map(|code| code.as_str().expect("a text").to_owned()).collect())
}

/// Reads base 32 (RFC 4648, 6).
fn decoded(text: &str) -> [u8; 20] {
    let bits = text.bytes().flat_map(|letter| {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => panic!("`{text}` is no base 32"),
        };
        (0..5).rev().map(move |bit| value >> bit & 1)
    });
    let bits: Vec<_> = bits.collect();
    let octets: Vec<_> = bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |octet, bit| octet << 1 | bit)).collect();
    octets.try_into().expect("a secret has 160 bits")
}

#[expect(clippy::disallowed_methods, reason = "the backend is another process, and has the clock of the machine")]
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is after 1970");
    Timestamp::from_millis(i64::try_from(since.as_millis()).expect("it is before the end of time"))
}
