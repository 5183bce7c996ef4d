//! One-time codes from a shared secret and the time of day (RFC 6238 with SHA-1, steps of 30 s and six digits, which is what
//! every authenticator app knows).

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use crate::base32;
use crate::domain::Domain;
use crate::text::Username;
use crate::time::Timestamp;

/// What an authenticator app and the backend share.
#[derive(Clone, Eq, PartialEq)]
pub struct TotpSecret([u8; 20]);

impl TotpSecret {
    /// Takes new randomness, or what [`Self::octets`] gave. It is as long as a SHA-1 (RFC 4226, 4).
    pub fn new(octets: [u8; 20]) -> Self {
        Self(octets)
    }

    /// Its octets, for a store.
    pub fn octets(&self) -> &[u8; 20] {
        &self.0
    }

    /// As somebody types it into an app.
    pub fn text(&self) -> String {
        base32::encode(&self.0)
    }

    /// As an app reads it from a QR code: an `otpauth://` address for a user of a backend.
    pub fn address(&self, username: &Username, domain: &Domain) -> String {
        let secret = self.text();
        format!(
            "otpauth://totp/{domain}:{username}?secret={secret}&issuer={domain}&algorithm=SHA1&digits={DIGITS}&period={STEP_S}"
        )
    }

    /// The step that digits are the code of: the present one, the one before or the one after, if it comes after `last`.
    pub fn step_of(&self, digits: &str, last: i64, now: Timestamp) -> Option<i64> {
        let present = step(now);
        let mut found = None;
        // All are compared, so that the time it takes does not say which it was.
        for step in present - TOLERANCE..=present + TOLERANCE {
            let fits = bool::from(self.code(step).as_bytes().ct_eq(digits.as_bytes()));
            if fits && step > last {
                found = found.or(Some(step));
            }
        }
        found
    }

    /// The code of a step (RFC 4226, 5.3).
    pub fn code(&self, step: i64) -> String {
        let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(&step.to_be_bytes());
        let hash: [u8; 20] = mac.finalize().into_bytes().into();
        let at = usize::from(hash[19] & 0xf);
        let number = hash[at..at + 4].iter().fold(0u32, |number, octet| number << 8 | u32::from(*octet));
        format!("{:0width$}", (number & 0x7fff_ffff) % 1_000_000, width = DIGITS)
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

/// The number of the step at a time.
pub fn step(at: Timestamp) -> i64 {
    at.millis().div_euclid(STEP_S * 1_000)
}

/// How long a code is shown.
pub const STEP_S: i64 = 30;

/// How many digits a code has.
pub const DIGITS: usize = 6;

/// How many steps the clock of a device may be behind or ahead.
const TOLERANCE: i64 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B.
    fn secret() -> TotpSecret {
        TotpSecret::new(*b"12345678901234567890")
    }

    fn at(s: i64) -> Timestamp {
        Timestamp::from_millis(s * 1_000)
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        // The last six of the eight digits there.
        let codes = [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ];
        for (s, code) in codes {
            assert_eq!(secret().code(step(at(s))), code);
            assert_eq!(secret().step_of(code, 0, at(s)), Some(step(at(s))));
        }
    }

    #[test]
    fn a_clock_may_be_one_step_off() {
        let (now, present) = (at(1_000_000_000), step(at(1_000_000_000)));
        for off in -1..=1 {
            assert_eq!(secret().step_of(&secret().code(present + off), 0, now), Some(present + off));
        }
        for off in [-3, -2, 2, 3] {
            assert_eq!(secret().step_of(&secret().code(present + off), 0, now), None);
        }
    }

    #[test]
    fn a_step_is_used_once_and_none_before_it() {
        let (now, present) = (at(1_000_000_000), step(at(1_000_000_000)));
        for off in -1..=1 {
            assert_eq!(secret().step_of(&secret().code(present + off), present + 1, now), None);
        }
        assert_eq!(secret().step_of(&secret().code(present + 1), present, now), Some(present + 1));
        assert_eq!(secret().step_of(&secret().code(present), present, now), None);
    }

    #[test]
    fn what_is_no_code_is_none() {
        let code = secret().code(step(at(59)));
        for digits in ["", "0", &code[1..], &format!("{code}0"), &format!(" {code}"), "２８７０８２"] {
            assert_eq!(secret().step_of(digits, 0, at(59)), None, "{digits}");
        }
    }

    #[test]
    fn an_app_reads_the_address() {
        let (ann, domain) =
            (Username::parse("ann").expect("a name"), Domain::parse("a.example.com").expect("a domain"));
        assert_eq!(
            secret().address(&ann, &domain),
            "otpauth://totp/a.example.com:ann?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=a.example.com\
             &algorithm=SHA1&digits=6&period=30"
        );
        assert_eq!(format!("{:?}", secret()), "TotpSecret(…)");
    }
}
