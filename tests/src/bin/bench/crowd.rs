//! Who is on the backend that is measured: people, and servers that they all are members of.

use beep_tests::database::Engine;
use beep_tests::people::Person;
use beep_tests::server::Server;
use serde_json::json;

use crate::http::Http;
use crate::machine;

/// A backend on its core, with people and channels.
pub(crate) struct Crowd {
    /// The backend.
    pub(crate) server: Server,
    /// Everybody; the first owns the servers.
    pub(crate) people: Vec<Person>,
    /// The servers that everybody is a member of.
    pub(crate) servers: Vec<String>,
    /// The channels of all servers, which everybody may see and write to.
    pub(crate) channels: Vec<String>,
}

/// What there is to make.
pub(crate) struct Size {
    pub(crate) people: usize,
    pub(crate) servers: usize,
    pub(crate) channels_each: usize,
}

/// Starts a backend on the server's core, without rate limits.
pub(crate) async fn backend(engine: Engine) -> Server {
    Server::start_under(&machine::on_server_core(), engine, &["--limits.rates", "off"]).await
}

impl Crowd {
    /// Starts a backend and fills it.
    pub(crate) async fn gather(engine: Engine, size: Size) -> Self {
        let server = backend(engine).await;
        let mut people = Vec::with_capacity(size.people);
        for number in 0..size.people {
            people.push(Person::sign_up(&server, &format!("person{number}")).await);
        }
        let (mut servers, mut channels) = (Vec::with_capacity(size.servers), Vec::new());
        for _ in 0..size.servers {
            let (id, first) = people[0].community("public").await;
            channels.push(first);
            for number in 1..size.channels_each {
                let body = json!({ "name": format!("channel-{number}") });
                let channel = people[0].post(&format!("/servers/{id}/channels"), body).await.expect(201);
                channels.push(channel["id"].as_str().expect("an id").to_owned());
            }
            for person in &people[1..] {
                person.post(&format!("/servers/{id}/join"), json!({})).await.expect(200);
            }
            servers.push(id);
        }
        Self { server, people, servers, channels }
    }

    /// Connections of so many senders, each with the token of one of the people.
    pub(crate) async fn senders(&self, count: usize) -> Vec<Http> {
        let mut senders = Vec::with_capacity(count);
        for person in self.people.iter().cycle().take(count) {
            senders.push(self.connect(person).await);
        }
        senders
    }

    /// A connection with a person's token.
    pub(crate) async fn connect(&self, person: &Person) -> Http {
        Http::connect(self.server.address(), &person.token).await
    }
}

/// The body of a message of 100 octets with a nonce of its own.
pub(crate) fn body(nonce: u64) -> String {
    format!(r#"{{"content":"{CONTENT}","nonce":"{nonce}"}}"#)
}

/// 100 octets.
pub(crate) const CONTENT: &str = "Ninety-nine bottles of beer on the wall, ninety-nine bottles of beer; \
                                  take one down, pass it around!";
