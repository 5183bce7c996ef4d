//! The allow list as administrators set it at run time: kept beside the data, so that it outlives restarts, and from then
//! on in place of the settings'.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use beep_core::domain::Domain;
use beep_proto::problem::Problem;

use crate::StartError;
use crate::config::Config;

/// The allow list of a backend; none allows all.
pub(crate) struct AllowList {
    data_dir: PathBuf,
    from_settings: Option<BTreeSet<Domain>>,
}

impl AllowList {
    /// The list of these settings, and of this data directory.
    pub(crate) fn new(config: &Config) -> Self {
        let from_settings = config.federation.allow_list.clone().map(|list| list.0);
        Self { data_dir: config.data_dir.clone(), from_settings }
    }

    /// What counts.
    ///
    /// # Errors
    /// One line when what is kept cannot be read.
    pub(crate) fn read(&self) -> Result<Option<BTreeSet<Domain>>, StartError> {
        Ok(kept(&self.data_dir)?.unwrap_or_else(|| self.from_settings.clone()))
    }

    /// Keeps what an administrator set, whole or not at all.
    ///
    /// # Errors
    /// Why it could not be written.
    pub(crate) fn set(&self, domains: Option<&BTreeSet<Domain>>) -> Result<(), String> {
        keep(&self.data_dir, domains)
    }
}

/// Reads domains as an administrator writes them.
///
/// # Errors
/// `invalid_request` naming what is no domain.
pub(crate) fn parse(domains: Vec<String>) -> Result<BTreeSet<Domain>, Problem> {
    if domains.len() > MOST {
        return Err(Problem::field("domains", "too_long", format!("must have at most {MOST} entries")));
    }
    let parsed = domains.iter().enumerate().map(|(at, text)| {
        Domain::typed(text).map_err(|error| Problem::field(format!("domains[{at}]"), "malformed", error.to_string()))
    });
    parsed.collect()
}

/// What was kept, if an administrator ever set it.
///
/// # Errors
/// One line when the file does not hold what was written there.
pub(crate) fn kept(data_dir: &Path) -> Result<Option<Option<BTreeSet<Domain>>>, StartError> {
    let path = data_dir.join(FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StartError::new(format!("{}: {error}", path.display()))),
    };
    let unfit = || StartError::new(format!("{} is no allow list; remove it to go by the settings", path.display()));
    let domains: Option<Vec<String>> = serde_json::from_str(&text).map_err(|_| unfit())?;
    domains.map(parse).transpose().map(Some).map_err(|_| unfit())
}

/// Keeps what an administrator set, whole or not at all.
///
/// # Errors
/// Why it could not be written.
fn keep(data_dir: &Path, domains: Option<&BTreeSet<Domain>>) -> Result<(), String> {
    let domains: Option<Vec<&str>> = domains.map(|domains| domains.iter().map(Domain::as_str).collect());
    let text = serde_json::to_string(&domains).map_err(|error| error.to_string())?;
    let (path, draft) = (data_dir.join(FILE), data_dir.join(format!("{FILE}.new")));
    let written = std::fs::write(&draft, text).and_then(|()| std::fs::rename(&draft, &path));
    written.map_err(|error| format!("the allow list cannot be kept: {error}"))
}

const FILE: &str = "allow-list.json";
const MOST: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        assert_eq!(kept(folder.path()).expect("nothing is there"), None);
        let list = parse(vec!["B.example.com.".to_owned(), "c.example.com".to_owned()]).expect("domains");
        for set in [Some(list), Some(BTreeSet::new()), None] {
            keep(folder.path(), set.as_ref()).expect("it can be written");
            assert_eq!(kept(folder.path()).expect("it can be read"), Some(set));
        }
        std::fs::write(folder.path().join(FILE), "[1]").expect("it can be written");
        assert!(kept(folder.path()).is_err());
        assert!(parse(vec!["10.0.0.1".to_owned()]).is_err());
    }
}
