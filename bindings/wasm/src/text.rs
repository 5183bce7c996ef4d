//! The text of messages as JavaScript draws it.

use beep_client::markup;
use js_sys::Function;
use serde::Serialize;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::failure::json;

/// The text of a message as a tree.
#[wasm_bindgen]
pub fn markup(text: &str) -> String {
    json(&markup::parse(text))
}

/// One line of a text, without marks; `name` gives the name of a mention, which it gets as JSON text.
#[wasm_bindgen]
pub fn preview(text: &str, most: usize, name: &Function) -> String {
    markup::parse(text).preview(most, |mention| named(name, mention))
}

/// A text without marks, for copying and reading aloud.
#[wasm_bindgen(js_name = plainText)]
pub fn plain_text(text: &str, name: &Function) -> String {
    markup::parse(text).plain_text(|mention| named(name, mention))
}

fn named(name: &Function, mention: &impl Serialize) -> Option<String> {
    name.call1(&JsValue::UNDEFINED, &JsValue::from_str(&json(mention))).ok()?.as_string()
}
