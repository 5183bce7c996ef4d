//! Where two clients differ in what they know, since the whole of it is too much to read.

use beep_client::Cache;
use serde_json::Value;

/// Asserts that two clients know the same.
#[track_caller]
pub fn same(told: &Cache, fresh: &Cache, what: &str) {
    assert!(told == fresh, "{what}: {:#?}", differences(told, fresh));
}

/// Where what a client was told differs from what a fresh snapshot says.
pub fn differences(told: &Cache, fresh: &Cache) -> Vec<String> {
    let known = |cache| serde_json::to_value(cache).expect("what is known can be written");
    let mut into = Vec::new();
    differ("", &known(told), &known(fresh), &mut into);
    into
}

fn differ(at: &str, told: &Value, fresh: &Value, into: &mut Vec<String>) {
    match (told, fresh) {
        (Value::Object(told), Value::Object(fresh)) => {
            for name in told.keys().chain(fresh.keys().filter(|name| !told.contains_key(*name))) {
                let part = |of: &serde_json::Map<_, _>| of.get(name).cloned().unwrap_or_default();
                differ(&format!("{at}/{name}"), &part(told), &part(fresh), into);
            }
        }
        _ if told != fresh => into.push(format!("{at}: told {told}, fresh {fresh}")),
        _ => {}
    }
}
