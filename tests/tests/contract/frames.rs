//! Frames that make no sense, on connections that say too little, too much or the wrong thing.

use beep_proto::gateway::{ClientFrame, Hello};
use beep_tests::chance::nobodys_id;
use beep_tests::database::Engine;
use beep_tests::gateway::{Format, Gateway};
use beep_tests::people::Person;
use beep_tests::server::Server;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_make_no_sense_close_with_4000() {
    let server = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let nested = format!("{{\"op\":\"ping\",\"d\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let hello = |d: serde_json::Value| Message::text(json!({ "op": "hello", "d": d }).to_string());
    let cursor = |cursor: &str| hello(json!({ "access_token": ann.token, "cursor": cursor }));
    let first = [
        Message::text(""),
        Message::text("{"),
        Message::text("[]"),
        Message::text("null"),
        Message::text("{}"),
        Message::text("{\"op\":17}"),
        Message::text("{\"op\":\"fly\"}"),
        Message::text("{\"op\":\"ready\",\"d\":{}}"),
        Message::text("{\"op\":\"hello\"}"),
        Message::text("{\"op\":\"hello\",\"d\":null}"),
        Message::text("{\"op\":\"hello\",\"op\":\"hello\",\"d\":{}}"),
        Message::text(nested),
        Message::text("{\"op\":\"ping\"}"), // well formed, but no hello
        Message::text("{\"op\":\"refresh\",\"d\":{\"access_token\":\"x\"}}"),
        Message::binary(vec![0, 159, 146, 150]),
        hello(json!({})),
        hello(json!({ "access_token": 17 })),
        hello(json!({ "access_token": ann.token, "cursor": 17 })),
        hello(json!({ "access_token": ann.token, "channels": ["x"] })),
        hello(json!({ "access_token": ann.token, "channels": [nobodys_id()] })),
        cursor(""),
        cursor("x"),
        cursor("AAAAAAAAAAAAAAAAAAAA"),
        cursor(&"A".repeat(10_000)),
    ];
    for message in first {
        let mut gateway = Gateway::open(&server, Format::Json).await;
        let shown = format!("{message:.60?}");
        gateway.send(message).await;
        assert_eq!(gateway.end().await, (Some(4000), vec!["invalid_request".to_owned()]), "{shown}");
    }
    for message in [Message::text("{"), hello(json!({ "access_token": ann.token })), Message::binary(vec![1])] {
        let (mut gateway, _) = Gateway::connect(&server, &ann).await;
        gateway.send(message).await;
        assert_eq!(gateway.end().await, (Some(4000), vec!["invalid_request".to_owned()]));
    }
    for message in [Message::text("{\"op\":\"ping\"}"), Message::binary(vec![255; 40]), Message::binary(vec![])] {
        let mut gateway = Gateway::open(&server, Format::Proto).await;
        gateway.send(message).await;
        assert_eq!(gateway.end().await, (Some(4000), vec!["invalid_request".to_owned()]));
    }
    let no_text = Frame::message(vec![0xff, 0xfe], OpCode::Data(Data::Text), true);
    for message in [Message::text("x".repeat(65_537)), Message::text("x".repeat(200_000)), Message::Frame(no_text)] {
        let (mut gateway, _) = Gateway::connect(&server, &ann).await;
        gateway.send(message).await;
        assert_eq!(gateway.end().await, (Some(4000), vec!["invalid_request".to_owned()]));
    }
    // What is far larger than any frame ends the connection, and nothing else.
    let mut gateway = Gateway::open(&server, Format::Json).await;
    gateway.send(Message::text("x".repeat(2_000_000))).await;
    let (code, _) = gateway.end().await;
    assert!(code.is_none_or(|code| code == 4000), "{code:?}");
    // A client that says farewell is answered.
    let (mut gateway, _) = Gateway::connect(&server, &ann).await;
    gateway.send(Message::Close(Some(CloseFrame { code: 1000.into(), reason: "".into() }))).await;
    assert_eq!(gateway.end().await, (Some(1000), vec![]));
    let (mut gateway, _) = Gateway::connect(&server, &ann).await;
    gateway.say(&ClientFrame::Ping).await;
    assert_eq!(gateway.frame().await, beep_proto::gateway::ServerFrame::Pong);
    assert!(!server.log().contains("panicked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_signed_in_is_closed_with_4001() {
    let server = Server::start(Engine::Sqlite).await;
    let other = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let bob = Person::sign_up(&server, "bob").await;
    let namesake = Person::sign_up(&other, "ann").await;
    let ended = ann.on_another_device().await;
    let session = ended.get("/self/sessions").await.expect(200)["items"][0]["id"].clone();
    ann.delete(&format!("/self/sessions/{}", session.as_str().expect("an id"))).await.expect(204);
    let unauthenticated = (Some(4001), vec!["unauthenticated".to_owned()]);
    for format in [Format::Json, Format::Proto] {
        for token in ["", "x", &namesake.token, &ann.refresh, &ann.token[1..], &ended.token] {
            let mut gateway = Gateway::open(&server, format).await;
            gateway.hello(token, None).await;
            assert_eq!(gateway.end().await, unauthenticated, "{token}");
        }
    }
    // A refresh is of the same session, or of nobody.
    let second = bob.on_another_device().await;
    for token in ["x", &ann.token, &second.token] {
        let (mut gateway, _) = Gateway::connect(&server, &bob).await;
        gateway.say(&ClientFrame::Refresh(beep_proto::gateway::Refresh { access_token: token.into() })).await;
        assert_eq!(gateway.end().await, unauthenticated, "{token}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_too_much_is_closed_with_4003() {
    let server = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let bob = Person::sign_up(&server, "bob").await;
    let (mut gateway, _) = Gateway::connect(&server, &ann).await;
    let (mut other, _) = Gateway::connect(&server, &bob).await;
    for _ in 0..1_000 {
        gateway.say(&ClientFrame::Ping).await;
    }
    assert_eq!(gateway.end().await, (Some(4003), vec!["rate_limited".to_owned()]));
    other.say(&ClientFrame::Ping).await;
    assert_eq!(other.frame().await, beep_proto::gateway::ServerFrame::Pong, "others are not concerned");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_of_a_newer_client_are_skipped() {
    let server = Server::start(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    let (_, channel) = ann.community("private").await;
    let mut gateway = Gateway::open(&server, Format::Json).await;
    let hello = json!({ "seq": 1, "op": "hello", "d": { "access_token": ann.token, "cursor": null, "mood": ["new"] } });
    gateway.send(Message::text(hello.to_string())).await;
    assert_eq!(gateway.json().await["op"], "ready");
    // Channels that a client does not name, or that it may not see, are not told of.
    let mut narrow = Gateway::open(&server, Format::Json).await;
    let other = format!("{}@localhost", nobodys_id()).parse().expect("an id");
    let hello = Hello { access_token: ann.token.as_str().into(), cursor: None, channels: Some(vec![other]) };
    narrow.say(&ClientFrame::Hello(hello)).await;
    narrow.frame().await;
    ann.post(&format!("/channels/{channel}/messages"), json!({ "content": "hello" })).await.expect(201);
    ann.patch("/self", json!({ "display_name": "Ann" })).await.expect(200);
    assert_eq!(gateway.event().await.data.kind(), "message.created");
    assert_eq!(gateway.event().await.data.kind(), "user.updated");
    assert_eq!(narrow.event().await.data.kind(), "user.updated");
}
