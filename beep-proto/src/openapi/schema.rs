//! Says exactly which members of an object may be `null`, and which may be missing.
//!
//! Rust's `Option` stands for both, so schemars writes both. On the wire of Beep an answer's member is either
//! always there, perhaps `null`, or left out and never `null`; in a request `null` is a member left out, save
//! where it takes something away.

use schemars::Schema;
use serde_json::{Map, Value};

use crate::text::NULL_SAYS;

/// Takes `null` from the members that answers leave out.
pub(super) fn exact(definitions: Map<String, Value>) -> Map<String, Value> {
    let exact = |(name, definition): (String, Value)| match Schema::try_from(definition) {
        Ok(mut schema) => {
            strip_null(&mut schema);
            (name, schema.to_value())
        }
        Err(_) => unreachable!("a definition is a schema"),
    };
    definitions.into_iter().map(exact).collect()
}

/// Takes `null` from every member that may be left out, save where it says something of its own.
pub(super) fn strip_null(object: &mut Schema) {
    let required: Vec<_> = match object.get("required") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    let Some(Value::Object(members)) = object.get_mut("properties") else { return };
    for (name, member) in members {
        if let Value::Object(member) = member
            && !required.contains(name)
            && !member.contains_key(NULL_SAYS)
        {
            without_null(member);
        }
    }
}

fn without_null(member: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = member.get_mut("type") {
        types.retain(|one| one != "null");
        if let [one] = types.as_slice() {
            member["type"] = one.clone();
        }
    }
    if let Some(Value::Array(choices)) = member.get_mut("anyOf") {
        choices.retain(|one| one["type"] != "null");
        if let [Value::Object(one)] = choices.as_mut_slice() {
            let one = std::mem::take(one);
            member.shift_remove("anyOf");
            member.extend(one.into_iter().filter(|(name, _)| name != "description"));
        }
    }
    if member.get("default") == Some(&Value::Null) {
        member.shift_remove("default");
    }
}
