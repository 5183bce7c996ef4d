//! Other backends: the settings of section `federation`.
//!
//! Says what the settings are and what they may be. Whether the files are there and hold what they should is found out
//! when federation starts, and by `beep-server federation check`. Contract: federation; operations, "The binary".

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use beep_core::domain::Domain;
use serde::{Deserialize, Serialize};

use super::listed::Listed;
use crate::StartError;

/// How this backend talks to others.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct FederationConfig {
    /// Whether it talks to other backends; needs `certificate` and `key`.
    pub enabled: bool,
    /// The address for other backends: mutual TLS only.
    pub listen: SocketAddr,
    /// The PEM file of its certificate, for the infra domain, used as server and as client.
    pub certificate: Option<PathBuf>,
    /// The PEM file of the certificate's private key.
    pub key: Option<PathBuf>,
    /// The PEM file of the authorities that other backends' certificates must chain to; the system's if none.
    pub trust_roots: Option<PathBuf>,
    /// The host that serves the backend, which the certificate must then be for; from the certificate if none.
    pub infra_domain: Option<String>,
    /// The domains that it talks to; any that authenticates if none.
    pub allow_list: Option<AllowList>,
    /// Which DNS server is asked.
    pub resolver: DnsServer,
    /// The label of the SRV record, without its underscore.
    pub srv_service: String,
    /// Whether other backends may have private addresses.
    pub allow_private_targets: bool,
    /// For how many seconds events are kept for an unreachable backend.
    pub retention_s: u64,
    /// How many events are kept for an unreachable backend.
    pub max_backlog: u64,
    /// How people of other backends find people here.
    pub search: SearchPolicy,
}

/// The domains that a backend talks to; in the file an array, or, as in flags and the environment, a text with commas.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "Listed", into = "Vec<String>")]
pub struct AllowList(pub BTreeSet<Domain>);

/// Which DNS server is asked: `system`, or `address:port`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum DnsServer {
    /// Those that the system asks.
    #[default]
    System,
    /// This one.
    At(SocketAddr),
}

/// How people of other backends find people here.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchPolicy {
    /// Not at all.
    None,
    /// By their whole handle.
    #[default]
    ExactHandle,
    /// As people here do.
    Full,
}

impl Default for FederationConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8448),
            certificate: None,
            key: None,
            trust_roots: None,
            infra_domain: None,
            allow_list: None,
            resolver: DnsServer::System,
            srv_service: "wire-server-federator".to_owned(),
            allow_private_targets: false,
            retention_s: 7 * 24 * 60 * 60,
            max_backlog: 1_000_000,
            search: SearchPolicy::ExactHandle,
        }
    }
}

impl FederationConfig {
    /// The certificate's file and its key's, which federation cannot do without.
    ///
    /// # Errors
    /// One line that names the one that is missing.
    pub fn identity(&self) -> Result<(&Path, &Path), StartError> {
        let missing = |name| StartError(format!("`federation.enabled` needs `federation.{name}`, a PEM file"));
        let certificate = self.certificate.as_deref().ok_or_else(|| missing("certificate"))?;
        Ok((certificate, self.key.as_deref().ok_or_else(|| missing("key"))?))
    }

    /// The host that the settings name; `None` leaves it to the certificate.
    ///
    /// # Errors
    /// One line if it is no domain.
    pub fn infra_domain(&self) -> Result<Option<Domain>, StartError> {
        let Some(text) = self.infra_domain.as_deref() else { return Ok(None) };
        let parsed = Domain::typed(text);
        parsed.map(Some).map_err(|error| StartError(format!("`federation.infra_domain` is `{text}`: {error}")))
    }

    /// What must hold of each setting alone.
    pub(super) fn fits(&self) -> impl IntoIterator<Item = (&'static str, bool)> {
        let is_file = |path: &Option<PathBuf>| path.as_deref().is_none_or(is_file_name);
        [
            ("federation.certificate", is_file(&self.certificate)),
            ("federation.key", is_file(&self.key)),
            ("federation.trust_roots", is_file(&self.trust_roots)),
            ("federation.infra_domain", self.infra_domain().is_ok()),
            ("federation.srv_service", is_service(&self.srv_service)),
            ("federation.retention_s", self.retention_s > 0),
            ("federation.max_backlog", self.max_backlog > 0),
        ]
    }

    /// What must hold of them together.
    pub(super) fn check(&self) -> Result<(), StartError> {
        if self.enabled { self.identity().map(|_| ()) } else { Ok(()) }
    }
}

impl TryFrom<Listed> for AllowList {
    type Error = String;

    fn try_from(listed: Listed) -> Result<Self, String> {
        listed.parse(Domain::typed).map(Self)
    }
}

impl From<AllowList> for Vec<String> {
    fn from(AllowList(domains): AllowList) -> Self {
        domains.iter().map(Domain::to_string).collect()
    }
}

impl TryFrom<String> for DnsServer {
    type Error = std::net::AddrParseError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "system" => Ok(Self::System),
            address => address.parse().map(Self::At),
        }
    }
}

