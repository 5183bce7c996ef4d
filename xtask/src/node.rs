//! Node.js, with which the web client is built: the system's, or where that is too old, one from the npm registry.
//!
//! Vite wants 20.19 or 22.12. Debian 13 has the former; Debian 12 and Ubuntu 24.04 have 18, whose npm can bring the
//! program of a newer one like any other package.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::child;
use crate::failure::{Context, Failure, Outcome};
use crate::packages::{self, Need};
use crate::workspace::target_dir;

/// Makes sure that `node` and `npm` on the path can build the web client. Where the system's cannot, this program
/// begins anew with others before them on its path: so call this first.
///
/// # Errors
/// [`Failure::Because`] with what to install where nothing can be brought.
pub(crate) fn ensure() -> Outcome {
    packages::ensure(&[NODE])?;
    let version = version_of(Path::new("node"))?;
    if is_new_enough(&version) {
        return Ok(());
    }
    let folder = target_dir()?.join("node");
    let programs = folder.join("node_modules/.bin");
    if !programs.join("node").exists() {
        println!("Node.js {version} is too old for Vite; bringing {BROUGHT} from the npm registry (package `node`).");
        bring(&folder)?;
    }
    let brought = version_of(&programs.join("node"))?;
    if !is_new_enough(&brought) {
        let why = format!("{} is of version {brought}, which is too old", programs.display());
        return Err(Failure::Because(format!("{why}; please remove it, or install Node.js 22")));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(programs).chain(std::env::split_paths(&path)));
    child::check_stopped()?;
    let me = std::env::current_exe().context("find this program")?;
    let error =
        Command::new(me).args(std::env::args_os().skip(1)).env("PATH", path.context("put Node.js on the path")?).exec();
    Err::<(), _>(error).context("begin again with another Node.js")
}

/// Brings what an npm package needs, unless its lock is as it was when that was done.
pub(crate) fn install(package: &Path) -> Outcome {
    let lock = fs::read(package.join("package-lock.json")).context("read package-lock.json")?;
    let stamp = package.join("node_modules/.beep-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    println!("Installing the npm packages of {}.", package.display());
    child::run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(package))?;
    fs::write(stamp, lock).context("note what is installed")
}

/// The program and npm go together: an old npm need not run on a new Node.
fn bring(folder: &Path) -> Outcome {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => {
            return Err(Failure::Because(format!(
                "Node.js is too old and npm has none for {other}; please install Node.js 22"
            )));
        }
    };
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).context("make a folder for Node.js")?;
    fs::write(folder.join("package.json"), "{ \"private\": true }\n").context("write package.json")?;
    let packages = [format!("node-linux-{architecture}@{BROUGHT}"), format!("npm@{NPM}")];
    let mut install = Command::new("npm");
    install.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]).args(packages);
    child::run(install.current_dir(folder))
}

fn version_of(node: &Path) -> Outcome<String> {
    let version = child::answer(Command::new(node).arg("--version"));
    version.ok_or("no answer").context(&format!("ask {} for its version", node.display()))
}

/// Whether Vite runs on it: 20.19, 22.12 or newer, as its `engines` say.
fn is_new_enough(version: &str) -> bool {
    let mut parts = version.trim_start_matches('v').split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    match (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) {
        (20, minor) => minor >= 19,
        (22, minor) => minor >= 12,
        (major, _) => major > 22,
    }
}

const NODE: Need = Need {
    what: "Node.js",
    is_present: || {
        let answers = |program| child::answer(Command::new(program).arg("--version")).is_some();
        answers("node") && answers("npm")
    },
    debian: &["nodejs", "npm"],
};

const BROUGHT: &str = "22.23.3";
const NPM: &str = "10.9.9";

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn knows_which_versions_do() {
        for version in ["v20.19.0", "v20.20.2", "v22.12.0", "v24.1.0"] {
            assert!(is_new_enough(version), "{version}");
        }
        for version in ["v12.22.9", "v18.20.4", "v20.18.3", "v21.7.0", "v22.11.0", "none"] {
            assert!(!is_new_enough(version), "{version}");
        }
    }
}
