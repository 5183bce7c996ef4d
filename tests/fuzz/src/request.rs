//! Requests: every operation, from JSON, from a query, and from protobuf where it is spoken.

use beep_proto::operation::{Method, Operation};
use beep_proto::{protobuf, request};
use serde_json::Value;

/// Whatever is taken as an operation is read back as itself.
pub(crate) fn run(octets: &[u8]) {
    let _ = protobuf::read_send("01932c07-209d-7cc9-a31d-5f3a1f1c0f6b", octets);
    if let Ok(arguments) = serde_json::from_slice::<Value>(octets) {
        every_operation(&Input::Arguments(arguments));
    } else if let Ok(text) = str::from_utf8(octets) {
        let pairs = text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        every_operation(&Input::Query(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()));
    }
}

enum Input {
    /// The members of a JSON object, if it is one.
    Arguments(Value),
    /// What follows the `?`.
    Query(Vec<(String, String)>),
}

macro_rules! try_each {
    ($($area:ident { $($method:ident: $operation:ident),+ })+) => {
        fn every_operation(input: &Input) {
            $($( one::<beep_proto::operation::$area::$operation>(input); )+)+
        }
    };
}
beep_proto::for_each_operation!(try_each);

fn one<O: Operation + PartialEq>(input: &Input) {
    let operation = match input {
        Input::Arguments(arguments) => request::read_arguments::<O>(arguments.clone()),
        Input::Query(pairs) if O::METHOD == Method::Get => request::read::<O>(&[], pairs, b""),
        Input::Query(_) => return,
    };
    let Ok(operation) = operation else { return };
    let again = request::read_arguments::<O>(request::write_arguments(&operation));
    assert_eq!(again.as_ref().ok(), Some(&operation), "{} is not read back as itself", O::NAME);
}
