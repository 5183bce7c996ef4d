//! A `beep-server` process: started, watched, killed, started again.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::PATIENCE;
use crate::database::Engine;

/// A backend in a process of its own, with a data directory that goes with it.
pub struct Server {
    launcher: Vec<String>,
    directory: Directory,
    database: String,
    flags: Vec<String>,
    process: Option<Child>,
    address: String,
    /// What the names of people end with here, so that no other test has them.
    suffix: String,
}

/// Where a backend keeps what is not in its database.
enum Directory {
    /// It goes with the backend.
    Own(tempfile::TempDir),
    /// It belongs to whoever started the backend.
    Others(PathBuf),
}

impl Directory {
    fn path(&self) -> &Path {
        match self {
            Self::Own(directory) => directory.path(),
            Self::Others(path) => path,
        }
    }
}

impl Server {
    /// A backend that other tests use at the same time, without rate limits: for those that leave it running as it is,
    /// and look at nothing but what they made. It is the one that `BEEP_TEST_SERVERS` tells of, as `cargo xtask test`
    /// does; else one is started.
    pub async fn shared(engine: Engine) -> Self {
        let told = std::env::var("BEEP_TEST_SERVERS").unwrap_or_default();
        let ours = told.split(';').find_map(|server| server.strip_prefix(&format!("{engine:?}=")));
        let Some((address, directory)) = ours.and_then(|server| server.split_once(',')) else {
            return Self::start(engine).await;
        };
        let random = uuid::Uuid::new_v4().simple().to_string();
        Self {
            launcher: Vec::new(),
            directory: Directory::Others(directory.into()),
            database: String::new(),
            flags: Vec::new(),
            process: None,
            address: address.to_owned(),
            suffix: format!("_{}", &random[..8]),
        }
    }

    /// Starts a backend on a fresh database and a free port, without rate limits.
    pub async fn start(engine: Engine) -> Self {
        Self::start_with(engine, &["--limits.rates", "off"]).await
    }

    /// Starts a backend with further flags, rate limits as they are by default.
    pub async fn start_with(engine: Engine, flags: &[&str]) -> Self {
        Self::start_under(&[], engine, flags).await
    }

    /// The same under another program with its arguments, such as `taskset`, that replaces itself by the server.
    pub async fn start_under(launcher: &[&str], engine: Engine, flags: &[&str]) -> Self {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let directory = tempfile::tempdir().expect("a directory can be made");
        let database = engine.fresh(directory.path()).await;
        let mut server = Self {
            launcher: owned(launcher),
            directory: Directory::Own(directory),
            database,
            flags: owned(flags),
            process: None,
            address: free_address(),
            suffix: String::new(),
        };
        server.run().await;
        server
    }

    /// Starts the process, each time on the same port.
    pub async fn run(&mut self) {
        let mut line: Vec<OsString> = self.launcher.iter().map(OsString::from).collect();
        line.push(binary().into());
        let mut process = unswayed(&line[0])
            .args(&line[1..])
            .args(["--listen", &self.address, "--database.url", &self.database])
            .arg("--data_dir")
            .arg(self.directory.path())
            .args(&self.flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log(self.directory.path()))
            .kill_on_drop(true)
            .spawn()
            .expect("beep-server starts");
        let out = process.stdout.take().expect("standard output is piped");
        let mut lines = BufReader::new(out).lines();
        let line = timeout(PATIENCE, lines.next_line()).await.expect("the server says that it listens");
        let line = line.expect("standard output is text");
        let Some(line) = line else { panic!("the server stopped:\n{}", self.log()) };
        self.address = line.strip_prefix("listening on http://").expect("the start message").to_owned();
        self.process = Some(process);
    }

    /// Kills the process with `SIGKILL`.
    pub async fn kill(&mut self) {
        let mut process = self.process.take().expect("the server runs");
        process.kill().await.expect("the process can be killed");
    }

    /// Asks the process to stop with `SIGTERM`, and gives its exit code once it has.
    pub async fn stop(&mut self) -> Option<i32> {
        let mut process = self.process.take().expect("the server runs");
        let id = process.id().expect("the process runs").to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().await.expect("`kill` runs");
        assert!(asked.success());
        let ended = timeout(Duration::from_secs(10), process.wait()).await.expect("it stops within 10 s");
        ended.expect("its status is known").code()
    }

