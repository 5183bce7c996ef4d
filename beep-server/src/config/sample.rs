//! The settings as text: a commented file of the defaults, and what is in force with secrets masked.

use std::fmt::Write;

use crate::config::Config;

/// A commented settings file with every key at its default.
pub fn sample() -> String {
    let mut text = String::from("# Settings of beep-server. Every key is at its default; `#` marks what has none.\n");
    let mut section = "";
    for (key, meaning, value) in KEYS {
        let (area, name) = key.split_once('.').map_or(("", *key), |(area, name)| (area, name));
        if area != section {
            section = area;
            let _ = write!(text, "\n[{area}]\n");
        } else if area.is_empty() {
            text.push('\n');
        }
        let _ = writeln!(text, "# {meaning}");
        let mark = if value.is_empty() { "#" } else { "" };
        let value = if value.is_empty() { "\"…\"" } else { value };
        let _ = writeln!(text, "{mark}{name} = {value}");
    }
    text
}

/// The keys of all settings.
pub(crate) fn keys() -> Vec<&'static str> {
    KEYS.iter().map(|(key, ..)| *key).collect()
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

/// A URL with stars for its password.
fn mask(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rsplit_once('@') {
        Some((credentials, host)) => {
            let user = credentials.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:***@{host}{}", &rest[authority.len()..])
        }
        None => url.to_owned(),
    }
}

/// Every key with what it means and its default; a test holds the list against [`Config`].
const KEYS: &[(&str, &str, &str)] = &[
    ("domain", "The backend domain, part of every id for ever.", "\"localhost\""),
    ("listen", "Where the client API, the gateway and the pages listen; plain HTTP.", "\"127.0.0.1:8008\""),
    ("public_url", "What links in mails use; from `listen` if none.", ""),
    ("data_dir", "The embedded database, mail and keys; mode 0700.", "\"./beep-data\""),
    ("registration", "Who may register: \"open\", \"invite\" or \"closed\".", "\"open\""),
    ("database.url", "`sqlite://{path}` or `postgres://…`; `beep.db` in `data_dir` if none.", ""),
    ("mail.url", "`smtp://…` or `smtps://…`; if none, each mail is a file in `{data_dir}/mail/`.", ""),
    ("metrics.listen", "Where Prometheus finds `/metrics`; not served if none.", ""),
    ("log.format", "\"text\" or \"json\".", "\"text\""),
    ("log.filter", "A tracing filter, such as \"info\" or \"beep_server=debug\".", "\"info\""),
    ("limits.rates", "\"off\" switches every rate limit off, for benchmarks and load tests.", "\"on\""),
    ("limits.event_retention_s", "Seconds that events are kept for clients to resume from.", "691200"),
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
        let mut listed: Vec<_> = KEYS.iter().map(|(key, ..)| (*key).to_owned()).collect();
        keys.sort();
        listed.sort();
        assert_eq!(keys, listed);
        let read: Config = toml::from_str(&sample()).expect("the sample is a settings file");
        assert_eq!(read, Config::default());
    }

    #[test]
    fn passwords_are_masked() {
        assert_eq!(mask("postgres://beep:s3cret@db:5432/beep?x=1"), "postgres://beep:***@db:5432/beep?x=1");
        assert_eq!(mask("sqlite://./beep.db"), "sqlite://./beep.db");
        let mut config = Config::default();
        config.mail.url = Some("smtps://u:p%40ss@relay".to_owned());
        assert!(!masked(&config).contains("p%40ss"));
    }
}
