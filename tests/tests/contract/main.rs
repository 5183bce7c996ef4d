//! The client API as a stranger sees it: a real process, plain HTTP and WebSockets, and the contract's words.

mod accounts;
mod bad_input;
mod frames;
mod hidden;
mod invitations;
mod overrides;
mod permissions;
mod roles;
mod schema;
mod tokens;
mod world;
