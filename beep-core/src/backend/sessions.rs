//! Signing in, refreshing, and signing out.

use crate::account::Account;
use crate::backend::second_factors::Used;
use crate::backend::{Actor, Backend, Failure, Refusal, Uncommitted, accounts, retry_on_conflict, suspensions};
use crate::event::EventBody;
use crate::id::{SessionId, UserId, UserKey};
use crate::network::Network;
use crate::port::{AccountGuard, Change, SessionGuard, StoreError};
use crate::registration::Registration;
use crate::session::{self, Presented, RefreshSecret, Rotation, Session};
use crate::text::{Email, Password, SessionLabel, Username};

/// The device that signs in.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// Its name in the list of sessions.
    pub label: Option<SessionLabel>,
    /// Its network address.
    pub address: Option<String>,
    /// Whether its cookie outlives the browser.
    pub persist: bool,
}

/// A signed-in device.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub account: Account,
    /// The session.
    pub session: Session,
    /// The refresh token, only for the device.
    pub refresh: [u8; 64],
}

impl Device {
    /// The network of its address.
    pub fn network(&self) -> Network {
        self.address.as_deref().map_or_else(Network::default, Network::parse)
    }
}

/// Whom a username or mail address names at login.
#[derive(Clone, Debug, Default)]
pub struct LoginSubject {
    account: Option<Account>,
    /// A registration for the same name or address: only its password shows that it is there.
    registration: Option<Registration>,
}

impl LoginSubject {
    /// Finds whom a login names, if anybody.
    ///
    /// # Errors
    /// Only when the store fails.
    pub async fn find(backend: &Backend, login: &str) -> Result<Self, Refusal> {
        let (store, login) = (&backend.store, login.trim());
        Ok(match (Email::parse(login), Username::parse(login)) {
            (Ok(email), _) => {
                Self { account: store.account_by_email(&email).await?, registration: store.registration(&email).await? }
            }
            (_, Ok(username)) => Self {
                account: store.account_by_username(&username).await?,
                registration: store.registration_by_username(&username).await?,
            },
            _ => Self::default(),
        })
    }

    /// The user whose password is asked for.
    pub fn user(&self) -> Option<UserId> {
        let registered = self.registration.as_ref().map(|registration| registration.user);
        self.account.as_ref().map(Account::id).or(registered)
    }

    /// Whether the account signed in from this network before.
    ///
    /// # Errors
    /// Only when the store fails.
    pub async fn knows(&self, backend: &Backend, network: Network) -> Result<bool, Refusal> {
        let Some(account) = &self.account else { return Ok(false) };
        let addresses = backend.store.session_addresses(account.id()).await?;
        Ok(addresses.iter().any(|address| Network::parse(address) == network))
    }
}

/// Has somebody show that they know the password of whom they name, which is the first step of signing in.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] if login or password is wrong; [`Refusal::NotActivated`] only if both are right.
pub async fn identify(backend: &Backend, subject: LoginSubject, password: String) -> Result<Confirmed, Refusal> {
    let LoginSubject { account, registration } = subject;
    // One that is too long is nobody's, and hashing it is not free.
    let password = Password::parse(&password).map_err(|_| Refusal::InvalidCredentials)?.into_string();
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let fits = backend.passwords.verify(password.clone(), hash).await?;
    if let Some(account) = account.filter(|_| fits) {
        return Ok(Confirmed { user: account.id(), password_hash: account.password_hash, otp: None });
    }
    let hash = registration.map(|registration| registration.password_hash);
    if hash.is_some() && backend.passwords.verify(password, hash).await? {
        return Err(Refusal::NotActivated);
    }
    Err(Refusal::InvalidCredentials)
}

/// Signs in who has shown their password, and a second factor if the account has one.
///
/// # Errors
/// [`Refusal::OtpRequired`]; [`Refusal::OtpInvalid`]; [`Refusal::Suspended`]; [`Refusal::InvalidCredentials`] if the password
/// was changed meanwhile.
pub async fn login(backend: &Backend, confirmed: &Confirmed, device: &Device) -> Result<SignedIn, Refusal> {
    let (signed_in, used) = retry_on_conflict!(backend, {
        let Shown { account, change, used } = confirmed.show(backend, Change::default()).await?;
        (open(backend, account, device, change).await?, used)
    })?;
    used.mail(backend, &signed_in.account).await;
    Ok(signed_in)
}

/// That somebody has shown that they know their password, and perhaps a code of their second factor, which is looked at when
/// it is used.
#[derive(Clone)]
pub struct Confirmed {
    user: UserId,
    password_hash: String,
    otp: Option<String>,
}

