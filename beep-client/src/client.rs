//! The client: one backend, one session, and every operation.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use beep_core::time::Timestamp;
use beep_proto::gateway::Focus;
use beep_proto::operation::accounts::Activate;
use beep_proto::operation::sessions::{Login, Logout};
use beep_proto::operation::{Access, Operation, Spec};
use beep_proto::request;
use beep_proto::text::Secret;
use beep_proto::view::{SelfUser, SignedIn};
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::gateway::EventStream;
use crate::link::{self, Answered, Asked, Link};
use crate::retry::Limits;
use crate::session::{self, Keeper, SavedSession, SessionListener};
use crate::transport::{BoxFuture, Transport};

/// One user of one backend. Cheap to clone; all clones share one session.
///
/// Every operation of the backend has a method, grouped as in [`crate::areas`]:
/// `client.messages().send(…)`, `client.servers().join(…)`. [`Self::call`] takes any operation as a value.
#[derive(Clone)]
pub struct Client {
    pub(crate) link: Arc<Link>,
    pub(crate) keeper: Arc<Keeper>,
}

impl Client {
    /// Starts to configure a client of the backend at a URL such as `https://a.example.com` or `http://127.0.0.1:8008`.
    pub fn builder(url: impl Into<String>) -> Builder {
        Builder {
            url: url.into(),
            transport: None,
            listener: None,
            cookies: false,
            limits: Limits { tries: 5, patience: Duration::from_secs(60) },
            timeout: Duration::from_secs(45),
            user_agent: concat!("beep-client/", env!("CARGO_PKG_VERSION")).to_owned(),
            #[cfg(feature = "native")]
            roots: Vec::new(),
        }
    }

    /// Carries out an operation.
    ///
    /// If it is safe, it is retried when the backend cannot be reached, fails, or limits the rate: see
    /// [`Builder::tries`]. An expired access token is renewed. If the operation signs in, as `sessions.login` does, the
    /// client uses the new session.
    ///
    /// # Errors
    /// [`Error::Refused`] with the backend's code; [`Error::NotSignedIn`] if the operation needs a session and there is
    /// none; [`Error::Transport`] or [`Error::Decode`] if there is no answer or not a valid one;
    /// [`Error::Configuration`] for an empty name or code.
    pub fn call<O: Operation>(&self, operation: O) -> impl Future<Output = Result<O::Answer, Error>> + use<O> {
        let answered = self.send(&O::SPEC, request::members(&operation));
        async move { answered.await?.read() }
    }

    /// Carries out an operation given by its spec and members, and gives the answer as JSON text, `null` if there is
    /// none. Otherwise like [`Self::call`].
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn call_untyped(
        &self,
        spec: &Spec,
        members: Map<String, Value>,
    ) -> impl Future<Output = Result<String, Error>> + use<> {
        let answered = self.send(spec, members);
        async move {
            let answered = answered.await?;
            answered.read::<IgnoredAny>()?;
            answered.text().map(str::to_owned)
        }
    }

    /// Boxed, so that what every call does is compiled once.
    fn send(&self, spec: &Spec, members: Map<String, Value>) -> BoxFuture<Result<Answered, Error>> {
        let asked = self.link.prepare(spec, members);
        let client = self.clone();
        Box::pin(async move { client.ask(&asked?).await })
    }

    async fn ask(&self, asked: &Asked) -> Result<Answered, Error> {
        let Self { link, keeper } = self;
        let answered = ask(link, keeper, asked).await?;
        if asked.spec.answers::<SignedIn>() {
            keeper.signed_in(&answered.read()?, link.transport.uptime());
        }
        Ok(answered)
    }

    /// Signs in with a username or mail address. For a label and the like, call `client.sessions().login(…)`; of an account
    /// that may have a second factor, [`Self::login_in_steps`].
    ///
    /// # Errors
    /// `invalid_credentials`, `account_not_activated`, `otp_required`, and as [`Self::call`].
    pub async fn login(&self, login: impl Into<String>, password: impl Into<Secret>) -> Result<SelfUser, Error> {
        Ok(self.call(Login::new(login, password)).await?.user)
    }

    /// Activates a new account with the mailed code, and signs in.
    ///
    /// # Errors
    /// `invalid_credentials` for a code that is wrong or used, and as [`Self::call`].
    pub async fn activate(&self, email: impl Into<String>, code: impl Into<Secret>) -> Result<SelfUser, Error> {
        Ok(self.call(Activate::new(email, code)).await?.user)
    }

    /// Resumes a stored session: the client is signed in, and [`Self::events`] continues where it stopped. Sends no
    /// request yet.
    pub fn resume(&self, saved: SavedSession) {
        self.keeper.resume(saved);
    }

    /// The session to store for [`Self::resume`]; `None` when signed out. It changes with each new refresh token: see
    /// [`Builder::on_session_change`].
    pub fn session(&self) -> Option<SavedSession> {
        self.keeper.saved()
    }

    /// The account, as of the last renewal of the session; `None` when signed out.
    pub fn user(&self) -> Option<SelfUser> {
        self.session().map(|session| session.user)
    }

    /// Ends the session, here and on the backend. Here it ends even if the backend cannot be reached.
    ///
    /// # Errors
    /// As [`Self::call`]; none if there was no session.
    pub async fn logout(&self) -> Result<(), Error> {
        let Some(session) = self.session() else { return Ok(()) };
        self.keeper.end();
        match self.call(Logout { refresh_token: self.keeper.credential(&session) }).await {
            Err(error) if error.is_signed_out() => Ok(()),
            result => result,
        }
    }

