//! Making an account, activating it by a mailed code, and changing one's profile.

use std::time::Duration;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::account::{Account, CodePurpose, MailCode, User};
use crate::backend::sessions::{self, Device, SignedIn};
use crate::backend::{Actor, Backend, Invalid, Refusal, Registration, invitations, retry_on_conflict, users};
use crate::event::{EventBody, Scope, Stream};
use crate::id::{Id, Qualified, UserId};
use crate::port::{AccountGuard, Change, Mail};
use crate::record::RecordGuard;
use crate::text::{Bio, DisplayName, Email, PersonName, Username};
use crate::time::Timestamp;

/// The data of a sign-up.
#[derive(Clone, Debug)]
pub struct SignUp {
    /// The mail address.
    pub email: Email,
    /// The password; see [`check_password`].
    pub password: String,
    /// The name.
    pub username: Username,
    /// The display name.
    pub display_name: Option<DisplayName>,
    /// The code of an invitation, if registration needs one.
    pub invitation: Option<String>,
}

/// Creates an account and mails its code.
///
/// # Errors
/// [`Refusal::UsernameTaken`], [`Refusal::EmailTaken`], [`Refusal::RegistrationClosed`], [`Refusal::Invalid`].
pub async fn register(backend: &Backend, sign_up: SignUp) -> Result<Account, Refusal> {
    may_register(backend, sign_up.invitation.as_deref()).await?;
    check_password(&sign_up.password, &sign_up)?;
    let now = backend.now();
    let mut change = Change::default();
    if let Some(holder) = backend.store.account_by_email(&sign_up.email).await? {
        if !abandoned(&holder, now) {
            return Err(Refusal::EmailTaken);
        }
        change = change.remove::<Account>(holder.id());
    }
    if let Some(holder) = backend.store.account_by_username(&sign_up.username).await? {
        if !abandoned(&holder, now) {
            return Err(Refusal::UsernameTaken);
        }
        change = change.remove::<Account>(holder.id());
    }
    let account = Account {
        user: User {
            key: Qualified::new(backend.id(), backend.domain.clone()),
            username: sign_up.username,
            display_name: sign_up.display_name,
            bio: None,
            created_at: now,
            deleted: false,
        },
        email: sign_up.email,
        first_name: None,
        last_name: None,
        password_hash: backend.passwords.hash(sign_up.password).await?,
        activated: false,
        global_roles: Vec::new(),
        revision: 0,
    };
    let (code, kept) = new_code(backend, account.id());
    backend.commit(None, change.put(account.clone()).put(kept)).await?;
    mail_code(backend, &account, &code).await;
    Ok(account)
}

/// Activates an account with its code, and signs in.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] if address or code is wrong.
pub async fn activate(backend: &Backend, email: &Email, code: &str, device: &Device) -> Result<SignedIn, Refusal> {
    retry_on_conflict!(backend, {
        let account = backend.store.account_by_email(email).await?.ok_or(Refusal::InvalidCredentials)?;
        let id = account.id();
        let kept = backend.store.mail_code(id, CodePurpose::Activation).await?.ok_or(Refusal::InvalidCredentials)?;
        let now = backend.now();
        if kept.expires_at <= now || kept.attempts_left == 0 {
            return Err(Refusal::InvalidCredentials.into());
        }
        let change = Change::default().guard(RecordGuard::Is(kept.clone()));
        if !bool::from(hash_code(id, kept.purpose, code).ct_eq(&kept.hash)) {
            let tried = MailCode { attempts_left: kept.attempts_left - 1, ..kept };
            backend.commit(None, change.put(tried)).await?;
            return Err(Refusal::InvalidCredentials.into());
        }
        let guard = AccountGuard::At { id, revision: account.revision };
        let account = Account { activated: true, ..account };
        let change = change.guard(guard).remove::<MailCode>((id, CodePurpose::Activation)).put(account.clone());
        sessions::open(backend, account, device, change).await?
    })
}

/// Mails a new code to an account that is not activated; does not reveal whether it exists.
///
/// # Errors
/// Only when the store fails.
pub async fn resend_activation(backend: &Backend, email: &Email) -> Result<(), Refusal> {
    let Some(account) = backend.store.account_by_email(email).await? else { return Ok(()) };
    if account.activated {
        return Ok(());
    }
    let (code, kept) = new_code(backend, account.id());
    backend.commit(None, Change::default().put(kept)).await?;
    mail_code(backend, &account, &code).await;
    Ok(())
}

/// The caller's own account.
///
/// # Errors
/// [`Refusal::Unauthenticated`] if it no longer exists.
pub async fn own(backend: &Backend, actor: &Actor) -> Result<Account, Refusal> {
    backend.store.account(actor.user.id).await?.ok_or(Refusal::Unauthenticated)
}

/// A change of a profile: `None` keeps a field, an inner `None` removes it.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// The name.
    pub username: Option<Username>,
    /// The display name.
    pub display_name: Option<Option<DisplayName>>,
    /// First name, private.
    pub first_name: Option<Option<PersonName>>,
    /// Last name, private.
    pub last_name: Option<Option<PersonName>>,
    /// A few words about the user.
    pub bio: Option<Option<Bio>>,
}

