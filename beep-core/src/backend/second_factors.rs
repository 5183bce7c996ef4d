//! The second factor of an account: setting one up, using it, and taking it away.
//!
//! Whether an account has one is looked at only once its password was right.

use crate::account::Account;
use crate::backend::sessions::Confirmed;
use crate::backend::{Actor, Backend, Refusal, admin, retry_on_conflict};
use crate::id::{UserId, UserKey};
use crate::port::{AccountGuard, Change, Mail};
use crate::record::RecordGuard;
use crate::second_factor::{Entered, RecoveryCodes, SETUP_LIFE, SecondFactor, SecondFactorSetup};
use crate::totp::TotpSecret;

/// What an authenticator app is to be given.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The secret, as text.
    pub secret: String,
    /// The same with whom it is for, as an `otpauth://` address.
    pub address: String,
}

/// Begins to set up a second factor, in place of an earlier begin.
///
/// # Errors
/// [`Refusal::Conflict`] if the account has one; [`Refusal::InvalidCredentials`] if the password was changed meanwhile.
pub async fn begin(backend: &Backend, actor: &Actor, confirmed: &Confirmed) -> Result<Shared, Refusal> {
    let session = actor.session.ok_or(Refusal::Unauthenticated)?;
    let secret = TotpSecret::new(backend.entropy.octets());
    retry_on_conflict!(backend, {
        if backend.store.second_factor(confirmed.user()).await?.is_some() {
            return Err(HAS_ONE.into());
        }
        let shown = confirmed.show(backend, Change::default()).await?;
        let (user, expires_at) = (confirmed.user(), backend.now().after(SETUP_LIFE));
        let setup = SecondFactorSetup { user, session, secret: secret.clone(), expires_at };
        backend.commit(actor, shown.change.put(setup)).await?;
        Shared { secret: secret.text(), address: secret.address(&shown.account.user.username, &backend.domain) }
    })
}

/// Has a second factor be on with its first code; gives the recovery codes, which are told once. The owner is told by mail.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] if the code is wrong, or none was begun in this session within the last minutes.
pub async fn confirm(backend: &Backend, actor: &Actor, code: &str) -> Result<Vec<String>, Refusal> {
    let (user, session) = (actor.as_user()?.id, actor.session.ok_or(Refusal::Unauthenticated)?);
    let (texts, recovery) = RecoveryCodes::new(user, &*backend.entropy);
    let account = retry_on_conflict!(backend, {
        let setup = backend.store.second_factor_setup(user).await?.ok_or(Refusal::InvalidCredentials)?;
        let step = setup.enter(code, session, backend.now()).ok_or(Refusal::InvalidCredentials)?;
        let account = backend.store.account(user).await?.ok_or(Refusal::Unauthenticated)?;
        let factor = SecondFactor { user, secret: setup.secret.clone(), last_step: step, recovery: recovery.clone() };
        let change = Change::default()
            .guard(AccountGuard::NotDeleted(user))
            .guard(RecordGuard::Is(setup))
            .guard(RecordGuard::<SecondFactor>::Absent(user))
            .remove::<SecondFactorSetup>(user)
            .put(factor);
        backend.commit(actor, change).await?;
        account
    })?;
    mail(
        backend,
        &account,
        "has a second factor now",
        "It asks for a code of your authenticator app when you sign in.",
    )
    .await;
    Ok(texts)
}

/// Makes new recovery codes in place of those that are left. The owner is told by mail.
///
/// # Errors
/// [`Refusal::NotFound`] if the account has no second factor; [`Refusal::InvalidCredentials`] if the code is wrong.
pub async fn renew_recovery_codes(
    backend: &Backend,
    actor: &Actor,
    confirmed: &Confirmed,
) -> Result<Vec<String>, Refusal> {
    let (texts, recovery) = RecoveryCodes::new(confirmed.user(), &*backend.entropy);
    let renewed = retry_on_conflict!(backend, {
        let shown = confirmed.show(backend, Change::default()).await?;
        let factor = shown.used.after.ok_or(Refusal::NotFound)?;
        backend.commit(actor, shown.change.put(SecondFactor { recovery: recovery.clone(), ..factor })).await?;
        shown.account
    });
    let account = renewed.map_err(as_credentials)?;
    mail(backend, &account, "has new recovery codes", "The former ones are good no longer.").await;
    Ok(texts)
}

