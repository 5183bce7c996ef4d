//! The machine: which core does what, and what it is.

use std::process::Command;

/// Puts this process, which makes the load, on its core, and lets it hold many sockets.
pub(crate) fn take_load_core() {
    if cores() < 2 {
        println!("one core: server and load share it, and no figure here means much");
    }
    let own = std::process::id().to_string();
    run(Command::new("taskset").args(["--all-tasks", "--cpu-list", "--pid", LOAD_CORE.min(last_core()), &own]));
    run(Command::new("prlimit").args(["--pid", &own, FILES]));
}

/// Lets this process and what it starts from now on have every core: where several servers are measured together, none
/// has one to itself.
pub(crate) fn share_all_cores() {
    let all = format!("0-{}", cores() - 1);
    run(Command::new("taskset").args(["--all-tasks", "--cpu-list", "--pid", &all, &std::process::id().to_string()]));
}

/// The program and arguments under which a server is started so that it has its core to itself.
pub(crate) fn on_server_core() -> [&'static str; 5] {
    ["prlimit", FILES, "taskset", "--cpu-list", SERVER_CORE]
}

/// What the figures were measured on.
pub(crate) fn description() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cpu = cpu.map_or("unknown CPU", |(_, name)| name);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    format!("{} cores, {cpu}, Linux {}, load {load} before the first benchmark", cores(), kernel.trim())
}

/// How many cores the machine has, whatever core this process is on.
fn cores() -> usize {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    cpu.lines().filter(|line| line.starts_with("processor")).count().max(1)
}

fn last_core() -> &'static str {
    if cores() < 2 { SERVER_CORE } else { LOAD_CORE }
}

fn run(command: &mut Command) {
    let output = command.output().expect("`taskset` and `prlimit` are in every Debian");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

const SERVER_CORE: &str = "0";
const LOAD_CORE: &str = "1";

/// Enough for the connections of every benchmark; the hard limit stays.
const FILES: &str = "--nofile=8192:";
