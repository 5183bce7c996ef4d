//! What somebody has read: the same on all their devices, and nobody else's matter.

use beep_proto::gateway::{EventData, Ready};
use beep_proto::view::ReadState;
use beep_tests::database::Engine;
use beep_tests::gateway::Gateway;
use beep_tests::making::id;
use beep_tests::people::Person;
use beep_tests::server::Server;
use serde_json::{Value, json};

struct Room {
    server: Server,
    ann: Person,
    bob: Person,
    hall: String,
    channel: String,
}

impl Room {
    /// A server of Ann with Bob in it.
    async fn open(engine: Engine) -> Self {
        let server = Server::shared(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        let bob = Person::sign_up(&server, "bob").await;
        let (hall, channel) = ann.community("public").await;
        bob.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        Self { server, ann, bob, hall, channel }
    }

    fn read(&self) -> String {
        format!("/channels/{}/read", self.channel)
    }

    /// Bob's unread and mention counts, and whether all is read up to a message.
    async fn counts(&self) -> (Value, Value) {
        let state = self.bob.get(&self.read()).await.expect(200);
        (state["unread"].clone(), state["mentions"].clone())
    }
}

fn of<'r>(ready: &'r Ready, channel: &str) -> Option<&'r ReadState> {
    ready.read_state.iter().find(|state| state.channel.to_string() == channel)
}

fn is_read(data: &EventData) -> bool {
    matches!(data, EventData::ReadUpdated(_))
}

