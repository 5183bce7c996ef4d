//! A peer with a valid certificate and bad intent: who it says its users are, what it says of its servers, and how it asks. What
//! it is asked it answers as others do, unless a story says otherwise.

use serde_json::{Value, json};

use crate::federation::fake::{Reaction, ReceivedEntry};
use crate::federation::peer::{Broken, Reply, Wire};

/// A user of a false backend, as it tells of them; the same name is always the same user.
pub fn user(domain: &str, name: &str) -> Value {
    json!({
        "id": user_id(domain, name),
        "username": name,
        "domain": domain,
        "display_name": null,
        "avatar": null,
        "bio": null,
        "created_at": "2026-01-01T00:00:00Z",
        "deleted": false,
    })
}

/// The id of a user of a false backend, made of the name.
pub fn user_id(domain: &str, name: &str) -> String {
    let sum = name.bytes().fold(0u64, |sum, octet| sum.wrapping_mul(31).wrapping_add(octet.into()));
    format!("01930000-0000-7000-8000-{:012x}@{domain}", sum & 0xffff_ffff_ffff)
}

/// Somebody as a member of a server of a false backend.
pub fn member(server: &str, user: &str) -> Value {
    json!({
        "server_id": server, "user": user, "profile": null, "nickname": null, "roles": [],
        "joined_at": "2026-01-01T00:00:00Z", "muted_until": null,
    })
}

/// Whose only user is `mallory`: how a backend of a domain answers where it does nothing wrong.
pub fn polite(domain: &str, heard: &ReceivedEntry) -> Reaction {
    match heard.path.as_str() {
        "/federation/meta/versions" => versions(),
        "/federation/users/by-ids" => Reaction::json(&json!({ "users": [user(domain, "mallory")] })),
        "/federation/users/by-handle" => Reaction::json(&user(domain, "mallory")),
        "/federation/events/on-events" => {
            let events = heard.body["events"].as_array().map_or(0, Vec::len) as u64;
            let first = heard.body["first_seq"].as_u64().unwrap_or(1);
            Reaction::json(&json!({ "acked_seq": first + events - 1 }))
        }
        _ => Reaction::problem(404, "not_found"),
    }
}

/// It says that it speaks the version that there is.
pub fn versions() -> Reaction {
    Reaction::json(&json!({ "supported": [1], "software": "evil" }))
}

/// It says that it has carried an operation out.
pub fn done(status: u16, body: &Value) -> Reaction {
    Reaction::json(&json!({ "status": status, "body": body }))
}

/// Has an operation carried out for a user of `origin`, by a call and under a key; without one where it is empty.
///
/// # Errors
/// There is no answer.
pub async fn perform(
    wire: &mut Wire,
    (origin, call): (&str, &str),
    actor: &str,
    operation: &str,
    arguments: Value,
    key: &str,
) -> Result<Reply, Broken> {
    let mut body = json!({ "actor": actor, "operation": operation, "arguments": arguments });
    if !key.is_empty() {
        body["idempotency_key"] = key.into();
    }
    wire.call(origin, call, &body).await
}
