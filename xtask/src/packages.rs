//! What the system must have, and the distribution's package manager that brings it.
//!
//! On Debian and its kin: as root it installs, else it prints the one line to run. Elsewhere it says what is missing.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::child;
use crate::failure::{Context, Failure, Outcome};

/// Something the system must have.
#[derive(Clone, Copy)]
pub(crate) struct Need {
    /// What it is called in a sentence.
    pub(crate) what: &'static str,
    /// Whether it is there.
    pub(crate) is_present: fn() -> bool,
    /// The packages of Debian and Ubuntu that bring it.
    pub(crate) debian: &'static [&'static str],
}

/// Compiles the C of SQLite and ring, and links everything.
pub(crate) const C_COMPILER: Need = Need {
    what: "a C compiler",
    is_present: || preprocesses("cc", "c", "#include <stdlib.h>"),
    debian: &["gcc", "libc6-dev"],
};

/// Compiles libFuzzer.
pub(crate) const CXX_COMPILER: Need =
    Need { what: "a C++ compiler", is_present: || preprocesses("c++", "c++", "#include <vector>"), debian: &["g++"] };

/// Installs those of the needs that are not met.
///
/// # Errors
/// [`Failure::Because`] with the line to run when this is not root, or with what is missing where the packages
/// of Debian are unknown.
pub(crate) fn ensure(needs: &[Need]) -> Outcome {
    let missing: Vec<Need> = needs.iter().copied().filter(|need| !(need.is_present)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let what = missing.iter().map(|need| need.what).collect::<Vec<_>>().join(", ");
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.debian).copied().collect();
    if !has_apt() {
        return Err(Failure::Because(format!("missing: {what}; please install it and run this again")));
    }
    if !nix::unistd::geteuid().is_root() {
        let line = format!("sudo apt-get install --no-install-recommends {}", packages.join(" "));
        return Err(Failure::Because(format!(
            "missing: {what}; please run this line, then try again:\n\n    {line}\n"
        )));
    }
    println!("Missing: {what}. Installing {} with apt-get.", packages.join(", "));
    apt_get(&["update"])?;
    apt_get(&[&["install", "--yes", "--no-install-recommends"], packages.as_slice()].concat())?;
    match missing.iter().find(|need| !(need.is_present)()) {
        None => Ok(()),
        Some(need) => Err(Failure::Because(format!("{} is still missing after installing its packages", need.what))),
    }
}

/// Whether packages can be installed here and now.
pub(crate) fn can_install() -> bool {
    has_apt() && nix::unistd::geteuid().is_root()
}

fn has_apt() -> bool {
    child::answer(Command::new("apt-get").arg("--version")).is_some()
}

/// Runs in our own process group: apt speaks to the terminal, which a background group may not.
fn apt_get(arguments: &[&str]) -> Outcome {
    let status = Command::new("apt-get")
        .args(["-qq", "-o", "Dpkg::Use-Pty=0"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::null()) // what goes wrong comes on the other one
        .status()
        .context("run apt-get")?;
    child::check_stopped()?;
    if status.success() { Ok(()) } else { Err(Failure::Because(format!("apt-get {} failed ({status})", arguments[0]))) }
}

/// Whether a compiler is there with the headers of its language's library.
fn preprocesses(compiler: &str, language: &str, source: &str) -> bool {
    let spawned = Command::new(compiler)
        .args(["-E", "-x", language, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut compiler) = spawned else { return false };
    let written = compiler.stdin.take().is_some_and(|mut stdin| writeln!(stdin, "{source}").is_ok());
    compiler.wait().is_ok_and(|status| status.success()) && written
}
