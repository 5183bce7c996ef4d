//! What a backend shows others of itself: its certificate, its key, whom it trusts, and where the DNS says that it is.

use std::path::Path;
use std::sync::Arc;

use beep_core::domain::Domain;
use beep_core::port::Clock;
use beep_federation::net::{DnsResolver, DnsServer, Tls, TlsError, TlsFiles};
use beep_federation::{CertificateNames, Discovery, DiscoveryError, Resolver, SrvAnswer, SrvService, Target};

use super::certificate::{Certificate, DAY, date};
use super::report::{Finding, fail, ok, warn};
use crate::StartError;
use crate::config::{self, FederationConfig};
use crate::world::SystemClock;

/// The own certificate, with its key.
pub(super) struct Identity {
    pub(super) names: CertificateNames,
    pub(super) tls: Arc<Tls>,
}

/// Looks whether certificate and key can be shown to others.
pub(super) fn identity(settings: &FederationConfig) -> Result<(Finding, Identity), Finding> {
    let renew = "`beep-server federation ca issue <infra domain>` issues and renews it";
    let (certificate, key) = settings.identity().map_err(|StartError(why)| fail(why, renew))?;
    let chain = Certificate::read(certificate).map_err(|StartError(why)| fail(why, renew))?;
    let Some(own) = chain.first() else { return Err(fail("there is no certificate", renew)) };
    if own.scope.is_some() {
        let why = format!("{} is an authority's certificate, not a host's", certificate.display());
        return Err(fail(why, renew));
    }
    let now = SystemClock.now();
    let (from, until) = (date(own.from), date(own.until));
    if now < own.from {
        return Err(fail(
            format!("it is valid only from {from} on"),
            "check the clock; if it is right, issue another certificate",
        ));
    }
    if own.until < now {
        return Err(fail(format!("it expired on {until}"), renew));
    }
    let listed = if own.names.is_empty() { "no name".to_owned() } else { own.names.join(", ") };
    let names = CertificateNames::read(own.names.iter().map(String::as_str));
    if names.names().is_empty() {
        return Err(fail(format!("it is for {listed}, which cannot be the host of a backend"), renew));
    }
    let wanted =
        settings.infra_domain().map_err(|StartError(why)| fail(why, "set it to the host that the SRV record names"))?;
    if let Some(host) = wanted.as_ref().filter(|host| !names.cover(host)) {
        let why = format!("it is for {listed}, but not for `federation.infra_domain`, `{host}`");
        return Err(fail(why, format!("run `beep-server federation ca issue {host}`, or leave out the setting")));
    }
    if !own.for_client || !own.for_server {
        let missing = if own.for_client { "servers" } else { "clients" };
        let why = format!("it may not be used by {missing}, but backends need it for both");
        return Err(fail(why, renew));
    }
    let files = TlsFiles {
        certificate: certificate.to_owned(),
        key: key.to_owned(),
        trust_roots: settings.trust_roots.clone(),
        infra_domain: wanted,
    };
    let tls = Tls::load(files, Arc::new(SystemClock));
    let tls = tls.map_err(|error| {
        let then = match &error {
            TlsError::Unreadable { .. } => "correct the setting, or let the user of beep-server read the file",
            TlsError::Content { .. } => "write the file anew, as PEM",
            TlsError::AnotherHost { .. } | TlsError::Unfit(_) => "use the key that belongs to the certificate",
        };
        fail(error.to_string(), then)
    })?;
    let left = own.days_left(now);
    let what = format!("for {listed}, until {until}, {left} days left");
    let mut finding = if left < u64::from(SOON_DAYS) { warn(what, format!("renew it now: {renew}")) } else { ok(what) };
    if is_open(key) {
        let then = format!("`chmod 600 {}`", key.display());
        finding = warn(format!("other users of this machine can read the key {}", key.display()), then);
    }
    Ok((finding, Identity { names, tls }))
}

