//! What users have chosen to be seen as.

use beep_core::id::UserId;
use beep_core::port::StoreError;
use beep_core::presence::{Availability, PresenceChoice};
use beep_core::text::{StatusEmoji, StatusText};

use super::arg::{Arg, args};
use super::row::Columns;
use super::table::{Stored, Table};

static TABLE: Table = Table::new("presence", &["user_id"], &["availability", "status_text", "emoji"]);

impl Stored for PresenceChoice {
    fn table() -> &'static Table {
        &TABLE
    }

    fn key(user: &UserId) -> Vec<Arg<'_>> {
        args![*user].into()
    }

    fn columns(&self) -> Vec<Arg<'_>> {
        let Self { user, availability, text, emoji } = self;
        let (text, emoji) = (text.as_ref().map(StatusText::as_str), emoji.as_ref().map(StatusEmoji::as_str));
        args![*user, number(*availability), text, emoji].into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        let (user, stored): (_, i32) = (columns.id()?, columns.int()?);
        let availability = ALL.into_iter().find(|one| number(*one) == stored);
        Ok(Self {
            user,
            availability: availability.ok_or_else(|| columns.unfit("no availability"))?,
            text: columns.text_or_none()?.map(|text| StatusText::stored(text.to_owned())),
            emoji: columns.text_or_none()?.map(|text| StatusEmoji::stored(text.to_owned())),
        })
    }
}

const ALL: [Availability; 4] =
    [Availability::Online, Availability::Idle, Availability::DoNotDisturb, Availability::Invisible];

/// How it is stored.
fn number(availability: Availability) -> i32 {
    match availability {
        Availability::Online => 0,
        Availability::Idle => 1,
        Availability::DoNotDisturb => 2,
        Availability::Invisible => 3,
    }
}
