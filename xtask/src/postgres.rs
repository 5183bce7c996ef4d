//! A PostgreSQL for one run: on a loopback port of its own, with data that is thrown away.
//!
//! PostgreSQL refuses to run as root, so then it runs as the user that its package made.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User};

use crate::child;
use crate::failure::{Context, Failure, Outcome};
use crate::packages::Need;

/// The variable that names the database of the tests.
pub(crate) const URL_VARIABLE: &str = "BEEP_TEST_POSTGRES_URL";

/// The programs of PostgreSQL.
pub(crate) const POSTGRES: Need =
    Need { what: "PostgreSQL", is_present: || programs().is_some(), debian: &["postgresql"] };

/// Whether what is committed survives that the machine stops.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Durability {
    /// As PostgreSQL does by default; what is measured is measured with it.
    Kept,
    /// Nobody waits for the disk. Tests kill our own processes, and none of them PostgreSQL or the machine: what was
    /// committed is there for the next process in any case.
    Forgone,
}

/// A running server; dropping it stops the server and removes its data.
pub(crate) struct Postgres {
    /// Where tests connect to, as a superuser.
    pub(crate) url: String,
    /// Nothing when somebody else runs it.
    ours: Option<Ours>,
}

struct Ours {
    server: Child,
    folder: PathBuf,
}

impl Postgres {
    /// Starts a server, or takes the one that [`URL_VARIABLE`] names already.
    ///
    /// # Errors
    /// [`Failure::Because`] with the end of its log when it does not come up.
    pub(crate) fn start(durability: Durability) -> Outcome<Self> {
        if let Ok(url) = std::env::var(URL_VARIABLE) {
            println!("    using the PostgreSQL of {URL_VARIABLE}");
            return Ok(Self { url, ours: None });
        }
        crate::packages::ensure(&[POSTGRES])?;
        Self::start_ours(durability)
    }

    /// Whether nobody else uses it.
    pub(crate) fn is_ours(&self) -> bool {
        self.ours.is_some()
    }

    fn start_ours(durability: Durability) -> Outcome<Self> {
        let programs = programs().ok_or("no folder has it").context("find PostgreSQL")?;
        let owner = owner()?;
        let password = password()?;
        let folder = make_folder(owner.as_ref())?;
        // From here on, whatever goes wrong, the folder goes.
        let folder = Folder(Some(folder));
        initialise(&programs, folder.path(), owner.as_ref(), &password)?;
        for _ in 0..ATTEMPTS {
            let port = free_port()?;
            let mut server = serve(&programs, folder.path(), owner.as_ref(), port, durability)?;
            match until_ready(&programs, &mut server, port) {
                Ok(true) => {
                    let url = format!("postgres://{USER}:{password}@127.0.0.1:{port}/postgres");
                    return Ok(Self { url, ours: Some(Ours { server, folder: folder.keep() }) });
                }
                Ok(false) => {} // the port may have been taken in between
                Err(failure) => {
                    stop(&mut server);
                    return Err(failure);
                }
            }
        }
        let log = fs::read_to_string(folder.path().join(LOG)).unwrap_or_default();
        Err(Failure::Because(format!("PostgreSQL did not come up:\n{log}")))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(ours) = &mut self.ours {
            stop(&mut ours.server);
            let _ = fs::remove_dir_all(&ours.folder);
        }
    }
}

/// A folder that is removed unless it is kept.
struct Folder(Option<PathBuf>);

impl Folder {
    fn path(&self) -> &Path {
        self.0.as_deref().expect("only `keep` empties it, and takes it")
    }

    fn keep(mut self) -> PathBuf {
        self.0.take().expect("only `keep` empties it, and takes it")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Some(folder) = &self.0 {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// The folder with `initdb` and `postgres`: the newest of Debian's, else one on the path.
fn programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = debian
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut folders = versions.into_iter().rev().map(|(_, folder)| folder).chain(on_path);
    folders.find(|folder| ["initdb", "postgres", "pg_isready"].iter().all(|name| folder.join(name).exists()))
}

/// Who runs it when we are root.
fn owner() -> Outcome<Option<User>> {
    if !nix::unistd::geteuid().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name).context("look up a user")? {
            return Ok(Some(user));
        }
    }
    Err(Failure::Because("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`".to_owned()))
}

/// 128 random bits: other users of this machine can reach the port too.
fn password() -> Outcome<String> {
    let mut random = [0; 16];
    let mut source = File::open("/dev/urandom").context("open /dev/urandom")?;
    std::io::Read::read_exact(&mut source, &mut random).context("read /dev/urandom")?;
    Ok(random.iter().map(|octet| format!("{octet:02x}")).collect())
}

