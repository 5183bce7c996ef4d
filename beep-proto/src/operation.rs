//! What a client can ask: one struct for each operation, with everything that is to be known about it.
//!
//! The struct holds path, query and body members together; where each travels follows from the method and the
//! path. So one value serves the SDK that sends it, the router that reads it, the document that describes it and
//! the backend that it is forwarded to.
//! What is true of it (who owns what it acts on, what makes it safe to repeat, …) stands beside its struct and is its
//! [`Spec`]: nothing else decides by an operation's name.

use serde::Serialize;
use serde::de::DeserializeOwned;

pub mod accounts;
pub mod admin;
pub mod audit_log;
pub mod backend;
pub mod bans;
pub mod blocks;
pub mod channels;
pub mod conversations;
pub mod domain_bans;
pub mod events;
pub mod friend_requests;
pub mod friends;
pub mod gateway;
pub mod invitations;
pub mod members;
pub mod messages;
pub mod pins;
pub mod presence;
pub mod reactions;
pub mod reads;
pub mod reports;
pub mod roles;
pub mod second_factor;
pub mod self_;
pub mod servers;
pub mod sessions;
pub mod users;

pub use crate::argument::Argument;
pub(crate) use crate::declare::{operation, raw_operation};
use crate::foreign::Foreign;
pub use crate::spec::{Access, Body, Effect, Field, Idempotent, Method, Owner, Rate, Spec, masked_path};

/// One thing that a client can ask, and is answered with a value.
pub trait Operation: Specified {
    /// What the answer holds; `()` where it is empty.
    type Answer: Serialize + DeserializeOwned + Foreign + Described + Send + 'static;
}

/// An operation whose request or answer is no JSON: a stream, a form, a redirect, another protocol.
///
/// Its fields travel in path and query; the bodies, as [`Spec::takes`] and [`Spec::gives`] say, are between who asks
/// and who answers.
pub trait RawOperation: Specified {}

/// What is true of an operation, raw or not.
pub trait Specified: Listed + Arguments {
    /// What is true of it.
    const SPEC: Spec;
    /// What it does: the first paragraph is a summary.
    const DOC: &'static str;
}

/// What the table lists. Only the table implements it, so that an operation that is not in it does not compile.
pub trait Listed {
    /// `<area>.<verb>`
    const NAME: &'static str;
}

/// The fields of an operation: those of path, query and body together.
pub trait Arguments:
    Serialize + DeserializeOwned + Described + Clone + PartialEq + std::fmt::Debug + Send + Sync + 'static
{
    /// The fields, in their order.
    const FIELDS: &'static [Field];

    /// With no more than what is required, and with every field.
    fn samples() -> [Self; 2];
}

crate::__table! { __names }

macro_rules! specs {
    ($($area:ident { $($method:ident: $operation:ident),* $(,)? })*) => {
        &[$($(<$area::$operation as Specified>::SPEC,)*)*]
    };
}

/// Every operation but the raw ones, in the order of the table.
pub const OPERATIONS: &[Spec] = crate::for_each_operation!(specs);

/// Every raw operation, in the order of the table.
pub const RAW_OPERATIONS: &[Spec] = crate::for_each_raw_operation!(specs);

/// What describes itself by a JSON Schema where the feature `schema` is on; everything where it is off.
#[cfg(feature = "schema")]
pub trait Described: schemars::JsonSchema {}
#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> Described for T {}

/// What describes itself by a JSON Schema where the feature `schema` is on; everything where it is off.
#[cfg(not(feature = "schema"))]
pub trait Described {}
#[cfg(not(feature = "schema"))]
impl<T> Described for T {}