fn told(data: &EventData) -> (String, u64, u64) {
    match data {
        EventData::ReadUpdated(state) => (state.last_read.to_string(), state.unread, state.mentions),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_follows_its_user_on_every_device() {
    for engine in Engine::at_hand() {
        let room = Room::open(engine).await;
        let Room { server, ann, bob, channel, .. } = &room;
        let phone = bob.on_another_device().await;
        let (_, ready) = Gateway::connect(server, bob).await;
        assert_eq!(of(&ready, channel), None, "what was said before somebody came is read");
        let mut said = Vec::new();
        for text in ["one", "two", &format!("three <@{}>", bob.id), "four", "@everyone"] {
            said.push(ann.says(channel, text).await);
        }
        let (mut at_desk, ready) = Gateway::connect(server, bob).await;
        let (mut at_phone, _) = Gateway::connect(server, &phone).await;
        let (mut at_ann, _) = Gateway::connect(server, ann).await;
        let state = of(&ready, channel).expect("something is unread");
        assert_eq!((state.unread, state.mentions, state.newest.to_string()), (5, 2, said[4].clone()));
        bob.put(&room.read(), json!({ "message_id": said[1] })).await.expect(204);
        let event = at_phone.until(is_read).await.pop().expect("it is told");
        assert_eq!(event.stream.to_string(), format!("user:{}", bob.id));
        assert_eq!(told(&event.data), (said[1].clone(), 3, 2));
        assert_eq!(told(&at_desk.until(is_read).await.pop().expect("it is told").data).1, 3);
        // It never goes back by itself.
        for message in [&said[0], &said[1]] {
            phone.put(&room.read(), json!({ "message_id": message })).await.expect(204);
        }
        assert_eq!(room.counts().await, (json!(3), json!(2)));
        phone.put(&room.read(), json!({ "message_id": said[4] })).await.expect(204);
        assert_eq!(told(&at_desk.until(is_read).await.pop().expect("it is told").data), (said[4].clone(), 0, 0));
        // Only where that is asked for: the message is the first unread one then.
        bob.put(&room.read(), json!({ "message_id": said[2], "unread": true })).await.expect(204);
        let back = at_phone.until(|data| is_read(data) && told(data).1 > 0).await.pop().expect("it is told");
        assert_eq!(told(&back.data), (said[1].clone(), 3, 2));
        // Who writes has read what was there.
        let own = phone.says(channel, "five").await;
        assert_eq!(room.counts().await, (json!(0), json!(0)));
        ann.says(channel, "six").await;
        let (_, ready) = Gateway::connect(server, bob).await;
        let state = of(&ready, channel).expect("something is unread");
        assert_eq!((state.last_read.to_string(), state.unread), (own, 1));
        // Nobody else hears of it, and a device that was away hears of it later.
        let heard = at_ann.until(|data| matches!(data, EventData::MessageCreated(m) if m.content == "six")).await;
        assert!(!heard.iter().any(|event| is_read(&event.data)), "{heard:?}");
        let (_, missed, _) = Gateway::resume(server, &phone, &event.cursor).await;
        let missed: Vec<_> =
            missed.iter().filter(|event| is_read(&event.data)).map(|event| told(&event.data)).collect();
        assert_eq!(missed, [(said[4].clone(), 0, 0), (said[1].clone(), 3, 2)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_is_where_its_user_may_look() {
    for engine in Engine::at_hand() {
        let room = Room::open(engine).await;
        let Room { server, ann, bob, hall, channel } = &room;
        let message = ann.says(channel, "@everyone").await;
        let stranger = Person::sign_up(server, "stranger").await;
        let mark = json!({ "message_id": message });
        for answer in [
            stranger.put(&room.read(), mark.clone()).await,
            stranger.put(&room.read(), json!({ "message_id": message, "unread": true })).await,
            stranger.get(&room.read()).await,
            stranger.put(&format!("/servers/{hall}/read"), json!({})).await,
        ] {
            answer.refused(404, "not_found");
        }
        bob.put(&room.read(), json!({})).await.refused(422, "invalid_request");
        bob.put(&room.read(), json!({ "message_id": "x" })).await.refused(422, "invalid_request");
        let category = ann.make_category(hall, "rooms").await;
        bob.put(&format!("/channels/{category}/read"), mark.clone()).await.refused(422, "invalid_request");
        // What is hidden is not told of, in no way.
        let everyone = ann.everyone(hall).await;
        ann.overrides(channel, &format!("role/{everyone}"), &[], &["view_channels"]).await;
        bob.put(&room.read(), mark.clone()).await.refused(404, "not_found");
        bob.put(&format!("/servers/{hall}/read"), json!({})).await.expect(204);
        assert_eq!(of(&Gateway::connect(server, bob).await.1, channel), None);
        ann.overrides(channel, &format!("role/{everyone}"), &[], &[]).await;
        assert_eq!(room.counts().await, (json!(1), json!(1)), "all of a server is what one sees of it");
        // A mark goes with the membership.
        bob.put(&room.read(), mark.clone()).await.expect(204);
        bob.delete(&format!("/servers/{hall}/members/me")).await.expect(204);
        bob.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        assert_eq!(of(&Gateway::connect(server, bob).await.1, channel), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_read_at_once_and_private_messages_are_for_their_reader() {
    for engine in Engine::at_hand() {
        let room = Room::open(engine).await;
        let Room { server, ann, bob, hall, channel } = &room;
        let second = ann.make_channel(hall, "second").await;
        for channel in [channel, &second] {
            ann.says(channel, "one").await;
            ann.says(channel, &format!("<@{}>", bob.id)).await;
        }
        let direct = id(&ann.post("/channels", json!({ "kind": "direct", "user": bob.id })).await.expect(201));
        ann.says(&direct, "hello").await;
        let (mut at_desk, ready) = Gateway::connect(server, bob).await;
        for channel in [channel, &second] {
            assert_eq!(of(&ready, channel).map(|state| (state.unread, state.mentions)), Some((2, 1)));
        }
        assert_eq!(of(&ready, &direct).map(|state| (state.unread, state.mentions)), Some((1, 1)));
        for _ in 0..2 {
            bob.put(&format!("/servers/{hall}/read"), json!({})).await.expect(204);
        }
        bob.put(&format!("/servers/{direct}/read"), json!({})).await.refused(404, "not_found");
        let mut read = Vec::new();
        for _ in 0..2 {
            match at_desk.until(is_read).await.pop().expect("it is told").data {
                EventData::ReadUpdated(state) => read.push((state.channel.to_string(), state.unread)),
                other => panic!("{other:?}"),
            }
        }
        read.sort();
        let mut expected = [(channel.clone(), 0), (second, 0)];
        expected.sort();
        assert_eq!(read, expected, "once each");
        // Whom one has blocked writes, but not for one.
        bob.put(&format!("/blocks/{}", ann.id), json!({})).await.expect(204);
        ann.says(channel, &format!("<@{}>", bob.id)).await;
        assert_eq!(room.counts().await, (json!(1), json!(0)));
        // A message that is deleted is unread no more.
        let gone = ann.says(channel, "gone").await;
        ann.delete(&format!("/channels/{channel}/messages/{gone}")).await.expect(204);
        assert_eq!(room.counts().await, (json!(1), json!(0)));
    }
}
