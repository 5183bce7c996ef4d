//! Asking the DNS, by the system's configuration or by one server.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::{TokioResolver, lookup_ip::LookupIp};

use crate::resolver::{AddressError, Resolver, SrvAnswer, SrvEntry};

/// Which server is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DnsServer {
    /// Those of the system's configuration.
    System,
    /// This one alone, over UDP, and over TCP where an answer is too long for that.
    At(SocketAddr),
}

/// The real [`Resolver`]. Keeps no answers.
pub struct DnsResolver(TokioResolver);

impl std::fmt::Debug for DnsResolver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DnsResolver")
    }
}

impl DnsResolver {
    /// Prepares to ask; no question is put yet.
    ///
    /// # Errors
    /// The system's configuration cannot be read, in words.
    pub fn new(server: DnsServer) -> Result<Self, String> {
        let provider = TokioRuntimeProvider::default;
        let mut builder = match server {
            DnsServer::System => TokioResolver::builder(provider()).map_err(|error| {
                format!("cannot read which DNS servers the system uses (/etc/resolv.conf): {error}")
            })?,
            DnsServer::At(address) => {
                let with_port = |mut connection: ConnectionConfig| {
                    connection.port = address.port();
                    connection
                };
                let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(with_port);
                let server = NameServerConfig::new(address.ip(), true, connections.into());
                let config = ResolverConfig::from_name_servers(vec![server]);
                TokioResolver::builder_with_config(config, provider())
            }
        };
        let options: &mut ResolverOpts = builder.options_mut();
        options.timeout = TIMEOUT;
        options.attempts = ATTEMPTS;
        options.cache_size = 0;
        options.edns0 = true;
        options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
        options.preserve_intermediates = true;
        options.use_hosts_file = match server {
            DnsServer::System => ResolveHosts::Auto,
            DnsServer::At(_) => ResolveHosts::Never,
        };
        builder.build().map(Self).map_err(|error| error.to_string())
    }
}

impl DnsResolver {
    /// The records of a name or of what it is an alias of.
    ///
    /// The library follows aliases to addresses. On the way to SRV records it loses them when both are in one
    /// answer, so where there seem to be none, aliases are asked for one by one.
    async fn through_aliases(&self, mut name: Name) -> SrvAnswer {
        let mut longest = Duration::MAX;
        for _ in 0..ALIASES {
            let ttl = match self.0.lookup(name.clone(), RecordType::SRV).await {
                Ok(lookup) => match srv_answer(&lookup, longest) {
                    SrvAnswer::Absent { ttl } => ttl,
                    answer => return answer,
                },
                Err(error) => match absence(&error) {
                    Some(ttl) => ttl,
                    None => return SrvAnswer::Failed,
                },
            };
            match self.0.lookup(name.clone(), RecordType::CNAME).await {
                Ok(lookup) => {
                    let alias = lookup.answers().iter().find_map(|record| match &record.data {
                        RData::CNAME(of) if record.name == name => Some((of.0.clone(), record.ttl)),
                        _ => None,
                    });
                    let Some((of, seconds)) = alias else { return SrvAnswer::Absent { ttl: ttl.min(longest) } };
                    longest = longest.min(Duration::from_secs(seconds.into()));
                    name = of;
                }
                Err(error) if absence(&error).is_some() => return SrvAnswer::Absent { ttl: ttl.min(longest) },
                Err(_) => return SrvAnswer::Failed,
            }
        }
        SrvAnswer::Failed
    }
}

#[async_trait]
impl Resolver for DnsResolver {
    async fn srv(&self, name: &str) -> SrvAnswer {
        let Some(name) = whole(name) else { return SrvAnswer::Failed };
        tokio::time::timeout(DEADLINE, self.through_aliases(name)).await.unwrap_or(SrvAnswer::Failed)
    }

    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, AddressError> {
        let name = whole(host).ok_or(AddressError::Absent)?;
        let asked = self.0.lookup_ip(name);
        let lookup: LookupIp = match tokio::time::timeout(DEADLINE, asked).await {
            Ok(Ok(lookup)) => lookup,
            Ok(Err(error)) if absence(&error).is_some() => return Err(AddressError::Absent),
            _ => return Err(AddressError::Failed),
        };
        let mut addresses: Vec<IpAddr> = Vec::new();
        for address in lookup.iter() {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() { Err(AddressError::Absent) } else { Ok(addresses) }
    }
}

/// The name as it is: no search list of the system is to be put after it.
fn whole(name: &str) -> Option<Name> {
    let mut name = Name::from_ascii(name).ok()?;
    name.set_fqdn(true);
    Some(name)
}

fn srv_answer(lookup: &Lookup, longest: Duration) -> SrvAnswer {
    let records = lookup.answers().iter().filter_map(|record| match &record.data {
        RData::SRV(srv) => {
            Some(SrvEntry { priority: srv.priority, weight: srv.weight, port: srv.port, target: srv.target.to_ascii() })
        }
        _ => None,
    });
    let records: Vec<SrvEntry> = records.collect();
    // The aliases on the way are among the answers, and hold no longer than the record that they lead to.
    let ttl = lookup.answers().iter().map(|record| record.ttl).min().unwrap_or(0);
    let ttl = Duration::from_secs(ttl.into()).min(longest);
    if records.is_empty() { SrvAnswer::Absent { ttl } } else { SrvAnswer::Found { records, ttl } }
}

/// For how long there is nothing, if that is what it says and not that nobody could say.
fn absence(error: &NetError) -> Option<Duration> {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none))
            if matches!(none.response_code, ResponseCode::NoError | ResponseCode::NXDomain) =>
        {
            // Without an SOA nothing says for how long (RFC 2308, 5), so not for long.
            Some(none.negative_ttl.map_or(UNSAID_ABSENCE, |seconds| Duration::from_secs(seconds.into())))
        }
        _ => None,
    }
}

/// For one question to one server.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How often a question is put again that was not answered.
const ATTEMPTS: usize = 1;
/// For all of it.
const DEADLINE: Duration = Duration::from_secs(5);
/// How long an absence is taken to last that does not say so.
const UNSAID_ABSENCE: Duration = Duration::from_secs(5);
/// The aliases that are followed, one after the other.
const ALIASES: usize = 8;
