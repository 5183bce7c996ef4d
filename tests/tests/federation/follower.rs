//! A program with the SDK that follows what its own backend tells, and holds that against a fresh snapshot.

use beep_client::{Cache, ChannelId, Client, EventData, EventStream, Full, GatewayEvent, Nullable, messages, self_};
use beep_proto::gateway::Event;
use beep_tests::difference::same;
use beep_tests::people::{PASSWORD, Person};
use beep_tests::server::Server;

use crate::within;

/// Somebody's program.
pub(crate) struct Follower {
    pub(crate) name: String,
    pub(crate) client: Client,
    pub(crate) cache: Cache,
    /// Every message that it was told of, in order: channel, id, content.
    pub(crate) told: Vec<(Full<ChannelId>, String, String)>,
    /// How often it was told to begin anew.
    pub(crate) resyncs: usize,
    events: EventStream,
    marks: usize,
}

impl Follower {
    /// Signs in on another device of somebody, and takes a snapshot.
    pub(crate) async fn begin(server: &Server, person: &Person) -> Self {
        let client = Client::builder(server.url()).build().expect("the URL is one");
        client.login(&person.name, PASSWORD).await.expect("the password is right");
        let mut events = client.events();
        let GatewayEvent::Ready(ready) = heard(&mut events).await else { panic!("a snapshot comes first") };
        let (cache, name) = (Cache::new(&ready), person.name.clone());
        Self { name, client, cache, told: Vec::new(), resyncs: 0, events, marks: 0 }
    }

    /// The next event.
    pub(crate) async fn next(&mut self) -> Event {
        loop {
            if let Some(event) = self.step().await {
                return event;
            }
        }
    }

    /// The next thing that it hears, if that is an event.
    async fn step(&mut self) -> Option<Event> {
        match heard(&mut self.events).await {
            GatewayEvent::Event(event) => {
                self.cache.apply(&event);
                if let EventData::MessageCreated(message) = &event.data {
                    let seen = self.cache.channel(&message.channel_id);
                    assert!(seen.is_some(), "{} does not see the channel of {event:?}", self.name);
                    self.told.push((message.channel_id.clone(), message.id.to_string(), message.content.clone()));
                }
                // A server that opens anew: what was said there meanwhile is its history.
                if matches!(&event.data, EventData::MemberJoined(joined) if joined.server.is_some()) {
                    self.looks_up().await;
                }
                return Some(*event);
            }
            GatewayEvent::Ready(ready) => {
                self.cache = Cache::new(&ready);
                self.looks_up().await;
            }
            GatewayEvent::Resync { .. } => self.resyncs += 1,
            _ => {}
        }
        None
    }

    /// The next event that `is` true of, past all others.
    pub(crate) async fn until(&mut self, what: &str, mut is: impl FnMut(&EventData) -> bool) -> EventData {
        let name = self.name.clone();
        let found = async {
            loop {
                let event = self.next().await;
                if is(&event.data) {
                    return event.data;
                }
            }
        };
        within(&format!("{name} is told of {what}"), found).await
    }

    /// Waits until it was told of a message, or has found it on beginning anew.
    pub(crate) async fn reads(&mut self, content: &str) {
        let what = format!("{} is told of {content}", self.name);
        let read = async {
            while !self.told.iter().any(|(.., told)| told == content) {
                self.step().await;
            }
        };
        within(&what, read).await;
    }

    /// Reads what was said in the channels that it sees, as whoever begins anew must.
    async fn looks_up(&mut self) {
        let channels: Vec<_> = self.cache.channels().map(|channel| channel.id.clone()).collect();
        for channel in channels {
            // An owner who is away is asked when somebody looks there.
            let Ok(page) = self.client.messages().list(messages::List::new(&channel).limit(100u32)).await else {
                continue;
            };
            for message in page.items.into_iter().rev() {
                let (id, content) = (message.id.to_string(), message.content);
                if !self.told.iter().any(|(of, told, _)| *of == channel && *told == id) {
                    self.told.push((channel.clone(), id, content));
                }
            }
        }
    }

    /// Hears all that its backend has to tell, and holds what that led to against a fresh snapshot.
    pub(crate) async fn is_up_to_date(&mut self) {
        // Another backend may have told something between the mark and the snapshot; that is heard by the next mark.
        for _ in 0..5 {
            let fresh = self.hears_all().await;
            if self.cache == fresh {
                return;
            }
        }
        let fresh = self.hears_all().await;
        same(&self.cache, &fresh, &self.name);
    }

    /// Hears what there is to hear up to a mark; gives what a snapshot says after that.
    async fn hears_all(&mut self) -> Cache {
        // An event of one's own marks the end of what there is to hear.
        self.marks += 1;
        let mark = format!("mark {}", self.marks);
        let asked = self_::Update::new().bio(Nullable::set(mark.as_str()));
        self.client.self_().update(asked).await.expect("a profile can be changed");
        let what = format!("{} is told of their own mark", self.name);
        let told = async {
            while self.cache.me().bio.as_ref() != Some(&mark) {
                self.step().await;
            }
        };
        within(&what, told).await;
        let GatewayEvent::Ready(ready) = heard(&mut self.client.events_after(None)).await else {
            panic!("a snapshot comes first")
        };
        Cache::new(&ready)
    }

    /// What it was told of a channel: ids and contents, in order.
    pub(crate) fn told_of(&self, channel: &str) -> Vec<(String, String)> {
        let of = self.told.iter().filter(|(of, ..)| of.to_string() == channel);
        of.map(|(_, id, content)| (id.clone(), content.clone())).collect()
    }
}

async fn heard(events: &mut EventStream) -> GatewayEvent {
    let event = within("something happens", events.next()).await.expect("the stream goes on");
    event.expect("the session is good")
}
