//! Frames and events as JSON.

use beep_core::event::{EventBody, Stream};
use beep_core::id::Id;
use beep_core::member::Member;
use beep_proto::gateway::{
    At, ClientFrame, CloseCode, Closing, Event, EventData, Focus, FocusedMembers, Hello, Refresh, Resync, ServerFrame,
    StreamName, Typing,
};
use beep_proto::problem::ErrorCode;
use beep_proto::view::{Presence, PresenceStatus};
use serde_json::{Value, json};

use crate::{fixture, sample, view};

/// An event of a server as it goes out.
pub(crate) fn event(body: &EventBody) -> Event {
    event_of(&Stream::Space(sample::server_id()), body)
}

fn event_of(stream: &Stream, body: &EventBody) -> Event {
    Event {
        cursor: "AQAAAAAAAAAB".to_owned(),
        stream: StreamName::Channel(sample::at_home(5).into()),
        seq: 7,
        at: sample::time(10).into(),
        data: EventData::new(stream, body, 7).expect("it can be read"),
    }
}

/// What happens to the space of a private channel, as it goes out.
fn private_events() -> Vec<Event> {
    let channel = sample::private_channel();
    let stream = Stream::Channel { id: channel.id.clone(), server: channel.server };
    let space = channel.space_key();
    let joined = EventBody::MemberJoined(Member::joining(space.clone(), sample::guest(), sample::time(2)));
    let left = EventBody::MemberLeft { server: space.clone(), user: sample::guest() };
    let renamed = EventBody::ChannelUpdated { channel: channel.clone(), before: channel };
    [joined, left, renamed, EventBody::SpaceDeleted { id: space }].map(|body| event_of(&stream, &body)).into()
}

/// What is in no log, as it goes out.
fn transient_events() -> Vec<Event> {
    let presence = Presence {
        user: sample::guest().into(),
        status: PresenceStatus::Dnd,
        text: Some("in a meeting".to_owned()),
        emoji: Some("🗓️".to_owned()),
    };
    let typing =
        Typing { channel_id: sample::at_home(5).into(), user: sample::guest().into(), until: sample::time(8).into() };
    let event = |data| Event { seq: 0, data, ..event(&sample::bodies()[0]) };
    [EventData::TypingStarted(typing), EventData::PresenceUpdated(presence)].map(event).into()
}

/// Every frame of a backend, the unknown one excepted.
pub(crate) fn server_frames() -> Vec<ServerFrame> {
    let mut frames = vec![
        ServerFrame::Ready(Box::new(view::ready())),
        ServerFrame::Resumed(At { cursor: "c1".to_owned() }),
        ServerFrame::CaughtUp(At { cursor: "c2".to_owned() }),
        ServerFrame::ResyncRequired(Resync { scope: "all".to_owned() }),
        ServerFrame::Ping,
        ServerFrame::Pong,
        ServerFrame::Error(Closing { code: ErrorCode::RateLimited, reconnect: true, retry_after_ms: 1_500 }),
    ];
    let logged = sample::bodies().iter().map(event).chain(private_events()).collect::<Vec<_>>();
    let events = logged.into_iter().chain(transient_events());
    frames.extend(events.map(|event| ServerFrame::Event(Box::new(event))));
    frames
}

/// Every frame of a client.
pub(crate) fn client_frames() -> Vec<ClientFrame> {
    let hello = |cursor: Option<&str>, channels| {
        ClientFrame::Hello(Hello { access_token: "t".into(), cursor: cursor.map(str::to_owned), channels })
    };
    vec![
        hello(None, None),
        hello(Some("c1"), Some(vec![sample::at_home(5).into()])),
        hello(Some("c1"), Some(Vec::new())),
        ClientFrame::Refresh(Refresh { access_token: "t2".into() }),
        ClientFrame::Focus(Focus::default()),
        ClientFrame::Focus(Focus {
            channels: vec![sample::at_home(5).into()],
            members: vec![FocusedMembers {
                server: sample::server_id().into(),
                ranges: vec![[0, 99], [200, 299]],
                users: vec![sample::guest().into()],
            }],
        }),
        ClientFrame::Ping,
        ClientFrame::Pong,
    ]
}

