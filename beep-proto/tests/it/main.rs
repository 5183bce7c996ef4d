//! What must stay as it is on the wire, because somebody out there reads or keeps it.

mod codec;
mod fixture;
mod foreign;
mod gateway;
mod message;
#[cfg(feature = "schema")]
mod openapi;
mod operation;
mod problem;
mod protobuf;
mod request;
mod sample;
mod view;
