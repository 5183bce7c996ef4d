//! The web client: built with Vite, and laid where `beep-server` takes it up with its feature `web`.

use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::failure::{Context, Outcome};
use crate::tally::Tally;
use crate::workspace::{cargo, root};
use crate::{child, node, progress};

/// Builds the client, if anything of it changed, and gives it to the server. The SDK must have been built.
pub(crate) fn build() -> Outcome {
    let start = Instant::now();
    let (client, carried) = (client(), root().join("beep-server/web"));
    node::install(&client)?;
    let sources = fingerprint(&SOURCES.map(|source| client.join(source)))?;
    // Beside the copy, not in it: the server would serve it.
    let stamp = carried.with_file_name("web.built-from");
    if carried.join("index.html").exists() && fs::read_to_string(&stamp).is_ok_and(|built| built == sources) {
        println!("The web client is as it was built.");
        return Ok(());
    }
    println!("Building the web client.");
    let _ = fs::remove_file(&stamp);
    child::run(tool("vite").args(["build", "--logLevel", "warn"]))?;
    let _ = fs::remove_dir_all(&carried);
    copy(&client.join("dist"), &carried)?;
    fs::write(stamp, sources).context("note what the web client was built from")?;
    println!("The web client is built ({}).", progress::spelled(start.elapsed()));
    Ok(())
}

/// Builds the client, and checks its types, its lints, its own tests, and the server's feature that carries it.
pub(crate) fn check(tally: &mut Tally) -> Outcome {
    build()?;
    child::run(tool("tsc").arg("--noEmit"))?;
    child::run(tool("tsc").args(["--noEmit", "--project", "src/worker"]))?;
    child::run(tool("biome").args(["lint", "--error-on-warnings"]))?;
    child::run_reading(tool("vitest").arg("run").env("NO_COLOR", "1"), |line| {
        println!("{line}");
        tally.read(line);
    })?;
    // Of the workspace, with the features that clippy took before.
    let mut clippy = cargo(["clippy", "--locked", "--workspace", "--bin", "beep-server"]);
    child::run(clippy.args(["--features", "beep-server/web", "--", "--deny", "warnings"]))
}

/// A tool of the client's packages, in its folder.
pub(crate) fn tool(name: &str) -> Command {
    let mut command = Command::new(client().join("node_modules/.bin").join(name));
    command.current_dir(client());
    command
}

/// Where the client's sources lie.
pub(crate) fn client() -> PathBuf {
    root().join("examples/web")
}

/// What the built client follows from; the SDK as it was built is part of it.
const SOURCES: [&str; 7] =
    ["src", "locales", "public", "index.html", "package-lock.json", "vite.config.ts", "../../bindings/wasm/npm/dist"];

/// A number that changes with what is in these files and folders, whenever they were written.
pub(crate) fn fingerprint(places: &[PathBuf]) -> Outcome<String> {
    let mut hasher = DefaultHasher::new();
    for place in places {
        add(place, &mut hasher)?;
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}

fn add(place: &Path, hasher: &mut DefaultHasher) -> Outcome {
    if place.is_dir() {
        for inner in inside(place)? {
            add(&inner, hasher)?;
        }
        return Ok(());
    }
    hasher.write(place.as_os_str().as_encoded_bytes());
    hasher.write(&fs::read(place).context(&format!("read {}", place.display()))?);
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Outcome {
    fs::create_dir_all(to).context(&format!("make {}", to.display()))?;
    for inner in inside(from)? {
        let place = to.join(inner.file_name().expect("what a folder holds has a name"));
        if inner.is_dir() {
            copy(&inner, &place)?;
        } else {
            fs::copy(&inner, &place).context(&format!("write {}", place.display()))?;
        }
    }
    Ok(())
}

/// What a folder holds, in the order of names.
fn inside(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let list = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    let mut list: Vec<PathBuf> = list.context(&format!("list {}", folder.display()))?;
    list.sort();
    Ok(list)
}
