//! How what a message says is kept: its text in `content`, or its octets in `sealed`.

use beep_core::content::{Content, Sealed};
use beep_core::port::StoreError;
use beep_core::text::Text;

use super::arg::{Arg, args};
use super::row::Columns;

/// The values of `content` and `sealed`.
pub(crate) fn values(content: &Content) -> [Arg<'_>; 2] {
    args![content.text().map(Text::as_str), content.sealed().map(Sealed::octets)]
}

/// Reads `content` and `sealed`.
pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Content, StoreError> {
    match (columns.text_or_none()?, columns.bytes_or_none()?) {
        (Some(text), None) => Ok(Content::Plain(Text::stored(text.to_owned()))),
        (None, Some(octets)) => Ok(Content::Sealed(Sealed::stored(octets.to_vec()))),
        _ => Err(columns.unfit("it says nothing, or two things")),
    }
}
