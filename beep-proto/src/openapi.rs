//! The OpenAPI 3.1 document of the client API, made from the table of operations, and a page that shows it.
//!
//! What an operation is comes from its struct, what it answers from the view: the document cannot say anything
//! else than the code does. Kept here by hand are only the conventions that hold for all operations, and what is said on
//! the gateway's WebSocket.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::operation::{self, Body, Operation, RawOperation, Spec};
use crate::problem::Problem;

mod entry;
mod gateway;
mod schema;

/// Writes the document. `server_url` is where the backend is reached, without `/v1`; left out, the document
/// says nothing of it, and readers take the origin that they got it from.
///
/// The same every time, members in the same order.
pub fn document(server_url: Option<&str>) -> Value {
    let mut writer = Writer::new();
    writer.all_operations();
    writer.all_raw_operations();
    let mut document = Map::new();
    document.insert("openapi".to_owned(), json!("3.1.1"));
    document.insert("info".to_owned(), info());
    document.insert("jsonSchemaDialect".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    if let Some(url) = server_url {
        document.insert("servers".to_owned(), json!([{ "url": url.trim_end_matches('/') }]));
    }
    let tags = operation::AREAS.iter().map(|(name, description)| json!({ "name": name, "description": description }));
    document.insert("tags".to_owned(), tags.collect());
    document.insert("paths".to_owned(), Value::Object(std::mem::take(&mut writer.paths)));
    document.insert("components".to_owned(), writer.components());
    Value::Object(document)
}

/// The page that shows the document, for `GET /docs`: see [`DOCS_PAGE`].
pub fn docs_page() -> &'static str {
    DOCS_PAGE
}

/// The page that shows the document, `text/html`.
///
/// It asks for `docs/docs.js`, `docs/docs.css` and `v1/openapi.json` beside itself and for nothing else, so it
/// works without a network, under any path, and with [`DOCS_POLICY`].
pub const DOCS_PAGE: &str = include_str!("openapi/docs.html");

/// The script of the page, for `GET /docs/docs.js`, `text/javascript`.
pub const DOCS_SCRIPT: &str = include_str!("openapi/docs.js");

/// The style of the page, for `GET /docs/docs.css`, `text/css`.
pub const DOCS_STYLE: &str = include_str!("openapi/docs.css");

/// The `content-security-policy` that the page works with.
pub const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                               base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Collects the paths, and the schemas that they refer to.
struct Writer {
    paths: Map<String, Value>,
    /// Of what callers write: a field with a default may be left out.
    asked: SchemaGenerator,
    /// Of what the backend writes: a field that is always written is always there.
    answered: SchemaGenerator,
}

macro_rules! operations {
    ($($area:ident { $($method:ident: $struct:ident),* $(,)? })*) => {
        impl Writer {
            fn all_operations(&mut self) {
                $($( self.operation::<operation::$area::$struct>(); )*)*
            }
        }
    };
}
crate::for_each_operation!(operations);

macro_rules! raw_operations {
    ($($area:ident { $($method:ident: $struct:ident),* $(,)? })*) => {
        impl Writer {
            fn all_raw_operations(&mut self) {
                $($( self.raw_operation::<operation::$area::$struct>(); )*)*
            }
        }
    };
}
crate::for_each_raw_operation!(raw_operations);

impl Writer {
    fn new() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        Self {
            paths: Map::new(),
            asked: settings.clone().for_deserialize().into_generator(),
            answered: settings.for_serialize().into_generator(),
        }
    }

    fn operation<O: Operation>(&mut self) {
        let answer = (!O::SPEC.is_empty()).then(|| self.answered.subschema_for::<O::Answer>().to_value());
        let entry = entry::describe::<O>(&mut self.asked, answer);
        self.put(&O::SPEC, entry);
    }

    fn raw_operation<O: RawOperation>(&mut self) {
        let mut entry = entry::describe::<O>(&mut self.asked, None);
        if O::SPEC.gives == Body::WebSocket {
            gateway::describe(&mut entry, &mut self.asked, &mut self.answered);
        }
        self.put(&O::SPEC, entry);
    }

    /// Adds what an operation's method does at its path.
    fn put(&mut self, spec: &Spec, entry: Value) {
        let path = self.paths.entry(format!("/v1{}", spec.path)).or_insert_with(|| json!({}));
        let path = path.as_object_mut().expect("only objects are put");
        let before = path.insert(spec.method.as_str().to_ascii_lowercase(), entry);
        debug_assert!(before.is_none(), "two operations have one method and path");
    }

    fn components(mut self) -> Value {
        let problem = self.answered.subschema_for::<Problem>();
        let mut schemas = schema::exact(self.answered.take_definitions(true));
        for (name, asked) in self.asked.take_definitions(true) {
            let kept = schemas.entry(name).or_insert_with(|| asked.clone());
            debug_assert_eq!(*kept, asked, "one name means one schema, asked or answered");
        }
        schemas.sort_keys();
        json!({
            "schemas": schemas,
            "responses": { "Problem": {
                "description": "A refusal. Its `code` says why; what the caller may not see answers `not_found`, \
                                exactly as what does not exist.",
                "headers": {
                    "x-request-id": header("RequestId"),
                    "retry-after": { "schema": { "type": "integer" }, "description": "With 429: seconds to wait." },
                    "ratelimit-limit": header("RateLimit"),
                    "ratelimit-remaining": header("RateRemaining"),
                    "ratelimit-reset": header("RateReset"),
                },
                "content": { "application/problem+json": { "schema": problem } },
            } },
            "parameters": { "IdempotencyKey": {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "The caller's own name for the request: the same key, caller and route within 24 \
                                hours gives the first answer again. Operations without a login take none.",
                "schema": { "type": "string", "minLength": 1, "maxLength": 64 },
            } },
            "headers": {
                "RequestId": {
                    "description": "The request's id, under which the backend's log has it.",
                    "schema": { "type": "string" },
                },
                "RateLimit": {
                    "description": "How many requests of this kind the limit allows in a row.",
                    "schema": { "type": "integer" },
                },
                "RateRemaining": { "description": "How many are left.", "schema": { "type": "integer" } },
                "RateReset": {
                    "description": "Seconds until the limit is whole again.",
                    "schema": { "type": "integer" },
                },
            },
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An access token; it lives for 15 minutes.",
                },
                "zuid": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "zuid",
                    "description": "The refresh credential, valid on `/v1/access` alone; `__Secure-zuid` over HTTPS.",
                },
            },
        })
    }
}

fn header(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

fn info() -> Value {
    json!({
        "title": "Beep client API",
        "summary": "Chat of servers, channels and roles, on backends that talk to each other.",
        "version": env!("CARGO_PKG_VERSION"),
        "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
        "description": CONVENTIONS,
    })
}

const CONVENTIONS: &str = include_str!("openapi/conventions.md");
