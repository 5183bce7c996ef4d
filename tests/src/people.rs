//! People who sign up and in by plain HTTP, as a stranger's program would.

use std::net::IpAddr;

use reqwest::{Client, ClientBuilder, Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::operation;
use crate::server::Server;

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    http: Client,
    url: String,
    /// Their name; their address is `{name}@example.com`.
    pub name: String,
    /// Their qualified id.
    pub id: String,
    /// Their access token.
    pub token: String,
    /// Their refresh token.
    pub refresh: String,
}

/// What everybody's password is.
pub const PASSWORD: &str = "correct horse battery";

/// An answer with its body read.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body; `null` if there is none.
    pub body: Value,
}

impl Answer {
    /// Reads an answer whole.
    pub async fn read(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let octets = response.bytes().await.expect("the answer is whole");
        let body = if octets.is_empty() { Value::Null } else { serde_json::from_slice(&octets).expect("it is JSON") };
        Self { status, headers, body }
    }

    /// Expects a status, and gives the body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// Expects a refusal with this status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
        self.body
    }
}

/// Asks for something below `/v1` without being signed in.
pub async fn ask_unsigned(server: &Server, method: Method, path: &str, body: Option<Value>) -> Answer {
    let mut request = http().request(method, format!("{}/v1{path}", server.url()));
    if let Some(body) = body {
        request = request.json(&body);
    }
    Answer::read(request.send().await.expect("the server answers")).await
}

/// An HTTP client that talks to loopback.
pub fn http() -> Client {
    builder().build().expect("a client can be made")
}

/// The same before it is made.
pub fn builder() -> ClientBuilder {
    // The first of a process decides which cryptography all of it uses.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Without certificates: to read the system's takes longer than what is tested.
    Client::builder().no_proxy().tls_certs_only([])
}

impl Person {
    /// Signs up, activates with the mailed code, and is signed in.
    pub async fn sign_up(server: &Server, name: &str) -> Self {
        let (http, name) = (http(), server.name_of(name));
        let (url, email) = (server.url(), format!("{name}@example.com"));
        let body = json!({ "email": email, "password": PASSWORD, "username": name });
        let answer = http.post(format!("{url}/v1/register")).json(&body).send().await.expect("the server answers");
        Answer::read(answer).await.expect(201);
        let body = json!({ "email": email, "code": server.mailed_code(&email) });
        let answer = http.post(format!("{url}/v1/activate")).json(&body).send().await.expect("the server answers");
        let signed_in = Answer::read(answer).await.expect(200);
        Self::of(&url, &name, &signed_in)
    }

    /// Signs in once more, as on another device.
    pub async fn on_another_device(&self) -> Self {
        let body = json!({ "login": self.name, "password": PASSWORD });
        let answer = self.http.post(format!("{}/v1/login", self.url)).json(&body).send().await;
        let signed_in = Answer::read(answer.expect("the server answers")).await.expect(200);
        Self::of(&self.url, &self.name, &signed_in)
    }

    /// The same person with another access token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// Somebody by what signing in at a backend answered.
    pub fn of(url: &str, name: &str, answer: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        Self {
            http: http(),
            url: url.to_owned(),
            name: name.to_owned(),
            id: text(&answer["user"]["id"]),
            token: text(&answer["access_token"]),
            refresh: text(&answer["refresh_token"]),
        }
    }

    /// The same person at another address of this machine.
    #[must_use]
    pub fn at(&self, address: IpAddr) -> Self {
        let http = builder().local_address(address).build().expect("a client can be made");
        Self { http, ..self.clone() }
    }

    /// A request for something below `/v1`, with the token, to be added to and sent.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}/v1{path}", self.url)).bearer_auth(&self.token)
    }

    /// Asks for an operation of the table by its name, with its members.
    pub async fn call(&self, name: &str, members: Value) -> Answer {
        let asked = operation::named(name).with(&members);
        self.ask(asked.method, &asked.path, asked.body).await
    }

    /// Asks for something below `/v1`.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        Answer::read(request.send().await.expect("the server answers")).await
    }

    /// `GET`
    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, None).await
    }

    /// `POST`
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, path, Some(body)).await
    }

    /// `PUT`
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::PUT, path, Some(body)).await
    }

    /// `PATCH`
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.ask(Method::PATCH, path, Some(body)).await
    }

    /// `DELETE`
    pub async fn delete(&self, path: &str) -> Answer {
        self.ask(Method::DELETE, path, None).await
    }

    /// Makes a server from the community template; gives its id and that of its channel.
    pub async fn community(&self, visibility: &str) -> (String, String) {
        let body = json!({ "name": "Garden", "visibility": visibility, "template": "community" });
        let server = self.post("/servers", body).await.expect(201);
        let server = server["id"].as_str().expect("an id").to_owned();
        let channels = self.get(&format!("/servers/{server}/channels")).await.expect(200);
        let channel = channels["items"][0]["id"].as_str().expect("a channel").to_owned();
        (server, channel)
    }

    /// Makes a code for a server.
    pub async fn invite(&self, server: &str) -> String {
        let invitation = self.post(&format!("/servers/{server}/invitations"), json!({})).await.expect(201);
        invitation["code"].as_str().expect("a code").to_owned()
    }

    /// Joins by a code.
    pub async fn accept(&self, code: &str) {
        self.post(&format!("/invitations/{code}/accept"), json!({})).await.expect(200);
    }
}
