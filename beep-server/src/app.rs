//! What the handlers of requests share: of clients, and of other backends on behalf of their users.

use std::sync::{Arc, OnceLock};

use axum::extract::FromRef;
use beep_core::backend::Backend;
use beep_proto::openapi;
use bytes::Bytes;
use tokio::sync::Notify;

use crate::callers::Callers;
use crate::config::{Config, TrustedProxies};
use crate::federation::{AllowList, Federation};
use crate::gateway::Gateway;
use crate::http::{Bodies, UnderWay};
use crate::hub::{Closing, Hub};
use crate::rate::Rates;
use crate::resumes::Resumes;
use crate::tasks::Tasks;
use crate::token::Tokens;

/// What the handlers of requests share.
pub(crate) struct App {
    pub(crate) backend: Arc<Backend>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) rates: Arc<Rates>,
    pub(crate) resumes: Arc<Resumes>,
    pub(crate) under_way: UnderWay,
    /// Rung when something is to be deleted bit by bit.
    pub(crate) purges: Arc<Notify>,
    pub(crate) bodies: Bodies,
    pub(crate) tasks: Tasks,
    /// None for a backend that talks to no other.
    pub(crate) federation: Option<Arc<Federation>>,
    pub(crate) allow_list: AllowList,
    /// Who is believed when they say whom a request is from.
    pub(crate) proxies: TrustedProxies,
    /// Whether cookies are for encrypted connections alone, whatever a proxy says.
    pub(crate) secure_cookies: bool,
    /// Whether mail leaves the machine.
    pub(crate) sends_mail: bool,
    pub(crate) callers: Callers,
    closing: Closing,
    openapi: OnceLock<Bytes>,
}

impl App {
    pub(crate) fn new(
        backend: Arc<Backend>,
        config: &Config,
        hub: Arc<Hub>,
        tokens: Arc<Tokens>,
        federation: Option<Arc<Federation>>,
    ) -> Self {
        Self {
            closing: hub.closing(),
            backend,
            hub,
            tokens,
            rates: Arc::new(Rates::new(config.limits.rates)),
            resumes: Arc::default(),
            under_way: UnderWay::default(),
            purges: Arc::default(),
            bodies: Bodies::default(),
            tasks: Tasks::default(),
            federation,
            allow_list: AllowList::new(config),
            proxies: config.trusted_proxies.clone(),
            secure_cookies: !config.is_plain_http(),
            sends_mail: config.mail.url.is_some(),
            callers: Callers::default(),
            openapi: OnceLock::new(),
        }
    }

    /// The OpenAPI document, made when somebody first asks for it.
    pub(crate) fn openapi(&self) -> Bytes {
        self.openapi.get_or_init(|| openapi::document(None).to_string().into()).clone()
    }

    /// Whether the process is about to stop, and refuses new work.
    pub(crate) fn is_draining(&self) -> bool {
        self.closing.is_closing()
    }
}

impl FromRef<Arc<App>> for Gateway {
    fn from_ref(app: &Arc<App>) -> Self {
        let App { backend, hub, tokens, rates, resumes, callers, .. } = &**app;
        Self {
            backend: backend.clone(),
            hub: hub.clone(),
            tokens: tokens.clone(),
            rates: rates.clone(),
            resumes: resumes.clone(),
            callers: callers.clone(),
        }
    }
}
