//! The audit log of a server names who changed it, wherever they are, and is read from everywhere by who may.

use beep_tests::database::Engine;
use beep_tests::federation::realm::Realm;
use beep_tests::making::id;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn what_members_elsewhere_change_is_in_the_log_of_the_owner() {
    let (_realm, [a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let (olga, gustav) = (a.sign_up("olga").await, b.sign_up("gustav").await);
    let (server, channel) = olga.community("public").await;
    gustav.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    let path = format!("/servers/{server}/audit-log");
    gustav.get(&path).await.refused(403, "permission_denied");
    let role = olga.make_role(&server, "keeper", 1, &["manage_server", "manage_messages"]).await;
    olga.give(&server, &gustav, &role).await;
    let created = json!({ "server": server, "name": "den", "reason": "quiet" });
    let den = id(&gustav.call("channels.create", created).await.expect(201));
    let said = olga.says(&channel, "noise").await;
    let deleted = json!({ "channel": channel, "message": said, "reason": "noise" });
    gustav.call("messages.delete", deleted).await.expect(204);
    let theirs = format!("{path}?actor={}", gustav.id);
    let at_home = olga.get(&theirs).await.expect(200);
    assert_eq!(gustav.get(&theirs).await.expect(200), at_home, "it is read from elsewhere too");
    let entries = at_home["items"].as_array().expect("items");
    let told: Vec<_> = entries.iter().map(|of| (&of["action"], &of["target"], &of["reason"], &of["actor"])).collect();
    let expected = [
        (json!("messages.delete"), json!({ "kind": "message", "id": said }), json!("noise")),
        (json!("channels.create"), json!({ "kind": "channel", "id": den }), json!("quiet")),
    ];
    let by = json!(gustav.id);
    assert_eq!(told, expected.iter().map(|(action, target, reason)| (action, target, reason, &by)).collect::<Vec<_>>());
    // A name without a backend is of the backend of who asks.
    let bare = gustav.id.split('@').next().expect("an id");
    assert_eq!(gustav.get(&format!("{path}?actor={bare}")).await.expect(200), at_home);
    assert_eq!(olga.get(&format!("{path}?actor={bare}")).await.expect(200)["items"], json!([]));
    let roles = gustav.get(&format!("{path}?target={bare}")).await.expect(200);
    let given: Vec<&Value> = roles["items"].as_array().expect("items").iter().map(|of| &of["action"]).collect();
    assert_eq!(given, ["members.assign_role"]);
    let page = gustav.get(&format!("{path}?limit=1")).await.expect(200);
    let next = page["next"].as_str().expect("there is more");
    let rest = gustav.get(&format!("{path}?cursor={next}")).await.expect(200);
    assert_eq!(rest["items"][0]["action"], "channels.create");
}