#[test]
fn frames_are_read_back() {
    for frame in server_frames() {
        let text = serde_json::to_string(&frame).expect("JSON");
        assert_eq!(serde_json::from_str::<ServerFrame>(&text).expect("a frame"), frame);
    }
    for frame in client_frames() {
        let text = serde_json::to_string(&frame).expect("JSON");
        assert_eq!(serde_json::from_str::<ClientFrame>(&text).expect("a frame"), frame);
    }
}

#[test]
fn frames_are_spelled_as_in_the_contract() {
    let written: Vec<Value> =
        server_frames().iter().take(7).map(|frame| serde_json::to_value(frame).expect("JSON")).collect();
    assert_eq!(written[0]["op"], "ready");
    assert_eq!(written[1], json!({ "op": "resumed", "d": { "cursor": "c1" } }));
    assert_eq!(written[2], json!({ "op": "caught_up", "d": { "cursor": "c2" } }));
    assert_eq!(written[3], json!({ "op": "resync_required", "d": { "scope": "all" } }));
    assert_eq!(written[4], json!({ "op": "ping" }));
    assert_eq!(written[5], json!({ "op": "pong" }));
    let closing = json!({ "code": "rate_limited", "reconnect": true, "retry_after_ms": 1500 });
    assert_eq!(written[6], json!({ "op": "error", "d": closing }));

    let hello: ClientFrame =
        serde_json::from_value(json!({ "op": "hello", "d": { "access_token": "t" } })).expect("ok");
    assert_eq!(hello, client_frames()[0]);
    let null = json!({ "op": "hello", "d": { "access_token": "t", "cursor": null, "channels": null, "new": 1 } });
    assert_eq!(serde_json::from_value::<ClientFrame>(null).expect("ok"), client_frames()[0]);
}

