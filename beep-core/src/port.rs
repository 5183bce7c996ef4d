//! The ports of the core: storage, time, randomness, password hashing, mail and other backends.
//!
//! A backend is built from these. Implementations are in `beep-store` and `beep-server`, or in the program that embeds
//! Beep.

mod accounts;
mod audit;
mod change;
mod codec;
mod events;
mod federation;
mod invitations;
mod keys;
mod live;
mod mailer;
mod messages;
mod moderation;
mod passwords;
mod peers;
mod people;
mod reads;
mod second_factors;
mod sessions;
mod spaces;
mod store;
mod world;

pub use accounts::{AccountGuard, Accounts, GlobalRoleGrant, RemovalWrite};
pub use audit::{AuditLogs, AuditWrite};
pub use change::{
    AnswerWrite, Answered, AnsweredBody, Change, CommitError, Committed, Guard, IdempotencyKey, NewEvent, Unique, Write,
};
pub use codec::{CodecError, Decoded, EventCodec, StoredMessages};
pub use events::{Events, HeldSpace, LogState, MOST_PRIVATE_SPACES, Snapshot, Which};
pub use federation::{
    DeadLetter, DeadLetters, Federation, JoinIntent, Outbound, PendingLeave, Place, RemoteProfile, StreamGuard,
    StreamMark, StreamWrite,
};
pub use invitations::{InvitationGuard, InvitationWrite, Invitations};
pub use keys::{Keys, SecretKey, SecretPurpose};
pub use live::{Live, NoLive};
pub use mailer::{Mail, Mailer};
pub use messages::{MessageGuard, MessagePage, MessageWrite, Messages, ReactionChange, ReactionNumber};
pub use moderation::Moderation;
pub use passwords::{HashError, Passwords};
pub use peers::{NoPeers, PeerError, Peers, RemoteAnswer, RemoteOperation, RemoteOutcome, SharedServers, Taken, When};
pub use people::People;
pub use reads::{ReadWrite, Reads};
pub use second_factors::SecondFactors;
pub use sessions::{SessionGuard, Sessions};
pub use spaces::{SpaceGuard, SpaceWrite, Spaces};
pub use store::{Store, StoreError};
pub use world::{Clock, Entropy, Publish, new_id};
