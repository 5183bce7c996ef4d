//! The second factor of an account: codes of an authenticator app, and recovery codes for who has lost it.
//!
//! Each code is good once. What was used last is part of the stored factor, and a use rests on the factor as it was read,
//! so of many uses of one code at a time one stands.

use std::time::Duration;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::base32;
use crate::id::{Id, SessionId, UserId};
use crate::port::Entropy;
use crate::time::Timestamp;
use crate::totp::{DIGITS, TotpSecret};

/// What an account asks for beside its password.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SecondFactor {
    /// Whose account.
    pub user: UserId,
    /// What its authenticator app shares.
    pub secret: TotpSecret,
    /// The step of the last code that was used.
    pub last_step: i64,
    /// The recovery codes that are left.
    pub recovery: RecoveryCodes,
}

/// A second factor that is on once its first code is entered, in the session that began it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SecondFactorSetup {
    /// Whose account.
    pub user: UserId,
    /// The session that began it.
    pub session: SessionId,
    /// What the authenticator app shares.
    pub secret: TotpSecret,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What was entered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Entered {
    /// A code of the authenticator app.
    App,
    /// A recovery code.
    Recovery,
}

impl SecondFactor {
    /// Uses a code; gives what is left of the factor. `None` if the code is wrong or was used before.
    pub fn enter(&self, code: &str, now: Timestamp) -> Option<(Self, Entered)> {
        let code = folded(code);
        if code.len() == DIGITS {
            let last_step = self.secret.step_of(&code, self.last_step, now)?;
            return Some((Self { last_step, ..self.clone() }, Entered::App));
        }
        let recovery = self.recovery.without(self.user, &code)?;
        Some((Self { recovery, ..self.clone() }, Entered::Recovery))
    }
}

impl SecondFactorSetup {
    /// The step of the first code, if it is that of this session and in time.
    pub fn enter(&self, code: &str, session: SessionId, now: Timestamp) -> Option<i64> {
        let stands = self.session == session && now < self.expires_at;
        self.secret.step_of(&folded(code), i64::MIN, now).filter(|_| stands)
    }
}

/// SHA-256 of the recovery codes of an account that were not used. A code has 80 bits, so nobody finds it by its hash.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RecoveryCodes(Vec<[u8; 32]>);

impl RecoveryCodes {
    /// Makes new codes; gives their texts, which only the user has, and what is stored.
    pub fn new(user: UserId, entropy: &dyn Entropy) -> (Vec<String>, Self) {
        let texts: Vec<_> = (0..RECOVERY_CODES).map(|_| base32::encode(&entropy.octets::<10>())).collect();
        let hashes = texts.iter().map(|text| hash(user, text)).collect();
        (texts.iter().map(|text| grouped(text)).collect(), Self(hashes))
    }

    /// Takes octets from a store; `None` for what [`Self::octets`] does not give.
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        let (hashes, rest) = octets.as_chunks();
        rest.is_empty().then(|| Self(hashes.to_vec()))
    }

    /// Their octets, for a store.
    pub fn octets(&self) -> &[u8] {
        self.0.as_flattened()
    }

    /// How many are left.
    pub fn left(&self) -> usize {
        self.0.len()
    }

    /// The others, if this is one of them.
    fn without(&self, user: UserId, code: &str) -> Option<Self> {
        let entered = hash(user, code);
        let others = self.0.iter().copied().filter(|hash| !bool::from(hash.ct_eq(&entered)));
        let others = Self(others.collect());
        (others.left() < self.left()).then_some(others)
    }
}

/// A code as it is compared: however it was grouped and in whichever case it was typed.
fn folded(code: &str) -> String {
    code.chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '-')
        .take(LONGEST)
        .collect::<String>()
        .to_uppercase()
}

/// A code as it is shown: in groups of four.
fn grouped(text: &str) -> String {
    text.as_bytes().chunks(4).map(|four| String::from_utf8_lossy(four).to_lowercase()).collect::<Vec<_>>().join("-")
}

