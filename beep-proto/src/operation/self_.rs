//! The own account.

use super::operation;
use crate::text::Nullable;
use crate::view::SelfUser;

operation! {
    /// Gives the caller's account.
    Get "/self" => 200 SelfUser;
    Get {} + {}
}

operation! {
    /// Changes the caller's account; what is left out stays.
    Patch "/self" => 200 SelfUser, idempotent = by_key;
    Update {} + {
        /// The name in mentions; refused with `username_taken` when somebody has it.
        username: String,
        /// What to be shown as.
        #[serde(deserialize_with = "Nullable::field")]
        display_name: Nullable<String>,
        /// First name, private.
        #[serde(deserialize_with = "Nullable::field")]
        first_name: Nullable<String>,
        /// Last name, private.
        #[serde(deserialize_with = "Nullable::field")]
        last_name: Nullable<String>,
        /// The asset shown beside one's messages; refused with `unknown` by a backend that keeps no assets.
        #[serde(deserialize_with = "Nullable::field")]
        avatar: Nullable<String>,
        /// A few words about oneself.
        #[serde(deserialize_with = "Nullable::field")]
        bio: Nullable<String>,
    }
}
