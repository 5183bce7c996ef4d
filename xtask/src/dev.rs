//! `cargo xtask dev`: Vite's server, which shows each change of the client at once, before a backend of its own.
//!
//! What the SDK or the backend is made of is watched too: they are built again when it changes. What does not
//! compile is said, and the last that did goes on.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::child::Background;
use crate::failure::{Failure, Outcome};
use crate::web::fingerprint;
use crate::workspace::{built, cargo, forget_cargo, root};
use crate::{child, node, packages, sdk, web};

/// Serves until it is stopped; `flags` go to the backend.
pub(crate) fn dev(flags: &[&str]) -> Outcome {
    packages::ensure(&[packages::C_COMPILER])?;
    node::ensure()?;
    let (mut sdk_sources, mut server_sources) = (Watched::new(&SDK)?, Watched::new(&SERVER)?);
    sdk::build()?;
    node::install(&web::client())?;
    build_server()?;
    let mut server = Some(serve(flags)?);
    let mut vite = Background::start(&mut web::tool("vite"))?;
    println!("The client is served where Vite says, the backend on http://{BACKEND}. Ctrl-C stops both.");
    loop {
        child::check_stopped()?;
        if vite.has_ended()? {
            return Err(Failure::Because("Vite ended".to_owned()));
        }
        if sdk_sources.changed()? {
            println!("The SDK changed.");
            go_on(sdk::build())?;
        }
        if server_sources.changed()? {
            println!("The backend changed.");
            if go_on(build_server())? {
                drop(server.take()); // gives its port back
                server = Some(serve(flags)?);
            }
        }
        if server.as_mut().is_some_and(|server| server.has_ended().unwrap_or(true)) {
            return Err(Failure::Because("the backend ended".to_owned()));
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

fn build_server() -> Outcome {
    child::run(&mut cargo(["build", "--locked", "--package", "beep-server"]))
}

fn serve(flags: &[&str]) -> Outcome<Background> {
    let mut server = Command::new(built("debug", "beep-server")?);
    forget_cargo(&mut server);
    Background::start(server.args(["--listen", BACKEND]).args(flags))
}

/// Says what failed and whether it did not; only a request to stop ends the loop.
fn go_on(outcome: Outcome) -> Outcome<bool> {
    match outcome {
        Err(Failure::Because(reason)) => {
            println!("{reason}");
            Ok(false)
        }
        other => other.map(|()| true),
    }
}

/// Folders whose files are looked at now and then.
struct Watched {
    folders: Vec<PathBuf>,
    seen: String,
}

impl Watched {
    fn new(folders: &[&str]) -> Outcome<Self> {
        let folders: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
        let seen = fingerprint(&folders)?;
        Ok(Self { folders, seen })
    }

    fn changed(&mut self) -> Outcome<bool> {
        // An editor may have a file away for a moment: then the next look sees it.
        let now = fingerprint(&self.folders).unwrap_or_else(|_| self.seen.clone());
        Ok(std::mem::replace(&mut self.seen, now) != self.seen)
    }
}

const SDK: [&str; 5] =
    ["beep-core/src", "beep-proto/src", "beep-client/src", "bindings/wasm/src", "bindings/wasm/npm/src"];
const SERVER: [&str; 5] =
    ["beep-core/src", "beep-proto/src", "beep-store/src", "beep-federation/src", "beep-server/src"];

/// Where Vite's configuration looks for it.
const BACKEND: &str = "127.0.0.1:8008";
const LOOK_EVERY: Duration = Duration::from_millis(700);
