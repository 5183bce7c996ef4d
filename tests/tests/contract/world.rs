//! One server with one of everything, what each operation takes, and which ids it names.

use std::collections::BTreeMap;

use beep_proto::operation::Owner;
use beep_tests::chance::nobodys_id;
use beep_tests::making::id;
use beep_tests::operation::{self, Asked, Entry};
use beep_tests::people::Person;
use serde_json::{Map, Value, json};

/// The ids of one of everything, by the names that paths and fields give them.
#[derive(Clone, Debug)]
pub(crate) struct World {
    ids: BTreeMap<&'static str, String>,
}

impl World {
    /// Makes an empty server with a channel, a role, a message, an invitation and a member who may do nothing, and a friend
    /// request of the owner.
    pub(crate) async fn make(owner: &Person, member: &Person, visibility: &str) -> Self {
        let server = owner.empty_server(visibility).await;
        let category = owner.make_category(&server, "below").await;
        let channel = owner.make_channel(&server, "vault").await;
        let role = owner.make_role(&server, "keeper", 1, &["view_channels"]).await;
        let message = owner.says(&channel, "the treasure is under the stairs").await;
        let path = format!("/servers/{server}/invitations");
        let invitation = owner.post(&path, json!({})).await.expect(201);
        let code = invitation["code"].as_str().expect("a code").to_owned();
        member.accept(&code).await;
        let request = owner.post("/friend-requests", json!({ "username": member.name })).await.expect(201);
        let ids = [
            ("request", id(&request)),
            ("server", server),
            ("category", category),
            ("channel", channel),
            ("role", role),
            ("message", message),
            ("invitation", id(&invitation)),
            ("code", code),
            ("user", member.id.clone()),
            ("global_role", "user_moderator".to_owned()),
            ("report", nobodys_id()),
            ("domain", "b.example.com".to_owned()),
            ("emoji", "👍".to_owned()),
        ];
        Self { ids: ids.into() }
    }

    /// Ids that name nothing.
    pub(crate) fn nowhere() -> Self {
        let names = [
            "server",
            "category",
            "channel",
            "role",
            "message",
            "invitation",
            "code",
            "user",
            "session",
            "request",
            "report",
        ];
        let mut ids: BTreeMap<_, _> = names.into_iter().map(|name| (name, nobodys_id())).collect();
        ids.insert("global_role", "user_moderator".to_owned());
        ids.insert("domain", "b.example.com".to_owned());
        ids.insert("emoji", "👍".to_owned());
        Self { ids }
    }

    /// The id of one thing, by the name of a field.
    pub(crate) fn id(&self, field: &str) -> &str {
        let name = match field {
            "before" | "after" | "around" | "reply_to" => "message",
            "parent_id" => "category",
            "actor" => "user",
            other => other,
        };
        self.ids.get(name).unwrap_or_else(|| panic!("no test says what the id field `{field}` is: add it to World"))
    }

    /// This world with one more thing.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, id: &str) -> Self {
        self.ids.insert(name, id.to_owned());
        self
    }

    /// This world but for some things, which are those of another.
    pub(crate) fn but(&self, names: &[&str], of: &Self) -> Self {
        let mut ids = self.ids.clone();
        for (name, id) in &of.ids {
            if names.contains(name) {
                ids.insert(name, id.clone());
            }
        }
        Self { ids }
    }

    /// This world with every qualified id moved to another backend.
    pub(crate) fn elsewhere(&self) -> Self {
        let moved = |id: &String| id.replace("@localhost", "@b.example.com");
        Self { ids: self.ids.iter().map(|(name, id)| (*name, moved(id))).collect() }
    }

    /// A request for an operation on the things of this world, with some of its optional id fields.
    pub(crate) fn ask(&self, entry: &Entry, optional: &[String]) -> Asked {
        let mut members = members(entry);
        let path: Vec<_> = entry.path_names().map(str::to_owned).collect();
        for field in path.iter().chain(optional) {
            members.insert(field.clone(), json!(self.id(field)));
        }
        entry.with(&Value::Object(members))
    }
}

/// What an operation takes beside its ids, so that it would be carried out.
pub(crate) fn members(entry: &Entry) -> Map<String, Value> {
    let mut members = operation::sample(entry.name);
    entry.path_names().for_each(|name| drop(members.remove(name)));
    members
}

/// What an operation is about, which decides how it answers to those who may not know.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum About {
    /// Things of one server.
    Server,
    /// Things of one channel.
    Channel,
    /// An invitation, by its code.
    Code,
    /// The caller, or what anybody may see.
    Nothing,
}

/// What an operation is about: what its owner owns.
pub(crate) fn about(entry: &Entry) -> About {
    match entry.owner {
        Some(Owner::HomeOf("server")) => About::Server,
        Some(Owner::HomeOf("channel")) => About::Channel,
        Some(Owner::HomeOf("code")) => About::Code,
        Some(Owner::HomeOf(other)) => panic!("no test says what the owner of `{other}` hides: add it here"),
        Some(Owner::Backend(_) | Owner::PairWith(_)) | None => About::Nothing,
    }
}

/// The fields of query and body that hold an id, by what the backend's own document says of each operation.
pub(crate) fn optional_ids(document: &Value, entry: &Entry) -> Vec<String> {
    let described = &document["paths"][format!("/v1{}", entry.path)][entry.method.as_str().to_lowercase()];
    assert_eq!(described["operationId"], entry.name, "the operation is documented");
    let is_id =
        |schema: &Value| schema["$ref"].as_str().is_some_and(|name| name.ends_with("/Id") || name.ends_with("/IdRef"));
    let query = described["parameters"].as_array().into_iter().flatten();
    let query =
        query.filter(|field| field["in"] == "query" && is_id(&field["schema"])).map(|field| field["name"].as_str());
    let body = &described["requestBody"]["content"]["application/json"]["schema"]["properties"];
    let body = body.as_object().into_iter().flatten().filter(|(_, schema)| is_id(schema));
    query.flatten().map(str::to_owned).chain(body.map(|(name, _)| name.clone())).collect()
}

/// Every operation with the variants of its optional id fields: with none, and with each of them.
pub(crate) fn variants(document: &Value) -> Vec<(Entry, Vec<String>)> {
    let of = |entry: Entry| {
        let each = optional_ids(document, &entry).into_iter().map(|field| vec![field]);
        let all: Vec<_> = std::iter::once(Vec::new()).chain(each).collect();
        all.into_iter().map(move |optional| (entry.clone(), optional))
    };
    operation::all().into_iter().flat_map(of).collect()
}
