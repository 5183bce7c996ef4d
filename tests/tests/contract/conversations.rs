//! Private channels: who opens, joins, names and leaves them, and what each of them is told.

use beep_proto::gateway::EventData;
use beep_tests::chance::nobodys_id;
use beep_tests::database::Engine;
use beep_tests::gateway::Gateway;
use beep_tests::making::id;
use beep_tests::people::{Answer, Person};
use beep_tests::server::Server;
use serde_json::{Value, json};

async fn three(server: &Server) -> [Person; 3] {
    [Person::sign_up(server, "ann").await, Person::sign_up(server, "bob").await, Person::sign_up(server, "cem").await]
}

async fn befriend(one: &Person, other: &Person) {
    one.post("/friend-requests", json!({ "username": other.name })).await.expect(201);
    other.post("/friend-requests", json!({ "username": one.name })).await.expect(201);
}

async fn direct(who: &Person, with: &Person) -> Answer {
    who.post("/channels", json!({ "kind": "direct", "user": with.id })).await
}

async fn group(who: &Person, with: &[&Person]) -> Answer {
    let users: Vec<_> = with.iter().map(|user| &user.id).collect();
    who.post("/channels", json!({ "kind": "group", "users": users })).await
}

/// The ids of all private channels of somebody, read one by one.
async fn listed(who: &Person) -> Vec<String> {
    let mut all = Vec::new();
    let mut path = "/channels?limit=1".to_owned();
    loop {
        let page = who.get(&path).await.expect(200);
        all.extend(page["items"].as_array().expect("a list").iter().map(id));
        let Some(next) = page["next"].as_str() else { return all };
        path = format!("/channels?limit=1&cursor={next}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_have_one_direct_channel() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let [ann, bob, cem] = three(&server).await;
        direct(&ann, &bob).await.refused(403, "permission_denied");
        befriend(&ann, &bob).await;
        let (mut at_bob, _) = Gateway::connect(&server, &bob).await;
        let made = direct(&ann, &bob).await.expect(201);
        assert_eq!((&made["kind"], &made["server_id"], &made["name"]), (&json!("direct"), &Value::Null, &Value::Null));
        let EventData::ChannelCreated(told) = at_bob.event().await.data else { panic!("it is told as a channel") };
        assert_eq!(serde_json::to_value(&told.channel).expect("JSON"), made);
        assert_eq!(direct(&bob, &ann).await.expect(200), made, "there is one");
        let participants: Vec<_> = told.channel.participants.iter().map(ToString::to_string).collect();
        assert!(participants.len() == 2 && participants.contains(&ann.id) && participants.contains(&bob.id));

        let path = format!("/channels/{}", id(&made));
        assert_eq!(ann.get(&path).await.expect(200), made);
        let said = ann.says(&id(&made), "hello").await;
        let created = at_bob.event().await;
        assert!(matches!(&created.data, EventData::MessageCreated(message) if message.id.to_string() == said));
        assert_eq!(created.seq, told.seq + 1, "one stream numbers all of it");
        bob.says(&id(&made), "hello, Ann").await;
        // Neither manages what the other wrote, and nobody else is there.
        bob.delete(&format!("{path}/messages/{said}")).await.refused(403, "permission_denied");
        for refused in [
            cem.get(&path).await,
            cem.post(&format!("{path}/messages"), json!({ "content": "hello" })).await,
            cem.post(&format!("{path}/members"), json!({ "user": cem.id })).await,
            cem.delete(&format!("{path}/members/me")).await,
        ] {
            refused.refused(404, "not_found");
        }
        // It stays that of the two.
        for refused in [
            ann.delete(&format!("{path}/members/me")).await,
            ann.delete(&format!("{path}/members/{}", bob.id)).await,
            ann.post(&format!("{path}/members"), json!({ "user": cem.id })).await,
            ann.patch(&path, json!({ "name": "ours" })).await,
        ] {
            refused.refused(409, "conflict");
        }
        let (_, ready) = Gateway::connect(&server, &ann).await;
        let [held] = &ready.channels[..] else { panic!("she sees one channel: {ready:?}") };
        assert_eq!(serde_json::to_value(held.channel.participants.clone()).expect("JSON"), made["participants"]);
        assert_eq!((ready.servers.len(), listed(&ann).await), (0, vec![id(&made)]));
        assert_eq!(listed(&cem).await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_no_direct_messages_gets_none_in_a_conversation_that_is_open() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let [ann, bob, cem] = three(&server).await;
        befriend(&ann, &bob).await;
        let path = format!("/channels/{}/messages", id(&direct(&ann, &bob).await.expect(201)));
        let say =
            async |who: &Person, nonce: &str| who.post(&path, json!({ "content": "hello", "nonce": nonce })).await;
        let first = say(&ann, "first").await.expect(201);

        // Neither writes while one has blocked the other, and the words are those for a setting.
        let setting = cem.post("/channels", json!({ "kind": "direct", "user": bob.id })).await;
        let setting = setting.refused(403, "permission_denied");
        let block = format!("/blocks/{}", ann.id);
        bob.put(&block, json!({})).await.expect(204);
        let blocked = say(&ann, "second").await.refused(403, "permission_denied");
        assert_eq!(blocked["detail"], setting["detail"]);
        say(&bob, "second").await.refused(403, "permission_denied");
        assert_eq!(id(&say(&ann, "first").await.expect(201)), id(&first), "what was sent is given again");
        let read = ann.get(&path).await.expect(200);
        assert_eq!(read["items"].as_array().expect("a list").len(), 1, "one can still read");

        // The block ended the friendship: the setting decides.
        bob.delete(&block).await.expect(204);
        say(&ann, "third").await.refused(403, "permission_denied");
        bob.patch("/self", json!({ "direct_from": "everyone" })).await.expect(200);
        say(&ann, "third").await.expect(201);
        say(&bob, "third").await.refused(403, "permission_denied");
        bob.patch("/self", json!({ "direct_from": "friends" })).await.expect(200);
        say(&ann, "fourth").await.refused(403, "permission_denied");
        befriend(&ann, &bob).await;
        say(&ann, "fourth").await.expect(201);
        say(&bob, "fourth").await.expect(201);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_that_of_its_participants() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let [ann, bob, cem] = three(&server).await;
        befriend(&ann, &bob).await;
        befriend(&bob, &cem).await;
        group(&ann, &[&bob, &cem]).await.refused(403, "permission_denied");
        let made = group(&ann, &[&bob]).await.expect(201);
        let path = format!("/channels/{}", id(&made));
        assert_eq!((&made["kind"], &made["participants"]), (&json!("group"), &json!([ann.id, bob.id])));
        let before = bob.says(&id(&made), "before").await;
        let (mut at_ann, _) = Gateway::connect(&server, &ann).await;
        let (mut at_cem, _) = Gateway::connect(&server, &cem).await;

        // Any participant adds, and who is added sees the whole history.
        let added = bob.post(&format!("{path}/members"), json!({ "user": cem.id })).await.expect(201);
        assert_eq!(added["participants"], json!([ann.id, bob.id, cem.id]));
        let EventData::ChannelMemberAdded(came) = at_ann.event().await.data else { panic!("she is told") };
        assert_eq!((came.channel_id.to_string(), came.user.to_string()), (id(&made), cem.id.clone()));
        let EventData::ChannelCreated(opened) = at_cem.event().await.data else { panic!("it opens") };
        assert_eq!(serde_json::to_value(&opened.channel).expect("JSON"), added);
        let history = cem.get(&format!("{path}/messages")).await.expect(200);
        assert_eq!(id(&history["items"][0]), before);
        bob.post(&format!("{path}/members"), json!({ "user": cem.id })).await.refused(409, "already_member");

        // Any participant names it, or takes its name away; it has nothing else that could be changed.
        for (name, shown) in [("Hiking", json!("Hiking")), ("", Value::Null)] {
            let named = cem.patch(&path, json!({ "name": name })).await.expect(200);
            assert_eq!((&named["name"], &named["participants"]), (&shown, &added["participants"]));
            for gateway in [&mut at_ann, &mut at_cem] {
                let EventData::ChannelUpdated(told) = gateway.event().await.data else { panic!("they are told") };
                assert_eq!(serde_json::to_value(&told).expect("JSON"), named);
            }
        }
        for change in [json!({}), json!({ "topic": "hills" }), json!({ "name": "Hills", "slow_mode_s": 5 })] {
            cem.patch(&path, change).await.refused(422, "invalid_request");
        }
        for refused in [
            bob.delete(&path).await,
            bob.put(&format!("{path}/overrides/role/{}", nobodys_id()), json!({ "allow": [], "deny": [] })).await,
        ] {
            refused.refused(404, "not_found");
        }

        // Who made it removes others, and nobody else does.
        bob.delete(&format!("{path}/members/{}", cem.id)).await.refused(403, "hierarchy");
        ann.delete(&format!("{path}/members/{}", cem.id)).await.expect(204);
        for gateway in [&mut at_ann, &mut at_cem] {
            let EventData::ChannelMemberRemoved(gone) = gateway.event().await.data else { panic!("they are told") };
            assert_eq!(gone.user.to_string(), cem.id);
        }
        cem.get(&path).await.refused(404, "not_found");

        // The place of who made it goes to who is in it longest, and with the last one it goes.
        bob.post(&format!("{path}/members"), json!({ "user": cem.id })).await.expect(201);
        ann.delete(&format!("{path}/members/me")).await.expect(204);
        cem.delete(&format!("{path}/members/{}", bob.id)).await.refused(403, "hierarchy");
        bob.delete(&format!("{path}/members/{}", bob.id)).await.expect(204);
        let left = cem.get(&path).await.expect(200);
        assert_eq!(left["participants"], json!([cem.id]));
        cem.delete(&format!("{path}/members/me")).await.expect(204);
        cem.get(&path).await.refused(404, "not_found");
        let mut kinds = Vec::new();
        while kinds.last() != Some(&"channel.deleted".to_owned()) {
            kinds.push(at_cem.event().await.data.kind().to_owned());
        }
        assert_eq!(kinds, ["channel.created", "channel.member_removed", "channel.member_removed", "channel.deleted"]);
        for who in [&ann, &bob, &cem] {
            assert_eq!(listed(who).await, Vec::<String>::new());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_of_a_private_channel_has_to_make_sense() {
    let server = Server::shared(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let bob = Person::sign_up(&server, "bob").await;
    befriend(&ann, &bob).await;
    for body in [
        json!({}),
        json!({ "kind": "text", "user": bob.id }),
        json!({ "kind": "direct" }),
        json!({ "kind": "direct", "user": ann.id }),
        json!({ "kind": "direct", "user": bob.id, "name": "ours" }),
        json!({ "kind": "direct", "user": bob.id, "users": [bob.id] }),
        json!({ "kind": "group" }),
        json!({ "kind": "group", "users": [] }),
        json!({ "kind": "group", "users": [ann.id] }),
        json!({ "kind": "group", "users": [bob.id], "user": bob.id }),
        json!({ "kind": "group", "users": [bob.id], "name": "" }),
        json!({ "kind": "group", "users": (0..50).map(|_| nobodys_id()).collect::<Vec<_>>() }),
    ] {
        ann.post("/channels", body).await.refused(422, "invalid_request");
    }
    for body in [json!({ "kind": "direct", "user": nobodys_id() }), json!({ "kind": "group", "users": [nobodys_id()] })]
    {
        ann.post("/channels", body).await.refused(404, "not_found");
    }
}
