use std::time::Duration;

use beep_client::transport::Frame;
use beep_client::{Client, Disconnect, ErrorCode, EventData, EventStream, GatewayEvent};
use beep_proto::gateway::{ClientFrame, Closing, Resync, ServerFrame};
use beep_proto::page::Page;

use crate::sample::{self, caught_up, event, resumed, sent};
use crate::world::{World, answer, frames, refused, signed_in};

fn world() -> World {
    World::signed_in(|_| Ok(refused(ErrorCode::NotFound)))
}

fn ready() -> ServerFrame {
    ServerFrame::Ready(Box::new(sample::ready()))
}

fn closed(code: u16) -> Frame {
    Frame::Closed { code }
}

/// Takes the next so many events and says in a word what each is.
async fn take(events: &mut EventStream, count: usize) -> Vec<String> {
    let mut taken = Vec::new();
    for _ in 0..count {
        taken.push(match events.next().await {
            Some(Ok(GatewayEvent::Event(event))) => match event.data {
                EventData::MessageCreated(message) => message.content,
                data => data.kind().to_owned(),
            },
            Some(Ok(other)) => format!("{other:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
            Some(Err(error)) => format!("error {}", error.code().map_or("none", ErrorCode::as_str)),
            None => "end".to_owned(),
        });
    }
    taken
}

#[tokio::test]
async fn goes_on_across_connections_and_tells_each_event_once() {
    let world = world();
    let mut first = frames([ready(), event(sent(1, 11, "c1")), event(sent(2, 21, "c2"))]);
    first.push(closed(4004));
    world.script([first]);
    world.script([frames([
        resumed("c2"),
        event(sent(2, 21, "c2")),
        event(sent(1, 12, "c3")),
        caught_up("c3"),
        event(sent(1, 13, "c4")),
    ])]);
    let client = world.client();
    let mut events = client.events();
    assert_eq!(world.hellos(), [] as [Option<String>; 0], "nothing happens before it is read");
    assert_eq!(
        take(&mut events, 8).await,
        ["Ready", "message 11", "message 21", "Disconnected", "Resumed", "message 12", "CaughtUp", "message 13"]
    );
    assert_eq!(world.hellos(), [None, Some("c2".to_owned())]);
}

#[tokio::test]
async fn an_event_counts_as_handled_when_the_next_is_asked_for() {
    let world = world();
    world.script([frames([ready(), event(sent(1, 11, "c1")), event(sent(1, 12, "c2"))])]);
    let client = world.client();
    let cursor = |client: &Client| client.session().expect("signed in").cursor;
    let mut events = client.events();
    take(&mut events, 1).await;
    assert_eq!(cursor(&client), None);
    take(&mut events, 1).await;
    assert_eq!(cursor(&client).as_deref(), Some("c0"));
    take(&mut events, 1).await;
    assert_eq!(cursor(&client).as_deref(), Some("c1"));
    // A program that starts again goes on from there.
    world.script([frames([resumed("c1"), event(sent(1, 12, "c2"))])]);
    let later = world.client();
    later.resume(client.session().expect("signed in"));
    assert_eq!(take(&mut later.events(), 2).await, ["Resumed", "message 12"]);
    assert_eq!(world.hellos().last().cloned().flatten().as_deref(), Some("c1"));
}

#[tokio::test]
async fn what_is_missing_is_fetched() {
    let world = World::signed_in(|asked| {
        let channel = sample::channel(1).id;
        let (path, query) = asked.path.split_once('?').expect("it asks for a part");
        // In which order the query says it follows from features of other crates.
        let mut query: Vec<_> = query.split('&').collect();
        query.sort_unstable();
        assert_eq!((path, query), (format!("/channels/{channel}/events").as_str(), vec!["after_seq=10", "limit=100"]));
        let items = vec![sent(1, 11, "x1"), sent(1, 12, "x2"), sent(1, 13, "c3"), sent(1, 14, "x4")];
        Ok(answer(200, &Page { items, next: None }))
    });
    world.script([frames([ready(), event(sent(1, 13, "c3")), event(sent(1, 14, "c4"))])]);
    let mut events = world.client().events();
    assert_eq!(take(&mut events, 5).await, ["Ready", "message 11", "message 12", "message 13", "message 14"]);
}

#[tokio::test]
async fn what_is_missing_and_not_to_be_had_is_passed_over() {
    let world = world();
    world.script([frames([ready(), event(sent(1, 13, "c3"))])]);
    assert_eq!(take(&mut world.client().events(), 2).await, ["Ready", "message 13"]);
}

#[tokio::test]
async fn pings_and_gives_a_silent_connection_up() {
    let world = world();
    // Answers the first ping, not the next ones.
    world.script([frames([ready()]), frames([ServerFrame::Pong])]);
    world.script([frames([resumed("c0")])]);
    let mut events = world.client().events();
    take(&mut events, 1).await;
    let Some(Ok(GatewayEvent::Disconnected { reason: Disconnect::Silent, .. })) = events.next().await else {
        panic!("it fell silent")
    };
    assert_eq!(take(&mut events, 1).await, ["Resumed"]);
    let pings = world.said().into_iter().filter(|said| *said == ClientFrame::Ping).count();
    assert!((2..=3).contains(&pings), "{pings}");
}

#[tokio::test]
async fn keeps_trying_ever_more_slowly() {
    let world = world();
    let mut events = world.client().events();
    let mut longest = Duration::ZERO;
    for _ in 0..40 {
        let Some(Ok(GatewayEvent::Disconnected { reason: Disconnect::Transport(_), retry_in })) = events.next().await
        else {
            panic!("nobody listens")
        };
        longest = longest.max(retry_in);
    }
    assert!(longest <= Duration::from_secs(30), "{longest:?}");
    world.script([frames([ready()])]);
    assert_eq!(take(&mut events, 1).await, ["Ready"]);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let world = world();
    world.script([vec![closed(4001)]]);
    world.script([frames([ready()])]);
    let mut events = world.client().events();
    assert_eq!(take(&mut events, 2).await, ["Disconnected", "Ready"]);
    let tokens = world.said().into_iter().filter_map(|said| match said {
        ClientFrame::Hello(hello) => Some(hello.access_token.0),
        _ => None,
    });
    assert_eq!(tokens.collect::<Vec<_>>(), ["access-1", "access-2"]);
    let world = self::world();
    world.script([vec![closed(4001)]]);
    world.script([vec![closed(4001)]]);
    let mut events = world.client().events();
    assert_eq!(take(&mut events, 3).await, ["Disconnected", "error unauthenticated", "end"]);
}

#[tokio::test]
async fn a_session_that_was_ended_ends_the_stream() {
    let mut renewals = 0;
    let world = World::new(move |_| {
        renewals += 1;
        Ok(if renewals == 1 { signed_in(1) } else { refused(ErrorCode::Unauthenticated) })
    });
    let mut first = frames([ready()]);
    first.push(closed(4001));
    world.script([first]);
    let client = world.client();
    let mut events = client.events();
    assert_eq!(take(&mut events, 4).await, ["Ready", "Disconnected", "error unauthenticated", "end"]);
    assert_eq!(client.session(), None);
}

#[tokio::test]
async fn a_long_connection_is_given_newer_tokens() {
    let world = world();
    // As many pongs as there are pings in a quarter of an hour.
    let pongs = (0..40).map(|_| frames([ServerFrame::Pong]));
    world.script(std::iter::once(frames([ready()])).chain(pongs));
    let mut events = world.client().events();
    take(&mut events, 1).await;
    let Some(Ok(GatewayEvent::Disconnected { .. })) = events.next().await else { panic!("the script ends") };
    let refreshed = world.said().into_iter().find_map(|said| match said {
        ClientFrame::Refresh(refresh) => Some(refresh.access_token.0),
        _ => None,
    });
    assert_eq!(refreshed.as_deref(), Some("access-2"));
}

#[tokio::test]
async fn a_backend_that_asks_for_a_pause_gets_it() {
    let world = world();
    let closing = Closing { code: ErrorCode::RateLimited, reconnect: true, retry_after_ms: 90_000 };
    world.script([frames([ready(), ServerFrame::Error(closing)])]);
    world.script([frames([resumed("c0")])]);
    let client = world.client();
    let mut events = client.events();
    take(&mut events, 1).await;
    let Some(Ok(GatewayEvent::Disconnected { reason, retry_in })) = events.next().await else { panic!("closed") };
    assert_eq!(reason.to_string(), "the backend closed the connection: Too many requests");
    assert!(retry_in >= Duration::from_secs(90));
    assert_eq!(take(&mut events, 1).await, ["Resumed"]);
}

#[tokio::test]
async fn without_a_session_there_is_no_stream() {
    let client = world().builder().build().expect("valid");
    assert_eq!(take(&mut client.events(), 2).await, ["error none", "end"]);
}

#[tokio::test]
async fn one_server_is_known_anew_beside_the_connection_which_goes_on() {
    let world = world();
    let resync = ServerFrame::ResyncRequired(Resync { scope: sample::server_id().to_string() });
    let mut wire = frames([ready(), resync]);
    wire.extend(frames([event(sent(2, 21, "c1"))]));
    world.script([wire, Vec::new()]);
    let mut fresh = sample::ready();
    fresh.channels[0].seq = 15;
    world.script([frames([ServerFrame::Ready(Box::new(fresh))])]);
    let client = world.client();
    let mut events = client.events();
    assert_eq!(take(&mut events, 4).await, ["Ready", "Resync", "message 21", "member.joined"]);
    assert_eq!(world.hellos(), [None, None], "the first connection says hello once");
}

#[tokio::test]
async fn one_server_that_cannot_be_known_anew_has_all_begin_anew() {
    let world = world();
    let resync = ServerFrame::ResyncRequired(Resync { scope: sample::server_id().to_string() });
    world.script([frames([ready(), resync])]);
    world.script([vec![closed(4004)]]);
    world.script([frames([ready(), event(sent(1, 11, "c1"))])]);
    let client = world.client();
    let mut events = client.events();
    assert_eq!(take(&mut events, 5).await, ["Ready", "Resync", "Resync", "Ready", "message 11"]);
}
