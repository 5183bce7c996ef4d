//! The client as JavaScript calls it: operations by name, the session, and what is known.

use std::rc::Rc;
use std::time::Duration;

use beep_client::view::{ChannelKind, Member, Role, SelfUser, Server};
use beep_client::{CachedServer, Client, Full, SavedSession};
use beep_core::hierarchy::RoleRank;
use beep_proto::operation::OPERATIONS;
use js_sys::Promise;
use serde::Serialize;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use web_sys::{AbortSignal, RequestCredentials};

use crate::abort::unless_aborted;
use crate::events::RawEvents;
use crate::failure::{json, misused, thrown};
use crate::known::Known;
use crate::promise::promise;
use crate::transport::{BrowserTransport, now};

/// A client, in the words that cross between Rust and JavaScript.
#[wasm_bindgen]
pub struct RawClient {
    client: Client,
    known: Rc<Known>,
    /// Whether the refresh token is in a cookie.
    cookies: bool,
}

#[wasm_bindgen]
impl RawClient {
    /// Makes a client; `include` sends cookies to other origins too, `cookies` leaves the refresh credential to them.
    #[wasm_bindgen(constructor)]
    pub fn new(
        url: String,
        include: bool,
        cookies: bool,
        tries: Option<u32>,
        timeout_milliseconds: Option<u32>,
    ) -> Result<Self, JsValue> {
        let credentials = match (cookies, include) {
            (false, _) => RequestCredentials::Omit,
            (true, false) => RequestCredentials::SameOrigin,
            (true, true) => RequestCredentials::Include,
        };
        let mut builder = Client::builder(url).transport(BrowserTransport { credentials }).keeps_cookies(cookies);
        if let Some(tries) = tries {
            builder = builder.tries(tries, PATIENCE);
        }
        if let Some(milliseconds) = timeout_milliseconds {
            builder = builder.timeout(Duration::from_millis(milliseconds.into()));
        }
        let client = builder.build().map_err(|error| thrown(&error))?;
        Ok(Self { client, known: Rc::default(), cookies })
    }

    /// Carries out the operation of this name with this input, both as JSON text.
    pub fn call(&self, name: String, input: String, signal: Option<AbortSignal>) -> Promise {
        let asked = call(self.client.clone(), self.known.clone(), name, input);
        promise(async move { unless_aborted(signal, asked).await?.map(JsValue::from) })
    }

    /// Ends the session.
    pub fn logout(&self, signal: Option<AbortSignal>) -> Promise {
        let client = self.client.clone();
        self.known.forget();
        promise(async move {
            let done = unless_aborted(signal, client.logout()).await?;
            done.map(|()| JsValue::UNDEFINED).map_err(|error| thrown(&error))
        })
    }

    /// The session to store, without the token that the cookie holds; none when signed out.
    pub fn session(&self) -> Option<String> {
        let session = self.client.session()?;
        let refresh_token = session.refresh_token.filter(|_| !self.cookies);
        Some(json(&SavedSession { refresh_token, ..session }))
    }

    /// Resumes a stored session. Sends no request yet.
    pub fn resume(&self, session: &str) -> Result<(), JsValue> {
        let session = beep_proto::json::read(session).map_err(|error| misused(format_args!("the session: {error}")))?;
        self.client.resume(session);
        Ok(())
    }

    /// The account; none when signed out.
    pub fn user(&self) -> Option<String> {
        self.client.user().map(|user| json(&user))
    }

    /// The stream of events.
    pub fn events(&self, cursor: Option<String>) -> RawEvents {
        RawEvents::new(self.client.events_after(cursor), self.known.clone())
    }

    /// The account as the stream of events has it.
    pub fn me(&self) -> Option<String> {
        self.known.with(|known| json(known.me()))
    }

    /// All servers.
    pub fn servers(&self) -> String {
        let servers = self.known.with(|known| json(&known.servers().map(Told::new).collect::<Vec<_>>()));
        servers.unwrap_or_else(|| "[]".to_owned())
    }

    /// The channels with messages of a server.
    pub fn channels(&self, server: &str) -> String {
        self.channels_of(server, |kind| kind != ChannelKind::Category)
    }

    /// The categories of a server.
    pub fn categories(&self, server: &str) -> String {
        self.channels_of(server, |kind| kind == ChannelKind::Category)
    }

    /// One channel.
    pub fn channel(&self, channel: &str) -> Option<String> {
        let channel = channel.parse().ok()?;
        self.known.with(|known| known.channel(&channel).map(json))?
    }

    /// What the caller may do in a server now.
    pub fn permissions(&self, server: &str) -> Option<String> {
        let server = server.parse().ok()?;
        self.known.with(|known| known.permissions(&server, now()).map(|held| json(&held)))?
    }

    /// What the caller may do in a channel now.
    #[wasm_bindgen(js_name = permissionsIn)]
    pub fn permissions_in(&self, channel: &str) -> Option<String> {
        let channel = channel.parse().ok()?;
        self.known.with(|known| known.permissions_in(&channel, now()).map(|held| json(&held)))?
    }
}

impl RawClient {
    fn channels_of(&self, server: &str, is_one: impl Fn(ChannelKind) -> bool) -> String {
        let server = server.parse::<Full<_>>().ok();
        let channels = server.and_then(|server| {
            self.known.with(|known| {
                let channels = known.channels_of(&server);
                json(&channels.into_iter().filter(|channel| is_one(channel.kind)).collect::<Vec<_>>())
            })
        });
        channels.unwrap_or_else(|| "[]".to_owned())
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn known(&self) -> &Rc<Known> {
        &self.known
    }
}

/// A server with its roles from the highest to the lowest.
#[derive(Serialize)]
struct Told<'a> {
    server: &'a Server,
    roles: Vec<&'a Role>,
    member: &'a Member,
}

impl<'a> Told<'a> {
    fn new(of: &'a CachedServer) -> Self {
        let mut roles: Vec<_> = of.roles.values().collect();
        roles.sort_by_key(|role| {
            std::cmp::Reverse((!role.everyone, RoleRank { position: role.position, role: role.id.0 }))
        });
        Self { server: &of.server, roles, member: &of.member }
    }
}

/// Carries out an operation without its types, which JavaScript knows by its declarations: code for each of them would
/// be most of the module.
async fn call(client: Client, known: Rc<Known>, name: String, input: String) -> Result<String, JsValue> {
    let spec = OPERATIONS.iter().find(|spec| spec.name == name);
    let spec = spec.ok_or_else(|| misused(format_args!("there is no operation `{name}`")))?;
    let members = beep_proto::json::read(&input).map_err(|error| misused(format_args!("`{name}`: {error}")))?;
    let answer = client.call_untyped(spec, members).await.map_err(|error| thrown(&error))?;
    if spec.answers::<SelfUser>()
        && let Ok(me) = beep_proto::json::read(&answer)
    {
        known.set_me(me);
    }
    Ok(answer)
}

const PATIENCE: Duration = Duration::from_secs(60);
