//! How the caller is seen.

use super::operation;
use crate::view::PresenceStatus;

operation! {
    /// Sets how the caller is seen while they are connected: by friends, and by members of the same servers. What is left
    /// out is taken away. Kept until it is set anew.
    Put "/self/presence" => 204 (), idempotent = by_nature;
    Put {
        /// How available they are; not `offline`. Who is `invisible` looks offline to others.
        status: PresenceStatus,
    } + {
        /// A few words beside it, at most 128 characters.
        text: String,
        /// An emoji beside it.
        #[sample = "🌴"]
        emoji: String,
    }
}
