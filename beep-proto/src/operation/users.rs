//! Other people.

use beep_core::id::UserId;

use super::operation;
use crate::id::Ref;
use crate::view::User;

operation! {
    /// Gives a user.
    "users.get", Get "/users/{user}" => 200 User, Member, Read;
    Get {
        /// Which user.
        user: Ref<UserId>,
    } + {}
}

operation! {
    /// Gives the user with exactly this handle: `name`, or `name@a.example.com` from elsewhere.
    "users.by_handle", Get "/users" => 200 User, Member, Read;
    ByHandle {
        /// The handle.
        handle: String,
    } + {}
}