/// Looks at those whom the backend trusts.
pub(super) fn trust(settings: &FederationConfig) -> Finding {
    let Some(path) = &settings.trust_roots else {
        let what = "the authorities of the system, which no longer issue client certificates";
        return warn(what, "set `federation.trust_roots` to the file that `beep-server federation ca bundle` writes");
    };
    let how = "`beep-server federation ca bundle` writes it";
    let roots = match Certificate::read(path) {
        Ok(roots) => roots,
        Err(StartError(why)) => return fail(why, how),
    };
    let now = SystemClock.now();
    if let Some(root) = roots.iter().find(|root| root.scope.is_none()) {
        let why = format!("`{}` in {} is the certificate of a host, not of an authority", root.subject, path.display());
        return fail(why, how);
    }
    let soon = now.after(SOON_DAYS * DAY);
    if let Some(root) = roots.iter().find(|root| root.until <= soon) {
        let what =
            format!("`{}` expires on {}, and with it every certificate that it issued", root.subject, date(root.until));
        return warn(what, "ask its owner for a new one, and add it with `beep-server federation ca bundle`");
    }
    let names: Vec<_> = roots.iter().map(|root| format!("`{}`", root.subject)).collect();
    ok(format!("{} authorities: {}", roots.len(), names.join(", ")))
}

/// Who asks the DNS, as the settings say.
pub(super) fn resolver(settings: &FederationConfig) -> Result<DnsResolver, Finding> {
    let server = match settings.resolver {
        config::DnsServer::System => DnsServer::System,
        config::DnsServer::At(address) => DnsServer::At(address),
    };
    DnsResolver::new(server).map_err(|why| fail(why, "set `federation.resolver` to the `address:port` of a DNS server"))
}

/// Looks up who serves a domain.
pub(super) async fn targets(
    settings: &FederationConfig,
    resolver: &DnsResolver,
    domain: &Domain,
) -> Result<(Finding, Vec<Target>), Finding> {
    let Some(service) = SrvService::parse(&settings.srv_service) else {
        return Err(fail("`federation.srv_service` is not a DNS label", "leave it out"));
    };
    let (name, now) = (service.name(domain), SystemClock.now());
    let discovery = match resolver.srv(&name).await {
        SrvAnswer::Found { records, ttl } => {
            Discovery::found(domain.clone(), records.iter().map(|entry| entry.record()), ttl, now)
        }
        SrvAnswer::Absent { ttl } => Discovery::absent(domain.clone(), ttl, now),
        SrvAnswer::Failed => {
            let server = String::from(settings.resolver);
            let then = format!("query the DNS server ({server}) by hand: `dig SRV {name}`");
            return Err(fail(format!("the DNS server gave no answer for {name}"), then));
        }
    };
    let record = format!("its operator must set `{name}. 300 IN SRV 0 0 8448 <infra domain>.`");
    match discovery.targets(now) {
        Ok(targets) => {
            let list = targets.iter().map(|target| format!("{}:{}", target.host, target.port));
            let what = format!("{name} leads to {}", list.collect::<Vec<_>>().join(", "));
            Ok((ok(what), targets.to_vec()))
        }
        Err(DiscoveryError::NotOffered) => {
            Err(fail(format!("{name} says that the domain offers no federation"), record))
        }
        Err(_) => Err(fail(format!("{name} has no host"), record)),
    }
}

/// Looks whether others find this backend where its certificate says that it is.
pub(super) async fn own_record(
    settings: &FederationConfig,
    resolver: &DnsResolver,
    domain: &Domain,
    names: &CertificateNames,
) -> Finding {
    let targets = match targets(settings, resolver, domain).await {
        Ok((_, targets)) => targets,
        Err(finding) => return finding,
    };
    let list: Vec<_> = targets.iter().map(|target| format!("{}:{}", target.host, target.port)).collect();
    let list = list.join(", ");
    let named = settings.infra_domain().ok().flatten();
    match targets.iter().filter(|target| names.cover(&target.host)).count() {
        0 => fail(
            format!("the SRV record of {domain} leads to {list}, which your certificate does not cover"),
            "other backends refuse your calls and answers: change the record, or issue a certificate for its host",
        ),
        covered if covered < targets.len() => warn(
            format!("the SRV record of {domain} leads to {list}, and your certificate covers {covered} of them"),
            "calls to the other hosts fail unless they have certificates of their own",
        ),
        _ if named.as_ref().is_some_and(|host| targets.iter().all(|target| target.host != *host)) => warn(
            format!("the SRV record of {domain} leads to {list}, not to `federation.infra_domain`"),
            "correct the record or the setting",
        ),
        _ => ok(format!("{domain} is served by {list}, which your certificate covers")),
    }
}

/// Whether others than its owner and its group can read a file.
fn is_open(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}

/// From how many days left on it is time to renew.
const SOON_DAYS: u32 = 30;
