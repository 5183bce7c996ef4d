//! A server or a group with one of everything, and those who are about to change it.

use std::collections::BTreeMap;

use beep_tests::making::id;
use beep_tests::people::Person;
use beep_tests::server::Server;
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use super::Outcome;
use super::act::{Act, Place, Who};
use super::state;

/// Who plays; each of them asks over connections of their own.
pub(super) struct Cast {
    pub(super) owner: Person,
    pub(super) member: Person,
    pub(super) stranger: Person,
    pub(super) warden: Person,
    /// Who does nothing while the others do, and is suspended at times.
    guest: Mutex<Person>,
    /// Who asks while another asks: the owner over other connections.
    again: Person,
}

impl Cast {
    pub(super) async fn sign_up(server: &Server, number: usize) -> Self {
        let sign_up = async |name: &str| {
            let person = Person::sign_up(server, &format!("{name}{number}")).await;
            person.patch("/self", json!({ "direct_from": "everyone" })).await.expect(200);
            person
        };
        let owner = sign_up("owner").await;
        let again = owner.on_another_device().await;
        let warden = sign_up("warden").await;
        assert!(server.admin(&["grant", &warden.name, "application_administrator"]).await.status.success());
        let (member, stranger, guest) = (sign_up("member").await, sign_up("stranger").await, sign_up("guest").await);
        Self { owner, again, member, stranger, warden, guest: Mutex::new(guest) }
    }
}

/// Where a pair is played.
pub(super) struct Scene<'a> {
    cast: &'a Cast,
    place: Place,
    things: BTreeMap<&'static str, String>,
}

impl<'a> Scene<'a> {
    pub(super) async fn set(cast: &'a Cast, place: Place) -> Self {
        let things = match place {
            Place::Hall => hall(cast).await,
            Place::Parlour => parlour(cast).await,
        };
        let people = [("owner", &cast.owner), ("member", &cast.member), ("stranger", &cast.stranger)];
        let people = people.map(|(name, person)| (name, person.id.clone()));
        let things = things.into_iter().chain(people).chain([("emoji", "👍".to_owned())]).collect();
        Self { cast, place, things }
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
            Who::Warden => &self.cast.warden,
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

    /// What is there after all, once it was answered like this; the scene is cleared away.
    pub(super) async fn end(self, one: String, other: String) -> Outcome {
        let Self { cast, place, things } = self;
        let state = state::read(cast, place, &things).await;
        match place {
            Place::Hall => {
                let guest = cast.guest.lock().await;
                let free = cast.warden.delete(&format!("/admin/users/{}/suspension", guest.id)).await.status;
                let cleared = cast.owner.delete(&format!("/servers/{}", things["server"])).await.status;
                assert!([204, 404].contains(&cleared) && [204, 404].contains(&free), "it is cleared away: {cleared}");
            }
            Place::Parlour => {
                for person in [&cast.owner, &cast.member, &cast.stranger] {
                    let left = person.delete(&format!("/channels/{}/members/me", things["channel"])).await.status;
                    assert!([204, 404].contains(&left), "it is cleared away: {left}");
                }
                let unblocked = cast.stranger.delete(&format!("/blocks/{}", cast.owner.id)).await.status;
                assert!([204, 404].contains(&unblocked), "it is cleared away: {unblocked}");
            }
        }
        Outcome { one, other, state }
    }
}

/// A server of the owner with a category that its channel is in and follows, where the member has a role and wrote a message, to
/// which the owner reacted, and into which the stranger is invited: by the owner, and with the code of the guest.
async fn hall(cast: &Cast) -> Vec<(&'static str, String)> {
    let Cast { owner, member, stranger, guest, .. } = cast;
    let mut guest = guest.lock().await;
    // Whoever was suspended is signed out.
    if guest.get("/self").await.status == 401 {
        *guest = guest.on_another_device().await;
    }
    let (server, channel) = owner.community("public").await;
    for person in [member, &guest] {
        person.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    }
    let role = owner.make_role(&server, "keeper", 1, &["view_channels"]).await;
    owner.give(&server, member, &role).await;
    let porter = owner.make_role(&server, "porter", 2, &["manage_invitations"]).await;
    owner.give(&server, &guest, &porter).await;
    let wing = owner.make_category(&server, "wing").await;
    owner.overrides(&wing, &format!("role/{role}"), &["view_channels"], &[]).await;
    owner.overrides(&wing, &format!("member/{}", member.id), &["send_messages"], &[]).await;
    owner.patch(&format!("/channels/{channel}"), json!({ "parent_id": wing })).await.expect(200);
    owner.put(&format!("/channels/{channel}/follow-parent"), json!({})).await.expect(200);
    let message = spoken(cast, &channel).await;
    let path = format!("/servers/{server}/invitations");
    let invitation = guest.post(&path, json!({ "max_uses": 1 })).await.expect(201);
    let code = invitation["code"].as_str().expect("a code").to_owned();
    let personal = id(&owner.post(&path, json!({ "user": stranger.id })).await.expect(201));
    vec![
        ("server", server),
        ("channel", channel),
        ("wing", wing),
        ("role", role),
        ("porter", porter),
        ("message", message),
        ("guest", guest.id.clone()),
        ("invitation", id(&invitation)),
        ("code", code),
        ("personal", personal),
        ("domain", "b.example.com".to_owned()),
    ]
}

/// A group of the owner and the member, who wrote a message.
async fn parlour(cast: &Cast) -> Vec<(&'static str, String)> {
    let group = json!({ "kind": "group", "users": [cast.member.id], "name": "Parlour" });
    let channel = id(&cast.owner.post("/channels", group).await.expect(201));
    let message = spoken(cast, &channel).await;
    vec![("channel", channel), ("message", message)]
}

/// Has the member write a message, to which the owner reacts.
async fn spoken(cast: &Cast, channel: &str) -> String {
    let message = cast.member.says(channel, "said before").await;
    let thumb = format!("/channels/{channel}/messages/{message}/reactions/👍/me");
    cast.owner.put(&thumb, json!({})).await.expect(204);
    message
}
