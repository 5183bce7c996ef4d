//! Certificates as operators meet them: files of PEM, and what is in them.
//!
//! Whether a chain is good is for TLS to say; this reads what people want to see of it.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use beep_core::domain::Domain;
use beep_core::time::Timestamp;
use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::StartError;

/// A certificate and what is in it.
pub(super) struct Certificate {
    der: CertificateDer<'static>,
    /// The common name, or the whole subject if it has none.
    pub(super) subject: String,
    /// Its DNS names.
    pub(super) names: Vec<String>,
    /// Whom it may vouch for, if it is an authority's.
    pub(super) scope: Option<Scope>,
    /// Whether it may be shown by whoever is called; so it is if it says nothing of its use.
    pub(super) for_server: bool,
    /// Whether it may be shown by whoever calls.
    pub(super) for_client: bool,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

/// Whom an authority may vouch for.
pub(super) enum Scope {
    /// Every name.
    Any,
    /// These domains, and what is below them.
    Below(Vec<Domain>),
}

impl Certificate {
    /// Reads the certificates of a PEM file; at least one.
    pub(super) fn read(path: &Path) -> Result<Vec<Self>, StartError> {
        let failed = |why: &dyn fmt::Display| StartError(format!("{}: {why}", path.display()));
        let text = std::fs::read(path).map_err(|error| failed(&error))?;
        let ders = beep_federation::net::certificates(&text).map_err(|why| failed(&why))?;
        let certificates = ders.into_iter().map(|der| Self::parse(der).ok_or(()));
        certificates.collect::<Result<_, _>>().map_err(|()| failed(&"a certificate in it cannot be read"))
    }

    /// Reads one certificate.
    pub(super) fn parse(der: CertificateDer<'static>) -> Option<Self> {
        let (_, read) = X509Certificate::from_der(&der).ok()?;
        let common = read.subject().iter_common_name().next().and_then(|name| name.as_str().ok());
        let subject = common.map_or_else(|| read.subject().to_string(), str::to_owned);
        let alternatives = read.subject_alternative_name().ok()?;
        let alternatives = alternatives.iter().flat_map(|extension| &extension.value.general_names);
        let names = alternatives.filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            _ => None,
        });
        let names = names.collect();
        let scope = if read.is_ca() { Some(scope(&read)?) } else { None };
        let usage = read.extended_key_usage().ok()?.map(|extension| extension.value);
        let (for_server, for_client) =
            usage.map_or((true, true), |usage| (usage.any || usage.server_auth, usage.any || usage.client_auth));
        let at = |seconds: i64| Timestamp::from_millis(seconds.saturating_mul(1000));
        let validity = read.validity();
        let (from, until) = (at(validity.not_before.timestamp()), at(validity.not_after.timestamp()));
        Some(Self { subject: plain(&subject), names, scope, for_server, for_client, from, until, der })
    }

    /// What it is in itself, to compare it with another.
    pub(super) fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// Its SHA-256 fingerprint, as people compare it.
    pub(super) fn fingerprint(&self) -> String {
        let octets = Sha256::digest(&self.der);
        octets.iter().map(|octet| format!("{octet:02X}")).collect::<Vec<_>>().join(":")
    }

    /// It as PEM.
    pub(super) fn pem(&self) -> String {
        let text = BASE64_STANDARD.encode(&self.der);
        let lines = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line) + "\n");
        format!("-----BEGIN CERTIFICATE-----\n{}-----END CERTIFICATE-----\n", lines.collect::<String>())
    }

    /// The whole days that are left of it.
    pub(super) fn days_left(&self, now: Timestamp) -> u64 {
        self.until.since(now).as_secs() / DAY.as_secs()
    }
}

impl Scope {
    /// Whether it may vouch for a host.
    pub(super) fn covers(&self, host: &Domain) -> bool {
        match self {
            Self::Any => true,
            Self::Below(domains) => domains.iter().any(|domain| {
                let above = host.as_str().strip_suffix(domain.as_str());
                above.is_some_and(|labels| labels.is_empty() || labels.ends_with('.'))
            }),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("every name"),
            Self::Below(domains) => {
                let names: Vec<_> = domains.iter().map(Domain::as_str).collect();
                write!(f, "{} and its subdomains", names.join(", "))
            }
        }
    }
}

/// Whom an authority may vouch for; `None` if that cannot be told.
fn scope(authority: &X509Certificate<'_>) -> Option<Scope> {
    let constraints = authority.name_constraints().ok()?;
    let Some(permitted) = constraints.and_then(|extension| extension.value.permitted_subtrees.as_ref()) else {
        return Some(Scope::Any);
    };
    let domains: Vec<_> = permitted
        .iter()
        .filter_map(|subtree| match subtree.base {
            GeneralName::DNSName(name) => Domain::parse(name.trim_start_matches('.')).ok(),
            _ => None,
        })
        .collect();
    Some(if domains.is_empty() { Scope::Any } else { Scope::Below(domains) })
}

/// Text of a stranger's, without what would move the cursor.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// A time's date: `2027-11-23`.
pub(crate) fn date(at: Timestamp) -> String {
    let read = time::OffsetDateTime::from_unix_timestamp(at.millis().div_euclid(1000));
    read.map_or_else(|_| "the end of time".to_owned(), |at| at.date().to_string())
}

/// A day.
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
