//! Friends, open requests and blocks as an app holds them.

use std::fmt;
use std::sync::Arc;

use beep_core::id::{FriendRequestId, UserId};
use beep_proto::id::{Bare, Full};
use beep_proto::json;
use beep_proto::operation::{Spec, Specified, blocks, friend_requests, friends};
use beep_proto::time::Time;
use beep_proto::view::FriendRequest;
use serde_json::{Map, Value};

use super::shared::{Inner, Shared};
use crate::error::Error;
use crate::friend_list::{Effect, FriendList, FriendListStatus, FriendRow};
use crate::moment::Moment;
use crate::transport::BoxFuture;
use crate::watch::Changes;

/// The friends of the caller, the open requests, and whom they have blocked, from
/// [`Chat::friends`](crate::Chat::friends).
///
/// The incoming requests and who is blocked are read with each connection; the friends and the outgoing requests when they
/// are first looked at. The events keep them up. Blocks have no events: those of another device show after the next
/// connection.
///
/// What the caller does shows at once. If the backend refuses it, it is taken back, and the call gives the reason.
///
/// ```no_run
/// use beep_client::Chat;
/// use beep_client::friend_list::FriendList;
///
/// # async fn example(chat: Chat) -> Result<(), beep_client::Error> {
/// let friends = chat.friends();
/// for row in friends.rows(FriendList::Incoming) {
///     if let Some(request) = row.request {
///         friends.accept(request).await?;
///     }
/// }
/// let asked = friends.ask("bob@b.example.com").await?;
/// assert_eq!(asked.list, FriendList::Outgoing);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Friends(pub(super) Arc<Shared>);

impl Friends {
    /// The rows of a list, newest first.
    pub fn rows(&self, list: FriendList) -> Vec<Arc<FriendRow>> {
        self.want(list);
        self.0.lock().machine.friends.rows(list).rows().to_vec()
    }

    /// The changes of a list.
    pub fn changes(&self, list: FriendList) -> Changes<Arc<FriendRow>> {
        self.want(list);
        let Inner { machine, watchers, .. } = &mut *self.0.lock();
        watchers.friends[list as usize].watch(machine.friends.rows(list))
    }

    /// How far a list is read. When that changes, [`Self::changes`] gives all rows once more.
    pub fn status(&self, list: FriendList) -> FriendListStatus {
        self.0.lock().machine.friends.status(list)
    }

    /// How somebody stands to the caller: their row among the blocked, or in the one of the other lists that they are in.
    pub fn relation(&self, user: &Full<UserId>) -> Option<Arc<FriendRow>> {
        self.want(FriendList::Friends);
        self.want(FriendList::Outgoing);
        self.0.lock().machine.friends.relation(user)
    }

    /// Whether the caller has blocked somebody, whose messages a view then hides.
    pub fn is_blocked(&self, user: &Full<UserId>) -> bool {
        self.0.lock().machine.friends.is_blocked(user)
    }

    /// Asks somebody to be friends, by handle: `name`, or `name@b.example.com` for a user of another backend. Gives the
    /// row: among the friends, if they had asked the caller.
    ///
    /// # Errors
    /// `not_found` if nobody has the handle, `already_friends`, `conflict` if the caller has blocked them or either has
    /// too many friends or open requests, and as [`Client::call`](crate::Client::call).
    pub async fn ask(&self, handle: impl Into<String>) -> Result<Arc<FriendRow>, Error> {
        let spec = &friend_requests::Create::SPEC;
        let (pending, answer) = self.act(spec, "username", handle.into(), None);
        let request: FriendRequest = json::read(&answer.await?).map_err(|error| unreadable(spec.name, &error))?;
        Ok(self.0.wish(|machine, now| {
            let row = machine.friends.requested(&request);
            // They had asked, and both are friends by that.
            let is_friend = row.list == FriendList::Incoming;
            let row = Arc::new(if is_friend { befriended(&row, now) } else { row });
            machine.friends.ended(pending.number, Ok(Some(Effect::Enter(row.clone()))));
            row
        }))
    }

    /// Accepts a request to the caller.
    ///
    /// # Errors
    /// `not_found` if it is not open, `conflict` if either has too many friends, and as
    /// [`Client::call`](crate::Client::call).
    pub fn accept(&self, request: Bare<FriendRequestId>) -> Acting {
        let row = self.0.lock().machine.friends.request(FriendList::Incoming, request);
        let effect = row.map(|row| Effect::Enter(Arc::new(befriended(&row, self.0.now()))));
        self.act_on(&friend_requests::Accept::SPEC, "request", request.to_string(), effect)
    }

