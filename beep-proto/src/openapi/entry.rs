//! How one operation is documented.

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::{header, schema};
use crate::operation::{Access, Method, Operation, Rate};
use crate::{protobuf, request};

/// Describes an operation; its fields become parameters and the body.
pub(super) fn describe<O: Operation>(asked: &mut SchemaGenerator, answered: &mut SchemaGenerator) -> Value {
    let Fields { path, rest, required } = fields::<O>(asked);
    let (summary, description) = said(O::DOC);
    let mut entry = Map::new();
    let mut put = |name: &str, value: Value| entry.insert(name.to_owned(), value);
    put("operationId", json!(O::NAME));
    put("tags", json!([area(O::NAME)]));
    put("summary", json!(summary));
    if !description.is_empty() {
        put("description", json!(description));
    }
    put("security", security::<O>());
    put("x-rate-limit", json!(rate(O::RATE)));

    let mut parameters: Vec<_> = path.into_iter().map(|(name, field)| parameter("path", &name, true, field)).collect();
    let reads = O::METHOD == Method::Get;
    if reads {
        let query = rest.iter().map(|(name, field)| parameter("query", name, required.contains(name), field.clone()));
        parameters.extend(query);
    } else if O::ACCESS == Access::Member {
        parameters.push(json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
    }
    if !parameters.is_empty() {
        put("parameters", Value::Array(parameters));
    }
    let (protobuf_body, protobuf_answer) = protobuf_messages(O::NAME);
    if !reads && !rest.is_empty() {
        let mut body = json!({ "type": "object", "properties": rest });
        if !required.is_empty() {
            body["required"] = json!(required);
        }
        put("requestBody", json!({ "required": !required.is_empty(), "content": content(body, protobuf_body) }));
    }

    let mut answer = json!({ "description": meaning(O::STATUS), "headers": {
        "x-request-id": header("RequestId"),
        "ratelimit-limit": header("RateLimit"),
        "ratelimit-remaining": header("RateRemaining"),
        "ratelimit-reset": header("RateReset"),
    } });
    if !O::EMPTY {
        let body = answered.subschema_for::<O::Answer>().to_value();
        if body["$ref"] == "#/components/schemas/SignedIn" {
            answer["headers"]["set-cookie"] = json!({
                "description": "The refresh credential, `zuid`: `HttpOnly`, `SameSite=Strict`, `Path=/v1/access`.",
                "schema": { "type": "string" },
            });
        }
        answer["content"] = content(body, protobuf_answer);
    }
    put(
        "responses",
        json!({
            O::STATUS.to_string(): answer,
            "default": { "$ref": "#/components/responses/Problem" },
        }),
    );
    Value::Object(entry)
}

/// The fields of an operation, by where they travel.
struct Fields {
    path: Vec<(String, Value)>,
    rest: Map<String, Value>,
    /// Those of `rest` that cannot be left out.
    required: Vec<String>,
}

fn fields<O: Operation>(generator: &mut SchemaGenerator) -> Fields {
    let mut whole = O::json_schema(generator);
    schema::strip_null(&mut whole);
    let whole = whole.to_value();
    let in_path: Vec<_> = request::path_names(O::PATH).collect();
    let members = whole["properties"].as_object().cloned().unwrap_or_default();
    let (path, rest): (Vec<_>, Vec<_>) = members.into_iter().partition(|(name, _)| in_path.contains(&name.as_str()));
    let required = whole["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let required = required.filter(|name| !in_path.contains(name)).map(str::to_owned).collect();
    Fields { path, rest: rest.into_iter().collect(), required }
}

fn parameter(place: &str, name: &str, required: bool, mut field: Value) -> Value {
    let description = field.as_object_mut().and_then(|field| field.shift_remove("description"));
    let mut parameter = json!({ "name": name, "in": place });
    if required {
        parameter["required"] = json!(true);
    }
    if let Some(description) = description {
        parameter["description"] = description;
    }
    parameter["schema"] = field;
    parameter
}

/// The body in JSON, and where the operation speaks it, in protobuf.
fn content(schema: Value, message: Option<&str>) -> Value {
    let mut content = json!({ "application/json": { "schema": schema } });
    if let Some(message) = message {
        let description = format!("The message `beep.v1.{message}`.");
        content[protobuf::MEDIA_TYPE] = json!({ "schema": { "description": description } });
    }
    content
}

/// The protobuf messages of a body and an answer.
fn protobuf_messages(operation: &str) -> (Option<&'static str>, Option<&'static str>) {
    match operation {
        "messages.send" => (Some("SendMessage"), Some("Message")),
        "messages.list" => (None, Some("MessagePage")),
        _ => (None, None),
    }
}

/// The summary, that is the first paragraph on one line, and the rest.
fn said(doc: &str) -> (String, String) {
    let lines: Vec<_> = doc.lines().map(str::trim).collect();
    let mut paragraphs =
        lines.split(|line| line.is_empty()).map(|lines| lines.join(" ")).filter(|text| !text.is_empty());
    let summary = paragraphs.next().unwrap_or_default();
    (summary, paragraphs.collect::<Vec<_>>().join("\n\n"))
}

fn area(operation: &str) -> &str {
    operation.split('.').next().unwrap_or_default()
}

fn security<O: Operation>() -> Value {
    match O::ACCESS {
        Access::Member => json!([{ "bearer": [] }]),
        Access::Public if O::PATH.starts_with("/access") => json!([{ "zuid": [] }, {}]),
        Access::Public => json!([]),
    }
}

fn rate(rate: Rate) -> &'static str {
    match rate {
        Rate::Read => "read",
        Rate::Write => "write",
        Rate::Send => "send",
        Rate::Credentials => "credentials",
    }
}

fn meaning(status: u16) -> &'static str {
    match status {
        201 => "Made.",
        202 => "Taken in; the answer says nothing more.",
        204 => "Done.",
        _ => "The answer.",
    }
}
