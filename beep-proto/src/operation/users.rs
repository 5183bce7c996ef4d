//! Other users.

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
    /// Gives the user with exactly this handle: `name`, or `name@a.example.com` for a user of another backend.
    Get "/users" => 200 User;
    ByHandle {
        /// The handle.
        handle: String,
    } + {}
}

operation! {
    /// Finds users of one backend by the beginning of username or display name.
    Get "/search/users" => 200 Page<User>;
    Search {
        /// The beginning of username or display name, without regard to case; not empty.
        q: String,
    } + {
        /// The backend to search; the caller's own if left out.
        #[sample = "b.example.com"]
        domain: String,
        /// Users in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
}
