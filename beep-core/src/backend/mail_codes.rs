//! Entering a code that was mailed, whatever it is for. Rules: [`crate::mail_code`].

use crate::backend::{Backend, Failure, Refusal};
use crate::id::UserId;
use crate::mail_code::{CodePurpose, MailCode, Tried};
use crate::network::Network;
use crate::port::Change;
use crate::record::RecordGuard;

/// Tries digits that came from a network; gives the change that uses up the code. A wrong attempt is counted.
///
/// # Errors
/// [`Refusal::InvalidCredentials`] if the code is wrong, over, or tried too often, or if there is none.
pub(super) async fn enter(
    backend: &Backend,
    user: UserId,
    purpose: CodePurpose,
    digits: &str,
    from: Network,
) -> Result<Change, Failure> {
    let code = backend.store.mail_code(user, purpose).await?.ok_or(Refusal::InvalidCredentials)?;
    let change = Change::default().guard(RecordGuard::Is(code.clone()));
    match code.attempt(digits, from, backend.now()) {
        Tried::Right => Ok(change.remove::<MailCode>((user, purpose))),
        Tried::Wrong(code) => {
            backend.commit(None, change.put(code)).await?;
            Err(Refusal::InvalidCredentials.into())
        }
        Tried::Spent => Err(Refusal::InvalidCredentials.into()),
    }
}

/// Counts a wrong attempt by somebody who knows the code and not what else is asked for.
pub(super) async fn miss(backend: &Backend, user: UserId, purpose: CodePurpose, from: Network) -> Result<(), Failure> {
    match enter(backend, user, purpose, "", from).await {
        Ok(_) | Err(Failure::Refused(Refusal::InvalidCredentials)) => Ok(()),
        Err(failure) => Err(failure),
    }
}
