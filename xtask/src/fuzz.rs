//! `cargo xtask fuzz`: throws mutated input at the parsers of what strangers send, guided by coverage.
//!
//! libFuzzer on a stable toolchain: the compiler's own coverage pass is switched on by flags, in a target directory
//! of its own, as the flags go into every crate. The parsers and what must hold of them are `tests/fuzz`; the folders
//! under `tests/fuzz/seeds` name them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::{Context, Failure, Outcome};
use crate::workspace::{cargo, forget_cargo, root, target_dir};
use crate::{child, packages};

/// How long each target runs unless somebody says otherwise.
pub(crate) const SECONDS: u32 = 60;

/// Fuzzes each target for so many seconds.
///
/// # Errors
/// [`Failure::Because`] with the input that broke a target.
pub(crate) fn fuzz(seconds: u32) -> Outcome {
    packages::ensure(&[packages::C_COMPILER, packages::CXX_COMPILER])?;
    let folder = target_dir()?.join("fuzz");
    let program = build(&folder)?;
    for target in targets()? {
        run(&program, &folder, &target, seconds)?;
    }
    Ok(())
}

fn targets() -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root().join(SEEDS)).context("list the fuzz targets")? {
        names.push(entry.context("list the fuzz targets")?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

fn build(folder: &Path) -> Outcome<PathBuf> {
    // Naming the target keeps the flags away from build scripts and macros, which libFuzzer is not linked to.
    let host = child::answer(Command::new("rustc").args(["--print", "host-tuple"])).ok_or("no answer");
    let host = host.context("ask rustc for its host")?;
    let mut command =
        cargo(["build", "--locked", "--package", "beep-fuzz", "--features", "libfuzzer", "--bin", "fuzz"]);
    command.args(["--profile", "fuzz", "--target", &host]);
    command.env("CARGO_TARGET_DIR", folder).env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\x1f"));
    child::run(&mut command)?;
    Ok(folder.join(host).join("fuzz/fuzz"))
}

fn run(program: &Path, folder: &Path, target: &str, seconds: u32) -> Outcome {
    let corpus = folder.join("corpus").join(target);
    let broken = folder.join("broken").join(target);
    for made in [&corpus, &broken] {
        fs::create_dir_all(made).context(&format!("make {}", made.display()))?;
    }
    let log = folder.join("broken").join(format!("{target}.log"));
    let output = fs::File::create(&log).context("make the fuzzer's log")?;

    let mut command = Command::new(program);
    forget_cargo(&mut command);
    command.env("BEEP_FUZZ_TARGET", target).env("BEEP_FUZZ_SAMPLES", &corpus).args(ENGINE);
    command.arg(format!("-max_total_time={seconds}")).arg(format!("-artifact_prefix={}/", broken.display()));
    command.arg(&corpus).arg(root().join(SEEDS).join(target));
    command.stderr(Stdio::from(output));
    let status = child::run_reading_status(&mut command, |line| println!("{line}"))?;

    let log = fs::read_to_string(&log).context("read the fuzzer's log")?;
    if status.success() {
        println!("    {target}: {} inputs in {seconds} s", statistic(&log, "number_of_executed_units").unwrap_or("?"));
        return Ok(());
    }
    let mut reason = format!("the fuzz target `{target}` failed ({status})\n\n{}", from_the_failure_on(&log));
    if let Some((_, path)) = log.lines().find_map(|line| line.split_once("Test unit written to ")) {
        let input = fs::read(path.trim()).context("read what broke it")?;
        reason += &format!("\nIt broke on the input\n\n    b\"{}\"\n\n", input.escape_ascii());
        reason += &format!("which is {}; add it to {SEEDS}/{target}/.", path.trim());
    }
    Err(Failure::Because(reason))
}

/// What the fuzzer said without its reports of progress.
fn from_the_failure_on(log: &str) -> &str {
    let start = ["\nthread ", "\n==", "ERROR"].iter().filter_map(|mark| log.find(mark)).min();
    &log[start.unwrap_or(0)..]
}

/// A number from libFuzzer's closing lines, `stat::name: 123`.
fn statistic<'log>(log: &'log str, name: &str) -> Option<&'log str> {
    log.lines().find_map(|line| line.strip_prefix("stat::")?.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

const SEEDS: &str = "tests/fuzz/seeds";

/// What `-Zsanitizer-coverage` would be, said to the code generator.
const FLAGS: [&str; 7] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
];

/// An input may take 5 s and 1 GiB; longer ones than a gateway frame may be (64 KiB) are pointless.
const ENGINE: [&str; 5] =
    ["-timeout=5", "-rss_limit_mb=1024", "-max_len=65536", "-print_final_stats=1", "-verbosity=1"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_fuzzers_statistics() {
        let log = "Done 12 runs in 1 second(s)\nstat::number_of_executed_units: 12\nstat::peak_rss_mb: 30\n";
        assert_eq!(statistic(log, "number_of_executed_units"), Some("12"));
        assert_eq!(statistic(log, "new_units_added"), None);
    }
}
