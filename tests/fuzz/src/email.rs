//! Mail addresses: whom a code is sent to, and who has an account.

use beep_core::text::Email;

/// An address has one line and one spelling to compare by, and is read back as itself.
pub(crate) fn run(octets: &[u8]) {
    let Ok(text) = str::from_utf8(octets) else { return };
    let Ok(email) = Email::parse(text) else { return };
    let spelled = email.as_str();
    assert!(spelled.chars().count() <= 254, "longer than SMTP takes");
    assert!(!spelled.chars().any(|c| c.is_control() || c.is_whitespace()), "more than one header could hold");
    let (name, domain) = spelled.rsplit_once('@').expect("there is somebody somewhere");
    assert!(!name.is_empty() && !domain.is_empty(), "nobody, or nowhere");
    assert_eq!(Email::parse(spelled).as_ref(), Ok(&email), "is not read back as itself");
    // In ASCII alone the domain's A-labels keep what they say.
    if text.is_ascii() {
        assert_eq!(Email::parse(&text.to_ascii_uppercase()).as_ref(), Ok(&email), "depends on its case");
    }
}
