//! Proptest strategies for the values of this crate, for whoever tests against its rules.
//!
//! The sets are skewed towards what rules trip over: roles at one position, one UUID at two homes, overrides
//! that allow and deny at once, mutes that end now. [`community`] gives a whole server with its members,
//! [`history`] one with events that could have happened to it.

mod community;
mod history;

pub use community::{Community, channel, community, facts, member, role};
pub use history::{event, history};

use proptest::collection::vec;
use proptest::prelude::*;

use crate::domain::Domain;
use crate::id::{Id, RoleId, UserId, UserKey};
use crate::permission::{Override, Overrides, Permissions, Target};
use crate::time::Timestamp;

/// The time that every strategy here keeps close to, so that mutes have ended, end now, or are in force.
pub const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A moment at most two milliseconds from [`NOW`], either way.
pub fn moment() -> impl Strategy<Value = Timestamp> {
    (-2i64..=2).prop_map(|by| Timestamp::from_millis(NOW.millis() + by))
}

/// The id that is the `n`th in its order.
pub fn nth<T: Id>(n: u64) -> T {
    T::generate(Timestamp::from_millis(i64::try_from(n).unwrap_or(i64::MAX)), [0; 10])
}

/// The domain of the `n`th backend, `n` below 26.
pub fn nth_domain(n: u8) -> Domain {
    let letter = char::from(b'a' + n % 26);
    Domain::parse(&format!("{letter}.example.com")).expect("two plain labels before a top one")
}

/// The `n`th user: those of an even number and the one after share a UUID at two homes.
pub fn nth_user(n: u64) -> UserKey {
    UserKey::new(nth::<UserId>(n / 2), nth_domain(u8::from(n % 2 == 1)))
}

/// Any set of permissions; one in ten has `administrator`, which leaves little else to decide.
pub fn permissions() -> impl Strategy<Value = Permissions> {
    const ADMINISTRATOR: u64 = Permissions::ADMINISTRATOR.bits();
    let of = |bits: fn((u64, u64)) -> u64| any::<(u64, u64)>().prop_map(bits).prop_map(Permissions::from_bits_truncate);
    prop_oneof![
        3 => of(|(a, _)| a & !ADMINISTRATOR),
        3 => of(|(a, b)| a & b & !ADMINISTRATOR),
        3 => of(|(a, b)| (a | b) & !ADMINISTRATOR),
        1 => of(|(a, _)| a | ADMINISTRATOR),
    ]
}

/// One of the thirteen permissions.
pub fn one_permission() -> impl Strategy<Value = Permissions> {
    proptest::sample::select(Permissions::all().iter().collect::<Vec<_>>())
}

/// What an override says; allow and deny may speak of the same permission.
pub fn statement() -> impl Strategy<Value = Override> {
    let few = || (permissions(), permissions()).prop_map(|(a, b)| a & b);
    (few(), few()).prop_map(|(allow, deny)| Override { allow, deny })
}

/// The overrides of a channel for some of these roles and users.
pub fn overrides(roles: &[RoleId], users: &[UserKey]) -> impl Strategy<Value = Overrides> + use<> {
    let roles = roles.iter().map(|role| Target::Role(*role));
    let targets: Vec<Target> = roles.chain(users.iter().cloned().map(Target::Member)).collect();
    let said = targets.into_iter().map(|target| (Just(target), proptest::option::of(statement())));
    said.collect::<Vec<_>>().prop_map(|said| {
        let mut overrides = Overrides::default();
        for (target, to) in &said {
            overrides.set(target, *to);
        }
        overrides
    })
}

/// Some of these, in their order.
fn some_of<T: Clone + std::fmt::Debug>(of: Vec<T>) -> impl Strategy<Value = Vec<T>> {
    vec(any::<bool>(), of.len()).prop_map(move |chosen| {
        of.iter().zip(chosen).filter(|(_, chosen)| *chosen).map(|(one, _)| one.clone()).collect()
    })
}
