//! Twenty people talk while their connections are cut and the backend is killed: nothing that was answered is lost,
//! nothing comes twice, and everybody sees the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use beep_client::view::{Message, Visibility};
use beep_client::{
    Bare, ChannelId, Client, Error, EventData, Full, GatewayEvent, MessageId, StreamName, channels, messages, servers,
};
use beep_proto::operation::servers::Template;
use beep_tests::database::Engine;
use beep_tests::people::Person;
use beep_tests::proxy::Proxy;
use beep_tests::server::Server;
use futures_util::future::join_all;
use tokio::sync::{oneshot, watch};

use crate::guest::Guest;
use crate::plain::{Collected, Plain};
use crate::{chance, is_at_hand, moments, part, within};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_on_sqlite() {
    nothing_is_lost(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_on_postgres() {
    if is_at_hand(Engine::Postgres) {
        nothing_is_lost(Engine::Postgres).await;
    }
}

async fn nothing_is_lost(engine: Engine) {
    let mut chance = chance();
    let mut server = Server::start(engine).await;
    let guests = (0..CLIENTS).map(|number| Guest::sign_up(&server, format!("guest{number}"), part(&mut chance)));
    let guests: Vec<Arc<Guest>> = join_all(guests).await.into_iter().map(Arc::new).collect();
    let host = guests[0].on_another_device(&server).await;
    let channel = garden(&host, &guests).await;
    let (up, _) = watch::channel(true);

    let (mut listening, mut plain) = (Vec::new(), Vec::new());
    for guest in &guests {
        for _ in 0..CUTS {
            guest.proxy.cut_after(chance.below(OCTETS) as u64);
        }
        let cuts = moments(&mut chance, CUTS, MESSAGES);
        let (is_ready, ready) = oneshot::channel();
        listening.push(tokio::spawn(listen(guest.clone(), channel.clone(), cuts, is_ready)));
        within("everybody is connected", ready).await.expect("the stream begins with what there is");
    }
    for number in 0..PLAIN {
        let person = Person::sign_up(&server, &format!("plain{number}")).await;
        person.post(&format!("/servers/{}/join", garden_of(&host).await), serde_json::json!({})).await.expect(200);
        let proxy = Proxy::start(server.address(), part(&mut chance)).await;
        for _ in 0..CUTS {
            proxy.cut_after(chance.below(OCTETS) as u64);
        }
        let (client, ready) = Plain::start(proxy, &person, up.subscribe()).await;
        let seq = ready.channels.iter().find(|held| held.channel.id == channel).expect("it is a member").seq;
        let cuts = moments(&mut chance, CUTS, MESSAGES);
        plain.push(tokio::spawn(client.collect(channel.to_string(), seq, END, cuts)));
    }

    let sent = watch::Sender::new(0);
    let sending = guests.iter().take(SENDERS).map(|guest| {
        let (guest, channel, sent) = (guest.clone(), channel.clone(), sent.clone());
        tokio::spawn(async move { send(&guest, &channel, MESSAGES / SENDERS, &sent).await })
    });
    let sending: Vec<_> = sending.collect();
    let mut count = sent.subscribe();
    for kill_at in moments(&mut chance, KILLS, MESSAGES - MESSAGES / 10) {
        within("messages are sent", count.wait_for(|sent| *sent >= kill_at)).await.expect("somebody sends");
        up.send_replace(false);
        server.kill().await;
        server.run().await;
        up.send_replace(true);
    }
    let mut answered = BTreeMap::new();
    for sending in sending {
        answered.extend(within("all is sent", sending).await.expect("a sender ends well"));
    }
    let last = host.messages().send(messages::Send::new(&channel, END)).await.expect("the last word is sent");
    answered.insert(END.to_owned(), last.id);

    let history = beep_tests::history(&host, &channel).await;
    check_history(&history, &answered);
    let order: Vec<_> = history.into_iter().map(|message| (message.id, message.content)).collect();
    let mut lost = 0;
    for (guest, listening) in guests.iter().zip(listening) {
        let heard = within("everybody hears the last word", listening).await.expect("a listener ends well");
        assert!(heard.messages == order, "{} heard another story: {}", guest.name, differ(&heard.messages, &order));
        assert!(guest.proxy.cuts() > 0 && heard.resumed > 0, "{} was never cut off", guest.name);
        lost += heard.resumed;
    }
    for plain in plain {
        let heard = within("a plain client hears the last word", plain).await.expect("it ends well");
        assert!(heard.messages == order, "a plain client heard another story: {}", differ(&heard.messages, &order));
        assert!(heard.resumed > 0, "a plain client was never cut off");
        lost += heard.resumed;
    }
    eprintln!("{engine:?}: {} messages, {KILLS} kills, {lost} connections resumed", order.len());
}

/// Makes a server with a channel, which everybody joins.
async fn garden(host: &Client, guests: &[Arc<Guest>]) -> Full<ChannelId> {
    let asked = servers::Create::new("Garden", Visibility::Public).template(Template::Community);
    let garden = host.servers().create(asked).await.expect("a server can be made");
    for guest in &guests[1..] {
        guest.client.servers().join(servers::Join::new(&garden.id)).await.expect("it is public");
    }
    let channels = host.channels().list(channels::List::new(&garden.id)).await.expect("the host sees them");
    channels.items[0].id.clone()
}

async fn garden_of(host: &Client) -> String {
    let servers = host.servers().list(servers::List::new()).await.expect("the host is a member");
    servers.items[0].id.to_string()
}

/// Sends messages, one after the other, each until it is answered.
async fn send(
    guest: &Guest,
    channel: &Full<ChannelId>,
    count: usize,
    sent: &watch::Sender<usize>,
) -> BTreeMap<String, Bare<MessageId>> {
    let mut answered = BTreeMap::new();
    for number in 0..count {
        let text = format!("{} says {number}", guest.name);
        let message = loop {
            let asked = messages::Send::new(channel, text.as_str()).nonce(text.as_str());
            match within("a message is answered", guest.client.messages().send(asked)).await {
                Ok(message) => break message,
                // Sent or not: with the nonce, asking again does no harm.
                Err(Error::Transport(_)) => {}
                Err(error) => panic!("`{text}` is not sent: {error}"),
            }
        };
        assert_eq!(message.content, text);
        answered.insert(text, message.id);
        sent.send_modify(|sent| *sent += 1);
    }
    answered
}

/// Follows with the SDK up to the last word, cut off when so many messages came.
async fn listen(
    guest: Arc<Guest>,
    channel: Full<ChannelId>,
    mut cuts: Vec<usize>,
    is_ready: oneshot::Sender<()>,
) -> Collected {
    let (stream, mut events) = (StreamName::Channel(channel.clone()), guest.client.events());
    let (mut is_ready, mut resumed, mut seq, mut messages) = (Some(is_ready), 0, 0, Vec::new());
    loop {
        let event = within("something happens", events.next()).await.expect("the stream goes on");
        let event = match event.expect("the session is good") {
            GatewayEvent::Event(event) => event,
            GatewayEvent::Ready(ready) => {
                let is_ready = is_ready.take().expect("a snapshot comes once");
                seq = ready.channels.iter().find(|held| held.channel.id == channel).expect("a member sees it").seq;
                is_ready.send(()).expect("somebody waits for it");
                continue;
            }
            GatewayEvent::Resumed => {
                resumed += 1;
                continue;
            }
            GatewayEvent::Resync { scope } => panic!("{} was told to refetch {scope}", guest.name),
            _ => continue,
        };
        if event.stream == stream {
            seq += 1;
            assert_eq!(event.seq, seq, "{} was told {event:?}", guest.name);
        }
        let EventData::MessageCreated(message) = event.data else { continue };
        let is_last = message.content == END;
        messages.push((message.id, message.content));
        if is_last {
            return Collected { messages, resumed };
        }
        if cuts.first().is_some_and(|cut| messages.len() >= *cut) {
            cuts.remove(0);
            guest.proxy.cut();
        }
    }
}

/// Holds a history against what was answered: each message once, with the id of its answer, and nothing else.
fn check_history(history: &[Message], answered: &BTreeMap<String, Bare<MessageId>>) {
    let ids: BTreeSet<_> = history.iter().map(|message| message.id).collect();
    assert_eq!(ids.len(), history.len(), "an id is there twice");
    assert!(history.is_sorted_by_key(|message| message.id), "the history is not in the order of ids");
    let kept: BTreeMap<_, _> = history.iter().map(|message| (message.content.clone(), message.id)).collect();
    assert_eq!(kept.len(), history.len(), "a message is there twice");
    let gone: Vec<_> = answered.iter().filter(|(text, id)| kept.get(*text) != Some(id)).collect();
    assert!(gone.is_empty(), "answered and not there: {gone:?}");
    assert_eq!(history.len(), MESSAGES + 1);
}

/// Where two stories part.
fn differ<T: PartialEq + std::fmt::Debug>(heard: &[T], told: &[T]) -> String {
    let at = heard.iter().zip(told).take_while(|(heard, told)| heard == told).count();
    format!("{} and {} messages, from {at} on {:?} and {:?}", heard.len(), told.len(), heard.get(at), told.get(at))
}

/// People with the SDK.
const CLIENTS: usize = 20;

/// Of them, those who send.
const SENDERS: usize = 5;

/// Clients that follow without the SDK.
const PLAIN: usize = 2;

/// Messages before the last word.
const MESSAGES: usize = 2_000;

/// How often each client is cut off by what it was told, and how often by the number of octets.
const CUTS: usize = 3;

/// About the least that a client is told altogether.
const OCTETS: usize = 600 * MESSAGES;

/// How often the backend is killed.
const KILLS: usize = 4;

/// The last message.
const END: &str = "good night";
