//! Where the workspace and its build results are, and how to call cargo on it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Context, Outcome};

/// The root of the workspace in which cargo was called. Not where this was compiled: two clones with one target
/// directory share the program.
pub(crate) fn root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).parent().expect("xtask lies in the workspace").to_owned()
}

/// Where cargo puts what it builds, however that is configured: this program lies in its `debug`.
pub(crate) fn target_dir() -> Outcome<PathBuf> {
    let me = std::env::current_exe().context("find this program")?;
    let target = me.parent().and_then(Path::parent).map(Path::to_owned);
    target.ok_or("it lies nowhere").context("find the target directory")
}

/// A program that was built, in the folder of its profile: `debug` or `release`.
pub(crate) fn built(profile: &str, program: &str) -> Outcome<PathBuf> {
    Ok(target_dir()?.join(profile).join(program))
}

/// The cargo that runs us, on the whole workspace, as if it had been called by hand.
pub(crate) fn cargo<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(arguments: I) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(root());
    forget_cargo(&mut command);
    command
}

/// Takes back the variables that `cargo run` set for this program: build scripts that watch them would
/// otherwise build anew whenever cargo is called by hand and by us in turn.
pub(crate) fn forget_cargo(command: &mut Command) {
    for (key, _) in std::env::vars_os() {
        let name = key.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&key);
        }
    }
}
