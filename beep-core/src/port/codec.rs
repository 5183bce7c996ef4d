//! How a store writes down what happened without knowing the wire.

use crate::event::EventBody;

/// Turns event bodies into octets that can be kept, and back.
pub trait EventCodec: Send + Sync {
    /// Writes a body, with what it was before where the body says so.
    fn encode(&self, body: &EventBody) -> Vec<u8>;

    /// Reads what [`Self::encode`] wrote, in this release or an earlier one.
    ///
    /// # Errors
    /// [`CodecError`] when `data` was not written for `kind`.
    fn decode(&self, kind: &str, data: &[u8]) -> Result<EventBody, CodecError>;
}

/// Kept octets that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("a kept `{kind}` event cannot be read: {reason}")]
pub struct CodecError {
    /// The event's type.
    pub kind: String,
    /// What is wrong with it.
    pub reason: String,
}