fn hash(user: UserId, code: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(user.uuid().as_bytes());
    hash.update(b"recovery code");
    hash.update(code.as_bytes());
    hash.finalize().into()
}

/// How many recovery codes are made at a time.
pub const RECOVERY_CODES: usize = 10;

/// How long a second factor may take from its begin to its first code.
pub const SETUP_LIFE: Duration = Duration::from_secs(15 * 60);

/// More than the letters of any code.
const LONGEST: usize = 32;

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::*;
    use crate::totp::step;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);

    #[derive(Default)]
    struct Numbers(AtomicU8);

    impl Entropy for Numbers {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill_with(|| self.0.fetch_add(1, Ordering::SeqCst));
        }
    }

    fn user(n: u8) -> UserId {
        UserId::generate(NOW, [n; 10])
    }

    fn factor() -> (Vec<String>, SecondFactor) {
        let (texts, recovery) = RecoveryCodes::new(user(1), &Numbers::default());
        (texts, SecondFactor { user: user(1), secret: TotpSecret::new([7; 20]), last_step: 0, recovery })
    }

    #[test]
    fn a_code_of_the_app_is_good_once() {
        let (_, factor) = factor();
        let code = factor.secret.code(step(NOW));
        let grouped = format!("{} {}", &code[..3], &code[3..]);
        let (used, by) = factor.enter(&grouped, NOW).expect("it is right");
        assert_eq!((used.last_step, by, &used.recovery), (step(NOW), Entered::App, &factor.recovery));
        assert_eq!(used.enter(&code, NOW), None);
        let before = factor.secret.code(step(NOW) - 1);
        assert_eq!(used.enter(&before, NOW), None, "nor one before it");
        assert!(used.enter(&factor.secret.code(step(NOW) + 1), NOW).is_some());
    }

    #[test]
    fn a_recovery_code_is_good_once_and_for_its_account() {
        let (texts, factor) = factor();
        assert_eq!((texts.len(), factor.recovery.left()), (RECOVERY_CODES, RECOVERY_CODES));
        assert_eq!(texts[0], "aaaq-eaye-auda-ocaj");
        for (used, text) in texts.iter().enumerate() {
            let typed = text.to_uppercase().replace('-', " ");
            let mut left = factor.clone();
            for earlier in &texts[..used] {
                left = left.enter(earlier, NOW).expect("each is good once").0;
            }
            let (after, by) = left.enter(&typed, NOW).expect("it is good, however it is typed");
            assert_eq!((by, after.recovery.left()), (Entered::Recovery, RECOVERY_CODES - used - 1));
            assert_eq!(after.enter(text, NOW), None);
        }
        let other = SecondFactor { user: user(2), ..factor.clone() };
        assert_eq!(other.enter(&texts[0], NOW), None);
        for wrong in ["", "-", "aaaa-aaaa-aaaa-aaaa", &texts[0][1..], &format!("{}a", texts[0]), &"a".repeat(10_000)] {
            assert_eq!(factor.enter(wrong, NOW), None, "{wrong}");
        }
    }

    #[test]
    fn a_setup_is_of_its_session_and_ends() {
        let session = |n| SessionId::generate(NOW, [n; 10]);
        let secret = TotpSecret::new([7; 20]);
        let code = secret.code(step(NOW));
        let setup = SecondFactorSetup { user: user(1), session: session(1), secret, expires_at: NOW.after(SETUP_LIFE) };
        assert_eq!(setup.enter(&code, session(1), NOW), Some(step(NOW)));
        assert_eq!(setup.enter(&code, session(2), NOW), None);
        assert_eq!(setup.enter("none", session(1), NOW), None);
        let late = setup.expires_at;
        let code = setup.secret.code(step(late));
        assert_eq!(setup.enter(&code, session(1), late), None);
    }

    #[test]
    fn octets_are_read_back() {
        let (_, factor) = factor();
        assert_eq!(RecoveryCodes::from_octets(factor.recovery.octets()), Some(factor.recovery.clone()));
        assert_eq!(RecoveryCodes::from_octets(&factor.recovery.octets()[1..]), None);
    }
}
