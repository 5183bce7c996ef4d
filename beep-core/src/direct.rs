//! The direct conversation of two users: which space and channel it is and which backend owns it follow from who the two are.
//!
//! Both backends work it out alike, so nothing is negotiated, there is one for each pair, and nobody else can take its
//! place: what is told of a direct conversation is held against this wherever it comes from.

use sha2::{Digest, Sha256};

use crate::channel::Channel;
use crate::domain::Domain;
use crate::id::{ChannelKey, Id, Qualified, SpaceId, SpaceKey, UserKey};

/// Where the direct conversation of two users is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DirectKey {
    /// The space.
    pub space: SpaceKey,
    /// Its one channel, of the same id.
    pub channel: ChannelKey,
}

impl DirectKey {
    /// The conversation of two users, in either order; `None` for one user twice.
    pub fn of(one: &UserKey, other: &UserKey) -> Option<Self> {
        let (first, second) = match one.cmp(other) {
            std::cmp::Ordering::Less => (one, other),
            std::cmp::Ordering::Equal => return None,
            std::cmp::Ordering::Greater => (other, one),
        };
        let hash = |purpose: &str| digest(purpose, first, second);
        let owner = if hash("owner")[0] & 1 == 0 { first } else { second };
        let space = Qualified::new(id::<SpaceId>(hash("channel")), owner.home.clone());
        Some(Self { channel: Channel::only_of(&space), space })
    }

    /// Whether a space has such an id as direct conversations have, and nothing else.
    pub fn may_be(space: &SpaceKey) -> bool {
        space.id.uuid().get_version_num() == 8
    }

    /// The backend that owns it: the home of one of the two.
    pub fn home(&self) -> &Domain {
        &self.space.home
    }
}

/// SHA-256 over a label that says what it is for, and both users: the octets of the id, the length of the domain in octets
/// (big-endian, 16 bits), the domain.
fn digest(purpose: &str, first: &UserKey, second: &UserKey) -> [u8; 32] {
    let mut hash = Sha256::new();
    for label in [LABEL, purpose] {
        hash.update(label);
        hash.update([0]);
    }
    for user in [first, second] {
        let home = user.home.as_str();
        hash.update(user.id.uuid().as_bytes());
        // A domain has 253 octets at most.
        hash.update(u16::try_from(home.len()).unwrap_or(u16::MAX).to_be_bytes());
        hash.update(home);
    }
    hash.finalize().into()
}

/// A UUIDv8 (RFC 9562, 5.8) of the first 16 octets.
fn id<T: Id>(hash: [u8; 32]) -> T {
    let mut octets = [0; 16];
    octets.copy_from_slice(&hash[..16]);
    T::from_uuid(uuid::Builder::from_custom_bytes(octets).into_uuid())
}

const LABEL: &str = "beep direct conversation 1";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UserId;
    use crate::time::Timestamp;

    fn user(number: u8, home: &str) -> UserKey {
        let id = UserId::generate(Timestamp::from_millis(1_700_000_000_000), [number; 10]);
        UserKey::new(id, Domain::parse(home).expect("a domain"))
    }

    #[test]
    fn it_is_the_same_for_both_and_for_nobody_else() {
        let [alice, bob, carol] = [user(1, "a.example.com"), user(2, "b.example.com"), user(3, "a.example.com")];
        let theirs = DirectKey::of(&alice, &bob).expect("two");
        assert_eq!(DirectKey::of(&bob, &alice), Some(theirs.clone()));
        assert_eq!(DirectKey::of(&alice, &alice), None);
        // The same ids at another home are other people.
        let namesake = UserKey::new(bob.id, carol.home.clone());
        for (one, other) in [(&alice, &carol), (&carol, &bob), (&alice, &namesake)] {
            let others = DirectKey::of(one, other).expect("two");
            assert_ne!((others.space.id, others.channel.id), (theirs.space.id, theirs.channel.id));
        }
        assert_eq!(theirs.space.id.uuid(), theirs.channel.id.uuid());
    }

    #[test]
    fn ids_are_uuids_of_version_8_that_never_change() {
        let key = DirectKey::of(&user(1, "a.example.com"), &user(2, "b.example.com")).expect("two");
        let uuid = key.channel.id.uuid();
        assert_eq!((uuid.get_version_num(), uuid.get_variant()), (8, uuid::Variant::RFC4122));
        assert!(DirectKey::may_be(&key.space));
        assert_eq!(key.channel.to_string(), FROZEN);
    }

    #[test]
    fn either_home_owns_about_half() {
        let owned = (0..100u8).filter(|number| {
            let (one, other) = (user(*number, "a.example.com"), user(100 + number, "b.example.com"));
            let home = DirectKey::of(&one, &other).expect("two").home().clone();
            assert!(home == one.home || home == other.home);
            home == one.home
        });
        assert!((30..=70).contains(&owned.count()));
    }

    /// Other implementations must come to this as well.
    const FROZEN: &str = "433996df-52f1-897b-b0c7-bbd14bf83a6d@b.example.com";
}
