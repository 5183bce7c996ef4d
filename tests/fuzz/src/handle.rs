//! Handles: how people name others, here and elsewhere.

use beep_core::handle::Handle;
use beep_core::text::Username;

/// A handle has one spelling, which is read back as itself, and names one place.
pub(crate) fn run(octets: &[u8]) {
    let Ok(text) = str::from_utf8(octets) else { return };
    let Some(handle) = Handle::parse(text) else { return };
    let spelled = handle.to_string();
    assert_eq!(Handle::parse(&spelled).as_ref(), Some(&handle), "is not read back as itself");
    assert!(handle.name.as_str().chars().count() <= Username::MAX, "longer than a name");
    assert!(spelled.is_ascii() && !spelled.contains(['\0', ' ', '\n']), "two spellings look alike");
    assert_eq!(spelled.matches('@').count(), usize::from(handle.home.is_some()), "names two places");
}
