//! Passwords: which ones are good, changing one, and resetting a forgotten one by a mailed code.
//!
//! No answer tells whether an address has an account: for one that has none a code is made and tried as for any other, and
//! sent to nobody.

use sha2::{Digest, Sha256};

use crate::account::Account;
use crate::backend::sessions::{self, Confirmed, Shown};
use crate::backend::{Actor, Backend, Invalid, Refusal, mail_codes, retry_on_conflict};
use crate::email_change::EmailChange;
use crate::id::{Id, UserId};
use crate::mail_code::{CodePurpose, MailCode};
use crate::network::Network;
use crate::port::{AccountGuard, Change, Mail};
use crate::second_factor::SecondFactorSetup;
use crate::text::{Email, Password, TextError, Username};

/// Checks a password: 8 to 1,024 characters, not one of the most common.
///
/// # Errors
/// [`Refusal::Invalid`] for the field.
pub fn check(field: &'static str, password: &str) -> Result<Password, Refusal> {
    let password = Password::parse(password).map_err(|error| Refusal::invalid(field, "too_long", error.to_string()))?;
    if password.as_str().chars().count() < SHORTEST {
        return Err(Refusal::invalid(field, "too_short", TextError::TooShort { min: SHORTEST }.to_string()));
    }
    let folded = password.as_str().to_lowercase();
    if COMMON.lines().any(|line| line == folded) { Err(common(field)) } else { Ok(password) }
}

/// Checks that a password is not the name or the address of who has it.
///
/// # Errors
/// [`Refusal::Invalid`] for the field.
pub(super) fn is_own(
    field: &'static str,
    password: &Password,
    username: &Username,
    email: &Email,
) -> Result<(), Refusal> {
    let folded = password.as_str().to_lowercase();
    if folded == username.as_str() || folded == email.mailbox() { Err(common(field)) } else { Ok(()) }
}

fn common(field: &'static str) -> Refusal {
    Refusal::Invalid(Invalid { field, code: "common", detail: "is too easy to guess".to_owned() })
}

/// Gives the actor another password, and ends their other sessions. They are told by mail.
///
/// # Errors
/// [`Refusal::Invalid`] for the field `new`; [`Refusal::InvalidCredentials`] if the password was changed meanwhile;
/// [`Refusal::OtpRequired`]; [`Refusal::OtpInvalid`].
pub async fn change(backend: &Backend, actor: &Actor, confirmed: &Confirmed, new: &str) -> Result<(), Refusal> {
    let password = check("new", new)?;
    let kept = actor.session.ok_or(Refusal::Unauthenticated)?;
    let hash = backend.passwords.hash(password.as_str().to_owned()).await?;
    let account = retry_on_conflict!(backend, {
        let Shown { account, change, .. } = confirmed.show(backend, Change::default()).await?;
        is_own("new", &password, &account.user.username, &account.email)?;
        let change = set(&account, hash.clone(), change);
        let change = sessions::end_all_but(backend, &account.user.key, Some(kept), change).await?;
        backend.commit(actor, change).await?;
        account
    })?;
    mail_changed(backend, &account).await;
    Ok(())
}

/// Mails a code by which a forgotten password is replaced.
///
/// # Errors
/// Only when the store fails.
pub async fn request_reset(backend: &Backend, email: &Email, from: Network) -> Result<(), Refusal> {
    let account = backend.store.account_by_email(email).await?;
    let user = account.as_ref().map_or_else(|| nobody(email), Account::id);
    let (digits, code) = MailCode::new(user, CodePurpose::PasswordReset, from, backend.now(), &*backend.entropy);
    backend.commit(None, Change::default().put(code)).await?;
    if let Some(account) = account {
        mail_code(backend, &account, &digits).await;
    }
    Ok(())
}

/// Replaces a forgotten password with a mailed code, and ends every session of the account. They are told by mail.
///
/// # Errors
/// [`Refusal::Invalid`] for the field `password`; [`Refusal::InvalidCredentials`] if address or code is wrong.
pub async fn reset(
    backend: &Backend,
    email: &Email,
    digits: &str,
    password: &str,
    from: Network,
) -> Result<(), Refusal> {
    let password = check("password", password)?;
    let hash = backend.passwords.hash(password.as_str().to_owned()).await?;
    let account = retry_on_conflict!(backend, {
        let account = backend.store.account_by_email(email).await?;
        let user = account.as_ref().map_or_else(|| nobody(email), Account::id);
        let change = mail_codes::enter(backend, user, CodePurpose::PasswordReset, digits, from).await?;
        let account = account.ok_or(Refusal::InvalidCredentials)?;
        is_own("password", &password, &account.user.username, &account.email)?;
        let change = set(&account, hash.clone(), change);
        let change = sessions::end_all_but(backend, &account.user.key, None, change).await?;
        backend.commit(None, change).await?;
        account
    })?;
    mail_changed(backend, &account).await;
    Ok(())
}

/// Adds another password, and the end of what whoever knew the former one may have begun.
fn set(account: &Account, password_hash: String, change: Change) -> Change {
    let user = account.id();
    change
        .guard(AccountGuard::At { id: user, revision: account.revision })
        .put(Account { password_hash, ..account.clone() })
        .remove::<MailCode>((user, CodePurpose::PasswordReset))
        .remove::<MailCode>((user, CodePurpose::EmailChange))
        .remove::<EmailChange>(user)
        .remove::<SecondFactorSetup>(user)
}

/// Whose code is made for an address without an account. Many addresses share one, so that few are kept; none is mailed.
fn nobody(email: &Email) -> UserId {
    let hash = Sha256::digest(email.mailbox().as_bytes());
    let octets = std::array::from_fn(|at| if at < 2 { hash[at] } else { 0 });
    UserId::from_uuid(uuid::Builder::from_random_bytes(octets).into_uuid())
}

async fn mail_code(backend: &Backend, account: &Account, code: &str) {
    let body = format!(
        "Hello {},\n\nyour code for a new password at {} is {code}. It is good for 15 minutes.\n\n{}\n\n\
         If you did not ask for it, nothing needs to be done.\n",
        account.user.username, backend.domain, backend.policy.public_url,
    );
    let subject = format!("{code} is your code for {}", backend.domain);
    backend.mailer.send(Mail { to: account.email.clone(), subject, body }).await;
}

/// Tells the owner of an account that its password is another one.
async fn mail_changed(backend: &Backend, account: &Account) {
    let body = format!(
        "Hello {},\n\nthe password of your account at {} was changed, and all other devices were signed out.\n\n{}\n\n\
         If it was not you, ask for a new password there with this address.\n",
        account.user.username, backend.domain, backend.policy.public_url,
    );
    let subject = format!("Your password at {} was changed", backend.domain);
    backend.mailer.send(Mail { to: account.email.clone(), subject, body }).await;
}

/// The fewest characters of a password.
const SHORTEST: usize = 8;

/// The most common passwords, in lower case, one per line.
const COMMON: &str = include_str!("common_passwords.txt");
