//! Why a command did not succeed, and how the process then ends.

use std::process::ExitCode;

use nix::sys::signal::Signal;

/// What a step gives.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Why a command did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A step failed; the text says which and how, for a person.
    Because(String),
    /// It failed and was told of already.
    Told,
    /// Somebody asked it to stop.
    Stopped(Signal),
    /// The command line means nothing.
    Usage,
}

impl Failure {
    /// Tells what happened and gives the exit code: 2 for wrong use, 128 and the signal as shells do, else 1.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::Because(reason) => {
                eprintln!("xtask: {reason}");
                ExitCode::FAILURE
            }
            Self::Told => ExitCode::FAILURE,
            Self::Stopped(signal) => {
                eprintln!("xtask: stopped by {signal}");
                ExitCode::from(128u8.saturating_add(u8::try_from(signal as i32).unwrap_or(0)))
            }
            Self::Usage => {
                eprint!("{}", crate::USAGE);
                ExitCode::from(2)
            }
        }
    }
}

/// Says what was tried when an operation of the system failed.
pub(crate) trait Context<T> {
    /// Turns the error into a [`Failure`] that reads "could not `attempt`: error".
    fn context(self, attempt: &str) -> Outcome<T>;
}

impl<T, E: std::fmt::Display> Context<T> for Result<T, E> {
    fn context(self, attempt: &str) -> Outcome<T> {
        self.map_err(|error| Failure::Because(format!("could not {attempt}: {error}")))
    }
}
