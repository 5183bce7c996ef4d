//! What must hold of the parsers of what strangers send, whatever they send.
//!
//! A target takes any octets, and panics when something does not hold; that the parser itself panics is the
//! plainest case. `cargo xtask fuzz` looks for such octets. What was once found lies in `seeds`, one folder
//! a target, and is tried again by every `cargo test`, with samples of all operations and some of what is near them.

mod access_token;
mod certificate;
mod cursor;
mod domain;
mod email;
mod gateway;
mod handle;
mod id;
mod markup;
mod record;
mod refresh_token;
#[cfg(test)]
mod replay;
mod request;
mod srv;
mod text;
mod time;

/// A parser and what must hold of it.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, that of its folder in `seeds`.
    pub name: &'static str,
    /// Tries one input.
    ///
    /// # Panics
    /// When something does not hold.
    pub run: fn(&[u8]),
}

/// Makes the list of targets, and a test of each.
macro_rules! targets {
    ($($name:ident: $run:path),+ $(,)?) => {
        /// Every target.
        pub const TARGETS: &[Target] = &[$( Target { name: stringify!($name), run: $run } ),+];

        #[cfg(test)]
        mod seeds {
            use super::*;

            $(
                #[test]
                fn $name() {
                    crate::replay::holds(stringify!($name), $run);
                }
            )+
        }
    };
}

targets! {
    access_token: access_token::run,
    certificate: certificate::run,
    cursor: cursor::run,
    domain: domain::run,
    email: email::run,
    gateway_json: gateway::json,
    gateway_protobuf: gateway::protobuf,
    handle: handle::run,
    id: id::run,
    markup: markup::run,
    record: record::run,
    refresh_token: refresh_token::run,
    request: request::run,
    srv: srv::run,
    text: text::run,
    time: time::run,
}

/// The inputs of a target that are made, not kept: samples of the operations of the table, each with its name.
#[must_use]
pub fn samples(target: &str) -> Vec<(&'static str, Vec<u8>)> {
    if target == "request" { request::samples() } else { Vec::new() }
}

/// The target of this name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().copied().find(|target| target.name == name)
}
