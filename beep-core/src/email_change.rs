//! A change of a mail address that waits for the code that was mailed to the new one.

use crate::id::UserId;
use crate::text::Email;
use crate::time::Timestamp;

/// The address that an account is to have. An account waits for one; of several accounts that are to have the same
/// address, the one that asked last can confirm it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EmailChange {
    /// Whose account.
    pub user: UserId,
    /// The new address.
    pub email: Email,
    /// When it was asked for.
    pub asked_at: Timestamp,
}
