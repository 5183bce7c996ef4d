//! Joining what sets the settings; what does not fit is refused with one line that names its key.

use std::collections::BTreeMap;
use std::path::Path;

use beep_store::SqlStore;
use toml::{Table, Value};

use super::Config;
use super::sample::{KEYS, Key};
use crate::StartError;
use crate::{log, mail};

impl Config {
    /// Joins the file, the environment and the flags, a key and its value each; the later win.
    ///
    /// # Errors
    /// One line that names the key and what it may be.
    pub fn read(file: Option<&Path>, flags: &[(String, String)]) -> Result<Self, StartError> {
        let mut given = BTreeMap::new();
        if let Some(file) = file {
            flatten("", parse(file)?, &mut given);
        }
        for (name, text) in std::env::vars_os() {
            let Some(name) = name.to_str().and_then(|name| name.strip_prefix("BEEP_")) else { continue };
            let key = name.to_lowercase().replace("__", ".");
            if key != "config" {
                let text = text.into_string().map_err(|_| StartError(format!("`{key}` is no text")))?;
                given.insert(key, Value::String(text));
            }
        }
        given.extend(flags.iter().map(|(key, text)| (key.clone(), Value::String(text.clone()))));
        let mut whole = Table::new();
        for (key, value) in given {
            if !is_without_effect(&key, &value)? {
                let key = find(&key)?;
                let value = typed(key, value);
                let mut alone = Table::new();
                set(&mut alone, key.name, value.clone());
                alone.try_into::<Self>().map_err(|_| key.misfit(&value))?;
                set(&mut whole, key.name, value);
            }
        }
        let config: Self = whole.try_into().map_err(|error: toml::de::Error| StartError(error.message().to_owned()))?;
        config.check()?;
        Ok(config)
    }

    /// Whether all values are such that they can be meant.
    pub(crate) fn check(&self) -> Result<(), StartError> {
        self.domain()?;
        let database_fits = |url: &str| SqlStore::check_url(url).is_ok();
        let fits = [
            ("public_url", self.public_url.as_deref().is_none_or(is_page)),
            ("data_dir", !self.data_dir.as_os_str().is_empty()),
            ("database.url", self.database.url.as_deref().is_none_or(database_fits)),
            ("mail.url", self.mail.url.as_deref().is_none_or(mail::is_relay)),
            ("log.filter", log::is_filter(&self.log.filter)),
            ("limits.event_retention_s", self.limits.event_retention_s >= LEAST_RETENTION_S),
        ];
        match fits.into_iter().chain(self.federation.fits()).find(|(_, fits)| !fits) {
            Some((name, _)) => {
                let key = find(name)?;
                Err(StartError(format!("`{name}` may be {}", key.fits)))
            }
            None => self.federation.check(),
        }
    }
}

impl Key {
    fn misfit(&self, value: &Value) -> StartError {
        // A URL may hold a password, and a broken one anywhere.
        let given = if self.name.ends_with("url") { String::new() } else { format!("is `{}`; it ", text(value)) };
        StartError(format!("`{}` {given}may be {}", self.name, self.fits).replace(['\n', '\r'], " "))
    }
}

/// The keys of settings that this version knows of and has nothing behind yet, with what they may be all the same.
pub(super) const NOT_YET: &[(&str, &str)] =
    &[("assets.url", ""), ("nats.url", ""), ("otel.endpoint", ""), ("tls.certificate", ""), ("tls.key", "")];

/// Whether it is a key that nothing is behind yet, at its default; at any other value it is refused.
fn is_without_effect(key: &str, value: &Value) -> Result<bool, StartError> {
    let default = match NOT_YET.iter().find(|(name, _)| *name == key) {
        Some((_, default)) => *default,
        None if key.starts_with("sso.") => "",
        None => return Ok(false),
    };
    match text(value) {
        given if given.is_empty() || given == default => Ok(true),
        _ => Err(StartError(format!("`{key}`: this version cannot do that yet; leave it out"))),
    }
}

fn find(name: &str) -> Result<&'static Key, StartError> {
    KEYS.iter().find(|key| key.name == name).ok_or_else(|| {
        let name = name.replace(['\n', '\r'], " ");
        match KEYS.iter().find(|key| key.name.starts_with(&format!("{name}."))) {
            Some(key) => StartError(format!("`{name}` is a group of settings, such as `{}`", key.name)),
            None => StartError(format!("`{name}` is no setting; `beep-server config --default` prints all")),
        }
    })
}

/// A value as its key has it: flags and the environment know text only.
fn typed(key: &Key, value: Value) -> Value {
    match &value {
        Value::String(text) if key.default.parse::<i64>().is_ok() => text.parse().map_or(value, Value::Integer),
        Value::String(text) if key.default.parse::<bool>().is_ok() => text.parse().map_or(value, Value::Boolean),
        _ => value,
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn flatten(prefix: &str, table: Table, into: &mut BTreeMap<String, Value>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        match value {
            Value::Table(table) => flatten(&key, table, into),
            value => {
                into.insert(key, value);
            }
        }
    }
}

fn set(table: &mut Table, key: &str, value: Value) {
    match key.split_once('.') {
        Some((area, name)) => {
            let area = table.entry(area).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(area) = area {
                area.insert(name.to_owned(), value);
            }
        }
        None => {
            table.insert(key.to_owned(), value);
        }
    }
}

fn parse(file: &Path) -> Result<Table, StartError> {
    let failed = |why: String| StartError(format!("the settings file {}{why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| failed(format!(": {error}")))?;
    text.parse().map_err(|error: toml::de::Error| {
        let before = &text[..error.span().map_or(0, |span| span.start).min(text.len())];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |begun| begun.chars().count()) + 1;
        failed(format!(", line {line}, column {column}: {}", error.message().replace('\n', ", ")))
    })
}

/// Whether links can begin with it.
fn is_page(url: &str) -> bool {
    let Ok(url) = url.parse::<http::Uri>() else { return false };
    matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some_and(|host| !host.is_empty())
}

/// What the contract promises to clients that resume: 7 days.
const LEAST_RETENTION_S: u64 = 7 * 24 * 60 * 60;
