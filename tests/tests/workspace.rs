//! What the workspace promises about itself: which crate may depend on which, and that documents name commands
//! that exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Which crates of the workspace each one may depend on. A new crate gets a row;
/// a new arrow is a decision about the architecture.
const ALLOWED: [(&str, &[&str]); 17] = [
    ("beep-core", &[]),
    ("beep-proto", &["beep-core"]),
    ("beep-store", &["beep-core"]),
    ("beep-federation", &["beep-core", "beep-proto"]),
    ("beep-server", &["beep-core", "beep-federation", "beep-proto", "beep-store"]),
    ("beep-client", &["beep-core", "beep-proto"]),
    ("beep-wasm", &["beep-client", "beep-core", "beep-proto"]),
    ("beep-wasm-bindgen", &["beep-proto"]),
    ("bot", &["beep-client", "beep-core", "beep-proto"]),
    ("embedded", &["beep-core", "beep-federation", "beep-proto", "beep-server", "beep-store"]),
    ("beep-attack", &["beep-proto", "beep-tests"]),
    ("beep-features", &["beep-core"]),
    ("beep-fuzz", &["beep-client", "beep-core", "beep-federation", "beep-proto", "beep-server", "beep-store"]),
    ("beep-tests", &["beep-client", "beep-core", "beep-federation", "beep-proto", "beep-server", "beep-store"]),
    ("tui", &["beep-client", "beep-core", "beep-proto"]),
    ("two-backends", &["beep-client", "beep-core", "beep-federation", "beep-proto", "beep-server", "beep-store"]),
    ("xtask", &[]),
];

/// What the rules must never reach, however indirectly: the network, the disk, the clock, randomness, a runtime, and
/// how things are written.
const NEVER_IN_CORE: &str = "async-std axum chrono futures-executor getrandom h2 hickory-resolver http hyper jiff mio \
    prost rand reqwest ring rustls serde serde_json smol socket2 sqlx time tokio tower";

/// What the wire must never reach: it says how things are written, and neither sends nor stores them.
const NEVER_IN_PROTO: &str = "axum getrandom hickory-resolver hyper mio rand reqwest ring rustls socket2 sqlx tokio";

#[test]
fn crates_depend_inwards_only() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    let metadata = metadata();
    let members: BTreeSet<&str> = packages(&metadata).map(name).collect();
    for package in packages(&metadata) {
        let row = allowed.get(name(package));
        let row = row.unwrap_or_else(|| panic!("{} has no row in ALLOWED", name(package)));
        let dependencies = package["dependencies"].as_array().expect("cargo metadata lists dependencies");
        for dependency in dependencies.iter().filter(|dependency| dependency["kind"] != "dev") {
            let other = name(dependency);
            assert!(
                !members.contains(other) || row.contains(&other),
                "{} depends on {other}, which the architecture does not allow",
                name(package)
            );
        }
    }
    let gone: Vec<_> = allowed.keys().filter(|name| !members.contains(*name)).collect();
    assert!(gone.is_empty(), "rows of ALLOWED without a crate: {gone:?}");
}

#[test]
fn the_rules_and_the_wire_reach_nothing_outside() {
    for (package, never) in [("beep-core", NEVER_IN_CORE), ("beep-proto", NEVER_IN_PROTO)] {
        let reached = tree(package);
        assert!(reached.contains(package) && reached.len() > 5, "cargo tree answered {reached:?}");
        let wrong: Vec<_> = never.split(' ').filter(|name| reached.contains(*name)).collect();
        assert!(
            wrong.is_empty(),
            "{package} depends on {wrong:?}; `cargo tree -p {package} -i NAME` shows by which way"
        );
    }
}

#[test]
fn documents_name_commands_that_exist() {
    let known = Known::read();
    let mut checked = 0;
    for document in ["README.md", "CONTRIBUTING.md"] {
        let Ok(text) = std::fs::read_to_string(root().join(document)) else { continue };
        for command in commands(&text) {
            known.check(command).unwrap_or_else(|wrong| panic!("{document}: `{command}`: {wrong}"));
            checked += 1;
        }
    }
    assert_ne!(checked, 0, "no command found in the documents");
}

#[test]
fn a_command_that_does_not_exist_is_noticed() {
    let known = Known::read();
    for command in ["cargo xtask start", "cargo run -p beep-server -- --help", "cargo test", "cargo add beep-client"] {
        assert_eq!(known.check(command), Ok(()), "{command}");
    }
    for command in
        ["cargo xtask strat", "cargo xtask", "cargo run -p beep-sever", "cargo run --bin nothing", "cargo add beep"]
    {
        assert!(known.check(command).is_err(), "{command}");
    }
    let text = "cargo outside\n```sh\n$ cargo xtask start -- --domain a.example.com # as root\nls\n\
                WHO='a b' cargo run -p bot\n```\ncargo after\n";
    assert_eq!(commands(text).collect::<Vec<_>>(), ["cargo xtask start -- --domain a.example.com", "cargo run -p bot"]);
}

