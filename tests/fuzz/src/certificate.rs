//! Certificates: whose they are, by what another backend shows.

use beep_core::domain::Domain;
use beep_federation::net::names_in;
use beep_federation::{CertificateName, CertificateNames};

/// A certificate in DER, or the names of one in lines: each that is read covers what it says, and is read back as itself.
pub(crate) fn run(octets: &[u8]) {
    if let Some(names) = names_in(octets) {
        holds(&names);
    }
    if let Ok(text) = str::from_utf8(octets) {
        holds(&CertificateNames::read(text.lines()));
    }
}

fn holds(names: &CertificateNames) {
    for name in names.names() {
        assert_eq!(CertificateName::parse(&name.to_string()).as_ref(), Some(name), "is not read back as itself");
        match name {
            CertificateName::Host(host) => assert!(names.cover(host), "covers not itself"),
            CertificateName::Below(domain) => {
                assert!(domain.as_str().contains('.') || domain.as_str() == "localhost", "covers a whole top level");
                if let Ok(host) = Domain::parse(&format!("x.{domain}")) {
                    assert!(name.covers(&host), "covers no host below");
                }
                let deeper = Domain::parse(&format!("x.y.{domain}"));
                assert!(!deeper.is_ok_and(|deeper| name.covers(&deeper)), "covers what is two labels below");
            }
        }
    }
}
