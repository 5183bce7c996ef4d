//! Requests: every operation, from JSON, from a query, and from protobuf where it is spoken.

use beep_proto::operation::{Body, Specified};
use beep_proto::{protobuf, request};
use serde_json::Value;

/// Whatever is taken as an operation is read back as itself.
pub(crate) fn run(octets: &[u8]) {
    let _ = protobuf::read_send("01932c07-209d-7cc9-a31d-5f3a1f1c0f6b", octets);
    if let Ok(arguments) = serde_json::from_slice::<Value>(octets) {
        every(&Input::Arguments(arguments));
    } else if let Ok(text) = str::from_utf8(octets) {
        let pairs = text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        every(&Input::Query(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()));
    }
}

fn every(input: &Input) {
    every_operation(input);
    every_raw_operation(input);
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

macro_rules! try_each_raw {
    ($($area:ident { $($method:ident: $operation:ident),+ })+) => {
        fn every_raw_operation(input: &Input) {
            $($( one::<beep_proto::operation::$area::$operation>(input); )+)+
        }
    };
}
beep_proto::for_each_raw_operation!(try_each_raw);

/// A sample of every operation, in JSON: what fuzzing begins with, and every test tries.
pub(crate) fn samples() -> Vec<(&'static str, Vec<u8>)> {
    macro_rules! each {
        ($($area:ident { $($method:ident: $operation:ident),+ })+) => {
            [$($( written::<beep_proto::operation::$area::$operation>() ),+),+].concat()
        };
    }
    [beep_proto::for_each_operation!(each), beep_proto::for_each_raw_operation!(each)].concat()
}

fn written<O: Specified>() -> Vec<(&'static str, Vec<u8>)> {
    O::samples()
        .iter()
        .map(|sample| (O::SPEC.name, request::write_arguments(sample).to_string().into_bytes()))
        .collect()
}

fn one<O: Specified>(input: &Input) {
    let operation = match input {
        Input::Arguments(arguments) => request::read_arguments::<O>(arguments.clone()),
        Input::Query(pairs) if O::SPEC.takes != Body::Json => request::read::<O>(&[], pairs, b""),
        Input::Query(_) => return,
    };
    let Ok(operation) = operation else { return };
    let again = request::read_arguments::<O>(request::write_arguments(&operation));
    assert_eq!(again.as_ref().ok(), Some(&operation), "{} is not read back as itself", O::SPEC.name);
}
