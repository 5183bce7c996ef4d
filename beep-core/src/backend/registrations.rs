//! Registering: an address and a password become an account when the mailed code is entered.
//!
//! No answer tells whether an address has an account. A registration for such an address is kept as any other and holds
//! its username, but its code is sent to nobody; the owner of the address is told by mail.

use crate::account::{Account, DirectFrom, User};
use crate::backend::sessions::{self, Device, SignedIn};
use crate::backend::{
    Backend, Refusal, Registration as Policy, email_change, invitations, mail_codes, passwords, retry_on_conflict,
};
use crate::id::{InvitationId, Qualified};
use crate::mail_code::{CodePurpose, MailCode};
use crate::network::Network;
use crate::port::{AccountGuard, Change, CommitError, InvitationGuard, Mail};
use crate::record::RecordGuard;
use crate::registration::{InvitationSeat, REGISTRATION_LIFE, Registration, UsernameHold};
use crate::text::{DisplayName, Email, Username};

/// The data of a sign-up.
#[derive(Clone, Debug)]
pub struct SignUp {
    /// The mail address.
    pub email: Email,
    /// The password; see [`passwords::check`].
    pub password: String,
    /// The name.
    pub username: Username,
    /// The display name.
    pub display_name: Option<DisplayName>,
    /// The code of an invitation, if registration needs one.
    pub invitation: Option<String>,
}

/// Keeps a registration in place of an earlier one for the address, and mails its code.
///
/// # Errors
/// [`Refusal::UsernameTaken`], [`Refusal::RegistrationClosed`], [`Refusal::Invalid`].
pub async fn register(backend: &Backend, sign_up: SignUp, from: Network) -> Result<(), Refusal> {
    let invitation = admission(backend, sign_up.invitation.as_deref()).await?;
    let password = passwords::check("password", &sign_up.password)?;
    passwords::is_own("password", &password, &sign_up.username, &sign_up.email)?;
    let SignUp { email, username, display_name, .. } = sign_up;
    let password_hash = backend.passwords.hash(password.into_string()).await?;
    let kept = retry_on_conflict!(backend, {
        let now = backend.now();
        let replaced = backend.store.registration(&email).await?;
        let registration = Registration {
            email: email.clone(),
            user: replaced.as_ref().map_or_else(|| backend.id(), |replaced| replaced.user),
            username: username.clone(),
            display_name: display_name.clone(),
            password_hash: password_hash.clone(),
            created_at: now,
        };
        let user = registration.user;
        let mut change = Change::default();
        change = match &replaced {
            Some(replaced) => change
                .guard(RecordGuard::Is(replaced.clone()))
                .remove::<UsernameHold>((replaced.username.clone(), user)),
            None => change.guard(RecordGuard::<Registration>::Absent(email.clone())),
        };
        change = match invitation {
            Some(invitation) => change
                .guard(InvitationGuard::Usable { id: invitation, by: Some(user), now })
                .put(InvitationSeat { user, invitation }),
            None => change.remove::<InvitationSeat>(user),
        };
        let (digits, change) = new_code(backend, &registration, from, change);
        backend.commit(None, change.put(registration.clone())).await?;
        (registration, digits)
    });
    let (registration, digits) = kept.map_err(|refusal| match refusal {
        // The invitation was used up or revoked meanwhile.
        Refusal::NotFound => Refusal::RegistrationClosed,
        other => other,
    })?;
    match backend.store.account_by_email(&registration.email).await? {
        Some(account) => mail_owner(backend, &account).await,
        None => mail_code(backend, &registration, &digits).await,
    }
    Ok(())
}

/// Confirms an address with the code that was mailed to it, and signs in: makes the account of a registration, or gives an
/// account its new address.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] if address or code is wrong; [`Refusal::OtpRequired`] and [`Refusal::OtpInvalid`] of an
/// account that has a second factor, if both are right.
pub async fn activate(
    backend: &Backend,
    email: &Email,
    digits: &str,
    otp: Option<&str>,
    device: &Device,
) -> Result<SignedIn, Refusal> {
    match make_account(backend, email, digits, device).await {
        Err(Refusal::InvalidCredentials) => email_change::confirm(backend, email, digits, otp, device).await,
        made => made,
    }
}