    /// The live stream of events. It continues after the last handled event, or starts with a snapshot if there is none
    /// or it is too old.
    ///
    /// Use one stream at a time, because [`Self::session`] holds one cursor.
    pub fn events(&self) -> EventStream {
        EventStream::new(self.clone(), self.session().and_then(|session| session.cursor))
    }

    /// The live stream of events after a cursor; `None` for a snapshot first.
    pub fn events_after(&self, cursor: Option<String>) -> EventStream {
        EventStream::new(self.clone(), cursor)
    }

    /// Tells the client that the network is back or the program was woken: pauses before the next attempt end, of
    /// [`Self::events`] and of calls, except those that the backend asked for. A connection is asked whether it is alive.
    pub fn network_is_back(&self) {
        self.link.network_is_back.ring();
    }

    /// Says what the program shows now, on this connection and those after it: who is writing there, and which of those
    /// people are there, is told for that alone. [`Chat`](crate::Chat) does so by itself.
    pub fn focus(&self, focus: Focus) {
        self.link.focus.set(focus);
    }

    /// The same client, whose calls are tried once.
    pub(crate) fn without_retries(&self) -> Self {
        let limits = Limits { tries: 1, ..self.link.limits };
        Self { link: Arc::new(Link { limits, ..Link::clone(&self.link) }), keeper: self.keeper.clone() }
    }

    /// The time of day, for [`Cache::permissions_in`](crate::Cache::permissions_in).
    pub fn now(&self) -> Timestamp {
        self.link.transport.now()
    }
}

/// Sends a request, with an access token if it needs one; an expired one is renewed.
async fn ask(link: &Arc<Link>, keeper: &Arc<Keeper>, asked: &Asked) -> Result<Answered, Error> {
    match asked.spec.access {
        Access::Credential => link.ask(asked, None).await,
        // What another backend owns it is asked for only for who is signed in.
        Access::Public => {
            let access = if asked.spec.owner.is_some() { keeper.access(link).await.ok() } else { None };
            match access {
                Some(access) => ask_with(link, keeper, asked, &access).await,
                None => link.ask(asked, None).await,
            }
        }
        Access::Member => ask_with(link, keeper, asked, &keeper.access(link).await?).await,
    }
}

/// Sends a request with an access token, and once more with another one if it is not taken.
async fn ask_with(
    link: &Arc<Link>,
    keeper: &Arc<Keeper>,
    asked: &Asked,
    access: &session::Access,
) -> Result<Answered, Error> {
    match link.ask(asked, Some(&access.token)).await {
        Err(error) if error.rejects_token() => {
            let access = keeper.access_instead_of(link, access).await?;
            link.ask(asked, Some(&access.token)).await
        }
        result => result,
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("backend", &self.link.base).finish_non_exhaustive()
    }
}

/// Configures a [`Client`].
pub struct Builder {
    url: String,
    transport: Option<Arc<dyn Transport>>,
    listener: Option<Box<dyn SessionListener>>,
    cookies: bool,
    limits: Limits,
    timeout: Duration,
    user_agent: String,
    #[cfg(feature = "native")]
    roots: Vec<Vec<u8>>,
}

impl Builder {
    /// Uses this transport in place of the native one.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Trusts another certificate authority, as PEM (one or more certificates) or DER, besides those of the web. Only
    /// the native transport uses it.
    #[cfg(feature = "native")]
    #[must_use]
    pub fn root_certificate(mut self, certificate: impl Into<Vec<u8>>) -> Self {
        self.roots.push(certificate.into());
        self
    }

    /// Calls a listener, for example a closure, whenever the refresh token changes or the session ends, so that the
    /// program can store it.
    #[must_use]
    pub fn on_session_change(mut self, listener: impl SessionListener) -> Self {
        self.listener = Some(Box::new(listener));
        self
    }

    /// Says that the transport stores cookies, as a browser does. The refresh token is then the cookie `zuid`, and
    /// requests do not contain it. After a restart, `client.sessions().refresh(…)` without a token signs in with the
    /// cookie.
    #[must_use]
    pub fn keeps_cookies(mut self, keeps: bool) -> Self {
        self.cookies = keeps;
        self
    }

    /// How often a request is tried, by default 5 times, and how long it may wait between the tries in total, by
    /// default a minute.
    #[must_use]
    pub fn tries(mut self, tries: u32, patience: Duration) -> Self {
        self.limits = Limits { tries: tries.max(1), patience };
        self
    }

    /// How long one try of a request may take, 45 seconds by default.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The `user-agent` of the program.
    #[must_use]
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }

    /// Makes the client. Sends no request yet.
    ///
    /// # Errors
    /// [`Error::Configuration`] for an invalid URL or certificate, or without a transport.
    pub fn build(self) -> Result<Client, Error> {
        let base = link::base(&self.url)?;
        #[cfg(feature = "native")]
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(crate::native::NativeTransport::new(&self.roots)?) as Arc<dyn Transport>,
        };
        #[cfg(not(feature = "native"))]
        let transport = self.transport.ok_or_else(|| {
            Error::Configuration("without the feature `native` a client is built with a transport".to_owned())
        })?;
        let Self { limits, timeout, user_agent, listener, cookies, .. } = self;
        Ok(Client {
            link: Arc::new(Link {
                transport,
                base,
                limits,
                timeout,
                user_agent,
                network_is_back: Arc::default(),
                focus: Arc::default(),
            }),
            keeper: Arc::new(Keeper::new(listener, cookies)),
        })
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("url", &self.url).finish_non_exhaustive()
    }
}
