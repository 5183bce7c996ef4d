//! The OpenAPI document that the backend serves, as something to hold requests and answers against.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use beep_tests::operation::Entry;
use beep_tests::people::ask_unsigned;
use beep_tests::server::Server;
use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Value, json};

/// The document, with the validators that were made from it.
pub(crate) struct Document {
    whole: Value,
    /// The schemas, each refusing what it does not describe.
    strict: Value,
    validators: Mutex<HashMap<String, Validator>>,
}

impl Document {
    /// Fetches the document.
    pub(crate) async fn of(server: &Server) -> Self {
        let whole = ask_unsigned(server, Method::GET, "/openapi.json", None).await.expect(200);
        let mut strict = whole["components"].clone();
        close(&mut strict);
        Self { whole, strict, validators: Mutex::default() }
    }

    /// All of it.
    pub(crate) fn whole(&self) -> &Value {
        &self.whole
    }

    /// What it says of one operation.
    pub(crate) fn entry(&self, entry: &Entry) -> &Value {
        let described = &self.whole["paths"][format!("/v1{}", entry.path)][entry.method.as_str().to_lowercase()];
        assert_eq!(described["operationId"], entry.name, "the operation is documented");
        described
    }

    /// The fields of an operation's body and the schema of each.
    pub(crate) fn body(&self, entry: &Entry) -> Vec<(String, Value)> {
        let fields = &self.body_schema(entry)["properties"];
        fields.as_object().into_iter().flatten().map(|(name, schema)| (name.clone(), schema.clone())).collect()
    }

    /// The fields that an operation's body cannot do without.
    pub(crate) fn required(&self, entry: &Entry) -> Vec<String> {
        let names = self.body_schema(entry)["required"].as_array().into_iter().flatten();
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The schema of an operation's body.
    pub(crate) fn body_schema(&self, entry: &Entry) -> &Value {
        &self.entry(entry)["requestBody"]["content"]["application/json"]["schema"]
    }

    /// The fields of an operation's query and the schema of each.
    pub(crate) fn query(&self, entry: &Entry) -> Vec<(String, Value)> {
        let fields = self.entry(entry)["parameters"].as_array().into_iter().flatten();
        let fields = fields.filter(|field| field["in"] == "query");
        fields.map(|field| (field["name"].as_str().unwrap_or_default().to_owned(), field["schema"].clone())).collect()
    }

    /// Whether a schema of the document allows a value.
    pub(crate) fn allows(&self, schema: &Value, value: &Value) -> bool {
        self.errors(schema, value).is_empty()
    }

    /// The schema of every refusal.
    pub(crate) fn problem(&self) -> Value {
        self.whole["components"]["responses"]["Problem"]["content"]["application/problem+json"]["schema"].clone()
    }

    /// What a schema of the document has against a value.
    pub(crate) fn errors(&self, schema: &Value, value: &Value) -> Vec<String> {
        self.complaints("", schema, &self.whole["components"], value)
    }

    /// The same, where members that are not described are something to have against it.
    pub(crate) fn strict_errors(&self, schema: &Value, value: &Value) -> Vec<String> {
        let mut schema = schema.clone();
        close(&mut schema);
        self.complaints("strictly ", &schema, &self.strict, value)
    }

    fn complaints(&self, how: &str, schema: &Value, components: &Value, value: &Value) -> Vec<String> {
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        let made = validators.entry(format!("{how}{schema}")).or_insert_with(|| {
            let whole = json!({ "allOf": [schema], "components": components });
            jsonschema::draft202012::new(&whole).expect("the document's schemas are schemas")
        });
        made.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }
}

/// Has every object in a schema refuse what it does not describe.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            members.values_mut().for_each(close);
            if members.get("properties").is_some_and(Value::is_object) && !members.contains_key("additionalProperties")
            {
                members.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
