//! What goes wrong between backends, as the codes that both sides branch on.

/// A stable code of a problem document between backends; append only.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Code {
    /// Not on the allow list of one of the two.
    FederationDenied,
    /// No SRV record, or the DNS failed.
    DiscoveryFailure,
    /// The handshake failed, or the chain of the certificate.
    AuthenticationFailure,
    /// What is claimed is not proven: the certificate does not cover the domain, or the user is of another one.
    ValidationError,
    /// Refused, timed out, or the circuit is open.
    RemoteUnavailable,
    /// The answer does not parse, is too large, or of a wrong version.
    RemoteError,
    /// There is no such call or thing here.
    NotFound,
    /// The body is larger than the limit.
    PayloadTooLarge,
    /// The request is for another backend than the one that it reached.
    Misdirected,
}

impl Code {
    /// All codes that this release gives out.
    pub const ALL: &'static [Self] = &[
        Self::FederationDenied,
        Self::DiscoveryFailure,
        Self::AuthenticationFailure,
        Self::ValidationError,
        Self::RemoteUnavailable,
        Self::RemoteError,
        Self::NotFound,
        Self::PayloadTooLarge,
        Self::Misdirected,
    ];

    /// The spelling on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FederationDenied => "federation_denied",
            Self::DiscoveryFailure => "discovery_failure",
            Self::AuthenticationFailure => "authentication_failure",
            Self::ValidationError => "validation_error",
            Self::RemoteUnavailable => "remote_unavailable",
            Self::RemoteError => "remote_error",
            Self::NotFound => "not_found",
            Self::PayloadTooLarge => "payload_too_large",
            Self::Misdirected => "misdirected",
        }
    }

    /// The HTTP status with which a client hears of it from its own backend; `None` for what a client hears of by another
    /// code.
    pub fn status_to_client(self) -> Option<u16> {
        match self {
            Self::FederationDenied => Some(403),
            Self::NotFound => Some(404),
            Self::PayloadTooLarge => Some(413),
            Self::DiscoveryFailure | Self::AuthenticationFailure | Self::ValidationError | Self::RemoteError => {
                Some(502)
            }
            Self::RemoteUnavailable => Some(503),
            Self::Misdirected => None,
        }
    }

    /// The HTTP status with which the other backend hears of it; `None` for what it cannot be told.
    pub fn status_to_peer(self) -> Option<u16> {
        match self {
            Self::FederationDenied | Self::AuthenticationFailure | Self::ValidationError => Some(403),
            Self::NotFound => Some(404),
            Self::PayloadTooLarge => Some(413),
            Self::Misdirected => Some(421),
            Self::DiscoveryFailure => Some(502),
            Self::RemoteUnavailable | Self::RemoteError => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_contracts() {
        let table: Vec<_> =
            Code::ALL.iter().map(|code| (code.as_str(), code.status_to_client(), code.status_to_peer())).collect();
        assert_eq!(
            table,
            [
                ("federation_denied", Some(403), Some(403)),
                ("discovery_failure", Some(502), Some(502)),
                ("authentication_failure", Some(502), Some(403)),
                ("validation_error", Some(502), Some(403)),
                ("remote_unavailable", Some(503), None),
                ("remote_error", Some(502), None),
                ("not_found", Some(404), Some(404)),
                ("payload_too_large", Some(413), Some(413)),
                ("misdirected", None, Some(421)),
            ]
        );
    }
}
