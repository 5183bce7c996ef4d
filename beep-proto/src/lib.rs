//! How Beep is written on the wire.
//!
//! Every request a client can make is one struct that implements [`operation::Operation`]; the table of them,
//! [`for_each_operation!`], is what routes, documents and SDK methods are made from. [`view`] holds what
//! answers look like, [`problem`] what refusals look like, [`gateway`] the frames of the live connection.
//! Core types carry no serde: one conversion each way keeps the wire and the rules apart.

pub mod codec;
pub mod cursor;
pub mod gateway;
pub mod id;
#[cfg(feature = "schema")]
pub mod openapi;
pub mod operation;
pub mod page;
pub mod problem;
pub mod protobuf;
pub mod request;
mod table;
pub mod text;
pub mod time;
pub mod view;

#[doc(hidden)]
pub use {serde, serde_json};
