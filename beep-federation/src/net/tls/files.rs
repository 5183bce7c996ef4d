//! The files that a TLS configuration is made of.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use beep_core::domain::Domain;
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::leaf::Leaf;
use super::{Roots, TlsError, pem};

/// Where the certificate of a backend and those that it trusts are, in PEM.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TlsFiles {
    /// The chain of the backend's own certificate, its own first. It serves for both directions.
    pub certificate: PathBuf,
    /// The key of that certificate.
    pub key: PathBuf,
    /// The authorities that other backends' certificates may come from; `None` means the system's.
    pub trust_roots: Option<PathBuf>,
    /// The host that the certificate must be for; `None` leaves that to the certificate.
    pub infra_domain: Option<Domain>,
}

/// What was in the files.
pub(super) struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    trust_roots: Option<Vec<u8>>,
}

/// What it means.
pub(super) struct Material {
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
    pub(super) roots: Roots,
}

impl Contents {
    pub(super) fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        let read = |path: &Path| {
            std::fs::read(path).map_err(|error| TlsError::Unreadable { path: path.display().to_string(), error })
        };
        Ok(Self {
            certificate: read(&files.certificate)?,
            key: read(&files.key)?,
            trust_roots: files.trust_roots.as_deref().map(read).transpose()?,
        })
    }

    /// Differs when the contents do: times of change are too coarse to go by, and the files are small.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.certificate, &self.key, &self.trust_roots).hash(&mut hasher);
        hasher.finish()
    }

    pub(super) fn parse(&self, files: &TlsFiles) -> Result<Material, TlsError> {
        let wrong = |path: &Path, what: String| TlsError::Content { path: path.display().to_string(), what };

        let chain = pem::certificates(&self.certificate).map_err(|what| wrong(&files.certificate, what))?;
        let own = Leaf::read(&chain[0]);
        let own = own.ok_or_else(|| wrong(&files.certificate, "the certificate does not parse".to_owned()))?;
        if let Some(host) = files.infra_domain.as_ref().filter(|host| !own.covers(host)) {
            let path = files.certificate.display().to_string();
            return Err(TlsError::AnotherHost { path, host: host.clone(), names: own.listed() });
        }
        let key = pem::key(&self.key).map_err(|what| wrong(&files.key, what))?;

        let mut roots = RootCertStore::empty();
        match (&files.trust_roots, &self.trust_roots) {
            (Some(path), Some(file)) => {
                for root in pem::certificates(file).map_err(|what| wrong(path, what))? {
                    roots.add(root).map_err(|error| wrong(path, error.to_string()))?;
                }
            }
            _ => {
                let (added, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                if added == 0 {
                    return Err(TlsError::Unfit("the system has no trusted authorities".to_owned()));
                }
            }
        }
        Ok(Material { chain, key, roots: Arc::new(roots) })
    }
}
