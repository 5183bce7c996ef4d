//! What people make before a scenario begins: roles, channels, messages.

use serde_json::{Value, json};

use crate::operation::escaped;
use crate::people::Person;

impl Person {
    /// Makes a server, empty, and gives its id.
    pub async fn empty_server(&self, visibility: &str) -> String {
        let server = self.post("/servers", json!({ "name": "Cellar", "visibility": visibility })).await;
        id(&server.expect(201))
    }

    /// Makes a channel and gives its id.
    pub async fn make_channel(&self, server: &str, name: &str) -> String {
        id(&self.post(&format!("/servers/{server}/channels"), json!({ "name": name })).await.expect(201))
    }

    /// Makes a category and gives its id.
    pub async fn make_category(&self, server: &str, name: &str) -> String {
        let body = json!({ "name": name, "kind": "category" });
        id(&self.post(&format!("/servers/{server}/channels"), body).await.expect(201))
    }

    /// Makes a channel in a category and gives its id.
    pub async fn make_channel_in(&self, server: &str, category: &str, name: &str) -> String {
        let body = json!({ "name": name, "parent_id": category });
        id(&self.post(&format!("/servers/{server}/channels"), body).await.expect(201))
    }

    /// Makes a role and gives its id.
    pub async fn make_role(&self, server: &str, name: &str, position: i32, permissions: &[&str]) -> String {
        let body = json!({ "name": name, "position": position, "permissions": permissions });
        id(&self.post(&format!("/servers/{server}/roles"), body).await.expect(201))
    }

    /// The id of the role that every member has.
    pub async fn everyone(&self, server: &str) -> String {
        let roles = self.get(&format!("/servers/{server}/roles")).await.expect(200);
        let roles = roles["items"].as_array().cloned().unwrap_or_default();
        id(roles.iter().find(|role| role["everyone"] == true).expect("each server has the role"))
    }

    /// The ids of a whole list, read so many at a time.
    pub async fn pages(&self, path: &str, limit: usize) -> Vec<String> {
        let (mut read, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}?limit={limit}{cursor}")).await.expect(200);
            let part = ids(&page);
            assert!(part.len() <= limit, "{path}: {} items for a limit of {limit}", part.len());
            read.extend(part);
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return read,
            }
        }
    }

    /// Gives a role to a member.
    pub async fn give(&self, server: &str, member: &Person, role: &str) {
        self.put(&format!("/servers/{server}/members/{}/roles/{role}", member.id), json!({})).await.expect(204);
    }

    /// Sends a message and gives its id.
    pub async fn says(&self, channel: &str, content: &str) -> String {
        id(&self.post(&format!("/channels/{channel}/messages"), json!({ "content": content })).await.expect(201))
    }

    /// Allows and denies in a channel: `role/<id>` or `member/<id>`.
    pub async fn overrides(&self, channel: &str, target: &str, allow: &[&str], deny: &[&str]) {
        let body = json!({ "allow": allow, "deny": deny });
        self.put(&format!("/channels/{channel}/overrides/{target}"), body).await.expect(200);
    }

    /// What somebody may do, by the backend's own account, in a server or one channel of it.
    pub async fn may(&self, server: &str, channel: Option<&str>) -> Vec<String> {
        let query = channel.map_or_else(String::new, |channel| format!("?channel={}", escaped(channel)));
        let explained = self.get(&format!("/servers/{server}/permissions{query}")).await.expect(200);
        texts(&explained["permissions"])
    }
}

/// The id of a thing.
pub fn id(of: &Value) -> String {
    of["id"].as_str().expect("it has an id").to_owned()
}

/// The ids of a list's items.
pub fn ids(of: &Value) -> Vec<String> {
    of["items"].as_array().expect("it is a list").iter().map(id).collect()
}

/// The texts of a list.
pub fn texts(of: &Value) -> Vec<String> {
    let items = of.as_array().expect("it is a list").iter();
    items.map(|item| item.as_str().expect("it is a text").to_owned()).collect()
}
