//! What the kernel says of the backend's process, and how many sockets this one may have.

use std::fs;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Lets this process have as many descriptors as the system allows.
pub fn take_descriptors() {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("the kernel says");
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).expect("it may be raised to the hard limit");
}

/// The memory of a process in MiB.
pub fn resident(pid: u32) -> f64 {
    status(pid, "VmRSS:")
}

/// The most that it ever was.
pub(crate) fn most_resident(pid: u32) -> f64 {
    status(pid, "VmHWM:")
}

/// How many descriptors a process has, without those of the database's files, which come and go with its readers.
pub(crate) fn descriptors(pid: u32) -> usize {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).expect("the process runs");
    let links = entries.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    links.filter(|link| !link.to_string_lossy().contains("/beep.db")).count()
}

fn status(pid: u32, key: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix(key)).expect("the format of proc(5)");
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number of KiB");
    kib / 1024.0
}
