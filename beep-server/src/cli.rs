//! The command line: verbs, flags, exit codes.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage. An error is one line on standard error.

mod authority;
mod bundle;
mod certificate;
mod check;
mod doctor;
mod federation;
mod handshake;
mod identity;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use beep_core::global_role::GlobalRole;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub(crate) use self::certificate::date;
use self::federation::Federation;
use crate::config::{self, Config};
use crate::control::{self, Act};
use crate::{StartError, console, log, serve};

/// A Beep backend: a chat with servers, channels and roles.
#[derive(Debug, Parser)]
#[command(name = "beep-server", version)]
struct Arguments {
    /// The settings file.
    #[arg(long, global = true, value_name = "FILE", env = "BEEP_CONFIG")]
    config: Option<PathBuf>,

    /// A setting, such as `--set listen=127.0.0.1:9000`; overrides file and environment. Each key is also a flag of
    /// its own, such as `--listen 127.0.0.1:9000` or `--database.url sqlite://beep.db`.
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,

    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Runs the backend; the default.
    Serve,
    /// Prints the settings in force, with secrets masked.
    Config {
        /// Prints a commented settings file with the defaults instead.
        #[arg(long)]
        default: bool,
    },
    /// Updates the schema of the database to this release, and exits.
    Migrate,
    /// Checks settings, data, database, clock, mail, DNS and certificates, and says what to do.
    Doctor,
    /// Gives and takes global roles, whether the backend runs or not.
    #[command(subcommand)]
    Admin(Admin),
    /// Makes certificates for federation, and checks whether other backends can be reached.
    #[command(subcommand)]
    Federation(Federation),
}

#[derive(Debug, Subcommand)]
enum Admin {
    /// Gives a global role to a user: `user_moderator`, `server_moderator` or `application_administrator`.
    Grant {
        /// The username, or the id, which is never that of somebody else.
        user: String,
        /// The role.
        #[arg(value_parser = global_role)]
        role: GlobalRole,
    },
    /// Takes a global role from a user.
    Revoke {
        /// The username, or the id, which is never that of somebody else.
        user: String,
        /// The role.
        #[arg(value_parser = global_role)]
        role: GlobalRole,
    },
    /// Takes the second factor from the account of a user who has lost it. Make sure first that it is they who ask.
    #[command(name = "reset-2fa")]
    ResetSecondFactor {
        /// The username, or the id, which is never that of somebody else.
        user: String,
    },
}

fn global_role(name: &str) -> Result<GlobalRole, String> {
    let names = || GlobalRole::ALL.map(GlobalRole::name).join(", ");
    GlobalRole::named(name).ok_or_else(|| format!("must be one of {}", names()))
}

/// Runs the program.
pub fn main() -> ExitCode {
    match run(std::env::args().collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Use(error)) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            console::complain("a subcommand or argument is missing; add `--help` to list them");
            ExitCode::from(2)
        }
        Err(Failure::Use(error)) if error.use_stderr() => {
            let whole = error.to_string();
            let line = whole.lines().next().unwrap_or_default();
            console::complain(line.strip_prefix("error: ").unwrap_or(line));
            ExitCode::from(2)
        }
        // `--help` and `--version`.
        Err(Failure::Use(asked)) => {
            let _ = asked.print();
            ExitCode::SUCCESS
        }
        Err(Failure::Settings(StartError(line))) => {
            console::complain(&line);
            ExitCode::from(2)
        }
        Err(Failure::Failed(StartError(line))) => {
            console::complain(&line);
            ExitCode::FAILURE
        }
    }
}

/// A key and its value.
type Setting = (String, String);

enum Failure {
    Use(clap::Error),
    Settings(StartError),
    Failed(StartError),
}

fn run(arguments: Vec<String>) -> Result<(), Failure> {
    let (arguments, mut flags) = split(arguments)?;
    let matches = Arguments::command().try_get_matches_from(arguments).map_err(Failure::Use)?;
    let arguments = Arguments::from_arg_matches(&matches).map_err(Failure::Use)?;
    for set in &arguments.set {
        let Some((key, value)) = set.split_once('=') else {
            return Err(Failure::Settings(StartError(format!("`--set {set}` must be `--set key=value`"))));
        };
        flags.push((key.to_owned(), value.to_owned()));
    }
    if let Some(Verb::Config { default: true }) = arguments.verb {
        console::print(&config::sample());
        return Ok(());
    }
    if let Some(Verb::Federation(Federation::Ca(verb))) = arguments.verb {
        console::print(&federation::run(verb).map_err(Failure::Failed)?);
        return Ok(());
    }
    let config = Config::read(arguments.config.as_deref(), &flags).map_err(Failure::Settings)?;
    let verb = arguments.verb.unwrap_or(Verb::Serve);
    // It is written until this is dropped, before what failed is printed.
    let lines = if matches!(verb, Verb::Serve | Verb::Migrate) {
        Some(log::begin(&config.log).map_err(|line| Failure::Settings(StartError(line)))?)
    } else {
        None
    };
    for name in config::unknown_variables() {
        if lines.is_some() {
            tracing::warn!(%name, "this environment variable is not a setting");
        } else {
            console::complain(&format!("warning: the environment variable `{name}` is not a setting"));
        }
    }
    match verb {
        Verb::Config { .. } => {
            console::print(&config::masked(&config));
            Ok(())
        }
        Verb::Serve => run_on(runtime()?, serve::serve(config)),
        Verb::Federation(Federation::Check { domain }) => run_on(runtime()?, check::check(config, domain)),
        // Done above: it needs no settings.
        Verb::Federation(Federation::Ca(_)) => Ok(()),
        Verb::Doctor => run_on(runtime()?, doctor::doctor(config)),
        Verb::Admin(verb) => {
            let request = match verb {
                Admin::Grant { user, role } => control::Request { user, act: Act::Grant(role) },
                Admin::Revoke { user, role } => control::Request { user, act: Act::Revoke(role) },
                Admin::ResetSecondFactor { user } => control::Request { user, act: Act::ResetSecondFactor },
            };
            run_on(runtime()?, control::ask(config, request))
        }
        Verb::Migrate => run_on(runtime()?, serve::migrate(config)),
    }
}

/// Takes the flags that are settings out of the arguments: `--key value` and `--key=value`.
fn split(arguments: Vec<String>) -> Result<(Vec<String>, Vec<Setting>), Failure> {
    let (mut rest, mut flags) = (Vec::new(), Vec::new());
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let (flag, value) = match argument.split_once('=') {
            Some((flag, value)) => (flag, Some(value.to_owned())),
            None => (argument.as_str(), None),
        };
        let key = flag.strip_prefix("--").map(|name| name.replace('-', "_")).filter(|key| config::is_key(key));
        match key {
            Some(key) => {
                let value = value.or_else(|| arguments.next());
                let valueless = || Failure::Settings(StartError(format!("`{argument}` needs a value")));
                flags.push((key, value.ok_or_else(valueless)?));
            }
            None => rest.push(argument),
        }
    }
    Ok((rest, flags))
}

fn run_on(runtime: tokio::runtime::Runtime, work: impl Future<Output = Result<(), StartError>>) -> Result<(), Failure> {
    let done = runtime.block_on(work);
    // Nobody waits for what is left, such as looking up a name that no server knows.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    done.map_err(Failure::Failed)
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.map_err(|error| Failure::Failed(StartError(format!("the async runtime does not start: {error}"))))
}
