//! How often one may ask, by caller or address, and how often one may fail to sign in.

mod limit;

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use beep_core::id::{UserId, UserKey};
use beep_core::network::Network;
use beep_core::text::Email;
use beep_federation::net::{Place, Places};
use beep_proto::operation::Rate;
use beep_proto::problem::{ErrorCode, Problem};

use crate::config::Switch;
pub(crate) use limit::Left;
use limit::{Limit, MOST_KEYS, seconds};

/// The rate limits of this process.
pub(crate) struct Rates {
    on: bool,
    read: Limit,
    write: Limit,
    send: Limit,
    credentials: Limit,
    pages: Limit,
    guesses: Guesses,
    connections: Arc<Places<UserKey>>,
    /// What is counted under is hashed, so that nothing that strangers typed is kept, and with keys that nobody knows.
    hash: RandomState,
}

impl Rates {
    pub(crate) fn new(switch: Switch) -> Self {
        Self {
            on: switch == Switch::On,
            read: Limit::new(Duration::from_millis(20), 500),
            write: Limit::new(Duration::from_millis(100), 200),
            send: Limit::new(Duration::from_millis(50), 200),
            credentials: Limit::new(Duration::from_millis(500), 600),
            pages: Limit::new(Duration::from_millis(10), 1_000),
            guesses: Guesses::default(),
            connections: Places::new(if switch == Switch::On { MOST_CONNECTIONS } else { usize::MAX }, usize::MAX),
            hash: RandomState::new(),
        }
    }

    /// Counts a request of a caller; one too many is told what is left as well, which is nothing.
    pub(crate) fn count(&self, rate: Rate, caller: &str) -> Result<Option<Left>, (Problem, Left)> {
        let limit = match rate {
            Rate::Read => &self.read,
            Rate::Write => &self.write,
            Rate::Send => &self.send,
            Rate::Credentials => &self.credentials,
        };
        self.take(limit, caller)
    }

    fn take(&self, limit: &Limit, key: impl Hash) -> Result<Option<Left>, (Problem, Left)> {
        if !self.on {
            return Ok(None);
        }
        limit.take(self.hash.hash_one(key)).map(Some).map_err(|(wait, left)| (too_many(wait), left))
    }

    /// Counts an attempt at a password as if it were to fail: many at once must not all pass before the first has
    /// failed. One that succeeds is given back. Whoever is named in one way or another has one count; `login` is
    /// counted only where it names nobody.
    pub(crate) fn guess_password(
        &self,
        user: Option<UserId>,
        login: &str,
        from: Network,
        known: bool,
    ) -> Result<Guess<'_>, Problem> {
        let whom = user.ok_or_else(|| login.trim().to_lowercase());
        let mut keys = vec![self.key(("network", from), NETWORK), self.key(("password", &whom, from), PASSWORD)];
        // Who signed in from there before is not held up by what strangers do.
        if !known {
            keys.push(self.key(("password", &whom), PASSWORD_ANYWHERE));
        }
        self.guess(keys)
    }

    /// The same of a code of a second factor, by who has shown the password. They alone are held up.
    pub(crate) fn guess_second_factor(&self, user: UserId, from: Network, known: bool) -> Result<Guess<'_>, Problem> {
        let mut keys = vec![self.key(("second factor", user, from), SECOND_FACTOR)];
        if !known {
            keys.push(self.key(("second factor", user), SECOND_FACTOR_ANYWHERE));
        }
        self.guess(keys)
    }

    /// The same of a code that was mailed. It has attempts of its own, so strangers are not counted together.
    pub(crate) fn guess_code(&self, email: &Email, from: Network) -> Result<Guess<'_>, Problem> {
        let whom = email.mailbox();
        self.guess(vec![self.key(("network", from), NETWORK), self.key(("code", whom, from), PASSWORD)])
    }

    /// The same of an access token.
    pub(crate) fn guess_token(&self, from: Network) -> Result<Guess<'_>, Problem> {
        self.guess(vec![self.key(("token", from), TOKEN)])
    }

    /// Counts a request of a network for what is no operation.
    pub(crate) fn count_page(&self, from: Network) -> Result<(), Problem> {
        self.take(&self.pages, from).map(drop).map_err(|(problem, _)| problem)
    }

    /// Counts a mail that somebody has sent to an address.
    pub(crate) fn mail(&self, email: &Email, from: Network) -> Result<(), Problem> {
        let whom = email.mailbox();
        let keys = [self.key(("mail", whom, from), MAIL), self.key(("mail", whom), MAIL_ANYWHERE)];
        self.guess(keys.into()).map(drop)
    }

    fn key(&self, of: impl Hash, bucket: Bucket) -> (u64, Bucket) {
        (self.hash.hash_one(of), bucket)
    }

    fn guess(&self, keys: Vec<(u64, Bucket)>) -> Result<Guess<'_>, Problem> {
        if self.on {
            self.guesses.take(&keys).map_err(too_many)?;
        }
        Ok(Guess { of: &self.guesses, keys })
    }

    /// Takes the place of a live connection of a user; `None` if they have as many as they may.
    pub(crate) fn connection(&self, user: &UserKey) -> Option<Place<UserKey>> {
        self.connections.take(user.clone())
    }

    /// Forgets callers that have been quiet for long enough.
    pub(crate) fn sweep(&self) {
        self.guesses.sweep();
    }
}

