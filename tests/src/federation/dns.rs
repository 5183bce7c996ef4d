//! A DNS server on loopback whose zone is whatever the story says at the moment.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};

use hickory_server::Server;
use hickory_server::net::runtime::Time;
use hickory_server::proto::op::{Header, HeaderCounts, Metadata, ResponseCode};
use hickory_server::proto::rr::rdata::{CNAME, SOA, SRV};
use hickory_server::proto::rr::{Name, RData, Record, RecordType};
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;

use crate::PATIENCE;

/// A DNS server over UDP and TCP; it ends when it is dropped.
pub struct Dns {
    address: SocketAddr,
    zone: Zone,
    _server: Server<Zone>,
}

/// What a name is answered with.
#[derive(Clone, Debug)]
pub enum Entry {
    /// Services, each with its seconds to live.
    Services(Vec<Service>, u32),
    /// Addresses, with their seconds to live.
    Addresses(Vec<IpAddr>, u32),
    /// Another name for it.
    Alias(String, u32),
    /// Answered with a failure of the server.
    Failure,
    /// Not answered at all.
    Silence,
}

/// One SRV record.
#[derive(Clone, Debug)]
pub struct Service {
    /// The lowest is tried first.
    pub priority: u16,
    /// The share among equals.
    pub weight: u16,
    /// The port.
    pub port: u16,
    /// The host; `.` says that there is no such service.
    pub target: String,
}

#[derive(Clone)]
struct Zone {
    entries: Arc<Mutex<HashMap<String, Entry>>>,
    /// How often each name was asked for.
    asked: watch::Sender<HashMap<String, usize>>,
}

impl Service {
    /// The only one of its kind.
    pub fn at(target: &str, port: u16) -> Self {
        Self { priority: 0, weight: 0, port, target: target.to_owned() }
    }
}

impl Dns {
    /// Starts with an empty zone.
    pub async fn start() -> Self {
        let (udp, tcp) = sockets().await;
        let address = udp.local_addr().expect("it is bound");
        let zone = Zone { entries: Arc::default(), asked: watch::Sender::new(HashMap::new()) };
        let mut server = Server::new(zone.clone());
        server.register_socket(udp);
        server.register_listener(tcp, PATIENCE, 32);
        Self { address, zone, _server: server }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers a name with something from now on.
    pub fn answer(&self, name: &str, entry: Entry) {
        self.zone.entries().insert(plain(name), entry);
    }

    /// Knows nothing of a name from now on.
    pub fn forget(&self, name: &str) {
        self.zone.entries().remove(&plain(name));
    }

    /// Answers for the federator of a backend.
    pub fn serves(&self, domain: &str, services: Vec<Service>) {
        self.answer(&federator(domain), Entry::Services(services, TTL_S));
    }

    /// Answers for a host.
    pub fn host(&self, name: &str, address: IpAddr) {
        self.answer(name, Entry::Addresses(vec![address], TTL_S));
    }

    /// How often a name was asked for.
    pub fn asked(&self, name: &str) -> usize {
        self.zone.asked.borrow().get(&plain(name)).copied().unwrap_or(0)
    }

    /// Waits until a name was asked for so often.
    pub async fn until_asked(&self, name: &str, times: usize) {
        let (name, mut asked) = (plain(name), self.zone.asked.subscribe());
        let enough = asked.wait_for(|asked| asked.get(&name).copied().unwrap_or(0) >= times);
        let waited = tokio::time::timeout(PATIENCE, enough).await;
        waited.unwrap_or_else(|_| panic!("nobody asks for {name}")).expect("the server runs");
    }
}

/// Where the SRV record of a backend is.
pub fn federator(domain: &str) -> String {
    format!("_wire-server-federator._tcp.{domain}")
}

/// Seconds that answers may be kept, where a story does not say otherwise: the least that the contract heeds.
pub const TTL_S: u32 = 5;

impl Zone {
    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.entries.lock().expect("nobody panics with it")
    }

