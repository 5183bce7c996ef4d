//! The friends of the caller.

use beep_core::id::UserId;

use super::operation;
use crate::id::Ref;
use crate::page::Page;
use crate::view::Friend;

operation! {
    /// Lists the friends of the caller.
    Get "/friends" => 200 Page<Friend>;
    List {} + {
        /// Friends in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
}

operation! {
    /// Ends a friendship.
    Delete "/friends/{user}" => 204 (), idempotent = by_key;
    Remove {
        /// Who.
        user: Ref<UserId>,
    } + {}
}
