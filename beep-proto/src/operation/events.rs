//! The gateway's stream over plain HTTP.

use super::operation;
use crate::gateway::Event;
use crate::page::Page;

operation! {
    /// Gives the events after a cursor, in order, and in `next` the cursor to continue from.
    ///
    /// Without a cursor it gives no events, only the cursor of the present moment. A cursor older than the retained
    /// events answers `resync_required`.
    Get "/events" => 200 Page<Event>;
    List {} + {
        /// The cursor of the last handled event.
        cursor: String,
        /// Events in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// Seconds to wait for the first event, at most 30; none if left out.
        wait: u32,
    }
}
