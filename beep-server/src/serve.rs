//! Serving: listening, saying so, and stopping without losing anything.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tower::ServiceExt;

use crate::{Beep, Config, StartError, control, metrics};

/// Serves until a signal says to stop.
pub(crate) async fn serve(mut config: Config) -> Result<(), StartError> {
    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.map_err(|error| StartError(format!("`listen` {}: {error}", config.listen)))?;
    // Port 0 asks for any free one: links and the start message name the one that was given.
    config.listen = listener.local_addr().map_err(|error| StartError(error.to_string()))?;
    let address = config.listen;
    if let Some(listen) = config.metrics.listen {
        let bound = metrics::serve(listen).await.map_err(StartError)?;
        tracing::info!(address = %bound, "serving metrics");
    }
    let (domain, database) = (config.domain.clone(), crate::config::shown_database(&config));
    let data_dir = config.data_dir.clone();
    let beep = Beep::open(config).await?;
    control::listen(&data_dir, beep.backend());
    let mut stop = Stop::new()?;
    tracing::info!(%domain, %database, "ready");
    let mut out = std::io::stdout();
    let _ = writeln!(out, "listening on http://{address}").and_then(|()| out.flush());
    let (stopping, _) = watch::channel(());
    accept(&listener, &beep, &mut stop, &stopping).await;
    drop(listener);
    tracing::info!("stopping");
    // Requests under way are answered; who takes longer is cut off.
    let answered = async {
        let _ = stopping.send(());
        let _ = tokio::time::timeout(DRAIN, stopping.closed()).await;
    };
    tokio::join!(beep.drain(), answered);
    control::end(&data_dir);
    beep.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Brings the database's schema up to this release.
pub(crate) async fn migrate(config: Config) -> Result<(), StartError> {
    let database = crate::config::shown_database(&config);
    Beep::open(config).await?.close().await;
    println!("the schema of {database} is that of this release");
    Ok(())
}

async fn accept(listener: &TcpListener, beep: &Beep, stop: &mut Stop, stopping: &watch::Sender<()>) {
    #[cfg(feature = "web")]
    let router = beep.site();
    #[cfg(not(feature = "web"))]
    let router = beep.router();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most likely: connections that end make room.
                    tracing::warn!(%error, "cannot accept");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = stop.asked() => return,
        };
        connect(stream, peer, &router, stopping.subscribe());
    }
}

/// Serves one connection; when the process stops, up to the request that is under way.
fn connect(stream: TcpStream, peer: SocketAddr, router: &axum::Router, mut stopping: watch::Receiver<()>) {
    let _ = stream.set_nodelay(true);
    let router = router.clone();
    let service = tower::service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADERS).max_buf_size(MOST_HEADER_OCTETS);
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).with_upgrades();
    tokio::spawn(async move {
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            _ = stopping.changed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke off");
        }
        drop(stopping);
    });
}

/// The signals that ask to stop.
struct Stop {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Stop {
    fn new() -> Result<Self, StartError> {
        let listen = |kind| signal(kind).map_err(|error| StartError(format!("signals cannot be heard: {error}")));
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// How long what is under way may take when the process stops.
const DRAIN: Duration = Duration::from_secs(4);

/// How long a client may take over a request's headers.
const HEADERS: Duration = Duration::from_secs(20);

/// The most octets of a request's headers.
const MOST_HEADER_OCTETS: usize = 64 * 1024;
