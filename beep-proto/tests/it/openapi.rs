//! The document says what the code does.

use std::collections::{BTreeMap, BTreeSet};

use beep_proto::openapi;
use beep_proto::operation::{Access, Body, Effect, OPERATIONS, RAW_OPERATIONS, Spec, Specified};
use beep_proto::{gateway as frames, request as parts};
use serde_json::{Value, json};

use crate::{gateway, sample, view};

fn document() -> Value {
    openapi::document(Some("https://chat.a.example.com/"))
}

/// Compiles a component's schema, so that its references lead into the document.
fn validator(document: &Value, name: &str) -> jsonschema::Validator {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("#/components/schemas/{name}"),
        "components": document["components"],
    });
    jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[track_caller]
fn validates(validator: &jsonschema::Validator, name: &str, value: &Value) {
    let errors: Vec<_> = validator.iter_errors(value).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new(), "{name}: {value}");
}

#[test]
fn every_component_compiles() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().expect("an object");
    for (name, schema) in schemas {
        jsonschema::meta::validate(schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        validator(&document, name);
        let twice = name.ends_with(|end: char| end.is_ascii_digit());
        assert!(!twice, "{name}: two types have one name");
    }
    assert!(schemas.keys().is_sorted(), "{:?}", schemas.keys());
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut seen = BTreeSet::new();
    references(&document, &mut seen);
    assert!(seen.len() > 50, "{seen:?}");
    for reference in &seen {
        let pointer = reference.strip_prefix('#').expect("within the document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for name in document["components"]["schemas"].as_object().expect("an object").keys() {
        assert!(seen.contains(&format!("#/components/schemas/{name}")), "{name} is not used");
    }
}

/// What is kept for a repeat must not hold the text of a message, which may be deleted before: of an answer that is a
/// message it is kept which one, and no other may have one within it.
#[test]
fn no_answer_that_is_kept_holds_a_message_within_it() {
    let document = document();
    let mut messages = 0;
    for spec in OPERATIONS.iter().filter(|spec| spec.takes_key()) {
        if spec.answers::<beep_proto::view::Message>() {
            messages += 1;
            continue;
        }
        let method = spec.method.as_str().to_ascii_lowercase();
        let (mut seen, mut new) = (BTreeSet::new(), BTreeSet::new());
        let answer = &document["paths"][format!("/v1{}", spec.path)][method]["responses"][spec.status.to_string()];
        assert!(!answer.is_null(), "{}", spec.name);
        references(answer, &mut new);
        while let Some(reference) = new.pop_first() {
            if seen.insert(reference.clone()) {
                references(document.pointer(&reference[1..]).expect("it leads somewhere"), &mut new);
            }
        }
        assert!(
            !seen.contains("#/components/schemas/Message"),
            "{} answers with a message within something",
            spec.name
        );
    }
    assert!(messages >= 2);
}

fn references(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            into.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| references(member, into));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, into)),
        _ => {}
    }
}

#[test]
fn views_are_as_described() {
    let document = document();
    for view in view::views() {
        let validator = validator(&document, view.name);
        validates(&validator, view.name, &view.json);
        // Without one of its members it is something else, unless that one may be left out.
        let schema = &document["components"]["schemas"][view.name];
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let mut less = view.json.as_object().expect("an object").clone();
            less.remove(required).expect(required);
            assert!(!validator.is_valid(&less.into()), "{}: {required}", view.name);
        }
        let described: BTreeSet<_> = schema["properties"].as_object().expect("an object").keys().collect();
        let written: BTreeSet<_> = view.json.as_object().expect("an object").keys().collect();
        assert!(written.is_subset(&described), "{}: {written:?}", view.name);
    }
}

#[test]
fn events_and_frames_are_as_described() {
    let document = document();
    let event = validator(&document, "Event");
    let (server, client) = (validator(&document, "ServerFrame"), validator(&document, "ClientFrame"));
    for body in sample::bodies() {
        validates(&event, body.kind(), &serde_json::to_value(gateway::event(&body)).expect("JSON"));
    }
    for frame in gateway::server_frames() {
        validates(&server, "ServerFrame", &serde_json::to_value(frame).expect("JSON"));
    }
    for frame in gateway::client_frames() {
        validates(&client, "ClientFrame", &serde_json::to_value(frame).expect("JSON"));
    }
    assert!(!client.is_valid(&json!({ "op": "wave" })));
    assert!(!event.is_valid(&json!({ "type": "message.created", "data": {} })));
    let kinds = document.pointer("/components/schemas/Event/oneOf").and_then(Value::as_array).expect("a list");
    let kinds: Vec<_> = kinds.iter().map(|one| one["properties"]["type"]["const"].as_str().expect("a text")).collect();
    assert_eq!(kinds, frames::EventData::KINDS);
}