fn make_folder(owner: Option<&User>) -> Outcome<PathBuf> {
    let folder = std::env::temp_dir().join(format!("beep-postgres-{}", std::process::id()));
    // A run with the same process id that was killed may have left one.
    let _ = fs::remove_dir_all(&folder);
    fs::DirBuilder::new().mode(0o700).create(&folder).context(&format!("make {}", folder.display()))?;
    give(&folder, owner)?;
    Ok(folder)
}

fn give(path: &Path, owner: Option<&User>) -> Outcome {
    match owner {
        Some(user) => std::os::unix::fs::chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
            .context(&format!("give {} to {}", path.display(), user.name)),
        None => Ok(()),
    }
}

fn initialise(programs: &Path, folder: &Path, owner: Option<&User>, password: &str) -> Outcome {
    let password_file = folder.join("password");
    fs::write(&password_file, password).context("write the password")?;
    fs::set_permissions(&password_file, fs::Permissions::from_mode(0o600)).context("hide the password")?;
    give(&password_file, owner)?;
    let output = as_owner(owner, &programs.join("initdb"))
        .args(["--username", USER, "--auth=password", "--encoding=UTF8", "--no-locale", "--no-sync"])
        .arg("--pwfile")
        .arg(&password_file)
        .arg("--pgdata")
        .arg(folder.join(DATA))
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .context("run initdb")?;
    child::check_stopped()?;
    if output.status.success() {
        return Ok(());
    }
    Err(Failure::Because(format!("initdb failed: {}", String::from_utf8_lossy(&output.stderr))))
}

fn serve(programs: &Path, folder: &Path, owner: Option<&User>, port: u16, durability: Durability) -> Outcome<Child> {
    let log = File::create(folder.join(LOG)).context("make PostgreSQL's log")?;
    let errors = log.try_clone().context("share PostgreSQL's log")?;
    let mut postgres = as_owner(owner, &programs.join("postgres"));
    if durability == Durability::Forgone {
        postgres.args(["-c", "fsync=off", "-c", "full_page_writes=off"]);
    }
    postgres
        .arg("-D")
        .arg(folder.join(DATA))
        .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
        .args(["-c", &format!("port={port}"), "-c", &format!("max_connections={CONNECTIONS}")])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .context("run postgres")
}

/// A command of PostgreSQL's that runs as `owner` and ends when we are killed.
fn as_owner(owner: Option<&User>, program: &Path) -> Command {
    let has_setpriv = child::answer(Command::new("setpriv").arg("--version")).is_some();
    if !has_setpriv && owner.is_none() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "QUIT"]);
    if let Some(user) = owner {
        command.args(["--reuid", &user.uid.to_string(), "--regid", &user.gid.to_string(), "--clear-groups"]);
    }
    command.arg("--").arg(program);
    command
}

fn free_port() -> Outcome<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("find a free port")?;
    Ok(listener.local_addr().context("read the port")?.port())
}

/// Waits until it answers; `false` when it ended instead.
fn until_ready(programs: &Path, server: &mut Child, port: u16) -> Outcome<bool> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        child::check_stopped()?;
        if server.try_wait().context("look after PostgreSQL")?.is_some() {
            return Ok(false);
        }
        let mut probe = Command::new(programs.join("pg_isready"));
        if child::answer(probe.args(["--host=127.0.0.1", "--port", &port.to_string()])).is_some() {
            return Ok(true);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Err(Failure::Because(format!("PostgreSQL did not answer within {} s", PATIENCE.as_secs())))
}

/// SIGQUIT is PostgreSQL's immediate shutdown: the data is thrown away anyway.
fn stop(server: &mut Child) {
    if let Ok(id) = i32::try_from(server.id()) {
        let _ = kill(Pid::from_raw(id), Signal::SIGQUIT);
    }
    let _ = server.wait();
}

const USER: &str = "beep";
const DATA: &str = "data";
const LOG: &str = "postgres.log";
const CONNECTIONS: u16 = 300;
const ATTEMPTS: u8 = 5;
const PATIENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    #[test]
    fn leaves_nothing_behind() {
        if programs().is_none() {
            println!("skipped: PostgreSQL is not installed");
            return;
        }
        let postgres = Postgres::start_ours(Durability::Forgone).expect("starts");
        let address = postgres.url.split(['@', '/']).nth(3).expect("has an address").to_owned();
        let folder = postgres.ours.as_ref().expect("ours").folder.clone();
        assert!(TcpStream::connect(&address).is_ok(), "answers at {address}");
        assert!(folder.join(DATA).exists());
        drop(postgres);
        assert!(TcpStream::connect(&address).is_err(), "is stopped");
        assert!(!folder.exists());
    }
}
