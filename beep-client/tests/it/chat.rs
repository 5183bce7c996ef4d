use std::sync::{Arc, Mutex};
use std::time::Duration;

use beep_client::chat::Timeline;
use beep_client::drafts::DraftPlace;
use beep_client::friend_list::FriendList;
use beep_client::member_list::MemberRow;
use beep_client::observe::Diff;
use beep_client::reachability::ConnectionState;
use beep_client::send_queue::SendState;
use beep_client::storage::{MemoryStorage, Storage};
use beep_client::timeline::TimelineRow;
use beep_client::transport::TransportError;
use beep_client::view::{Friend, FriendRequest, Member, Message, User};
use beep_client::{Bare, ChannelId, Chat, Client, Error, ErrorCode, EventData, FriendRequestId, Full};
use beep_proto::gateway::ServerFrame;
use beep_proto::page::Page;
use futures_util::{FutureExt, StreamExt};

use crate::sample::{self, caught_up, event, resumed, sent};
use crate::world::{Answer, Asked, World, answer, frames, refused};

fn channel() -> Full<ChannelId> {
    sample::full(1)
}

fn message(n: u8) -> Message {
    let EventData::MessageCreated(message) = sample::sent(1, n, "c").data else { panic!("a message is sent") };
    message
}

/// A backend with message 10 in channel 1, that takes what is sent unless it is out of order.
fn backend(asked: &Asked, is_down: &Mutex<bool>) -> Answer {
    if *is_down.lock().expect("no test panics in here") {
        return Err(TransportError::unreached("no network"));
    }
    let path = format!("/channels/{}/messages", channel());
    match asked.method {
        "GET" if asked.path.starts_with(&path) => Ok(answer(200, &Page { items: vec![message(10)], next: None })),
        "POST" if asked.path == path => {
            let text = |field: &str| asked.body[field].as_str().map(str::to_owned);
            let content = text("content").unwrap_or_default();
            let sent = Message { content, nonce: text("nonce"), author: Some(sample::user(1)), ..message(30) };
            Ok(answer(201, &sent))
        }
        "GET" if asked.path.starts_with(&format!("/servers/{}/members?", sample::server_id())) => {
            let owner = Member { profile: Some(user(2)), ..sample::member(2) };
            Ok(answer(200, &Page { items: vec![owner], next: None }))
        }
        "GET" if asked.path == format!("/users/{}", sample::user(3)) => Ok(answer(200, &user(3))),
        "GET" if asked.path.starts_with("/friend-requests?") && asked.path.contains("direction=incoming") => {
            let request = FriendRequest { id: request(), from: user(3), to: user(1), created_at: sample::at() };
            Ok(answer(200, &Page { items: vec![request], next: None }))
        }
        "GET" if asked.path.starts_with("/friends?") => {
            Ok(answer(200, &Page { items: vec![Friend { user: user(2), since: sample::at() }], next: None }))
        }
        "GET" if asked.path.starts_with("/blocks?") => Ok(answer(200, &Page::<Friend> { items: vec![], next: None })),
        "POST" if asked.path == format!("/friend-requests/{}/accept", request()) => {
            Ok(answer(200, &Friend { user: user(3), since: sample::at() }))
        }
        _ => Ok(refused(ErrorCode::NotFound)),
    }
}

/// The request of user 3.
fn request() -> Bare<FriendRequestId> {
    Bare(sample::nth(7))
}

fn user(n: u8) -> User {
    User { username: format!("user{n}"), deleted: false, ..User::gone(&sample::user(n).0) }
}

struct Running {
    chat: Chat,
    is_down: Arc<Mutex<bool>>,
    world: World,
    run: tokio::task::JoinHandle<Result<(), Error>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.run.abort();
    }
}

/// Starts a chat on what is stored; its gateway follows the scripts.
fn start(storage: &MemoryStorage, is_down: bool, scripts: Vec<Vec<ServerFrame>>) -> Running {
    let is_down = Arc::new(Mutex::new(is_down));
    let down = is_down.clone();
    let world = World::signed_in(move |asked| backend(asked, &down));
    for script in scripts {
        world.script([frames(script)]);
    }
    let chat = Chat::new(world.client(), storage.clone()).expect("signed in");
    let run = tokio::spawn(chat.run());
    Running { chat, is_down, world, run }
}

fn ready() -> ServerFrame {
    ServerFrame::Ready(Box::new(sample::ready()))
}

/// Waits until the rows of a timeline are as wanted; gives their texts.
async fn until(timeline: &Timeline, is_wanted: impl Fn(&[TimelineRow]) -> bool) -> Vec<String> {
    let (mut rows, mut changes) = (Vec::new(), timeline.changes());
    while let Some(steps) = changes.next().await {
        steps.into_iter().for_each(|step: Diff<TimelineRow>| step.apply(&mut rows));
        if is_wanted(&rows) {
            return texts(&rows);
        }
    }
    panic!("the chat ended")
}