/// Takes the second factor from an account. The owner is told by mail.
///
/// # Errors
/// [`Refusal::NotFound`] if the account has none; [`Refusal::InvalidCredentials`] if the code is wrong.
pub async fn remove(backend: &Backend, actor: &Actor, confirmed: &Confirmed) -> Result<(), Refusal> {
    let removed = retry_on_conflict!(backend, {
        let shown = confirmed.show(backend, Change::default()).await?;
        shown.used.after.ok_or(Refusal::NotFound)?;
        backend.commit(actor, without(confirmed.user(), shown.change)).await?;
        shown.account
    });
    let account = removed.map_err(as_credentials)?;
    mail_removed(backend, &account).await;
    Ok(())
}

/// Takes the second factor from an account whose owner has lost it, as the operator asked. The owner is told by mail.
///
/// # Errors
/// [`Refusal::NotFound`] if there is no such account; [`Refusal::Conflict`] if it has none; [`Refusal::Invalid`] for a user
/// of another backend.
pub async fn reset(backend: &Backend, user: &UserKey) -> Result<(), Refusal> {
    let account = retry_on_conflict!(backend, {
        let account = admin::holder(backend, user).await?;
        let factor = backend.store.second_factor(user.id).await?;
        let factor = factor.ok_or(Refusal::Conflict("this account has no second factor"))?;
        backend.commit(None, without(user.id, Change::default().guard(RecordGuard::Is(factor)))).await?;
        account
    })?;
    mail_removed(backend, &account).await;
    Ok(())
}

/// Adds that an account has no second factor, nor one that was begun.
pub(super) fn without(user: UserId, change: Change) -> Change {
    change.remove::<SecondFactor>(user).remove::<SecondFactorSetup>(user)
}

/// A second factor as it was used.
#[derive(Clone, Debug)]
pub(super) struct Used {
    user: UserId,
    before: Option<SecondFactor>,
    /// What is left of it; `None` of an account that has none.
    pub(super) after: Option<SecondFactor>,
    by: Entered,
}

impl Used {
    /// Uses the second factor of an account, if it has one.
    ///
    /// # Errors
    /// [`Refusal::OtpRequired`] without a code; [`Refusal::OtpInvalid`] if it is wrong or was used before.
    pub(super) async fn of(backend: &Backend, user: UserId, otp: Option<&str>) -> Result<Self, Refusal> {
        let Some(before) = backend.store.second_factor(user).await? else {
            return Ok(Self { user, before: None, after: None, by: Entered::App });
        };
        let otp = otp.filter(|otp| !otp.trim().is_empty()).ok_or(Refusal::OtpRequired)?;
        let (after, by) = before.enter(otp, backend.now()).ok_or(Refusal::OtpInvalid)?;
        Ok(Self { user, before: Some(before), after: Some(after), by })
    }

    /// Adds that a change rests on this use, and uses up the code.
    pub(super) fn add_to(&self, change: Change) -> Change {
        let change = match &self.before {
            Some(before) => change.guard(RecordGuard::Is(before.clone())),
            None => change.guard(RecordGuard::<SecondFactor>::Absent(self.user)),
        };
        self.after.iter().fold(change, |change, after| change.put(after.clone()))
    }

    /// Tells the owner by mail if a recovery code was used.
    pub(super) async fn mail(&self, backend: &Backend, account: &Account) {
        if let (Some(after), Entered::Recovery) = (&self.after, self.by) {
            let left = format!("{} are left. Make new ones before they are used up.", after.recovery.left());
            mail(backend, account, "was signed in to with a recovery code", &left).await;
        }
    }
}

/// Where the code alone is asked for, it is wrong like a password is.
fn as_credentials(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::OtpInvalid | Refusal::OtpRequired => Refusal::InvalidCredentials,
        other => other,
    }
}

async fn mail_removed(backend: &Backend, account: &Account) {
    mail(backend, account, "has no second factor any more", "It asks for the password alone when you sign in.").await;
}

/// Tells the owner of an account what became of it.
async fn mail(backend: &Backend, account: &Account, what: &str, then: &str) {
    let body = format!(
        "Hello {},\n\nyour account at {} {what}. {then}\n\n{}\n\n\
         If it was not you, change your password there, and ask whoever runs {} for help.\n",
        account.user.username, backend.domain, backend.policy.public_url, backend.domain,
    );
    let subject = format!("Your account at {} {what}", backend.domain);
    backend.mailer.send(Mail { to: account.email.clone(), subject, body }).await;
}

const HAS_ONE: Refusal = Refusal::Conflict("the account has a second factor; take it away first");
