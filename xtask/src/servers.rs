//! One backend for each engine, which the tests share that leave a backend as it is.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use crate::child::{self, Background};
use crate::failure::{Context, Failure, Outcome};
use crate::postgres::Postgres;
use crate::workspace::{built, forget_cargo};

/// The variable that tells the tests of them: `Sqlite=127.0.0.1:1234,/data/directory;Postgres=…`.
pub(crate) const VARIABLE: &str = "BEEP_TEST_SERVERS";

/// Running backends; dropping it stops them and removes their data.
pub(crate) struct Servers {
    /// The value of [`VARIABLE`].
    pub(crate) told: String,
    running: Vec<Background>,
    folder: PathBuf,
}

impl Servers {
    /// Starts the debug build of the server on SQLite, and on PostgreSQL if that is ours: somebody else's may be used by
    /// others too.
    pub(crate) fn start(postgres: &Postgres) -> Outcome<Self> {
        let folder = std::env::temp_dir().join(format!("beep-servers-{}", std::process::id()));
        let mut servers = Self { told: String::new(), running: Vec::new(), folder };
        let _ = fs::remove_dir_all(&servers.folder);
        servers.add("Sqlite", None)?;
        if postgres.is_ours() {
            servers.add("Postgres", Some(&postgres.url))?;
        }
        Ok(servers)
    }

    fn add(&mut self, engine: &str, database: Option<&str>) -> Outcome {
        let data = self.folder.join(engine);
        fs::create_dir_all(&data).context(&format!("make {}", data.display()))?;
        let log = File::create(data.join("server.log")).context("make the log of a backend")?;
        let mut command = Command::new(built("debug", "beep-server")?);
        forget_cargo(&mut command);
        command.args(["--listen", "127.0.0.1:0", "--limits.rates", "off", "--data_dir"]).arg(&data);
        command.args(database.map(|url| ["--database.url", url]).into_iter().flatten());
        let mut server = Background::start(command.stdout(Stdio::piped()).stderr(log))?;
        let address = until_listening(&mut server);
        self.running.push(server);
        let address = address.map_err(|failure| with_log(failure, &data))?;
        self.told += &format!("{engine}={address},{};", data.display());
        Ok(())
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        self.running.clear();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn with_log(failure: Failure, data: &Path) -> Failure {
    let log = fs::read_to_string(data.join("server.log")).unwrap_or_default();
    match failure {
        Failure::Because(reason) => Failure::Because(format!("{reason}:\n{log}")),
        other => other,
    }
}

/// Passes on what a backend prints, up to the address where it listens.
pub(crate) fn until_listening(server: &mut Background) -> Outcome<String> {
    let (tell, told) = mpsc::channel();
    let output = BufReader::new(server.output());
    std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            println!("{line}");
            if let Some(address) = line.strip_prefix("listening on http://") {
                let _ = tell.send(address.to_owned());
            }
        }
    });
    loop {
        child::check_stopped()?;
        match told.recv_timeout(Duration::from_millis(100)) {
            Ok(address) => return Ok(address),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failure::Because("it ended before it listened".to_owned()));
            }
        }
    }
}
