//! A running backend's private ear: a socket in the data directory, for the command line on the same machine.
//!
//! The database is one process's, so what an operator says goes to that process. One line asks, one line answers; who
//! may open the data directory may ask.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use beep_core::backend::admin::{self, By};
use beep_core::backend::{Backend, Refusal, accounts, second_factors, users};
use beep_core::global_role::GlobalRole;
use beep_core::id::{UserId, UserKey};
use beep_proto::id::Ref;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::cli::date;
use crate::{Beep, Config, StartError, console};

/// What an operator asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Request {
    /// The username or id.
    pub(crate) user: String,
    /// What is to become of their account.
    pub(crate) act: Act,
}

/// What is to become of an account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Act {
    /// It is given a global role.
    Grant(GlobalRole),
    /// A global role is taken from it.
    Revoke(GlobalRole),
    /// Its second factor is taken from it.
    ResetSecondFactor,
}

impl Act {
    /// What an account is then.
    fn done(self) -> String {
        match self {
            Self::Grant(role) => format!("is now {role}"),
            Self::Revoke(role) => format!("is no longer {role}"),
            Self::ResetSecondFactor => "has no second factor any more".to_owned(),
        }
    }
}

impl Request {
    fn write(&self) -> String {
        let user = &self.user;
        match self.act {
            Act::Grant(role) => format!("{GRANT} {user} {role}\n"),
            Act::Revoke(role) => format!("{REVOKE} {user} {role}\n"),
            Act::ResetSecondFactor => format!("{RESET_SECOND_FACTOR} {user}\n"),
        }
    }

    fn read(line: &str) -> Option<Self> {
        let words: Vec<_> = line.split_whitespace().collect();
        let (user, act) = match words.as_slice() {
            [GRANT, user, role] => (user, Act::Grant(GlobalRole::named(role)?)),
            [REVOKE, user, role] => (user, Act::Revoke(GlobalRole::named(role)?)),
            [RESET_SECOND_FACTOR, user] => (user, Act::ResetSecondFactor),
            _ => return None,
        };
        Some(Self { user: (*user).to_owned(), act })
    }

    /// Does it; says whom it concerns. The error is for the operator.
    async fn carry_out(&self, backend: &Backend) -> Result<String, String> {
        self.attempt(backend).await.map_err(|refusal| self.spell(refusal))
    }

    async fn attempt(&self, backend: &Backend) -> Result<String, Refusal> {
        let user = self.find(backend).await?;
        match self.act {
            Act::Grant(role) => admin::grant(backend, By::Operator, &user, role).await?,
            Act::Revoke(role) => admin::revoke(backend, By::Operator, &user, role).await?,
            Act::ResetSecondFactor => second_factors::reset(backend, &user).await?,
        }
        let account = accounts::active(backend, user.id).await?.ok_or(Refusal::NotFound)?;
        let since = date(account.user.created_at);
        Ok(format!("{} ({user}, {}, since {since})", account.user.username, account.email))
    }

    /// Whom the operator means: an id is never that of somebody else, as a name may be that was given up.
    async fn find(&self, backend: &Backend) -> Result<UserKey, Refusal> {
        match self.user.parse::<Ref<UserId>>() {
            Ok(id) => Ok(id.qualify(&backend.domain)),
            Err(_) => Ok(users::by_handle(backend, &self.user).await?.key),
        }
    }

    fn spell(&self, refusal: Refusal) -> String {
        match refusal {
            Refusal::NotFound => format!("there is no account `{}`", self.user),
            Refusal::Conflict(why) => why.to_owned(),
            Refusal::Invalid(_) | Refusal::Remote(_) => "it must be a user of this backend".to_owned(),
            other => crate::http::Refused::from(other).0.detail,
        }
    }
}