#[test]
fn every_error_code_is_listed_with_its_status() {
    let document = document();
    let schema = &document["components"]["schemas"]["ErrorCode"];
    let described = schema["description"].as_str().expect("a text");
    for code in beep_proto::problem::ErrorCode::ALL {
        assert!(schema["enum"].as_array().expect("a list").contains(&code.as_str().into()), "{code:?}");
        assert!(described.contains(&format!("| `{}` | {} |", code.as_str(), code.status())), "{code:?}");
    }
}

/// Every entry of the document: path, method and what it says.
fn entries(document: &Value) -> Vec<(&str, &str, &Value)> {
    let mut entries = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("an object") {
        for (method, entry) in methods.as_object().expect("an object") {
            entries.push((path.as_str(), method.as_str(), entry));
        }
    }
    entries
}

#[test]
fn every_operation_is_there_once_and_nothing_else() {
    let document = document();
    let mut written = BTreeMap::new();
    for (path, method, entry) in entries(&document) {
        let name = entry["operationId"].as_str().expect("a name");
        let path = path.strip_prefix("/v1").expect("below /v1");
        assert!(written.insert(name, (method.to_ascii_uppercase(), path)).is_none(), "{name} is there twice");
    }
    let all = OPERATIONS.iter().chain(RAW_OPERATIONS);
    let expected: BTreeMap<_, _> = all.map(|spec| (spec.name, (spec.method.as_str().to_owned(), spec.path))).collect();
    assert_eq!(written, expected);
}

#[test]
fn every_entry_has_a_tag_that_is_described() {
    let document = document();
    let tags: Vec<_> = document["tags"].as_array().expect("a list").iter().map(|tag| &tag["name"]).collect();
    let mut used = BTreeSet::new();
    for (_, _, entry) in entries(&document) {
        assert!(tags.contains(&&entry["tags"][0]), "{}", entry["operationId"]);
        used.insert(entry["tags"][0].as_str().expect("a text"));
        let summary = entry["summary"].as_str().expect("a text");
        assert!(summary.ends_with('.') && !summary.contains('\n'), "{summary}");
    }
    assert_eq!(used.len(), tags.len(), "no tag without operations");
}

/// Compares an entry with the operation that it was made from.
fn check<O: Specified>(document: &Value) {
    let spec = O::SPEC;
    let name = spec.name;
    let schema = schemars::schema_for!(O).to_value();
    let described = schema["properties"].as_object().into_iter().flat_map(|fields| fields.keys().cloned());
    let fields: BTreeSet<String> = spec.fields.iter().map(|field| field.name.to_owned()).collect();
    assert_eq!(described.collect::<BTreeSet<_>>(), fields, "{name}");

    let entry = &document["paths"][format!("/v1{}", spec.path)][spec.method.as_str().to_ascii_lowercase()];
    let parameters = entry["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    let named = |place: &str| -> BTreeSet<String> {
        let there = parameters.iter().filter(|parameter| parameter["in"] == place);
        there.map(|parameter| parameter["name"].as_str().expect("a name").to_owned()).collect()
    };
    let in_path: BTreeSet<String> = parts::path_names(spec.path).map(str::to_owned).collect();
    assert_eq!(named("path"), in_path, "{name}");
    assert!(parameters.iter().all(|parameter| parameter["in"] != "path" || parameter["required"] == true), "{name}");
    assert!(in_path.is_subset(&fields), "{name}: a path names a field that is not there");

    let body = &entry["requestBody"]["content"]["application/json"]["schema"];
    let in_body: BTreeSet<String> =
        body["properties"].as_object().into_iter().flat_map(|members| members.keys().cloned()).collect();
    let rest: BTreeSet<String> = fields.difference(&in_path).cloned().collect();
    let none = BTreeSet::new();
    let (query, body_members) = match spec.takes {
        Body::Json => (if spec.takes_query() { &rest } else { &none }, &rest),
        _ => (&rest, &none),
    };
    assert_eq!((&named("query"), &in_body), (query, body_members), "{name}");
    let required = body["required"].as_array().is_some_and(|required| !required.is_empty());
    assert!(entry["requestBody"].is_null() || entry["requestBody"]["required"] == required, "{name}");

    let bearer = entry["security"] == json!([{ "bearer": [] }]);
    assert_eq!(bearer, spec.access == Access::Member, "{name}");
    let key = parameters.contains(&json!({ "$ref": "#/components/parameters/IdempotencyKey" }));
    assert_eq!(key, spec.takes_key(), "{name}");

    let answers: Vec<_> = entry["responses"].as_object().expect("an object").keys().cloned().collect();
    let was_there = (spec.effect == Effect::Opens).then(|| "200".to_owned());
    let documented = [Some(spec.status.to_string()), was_there, Some("default".to_owned())];
    assert_eq!(answers, documented.into_iter().flatten().collect::<Vec<_>>(), "{name}");
    let answer = &entry["responses"][spec.status.to_string()];
    assert_eq!(answer["content"].is_null(), matches!(spec.gives, Body::Nothing | Body::WebSocket), "{name}");
    if let Body::Media(media) = spec.gives {
        assert!(answer["content"][media].is_object(), "{name}");
    }
    assert!(answer["headers"]["x-request-id"].is_object(), "{name}");
    for header in ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"] {
        assert_eq!(answer["headers"][header].is_object(), spec.rate.is_some(), "{name}: {header}");
    }
    assert_eq!(entry["x-rate-limit"].is_string(), spec.rate.is_some(), "{name}");
    assert!(["nature", "key", "nonce", "no"].map(Value::from).contains(&entry["x-idempotent"]), "{name}");

    // What the table gives as samples is what the document asks for.
    if body.is_object() {
        let schema = json!({ "allOf": [body], "components": document["components"] });
        let validator = jsonschema::draft202012::new(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        for sample in O::samples() {
            let mut members = parts::members(&sample);
            members.retain(|member, _| !in_path.contains(member));
            validates(&validator, name, &members.into());
        }
    }
}

