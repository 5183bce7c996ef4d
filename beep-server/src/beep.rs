//! A complete backend, to be served or mounted.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use beep_core::backend::{Backend, Policy, Ports};
use beep_core::domain::Domain;
use beep_core::port::{Mailer, NoPeers, Peers, Store, StoreError};
use beep_proto::cursor::Cursors;
use beep_proto::record::Records;
use beep_store::{SqlOptions, SqlStore, StoreParts};
use tokio::time::Instant;

use crate::app::App;
use crate::background::{self, Upkeep};
use crate::company;
use crate::config::Config;
use crate::federation::Network;
use crate::http;
use crate::hub::{Closing, Hub};
use crate::ingress::Ingress;
use crate::mail::{Smtp, Spool};
use crate::passwords::Argon2Pool;
use crate::publish::Publisher;
use crate::tasks::{self, Tasks};
use crate::token::Tokens;
use crate::world::{SystemClock, SystemEntropy};

/// A complete backend: its database is open, its background tasks run.
pub struct Beep {
    app: Arc<App>,
    /// How long clients may still be talked to; none until the first drain.
    farewells: OnceLock<Instant>,
}

/// Why a backend does not start.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartError(pub(crate) String);

impl StartError {
    /// The reason, in one line and without secrets.
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl Beep {
    /// Opens a backend: creates the data directory, migrates the database, starts the background tasks.
    ///
    /// # Errors
    /// [`StartError`] says in one line which setting or which resource is wrong.
    pub async fn open(config: Config) -> Result<Self, StartError> {
        let url = config.database_url();
        Self::open_on(config, async |parts| {
            let store = SqlStore::open(&url, SqlOptions::default(), parts).await;
            Ok(Arc::new(store.map_err(start("cannot open the database"))?))
        })
        .await
    }

    /// Opens a backend on a store of the caller, which `store` makes from the given parts. `database.url` is ignored.
    ///
    /// # Errors
    /// Those of `store` and of [`Self::open`].
    pub async fn open_on<S: Store + 'static>(
        config: Config,
        store: impl AsyncFnOnce(StoreParts) -> Result<Arc<S>, StartError>,
    ) -> Result<Self, StartError> {
        config.check()?;
        if config.is_exposed() {
            let public_url = config.public_url();
            tracing::warn!(%public_url, "plain HTTP: others on the network can read passwords and sessions; set up TLS");
        }
        let domain = config.domain()?;
        make_private(&config.data_dir)?;
        let publisher = Arc::new(Publisher::default());
        let parts = StoreParts {
            domain: domain.clone(),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            codec: Arc::new(Records),
            publish: publisher.clone(),
        };
        let network = Network::open(&config, &domain)?;
        let peers = network.as_ref().map_or_else(|| Arc::new(NoPeers) as Arc<dyn Peers>, Network::peers);
        let backend = backend(&config, domain, store(parts).await?, &publisher, peers).await?;
        let state = backend.store.log_state().await.map_err(start("cannot read the event log"))?;
        let cursors = Cursors::new(state.id, &backend.keys.cursors());
        let hub = Hub::new(&backend, cursors, state.head);
        let _ = publisher.hub.set(hub.clone());
        hub.tells(vec![publisher.facts.clone(), publisher.revoked.clone()]);
        let tokens = Arc::new(Tokens::new(publisher.revoked.clone()));
        tokens.read_revoked(&backend).await.map_err(start("cannot read the ended sessions"))?;
        let federation = network.as_ref().map(Network::federation);
        if let Some(federation) = &federation {
            let _ = publisher.senders.set(federation.senders.clone());
        }
        let app = Arc::new(App::new(backend.clone(), &config, hub.clone(), tokens.clone(), federation));
        let tasks = app.tasks.clone();
        tasks.spawn("store", fails_with_the_store(backend.store.failed(), tasks.clone(), hub.closing()));
        tasks.spawn("hub", hub.clone().run(Arc::downgrade(&backend)));
        let (held, about, is_federated) = (Arc::downgrade(&backend), hub.clone(), network.is_some());
        let company = tasks::restarted("company", move || company::keep(held.clone(), about.clone(), is_federated));
        tasks.spawn("company", company);
        if let Some(network) = network {
            let ingress = Ingress::new(&app, network.federation(), config.federation.search);
            network.begin(&backend, Arc::new(ingress), hub.closing(), &tasks).await?;
        }
        let upkeep = Arc::new(Upkeep {
            backend: Arc::downgrade(&backend),
            tokens,
            rates: app.rates.clone(),
            resumes: app.resumes.clone(),
            event_retention: Duration::from_secs(config.limits.event_retention_s),
        });
        tasks.spawn("upkeep", tasks::restarted("upkeep", move || upkeep.clone().run()));
        let (purged, rung) = (Arc::downgrade(&backend), app.purges.clone());
        let purges = tasks::restarted("purges", move || background::purge(purged.clone(), rung.clone()));
        tasks.spawn("purges", purges);
        Ok(Self { app, farewells: OnceLock::new() })
    }

