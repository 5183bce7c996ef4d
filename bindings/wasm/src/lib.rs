//! The SDK in a browser: `beep-client` over fetch and WebSocket, as WebAssembly.
//!
//! Holds no rules of its own. What crosses to JavaScript is JSON text, which the browser parses faster than
//! anything could build its objects from here; the classes that people use are made of it in `npm/src`. Empty for
//! every other target, so that the workspace builds as a whole.

#![cfg(target_arch = "wasm32")]

mod abort;
mod breathing;
mod chat;
mod client;
mod engine;
mod events;
mod failure;
mod known;
mod promise;
mod socket;
mod storage;
mod text;
mod transport;
mod watch;
