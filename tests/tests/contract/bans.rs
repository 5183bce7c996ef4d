//! Removing members and keeping people out: who may, whom, and what goes with them.

use std::collections::BTreeSet;

use beep_proto::gateway::EventData;
use beep_tests::database::Engine;
use beep_tests::gateway::Gateway;
use beep_tests::making::{id, ids};
use beep_tests::people::{Person, ask_unsigned};
use beep_tests::server::Server;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

fn member(server: &str, person: &Person) -> String {
    format!("/servers/{server}/members/{}", person.id)
}

fn ban(server: &str, person: &Person) -> String {
    format!("/servers/{server}/bans/{}", person.id)
}

fn kinds(events: &[beep_proto::gateway::Event]) -> Vec<String> {
    events.iter().map(|event| event.data.kind().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_removed_may_come_back_and_what_they_handed_out_is_dead() {
    let server = Server::shared(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let noisy = Person::sign_up(&server, "noisy").await;
    let late = Person::sign_up(&server, "late").await;
    let (hall, channel) = owner.community("public").await;
    noisy.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
    let inviter = owner.make_role(&hall, "inviter", 1, &["manage_invitations"]).await;
    owner.give(&hall, &noisy, &inviter).await;
    let theirs = noisy.invite(&hall).await;
    let (mut at_noisy, _) = Gateway::connect(&server, &noisy).await;
    let (mut at_owner, start) = Gateway::connect(&server, &owner).await;

    owner
        .ask(Method::DELETE, &member(&hall, &noisy), Some(json!({ "reason": "x".repeat(513) })))
        .await
        .refused(422, "invalid_request");
    // A request without a body may say why in its query.
    owner.ask(Method::DELETE, &format!("{}?reason=too%20noisy", member(&hall, &noisy)), None).await.expect(204);
    let kicks = owner.get(&format!("/servers/{hall}/audit-log?action=members.kick")).await.expect(200);
    assert_eq!(kicks["items"][0]["reason"], "too noisy");
    for gateway in [&mut at_noisy, &mut at_owner] {
        let EventData::MemberLeft(gone) = gateway.event().await.data else { panic!("they are told") };
        assert_eq!((gone.user.to_string(), gone.server_id.to_string()), (noisy.id.clone(), hall.clone()));
    }
    owner.delete(&member(&hall, &noisy)).await.refused(404, "not_found");
    noisy.get(&format!("/channels/{channel}")).await.refused(404, "not_found");
    assert_eq!(owner.get(&format!("/servers/{hall}")).await.expect(200)["member_count"], 1);
    late.post(&format!("/invitations/{theirs}/accept"), json!({})).await.refused(404, "not_found");
    // Roles do not come back, and neither does the invitation, whatever roles they are given then.
    let back = noisy.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
    assert_eq!(back["roles"], json!([]));
    owner.give(&hall, &noisy, &inviter).await;
    late.post(&format!("/invitations/{theirs}/accept"), json!({})).await.refused(404, "not_found");
    assert_eq!(owner.get(&format!("/servers/{hall}/invitations")).await.expect(200)["items"], json!([]));
    let (_, past, _) = Gateway::resume(&server, &owner, &start.cursor).await;
    assert_eq!(kinds(&past), ["member.left", "member.joined", "member.updated"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_banned_comes_back_on_no_way_until_it_is_lifted() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let owner = Person::sign_up(&server, "owner").await;
        let noisy = Person::sign_up(&server, "noisy").await;
        let late = Person::sign_up(&server, "late").await;
        let (hall, channel) = owner.community("public").await;
        let aside = owner.make_channel(&hall, "aside").await;
        let code = owner.invite(&hall).await;
        noisy.accept(&code).await;
        late.accept(&code).await;
        let early = noisy.says(&channel, "good morning").await;
        let said = owner.get(&format!("/channels/{channel}/messages/{early}")).await.expect(200);
        // From the millisecond after: what was sent in it stays.
        let since = after(&said["created_at"]);
        let mut spam = Vec::new();
        while spam.len() < 3 {
            let message = noisy.post(&format!("/channels/{channel}/messages"), json!({ "content": "spam" })).await;
            let message = message.expect(201);
            if message["created_at"].as_str() >= since.as_deref() {
                spam.push(id(&message));
            }
        }
        spam.push(noisy.says(&aside, "more spam").await);
        let other = late.says(&channel, "hello").await;
        let (mut at_noisy, _) = Gateway::connect(&server, &noisy).await;
        let (mut at_late, start) = Gateway::connect(&server, &late).await;

        let body = json!({ "reason": "spam", "delete_messages_since": since });
        let made = owner.put(&ban(&hall, &noisy), body).await.expect(200);
        let expected = (json!(noisy.id), json!("spam"), json!(owner.id));
        assert_eq!((made["user"].clone(), made["reason"].clone(), made["by"].clone()), expected);
        assert_eq!(owner.get(&format!("/servers/{hall}/bans")).await.expect(200)["items"], json!([made]));
        assert!(matches!(at_noisy.event().await.data, EventData::MemberBanned(_)));
        let told =
            at_late.until(|data| matches!(data, EventData::MessageDeleted(gone) if gone.id.to_string() == spam[3]));
        let told = told.await;
        assert_eq!(kinds(&told)[0], "member.banned");
        let mut gone: Vec<_> = told[1..]
            .iter()
            .map(|event| match &event.data {
                EventData::MessageDeleted(gone) => gone.id.to_string(),
                other => panic!("only deletions follow: {other:?}"),
            })
            .collect();
        gone.sort();
        let mut expected = spam.clone();
        expected.sort();
        assert_eq!(gone, expected, "{engine:?}");
        let left = late.get(&format!("/channels/{channel}/messages")).await.expect(200);
        assert_eq!(ids(&left), [other.clone(), early.clone()]);
        // Who comes back later is told the same.
        let (_, past, _) = Gateway::resume(&server, &late, &start.cursor).await;
        assert_eq!(kinds(&past), kinds(&told));

        noisy.post(&format!("/servers/{hall}/join"), json!({})).await.refused(403, "banned");
        noisy.post(&format!("/invitations/{code}/accept"), json!({})).await.refused(403, "banned");
        noisy.post("/invitations/nosuchcode/accept", json!({})).await.refused(404, "not_found");
        owner.delete(&ban(&hall, &noisy)).await.expect(204);
        owner.delete(&ban(&hall, &noisy)).await.refused(404, "not_found");
        noisy.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        assert_eq!(owner.get(&format!("/servers/{hall}/bans")).await.expect(200)["items"], json!([]));
    }
}

/// The millisecond after a time.
fn after(time: &Value) -> Option<String> {
    let time: beep_proto::time::Time = serde_json::from_value(time.clone()).expect("it is a time");
    let next = beep_core::time::Timestamp::from_millis(time.0.millis() + 1);
    serde_json::to_value(beep_proto::time::Time(next)).ok()?.as_str().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_acts_on_their_equals_on_the_owner_or_on_themself() {
    let server = Server::shared(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let keeper = Person::sign_up(&server, "keeper").await;
    let equal = Person::sign_up(&server, "equal").await;
    let plain = Person::sign_up(&server, "plain").await;
    let stranger = Person::sign_up(&server, "stranger").await;
    let (hall, _) = owner.community("private").await;
    let code = owner.invite(&hall).await;
    for person in [&keeper, &equal, &plain] {
        person.accept(&code).await;
    }
    let role = owner.make_role(&hall, "keeper", 3, &["manage_members"]).await;
    owner.give(&hall, &keeper, &role).await;
    owner.give(&hall, &equal, &role).await;
    for whom in [&equal, &owner] {
        keeper.delete(&member(&hall, whom)).await.refused(403, "hierarchy");
        keeper.put(&ban(&hall, whom), json!({})).await.refused(403, "hierarchy");
    }
    for oneself in [&keeper, &owner] {
        oneself.delete(&member(&hall, oneself)).await.refused(409, "conflict");
        oneself.put(&ban(&hall, oneself), json!({})).await.refused(409, "conflict");
    }
    for path in [member(&hall, &keeper), ban(&hall, &keeper)] {
        let refused = plain.delete(&path).await.refused(403, "permission_denied");
        assert_eq!(refused["missing"], json!(["manage_members"]));
        stranger.delete(&path).await.refused(404, "not_found");
    }
    plain.put(&ban(&hall, &keeper), json!({})).await.refused(403, "permission_denied");
    plain.get(&format!("/servers/{hall}/bans")).await.refused(403, "permission_denied");
    stranger.get(&format!("/servers/{hall}/bans")).await.refused(404, "not_found");
    assert_eq!(owner.get(&format!("/servers/{hall}")).await.expect(200)["member_count"], 4);

    // Who is no member is kept out as well, here and of other backends, and the list goes page by page.
    keeper.put(&ban(&hall, &stranger), json!({ "reason": "" })).await.expect(200);
    let elsewhere = beep_tests::chance::nobodys_id();
    let elsewhere = format!("{}@b.example.com", elsewhere.split('@').next().unwrap_or_default());
    keeper.put(&format!("/servers/{hall}/bans/{elsewhere}"), json!({})).await.expect(200);
    let nobody = beep_tests::chance::nobodys_id();
    keeper.put(&format!("/servers/{hall}/bans/{nobody}"), json!({})).await.refused(404, "not_found");
    keeper.put(&ban(&hall, &plain), json!({ "reason": "x".repeat(513) })).await.refused(422, "invalid_request");
    keeper.put(&ban(&hall, &plain), json!({ "reason": "x".repeat(512) })).await.expect(200);
    stranger.post(&format!("/invitations/{code}/accept"), json!({})).await.refused(403, "banned");
    let path = format!("/servers/{hall}/bans");
    let whole = keeper.get(&path).await.expect(200);
    let users = |page: &Value| -> Vec<Value> {
        page["items"].as_array().into_iter().flatten().map(|ban| ban["user"].clone()).collect()
    };
    let first = keeper.get(&format!("{path}?limit=2")).await.expect(200);
    let next = first["next"].as_str().expect("there is more");
    let second = keeper.get(&format!("{path}?limit=2&cursor={next}")).await.expect(200);
    assert_eq!([users(&first), users(&second)].concat(), users(&whole));
    assert_eq!((users(&whole).len(), &second["next"]), (3, &Value::Null));
    assert!(users(&whole).contains(&json!(elsewhere)));
    // A preview is for everybody who has the code.
    ask_unsigned(&server, Method::GET, &format!("/invitations/{code}"), None).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_sent_goes_however_much_it_is() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let owner = Person::sign_up(&server, "owner").await;
        let bob = Person::sign_up(&server, "bob").await;
        let (hall, channel) = owner.community("public").await;
        bob.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        let second = owner.make_channel(&hall, "second").await;
        let stays = owner.says(&channel, "this stays").await;
        for at in [&channel, &second] {
            let path = format!("/channels/{at}/messages");
            for _ in 0..4 {
                let batch = (0..50).map(|_| bob.post(&path, json!({ "content": "noise" })));
                join_all(batch).await.into_iter().for_each(|answer| drop(answer.expect(201)));
            }
        }
        let (mut gateway, _) = Gateway::connect(&server, &owner).await;
        let all = json!({ "delete_messages_since": "1970-01-01T00:00:00Z" });
        owner.put(&format!("/servers/{hall}/bans/{}", bob.id), all).await.expect(200);
        let mut gone = BTreeSet::new();
        while gone.len() < 400 {
            if let EventData::MessageDeleted(deleted) = gateway.event().await.data {
                assert!(gone.insert(deleted.id.to_string()), "each is deleted once");
            }
        }
        for (at, expected) in [(&channel, vec![stays]), (&second, Vec::new())] {
            let page = owner.get(&format!("/channels/{at}/messages")).await.expect(200);
            let left: Vec<_> =
                page["items"].as_array().expect("a list").iter().map(|item| item["id"].clone()).collect();
            assert_eq!(left, expected);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_see_bans_is_not_told_of_one() {
    let server = Server::shared(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let inviter = Person::sign_up(&server, "inviter").await;
    let noisy = Person::sign_up(&server, "noisy").await;
    let (hall, _) = owner.community("public").await;
    inviter.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
    let role = owner.make_role(&hall, "inviter", 1, &["manage_invitations"]).await;
    owner.give(&hall, &inviter, &role).await;
    owner.put(&format!("/servers/{hall}/bans/{}", noisy.id), json!({})).await.expect(200);
    let at = format!("/servers/{hall}/invitations");
    owner.post(&at, json!({ "user": noisy.id })).await.refused(409, "conflict");
    let invitation = id(&inviter.post(&at, json!({ "user": noisy.id })).await.expect(201));
    // It lets nobody in all the same.
    noisy.post(&format!("/invitations/{invitation}/accept"), json!({})).await.refused(403, "banned");
    noisy.post(&format!("/servers/{hall}/join"), json!({})).await.refused(403, "banned");
}
