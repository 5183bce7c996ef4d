//! Requests to be friends.

use beep_core::id::FriendRequestId;

use super::operation;
use crate::id::Bare;
use crate::page::Page;
use crate::view::{Friend, FriendRequest};

operation! {
    /// Asks somebody to be friends. If they have asked the caller, both are friends at once.
    Post "/friend-requests" => 201 FriendRequest, idempotent = by_key;
    Create {
        /// The handle: `name`, or `name@a.example.com` for a user of another backend.
        username: String,
    } + {}
}

/// Whose requests.
#[derive(Clone, Copy, Debug, serde::Deserialize, Eq, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Direction {
    /// Those to the caller.
    Incoming,
    /// Those of the caller.
    Outgoing,
}

operation! {
    /// Lists the open requests to the caller, or of the caller.
    Get "/friend-requests" => 200 Page<FriendRequest>;
    List {
        /// Which.
        direction: Direction,
    } + {
        /// Requests in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
}

operation! {
    /// Accepts a request: the two are friends.
    Post "/friend-requests/{request}/accept" => 200 Friend, idempotent = by_key;
    Accept {
        /// Which request.
        request: Bare<FriendRequestId>,
    } + {}
}

operation! {
    /// Declines a request.
    Post "/friend-requests/{request}/decline" => 204 (), idempotent = by_key;
    Decline {
        /// Which request.
        request: Bare<FriendRequestId>,
    } + {}
}

operation! {
    /// Withdraws a request of the caller.
    Delete "/friend-requests/{request}" => 204 (), idempotent = by_key;
    Cancel {
        /// Which request.
        request: Bare<FriendRequestId>,
    } + {}
}
