//! The gateway's stream over plain HTTP.

use super::operation;
use crate::gateway::Event;
use crate::page::Page;

operation! {
    /// Gives what happened after a cursor, in order, and in `next` the cursor to go on from.
    ///
    /// Without a cursor it gives no events, and where the log ends now. A cursor older than what is kept answers
    /// `resync_required`.
    Get "/events" => 200 Page<Event>;
    List {} + {
        /// Where the caller stands.
        cursor: String,
        /// Events in this part, 1 to 100; 50 if left out.
        limit: u32,
        /// Seconds to wait for the first event, at most 30; none if left out.
        wait: u32,
    }
}
