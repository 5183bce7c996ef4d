//! What is done with members: what they are called, mutes, and who owns the server.

use beep_proto::gateway::EventData;
use beep_tests::chance::nobodys_id;
use beep_tests::database::Engine;
use beep_tests::gateway::Gateway;
use beep_tests::people::{PASSWORD, Person};
use beep_tests::server::Server;
use serde_json::{Value, json};

fn member(server: &str, person: &Person) -> String {
    format!("/servers/{server}/members/{}", person.id)
}

fn mute(server: &str, person: &Person) -> String {
    format!("{}/mute", member(server, person))
}

const LATER: &str = "2099-01-01T00:00:00.000Z";

#[tokio::test(flavor = "multi_thread")]
async fn who_is_muted_only_reads_also_after_leaving_until_it_ends() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let owner = Person::sign_up(&server, "owner").await;
        let keeper = Person::sign_up(&server, "keeper").await;
        let noisy = Person::sign_up(&server, "noisy").await;
        let (hall, channel) = owner.community("public").await;
        for person in [&keeper, &noisy] {
            person.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        }
        let role = owner.make_role(&hall, "keeper", 2, &["manage_members"]).await;
        owner.give(&hall, &keeper, &role).await;
        let early = noisy.says(&channel, "early").await;
        let (mut at_noisy, _) = Gateway::connect(&server, &noisy).await;

        let muted = keeper.put(&mute(&hall, &noisy), json!({ "until": LATER, "reason": "noise" })).await.expect(200);
        assert_eq!(muted["muted_until"], LATER);
        let EventData::MemberUpdated(told) = at_noisy.event().await.data else { panic!("they are told") };
        assert!(told.muted_until.is_some());
        let messages = format!("/channels/{channel}/messages");
        let refused = noisy.post(&messages, json!({ "content": "loud" })).await.refused(403, "muted");
        assert_eq!(refused["until"], LATER);
        noisy.patch(&member(&hall, &noisy), json!({ "nickname": "loud" })).await.refused(403, "muted");
        noisy.get(&messages).await.expect(200);
        noisy.patch(&format!("{messages}/{early}"), json!({ "content": "late" })).await.refused(403, "muted");
        noisy.delete(&format!("{messages}/{early}")).await.expect(204);

        // Leaving ends nothing, and what ends while they are away has ended.
        noisy.delete(&format!("/servers/{hall}/members/me")).await.expect(204);
        let back = noisy.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        assert_eq!(back["muted_until"], LATER);
        noisy.post(&messages, json!({ "content": "loud" })).await.refused(403, "muted");
        noisy.delete(&format!("/servers/{hall}/members/me")).await.expect(204);
        keeper.delete(&mute(&hall, &noisy)).await.expect(204);
        let back = noisy.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        assert_eq!(back["muted_until"], Value::Null);
        noisy.says(&channel, "quiet").await;
        keeper.put(&mute(&hall, &noisy), json!({ "until": LATER })).await.expect(200);
        keeper.delete(&mute(&hall, &noisy)).await.expect(204);
        keeper.delete(&mute(&hall, &noisy)).await.refused(404, "not_found");
        noisy.says(&channel, "quiet again").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_mutes_their_equals_the_owner_themself_or_the_past() {
    let server = Server::shared(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let keeper = Person::sign_up(&server, "keeper").await;
    let equal = Person::sign_up(&server, "equal").await;
    let plain = Person::sign_up(&server, "plain").await;
    let stranger = Person::sign_up(&server, "stranger").await;
    let (hall, channel) = owner.community("public").await;
    for person in [&keeper, &equal, &plain] {
        person.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
    }
    let role = owner.make_role(&hall, "keeper", 2, &["administrator"]).await;
    for person in [&keeper, &equal] {
        owner.give(&hall, person, &role).await;
    }
    let until = json!({ "until": LATER });
    for whom in [&equal, &owner] {
        keeper.put(&mute(&hall, whom), until.clone()).await.refused(403, "hierarchy");
    }
    keeper.put(&mute(&hall, &keeper), until.clone()).await.refused(409, "conflict");
    keeper.put(&mute(&hall, &stranger), until.clone()).await.refused(404, "not_found");
    plain.put(&mute(&hall, &stranger), until.clone()).await.refused(403, "permission_denied");
    stranger.put(&mute(&hall, &plain), until.clone()).await.refused(403, "permission_denied");
    keeper.put(&mute(&hall, &plain), json!({})).await.refused(422, "invalid_request");
    let past = json!({ "until": "2001-01-01T00:00:00.000Z" });
    keeper.put(&mute(&hall, &plain), past).await.refused(422, "invalid_request");
    let long = json!({ "until": LATER, "reason": "x".repeat(513) });
    keeper.put(&mute(&hall, &plain), long).await.refused(422, "invalid_request");
    keeper.delete(&mute(&hall, &plain)).await.refused(404, "not_found");
    plain.says(&channel, "nothing happened").await;

    // An administrator is muted as anybody is, and then moderates nobody.
    owner.put(&mute(&hall, &keeper), until.clone()).await.expect(200);
    keeper.put(&mute(&hall, &plain), until).await.refused(403, "muted");
    keeper.delete(&member(&hall, &plain)).await.refused(403, "muted");
}

#[tokio::test(flavor = "multi_thread")]
async fn nicknames_are_given_by_who_may() {
    let server = Server::shared(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let keeper = Person::sign_up(&server, "keeper").await;
    let plain = Person::sign_up(&server, "plain").await;
    let (hall, _) = owner.community("public").await;
    for person in [&keeper, &plain] {
        person.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
    }
    let role = owner.make_role(&hall, "keeper", 2, &["manage_nicknames"]).await;
    owner.give(&hall, &keeper, &role).await;
    let named = |person: &Person, name: Value| (member(&hall, person), json!({ "nickname": name }));

    let (path, body) = named(&plain, json!("Plain Jane"));
    assert_eq!(plain.patch(&path, body).await.expect(200)["nickname"], "Plain Jane");
    assert_eq!(keeper.patch(&path, json!({})).await.expect(200)["nickname"], "Plain Jane", "nothing is to change");
    assert_eq!(keeper.patch(&path, json!({ "nickname": "Jane" })).await.expect(200)["nickname"], "Jane");
    let found = owner.get(&format!("/servers/{hall}/members?q=jan")).await.expect(200);
    assert_eq!(found["items"][0]["nickname"], "Jane");
    for (q, who) in
        [("ane", Some(&plain)), ("JANE", Some(&plain)), ("lai", Some(&plain)), ("eepe", Some(&keeper)), ("janet", None)]
    {
        let found = owner.get(&format!("/servers/{hall}/members?q={q}")).await.expect(200);
        let users: Vec<_> = found["items"].as_array().into_iter().flatten().map(|member| &member["user"]).collect();
        assert_eq!(users, who.map(|who| json!(who.id)).iter().collect::<Vec<_>>(), "{q}");
    }
    for taken_away in [json!(null), json!("")] {
        keeper.patch(&path, json!({ "nickname": "Jane" })).await.expect(200);
        assert_eq!(keeper.patch(&path, json!({ "nickname": taken_away })).await.expect(200)["nickname"], Value::Null);
    }
    keeper.patch(&path, json!({ "nickname": "two\nlines" })).await.refused(422, "invalid_request");
    keeper.patch(&path, json!({ "nickname": "x".repeat(65) })).await.refused(422, "invalid_request");
    let (path, body) = named(&owner, json!("Boss"));
    keeper.patch(&path, body.clone()).await.refused(403, "hierarchy");
    let refused = plain.patch(&path, body).await.refused(403, "permission_denied");
    assert_eq!(refused["missing"], json!(["manage_nicknames"]));

    // One's own takes a permission of its own.
    let everyone = owner.everyone(&hall).await;
    let body = json!({ "permissions": ["view_channels", "send_messages"] });
    owner.patch(&format!("/servers/{hall}/roles/{everyone}"), body).await.expect(200);
    let (path, body) = named(&plain, json!("Jane"));
    let refused = plain.patch(&path, body).await.refused(403, "permission_denied");
    assert_eq!(refused["missing"], json!(["change_nickname"]));
    owner.patch(&path, json!({ "nickname": "Jane" })).await.expect(200);
    let (path, body) = named(&keeper, json!("Keeper"));
    keeper.patch(&path, body).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_hands_the_server_over_with_their_password() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let owner = Person::sign_up(&server, "owner").await;
        let heir = Person::sign_up(&server, "heir").await;
        let admin = Person::sign_up(&server, "admin").await;
        let stranger = Person::sign_up(&server, "stranger").await;
        let (hall, _) = owner.community("public").await;
        for person in [&heir, &admin] {
            person.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        }
        let role = owner.make_role(&hall, "admin", 2, &["administrator"]).await;
        owner.give(&hall, &admin, &role).await;
        let path = format!("/servers/{hall}/owner");
        let to = |person: &Person, password: &str| json!({ "user": person.id, "password": password });
        owner.put(&path, to(&heir, "wrong wrong")).await.refused(401, "invalid_credentials");
        admin.put(&path, to(&admin, PASSWORD)).await.refused(403, "hierarchy");
        owner.put(&path, to(&stranger, PASSWORD)).await.refused(404, "not_found");
        owner.put(&path, json!({ "user": nobodys_id(), "password": PASSWORD })).await.refused(404, "not_found");
        owner.put(&path, json!({ "user": heir.id })).await.refused(422, "invalid_request");
        assert_eq!(owner.put(&path, to(&owner, PASSWORD)).await.expect(200)["owner"], owner.id, "nothing changes");

        let (mut at_heir, _) = Gateway::connect(&server, &heir).await;
        let handed = owner.put(&path, to(&heir, PASSWORD)).await.expect(200);
        assert_eq!((&handed["owner"], &handed["member_count"]), (&json!(heir.id), &json!(3)));
        let EventData::ServerUpdated(told) = at_heir.event().await.data else { panic!("they are told") };
        assert_eq!(told.owner.to_string(), heir.id);
        owner.put(&path, to(&owner, PASSWORD)).await.refused(403, "hierarchy");
        owner.delete(&format!("/servers/{hall}")).await.refused(403, "permission_denied");
        owner.delete(&format!("/servers/{hall}/members/me")).await.expect(204);
        heir.delete(&format!("/servers/{hall}/members/me")).await.refused(409, "conflict");
        heir.delete(&format!("/servers/{hall}")).await.expect(204);
    }
}
