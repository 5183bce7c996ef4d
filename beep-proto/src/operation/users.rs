//! Other people.

use beep_core::id::UserId;

use super::operation;
use crate::id::Ref;
use crate::page::Page;
use crate::view::User;

operation! {
    /// Gives a user.
    Get "/users/{user}" => 200 User;
    Get {
        /// Which user.
        user: Ref<UserId>,
    } + {}
}

operation! {
    /// Gives the user with exactly this handle: `name`, or `name@a.example.com` from elsewhere.
    Get "/users" => 200 User;
    ByHandle {
        /// The handle.
        handle: String,
    } + {}
}

operation! {
    /// Finds users of one backend by how username or display name start.
    Get "/search/users" => 200 Page<User>;
    Search {
        /// How username or display name start, whatever the case; not empty.
        q: String,
    } + {
        /// The backend to look on; the caller's own if left out.
        #[sample = "b.example.com"]
        domain: String,
        /// Users in this part, 1 to 100; 50 if left out.
        limit: u32,
        /// Where the part before ended.
        cursor: String,
    }
}