#[test]
fn entries_say_what_the_operations_are() {
    let document = document();
    macro_rules! check_each {
        ($($area:ident { $($method:ident: $struct:ident),* $(,)? })*) => {
            $($( check::<beep_proto::operation::$area::$struct>(&document); )*)*
        };
    }
    beep_proto::for_each_operation!(check_each);
    beep_proto::for_each_raw_operation!(check_each);
}

#[test]
fn null_stands_only_where_it_says_something() {
    let document = document();
    let role = document.pointer("/paths/~1v1~1servers~1{server}~1roles~1{role}/patch/requestBody/content");
    let role = &role.expect("there")["application/json"]["schema"]["properties"];
    assert_eq!(role["color"]["type"], json!(["integer", "null"]));
    assert_eq!(role["position"]["type"], "integer");
    assert_eq!(role["permissions"]["$ref"], "#/components/schemas/Permissions");
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["Message"]["properties"]["nonce"]["type"], json!(["string", "null"]), "always there");
    assert_eq!(schemas["Because"]["properties"]["denied_by"]["type"], "string", "left out or a text");
}

#[test]
fn hot_paths_speak_protobuf() {
    let document = document();
    let speaking: Vec<_> = entries(&document)
        .into_iter()
        .filter(|(.., entry)| entry.to_string().contains("application/x-protobuf"))
        .map(|(.., entry)| entry["operationId"].as_str().expect("a name").to_owned())
        .collect();
    let speaks = |spec: &&Spec| spec.protobuf_body.or(spec.protobuf_answer).is_some();
    assert_eq!(speaking, OPERATIONS.iter().filter(speaks).map(|spec| spec.name).collect::<Vec<_>>());
    assert_eq!(speaking, ["messages.send", "messages.list"]);
}

#[test]
fn it_is_the_same_every_time() {
    let text = |url| serde_json::to_string(&openapi::document(url)).expect("JSON");
    assert_eq!(text(None), text(None));
    assert_eq!(document()["servers"], json!([{ "url": "https://chat.a.example.com" }]));
    assert!(openapi::document(None).get("servers").is_none());
    let first = entries(&document()).first().map(|(path, method, _)| format!("{method} {path}"));
    assert_eq!(first.as_deref(), Some("get /v1/backend"), "in the order of the table");
}

#[test]
fn the_page_asks_for_nothing_but_its_own_files() {
    let page = openapi::docs_page();
    assert!(page.contains(r#"<script src="docs/docs.js""#) && page.contains(r#"href="docs/docs.css""#));
    for text in [page, openapi::DOCS_SCRIPT, openapi::DOCS_STYLE] {
        assert!(!text.contains("://"), "an address of somebody else");
    }
    assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains(" on"), "nothing inline");
    assert_eq!(page.matches("<script").count(), 1);
    assert!(!openapi::DOCS_SCRIPT.contains("innerHTML"), "texts are shown, never run");
}