/// Whose password and second factor were shown, as a change rests on it.
pub(super) struct Shown {
    /// The account as it is now.
    pub(super) account: Account,
    /// The change.
    pub(super) change: Change,
    /// The second factor.
    pub(super) used: Used,
}

impl Confirmed {
    /// The same with a code of the second factor.
    #[must_use]
    pub fn with_otp(self, otp: Option<String>) -> Self {
        Self { otp, ..self }
    }

    /// Who it was.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// Whether there is a code of a second factor to be looked at.
    pub fn has_otp(&self) -> bool {
        self.otp.is_some()
    }

    /// Adds to a change that it rests on the password, and on the second factor if the account has one, which uses up the
    /// code.
    ///
    /// # Errors
    /// [`Refusal::InvalidCredentials`] if the account has another password by now; [`Refusal::OtpRequired`];
    /// [`Refusal::OtpInvalid`].
    pub(super) async fn show(&self, backend: &Backend, change: Change) -> Result<Shown, Refusal> {
        let account = accounts::active(backend, self.user).await?;
        let account = account.filter(|account| account.password_hash == self.password_hash);
        let account = account.ok_or(Refusal::InvalidCredentials)?;
        let used = Used::of(backend, self.user, self.otp.as_deref()).await?;
        // Who changes the password ends the sessions that there are: none may begin by the former one after that.
        let guard = AccountGuard::Password { id: self.user, hash: self.password_hash.clone() };
        Ok(Shown { account, change: used.add_to(change.guard(guard)), used })
    }
}

/// Has somebody who is signed in show once more that they know their password.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] if it is wrong.
pub async fn confirm(backend: &Backend, account: &Account, password: String) -> Result<Confirmed, Refusal> {
    let password = Password::parse(&password).map_err(|_| Refusal::InvalidCredentials)?.into_string();
    let (user, password_hash) = (account.id(), account.password_hash.clone());
    let fits = backend.passwords.verify(password, Some(password_hash.clone())).await?;
    if fits { Ok(Confirmed { user, password_hash, otp: None }) } else { Err(Refusal::InvalidCredentials) }
}

/// Opens a session as part of a change, of a user who is not suspended.
pub(super) async fn open(
    backend: &Backend,
    account: Account,
    device: &Device,
    change: Change,
) -> Result<SignedIn, Failure> {
    let active = suspensions::must_be_active(backend, &account.user.key).await?;
    let now = backend.now();
    let secret = RefreshSecret::new(backend.entropy.octets());
    let session = Session {
        id: backend.id(),
        user: account.id(),
        label: device.label.clone(),
        address: device.address.clone(),
        persist: device.persist,
        created_at: now,
        last_used_at: now,
        revoked_at: None,
        rotation: Rotation::start(&secret),
    };
    backend.commit(None, change.guard(active).put(session.clone())).await?;
    let refresh = seal(backend, session.id, &secret)?;
    Ok(SignedIn { account, session, refresh })
}

/// Gives the next refresh token for a valid one.
///
/// If the token was replaced over a minute ago, somebody else has it too: the session ends.
///
/// # Errors
/// [`Refusal::Unauthenticated`]; [`Refusal::Suspended`], which has ended the session.
pub async fn refresh(backend: &Backend, token: &[u8], address: Option<String>) -> Result<SignedIn, Refusal> {
    let (id, secret) = unseal(backend, token)?;
    retry_on_conflict!(backend, {
        let now = backend.now();
        let session = backend.store.session(id).await?.ok_or(Refusal::Unauthenticated)?;
        let user = UserKey::new(session.user, backend.domain.clone());
        suspensions::must_be_active(backend, &user).await?;
        if !session.alive(now) {
            return Err(Refusal::Unauthenticated.into());
        }
        let account = accounts::active(backend, session.user).await?.ok_or(Refusal::Unauthenticated)?;
        match session.rotation.present(&secret, backend.entropy.octets(), now) {
            Presented::Current(rotation, next) => {
                let guard = SessionGuard::At { id, current: session.rotation.current };
                let address = address.clone().or(session.address);
                let session = Session { rotation, last_used_at: now, address, ..session };
                backend.commit(None, Change::default().guard(guard).put(session.clone())).await?;
                let refresh = seal(backend, id, &next)?;
                SignedIn { account, session, refresh }
            }
            Presented::Again(next) => SignedIn { account, refresh: seal(backend, id, &next)?, session },
            Presented::Reused => {
                end(backend, None, session).await?;
                Err(Refusal::Reused { session: id })?
            }
        }
    })
}

