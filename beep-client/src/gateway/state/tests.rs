use beep_proto::gateway::{At, ChannelGone, ChannelState, Joined, MessageGone, Resync};
use beep_proto::id::Bare;
use beep_proto::view::{Channel, ChannelKind};

use super::*;
use crate::sample;

const T: Duration = Duration::from_secs(1_000);
const NEVER: Duration = Duration::MAX;

fn text(frame: &ServerFrame) -> String {
    serde_json::to_string(frame).expect("frames are JSON")
}

/// Feeds a frame and gives the events that come out.
fn hear(state: &mut State, frame: &ServerFrame, now: Duration) -> Vec<GatewayEvent> {
    state.frame(&text(frame), now, 7);
    yields(state, now)
}

fn yields(state: &mut State, now: Duration) -> Vec<GatewayEvent> {
    let mut events = Vec::new();
    while !state.yields.is_empty() {
        match state.step(now) {
            Step::Yield(event) => events.push(event),
            other => panic!("what is to be told comes first, not {other:?}"),
        }
    }
    events
}

/// Opens a connection and gives what hello said of the cursor.
fn open(state: &mut State, now: Duration) -> Option<String> {
    assert!(matches!(state.step(now), Step::Open { .. }));
    state.opened("token".into(), NEVER, now);
    match state.step(now) {
        Step::Send(ClientFrame::Hello(hello)) => hello.cursor,
        other => panic!("hello comes first, not {other:?}"),
    }
}

/// A connection that has its snapshot.
fn live() -> State {
    let mut state = State::new(None, None);
    assert_eq!(open(&mut state, T), None);
    let ready = sample::ready();
    assert_eq!(
        hear(&mut state, &ServerFrame::Ready(Box::new(ready.clone())), T),
        [GatewayEvent::Ready(Box::new(ready))]
    );
    state
}

fn lose(state: &mut State, now: Duration) -> Duration {
    state.lost(Disconnect::Silent, now, u64::MAX);
    match yields(state, now).pop() {
        Some(GatewayEvent::Disconnected { retry_in, .. }) => now + retry_in,
        other => panic!("the caller hears of it, not {other:?}"),
    }
}

/// The texts of messages among events, and the numbers of those that are something else.
fn told(events: &[GatewayEvent]) -> Vec<String> {
    let events = events.iter().map(|event| match event {
        GatewayEvent::Event(event) => match &event.data {
            EventData::MessageCreated(message) => message.content.clone(),
            data => format!("{} {}", data.kind(), event.seq),
        },
        other => format!("{other:?}").split([' ', '(', '{']).next().unwrap_or_default().to_owned(),
    });
    events.collect()
}

#[test]
fn goes_on_from_the_last_event_and_tells_each_once() {
    let mut state = live();
    assert_eq!(told(&hear(&mut state, &sample::event(sample::sent(1, 11, "c1")), T)), ["message 11"]);
    let again = lose(&mut state, T);
    assert_eq!(open(&mut state, again).as_deref(), Some("c1"));
    assert_eq!(hear(&mut state, &sample::resumed("c1"), again), [GatewayEvent::Resumed]);
    assert_eq!(told(&hear(&mut state, &sample::event(sample::sent(1, 11, "c1")), again)), [""; 0]);
    assert_eq!(told(&hear(&mut state, &sample::event(sample::sent(1, 12, "c2")), again)), ["message 12"]);
    assert_eq!(told(&hear(&mut state, &sample::caught_up("c5"), again)), ["CaughtUp"]);
    let again = lose(&mut state, again);
    assert_eq!(open(&mut state, again).as_deref(), Some("c5"));
}

