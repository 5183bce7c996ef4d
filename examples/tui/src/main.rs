//! A chat in a terminal: servers, channels, messages, and what is on its way.
//!
//! Everything that is shown comes from the objects of [`Chat`]; this program only draws them. With `--data` it opens
//! without a network, with what was there and what was not sent.

mod app;
mod screen;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use beep_client::storage::{FileStorage, MemoryStorage};
use beep_client::{Chat, Client, SavedSession, SessionChange};
use clap::Parser;

/// Ctrl-N and Ctrl-P choose a channel, the page keys scroll, Enter sends. Ctrl-R tries again at once, Ctrl-X takes back
/// what was refused. Escape ends.
#[derive(Parser)]
struct Arguments {
    /// The backend.
    #[arg(long, env = "TUI_URL", default_value = "http://127.0.0.1:8008")]
    url: String,
    /// Username or mail address; not needed once a session is stored.
    #[arg(long, env = "TUI_LOGIN")]
    login: Option<String>,
    /// The password; better given by the environment, since everybody on the machine sees arguments.
    #[arg(long, env = "TUI_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// A folder for the session, messages and drafts; without one nothing is kept.
    #[arg(long, env = "TUI_DATA")]
    data: Option<PathBuf>,
}

type Failed = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tui: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Failed> {
    let storage = arguments.data.as_ref().map(FileStorage::open).transpose()?;
    let file = arguments.data.map(|folder| folder.join("session.json"));
    let mut builder = Client::builder(arguments.url);
    if let Some(file) = file.clone() {
        builder = builder.on_session_change(move |change| keep(&file, &change));
    }
    let client = builder.build()?;
    match (file.as_deref().and_then(stored), arguments.login, arguments.password) {
        (Some(session), ..) => client.resume(session),
        (None, Some(login), Some(password)) => drop(client.login(login, password).await?),
        _ => return Err("give --login and --password".into()),
    }
    let chat = match storage {
        Some(storage) => Chat::new(client, storage)?,
        None => Chat::new(client, MemoryStorage::default())?,
    };
    let running = tokio::spawn(chat.run());
    let terminal = ratatui::init();
    let result = app::show(&chat, terminal, running).await;
    ratatui::restore();
    // What was written in the last moment is kept, too.
    chat.saved().await?;
    result
}

/// The session that an earlier run left.
fn stored(file: &Path) -> Option<SavedSession> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

/// Stores the session, readable by its owner alone: it gives full access to the account.
fn keep(file: &Path, change: &SessionChange) {
    let kept = match change {
        SessionChange::Saved(session) => serde_json::to_vec(session).map_err(Into::into).and_then(|json| {
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            std::io::Write::write_all(&mut options.open(file)?, &json)
        }),
        _ => std::fs::remove_file(file),
    };
    if let Err(error) = kept {
        eprintln!("the session could not be stored in {}: {error}", file.display());
    }
}
