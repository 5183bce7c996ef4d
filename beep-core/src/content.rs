//! What a message says: text, or what only the devices of its readers can open.

use crate::text::{Text, TextError};

/// What a message says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Content {
    /// Text.
    Plain(Text),
    /// Encrypted from end to end: no backend can read it.
    Sealed(Sealed),
}

impl Content {
    /// Reads plain text, or says which rule it breaks.
    ///
    /// # Errors
    /// Those of [`Text::parse`].
    pub fn parse(text: &str) -> Result<Self, TextError> {
        Text::parse(text).map(Self::Plain)
    }

    /// The text, where it is plain: what a backend can show and search.
    pub fn text(&self) -> Option<&Text> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Sealed(_) => None,
        }
    }

    /// The octets, where it is sealed.
    pub fn sealed(&self) -> Option<&Sealed> {
        match self {
            Self::Plain(_) => None,
            Self::Sealed(sealed) => Some(sealed),
        }
    }
}

impl From<Text> for Content {
    fn from(text: Text) -> Self {
        Self::Plain(text)
    }
}

/// Octets that only the devices of a message's readers can open.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sealed(Box<[u8]>);

impl Sealed {
    /// The most octets: those of the longest text, with room for what sealing adds.
    pub const MAX: usize = 4 * Text::MAX + (4 << 10);

    /// Takes octets, or says why not.
    ///
    /// # Errors
    /// [`SealedError`]: none, or too many.
    pub fn new(octets: Vec<u8>) -> Result<Self, SealedError> {
        match octets.len() {
            0 => Err(SealedError::Empty),
            1..=Self::MAX => Ok(Self(octets.into())),
            _ => Err(SealedError::TooLong { max: Self::MAX }),
        }
    }

    /// Takes octets of this backend's own store, which were taken by [`Self::new`] once.
    pub fn stored(octets: Vec<u8>) -> Self {
        Self(octets.into())
    }

    /// The octets.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

/// Why octets are no sealed content.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SealedError {
    /// There are none.
    #[error("must have at least 1 octet")]
    Empty,
    /// There are too many.
    #[error("must have at most {max} octets")]
    TooLong {
        /// The greatest number of octets.
        max: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_bounded() {
        assert_eq!(Sealed::new(Vec::new()), Err(SealedError::Empty));
        assert_eq!(Sealed::new(vec![0]).expect("one octet").octets(), [0]);
        assert!(Sealed::new(vec![0; Sealed::MAX]).is_ok());
        assert_eq!(Sealed::new(vec![0; Sealed::MAX + 1]), Err(SealedError::TooLong { max: Sealed::MAX }));
    }
}
