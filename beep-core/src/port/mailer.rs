//! Mail to the owners of accounts.

use async_trait::async_trait;

use crate::text::Email;

/// A mail in plain text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mail {
    /// Where it goes.
    pub to: Email,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub body: String,
}

/// Sends mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Takes a mail to be delivered soon. Failures are the mailer's to log: no answer may depend on them,
    /// since it would tell whether an address has an account.
    async fn send(&self, mail: Mail);
}