/// Pins were added by the recipes. Whatever speaks of their event, their operations and what is stored of them has its
/// place there, so an addition that follows the recipes misses nothing.
#[test]
fn an_addition_is_where_the_recipes_say() {
    let guide = std::fs::read_to_string(root().join("CONTRIBUTING.md")).expect("it is there");
    let (_, recipes) = guide.split_once("## Adding an operation").expect("it has recipes");
    let (recipes, _) = recipes.split_once("## Code").expect("which end");
    let named: Vec<&str> = recipes.split('`').skip(1).step_by(2).filter(|name| name.contains('/')).collect();
    let mut found = 0;
    for package in packages(&metadata()).filter(|package| name(package).starts_with("beep-")) {
        let manifest = package["manifest_path"].as_str().expect("a package has a manifest");
        let folder = Path::new(manifest).parent().expect("it lies in a folder");
        for file in [folder.join("src"), folder.join("migrations")].into_iter().flat_map(files_below) {
            let path = file.strip_prefix(root()).expect("below the root").to_str().expect("UTF-8").to_owned();
            let is_test = ["tests/", "/conformance", "/testing/"].iter().any(|part| path.contains(part));
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            if is_test || !OF_PINS.iter().any(|word| text.contains(word)) {
                continue;
            }
            found += 1;
            assert!(named.iter().any(|pattern| names(pattern, &path)), "{path} speaks of pins, and no recipe names it");
        }
    }
    assert!(found > 10, "pins are found in {found} files alone");
}

/// What speaks of a pin's event, operations, and what is stored of it.
const OF_PINS: [&str; 6] =
    ["MessagePinned", "operation::pins", "backend::pins", "MessageWrite::Pin", "PinsFewer", "pinned_at"];

/// Whether a path of a recipe, in which `<…>` stands for any name and `{a,b}` for either, names this one or its folder.
fn names(pattern: &str, path: &str) -> bool {
    let (patterns, paths): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    let fits = |(pattern, part): (&&str, &&str)| match pattern.split_once('<') {
        Some((before, rest)) => {
            part.starts_with(before) && part.ends_with(rest.split_once('>').map_or("", |(_, end)| end))
        }
        None => match pattern.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(either) => either.split(',').any(|one| one == *part),
            None => pattern == part,
        },
    };
    patterns.len() <= paths.len() && patterns.iter().zip(&paths).all(fits)
}

fn files_below(folder: std::path::PathBuf) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(&folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("it can be listed").path());
    paths.flat_map(|path| if path.is_dir() { files_below(path) } else { vec![path] }).collect()
}

/// What commands may name.
struct Known {
    /// The commands of xtask.
    verbs: BTreeSet<String>,
    /// The packages of the workspace.
    packages: BTreeSet<String>,
    /// Programs and examples.
    targets: BTreeSet<String>,
}

impl Known {
    fn read() -> Self {
        let usage = std::fs::read_to_string(root().join("xtask/src/usage.txt")).expect("xtask has a usage");
        let verbs = usage.lines().filter_map(|line| line.trim().strip_prefix("cargo xtask ")?.split(' ').next());
        let metadata = metadata();
        let targets = packages(&metadata).flat_map(|package| package["targets"].as_array().into_iter().flatten());
        Self {
            verbs: verbs.map(str::to_owned).collect(),
            packages: packages(&metadata).map(|package| name(package).to_owned()).collect(),
            targets: targets.map(|target| name(target).to_owned()).collect(),
        }
    }

    /// Says what a command line names that does not exist.
    fn check(&self, command: &str) -> Result<(), String> {
        let ours = command.split(" -- ").next().unwrap_or(command);
        let words: Vec<&str> = ours.split_whitespace().skip(1).collect();
        match words.as_slice() {
            ["xtask", verb, ..] => return expect(&self.verbs, verb, "command of xtask"),
            ["xtask"] => return Err("names no command of xtask".to_owned()),
            ["add", package, ..] => return expect(&self.packages, package, "package"),
            _ => {}
        }
        for pair in words.windows(2) {
            match pair {
                ["-p" | "--package", package] => expect(&self.packages, package, "package")?,
                ["--bin" | "--example" | "--test" | "--bench", target] => expect(&self.targets, target, "target")?,
                ["--path", path] if !root().join(path).exists() => return Err(format!("there is no folder {path}")),
                _ => {}
            }
        }
        Ok(())
    }
}

fn expect(known: &BTreeSet<String>, name: &str, what: &str) -> Result<(), String> {
    if known.contains(name) { Ok(()) } else { Err(format!("there is no {what} `{name}`")) }
}

/// The calls of cargo in code blocks, without what stands before them and comments.
fn commands(text: &str) -> impl Iterator<Item = &str> {
    let mut in_block = false;
    text.lines().filter_map(move |line| {
        let line = line.trim_start();
        if line.starts_with("```") {
            in_block = !in_block;
            return None;
        }
        let line = line.split(" #").next().unwrap_or(line);
        let (before, at) = line.find("cargo ").map(|at| (&line[..at], at))?;
        let called = before.is_empty() || before == "$ " || before.contains('='); // variables may come first
        (in_block && called).then(|| &line[at..])
    })
}

fn metadata() -> Value {
    let text = cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]);
    serde_json::from_str(&text).expect("cargo metadata speaks JSON")
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().expect("cargo metadata lists packages").iter()
}

fn name(thing: &Value) -> &str {
    thing["name"].as_str().expect("everything in cargo metadata has a name")
}

/// The names of all that a package is built from.
fn tree(package: &str) -> BTreeSet<String> {
    let text = cargo(&["tree", "--package", package, "--edges", "normal", "--prefix", "none", "--offline"]);
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").expect("cargo sets it for tests");
    let output = Command::new(cargo).args(arguments).current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo speaks UTF-8")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace")
}
