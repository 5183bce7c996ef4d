//! What another backend says, made to fit what this release allows.
//!
//! One rule for all of it (`docs/federation.md`, "What does not fit"): a text is cut and cleansed, a number is clamped, a
//! name or value that is not known is dropped or stands for the narrowest that is known, and a thing that cannot be kept is
//! dropped alone, never what it is part of. Requests of clients are not read by it: what does not fit in those is refused.
//!
//! [`read`] is the way in. Views read themselves leniently (`lenient`); [`Owned`] and [`Foreign`] do the rest. Whether the
//! sender may say what it says is decided where it is used.

use std::collections::BTreeSet;

use beep_core::domain::Domain;
use beep_core::id::{UserId, UserKey};
use serde::de::DeserializeOwned;

use crate::federation::misfit;
use crate::id::Full;
use crate::json;
use crate::view::{Member, User};

mod answer;
pub(crate) mod lenient;
mod surrogate;
mod text;
mod thing;

/// Something that is read of another backend.
pub trait Foreign {
    /// The octets that an answer may have that is this.
    const LIMIT: usize = 64 << 10;

    /// Makes it fit, as something that the backend `of` says; gives whether any of it can be kept.
    fn fit(&mut self, of: &Domain) -> bool;

    /// The members that it lists. Profiles are told by the home of each alone: of others, who reads it may know one.
    fn members(&mut self) -> Vec<&mut Member> {
        Vec::new()
    }

    /// The users who wrote what is in it.
    fn authors(&self) -> Vec<&Full<UserId>> {
        Vec::new()
    }

    /// Leaves out what these users wrote; gives whether anything is left of it.
    fn silence(&mut self, _: &BTreeSet<UserKey>) -> bool {
        true
    }

    /// The users in it who are of other backends than `of`, which says it: who reads it says who they are, if it knows.
    fn strangers(&mut self, _: &Domain) -> Vec<&mut User> {
        Vec::new()
    }
}

/// Something that one backend owns, which alone says what it is.
pub trait Owned {
    /// The octets that an answer may have that is this.
    const LIMIT: usize = 64 << 10;

    /// Its owner.
    fn home(&self) -> &Domain;

    /// Makes what it says fit; gives whether it can be kept.
    fn fit_texts(&mut self) -> bool;

    /// It as a member, if it is one.
    fn member(&mut self) -> Option<&mut Member> {
        None
    }

    /// The user who wrote it, if one did.
    fn author(&self) -> Option<&Full<UserId>> {
        None
    }
}

impl<T: Owned> Foreign for T {
    const LIMIT: usize = <T as Owned>::LIMIT;

    fn fit(&mut self, of: &Domain) -> bool {
        self.home() == of && self.fit_texts()
    }

    fn members(&mut self) -> Vec<&mut Member> {
        self.member().into_iter().collect()
    }

    fn authors(&self) -> Vec<&Full<UserId>> {
        self.author().into_iter().collect()
    }

    fn silence(&mut self, silenced: &BTreeSet<UserKey>) -> bool {
        self.author().is_none_or(|author| !silenced.contains(&author.0))
    }
}

/// Reads what the backend `of` said, and makes it fit.
///
/// # Errors
/// Says why none of it can be kept, without what it says.
pub fn read<T: DeserializeOwned + Foreign>(octets: &[u8], of: &Domain) -> Result<T, String> {
    let mut said: T = parse(octets)?;
    if said.fit(of) { Ok(said) } else { Err(UNFIT.to_owned()) }
}

/// Reads something that says itself whose it is.
pub(crate) fn owned<T: DeserializeOwned + Owned>(octets: &[u8]) -> Result<T, String> {
    let mut said: T = parse(octets)?;
    if said.fit_texts() { Ok(said) } else { Err(UNFIT.to_owned()) }
}

/// Reads JSON in which a surrogate without its other half stands for a character that is not known. What it says is still
/// to be made to fit.
///
/// # Errors
/// Says where it is something else, without what it says.
pub fn parse<T: DeserializeOwned>(octets: &[u8]) -> Result<T, String> {
    let replaced = surrogate::replaced(octets);
    let text = std::str::from_utf8(&replaced).map_err(|_| "it is no UTF-8")?;
    json::read(text).map_err(|error| misfit(&error))
}

const UNFIT: &str = "it is nothing of the sender's that can be kept";
