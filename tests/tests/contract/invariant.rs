//! Applying a client's events to its snapshot gives what a fresh snapshot gives: live, and from any cursor, over the
//! gateway and over plain HTTP, after changes of every kind in a random order.

use beep_client::Cache;
use beep_proto::gateway::{Event, EventData};
use beep_tests::chance::Chance;
use beep_tests::database::Engine;
use beep_tests::difference::same;
use beep_tests::gateway::{Format, Gateway};
use beep_tests::making::{id, ids};
use beep_tests::people::Person;
use beep_tests::server::Server;
use futures_util::future::join_all;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn events_lead_to_what_a_snapshot_says_on_sqlite() {
    for seed in 100..110 {
        play(Engine::Sqlite, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_lead_to_what_a_snapshot_says_on_postgres() {
    if Engine::at_hand().contains(&Engine::Postgres) {
        for seed in 200..204 {
            play(Engine::Postgres, seed).await;
        }
    }
}

/// How often all are held against a snapshot.
const ROUNDS: usize = 12;

/// How many changes are made at once, and how often, in a round.
const AT_ONCE: usize = 4;
const BURSTS: usize = 5;

async fn play(engine: Engine, seed: u64) {
    let mut server = Server::start(engine).await;
    let mut chance = Chance::new(seed);
    let owner = Person::sign_up(&server, "owner").await;
    let people = [Person::sign_up(&server, "ann").await, Person::sign_up(&server, "bob").await];
    let hall = owner.community("public").await.0;
    let mut observers = Vec::new();
    for (person, format) in [(&owner, Format::Json), (&people[0], Format::Json), (&people[1], Format::Proto)] {
        person.post(&format!("/servers/{hall}/join"), json!({})).await;
        observers.push(Observer::begin(&server, person, format).await);
    }
    for round in 0..ROUNDS {
        for _ in 0..BURSTS {
            let what = Place::of(&owner, &hall).await;
            let changes: Vec<_> = (0..AT_ONCE).map(|_| change(&mut chance, &owner, &people, &what)).collect();
            for status in join_all(changes).await {
                assert!(status < 500, "seed {seed}, round {round}");
            }
        }
        if round == ROUNDS / 2 {
            server.kill().await;
            server.run().await;
            for observer in &mut observers {
                observer.reconnect(&server).await;
            }
        }
        for observer in &mut observers {
            observer.checks(&server, &mut chance, &format!("{engine:?}, seed {seed}, round {round}")).await;
        }
    }
    assert!(!server.log().contains("panicked"));
}

/// Somebody who listens, and remembers where they stood at times.
struct Observer {
    person: Person,
    format: Format,
    gateway: Gateway,
    now: Stand,
    /// Where they stood, a few times since the beginning.
    before: Vec<Stand>,
    marks: usize,
}

/// What a client knows, and the cursor that goes with it.
#[derive(Clone)]
struct Stand {
    cache: Cache,
    cursor: String,
}

impl Stand {
    fn hear(&mut self, event: &Event) {
        self.cache.apply(event);
        self.cursor.clone_from(&event.cursor);
    }
}

impl Observer {
    async fn begin(server: &Server, person: &Person, format: Format) -> Self {
        let (gateway, ready) = Gateway::connect_in(server, person, format).await;
        let now = Stand { cache: Cache::new(&ready), cursor: ready.cursor };
        Self { person: person.clone(), format, gateway, before: vec![now.clone()], now, marks: 0 }
    }

    /// Goes on after the connection broke.
    async fn reconnect(&mut self, server: &Server) {
        // What came before the break, as far as it did.
        while let beep_tests::gateway::ReceivedEntry::Frame(frame) = self.gateway.hear().await {
            if let beep_proto::gateway::ServerFrame::Event(event) = *frame {
                self.now.hear(&event);
            }
        }
        let (gateway, events, cursor) = Gateway::resume_in(server, &self.person, &self.now.cursor, self.format).await;
        events.iter().for_each(|event| self.now.hear(event));
        (self.gateway, self.now.cursor) = (gateway, cursor);
    }

    /// Hears all that has happened, and holds what that led to against a fresh snapshot.
    async fn checks(&mut self, server: &Server, chance: &mut Chance, when: &str) {
        // An event of one's own marks the end of what there is to hear.
        self.marks += 1;
        let mark = format!("mark {}", self.marks);
        self.person.patch("/self", json!({ "bio": mark })).await.expect(200);
        let own = self.person.id.clone();
        loop {
            let event = self.gateway.event().await;
            self.now.hear(&event);
            if chance.below(20) == 0 {
                self.before.push(self.now.clone());
            }
            if matches!(&event.data, EventData::UserUpdated(user)
                if user.id.to_string() == own && user.bio.as_deref() == Some(mark.as_str()))
            {
                break;
            }
        }
        let (_, ready) = Gateway::connect(server, &self.person).await;
        let fresh = Cache::new(&ready);
        let name = &self.person.name;
        same(&self.now.cache, &fresh, &format!("{when}: {name}, live"));

        let from = chance.one(&self.before).cloned().expect("the beginning is remembered");
        let (_, events, _) = Gateway::resume(server, &self.person, &from.cursor).await;
        let mut resumed = from.clone();
        events.iter().for_each(|event| resumed.hear(event));
        same(&resumed.cache, &fresh, &format!("{when}: {name}, resumed from {}", from.cursor));
        // Cut off anywhere on the way, a client goes on from where it stands.
        let mut cut = from.clone();
        events[..chance.below(events.len() + 1)].iter().for_each(|event| cut.hear(event));
        let (_, rest, _) = Gateway::resume(server, &self.person, &cut.cursor).await;
        rest.iter().for_each(|event| cut.hear(event));
        same(&cut.cache, &fresh, &format!("{when}: {name}, cut off after {}", from.cursor));

        let (mut polled, limit) = (from.clone(), 1 + chance.below(30));
        loop {
            let path = format!("/events?cursor={}&limit={limit}", polled.cursor);
            let page = self.person.get(&path).await.expect(200);
            let items = page["items"].as_array().expect("a list");
            for item in items {
                polled.hear(&serde_json::from_value(item.clone()).expect("an event"));
            }
            polled.cursor = page["next"].as_str().expect("a cursor").to_owned();
            if items.is_empty() {
                break;
            }
        }
        same(&polled.cache, &fresh, &format!("{when}: {name}, asked from {}", from.cursor));
    }
}

/// What there is to change.
struct Place {
    hall: String,
    everyone: String,
    roles: Vec<String>,
    channels: Vec<String>,
    categories: Vec<String>,
    messages: Vec<(String, String)>,
}

impl Place {
    async fn of(owner: &Person, hall: &str) -> Self {
        let mut roles = ids(&owner.get(&format!("/servers/{hall}/roles")).await.expect(200));
        let everyone = roles.pop().expect("`everyone` is the last");
        let listed = owner.get(&format!("/servers/{hall}/channels")).await.expect(200);
        let is_category = |channel: &&Value| channel["kind"] == "category";
        let categories: Vec<_> = listed["items"].as_array().into_iter().flatten().filter(is_category).map(id).collect();
        let channels = ids(&listed);
        let mut messages = Vec::new();
        for channel in channels.iter().filter(|channel| !categories.contains(channel)) {
            let page = owner.get(&format!("/channels/{channel}/messages?limit=3")).await.expect(200);
            let mine = page["items"].as_array().into_iter().flatten().filter(|message| message["author"] == owner.id);
            messages.extend(mine.map(|message| (channel.clone(), id(message))));
        }
        Self { hall: hall.to_owned(), everyone, roles, channels, categories, messages }
    }
}

/// Makes one change of some kind; gives the status of its answer.
fn change<'a>(
    chance: &mut Chance,
    owner: &'a Person,
    people: &'a [Person],
    place: &Place,
) -> impl Future<Output = u16> + use<'a> {
    let Place { hall, everyone, roles, channels, categories, messages } = place;
    let nothing = beep_tests::chance::nobodys_id();
    let word = format!("word {}", chance.below(1_000_000));
    let role = chance.one(roles).unwrap_or(&nothing).clone();
    let channel = chance.one(channels).unwrap_or(&nothing).clone();
    let person = chance.one(people).expect("there are people");
    let set = |chance: &mut Chance| -> Vec<&str> {
        let names = ["view_channels", "send_messages", "manage_messages", "manage_channels", "attach_files"];
        names.into_iter().filter(|_| chance.below(2) == 0).collect()
    };
    let parent = if chance.below(3) == 0 { None } else { chance.one(categories).cloned() };
    let (way, (who, path, body)) = match chance.below(27) {
        0 if channels.len() < 8 => {
            let kind = if chance.below(3) == 0 { "category" } else { "text" };
            ("POST", (owner, format!("/servers/{hall}/channels"), json!({ "name": word, "kind": kind })))
        }
        21 => ("PATCH", (owner, format!("/channels/{channel}"), json!({ "parent_id": parent }))),
        22 => {
            let place = json!({ "id": channel, "parent_id": parent, "position": chance.below(9) });
            ("PUT", (owner, format!("/servers/{hall}/channels/order"), json!({ "channels": [place] })))
        }
        23 => ("PUT", (owner, format!("/channels/{channel}/follow-parent"), json!({}))),
        26 => {
            let upside_down: Vec<_> = roles.iter().rev().collect();
            ("PUT", (owner, format!("/servers/{hall}/roles/order"), json!({ "roles": upside_down })))
        }
        24 => ("DELETE", (owner, format!("/channels/{channel}/follow-parent"), json!({}))),
        1 => ("PATCH", (owner, format!("/channels/{channel}"), json!({ "topic": word, "position": chance.below(9) }))),
        2 if channels.len() > 3 => ("DELETE", (owner, format!("/channels/{channel}"), json!({}))),
        3 if roles.len() < 6 => {
            let body = json!({ "name": word, "permissions": set(chance), "position": 1 + chance.below(5) });
            ("POST", (owner, format!("/servers/{hall}/roles"), body))
        }
        4 => {
            let body = json!({ "name": word, "permissions": set(chance), "color": chance.below(0xff_ffff) });
            ("PATCH", (owner, format!("/servers/{hall}/roles/{role}"), body))
        }
        5 if roles.len() > 2 => ("DELETE", (owner, format!("/servers/{hall}/roles/{role}"), json!({}))),
        6 => ("PATCH", (owner, format!("/servers/{hall}/roles/{everyone}"), json!({ "permissions": set(chance) }))),
        7 | 8 => ("PUT", (owner, format!("/servers/{hall}/members/{}/roles/{role}", person.id), json!({}))),
        9 => ("DELETE", (owner, format!("/servers/{hall}/members/{}/roles/{role}", person.id), json!({}))),
        kind @ 10..=12 => {
            let allow = set(chance);
            let deny: Vec<_> = set(chance).into_iter().filter(|name| !allow.contains(name)).collect();
            let target = match kind {
                10 => format!("role/{role}"),
                11 => format!("role/{everyone}"),
                _ => format!("member/{}", person.id),
            };
            let body = json!({ "allow": allow, "deny": deny });
            ("PUT", (owner, format!("/channels/{channel}/overrides/{target}"), body))
        }
        13 => {
            let target =
                if chance.below(2) == 0 { format!("role/{everyone}") } else { format!("member/{}", person.id) };
            ("DELETE", (owner, format!("/channels/{channel}/overrides/{target}"), json!({})))
        }
        14 => ("PATCH", (owner, format!("/servers/{hall}"), json!({ "name": word }))),
        15 => ("POST", (person, format!("/servers/{hall}/join"), json!({}))),
        16 if chance.below(2) == 0 => ("DELETE", (person, format!("/servers/{hall}/members/me"), json!({}))),
        17 => ("PATCH", (person, "/self".to_owned(), json!({ "display_name": word }))),
        18 => match chance.one(messages) {
            Some((channel, message)) => {
                ("DELETE", (owner, format!("/channels/{channel}/messages/{message}"), json!({})))
            }
            None => ("POST", (owner, format!("/channels/{channel}/messages"), json!({ "content": word }))),
        },
        19 => {
            let (channel, message) = chance.one(messages).cloned().unwrap_or((channel, nothing));
            ("PATCH", (owner, format!("/channels/{channel}/messages/{message}"), json!({ "content": word })))
        }
        20 => {
            let body = json!({ "name": word, "visibility": "public", "template": "community" });
            ("POST", (person, "/servers".to_owned(), body))
        }
        _ => {
            let who = if chance.below(2) == 0 { owner } else { person };
            ("POST", (who, format!("/channels/{channel}/messages"), json!({ "content": word })))
        }
    };
    let method = reqwest::Method::from_bytes(way.as_bytes()).expect("it is a method");
    ask(who, method, path, body)
}

async fn ask(who: &Person, method: reqwest::Method, path: String, body: Value) -> u16 {
    who.ask(method, &path, Some(body)).await.status
}
