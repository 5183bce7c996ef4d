//! The client API as a stranger sees it: a real process, plain HTTP and WebSockets, and the contract's words.

mod accounts;
mod admin;
mod authority;
mod bad_input;
mod bans;
mod faults;
mod frames;
mod friends;
mod gateway;
mod hidden;
mod invariant;
mod invitations;
mod members;
mod messages;
mod openapi;
mod overrides;
mod permissions;
mod pins;
mod process;
mod recording;
mod roles;
mod same_answers;
mod schema;
mod script;
mod tokens;
mod world;
