//! What the kernel says of another process.

use std::time::Duration;

/// CPU time that a process has used, its own and the kernel's for it.
pub(crate) fn cpu(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process runs");
    // The name, in parentheses, may hold anything.
    let (_, rest) = stat.rsplit_once(") ").expect("the format of proc(5)");
    let mut fields = rest.split(' ').skip(11).map(|field| field.parse::<u64>().expect("a number of ticks"));
    let ticks = fields.next().unwrap_or_default() + fields.next().unwrap_or_default();
    Duration::from_millis(ticks * MILLIS_PER_TICK)
}

/// Memory of a process in KiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// All that is resident, pages of the program's file included.
    pub(crate) resident: f64,
    /// Of that, what belongs to no file.
    pub(crate) anonymous: f64,
}

/// What is resident of a process.
pub(crate) fn memory(pid: u32) -> Memory {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let of = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key)).expect("the format of proc(5)");
        line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().expect("a number of KiB")
    };
    Memory { resident: of("VmRSS"), anonymous: of("RssAnon") }
}

/// `USER_HZ` is 100 on every architecture that matters here.
const MILLIS_PER_TICK: u64 = 10;