fn texts(rows: &[TimelineRow]) -> Vec<String> {
    let text = |row: &TimelineRow| match row {
        TimelineRow::Message(row) => row.message.content.clone(),
        TimelineRow::Outgoing(outgoing) => format!("{}…", outgoing.content),
        _ => "?".to_owned(),
    };
    rows.iter().map(text).collect()
}

#[tokio::test]
async fn a_timeline_loads_follows_and_sends() {
    let storage = MemoryStorage::default();
    let running = start(&storage, false, vec![vec![ready(), event(sent(1, 11, "c1"))]]);
    let timeline = running.chat.timeline(&channel());
    until(&timeline, |rows| rows.len() == 2).await;
    let nonce = timeline.send("hello").expect("there is room");
    assert_eq!(texts(&timeline.rows()), ["message 10", "message 11", "hello…"], "it is shown at once");
    let shown = until(&timeline, |rows| rows.iter().all(|row| row.message().is_some()) && rows.len() == 3).await;
    assert_eq!(shown, ["message 10", "message 11", "hello"]);
    assert!(running.chat.send_queue().rows().is_empty());
    let posts: Vec<_> = running.world.asked().into_iter().filter(|asked| asked.method == "POST").collect();
    let sent: Vec<_> = posts.iter().filter_map(|asked| asked.body["nonce"].as_str()).collect();
    assert_eq!(sent, [nonce]);
    assert_eq!(running.chat.with_cache(|cache| cache.channels().count()), Some(2));
}

#[tokio::test]
async fn it_opens_without_a_network_and_goes_on_where_it_was() {
    let storage = MemoryStorage::default();
    let running = start(&storage, false, vec![vec![ready(), event(sent(1, 11, "c1"))]]);
    let timeline = running.chat.timeline(&channel());
    until(&timeline, |rows| rows.len() == 2).await;
    *running.is_down.lock().expect("no test panics in here") = true;
    let drafts = running.chat.drafts();
    drafts.set(DraftPlace::composer(&channel()), "begun", None).expect("there is room");
    timeline.send("hello").expect("there is room");
    running.chat.saved().await.expect("there is room");
    drop((timeline, running));

    let running = start(&storage, true, vec![]);
    let timeline = running.chat.timeline(&channel());
    let shown = until(&timeline, |rows| rows.len() == 3).await;
    assert_eq!(shown, ["message 10", "message 11", "hello…"]);
    let draft = running.chat.drafts().get(&DraftPlace::composer(&channel()));
    assert_eq!(draft.map(|draft| draft.text.clone()).as_deref(), Some("begun"));
    let mut connection = running.chat.reachability().connection_changes();
    while !matches!(connection.next().await, Some(ConnectionState::Offline { .. })) {}
    drop((timeline, running));

    let scripts = vec![vec![resumed("c1"), event(sent(1, 12, "c2")), caught_up("c2")]];
    let running = start(&storage, false, scripts);
    let timeline = running.chat.timeline(&channel());
    let shown = until(&timeline, |rows| rows.len() == 4 && rows.iter().all(|row| row.message().is_some())).await;
    assert_eq!(shown, ["message 10", "message 11", "message 12", "hello"]);
    assert_eq!(running.world.hellos(), [Some("c1".to_owned())]);
    let pages = running.world.asked().into_iter().filter(|asked| asked.path.starts_with("/channels")).count();
    assert_eq!(pages, 1, "nothing had to be loaded: there is only what was sent");
}

#[tokio::test]
async fn members_are_listed_and_people_named() {
    let running = start(&MemoryStorage::default(), false, vec![vec![ready()]]);
    let (server, people) = (sample::server_id(), running.chat.people());
    let members = running.chat.members(&server);
    let mut changes = members.changes();
    while members.is_empty() {
        changes.next().await.expect("it goes on");
    }
    let rows = members.rows();
    let [MemberRow::Section { count: 1, .. }, MemberRow::Member { user: owner, .. }] = &*rows else {
        panic!("the owner is listed: {rows:?}")
    };
    assert_eq!(people.show(Some(&server), owner).name.as_deref(), Some("user2"), "the list named them");
    let mut changed = people.changes();
    let shown = loop {
        let shown = people.show(Some(&server), &sample::user(3));
        if shown.name.is_some() {
            break shown;
        }
        changed.next().await.expect("it goes on");
    };
    assert_eq!((shown.name.as_deref(), shown.member), (Some("user3"), Some(false)));
}

