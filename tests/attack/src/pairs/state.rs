//! All that a scene holds, told without what differs from one to the next: ids, codes and times.

use std::collections::BTreeMap;

use beep_tests::people::Person;
use serde_json::Value;

use super::act::Place;
use super::scene::Cast;

/// What its owner and the two others see of it, in lines.
pub(super) async fn read(cast: &Cast, place: Place, things: &BTreeMap<&'static str, String>) -> Vec<String> {
    let channel = &things["channel"];
    match place {
        Place::Hall => {
            let server = &things["server"];
            let of_server = SERVER_HAS.map(|(what, path)| (what, format!("/servers/{server}{path}")));
            let lists: Vec<_> = of_server.into_iter().chain(of_channel(channel)).collect();
            let mut lines = seen_by(cast, &cast.owner, &lists, things).await;
            for (who, person) in [("the member", &cast.member), ("the stranger", &cast.stranger)] {
                lines.push(format!("{who} {}", sees(person, server, channel).await));
            }
            let suspended = cast.warden.get("/admin/users?suspended=true&limit=100").await.expect(200).to_string();
            lines.push(format!("the guest is suspended: {}", suspended.contains(&things["guest"])));
            lines
        }
        Place::Parlour => {
            let mut lines = Vec::new();
            for (who, person) in
                [("the owner", &cast.owner), ("the member", &cast.member), ("the stranger", &cast.stranger)]
            {
                let blocks = ("block", "/blocks".to_owned());
                let itself = ("channel", format!("/channels/{channel}"));
                let lists: Vec<_> = [blocks, itself].into_iter().chain(of_channel(channel)).collect();
                let seen = seen_by(cast, person, &lists, things).await;
                lines.extend(seen.into_iter().map(|line| format!("{who} sees {line}")));
                // Who is the first of those who take part may remove others.
                let shown = person.get(&format!("/channels/{channel}")).await.body;
                let first = shown["participants"][0].as_str().unwrap_or_default();
                lines.push(format!(
                    "{who} sees first of all {}",
                    things.iter().find(|(_, id)| *id == first).map_or("nobody", |(name, _)| name)
                ));
            }
            lines
        }
    }
}

/// What there is of a channel.
fn of_channel(channel: &str) -> [(&'static str, String); 2] {
    [("message", format!("/channels/{channel}/messages")), ("pin", format!("/channels/{channel}/pins"))]
}

/// What somebody sees of these.
async fn seen_by(
    cast: &Cast,
    who: &Person,
    lists: &[(&'static str, String)],
    things: &BTreeMap<&'static str, String>,
) -> Vec<String> {
    let asks = lists.iter().map(|(_, path)| who.get(path));
    let answers = futures_util::future::join_all(asks).await;
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for (name, person) in [("the owner", &cast.owner), ("the member", &cast.member), ("the stranger", &cast.stranger)] {
        names.insert(person.id.clone(), name.to_owned());
    }
    names.extend(things.get("guest").map(|id| (id.clone(), "the guest".to_owned())));
    // The things are called as they are; roles and channels have other names than each other.
    for answer in &answers {
        for item in answer.body["items"].as_array().into_iter().flatten() {
            if let (Some(id), Some(name)) = (item["id"].as_str(), item["name"].as_str()) {
                names.insert(id.to_owned(), name.to_owned());
            }
        }
    }
    let mut lines = Vec::new();
    for ((what, _), answer) in lists.iter().zip(&answers) {
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

/// What there is of a server, and where.
const SERVER_HAS: [(&str, &str); 6] = [
    ("server", ""),
    ("role", "/roles"),
    ("channel", "/channels"),
    ("member", "/members"),
    ("ban", "/bans"),
    ("invitation", "/invitations"),
];

/// What each scene has of its own.
const ITS_OWN: [&str; 10] = [
    "id",
    "code",
    "since",
    "created_at",
    "edited_at",
    "joined_at",
    "pinned_at",
    "server_id",
    "channel_id",
    "last_message_id",
];