/// Ends the session of a refresh token; an invalid token, or one of an ended session, changes nothing.
///
/// # Errors
/// Only when the store fails.
pub async fn logout(backend: &Backend, token: &[u8]) -> Result<(), Refusal> {
    let Ok((id, _)) = unseal(backend, token) else { return Ok(()) };
    retry_on_conflict!(backend, {
        let session = backend.store.session(id).await?.filter(|session| session.revoked_at.is_none());
        if let Some(session) = session {
            end(backend, None, session).await?;
        }
    })
}

/// Lists the caller's sessions, newest first.
///
/// # Errors
/// Only when the store fails.
pub async fn list(backend: &Backend, actor: &Actor) -> Result<Vec<Session>, Refusal> {
    let now = backend.now();
    let mut sessions = backend.store.sessions_of(actor.as_user()?.id).await?;
    sessions.retain(|session| session.alive(now));
    Ok(sessions)
}

/// Ends one of the caller's sessions.
///
/// # Errors
/// [`Refusal::NotFound`] if it is not the caller's or has ended.
pub async fn revoke(backend: &Backend, actor: &Actor, id: SessionId) -> Result<(), Refusal> {
    let user = actor.as_user()?.id;
    retry_on_conflict!(backend, {
        let session = backend.store.session(id).await?;
        let own = session.filter(|session| session.user == user && session.revoked_at.is_none());
        end(backend, Some(actor), own.ok_or(Refusal::NotFound)?).await?;
    })
}

/// Ends all sessions of the caller but the one that asks.
///
/// # Errors
/// [`Refusal::Unauthenticated`] without a session.
pub async fn revoke_others(backend: &Backend, actor: &Actor) -> Result<(), Refusal> {
    let (user, kept) = (actor.as_user()?, actor.session.ok_or(Refusal::Unauthenticated)?);
    retry_on_conflict!(backend, {
        let change = end_all_but(backend, user, Some(kept), Change::default()).await?;
        backend.commit(actor, change).await?;
    })
}

/// Adds the end of all sessions of a user, or all but one, and that there are no others. Of very many, the oldest end at
/// once, in changes of their own.
pub(super) async fn end_all_but(
    backend: &Backend,
    user: &UserKey,
    kept: Option<SessionId>,
    change: Change,
) -> Result<Change, Failure> {
    let all = backend.store.sessions_of(user.id).await?;
    let (kept_too, mut others): (Vec<_>, Vec<_>) = all.into_iter().partition(|session| Some(session.id) == kept);
    if kept.is_some() && kept_too.is_empty() {
        return Err(Refusal::Unauthenticated.into());
    }
    while others.len() > AT_ONCE {
        let oldest = others.split_off(others.len() - AT_ONCE);
        let change = oldest.into_iter().fold(Change::default(), |change, session| ended(backend, session, change));
        backend.commit(None, change).await?;
    }
    let signed_in = u32::try_from(others.len() + kept_too.len()).unwrap_or(u32::MAX);
    let change = change.guard(SessionGuard::Counted { user: user.id, signed_in });
    Ok(others.into_iter().fold(change, |change, session| ended(backend, session, change)))
}

/// Ends a session.
async fn end(backend: &Backend, actor: Option<&Actor>, session: Session) -> Result<(), Uncommitted> {
    backend.commit(actor, ended(backend, session, Change::default())).await.map(drop)
}

/// Adds the end of a session; the event closes its gateway connections and revokes its access tokens.
fn ended(backend: &Backend, session: Session, change: Change) -> Change {
    let guard = SessionGuard::At { id: session.id, current: session.rotation.current };
    let user = UserKey::new(session.user, backend.domain.clone());
    let event = EventBody::SessionRevoked { id: session.id };
    let ended = Session { revoked_at: Some(backend.now()), ..session };
    change.guard(guard).put(ended).user_event(&user, event)
}

fn seal(backend: &Backend, session: SessionId, secret: &RefreshSecret) -> Result<[u8; 64], StoreError> {
    let keys = backend.keys.refresh();
    let key = keys.first().ok_or_else(|| StoreError::new("the backend has no refresh key"))?;
    Ok(session::seal(session, secret, key))
}

fn unseal(backend: &Backend, token: &[u8]) -> Result<(SessionId, RefreshSecret), Refusal> {
    let keys = backend.keys.refresh();
    keys.iter().find_map(|key| session::open(token, key)).ok_or(Refusal::Unauthenticated)
}

/// How many sessions one change ends.
const AT_ONCE: usize = 500;
