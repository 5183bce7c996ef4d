//! The audit log of a server: every change that moderates or administers leaves an entry, and nothing else does.

use std::collections::BTreeSet;

use beep_core::audit::AuditAction;
use beep_tests::database::Engine;
use beep_tests::making::{id, ids};
use beep_tests::people::{PASSWORD, Person};
use beep_tests::server::Server;
use serde_json::{Value, json};

async fn log(who: &Person, server: &str, query: &str) -> Vec<Value> {
    let page = who.get(&format!("/servers/{server}/audit-log{query}")).await.expect(200);
    page["items"].as_array().expect("items").clone()
}

/// The changes of an entry as `(field, before, after)`.
fn changes(entry: &Value) -> Vec<(&str, &Value, &Value)> {
    let changes = entry["changes"].as_array().expect("changes");
    changes.iter().map(|of| (of["field"].as_str().expect("a field"), &of["before"], &of["after"])).collect()
}

/// Does everything that leaves an entry, in the order of the log's actions, each for a reason that is its operation's name.
async fn do_everything(owner: &Person, other: &Person, stranger: &Person) -> (String, Vec<(&'static str, Value)>) {
    let server = owner.empty_server("public").await;
    let join = format!("/servers/{server}/join");
    other.post(&join, json!({})).await.expect(200);
    let everyone = owner.everyone(&server).await;
    let mut done: Vec<(&'static str, Value)> = Vec::new();
    let mut act = async |name: &'static str, mut members: Value, target: Option<&str>| {
        if !members.as_object().is_some_and(|members| members.contains_key("channel")) {
            members["server"] = json!(server);
        }
        members["reason"] = json!(name);
        let answer = owner.call(name, members).await;
        assert!(answer.status < 300, "{name}: {}", answer.body);
        let target = target.map_or_else(|| id(&answer.body), str::to_owned);
        done.push((name, json!(target)));
        target
    };
    act("servers.update", json!({ "name": "Hall" }), Some(&server)).await;
    let role = act("roles.create", json!({ "name": "keeper", "permissions": ["view_channels"] }), None).await;
    act(
        "roles.update",
        json!({ "role": everyone, "permissions": ["view_channels", "send_messages"] }),
        Some(&everyone),
    )
    .await;
    let usher = act("roles.create", json!({ "name": "usher", "permissions": [] }), None).await;
    act("roles.order", json!({ "roles": [usher, role] }), Some(&server)).await;
    let channel = act("channels.create", json!({ "name": "stage" }), None).await;
    act("channels.update", json!({ "channel": channel, "topic": "what is on" }), Some(&channel)).await;
    let of_role = json!({ "channel": channel, "role": role, "allow": [], "deny": ["send_messages"] });
    act("channels.put_role_override", of_role.clone(), Some(&channel)).await;
    act("channels.delete_role_override", json!({ "channel": channel, "role": role }), Some(&channel)).await;
    let of_member = json!({ "channel": channel, "user": other.id, "allow": ["manage_webhooks"], "deny": [] });
    act("channels.put_member_override", of_member, Some(&channel)).await;
    act("channels.delete_member_override", json!({ "channel": channel, "user": other.id }), Some(&channel)).await;
    let wing = act("channels.create", json!({ "name": "wing", "kind": "category" }), None).await;
    let places = json!([{ "id": channel, "parent_id": wing, "position": 5 }]);
    act("channels.order", json!({ "channels": places }), Some(&channel)).await;
    act("channels.follow_parent", json!({ "channel": channel }), Some(&channel)).await;
    act("channels.unfollow_parent", json!({ "channel": channel }), Some(&channel)).await;
    let said = other.says(&channel, "look at the treasure").await;
    let of_message = json!({ "channel": channel, "message": said });
    let of_thumb = json!({ "channel": channel, "message": said, "emoji": "👍" });
    other.call("reactions.put", of_thumb.clone()).await.expect(204);
    act("reactions.clear", of_thumb, Some(&said)).await;
    for operation in ["pins.put", "pins.delete", "messages.delete"] {
        act(operation, of_message.clone(), Some(&said)).await;
    }
    act("members.update", json!({ "user": other.id, "nickname": "Otter" }), Some(&other.id)).await;
    let given = json!({ "user": other.id, "role": role });
    act("members.assign_role", given.clone(), Some(&other.id)).await;
    act("members.remove_role", given, Some(&other.id)).await;
    let until = json!({ "user": other.id, "until": "2099-01-01T00:00:00.000Z" });
    act("members.mute", until, Some(&other.id)).await;
    act("members.unmute", json!({ "user": other.id }), Some(&other.id)).await;
    let invitation = act("invitations.create", json!({ "max_uses": 3 }), None).await;
    act("invitations.revoke", json!({ "invitation": invitation }), Some(&invitation)).await;
    act("bans.put", json!({ "user": stranger.id }), Some(&stranger.id)).await;
    act("bans.delete", json!({ "user": stranger.id }), Some(&stranger.id)).await;
    act("domain_bans.put", json!({ "domain": "b.example.com" }), Some("b.example.com")).await;
    act("domain_bans.delete", json!({ "domain": "b.example.com" }), Some("b.example.com")).await;
    act("channels.delete", json!({ "channel": channel }), Some(&channel)).await;
    act("roles.delete", json!({ "role": role }), Some(&role)).await;
    act("members.kick", json!({ "user": other.id }), Some(&other.id)).await;
    other.post(&join, json!({})).await.expect(200);
    act("servers.transfer", json!({ "user": other.id, "password": PASSWORD }), Some(&server)).await;
    (server, done)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_action_leaves_one_entry_with_its_reason() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let owner = Person::sign_up(&server, "owner").await;
        let other = Person::sign_up(&server, "other").await;
        let stranger = Person::sign_up(&server, "stranger").await;
        let (hall, mut done) = do_everything(&owner, &other, &stranger).await;
        let tried: BTreeSet<_> = done.iter().map(|(name, _)| *name).collect();
        // Those of moderators of the backend are tried with what else these do.
        let all = AuditAction::ALL.iter().map(|action| action.name());
        let all: BTreeSet<_> = all.filter(|name| !name.starts_with("admin.")).collect();
        assert_eq!(tried, all, "each action is tried");
        let entries = log(&other, &hall, "?limit=100").await;
        done.reverse();
        let told: Vec<_> = entries.iter().map(|of| (of["action"].clone(), of["target"]["id"].clone())).collect();
        let expected: Vec<_> = done.iter().map(|(name, target)| (json!(name), target.clone())).collect();
        assert_eq!(told, expected, "newest first, {engine:?}");
        for entry in &entries {
            assert_eq!((&entry["actor"], &entry["reason"]), (&json!(owner.id), &entry["action"]), "{entry}");
        }
        let of = |action: &str| entries.iter().find(|entry| entry["action"] == action).expect("it is there");
        let kind = |action: &str| of(action)["target"]["kind"].as_str().map(str::to_owned).expect("a kind");
        let kinds = ["servers.update", "bans.put", "roles.create", "channels.update", "invitations.create", "pins.put"];
        assert_eq!(kinds.map(kind), ["server", "user", "role", "channel", "invitation", "message"]);
        assert_eq!(changes(of("servers.update")), [("name", &json!("Cellar"), &json!("Hall"))]);
        let all_of_everyone = json!(["view_channels", "send_messages"]);
        assert_eq!(changes(of("roles.update")), [("permissions", &json!([]), &all_of_everyone)]);
        assert_eq!(changes(of("members.update")), [("nickname", &Value::Null, &json!("Otter"))]);
        assert_eq!(changes(of("members.mute")), [("muted_until", &Value::Null, &json!("2099-01-01T00:00:00.000Z"))]);
        assert_eq!(changes(of("servers.transfer")), [("owner", &json!(owner.id), &json!(other.id))]);
        let fields: Vec<_> = changes(of("channels.put_role_override")).into_iter().map(|(field, ..)| field).collect();
        assert!(fields.len() == 2 && fields.iter().all(|field| field.starts_with("overrides.role:")), "{fields:?}");
        // No entry holds what may not be known.
        let text = json!(entries).to_string();
        assert!(!text.contains("treasure") && !text.contains("\"code\"") && !text.contains(PASSWORD));
        // What was not made leaves none, and neither does what changes nothing.
        other.call("servers.update", json!({ "server": hall, "name": "Hall", "reason": "again" })).await.expect(200);
        other.call("members.kick", json!({ "server": hall, "user": stranger.id })).await.refused(404, "not_found");
        other
            .call("servers.update", json!({ "server": hall, "name": "x", "reason": "y".repeat(513) }))
            .await
            .refused(422, "invalid_request");
        assert_eq!(log(&other, &hall, "?limit=100").await, entries);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_do_to_themselves_leaves_none() {
    let server = Server::shared(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let other = Person::sign_up(&server, "other").await;
    let (hall, channel) = owner.community("public").await;
    other.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
    let said = other.says(&channel, "good morning").await;
    other.call("messages.edit", json!({ "channel": channel, "message": said, "content": "evening" })).await.expect(200);
    other.call("messages.delete", json!({ "channel": channel, "message": said })).await.expect(204);
    other.call("members.update", json!({ "server": hall, "user": other.id, "nickname": "Otter" })).await.expect(200);
    let own = owner.says(&channel, "mine").await;
    owner.call("messages.delete", json!({ "channel": channel, "message": own, "reason": "typo" })).await.expect(204);
    other.delete(&format!("/servers/{hall}/members/me")).await.expect(204);
    assert_eq!(log(&owner, &hall, "").await, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_read_by_who_may_and_in_parts() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let owner = Person::sign_up(&server, "owner").await;
        let keeper = Person::sign_up(&server, "keeper").await;
        let plain = Person::sign_up(&server, "plain").await;
        let stranger = Person::sign_up(&server, "stranger").await;
        let (hall, _) = owner.community("private").await;
        let code = owner.invite(&hall).await;
        for person in [&keeper, &plain] {
            person.accept(&code).await;
        }
        let role = owner.make_role(&hall, "keeper", 3, &["manage_server", "manage_members"]).await;
        owner.give(&hall, &keeper, &role).await;
        let path = format!("/servers/{hall}/audit-log");
        plain.get(&path).await.refused(403, "permission_denied");
        stranger.get(&path).await.refused(404, "not_found");
        for reason in ["one", "two"] {
            keeper.put(&format!("/servers/{hall}/bans/{}", stranger.id), json!({ "reason": reason })).await.expect(200);
        }
        let whole = keeper.get(&path).await.expect(200);
        let actions: Vec<_> = whole["items"].as_array().expect("items").iter().map(|of| of["action"].clone()).collect();
        let expected = ["bans.put", "bans.put", "members.assign_role", "roles.create", "invitations.create"];
        assert_eq!(actions, expected.map(Value::from));
        // A page goes on where the last one ended, whatever came meanwhile.
        let first = keeper.get(&format!("{path}?limit=2")).await.expect(200);
        owner.call("servers.update", json!({ "server": hall, "name": "Later" })).await.expect(200);
        let next = first["next"].as_str().expect("there is more");
        let second = keeper.get(&format!("{path}?limit=100&cursor={next}")).await.expect(200);
        assert_eq!([ids(&first), ids(&second)].concat(), ids(&whole));
        assert_eq!(second["next"], Value::Null);
        let bare = |id: &str| id.split('@').next().expect("an id").to_owned();
        for (query, count) in [
            (format!("?actor={}", keeper.id), 2),
            (format!("?actor={}", bare(&keeper.id)), 2),
            (format!("?actor={}", owner.id), 4),
            (format!("?actor={}", plain.id), 0),
            (format!("?target={}", keeper.id), 1),
            (format!("?target={}", bare(&stranger.id)), 2),
            (format!("?target={role}"), 1),
            ("?target=b.example.com".to_owned(), 0),
            ("?action=bans.put".to_owned(), 2),
            (format!("?action=bans.put&actor={}", owner.id), 0),
            (format!("?action=bans.put&actor={}&target={}", keeper.id, stranger.id), 2),
        ] {
            assert_eq!(log(&keeper, &hall, &query).await.len(), count, "{query}, {engine:?}");
        }
        for query in ["?action=fly", "?target=!", "?actor=x", "?cursor=x", "?limit=0"] {
            keeper.get(&format!("{path}{query}")).await.refused(422, "invalid_request");
        }
    }
}
