//! An invitation to a server: a code that lets people in while it lasts, or a word to one person.

use std::fmt;

use crate::id::{InvitationId, InvitationKey, Qualified, SpaceKey, UserKey};
use crate::space::Preview;
use crate::time::Timestamp;

/// An invitation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Invitation {
    /// Its id, unique on its backend.
    pub id: InvitationId,
    /// Who may use it.
    pub admits: Admits,
    /// The server.
    pub server: SpaceKey,
    /// Who made it. They must still be allowed to invite when it is used (rule 9).
    pub inviter: UserKey,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// How often it was used; an invitation of one user is deleted when it is used.
    pub uses: u32,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Whom an invitation lets in.
#[derive(Clone, Eq, PartialEq)]
pub enum Admits {
    /// Everyone who has the code.
    Code {
        /// The code; unique on its backend.
        code: String,
        /// How often it may be used.
        max_uses: Option<u32>,
    },
    /// One user, once.
    User(UserKey),
}

/// Shows no code, which lets in whoever reads it.
impl fmt::Debug for Admits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code { max_uses, .. } => f.debug_struct("Code").field("max_uses", max_uses).finish_non_exhaustive(),
            Self::User(user) => f.debug_tuple("User").field(user).finish(),
        }
    }
}

/// An invitation with what is to be seen of where it leads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Invited {
    /// The invitation.
    pub invitation: Invitation,
    /// Its server.
    pub server: Preview,
}

impl Invitation {
    /// Its qualified id.
    pub fn key(&self) -> InvitationKey {
        Qualified::new(self.id, self.server.home.clone())
    }

    /// The code, if it has one.
    pub fn code(&self) -> Option<&str> {
        match &self.admits {
            Admits::Code { code, .. } => Some(code),
            Admits::User(_) => None,
        }
    }

    /// The user that it is for; `None` for a code.
    pub fn user(&self) -> Option<&UserKey> {
        match &self.admits {
            Admits::Code { .. } => None,
            Admits::User(user) => Some(user),
        }
    }

    /// How often it may be used.
    pub fn max_uses(&self) -> Option<u32> {
        match self.admits {
            Admits::Code { max_uses, .. } => max_uses,
            Admits::User(_) => None,
        }
    }

    /// Checks whether it can be used at `now`.
    ///
    /// # Errors
    /// [`Spent`] says why not.
    pub fn usable(&self, now: Timestamp) -> Result<(), Spent> {
        if self.expires_at.is_some_and(|at| at <= now) {
            return Err(Spent::Expired);
        }
        if self.max_uses().is_some_and(|max| self.uses >= max) {
            return Err(Spent::Exhausted);
        }
        Ok(())
    }
}

/// Why an invitation can no longer be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Spent {
    /// It has expired.
    Expired,
    /// It has reached its maximum number of uses.
    Exhausted,
}

/// Letters and digits of a code: no vowels, so no words, and nothing that looks like something else.
pub const CODE_ALPHABET: &[u8; 32] = b"bcdfghjkmnpqrstvwxz23456789BCDFG";

/// Characters of a code: 50 bits, too many to try.
pub const CODE_LENGTH: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_not_shown() {
        let admits = Admits::Code { code: "k3Xw9".to_owned(), max_uses: Some(3) };
        assert_eq!(format!("{admits:?}"), "Code { max_uses: Some(3), .. }");
    }
}