impl From<DnsServer> for String {
    fn from(server: DnsServer) -> Self {
        match server {
            DnsServer::System => "system".to_owned(),
            DnsServer::At(address) => address.to_string(),
        }
    }
}

/// Whether it can name a file; a PEM text put here by mistake is refused, and shown nowhere.
fn is_file_name(path: &Path) -> bool {
    let octets = path.as_os_str().as_encoded_bytes();
    !octets.is_empty() && !octets.contains(&b'\n') && !octets.starts_with(b"-----BEGIN")
}

/// Whether it can stand after the underscore of an SRV name.
fn is_service(label: &str) -> bool {
    let plain = label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
    plain && (1..=MOST_SERVICE_OCTETS).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
}

/// A label has 63 octets at most (RFC 1035, 2.3.4), one of them the underscore.
const MOST_SERVICE_OCTETS: usize = 62;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    fn read(section: &str) -> Result<FederationConfig, toml::de::Error> {
        toml::from_str(section)
    }

    fn with(change: impl FnOnce(&mut FederationConfig)) -> Result<(), StartError> {
        let mut config = Config::default();
        change(&mut config.federation);
        config.check()
    }

    #[test]
    fn an_allow_list_is_an_array_or_a_text_with_commas() {
        let list = |value: &str| read(&format!("allow_list = {value}")).map(|config| config.allow_list);
        let domains =
            |names: &[&str]| Some(AllowList(names.iter().map(|name| Domain::typed(name).expect("a domain")).collect()));
        let both = domains(&["a.example.com", "b.example.com"]);
        for value in [r#"["b.example.com", "A.example.com."]"#, r#""a.example.com, B.example.com""#] {
            assert_eq!(list(value).expect("a list"), both, "{value}");
        }
        assert_eq!(list("[]").expect("nobody"), domains(&[]));
        for value in [r#""""#, r#""a.example.com,""#, r#"["10.0.0.1"]"#, r#"["a b.example.com"]"#, "17", "[17]"] {
            assert!(list(value).is_err(), "{value}");
        }
        assert_eq!(read("").expect("the defaults").allow_list, None);
    }

    #[test]
    fn a_resolver_is_the_systems_or_an_address() {
        let resolver = |value: &str| read(&format!("resolver = \"{value}\"")).map(|config| config.resolver);
        let at = |text: &str| DnsServer::At(text.parse().expect("an address"));
        for (value, expected) in
            [("system", DnsServer::System), ("127.0.0.1:5353", at("127.0.0.1:5353")), ("[::1]:53", at("[::1]:53"))]
        {
            assert_eq!(resolver(value).expect("a resolver"), expected, "{value}");
        }
        for value in ["", "127.0.0.1", "dns.example.com:53", "System"] {
            assert!(resolver(value).is_err(), "{value}");
        }
    }

    #[test]
    fn what_is_in_force_is_read_again_as_it_was() {
        let config = FederationConfig {
            allow_list: Some(AllowList(BTreeSet::from([Domain::typed("b.example.com").expect("a domain")]))),
            resolver: DnsServer::At(SocketAddr::from(([127, 0, 0, 1], 53))),
            search: SearchPolicy::Full,
            ..FederationConfig::default()
        };
        let text = toml::to_string(&config).expect("settings are data");
        assert_eq!(read(&text).expect("a settings file"), config, "{text}");
    }

    #[test]
    fn each_setting_must_be_such_that_it_can_be_meant() {
        assert!(with(|_| ()).is_ok());
        for service in ["wire-server-federator", "beep", &"a".repeat(62)] {
            assert!(with(|config| config.srv_service = service.to_owned()).is_ok(), "{service}");
        }
        for service in ["", "_wire", "a.b", "-a", "a-", "a b", &"a".repeat(63)] {
            assert!(with(|config| config.srv_service = service.to_owned()).is_err(), "{service}");
        }
        assert!(with(|config| config.infra_domain = Some("federator.a.example.com".to_owned())).is_ok());
        assert!(with(|config| config.infra_domain = Some("10.0.0.1".to_owned())).is_err());
        assert!(with(|config| config.retention_s = 0).is_err());
        assert!(with(|config| config.max_backlog = 0).is_err());
        let pasted = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0";
        let StartError(line) = with(|config| config.key = Some(pasted.into())).expect_err("no file");
        assert!(line.starts_with("`federation.key` must be") && !line.contains("c2VjcmV0"), "{line}");
    }

    #[test]
    fn federation_needs_a_certificate_and_its_key() {
        let needs = |certificate: Option<&str>, key: Option<&str>| {
            with(|config| {
                config.enabled = true;
                config.certificate = certificate.map(PathBuf::from);
                config.key = key.map(PathBuf::from);
            })
        };
        for (certificate, key, named) in [
            (None, None, "`federation.certificate`"),
            (None, Some("key.pem"), "`federation.certificate`"),
            (Some("certificate.pem"), None, "`federation.key`"),
        ] {
            let StartError(line) = needs(certificate, key).expect_err("it needs both");
            assert!(line.contains(named), "{line}");
        }
        assert!(needs(Some("certificate.pem"), Some("key.pem")).is_ok());
    }
}
