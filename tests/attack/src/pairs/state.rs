//! All that a hall holds, told without what differs from one hall to the next: ids, codes and times.

use std::collections::BTreeMap;

use beep_tests::people::Person;
use serde_json::Value;

use super::hall::Cast;

/// What its owner and the two others see of it, in lines.
pub(super) async fn read(cast: &Cast, server: &str, channel: &str) -> Vec<String> {
    let lists = [
        format!("/servers/{server}"),
        format!("/servers/{server}/roles"),
        format!("/servers/{server}/channels"),
        format!("/servers/{server}/members"),
        format!("/servers/{server}/bans"),
        format!("/servers/{server}/invitations"),
        format!("/channels/{channel}/messages"),
        format!("/channels/{channel}/pins"),
    ];
    let asks = lists.iter().map(|path| cast.owner.get(path));
    let answers = futures_util::future::join_all(asks).await;
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for (name, person) in [("the owner", &cast.owner), ("the member", &cast.member), ("the stranger", &cast.stranger)] {
        names.insert(person.id.clone(), name.to_owned());
    }
    // The things are called as they are; roles and channels have other names than each other.
    for answer in &answers {
        for item in answer.body["items"].as_array().into_iter().flatten() {
            if let (Some(id), Some(name)) = (item["id"].as_str(), item["name"].as_str()) {
                names.insert(id.to_owned(), name.to_owned());
            }
        }
    }
    let mut lines = Vec::new();
    for (what, answer) in WHAT.iter().zip(&answers) {
        match answer.body["items"].as_array() {
            Some(items) => {
                let mut items: Vec<_> = items.iter().map(|item| format!("{what} {}", plain(item, &names))).collect();
                items.sort();
                lines.extend(items);
            }
            None if answer.status == 200 => lines.push(format!("{what} {}", plain(&answer.body, &names))),
            None => lines.push(format!("{what}: {}", answer.status)),
        }
    }
    for (who, person) in [("the member", &cast.member), ("the stranger", &cast.stranger)] {
        lines.push(format!("{who} {}", sees(person, server, channel).await));
    }
    lines
}

/// What somebody sees of a hall who may not see all of it.
async fn sees(person: &Person, server: &str, channel: &str) -> String {
    let paths = [format!("/servers/{server}/members/{}", person.id), format!("/channels/{channel}")];
    let asks = paths.iter().map(|path| person.get(path));
    let statuses: Vec<_> = futures_util::future::join_all(asks).await.iter().map(|answer| answer.status).collect();
    let received = person.get("/invitations").await.expect(200);
    let invited = received["items"].as_array().into_iter().flatten().any(|item| item["server"]["id"] == server);
    format!("is a member: {}, sees the channel: {}, is invited: {invited}", statuses[0], statuses[1])
}

/// A value with names for ids, and without what no two halls share.
fn plain(value: &Value, names: &BTreeMap<String, String>) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, _)| !ITS_OWN.contains(&name.as_str()));
            kept.map(|(name, value)| (named(name, names), plain(value, names))).collect()
        }
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(|item| plain(item, names)).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::String(text) => Value::String(named(text, names)),
        other => other.clone(),
    }
}

/// A text in which an id, alone or behind a colon, is a name.
fn named(text: &str, names: &BTreeMap<String, String>) -> String {
    let (before, id) = text.split_once(':').unwrap_or(("", text));
    names.get(id).map_or_else(|| text.to_owned(), |name| format!("{before} {name}").trim_start().to_owned())
}

const WHAT: [&str; 8] = ["server", "role", "channel", "member", "ban", "invitation", "message", "pin"];

/// What each hall has of its own.
const ITS_OWN: [&str; 9] =
    ["id", "code", "created_at", "edited_at", "joined_at", "pinned_at", "server_id", "channel_id", "last_message_id"];
