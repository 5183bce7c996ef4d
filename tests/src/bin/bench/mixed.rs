//! What people do together, beside sends alone: 60 % sends, 20 % read marks, 15 % edits and pins, and 5 % role changes.
//!
//! Operations on servers spread over 200 channels, 10 in each of 20 servers.

use std::time::Instant;

use beep_proto::view::Message;
use beep_tests::database::Engine;
use serde_json::json;
use tokio::task::spawn_local;

use crate::crowd::{Crowd, Size, body};
use crate::durable::{self, CHANNELS, nonce};
use crate::figure::{self, Aim, Times, median, number};
use crate::http::Http;
use crate::load::{self, Load, Phase};

/// SQLite and PostgreSQL, with as many callers for both loads, which take turns.
pub(crate) async fn bench() {
    for engine in Engine::at_hand() {
        // The last person is given a role by the last caller.
        let size = Size { people: CALLERS + 1, servers: SERVERS, channels_each: CHANNELS / SERVERS };
        let crowd = Crowd::gather(engine, size).await;
        let roles = roles(&crowd).await;
        let (mut sends, mut mixed) = (Vec::new(), Vec::new());
        let mut by_kind = [const { Times::new() }; KINDS.len()];
        for _ in 0..ROUNDS {
            sends.push(durable::measure(&crowd, CALLERS).await);
            let (load, times) = measure(&crowd, &roles).await;
            mixed.push(load);
            by_kind.iter_mut().zip(times).for_each(|(all, times)| all.join(times));
        }
        let of = |loads: &[Load], figure: fn(&Load) -> f64| median(&mut loads.iter().map(figure).collect::<Vec<_>>());
        let both = |figure: fn(&Load) -> f64| (number(of(&mixed, figure)), number(of(&sends, figure)));
        let what = format!("{engine:?}, {CALLERS} callers, mixed");
        let rate = |load: &Load| load.rate;
        figure::beside(&what, of(&mixed, rate), of(&sends, rate), "/s", Aim::AtLeast(0.8));
        let (p99, p99_of_sends) = both(|load| load.p99);
        let (p50, p50_of_sends) = both(|load| load.p50);
        let (cpu, cpu_of_sends) = both(|load| load.cpu_ms);
        figure::detail(&format!(
            "the limit is sends alone; p50 {p50} ms (limit {p50_of_sends}), p99 {p99} ms (limit {p99_of_sends}), \
             {cpu} ms CPU an operation (limit {cpu_of_sends})"
        ));
        let kinds = KINDS.iter().zip(&mut by_kind).map(|(name, times)| {
            format!("{name}: {} of them, p99 {} ms", times.count(), number(times.percentile(0.99)))
        });
        figure::detail(&kinds.collect::<Vec<_>>().join("; "));
    }
}

/// A role of each server, without permissions.
async fn roles(crowd: &Crowd) -> Vec<String> {
    let mut roles = Vec::with_capacity(crowd.servers.len());
    for server in &crowd.servers {
        let role = json!({ "name": "given and taken", "permissions": [] });
        let role = crowd.people[0].post(&format!("/servers/{server}/roles"), role).await.expect(201);
        roles.push(role["id"].as_str().expect("an id").to_owned());
    }
    roles
}

async fn measure(crowd: &Crowd, roles: &[String]) -> (Load, [Times; KINDS.len()]) {
    let phase = Phase::default();
    let mut callers = Vec::with_capacity(CALLERS);
    for number in 0..CALLERS {
        let member = &crowd.people[number + 1].id;
        let mut roles: Vec<_> = crowd.servers.iter().zip(roles).collect();
        roles.rotate_left(number % SERVERS);
        let roles = roles.into_iter();
        let caller = Caller {
            http: crowd.connect(&crowd.people[number]).await,
            owner: crowd.connect(&crowd.people[0]).await,
            channels: crowd.channels.clone(),
            roles: roles.map(|(server, role)| format!("/v1/servers/{server}/members/{member}/roles/{role}")).collect(),
            last: None,
            at: number * 31,
            edits: 0,
            marks: 0,
            pinned: None,
            role_changes: 0,
        };
        callers.push(spawn_local(caller.run(number, phase.clone())));
    }
    load::measure(crowd, &phase, callers).await
}

