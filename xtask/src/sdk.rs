//! `cargo xtask sdk`: the browser SDK as an npm package, in `bindings/wasm/npm/dist`.
//!
//! The module is compiled for size, wasm-bindgen writes the glue, wasm-opt shrinks it, and the declarations come from
//! the table of operations. The size of what a browser loads is checked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::failure::{Context, Failure, Outcome};
use crate::tally::Tally;
use crate::wasm::{TARGET, Toolchain};
use crate::workspace::{built, cargo, root};
use crate::{child, node, progress, web};

/// The package, whole; as it is when nothing that it is made from changed. Node must have been ensured.
pub(crate) fn build() -> Outcome {
    let start = Instant::now();
    let toolchain = Toolchain::find()?;
    let package = root().join("bindings/wasm/npm");
    let dist = package.join("dist");
    node::install(&package)?;

    println!("Compiling the SDK for the browser.");
    let arguments = ["build", "--locked", "--profile", "browser", "--target", TARGET, "--package", "beep-wasm"];
    child::run(&mut toolchain.cargo(&arguments))?;
    let module = toolchain.target_dir()?.join(TARGET).join("browser/beep_wasm.wasm");

    let made_from =
        [&module, &package.join("src"), &root().join("bindings/wasm/bindgen"), &root().join("beep-proto/src")];
    let made_from = web::fingerprint(&made_from.map(Clone::clone))?;
    let stamp = package.join("node_modules/.beep-built");
    if dist.join("beep_wasm_bg.wasm").exists() && fs::read_to_string(&stamp).is_ok_and(|built| built == made_from) {
        println!("The SDK is as it was built.");
        return Ok(());
    }
    let _ = fs::remove_file(&stamp);
    let _ = fs::remove_dir_all(&dist);
    bindgen(&["types".as_ref(), dist.as_ref()])?;
    bindgen(&["glue".as_ref(), module.as_ref(), dist.as_ref()])?;
    let module = dist.join("beep_wasm_bg.wasm");
    let mut shrink = Command::new(package.join("node_modules/.bin/wasm-opt"));
    // Sorted by their names, functions that are alike stand together: gzip sees no further than 32 KiB.
    child::run(shrink.args(["-Oz", "--reorder-functions-by-name"]).arg(&module).arg("--output").arg(&module))?;
    let sources = fs::read_dir(package.join("src")).context("list the sources of the package")?;
    for source in sources {
        let source = source.context("list the sources of the package")?;
        fs::copy(source.path(), dist.join(source.file_name())).context("copy the sources of the package")?;
    }
    let size = Size::of(&module)?;
    println!("The SDK is built ({}): {size}.", progress::spelled(start.elapsed()));
    size.check()?;
    fs::write(stamp, made_from).context("note what the SDK was built from")
}

/// Checks the declarations, and has the package chat in a browser: installed from its archive, with a bundler and
/// without, against the debug build of the server.
pub(crate) fn test(tally: &mut Tally) -> Outcome {
    let package = root().join("bindings/wasm/npm");
    let npm = |script| {
        let mut npm = Command::new("npm");
        npm.args(["run", "--silent", script]).current_dir(&package).env("NO_COLOR", "1");
        npm
    };
    child::run(&mut npm("check"))?;
    child::run_reading(npm("test").env("BEEP_SERVER", built("debug", "beep-server")?), |line| {
        println!("{line}");
        tally.read(line);
    })
}

/// Runs `beep-wasm-bindgen`, which only this command needs.
fn bindgen(arguments: &[&std::ffi::OsStr]) -> Outcome {
    let mut run = cargo(["run", "--quiet", "--locked", "--package", "beep-wasm-bindgen", "--features", "glue", "--"]);
    child::run(run.args(arguments))
}

/// How large the module is, in octets.
struct Size {
    raw: u64,
    gzip: u64,
    brotli: u64,
}

impl Size {
    fn of(module: &Path) -> Outcome<Self> {
        let text = child::answer(Command::new("node").args(["--eval", MEASURE]).arg(module));
        let numbers: Vec<u64> =
            text.iter().flat_map(|text| text.split_whitespace()).filter_map(|n| n.parse().ok()).collect();
        match numbers.as_slice() {
            [raw, gzip, brotli] => Ok(Self { raw: *raw, gzip: *gzip, brotli: *brotli }),
            _ => Err(Failure::Because("could not measure the module with node".to_owned())),
        }
    }

    fn check(&self) -> Outcome {
        if self.gzip <= GZIP_AT_MOST {
            return Ok(());
        }
        let most = GZIP_AT_MOST / KIB;
        Err(Failure::Because(format!("the module is too large: {} KiB of gzip, {most} at most", self.gzip / KIB)))
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { raw, gzip, brotli } = self;
        write!(f, "{} KiB, {} KiB with gzip, {} KiB with brotli", raw / KIB, gzip / KIB, brotli / KIB)
    }
}

const KIB: u64 = 1024;
const GZIP_AT_MOST: u64 = 380 * KIB;

const MEASURE: &str = "const zlib = require('zlib'); const text = require('fs').readFileSync(process.argv[1]);
    console.log(text.length, zlib.gzipSync(text, { level: 9 }).length, zlib.brotliCompressSync(text).length)";

impl Toolchain {
    /// Where it puts what it builds.
    fn target_dir(&self) -> Outcome<PathBuf> {
        match self {
            Self::Installed => crate::workspace::target_dir(),
            Self::Debian { folder, .. } => Ok(folder.join("target")),
        }
    }
}
