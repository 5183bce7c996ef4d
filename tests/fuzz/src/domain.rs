//! Domains: parts of ids, handles and headers.

use beep_core::domain::Domain;

/// A domain has one spelling, which is read back as itself.
pub(crate) fn run(octets: &[u8]) {
    let Ok(text) = str::from_utf8(octets) else { return };
    let Ok(domain) = Domain::parse(text) else { return };
    let spelled = domain.as_str();
    assert!(spelled.len() <= 253, "longer than a name in DNS");
    assert!(!spelled.bytes().any(|octet| octet.is_ascii_uppercase()), "two spellings");
    assert_eq!(Domain::parse(spelled).as_ref(), Ok(&domain));
    assert_eq!(text.trim_end_matches('.').to_ascii_lowercase(), spelled, "means another domain");
}