/// Changes the caller's account; members of shared servers get an event about public changes.
///
/// # Errors
/// [`Refusal::UsernameTaken`].
pub async fn update(backend: &Backend, actor: &Actor, with: ProfileChange) -> Result<Account, Refusal> {
    retry_on_conflict!(backend, {
        let account = own(backend, actor).await?;
        let mut changed = account.clone();
        let ProfileChange { username, display_name, first_name, last_name, bio } = with.clone();
        set(&mut changed.user.username, username);
        set(&mut changed.user.display_name, display_name);
        set(&mut changed.first_name, first_name);
        set(&mut changed.last_name, last_name);
        set(&mut changed.user.bio, bio);
        let guard = AccountGuard::At { id: account.id(), revision: account.revision };
        let mut change = Change::default().guard(guard).put(changed.clone());
        if changed.user != account.user {
            let servers = users::acquaintances(backend, &actor.user).await?;
            let scopes = std::iter::once(Scope::User(actor.user.clone())).chain(servers.into_iter().map(Scope::Space));
            let scopes = scopes.collect();
            change =
                change.event(Stream::User(actor.user.clone()), scopes, EventBody::UserUpdated(changed.user.clone()));
        }
        backend.commit(actor, change).await?;
        changed.revision += 1;
        changed
    })
}

/// Checks whether a user with this invitation, or none, may create an account.
async fn may_register(backend: &Backend, invitation: Option<&str>) -> Result<(), Refusal> {
    match (backend.policy.registration, invitation) {
        (Registration::Open, _) => Ok(()),
        (Registration::Invite, Some(code)) => match invitations::preview(backend, code).await {
            Ok(_) => Ok(()),
            Err(Refusal::NotFound) => Err(Refusal::RegistrationClosed),
            Err(other) => Err(other),
        },
        (Registration::Invite, None) | (Registration::Closed, _) => Err(Refusal::RegistrationClosed),
    }
}

/// Checks a password: 8 to 1,024 characters, not one of the most common, not the own name or address.
///
/// # Errors
/// [`Refusal::Invalid`] for the field `password`.
pub fn check_password(password: &str, of: &SignUp) -> Result<(), Refusal> {
    let refuse = |code, detail: &str| Err(Refusal::Invalid(Invalid { field: "password", code, detail: detail.into() }));
    let count = password.chars().count();
    if count < 8 {
        return refuse("too_short", "must have at least 8 characters");
    }
    if count > 1_024 {
        return refuse("too_long", "must have at most 1024 characters");
    }
    let folded = password.to_lowercase();
    let common = COMMON_PASSWORDS.lines().any(|line| line == folded);
    let own = folded == of.username.as_str() || folded == of.email.as_str();
    if common || own {
        return refuse("common", "is too easy to guess");
    }
    Ok(())
}

fn set<T>(field: &mut T, to: Option<T>) {
    if let Some(to) = to {
        *field = to;
    }
}

/// Whether an account was never activated and its name may be used again.
fn abandoned(account: &Account, now: Timestamp) -> bool {
    !account.activated && now.since(account.user.created_at) > PENDING_LIFE
}

fn new_code(backend: &Backend, user: UserId) -> (String, MailCode) {
    let number = u32::from_be_bytes(backend.entropy.octets()) % 1_000_000; // skewed by 1 in 4,000: no help to guess
    let code = format!("{number:06}");
    let kept = MailCode {
        user,
        purpose: CodePurpose::Activation,
        hash: hash_code(user, CodePurpose::Activation, &code),
        expires_at: backend.now().after(CODE_LIFE),
        attempts_left: CODE_ATTEMPTS,
    };
    (code, kept)
}

fn hash_code(user: UserId, purpose: CodePurpose, code: &str) -> [u8; 32] {
    let purpose = match purpose {
        CodePurpose::Activation => b"activation",
    };
    let mut hash = Sha256::new();
    hash.update(user.uuid().as_bytes());
    hash.update(purpose);
    hash.update(code.trim().as_bytes());
    hash.finalize().into()
}

async fn mail_code(backend: &Backend, account: &Account, code: &str) {
    let body = format!(
        "Hello {},\n\nyour code for {} is {code}. It is good for 15 minutes.\n\n{}\n\n\
         If you did not ask for an account there, nothing needs to be done.\n",
        account.user.username, backend.domain, backend.policy.public_url,
    );
    let subject = format!("{code} is your code for {}", backend.domain);
    backend.mailer.send(Mail { to: account.email.clone(), subject, body }).await;
}

/// The most common passwords, in lower case, one per line.
const COMMON_PASSWORDS: &str = include_str!("common_passwords.txt");

const CODE_LIFE: Duration = Duration::from_secs(15 * 60);
const CODE_ATTEMPTS: u32 = 5;
const PENDING_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
