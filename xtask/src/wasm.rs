//! `cargo xtask wasm`: the crates that run in a browser build for `wasm32-unknown-unknown`.
//!
//! rustup brings the target's standard library in one line. Debian has a recent compiler and the sources of that
//! library (`rustc-web`, `rust-web-src`), but not the library; then it is built once, into a folder of our own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Context, Failure, Outcome};
use crate::packages::{self, Need};
use crate::workspace::{cargo, target_dir};
use crate::{child, progress};

/// What must compile for a browser, without the features that are on by default.
const CRATES: [&str; 3] = ["beep-core", "beep-proto", "beep-client"];

/// Checks each of [`CRATES`] for the browser; the SDK, which stands on them, is built whole.
pub(crate) fn check() -> Outcome {
    let toolchain = Toolchain::find()?;
    let mut check = toolchain.cargo(&["check", "--locked", "--target", TARGET, "--no-default-features"]);
    for name in CRATES {
        check.args(["--package", name]);
    }
    child::run(&mut check)
}

/// A compiler that has a standard library for the browser.
pub(crate) enum Toolchain {
    /// The one that builds everything else.
    Installed,
    /// Debian's compiler and the library that we built from Debian's sources.
    Debian {
        /// The compiler.
        rustc: PathBuf,
        /// The folder of what is built with it: its libraries go with no other.
        folder: PathBuf,
    },
}

impl Toolchain {
    /// Finds one; on Debian, as root, installs and builds what it takes.
    ///
    /// # Errors
    /// [`Failure::Because`] with the line that brings one.
    pub(crate) fn find() -> Outcome<Self> {
        let sysroot = child::answer(Command::new("rustc").args(["--print", "sysroot"])).ok_or("no answer");
        let sysroot = PathBuf::from(sysroot.context("ask rustc for its folder")?);
        if sysroot.join("lib/rustlib").join(TARGET).join("lib").exists() {
            return Ok(Self::Installed);
        }
        if debian_rustc().is_none() && packages::can_install() {
            println!("The Rust toolchain has no library for {TARGET}; trying Debian's.");
            packages::ensure(&[DEBIAN_RUST])?;
        }
        match debian_rustc() {
            Some(rustc) => debian(rustc),
            None => Err(Failure::Because(format!(
                "the Rust toolchain has no library for {TARGET}; please run this line, then try again:\n\n    \
                 rustup target add {TARGET}\n"
            ))),
        }
    }

    /// Cargo with this compiler.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = cargo(arguments);
        if let Self::Debian { rustc, folder } = self {
            with_compiler(&mut command, rustc);
            command.env("CARGO_TARGET_DIR", folder.join("target"));
            command.env("CARGO_ENCODED_RUSTFLAGS", format!("--sysroot={}", folder.join(SYSROOT).display()));
        }
        command
    }
}

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_RUST: Need = Need {
    what: "a Rust library for WebAssembly",
    is_present: || debian_rustc().is_some(),
    debian: &["rustc-web", "rust-web-src"],
};

/// Debian's compiler, when it and the sources of its library are installed and new enough for this workspace.
fn debian_rustc() -> Option<PathBuf> {
    let files = child::answer(Command::new("dpkg").args(["--listfiles", "rustc-web"]))?;
    let rustc = PathBuf::from(files.lines().find(|file| file.ends_with("/bin/rustc"))?);
    let version = child::answer(Command::new(&rustc).arg("--version"))?;
    let version = minor(version.split_whitespace().nth(1)?)?;
    let enough = version >= minor(env!("CARGO_PKG_RUST_VERSION"))?;
    (enough && library_sources(&rustc)?.exists()).then_some(rustc)
}

/// The 94 of 1.94.2.
fn minor(version: &str) -> Option<u32> {
    version.split('.').nth(1)?.parse().ok()
}

fn library_sources(rustc: &Path) -> Option<PathBuf> {
    let sysroot = child::answer(Command::new(rustc).args(["--print", "sysroot"]))?;
    Some(Path::new(&sysroot).join("lib/rustlib/src/rust/library/std/Cargo.toml"))
}

/// Debian's compiler with its library, which is built when this is the first time with this version.
fn debian(rustc: PathBuf) -> Outcome<Toolchain> {
    let version = child::answer(Command::new("dpkg-query").args(["--show", "--showformat=${Version}", "rustc-web"]));
    let version = version.ok_or("no answer").context("ask for its version")?;
    let folder = target_dir()?.join("wasm").join(format!("{version}-small"));
    if !folder.join(SYSROOT).exists() {
        build_library(&rustc, &folder)?;
    }
    Ok(Toolchain::Debian { rustc, folder })
}

/// Builds the standard library from Debian's sources, small before fast; the folder appears whole or not at all.
fn build_library(rustc: &Path, folder: &Path) -> Outcome {
    println!("Building Rust's library for {TARGET}, once: about a minute.");
    let start = std::time::Instant::now();
    let empty = folder.join("empty");
    fs::create_dir_all(&empty).context("make a folder for an empty crate")?;
    fs::write(empty.join("Cargo.toml"), EMPTY_CRATE).context("write an empty crate")?;
    fs::write(empty.join("lib.rs"), "#![no_std]\n").context("write an empty crate")?;

    let mut build = cargo(["build", "--release", "--target", TARGET]);
    build
        .args(["-Zbuild-std=std,panic_abort,proc_macro", "-Zbuild-std-features=optimize_for_size"])
        .current_dir(&empty);
    with_compiler(&mut build, rustc);
    build.env("RUSTC_BOOTSTRAP", "1"); // `-Zbuild-std` is for nightly toolchains
    build.env("CARGO_TARGET_DIR", folder.join("library"));
    build.env("CARGO_ENCODED_RUSTFLAGS", "-Cembed-bitcode=yes"); // else nobody can link it with lto
    child::run(&mut build)?;

    let unfinished = folder.join("sysroot.unfinished");
    let libraries = unfinished.join("lib/rustlib").join(TARGET).join("lib");
    let _ = fs::remove_dir_all(&unfinished);
    fs::create_dir_all(&libraries).context("make a folder for the library")?;
    let built = folder.join("library").join(TARGET).join("release/deps");
    for entry in fs::read_dir(built).context("list the library")? {
        let file = entry.context("list the library")?.path();
        if let (Some(name), Some("rlib")) = (file.file_name(), file.extension().and_then(|kind| kind.to_str())) {
            fs::copy(&file, libraries.join(name)).context("copy the library")?;
        }
    }
    fs::rename(&unfinished, folder.join(SYSROOT)).context("finish the library")?;
    let _ = fs::remove_dir_all(folder.join("library")); // 150 MB that nobody needs any more
    println!("The library is built ({}).", progress::spelled(start.elapsed()));
    Ok(())
}

/// Makes cargo use `rustc`, and for linking the linker that rustup's toolchain carries, as Debian's has none.
fn with_compiler(command: &mut Command, rustc: &Path) {
    command.env("RUSTC", rustc);
    command.env_remove("LD_LIBRARY_PATH"); // names the libraries of the compiler that built us
    command.env_remove("RUSTC_WRAPPER").env_remove("RUSTC_WORKSPACE_WRAPPER");
    let sysroot = child::answer(Command::new("rustc").args(["--print", "sysroot"])).unwrap_or_default();
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let linker = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/rust-lld");
    if linker.exists() {
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    }
}

const SYSROOT: &str = "sysroot";

const EMPTY_CRATE: &str = r#"[package]
name = "empty"
version = "0.0.0"
edition = "2024"

[lib]
path = "lib.rs"

[profile.release]
opt-level = "z"

[workspace]
"#;