    /// All routes: the operations and the gateway under `/v1`, `/docs`, and the health checks. They can be mounted
    /// under any path.
    pub fn router(&self) -> Router {
        http::router(self.app.clone())
    }

    /// The routes of [`router`](Self::router) and the web client. The web client needs the root path, so these cannot
    /// be mounted under another path.
    #[cfg(feature = "web")]
    pub fn site(&self) -> Router {
        http::site(self.app.clone())
    }

    /// The backend, for programs that call use cases directly.
    pub fn backend(&self) -> &Arc<Backend> {
        &self.app.backend
    }

    /// Refuses new requests and closes gateway connections, whose clients resume later. Waits until all of them are
    /// informed, at most 4 seconds from the first call.
    pub async fn drain(&self) {
        self.app.hub.close();
        let until = *self.farewells.get_or_init(|| Instant::now() + FAREWELLS);
        // Who did not take it by then is cut off.
        let _ = tokio::time::timeout_at(until, self.app.hub.farewells()).await;
    }

    /// The address for other backends; `None` without federation.
    pub fn federation_address(&self) -> Option<std::net::SocketAddr> {
        self.app.federation.as_ref()?.address()
    }

    /// Waits until the backend can work no longer, and says why: its store failed for good, or a task of its own did.
    /// Whoever serves it then ends the process.
    pub async fn failed(&self) -> StartError {
        StartError(self.app.tasks.fails().await)
    }

    /// Starts a task of the program that serves the backend.
    pub(crate) fn tasks(&self) -> &Tasks {
        &self.app.tasks
    }

    /// The number of gateway connections.
    pub fn connections(&self) -> usize {
        self.app.hub.connections()
    }

    /// Drains, finishes the requests in progress and closes the database. Waits at most 3 seconds for a database that
    /// does not answer; changes that were not answered by then may be lost.
    pub async fn close(&self) {
        self.drain().await;
        self.app.hub.end();
        if tokio::time::timeout(CLOSING, self.app.backend.store.close()).await.is_err() {
            tracing::warn!("the database does not answer; changes that were not answered yet may be lost");
        }
    }
}

/// Takes it for a failure of the backend when its store can work no longer.
async fn fails_with_the_store(failed: impl Future<Output = StoreError>, tasks: Tasks, closing: Closing) {
    tokio::select! {
        why = failed => tasks.fail(why.to_string()),
        () = closing.closes() => {}
    }
}

