//! The caller's account.

use super::operation;
use crate::text::Nullable;
use crate::view::{DirectFrom, SelfUser};

operation! {
    /// Gives the caller's account.
    Get "/self" => 200 SelfUser;
    Get {} + {}
}

operation! {
    /// Changes the caller's account; fields that are left out keep their value.
    Patch "/self" => 200 SelfUser, idempotent = by_key;
    Update {} + {
        /// The name in mentions; refused with `username_taken` if another user has it.
        username: String,
        /// The display name.
        #[serde(deserialize_with = "Nullable::field")]
        display_name: Nullable<String>,
        /// First name, private.
        #[serde(deserialize_with = "Nullable::field")]
        first_name: Nullable<String>,
        /// Last name, private.
        #[serde(deserialize_with = "Nullable::field")]
        last_name: Nullable<String>,
        /// The avatar, as an asset; refused with `unknown` by a backend without assets.
        #[serde(deserialize_with = "Nullable::field")]
        avatar: Nullable<String>,
        /// A few words about the user.
        #[serde(deserialize_with = "Nullable::field")]
        bio: Nullable<String>,
        /// Who may write to the caller directly, and add them to groups; friends always may.
        direct_from: DirectFrom,
    }
}
