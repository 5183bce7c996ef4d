//! The operations of the OpenAPI document as TypeScript.

use std::collections::BTreeMap;
use std::fmt::Write;

use beep_proto::operation::{self, Listed};
use serde_json::{Map, Value, json};

use crate::declare;

/// One operation, as the document describes it.
struct Call<'a> {
    method: String,
    entry: &'a Value,
}

/// The declarations of everything that travels and of every operation.
pub(crate) fn declarations(document: &Value) -> String {
    let schemas = document["components"]["schemas"].as_object().expect("the document has schemas");
    let mut text = HEAD.to_owned();
    for (name, schema) in schemas.iter().filter(|(name, _)| !FRAMES.contains(&name.as_str())) {
        text += "\n";
        text += &declare::definition(name, schema);
    }
    text += EVENTS;

    let areas = areas(document);
    let mut table = String::from(
        "\n/** Every operation, by area. `Options` is what a call takes beside its input. */\n\
         export interface Operations<Options> {\n",
    );
    for (area, calls) in &areas {
        let _ = writeln!(table, "  {area}: {{");
        for call in calls {
            let name = format!("{}{}Input", capital(area), capital(&call.method));
            let (optional, input_type) = match call.input() {
                Some((members, required)) => {
                    let listed = members.iter().map(|(name, schema)| {
                        (name.as_str(), schema, required.iter().any(|required| required == name))
                    });
                    let _ = writeln!(
                        text,
                        "\n/** What `{area}.{}` takes. */\nexport interface {name} {}",
                        call.method,
                        declare::members(listed, "")
                    );
                    (if required.is_empty() { "?" } else { "" }, name.as_str())
                }
                None => ("?", "Record<string, never>"),
            };
            table += &declare::comment(Some(&call.said()), "    ");
            let _ = writeln!(
                table,
                "    {}(input{optional}: {input_type}, options?: Options): Promise<{}>;",
                call.method,
                call.answer()
            );
        }
        table += "  };\n";
    }
    text + &table + "}\n"
}

/// The names of the operations by area, as a script: what the methods are made of.
pub(crate) fn list(document: &Value) -> String {
    let mut text = "// Generated from the table of operations.\nexport const OPERATIONS = {\n".to_owned();
    for (area, calls) in areas(document) {
        let _ = writeln!(text, "  {area}: {{");
        for call in calls {
            let _ = writeln!(text, "    {}: {},", call.method, call.entry["operationId"]);
        }
        text += "  },\n";
    }
    text + "};\n"
}

/// The operations that SDKs have methods for, in the order of their names.
fn areas(document: &Value) -> BTreeMap<&str, Vec<Call<'_>>> {
    let mut areas: BTreeMap<&str, Vec<Call<'_>>> = BTreeMap::new();
    let paths = document["paths"].as_object().expect("the document has paths");
    for entry in paths.values().filter_map(Value::as_object).flat_map(Map::values) {
        let name = entry["operationId"].as_str().expect("every operation has a name");
        let (area, method) = name.split_once('.').expect("a name is an area and a method");
        if CALLS.contains(&name) {
            areas.entry(area).or_default().push(Call { method: camel(method), entry });
        }
    }
    for calls in areas.values_mut() {
        calls.sort_by(|one, other| one.method.cmp(&other.method));
    }
    areas
}

macro_rules! calls {
    ($($area:ident { $($method:ident: $operation:ident),+ $(,)? })+) => {
        &[$($(<operation::$area::$operation as Listed>::NAME),+),+]
    };
}

/// The names of the operations that SDKs have methods for.
const CALLS: &[&str] = beep_proto::for_each_call!(calls);

impl Call<'_> {
    /// The members of the input and the names of those that are required; `None` if there are none.
    fn input(&self) -> Option<(Map<String, Value>, Vec<String>)> {
        let (mut members, mut required) = (Map::new(), Vec::new());
        for parameter in self.entry["parameters"].as_array().into_iter().flatten() {
            let Some(name) = parameter["name"].as_str() else { continue }; // the idempotency key is the SDK's
            let mut schema = parameter["schema"].clone();
            if let (Some(schema), Some(description)) = (schema.as_object_mut(), parameter.get("description")) {
                schema.insert("description".to_owned(), description.clone());
            }
            members.insert(name.to_owned(), schema);
            if parameter["required"] == json!(true) {
                required.push(name.to_owned());
            }
        }
        let body = &self.entry["requestBody"]["content"]["application/json"]["schema"];
        for (name, schema) in body["properties"].as_object().into_iter().flatten() {
            members.insert(name.clone(), schema.clone());
        }
        required.extend(body["required"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
        (!members.is_empty()).then_some((members, required))
    }

    fn answer(&self) -> String {
        let responses = self.entry["responses"].as_object().expect("every operation has answers");
        let good = responses.iter().find(|(status, _)| status.starts_with('2')).expect("one of them is good").1;
        match good["content"]["application/json"].get("schema") {
            Some(schema) => declare::of(schema, "    "),
            None => "void".to_owned(),
        }
    }

    fn said(&self) -> String {
        let part = |name: &str| self.entry[name].as_str().unwrap_or_default();
        match part("description") {
            "" => part("summary").to_owned(),
            more => format!("{}\n\n{more}", part("summary")),
        }
    }
}

/// `resend_activation` as `resendActivation`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| text + &capital(word))
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

/// What the gateway's two sides say, which the SDK keeps to itself.
const FRAMES: [&str; 7] = ["At", "ClientFrame", "Closing", "Hello", "Refresh", "Resync", "ServerFrame"];

const HEAD: &str = "// Generated from the table of operations and the schemas of what they carry.\n";

const EVENTS: &str = "
/** The types of events that this release knows. */
export type EventType = Event[\"type\"];

/** The event of one type. */
export type EventOf<Type extends EventType> = Extract<Event, { type: Type }>;

/** One permission. */
export type Permission = Permissions[number];
";
