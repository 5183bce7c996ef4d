//! One connection: handshake, HTTP/2, and its end.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio_rustls::TlsAcceptor;

use super::strangers::Stranger;
use super::{Answer, Shared, request};
use crate::net::tls::Leaf;

/// What the requests of one connection have in common.
pub(super) struct Connection {
    pub(super) certificate: Option<Leaf>,
    /// The octets of the certificate.
    pub(super) der: Option<Arc<[u8]>>,
    refused: AtomicU32,
    worn_out: Notify,
}

impl Connection {
    /// Counts requests that were not let in, in a row: whoever only guesses has to come again for more.
    pub(super) fn judged(&self, let_in: bool) {
        if let_in {
            self.refused.store(0, Ordering::Relaxed);
        } else if self.refused.fetch_add(1, Ordering::Relaxed) + 1 >= REFUSALS {
            self.worn_out.notify_one();
        }
    }
}

/// Serves a connection until it ends.
pub(super) async fn serve(
    stream: TcpStream,
    stranger: Stranger,
    shared: Arc<Shared>,
    answer: Arc<dyn Answer>,
    mut stopped: watch::Receiver<bool>,
) {
    let settings = &shared.settings;
    let mut replaced = shared.tls.subscribe();
    let configuration = replaced.borrow_and_update().server.clone();
    let _ = stream.set_nodelay(true);
    let handshake = TlsAcceptor::from(configuration).accept(stream).into_fallible();
    let handshake = tokio::time::timeout(settings.handshake_time, handshake);
    let handshake = tokio::select! {
        handshake = handshake => handshake,
        () = stranger.gives_way() => return tracing::debug!("a connection that was not authenticated gave way to another"),
        _ = stopped.wait_for(|stopped| *stopped) => return,
    };
    let stream = match handshake {
        Ok(Ok(stream)) => stream,
        Ok(Err((error, stream))) => {
            tracing::debug!(%error, "a handshake with another backend failed");
            return hang_up(stream).await;
        }
        Err(_) => return tracing::debug!("a handshake with another backend took too long"),
    };

    let der = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let certificate = der.and_then(Leaf::read);
    let der: Option<Arc<[u8]>> = der.map(|der| der.to_vec().into());
    let place = match &der {
        Some(der) => match shared.certificates.take(der.to_vec()) {
            Some(place) => Some(place),
            None => return tracing::debug!("refused a connection: too many with the same certificate"),
        },
        None => None,
    };
    // Those without a certificate keep the place that they came in by; others give it back now.
    let stranger = Some(stranger).filter(|_| place.is_none());

    let connection = Arc::new(Connection { certificate, der, refused: AtomicU32::new(0), worn_out: Notify::new() });
    let service = {
        let (connection, shared) = (connection.clone(), shared.clone());
        service_fn(move |head| {
            let (connection, shared, answer) = (connection.clone(), shared.clone(), answer.clone());
            async move { Ok::<_, Infallible>(request::respond(head, &connection, &shared, &*answer).await) }
        })
    };
    let http = protocol(stranger.is_some(), settings.streams).serve_connection(TokioIo::new(stream), service);
    let mut http = std::pin::pin!(http);

    let stranger_time = async {
        match &stranger {
            Some(stranger) => {
                let _ = tokio::time::timeout(settings.stranger_time, stranger.gives_way()).await;
            }
            None => std::future::pending().await,
        }
    };
    let ended = tokio::select! {
        ended = http.as_mut() => Some(ended),
        _ = stopped.wait_for(|stopped| *stopped) => None,
        _ = replaced.changed() => None,
        () = connection.worn_out.notified() => None,
        () = stranger_time => None,
    };
    let ended = match ended {
        Some(ended) => Ok(ended),
        None => {
            http.as_mut().graceful_shutdown();
            tokio::time::timeout(settings.grace, http).await
        }
    };
    if let Ok(Err(error)) = ended {
        tracing::debug!(%error, "a connection of another backend broke");
    }
    drop(place);
}

/// Closes so that the peer hears the alert: closing on what it has sent meanwhile would take that back.
async fn hang_up(mut stream: TcpStream) {
    let leaving = async {
        stream.shutdown().await?;
        let mut sink = [0; 4096];
        for _ in 0..PARTING_READS {
            if stream.read(&mut sink).await? == 0 {
                break;
            }
        }
        Ok::<(), std::io::Error>(())
    };
    let _ = tokio::time::timeout(PARTING, leaving).await;
}

/// HTTP/2 as it is spoken with peers: little room for those who have not shown a certificate.
fn protocol(stranger: bool, streams: u32) -> http2::Builder<TokioExecutor> {
    let (streams, of_stream, of_connection) =
        if stranger { (STRANGERS_STREAMS, SMALL_WINDOW, SMALL_WINDOW) } else { (streams, STREAM, CONNECTION) };
    let mut protocol = http2::Builder::new(TokioExecutor::new());
    protocol
        .timer(TokioTimer::new())
        .max_concurrent_streams(streams)
        .initial_stream_window_size(of_stream)
        .initial_connection_window_size(of_connection)
        .max_header_list_size(HEAD)
        .max_send_buf_size(SEND_BUFFER)
        .keep_alive_interval(PING)
        .keep_alive_timeout(PONG);
    protocol
}

/// Requests in a row that are not let in before the connection ends.
const REFUSALS: u32 = 32;
const STRANGERS_STREAMS: u32 = 4;
const SMALL_WINDOW: u32 = 65_535;
const STREAM: u32 = 512 << 10;
const CONNECTION: u32 = 4 << 20;
const HEAD: u32 = 16 << 10;
const SEND_BUFFER: usize = 256 << 10;
const PING: Duration = Duration::from_secs(30);
const PONG: Duration = Duration::from_secs(15);
const PARTING: Duration = Duration::from_secs(1);
const PARTING_READS: usize = 32;
