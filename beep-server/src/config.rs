//! The settings of the server: meaning, possible values and default of each.
//!
//! A value comes from a flag, else from `BEEP_…` in the environment (two underscores for a dot), else from the file,
//! else from its default. An unknown key is refused; an unknown variable causes a warning. Contract: operations, "The
//! binary".

mod federation;
mod listed;
mod mask;
mod proxies;
mod read;
mod sample;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use beep_core::backend::Registration as CoreRegistration;
use beep_core::domain::Domain;
use serde::{Deserialize, Serialize};

use crate::StartError;

pub use federation::{AllowList, DnsServer, FederationConfig, SearchPolicy};
pub use proxies::TrustedProxies;
pub(crate) use read::unknown_variables;
pub(crate) use sample::{is_key, shown_database};
pub use sample::{masked, sample};

/// The settings of a backend.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The backend domain, part of every id; it can never change.
    pub domain: String,
    /// The address of the client API and the gateway.
    pub listen: SocketAddr,
    /// The base of links in mails; made from `listen` if `None`.
    pub public_url: Option<String>,
    /// The proxies that are believed when they say whom a request is from.
    pub trusted_proxies: TrustedProxies,
    /// The directory of the embedded database, mail and keys; other users must not be able to read it.
    pub data_dir: PathBuf,
    /// The database.
    pub database: DatabaseConfig,
    /// Mail.
    pub mail: MailConfig,
    /// Who may register.
    pub registration: Registration,
    /// Metrics.
    pub metrics: MetricsConfig,
    /// Logs.
    pub log: LogConfig,
    /// Limits.
    pub limits: LimitsConfig,
    /// Other backends.
    pub federation: FederationConfig,
}

/// The URL of a database that is kept nowhere.
pub(crate) const MEMORY: &str = "memory:";

/// Where the database is.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// `sqlite://{path}`, `postgres://…`, or `memory:` for one that ends with the process; `beep.db` in the data directory
    /// if none.
    pub url: Option<String>,
}

/// Where mail goes.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailConfig {
    /// `smtp://…` or `smtps://…`; if none, each mail is a file in the data directory.
    pub url: Option<String>,
}

/// Where metrics are served.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsConfig {
    /// The address of `/metrics`; not served if none.
    pub listen: Option<SocketAddr>,
}

/// What is logged and how.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// The format.
    pub format: LogFormat,
    /// A tracing filter, such as `info` or `beep_server=debug`.
    pub filter: String,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Limits that an operator may want to change.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Whether rate limits are in force; off is for benchmarks and load tests.
    pub rates: Switch,
    /// The most connections of clients; fewer where the system allows the process fewer descriptors.
    pub connections: usize,
    /// The most connections of one address (or IPv6 network of 64 bits) that is no trusted proxy.
    pub connections_per_address: usize,
    /// For how many seconds events are kept, so that clients can resume.
    pub event_retention_s: u64,
}

/// Something that is on or off.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// In force.
    On,
    /// Not in force.
    Off,
}

/// Who may register.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Everyone.
    #[default]
    Open,
    /// Whoever holds an invitation.
    Invite,
    /// Nobody.
    Closed,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            domain: "localhost".to_owned(),
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8008),
            public_url: None,
            trusted_proxies: TrustedProxies::default(),
            data_dir: PathBuf::from("./beep-data"),
            database: DatabaseConfig::default(),
            mail: MailConfig::default(),
            registration: Registration::Open,
            metrics: MetricsConfig::default(),
            log: LogConfig::default(),
            limits: LimitsConfig::default(),
            federation: FederationConfig::default(),
        }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned() }
    }
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            rates: Switch::On,
            connections: 16_384,
            connections_per_address: 512,
            event_retention_s: 8 * 24 * 60 * 60,
        }
    }
}

impl From<Registration> for CoreRegistration {
    fn from(registration: Registration) -> Self {
        match registration {
            Registration::Open => Self::Open,
            Registration::Invite => Self::Invite,
            Registration::Closed => Self::Closed,
        }
    }
}

impl Config {
    /// The backend domain.
    pub(crate) fn domain(&self) -> Result<Domain, StartError> {
        Domain::typed(&self.domain).map_err(|error| StartError(format!("`domain` is `{}`: {error}", self.domain)))
    }

    /// Where the database is.
    pub fn database_url(&self) -> String {
        let embedded = || format!("sqlite://{}", self.data_dir.join("beep.db").display());
        self.database.url.clone().unwrap_or_else(embedded)
    }

    /// The base of links, without a slash at its end.
    pub fn public_url(&self) -> String {
        let listened = || format!("http://{}", self.listen);
        self.public_url.clone().unwrap_or_else(listened).trim_end_matches('/').to_owned()
    }

    /// Whether people use plain HTTP. Browsers would drop a cookie that is `Secure` there.
    pub(crate) fn is_plain_http(&self) -> bool {
        self.public_url().starts_with("http://")
    }

    /// Whether passwords and messages cross a network that others may read: plain HTTP on another host than this one.
    pub(crate) fn is_exposed(&self) -> bool {
        let public_url = self.public_url();
        let host = public_url.parse::<http::Uri>().ok().and_then(|url| url.host().map(str::to_owned));
        let host = host.unwrap_or_default();
        let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        self.is_plain_http() && host != "localhost" && !address.is_some_and(|address| address.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_exposed_unless_it_stays_on_the_machine() {
        for (public_url, exposed) in [
            (None, false),
            (Some("http://localhost:8008"), false),
            (Some("http://[::1]:8008/"), false),
            (Some("http://192.0.2.2:8008"), true),
            (Some("http://chat.example.com"), true),
            (Some("https://chat.example.com"), false),
        ] {
            let config = Config { public_url: public_url.map(str::to_owned), ..Config::default() };
            assert_eq!(config.is_exposed(), exposed, "{public_url:?}");
        }
    }
}