/// The socket of this backend; it is taken away when dropped.
pub(crate) struct Socket(PathBuf);

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Listens as long as the backend lives. Without the socket everything else works, so a failure is only told.
pub(crate) fn listen(data_dir: &Path, beep: &Beep) -> Option<Socket> {
    let path = data_dir.join(SOCKET);
    // Backends with databases of their own, as in memory, may have the same directory.
    if std::os::unix::net::UnixStream::connect(&path).is_ok() {
        tracing::warn!(path = %path.display(), "another backend with this directory has the control socket");
        return None;
    }
    let _ = std::fs::remove_file(&path);
    let bound = UnixListener::bind(&path).and_then(|listener| {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    });
    let listener = match bound {
        Ok(listener) => listener,
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "cannot open the control socket");
            return None;
        }
    };
    let backend = Arc::downgrade(beep.backend());
    beep.tasks().spawn("control socket", async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                // Out of file descriptors, most likely: connections that end make room.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let Some(backend) = backend.upgrade() else { return };
            let _ = tokio::time::timeout(PATIENCE, answer(stream, &backend)).await;
        }
    });
    Some(Socket(path))
}

async fn answer(stream: UnixStream, backend: &Backend) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    BufReader::new(reader.take(MOST_OCTETS)).read_line(&mut line).await?;
    let done = match Request::read(&line) {
        Some(request) => {
            let done = request.carry_out(backend).await;
            tracing::info!(?request, ?done, "carried out a command of the operator");
            done
        }
        None => Err("the running backend is of another release and does not know this command".to_owned()),
    };
    let told = done.map_or_else(|why| why.replace('\n', " "), |whom| format!("{DONE} {whom}"));
    writer.write_all(format!("{told}\n").as_bytes()).await
}

/// Does what an operator asks: through the process that serves, or on the database if none does.
pub(crate) async fn ask(config: Config, request: Request) -> Result<(), StartError> {
    let done = match UnixStream::connect(config.data_dir.join(SOCKET)).await {
        Ok(stream) => match tokio::time::timeout(PATIENCE, exchange(stream, &request)).await {
            Ok(Ok(answer)) if !answer.trim().is_empty() => match answer.trim().strip_prefix(DONE) {
                Some(whom) => Ok(whom.trim().to_owned()),
                None => Err(answer.trim().to_owned()),
            },
            Ok(Ok(_) | Err(_)) | Err(_) => Err("the running backend gave no answer; try again".to_owned()),
        },
        Err(_) => {
            let beep = Beep::open(config).await?;
            let done = request.carry_out(beep.backend()).await;
            beep.close().await;
            done
        }
    };
    let whom = done.map_err(StartError)?;
    console::print(&format!("{whom} {}\n", request.act.done()));
    Ok(())
}

async fn exchange(stream: UnixStream, request: &Request) -> std::io::Result<String> {
    let (reader, mut writer) = stream.into_split();
    writer.write_all(request.write().as_bytes()).await?;
    let mut line = String::new();
    BufReader::new(reader.take(MOST_OCTETS)).read_line(&mut line).await?;
    Ok(line)
}

const SOCKET: &str = "control.sock";
const GRANT: &str = "grant";
const REVOKE: &str = "revoke";
const RESET_SECOND_FACTOR: &str = "reset-2fa";
const DONE: &str = "done";

/// More than the longest line.
const MOST_OCTETS: u64 = 4_096;

/// How long either side may take.
const PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use crate::config::DatabaseConfig;

    use super::*;

    #[tokio::test]
    async fn a_backend_takes_the_socket_of_none_that_lives() {
        let folder = tempfile::tempdir().expect("a directory can be made");
        let database = DatabaseConfig { url: Some("memory:".to_owned()) };
        let open = || {
            Beep::open(Config { data_dir: folder.path().to_owned(), database: database.clone(), ..Config::default() })
        };
        let (first, second) = (open().await.expect("it opens"), open().await.expect("it has a database of its own"));
        let socket = listen(folder.path(), &first).expect("nobody has the socket");
        assert!(listen(folder.path(), &second).is_none());
        assert!(folder.path().join(SOCKET).exists(), "the first one keeps it");
        drop(socket);
        assert!(listen(folder.path(), &second).is_some());
        first.close().await;
        second.close().await;
    }

    #[tokio::test]
    async fn a_socket_that_was_left_behind_is_replaced() {
        let folder = tempfile::tempdir().expect("a directory can be made");
        drop(std::os::unix::net::UnixListener::bind(folder.path().join(SOCKET)).expect("it is free"));
        let database = DatabaseConfig { url: Some("memory:".to_owned()) };
        let config = Config { data_dir: folder.path().to_owned(), database, ..Config::default() };
        let beep = Beep::open(config).await.expect("it opens");
        assert!(listen(folder.path(), &beep).is_some());
        beep.close().await;
    }
}