/// One of the people, who does one thing after the other.
struct Caller {
    http: Http,
    /// The owner of the servers, who alone may give roles and pin.
    owner: Http,
    channels: Vec<String>,
    /// What a role of each server is given to one member at, and taken from them; no other caller's member is the same.
    roles: Vec<String>,
    /// The message that was sent last: its channel and its id.
    last: Option<(usize, String)>,
    /// Grows with each operation; the channel of the next send follows from it.
    at: usize,
    edits: usize,
    marks: usize,
    /// Where the pin is that this caller made.
    pinned: Option<String>,
    role_changes: usize,
}

impl Caller {
    async fn run(mut self, number: usize, phase: Phase) -> [Times; KINDS.len()] {
        let mut times = [const { Times::new() }; KINDS.len()];
        // Each begins elsewhere in the mix, so that not all do the same at a time.
        for kind in MIX.iter().cycle().skip(number * 7) {
            if phase.is_over() {
                break;
            }
            let begun = Instant::now();
            match kind {
                Post => self.send().await,
                Mark => self.mark_read().await,
                EditOrPin => self.edit_or_pin().await,
                Role => self.change_role().await,
            }
            if phase.is_measured() {
                times[*kind as usize].add(begun.elapsed());
            }
            self.at += 1;
        }
        times
    }

    async fn send(&mut self) {
        let channel = self.at % self.channels.len();
        let path = format!("/v1/channels/{}/messages", self.channels[channel]);
        let sent = answered(self.http.post(&path, &body(nonce())).await, 201);
        let sent: Message = serde_json::from_slice(sent).expect("a message");
        self.last = Some((channel, sent.id.to_string()));
    }

    /// Marks the message sent last as the first unread one, and the next time as read, so that each mark moves; before the
    /// first, sends one.
    async fn mark_read(&mut self) {
        let Some((channel, message)) = &self.last else { return self.send().await };
        self.marks += 1;
        let unread = self.marks.is_multiple_of(2);
        let path = format!("/v1/channels/{}/read", self.channels[*channel]);
        let mark = format!(r#"{{"message_id":"{message}","unread":{unread}}}"#);
        answered(self.http.with_body("PUT", &path, &mark).await, 204);
    }

    /// Edits the message sent last, or every third time pins it, and takes that pin down the next time; before the first,
    /// sends one.
    async fn edit_or_pin(&mut self) {
        let Some((channel, message)) = &self.last else { return self.send().await };
        self.edits += 1;
        if self.edits.is_multiple_of(3) {
            let (method, path) = match self.pinned.take() {
                Some(path) => ("DELETE", path),
                None => {
                    let path = format!("/v1/channels/{}/pins/{message}", self.channels[*channel]);
                    self.pinned = Some(path.clone());
                    ("PUT", path)
                }
            };
            answered(self.owner.with_body(method, &path, "").await, 204);
            return;
        }
        let path = format!("/v1/channels/{}/messages/{message}", self.channels[*channel]);
        let change = format!(r#"{{"content":"edited for the {}th time"}}"#, self.at);
        answered(self.http.with_body("PATCH", &path, &change).await, 200);
    }

    /// Gives a role of the next server, or takes it again.
    async fn change_role(&mut self) {
        let path = &self.roles[self.role_changes / 2 % self.roles.len()];
        let method = if self.role_changes.is_multiple_of(2) { "PUT" } else { "DELETE" };
        answered(self.owner.with_body(method, path, "").await, 204);
        self.role_changes += 1;
    }
}

/// The body of an answer that has the expected status.
fn answered((status, body): (u16, &[u8]), expected: u16) -> &[u8] {
    assert_eq!(status, expected, "{}", String::from_utf8_lossy(body));
    body
}

/// What a caller does.
#[derive(Clone, Copy)]
enum Kind {
    Post,
    Mark,
    EditOrPin,
    Role,
}

use Kind::{EditOrPin, Mark, Post, Role};

/// Twelve sends, four read marks, three edits and a role change, in an order that spreads each kind.
const MIX: [Kind; 20] = [
    Post, Mark, Post, Post, EditOrPin, Post, Mark, Post, Post, Post, EditOrPin, Post, Mark, Post, Post, Role, Post,
    Mark, EditOrPin, Post,
];

/// What the kinds are called, in their order.
const KINDS: [&str; 4] = ["sends", "read marks", "edits and pins", "role changes"];

const CALLERS: usize = 64;
const SERVERS: usize = 20;
const ROUNDS: usize = 3;
