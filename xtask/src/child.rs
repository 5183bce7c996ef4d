//! Children that end when we are asked to end.
//!
//! Each child leads a process group of its own, so that one signal reaches whatever it started as well:
//! cargo, the tests that it runs, and the servers that those start. A second signal kills.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::failure::{Context, Failure, Outcome};

/// What the thread that waits for signals must know.
struct Watched {
    /// The group of the child that runs.
    group: Option<Pid>,
    /// The signal that asked us to stop.
    stopped: Option<Signal>,
}

static WATCHED: Mutex<Watched> = Mutex::new(Watched { group: None, stopped: None });

/// Passes Ctrl-C, SIGTERM and SIGHUP on to the running child.
pub(crate) fn watch_signals() -> Outcome {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("watch for signals")?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let mut watched = watched();
            let pass_on = if watched.stopped.is_some() { Signal::SIGKILL } else { Signal::SIGTERM };
            watched.stopped = Signal::try_from(signal).ok();
            if let Some(group) = watched.group {
                // It may have ended in this moment.
                let _ = killpg(group, pass_on);
            }
        }
    });
    Ok(())
}

/// Fails once somebody asked us to stop.
pub(crate) fn check_stopped() -> Outcome {
    match watched().stopped {
        Some(signal) => Err(Failure::Stopped(signal)),
        None => Ok(()),
    }
}

/// Runs a command to its end, its output passed through.
///
/// # Errors
/// [`Failure::Because`] when it cannot start or ends with another status than 0, [`Failure::Stopped`].
pub(crate) fn run(command: &mut Command) -> Outcome {
    let name = name(command);
    let mut child = spawn(command.stdin(Stdio::null()))?;
    let status = wait(&mut child)?;
    expect_success(&name, status)
}

/// Runs a command to its end and gives each line of its standard output to `line` as it comes.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_reading(command: &mut Command, line: impl FnMut(&str) + Send) -> Outcome {
    let name = name(command);
    let status = run_reading_status(command, line)?;
    expect_success(&name, status)
}

/// As [`run_reading`], for commands whose status says more than that they failed.
pub(crate) fn run_reading_status(command: &mut Command, line: impl FnMut(&str) + Send) -> Outcome<ExitStatus> {
    let mut child = spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let output = child.stdout.take().expect("standard output was just piped");
    read_to_the_end(child, output, line)
}

/// As [`run_reading`], for commands that tell what they do on standard error.
pub(crate) fn run_reading_errors(command: &mut Command, line: impl FnMut(&str) + Send) -> Outcome {
    let name = name(command);
    let mut child = spawn(command.stdin(Stdio::null()).stderr(Stdio::piped()))?;
    let output = child.stderr.take().expect("standard error was just piped");
    expect_success(&name, read_to_the_end(child, output, line)?)
}

fn read_to_the_end(
    mut child: Child,
    output: impl Read + Send,
    mut line: impl FnMut(&str) + Send,
) -> Outcome<ExitStatus> {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for text in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                line(&String::from_utf8_lossy(&text));
            }
        });
        wait(&mut child)
    })
}

/// What a short command prints on standard output; `None` when it cannot run or fails.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// A child that runs beside us; dropping it asks it to end, and makes it when it does not.
pub(crate) struct Background {
    child: Child,
}

impl Background {
    /// Starts it.
    ///
    /// # Errors
    /// [`Failure::Because`] when it cannot start, [`Failure::Stopped`].
    pub(crate) fn start(command: &mut Command) -> Outcome<Self> {
        check_stopped()?;
        let name = name(command);
        let child = command.stdin(Stdio::null()).process_group(0).spawn().context(&format!("run `{name}`"))?;
        Ok(Self { child })
    }

    /// Its standard output, which must have been piped.
    pub(crate) fn output(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("its standard output is piped, and taken once")
    }

    /// Whether it ended by itself.
    pub(crate) fn has_ended(&mut self) -> Outcome<bool> {
        Ok(self.child.try_wait().context("look after a child")?.is_some())
    }

    /// Asks it to end and waits until it did.
    ///
    /// # Errors
    /// [`Failure::Because`] when it takes longer than ten seconds.
    pub(crate) fn end(mut self) -> Outcome<ExitStatus> {
        self.signal(Signal::SIGTERM);
        self.wait_for(GRACE).ok_or("it does not end").context("end a child")
    }

    fn signal(&self, signal: Signal) {
        if let Ok(group) = i32::try_from(self.child.id()) {
            // It may have ended in this moment.
            let _ = killpg(Pid::from_raw(group), signal);
        }
    }

    fn wait_for(&mut self, most: Duration) -> Option<ExitStatus> {
        let start = Instant::now();
        while start.elapsed() < most {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.signal(Signal::SIGTERM);
            if self.wait_for(GRACE).is_none() {
                self.signal(Signal::SIGKILL);
                let _ = self.child.wait();
            }
        }
    }
}

const GRACE: Duration = Duration::from_secs(10);

fn spawn(command: &mut Command) -> Outcome<Child> {
    let mut watched = watched(); // held, so that no signal falls between the start and the note of it
    if let Some(signal) = watched.stopped {
        return Err(Failure::Stopped(signal));
    }
    let child = command.process_group(0).spawn().context(&format!("run `{}`", name(command)))?;
    watched.group = i32::try_from(child.id()).ok().map(Pid::from_raw);
    Ok(child)
}

fn wait(child: &mut Child) -> Outcome<ExitStatus> {
    let status = child.wait();
    let mut watched = watched();
    if let Some(group) = watched.group.take() {
        // What the child left behind would hold its output open, and ports.
        let _ = killpg(group, Signal::SIGKILL);
    }
    match watched.stopped {
        Some(signal) => Err(Failure::Stopped(signal)),
        None => status.context("wait for a child"),
    }
}

fn expect_success(name: &str, status: ExitStatus) -> Outcome {
    if status.success() { Ok(()) } else { Err(Failure::Because(format!("`{name}` failed ({status})"))) }
}

/// The command as a person would type it, without the path of the program.
fn name(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(program).chain(command.get_args()).map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn watched() -> std::sync::MutexGuard<'static, Watched> {
    WATCHED.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
