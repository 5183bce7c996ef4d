//! Who asks and how: what a handler may know of a request beyond the operation itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{OriginalUri, Request};
use axum::http::{HeaderValue, header};
use beep_core::backend::{Actor, Backend, Refusal};
use beep_core::id::{Id, Qualified};
use beep_core::network::Network;
use beep_core::session::Session;
use beep_core::text::{Reason, TextError};
use beep_proto::id::Ref;
use beep_proto::operation::Spec;
use beep_proto::problem::{FieldError, Problem};

use crate::app::App;
use crate::http::client::Client;
use crate::http::{Refused, cookie};
use crate::token::TokenError;

/// Who asks; or else why they count as nobody, which whoever needs to know them answers.
pub(crate) type Caller = Result<Actor, Refused>;

/// Who asks and how.
pub(crate) struct Context {
    pub(crate) app: Arc<App>,
    caller: Caller,
    /// Whom the request is from.
    pub(crate) client: Client,
    /// The refresh credential in the cookie.
    pub(crate) zuid: Option<String>,
    /// Whether the cookie is for encrypted connections alone.
    secure: bool,
    authorization: Option<HeaderValue>,
    /// The path that the backend is mounted under, without a slash at its end.
    mount: String,
    set_cookie: Mutex<Option<HeaderValue>>,
    /// Whether what was to be made was there already.
    was_there: AtomicBool,
}

impl Context {
    pub(crate) fn new(app: Arc<App>, request: &Request, caller: Caller) -> Self {
        let client = Client::of(request, &app.proxies);
        let secure = app.secure_cookies || client.is_over_https();
        let zuid = cookie::read(request.headers(), secure, &app.backend.policy.public_url);
        let authorization = request.headers().get(header::AUTHORIZATION).cloned();
        let mount = mount(request);
        let (set_cookie, was_there) = Default::default();
        Self { app, caller, client, zuid, secure, authorization, mount, set_cookie, was_there }
    }

    /// Of a request that another backend makes for one of its users.
    pub(crate) fn of_peer(app: Arc<App>, caller: Caller) -> Self {
        Self {
            app,
            caller,
            client: Client::default(),
            zuid: None,
            secure: true,
            authorization: None,
            mount: String::new(),
            set_cookie: Mutex::default(),
            was_there: AtomicBool::default(),
        }
    }

    /// The network that the request came from.
    pub(crate) fn network(&self) -> Network {
        self.client.network()
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.app.backend
    }

    /// The caller of an operation that only members call.
    pub(crate) fn actor(&self) -> Result<&Actor, Refused> {
        self.caller.as_ref().map_err(Clone::clone)
    }

    /// The same with the reason that they give for what they do; an empty one is none.
    pub(crate) fn actor_because(&self, reason: Option<String>) -> Result<Actor, Refused> {
        let reason = reason.map(|reason| field("reason", &reason, Reason::parse)).transpose()?;
        Ok(self.actor()?.because(reason.filter(|reason| !reason.as_str().is_empty())))
    }

    /// Whose the access token is, of an operation that also takes another credential.
    pub(crate) async fn bearer(&self) -> Result<Actor, Refused> {
        authenticate(&self.app, self.network(), self.authorization.as_ref()).await
    }

    /// The whole id of something: without a home it is of the caller's own backend.
    pub(crate) fn qualify<T: Id>(&self, id: Ref<T>) -> Qualified<T> {
        id.qualify(
            self.caller
                .as_ref()
                .ok()
                .and_then(|actor| actor.who.user())
                .map_or(&self.backend().domain, |user| &user.home),
        )
    }

    /// The whole id of something of this backend. What is of another backend is not to be found here.
    pub(crate) fn local<T: Id>(&self, id: Ref<T>) -> Result<Qualified<T>, Refused> {
        let key = self.qualify(id);
        if key.home == self.backend().domain { Ok(key) } else { Err(Refusal::NotFound.into()) }
    }

    /// Has the answer say that what was to be made was there already: 200 in place of 201.
    pub(crate) fn was_there(&self) {
        self.was_there.store(true, Ordering::Relaxed);
    }

    /// The status of a success.
    pub(crate) fn status(&self, spec: &Spec) -> u16 {
        if self.was_there.load(Ordering::Relaxed) { 200 } else { spec.status }
    }

