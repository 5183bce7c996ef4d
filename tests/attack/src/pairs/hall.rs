//! A server with one of everything, and those who are about to change it.

use std::collections::BTreeMap;

use beep_tests::making::id;
use beep_tests::people::Person;
use beep_tests::server::Server;
use serde_json::{Map, Value, json};

use super::Outcome;
use super::act::{Act, Who};
use super::state;

/// Who plays; each of them asks over connections of their own.
pub(super) struct Cast {
    pub(super) owner: Person,
    pub(super) member: Person,
    pub(super) stranger: Person,
    /// Who asks while another asks: the owner over other connections.
    again: Person,
}

impl Cast {
    pub(super) async fn sign_up(server: &Server, number: usize) -> Self {
        let sign_up = async |name: &str| Person::sign_up(server, &format!("{name}{number}")).await;
        let owner = sign_up("owner").await;
        let again = owner.on_another_device().await;
        Self { owner, again, member: sign_up("member").await, stranger: sign_up("stranger").await }
    }
}

/// A server of the owner with a category that its channel is in and follows, where the member has a role and wrote a message, to which the owner reacted, and into which the stranger is invited.
pub(super) struct Hall<'a> {
    cast: &'a Cast,
    things: BTreeMap<&'static str, String>,
}

impl<'a> Hall<'a> {
    pub(super) async fn make(cast: &'a Cast) -> Self {
        let Cast { owner, member, stranger, .. } = cast;
        let (server, channel) = owner.community("public").await;
        member.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
        let role = owner.make_role(&server, "keeper", 1, &["view_channels"]).await;
        owner.give(&server, member, &role).await;
        let porter = owner.make_role(&server, "porter", 2, &[]).await;
        let wing = owner.make_category(&server, "wing").await;
        owner.overrides(&wing, &format!("role/{role}"), &["view_channels"], &[]).await;
        owner.overrides(&wing, &format!("member/{}", member.id), &["send_messages"], &[]).await;
        owner.patch(&format!("/channels/{channel}"), json!({ "parent_id": wing })).await.expect(200);
        owner.put(&format!("/channels/{channel}/follow-parent"), json!({})).await.expect(200);
        let message = member.says(&channel, "said before").await;
        let thumb = format!("/channels/{channel}/messages/{message}/reactions/👍/me");
        owner.put(&thumb, json!({})).await.expect(204);
        let path = format!("/servers/{server}/invitations");
        let invitation = owner.post(&path, json!({ "max_uses": 1 })).await.expect(201);
        let code = invitation["code"].as_str().expect("a code").to_owned();
        let personal = id(&owner.post(&path, json!({ "user": stranger.id })).await.expect(201));
        let things = [
            ("server", server),
            ("channel", channel),
            ("wing", wing),
            ("role", role),
            ("porter", porter),
            ("message", message),
            ("member", member.id.clone()),
            ("stranger", stranger.id.clone()),
            ("invitation", id(&invitation)),
            ("code", code),
            ("personal", personal),
            ("domain", "b.example.com".to_owned()),
            ("emoji", "👍".to_owned()),
        ];
        Self { cast, things: things.into() }
    }

    /// Does something, and says how it was answered.
    pub(super) async fn perform(&self, act: &Act) -> String {
        let mut members: Map<String, Value> = self.named(&act.members).as_object().cloned().unwrap_or_default();
        for (name, thing) in &act.things {
            members.insert((*name).to_owned(), json!(self.things[thing]));
        }
        let who = match act.who {
            Who::Owner => &self.cast.again,
            Who::Member => &self.cast.member,
            Who::Stranger => &self.cast.stranger,
        };
        let asked = act.entry.with(&Value::Object(members));
        let answer = who.ask(asked.method, &asked.path, asked.body).await;
        format!(
            "{} {}",
            answer.status,
            answer.body["code"].as_str().filter(|_| answer.status >= 400).unwrap_or_default()
        )
    }

    /// A value with the ids of things for their names.
    fn named(&self, value: &Value) -> Value {
        match value {
            Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), self.named(value))).collect(),
            Value::Array(items) => items.iter().map(|item| self.named(item)).collect(),
            Value::String(text) => json!(self.things.get(text.as_str()).unwrap_or(text)),
            other => other.clone(),
        }
    }

    /// What is there after all, once it was answered like this; the hall is cleared away.
    pub(super) async fn end(self, one: String, other: String) -> Outcome {
        let server = &self.things["server"];
        let state = state::read(self.cast, server, &self.things["channel"]).await;
        let cleared = self.cast.owner.delete(&format!("/servers/{server}")).await.status;
        assert!([204, 404].contains(&cleared), "a hall is cleared away: {cleared}");
        Outcome { one, other, state }
    }
}
