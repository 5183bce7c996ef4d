//! How one operation is documented.

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::{header, schema};
use crate::operation::{Access, Body, Effect, Idempotent, Rate, Spec, Specified};
use crate::view::SignedIn;
use crate::{protobuf, request};

/// Describes an operation: its fields become parameters and the body. `answer` is the schema of an answer in JSON.
pub(super) fn describe<O: Specified>(asked: &mut SchemaGenerator, answer: Option<Value>) -> Value {
    let spec = O::SPEC;
    let Fields { path, rest, required } = fields::<O>(asked);
    let (summary, description) = said(O::DOC);
    let mut entry = Map::new();
    let mut put = |name: &str, value: Value| entry.insert(name.to_owned(), value);
    put("operationId", json!(spec.name));
    put("tags", json!([spec.area()]));
    put("summary", json!(summary));
    if !description.is_empty() {
        put("description", json!(description));
    }
    put("security", security(spec.access));
    if let Some(rate) = spec.rate {
        put("x-rate-limit", json!(limit(rate)));
    }
    put("x-idempotent", json!(repeated(spec.idempotent)));

    let mut parameters: Vec<_> = path.into_iter().map(|(name, field)| parameter("path", &name, true, field)).collect();
    if spec.takes != Body::Json || spec.takes_query() {
        let is_required = |name| spec.takes != Body::Json && required.contains(name);
        let query = rest.iter().map(|(name, field)| parameter("query", name, is_required(name), field.clone()));
        parameters.extend(query);
    }
    if spec.takes_key() {
        parameters.push(json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
    }
    if !parameters.is_empty() {
        put("parameters", Value::Array(parameters));
    }
    match spec.takes {
        Body::Json if !rest.is_empty() => {
            let mut body = json!({ "type": "object", "properties": rest });
            if !required.is_empty() {
                body["required"] = json!(required);
            }
            let content = content(body, spec.protobuf_body);
            put("requestBody", json!({ "required": !required.is_empty(), "content": content }));
        }
        Body::Media(media) => {
            put("requestBody", json!({ "required": true, "content": { media: { "schema": {} } } }));
        }
        Body::Json | Body::Nothing | Body::WebSocket => {}
    }

    let mut success = json!({ "description": meaning(spec.status), "headers": headers(&spec) });
    match (spec.gives, answer) {
        (Body::Media(media), _) => success["content"] = json!({ media: { "schema": {} } }),
        (_, Some(answer)) => success["content"] = content(answer, spec.protobuf_answer),
        (_, None) => {}
    }
    let mut responses = json!({ spec.status.to_string(): success.clone() });
    if spec.effect == Effect::Opens {
        let mut found = success;
        found["description"] = json!("It was there already.");
        responses["200"] = found;
    }
    responses["default"] = json!({ "$ref": "#/components/responses/Problem" });
    put("responses", responses);
    Value::Object(entry)
}

/// The headers of a success.
fn headers(spec: &Spec) -> Value {
    let mut headers = json!({ "x-request-id": header("RequestId") });
    if spec.rate.is_some() {
        headers["ratelimit-limit"] = header("RateLimit");
        headers["ratelimit-remaining"] = header("RateRemaining");
        headers["ratelimit-reset"] = header("RateReset");
    }
    if spec.answers::<SignedIn>() {
        headers["set-cookie"] = json!({
            "description": "The refresh credential, `zuid`: `HttpOnly`, `SameSite=Strict`, `Path=/v1/access`.",
            "schema": { "type": "string" },
        });
    }
    headers
}

/// The fields of an operation, by where they travel.
struct Fields {
    path: Vec<(String, Value)>,
    rest: Map<String, Value>,
    /// Those of `rest` that cannot be left out.
    required: Vec<String>,
}

fn fields<O: Specified>(generator: &mut SchemaGenerator) -> Fields {
    let mut whole = O::json_schema(generator);
    schema::strip_null(&mut whole);
    let whole = whole.to_value();
    let in_path: Vec<_> = request::path_names(O::SPEC.path).collect();
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

/// The summary, that is the first paragraph on one line, and the rest.
fn said(doc: &str) -> (String, String) {
    let lines: Vec<_> = doc.lines().map(str::trim).collect();
    let mut paragraphs =
        lines.split(|line| line.is_empty()).map(|lines| lines.join(" ")).filter(|text| !text.is_empty());
    let summary = paragraphs.next().unwrap_or_default();
    (summary, paragraphs.collect::<Vec<_>>().join("\n\n"))
}

fn security(access: Access) -> Value {
    match access {
        Access::Member => json!([{ "bearer": [] }]),
        Access::Credential => json!([{ "zuid": [] }, {}]),
        Access::Public => json!([]),
    }
}

fn limit(rate: Rate) -> &'static str {
    match rate {
        Rate::Read => "read",
        Rate::Write => "write",
        Rate::Send => "send",
        Rate::Credentials => "credentials",
    }
}

fn repeated(idempotent: Idempotent) -> &'static str {
    match idempotent {
        Idempotent::ByNature => "nature",
        Idempotent::ByKey => "key",
        Idempotent::ByNonce(_) => "nonce",
        Idempotent::Not => "no",
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
