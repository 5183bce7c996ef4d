//! `cargo xtask package`: what is published can be packaged, and each crate compiles from its package alone.
//!
//! Cargo's own verification is not used: it keeps what it once unpacked of a version (seen in cargo 1.95), so it
//! would check a changed crate against yesterday's packages of the others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::child;
use crate::failure::{Context, Outcome};
use crate::web::fingerprint;
use crate::workspace::{cargo, root, target_dir};

/// The crates that are published, and the ways to choose their features that users rely on.
const PUBLISHED: [(&str, &[&[&str]]); 6] = [
    ("beep-core", &[&[]]),
    ("beep-proto", &[&[]]),
    ("beep-store", &[&["--no-default-features"], &["--no-default-features", "--features", "sqlite"], &[]]),
    ("beep-federation", &[&[]]),
    ("beep-server", &[&[]]),
    ("beep-client", &[&["--no-default-features"], &[]]),
];

/// Runs [`package`] unless all manifests are as they were when it last succeeded in this target directory.
pub(crate) fn package_if_changed() -> Outcome {
    let manifests = fingerprint(&manifests())?;
    let stamp = target_dir()?.join("package/checked");
    if fs::read_to_string(&stamp).is_ok_and(|checked| checked == manifests) {
        println!("    no manifest has changed since they were checked");
        return Ok(());
    }
    package()?;
    fs::write(stamp, manifests).context("note what was checked")
}

/// What says how the packages are made.
fn manifests() -> Vec<PathBuf> {
    let of_the_workspace = ["Cargo.toml", "Cargo.lock"].map(|file| root().join(file));
    let of_packages = PUBLISHED.map(|(name, _)| root().join(name).join("Cargo.toml"));
    of_the_workspace.into_iter().chain(of_packages).collect()
}

/// Packages every published crate, and compiles each from its package with the packages of the others.
pub(crate) fn package() -> Outcome {
    let mut command = cargo(["package", "--locked", "--allow-dirty", "--no-verify"]);
    for (name, _) in PUBLISHED {
        command.args(["--package", name]);
    }
    child::run(&mut command)?;

    // Of this run alone: another may be at the same step.
    let folder = target_dir()?.join(format!("package/unpacked-{}", std::process::id()));
    let outcome = unpack(&folder).and_then(|()| check(&folder));
    let _ = fs::remove_dir_all(&folder);
    outcome
}

fn check(folder: &Path) -> Outcome {
    for (name, choices) in PUBLISHED {
        for features in choices {
            let mut check = cargo(["check", "--package", name]);
            // What clippy checked of other people's crates is reused, as far as the features agree.
            check.args(*features).current_dir(folder).env("CARGO_TARGET_DIR", target_dir()?);
            child::run(&mut check)?;
        }
    }
    Ok(())
}

/// Makes a workspace of the packages, in which each stands in for what the registry would give the others.
fn unpack(folder: &Path) -> Outcome {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).context("make a folder for the packages")?;
    let (mut members, mut patches) = (String::new(), String::new());
    for (name, _) in PUBLISHED {
        let unpacked = format!("{name}-{}", env!("CARGO_PKG_VERSION"));
        let package = folder.with_file_name(format!("{unpacked}.crate"));
        // `m`: the files of a package are all of the year 2006, so cargo would never see that they changed.
        child::run(Command::new("tar").arg("-xmzf").arg(package).arg("-C").arg(folder))?;
        members += &format!("\"{unpacked}\", ");
        patches += &format!("{name} = {{ path = \"{unpacked}\" }}\n");
    }
    let manifest = fs::read_to_string(root().join("Cargo.toml")).context("read Cargo.toml")?;
    let profiles = manifest.find("[profile.").map_or("", |start| &manifest[start..]);
    let manifest =
        format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n\n[patch.crates-io]\n{patches}\n{profiles}");
    fs::write(folder.join("Cargo.toml"), manifest).context("write the workspace of the packages")?;
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).context("copy Cargo.lock")?;
    Ok(())
}
