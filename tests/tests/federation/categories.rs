//! Categories across backends: who sees one is told of what is in it, and what follows it; nobody else hears of it.

use beep_client::{Cache, EventData};
use beep_tests::database::Engine;
use beep_tests::federation::realm::Realm;
use beep_tests::gateway::Gateway;
use beep_tests::people::Person;
use serde_json::{Value, json};

use crate::follower::Follower;

#[tokio::test(flavor = "multi_thread")]
async fn categories_are_told_across_backends_to_who_sees_them() {
    for engine in Engine::at_hand() {
        categories(engine).await;
    }
}

async fn categories(engine: Engine) {
    let (_realm, [home, away]) = Realm::of(engine, ["a", "b"]).await;
    let olga = home.sign_up("olga").await;
    let gustav = away.sign_up("gustav").await;
    let (server, _) = olga.community("public").await;
    let mut from_away = Follower::begin(&away.server, &gustav).await;
    gustav.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    let everyone = olga.everyone(&server).await;

    // What is in a category that is hidden is told as in none, by the owner and by the replica.
    let secret = json!({ "name": "Secrets", "kind": "category", "private_to": { "roles": [], "members": [] } });
    let secret = beep_tests::making::id(&olga.post(&format!("/servers/{server}/channels"), secret).await.expect(201));
    let inside = olga.make_channel_in(&server, &secret, "inside").await;
    let is_inside =
        |data: &EventData| matches!(data, EventData::ChannelCreated(state) if state.channel.id.to_string() == inside);
    let told = from_away.until("the channel", is_inside).await;
    let EventData::ChannelCreated(state) = told else { unreachable!("it was asked for") };
    assert_eq!(state.channel.parent_id, None);
    assert_eq!(gustav.get(&format!("/channels/{inside}")).await.expect(200)["parent_id"], Value::Null);
    from_away.is_up_to_date().await;

    // It opens, and closes again.
    let target = format!("member/{}", gustav.id);
    olga.overrides(&secret, &target, &["view_channels"], &[]).await;
    let is_told_again = |data: &EventData| matches!(data, EventData::ChannelUpdated(channel) if channel.id.to_string() == inside && channel.parent_id.is_some());
    from_away.until("the channel in its category", is_told_again).await;
    from_away.is_up_to_date().await;
    assert_eq!(parent_of(&from_away.cache, &inside), Some(secret.clone()));
    let gone = |data: &EventData| matches!(data, EventData::ChannelDeleted(gone) if gone.id.to_string() == secret);
    olga.delete(&format!("/channels/{secret}/overrides/{target}")).await.expect(204);
    from_away.until("the end of the category", gone).await;
    from_away.is_up_to_date().await;
    assert_eq!(parent_of(&from_away.cache, &inside), None);

    // What follows it is hidden and shown with it, by whomever it is changed.
    olga.put(&format!("/channels/{inside}/follow-parent"), json!({})).await.expect(200);
    let hidden = |data: &EventData| matches!(data, EventData::ChannelDeleted(gone) if gone.id.to_string() == inside);
    from_away.until("the end of the channel", hidden).await;
    let keeper = olga.make_role(&server, "keeper", 1, &["manage_channels"]).await;
    olga.give(&server, &gustav, &keeper).await;
    olga.overrides(&secret, &format!("role/{keeper}"), &["view_channels"], &[]).await;
    from_away.until("the channel", is_inside).await;
    from_away.is_up_to_date().await;
    let seen = gustav.get(&format!("/channels/{inside}")).await.expect(200);
    assert_eq!((&seen["parent_id"], &seen["follows_parent"]), (&json!(secret), &json!(true)));
    let refused = json!({ "allow": ["manage_messages"], "deny": [] });
    gustav
        .put(&format!("/channels/{secret}/overrides/role/{everyone}"), refused)
        .await
        .refused(403, "permission_denied");
    let lobby = gustav.make_category(&server, "Lobby").await;
    let place = |parent: &str| json!({ "channels": [{ "id": inside, "parent_id": parent, "position": 3 }] });
    gustav.put(&format!("/servers/{server}/channels/order"), place(&lobby)).await.expect(204);
    let moved = |data: &EventData| matches!(data, EventData::ChannelUpdated(channel) if channel.id.to_string() == inside && !channel.follows_parent);
    from_away.until("the new place", moved).await;
    // What his own role is allowed there he neither gives nor takes.
    let follow = format!("/channels/{inside}/follow-parent");
    gustav.put(&follow, json!({})).await.refused(403, "hierarchy");
    olga.put(&follow, json!({})).await.expect(200);
    gustav.delete(&follow).await.expect(204);
    gustav.put(&follow, json!({})).await.expect(200);
    gustav.delete(&format!("/channels/{lobby}")).await.expect(204);
    let left = |data: &EventData| matches!(data, EventData::ChannelDeleted(gone) if gone.id.to_string() == lobby);
    from_away.until("the end of the category", left).await;
    from_away.is_up_to_date().await;
    assert_eq!(parent_of(&from_away.cache, &inside), None);
    for (backend, person) in [(&home, &olga), (&away, &gustav)] {
        let fresh = snapshot(&backend.server, person).await;
        assert_eq!(parent_of(&fresh, &inside), None);
        assert!(!backend.server.log().contains("panicked"), "{}", backend.server.log());
    }
}

async fn snapshot(server: &beep_tests::server::Server, person: &Person) -> Cache {
    Cache::new(&Gateway::connect(server, person).await.1)
}

fn parent_of(cache: &Cache, channel: &str) -> Option<String> {
    let channel = cache.channel(&channel.parse().expect("an id")).expect("it is seen");
    channel.parent_id.as_ref().map(ToString::to_string)
}
