//! One TLS handshake with another backend, to see what it shows: also of a certificate that is not good.
//!
//! Nothing is said over such a connection, and no certificate is shown.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use beep_core::domain::Domain;
use beep_federation::CertificateNames;
use beep_federation::net::{Judge, Verifier};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, Error, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::certificate::{Certificate, date};
use super::report::{Finding, fail, ok};
use crate::StartError;

/// Shakes hands with a host, and says what it showed.
pub(super) async fn handshake(stream: TcpStream, host: &Domain, trust_roots: Option<&Path>) -> Finding {
    let roots = match roots(trust_roots) {
        Ok(roots) => roots,
        Err(StartError(why)) => return fail(why, "check `federation.trust_roots`"),
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let witness = Arc::new(Verifier::new(Witness::default(), Arc::new(roots), provider.clone()));
    let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13]);
    let Ok(config) = config else { return fail("TLS 1.3 is not available here", "report this as a bug") };
    let mut config = config.dangerous().with_custom_certificate_verifier(witness.clone()).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let Ok(name) = ServerName::try_from(host.as_str().to_owned()) else {
        return fail(format!("`{host}` is not a valid TLS server name"), "the SRV record must name a host");
    };
    let connected = tokio::time::timeout(TIME, TlsConnector::from(Arc::new(config)).connect(name, stream)).await;
    let seen = witness.judge().0.lock().unwrap_or_else(PoisonError::into_inner).take();
    match connected {
        Err(_) => fail("the TLS handshake timed out", "something else listens there, or a proxy in between breaks TLS"),
        Ok(Err(error)) => fail(
            format!("the handshake failed: {error}"),
            "its `federation.listen` must be reachable directly: TLS 1.3, and no proxy that terminates TLS in between",
        ),
        Ok(Ok(stream)) => match seen {
            Some(seen) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => seen.judge(host),
            Some(_) => fail(
                "it does not speak HTTP/2",
                "something else listens there: check that it is the port of `federation.listen`",
            ),
            None => fail("it showed no certificate", "something else listens there"),
        },
    }
}

/// What was shown, and what is to be said of its chain.
struct Seen {
    certificate: Option<Certificate>,
    chain: Result<(), Error>,
}

impl Seen {
    fn judge(self, host: &Domain) -> Finding {
        let Some(certificate) = self.certificate else {
            return fail("its certificate cannot be read", "its operator must issue another one");
        };
        let listed = if certificate.names.is_empty() { "no name".to_owned() } else { certificate.names.join(", ") };
        let what = format!("TLS 1.3, its certificate is for {listed}, until {}", date(certificate.until));
        match self.chain {
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => fail(
                format!("{what}, from an authority that is not trusted here"),
                "get authority.pem from its operator, and add it: `beep-server federation ca bundle authority.pem`",
            ),
            Err(error) => fail(
                format!("{what}, which is not valid: {error}"),
                "its operator must renew it: `beep-server federation ca issue <infra domain>`",
            ),
            Ok(()) if !CertificateNames::read(certificate.names.iter().map(String::as_str)).cover(host) => fail(
                format!("{what}, but not for {host}"),
                format!("its operator must issue one for {host}, or change the SRV record"),
            ),
            Ok(()) => ok(what),
        }
    }
}

/// Lets every certificate pass, and remembers it with what is wrong with its chain.
#[derive(Debug, Default)]
struct Witness(Mutex<Option<Seen>>);

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Seen").field("chain", &self.chain).finish_non_exhaustive()
    }
}

impl Judge for Witness {
    fn judge(
        &self,
        certificate: &CertificateDer<'_>,
        _name: &ServerName<'_>,
        chain: Result<(), Error>,
    ) -> Result<(), Error> {
        let certificate = Certificate::parse(certificate.clone().into_owned());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Seen { certificate, chain });
        Ok(())
    }
}

fn roots(path: Option<&Path>) -> Result<RootCertStore, StartError> {
    let mut roots = RootCertStore::empty();
    match path {
        Some(path) => {
            for root in Certificate::read(path)? {
                let added = roots.add(root.der().clone());
                added.map_err(|error| StartError(format!("{}: {error}", path.display())))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(roots)
}

/// What a handshake may take.
const TIME: Duration = Duration::from_secs(5);
