//! A JSON Schema as a TypeScript type.
//!
//! Covers what schemars makes of Beep's types, and stops at what it does not know: a type that is only nearly right
//! would be found by a user.

use std::fmt::Write;

use serde_json::{Map, Value};

/// Declares a named type, with its description.
pub(crate) fn definition(name: &str, schema: &Value) -> String {
    let mut text = comment(schema["description"].as_str(), "");
    let plain = schema["properties"].is_object() && schema["oneOf"].is_null() && schema["anyOf"].is_null();
    let _ = match plain {
        true => writeln!(text, "export interface {name} {}", of(schema, "")),
        false => writeln!(text, "export type {name} ={};", alternatives(&of(schema, ""))),
    };
    text
}

/// The type of a schema; `indent` is that of the line on which it begins.
pub(crate) fn of(schema: &Value, indent: &str) -> String {
    let Some(schema) = schema.as_object() else { return "unknown".to_owned() };
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return name.rsplit('/').next().expect("a split gives something").to_owned();
    }
    if let Some(value) = schema.get("const") {
        return value.to_string();
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return union(values.iter().map(Value::to_string));
    }
    let choices = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
    if let Some(choices) = choices {
        let text = union(choices.iter().map(|choice| of(choice, indent)));
        return if schema.contains_key("properties") { format!("{} & ({text})", object(schema, indent)) } else { text };
    }
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        return parts.iter().map(|part| of(part, indent)).collect::<Vec<_>>().join(" & ");
    }
    match schema.get("type") {
        Some(Value::String(kind)) => plain(kind, schema, indent),
        Some(Value::Array(kinds)) => {
            union(kinds.iter().filter_map(Value::as_str).map(|kind| plain(kind, schema, indent)))
        }
        _ => "unknown".to_owned(),
    }
}

/// The members of an object type, each on its line.
pub(crate) fn members<'a>(members: impl IntoIterator<Item = (&'a str, &'a Value, bool)>, indent: &str) -> String {
    let inner = format!("{indent}  ");
    let mut text = "{\n".to_owned();
    for (name, schema, required) in members {
        text += &comment(schema["description"].as_str(), &inner);
        let optional = if required { "" } else { "?" };
        let _ = writeln!(text, "{inner}{name}{optional}: {};", of(schema, &inner));
    }
    text + indent + "}"
}

/// A description as a comment.
pub(crate) fn comment(description: Option<&str>, indent: &str) -> String {
    let Some(description) = description.filter(|text| !text.is_empty()) else { return String::new() };
    let description = description.trim().replace("*/", "* /");
    if !description.contains('\n') {
        return format!("{indent}/** {description} */\n");
    }
    let lines = description.lines().map(|line| format!("{indent} * {line}").trim_end().to_owned() + "\n");
    format!("{indent}/**\n{}{indent} */\n", lines.collect::<String>())
}

fn plain(kind: &str, schema: &Map<String, Value>, indent: &str) -> String {
    match kind {
        "string" => "string".to_owned(),
        "integer" | "number" => "number".to_owned(),
        "boolean" => "boolean".to_owned(),
        "null" => "null".to_owned(),
        "array" => {
            let item = schema.get("items").map_or_else(|| "unknown".to_owned(), |items| of(items, indent));
            let one = item.chars().all(|letter| letter.is_ascii_alphanumeric());
            if one { format!("{item}[]") } else { format!("Array<{item}>") }
        }
        "object" => object(schema, indent),
        other => unreachable!("JSON has no type `{other}`"),
    }
}

fn object(schema: &Map<String, Value>, indent: &str) -> String {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        let item = schema.get("additionalProperties").map_or_else(|| "unknown".to_owned(), |item| of(item, indent));
        return format!("Record<string, {item}>");
    };
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    members(properties.iter().map(|(name, member)| (name.as_str(), member, required.contains(&name.as_str()))), indent)
}

fn union(types: impl Iterator<Item = String>) -> String {
    let mut seen: Vec<String> = Vec::new();
    for one in types {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen.join(" | ")
}

/// Puts a space before, so that a long union may begin on the line of its name.
fn alternatives(text: &str) -> String {
    format!(" {text}")
}
