//! A DNS server on loopback that answers what a test says.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use hickory_server::Server;
use hickory_server::net::runtime::Time;
use hickory_server::net::xfer::Protocol;
use hickory_server::proto::op::{Header, HeaderCounts, Metadata, ResponseCode};
use hickory_server::proto::rr::rdata::{CNAME, SOA, SRV};
use hickory_server::proto::rr::{Name, RData, Record, RecordType};
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use tokio::net::{TcpListener, UdpSocket};

/// What is said to a question.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Records(Vec<Record>),
    /// None, with the code and the negative TTL, if it is said.
    Nothing(ResponseCode, Option<u32>),
    Silence,
}

/// Answers by name and type.
pub(crate) type Script = fn(&str, RecordType) -> Reply;

/// A running server; it ends when it is dropped.
pub(crate) struct Dns {
    pub(crate) address: SocketAddr,
    pub(crate) over_tcp: Arc<AtomicUsize>,
    _server: Server<Handler>,
}

impl Dns {
    pub(crate) async fn start(script: Script) -> Self {
        let (udp, tcp) = sockets().await;
        let address = udp.local_addr().expect("it is bound");
        let over_tcp = Arc::new(AtomicUsize::new(0));
        let mut server = Server::new(Handler { script, over_tcp: over_tcp.clone() });
        server.register_socket(udp);
        server.register_listener(tcp, Duration::from_secs(5), 32);
        Self { address, over_tcp, _server: server }
    }
}

/// Both on one port.
async fn sockets() -> (UdpSocket, TcpListener) {
    loop {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().expect("it is bound")).await {
            return (udp, tcp);
        }
    }
}

struct Handler {
    script: Script,
    over_tcp: Arc<AtomicUsize>,
}

#[async_trait]
impl RequestHandler for Handler {
    async fn handle_request<R: ResponseHandler, T: Time>(&self, request: &Request, mut handle: R) -> ResponseInfo {
        if request.protocol() == Protocol::Tcp {
            self.over_tcp.fetch_add(1, Ordering::SeqCst);
        }
        let query = request.request_info().expect("one question").query;
        let name = query.name().to_string().to_ascii_lowercase();
        let reply = (self.script)(name.trim_end_matches('.'), query.query_type());
        let mut metadata = Metadata::response_from_request(&request.metadata);
        let (answers, authorities) = match reply {
            Reply::Records(records) => (records, vec![]),
            Reply::Nothing(code, negative) => {
                metadata.response_code = code;
                (vec![], negative.map(soa).into_iter().collect())
            }
            Reply::Silence => return silent(metadata),
        };
        let response =
            MessageResponseBuilder::from_message_request(request).build(metadata, &answers, [], &authorities, []);
        handle.send_response(response).await.unwrap_or_else(|_| silent(metadata))
    }
}

fn silent(metadata: Metadata) -> ResponseInfo {
    Header { metadata, counts: HeaderCounts::default() }.into()
}

pub(crate) fn name(text: &str) -> Name {
    let mut name = Name::from_ascii(text).expect("a name");
    name.set_fqdn(true);
    name
}

pub(crate) fn srv(owner: &str, ttl: u32, priority: u16, port: u16, target: &str) -> Record {
    Record::from_rdata(name(owner), ttl, RData::SRV(SRV::new(priority, 5, port, name(target))))
}

pub(crate) fn alias(owner: &str, ttl: u32, of: &str) -> Record {
    Record::from_rdata(name(owner), ttl, RData::CNAME(CNAME(name(of))))
}

fn soa(negative: u32) -> Record {
    let soa = SOA::new(name("ns.example.com"), name("admin.example.com"), 1, 3600, 600, 86400, negative);
    Record::from_rdata(name("example.com"), negative, RData::SOA(soa))
}