async fn make_account(backend: &Backend, email: &Email, digits: &str, device: &Device) -> Result<SignedIn, Refusal> {
    retry_on_conflict!(backend, {
        let registration = backend.store.registration(email).await?.ok_or(Refusal::InvalidCredentials)?;
        let id = registration.user;
        let change = mail_codes::enter(backend, id, CodePurpose::Activation, digits, device.network()).await?;
        // Nobody was sent the code: it was guessed.
        if backend.store.account_by_email(email).await?.is_some() {
            return Err(Refusal::InvalidCredentials.into());
        }
        let hold = (registration.username.clone(), id);
        let account = Account {
            user: User {
                key: Qualified::new(id, backend.domain.clone()),
                username: registration.username,
                display_name: registration.display_name,
                bio: None,
                created_at: backend.now(),
                deleted: false,
            },
            email: registration.email,
            first_name: None,
            last_name: None,
            password_hash: registration.password_hash,
            direct_from: DirectFrom::default(),
            two_factor: false,
            global_roles: Vec::new(),
            revision: 0,
        };
        let change =
            change.remove::<UsernameHold>(hold).remove::<Registration>(account.email.clone()).put(account.clone());
        sessions::open(backend, account, device, change).await?
    })
}

/// Mails a new code for a registration; does not reveal whether there is one.
///
/// # Errors
/// Only when the store fails.
pub async fn resend(backend: &Backend, email: &Email, from: Network) -> Result<(), Refusal> {
    let Some(registration) = backend.store.registration(email).await? else { return Ok(()) };
    if backend.now().since(registration.created_at) > REGISTRATION_LIFE {
        return Ok(());
    }
    let change = Change::default().guard(RecordGuard::Is(registration.clone()));
    let (digits, change) = new_code(backend, &registration, from, change);
    match backend.commit(None, change).await.map_err(|uncommitted| uncommitted.error) {
        Ok(_) => {}
        // Somebody else has the name by now, or the registration was replaced and its code mailed.
        Err(CommitError::Taken(_) | CommitError::Stale) => return Ok(()),
        Err(error) => return Err(error.into()),
    }
    if backend.store.account_by_email(email).await?.is_none() {
        mail_code(backend, &registration, &digits).await;
    }
    Ok(())
}

/// Checks whether a user with this invitation, or none, may register; gives the invitation that this uses.
async fn admission(backend: &Backend, code: Option<&str>) -> Result<Option<InvitationId>, Refusal> {
    match (backend.policy.registration, code) {
        (Policy::Open, _) => Ok(None),
        (Policy::Invite, Some(code)) => match invitations::preview(backend, code).await {
            Ok((_, invitation)) => Ok(Some(invitation.id)),
            Err(Refusal::NotFound) => Err(Refusal::RegistrationClosed),
            Err(other) => Err(other),
        },
        (Policy::Invite, None) | (Policy::Closed, _) => Err(Refusal::RegistrationClosed),
    }
}

/// Adds a new code to a change; it holds the username for as long as it is valid. Gives its digits.
fn new_code(backend: &Backend, of: &Registration, from: Network, change: Change) -> (String, Change) {
    let now = backend.now();
    let (digits, code) = MailCode::new(of.user, CodePurpose::Activation, from, now, &*backend.entropy);
    let hold = UsernameHold { username: of.username.clone(), holder: of.user, until: code.expires_at };
    let free = AccountGuard::Free { username: of.username.clone(), by: of.user, now };
    (digits, change.guard(free).put(hold).put(code))
}

async fn mail_code(backend: &Backend, registration: &Registration, code: &str) {
    let body = format!(
        "Hello {},\n\nyour code for {} is {code}. It is good for 15 minutes.\n\n{}\n\n\
         If you did not ask for an account there, nothing needs to be done.\n",
        registration.username, backend.domain, backend.policy.public_url,
    );
    let subject = format!("{code} is your code for {}", backend.domain);
    backend.mailer.send(Mail { to: registration.email.clone(), subject, body }).await;
}

/// Tells the owner of an address that somebody tried to register with it.
async fn mail_owner(backend: &Backend, account: &Account) {
    let body = format!(
        "Hello {},\n\nsomebody tried to register at {} with this address. You have an account there; sign in with \
         this address or your username.\n\n{}\n\nIf it was not you, nothing needs to be done.\n",
        account.user.username, backend.domain, backend.policy.public_url,
    );
    let subject = format!("You have an account at {}", backend.domain);
    backend.mailer.send(Mail { to: account.email.clone(), subject, body }).await;
}
