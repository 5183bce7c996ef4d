//! Reactions: who may add one, what everybody hears of it, who reacted, and where they end.

use beep_tests::database::Engine;
use beep_tests::making::id;
use beep_tests::people::Person;
use beep_tests::server::Server;
use serde_json::{Value, json};

struct Room {
    server: Server,
    owner: Person,
    member: Person,
    hall: String,
    channel: String,
    message: String,
}

impl Room {
    async fn open(engine: Engine) -> Self {
        let server = Server::shared(engine).await;
        let owner = Person::sign_up(&server, "owner").await;
        let member = Person::sign_up(&server, "member").await;
        let (hall, channel) = owner.community("public").await;
        member.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        let message = owner.says(&channel, "what do you think?").await;
        Self { server, owner, member, hall, channel, message }
    }

    fn message(&self) -> String {
        format!("/channels/{}/messages/{}", self.channel, self.message)
    }

    fn of(&self, emoji: &str) -> String {
        format!("{}/reactions/{emoji}", self.message())
    }

    fn own(&self, emoji: &str) -> String {
        format!("{}/me", self.of(emoji))
    }

    async fn reacts(&self, who: &Person, emoji: &str) {
        who.put(&self.own(emoji), json!({})).await.expect(204);
    }

    /// How somebody sees the reactions to the message.
    async fn seen(&self, who: &Person) -> Value {
        who.get(&self.message()).await.expect(200)["reactions"].clone()
    }

    async fn who(&self, emoji: &str, query: &str) -> (Vec<String>, Value) {
        let page = self.member.get(&format!("{}{query}", self.of(emoji))).await.expect(200);
        (page["items"].as_array().expect("a list").iter().map(id).collect(), page["next"].clone())
    }

    /// What was told of reactions in the channel.
    async fn told(&self) -> Vec<(String, Value)> {
        let path = format!("/channels/{}/events?after_seq=0&limit=100", self.channel);
        let events = self.member.get(&path).await.expect(200);
        let events = events["items"].as_array().expect("a list").iter();
        let told = events.map(|event| (event["type"].as_str().expect("a type").to_owned(), event["data"].clone()));
        told.filter(|(kind, _)| kind.starts_with("reaction")).collect()
    }
}

const THUMB: &str = "👍";
const HEART: &str = "❤\u{fe0f}";

