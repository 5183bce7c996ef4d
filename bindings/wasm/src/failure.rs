//! What goes wrong, as JSON text that the JavaScript layer makes a `BeepError` of.

use beep_client::{Error, Problem};
use serde::Serialize;
use wasm_bindgen::prelude::JsValue;

#[derive(Serialize)]
struct Thrown<'a> {
    code: &'a str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a Problem>,
    #[serde(rename = "requestId", skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

/// A failed call.
pub(crate) fn thrown(error: &Error) -> JsValue {
    let code = match error {
        Error::Refused(refusal) => refusal.problem.code.as_str(),
        Error::Transport(_) => "transport",
        Error::Decode { .. } => "decode",
        Error::NotSignedIn => "not_signed_in",
        _ => "configuration",
    };
    text(&Thrown { code, message: error.to_string(), problem: error.problem(), request_id: error.request_id() })
}

/// A call that makes no sense.
pub(crate) fn misused(message: impl std::fmt::Display) -> JsValue {
    text(&Thrown { code: "configuration", message: message.to_string(), problem: None, request_id: None })
}

/// Something that is refused here and now, with a code of the SDK.
pub(crate) fn refused(code: &str, error: &impl std::fmt::Display) -> JsValue {
    text(&Thrown { code, message: error.to_string(), problem: None, request_id: None })
}

/// JSON text.
pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("what travels is JSON")
}

fn text(thrown: &Thrown<'_>) -> JsValue {
    JsValue::from_str(&json(thrown))
}
