//! Reading an operation from the parts of a request, and writing one as parts.
//!
//! Path and query arrive as text, a body as JSON; an operation is all of them together. Whatever does not fit is
//! a [`Problem`] that names the field.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer;
use serde::de::DeserializeOwned;
use serde::de::value::MapDeserializer;
use serde_json::{Map, Value};

use crate::operation::{Arguments, Body, Method, Spec, Specified, masked_path};
use crate::problem::{ErrorCode, Problem};

mod argument;
mod refusal;

use argument::Argument;
use refusal::Refused;

/// Reads an operation from what its path, query and body say.
///
/// `path` and `query` are decoded already. A name in the path wins over the same name in query or body. Where the operation
/// takes a body, the query counts if it [may stand for it](Spec::takes_query) and there is none.
///
/// # Errors
/// `invalid_request` naming the field that is missing, malformed or of a wrong type.
pub fn read<O: Specified>(path: &[(&str, &str)], query: &[(String, String)], body: &[u8]) -> Result<O, Problem> {
    let says_nothing = body.iter().all(u8::is_ascii_whitespace);
    if O::SPEC.takes != Body::Json || O::SPEC.takes_query() && says_nothing {
        return read_parts(path, query);
    }
    let mut arguments = object(body)?;
    for (name, value) in path {
        arguments.insert((*name).to_owned(), Value::String((*value).to_owned()));
    }
    from(Argument::Json(Value::Object(arguments)))
}

/// Reads an operation that has no JSON body from what its path and query say.
///
/// # Errors
/// As [`read`].
pub fn read_parts<O: Arguments>(path: &[(&str, &str)], query: &[(String, String)]) -> Result<O, Problem> {
    let query = query.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let fresh = query.filter(|(name, _)| !path.iter().any(|(taken, _)| taken == name));
    let fields = path.iter().copied().chain(fresh).map(|(name, value)| (name, Argument::Text(value)));
    from::<O, _>(MapDeserializer::new(fields))
}

/// Reads an operation from all its members together, as it travels between backends.
///
/// # Errors
/// `invalid_request` naming the field that is missing, malformed or of a wrong type.
pub fn read_arguments<O: Arguments>(arguments: Value) -> Result<O, Problem> {
    from(Argument::Json(arguments))
}

/// The parts of a request that asks for an operation. They hold its secrets, and show none of their values in a log.
#[derive(Clone, PartialEq)]
pub struct Parts {
    /// The path below `/v1`, escaped.
    pub path: String,
    /// The query without its `?`, escaped; empty if there is none.
    pub query: String,
    /// The JSON body; `None` where there is nothing to say.
    pub body: Option<Value>,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("path", &masked_path(&self.path)).finish_non_exhaustive()
    }
}

/// A member that cannot stand in a path: an empty one, or dots that lead upwards, would ask for another operation.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{name}` is {value:?}, which cannot stand in a path")]
pub struct Unplaceable {
    /// The name of the member.
    pub name: String,
    /// What it is.
    pub value: String,
}

/// Writes an operation as the parts of a request.
///
/// # Errors
/// [`Unplaceable`] for a member of the path that is empty, `.` or `..`.
pub fn write<O: Specified>(operation: &O) -> Result<Parts, Unplaceable> {
    write_members(&O::SPEC, members(operation))
}

/// Writes the members of an operation as the parts of a request.
///
/// # Errors
/// [`Unplaceable`] for a member of the path that is missing, empty, `.` or `..`.
pub fn write_members(spec: &Spec, mut members: Map<String, Value>) -> Result<Parts, Unplaceable> {
    let mut path = String::new();
    let mut rest = spec.path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').expect("a brace in a path is closed");
        path.push_str(before);
        let value = members.remove(name).unwrap_or_default();
        let value = plain(&value);
        if matches!(&*value, "" | "." | "..") {
            return Err(Unplaceable { name: name.to_owned(), value: value.into_owned() });
        }
        escape(&mut path, &value);
        rest = after;
    }
    path.push_str(rest);
    if spec.takes == Body::Json {
        let body = (!members.is_empty() || matches!(spec.method, Method::Post | Method::Patch | Method::Put))
            .then_some(Value::Object(members));
        return Ok(Parts { path, query: String::new(), body });
    }
    let mut query = String::new();
    for (name, value) in members {
        if !query.is_empty() {
            query.push('&');
        }
        escape(&mut query, &name);
        query.push('=');
        escape(&mut query, &plain(&value));
    }
    Ok(Parts { path, query, body: None })
}