#[test]
fn a_frame_may_say_d_first_or_needlessly() {
    let frame: ServerFrame = serde_json::from_str(r#"{"d":{"cursor":"c1"},"op":"resumed"}"#).expect("a frame");
    assert_eq!(frame, ServerFrame::Resumed(At { cursor: "c1".to_owned() }));
    for text in [r#"{"op":"ping"}"#, r#"{"op":"ping","d":null}"#, r#"{"op":"ping","d":{}}"#, r#"{"d":{},"op":"ping"}"#]
    {
        assert_eq!(serde_json::from_str::<ClientFrame>(text).expect(text), ClientFrame::Ping);
        assert_eq!(serde_json::from_str::<ServerFrame>(text).expect(text), ServerFrame::Ping);
    }
}

#[test]
fn a_frame_of_a_newer_backend_is_unknown() {
    for text in [
        r#"{"op":"wave"}"#,
        r#"{"op":"wave","d":null}"#,
        r#"{"op":"wave","d":{"to":["a"]}}"#,
        r#"{"d":{"to":["a"]},"op":"wave"}"#,
        r#"{"op":"wave","d":7,"more":true}"#,
    ] {
        assert_eq!(serde_json::from_str::<ServerFrame>(text).expect(text), ServerFrame::Unknown);
    }
    assert!(serde_json::from_str::<ClientFrame>(r#"{"op":"wave"}"#).is_err());
    assert!(serde_json::from_str::<ServerFrame>(r#"{"d":{}}"#).is_err());
}

#[test]
fn an_event_of_a_newer_backend_is_kept_whole() {
    let text = json!({
        "type": "moon.landed",
        "cursor": "c",
        "stream": "s",
        "seq": 1,
        "at": "2026-11-22T18:30:00.123Z",
        "data": { "where": ["sea", 1] },
    });
    let event: Event = serde_json::from_value(text.clone()).expect("an event");
    assert_eq!(event.data.kind(), "moon.landed");
    assert_eq!(serde_json::to_value(&event).expect("JSON"), text);
}

#[test]
fn a_stream_is_named_with_what_it_is_of() {
    let id = "01932c07-209d-7cc9-a31d-000000000005@a.example.com";
    let names = [
        (format!("channel:{id}"), StreamName::Channel(sample::at_home(5).into())),
        (format!("server:{id}"), StreamName::Server(sample::at_home(5).into())),
        (format!("user:{id}"), StreamName::User(sample::at_home(5).into())),
        (format!("space:{id}"), StreamName::Other(format!("space:{id}"))),
        ("channel:5".to_owned(), StreamName::Other("channel:5".to_owned())),
    ];
    for (text, name) in names {
        assert_eq!(name.to_string(), text);
        assert_eq!(serde_json::from_value::<StreamName>(json!(text)).expect("a text"), name);
    }
}

#[test]
fn nobody_is_told_of_what_cannot_be_read() {
    let kind = "message.created".to_owned();
    assert_eq!(EventData::new(&Stream::Space(sample::server_id()), &EventBody::Unreadable { kind }, 7), None);
}

#[test]
fn an_event_whose_data_does_not_fit_is_refused() {
    let data = serde_json::from_str(r#"{"id":1}"#).expect("it is JSON");
    for kind in EventData::KINDS {
        assert!(EventData::read(kind, data).is_err(), "{kind}");
    }
}

/// One event of each kind that has a type of its own on the wire: that a server opens again is told as joining it.
fn told() -> Vec<EventBody> {
    let mut bodies = sample::bodies();
    bodies.retain(|body| !matches!(body, EventBody::Reopened(_)));
    bodies
}

#[test]
fn kinds_are_those_of_the_contract() {
    let kinds = [
        "message.created",
        "message.updated",
        "message.deleted",
        "message.pinned",
        "message.unpinned",
        "reaction.added",
        "reaction.removed",
        "channel.created",
        "channel.updated",
        "channel.deleted",
        "channel.member_added",
        "channel.member_removed",
        "server.updated",
        "server.deleted",
        "member.joined",
        "member.updated",
        "member.left",
        "member.banned",
        "role.created",
        "role.updated",
        "role.deleted",
        "user.updated",
        "invitation.received",
        "invitation.revoked",
        "friend_request.received",
        "friend_request.accepted",
        "friend_request.declined",
        "friend_request.cancelled",
        "friend.removed",
        "read.updated",
        "session.revoked",
        "typing.started",
        "presence.updated",
    ];
    assert_eq!(EventData::KINDS, kinds);
    // Who comes to a private channel, or leaves it, is a member in the log. The last two are in no log.
    let logged = kinds[..kinds.len() - 2].iter().copied().filter(|kind| !kind.starts_with("channel.member_"));
    assert_eq!(told().iter().map(EventBody::kind).collect::<Vec<_>>(), logged.collect::<Vec<_>>());
}

#[test]
fn events_are_written_as_they_were() {
    for body in told() {
        let event = event(&body);
        assert_eq!(event.data.kind(), body.kind());
        let written = serde_json::to_value(&event).expect("JSON");
        fixture::same(&format!("event/{}.json", body.kind()), &written);
        assert_eq!(serde_json::from_value::<Event>(written).expect("an event"), event);
    }
}

#[test]
fn close_codes_are_those_of_the_contract() {
    let numbers: Vec<_> = CloseCode::ALL.iter().map(|code| code.number()).collect();
    assert_eq!(numbers, [4000, 4001, 4002, 4003, 4004]);
    assert_eq!(CloseCode::BadFrame.number(), 4000);
    assert_eq!(CloseCode::Unauthenticated.number(), 4001);
    assert_eq!(CloseCode::TooSlow.number(), 4002);
    assert_eq!(CloseCode::RateLimited.number(), 4003);
    assert_eq!(CloseCode::GoingAway.number(), 4004);
    assert_eq!(CloseCode::from_number(4002), Some(CloseCode::TooSlow));
    assert_eq!(CloseCode::from_number(1000), None);
}

#[test]
fn tokens_do_not_show_in_a_log() {
    let said =
        format!("{:?}", ClientFrame::Hello(Hello { access_token: "hidden".into(), cursor: None, channels: None }));
    assert!(!said.contains("hidden"), "{said}");
    let id: beep_core::id::SessionId = sample::id(10);
    assert_eq!(id.uuid().get_version_num(), 7);
}