    /// Stops the process and starts it with further flags.
    pub async fn restart_with(&mut self, flags: &[&str]) {
        assert_eq!(self.stop().await, Some(0));
        self.flags.extend(flags.iter().map(|flag| (*flag).to_owned()));
        self.run().await;
    }

    /// Stops the process and starts it with these flags and no others.
    pub async fn restart_as(&mut self, flags: &[&str]) {
        self.flags.clear();
        self.restart_with(flags).await;
    }

    /// Runs the program's `admin` verb on the data of this backend, running or not.
    pub async fn admin(&self, words: &[&str]) -> std::process::Output {
        let mut command = command();
        command.arg("admin").args(words).args(["--database.url", &self.database]).arg("--data_dir");
        command.arg(self.directory.path()).stdin(Stdio::null()).kill_on_drop(true);
        let ended = timeout(PATIENCE, command.output()).await.expect("it ends");
        ended.expect("the program runs")
    }

    /// The name that somebody has here whom a test calls by this one.
    pub fn name_of(&self, person: &str) -> String {
        format!("{person}{}", self.suffix)
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.process.as_ref().and_then(Child::id).expect("the server runs")
    }

    /// Where it listens: `http://127.0.0.1:…`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `127.0.0.1:…`
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The URL of its database.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// Its data directory.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("server.log")).unwrap_or_default()
    }

    /// Makes refresh tokens that were replaced ones that were replaced long ago, of a stopped backend on SQLite.
    pub async fn age_replaced_tokens(&self) {
        let options = SqliteConnectOptions::new().filename(self.directory.path().join("beep.db"));
        let mut database = options.connect().await.expect("the database opens");
        database.execute("UPDATE session SET replaced = x''").await.expect("sessions are written");
        database.close().await.expect("the database closes");
    }

    /// The code in the latest mail to an address. Mail is in the directory before its request is answered.
    pub fn mailed_code(&self, address: &str) -> String {
        mailed_code(self.directory.path(), address)
    }
}

/// The code in the latest mail to an address from a backend with this data directory.
pub fn mailed_code(directory: &Path, address: &str) -> String {
    let mails = std::fs::read_dir(directory.join("mail")).expect("the mail directory is there");
    let mut mails: Vec<PathBuf> = mails.map(|entry| entry.expect("it is readable").path()).collect();
    mails.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    mails.sort();
    for mail in mails.iter().rev() {
        let text = std::fs::read_to_string(mail).expect("a mail is text");
        let to = text.lines().next().and_then(|line| line.strip_prefix("To: "));
        if to.is_some_and(|to| to.eq_ignore_ascii_case(address)) {
            let subject = text.lines().nth(1).and_then(|line| line.strip_prefix("Subject: "));
            return subject.expect("a mail has a subject").chars().take(6).collect();
        }
    }
    panic!("no mail to {address}")
}

/// A free port of loopback, below those that the system gives to outgoing connections: none of them takes it while the
/// server is down.
pub fn free_address() -> String {
    free_address_on("127.0.0.1")
}

/// The same of another address of loopback.
pub fn free_address_on(host: &str) -> String {
    let free = (0..1_000).find_map(|_| {
        let [a, b, ..] = uuid::Uuid::new_v4().into_bytes();
        let address = format!("{host}:{}", 12_000 + u16::from_be_bytes([a, b]) % 20_000);
        std::net::TcpListener::bind(&address).ok().map(|_| address)
    });
    free.expect("a port is free")
}

/// A command of the server's program.
pub fn command() -> Command {
    unswayed(binary().as_os_str())
}

/// A command that no `BEEP_…` variable of the test's own reaches.
fn unswayed(program: &std::ffi::OsStr) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("BEEP_") {
            command.env_remove(name);
        }
    }
    command
}

/// The server's program: `BEEP_SERVER_BIN`, else beside the test's own.
pub fn binary() -> PathBuf {
    if let Some(named) = std::env::var_os("BEEP_SERVER_BIN") {
        return named.into();
    }
    let own = std::env::current_exe().expect("the test knows its own path");
    let folder = own.parent().and_then(Path::parent).expect("tests are built into target/…/deps");
    let binary = folder.join("beep-server");
    assert!(binary.exists(), "build it first: cargo build --package beep-server");
    binary
}

fn log(directory: &Path) -> Stdio {
    let file = std::fs::OpenOptions::new().create(true).append(true).open(directory.join("server.log"));
    file.expect("a log can be kept").into()
}