#[tokio::test]
async fn what_one_does_with_friends_shows_at_once_and_goes_back_if_it_is_refused() {
    let running = start(&MemoryStorage::default(), false, vec![vec![ready()]]);
    let friends = running.chat.friends();
    let loaded = async |list| {
        let mut changes = friends.changes(list);
        while !friends.status(list).is_loaded {
            assert_eq!(friends.status(list).failure, None, "{list:?}");
            changes.next().await.expect("it goes on");
        }
    };
    loaded(FriendList::Incoming).await;
    loaded(FriendList::Friends).await;
    let users = |list| friends.rows(list).iter().map(|row| row.user.clone()).collect::<Vec<_>>();
    assert_eq!(users(FriendList::Incoming), [sample::user(3)]);
    let mut accepting = std::pin::pin!(friends.accept(request()));
    assert!(accepting.as_mut().now_or_never().is_none(), "the backend has not answered");
    assert!(users(FriendList::Incoming).is_empty());
    accepting.await.expect("it is accepted");
    assert_eq!(friends.relation(&sample::user(3)).map(|row| row.list), Some(FriendList::Friends));

    let other = sample::user(2);
    let mut blocking = std::pin::pin!(friends.block(&other));
    assert!(blocking.as_mut().now_or_never().is_none(), "the backend has not answered");
    assert!(friends.is_blocked(&other));
    let refused = blocking.await.expect_err("this backend knows no such operation");
    assert_eq!(refused.code(), Some(ErrorCode::NotFound));
    assert!(!friends.is_blocked(&other));
    assert_eq!(friends.relation(&other).map(|row| row.list), Some(FriendList::Friends));
}

#[tokio::test]
async fn a_refusal_stands_until_it_is_discarded() {
    let storage = MemoryStorage::default();
    let running = start(&storage, false, vec![vec![ready()]]);
    let (queue, other) = (running.chat.send_queue(), sample::full(2));
    let nonce = queue.send(&other, "hello", None).expect("there is room");
    let mut changes = queue.changes();
    loop {
        changes.next().await.expect("it goes on");
        if let Some(SendState::Failed { reason }) = queue.rows().first().map(|one| one.state.clone()) {
            assert_eq!(reason.code, Some(ErrorCode::NotFound));
            break;
        }
    }
    assert_eq!(queue.discard(&nonce).map(|one| one.content.clone()).as_deref(), Ok("hello"));
    running.chat.saved().await.expect("there is room");
    let keys = storage.list(String::new()).await.expect("it can be read");
    assert!(!keys.iter().any(|key| key.contains("queue")), "{keys:?}");
    Chat::erase(&storage, &sample::user(1)).await.expect("it can be removed");
    assert_eq!(storage.list(String::new()).await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_session_that_ends_ends_the_chat_and_keeps_what_was_not_sent() {
    let storage = MemoryStorage::default();
    let world = World::new(|_| Ok(refused(ErrorCode::Unauthenticated)));
    let chat = Chat::new(world.client(), storage.clone()).expect("signed in");
    chat.drafts().set(DraftPlace::composer(&channel()), "begun", Some(Bare(sample::nth(7)))).expect("there is room");
    chat.send_queue().send(&channel(), "hello", None).expect("there is room");
    let error = chat.run().await.expect_err("there is no session");
    assert!(error.is_signed_out());
    assert_eq!(chat.reachability().connection(), ConnectionState::SignedOut);
    assert!(matches!(chat.run().await, Err(Error::Configuration(_))), "it runs once");
    let later = Chat::new(world.client(), storage).expect("signed in");
    let _ = later.run().await;
    assert_eq!(later.drafts().rows().len(), 1);
    assert_eq!(later.send_queue().rows().first().map(|one| one.content.clone()).as_deref(), Some("hello"));
    let nobody: Client = world.builder().build().expect("a valid URL");
    assert!(matches!(Chat::new(nobody, MemoryStorage::default()), Err(Error::NotSignedIn)));
}

#[tokio::test]
async fn a_pause_between_attempts_ends_when_the_network_is_back() {
    // Time passes only while somebody waits for it: without the bell the call would take the whole pause.
    let mut calls = 0;
    let world = World::new(move |_| {
        calls += 1;
        if calls == 1 { Err(TransportError::unreached("no network")) } else { Ok(refused(ErrorCode::NotFound)) }
    });
    let client = world.builder().build().expect("a valid URL");
    let get = client.backend().get(beep_client::backend::Get::new());
    let (result, ()) = tokio::join!(get, async {
        while world.asked().is_empty() {
            tokio::task::yield_now().await;
        }
        client.network_is_back();
    });
    assert_eq!(result.expect_err("refused").code(), Some(ErrorCode::NotFound));
    let asked = world.asked();
    assert!(asked[1].at - asked[0].at < Duration::from_millis(200), "{asked:?}");
}