async fn backend(
    config: &Config,
    domain: Domain,
    store: Arc<dyn Store>,
    publisher: &Arc<Publisher>,
    peers: Arc<dyn Peers>,
) -> Result<Arc<Backend>, StartError> {
    let mailer: Arc<dyn Mailer> = match &config.mail.url {
        Some(url) => {
            Arc::new(Smtp::new(url, domain.as_str()).map_err(|error| StartError(format!("`mail.url`: {error}")))?)
        }
        None => Arc::new(Spool::new(config.data_dir.join(MAIL)).map_err(start("cannot create the mail directory"))?),
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let passwords = Argon2Pool::new(cores.div_ceil(2));
    let ports = Ports {
        store,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        passwords: Arc::new(passwords),
        mailer,
        peers,
        live: publisher.clone(),
        facts: publisher.facts.clone(),
    };
    let policy =
        Policy { registration: config.registration.into(), public_url: config.public_url(), ..Policy::default() };
    let backend = Backend::open(domain, ports, policy).await.map_err(start("cannot read the keys of the backend"))?;
    Ok(Arc::new(backend))
}

/// Makes a directory that nobody else may look into. One that is there and open to others is made so only if it looks
/// like a backend's: the system would not work without its own, such as `/tmp`.
fn make_private(directory: &Path) -> Result<(), StartError> {
    let failed = |why: &dyn std::fmt::Display| StartError(format!("`data_dir` {}: {why}", directory.display()));
    match make_or_shut(directory) {
        Ok(true) => Ok(()),
        Ok(false) => Err(failed(
            &"other users can read it, and it holds other files too; give the backend a directory of its own",
        )),
        Err(error) => Err(failed(&error)),
    }
}

/// Whether the directory is private now; if not, it is somebody else's.
fn make_or_shut(directory: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let mode = std::fs::metadata(directory)?.permissions().mode();
    if mode & OPEN == 0 {
        return Ok(true);
    }
    let is_ours = directory.join("beep.db").exists() || (mode & STICKY == 0 && !holds_folders(directory)?);
    if is_ours {
        std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(is_ours)
}

/// Whether there are folders in a directory that no backend makes.
fn holds_folders(directory: &Path) -> std::io::Result<bool> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() && entry.file_name() != MAIL {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The folder of mails that no relay took.
const MAIL: &str = "mail";

/// What others may do with a directory.
const OPEN: u32 = 0o077;

/// Set where everybody may put what is theirs.
const STICKY: u32 = 0o1000;

/// How long all clients may take to hear why they are closed.
const FAREWELLS: Duration = Duration::from_secs(4);

/// How long the database may take to do what is under way.
const CLOSING: Duration = Duration::from_secs(3);

/// Says what does not start, and why.
fn start<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> StartError {
    move |error| StartError(format!("{what}: {error}"))
}

#[cfg(test)]
mod tests {
    use tower::ServiceExt;

    use super::*;
    use crate::config::DatabaseConfig;

    #[tokio::test]
    async fn a_backend_that_failed_says_why_and_is_not_ready() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let database = DatabaseConfig { url: Some("memory:".to_owned()) };
        let beep = Beep::open(Config { data_dir: folder.path().join("data"), database, ..Config::default() }).await;
        let beep = beep.expect("it opens");
        let ready = async || {
            let request = axum::http::Request::get("/readyz").body(axum::body::Body::empty()).expect("a request");
            beep.router().oneshot(request).await.expect("it answers").status().as_u16()
        };
        assert_eq!(ready().await, 200);
        beep.tasks().spawn("broken", async { panic!("as a fault would") });
        assert!(beep.failed().await.to_string().contains("`broken` panicked"));
        assert_eq!(ready().await, 503);
        beep.close().await;
    }

    #[tokio::test]
    async fn nothing_is_left_of_a_backend_that_was_closed_or_dropped() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let config = Config { data_dir: folder.path().join("data"), ..Config::default() };
        for closes in [true, false] {
            // In the same process, whose first backend has let go of the data.
            let beep = Beep::open(config.clone()).await.expect("it opens");
            let (backend, hub) = (Arc::downgrade(beep.backend()), Arc::downgrade(&beep.app.hub));
            if closes {
                beep.close().await;
            }
            drop(beep);
            let gone = async {
                while backend.strong_count() + hub.strong_count() > 0 {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(Duration::from_secs(10), gone).await.expect("nobody holds them");
        }
        Beep::open(config).await.expect("it opens again").close().await;
    }
}