    /// Declines a request to the caller.
    ///
    /// # Errors
    /// `not_found` if it is not open, and as [`Client::call`](crate::Client::call).
    pub fn decline(&self, request: Bare<FriendRequestId>) -> Acting {
        let row = self.0.lock().machine.friends.request(FriendList::Incoming, request);
        let effect = row.map(|row| Effect::Leave(row.user.clone()));
        self.act_on(&friend_requests::Decline::SPEC, "request", request.to_string(), effect)
    }

    /// Withdraws a request of the caller.
    ///
    /// # Errors
    /// `not_found` if it is not open, and as [`Client::call`](crate::Client::call).
    pub fn cancel(&self, request: Bare<FriendRequestId>) -> Acting {
        let row = self.0.lock().machine.friends.request(FriendList::Outgoing, request);
        let effect = row.map(|row| Effect::Leave(row.user.clone()));
        self.act_on(&friend_requests::Cancel::SPEC, "request", request.to_string(), effect)
    }

    /// Ends a friendship.
    ///
    /// # Errors
    /// `not_found` if they are no friends, and as [`Client::call`](crate::Client::call).
    pub fn remove(&self, user: &Full<UserId>) -> Acting {
        self.act_on(&friends::Remove::SPEC, "user", user.to_string(), Some(Effect::Leave(user.clone())))
    }

    /// Blocks somebody: a friendship ends, and open requests go. They cannot tell.
    ///
    /// # Errors
    /// `not_found` if there is no such user, `conflict` for too many blocks, and as
    /// [`Client::call`](crate::Client::call).
    pub fn block(&self, user: &Full<UserId>) -> Acting {
        let profile = self.relation(user).and_then(|row| row.profile.clone());
        let (list, since) = (FriendList::Blocked, Time(self.0.now().at));
        let row = FriendRow { list, user: user.clone(), profile, request: None, since };
        self.act_on(&blocks::Put::SPEC, "user", user.to_string(), Some(Effect::Enter(Arc::new(row))))
    }

    /// Ends a block. What went with it does not come back.
    ///
    /// # Errors
    /// `not_found` if they are not blocked, and as [`Client::call`](crate::Client::call).
    pub fn unblock(&self, user: &Full<UserId>) -> Acting {
        self.act_on(&blocks::Delete::SPEC, "user", user.to_string(), Some(Effect::Unblock(user.clone())))
    }

    /// Shows at once what an operation with one member does, and carries it out. Without the type of the operation, so
    /// that the future is compiled once.
    fn act_on(&self, spec: &Spec, member: &str, value: String, effect: Option<Effect>) -> Acting {
        let (pending, answer) = self.act(spec, member, value, effect);
        Box::pin(async move {
            answer.await?;
            pending.shared.wish(|machine, _| machine.friends.ended(pending.number, Ok(None)));
            Ok(())
        })
    }

    fn act(
        &self,
        spec: &Spec,
        member: &str,
        value: String,
        effect: Option<Effect>,
    ) -> (Pending, BoxFuture<Result<String, Error>>) {
        let mut members = Map::new();
        members.insert(member.to_owned(), Value::String(value));
        let answer = Box::pin(self.0.client.call_untyped(spec, members));
        let number = self.0.wish(|machine, _| machine.friends.begin(effect));
        (Pending { shared: self.0.clone(), number }, answer)
    }

    fn want(&self, list: FriendList) {
        let is_new = self.0.lock().machine.friends.want(list);
        if is_new {
            self.0.wishes.ring();
        }
    }
}

/// What somebody does: it shows from the call on, and waits for the backend.
pub type Acting = BoxFuture<Result<(), Error>>;

/// Something that the caller does, and that is taken back if it does not succeed or nobody waits for it.
struct Pending {
    shared: Arc<Shared>,
    number: u64,
}

impl Drop for Pending {
    fn drop(&mut self) {
        // Nothing is left to take back after a success.
        self.shared.wish(|machine, _| machine.friends.ended(self.number, Err(())));
    }
}

/// The row of a friend, from that of a request.
fn befriended(row: &FriendRow, now: Moment) -> FriendRow {
    FriendRow { list: FriendList::Friends, request: None, since: Time(now.at), ..row.clone() }
}

/// Says that an answer is none to what was asked.
pub(super) fn unreadable(operation: &'static str, error: &serde_json::Error) -> Error {
    Error::Decode { operation, status: 200, detail: error.to_string(), request_id: None }
}

impl fmt::Debug for Friends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Friends")
    }
}