#[tokio::test(flavor = "multi_thread")]
async fn reactions_are_counted_once_for_each_user_and_told() {
    for engine in Engine::at_hand() {
        let room = Room::open(engine).await;
        for _ in 0..2 {
            room.reacts(&room.member, THUMB).await;
        }
        // With and without what asks for a picture it is the same.
        room.reacts(&room.owner, "❤").await;
        room.reacts(&room.member, HEART).await;
        let expected = |thumb: bool, heart: bool| {
            json!([
                { "emoji": THUMB, "count": 1, "me": thumb },
                { "emoji": HEART, "count": 2, "me": heart },
            ])
        };
        assert_eq!(room.seen(&room.member).await, expected(true, true));
        assert_eq!(room.seen(&room.owner).await, expected(false, true));
        let history = room.owner.get(&format!("/channels/{}/messages", room.channel)).await.expect(200);
        assert_eq!(history["items"][0]["reactions"], expected(false, true));
        room.owner.put(&format!("/channels/{}/pins/{}", room.channel, room.message), json!({})).await.expect(204);
        let pins = room.member.get(&format!("/channels/{}/pins", room.channel)).await.expect(200);
        assert_eq!(pins["items"][0]["message"]["reactions"], expected(true, true));
        let edited = room.owner.patch(&room.message(), json!({ "content": "well?" })).await.expect(200);
        assert_eq!(edited["reactions"], expected(false, true));
        assert_eq!(room.who("❤", "").await, (vec![room.owner.id.clone(), room.member.id.clone()], Value::Null));
        let (first, next) = room.who(HEART, "?limit=1").await;
        let cursor = next.as_str().expect("there is more");
        assert_eq!(first, std::slice::from_ref(&room.owner.id));
        let (rest, next) = room.who(HEART, &format!("?limit=1&cursor={cursor}")).await;
        assert_eq!((rest, next), (vec![room.member.id.clone()], Value::Null));
        assert_eq!(room.who("🎉", "").await, (Vec::new(), Value::Null));
        for _ in 0..2 {
            room.member.delete(&room.own("❤")).await.expect(204);
        }
        let moved = |emoji: &str, user: Value, count: u32| json!({ "channel_id": room.channel, "message_id": room.message, "emoji": emoji, "user": user, "count": count });
        let added =
            |emoji: &str, user: &Person, count| ("reaction.added".to_owned(), moved(emoji, json!(user.id), count));
        let mut told = vec![
            added(THUMB, &room.member, 1),
            added(HEART, &room.owner, 1),
            added(HEART, &room.member, 2),
            ("reaction.removed".to_owned(), moved(HEART, json!(room.member.id), 1)),
        ];
        assert_eq!(room.told().await, told, "once each");
        // All of one emoji, by who manages messages.
        let refused = room.member.delete(&room.of(THUMB)).await.refused(403, "permission_denied");
        assert_eq!(refused["missing"], json!(["manage_messages"]));
        room.reacts(&room.owner, THUMB).await;
        for _ in 0..2 {
            let of = json!({ "channel": room.channel, "message": room.message, "emoji": THUMB, "reason": "off topic" });
            room.owner.call("reactions.clear", of).await.expect(204);
        }
        told.push(added(THUMB, &room.owner, 2));
        told.push(("reaction.removed".to_owned(), moved(THUMB, Value::Null, 0)));
        assert_eq!(room.told().await, told);
        assert_eq!(room.seen(&room.member).await, json!([{ "emoji": HEART, "count": 1, "me": false }]));
        assert_eq!(room.who(THUMB, "").await, (Vec::new(), Value::Null));
        let log = format!("/servers/{}/audit-log?action=reactions.clear", room.hall);
        let entries = room.owner.get(&log).await.expect(200)["items"].clone();
        assert_eq!(entries.as_array().map(Vec::len), Some(1), "{entries}");
        assert_eq!((&entries[0]["reason"], &entries[0]["target"]["id"]), (&json!("off topic"), &json!(room.message)));
        // Who comes back is told the message as it is, without saying who of them reacted.
        let all = room.owner.get(&format!("/channels/{}/events?after_seq=0", room.channel)).await.expect(200);
        let sent = all["items"].as_array().expect("a list").iter().find(|event| event["type"] == "message.created");
        assert_eq!(sent.map(|event| &event["data"]["reactions"]), Some(&json!([{ "emoji": HEART, "count": 1 }])));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_emoji_is_what_unicode_recommends_and_there_are_twenty() {
    for engine in Engine::at_hand() {
        let room = Room::open(engine).await;
        let refused = ["x", "1", "👍👍", "👍%20", "%F0%9F%91%8D%E2%80%8D", ":tada:", "%00", "🇽🇽", &"a".repeat(500)];
        for emoji in refused {
            let problem = room.member.put(&room.own(emoji), json!({})).await.refused(422, "invalid_request");
            assert_eq!(problem["errors"][0]["field"], "emoji", "{emoji}: {problem}");
            room.member.get(&room.of(emoji)).await.refused(422, "invalid_request");
        }
        for emoji in ["👍🏽", "👍", "👩🏽\u{200d}💻", "🏳\u{fe0f}\u{200d}🌈", "🏳\u{200d}🌈", "%23%EF%B8%8F%E2%83%A3", "🇩🇪"]
        {
            room.reacts(&room.member, emoji).await;
        }
        let seen = room.seen(&room.member).await;
        let emoji: Vec<_> = seen.as_array().expect("a list").iter().map(|one| one["emoji"].as_str()).collect();
        let expected = ["👍🏽", "👍", "👩🏽\u{200d}💻", "🏳\u{fe0f}\u{200d}🌈", "#\u{fe0f}\u{20e3}", "🇩🇪"];
        assert_eq!(emoji, expected.map(Some));
        let more = (0x1f400..).filter_map(char::from_u32).map(String::from).take(14);
        for emoji in more {
            room.reacts(&room.member, &emoji).await;
        }
        room.owner.put(&room.own("🎉"), json!({})).await.refused(409, "conflict");
        room.reacts(&room.owner, THUMB).await;
        room.member.delete(&room.own("🇩🇪")).await.expect(204);
        room.reacts(&room.owner, "🎉").await;
        assert_eq!(room.seen(&room.member).await.as_array().map(Vec::len), Some(20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_speak_does_not_react_and_what_is_deleted_has_none() {
    for engine in Engine::at_hand() {
        let room = Room::open(engine).await;
        room.reacts(&room.member, THUMB).await;
        // Muted, then without the permission.
        let mute = format!("/servers/{}/members/{}/mute", room.hall, room.member.id);
        let until = "2999-01-01T00:00:00.000Z";
        room.owner.put(&mute, json!({ "until": until })).await.expect(200);
        room.member.put(&room.own("🎉"), json!({})).await.refused(403, "muted");
        room.member.delete(&room.own(THUMB)).await.refused(403, "muted");
        room.owner.delete(&mute).await.expect(204);
        let roles = room.owner.get(&format!("/servers/{}/roles", room.hall)).await.expect(200);
        let everyone = roles["items"].as_array().expect("a list").iter().find(|role| role["everyone"] == true);
        let role = id(everyone.expect("it is there"));
        let over = format!("/channels/{}/overrides/role/{role}", room.channel);
        room.owner.put(&over, json!({ "allow": [], "deny": ["send_messages"] })).await.expect(200);
        let refused = room.member.put(&room.own("🎉"), json!({})).await.refused(403, "permission_denied");
        assert_eq!(refused["missing"], json!(["send_messages"]));
        room.member.delete(&room.own(THUMB)).await.refused(403, "permission_denied");
        room.member.get(&room.of(THUMB)).await.expect(200);
        let stranger = Person::sign_up(&room.server, "stranger").await;
        for answer in [
            stranger.get(&room.of(THUMB)).await,
            stranger.put(&room.own(THUMB), json!({})).await,
            stranger.delete(&room.own(THUMB)).await,
            stranger.delete(&room.of(THUMB)).await,
        ] {
            answer.refused(404, "not_found");
        }
        room.owner.delete(&room.message()).await.expect(204);
        for answer in [
            room.owner.get(&room.of(THUMB)).await,
            room.owner.put(&room.own(THUMB), json!({})).await,
            room.owner.delete(&room.own(THUMB)).await,
            room.owner.delete(&room.of(THUMB)).await,
        ] {
            answer.refused(404, "not_found");
        }
    }
}
