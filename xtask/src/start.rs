//! `cargo xtask start`: from a fresh clone to a running backend with its web client.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Instant;

use crate::failure::{Context, Failure, Outcome};
use crate::workspace::{built, cargo, forget_cargo};
use crate::{child, node, packages, progress, sdk, web};

/// Builds what is missing, then becomes `beep-server`: its signals, its exit status and the data directory
/// `./beep-data` are those of the process and the folder from which this was called.
pub(crate) fn start(flags: &[&str]) -> Outcome {
    packages::ensure(&[packages::C_COMPILER])?;
    node::ensure()?;
    build()?;
    serve(flags)
}

/// Builds the SDK, the web client that stands on it, and the server that carries both, in release.
pub(crate) fn build() -> Outcome {
    sdk::build()?;
    web::build()?;
    let server = built("release", "beep-server")?;
    if server.exists() {
        println!("Building beep-server, as far as it changed.");
    } else {
        println!("Building beep-server in release: several minutes the first time, seconds after that.");
    }
    let start = Instant::now();
    let package = ["--package", "beep-server", "--features", "web"];
    child::run(cargo(["build", "--release", "--locked"]).args(package))?;
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

fn serve(flags: &[&str]) -> Outcome {
    if flags.is_empty() {
        println!("Starting it on http://127.0.0.1:8008 with its data in ./beep-data. Ctrl-C stops it.");
    } else {
        println!("Starting beep-server {}. Ctrl-C stops it.", flags.join(" "));
    }
    child::check_stopped()?;
    let mut server = Command::new(built("release", "beep-server")?);
    forget_cargo(&mut server);
    let error = server.args(flags).exec();
    Err::<(), _>(error).context("start beep-server").and(Err(Failure::Told))
}
