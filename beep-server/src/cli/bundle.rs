//! The authorities that a backend trusts, joined into the one file that `federation.trust_roots` names.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use beep_core::port::Clock;

use super::authority::{Folder, replace};
use super::certificate::{Certificate, Scope, date};
use crate::StartError;
use crate::world::SystemClock;

/// Joins the own authority, those of the files, and, unless `afresh`, those that were joined before; says what to do next.
pub(super) fn bundle(folder: &Folder, files: &[PathBuf], afresh: bool) -> Result<String, StartError> {
    let (own, joined) = (folder.authority(), folder.trust_roots());
    let own = if own.exists() { authorities(&own)? } else { Vec::new() };
    let own_count = own.len();
    let mut whole: Vec<Certificate> = Vec::new();
    let before = if joined.exists() && !afresh { authorities(&joined)? } else { Vec::new() };
    let given = files.iter().map(|path| authorities(path)).collect::<Result<Vec<_>, _>>()?;
    for authority in own.into_iter().chain(before).chain(given.into_iter().flatten()) {
        if whole.iter().all(|other| other.der() != authority.der()) {
            whole.push(authority);
        }
    }
    if whole.is_empty() {
        let how = "make an authority with `beep-server federation ca init`, or give the files of others";
        return Err(StartError(format!("there are no authorities to bundle: {how}")));
    }
    let mut said = format!("{} holds the authorities that your backend trusts:\n", joined.display());
    let now = SystemClock.now();
    for (at, authority) in whole.iter().enumerate() {
        let whose = if at < own_count { ", your own" } else { "" };
        let scope = authority.scope.as_ref().unwrap_or(&Scope::Any);
        let end = if authority.until <= now { "EXPIRED on" } else { "until" };
        let _ = write!(
            said,
            "  {}{whose}\n    for {scope}, {end} {}\n    SHA-256 {}\n",
            authority.subject,
            date(authority.until),
            authority.fingerprint()
        );
    }
    folder.make()?;
    replace(&joined, &whole.iter().map(Certificate::pem).collect::<String>())?;
    let _ = write!(
        said,
        "\nIn the settings of your backend:\n\n  [federation]\n  trust_roots = \"{}\"\n\n",
        joined.display()
    );
    if whole.len() > own_count {
        said.push_str(
            "Compare each fingerprint with its owner, by telephone or in person: somebody may have swapped the file.\n",
        );
    }
    if own_count > 0 {
        let _ = writeln!(
            said,
            "Next: send {} to the operators of the other backends, who add it with\n\
             `beep-server federation ca bundle <that file>`. Add theirs here in the same way; \
             then run `beep-server federation check <their domain>`.",
            folder.authority().display()
        );
    }
    Ok(said)
}

/// The authorities of a PEM file.
fn authorities(path: &Path) -> Result<Vec<Certificate>, StartError> {
    let refused = |why: &str| StartError(format!("{}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| refused(&error.to_string()))?;
    if text.contains("PRIVATE KEY-----") {
        let why = "it contains a private key, which only its owner may have; ask for the certificate alone";
        return Err(refused(why));
    }
    let certificates = Certificate::read(path)?;
    match certificates.iter().find(|certificate| certificate.scope.is_none()) {
        Some(host) => {
            Err(refused(&format!("`{}` is the certificate of a host; give that of its authority", host.subject)))
        }
        None => Ok(certificates),
    }
}
