//! Ids: one type per kind, and ids qualified by the backend that owns them.
//!
//! Ids are UUIDv7 (RFC 9562, 5.7), so they sort by creation. Making one needs a time and randomness, which are
//! arguments here and ports in [`crate::port`]. `beep-proto` has their text form.

use std::fmt;

use uuid::Uuid;

use crate::domain::Domain;

macro_rules! typed_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(Uuid);

        impl Id for $name {
            fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }
            fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+ };
}

/// What every id type has in common.
pub trait Id: Copy + Eq + Ord + std::hash::Hash + fmt::Display + fmt::Debug + Send + Sync + 'static {
    /// Makes the id from a UUID.
    fn from_uuid(uuid: Uuid) -> Self;
    /// The bare UUID.
    fn uuid(self) -> Uuid;
    /// Makes the id of something created at `at`; `random` fills the bits that are not time.
    fn generate(at: crate::time::Timestamp, random: [u8; 10]) -> Self {
        let millis = u64::try_from(at.millis()).unwrap_or(0);
        Self::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}

typed_id! {
    /// An app.
    AppId,
    /// An entry of the audit log of a server or of the backend.
    AuditEntryId,
    /// A channel, of a server or private.
    ChannelId,
    /// A friend request.
    FriendRequestId,
    /// An invitation to a server.
    InvitationId,
    /// A message in a channel.
    MessageId,
    /// What a user told moderators.
    ReportId,
    /// A role of a server.
    RoleId,
    /// A space: members, roles and channels with one owner; the API calls it a server.
    SpaceId,
    /// A signed-in device.
    SessionId,
    /// An account.
    UserId,
    /// A webhook of a server.
    WebhookId,
}

/// An id with the backend that owns the thing; on the wire `0193…@a.example.com`.
///
/// Both parts are compared: the same UUID at two homes is two things.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Qualified<T> {
    /// The id, unique at its home.
    pub id: T,
    /// The domain of the owner.
    pub home: Domain,
}

/// The qualified id of a user, of this backend or another.
pub type UserKey = Qualified<UserId>;

/// The whole name of an app, of this backend or of another.
pub type AppKey = Qualified<AppId>;

/// The whole name of a space.
pub type SpaceKey = Qualified<SpaceId>;

/// The qualified id of a channel; its home is the home of its space.
pub type ChannelKey = Qualified<ChannelId>;

/// The qualified id of an invitation; its home is the home of its space.
pub type InvitationKey = Qualified<InvitationId>;

impl<T> Qualified<T> {
    /// Joins an id and its home.
    pub fn new(id: T, home: Domain) -> Self {
        Self { id, home }
    }
}

impl<T: fmt::Display> fmt::Display for Qualified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.id, self.home)
    }
}

/// Gives the id after `last`, even if the clock went back: ids of a sequence always increase.
pub fn after<T: Id>(candidate: T, last: Option<T>) -> T {
    match last {
        Some(last) if candidate <= last => T::from_uuid(successor(last.uuid())),
        _ => candidate,
    }
}

/// The next UUIDv7: counts in the random bits and carries over the version and variant bits into the time.
fn successor(uuid: Uuid) -> Uuid {
    const LOW: u128 = (1 << 62) - 1; // rand_b, below the variant bits
    const MID: u128 = (1 << 12) - 1; // rand_a, below the version bits
    let value = uuid.as_u128();
    let (low, mid, millis) = (value & LOW, (value >> 64) & MID, value >> 80);
    let counter = ((millis << 74) | (mid << 62) | low) + 1;
    let (low, mid, millis) = (counter & LOW, (counter >> 62) & MID, counter >> 74);
    Uuid::from_u128((millis << 80) | (0x7 << 76) | (mid << 64) | (0b10 << 62) | low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn ids_of_one_sequence_never_go_back() {
        let first = MessageId::generate(Timestamp::from_millis(5_000), [0xff; 10]);
        let earlier = MessageId::generate(Timestamp::from_millis(4_000), [0; 10]);
        let next = after(earlier, Some(first));
        assert!(next > first);
        assert_eq!(next.uuid().get_version_num(), 7);
        assert_eq!(next.uuid().get_variant(), uuid::Variant::RFC4122);
    }

    proptest::proptest! {
        #[test]
        fn the_successor_is_greater_and_still_version_7(millis in 0i64..1 << 47, random: [u8; 10]) {
            let id = MessageId::generate(Timestamp::from_millis(millis), random);
            let next = after(id, Some(id));
            proptest::prop_assert!(next > id);
            proptest::prop_assert_eq!(next.uuid().get_version_num(), 7);
        }
    }
}
