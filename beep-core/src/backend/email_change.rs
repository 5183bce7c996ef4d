//! Changing the mail address of an account: the new one counts once the code that was mailed to it is entered.
//!
//! No answer tells whether an address has an account. A change to such an address is kept as any other, but its code is
//! sent to nobody; the owner of the address is told by mail.

use crate::account::Account;
use crate::backend::second_factors::Used;
use crate::backend::sessions::{self, Confirmed, Device, Shown, SignedIn};
use crate::backend::{Actor, Backend, Failure, Refusal, mail_codes, retry_on_conflict};
use crate::email_change::EmailChange;
use crate::mail_code::{CodePurpose, MailCode};
use crate::network::Network;
use crate::port::{AccountGuard, Change, Mail};
use crate::text::Email;

/// Asks for another address, in place of an earlier change, and mails it a code.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] if the password was changed meanwhile; [`Refusal::OtpRequired`]; [`Refusal::OtpInvalid`].
pub async fn request(
    backend: &Backend,
    actor: &Actor,
    confirmed: &Confirmed,
    email: Email,
    from: Network,
) -> Result<(), Refusal> {
    let (account, digits) = retry_on_conflict!(backend, {
        let Shown { account, change, .. } = confirmed.show(backend, Change::default()).await?;
        let (user, now) = (account.id(), backend.now());
        let (digits, code) = MailCode::new(user, CodePurpose::EmailChange, from, now, &*backend.entropy);
        let change = change
            .guard(AccountGuard::At { id: user, revision: account.revision })
            .put(EmailChange { user, email: email.clone(), asked_at: now })
            .put(code);
        backend.commit(actor, change).await?;
        (account, digits)
    })?;
    match backend.store.account_by_email(&email).await?.filter(|owner| owner.id() != account.id()) {
        Some(owner) => mail_owner(backend, &owner).await,
        None => mail_code(backend, &account, email, &digits).await,
    }
    Ok(())
}

/// Gives an account its new address with the code that was mailed to it, and signs in. The former address is told.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] if address or code is wrong; if both are right, [`Refusal::OtpRequired`], and
/// [`Refusal::OtpInvalid`], which counts as an attempt at the code.
pub(super) async fn confirm(
    backend: &Backend,
    email: &Email,
    digits: &str,
    otp: Option<&str>,
    device: &Device,
) -> Result<SignedIn, Refusal> {
    let (before, used, signed_in) = retry_on_conflict!(backend, {
        let asked = backend.store.email_change(email).await?.ok_or(Refusal::InvalidCredentials)?;
        let user = asked.user;
        let change = mail_codes::enter(backend, user, CodePurpose::EmailChange, digits, device.network()).await?;
        // Nobody was sent the code: it was guessed.
        if backend.store.account_by_email(email).await?.is_some_and(|owner| owner.id() != user) {
            return Err(Refusal::InvalidCredentials.into());
        }
        let before = backend.store.account(user).await?.ok_or(Refusal::InvalidCredentials)?;
        let used = match Used::of(backend, user, otp).await {
            Err(Refusal::OtpInvalid) => {
                mail_codes::miss(backend, user, CodePurpose::EmailChange, device.network()).await?;
                return Err(Refusal::OtpInvalid.into());
            }
            used => used?,
        };
        let account = Account { email: asked.email, ..before.clone() };
        let change = used
            .add_to(change)
            .guard(AccountGuard::At { id: user, revision: before.revision })
            .remove::<EmailChange>(user)
            // It was sent to the former address.
            .remove::<MailCode>((user, CodePurpose::PasswordReset))
            .put(account.clone());
        match sessions::open(backend, account, device, change).await {
            Err(Failure::Refused(Refusal::EmailTaken)) => return Err(Refusal::InvalidCredentials.into()),
            opened => (before, used, opened?),
        }
    })?;
    if before.email.mailbox() != signed_in.account.email.mailbox() {
        mail_former(backend, &before).await;
    }
    used.mail(backend, &signed_in.account).await;
    Ok(signed_in)
}

async fn mail_code(backend: &Backend, account: &Account, to: Email, code: &str) {
    let body = format!(
        "Hello {},\n\nyour code for {} is {code}. It is good for 15 minutes. With it, this becomes the address of your \
         account.\n\n{}\n\nIf you have no account there, nothing needs to be done.\n",
        account.user.username, backend.domain, backend.policy.public_url,
    );
    let subject = format!("{code} is your code for {}", backend.domain);
    backend.mailer.send(Mail { to, subject, body }).await;
}

/// Tells the owner of an address that somebody wants it for another account.
async fn mail_owner(backend: &Backend, owner: &Account) {
    let body = format!(
        "Hello {},\n\nsomebody tried to use this address for another account at {}. It belongs to your account there, \
         and nothing has changed.\n\n{}\n\nIf it was not you, nothing needs to be done.\n",
        owner.user.username, backend.domain, backend.policy.public_url,
    );
    let subject = format!("You have an account at {}", backend.domain);
    backend.mailer.send(Mail { to: owner.email.clone(), subject, body }).await;
}

/// Tells the former address that it is no longer that of the account.
async fn mail_former(backend: &Backend, before: &Account) {
    let body = format!(
        "Hello {},\n\nthe mail address of your account at {} was changed, and this is no longer the one.\n\n{}\n\n\
         If it was not you, ask whoever runs {} for help.\n",
        before.user.username, backend.domain, backend.policy.public_url, backend.domain,
    );
    let subject = format!("Your mail address at {} was changed", backend.domain);
    backend.mailer.send(Mail { to: before.email.clone(), subject, body }).await;
}
