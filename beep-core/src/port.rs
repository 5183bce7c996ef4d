//! What the core needs the world for: storage, time, randomness, password hashing and mail.
//!
//! A backend is made of these. Implementations live in `beep-store` and `beep-server`, or in the program
//! that embeds Beep.

mod change;
mod codec;
mod federation;
mod mailer;
mod passwords;
mod peers;
mod store;
mod world;

pub use change::{
    Answered, Change, CommitError, Committed, Guard, IdempotencyKey, NewEvent, StreamMark, Unique, Write,
};
pub use codec::{CodecError, Decoded, EventCodec, StoredMessages};
pub use federation::{DeadLetter, DeadLetters, Federation, Outbound, PendingLeave, Place};
pub use mailer::{Mail, Mailer};
pub use passwords::{HashError, Passwords};
pub use peers::{NoPeers, PeerError, Peers, RemoteAnswer, RemoteOperation, RemoteOutcome, SharedServers, When};
pub use store::{
    Accounts, Events, HeldSpace, Invitations, Keys, LogState, MOST_PRIVATE_SPACES, MessagePage, Messages, SecretKey,
    SecretPurpose, Sessions, Snapshot, Spaces, Store, StoreError, Which,
};
pub use world::{Clock, Entropy, Publish, new_id};
