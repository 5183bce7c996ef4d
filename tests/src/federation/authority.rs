//! A certificate authority that issues what it is asked for, also what no other would.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

/// An authority.
pub struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

/// What a certificate is to say.
#[derive(Clone, Debug)]
pub struct Wanted {
    names: Vec<String>,
    common_name: Option<String>,
    years: (i32, i32),
    usages: Vec<ExtendedKeyUsagePurpose>,
}

/// A certificate with its key, as PEM.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}

impl Authority {
    /// An authority with a new key.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name = named(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2090, 1, 1));
        let key = KeyPair::generate().expect("a key can be made");
        let certificate = params.self_signed(&key).expect("an authority can sign for itself");
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// Its own certificate, as PEM: what others trust.
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// The same for rustls.
    pub fn root(&self) -> CertificateDer<'static> {
        self.certificate.der().clone()
    }

    /// Issues for hosts, for both ends of a connection.
    pub fn issue(&self, names: &[&str]) -> Identity {
        self.issue_as(&Wanted::new(names))
    }

    /// Issues what is wanted.
    pub fn issue_as(&self, wanted: &Wanted) -> Identity {
        let mut params = CertificateParams::default();
        // Written as they are: an upper-case name or a trailing dot is part of what is tested.
        let san = |name: &String| match name.parse() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName(name.as_str().try_into().expect("a name is ASCII")),
        };
        params.subject_alt_names = wanted.names.iter().map(san).collect();
        params.distinguished_name = wanted.common_name.as_deref().map_or_else(DistinguishedName::new, named);
        params.extended_key_usages.clone_from(&wanted.usages);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let (from, until) = wanted.years;
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
        let key = KeyPair::generate().expect("a key can be made");
        let certificate = params.signed_by(&key, &self.issuer).expect("an authority can sign");
        Identity { certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

impl Wanted {
    /// A good certificate for hosts.
    pub fn new(names: &[&str]) -> Self {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        Self { names, common_name: None, years: (2020, 2090), usages }
    }

    /// With this common name.
    #[must_use]
    pub fn common_name(mut self, name: &str) -> Self {
        self.common_name = Some(name.to_owned());
        self
    }

    /// From the first day of one year until that of another.
    #[must_use]
    pub fn between(mut self, from: i32, until: i32) -> Self {
        self.years = (from, until);
        self
    }

    /// For servers only.
    #[must_use]
    pub fn server_only(mut self) -> Self {
        self.usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self
    }

    /// For clients only.
    #[must_use]
    pub fn client_only(mut self) -> Self {
        self.usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self
    }
}

impl Identity {
    /// Writes both parts into a directory, each whole at once; gives the certificate's file and the key's.
    pub fn write(&self, directory: &Path) -> (PathBuf, PathBuf) {
        let key = write(directory, "key.pem", &self.key);
        (write(directory, "certificate.pem", &self.certificate), key)
    }

    /// The certificate for rustls.
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        let read: Result<_, _> = CertificateDer::pem_slice_iter(self.certificate.as_bytes()).collect();
        read.expect("a certificate is PEM")
    }

    /// The key for rustls.
    pub fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::from_pem_slice(self.key.as_bytes()).expect("a key is PEM")
    }
}

/// Writes a file so that nobody reads half of it.
pub(crate) fn write(directory: &Path, name: &str, text: &str) -> PathBuf {
    let (draft, place) = (directory.join(format!("{name}.draft")), directory.join(name));
    std::fs::write(&draft, text).expect("a file can be written");
    std::fs::rename(&draft, &place).expect("a file can be renamed");
    place
}

fn named(name: &str) -> DistinguishedName {
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    distinguished
}