    /// Has the answer set the refresh cookie.
    pub(crate) fn keep(&self, session: &Session, token: &str) {
        *self.set_cookie.lock().unwrap_or_else(PoisonError::into_inner) =
            cookie::set(&self.mount, token, session.persist, self.secure);
    }

    /// Has the answer take the refresh cookie away.
    pub(crate) fn forget(&self) {
        *self.set_cookie.lock().unwrap_or_else(PoisonError::into_inner) = cookie::clear(&self.mount, self.secure);
    }

    /// The cookie to set with the answer.
    pub(crate) fn set_cookie(&self) -> Option<HeaderValue> {
        self.set_cookie.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Finds out whose the access token of a request is.
pub(crate) async fn authenticate(
    app: &App,
    network: Network,
    authorization: Option<&HeaderValue>,
) -> Result<Actor, Refused> {
    let bearer = authorization.and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let token = bearer.ok_or(Refusal::Unauthenticated)?;
    let claims = app.tokens.verify_from(&app.backend, &app.rates, network, token).await.map_err(refuse)?;
    let user = Qualified::new(claims.user(), app.backend.domain.clone());
    Ok(Actor { session: Some(claims.session()), ..Actor::user(user) })
}

/// Spells why a token is not taken.
pub(crate) fn refuse(error: TokenError) -> Refused {
    use beep_proto::problem::ErrorCode;
    match error {
        TokenError::Invalid => Refusal::Unauthenticated.into(),
        TokenError::Expired => Refused(Problem::new(ErrorCode::TokenExpired, "refresh the access token")),
        TokenError::TooMany(wait) => {
            let problem = Problem::new(ErrorCode::RateLimited, format!("too many bad tokens; try again in {wait} s"));
            Refused(Problem { retry_after: Some(wait), ..problem })
        }
    }
}

fn mount(request: &Request) -> String {
    let whole = request.extensions().get::<OriginalUri>().map_or("", |OriginalUri(uri)| uri.path());
    whole.strip_suffix(request.uri().path()).unwrap_or_default().to_owned()
}

/// Parses the fields of an operation, and names all that do not fit.
#[derive(Default)]
pub(crate) struct Fields(Vec<FieldError>);

impl Fields {
    /// Parses one field.
    pub(crate) fn parse<T>(
        &mut self,
        field: &str,
        text: &str,
        with: impl FnOnce(&str) -> Result<T, TextError>,
    ) -> Option<T> {
        with(text).map_err(|error| self.0.push(field_error(field, error))).ok()
    }

    /// Parses one field that may be left out.
    pub(crate) fn option<T>(
        &mut self,
        field: &str,
        text: Option<&str>,
        with: impl FnOnce(&str) -> Result<T, TextError>,
    ) -> Option<Option<T>> {
        match text {
            None => Some(None),
            Some(text) => self.parse(field, text, with).map(Some),
        }
    }

    /// Refuses a field of the contract that this backend does nothing with yet: what it says must not be lost in silence.
    pub(crate) fn unbuilt(&mut self, field: &str, holds_something: bool) {
        if holds_something {
            let detail = "this backend does nothing with it yet".to_owned();
            self.0.push(FieldError { field: field.to_owned(), code: "unknown".to_owned(), detail });
        }
    }

    /// Refuses if some field did not fit.
    pub(crate) fn check(self) -> Result<(), Refused> {
        if self.0.is_empty() { Ok(()) } else { Err(Refused(Problem::fields(self.0))) }
    }

    /// What was parsed, if every field fits.
    pub(crate) fn all<T>(self, parsed: Option<T>) -> Result<T, Refused> {
        match parsed {
            Some(parsed) if self.0.is_empty() => Ok(parsed),
            _ => Err(Refused(Problem::fields(self.0))),
        }
    }
}

/// Parses a single field.
pub(crate) fn field<T>(name: &str, text: &str, with: impl FnOnce(&str) -> Result<T, TextError>) -> Result<T, Refused> {
    with(text).map_err(|error| Refused(Problem::fields(vec![field_error(name, error)])))
}

fn field_error(field: &str, error: TextError) -> FieldError {
    let code = match error {
        TextError::TooShort { .. } | TextError::Invisible => "too_short",
        TextError::TooLong { .. } => "too_long",
        TextError::Character(_) => "malformed",
    };
    FieldError { field: field.to_owned(), code: code.to_owned(), detail: error.to_string() }
}