/// Attempts to sign in, by account and by network: few, as each may be a guess at a password or a code.
///
/// Not by governor, which neither gives back what was counted nor counts under two keys or none.
#[derive(Default)]
struct Guesses(Mutex<HashMap<u64, Instant>>);

/// An attempt that was counted.
pub(crate) struct Guess<'a> {
    of: &'a Guesses,
    keys: Vec<(u64, Bucket)>,
}

/// How many guesses are allowed after a while of none, and how long it takes until one more is.
#[derive(Clone, Copy)]
struct Bucket {
    most: u32,
    period: Duration,
}

impl Guess<'_> {
    /// The attempt succeeded: it was no guess.
    pub(crate) fn succeeded(self) {
        let mut empty_at = self.of.lock();
        for (key, bucket) in &self.keys {
            if let Some(empty_at) = empty_at.get_mut(key) {
                *empty_at -= bucket.period;
            }
        }
    }
}

impl Guesses {
    /// Counts an attempt under every key, or says how long to wait until one is allowed under all of them.
    ///
    /// Each key is a bucket that drains steadily; what is kept is when it will be empty.
    fn take(&self, keys: &[(u64, Bucket)]) -> Result<(), Duration> {
        let now = Instant::now();
        let mut empty_at = self.lock();
        let counted =
            keys.iter().map(|(key, bucket)| (*key, empty_at.get(key).copied().unwrap_or(now).max(now) + bucket.period));
        let counted: Vec<_> = counted.collect();
        let waits = counted
            .iter()
            .zip(keys)
            .map(|((_, after), (_, bucket))| after.duration_since(now).saturating_sub(bucket.period * bucket.most));
        match waits.max() {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                if empty_at.len() + counted.len() > MOST_KEYS {
                    make_room(&mut empty_at, now);
                }
                empty_at.extend(counted);
                Ok(())
            }
        }
    }

    fn sweep(&self) {
        let now = Instant::now();
        self.lock().retain(|_, empty_at| *empty_at > now);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets the half of the buckets that will be empty first: the fuller one is, the longer it is remembered.
fn make_room(empty_at: &mut HashMap<u64, Instant>, now: Instant) {
    let mut times: Vec<_> = empty_at.values().copied().collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let until = now.max(*median);
    empty_at.retain(|_, at| *at > until);
}

fn too_many(wait: Duration) -> Problem {
    let wait = seconds(wait).max(1);
    let mut problem = Problem::new(ErrorCode::RateLimited, format!("try again in {wait} s"));
    problem.retry_after = Some(wait);
    problem
}

/// The most live connections of a user: each holds a queue.
pub(crate) const MOST_CONNECTIONS: usize = 50;

/// Few for one account from one network: each may be a guess at its password or code.
const PASSWORD: Bucket = Bucket { most: 20, period: Duration::from_secs(20) };

/// More for an account from all networks that it never signed in from, and one more soon: its owner may be among them.
const PASSWORD_ANYWHERE: Bucket = Bucket { most: 100, period: Duration::from_secs(5) };

/// Few codes of a second factor for one account from one network: three of a million are good at a time, so years of guesses
/// find none.
const SECOND_FACTOR: Bucket = Bucket { most: 10, period: Duration::from_secs(300) };

/// A few more from all networks that the account never signed in from.
const SECOND_FACTOR_ANYWHERE: Bucket = Bucket { most: 20, period: Duration::from_secs(300) };

/// Many for a network: a whole office signs in from one, and each account has its own limit.
const NETWORK: Bucket = Bucket { most: 300, period: Duration::from_secs(1) };

/// Many for a network, as each is good once while it lasts; a forged one costs as much to find out.
const TOKEN: Bucket = Bucket { most: 500, period: Duration::from_millis(20) };

/// Few mails to an address that one network asks for.
const MAIL: Bucket = Bucket { most: 5, period: Duration::from_secs(60) };

/// More that all ask for.
const MAIL_ANYWHERE: Bucket = Bucket { most: 20, period: Duration::from_secs(60) };

#[cfg(test)]
mod tests {
    use beep_core::id::Id;
    use beep_core::time::Timestamp;

    use super::*;

    fn network(address: &str) -> Network {
        Network::parse(address)
    }

    #[test]
    fn many_sign_in_at_once_from_one_network_and_few_guess_at_one_account() {
        let rates = Rates::new(Switch::On);
        let guess = |login: &str, from: &str| rates.guess_password(None, login, network(from), false);
        let at_once: Vec<_> = (0..100).map(|n| guess(&format!("user{n}"), "192.0.2.1")).collect();
        assert!(at_once.iter().all(Result::is_ok));
        at_once.into_iter().flatten().for_each(Guess::succeeded);
        for _ in 0..PASSWORD.most {
            assert!(guess("ann", "192.0.2.2").is_ok());
        }
        let refused = guess(" ANN ", "192.0.2.2").map(drop).expect_err("in whichever case");
        assert!(refused.retry_after.is_some_and(|wait| (1..=20).contains(&wait)), "{refused:?}");
        let passed = (0..1_000).take_while(|n| guess(&format!("somebody{n}"), "192.0.2.2").is_ok()).count();
        assert!((280..300).contains(&passed), "one network does not try every account: {passed}");
        assert!(guess("user1", "192.0.2.2").is_err());
        assert!(guess("user1", "192.0.2.1").is_ok());
    }

    #[test]
    fn strangers_do_not_lock_the_owner_out() {
        let rates = Rates::new(Switch::On);
        let ann = Some(Id::generate(Timestamp::from_millis(0), [1; 10]));
        // One network under any of its addresses, and under any name of the account.
        let one_network = |n: u32| network(&format!("2001:db8::{n:x}"));
        let guessed = (1..100).take_while(|n| rates.guess_password(ann, "ann", one_network(*n), false).is_ok()).count();
        assert_eq!(guessed, PASSWORD.most as usize);
        assert!(rates.guess_password(ann, "ann@example.com", one_network(1), false).is_err());
        assert!(rates.guess_password(ann, "ann", network("192.0.2.1"), false).is_ok(), "from elsewhere");
        let mut networks = (0..200).map(|n| network(&format!("198.51.100.{n}")));
        let refused = networks.find_map(|from| rates.guess_password(ann, "ann", from, false).map(drop).err());
        let refused = refused.expect("all networks together have a limit");
        assert!(refused.retry_after.is_some_and(|wait| (1..=5).contains(&wait)), "a short wait: {refused:?}");
        assert!(rates.guess_password(ann, "ann", network("192.0.2.1"), true).is_ok(), "she signed in from there");
    }

    #[test]
    fn few_codes_of_a_second_factor_are_tried_and_known_devices_have_their_own() {
        let rates = Rates::new(Switch::On);
        let ann = Id::generate(Timestamp::from_millis(0), [1; 10]);
        let guess = |address: &str, known| rates.guess_second_factor(ann, network(address), known).map(drop);
        for _ in 0..SECOND_FACTOR.most {
            assert!(guess("192.0.2.1", false).is_ok());
        }
        let refused = guess("192.0.2.1", false).expect_err("they are used up");
        assert!(refused.retry_after.is_some_and(|wait| (1..=300).contains(&wait)), "{refused:?}");
        let elsewhere = (0..100).take_while(|n| guess(&format!("198.51.100.{n}"), false).is_ok()).count();
        assert_eq!(elsewhere, (SECOND_FACTOR_ANYWHERE.most - SECOND_FACTOR.most) as usize, "of any network");
        assert!(guess("192.0.2.9", true).is_ok(), "she signed in from there");
        assert!(rates.guess_password(Some(ann), "ann", network("192.0.2.1"), false).is_ok());
    }

    #[test]
    fn each_purpose_has_its_own_count() {
        let rates = Rates::new(Switch::On);
        let (ann, from) = (Email::parse("ann@example.com").expect("an address"), network("192.0.2.1"));
        let sent = (0..100).take_while(|_| rates.mail(&ann, from).is_ok()).count();
        assert_eq!(sent, MAIL.most as usize);
        assert!(rates.mail(&ann, network("192.0.2.2")).is_ok(), "another network asks for its own");
        let codes = (0..100).take_while(|_| rates.guess_code(&ann, from).is_ok()).count();
        assert_eq!(codes, PASSWORD.most as usize);
        assert!(rates.guess_password(None, "ann@example.com", from, false).is_ok());
    }

    #[test]
    fn what_strangers_make_up_takes_no_more_room_than_there_is() {
        let rates = Rates::new(Switch::On);
        let victim = "x".repeat(1_000_000);
        let elsewhere = network("192.0.2.9");
        for n in 0..PASSWORD_ANYWHERE.most {
            assert!(rates.guess_password(None, &victim, network(&format!("192.0.2.{}", n + 10)), false).is_ok());
        }
        for n in 0..u32::try_from(MOST_KEYS).expect("a few") {
            let stranger = Network::of(std::net::Ipv4Addr::from_bits(n).into());
            let _ = rates.guess_password(None, &format!("somebody{n}"), stranger, false);
        }
        assert!(rates.guesses.lock().len() <= MOST_KEYS);
        // One more is allowed every few seconds, and all of this may take some.
        let passed = (0..PASSWORD_ANYWHERE.most)
            .take_while(|_| rates.guess_password(None, &victim, elsewhere, false).is_ok())
            .count();
        assert!(passed < PASSWORD.most as usize / 2, "what is guessed at most is not forgotten: {passed}");
    }
}
