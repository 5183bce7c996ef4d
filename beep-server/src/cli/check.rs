//! `beep-server federation check`: checks the way to another backend step by step, until one step fails.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use beep_core::domain::Domain;
use beep_federation::net::{Call, DnsResolver, Egress, EgressSettings, is_public};
use beep_federation::{
    AddressError, CallError, Discoverer, Limits, Policy, Resolver, Rpc, SharedPolicy, SrvService, Target,
};
use beep_proto::problem::{ErrorCode, Problem};
use bytes::Bytes;
use tokio::net::TcpStream;

use super::handshake::handshake;
use super::identity::{Identity, identity, own_record, resolver, targets, trust};
use super::report::{Finding, Report, fail, ok, warn};
use crate::config::Config;
use crate::federation::allow_list;
use crate::world::{SystemClock, SystemEntropy};
use crate::{StartError, console};

/// Checks the way to another backend and prints each step.
pub(super) async fn check(config: Config, to: Domain) -> Result<(), StartError> {
    let mut report = Report::default();
    if walk(&mut report, &config, &to).await.is_none() {
        let why = report.failure().unwrap_or_default();
        return Err(StartError(format!("{to} cannot be reached: {why}")));
    }
    console::print(&format!("{to} and {} can talk to each other\n", config.domain));
    Ok(())
}

async fn walk(report: &mut Report, config: &Config, to: &Domain) -> Option<()> {
    let settings = &config.federation;
    let own = report.take("settings", allowed(config, to))?;
    let Identity { names, tls } = report.take("own certificate", identity(settings))?;
    report.add("trust", trust(settings)).then_some(())?;
    let dns =
        Arc::new(report.take("resolver", resolver(settings).map(|dns| (ok(String::from(settings.resolver)), dns)))?);
    report.add("own DNS", own_record(settings, &dns, &own, &names).await).then_some(())?;
    let found = report.take("DNS", targets(settings, &dns, to).await)?;
    for target in &found {
        visit(report, target, &dns, settings.allow_private_targets, settings.trust_roots.as_deref()).await?;
    }
    let discoverer = Discoverer::new(dns, Arc::new(SystemClock), SrvService::parse(&settings.srv_service)?);
    let policy = Policy { domain: own.clone(), allow_list: None, limits: Limits::default() };
    let egress = Egress::new(
        EgressSettings { allow_private_targets: settings.allow_private_targets, ..EgressSettings::default() },
        tls,
        Arc::new(discoverer),
        Arc::new(SharedPolicy::new(policy)),
        Arc::new(SystemClock),
        Arc::new(SystemEntropy),
    );
    let call = Call {
        to: to.clone(),
        rpc: Rpc::Versions,
        body: Bytes::from_static(b"{}"),
        repeatable: true,
        answer_limit: 16 << 10,
    };
    match egress.call(call).await {
        Ok(answer) => {
            report.add("versions", versions(&answer)).then_some(())?;
            report.add("authorization", ok(format!("{to} accepts {own}")));
            Some(())
        }
        Err(error) => {
            let (about, finding) = refused(&error, &own, to);
            report.add(about, finding);
            None
        }
    }
}

/// Whether this backend would call the other at all.
fn allowed(config: &Config, to: &Domain) -> Result<(Finding, Domain), Finding> {
    let own = config.domain().map_err(|StartError(why)| fail(why, "set `domain`"))?;
    if own == *to {
        return Err(fail(format!("{to} is this backend's own domain"), "give the domain of another backend"));
    }
    let settings = &config.federation;
    let kept = allow_list::kept(&config.data_dir).map_err(|StartError(why)| fail(why, "repair or remove the file"))?;
    let (list, whose, then) = match kept {
        Some(list) => {
            (list, "the allow list of the administrators", "add it with `PUT /v1/admin/federation/allow-list`")
        }
        None => {
            let list = settings.allow_list.clone().map(|list| list.0);
            (list, "`federation.allow_list`", "add it, and restart the backend")
        }
    };
    if list.is_some_and(|list| !list.contains(to)) {
        return Err(fail(format!("{to} is not on {whose}"), then));
    }
    let what = format!("{own} talks to {to}");
    let finding = if settings.enabled {
        ok(what)
    } else {
        warn(format!("{what} once `federation.enabled` is true"), "set it, and restart the backend")
    };
    Ok((finding, own))
}