/// Writes all members of an operation together, as it travels between backends.
pub fn write_arguments<O: Arguments>(operation: &O) -> Value {
    Value::Object(members(operation))
}

/// The members of an operation by name.
pub fn members<O: Arguments>(operation: &O) -> Map<String, Value> {
    match serde_json::to_value(operation).expect("operations are objects with string keys") {
        Value::Object(members) => members,
        _ => unreachable!("operations are structs"),
    }
}

/// The names in the braces of a path.
pub fn path_names(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|part| part.split('}').next())
}

/// Whoever asks chooses the names in a path, so a long one is not repeated.
const MOST_PATH_OCTETS: usize = 100;

/// The deepest nesting of a body; ours need four levels.
pub const MAX_DEPTH: usize = 32;

fn object(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    if std::str::from_utf8(body).is_err() {
        return Err(malformed("the body is not UTF-8"));
    }
    if depth(body) > MAX_DEPTH {
        return Err(malformed("the body is nested too deeply"));
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(malformed("the body is not a JSON object")),
        Err(error) => Err(not_json(body, &error)),
    }
}

/// Says where a body stops being JSON, and in which field, if in one: half of a surrogate pair is no text either.
fn not_json(body: &[u8], error: &serde_json::Error) -> Problem {
    let place = format!("line {}, column {}", error.line(), error.column());
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let path =
        serde_path_to_error::deserialize::<_, Value>(&mut deserializer).map_err(|error| error.path().to_string());
    match path {
        Err(path) if error.is_syntax() && path != "." && path.len() <= MOST_PATH_OCTETS => {
            Problem::field(path, "malformed", format!("is not JSON, or no text: {place}"))
        }
        _ => malformed(format!("the body is not JSON: {place}")),
    }
}

/// How deeply brackets nest outside of strings.
fn depth(body: &[u8]) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0usize, 0, false, false);
    for octet in body {
        match octet {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn malformed(detail: impl Into<String>) -> Problem {
    Problem::new(ErrorCode::InvalidRequest, detail)
}

fn from<'de, T: DeserializeOwned, D: Deserializer<'de, Error = Refused>>(deserializer: D) -> Result<T, Problem> {
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let path = error.path().clone();
        error.into_inner().at(&path)
    })
}

/// A JSON value as text for a path or query.
fn plain(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => text.into(),
        Value::Null => "".into(),
        other => other.to_string().into(),
    }
}

