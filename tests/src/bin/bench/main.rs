//! The benchmarks: each prints what was measured beside its limit, measured in the same run.
//!
//! The server and whatever stands for the limit run on one core, the load on another; `cargo xtask bench` builds all
//! of it in release and starts PostgreSQL. Absolute figures are of one machine: what counts is the ratios, which
//! `docs/benchmarks.md` keeps.

mod audience;
mod batched;
mod broadcast;
mod crowd;
mod durable;
mod fanout;
mod federation;
mod figure;
mod gateway;
mod history;
mod http;
mod idle;
mod load;
mod machine;
mod mixed;
mod permission;
mod process;
mod start;

use std::process::ExitCode;
use std::time::Instant;

use tokio::task::LocalSet;

/// What the server allocates with: the limits have no better and no worse.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "\
Benchmarks of Beep. Without a name, all of them.

  permission   a decision in a channel with 250 roles and 1,000 overrides
  durable      durable messages a second, on SQLite and PostgreSQL
  mixed        sends, read marks, edits and role changes together, beside sends alone
  fanout       deliveries to 100 and 1,000 gateway connections
  idle         memory per idle gateway connection
  history      the newest page of a long and of a short channel
  start        start to ready, and memory of an idle backend
  federation   what it costs that a server is elsewhere, and how fast a backend follows another
";

const NAMES: [&str; 8] = ["permission", "durable", "mixed", "fanout", "idle", "history", "start", "federation"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        // The limits, which this program starts itself.
        [broadcast::VERB] => broadcast::serve(),
        [batched::VERB, callers] => batched::run(callers),
        names if names.iter().all(|name| NAMES.contains(name)) => run(if names.is_empty() { &NAMES } else { names }),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn run(names: &[&str]) {
    machine::take_load_core();
    println!("{}\n", machine::description());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    for name in names {
        let begun = Instant::now();
        println!("## {name}");
        let bench = async {
            match *name {
                "permission" => permission::bench(),
                "durable" => durable::bench().await,
                "mixed" => mixed::bench().await,
                "fanout" => fanout::bench().await,
                "idle" => idle::bench().await,
                "history" => history::bench().await,
                "federation" => federation::bench().await,
                _ => start::bench().await,
            }
        };
        LocalSet::new().block_on(&runtime, bench);
        println!("({:.0} s)\n", begun.elapsed().as_secs_f64());
    }
}
