//! The settings as text: a commented file of the defaults, and what is in force with secrets masked.

use std::fmt::Write;

use super::mask::mask;
use super::read::NOT_YET;
use crate::config::Config;

/// A commented settings file with every key at its default.
pub fn sample() -> String {
    let mut text = String::from(
        "# Settings of beep-server. Every key has its default value; keys without a default are commented out.\n",
    );
    let mut section = "";
    for Key { name, meaning, default: value, .. } in KEYS {
        let (area, name) = name.split_once('.').unwrap_or(("", name));
        if area != section {
            section = area;
            let _ = write!(text, "\n[{area}]\n");
        } else if area.is_empty() {
            text.push('\n');
        }
        let _ = writeln!(text, "# {meaning}");
        let mark = if value.is_empty() { "#" } else { "" };
        let value = if value.is_empty() { &"\"…\"" } else { value };
        let _ = writeln!(text, "{mark}{name} = {value}");
    }
    text
}

/// Whether there is a setting of this name, also one that nothing is behind yet.
pub(crate) fn is_key(name: &str) -> bool {
    KEYS.iter().any(|key| key.name == name) || NOT_YET.iter().any(|(key, _)| *key == name)
}

/// What is in force, as a settings file; passwords in URLs are masked.
pub fn masked(config: &Config) -> String {
    let mut shown = config.clone();
    shown.database.url = Some(mask(&shown.database_url()));
    shown.mail.url = shown.mail.url.as_deref().map(mask);
    shown.public_url = Some(mask(&shown.public_url()));
    toml::to_string(&shown).unwrap_or_else(|error| format!("# {error}\n"))
}

/// Where the database is, its password masked.
pub(crate) fn shown_database(config: &Config) -> String {
    mask(&config.database_url())
}

/// A setting.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    meaning: &'static str,
    /// As a settings file has it; empty if there is none.
    pub(crate) default: &'static str,
    /// What it may be, as the end of a sentence.
    pub(crate) fits: &'static str,
}