/// Escapes all but the characters that stand for themselves anywhere in a URL (RFC 3986, 2.3), and `@`.
fn escape(into: &mut String, text: &str) {
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~@".contains(&octet) {
            into.push(char::from(octet));
        } else {
            into.push_str(&format!("%{octet:02X}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{Specified, messages, roles, servers};

    const ID: &str = "01932c07-209d-7cc9-a31d-5f3a1f1c0f6b";

    fn refusal<O: Specified>(path: &[(&str, &str)], query: &[(&str, &str)], body: &str) -> (String, String) {
        let query: Vec<_> = query.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let problem = read::<O>(path, &query, body.as_bytes()).expect_err("refused");
        assert_eq!(problem.code, ErrorCode::InvalidRequest);
        let first = problem.errors.into_iter().next();
        first.map_or((String::new(), problem.detail), |error| (error.field, error.code))
    }

    #[test]
    fn an_operation_is_path_query_and_body_together() {
        let list: messages::List = read(&[("channel", ID)], &[("limit".into(), "7".into())], b"").expect("valid");
        assert_eq!((list.channel.to_string().as_str(), list.limit), (ID, Some(7)));
        let send: messages::Send =
            read(&[("channel", ID)], &[], br#"{"content":"hi","unknown":[1],"channel":"ignored"}"#).expect("valid");
        assert_eq!((send.content.as_str(), send.nonce), ("hi", None));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let operation = servers::Discover::new().q("a b&c=é/?").limit(3u32);
        let parts = write(&operation).expect("ids stand in a path");
        assert_eq!(parts.path, "/servers/discover");
        let mut query: Vec<_> = parts.query.split('&').collect();
        query.sort_unstable(); // the order is serde_json's, and one of its features changes it
        assert_eq!(query, ["limit=3", "q=a%20b%26c%3D%C3%A9%2F%3F"]);
        let update = roles::Update::new(
            ID.parse::<crate::id::Ref<_>>().expect("valid"),
            ID.parse::<crate::id::Bare<_>>().expect("valid"),
        );
        let update = update.color(crate::text::Nullable::null());
        let parts = write(&update).expect("ids stand in a path");
        assert_eq!(parts.path, format!("/servers/{ID}/roles/{ID}"));
        assert_eq!(parts.body, Some(serde_json::json!({ "color": null })));
        let body = parts.body.expect("there").to_string();
        assert_eq!(read(&[("server", ID), ("role", ID)], &[], body.as_bytes()), Ok(update));
    }

    #[test]
    fn refusals_name_the_field() {
        let path = [("channel", ID)];
        assert_eq!(refusal::<messages::Send>(&path, &[], "{}"), ("content".into(), "missing".into()));
        assert_eq!(refusal::<messages::Send>(&path, &[], r#"{"content":1}"#), ("content".into(), "type".into()));
        let body = r#"{"content":"a"}"#;
        assert_eq!(refusal::<messages::Send>(&[("channel", "x")], &[], body), ("channel".into(), "malformed".into()));
        assert_eq!(refusal::<messages::List>(&path, &[("limit", "x")], ""), ("limit".into(), "type".into()));
        assert_eq!(refusal::<messages::List>(&path, &[("limit", "-1")], ""), ("limit".into(), "out_of_range".into()));
        let twice = [("limit", "1"), ("limit", "2")];
        assert_eq!(refusal::<messages::List>(&path, &twice, ""), ("limit".into(), "malformed".into()));
        let body = r#"{"name":"a","permissions":["view_channels","fly"]}"#;
        let at = [("server", ID)];
        assert_eq!(refusal::<roles::Create>(&at, &[], body), ("permissions[1]".into(), "unknown".into()));
        let body = r#"{"name":"a","visibility":"hidden"}"#;
        assert_eq!(refusal::<servers::Create>(&[], &[], body), ("visibility".into(), "unknown".into()));
    }

    #[test]
    fn arguments_of_a_peer_are_an_object() {
        let problem = read_arguments::<messages::Send>(serde_json::json!("x")).expect_err("refused");
        assert_eq!((problem.code, problem.errors), (ErrorCode::InvalidRequest, Vec::new()));
    }

    #[test]
    fn refuses_what_is_no_object() {
        for body in ["[]", "1", "{", "nul", &format!("{{\"content\":{}1{}}}", "[".repeat(100), "]".repeat(100))] {
            assert!(!refusal::<messages::Send>(&[("channel", ID)], &[], body).1.is_empty(), "{body}");
        }
        assert!(read::<messages::Send>(&[("channel", ID)], &[], b"{\"content\":\"\xff\"}").is_err());
    }

    #[test]
    fn nothing_in_a_path_leads_to_another_operation() {
        let spec = roles::Update::SPEC;
        for value in ["", ".", ".."] {
            let members = [("server", ID), ("role", value)].map(|(name, value)| (name.to_owned(), value.into()));
            let unplaceable = Unplaceable { name: "role".to_owned(), value: value.to_owned() };
            assert_eq!(write_members(&spec, members.into_iter().collect()), Err(unplaceable));
        }
        let members = [("server", ID), ("role", "../..")].map(|(name, value)| (name.to_owned(), value.into()));
        let parts = write_members(&spec, members.into_iter().collect()).expect("dots among others are escaped");
        assert_eq!(parts.path, format!("/servers/{ID}/roles/..%2F.."));
    }
}
