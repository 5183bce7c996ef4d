//! The client API as a stranger sees it: a real process, plain HTTP and WebSockets, and the contract's words.

mod accounts;
mod hidden;
mod world;
