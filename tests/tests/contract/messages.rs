//! Messages: sent once, read page by page, edited and deleted by whom the rules say.

use beep_proto::protobuf::v1;
use beep_tests::chance::nobodys_id;
use beep_tests::database::Engine;
use beep_tests::making::{id, ids};
use beep_tests::people::{Answer, Person};
use beep_tests::server::Server;
use futures_util::future::join_all;
use prost::Message as _;
use reqwest::Method;
use serde_json::{Value, json};

/// A community with its owner and a member.
struct Room {
    server: Server,
    owner: Person,
    member: Person,
    hall: String,
    channel: String,
}

impl Room {
    async fn open(engine: Engine) -> Self {
        Self::of(Server::shared(engine).await).await
    }

    async fn of(server: Server) -> Self {
        let owner = Person::sign_up(&server, "owner").await;
        let member = Person::sign_up(&server, "member").await;
        let (hall, channel) = owner.community("public").await;
        member.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        Self { server, owner, member, hall, channel }
    }

    fn messages(&self) -> String {
        format!("/channels/{}/messages", self.channel)
    }

    fn message(&self, message: &str) -> String {
        format!("/channels/{}/messages/{message}", self.channel)
    }

    async fn page(&self, query: &str) -> Value {
        self.owner.get(&format!("/channels/{}/messages?{query}", self.channel)).await.expect(200)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_sends_once() {
    for engine in Engine::at_hand() {
        let mut room = Room::of(Server::start(engine).await).await;
        let path = room.messages();
        let body = json!({ "content": "once", "nonce": "n-1" });
        let first = room.owner.post(&path, body.clone()).await.expect(201);
        assert_eq!((&first["nonce"], &first["content"]), (&json!("n-1"), &json!("once")));
        assert_eq!((&first["author"], &first["channel_id"]), (&json!(room.owner.id), &json!(room.channel)));
        assert_eq!(room.owner.post(&path, body.clone()).await.expect(201), first);
        let other = json!({ "content": "something else", "nonce": "n-1" });
        assert_eq!(room.owner.post(&path, other).await.expect(201), first, "the first answer again");
        let at_once = (0..30).map(|number| {
            let who = if number % 2 == 0 { &room.owner } else { &room.member };
            who.post(&path, json!({ "content": format!("try {number}"), "nonce": "n-2" }))
        });
        let answers: Vec<_> = join_all(at_once).await.into_iter().map(|answer| answer.expect(201)).collect();
        let mut distinct: Vec<_> = answers.iter().map(id).collect();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), 2, "one of each author");
        for answer in &answers {
            assert!(answers.iter().filter(|other| other["author"] == answer["author"]).all(|other| other == answer));
        }
        let second = room.owner.make_channel(&room.hall, "second").await;
        let elsewhere = room.owner.post(&format!("/channels/{second}/messages"), body.clone()).await.expect(201);
        assert_ne!(elsewhere["id"], first["id"], "a nonce is of one channel");
        room.server.kill().await;
        room.server.run().await;
        assert_eq!(room.owner.post(&path, body).await.expect(201), first, "after a restart as well");
        assert_eq!(room.page("").await["items"].as_array().map(Vec::len), Some(3));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_read_in_pages() {
    for engine in Engine::at_hand() {
        let room = Room::open(engine).await;
        let other = room.owner.make_channel(&room.hall, "other").await;
        let (mut sent, mut elsewhere) = (Vec::new(), Vec::new());
        for number in 0..11 {
            sent.push(room.owner.says(&room.channel, &format!("message {number}")).await);
            elsewhere.push(room.owner.says(&other, "elsewhere").await);
        }
        assert!(sent.is_sorted(), "ids sort by when they were sent");
        let newest: Vec<_> = sent.iter().rev().cloned().collect();
        let page = room.page("").await;
        assert_eq!((ids(&page), &page["next"]), (newest.clone(), &Value::Null));
        assert_eq!(ids(&room.page("limit=3").await), newest[..3]);
        assert_eq!(ids(&room.page(&format!("before={}&limit=3", sent[5])).await), [&*sent[4], &*sent[3], &*sent[2]]);
        assert_eq!(ids(&room.page(&format!("after={}&limit=3", sent[5])).await), sent[6..9]);
        assert_eq!(ids(&room.page(&format!("before={}", sent[0])).await), [""; 0]);
        assert_eq!(ids(&room.page(&format!("after={}", sent[10])).await), [""; 0]);
        // Page by page, both ways, `next` leads to the end.
        for (way, expected) in [("before", &newest), ("after", &sent)] {
            let mut read = Vec::new();
            let mut query =
                if way == "before" { "limit=4".to_owned() } else { format!("after={}&limit=4", nil(&sent)) };
            loop {
                let page = room.page(&query).await;
                read.extend(ids(&page));
                match page["next"].as_str() {
                    Some(next) => query = format!("{way}={next}&limit=4"),
                    None => break,
                }
            }
            assert_eq!(read, *expected, "{way}");
        }
        // Around an id: oldest first, the message itself in it, and nothing of another channel.
        assert_eq!(ids(&room.page(&format!("around={}&limit=5", sent[5])).await), sent[3..8]);
        let around = ids(&room.page(&format!("around={}&limit=4", sent[5])).await);
        assert!(around.len() == 4 && around.contains(&sent[5]) && around.is_sorted(), "{around:?}");
        assert!(ids(&room.page(&format!("around={}&limit=5", sent[0])).await).starts_with(&sent[..3]));
        assert!(ids(&room.page(&format!("around={}&limit=5", sent[10])).await).ends_with(&sent[8..]));
        assert_eq!(ids(&room.page(&format!("around={}&limit=1", sent[5])).await), [&*sent[5]]);
        for query in ["around", "before", "after"] {
            let read = ids(&room.page(&format!("{query}={}&limit=100", elsewhere[5])).await);
            assert!(read.iter().all(|id| sent.contains(id)), "{query} crosses channels: {read:?}");
        }
        // A place whose message is gone is a place still.
        room.owner.delete(&room.message(&sent[5])).await.expect(204);
        assert_eq!(ids(&room.page(&format!("before={}&limit=2", sent[5])).await), [&*sent[4], &*sent[3]]);
        assert_eq!(
            ids(&room.page(&format!("around={}&limit=4", sent[5])).await),
            [&*sent[3], &*sent[4], &*sent[6], &*sent[7]]
        );
        assert_eq!(ids(&room.page("limit=100").await).len(), 10);
    }
}

/// An id before all of these.
fn nil(ids: &[String]) -> String {
    format!("00000000-0000-7{}", &ids[0][15..])
}

#[tokio::test(flavor = "multi_thread")]
async fn authors_edit_and_managers_delete() {
    for engine in Engine::at_hand() {
        let room = Room::open(engine).await;
        let Room { owner, member, hall, channel, .. } = &room;
        let moderator = Person::sign_up(&room.server, "moderator").await;
        moderator.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        let role = owner.make_role(hall, "moderator", 1, &["manage_messages"]).await;
        owner.give(hall, &moderator, &role).await;
        let first = member.says(channel, "first").await;
        let path = room.message(&first);
        let before = owner.get(&path).await.expect(200);
        assert_eq!(before["edited_at"], Value::Null);
        for who in [owner, &moderator] {
            let refused = who.patch(&path, json!({ "content": "not theirs" })).await.refused(403, "permission_denied");
            assert_eq!(refused["missing"], json!([]), "no permission would do");
        }
        let edited = member.patch(&path, json!({ "content": "first!" })).await.expect(200);
        assert_eq!(
            (&edited["content"], &edited["id"], &edited["created_at"]),
            (&json!("first!"), &json!(first), &before["created_at"])
        );
        assert!(edited["edited_at"].as_str() >= before["created_at"].as_str());
        assert_eq!(member.patch(&path, json!({ "content": "first!" })).await.expect(200), edited, "nothing to do");
        assert_eq!(owner.get(&path).await.expect(200), edited);
        assert_eq!(room.page("").await["items"][0], edited);
        for number in 0..5 {
            let again = member.patch(&path, json!({ "content": format!("edit {number}") })).await.expect(200);
            assert!(again["edited_at"].as_str() > edited["edited_at"].as_str(), "each edit is later than the last");
        }

        // An answer stays one when what it answers is gone, and answers nothing of another channel.
        let reply = json!({ "content": "second", "reply_to": first });
        let reply = owner.post(&room.messages(), reply).await.expect(201);
        assert_eq!(reply["reply_to"], json!(first));
        let other = owner.make_channel(hall, "other").await;
        let theirs = owner.says(&other, "elsewhere").await;
        for nowhere in [theirs, nobodys_id()] {
            let body = json!({ "content": "x", "reply_to": nowhere });
            let refused = owner.post(&room.messages(), body).await.refused(422, "invalid_request");
            assert_eq!(refused["errors"][0]["field"], "reply_to");
        }
        let brief = owner.says(channel, "brief").await;
        let body = json!({ "content": "to what is gone", "nonce": "r-1", "reply_to": brief });
        let answered = owner.post(&room.messages(), body.clone()).await.expect(201);
        owner.delete(&room.message(&brief)).await.expect(204);
        assert_eq!(owner.post(&room.messages(), body.clone()).await.expect(201), answered, "sent before it went");
        member.post(&room.messages(), body).await.refused(422, "invalid_request");
        let refused = member.delete(&room.message(&id(&reply))).await.refused(403, "permission_denied");
        assert_eq!(refused["missing"], json!(["manage_messages"]));
        moderator.delete(&path).await.expect(204);
        for who in [owner, member] {
            who.get(&path).await.refused(404, "not_found");
            who.delete(&path).await.refused(404, "not_found");
            who.patch(&path, json!({ "content": "back" })).await.refused(404, "not_found");
        }
        assert_eq!(owner.get(&room.message(&id(&reply))).await.expect(200)["reply_to"], json!(first));

        // Without `send_messages` old messages stay as they are, but may be taken back.
        let last = member.says(channel, "last").await;
        owner.overrides(channel, &format!("member/{}", member.id), &[], &["send_messages"]).await;
        let refused = member.patch(&room.message(&last), json!({ "content": "x" })).await;
        assert_eq!(refused.refused(403, "permission_denied")["missing"], json!(["send_messages"]));
        member.delete(&room.message(&last)).await.expect(204);
        owner.overrides(channel, &format!("member/{}", member.id), &[], &[]).await;
        let last = member.says(channel, "last").await;
        owner.overrides(channel, &format!("member/{}", member.id), &[], &["view_channels"]).await;
        member.delete(&room.message(&last)).await.refused(404, "not_found");
        owner.get(&room.message(&last)).await.expect(200);

        // Two who edit and delete at once: each is done or finds it gone.
        for _ in 0..10 {
            let message = room.message(&owner.says(channel, "contended").await);
            let edit = owner.patch(&message, json!({ "content": "edited" }));
            let (edited, deleted, again) = tokio::join!(edit, moderator.delete(&message), owner.delete(&message));
            assert!([200, 404].contains(&edited.status), "{}", edited.body);
            let mut statuses = [deleted.status, again.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [204, 404], "deleted once");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_numbers_its_events_without_gaps() {
    for engine in Engine::at_hand() {
        let room = Room::open(engine).await;
        let Room { owner, member, channel, .. } = &room;
        let path = format!("/channels/{channel}/events");
        assert_eq!(owner.get(&format!("{path}?after_seq=0")).await.expect(200), json!({ "items": [], "next": null }));
        let first = owner.says(channel, "first").await;
        let sends = (0..40).map(|number| {
            let who = if number % 3 == 0 { owner } else { member };
            who.says(channel, if number == 0 { GONE } else { "at once" })
        });
        let sent = join_all(sends).await;
        owner.patch(&room.message(&first), json!({ "content": "edited" })).await.expect(200);
        owner.patch(&format!("/channels/{channel}"), json!({ "topic": "numbers" })).await.expect(200);
        owner.delete(&room.message(&sent[0])).await.expect(204);
        let (mut events, mut after) = (Vec::new(), 0u64);
        loop {
            let page = member.get(&format!("{path}?after_seq={after}&limit=10")).await.expect(200);
            let items = page["items"].as_array().expect("a list").clone();
            events.extend(items);
            match page["next"].as_str() {
                Some(next) => after = next.parse().expect("it goes on from a number"),
                None => break,
            }
        }
        let seqs: Vec<_> = events.iter().filter_map(|event| event["seq"].as_u64()).collect();
        assert_eq!(seqs, (1..=44).collect::<Vec<_>>());
        assert!(
            events.iter().all(|event| event["stream"] == format!("channel:{channel}") && event["cursor"].is_string())
        );
        let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap_or_default()).collect();
        // What was deleted or replaced since is told to nobody: of the one its deletion, of the other what it says.
        let text = json!(events).to_string();
        assert!(!text.contains("first") && !text.contains(GONE), "{text}");
        assert_eq!(events[0]["data"]["content"], "edited");
        let gone = |event: &&Value| event["data"]["id"] == sent[0];
        assert!(events.iter().filter(gone).all(|event| event["type"] == "message.deleted"));
        assert_eq!(events.iter().filter(gone).count(), 2);
        assert_eq!(kinds[..41].iter().filter(|kind| **kind == "message.created").count(), 40);
        assert_eq!(kinds[41..], ["message.updated", "channel.updated", "message.deleted"]);
        assert_eq!(events[43]["data"], json!({ "id": sent[0], "channel_id": channel }));
        // One order: that of the numbers is that of the ids, and that of the history.
        let told: Vec<_> = events[..41].iter().map(|event| id(&event["data"])).collect();
        assert!(told.is_sorted(), "numbers and ids agree");
        let mut history = ids(&room.page("limit=100").await);
        history.reverse();
        assert_eq!(history, told.iter().filter(|id| **id != sent[0]).cloned().collect::<Vec<_>>());
        let channel_now = owner.get(&format!("/channels/{channel}")).await.expect(200);
        assert_eq!(channel_now["last_message_id"], json!(told[40]));
        assert_eq!(owner.get(&format!("{path}?after_seq=44")).await.expect(200)["items"], json!([]));
        let far = format!("{path}?after_seq={}", u64::MAX);
        assert_eq!(owner.get(&far).await.expect(200)["items"], json!([]));
    }
}

/// What is said and then deleted.
const GONE: &str = "soon forgotten";

async fn protobuf(who: &Person, method: Method, path: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
    let media = "application/x-protobuf";
    let request = who.request(method, path).header("accept", media).header("content-type", media).body(body);
    let answer = request.send().await.expect("the server answers");
    let spoken = answer.headers().get("content-type").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let status = answer.status().as_u16();
    let expected = if status < 400 { media } else { "application/problem+json" };
    assert_eq!(spoken.as_deref(), Some(expected));
    (status, answer.bytes().await.expect("it is whole").to_vec())
}

/// A message in protobuf as the JSON one says it.
fn as_json(message: v1::Message) -> Value {
    let message: beep_proto::view::Message = message.try_into().expect("its ids are ids");
    serde_json::to_value(message).expect("it can be written")
}

#[tokio::test(flavor = "multi_thread")]
async fn protobuf_says_the_same_as_json() {
    let room = Room::open(Engine::Sqlite).await;
    let Room { owner, .. } = &room;
    let first = owner.says(&room.channel, "in JSON").await;
    let body = v1::SendMessage { content: "in 🎛".into(), nonce: Some("p-1".into()), reply_to: Some(first) };
    let (status, octets) = protobuf(owner, Method::POST, &room.messages(), body.encode_to_vec()).await;
    assert_eq!(status, 201);
    let sent = as_json(v1::Message::decode(&*octets).expect("it is a message"));
    assert_eq!(owner.get(&room.message(&id(&sent))).await.expect(200), sent);
    owner.patch(&room.message(&id(&sent)), json!({ "content": "edited" })).await.expect(200);
    let (_, again) = protobuf(owner, Method::POST, &room.messages(), body.encode_to_vec()).await;
    assert_eq!(as_json(v1::Message::decode(&*again).expect("it is a message"))["id"], sent["id"], "a nonce sends once");
    let body = v1::SendMessage { content: "named".into(), nonce: None, reply_to: None }.encode_to_vec();
    let named = async || {
        let media = "application/x-protobuf";
        let request = owner.request(Method::POST, &room.messages()).header("idempotency-key", "k-1");
        let request = request.header("accept", media).header("content-type", media).body(body.clone());
        let answer = request.send().await.expect("the server answers");
        assert_eq!(answer.headers().get("content-type").map(|value| value.as_bytes()), Some(media.as_bytes()));
        answer.bytes().await.expect("it is whole")
    };
    assert_eq!(named().await, named().await, "a repeated answer speaks what the first did");
    for query in ["limit=1", "limit=100", &format!("before={}", id(&sent)), &format!("around={}", id(&sent))] {
        let path = format!("{}?{query}", room.messages());
        let (status, octets) = protobuf(owner, Method::GET, &path, Vec::new()).await;
        assert_eq!(status, 200);
        let page = v1::MessagePage::decode(&*octets).expect("it is a page");
        let next = page.next.clone();
        let items: Vec<_> = page.items.into_iter().map(as_json).collect();
        assert_eq!(json!({ "items": items, "next": next }), owner.get(&path).await.expect(200), "{query}");
    }
    // What is wrong is said in JSON.
    let problem = |octets: &[u8]| serde_json::from_slice::<Value>(octets).expect("it is JSON");
    let empty = v1::SendMessage::default().encode_to_vec();
    let reply = v1::SendMessage { content: "x".into(), nonce: None, reply_to: Some("x".into()) }.encode_to_vec();
    for (body, field) in [(vec![255, 1, 2], ""), (empty, "content"), (reply, "reply_to")] {
        let (status, octets) = protobuf(owner, Method::POST, &room.messages(), body).await;
        let problem = problem(&octets);
        assert_eq!((status, problem["code"].as_str()), (422, Some("invalid_request")));
        assert_eq!(problem["errors"][0]["field"].as_str().unwrap_or_default(), field);
    }
    let (status, _) = protobuf(owner, Method::GET, &format!("/channels/{}/messages", nobodys_id()), Vec::new()).await;
    assert_eq!(status, 404);
}

async fn keyed(who: &Person, method: Method, path: &str, key: &str, body: Value) -> Answer {
    let request = who.request(method, path).header("idempotency-key", key).json(&body);
    Answer::read(request.send().await.expect("the server answers")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_gives_a_message_as_it_is_now() {
    for engine in Engine::at_hand() {
        let room = Room::open(engine).await;
        let sent = keyed(&room.owner, Method::POST, &room.messages(), "say", json!({ "content": "first" })).await;
        let path = room.message(&id(&sent.expect(201)));
        keyed(&room.owner, Method::PATCH, &path, "edit", json!({ "content": "second" })).await.expect(200);
        room.owner.patch(&path, json!({ "content": "third" })).await.expect(200);
        let now = room.owner.get(&path).await.expect(200);
        let messages = room.messages();
        let send = || keyed(&room.owner, Method::POST, &messages, "say", json!({ "content": "first" }));
        let edit = || keyed(&room.owner, Method::PATCH, &path, "edit", json!({ "content": "second" }));
        assert_eq!((send().await.expect(201), edit().await.expect(200)), (now.clone(), now));
        room.owner.delete(&path).await.expect(204);
        send().await.refused(404, "not_found");
        edit().await.refused(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_carries_a_request_out_once() {
    for engine in Engine::at_hand() {
        let mut room = Room::of(Server::start(engine).await).await;
        let body = json!({ "name": "Once", "visibility": "private", "template": "community" });
        let first = keyed(&room.owner, Method::POST, "/servers", "key", body.clone()).await.expect(201);
        let other = json!({ "name": "Another", "visibility": "public" });
        assert_eq!(keyed(&room.owner, Method::POST, "/servers", "key", other).await.expect(201), first);
        let theirs = keyed(&room.member, Method::POST, "/servers", "key", body.clone()).await.expect(201);
        assert_ne!(theirs["id"], first["id"], "a key is the caller's own");
        let second = keyed(&room.owner, Method::POST, "/servers", "kez", body.clone()).await.expect(201);
        assert_ne!(second["id"], first["id"]);
        // The same key on another route is another request.
        let path = format!("/servers/{}/channels", id(&first));
        let channel = keyed(&room.owner, Method::POST, &path, "key", json!({ "name": "one" })).await.expect(201);
        assert_eq!(keyed(&room.owner, Method::POST, &path, "key", json!({ "name": "two" })).await.expect(201), channel);
        let path = format!("/channels/{}", id(&channel));
        let renamed = keyed(&room.owner, Method::PATCH, &path, "key", json!({ "name": "three" })).await.expect(200);
        room.owner.patch(&path, json!({ "name": "four" })).await.expect(200);
        assert_eq!(keyed(&room.owner, Method::PATCH, &path, "key", json!({ "name": "x" })).await.expect(200), renamed);
        assert_eq!(room.owner.get(&path).await.expect(200)["name"], "four");
        for _ in 0..2 {
            keyed(&room.owner, Method::DELETE, &path, "gone", json!({})).await.expect(204);
        }
        // A refusal is no answer to keep: what was wrong may be put right.
        let wrong = json!({ "name": "", "visibility": "private" });
        keyed(&room.owner, Method::POST, "/servers", "late", wrong).await.refused(422, "invalid_request");
        let late = keyed(&room.owner, Method::POST, "/servers", "late", body.clone()).await.expect(201);
        let message = keyed(&room.owner, Method::POST, &room.messages(), "say", json!({ "content": "said" })).await;
        let message = message.expect(201);
        let again = keyed(&room.owner, Method::POST, &room.messages(), "say", json!({ "content": "x" })).await;
        assert_eq!(again.expect(201), message);

        room.server.kill().await;
        room.server.run().await;
        assert_eq!(keyed(&room.owner, Method::POST, "/servers", "key", body.clone()).await.expect(201), first);
        assert_eq!(keyed(&room.owner, Method::POST, "/servers", "late", body.clone()).await.expect(201), late);

        let at_once = (0..20).map(|_| keyed(&room.owner, Method::POST, "/servers", "crowd", body.clone()));
        let answers: Vec<_> = join_all(at_once).await.into_iter().map(|answer| answer.expect(201)).collect();
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{engine:?}");
        let channel = format!("/channels/{}", room.owner.make_channel(&room.hall, "brief").await);
        let at_once = (0..10).map(|_| keyed(&room.owner, Method::DELETE, &channel, "crowd", json!({})));
        join_all(at_once).await.into_iter().for_each(|answer| drop(answer.expect(204)));
        let owned = ids(&room.owner.get("/servers?limit=100").await.expect(200));
        assert_eq!(owned.len(), 5, "{engine:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn content_is_kept_as_sent_and_counted_in_characters() {
    for engine in Engine::at_hand() {
        let room = Room::open(engine).await;
        for content in [
            " spaces before, and after \n".to_owned(),
            "e\u{301} is not é, nor is ﬁ fi".to_owned(),
            "👩‍👩‍👧‍👦 שלום مرحبا \u{202e}backwards\u{200b}".to_owned(),
            "\u{1}\u{7f}\u{85}\r\n\t\\ \" ' % _ $1 ; -- {{}} <b>&amp;".to_owned(),
            "\u{fffe}\u{10ffff}\u{e000}".to_owned(),
            "🗝".repeat(4_000),
            "x".to_owned(),
        ] {
            let sent = room.owner.post(&room.messages(), json!({ "content": content })).await.expect(201);
            assert_eq!(sent["content"], json!(content));
            assert_eq!(room.owner.get(&room.message(&id(&sent))).await.expect(200), sent);
            assert_eq!(room.page("limit=1").await["items"][0], sent);
        }
        let long = json!({ "content": "🗝".repeat(4_001) });
        let refused = room.owner.post(&room.messages(), long).await.refused(422, "invalid_request");
        assert_eq!(
            (&refused["errors"][0]["field"], &refused["errors"][0]["code"]),
            (&json!("content"), &json!("too_long"))
        );
        for name in ["é".repeat(100), "🎷".repeat(100)] {
            let made = room.owner.post(&format!("/servers/{}/channels", room.hall), json!({ "name": name })).await;
            assert_eq!(made.expect(201)["name"], json!(name));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_mode_spares_readers() {
    let room = Room::open(Engine::Sqlite).await;
    let Room { owner, member, channel, .. } = &room;
    owner.patch(&format!("/channels/{channel}"), json!({ "slow_mode_s": 600 })).await.expect(200);
    let path = room.messages();
    let first = member.post(&path, json!({ "content": "first", "nonce": "a" })).await.expect(201);
    let answer = member.post(&path, json!({ "content": "second" })).await;
    let wait = answer.headers.get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let wait: u64 = wait.and_then(|text| text.parse().ok()).expect("it says when to come back");
    assert!((590..=600).contains(&wait), "{wait}");
    assert!(answer.body["until"].is_string());
    answer.refused(429, "rate_limited");
    let again = member.post(&path, json!({ "content": "first", "nonce": "a" })).await.expect(201);
    assert_eq!(again, first, "what was sent before is given again");
    for _ in 0..3 {
        owner.says(channel, "managers are exempt").await;
    }
    member.delete(&room.message(&id(&first))).await.expect(204);
    owner.patch(&format!("/channels/{channel}"), json!({ "slow_mode_s": 0 })).await.expect(200);
    member.says(channel, "second").await;
}
