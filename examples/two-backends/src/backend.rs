//! One of the backends: its authority, its certificate, its process, and who signs up there.

use std::error::Error;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use beep_client::{Client, accounts};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::dns::Place;

/// Set in the environment of this program where it is to be `beep-server`.
pub(crate) const ROLE: &str = "TWO_BACKENDS_IS_BEEP_SERVER";

/// The password of all accounts here.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A backend with its folder, its place in the network, and its process.
pub(crate) struct Backend {
    name: &'static str,
    listen: SocketAddr,
    ingress: SocketAddr,
    folder: PathBuf,
    process: Option<Child>,
}

impl Backend {
    /// Makes the authority of a backend and the certificate of its host.
    pub(crate) async fn prepare(
        name: &'static str,
        address: IpAddr,
        port: u16,
        place: &Path,
    ) -> Result<Self, Box<dyn Error>> {
        let folder = place.join(name);
        std::fs::create_dir(&folder)?;
        let ingress = TcpListener::bind((address, 0))?.local_addr()?;
        let backend = Self { name, listen: SocketAddr::new(address, port), ingress, folder, process: None };
        backend.run(&["federation", "ca", "init", "--for", &backend.domain()]).await?;
        backend.run(&["federation", "ca", "issue", &backend.host()]).await?;
        Ok(backend)
    }

    pub(crate) fn domain(&self) -> String {
        format!("{}.example.com", self.name)
    }

    fn host(&self) -> String {
        format!("federator.{}", self.domain())
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.listen)
    }

    /// Where mails go.
    pub(crate) fn mails(&self) -> PathBuf {
        self.folder.join("beep-data/mail")
    }

    /// What its operator sends to others.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.join("beep-federation/authority.pem")
    }

    /// What the DNS says of it.
    pub(crate) fn place(&self) -> Place {
        Place { domain: self.domain(), host: self.host(), address: self.ingress }
    }

    /// Joins the authority of another to those that it trusts.
    pub(crate) async fn trust(&self, authority: &Path) -> Result<(), Box<dyn Error>> {
        self.run(&["federation", "ca", "bundle", &authority.display().to_string()]).await
    }

    /// Starts it, and waits until it listens.
    pub(crate) async fn start(&mut self, dns: SocketAddr) -> Result<(), Box<dyn Error>> {
        let settings = format!(
            "domain = \"{domain}\"\nlisten = \"{listen}\"\n\n[log]\nfilter = \"warn\"\n\n[federation]\nenabled = true\n\
             listen = \"{ingress}\"\ncertificate = \"beep-federation/{host}.pem\"\n\
             key = \"beep-federation/{host}-key.pem\"\ntrust_roots = \"beep-federation/trust-roots.pem\"\n\
             resolver = \"{dns}\"\nallow_private_targets = true\n",
            domain = self.domain(),
            listen = self.listen,
            ingress = self.ingress,
            host = self.host(),
        );
        std::fs::write(self.folder.join("beep.toml"), settings)?;
        let mut process = self.command(&["serve", "--config", "beep.toml"]).stdout(Stdio::piped()).spawn()?;
        let out = process.stdout.take().ok_or("standard output is piped")?;
        let mut lines = BufReader::new(out).lines();
        let line = lines.next_line().await?;
        let Some(address) = line.as_deref().and_then(|line| line.strip_prefix("listening on http://")) else {
            return Err(format!("{} does not start; another port may help, such as `0`", self.domain()).into());
        };
        self.listen = address.parse()?;
        self.process = Some(process);
        Ok(())
    }

    /// Signs somebody up, as if the code had been mailed.
    pub(crate) async fn sign_up(&self, name: &str) -> Result<Client, Box<dyn Error>> {
        let client = Client::builder(self.url()).build()?;
        let email = format!("{name}@example.com");
        client.accounts().register(accounts::Register::new(email.as_str(), PASSWORD, name)).await?;
        let code = self.mailed_code(&email)?;
        client.activate(email, code).await?;
        Ok(client)
    }

    fn mailed_code(&self, email: &str) -> Result<String, Box<dyn Error>> {
        for mail in std::fs::read_dir(self.mails())? {
            let text = std::fs::read_to_string(mail?.path())?;
            if text.starts_with(&format!("To: {email}\n")) {
                let subject = text.lines().nth(1).and_then(|line| line.strip_prefix("Subject: "));
                return Ok(subject.unwrap_or_default().chars().take_while(char::is_ascii_digit).collect());
            }
        }
        Err(format!("there is no mail to {email}").into())
    }

    /// Walks to another backend.
    pub(crate) async fn check(&self, domain: &str) -> Result<(), Box<dyn Error>> {
        self.run(&["federation", "check", domain, "--config", "beep.toml"]).await
    }

    /// Waits until its process ends by itself.
    pub(crate) async fn ended(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.wait().await;
        }
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn stop(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        if let Some(id) = process.id().and_then(|id| i32::try_from(id).ok()) {
            let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
        }
        let _ = tokio::time::timeout(STOPPING, process.wait()).await;
    }

    /// Runs a command of `beep-server` to its end; what it says is shown.
    async fn run(&self, words: &[&str]) -> Result<(), Box<dyn Error>> {
        println!("\n{}$ beep-server {}", self.name, words.join(" "));
        let status = self.command(words).status().await?;
        if status.success() { Ok(()) } else { Err(format!("`beep-server {}` failed", words.join(" ")).into()) }
    }

    /// This program as `beep-server`, in the folder of the backend.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap_or_else(|_| "two-backends".into()));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("BEEP_") {
                command.env_remove(name);
            }
        }
        // In a group of its own: Ctrl-C reaches this program alone, which then stops both.
        command.args(words).env(ROLE, "1").current_dir(&self.folder).stdin(Stdio::null()).process_group(0);
        command.kill_on_drop(true);
        command
    }
}

/// A backend that was asked to stop does so in less.
const STOPPING: Duration = Duration::from_secs(15);
