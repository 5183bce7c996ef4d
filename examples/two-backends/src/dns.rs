//! A name server on loopback that knows where two backends are, and nothing else.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hickory_server::Server;
use hickory_server::net::runtime::Time;
use hickory_server::proto::op::{Header, HeaderCounts, Metadata, ResponseCode};
use hickory_server::proto::rr::rdata::SRV;
use hickory_server::proto::rr::{Name, RData, Record, RecordType};
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use tokio::net::{TcpListener, UdpSocket};

/// A backend as the DNS knows it.
#[derive(Clone)]
pub(crate) struct Place {
    /// The backend domain.
    pub(crate) domain: String,
    /// The infra domain.
    pub(crate) host: String,
    /// Where the host takes other backends.
    pub(crate) address: SocketAddr,
}

/// The name server; it ends when it is dropped.
pub(crate) struct Dns {
    address: SocketAddr,
    _server: Server<Zone>,
}

impl Dns {
    pub(crate) async fn start(places: &[Place]) -> io::Result<Self> {
        let udp = UdpSocket::bind("127.0.0.1:0").await?;
        let address = udp.local_addr()?;
        let mut server = Server::new(Zone(places.into()));
        server.register_socket(udp);
        // For answers that are too long for UDP; these are not.
        if let Ok(tcp) = TcpListener::bind(address).await {
            server.register_listener(tcp, Duration::from_secs(5), 32);
        }
        Ok(Self { address, _server: server })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

struct Zone(Arc<[Place]>);

impl Zone {
    /// The records for a question; `None` if there is no such name.
    fn find(&self, name: &str, kind: RecordType) -> Option<Vec<Record>> {
        let owner = whole(name);
        let record = |data| Record::from_rdata(owner.clone(), TTL_S, data);
        let is_service = |place: &&Place| name == format!("_wire-server-federator._tcp.{}", place.domain);
        if let Some(place) = self.0.iter().find(is_service) {
            let srv = SRV::new(0, 0, place.address.port(), whole(&place.host));
            return Some(if kind == RecordType::SRV { vec![record(RData::SRV(srv))] } else { Vec::new() });
        }
        let place = self.0.iter().find(|place| name == place.host)?;
        Some(match (place.address.ip(), kind) {
            (IpAddr::V4(address), RecordType::A) => vec![record(RData::A(address.into()))],
            (IpAddr::V6(address), RecordType::AAAA) => vec![record(RData::AAAA(address.into()))],
            _ => Vec::new(),
        })
    }
}

#[async_trait]
impl RequestHandler for Zone {
    async fn handle_request<R: ResponseHandler, T: Time>(&self, request: &Request, mut to: R) -> ResponseInfo {
        let mut metadata = Metadata::response_from_request(&request.metadata);
        let nothing = ResponseInfo::from(Header { metadata, counts: HeaderCounts::default() });
        let Ok(asked) = request.request_info() else { return nothing };
        let name = asked.query.name().to_string().trim_end_matches('.').to_ascii_lowercase();
        let found = self.find(&name, asked.query.query_type());
        metadata.authoritative = true;
        metadata.response_code = if found.is_some() { ResponseCode::NoError } else { ResponseCode::NXDomain };
        let records = found.unwrap_or_default();
        let answer = MessageResponseBuilder::from_message_request(request);
        to.send_response(answer.build(metadata, &records, [], [], [])).await.unwrap_or(nothing)
    }
}

fn whole(name: &str) -> Name {
    let mut name = Name::from_ascii(name).unwrap_or_else(|_| Name::root());
    name.set_fqdn(true);
    name
}

const TTL_S: u32 = 60;
