//! What a client can ask: one struct for each operation, with everything that is to be known about it.
//!
//! The struct holds path, query and body members together; where each travels follows from the method and the
//! path. So one value serves the SDK that sends it, the router that reads it, the document that describes it and
//! the backend that it is forwarded to.

use std::any::TypeId;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub mod accounts;
pub mod admin;
pub mod backend;
pub mod bans;
pub mod channels;
pub mod events;
pub mod invitations;
pub mod members;
pub mod messages;
pub mod roles;
pub mod self_;
pub mod servers;
pub mod sessions;
pub mod users;

/// One thing that a client can ask.
pub trait Operation:
    Serialize + DeserializeOwned + Described + Clone + std::fmt::Debug + Send + Sync + 'static
{
    /// What the answer holds; `()` where it is empty.
    type Answer: Serialize + DeserializeOwned + Described + Send + 'static;

    /// `<area>.<verb>`, as it travels between backends.
    const NAME: &'static str;
    /// The HTTP method.
    const METHOD: Method;
    /// The path below `/v1`, with a field's name in braces where its value stands.
    const PATH: &'static str;
    /// The status of a success.
    const STATUS: u16;
    /// Who may ask.
    const ACCESS: Access;
    /// Which rate limit counts it.
    const RATE: Rate;
    /// What it does: the first paragraph is a summary.
    const DOC: &'static str;

    /// The member that names what it acts on, whose home answers it wherever it is asked; `None` for what is the asked
    /// backend's own matter.
    const OWNER: Option<&'static str> = owner(Self::NAME, Self::PATH);

    /// Whether a success has no body.
    const EMPTY: bool = matches!(Self::STATUS, 202 | 204);
}

/// The member that names the owner: the first in the path, or the domain to look on.
const fn owner(name: &str, path: &str) -> Option<&'static str> {
    const MEMBERS: [&str; 3] = ["server", "channel", "code"];
    const ELSEWHERE: [&str; 1] = ["servers.discover"];
    let mut at = 0;
    while at < MEMBERS.len() {
        if first_in_path(path.as_bytes(), MEMBERS[at].as_bytes()) {
            return Some(MEMBERS[at]);
        }
        at += 1;
    }
    at = 0;
    while at < ELSEWHERE.len() {
        if same(name.as_bytes(), 0, ELSEWHERE[at].as_bytes()) && name.len() == ELSEWHERE[at].len() {
            return Some("domain");
        }
        at += 1;
    }
    None
}

/// Whether the first name in braces is this one.
const fn first_in_path(path: &[u8], name: &[u8]) -> bool {
    let mut at = 0;
    while at < path.len() {
        if path[at] == b'{' {
            return same(path, at + 1, name) && path[at + 1 + name.len()] == b'}';
        }
        at += 1;
    }
    false
}

const fn same(text: &[u8], from: usize, part: &[u8]) -> bool {
    let mut at = 0;
    while at < part.len() {
        if from + at >= text.len() || text[from + at] != part[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// What is to be known of an operation to ask for it, without its types: for languages that have types of their own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Spec {
    /// [`Operation::NAME`]
    pub name: &'static str,
    /// [`Operation::METHOD`]
    pub method: Method,
    /// [`Operation::PATH`]
    pub path: &'static str,
    /// [`Operation::ACCESS`]
    pub access: Access,
    /// [`Operation::EMPTY`]
    pub empty: bool,
    answer: TypeId,
}

impl Spec {
    /// That of an operation.
    pub const fn of<O: Operation>() -> Self {
        Self {
            name: O::NAME,
            method: O::METHOD,
            path: O::PATH,
            access: O::ACCESS,
            empty: O::EMPTY,
            answer: TypeId::of::<O::Answer>(),
        }
    }

    /// Whether it answers with this type.
    pub fn answers<T: 'static>(&self) -> bool {
        self.answer == TypeId::of::<T>()
    }
}

/// The HTTP methods in use.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes or does.
    Post,
    /// Sets.
    Put,
    /// Changes in part.
    Patch,
    /// Takes away.
    Delete,
}

impl Method {
    /// The method's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Who may ask.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Whoever presents an access token.
    Member,
}

/// Which rate limit counts a request; each counts for itself, by caller, or by address without one.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Rate {
    /// Reading.
    Read,
    /// Changing.
    Write,
    /// Sending messages.
    Send,
    /// Signing up and in, and everything that takes a password or a code.
    Credentials,
}

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

/// Declares an operation and the struct that asks for it: required fields first, after `+` the optional ones.
///
/// Gives `new(required…)` and a setter for each optional field.
macro_rules! operation {
    (
        $(#[doc = $doc:literal])+
        $name:literal, $method:ident $path:literal => $status:literal $answer:ty, $access:ident, $rate:ident;
        $struct:ident {
            $($(#[doc = $fdoc:literal])+ $(#[serde($($fattr:tt)*)])? $field:ident: $type:ty,)*
        } + {
            $($(#[doc = $odoc:literal])+ $(#[serde($($oattr:tt)*)])? $option:ident: $otype:ty,)*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, serde::Deserialize, PartialEq, serde::Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub struct $struct {
            $($(#[doc = $fdoc])+ $(#[serde($($fattr)*)])? pub $field: $type,)*
            $(
                $(#[doc = $odoc])+
                #[serde(default, skip_serializing_if = "Option::is_none")]
                $(#[serde($($oattr)*)])?
                pub $option: Option<$otype>,
            )*
        }

        impl $struct {
            /// Asks with what is required; the setters add the rest.
            #[allow(clippy::new_without_default, reason = "only some operations have no required field")]
            pub fn new($($field: impl Into<$type>),*) -> Self {
                Self { $($field: $field.into(),)* $($option: None,)* }
            }
            $(
                $(#[doc = $odoc])+
                #[must_use]
                pub fn $option(mut self, $option: impl Into<$otype>) -> Self {
                    self.$option = Some($option.into());
                    self
                }
            )*
        }

        impl $crate::operation::Operation for $struct {
            type Answer = $answer;
            const NAME: &'static str = $name;
            const METHOD: $crate::operation::Method = $crate::operation::Method::$method;
            const PATH: &'static str = $path;
            const STATUS: u16 = $status;
            const ACCESS: $crate::operation::Access = $crate::operation::Access::$access;
            const RATE: $crate::operation::Rate = $crate::operation::Rate::$rate;
            const DOC: &'static str = concat!($($doc, "\n"),+);
        }
    };
}
pub(crate) use operation;
