//! The session: who is signed in, the tokens, and their renewal.
//!
//! A refresh token can be used once; each renewal gives the next one. Therefore only one renewal runs at a time, and
//! all callers that need a new access token wait for it. If the last waiting caller gives up, the renewal is kept and
//! the next caller finishes it, because its answer holds the only valid token.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use beep_core::id::SessionId;
use beep_proto::id::Bare;
use beep_proto::operation::Specified;
use beep_proto::operation::sessions::Refresh;
use beep_proto::problem::{ErrorCode, Problem};
use beep_proto::request;
use beep_proto::text::Secret;
use beep_proto::view::{SelfUser, SignedIn};
use futures_util::FutureExt;
use futures_util::future::Shared;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::link::Link;
use crate::transport::{BoxFuture, MaybeSend, MaybeSync};

/// What a program stores to stay signed in over a restart: see [`Client::resume`](crate::Client::resume).
///
/// It gives full access to the account: store it like a password. `Debug` does not show the token.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct SavedSession {
    /// The refresh token, valid for one renewal, which gives the next one; `None` where it is the cookie alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret>,
    /// The session.
    pub session_id: Bare<SessionId>,
    /// The account, as of the last renewal of the session.
    pub user: SelfUser,
    /// The cursor of the last handled event; `None` before the first.
    pub cursor: Option<String>,
}

/// A change of the session, for a program that stores it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SessionChange {
    /// Signed in, or the refresh token was replaced: the earlier one is no longer valid.
    Saved(Box<SavedSession>),
    /// Signed out, or ended by the backend.
    Ended,
}

/// Is called on changes of the session; implemented by closures.
pub trait SessionListener: MaybeSend + MaybeSync + 'static {
    /// Handles a change; called in the order of the changes. Should store it before it returns, and not block for long.
    fn changed(&self, change: SessionChange);
}

impl<F: Fn(SessionChange) + MaybeSend + MaybeSync + 'static> SessionListener for F {
    fn changed(&self, change: SessionChange) {
        self(change);
    }
}

/// An access token and its time, by [`Transport::uptime`](crate::transport::Transport::uptime).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Access {
    pub(crate) token: Secret,
    /// From when on it should be renewed.
    pub(crate) renew_at: Duration,
    expires_at: Duration,
}

impl Access {
    fn new(signed_in: &SignedIn, now: Duration) -> Self {
        let life = Duration::from_secs(signed_in.expires_in);
        let expires_at = now + life;
        Self { token: signed_in.access_token.clone(), renew_at: expires_at - MARGIN.min(life / 3), expires_at }
    }
}

/// Keeps the session.
pub(crate) struct Keeper {
    state: Mutex<State>,
    listener: Option<Box<dyn SessionListener>>,
    /// Whether the refresh credential is a cookie that the transport keeps.
    cookies: bool,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    renewal: Option<Renewal>,
    /// Counts sessions, so that a late answer for an earlier session does not change the present one.
    generation: u64,
}

struct Held {
    saved: SavedSession,
    access: Option<Access>,
}

type Renewal = Shared<BoxFuture<Result<Access, Error>>>;

impl Keeper {
    /// Starts without a session.
    pub(crate) fn new(listener: Option<Box<dyn SessionListener>>, cookies: bool) -> Self {
        Self { state: Mutex::default(), listener, cookies }
    }

    /// The refresh token to send; `None` if the transport adds it as a cookie.
    pub(crate) fn credential(&self, saved: &SavedSession) -> Option<Secret> {
        // The cookie may be younger: other tabs renew it too.
        saved.refresh_token.clone().filter(|_| !self.cookies)
    }

    /// The session to store; `None` when signed out.
    pub(crate) fn saved(&self) -> Option<SavedSession> {
        self.lock().held.as_ref().map(|held| held.saved.clone())
    }

    /// Stores the cursor of the last handled event.
    pub(crate) fn handled(&self, cursor: &str) {
        if let Some(held) = &mut self.lock().held {
            held.saved.cursor = Some(cursor.to_owned());
        }
    }

    /// Resumes a stored session.
    pub(crate) fn resume(&self, saved: SavedSession) {
        self.replace(Some(Held { saved, access: None }));
    }

