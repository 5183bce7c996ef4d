//! Which connections are taken: so many in all, and so many of one address.

use std::fmt;
use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use beep_core::network::Network;
use beep_federation::net::{Place, Places};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Config;
use crate::config::TrustedProxies;

/// Decides which connections are taken.
pub(super) struct Admission {
    most: usize,
    all: Arc<Semaphore>,
    each: Arc<Places<Network>>,
    /// Of whom each connection may be another client's.
    proxies: TrustedProxies,
}

/// A connection that was taken; dropping it makes room for another.
pub(super) struct Admitted {
    _of_all: OwnedSemaphorePermit,
    _of_address: Option<Place<Network>>,
}

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refused {
    /// There are as many as there may be.
    All,
    /// Its address has as many as it may.
    Address,
}

impl Admission {
    /// By the settings, for a process that may have so many descriptors: a quarter of them is kept for all else.
    pub(super) fn new(config: &Config, descriptors: usize) -> Self {
        let most = config.limits.connections.min(descriptors - descriptors / 4).clamp(1, Semaphore::MAX_PERMITS);
        Self {
            most,
            all: Arc::new(Semaphore::new(most)),
            each: Places::new(config.limits.connections_per_address, usize::MAX),
            proxies: config.trusted_proxies.clone(),
        }
    }

    /// The most connections at once.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Takes a connection from an address, if there is room.
    pub(super) fn admit(&self, peer: IpAddr) -> Result<Admitted, Refused> {
        let of_all = self.all.clone().try_acquire_owned().map_err(|_| Refused::All)?;
        let of_address = match self.proxies.contains(peer) {
            true => None,
            false => Some(self.each.take(Network::of(peer)).ok_or(Refused::Address)?),
        };
        Ok(Admitted { _of_all: of_all, _of_address: of_address })
    }
}

impl Refused {
    /// What the client is told, in HTTP/1.1, whichever it speaks: nothing was read yet.
    pub(super) fn answer(self) -> &'static str {
        match self {
            Self::All => concat!(
                "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 26\r\n",
                "content-type: text/plain\r\n\r\n",
                "too many connections here\n"
            ),
            Self::Address => concat!(
                "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 37\r\n",
                "content-type: text/plain\r\n\r\n",
                "too many connections of your address\n"
            ),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "the backend has as many as it may",
            Self::Address => "its address has as many as it may",
        })
    }
}

/// A stream and the place that it holds, for as long as somebody has the stream.
pub(super) struct Placed {
    stream: TcpStream,
    _admitted: Admitted,
}

impl Placed {
    pub(super) fn new(stream: TcpStream, admitted: Admitted) -> Self {
        Self { stream, _admitted: admitted }
    }

    fn stream(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        Pin::new(&mut self.get_mut().stream)
    }
}

impl AsyncRead for Placed {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_read(context, buffer)
    }
}

impl AsyncWrite for Placed {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        self.stream().poll_write(context, octets)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(context, octets)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(connections: usize, each: usize, descriptors: usize) -> Admission {
        let mut config = Config::default();
        config.limits.connections = connections;
        config.limits.connections_per_address = each;
        Admission::new(&config, descriptors)
    }

    #[test]
    fn so_many_are_taken_in_all_and_of_one_address() {
        let admission = admission(4, 2, 1_024);
        let admit = |peer: &str| admission.admit(peer.parse().expect("an address"));
        let first = admit("2001:db8::1").expect("there is room");
        let _second = admit("2001:db8::ffff:1").expect("there is room");
        assert_eq!(admit("2001:db8::2").err(), Some(Refused::Address), "its network has two");
        let _third = admit("2001:db8:0:1::1").expect("another network");
        let _fourth = admit("192.0.2.1").expect("there is room");
        assert_eq!(admit("127.0.0.1").err(), Some(Refused::All), "of proxies too");
        drop(first);
        assert!(admit("2001:db8::2").is_ok());
    }

    #[test]
    fn a_proxy_brings_more_than_one_client() {
        let admission = admission(100, 2, 1_024);
        let proxied: Vec<_> = (0..100).map(|_| admission.admit([127, 0, 0, 1].into())).collect();
        assert!(proxied.iter().all(Result::is_ok));
    }

    #[test]
    fn descriptors_are_kept_for_all_else() {
        assert_eq!(admission(16_384, 512, 256).most(), 192);
        assert_eq!(admission(100, 512, 1_024).most(), 100);
        assert_eq!(admission(16_384, 512, 1).most(), 1);
    }

    #[test]
    fn who_is_refused_is_told_so_in_whole_answers() {
        for refused in [Refused::All, Refused::Address] {
            let (head, body) = refused.answer().split_once("\r\n\r\n").expect("a head and a body");
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
            assert_eq!(length.parse(), Ok(body.len()), "{refused:?}");
        }
    }
}