#[test]
fn what_is_missing_in_a_channel_is_filled_in_before_what_follows() {
    let mut state = live();
    assert_eq!(told(&hear(&mut state, &sample::event(sample::sent(1, 14, "c4")), T)), [""; 0]);
    let Step::Fill { channel, after } = state.step(T) else { panic!("the hole is filled first") };
    assert_eq!((channel.to_string(), after), (sample::channel(1).id.to_string(), 10));
    state.filled(vec![sample::sent(1, 11, "c1"), sample::sent(1, 12, "c2")]);
    let first = yields(&mut state, T);
    assert_eq!(told(&first), ["message 11", "message 12"]);
    // What was told of other streams meanwhile would be told again after their own cursors.
    assert!(first.iter().all(|event| event.cursor() == Some("c0")));
    let Step::Fill { after: 12, .. } = state.step(T) else { panic!("the rest is asked for") };
    state.filled(vec![sample::sent(1, 13, "c3"), sample::sent(1, 14, "c4"), sample::sent(1, 15, "c6")]);
    assert_eq!(told(&yields(&mut state, T)), ["message 13", "message 14"]);
    assert_eq!(told(&hear(&mut state, &sample::event(sample::sent(1, 15, "c6")), T)), ["message 15"]);
}

#[test]
fn a_hole_that_nothing_fills_does_not_stop_what_follows() {
    let mut state = live();
    hear(&mut state, &sample::event(sample::sent(1, 14, "c4")), T);
    state.filled(Vec::new());
    assert_eq!(told(&yields(&mut state, T)), ["message 14"]);
}

#[test]
fn a_connection_lost_while_filling_tells_the_event_again() {
    let mut state = live();
    hear(&mut state, &sample::event(sample::sent(1, 12, "c2")), T);
    let again = lose(&mut state, T);
    assert_eq!(open(&mut state, again).as_deref(), Some("c0"));
    hear(&mut state, &sample::resumed("c0"), again);
    assert_eq!(told(&hear(&mut state, &sample::event(sample::sent(1, 11, "c1")), again)), ["message 11"]);
    assert_eq!(told(&hear(&mut state, &sample::event(sample::sent(1, 12, "c2")), again)), ["message 12"]);
}

#[test]
fn what_is_missing_in_a_server_takes_another_snapshot_of_it() {
    let mut state = live();
    let left = |seq| {
        let user = sample::user(3);
        let left = beep_proto::gateway::MemberGone { server_id: sample::server_id(), user };
        sample::event(sample::in_server(seq, &format!("c{seq}"), EventData::MemberLeft(left)))
    };
    assert_eq!(told(&hear(&mut state, &left(7), T)), ["Resync"]);
    assert!(matches!(state.step(T), Step::Take));
    // Cut off, it is told again: nothing moved past it.
    let again = lose(&mut state, T);
    assert_eq!(open(&mut state, again).as_deref(), Some("c0"));
    hear(&mut state, &sample::resumed("c0"), again);
    let mut fresh = sample::ready();
    fresh.servers[0].seq = 7;
    state.taken(Some(&fresh), again, 7);
    assert_eq!(told(&yields(&mut state, again)), ["member.joined 7"]);
    assert_eq!(told(&hear(&mut state, &left(7), again)), [""; 0]);
    assert_eq!(told(&hear(&mut state, &left(8), again)), ["member.left 8"]);
}

#[test]
fn a_cursor_that_is_too_old_takes_a_snapshot_at_once() {
    let mut state = State::new(Some("old".to_owned()), None);
    assert_eq!(open(&mut state, T).as_deref(), Some("old"));
    let frame = ServerFrame::ResyncRequired(Resync { scope: "all".to_owned() });
    assert_eq!(hear(&mut state, &frame, T), [GatewayEvent::Resync { scope: "all".to_owned() }]);
    assert_eq!(open(&mut state, T), None);
}

#[test]
fn a_cursor_of_another_log_takes_a_snapshot() {
    let mut state = State::new(Some("other".to_owned()), None);
    open(&mut state, T);
    let closing = Closing { code: ErrorCode::InvalidRequest, reconnect: false, retry_after_ms: 0 };
    assert_eq!(told(&hear(&mut state, &ServerFrame::Error(closing), T)), ["Resync"]);
    assert_eq!(open(&mut state, T), None);
}

#[test]
fn a_refused_token_is_replaced_once() {
    let mut state = live();
    state.closed(4001, T, 7);
    assert_eq!(told(&yields(&mut state, T)), ["Disconnected"]);
    assert!(matches!(state.step(T), Step::Open { rejected: true }));
    state.opened("another".into(), NEVER, T);
    state.closed(4001, T, 7);
    let Step::End(error) = state.step(T) else { panic!("the second time it is over") };
    assert_eq!(error.code(), Some(ErrorCode::Unauthenticated));
    assert!(matches!(state.step(T), Step::Over));
}

