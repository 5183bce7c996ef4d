//! What both sides of a connection prove and check: TLS 1.3 with certificates both ways.
//!
//! The configuration is made of files, and made again when they change; a change that does not work out is
//! logged and leaves things as they were. Whom a certificate covers is [`crate::CertificateNames`]' question.

mod files;
mod leaf;
mod pem;
mod verifier;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::port::Clock;
use rustls::pki_types::UnixTime;
use rustls::server::{ServerSessionMemoryCache, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::sync::watch;

pub use files::TlsFiles;
pub(super) use leaf::Leaf;
pub use leaf::names_in;
pub use pem::certificates;
pub use verifier::{Judge, Verifier};

use files::{Contents, Material};
use verifier::ByContract;

/// The TLS configuration of a backend, for both directions.
pub struct Tls {
    files: TlsFiles,
    clock: Arc<dyn Clock>,
    /// What was read last, whether it worked out or not; also keeps two from reading at once.
    read: Mutex<u64>,
    current: watch::Sender<Arc<Configs>>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

/// Why there is no TLS configuration.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {path}: {error}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{path}: {what}")]
    Content {
        /// The file.
        path: String,
        /// What is wrong with it.
        what: String,
    },
    /// The certificate is not for the host that it must be for.
    #[error("{path} is for {names}, but not for `{host}`")]
    AnotherHost {
        /// The file.
        path: String,
        /// The host.
        host: Domain,
        /// The hosts that it is for.
        names: String,
    },
    /// The parts do not make a configuration, as where the key is not the certificate's.
    #[error("certificate, key and trust roots do not match: {0}")]
    Unfit(String),
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`]: unreadable, or not what they should be.
    pub fn load(files: TlsFiles, clock: Arc<dyn Clock>) -> Result<Arc<Self>, TlsError> {
        let contents = Contents::read(&files)?;
        let configs = Configs::make(&files, &contents, &clock)?;
        let read = Mutex::new(contents.fingerprint());
        Ok(Arc::new(Self { files, clock, read, current: watch::Sender::new(Arc::new(configs)) }))
    }

    /// Reads the files again and goes by them from the next connection on, if they have changed. Whether they had.
    ///
    /// # Errors
    /// [`TlsError`]; what held before holds on.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let contents = Contents::read(&self.files)?;
        let fingerprint = contents.fingerprint();
        if fingerprint == *read {
            return Ok(false);
        }
        // Kept in any case: files that are broken are complained of once, not at every look.
        *read = fingerprint;
        let configs = Configs::make(&self.files, &contents, &self.clock)?;
        self.current.send_replace(Arc::new(configs));
        Ok(true)
    }

    /// Looks at the files every so often, for as long as it is polled.
    pub async fn watch(self: Arc<Self>, every: Duration) {
        let mut unreadable = false;
        loop {
            tokio::time::sleep(every).await;
            let tls = self.clone();
            let outcome = tokio::task::spawn_blocking(move || tls.reload()).await;
            match outcome {
                Ok(Ok(changed)) => {
                    unreadable = false;
                    if changed {
                        tracing::info!("loaded changed certificates for federation");
                    }
                }
                Ok(Err(error @ TlsError::Unreadable { .. })) if unreadable => {
                    tracing::debug!(%error, "the certificate files for federation are still unreadable");
                }
                Ok(Err(error)) => {
                    unreadable = matches!(error, TlsError::Unreadable { .. });
                    tracing::error!(%error, "refused changed certificates; the earlier ones stay in use");
                }
                Err(error) => tracing::error!(%error, "checking the certificate files for changes failed"),
            }
        }
    }

    /// What holds now.
    pub(super) fn current(&self) -> Arc<Configs> {
        self.current.borrow().clone()
    }

    /// Tells when it is replaced.
    pub(super) fn subscribe(&self) -> watch::Receiver<Arc<Configs>> {
        self.current.subscribe()
    }
}

/// One reading of the files, for both sides.
pub(super) struct Configs {
    pub(super) server: Arc<ServerConfig>,
    pub(super) client: Arc<ClientConfig>,
}

impl Configs {
    fn make(files: &TlsFiles, contents: &Contents, clock: &Arc<dyn Clock>) -> Result<Self, TlsError> {
        let Material { chain, key, roots } = contents.parse(files)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let time: Arc<dyn TimeProvider> = Arc::new(Time(clock.clone()));
        let unfit = |error: rustls::Error| TlsError::Unfit(error.to_string());

        // A client without a certificate is let through to be told so. One with a bad certificate is not: TLS
        // sends it the alert that says what is wrong. Extended key usage, if there is one, must name clients.
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone())
            .allow_unauthenticated()
            .clear_root_hint_subjects()
            .build()
            .map_err(|error| TlsError::Unfit(error.to_string()))?;
        let mut server = ServerConfig::builder_with_details(provider.clone(), time.clone())
            .with_protocol_versions(VERSIONS)
            .map_err(unfit)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain.clone(), key.clone_key())
            .map_err(unfit)?;
        server.alpn_protocols = vec![ALPN.to_vec()];
        server.session_storage = ServerSessionMemoryCache::new(SESSIONS);

        let mut client = ClientConfig::builder_with_details(provider.clone(), time)
            .with_protocol_versions(VERSIONS)
            .map_err(unfit)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Verifier::new(ByContract, roots, provider)))
            .with_client_auth_cert(chain, key)
            .map_err(unfit)?;
        client.alpn_protocols = vec![ALPN.to_vec()];
        Ok(Self { server: Arc::new(server), client: Arc::new(client) })
    }
}

/// The port's clock as rustls reads it.
struct Time(Arc<dyn Clock>);

impl std::fmt::Debug for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Time")
    }
}

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        let millis = u64::try_from(self.0.now().millis()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_millis(millis)))
    }
}

type Roots = Arc<RootCertStore>;

const VERSIONS: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS13];
const ALPN: &[u8] = b"h2";
/// The sessions that the ingress keeps for resumption, two for each connection.
const SESSIONS: usize = 2048;
