//! The objects of a chat app over one [`Client`]: timelines, the send queue, drafts, people, members and friends, and which
//! backends answer.
//!
//! A [`Chat`] keeps them up as the gateway tells, asks the backend for what is missing, and stores everything, so that
//! the app opens at once without a connection and goes on where it stopped.
//!
//! ```no_run
//! use beep_client::observe::Diff;
//! use beep_client::storage::MemoryStorage;
//! use beep_client::{ChannelId, Chat, Client, Full};
//! use futures_util::StreamExt;
//!
//! # async fn example(client: Client, channel: Full<ChannelId>) -> Result<(), beep_client::Error> {
//! let chat = Chat::new(client, MemoryStorage::default())?;
//! tokio::spawn(chat.run());
//!
//! let timeline = chat.timeline(&channel);
//! timeline.send("hello").expect("there is room in the queue");
//! let (mut rows, mut changes) = (Vec::new(), timeline.changes());
//! while let Some(steps) = changes.next().await {
//!     for step in steps {
//!         step.apply(&mut rows);
//!     }
//!     println!("{} rows", rows.len());
//! }
//! # Ok(())
//! # }
//! ```

mod company;
#[cfg(test)]
mod convergence;
mod driver;
mod friends;
mod handles;
mod listener;
mod lists;
mod machine;
mod people;
mod reading;
mod saving;
mod shared;

use std::fmt;
use std::sync::Arc;

use beep_core::id::{ChannelId, SpaceId, UserId};
use beep_proto::id::Full;
use beep_proto::view::SelfUser;

pub use self::company::{Company, Watched};
pub use self::friends::{Acting, Friends};
pub use self::handles::{Drafts, Pins, Reachability, SendQueue, Timeline};
pub use self::listener::Listener;
pub use self::lists::Lists;
use self::machine::Machine;
pub use self::people::{Members, People};
use self::shared::Shared;
use crate::cache::Cache;
use crate::client::Client;
use crate::error::Error;
use crate::gateway::GatewayEvent;
use crate::permissions::{Action, Denied};
use crate::storage::{Storage, StorageError};
use crate::transport::{MaybeSend, MaybeSync};

/// The objects of a chat app. Cheap to clone; all clones are one chat.
#[derive(Clone)]
pub struct Chat(Arc<Shared>);

impl Chat {
    /// Makes the chat of who is signed in. Nothing happens before [`Self::run`]. Each account has its own part of the
    /// storage.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`].
    pub fn new(client: Client, storage: impl Storage) -> Result<Self, Error> {
        let me = client.user().ok_or(Error::NotSignedIn)?;
        Ok(Self(Arc::new(Shared::new(client, Arc::new(storage), Machine::new(me.id)))))
    }

    /// Does the work: loads what was stored, follows the gateway, sends and stores. The program spawns it, for example
    /// with `tokio::spawn`, and everything else works while it runs. It runs once, until [`Self::stop`] or the end of the
    /// session.
    ///
    /// # Errors
    /// The error that ended the session: sign in again and make a new chat. What was not sent is kept.
    pub fn run(&self) -> impl Future<Output = Result<(), Error>> + use<> {
        driver::run(self.0.clone())
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// The messages of a channel.
    pub fn timeline(&self, channel: &Full<ChannelId>) -> Timeline {
        Timeline::new(self.0.clone(), channel.clone())
    }

    /// The pinned messages of a channel.
    pub fn pins(&self, channel: &Full<ChannelId>) -> Pins {
        Pins::new(self.0.clone(), channel.clone())
    }

    /// The members of a server: a list of its own for each call.
    pub fn members(&self, server: &Full<SpaceId>) -> Members {
        Members::new(self.0.clone(), server.clone())
    }

    /// The names, avatars and colours of people.
    pub fn people(&self) -> People {
        People(self.0.clone())
    }

    /// Who is there.
    pub fn company(&self) -> Company {
        Company(self.0.clone())
    }

    /// The friends of the caller, the open requests, and whom they have blocked.
    pub fn friends(&self) -> Friends {
        Friends(self.0.clone())
    }

    /// The messages that are on their way.
    pub fn send_queue(&self) -> SendQueue {
        SendQueue(self.0.clone())
    }

    /// The texts that were begun.
    pub fn drafts(&self) -> Drafts {
        Drafts(self.0.clone())
    }

    /// Which backends answer.
    pub fn reachability(&self) -> Reachability {
        Reachability(self.0.clone())
    }

    /// The lists of servers and channels, with what is unread.
    pub fn lists(&self) -> Lists {
        Lists(self.0.clone())
    }

    /// Why the caller may not do something now; `None` if they may. Nobody may anything before the first snapshot.
    pub fn denied(&self, action: &Action) -> Option<Denied> {
        self.0.lock().machine.denied(action, self.0.client.now())
    }

    /// Has a function hear everything that happens on the gateway, in order, once the objects took it; until the listener
    /// is dropped. It has to be quick: nothing else happens meanwhile.
    pub fn listen(&self, heard: impl Fn(&GatewayEvent) + MaybeSend + MaybeSync + 'static) -> Listener {
        Listener::new(&self.0, heard)
    }

    /// Looks at the servers and channels that the caller sees, as of the last event; `None` before the first snapshot.
    /// Nothing else happens meanwhile.
    pub fn with_cache<R>(&self, look: impl FnOnce(&Cache) -> R) -> Option<R> {
        self.0.lock().machine.cache().map(look)
    }

    /// Takes the account as the answer to a change of it gave it: no event holds its private fields.
    pub fn set_me(&self, me: SelfUser) {
        self.0.wish(|machine, now| machine.set_me(me, now));
    }

    /// Ends [`Self::run`]: what is not stored yet is stored by a last attempt.
    pub fn stop(&self) {
        self.0.wish(|machine, _| machine.stop());
    }

    /// Whether both are one chat.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Tells that the network is back or the program was woken: whatever waits for it is tried at once. An app calls it
    /// when the system says so and when the user asks for it.
    pub fn network_is_back(&self) {
        self.0.client.network_is_back();
        self.0.wish(|machine, _| machine.hurry(None));
    }

    /// Stores what is not stored yet, and waits for it. [`Self::run`] has to run meanwhile.
    ///
    /// # Errors
    /// That of the storage. It is tried again later.
    pub async fn saved(&self) -> Result<(), StorageError> {
        loop {
            let saves = self.0.saves.count();
            let (is_done, failure) = self.0.wish(|machine, _| {
                machine.saving.hurry();
                (machine.saving.is_done(), machine.saving.failure().cloned())
            });
            match failure {
                _ if is_done => return Ok(()),
                Some(failure) => return Err(failure),
                None => drop(self.0.saves.after(saves).await),
            }
        }
    }

    /// Removes everything that was stored of an account, also what it did not send. No chat of it may run.
    ///
    /// # Errors
    /// That of the storage.
    pub async fn erase(storage: &impl Storage, user: &Full<UserId>) -> Result<(), StorageError> {
        for key in storage.list(Machine::new(user.clone()).prefix()).await? {
            storage.remove(key).await?;
        }
        Ok(())
    }
}

impl fmt::Debug for Chat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chat").field("client", &self.0.client).finish_non_exhaustive()
    }
}
