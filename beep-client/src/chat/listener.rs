//! Hearing what happens on the gateway, for what has no object.

use std::fmt;
use std::sync::Arc;

use super::shared::{EventListener, Shared};
use crate::gateway::GatewayEvent;
use crate::transport::{MaybeSend, MaybeSync};

/// A function that hears, from [`Chat::listen`](crate::Chat::listen), until this is dropped.
#[must_use = "it hears nothing once it is dropped"]
pub struct Listener(Arc<dyn EventListener>);

impl Listener {
    pub(super) fn new(shared: &Shared, heard: impl Fn(&GatewayEvent) + MaybeSend + MaybeSync + 'static) -> Self {
        let listener: Arc<dyn EventListener> = Arc::new(heard);
        shared.listen(&listener);
        Self(listener)
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("held", &Arc::strong_count(&self.0)).finish()
    }
}
