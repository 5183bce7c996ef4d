//! The table of operations as data, for tests that walk all of it or name one.

use std::ops::Deref;

use beep_proto::operation::{OPERATIONS, Spec, Specified};
use beep_proto::request;
use reqwest::Method;
use serde_json::{Map, Value};

/// What the table says of one operation.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The HTTP method.
    pub method: Method,
    /// All that is true of it.
    spec: Spec,
}

impl Deref for Entry {
    type Target = Spec;
    fn deref(&self) -> &Spec {
        &self.spec
    }
}

/// A request for an operation, ready to be sent.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The HTTP method.
    pub method: Method,
    /// Path and query below `/v1`, escaped.
    pub path: String,
    /// The body, where there is one.
    pub body: Option<Value>,
}

/// Every operation of the table but the raw ones, in its order.
pub fn all() -> Vec<Entry> {
    OPERATIONS.iter().map(|spec| Entry { method: method(spec), spec: *spec }).collect()
}

/// The fields that an operation cannot do without, with samples, so that it would be carried out.
pub fn sample(name: &str) -> Map<String, Value> {
    macro_rules! samples {
        ($($area:ident { $($method:ident: $struct:ident),* $(,)? })*) => {
            [$($( (<beep_proto::operation::$area::$struct>::SPEC.name, least::<beep_proto::operation::$area::$struct>()), )*)*]
        };
    }
    let found = beep_proto::for_each_operation!(samples).into_iter().find(|(known, _)| *known == name);
    found.unwrap_or_else(|| panic!("there is no operation `{name}`")).1
}

fn least<O: Specified>() -> Map<String, Value> {
    let [least, _] = O::samples();
    request::members(&least)
}

/// The operation with this name.
pub fn named(name: &str) -> Entry {
    let found = all().into_iter().find(|entry| entry.name == name);
    found.unwrap_or_else(|| panic!("there is no operation `{name}`"))
}

impl Entry {
    /// The names in the braces of the path.
    pub fn path_names(&self) -> impl Iterator<Item = &'static str> + use<> {
        request::path_names(self.path)
    }

    /// Asks with these members: those that the path names go there, the others into query or body.
    pub fn with(&self, members: &Value) -> Asked {
        let mut members = members.as_object().cloned().expect("members are an object");
        let path = self.fill(|name| {
            let value = members.remove(name);
            escaped(&text(&value.unwrap_or_else(|| panic!("`{}` needs `{name}`", self.name))))
        });
        self.beside(path, members)
    }

    /// The path with each name replaced by what `fill` gives for it, which is not escaped.
    pub fn fill(&self, mut fill: impl FnMut(&str) -> String) -> String {
        let mut path = String::new();
        let mut rest = self.path;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').expect("a brace in a path is closed");
            path.push_str(before);
            path.push_str(&fill(name));
            rest = after;
        }
        path + rest
    }

    /// Asks at a path, with members for query or body.
    pub fn beside(&self, path: String, members: Map<String, Value>) -> Asked {
        if self.method != Method::GET {
            let body = (!members.is_empty() || self.method != Method::DELETE).then_some(Value::Object(members));
            return Asked { method: self.method.clone(), path, body };
        }
        let query = members.iter().map(|(name, value)| format!("{name}={}", escaped(&text(value))));
        let query = query.collect::<Vec<_>>().join("&");
        let path = if query.is_empty() { path } else { format!("{path}?{query}") };
        Asked { method: self.method.clone(), path, body: None }
    }
}

/// Escapes a text for a path or query.
pub fn escaped(text: &str) -> String {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~@".contains(&octet);
    text.bytes()
        .map(|octet| if plain(octet) { char::from(octet).to_string() } else { format!("%{octet:02X}") })
        .collect()
}

fn method(spec: &Spec) -> Method {
    Method::from_bytes(spec.method.as_str().as_bytes()).expect("the table names HTTP methods")
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