#[test]
fn a_token_that_was_taken_is_forgiven() {
    let mut state = live();
    for _ in 0..3 {
        state.closed(4001, T, 7);
        yields(&mut state, T);
        open(&mut state, T);
        hear(&mut state, &sample::resumed("c0"), T);
    }
    assert!(matches!(state.step(T), Step::Wait { .. }));
}

#[test]
fn pings_and_hears_silence() {
    let mut state = live();
    let Step::Wait { until } = state.step(T) else { panic!("there is nothing to do") };
    assert_eq!(until, T + Duration::from_secs(30));
    assert!(matches!(state.step(until), Step::Send(ClientFrame::Ping)));
    state.frame(&text(&ServerFrame::Pong), until, 7);
    let Step::Wait { until } = state.step(until) else { panic!("there is nothing to do") };
    assert!(matches!(state.step(until), Step::Send(ClientFrame::Ping)));
    let end = T + Duration::from_secs(90);
    state.waited(end - Duration::from_millis(1), 7);
    assert!(matches!(state.step(end - Duration::from_millis(1)), Step::Wait { .. }));
    state.waited(end, 7);
    assert!(matches!(
        yields(&mut state, end).as_slice(),
        [GatewayEvent::Disconnected { reason: Disconnect::Silent, .. }]
    ));
}

