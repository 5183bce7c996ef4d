//! What a certificate says of its holder.

use beep_core::domain::Domain;
use beep_core::time::Timestamp;
use rustls::pki_types::CertificateDer;
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

use crate::certificate::CertificateNames;

/// Reads the names in a certificate, in DER; `None` if it is not one. Nothing says yet that it is good.
pub fn names_in(der: &[u8]) -> Option<CertificateNames> {
    Leaf::read(&CertificateDer::from(der)).map(|leaf| leaf.names)
}

/// The holder's own certificate, as far as it matters once the chain is good.
#[derive(Clone, Debug)]
pub(in crate::net) struct Leaf {
    names: CertificateNames,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Leaf {
    /// Reads a certificate; `None` if it is not one.
    pub(in crate::net) fn read(der: &CertificateDer<'_>) -> Option<Self> {
        let (rest, certificate) = parse_x509_certificate(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let alternative = certificate.subject_alternative_name().ok()?;
        let general = alternative.iter().flat_map(|extension| &extension.value.general_names);
        let names = CertificateNames::read(general.filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(*name),
            _ => None,
        }));
        let at = |seconds: i64| Timestamp::from_millis(seconds.saturating_mul(1000));
        let validity = certificate.validity();
        let (not_before, not_after) = (at(validity.not_before.timestamp()), at(validity.not_after.timestamp()));
        Some(Self { names, not_before, not_after })
    }

    /// The names, while it is valid. Asked again for each use: a resumed session or a long connection may outlive
    /// the certificate that it began with.
    pub(in crate::net) fn names(&self, now: Timestamp) -> Option<&CertificateNames> {
        (self.not_before <= now && now <= self.not_after).then_some(&self.names)
    }

    /// The names, as people read them.
    pub(in crate::net) fn listed(&self) -> String {
        let names: Vec<_> = self.names.names().iter().map(|name| format!("`{name}`")).collect();
        if names.is_empty() { "no host".to_owned() } else { names.join(", ") }
    }

    /// Whether one of the names covers a host; the time is the chain's question.
    pub(in crate::net) fn covers(&self, host: &Domain) -> bool {
        self.names.cover(host)
    }
}
