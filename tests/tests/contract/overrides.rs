//! Overrides in a channel: what one may allow and deny there, to whom, and at whose cost.

use beep_proto::gateway::EventData;
use beep_tests::database::Engine;
use beep_tests::gateway::Gateway;
use beep_tests::making::id;
use beep_tests::people::Person;
use beep_tests::server::Server;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_no_way_around_the_rules() {
    let server = Server::shared(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let manager = Person::sign_up(&server, "manager").await;
    let member = Person::sign_up(&server, "member").await;
    let (hall, channel) = owner.community("public").await;
    for who in [&manager, &member] {
        who.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
    }
    let everyone = owner.everyone(&hall).await;
    let low = owner.make_role(&hall, "low", 1, &[]).await;
    let own = owner.make_role(&hall, "own", 5, &["manage_channels"]).await;
    let high = owner.make_role(&hall, "high", 9, &[]).await;
    owner.give(&hall, &manager, &own).await;
    let at = |target: &str| format!("/channels/{channel}/overrides/{target}");
    let (lowest, low) = (low.clone(), at(&format!("role/{low}")));
    let allow = |names: &[&str]| json!({ "allow": names, "deny": [] });
    let deny = |names: &[&str]| json!({ "allow": [], "deny": names });

    let refused = member.put(&low, deny(&["attach_files"])).await.refused(403, "permission_denied");
    assert_eq!(refused["missing"], json!(["manage_channels"]));
    let refused = member.post(&format!("/servers/{hall}/channels"), json!({ "name": "x" })).await;
    assert_eq!(refused.refused(403, "permission_denied")["missing"], json!(["manage_channels"]));

    // An allow of what the actor lacks, and the end of a deny of it.
    let refused = manager.put(&low, allow(&["manage_messages"])).await.refused(403, "permission_denied");
    assert_eq!(refused["missing"], json!(["manage_messages"]));
    manager.put(&low, deny(&["manage_messages", "manage_webhooks"])).await.expect(200);
    manager.put(&low, deny(&["manage_messages"])).await.refused(403, "permission_denied");
    manager.delete(&low).await.refused(403, "permission_denied");
    owner.delete(&low).await.expect(204);
    manager.put(&low, allow(&["send_messages", "manage_channels"])).await.expect(200);
    manager.delete(&low).await.expect(204);
    manager.delete(&low).await.expect(204);

    // On a role or a member at or above the actor; on the owner; on who is nobody here.
    for target in [format!("role/{own}"), format!("role/{high}"), format!("member/{}", owner.id)] {
        manager.put(&at(&target), deny(&["attach_files"])).await.refused(403, "hierarchy");
        manager.delete(&at(&target)).await.refused(403, "hierarchy");
    }
    owner.give(&hall, &member, &high).await;
    manager.put(&at(&format!("member/{}", member.id)), deny(&["attach_files"])).await.refused(403, "hierarchy");
    owner.delete(&format!("/servers/{hall}/members/{}/roles/{high}", member.id)).await.expect(204);
    let changed = manager.put(&at(&format!("member/{}", member.id)), deny(&["attach_files"])).await.expect(200);
    let told = json!({ format!("member:{}", member.id): { "allow": [], "deny": ["attach_files"] } });
    assert_eq!(changed["overrides"], told);
    let stranger = Person::sign_up(&server, "stranger").await;
    owner.put(&at(&format!("member/{}", stranger.id)), deny(&["attach_files"])).await.refused(404, "not_found");
    manager.delete(&at(&format!("member/{}", member.id))).await.expect(204);

    // A stale version hears what the channel became.
    let seen = owner.get(&format!("/channels/{channel}")).await.expect(200);
    let version = seen["version"].clone();
    let with = |mut body: Value, version: &Value| {
        body["version"] = version.clone();
        body
    };
    let changed = manager.put(&low, with(deny(&["attach_files"]), &version)).await.expect(200);
    let refused = owner.put(&low, with(deny(&[]), &version)).await.refused(409, "conflict");
    assert_eq!(refused["current"], changed);
    let refused = owner.patch(&format!("/channels/{channel}"), json!({ "name": "x", "version": version })).await;
    assert_eq!(refused.refused(409, "conflict")["current"], changed);

    // Denied in the channel, held in the server: what counts in a channel is what is held there.
    owner.overrides(&channel, &format!("role/{own}"), &[], &["manage_channels"]).await;
    manager.patch(&format!("/channels/{channel}"), json!({ "name": "mine" })).await.refused(403, "permission_denied");
    manager.delete(&format!("/channels/{channel}")).await.refused(403, "permission_denied");
    manager.put(&low, deny(&[])).await.refused(403, "permission_denied");
    let second = manager.post(&format!("/servers/{hall}/channels"), json!({ "name": "annex" })).await.expect(201);
    let second = second["id"].as_str().expect("an id").to_owned();

    // Whoever denies the view to all, and sees by nothing else, is out with the rest.
    let target = format!("/channels/{second}/overrides/role/{everyone}");
    manager.put(&target, deny(&["view_channels"])).await.expect(200);
    manager.get(&format!("/channels/{second}")).await.refused(404, "not_found");
    manager.delete(&target).await.refused(404, "not_found");
    owner.delete(&target).await.expect(204);
    manager.delete(&format!("/channels/{second}")).await.expect(204);
    owner.get(&format!("/channels/{second}")).await.refused(404, "not_found");

    // What was allowed already may stay, also with what implies it; what was not is not handed on by its other half.
    let both = json!({ "permissions": ["manage_channels", "manage_messages"] });
    owner.patch(&format!("/servers/{hall}/roles/{own}"), both).await.expect(200);
    let third = owner.make_channel(&hall, "cellar").await;
    owner.overrides(&third, &format!("role/{own}"), &[], &["send_messages"]).await;
    let target = format!("/channels/{third}/overrides/role/{lowest}");
    let refused = manager.put(&target, allow(&["manage_messages"])).await.refused(403, "permission_denied");
    assert_eq!(refused["missing"], json!(["send_messages"]));
    owner.put(&target, allow(&["send_messages"])).await.expect(200);
    manager.put(&target, allow(&["send_messages", "manage_messages"])).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_has_so_many_overrides() {
    let server = Server::shared(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let (hall, channel) = owner.community("private").await;
    let limits = owner.get("/backend").await.expect(200)["limits"].clone();
    let most = limits["overrides_per_channel"].as_u64().expect("a number");
    let at = |role: &str| format!("/channels/{channel}/overrides/role/{role}");
    let deny = json!({ "allow": [], "deny": ["attach_files"] });
    let mut roles = Vec::new();
    for number in 0..=most {
        roles.push(owner.make_role(&hall, &format!("role {number}"), 1, &[]).await);
    }
    let last = roles.pop().expect("there are some");
    for role in &roles {
        owner.put(&at(role), deny.clone()).await.expect(200);
    }
    owner.put(&at(&last), deny.clone()).await.refused(409, "conflict");
    owner.put(&at(&roles[0]), json!({ "allow": ["attach_files"], "deny": [] })).await.expect(200);
    owner.delete(&at(&roles[0])).await.expect(204);
    owner.put(&at(&last), deny).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_channel_is_hidden_from_the_start() {
    let server = Server::shared(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let manager = Person::sign_up(&server, "manager").await;
    let guest = Person::sign_up(&server, "guest").await;
    let plain = Person::sign_up(&server, "plain").await;
    let (hall, _) = owner.community("public").await;
    for who in [&manager, &guest, &plain] {
        who.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
    }
    let manages = owner.make_role(&hall, "manages", 5, &["manage_channels"]).await;
    let friends = owner.make_role(&hall, "friends", 1, &[]).await;
    let high = owner.make_role(&hall, "high", 9, &[]).await;
    owner.give(&hall, &manager, &manages).await;
    let (mut at_plain, _) = Gateway::connect(&server, &plain).await;
    let channels = format!("/servers/{hall}/channels");
    let private = |roles: &[&String], members: &[&String]| json!({ "name": "den", "private_to": { "roles": roles, "members": members } });

    let made = manager.post(&channels, private(&[&friends], &[])).await.expect(201);
    let den = id(&made);
    let everyone = owner.everyone(&hall).await;
    let view = |key: &str| json!({ key: ["view_channels"], if key == "allow" { "deny" } else { "allow" }: [] });
    assert_eq!(
        made["overrides"],
        json!({
            format!("role:{everyone}"): view("deny"),
            format!("role:{friends}"): view("allow"),
            format!("member:{}", manager.id): view("allow"),
        })
    );
    let den = format!("/channels/{den}");
    for who in [&owner, &manager] {
        who.get(&den).await.expect(200);
    }
    for who in [&guest, &plain] {
        who.get(&den).await.refused(404, "not_found");
    }
    owner.give(&hall, &guest, &friends).await;
    guest.get(&den).await.expect(200);
    // Who may not see it was told of nothing but the role that somebody has now.
    assert_eq!(at_plain.event().await.data.kind(), "member.updated");

    let made = owner.post(&channels, private(&[], &[&plain.id])).await.expect(201);
    plain.get(&format!("/channels/{}", id(&made))).await.expect(200);
    assert!(matches!(at_plain.event().await.data, EventData::ChannelCreated(_)));
    guest.get(&format!("/channels/{}", id(&made))).await.refused(404, "not_found");
    manager.post(&channels, private(&[&high], &[])).await.refused(403, "hierarchy");
    manager.post(&channels, private(&[], &[&owner.id])).await.refused(403, "hierarchy");
    manager.post(&channels, private(&[], &[&beep_tests::chance::nobodys_id()])).await.refused(404, "not_found");
    let half = json!({ "name": "den", "private_to": { "roles": [] } });
    owner.post(&channels, half).await.refused(422, "invalid_request");
    let alone = owner.post(&channels, private(&[], &[])).await.expect(201);
    manager.get(&format!("/channels/{}", id(&alone))).await.refused(404, "not_found");
}
