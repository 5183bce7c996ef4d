//! Categories: what is in them, who is told of them, in which order, and what follows them.

use beep_client::Cache;
use beep_proto::gateway::EventData;
use beep_tests::database::Engine;
use beep_tests::gateway::Gateway;
use beep_tests::making::{id, ids};
use beep_tests::people::Person;
use beep_tests::server::Server;
use serde_json::{Value, json};

async fn channel(who: &Person, channel: &str) -> Value {
    who.get(&format!("/channels/{channel}")).await.expect(200)
}

/// A server with somebody who manages its channels and somebody who does not.
async fn hall(server: &Server) -> (String, String, [Person; 3]) {
    let owner = Person::sign_up(server, "owner").await;
    let manager = Person::sign_up(server, "manager").await;
    let member = Person::sign_up(server, "member").await;
    let (hall, general) = owner.community("public").await;
    for who in [&manager, &member] {
        who.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
    }
    let manages = owner.make_role(&hall, "manages", 5, &["manage_channels"]).await;
    owner.give(&hall, &manager, &manages).await;
    (hall, general, [owner, manager, member])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_category_holds_channels_and_no_messages() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let (hall, general, [owner, _, member]) = hall(&server).await;
        let path = format!("/servers/{hall}/channels");
        let halls = owner.make_category(&hall, "Halls").await;
        let made = channel(&owner, &halls).await;
        assert_eq!(
            (&made["kind"], &made["parent_id"], &made["follows_parent"]),
            (&json!("category"), &Value::Null, &json!(false))
        );
        let inside = owner.make_channel_in(&hall, &halls, "inside").await;
        assert_eq!(channel(&member, &inside).await["parent_id"], json!(halls));

        // A category is in no other, and a channel in nothing but a category of its server.
        let elsewhere = owner.make_category(&owner.community("private").await.0, "Elsewhere").await;
        let nobody = beep_tests::chance::nobodys_id();
        for parent in
            [&general, &nobody, &elsewhere, &format!("{}@b.example.com", halls.split('@').next().unwrap_or_default())]
        {
            let refused = owner.post(&path, json!({ "name": "x", "parent_id": parent })).await;
            assert_eq!(refused.refused(422, "invalid_request")["errors"][0]["field"], "parent_id");
            let refused = owner.patch(&format!("/channels/{general}"), json!({ "parent_id": parent })).await;
            refused.refused(422, "invalid_request");
        }
        for more in [json!({ "parent_id": halls }), json!({ "topic": "words" }), json!({ "slow_mode_s": 5 })] {
            owner.patch(&format!("/channels/{halls}"), more.clone()).await.refused(422, "invalid_request");
            let mut body = json!({ "name": "x", "kind": "category" });
            body.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
            owner.post(&path, body).await.refused(422, "invalid_request");
        }
        owner.post(&path, json!({ "name": "x", "kind": "group" })).await.refused(422, "invalid_request");

        // Nothing is written there, and nothing read.
        owner
            .post(&format!("/channels/{halls}/messages"), json!({ "content": "hello" }))
            .await
            .refused(422, "invalid_request");
        for what in ["messages", "pins"] {
            owner.get(&format!("/channels/{halls}/{what}")).await.refused(422, "invalid_request");
            member.get(&format!("/channels/{halls}/{what}")).await.refused(422, "invalid_request");
        }
        owner.get(&format!("/channels/{halls}/events?after_seq=0")).await.expect(200);

        // Out of it and into it again; deleted, it leaves what was in it.
        let at = format!("/channels/{inside}");
        assert_eq!(owner.patch(&at, json!({ "name": "out" })).await.expect(200)["parent_id"], json!(halls));
        assert_eq!(owner.patch(&at, json!({ "parent_id": null })).await.expect(200)["parent_id"], Value::Null);
        assert_eq!(owner.patch(&at, json!({ "parent_id": halls })).await.expect(200)["parent_id"], json!(halls));
        owner.put(&format!("{at}/follow-parent"), json!({})).await.expect(200);
        owner.delete(&format!("/channels/{halls}")).await.expect(204);
        let left = channel(&member, &inside).await;
        assert_eq!((&left["parent_id"], &left["follows_parent"]), (&Value::Null, &json!(false)));
        owner.put(&format!("{at}/follow-parent"), json!({})).await.refused(409, "conflict");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_category_is_told_to_nobody() {
    let server = Server::shared(Engine::Sqlite).await;
    let (hall, _, [owner, manager, member]) = hall(&server).await;
    let (mut at_member, ready) = Gateway::connect(&server, &member).await;
    let mut cache = Cache::new(&ready);
    let secret = json!({ "name": "Secrets", "kind": "category", "private_to": { "roles": [], "members": [] } });
    let secret = id(&owner.post(&format!("/servers/{hall}/channels"), secret).await.expect(201));
    let inside = owner.make_channel_in(&hall, &secret, "inside").await;
    let hidden = |value: &Value| !value.to_string().contains(secret.split('@').next().expect("an id"));
    let created = at_member.event().await;
    cache.apply(&created);
    let EventData::ChannelCreated(state) = &created.data else { panic!("{created:?}") };
    assert_eq!((state.channel.id.to_string(), &state.channel.parent_id), (inside.clone(), &None));
    owner.patch(&format!("/channels/{inside}"), json!({ "topic": "of the house" })).await.expect(200);
    let updated = at_member.event().await;
    assert!(hidden(&serde_json::to_value(&updated).expect("JSON")), "{updated:?}");
    cache.apply(&updated);
    let told = [
        channel(&member, &inside).await,
        member.get(&format!("/servers/{hall}/channels")).await.expect(200),
        member.get(&format!("/channels/{inside}/events?after_seq=0")).await.expect(200),
        member.get("/events").await.expect(200),
    ];
    assert!(told.iter().all(hidden), "{told:?}");
    let refused = manager.patch(&format!("/channels/{inside}"), json!({ "parent_id": secret })).await;
    refused.refused(422, "invalid_request");
    manager.put(&format!("/channels/{inside}/follow-parent"), json!({})).await.refused(409, "conflict");
    // Who does not see it does not take a channel out of it either.
    for body in [json!({ "parent_id": null }), json!({ "parent_id": null, "position": 3 })] {
        assert_eq!(manager.patch(&format!("/channels/{inside}"), body).await.expect(200)["parent_id"], Value::Null);
    }
    cache.apply(&at_member.event().await);
    let places = json!({ "channels": [{ "id": inside, "parent_id": null, "position": 4 }] });
    manager.put(&format!("/servers/{hall}/channels/order"), places).await.expect(204);
    cache.apply(&at_member.event().await);
    assert_eq!(channel(&owner, &inside).await["parent_id"], json!(secret));

    // It opens: first it appears, then its channels are told again with it. It closes: the client finds out by itself.
    let fresh = async || Cache::new(&Gateway::connect(&server, &member).await.1);
    let target = format!("/channels/{secret}/overrides/member/{}", member.id);
    owner.put(&target, json!({ "allow": ["view_channels"], "deny": [] })).await.expect(200);
    for event in at_member
        .until(|data| matches!(data, EventData::ChannelUpdated(channel) if channel.id.to_string() == secret))
        .await
    {
        cache.apply(&event);
    }
    let now = cache.channel(&inside.parse().expect("an id")).expect("they see it");
    assert_eq!(now.parent_id.as_ref().map(ToString::to_string), Some(secret.clone()));
    assert_eq!(cache, fresh().await);
    owner.delete(&target).await.expect(204);
    let gone = at_member.event().await;
    assert!(matches!(&gone.data, EventData::ChannelDeleted(gone) if gone.id.to_string() == secret), "{gone:?}");
    cache.apply(&gone);
    assert_eq!(cache, fresh().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_made_whole_or_not_at_all() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let (hall, general, [owner, manager, member]) = hall(&server).await;
        let order = format!("/servers/{hall}/channels/order");
        let place = |id: &str, parent: Option<&str>, position: i32| json!({ "id": id, "parent_id": parent, "position": position });
        let [first, second] = [owner.make_category(&hall, "First").await, owner.make_category(&hall, "Second").await];
        let inside = owner.make_channel_in(&hall, &first, "inside").await;
        owner.put(&format!("/channels/{inside}/follow-parent"), json!({})).await.expect(200);
        let before = owner.get(&format!("/servers/{hall}/channels")).await.expect(200);
        let closed = json!({ "name": "closed", "private_to": { "roles": [], "members": [] } });
        let closed = id(&owner.post(&format!("/servers/{hall}/channels"), closed).await.expect(201));
        let denied = owner.make_channel(&hall, "denied").await;
        owner.overrides(&denied, &format!("member/{}", manager.id), &[], &["manage_channels"]).await;

        let ordered = async |who: &Person, places: Value| who.put(&order, json!({ "channels": places })).await;
        ordered(&member, json!([place(&general, None, 1)])).await.refused(403, "permission_denied");
        let moved = place(&general, Some(&second), 9);
        for (refused, status, code) in [
            (place(&general, None, 4), 422, "invalid_request"),
            (place(&closed, None, 4), 404, "not_found"),
            (place(&beep_tests::chance::nobodys_id(), None, 4), 404, "not_found"),
            (place(&denied, None, 40), 403, "permission_denied"),
            (place(&first, Some(&second), 4), 422, "invalid_request"),
            (place(&inside, Some(&general), 4), 422, "invalid_request"),
            (json!({ "id": inside, "position": 4 }), 422, "invalid_request"),
        ] {
            ordered(&manager, json!([moved, refused])).await.refused(status, code);
        }
        let now = manager.get(&format!("/servers/{hall}/channels")).await.expect(200);
        assert_eq!(now["items"].as_array().map(|items| items[..4].to_vec()), before["items"].as_array().cloned());

        // What is not named stays; what stays is not told, and follows on.
        let (mut live, _) = Gateway::connect(&server, &member).await;
        let denied_stays = channel(&owner, &denied).await;
        let stays =
            place(&denied, None, i32::try_from(denied_stays["position"].as_i64().expect("a number")).expect("small"));
        ordered(&manager, json!([moved, place(&inside, Some(&first), 7), place(&second, None, -1), stays]))
            .await
            .expect(204);
        for (which, position) in [(&general, 9), (&inside, 7), (&second, -1)] {
            let told = live.event().await;
            assert!(
                matches!(&told.data, EventData::ChannelUpdated(channel) if (&channel.id.to_string(), channel.position) == (which, position)),
                "{told:?}"
            );
        }
        assert_eq!(channel(&member, &denied).await["version"], denied_stays["version"]);
        assert_eq!(channel(&member, &inside).await["follows_parent"], json!(true));
        ordered(&manager, json!([place(&inside, Some(&second), 7)])).await.expect(204);
        assert_eq!(channel(&member, &inside).await["follows_parent"], json!(false));
        assert_eq!(channel(&member, &general).await["parent_id"], json!(second));
        ordered(&manager, json!([])).await.expect(204);
        let listed = ids(&member.get(&format!("/servers/{hall}/channels")).await.expect(200));
        assert_eq!(listed.first(), Some(&second), "by position");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_a_category_is_as_it_is() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let (hall, _, [owner, manager, member]) = hall(&server).await;
        let low = owner.make_role(&hall, "low", 1, &[]).await;
        let high = owner.make_role(&hall, "high", 9, &[]).await;
        let halls = owner.make_category(&hall, "Halls").await;
        let [one, other] =
            [owner.make_channel_in(&hall, &halls, "one").await, owner.make_channel_in(&hall, &halls, "other").await];
        let follow = |channel: &str| format!("/channels/{channel}/follow-parent");
        let at = |channel: &str, role: &str| format!("/channels/{channel}/overrides/role/{role}");
        let deny = json!({ "allow": [], "deny": ["attach_files"] });
        owner.put(&at(&halls, &low), deny.clone()).await.expect(200);
        member.put(&follow(&one), json!({})).await.refused(403, "permission_denied");
        let followed = manager.put(&follow(&one), json!({})).await.expect(200);
        assert_eq!(followed["overrides"], channel(&owner, &halls).await["overrides"]);
        assert_eq!(manager.put(&follow(&one), json!({})).await.expect(200), followed, "twice is once");

        // Every later change, each told as its own; the other channel stays.
        let (mut live, _) = Gateway::connect(&server, &member).await;
        manager.put(&at(&halls, &low), json!({ "allow": ["send_messages"], "deny": [] })).await.expect(200);
        for which in [&halls, &one] {
            let told = live.event().await;
            let EventData::ChannelUpdated(told) = &told.data else { panic!("{told:?}") };
            assert_eq!((&told.id.to_string(), told.overrides.len()), (which, 1));
        }
        assert_eq!(channel(&owner, &one).await["overrides"], channel(&owner, &halls).await["overrides"]);
        assert_eq!(channel(&owner, &other).await["overrides"], json!({}));
        manager.delete(&at(&halls, &low)).await.expect(204);
        assert_eq!(channel(&owner, &one).await["overrides"], json!({}));

        // Nobody takes over what they could not set, nor sets it on what follows.
        owner.put(&at(&halls, &low), json!({ "allow": ["manage_messages"], "deny": [] })).await.expect(200);
        let refused = manager.put(&follow(&other), json!({})).await.refused(403, "permission_denied");
        assert_eq!(refused["missing"], json!(["manage_messages"]));
        owner.put(&at(&halls, &low), deny.clone()).await.expect(200);
        owner.put(&at(&halls, &high), deny.clone()).await.expect(200);
        manager.put(&follow(&other), json!({})).await.refused(403, "hierarchy");
        owner.delete(&at(&halls, &high)).await.expect(204);
        manager
            .put(&at(&halls, &low), json!({ "allow": ["manage_webhooks"], "deny": [] }))
            .await
            .refused(403, "permission_denied");
        assert_eq!(channel(&owner, &one).await["overrides"], channel(&owner, &halls).await["overrides"]);

        // Somebody who has left stands in an override yet.
        owner.put(&format!("/channels/{halls}/overrides/member/{}", member.id), deny.clone()).await.expect(200);
        member.delete(&format!("/servers/{hall}/members/me")).await.expect(204);
        manager.put(&follow(&other), json!({})).await.expect(200);

        // An end by DELETE, by an override of one's own, and by leaving the category.
        manager.delete(&follow(&other)).await.expect(204);
        manager.delete(&follow(&other)).await.expect(204);
        let kept = channel(&owner, &other).await;
        assert_eq!(
            (&kept["follows_parent"], &kept["overrides"]),
            (&json!(false), &channel(&owner, &halls).await["overrides"])
        );
        let own = manager.put(&at(&one, &low), json!({ "allow": [], "deny": ["send_messages"] })).await.expect(200);
        assert_eq!(own["follows_parent"], json!(false));
        manager.put(&at(&halls, &low), json!({ "allow": [], "deny": [] })).await.expect(200);
        assert_eq!(channel(&owner, &one).await["overrides"], own["overrides"]);
        manager.put(&follow(&one), json!({})).await.expect(200);
        let out = manager.patch(&format!("/channels/{one}"), json!({ "parent_id": null })).await.expect(200);
        assert_eq!(
            (&out["follows_parent"], &out["overrides"]),
            (&json!(false), &channel(&owner, &halls).await["overrides"])
        );
    }
}
