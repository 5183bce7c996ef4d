//! Mail to the owners of accounts.

use async_trait::async_trait;

use crate::text::Email;

/// A mail in plain text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mail {
    /// The recipient.
    pub to: Email,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub body: String,
}

/// Sends mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Takes a mail to be delivered soon. The mailer logs failures. No answer may depend on them, because that would
    /// reveal whether an address has an account.
    async fn send(&self, mail: Mail);
}
