//! How the certificate of a backend that is called is checked.

use std::fmt;
use std::sync::Arc;

use beep_core::domain::Domain;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, PeerIncompatible, RootCertStore, SignatureScheme};

use super::leaf::Leaf;

/// What becomes of a certificate, given what rustls says of its chain, time and use.
pub trait Judge: fmt::Debug + Send + Sync {
    /// Whether the handshake goes on.
    ///
    /// # Errors
    /// What the handshake fails with.
    fn judge(
        &self,
        certificate: &CertificateDer<'_>,
        name: &ServerName<'_>,
        chain: Result<(), Error>,
    ) -> Result<(), Error>;
}

/// TLS 1.3 alone, the chain as rustls checks it, and a [`Judge`].
#[derive(Debug)]
pub struct Verifier<J> {
    judge: J,
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl<J> Verifier<J> {
    /// Goes by these roots.
    pub fn new(judge: J, roots: Arc<RootCertStore>, provider: Arc<CryptoProvider>) -> Self {
        Self { judge, roots, provider }
    }

    /// Who judges.
    pub fn judge(&self) -> &J {
        &self.judge
    }
}

impl<J: Judge> ServerCertVerifier for Verifier<J> {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let algorithms = self.provider.signature_verification_algorithms.all;
        let chain = ParsedCertificate::try_from(end_entity).and_then(|certificate| {
            verify_server_cert_signed_by_trust_anchor(&certificate, &self.roots, intermediates, now, algorithms)
        });
        self.judge.judge(end_entity, server_name, chain)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::PeerIncompatible(PeerIncompatible::Tls12NotOffered))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Wants a good chain, and the name by the rules of the contract, the same as the other way.
#[derive(Debug)]
pub(super) struct ByContract;

impl Judge for ByContract {
    fn judge(
        &self,
        certificate: &CertificateDer<'_>,
        name: &ServerName<'_>,
        chain: Result<(), Error>,
    ) -> Result<(), Error> {
        chain?;
        let bad = |error: CertificateError| Error::InvalidCertificate(error);
        let leaf = Leaf::read(certificate).ok_or(bad(CertificateError::BadEncoding))?;
        let ServerName::DnsName(name) = name else {
            return Err(bad(CertificateError::NotValidForName));
        };
        let host = Domain::parse(name.as_ref()).map_err(|_| bad(CertificateError::NotValidForName))?;
        if leaf.covers(&host) { Ok(()) } else { Err(bad(CertificateError::NotValidForName)) }
    }
}
