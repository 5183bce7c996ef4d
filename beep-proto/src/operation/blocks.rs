//! Users whom the caller has blocked.

use beep_core::id::UserId;

use super::operation;
use crate::id::Ref;
use crate::page::Page;
use crate::view::Friend;

operation! {
    /// Lists whom the caller has blocked.
    Get "/blocks" => 200 Page<Friend>;
    List {} + {
        /// Users in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
}

operation! {
    /// Blocks a user. A friendship ends, and what is open between the two goes; they cannot tell, and reach the caller no
    /// more.
    Put "/blocks/{user}" => 204 (), idempotent = by_key;
    Put {
        /// Who.
        user: Ref<UserId>,
    } + {}
}

operation! {
    /// Ends a block. What went with it does not come back.
    Delete "/blocks/{user}" => 204 (), idempotent = by_key;
    Delete {
        /// Who.
        user: Ref<UserId>,
    } + {}
}
