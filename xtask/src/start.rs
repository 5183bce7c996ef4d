//! `cargo xtask start`: from a fresh clone to a running backend with its web client.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Instant;

use crate::failure::{Context, Failure, Outcome};
use crate::workspace::{built, cargo, forget_cargo};
use crate::{child, node, packages, progress, sdk, web};

/// How the server is built that carries the web client.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Profile {
    /// As those who use it want it.
    Release,
    /// As the tests have it, out of what was built for them.
    Dev,
}

impl Profile {
    /// The profile of `cargo xtask start`: release, unless [`PROFILE_VARIABLE`] says `dev`.
    fn asked_for() -> Self {
        match std::env::var(PROFILE_VARIABLE).as_deref() {
            Ok("dev") => Self::Dev,
            _ => Self::Release,
        }
    }

    /// Its folder in the target directory.
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Dev => "debug",
        }
    }

    fn cargo(self) -> Command {
        match self {
            Self::Release => cargo(["build", "--release", "--locked", "--package", "beep-server", "--features", "web"]),
            // With `--workspace` its dependencies have the features that the tests have built them with.
            Self::Dev => {
                cargo(["build", "--locked", "--workspace", "--bin", "beep-server", "--features", "beep-server/web"])
            }
        }
    }
}

/// Names the profile of `cargo xtask start` for the tests. It does not begin with `BEEP_`: that would be a setting of
/// the server that is started.
pub(crate) const PROFILE_VARIABLE: &str = "XTASK_START_PROFILE";

/// Builds what is missing, then becomes `beep-server`: its signals, its exit status and the data directory
/// `./beep-data` are those of the process and the folder from which this was called.
pub(crate) fn start(flags: &[&str]) -> Outcome {
    packages::ensure(&[packages::C_COMPILER])?;
    node::ensure()?;
    let profile = Profile::asked_for();
    build(profile)?;
    serve(flags, profile)
}

/// Builds the SDK, the web client that stands on it, and the server that carries both.
pub(crate) fn build(profile: Profile) -> Outcome {
    sdk::build()?;
    web::build()?;
    if profile == Profile::Dev || built(profile.folder(), "beep-server")?.exists() {
        println!("Building beep-server, as far as it changed.");
    } else {
        println!("Building beep-server in release: several minutes the first time, seconds after that.");
    }
    let start = Instant::now();
    child::run(&mut profile.cargo())?;
    println!("beep-server is built ({}).", progress::spelled(start.elapsed()));
    Ok(())
}

/// Builds the SDK, the web client, and the example of two backends that carry it, then becomes the example.
pub(crate) fn two_backends(arguments: &[&str]) -> Outcome {
    packages::ensure(&[packages::C_COMPILER])?;
    node::ensure()?;
    sdk::build()?;
    web::build()?;
    println!("Building both backends in release: several minutes the first time.");
    child::run(cargo(["build", "--release", "--locked"]).args(["--package", "two-backends", "--features", "web"]))?;
    child::check_stopped()?;
    let mut example = Command::new(built("release", "two-backends")?);
    forget_cargo(&mut example);
    let error = example.args(arguments).exec();
    Err::<(), _>(error).context("start two-backends").and(Err(Failure::Told))
}

fn serve(flags: &[&str], profile: Profile) -> Outcome {
    if flags.is_empty() {
        println!("Starting it on http://127.0.0.1:8008 with its data in ./beep-data. Ctrl-C stops it.");
    } else {
        println!("Starting beep-server {}. Ctrl-C stops it.", flags.join(" "));
    }
    child::check_stopped()?;
    let mut server = Command::new(built(profile.folder(), "beep-server")?);
    forget_cargo(&mut server);
    let error = server.args(flags).exec();
    Err::<(), _>(error).context("start beep-server").and(Err(Failure::Told))
}
