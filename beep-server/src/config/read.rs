//! Joining what sets the settings; what does not fit is refused with one line that names its key.

use std::ffi::OsString;
use std::path::Path;

use beep_store::SqlStore;
use figment::Figment;
use toml::{Table, Value};

use super::Config;
use super::sample::{KEYS, Key, is_key};
use crate::StartError;
use crate::{log, mail};

impl Config {
    /// Joins the file, the environment and the flags, a key and its value each; the later win. What `unknown_variables`
    /// names is left out.
    ///
    /// # Errors
    /// One line that names the key and what it may be.
    pub fn read(file: Option<&Path>, flags: &[(String, String)]) -> Result<Self, StartError> {
        // Key by key, not by figment's own readers of files and variables: those take what looks like a number for one,
        // also where text is meant, and know nothing of keys that are only to come.
        let mut settings = Figment::new();
        let mut give = |key: &str, value: Value| {
            if !is_without_effect(key, &value)? {
                let key = find(key)?;
                settings = std::mem::take(&mut settings).merge((key.name, typed(key, value)));
            }
            Ok(())
        };
        if let Some(file) = file {
            each_leaf("", parse(file)?, &mut give)?;
        }
        for (_, key, text) in variables().filter(|(_, key, _)| is_known(key)) {
            let text = text.into_string().map_err(|_| StartError(format!("`{key}` is not valid UTF-8")))?;
            give(&key, Value::String(text))?;
        }
        for (key, text) in flags {
            give(key, Value::String(text.clone()))?;
        }
        let config: Self = settings.extract().map_err(|error| misfit(&settings, &error))?;
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
            ("limits.connections", self.limits.connections > 0),
            ("limits.connections_per_address", self.limits.connections_per_address > 0),
            ("limits.event_retention_s", self.limits.event_retention_s >= LEAST_RETENTION_S),
        ];
        match fits.into_iter().chain(self.federation.fits()).find(|(_, fits)| !fits) {
            Some((name, _)) => {
                let key = find(name)?;
                Err(StartError(format!("`{name}` must be {}", key.fits)))
            }
            None => self.federation.check(),
        }
    }
}

/// Names the key whose value is none that it may be.
fn misfit(settings: &Figment, error: &figment::Error) -> StartError {
    let path = error.path.join(".");
    let of = |key: &&Key| path.strip_prefix(key.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let value = |key: &Key| Value::try_from(settings.find_value(key.name).ok()?).ok();
    match KEYS.iter().find(of).and_then(|key| Some((key, value(key)?))) {
        Some((key, value)) => key.misfit(&value),
        None => StartError(error.to_string().replace(['\n', '\r'], " ")),
    }
}

impl Key {
    fn misfit(&self, value: &Value) -> StartError {
        // A URL may hold a password, and a broken one anywhere.
        let given = if self.name.ends_with("url") { String::new() } else { format!("is `{}`; it ", text(value)) };
        StartError(format!("`{}` {given}must be {}", self.name, self.fits).replace(['\n', '\r'], " "))
    }
}

/// The keys of settings that this version knows of and has nothing behind yet, with what they may be all the same.
pub(super) const NOT_YET: &[(&str, &str)] =
    &[("assets.url", ""), ("nats.url", ""), ("otel.endpoint", ""), ("tls.certificate", ""), ("tls.key", "")];

/// What the keys of identity providers begin with, of which there may be any number.
const SSO: &str = "sso.";

/// Whether it is a key that nothing is behind yet, at its default; at any other value it is refused.
fn is_without_effect(key: &str, value: &Value) -> Result<bool, StartError> {
    let default = match NOT_YET.iter().find(|(name, _)| *name == key) {
        Some((_, default)) => *default,
        None if key.starts_with(SSO) => "",
        None => return Ok(false),
    };
    match text(value) {
        given if given.is_empty() || given == default => Ok(true),
        _ => Err(StartError(format!("`{key}` has no effect in this version; leave it out"))),
    }
}

fn find(name: &str) -> Result<&'static Key, StartError> {
    KEYS.iter().find(|key| key.name == name).ok_or_else(|| {
        let name = name.replace(['\n', '\r'], " ");
        match KEYS.iter().find(|key| key.name.starts_with(&format!("{name}."))) {
            Some(key) => StartError(format!("`{name}` is a group of settings, such as `{}`", key.name)),
            None => StartError(format!("`{name}` is not a setting; `beep-server config --default` prints all")),
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

/// Variables of the environment that begin as settings do and are none: clusters set some for a service named beep.
pub(crate) fn unknown_variables() -> Vec<String> {
    variables().filter(|(_, key, _)| !is_known(key)).map(|(name, ..)| name).collect()
}

/// The variables that begin as settings do: their names, the keys that they would be of, and their values.
fn variables() -> impl Iterator<Item = (String, String, OsString)> {
    std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        let key = name.strip_prefix("BEEP_")?.to_lowercase().replace("__", ".");
        (key != "config").then_some((name, key, value))
    })
}

/// Whether it is a setting, also one that is only to come.
fn is_known(key: &str) -> bool {
    is_key(key) || key.starts_with(SSO)
}

/// Gives every value of a table, and of those inside of it, with its key.
fn each_leaf(
    prefix: &str,
    table: Table,
    give: &mut impl FnMut(&str, Value) -> Result<(), StartError>,
) -> Result<(), StartError> {
    table.into_iter().try_for_each(|(name, value)| {
        let key = format!("{prefix}{name}");
        match value {
            Value::Table(table) => each_leaf(&format!("{key}."), table, give),
            value => give(&key, value),
        }
    })
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
