//! The sockets to and from other backends, made from the settings.

use std::sync::Arc;
use std::time::Duration;

use beep_core::backend::Backend;
use beep_core::domain::Domain;
use beep_core::port::Peers;
use beep_federation::delivery::Kept;
use beep_federation::net::{
    Answer, DnsResolver, DnsServer, Egress, EgressSettings, Ingress, IngressSettings, Tls, TlsError, TlsFiles,
};
use beep_federation::{Discoverer, Limits, Policy, SharedPolicy, SrvService};

use super::peers::RemotePeers;
use super::sender::Work;
use super::{AllowList, Federation};
use crate::StartError;
use crate::config::{Config, DnsServer as DnsSetting, FederationConfig};
use crate::hub::Closing;
use crate::tasks::Tasks;
use crate::world::{SystemClock, SystemEntropy};

/// What talks to other backends, before it does.
pub(crate) struct Network {
    settings: FederationConfig,
    tls: Arc<Tls>,
    discoverer: Arc<Discoverer>,
    federation: Arc<Federation>,
}

impl Network {
    /// Reads certificate, key and roots; `None` for a backend that talks to no other.
    ///
    /// # Errors
    /// One line that names the setting that does not fit.
    pub(crate) fn open(config: &Config, domain: &Domain) -> Result<Option<Self>, StartError> {
        let settings = config.federation.clone();
        if !settings.enabled {
            return Ok(None);
        }
        let (certificate, key) = settings.identity()?;
        let files = TlsFiles {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            trust_roots: settings.trust_roots.clone(),
            infra_domain: settings.infra_domain()?,
        };
        let clock = Arc::new(SystemClock);
        let tls = Tls::load(files, clock.clone()).map_err(|error| {
            let setting =
                if matches!(error, TlsError::AnotherHost { .. }) { "federation.infra_domain" } else { "federation" };
            StartError(format!("`{setting}`: {error}"))
        })?;
        let server = match settings.resolver {
            DnsSetting::System => DnsServer::System,
            DnsSetting::At(address) => DnsServer::At(address),
        };
        let resolver =
            DnsResolver::new(server).map_err(|error| StartError(format!("`federation.resolver`: {error}")))?;
        let service = SrvService::parse(&settings.srv_service)
            .ok_or_else(|| StartError("`federation.srv_service` is not a DNS label".to_owned()))?;
        let discoverer = Arc::new(Discoverer::new(Arc::new(resolver), clock.clone(), service));
        let allow_list = AllowList::new(config).read()?;
        let policy = Policy { domain: domain.clone(), allow_list, limits: Limits::default() };
        let policy = Arc::new(SharedPolicy::new(policy));
        let egress = Egress::new(
            EgressSettings { allow_private_targets: settings.allow_private_targets, ..EgressSettings::default() },
            tls.clone(),
            discoverer.clone(),
            policy.clone(),
            clock,
            Arc::new(SystemEntropy),
        );
        let federation = Arc::new(Federation::new(Arc::new(egress), policy));
        Ok(Some(Self { settings, tls, discoverer, federation }))
    }

    pub(crate) fn peers(&self) -> Arc<dyn Peers> {
        let Federation { egress, policy, comparisons, senders, .. } = &*self.federation;
        Arc::new(RemotePeers::new(egress.clone(), policy.clone(), comparisons.clone(), senders.clone()))
    }

    pub(crate) fn federation(&self) -> Arc<Federation> {
        self.federation.clone()
    }

    /// Listens for other backends, sends them what waits for them, and compares with them.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub(crate) async fn begin(
        self,
        backend: &Arc<Backend>,
        answer: Arc<dyn Answer>,
        closing: Closing,
        tasks: &Tasks,
    ) -> Result<(), StartError> {
        let listen = self.settings.listen;
        let policy = self.federation.policy.clone();
        let ingress = Ingress::bind(
            IngressSettings::on(listen),
            self.tls.clone(),
            self.discoverer,
            policy,
            Arc::new(SystemClock),
        );
        let ingress = ingress.await.map_err(|error| StartError(format!("`federation.listen` {listen}: {error}")))?;
        tracing::info!(address = %ingress.local_addr(), "listening for other backends");
        let federation = self.federation;
        let _ = federation.address.set(ingress.local_addr());
        let (tls, until) = (self.tls, closing.clone());
        tasks.spawn("certificates", async move {
            tokio::select! {
                () = tls.watch(LOOK_AT_FILES) => {}
                () = until.closes() => {}
            }
        });
        let until = closing.clone();
        tasks.spawn(
            "federation listener",
            async move { ingress.serve(answer, async move { until.closes().await }).await },
        );
        let FederationConfig { max_backlog, retention_s, .. } = self.settings;
        let work = Work {
            backend: Arc::downgrade(backend),
            egress: federation.egress.clone(),
            policy: federation.policy.clone(),
            kept: Kept { events: max_backlog, time: Duration::from_secs(retention_s) },
            closing: closing.clone(),
        };
        tasks.spawn("federation senders", federation.senders.clone().run(Arc::new(work)));
        tasks.spawn("comparisons", federation.comparisons.clone().run(Arc::downgrade(backend), closing));
        Ok(())
    }
}

/// How often the certificate's files are looked at.
const LOOK_AT_FILES: Duration = Duration::from_secs(5);
