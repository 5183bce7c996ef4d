//! The gateway's stream over plain HTTP.

use super::operation;
use crate::gateway::Event;
use crate::page::Page;

operation! {
    /// Gives the events after a cursor, in order, and in `next` the cursor to continue from.
    ///
    /// Without a cursor it gives no events, only the cursor of the present moment. A cursor older than the retained
    /// events, or from before very many changes of roles, channels and members, answers `resync_required`. To begin at a
    /// cursor counts as a write does; to go on where the last page ended counts as a read.
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
