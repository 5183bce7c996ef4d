//! The live connection.

use super::raw_operation;

raw_operation! {
    /// Opens the live connection, a WebSocket.
    Get "/gateway" => 101 websocket, access = Public;
    Connect {} + {}
}
