//! Codes of six digits that are sent by mail.
//!
//! A code can be tried a few times from each network. So nobody can use up the attempts of those who the code was sent
//! for, and still only a few of the million codes are tried.

use std::time::Duration;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::id::{Id, UserId};
use crate::network::Network;
use crate::port::Entropy;
use crate::time::Timestamp;

/// A code that was sent by mail.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MailCode {
    /// Whose account or registration it is for.
    pub user: UserId,
    /// What it confirms; one code for each purpose.
    pub purpose: CodePurpose,
    /// SHA-256 of user, purpose and code.
    pub hash: [u8; 32],
    /// When it expires.
    pub expires_at: Timestamp,
    /// The wrong attempts so far.
    pub attempts: Attempts,
}

/// How often each network tried wrong codes, as nine octets: the network, then the count. The network that asked for the
/// code is the first.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attempts(Vec<[u8; 9]>);

impl Attempts {
    /// None so far; `from` asked for the code.
    pub fn new(from: Network) -> Self {
        Self(vec![entry(from, 0)])
    }

    /// Takes octets from a store; `None` for what [`Self::octets`] does not give.
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        let (entries, rest) = octets.as_chunks();
        rest.is_empty().then(|| Self(entries.to_vec()))
    }

    /// Its octets, for a store.
    pub fn octets(&self) -> &[u8] {
        self.0.as_flattened()
    }

    /// One more wrong attempt from a network; `None` if it may not try.
    fn count(&self, from: Network) -> Option<Self> {
        let mut counted = self.clone();
        match counted.0.iter_mut().find(|entry| entry[..8] == from.octets()) {
            Some([.., count]) if *count < CODE_ATTEMPTS => *count += 1,
            None if self.0.len() < CODE_NETWORKS => counted.0.push(entry(from, 1)),
            _ => return None,
        }
        Some(counted)
    }
}

fn entry(from: Network, count: u8) -> [u8; 9] {
    let mut entry = [count; 9];
    entry[..8].copy_from_slice(&from.octets());
    entry
}

/// What a mailed code confirms.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CodePurpose {
    /// The mail address of a registration.
    Activation,
    /// That whoever has forgotten a password reads the mail of its account.
    PasswordReset,
    /// The new mail address of an account.
    EmailChange,
}

impl CodePurpose {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Activation, Self::PasswordReset, Self::EmailChange];
}

/// The result of trying a code.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Tried {
    /// It is the right one.
    Right,
    /// It is wrong: store this.
    Wrong(MailCode),
    /// It cannot be tried any more.
    Spent,
}

impl MailCode {
    /// Makes a code that `from` asked for; gives its digits, which only the mail holds, and what is stored.
    pub fn new(
        user: UserId,
        purpose: CodePurpose,
        from: Network,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> (String, Self) {
        let mut octets = [0; 4];
        entropy.fill(&mut octets);
        let number = u32::from_be_bytes(octets) % 1_000_000; // skewed by 1 in 4,000: no help to guess
        let digits = format!("{number:06}");
        let hash = hash(user, purpose, &digits);
        let expires_at = now.after(CODE_LIFE);
        (digits, Self { user, purpose, hash, expires_at, attempts: Attempts::new(from) })
    }

    /// Tries digits that came from a network.
    pub fn attempt(&self, digits: &str, from: Network, now: Timestamp) -> Tried {
        let counted = self.attempts.count(from).filter(|_| now < self.expires_at);
        let Some(attempts) = counted else { return Tried::Spent };
        if bool::from(hash(self.user, self.purpose, digits.trim()).ct_eq(&self.hash)) {
            return Tried::Right;
        }
        Tried::Wrong(Self { attempts, ..self.clone() })
    }
}

fn hash(user: UserId, purpose: CodePurpose, digits: &str) -> [u8; 32] {
    let purpose: &[u8] = match purpose {
        CodePurpose::Activation => b"activation",
        CodePurpose::PasswordReset => b"password reset",
        CodePurpose::EmailChange => b"email change",
    };
    let mut hash = Sha256::new();
    hash.update(user.uuid().as_bytes());
    hash.update(purpose);
    hash.update(digits.as_bytes());
    hash.finalize().into()
}

/// How long a code is valid (contract, "Accounts and sessions").
pub const CODE_LIFE: Duration = Duration::from_secs(15 * 60);

/// How often one network may try (contract, "Accounts and sessions").
pub const CODE_ATTEMPTS: u8 = 5;

/// How many networks may try: together they guess one code in ten thousand.
pub const CODE_NETWORKS: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    struct Zeros;

    impl Entropy for Zeros {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(0);
        }
    }

    fn network(n: u8) -> Network {
        Network::from_octets([n; 8])
    }

    fn code() -> MailCode {
        let (digits, code) =
            MailCode::new(UserId::generate(NOW, [1; 10]), CodePurpose::Activation, network(0), NOW, &Zeros);
        assert_eq!(digits, "000000");
        code
    }

    fn fail(code: MailCode, from: Network) -> MailCode {
        match code.attempt("123456", from, NOW) {
            Tried::Wrong(code) => code,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_network_has_five_attempts() {
        let code = (0..CODE_ATTEMPTS).fold(code(), |code, _| fail(code, network(0)));
        assert_eq!(code.attempt("000000", network(0), NOW), Tried::Spent);
        assert_eq!(code.attempt("000000", network(1), NOW), Tried::Right, "another network has its own");
    }

    #[test]
    fn strangers_leave_the_attempts_of_the_one_who_asked() {
        let code = (1..20).fold(code(), |code, n| fail(code, network(n)));
        assert_eq!(code.attempt("000000", network(99), NOW), Tried::Spent, "many networks guess no more");
        assert_eq!(code.attempt(" 000000 ", network(0), NOW), Tried::Right);
    }

    #[test]
    fn a_code_is_good_for_its_purpose_alone() {
        let codes = CodePurpose::ALL.map(|purpose| MailCode { purpose, ..code() });
        let right = codes.iter().filter(|code| code.attempt("000000", network(0), NOW) == Tried::Right);
        assert_eq!(right.count(), 1);
    }

    #[test]
    fn a_code_ends_with_its_time() {
        assert_eq!(code().attempt("000000", network(0), NOW.after(CODE_LIFE)), Tried::Spent);
    }
}
