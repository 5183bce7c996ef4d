//! What moderators of a backend decide holds for people of others too, and what people report stays at their home.

use beep_client::EventData;
use beep_tests::database::Engine;
use beep_tests::federation::realm::{Backend, Realm};
use beep_tests::making::{id, ids};
use beep_tests::people::Person;
use serde_json::json;

use crate::follower::Follower;

const LATER: &str = "2099-01-01T00:00:00.000Z";

async fn with_role(backend: &Backend, name: &str, role: &str) -> Person {
    let person = backend.sign_up(name).await;
    assert!(backend.server.admin(&["grant", &person.name, role]).await.status.success());
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn for_who_is_suspended_here_nothing_is_done_here() {
    let (_realm, [a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let keeper = with_role(&a, "keeper", "user_moderator").await;
    let (olga, gustav, gerda) = (a.sign_up("olga").await, b.sign_up("gustav").await, b.sign_up("gerda").await);
    let (server, channel) = olga.community("public").await;
    let (join, messages) = (format!("/servers/{server}/join"), format!("/channels/{channel}/messages"));
    for person in [&gustav, &gerda] {
        person.post(&join, json!({})).await.expect(200);
    }
    let inviter = olga.make_role(&server, "inviter", 1, &["manage_invitations"]).await;
    olga.give(&server, &gustav, &inviter).await;
    let code = gustav.invite(&server).await;
    let path = format!("/admin/users/{}/suspension", gustav.id);
    keeper.put(&path, json!({ "reason": "spam", "until": LATER })).await.expect(204);
    let refused = gustav.post(&messages, json!({ "content": "loud" })).await.refused(403, "account_suspended");
    assert_eq!(refused["until"], LATER);
    gustav.get(&messages).await.refused(403, "account_suspended");
    let request = json!({ "username": format!("{}@{}", olga.name, a.domain) });
    gustav.post("/friend-requests", request.clone()).await;
    assert_eq!(ids(&olga.get("/friend-requests?direction=incoming").await.expect(200)), Vec::<String>::new());
    let otto = a.sign_up("otto").await;
    otto.post(&format!("/invitations/{code}/accept"), json!({})).await.refused(404, "not_found");
    let listed = keeper.get("/admin/users?suspended=true").await.expect(200);
    assert_eq!(listed["items"][0]["user"]["id"], json!(gustav.id));
    // At home, and for others, nothing is different.
    gustav.get("/self").await.expect(200);
    gerda.says(&channel, "still here").await;
    // Whoever wants out is let go.
    gustav.delete(&format!("/servers/{server}/members/me")).await.expect(204);
    gustav.post(&join, json!({})).await.refused(403, "account_suspended");
    keeper.delete(&path).await.expect(204);
    gustav.post(&join, json!({})).await.expect(200);
    gustav.says(&channel, "back").await;
    // A moderator elsewhere is none here.
    let theirs = with_role(&b, "theirs", "application_administrator").await;
    theirs.post(&join, json!({})).await.expect(200);
    let restrict = format!("/admin/servers/{server}/restrictions/{}", olga.id);
    theirs.put(&restrict, json!({ "reason": "x" })).await.refused(404, "not_found");
    let suspend = format!("/admin/servers/{server}/suspension");
    theirs.put(&suspend, json!({ "reason": "x" })).await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_writes_elsewhere_who_is_suspended_here_is_not_shown_here() {
    for engine in Engine::at_hand() {
        let (_realm, [a, b]) = Realm::of(engine, ["a", "b"]).await;
        let keeper = with_role(&a, "keeper", "user_moderator").await;
        let (olga, gustav, gerda) = (a.sign_up("olga").await, b.sign_up("gustav").await, b.sign_up("gerda").await);
        // All of it is owned by the home of who is suspended.
        let (hall, channel) = gustav.community("public").await;
        for person in [&olga, &gerda] {
            person.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        }
        let group =
            gerda.post("/channels", json!({ "kind": "group", "users": [olga.id, gustav.id] })).await.expect(201);
        let mut with_olga = Follower::begin(&a.server, &olga).await;
        let before = gustav.says(&channel, "before").await;
        with_olga.reads("before").await;
        let path = format!("/admin/users/{}/suspension", gustav.id);
        keeper.put(&path, json!({ "reason": "spam" })).await.expect(204);

        let one = format!("/channels/{channel}/messages/{before}");
        for channel in [&channel, &id(&group)] {
            let said = gustav.says(channel, "loud").await;
            gerda.says(channel, "quiet").await;
            with_olga.reads("quiet").await;
            assert!(!with_olga.told.iter().any(|(.., text)| text == "loud"), "{engine:?}");
            let page = olga.get(&format!("/channels/{channel}/messages")).await.expect(200);
            let texts: Vec<_> = page["items"].as_array().expect("a list").iter().map(|of| &of["content"]).collect();
            assert_eq!(texts, ["quiet"]);
            olga.get(&format!("/channels/{channel}/messages/{said}")).await.refused(404, "not_found");
            let events = olga.get(&format!("/channels/{channel}/events?after_seq=0")).await.expect(200);
            assert!(!events.to_string().contains("loud"));
            let mut seqs: Vec<_> =
                events["items"].as_array().expect("a list").iter().map(|of| of["seq"].as_u64()).collect();
            seqs.dedup();
            assert_eq!(seqs.len() as u64, seqs.last().copied().flatten().unwrap_or_default(), "there is no hole");
            with_olga.told.clear();
        }
        olga.get(&one).await.refused(404, "not_found");
        with_olga.is_up_to_date().await;
        // At home nothing is different, nor for who speaks to nobody here.
        let page = gerda.get(&format!("/channels/{channel}/messages")).await.expect(200);
        assert_eq!(page["items"].as_array().map(Vec::len), Some(3));
        let made = gustav.post("/channels", json!({ "kind": "group", "users": [olga.id, gerda.id] })).await;
        let known = olga.get("/channels").await.expect(200);
        assert!(!known.to_string().contains(made.body["id"].as_str().unwrap_or("nothing was made")));

        keeper.delete(&path).await.expect(204);
        assert_eq!(olga.get(&one).await.expect(200)["content"], "before");
        gustav.says(&channel, "back").await;
        with_olga.reads("back").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn restrictions_and_suspended_servers_are_told_to_other_backends() {
    let (_realm, [a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let warden = with_role(&a, "warden", "server_moderator").await;
    let (olga, gustav) = (a.sign_up("olga").await, b.sign_up("gustav").await);
    let (server, channel) = olga.community("public").await;
    gustav.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    let messages = format!("/channels/{channel}/messages");
    let mut with_gustav = Follower::begin(&b.server, &gustav).await;
    let body = json!({ "reason": "rude", "until": LATER });
    let may_send = |follower: &Follower| {
        let channel = channel.parse().expect("an id");
        let now = beep_core::time::Timestamp::from_millis(1_800_000_000_000);
        let held = follower.cache.permissions_in(&channel, now).expect("it is seen");
        held.0.contains(beep_core::permission::Permissions::SEND_MESSAGES)
    };
    assert!(may_send(&with_gustav));

    let of_member = format!("/admin/servers/{server}/restrictions/{}", gustav.id);
    warden.put(&of_member, body.clone()).await.expect(204);
    let until = |data: &EventData| matches!(data, EventData::MemberUpdated(of) if of.restricted_until.is_some());
    with_gustav.until("the restriction", until).await;
    assert!(!may_send(&with_gustav), "the SDK agrees");
    let refused = gustav.post(&messages, json!({ "content": "loud" })).await.refused(403, "restricted");
    assert_eq!(refused["until"], LATER);
    warden.delete(&of_member).await.expect(204);
    let until = |data: &EventData| matches!(data, EventData::MemberUpdated(of) if of.restricted_until.is_none());
    with_gustav.until("its end", until).await;
    assert!(may_send(&with_gustav));

    let of_channel = format!("/admin/channels/{channel}/restrictions/{}", gustav.id);
    warden.put(&of_channel, body.clone()).await.expect(204);
    let until = |data: &EventData| matches!(data, EventData::ChannelUpdated(of) if !of.restricted.is_empty());
    with_gustav.until("the restriction", until).await;
    assert!(!may_send(&with_gustav));
    gustav.post(&messages, json!({ "content": "loud" })).await.refused(403, "restricted");
    warden.delete(&of_channel).await.expect(204);

    let of_server = format!("/admin/servers/{server}/suspension");
    warden.put(&of_server, body).await.expect(204);
    let until = |data: &EventData| matches!(data, EventData::ServerUpdated(of) if of.suspended_until.is_some());
    with_gustav.until("the suspension", until).await;
    assert!(!may_send(&with_gustav));
    gustav.post(&messages, json!({ "content": "loud" })).await.refused(403, "server_suspended");
    gustav.get(&messages).await.expect(200);
    let late = b.sign_up("late").await;
    late.post(&format!("/servers/{server}/join"), json!({})).await.refused(403, "server_suspended");
    gustav.delete(&format!("/servers/{server}/members/me")).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_reported_of_elsewhere_stays_at_home() {
    let (_realm, [a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let (here, there) = (with_role(&a, "here", "user_moderator").await, with_role(&b, "there", "user_moderator").await);
    let (olga, gustav, late) = (a.sign_up("olga").await, b.sign_up("gustav").await, b.sign_up("late").await);
    let (server, channel) = olga.community("private").await;
    let said = olga.says(&channel, "an insult").await;
    gustav.accept(&format!("{}@{}", olga.invite(&server).await, a.domain)).await;
    let of_message = json!({ "target": { "kind": "message", "id": said, "channel_id": channel }, "reason": "rude" });
    let of_server = json!({ "target": { "kind": "server", "id": server }, "reason": "rude" });
    let of_user = json!({ "target": { "kind": "user", "id": olga.id }, "reason": "rude" });
    for report in [&of_message, &of_server] {
        late.post("/reports", report.clone()).await.refused(404, "not_found");
    }
    let report = gustav.post("/reports", of_message.clone()).await.expect(201);
    assert_eq!(report["target"], of_message["target"]);
    let user = gustav.post("/reports", of_user).await.expect(201);
    gustav.post("/reports", of_server).await.expect(201);
    assert_eq!(ids(&there.get("/admin/reports").await.expect(200)), [id(&report), id(&user)]);
    assert_eq!(ids(&here.get("/admin/reports").await.expect(200)), Vec::<String>::new());
}
