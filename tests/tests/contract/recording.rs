//! What a backend answered, with everything that differs from run to run replaced by its place in the order.

use std::collections::{BTreeMap, BTreeSet};

use beep_tests::operation::{self, Entry};
use beep_tests::people::{Answer, Person, http};
use beep_tests::server::Server;
use serde_json::{Map, Value};

use crate::schema::Document;

/// Asks a backend, holds every answer against its document, and writes it down.
pub(crate) struct Recording<'a> {
    server: &'a Server,
    document: Document,
    known: BTreeMap<String, String>,
    /// What was asked and answered, one line each.
    pub(crate) lines: Vec<String>,
    /// The operations that succeeded.
    pub(crate) succeeded: BTreeSet<&'static str>,
}

impl<'a> Recording<'a> {
    /// Begins with nothing.
    pub(crate) async fn of(server: &'a Server) -> Self {
        let document = Document::of(server).await;
        let (known, lines, succeeded) = Default::default();
        Self { server, document, known, lines, succeeded }
    }

    /// Asks for an operation, as somebody or as nobody, and gives the body of the answer.
    pub(crate) async fn ask(&mut self, who: Option<&Person>, operation: &str, members: Value) -> Value {
        let entry = operation::named(operation);
        let asked = entry.with(&members);
        let mut request = http().request(asked.method.clone(), format!("{}/v1{}", self.server.url(), asked.path));
        if let Some(person) = who {
            request = request.bearer_auth(&person.token);
        }
        if let Some(body) = &asked.body {
            request = request.json(body);
        }
        let answer = Answer::read(request.send().await.expect("the server answers")).await;
        self.check(&entry, &answer, asked.body.as_ref());
        let name = who.map_or("nobody", |person| &person.name);
        let members = self.open(&entry, &members);
        let body = self.plain(&answer.body, "");
        let headers = self.headers(&answer);
        self.lines.push(format!("{name} {operation} {members} -> {} {headers} {body}", answer.status));
        next_millisecond().await;
        answer.body
    }

    /// Holds an answer against what the document says of its operation.
    fn check(&mut self, entry: &Entry, answer: &Answer, body: Option<&Value>) {
        let described = self.document.entry(entry).clone();
        let what = format!("{} answered {}: {}", entry.name, answer.status, answer.body);
        assert!(answer.headers.contains_key("x-request-id"), "{what}");
        let media = answer.headers.get("content-type").and_then(|value| value.to_str().ok());
        let answers = &described["responses"][answer.status.to_string()];
        if answers.is_null() {
            assert!(answer.status >= 400, "an undocumented success: {what}");
            assert_eq!(media, Some("application/problem+json"), "{what}");
            let errors = self.document.strict_errors(&self.document.problem(), &answer.body);
            assert!(errors.is_empty(), "{what}: {errors:?}");
            return;
        }
        match answers["content"]["application/json"].get("schema") {
            Some(schema) => {
                assert_eq!(media, Some("application/json"), "{what}");
                let errors = self.document.strict_errors(schema, &answer.body);
                assert!(errors.is_empty(), "{what}: {errors:?}");
            }
            None => assert!(answer.body.is_null() && entry.is_empty(), "{what}"),
        }
        if let (Some(body), Some(_)) = (body, described.get("requestBody")) {
            let errors = self.document.errors(self.document.body_schema(entry), body);
            assert!(errors.is_empty(), "{} took {body}: {errors:?}", entry.name);
        }
        self.succeeded.insert(entry.name);
    }

    /// The headers that say something of their own.
    fn headers(&mut self, answer: &Answer) -> String {
        let mut told = Vec::new();
        for name in ["cache-control", "content-type", "retry-after", "set-cookie", "www-authenticate"] {
            if let Some(value) = answer.headers.get(name).and_then(|value| value.to_str().ok()) {
                let secret = value.split_once("; ").filter(|(pair, _)| pair.starts_with("zuid="));
                told.push(
                    secret.map_or_else(|| format!("{name}: {value}"), |(_, rest)| format!("{name}: zuid=…; {rest}")),
                );
            }
        }
        format!("[{}]", told.join(", "))
    }

    /// What was asked for, without its secrets.
    fn open(&mut self, entry: &Entry, members: &Value) -> Value {
        let mut members = members.clone();
        for field in entry.fields.iter().filter(|field| field.secret) {
            if let Some(Value::String(secret)) = members.get_mut(field.name) {
                *secret = self.number(field.name, secret);
            }
        }
        self.plain(&members, "")
    }

    /// A value with placeholders for what differs from run to run; `name` is the member that it is of.
    fn plain(&mut self, value: &Value, name: &str) -> Value {
        match value {
            Value::Object(members) => {
                // The code of a refusal or of a field is a word; that of an invitation is made up.
                let problem = members.contains_key("detail");
                let plain = members.iter().map(|(name, value)| {
                    let kept = problem && name == "code";
                    (self.text(name), if kept { value.clone() } else { self.plain(value, name) })
                });
                let plain: BTreeMap<_, _> = plain.collect();
                Value::Object(Map::from_iter(plain))
            }
            Value::Array(items) => items.iter().map(|item| self.plain(item, name)).collect(),
            Value::String(text) => Value::String(match name {
                "access_token" | "refresh_token" => "<token>".to_owned(),
                "secret" | "otpauth_uri" | "qr_svg" | "recovery_codes" => "<secret>".to_owned(),
                "cursor" => "<cursor>".to_owned(),
                "next" if uuid::Uuid::try_parse(text).is_err() && text.parse::<u64>().is_err() => "<cursor>".to_owned(),
                // That of a request has its placeholder.
                "code" if text.starts_with('<') => text.clone(),
                "code" => self.number("code", text),
                _ if is_time(text) => "<time>".to_owned(),
                _ => self.text(text),
            }),
            other => other.clone(),
        }
    }

    /// A text with a placeholder for every id in it.
    fn text(&mut self, text: &str) -> String {
        let (mut plain, mut rest) = (String::new(), text);
        while let Some(found) = rest.get(..36).filter(|part| uuid::Uuid::try_parse(part).is_ok()).or_else(|| {
            let next = rest.chars().next()?;
            plain.push(next);
            rest = &rest[next.len_utf8()..];
            Some("")
        }) {
            if !found.is_empty() {
                let found = found.to_owned();
                plain.push_str(&self.number("id", &found));
                rest = &rest[36..];
            }
        }
        plain
    }

    /// The placeholder of something, by the order in which things of its kind appear.
    fn number(&mut self, kind: &str, of: &str) -> String {
        let count = self.known.values().filter(|known| known.starts_with(&format!("<{kind} "))).count();
        self.known.entry(of.to_owned()).or_insert_with(|| format!("<{kind} {}>", count + 1)).clone()
    }
}

fn is_time(text: &str) -> bool {
    text.len() == 24 && text.ends_with('Z') && serde_json::from_value::<beep_proto::time::Time>(text.into()).is_ok()
}

/// Waits for the next millisecond, so that what is made one after another has ids in that order on every machine.
async fn next_millisecond() {
    let begun = std::time::Instant::now();
    while begun.elapsed() < std::time::Duration::from_micros(1_100) {
        tokio::task::yield_now().await;
    }
}