    /// The records for a question, following aliases; `None` is silence.
    fn find(&self, name: &str, kind: RecordType) -> Option<(ResponseCode, Vec<Record>)> {
        let entries = self.entries();
        let (mut name, mut records) = (plain(name), Vec::new());
        // An alias that leads to itself ends somewhere, too.
        for _ in 0..16 {
            let owner = fully(&name);
            let record = |ttl: &u32, data| Record::from_rdata(owner.clone(), *ttl, data);
            match entries.get(&name) {
                Some(Entry::Silence) => return None,
                Some(Entry::Failure) => return Some((ResponseCode::ServFail, Vec::new())),
                Some(Entry::Services(services, ttl)) if kind == RecordType::SRV => {
                    records.extend(services.iter().map(|one| {
                        let data = SRV::new(one.priority, one.weight, one.port, fully(&one.target));
                        record(ttl, RData::SRV(data))
                    }));
                }
                Some(Entry::Addresses(addresses, ttl)) => {
                    records.extend(addresses.iter().filter_map(|address| match (address, kind) {
                        (IpAddr::V4(address), RecordType::A) => Some(record(ttl, RData::A((*address).into()))),
                        (IpAddr::V6(address), RecordType::AAAA) => Some(record(ttl, RData::AAAA((*address).into()))),
                        _ => None,
                    }));
                }
                Some(Entry::Alias(to, ttl)) => {
                    records.push(record(ttl, RData::CNAME(CNAME(fully(to)))));
                    name = plain(to);
                    continue;
                }
                Some(Entry::Services(..)) => {}
                None if records.is_empty() => return Some((ResponseCode::NXDomain, Vec::new())),
                None => {}
            }
            break;
        }
        Some((ResponseCode::NoError, records))
    }
}

#[async_trait::async_trait]
impl RequestHandler for Zone {
    async fn handle_request<R: ResponseHandler, T: Time>(&self, request: &Request, mut to: R) -> ResponseInfo {
        let mut metadata = Metadata::response_from_request(&request.metadata);
        let nothing = ResponseInfo::from(Header { metadata, counts: HeaderCounts::default() });
        let Ok(asked) = request.request_info() else { return nothing };
        let (name, kind) = (plain(&asked.query.name().to_string()), asked.query.query_type());
        let found = self.find(&name, kind);
        self.asked.send_modify(|asked| *asked.entry(name.clone()).or_default() += 1);
        let Some((code, records)) = found else { return nothing };
        (metadata.authoritative, metadata.recursion_available, metadata.response_code) = (true, true, code);
        let absent = matches!(code, ResponseCode::NoError | ResponseCode::NXDomain) && records.is_empty();
        // How long an absence may be kept stands in the zone's own record.
        let soa = SOA::new(fully("ns.test"), fully("root.test"), 1, 1, 1, 1, 1);
        let soa = absent.then(|| Record::from_rdata(parent(&name), 1, RData::SOA(soa)));
        let answer = MessageResponseBuilder::from_message_request(request);
        let answer = answer.build(metadata, &records, [], &soa, []);
        to.send_response(answer).await.unwrap_or(nothing)
    }
}

/// A free port for both protocols.
async fn sockets() -> (UdpSocket, TcpListener) {
    for _ in 0..100 {
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = tcp.local_addr().expect("it is bound");
        if let Ok(udp) = UdpSocket::bind(address).await {
            return (udp, tcp);
        }
    }
    panic!("no port is free for both protocols")
}

/// A name as the zone keeps it.
fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

fn fully(name: &str) -> Name {
    let mut name = Name::from_ascii(plain(name)).expect("a name of the zone is one");
    name.set_fqdn(true);
    name
}

/// The zone that a name is taken to be in: all behind its first label.
fn parent(name: &str) -> Name {
    fully(name.split_once('.').map_or("", |(_, zone)| zone))
}
