//! What is told to those who look and is not stored: who is there, and who is writing.

use beep_proto::gateway::{ClientFrame, EventData, Focus, FocusedMembers, StreamName};
use beep_proto::view::{Presence, PresenceStatus};
use beep_tests::database::Engine;
use beep_tests::gateway::{Format, Gateway};
use beep_tests::people::Person;
use beep_tests::server::Server;
use serde_json::json;

async fn befriend(one: &Person, other: &Person) {
    one.post("/friend-requests", json!({ "username": other.name })).await.expect(201);
    other.post("/friend-requests", json!({ "username": one.name })).await.expect(201);
}

/// Looks at channels and at the first members of a server.
async fn focus(gateway: &mut Gateway, channels: &[&str], server: Option<&str>) {
    let parse = |id: &&str| id.parse().expect("an id");
    let members = server.map(|server| FocusedMembers {
        server: server.parse().expect("an id"),
        ranges: vec![[0, 99]],
        users: Vec::new(),
    });
    let focus = Focus { channels: channels.iter().map(parse).collect(), members: members.into_iter().collect() };
    gateway.say(&ClientFrame::Focus(focus)).await;
    // What comes after the answer knows of it.
    gateway.pong().await;
}

/// The next presence that is told of somebody.
async fn presence(gateway: &mut Gateway, of: &Person) -> Presence {
    loop {
        let event = gateway.transient().await;
        if let EventData::PresenceUpdated(presence) = event.data
            && presence.user.to_string() == of.id
        {
            assert_eq!((event.seq, event.stream), (0, StreamName::User(presence.user.clone())));
            return presence;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn friends_see_each_other_come_change_and_go() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        let bob = Person::sign_up(&server, "bob").await;
        befriend(&ann, &bob).await;
        let (mut at_ann, ready) = Gateway::connect(&server, &ann).await;
        let own = |status| Presence { user: ann.id.parse().expect("an id"), status, text: None, emoji: None };
        assert_eq!(ready.presence, [own(PresenceStatus::Online)], "nobody else is there");
        let (mut at_bob, ready) = Gateway::connect_in(&server, &bob, Format::Proto).await;
        assert!(ready.presence.contains(&own(PresenceStatus::Online)));
        assert_eq!(presence(&mut at_ann, &bob).await.status, PresenceStatus::Online);

        let chosen = json!({ "status": "dnd", "text": "in a meeting", "emoji": "🗓️" });
        bob.put("/self/presence", chosen).await.expect(204);
        let seen = presence(&mut at_ann, &bob).await;
        assert_eq!(
            (seen.status, seen.text.as_deref(), seen.emoji.as_deref()),
            (PresenceStatus::Dnd, Some("in a meeting"), Some("🗓️"))
        );
        assert_eq!(presence(&mut at_bob, &bob).await, seen, "one's own devices hear of it");

        // Who is invisible is offline to others and knows of it.
        bob.put("/self/presence", json!({ "status": "invisible" })).await.expect(204);
        let seen = presence(&mut at_ann, &bob).await;
        assert_eq!((seen.status, seen.text), (PresenceStatus::Offline, None));
        assert_eq!(presence(&mut at_bob, &bob).await.status, PresenceStatus::Invisible);
        drop(at_bob);
        let (_at_bob, ready) = Gateway::connect(&server, &bob).await;
        let of_bob = ready.presence.iter().find(|presence| presence.user.to_string() == bob.id).map(|one| one.status);
        assert_eq!(of_bob, Some(PresenceStatus::Invisible), "it stays chosen");

        bob.put("/self/presence", json!({ "status": "idle" })).await.expect(204);
        assert_eq!(presence(&mut at_ann, &bob).await.status, PresenceStatus::Idle);
        // The end of the friendship is the end of seeing each other.
        ann.delete(&format!("/friends/{}", bob.id)).await.expect(204);
        assert_eq!(presence(&mut at_ann, &bob).await.status, PresenceStatus::Offline);
        bob.put("/self/presence", json!({ "status": "online" })).await.expect(204);
        befriend(&ann, &bob).await;
        assert_eq!(presence(&mut at_ann, &bob).await.status, PresenceStatus::Online, "it was not told in between");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_presence_that_does_not_fit_is_refused() {
    let server = Server::shared(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    for (body, field) in [
        (json!({}), "status"),
        (json!({ "status": "offline" }), "status"),
        (json!({ "status": "asleep" }), "status"),
        (json!({ "status": "online", "text": "x".repeat(129) }), "text"),
        (json!({ "status": "online", "text": "two\nlines" }), "text"),
        (json!({ "status": "online", "emoji": "abc" }), "emoji"),
    ] {
        let refused = ann.put("/self/presence", body.clone()).await.refused(422, "invalid_request");
        assert_eq!(refused["errors"][0]["field"], field, "{body}");
    }
    ann.put("/self/presence", json!({ "status": "online", "text": "", "emoji": "" })).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_seen_by_who_looks_at_the_list_and_not_by_the_blocked() {
    let server = Server::shared(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let bob = Person::sign_up(&server, "bob").await;
    let cem = Person::sign_up(&server, "cem").await;
    let (hall, _) = ann.community("public").await;
    for who in [&bob, &cem] {
        who.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
    }
    let (mut at_bob, _) = Gateway::connect(&server, &bob).await;
    let (_at_ann, _) = Gateway::connect(&server, &ann).await;
    focus(&mut at_bob, &[], Some(&hall)).await;
    assert_eq!(presence(&mut at_bob, &ann).await.status, PresenceStatus::Online, "who is there is told at once");
    let (at_cem, _) = Gateway::connect(&server, &cem).await;
    assert_eq!(presence(&mut at_bob, &cem).await.status, PresenceStatus::Online);
    drop(at_cem);

    // Who is blocked sees the other go, and nothing more.
    ann.put("/self/presence", json!({ "status": "idle" })).await.expect(204);
    assert_eq!(presence(&mut at_bob, &ann).await.status, PresenceStatus::Idle);
    ann.put(&format!("/blocks/{}", bob.id), json!({})).await.expect(204);
    assert_eq!(presence(&mut at_bob, &ann).await.status, PresenceStatus::Offline);
    focus(&mut at_bob, &[], Some(&hall)).await;
    ann.put("/self/presence", json!({ "status": "dnd" })).await.expect(204);
    cem.put("/self/presence", json!({ "status": "dnd" })).await.expect(204);
    let told = at_bob
        .transient_until(|data| matches!(data, EventData::PresenceUpdated(told) if told.status == PresenceStatus::Dnd))
        .await;
    assert!(
        told.iter()
            .all(|event| !matches!(&event.data, EventData::PresenceUpdated(told) if told.user.to_string() == ann.id))
    );

    // A stranger sees nobody of a server that they are not in.
    let dan = Person::sign_up(&server, "dan").await;
    let (mut at_dan, _) = Gateway::connect(&server, &dan).await;
    focus(&mut at_dan, &[], Some(&hall)).await;
    cem.put("/self/presence", json!({ "status": "online" })).await.expect(204);
    dan.put("/self/presence", json!({ "status": "idle" })).await.expect(204);
    let EventData::PresenceUpdated(first) = at_dan.transient().await.data else { panic!("only a presence is told") };
    assert_eq!(first.user.to_string(), dan.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_looks_at_a_channel_sees_who_is_writing() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        let bob = Person::sign_up(&server, "bob").await;
        let (hall, channel) = ann.community("public").await;
        let other = ann.make_channel(&hall, "other").await;
        bob.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        let (mut at_bob, _) = Gateway::connect(&server, &bob).await;
        let typing = |channel: &str| format!("/channels/{channel}/typing");

        ann.post(&typing(&channel), json!({})).await.expect(204);
        focus(&mut at_bob, &[&other], None).await;
        ann.post(&typing(&channel), json!({})).await.expect(204);
        bob.post(&typing(&other), json!({})).await.expect(204);
        ann.post(&typing(&other), json!({})).await.expect(204);
        let event = at_bob.transient().await;
        let EventData::TypingStarted(told) = &event.data else { panic!("{event:?}") };
        assert_eq!(
            (told.channel_id.to_string(), told.user.to_string()),
            (other.clone(), ann.id.clone()),
            "neither another channel nor oneself"
        );
        assert!(told.until.0 > event.at.0 && event.seq == 0);

        // Its cursor is a place in the log like any other.
        let (_, events, _) = Gateway::resume(&server, &bob, &event.cursor).await;
        assert!(events.is_empty());

        // What one does not see, or may not send to, one does not write in; and who cannot see it is told nothing.
        let role = ann.make_role(&hall, "mute", 1, &[]).await;
        ann.overrides(&other, &format!("member/{}", bob.id), &[], &["send_messages"]).await;
        bob.post(&typing(&other), json!({})).await.refused(403, "permission_denied");
        ann.overrides(&other, &format!("member/{}", bob.id), &[], &["view_channels"]).await;
        bob.post(&typing(&other), json!({})).await.refused(404, "not_found");
        ann.post(&typing(&other), json!({})).await.expect(204);
        focus(&mut at_bob, &[&other, &channel], None).await;
        ann.post(&typing(&other), json!({})).await.expect(204);
        ann.post(&typing(&channel), json!({})).await.expect(204);
        let EventData::TypingStarted(told) = at_bob.transient().await.data else { panic!("somebody is writing") };
        assert_eq!(told.channel_id.to_string(), channel);
        drop(role);
    }
}