/// Goes to one of the hosts that serve the other backend.
async fn visit(
    report: &mut Report,
    target: &Target,
    dns: &DnsResolver,
    private: bool,
    trust_roots: Option<&Path>,
) -> Option<()> {
    let found = dns.addresses(target.host.as_str()).await;
    let addresses = report.take("address", addresses(target, found, private))?;
    let stream = report.take("TCP", connect(&addresses).await)?;
    report.add("TLS", handshake(stream, &target.host, trust_roots).await).then_some(())
}

/// The addresses of a host that may be gone to.
fn addresses(
    target: &Target,
    found: Result<Vec<IpAddr>, AddressError>,
    private: bool,
) -> Result<(Finding, Vec<SocketAddr>), Finding> {
    let host = &target.host;
    let found = found.map_err(|error| match error {
        AddressError::Absent => {
            fail(format!("{host} has no address"), format!("its operator must set an A or AAAA record for `{host}.`"))
        }
        AddressError::Failed => {
            fail(format!("the DNS server gave no answer for {host}"), format!("query it by hand: `dig {host}`"))
        }
    })?;
    let listed = found.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", ");
    let may_be: Vec<_> = found.into_iter().filter(|address| private || is_public(*address)).collect();
    if may_be.is_empty() {
        return Err(fail(
            format!("{host} has the private address {listed}"),
            "in a closed network set `federation.allow_private_targets`; else its operator must correct the DNS record",
        ));
    }
    let addresses = may_be.into_iter().map(|address| SocketAddr::new(address, target.port)).collect();
    Ok((ok(format!("{host} has the address {listed}")), addresses))
}

async fn connect(addresses: &[SocketAddr]) -> Result<(Finding, TcpStream), Finding> {
    let mut why = Vec::new();
    for address in addresses {
        match tokio::time::timeout(CONNECTING, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok((ok(format!("{address} accepts connections")), stream)),
            Ok(Err(error)) => why.push(format!("{address}: {error}")),
            Err(_) => why.push(format!("{address}: no answer within {} s", CONNECTING.as_secs())),
        }
    }
    let then = "check that it runs there, that its `federation.listen` has this port, and the firewalls of both sides";
    Err(fail(why.join("; "), then))
}

fn versions(answer: &[u8]) -> Finding {
    let said: serde_json::Value = serde_json::from_slice(answer).unwrap_or_default();
    let supported = said["supported"].as_array().map(Vec::as_slice).unwrap_or_default();
    let supported: Vec<_> = supported.iter().map(ToString::to_string).collect();
    ok(format!("{}; {}", supported.join(", "), said["software"].as_str().unwrap_or("unknown software")))
}

/// What a call that failed says, and what it is about.
fn refused(error: &CallError, own: &Domain, to: &Domain) -> (&'static str, Finding) {
    let what = error.to_string();
    match error {
        CallError::Refused(problem) => ("authorization", fail(what, advice(problem, own, to))),
        CallError::AuthenticationFailure(_) => {
            let then = format!(
                "{to} does not accept your certificate: send your authority.pem to its operator, \
                 who adds it with `beep-server federation ca bundle authority.pem`"
            );
            ("authorization", fail(what, then))
        }
        CallError::Misdirected => ("versions", fail(what, format!("the operator of {to} must change its SRV record"))),
        CallError::RemoteError(_) => ("versions", fail(what, "bring both backends to the same release")),
        _ => ("versions", fail(what, "try again; if it fails again, its operator should look into the log there")),
    }
}

/// What to do about a refusal of the other's.
fn advice(problem: &Problem, own: &Domain, to: &Domain) -> String {
    match problem.code {
        ErrorCode::FederationDenied => format!("the operator of {to} must add {own} to the allow list there"),
        ErrorCode::DiscoveryFailure => format!(
            "{to} does not find {own} in DNS: check that the SRV record is public and known to the DNS server there. \
             A missing record is cached for up to 5 minutes"
        ),
        ErrorCode::ValidationError => format!(
            "{to} sees an SRV record of {own} with no host that your certificate is for: a change of the record takes \
             effect there after its TTL"
        ),
        ErrorCode::AuthenticationFailure => {
            format!("{to} does not trust your certificate: send your authority.pem to its operator")
        }
        ErrorCode::RateLimited => "wait, and try again".to_owned(),
        _ => format!("the operator of {to} should look into the log there"),
    }
}

/// What a connection may take, for each address.
const CONNECTING: Duration = Duration::from_secs(5);
