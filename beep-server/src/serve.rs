//! Serving: listening, saying so, and stopping without losing anything.

mod admission;
mod descriptors;

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use admission::{Admission, Admitted, Placed};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tower::ServiceExt;

use crate::{Beep, Config, StartError, console, control, metrics};

/// Serves until a signal says to stop.
pub(crate) async fn serve(mut config: Config) -> Result<(), StartError> {
    let descriptors = descriptors::raise();
    let listener = TcpListener::bind(config.listen).await;
    let listener = listener.map_err(|error| StartError(format!("`listen` {}: {error}", config.listen)))?;
    // Port 0 asks for any free one: links and the start message name the one that was given.
    config.listen = listener.local_addr().map_err(|error| StartError(error.to_string()))?;
    let address = config.listen;
    let metrics = match config.metrics.listen {
        Some(listen) => Some(metrics::begin(listen).await.map_err(StartError)?),
        None => None,
    };
    let (domain, database) = (config.domain.clone(), crate::config::shown_database(&config));
    let data_dir = config.data_dir.clone();
    let admission = Admission::new(&config, descriptors);
    let beep = Beep::open(config).await?;
    if let Some((bound, metrics)) = metrics {
        tracing::info!(address = %bound, "serving metrics");
        beep.tasks().spawn("metrics", metrics);
    }
    let socket = control::listen(&data_dir, &beep);
    let mut stop = Stop::new()?;
    tracing::info!(%domain, %database, connections = admission.most(), "ready");
    let mut out = std::io::stdout();
    let _ = writeln!(out, "listening on http://{address}").and_then(|()| out.flush());
    let connections = GracefulShutdown::new();
    let failed = tokio::select! {
        () = accept(&listener, &beep, &admission, &mut stop, &connections) => None,
        why = beep.failed() => Some(why),
    };
    drop(listener);
    tracing::info!("stopping");
    // Requests under way are answered; who takes longer is cut off.
    let _ = tokio::join!(beep.drain(), tokio::time::timeout(DRAIN, connections.shutdown()));
    drop(socket);
    beep.close().await;
    tracing::info!("stopped");
    failed.map_or(Ok(()), Err)
}

/// Brings the database's schema up to this release.
pub(crate) async fn migrate(config: Config) -> Result<(), StartError> {
    let database = crate::config::shown_database(&config);
    Beep::open(config).await?.close().await;
    console::print(&format!("the schema of {database} is up to date\n"));
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    beep: &Beep,
    admission: &Admission,
    stop: &mut Stop,
    connections: &GracefulShutdown,
) {
    #[cfg(feature = "web")]
    let router = beep.site();
    #[cfg(not(feature = "web"))]
    let router = beep.router();
    let mut warned: Option<Instant> = None;
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most likely: connections that end make room.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = stop.asked() => return,
        };
        match admission.admit(peer.ip()) {
            Ok(admitted) => connect(stream, peer, &router, admitted, connections.watcher()),
            Err(refused) => {
                if warned.is_none_or(|at| at.elapsed() >= WARN_EVERY) {
                    warned = Some(Instant::now());
                    tracing::warn!(%peer, %refused, "refused connections; if this is a proxy, add it to `trusted_proxies`");
                }
                // Whoever does not take it at once is cut off without.
                let _ = stream.try_write(refused.answer().as_bytes());
            }
        }
    }
}

/// Serves one connection, HTTP/1.1 or HTTP/2 as it begins; when the process stops, up to what is under way.
fn connect(stream: TcpStream, peer: SocketAddr, router: &axum::Router, admitted: Admitted, watcher: Watcher) {
    let _ = stream.set_nodelay(true);
    // A WebSocket takes the stream along, and with it the place.
    let stream = Placed::new(stream, admitted);
    let router = router.clone();
    let asked = Arc::new(Notify::new());
    let first = asked.clone();
    let service = tower::service_fn(move |request: http::Request<hyper::body::Incoming>| {
        asked.notify_one();
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    tokio::spawn(async move {
        let protocol = protocol();
        let service = TowerToHyperService::new(service);
        let connection = watcher.watch(protocol.serve_connection_with_upgrades(TokioIo::new(stream), service));
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = &mut connection => ended,
            () = first.notified() => connection.await,
            () = tokio::time::sleep(FIRST_REQUEST) => return tracing::debug!("closed a connection without a request"),
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke");
        }
    });
}

fn protocol() -> auto::Builder<TokioExecutor> {
    let mut protocol = auto::Builder::new(TokioExecutor::new());
    protocol.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS).max_buf_size(MOST_HEADER_OCTETS);
    protocol
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(4 * WINDOW)
        .max_header_list_size(u32::try_from(MOST_HEADER_OCTETS).unwrap_or(u32::MAX))
        .keep_alive_interval(PING)
        .keep_alive_timeout(PONG);
    protocol
}

