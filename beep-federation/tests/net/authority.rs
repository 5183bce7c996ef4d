//! Authorities and what they issue, as files.

use std::path::PathBuf;

use beep_federation::net::TlsFiles;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};

/// Issues certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// What to issue; without a change, both uses, from yesterday until tomorrow.
#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) names: Vec<&'static str>,
    pub(crate) common_name: &'static str,
    pub(crate) uses: Vec<ExtendedKeyUsagePurpose>,
    pub(crate) from_days: i64,
    pub(crate) until_days: i64,
}

impl Order {
    pub(crate) fn of(names: &[&'static str]) -> Self {
        let uses = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        Self { names: names.to_vec(), common_name: "", uses, from_days: -1, until_days: 1 }
    }
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "An authority");
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("an authority"))
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate and its key.
    pub(crate) fn issue(&self, order: &Order) -> (String, String) {
        let names: Vec<String> = order.names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        params.distinguished_name.push(DnType::CommonName, order.common_name);
        params.extended_key_usages.clone_from(&order.uses);
        params.not_before = OffsetDateTime::now_utc() + Duration::days(order.from_days);
        params.not_after = OffsetDateTime::now_utc() + Duration::days(order.until_days);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    }
}

/// A folder with what a backend reads.
pub(crate) struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    pub(crate) fn new(issued: &(String, String), roots: &str) -> Self {
        let files = Self { folder: tempfile::tempdir().expect("a folder") };
        files.write(issued);
        files.write_roots(roots);
        files
    }

    pub(crate) fn write(&self, (certificate, key): &(String, String)) {
        std::fs::write(self.path("certificate.pem"), certificate).expect("it is written");
        std::fs::write(self.path("key.pem"), key).expect("it is written");
    }

    pub(crate) fn write_roots(&self, roots: &str) {
        std::fs::write(self.path("roots.pem"), roots).expect("it is written");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn tls(&self) -> TlsFiles {
        TlsFiles {
            certificate: self.path("certificate.pem"),
            key: self.path("key.pem"),
            trust_roots: Some(self.path("roots.pem")),
            infra_domain: None,
        }
    }
}