    /// Starts the session that signing in gave.
    pub(crate) fn signed_in(&self, signed_in: &SignedIn, now: Duration) {
        let saved = SavedSession {
            refresh_token: signed_in.refresh_token.clone(),
            session_id: signed_in.session_id,
            user: signed_in.user.clone(),
            cursor: None,
        };
        self.replace(Some(Held { saved: saved.clone(), access: Some(Access::new(signed_in, now)) }));
        self.tell(SessionChange::Saved(Box::new(saved)));
    }

    /// Forgets the session.
    pub(crate) fn end(&self) {
        if self.replace(None) {
            self.tell(SessionChange::Ended);
        }
    }

    /// Gives an access token that does not expire soon, renewing it if needed.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`], or the error of the renewal.
    pub(crate) async fn access(self: &Arc<Self>, link: &Arc<Link>) -> Result<Access, Error> {
        let (renewal, old) = {
            let mut state = self.lock();
            let held = state.held.as_ref().ok_or(Error::NotSignedIn)?;
            let old = held.access.clone();
            if let Some(access) = &old
                && link.transport.uptime() < access.renew_at
            {
                return Ok(access.clone());
            }
            let (generation, token) = (state.generation, self.credential(&held.saved));
            (state.renewal.get_or_insert_with(|| self.renewal(link, generation, token)).clone(), old)
        };
        match (renewal.await, old) {
            // Renewed ahead of time: the old one does until it expires.
            (Err(Error::Transport(_)), Some(old)) if link.transport.uptime() < old.expires_at => Ok(old),
            (result, _) => result,
        }
    }

    /// Gives another access token after the backend refused this one.
    ///
    /// # Errors
    /// As [`Self::access`].
    pub(crate) async fn access_instead_of(self: &Arc<Self>, link: &Arc<Link>, stale: &Access) -> Result<Access, Error> {
        if let Some(held) = &mut self.lock().held
            && held.access.as_ref().is_some_and(|access| access.token == stale.token)
        {
            held.access = None;
        }
        self.access(link).await
    }

    fn renewal(self: &Arc<Self>, link: &Arc<Link>, generation: u64, refresh_token: Option<Secret>) -> Renewal {
        let keeper = Arc::downgrade(self);
        let link = link.clone();
        let renewal: BoxFuture<_> = Box::pin(async move {
            let members = request::members(&Refresh { refresh_token });
            let request = link.prepare(&Refresh::SPEC, members)?;
            let result = link.ask(&request, None).await.and_then(|answered| answered.read());
            let keeper = keeper.upgrade().ok_or(Error::NotSignedIn)?;
            keeper.renewed(generation, result, link.transport.uptime())
        });
        renewal.shared()
    }

    fn renewed(&self, generation: u64, result: Result<SignedIn, Error>, now: Duration) -> Result<Access, Error> {
        let (change, result) = {
            let mut state = self.lock();
            if state.generation != generation {
                let access = state.held.as_ref().and_then(|held| held.access.clone());
                return access.ok_or(Error::NotSignedIn);
            }
            state.renewal = None;
            match result {
                Ok(signed_in) => {
                    let held = state.held.as_mut().ok_or(Error::NotSignedIn)?;
                    let access = Access::new(&signed_in, now);
                    held.saved.refresh_token = signed_in.refresh_token;
                    held.saved.session_id = signed_in.session_id;
                    held.saved.user = signed_in.user;
                    held.access = Some(access.clone());
                    (Some(SessionChange::Saved(Box::new(held.saved.clone()))), Ok(access))
                }
                Err(error) if error.problem().is_some_and(ends_session) => {
                    state.held = None;
                    state.generation += 1;
                    (Some(SessionChange::Ended), Err(error))
                }
                Err(error) => (None, Err(error)),
            }
        };
        if let Some(change) = change {
            self.tell(change);
        }
        result
    }

    /// Replaces the session by another one or none; says whether there was one.
    fn replace(&self, held: Option<Held>) -> bool {
        let mut state = self.lock();
        state.generation += 1;
        state.renewal = None;
        std::mem::replace(&mut state.held, held).is_some()
    }

    fn tell(&self, change: SessionChange) {
        if let Some(listener) = &self.listener {
            listener.changed(change);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics halfway through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.saved().fmt(f)
    }
}

/// Whether a refusal to renew the access token is for good: the sessions of who is suspended have ended.
fn ends_session(problem: &Problem) -> bool {
    problem.status == 401 || problem.code == ErrorCode::AccountSuspended
}

/// How long before it expires an access token is renewed; a third of its life if that is less.
const MARGIN: Duration = Duration::from_secs(60);
