//! How Beep is written on the wire.
//!
//! Every request a client can make is one struct that implements [`operation::Operation`]; the table of them,
//! [`for_each_operation!`], and what is true of each, its [`operation::Spec`], is what routes, documents and SDK methods
//! are made from. [`view`] holds what answers look like, [`problem`] what refusals look like, [`gateway`] the frames of
//! the live connection, and [`protobuf`] the hot paths in protobuf. [`record`] is how a backend stores what happened.
//! Core types carry no serde: one conversion each way keeps the wire and the rules apart.
//!
//! An operation knows its method, path and answer, so writing one and reading it back is the same for all:
//!
//! ```
//! use beep_proto::operation::{Specified, messages::Send};
//! use beep_proto::problem::ErrorCode;
//! use beep_proto::{id::Ref, request};
//!
//! let channel: Ref<_> = "01932c07-209d-7cc9-a31d-5f3a1f1c0f6b@a.example.com".parse()?;
//! let send = Send::new(channel, "Hello!").nonce("n-1");
//!
//! // What a client sends:
//! let parts = request::write(&send)?;
//! assert_eq!(Send::SPEC.method.as_str(), "POST");
//! assert_eq!(parts.path, "/channels/01932c07-209d-7cc9-a31d-5f3a1f1c0f6b@a.example.com/messages");
//! let body = parts.body.expect("it has fields beside those of the path").to_string();
//!
//! // What a backend reads, once its router has taken the path apart:
//! let path = [("channel", "01932c07-209d-7cc9-a31d-5f3a1f1c0f6b@a.example.com")];
//! assert_eq!(request::read::<Send>(&path, &[], body.as_bytes()), Ok(send));
//!
//! // What does not fit is refused by the field's name:
//! let problem = request::read::<Send>(&path, &[], b"{}").expect_err("the content is missing");
//! assert_eq!(problem.code, ErrorCode::InvalidRequest);
//! assert_eq!((problem.errors[0].field.as_str(), problem.errors[0].code.as_str()), ("content", "missing"));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//! - `schema`: a JSON Schema of every type, and in `openapi` the document made from the table with a page that
//!   shows it. Off, the crate has no part of schemars.

mod argument;
pub mod cursor;
mod declare;
pub mod federation;
pub mod foreign;
pub mod gateway;
pub mod id;
pub mod json;
pub mod octets;
#[cfg(feature = "schema")]
pub mod openapi;
pub mod operation;
pub mod page;
pub mod problem;
pub mod protobuf;
pub mod record;
pub mod request;
mod spec;
mod table;
pub mod text;
pub mod time;
pub mod view;

#[doc(hidden)]
pub use {serde, serde_json};
