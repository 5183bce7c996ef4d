//! Pins: who may make one, what everybody hears of it, and where it ends.

use beep_tests::database::Engine;
use beep_tests::making::id;
use beep_tests::people::Person;
use beep_tests::server::Server;
use serde_json::{Value, json};

struct Room {
    server: Server,
    owner: Person,
    member: Person,
    channel: String,
}

impl Room {
    async fn open(engine: Engine) -> Self {
        let server = Server::shared(engine).await;
        let owner = Person::sign_up(&server, "owner").await;
        let member = Person::sign_up(&server, "member").await;
        let (hall, channel) = owner.community("public").await;
        member.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        Self { server, owner, member, channel }
    }

    fn pin(&self, message: &str) -> String {
        format!("/channels/{}/pins/{message}", self.channel)
    }

    async fn pins(&self, query: &str) -> Value {
        self.member.get(&format!("/channels/{}/pins{query}", self.channel)).await.expect(200)
    }

    /// The types of what happened in the channel.
    async fn events(&self) -> Vec<(String, Value)> {
        let path = format!("/channels/{}/events?after_seq=0&limit=100", self.channel);
        let events = self.member.get(&path).await.expect(200);
        let events = events["items"].as_array().expect("a list").iter();
        events.map(|event| (event["type"].as_str().expect("a type").to_owned(), event["data"].clone())).collect()
    }
}

fn messages(pins: &Value) -> Vec<String> {
    let items = pins["items"].as_array().expect("a list").iter();
    items.map(|pin| id(&pin["message"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_is_for_who_manages_messages_and_for_all_to_see() {
    for engine in Engine::at_hand() {
        let room = Room::open(engine).await;
        let first = room.member.says(&room.channel, "first").await;
        let second = room.owner.says(&room.channel, "second").await;
        let refused = room.member.put(&room.pin(&first), json!({})).await.refused(403, "permission_denied");
        assert_eq!(refused["missing"], json!(["manage_messages"]));
        for message in [&first, &second, &second] {
            room.owner.put(&room.pin(message), json!({})).await.expect(204);
        }
        let pins = room.pins("").await;
        assert_eq!(messages(&pins), [second.clone(), first.clone()], "newest pin first");
        let pin = &pins["items"][1];
        assert_eq!((&pin["pinned_by"], &pin["message"]["content"]), (&json!(room.owner.id), &json!("first")));
        assert!(pin["pinned_at"].is_string(), "{pin}");
        let part = room.pins("?limit=1").await;
        assert_eq!(messages(&part), std::slice::from_ref(&second));
        let next = part["next"].as_str().expect("there is more");
        let rest = room.pins(&format!("?limit=1&cursor={next}")).await;
        assert_eq!((messages(&rest), &rest["next"]), (vec![first.clone()], &Value::Null));
        let path = format!("/channels/{}/messages/{first}", room.channel);
        assert_eq!(room.member.get(&path).await.expect(200)["pinned"], true);
        room.member.patch(&path, json!({ "content": "first, edited" })).await.expect(200);
        assert_eq!(room.pins("").await["items"][1]["message"]["content"], "first, edited");
        for _ in 0..2 {
            room.owner.delete(&room.pin(&first)).await.expect(204);
        }
        room.owner.delete(&format!("/channels/{}/messages/{second}", room.channel)).await.expect(204);
        assert_eq!(messages(&room.pins("").await), Vec::<String>::new());
        let told: Vec<_> = room.events().await.into_iter().filter(|(kind, _)| kind.contains("pinned")).collect();
        let moved = |message: &str| json!({ "channel_id": room.channel, "message_id": message, "user": room.owner.id });
        let expected = [("message.pinned", &first), ("message.pinned", &second), ("message.unpinned", &first)];
        assert_eq!(told, expected.map(|(kind, message)| (kind.to_owned(), moved(message))), "once each");
        let stranger = Person::sign_up(&room.server, "stranger").await;
        for answer in [
            stranger.get(&format!("/channels/{}/pins", room.channel)).await,
            stranger.put(&room.pin(&first), json!({})).await,
            room.owner.put(&room.pin(&second), json!({})).await,
            room.owner.delete(&room.pin(&second)).await,
        ] {
            answer.refused(404, "not_found");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_has_so_many_pins_and_no_more() {
    for engine in Engine::at_hand() {
        let room = Room::open(engine).await;
        let mut sent = Vec::new();
        for number in 0..251 {
            sent.push(room.owner.says(&room.channel, &format!("message {number}")).await);
        }
        let (last, first) = sent.split_last().expect("some");
        for message in first {
            room.owner.put(&room.pin(message), json!({})).await.expect(204);
        }
        room.owner.put(&room.pin(last), json!({})).await.refused(409, "conflict");
        room.owner.put(&room.pin(&first[0]), json!({})).await.expect(204);
        room.owner.delete(&room.pin(&first[0])).await.expect(204);
        room.owner.put(&room.pin(last), json!({})).await.expect(204);
        let mut found = Vec::new();
        let mut query = "?limit=100".to_owned();
        loop {
            let page = room.pins(&query).await;
            found.extend(messages(&page));
            let Some(next) = page["next"].as_str() else { break };
            query = format!("?limit=100&cursor={next}");
        }
        assert_eq!(found.len(), 250);
        assert_eq!(found[0], *last);
    }
}