/// The signals that ask to stop.
struct Stop {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Stop {
    fn new() -> Result<Self, StartError> {
        let listen = |kind| signal(kind).map_err(|error| StartError(format!("cannot listen for signals: {error}")));
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// How often refused connections are told of in the log.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// How long what is under way may take when the process stops.
const DRAIN: Duration = Duration::from_secs(4);

/// How long a client may take over a request's headers.
const HEADERS: Duration = Duration::from_secs(10);

/// How long a client may take over its first request. It also ends those whose first octets do not say yet which HTTP
/// they speak, which hyper-util waits for without an end.
const FIRST_REQUEST: Duration = Duration::from_secs(HEADERS.as_secs() + 2);

/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 128;

/// The octets of a request's body that are taken before somebody reads them; four times as many of a connection.
const WINDOW: u32 = 64 * 1024;

/// How long an HTTP/2 connection may be silent before it is asked whether somebody is there, and how long that takes.
const PING: Duration = Duration::from_secs(30);
const PONG: Duration = Duration::from_secs(15);

/// The most octets of a request's headers.
const MOST_HEADER_OCTETS: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use futures_util::FutureExt;
    use http_body_util::{BodyExt, Empty};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::Semaphore;

    use super::*;

    /// A server whose answers have to be let.
    struct Stage {
        admission: Admission,
        connections: GracefulShutdown,
        asked: Arc<Semaphore>,
        lets: Arc<Semaphore>,
    }

    impl Stage {
        fn new() -> Self {
            let none = || Arc::new(Semaphore::new(0));
            let admission = Admission::new(&Config::default(), 1_024);
            Self { admission, connections: GracefulShutdown::new(), asked: none(), lets: none() }
        }

        async fn connect(&self) -> TcpStream {
            let (asked, lets) = (self.asked.clone(), self.lets.clone());
            let answer = async move || {
                asked.add_permits(1);
                lets.acquire().await.expect("it is never closed").forget();
                "answered"
            };
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has ports");
            let address = listener.local_addr().expect("it is bound");
            let client = TcpStream::connect(address).await.expect("somebody listens");
            let (stream, peer) = listener.accept().await.expect("somebody comes");
            let admitted = self.admission.admit(peer.ip()).expect("there is room");
            let router = axum::Router::new().route("/", get(answer));
            connect(stream, peer, &router, admitted, self.connections.watcher());
            client
        }
    }

    async fn told(mut stream: TcpStream) -> String {
        let mut told = Vec::new();
        let _ = stream.read_to_end(&mut told).await;
        String::from_utf8_lossy(&told).into_owned()
    }

    #[tokio::test]
    async fn what_is_under_way_when_the_process_stops_is_answered_over_both_kinds_of_http() {
        let stage = Stage::new();
        let silent = stage.connect().await;
        let mut old = stage.connect().await;
        old.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("it is written");
        let io = TokioIo::new(stage.connect().await);
        let (mut new, driver) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.expect("HTTP/2");
        let driver = tokio::spawn(driver);
        let request = http::Request::get("http://x/").body(Empty::<bytes::Bytes>::new()).expect("a request");
        let answer = tokio::spawn(new.send_request(request));
        let _ = stage.asked.acquire_many(2).await.expect("it is never closed");

        let mut stopped = Box::pin(stage.connections.shutdown());
        assert!((&mut stopped).now_or_never().is_none(), "two requests are under way");
        assert_eq!(told(silent).await, "", "who asks nothing is let go");
        stage.lets.add_permits(2);
        let answer = answer.await.expect("it does not panic").expect("it is answered");
        assert_eq!(answer.version(), http::Version::HTTP_2);
        assert_eq!(answer.into_body().collect().await.expect("it is whole").to_bytes(), "answered");
        let old = told(old).await;
        assert!(old.starts_with("HTTP/1.1 200") && old.ends_with("answered"), "{old}");
        stopped.await;
        driver.await.expect("it does not panic").expect("it ends well");
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_come_to_a_request_is_cut_off() {
        for begun in ["", "P", "PRI * HTTP/2.0\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\r\n"] {
            let mut stream = Stage::new().connect().await;
            stream.write_all(begun.as_bytes()).await.expect("it is written");
            let ended = tokio::time::timeout(2 * FIRST_REQUEST, told(stream)).await;
            assert!(ended.is_ok(), "{begun:?}");
        }
    }
}