#[test]
fn answers_pings() {
    let mut state = live();
    state.frame(r#"{"op":"ping"}"#, T, 7);
    assert!(matches!(state.step(T), Step::Send(ClientFrame::Pong)));
}

#[test]
fn renews_the_token_of_a_long_connection() {
    let mut state = State::new(None, None);
    state.step(T);
    state.opened("token".into(), T + Duration::from_secs(20), T);
    state.step(T);
    hear(&mut state, &ServerFrame::Ready(Box::new(sample::ready())), T);
    let Step::Wait { until } = state.step(T) else { panic!("there is nothing to do") };
    assert_eq!(until, T + Duration::from_secs(20));
    assert!(matches!(state.step(until), Step::Renew));
    state.renewed("newer".into(), NEVER);
    let Step::Send(ClientFrame::Refresh(refresh)) = state.step(until) else { panic!("the backend is told") };
    assert_eq!(refresh.access_token.0, "newer");
}

#[test]
fn stays_away_longer_each_time_until_a_connection_lasts() {
    let mut state = State::new(None, None);
    let mut now = T;
    let mut waits = Vec::new();
    for failure in 1..=9u32 {
        open(&mut state, now);
        let ceiling = (500u64 << (failure - 1)).min(30_000);
        state.lost(Disconnect::Silent, now, ceiling);
        let Some(GatewayEvent::Disconnected { retry_in, .. }) = yields(&mut state, now).pop() else {
            panic!("is told")
        };
        waits.push(retry_in.as_millis());
        assert!(matches!(state.step(now), Step::Sleep { .. }));
        now += retry_in;
    }
    assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    open(&mut state, now);
    hear(&mut state, &ServerFrame::Ready(Box::new(sample::ready())), now);
    state.lost(Disconnect::Silent, now + STABLE, 500);
    let Some(GatewayEvent::Disconnected { retry_in, .. }) = yields(&mut state, now).pop() else { panic!("is told") };
    assert_eq!(retry_in, Duration::from_millis(500));
}

#[test]
fn comes_back_soon_to_a_backend_that_is_well() {
    let mut state = live();
    let mut now = T;
    for _ in 0..9 {
        state.lost(Disconnect::Silent, now, 500);
        let Some(GatewayEvent::Disconnected { retry_in, .. }) = yields(&mut state, now).pop() else {
            panic!("is told")
        };
        assert_eq!(retry_in, Duration::from_millis(500));
        now += retry_in;
        open(&mut state, now);
        hear(&mut state, &ServerFrame::Resumed(At { cursor: "1".to_owned() }), now);
        hear(&mut state, &ServerFrame::CaughtUp(At { cursor: "1".to_owned() }), now);
    }
}

#[test]
fn keeps_away_as_long_as_it_is_told() {
    let mut state = live();
    let closing = Closing { code: ErrorCode::RateLimited, reconnect: true, retry_after_ms: 60_000 };
    assert_eq!(hear(&mut state, &ServerFrame::Error(closing), T), []);
    let Step::Wait { until } = state.step(T) else { panic!("the close says more") };
    state.waited(until, 7);
    let events = yields(&mut state, until);
    let [GatewayEvent::Disconnected { reason: Disconnect::Refused { code: ErrorCode::RateLimited }, retry_in }] =
        events.as_slice()
    else {
        panic!("is told, not {events:?}")
    };
    assert!(*retry_in >= Duration::from_secs(60) && *retry_in < Duration::from_secs(61));
}

#[test]
fn a_close_says_more_than_the_error_before_it() {
    let mut state = live();
    let closing = Closing { code: ErrorCode::RateLimited, reconnect: true, retry_after_ms: 5_000 };
    hear(&mut state, &ServerFrame::Error(closing), T);
    state.closed(4002, T, 7);
    let events = yields(&mut state, T);
    let [GatewayEvent::Disconnected { reason, retry_in }] = events.as_slice() else { panic!("is told") };
    assert_eq!(reason.to_string(), "the backend closed the connection: the client reads too slowly");
    assert!(*retry_in >= Duration::from_secs(5));
}

#[test]
fn ends_when_the_backend_wants_it_no_more() {
    let mut state = live();
    let closing = Closing { code: ErrorCode::AccountSuspended, reconnect: false, retry_after_ms: 0 };
    assert_eq!(hear(&mut state, &ServerFrame::Error(closing), T), []);
    let Step::End(error) = state.step(T) else { panic!("it is over") };
    assert_eq!(error.code(), Some(ErrorCode::AccountSuspended));
}

#[test]
fn an_event_that_cannot_be_read_passes_as_an_unknown_one() {
    let mut state = live();
    let mut event = serde_json::to_value(sample::sent(1, 11, "c1")).expect("is JSON");
    event["data"]["content"] = 7.into();
    let frame = serde_json::json!({ "op": "event", "d": event }).to_string();
    state.frame(&frame, T, 7);
    let events = yields(&mut state, T);
    let [GatewayEvent::Event(event)] = events.as_slice() else { panic!("is told, not {events:?}") };
    assert!(matches!(&event.data, EventData::Unknown { kind, .. } if kind == "message.created"));
    assert_eq!(event.cursor, "c1");
}

#[test]
fn a_message_is_read_whoever_spoke_and_whatever_they_said() {
    let webhook = "01932c07-209d-7cc9-a31d-00000000000c";
    let spoken = [
        (
            serde_json::json!({ "type": "webhook", "id": webhook, "name": "Build", "avatar": null }),
            "",
            Some("AAH+/w=="),
        ),
        (serde_json::json!({ "type": "app", "id": format!("{webhook}@b.example.com"), "name": "Polls" }), "yes", None),
        (serde_json::json!({ "type": "system", "event": "server.archived" }), "archived", None),
        (serde_json::json!({ "type": "crow", "feathers": 7 }), "", None),
    ];
    for (via, content, sealed) in spoken {
        let mut event = serde_json::to_value(sample::sent(1, 11, "c1")).expect("is JSON");
        event["data"]["author"] = Value::Null;
        event["data"]["via"] = via.clone();
        event["data"]["content"] = content.into();
        event["data"]["sealed"] = sealed.into();
        let mut state = live();
        state.frame(&serde_json::json!({ "op": "event", "d": event }).to_string(), T, 7);
        let events = yields(&mut state, T);
        let [GatewayEvent::Event(event)] = events.as_slice() else { panic!("is told, not {events:?}") };
        let EventData::MessageCreated(message) = &event.data else { panic!("{via} is a message, not {event:?}") };
        assert_eq!((&message.author, message.content.as_str()), (&None, content));
        assert_eq!(message.sealed.as_ref().map(|octets| octets.0.as_slice()), sealed.map(|_| &[0, 1, 0xfe, 0xff][..]));
        assert_eq!(message.via.is_some(), message.author.is_none());
    }
}

#[test]
fn events_of_types_that_are_not_known_leave_no_hole() {
    let mut state = live();
    let unknown = |seq, cursor: &str| {
        let data = EventData::Unknown { kind: "poll.closed".to_owned(), data: Value::Null };
        sample::in_channel(1, seq, cursor, data)
    };
    for (frame, seq) in [(unknown(11, "c1"), 11), (sample::sent(1, 12, "c2"), 12), (unknown(13, "c3"), 13)] {
        let events = hear(&mut state, &sample::event(frame), T);
        let [GatewayEvent::Event(event)] = events.as_slice() else { panic!("{events:?}") };
        assert_eq!(event.seq, seq);
        assert!(!matches!(state.step(T), Step::Fill { .. }), "nothing is missing before {seq}");
    }
    // One that was skipped is a hole, whatever the type that shows it.
    hear(&mut state, &sample::event(unknown(15, "c5")), T);
    assert!(matches!(state.step(T), Step::Fill { after: 13, .. }));
    // Of what only a newer backend has streams of, all is told as it comes.
    let other = Event { stream: StreamName::Other("space:1".to_owned()), ..unknown(70, "c6") };
    let mut state = live();
    assert_eq!(hear(&mut state, &sample::event(other), T).len(), 1);
}

#[test]
fn nonsense_costs_the_connection_and_nothing_else() {
    for nonsense in ["", "[]", "{}", r#"{"op":"event","d":{}}"#, r#"{"op":"resumed","d":{"cursor":"c0"}}"#] {
        let mut state = live();
        state.frame(nonsense, T, 7);
        let events = yields(&mut state, T);
        assert!(
            matches!(events.as_slice(), [GatewayEvent::Disconnected { reason: Disconnect::Nonsense(_), .. }]),
            "{nonsense}: {events:?}"
        );
    }
    let mut state = live();
    assert_eq!(hear(&mut state, &ServerFrame::Unknown, T), []);
    assert!(matches!(state.step(T), Step::Wait { .. }));
}

#[test]
fn a_channel_that_vanishes_is_told_once_and_starts_anew_when_it_appears() {
    let mut state = live();
    let gone = || EventData::ChannelDeleted(ChannelGone { id: sample::full(1), server_id: Some(sample::server_id()) });
    let vanished = sample::event(sample::in_channel(1, 0, "c0", gone()));
    assert_eq!(told(&hear(&mut state, &vanished, T)), ["channel.deleted 0"]);
    assert_eq!(told(&hear(&mut state, &vanished, T)), [""; 0]);
    let appeared = beep_proto::gateway::ChannelState { channel: sample::channel(1), seq: 15 };
    let appeared = sample::event(sample::in_channel(1, 15, "c3", EventData::ChannelCreated(appeared)));
    assert_eq!(told(&hear(&mut state, &appeared, T)), ["channel.created 15"]);
    assert_eq!(told(&hear(&mut state, &appeared, T)), [""; 0]);
    let next = MessageGone { id: Bare(sample::nth(16)), channel_id: sample::full(1) };
    let next = sample::event(sample::in_channel(1, 16, "c4", EventData::MessageDeleted(next)));
    assert_eq!(told(&hear(&mut state, &next, T)), ["message.deleted 16"]);
}

#[test]
fn a_channel_that_appears_twice_brings_what_happened_in_between() {
    let mut state = live();
    let appeared = |seq| {
        let appeared = beep_proto::gateway::ChannelState { channel: sample::channel(3), seq };
        sample::event(sample::in_channel(3, seq, "c0", EventData::ChannelCreated(appeared)))
    };
    assert_eq!(told(&hear(&mut state, &appeared(4), T)), ["channel.created 4"]);
    let again = lose(&mut state, T);
    open(&mut state, again);
    hear(&mut state, &sample::resumed("c0"), again);
    assert_eq!(told(&hear(&mut state, &appeared(5), again)), [""; 0]);
    assert!(matches!(state.step(again), Step::Fill { after: 4, .. }));
    state.filled(vec![sample::sent(3, 5, "c9")]);
    assert_eq!(told(&yields(&mut state, again)), ["message 5", "channel.created 5"]);
}

#[test]
fn what_was_told_ahead_and_is_not_told_again_takes_a_snapshot() {
    let mut state = live();
    let gone = EventData::ChannelDeleted(ChannelGone { id: sample::full(1), server_id: Some(sample::server_id()) });
    let vanished = sample::event(sample::in_channel(1, 0, "c0", gone));
    hear(&mut state, &vanished, T);
    // Told again, it is true.
    let again = lose(&mut state, T);
    open(&mut state, again);
    hear(&mut state, &sample::resumed("c0"), again);
    hear(&mut state, &vanished, again);
    assert_eq!(told(&hear(&mut state, &sample::caught_up("c0"), again)), ["CaughtUp"]);
    // And the same without being told again.
    let mut state = live();
    hear(&mut state, &vanished, T);
    let again = lose(&mut state, T);
    open(&mut state, again);
    hear(&mut state, &sample::resumed("c0"), again);
    assert_eq!(told(&hear(&mut state, &sample::caught_up("c0"), again)), ["Resync"]);
    assert_eq!(open(&mut state, again + Duration::from_secs(1)), None);
}

/// What the gateway says when one server must be known anew.
fn resync_of_the_server() -> ServerFrame {
    ServerFrame::ResyncRequired(Resync { scope: sample::server_id().to_string() })
}

fn until(state: &mut State, now: Duration) -> Duration {
    match state.step(now) {
        Step::Wait { until } => until,
        other => panic!("there is nothing to do, not {other:?}"),
    }
}

#[test]
fn a_server_that_must_be_known_anew_opens_and_the_rest_goes_on() {
    let mut state = live();
    hear(&mut state, &resync_of_the_server(), T);
    // As it was told before, and yet it counts.
    let joined = Joined {
        member: sample::member(1),
        server: Some(Box::new(sample::server())),
        channels: Some(sample::ready().channels),
    };
    let opened = sample::event(sample::in_server(5, "c1", EventData::MemberJoined(joined)));
    assert_eq!(told(&hear(&mut state, &opened, T)), ["member.joined 5"]);
    assert!(matches!(state.step(T + OPENING), Step::Wait { .. }), "nothing else is asked for");
    assert_eq!(told(&hear(&mut state, &sample::event(sample::sent(1, 11, "c2")), T)), ["message 11"]);
    let again = lose(&mut state, T);
    assert_eq!(open(&mut state, again).as_deref(), Some("c2"));
}

#[test]
fn a_server_that_must_be_known_anew_is_taken_from_another_snapshot_where_it_does_not_open() {
    let mut state = live();
    let told_of = hear(&mut state, &resync_of_the_server(), T);
    assert_eq!(told_of, [GatewayEvent::Resync { scope: sample::server_id().to_string() }]);
    assert!(hear(&mut state, &resync_of_the_server(), T).is_empty(), "once is enough");
    assert_eq!(until(&mut state, T), T + OPENING, "it has its time to open by itself");
    assert!(matches!(state.step(T + OPENING), Step::Take));

    let mut fresh = sample::ready();
    fresh.servers[0].seq = 9;
    fresh.servers[0].server.name = "orchard".to_owned();
    fresh.channels.remove(1);
    fresh.channels[0].seq = 15;
    state.taken(Some(&fresh), T, 7);
    let events = yields(&mut state, T);
    let [GatewayEvent::Event(event)] = events.as_slice() else { panic!("one event tells of it: {events:?}") };
    assert_eq!(event.cursor, "c0", "it moves nobody");
    let mut cache = crate::Cache::new(&sample::ready());
    assert!(cache.apply(event));
    assert_eq!(cache, crate::Cache::new(&fresh));

    // What the snapshot knows already is not told again, what follows is, and a hole after it is seen.
    assert_eq!(told(&hear(&mut state, &sample::event(sample::sent(1, 15, "c1")), T)), [""; 0]);
    assert_eq!(told(&hear(&mut state, &sample::event(sample::sent(1, 16, "c2")), T)), ["message 16"]);
    assert_eq!(told(&hear(&mut state, &sample::event(sample::sent(1, 18, "c3")), T)), [""; 0]);
    assert!(matches!(state.step(T), Step::Fill { after: 16, .. }));
}

#[test]
fn a_server_that_must_be_known_anew_and_that_one_is_not_in_is_left() {
    let mut state = live();
    hear(&mut state, &resync_of_the_server(), T);
    state.taken(Some(&Ready { servers: Vec::new(), channels: Vec::new(), ..sample::ready() }), T, 7);
    assert_eq!(told(&yields(&mut state, T)), ["member.left 0"]);
    hear(&mut state, &resync_of_the_server(), T);
    state.taken(Some(&Ready { servers: Vec::new(), channels: Vec::new(), ..sample::ready() }), T, 7);
    assert_eq!(told(&yields(&mut state, T)), [""; 0], "it is left already");
}

#[test]
fn a_private_channel_that_must_be_known_anew_opens_or_is_taken_from_another_snapshot() {
    let space = sample::full::<SpaceId>(7);
    let resync = ServerFrame::ResyncRequired(Resync { scope: space.to_string() });
    let held = |seq, participants: &[u8]| {
        let participants = participants.iter().map(|n| sample::user(*n)).collect();
        let channel = Channel { kind: ChannelKind::Group, server_id: None, participants, ..sample::channel(7) };
        ChannelState { channel, seq }
    };
    let opened =
        |seq, cursor| sample::event(sample::in_channel(7, seq, cursor, EventData::ChannelCreated(held(seq, &[1, 2]))));
    let mut state = live();
    assert_eq!(told(&hear(&mut state, &opened(2, "c1"), T)), ["channel.created 2"]);
    hear(&mut state, &resync, T);
    assert_eq!(told(&hear(&mut state, &opened(2, "c2"), T)), ["channel.created 2"], "as it was told before");
    assert!(matches!(state.step(T + OPENING), Step::Wait { .. }), "nothing else is asked for");

    hear(&mut state, &resync, T);
    let mut fresh = sample::ready();
    fresh.channels.push(held(4, &[1]));
    state.taken(Some(&fresh), T, 7);
    assert_eq!(told(&yields(&mut state, T)), ["channel.created 4"]);
    assert_eq!(told(&hear(&mut state, &sample::event(sample::sent(7, 4, "c3")), T)), [""; 0]);
    assert_eq!(told(&hear(&mut state, &sample::event(sample::sent(7, 5, "c4")), T)), ["message 5"]);

    for gone in [vec!["channel.deleted 0"], vec![]] {
        hear(&mut state, &resync, T);
        state.taken(Some(&sample::ready()), T, 7);
        assert_eq!(told(&yields(&mut state, T)), gone);
    }
}

#[test]
fn a_server_that_must_be_known_anew_waits_for_a_connection() {
    let mut state = live();
    hear(&mut state, &resync_of_the_server(), T);
    let again = lose(&mut state, T);
    assert_eq!(open(&mut state, again).as_deref(), Some("c0"));
    hear(&mut state, &sample::resumed("c0"), again);
    assert!(matches!(state.step(again.max(T + OPENING)), Step::Take));
}

#[test]
fn without_another_snapshot_all_begins_anew() {
    let mut state = live();
    hear(&mut state, &resync_of_the_server(), T);
    state.taken(None, T, 7);
    assert_eq!(yields(&mut state, T), [GatewayEvent::Resync { scope: "all".to_owned() }]);
    assert_eq!(open(&mut state, T), None);
    hear(&mut state, &ServerFrame::Ready(Box::new(sample::ready())), T);
    assert!(matches!(state.step(T), Step::Wait { .. }), "the snapshot has it");
}

#[test]
fn without_the_servers_that_had_no_room_all_begins_anew() {
    let ready =
        Ready { servers: Vec::new(), channels: Vec::new(), incomplete: vec![sample::server_id()], ..sample::ready() };
    let mut state = live();
    hear(&mut state, &resync_of_the_server(), T);
    state.taken(Some(&ready), T, 7);
    assert_eq!(yields(&mut state, T), [GatewayEvent::Resync { scope: "all".to_owned() }], "it is not in there");
    assert_eq!(open(&mut state, T), None);
    hear(&mut state, &ServerFrame::Ready(Box::new(ready.clone())), T);
    let again = lose(&mut state, T);
    assert_eq!(open(&mut state, again), None, "not before they came");
    let cursors = |yielded: Vec<GatewayEvent>| -> Vec<Option<String>> {
        yielded.iter().map(|event| event.cursor().map(str::to_owned)).collect()
    };
    assert_eq!(cursors(hear(&mut state, &ServerFrame::Ready(Box::new(ready)), again)), [None], "nor after a restart");
    let joined = Joined {
        member: sample::member(1),
        server: Some(Box::new(sample::server())),
        channels: Some(sample::ready().channels),
    };
    let opened = sample::event(sample::in_server(5, "c0", EventData::MemberJoined(joined)));
    let yielded = hear(&mut state, &opened, again);
    assert_eq!(told(&yielded), ["member.joined 5"]);
    assert_eq!(cursors(yielded), [Some("c0".to_owned())]);
    assert_eq!(told(&hear(&mut state, &sample::event(sample::sent(1, 11, "c1")), again)), ["message 11"]);
    let last = lose(&mut state, again);
    assert_eq!(open(&mut state, last).as_deref(), Some("c1"));
}

#[test]
fn a_server_that_opens_once_more_is_given_whole_though_its_numbers_stay() {
    let mut state = live();
    let mut anew = sample::server();
    anew.server.name = "orchard".to_owned();
    let joined = |server, cursor| {
        let channels = Some(sample::ready().channels);
        let joined = Joined { member: sample::member(1), server: Some(Box::new(server)), channels };
        sample::event(sample::in_server(5, cursor, EventData::MemberJoined(joined)))
    };
    assert_eq!(told(&hear(&mut state, &joined(anew.clone(), "c1"), T)), ["member.joined 5"]);
    assert_eq!(told(&hear(&mut state, &joined(anew.clone(), "c1"), T)), [""; 0], "this was told");
    anew.seq = 4;
    assert_eq!(told(&hear(&mut state, &joined(anew, "c2"), T)), [""; 0], "this is older");
    assert_eq!(told(&hear(&mut state, &sample::event(sample::sent(1, 11, "c3")), T)), ["message 11"]);
}

#[test]
fn when_the_network_is_back_it_does_not_wait() {
    let mut state = live();
    let until = (0..6).map(|_| lose(&mut state, T)).last().expect("it was lost");
    assert!(matches!(state.step(T), Step::Sleep { until: slept } if slept == until && until > T));
    state.hurry(T);
    assert!(matches!(state.step(T), Step::Open { .. }));
}

#[test]
fn a_pause_that_the_backend_asked_for_is_kept_when_the_network_is_back() {
    let mut state = live();
    let closing = Closing { code: ErrorCode::RateLimited, reconnect: true, retry_after_ms: 90_000 };
    hear(&mut state, &ServerFrame::Error(closing), T);
    lose(&mut state, T);
    state.hurry(T);
    let Step::Sleep { until } = state.step(T) else { panic!("it was asked to stay away") };
    assert!(until >= T + Duration::from_secs(90));
}

#[test]
fn a_connection_from_before_the_network_was_back_has_to_answer_soon() {
    let mut state = live();
    let later = T + Duration::from_secs(1);
    state.hurry(later);
    assert!(matches!(state.step(later), Step::Send(ClientFrame::Ping)));
    let Step::Wait { until } = state.step(later) else { panic!("it waits for the answer") };
    assert!(until <= later + ALIVE);
    let mut alive = live();
    alive.hurry(later);
    alive.step(later);
    hear(&mut alive, &ServerFrame::Pong, later);
    alive.waited(later + ALIVE, 7);
    assert!(matches!(alive.step(later + ALIVE), Step::Wait { .. }), "it lives");
    state.waited(later + ALIVE, 7);
    assert!(matches!(yields(&mut state, later + ALIVE)[..], [GatewayEvent::Disconnected { .. }]));
}