/// Every key; a test holds the list against [`Config`].
pub(crate) const KEYS: &[Key] = &[
    Key {
        name: "domain",
        meaning: "The backend domain, part of every id; it can never change.",
        default: "\"localhost\"",
        fits: "a domain name such as `chat.example.com`",
    },
    Key {
        name: "listen",
        meaning: "The address of the client API, the gateway and the pages; plain HTTP.",
        default: "\"127.0.0.1:8008\"",
        fits: "an address with a port, such as `127.0.0.1:8008`",
    },
    Key {
        name: "public_url",
        meaning: "The base of links in mails; made from `listen` if not set.",
        default: "",
        fits: "a URL that begins with `http://` or `https://`",
    },
    Key {
        name: "trusted_proxies",
        meaning: "The addresses and networks whose `X-Forwarded-For` or `Forwarded` is believed, from right to left.",
        default: "[\"127.0.0.0/8\", \"::1/128\"]",
        fits: "addresses and networks with commas in between, such as `127.0.0.1, 10.0.0.0/8`",
    },
    Key {
        name: "data_dir",
        meaning: "The directory of the embedded database, mail and keys; mode 0700.",
        default: "\"./beep-data\"",
        fits: "a path",
    },
    Key {
        name: "registration",
        meaning: "Who may register: \"open\", \"invite\" or \"closed\".",
        default: "\"open\"",
        fits: "`open`, `invite` or `closed`",
    },
    Key {
        name: "database.url",
        meaning: "`sqlite://{path}`, `postgres://…`, or `memory:` (lost on exit); if not set, `beep.db` in `data_dir`.",
        default: "",
        fits: "`sqlite://` with a path, `postgres://…` or `memory:`",
    },
    Key {
        name: "mail.url",
        meaning: "The relay, `smtp://…` or `smtps://…`; if not set, each mail is a file in `{data_dir}/mail/`.",
        default: "",
        fits: "`smtp://…` or `smtps://…`",
    },
    Key {
        name: "metrics.listen",
        meaning: "The address of `/metrics` for Prometheus; not served if not set.",
        default: "",
        fits: "an address with a port, such as `127.0.0.1:9100`",
    },
    Key { name: "log.format", meaning: "\"text\" or \"json\".", default: "\"text\"", fits: "`text` or `json`" },
    Key {
        name: "log.filter",
        meaning: "A tracing filter, such as \"info\" or \"beep_server=debug\".",
        default: "\"info\"",
        fits: "a tracing filter, such as `info` or `beep_server=debug`",
    },
    Key {
        name: "limits.rates",
        meaning: "\"off\" switches every rate limit off, for benchmarks and load tests.",
        default: "\"on\"",
        fits: "`on` or `off`",
    },
    Key {
        name: "limits.connections",
        meaning: "The most connections of clients; fewer where the system allows fewer descriptors.",
        default: "16384",
        fits: "a number of connections, at least 1",
    },
    Key {
        name: "limits.connections_per_address",
        meaning: "The most connections of one address, or IPv6 network of 64 bits; trusted proxies are not counted.",
        default: "512",
        fits: "a number of connections, at least 1",
    },
    Key {
        name: "limits.event_retention_s",
        meaning: "For how many seconds events are kept, so that clients can resume.",
        default: "691200",
        fits: "a number of seconds, at least 604800, which is 7 days",
    },
    Key {
        name: "federation.enabled",
        meaning: "Whether this backend talks to others; needs `certificate` and `key`.",
        default: "false",
        fits: "`true` or `false`",
    },
    Key {
        name: "federation.listen",
        meaning: "The address for other backends; mutual TLS only.",
        default: "\"0.0.0.0:8448\"",
        fits: "an address with a port, such as `0.0.0.0:8448`",
    },
    Key {
        name: "federation.certificate",
        meaning: "A PEM file: the certificate for the infra domain, used as server and as client.",
        default: "",
        fits: "a path of a PEM file",
    },
    Key {
        name: "federation.key",
        meaning: "A PEM file: the private key of the certificate.",
        default: "",
        fits: "a path of a PEM file",
    },
    Key {
        name: "federation.trust_roots",
        meaning: "A PEM file: the trusted authorities for certificates of other backends; the system's if not set.",
        default: "",
        fits: "a path of a PEM file",
    },
    Key {
        name: "federation.infra_domain",
        meaning: "The host that serves the backend, as the SRV record names it; from the certificate if not set.",
        default: "",
        fits: "a domain name such as `federator.example.com`",
    },
    Key {
        name: "federation.allow_list",
        meaning: "The only domains that it talks to, [\"a.example.com\", …] or with commas; any if not set.",
        default: "",
        fits: "an array of domain names, or domain names with commas between them; `[]` allows nobody",
    },
    Key {
        name: "federation.resolver",
        meaning: "The DNS server: \"system\", or an address with a port.",
        default: "\"system\"",
        fits: "`system`, or an address with a port, such as `127.0.0.1:53`",
    },
    Key {
        name: "federation.srv_service",
        meaning: "The label of the SRV record.",
        default: "\"wire-server-federator\"",
        fits: "1 to 62 letters, digits or `-`, without `-` at its ends",
    },
    Key {
        name: "federation.allow_private_targets",
        meaning: "Whether other backends may have private addresses; for tests and closed networks.",
        default: "false",
        fits: "`true` or `false`",
    },
    Key {
        name: "federation.retention_s",
        meaning: "For how many seconds events are kept for an unreachable backend.",
        default: "604800",
        fits: "a number of seconds, at least 1",
    },
    Key {
        name: "federation.max_backlog",
        meaning: "How many events are kept for an unreachable backend.",
        default: "1000000",
        fits: "a number of events, at least 1",
    },
    Key {
        name: "federation.search",
        meaning: "How people elsewhere find people here: \"none\", \"exact_handle\" or \"full\".",
        default: "\"exact_handle\"",
        fits: "`none`, `exact_handle` or `full`",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(prefix: &str, value: &serde_json::Value, into: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(members) => {
                for (name, value) in members {
                    let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                    leaves(&key, value, into);
                }
            }
            _ => into.push(prefix.to_owned()),
        }
    }

    #[test]
    fn the_sample_names_every_key_and_is_read_as_the_defaults() {
        let mut keys = Vec::new();
        leaves("", &serde_json::to_value(Config::default()).expect("settings are data"), &mut keys);
        let mut listed: Vec<_> = KEYS.iter().map(|key| key.name.to_owned()).collect();
        keys.sort();
        listed.sort();
        assert_eq!(keys, listed);
        let read: Config = toml::from_str(&sample()).expect("the sample is a settings file");
        assert_eq!(read, Config::default());
    }
}
