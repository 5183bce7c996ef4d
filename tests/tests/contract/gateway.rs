//! The gateway: what a client is told, in which order, and that nothing is lost between two connections.

use beep_proto::gateway::{ClientFrame, Event, EventData, Ready, ServerFrame};
use beep_tests::database::Engine;
use beep_tests::gateway::{Format, Gateway, ReceivedEntry};
use beep_tests::making::id;
use beep_tests::people::Person;
use beep_tests::server::Server;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::tokens::Mint;

/// The kinds of events.
fn kinds(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.data.kind()).collect()
}

/// Whether an event is that a message with this content was sent.
fn says(content: &str) -> impl Fn(&EventData) -> bool {
    move |data| matches!(data, EventData::MessageCreated(message) if message.content == content)
}

fn members(of: &Value) -> Vec<&str> {
    let mut names: Vec<_> = of.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_are_as_the_contract_spells_them() {
    let server = Server::shared(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let (hall, channel) = ann.community("private").await;
    let message = ann.says(&channel, "before").await;
    let mut gateway = Gateway::open(&server, Format::Json).await;
    let hello = json!({ "op": "hello", "d": { "access_token": ann.token, "cursor": null } });
    gateway.send(Message::text(hello.to_string())).await;
    let ready = gateway.json().await;
    assert_eq!((&ready["op"], members(&ready)), (&json!("ready"), vec!["d", "op"]));
    let d = &ready["d"];
    let names = ["channels", "cursor", "heartbeat_ms", "presence", "read_state", "self", "servers", "session_id"];
    assert_eq!(members(d), names);
    assert_eq!((&d["self"]["id"], &d["self"]["email"]), (&json!(ann.id), &json!(format!("{}@example.com", ann.name))));
    assert!(d["heartbeat_ms"].as_u64().is_some_and(|ms| ms >= 1_000) && d["cursor"].is_string());
    assert_eq!((&d["servers"][0]["id"], &d["servers"][0]["member"]["user"]), (&json!(hall), &json!(ann.id)));
    assert_eq!(d["servers"][0]["roles"][0]["everyone"], json!(true));
    assert_eq!((&d["channels"][0]["id"], &d["channels"][0]["last_message_id"]), (&json!(channel), &json!(message)));
    assert_eq!(d["channels"][0]["seq"], json!(1));
    let sessions = ann.get("/self/sessions").await.expect(200);
    assert_eq!(d["session_id"], sessions["items"][0]["id"]);

    gateway.send(Message::text("{\"op\":\"ping\"}")).await;
    assert_eq!(gateway.json().await, json!({ "op": "pong" }));
    let sent = ann.post(&format!("/channels/{channel}/messages"), json!({ "content": "after" })).await.expect(201);
    let event = gateway.json().await;
    assert_eq!(event["op"], "event");
    let d = &event["d"];
    assert_eq!(members(d), ["at", "cursor", "data", "seq", "stream", "type"]);
    assert_eq!(
        (&d["type"], &d["stream"], &d["seq"]),
        (&json!("message.created"), &json!(format!("channel:{channel}")), &json!(2))
    );
    assert_eq!(d["data"], sent, "`data` is the object as it is after the event");

    let mut again = Gateway::open(&server, Format::Json).await;
    let hello = json!({ "op": "hello", "d": { "access_token": ann.token, "cursor": ready["d"]["cursor"] } });
    again.send(Message::text(hello.to_string())).await;
    assert_eq!(again.json().await, json!({ "op": "resumed", "d": { "cursor": ready["d"]["cursor"] } }));
    assert_eq!(again.json().await, event, "told alike, live and later");
    let caught_up = again.json().await;
    assert_eq!(caught_up["op"], "caught_up");
    // Where one stands is sealed anew each time: it does not show whether something happened elsewhere.
    assert_ne!(caught_up["d"]["cursor"], d["cursor"]);
    again.send(Message::text("nonsense")).await;
    let error = json!({ "op": "error", "d": { "code": "invalid_request", "reconnect": false, "retry_after_ms": 0 } });
    assert_eq!(again.json().await, error);
}

#[tokio::test(flavor = "multi_thread")]
async fn protobuf_tells_the_same_as_json() {
    let server = Server::shared(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let bob = Person::sign_up(&server, "bob").await;
    let (hall, channel) = ann.community("public").await;
    let (mut in_json, from_json) = Gateway::connect(&server, &ann).await;
    let (mut in_proto, from_proto) = Gateway::connect_in(&server, &ann, Format::Proto).await;
    // Where one stands is sealed anew each time.
    assert_ne!(from_json.cursor, from_proto.cursor);
    assert_eq!(from_json, Ready { cursor: from_json.cursor.clone(), ..from_proto });
    in_proto.say(&ClientFrame::Ping).await;
    assert_eq!(in_proto.frame().await, ServerFrame::Pong);
    bob.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
    let role = ann.make_role(&hall, "role", 1, &["manage_messages"]).await;
    ann.give(&hall, &bob, &role).await;
    let second = ann.make_channel(&hall, "second").await;
    ann.overrides(&second, &format!("role/{role}"), &["attach_files"], &[]).await;
    let message = ann.says(&channel, "hé\n🎺").await;
    let reply = json!({ "content": "yes", "reply_to": message, "nonce": "n" });
    ann.post(&format!("/channels/{channel}/messages"), reply).await.expect(201);
    ann.patch(&format!("/channels/{channel}/messages/{message}"), json!({ "content": "edited" })).await.expect(200);
    ann.delete(&format!("/channels/{channel}/messages/{message}")).await.expect(204);
    ann.delete(&format!("/servers/{hall}/roles/{role}")).await.expect(204);
    ann.delete(&format!("/channels/{second}")).await.expect(204);
    ann.patch(&format!("/servers/{hall}"), json!({ "name": "Yard" })).await.expect(200);
    bob.delete(&format!("/servers/{hall}/members/me")).await.expect(204);
    ann.patch("/self", json!({ "display_name": "Ann" })).await.expect(200);
    ann.delete(&format!("/servers/{hall}")).await.expect(204);
    let last = |data: &EventData| matches!(data, EventData::ServerDeleted(_));
    let (one, other) = (in_json.until(last).await, in_proto.until(last).await);
    assert_eq!(one, other);
    assert_eq!(
        kinds(&one),
        [
            "member.joined",
            "role.created",
            "member.updated",
            "channel.created",
            "channel.updated",
            "message.created",
            "message.created",
            "message.updated",
            "message.deleted",
            "role.deleted",
            "channel.deleted",
            "server.updated",
            "member.left",
            "user.updated",
            "server.deleted",
        ]
    );
    let (_, one, _) = Gateway::resume(&server, &ann, &from_json.cursor).await;
    let (_, other, _) = Gateway::resume_in(&server, &ann, &from_json.cursor, Format::Proto).await;
    assert_eq!(one, other);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_outlives_the_process() {
    for engine in Engine::at_hand() {
        let mut server = Server::start(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        let (_, channel) = ann.community("private").await;
        let (mut gateway, ready) = Gateway::connect(&server, &ann).await;
        let mut sent = Vec::new();
        for number in 0..5 {
            sent.push(ann.says(&channel, &format!("{number}")).await);
        }
        let heard = gateway.until(says("2")).await;
        server.kill().await;
        server.run().await;
        for number in 5..8 {
            sent.push(ann.says(&channel, &format!("{number}")).await);
        }
        let ids = |events: &[Event]| -> Vec<String> {
            events.iter().map(|event| id(&serde_json::to_value(&event.data).expect("it is data"))).collect()
        };
        let (mut live, rest, at) = Gateway::resume(&server, &ann, &heard[2].cursor).await;
        assert_eq!(ids(&rest), sent[3..], "the rest, once, in order");
        let (_, all, also_at) = Gateway::resume(&server, &ann, &ready.cursor).await;
        assert_eq!(ids(&all), sent);
        for at in [at, also_at] {
            let (_, none, _) = Gateway::resume(&server, &ann, &at).await;
            assert_eq!(none, []);
        }
        sent.push(ann.says(&channel, "8").await);
        assert_eq!(ids(&[live.event().await]), sent[8..], "after the past, what happens");
        let seqs: Vec<_> = all.iter().map(|event| event.seq).collect();
        assert_eq!(seqs, (1..=8).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_takes_its_connections_along() {
    let server = Server::shared(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let phone = ann.on_another_device().await;
    let (mut here, _) = Gateway::connect(&server, &ann).await;
    let (mut there, ready) = Gateway::connect(&server, &phone).await;
    let (mut also_there, _) = Gateway::connect_in(&server, &phone, Format::Proto).await;
    ann.delete(&format!("/self/sessions/{}", ready.session_id)).await.expect(204);
    for gateway in [&mut there, &mut also_there] {
        assert_eq!(gateway.end().await, (Some(4001), vec!["unauthenticated".to_owned()]));
    }
    match here.event().await.data {
        EventData::SessionRevoked(gone) => assert_eq!(gone.id, ready.session_id),
        other => panic!("{other:?}"),
    }
    here.say(&ClientFrame::Ping).await;
    assert_eq!(here.frame().await, ServerFrame::Pong, "the other session goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_lives_as_long_as_its_token_or_the_next() {
    let server = Server::shared(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let mint = Mint::of(&server, &ann.token).await;
    let short = mint.expiring_in(2_000);
    let (mut ends, _) = Gateway::connect(&server, &ann.with_token(&short)).await;
    let (mut lives, _) = Gateway::connect(&server, &ann.with_token(&short)).await;
    let refresh = beep_proto::gateway::Refresh { access_token: ann.token.as_str().into() };
    lives.say(&ClientFrame::Refresh(refresh)).await;
    assert_eq!(ends.end().await, (Some(4001), vec!["token_expired".to_owned()]));
    ann.patch("/self", json!({ "bio": "still here" })).await.expect(200);
    assert_eq!(lives.event().await.data.kind(), "user.updated");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_user_has_so_many_connections() {
    let server = Server::start_with(Engine::Sqlite, &[]).await;
    let ann = Person::sign_up(&server, "ann").await;
    let bob = Person::sign_up(&server, "bob").await;
    let told = ann.get("/backend").await.expect(200);
    let most = told["limits"]["connections_per_user"].as_u64().expect("it is told");
    let mut open = Vec::new();
    for _ in 0..most {
        open.push(Gateway::connect(&server, &ann).await);
    }
    let mut more = Gateway::open(&server, Format::Json).await;
    more.hello(&ann.token, None).await;
    assert_eq!(more.end().await, (Some(4003), vec!["rate_limited".to_owned()]));
    Gateway::connect(&server, &bob).await;
    ann.patch("/self", json!({ "bio": "in all tabs" })).await.expect(200);
    for (gateway, _) in &mut open {
        assert_eq!(gateway.event().await.data.kind(), "user.updated");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_reach_only_those_who_may_see_them() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let owner = Person::sign_up(&server, "owner").await;
        let member = Person::sign_up(&server, "member").await;
        let stranger = Person::sign_up(&server, "stranger").await;
        let hall = owner.empty_server("public").await;
        let hidden = owner.make_channel(&hall, "hidden").await;
        let role = owner.make_role(&hall, "viewer", 1, &["view_channels"]).await;
        member.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        owner.says(&hidden, "before").await;
        let (mut live, ready) = Gateway::connect(&server, &member).await;
        let (mut outside, left_at) = Gateway::connect(&server, &stranger).await;
        assert!(ready.channels.is_empty());

        // Nothing of a hidden channel, not even that it is there; what every member may know is told.
        let message = owner.says(&hidden, "secret").await;
        owner
            .patch(&format!("/channels/{hidden}/messages/{message}"), json!({ "content": "secrets" }))
            .await
            .expect(200);
        owner.patch(&format!("/channels/{hidden}"), json!({ "topic": "secrecy" })).await.expect(200);
        let brief = owner.make_channel(&hall, "brief").await;
        owner.delete(&format!("/channels/{brief}")).await.expect(204);
        owner.patch(&format!("/servers/{hall}"), json!({ "description": "nothing to see" })).await.expect(200);
        assert_eq!(live.event().await.data.kind(), "server.updated");

        // A role that shows it: the channel as it is comes first, then why.
        owner.give(&hall, &member, &role).await;
        let shown = [live.event().await, live.event().await];
        assert_eq!(kinds(&shown), ["channel.created", "member.updated"]);
        let EventData::ChannelCreated(state) = &shown[0].data else { unreachable!("its kind says so") };
        let fresh = member.get(&format!("/channels/{hidden}")).await.expect(200);
        assert_eq!(serde_json::to_value(&state.channel).expect("a channel"), fresh, "as it is, its last message too");
        let (_, now) = Gateway::connect(&server, &member).await;
        assert_eq!(now.channels, std::slice::from_ref(state));
        owner.says(&hidden, "seen").await;
        let event = live.event().await;
        assert!(says("seen")(&event.data) && event.seq == state.seq + 1);

        // Taken away by the role's own change, by an override, by the role: it goes before the event that takes it.
        owner.patch(&format!("/servers/{hall}/roles/{role}"), json!({ "permissions": [] })).await.expect(200);
        owner.says(&hidden, "unseen").await;
        owner
            .patch(&format!("/servers/{hall}/roles/{role}"), json!({ "permissions": ["view_channels"] }))
            .await
            .expect(200);
        owner.overrides(&hidden, &format!("member/{}", member.id), &[], &["view_channels"]).await;
        owner.says(&hidden, "unseen").await;
        owner.delete(&format!("/channels/{hidden}/overrides/member/{}", member.id)).await.expect(204);
        owner.delete(&format!("/servers/{hall}/roles/{role}")).await.expect(204);
        owner.says(&hidden, "unseen").await;
        owner.patch(&format!("/servers/{hall}"), json!({ "description": "the end" })).await.expect(200);
        let told = live.until(|data| matches!(data, EventData::ServerUpdated(_))).await;
        let steps = [
            "channel.deleted",
            "role.updated",
            "channel.created",
            "role.updated",
            "channel.deleted",
            "channel.created",
            "channel.deleted",
            "role.deleted",
            "server.updated",
        ];
        // Whether the change of a channel that hides it is told after it went, or the one that shows it before it
        // came, is no matter: a client that does not hold it skips it.
        let told: Vec<_> = kinds(&told).into_iter().filter(|kind| *kind != "channel.updated").collect();
        assert_eq!(told, steps);

        // The same from an older cursor, but for what may no longer be seen.
        let (_, later, _) = Gateway::resume(&server, &member, &ready.cursor).await;
        let text = serde_json::to_string(&later).expect("events can be written");
        for secret in ["secret", "unseen", "seen", "secrecy", "brief"] {
            assert!(!text.contains(secret), "`{secret}` in {text}");
        }
        assert_eq!(kinds(&later).last(), Some(&"server.updated"));
        let page = member.get(&format!("/events?cursor={}&limit=100", ready.cursor)).await.expect(200);
        assert_eq!(page["items"], serde_json::to_value(&later).expect("events"), "over plain HTTP as well");

        // Who is no member hears nothing of the server at all.
        stranger.patch("/self", json!({ "bio": "listening" })).await.expect(200);
        assert_eq!(outside.event().await.data.kind(), "user.updated");
        let (_, past, _) = Gateway::resume(&server, &stranger, &left_at.cursor).await;
        assert_eq!(kinds(&past), ["user.updated"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn coming_and_going_is_told_to_all_devices_and_to_the_members() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let owner = Person::sign_up(&server, "owner").await;
        let ann = Person::sign_up(&server, "ann").await;
        let phone = ann.on_another_device().await;
        let (hall, channel) = owner.community("public").await;
        let message = owner.says(&channel, "before ann").await;
        let (mut at_owner, _) = Gateway::connect(&server, &owner).await;
        let (mut at_desk, start) = Gateway::connect(&server, &ann).await;
        let (mut at_phone, _) = Gateway::connect_in(&server, &phone, Format::Proto).await;
        ann.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        for gateway in [&mut at_desk, &mut at_phone] {
            let event = gateway.event().await;
            let EventData::MemberJoined(joined) = event.data else { panic!("{event:?}") };
            let (state, channels) = (joined.server.expect("with the server"), joined.channels.expect("and channels"));
            assert_eq!((state.server.id.to_string(), state.server.member_count), (hall.clone(), 2));
            assert_eq!((channels.len(), channels[0].channel.id.to_string(), channels[0].seq), (1, channel.clone(), 1));
            assert_eq!(channels[0].channel.last_message_id.map(|id| id.to_string()), Some(message.clone()));
            let (_, ready) = Gateway::connect(&server, &ann).await;
            assert_eq!((&ready.servers[..], &ready.channels), (&[*state][..], &channels));
        }
        let event = at_owner.event().await;
        let EventData::MemberJoined(joined) = event.data else { panic!("{event:?}") };
        assert!(joined.server.is_none() && joined.channels.is_none() && joined.member.user.to_string() == ann.id);

        owner.says(&channel, "welcome").await;
        for gateway in [&mut at_desk, &mut at_phone] {
            let event = gateway.event().await;
            assert!(says("welcome")(&event.data) && event.seq == 2);
        }
        at_owner.event().await;
        // A profile is told once to each who shares a server, however many they share, and to oneself.
        let (second, _) = owner.community("public").await;
        at_owner.event().await;
        ann.post(&format!("/servers/{second}/join"), json!({})).await.expect(200);
        ann.patch("/self", json!({ "display_name": "Ann" })).await.expect(200);
        ann.delete(&format!("/servers/{hall}/members/me")).await.expect(204);
        assert_eq!(kinds(&at_owner.until(left).await), ["member.joined", "user.updated", "member.left"]);
        for gateway in [&mut at_desk, &mut at_phone] {
            assert_eq!(kinds(&gateway.until(left).await), ["member.joined", "user.updated", "member.left"]);
        }
        // Nothing of what happens in a server that was left, then or later.
        owner.says(&channel, "she is gone").await;
        owner.patch(&format!("/servers/{hall}"), json!({ "name": "Empty" })).await.expect(200);
        owner.delete(&format!("/servers/{second}")).await.expect(204);
        for gateway in [&mut at_desk, &mut at_phone] {
            assert_eq!(gateway.event().await.data.kind(), "server.deleted");
        }
        let (_, past, _) = Gateway::resume(&server, &ann, &start.cursor).await;
        let text = serde_json::to_string(&past).expect("events can be written");
        assert!(!text.contains("welcome") && !text.contains("she is gone") && !text.contains("Empty"), "{text}");
        assert_eq!(kinds(&past), ["user.updated", "member.left", "server.deleted"]);
    }
}

fn left(data: &EventData) -> bool {
    matches!(data, EventData::MemberLeft(_))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_is_closed_with_4002_and_misses_nothing() {
    let server = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let bob = Person::sign_up(&server, "bob").await;
    let (hall, channel) = ann.community("public").await;
    bob.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
    let mut slow = Gateway::open_with(&server, Format::Json, Some(4_096)).await;
    slow.hello(&bob.token, None).await;
    let ServerFrame::Ready(ready) = slow.frame().await else { panic!("it is ready") };
    let (mut quick, _) = Gateway::connect(&server, &bob).await;
    let quick = tokio::spawn(async move { quick.until(says("the end")).await.len() });
    // More than sockets and queues hold: 24 MB, none of it read.
    let content = "🐌".repeat(4_000);
    let path = format!("/channels/{channel}/messages");
    for _ in 0..50 {
        let batch = (0..30).map(|_| ann.post(&path, json!({ "content": content })));
        join_all(batch).await.into_iter().for_each(|answer| drop(answer.expect(201)));
    }
    ann.says(&channel, "the end").await;
    assert_eq!(quick.await.expect("it reads to the end"), 1_501, "others are not held up");
    let (mut seqs, mut cursor) = (Vec::new(), ready.cursor.clone());
    let code = loop {
        match slow.hear().await {
            ReceivedEntry::Closed(code) => break code,
            ReceivedEntry::Frame(frame) => {
                if let ServerFrame::Event(event) = *frame {
                    seqs.push(event.seq);
                    cursor = event.cursor;
                }
            }
        }
    };
    assert_eq!(code, Some(4002));
    assert!(seqs.len() < 1_501, "it was told all in spite of all");
    let (_, rest, _) = Gateway::resume(&server, &bob, &cursor).await;
    seqs.extend(rest.iter().map(|event| event.seq));
    assert_eq!(seqs, (1..=1_501).collect::<Vec<_>>(), "everything once, in order");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_told_no_more_once_it_may_not_be() {
    let server = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let bob = Person::sign_up(&server, "bob").await;
    let (hall, channel) = ann.community("public").await;
    bob.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
    let (_, ready) = Gateway::connect(&server, &bob).await;
    // More than sockets hold: 24 MB.
    let content = "🐌".repeat(4_000);
    let path = format!("/channels/{channel}/messages");
    for _ in 0..50 {
        let batch = (0..30).map(|_| ann.post(&path, json!({ "content": content })));
        join_all(batch).await.into_iter().for_each(|answer| drop(answer.expect(201)));
    }
    let resume = async |person: &Person| {
        let mut slow = Gateway::open_with(&server, Format::Json, Some(4_096)).await;
        slow.hello(&person.token, Some(&ready.cursor)).await;
        assert!(matches!(slow.frame().await, ServerFrame::Resumed(_)));
        for _ in 0..3 {
            assert!(says(&content)(&slow.event().await.data));
        }
        slow
    };
    let told = async |mut slow: Gateway| {
        let mut told = 3;
        loop {
            match slow.hear().await {
                ReceivedEntry::Closed(code) => return (told, code),
                ReceivedEntry::Frame(frame) => told += usize::from(matches!(*frame, ServerFrame::Event(_))),
            }
        }
    };
    let phone = bob.on_another_device().await;
    let slow = resume(&phone).await;
    let sessions = phone.get("/self/sessions").await.expect(200);
    let session = sessions["items"][0]["id"].as_str().expect("an id").to_owned();
    bob.delete(&format!("/self/sessions/{session}")).await.expect(204);
    let (events, code) = told(slow).await;
    assert!(events < 1_500 && code == Some(4001), "after the session ended: {events}, {code:?}");

    // What became invisible is left out of the rest; the connection goes on.
    let mut slow = resume(&bob).await;
    ann.delete(&format!("/servers/{hall}/members/{}", bob.id)).await.expect(204);
    let mut rest = Vec::new();
    loop {
        match slow.frame().await {
            ServerFrame::Event(event) => rest.push(*event),
            ServerFrame::CaughtUp(_) => break,
            frame => panic!("{frame:?}"),
        }
    }
    let messages = rest.iter().take_while(|event| says(&content)(&event.data)).count();
    assert!(messages < 1_500, "{messages} are told after the member was removed");
    assert_eq!(kinds(&rest[messages..]), ["session.revoked", "member.left"]);
    bob.patch("/self", json!({ "bio": "here" })).await.expect(200);
    assert_eq!(slow.event().await.data.kind(), "user.updated", "it is told what happens");
    let (_, past, _) = Gateway::resume(&server, &bob, &ready.cursor).await;
    assert_eq!(kinds(&past), ["session.revoked", "member.left", "user.updated"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_is_too_large_comes_in_parts() {
    let server = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let topic = "🐌".repeat(1_024);
    let mut halls = Vec::new();
    for _ in 0..3 {
        let (hall, _) = ann.community("private").await;
        let path = format!("/servers/{hall}/channels");
        for _ in 0..10 {
            let batch = (0..32).map(|_| ann.post(&path, json!({ "name": "deep", "topic": topic })));
            join_all(batch).await.into_iter().for_each(|answer| drop(answer.expect(201)));
        }
        halls.push(hall);
    }
    for format in [Format::Json, Format::Proto] {
        let (mut gateway, ready) = Gateway::connect_in(&server, &ann, format).await;
        assert!(!ready.incomplete.is_empty() && !ready.servers.is_empty());
        let mut told: Vec<_> = ready.servers.iter().map(|state| state.server.id.to_string()).collect();
        let of = |hall: &str| {
            let servers = ready.channels.iter().filter_map(|state| state.channel.server_id.as_ref());
            servers.filter(|server| server.to_string() == hall).count()
        };
        assert!(told.iter().all(|hall| of(hall) == 321));
        for expected in &ready.incomplete {
            let EventData::MemberJoined(joined) = gateway.event().await.data else { panic!("a server opens") };
            let opened = joined.server.expect("whole").server.id;
            assert_eq!((&opened, joined.channels.expect("whole").len()), (expected, 321));
            told.push(opened.to_string());
        }
        told.sort_unstable();
        halls.sort_unstable();
        assert_eq!(told, halls);
        ann.patch("/self", json!({ "bio": format!("{format:?}") })).await.expect(200);
        assert_eq!(gateway.event().await.data.kind(), "user.updated");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_says_hello_again_and_again_is_told_to_wait() {
    let server = Server::start_with(Engine::Sqlite, &[]).await;
    let ann = Person::sign_up(&server, "ann").await;
    let mut open = Vec::new();
    let code = loop {
        let mut gateway = Gateway::open(&server, Format::Json).await;
        gateway.hello(&ann.token, None).await;
        if !matches!(gateway.frame().await, ServerFrame::Ready(_)) {
            break loop {
                if let ReceivedEntry::Closed(code) = gateway.hear().await {
                    break code;
                }
            };
        }
        open.push(gateway);
    };
    assert_eq!((open.len(), code), (50, Some(4003)), "the most connections of a user");
    open.clear();
    let mut hellos = 0;
    while hellos < 1_000 {
        let mut gateway = Gateway::open(&server, Format::Json).await;
        gateway.hello(&ann.token, None).await;
        if !matches!(gateway.frame().await, ServerFrame::Ready(_)) {
            break;
        }
        hellos += 1;
    }
    assert!((100..1_000).contains(&hellos), "a hello counts as a write does: {hellos}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_comes_over_plain_http_as_well() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        let bob = Person::sign_up(&server, "bob").await;
        let (_, channel) = ann.community("private").await;
        let begin = bob.get("/events").await.expect(200);
        assert_eq!(begin["items"], json!([]));
        let next = |page: &Value| page["next"].as_str().expect("a cursor").to_owned();
        let own = next(&ann.get("/events").await.expect(200));

        // Who waits is answered by the first event that they may see, and by none of others.
        let path = format!("/events?cursor={}&wait=30", next(&begin));
        let waits = tokio::spawn({
            let bob = bob.clone();
            async move { bob.get(&path).await }
        });
        for number in 0..5 {
            ann.says(&channel, &format!("{number}")).await;
        }
        assert!(!waits.is_finished(), "bob may see nothing of it");
        bob.patch("/self", json!({ "bio": "here" })).await.expect(200);
        let page = waits.await.expect("it ends").expect(200);
        let items = page["items"].as_array().expect("a list");
        assert_eq!((items.len(), &items[0]["type"]), (1, &json!("user.updated")));
        let after = next(&page);
        let empty = bob.get(&format!("/events?cursor={after}&wait=1")).await.expect(200);
        assert_eq!(empty["items"], json!([]));
        assert_eq!(bob.get(&format!("/events?cursor={}", next(&empty))).await.expect(200)["items"], json!([]));

        // Part by part it is the whole, once.
        for limit in [1, 2, 100] {
            let (mut cursor, mut contents) = (own.clone(), Vec::new());
            loop {
                let page = ann.get(&format!("/events?cursor={cursor}&limit={limit}")).await.expect(200);
                let items = page["items"].as_array().expect("a list").clone();
                assert!(items.len() <= limit);
                if items.is_empty() {
                    break;
                }
                contents.extend(items.into_iter().map(|item| item["data"]["content"].clone()));
                cursor = next(&page);
            }
            assert_eq!(contents, ["0", "1", "2", "3", "4"], "{limit} at a time");
        }
        // The cursors of both ways are the same.
        let (_, events, _) = Gateway::resume(&server, &ann, &own).await;
        let page = ann.get(&format!("/events?cursor={}", events[1].cursor)).await.expect(200);
        assert_eq!(page["items"][0], serde_json::to_value(&events[2]).expect("an event"));
        // Who is waiting when their session ends is told nothing more.
        let phone = bob.on_another_device().await;
        let session = phone.get("/self/sessions").await.expect(200)["items"][0]["id"].clone();
        let path = format!("/events?cursor={}&wait=30", next(&empty));
        let (waited, _) = tokio::join!(phone.get(&path), async {
            bob.delete(&format!("/self/sessions/{}", session.as_str().expect("an id"))).await.expect(204)
        });
        assert!([200, 401].contains(&waited.status), "{}", waited.body);
        phone.get(&path).await.refused(401, "unauthenticated");
    }
}
