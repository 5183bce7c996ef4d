//! Tells of who departs, and other backends of who is there; asks them about those at whom somebody looks.

use std::sync::{Arc, Weak};
use std::time::Duration;

use beep_core::backend::{Backend, presence};
use beep_core::id::UserKey;
use beep_core::port::Live;
use beep_core::presence::Presence;
use beep_core::transient::Transient;
use tokio::time::Instant;

use crate::hub::Hub;

/// Does so until the backend stops or is dropped.
pub(crate) async fn keep(backend: Weak<Backend>, hub: Arc<Hub>, is_federated: bool) {
    let closing = hub.closing();
    loop {
        let now = Instant::now();
        let (news, next) = hub.news(now);
        if is_federated {
            let Some(backend) = backend.upgrade() else { return };
            for presence in news.values() {
                if let Err(error) = presence::announce(&backend, presence).await {
                    tracing::warn!(%error, "other backends are not told who is there");
                }
            }
            ask(&backend, &hub, now).await;
        }
        let round = now + ROUND;
        let until = next.map_or(round, |next| next.min(round));
        tokio::select! {
            () = hub.moved.notified() => {}
            () = tokio::time::sleep_until(until) => {}
            () = closing.closes() => return,
        }
    }
}

/// Asks the homes of those at whom somebody looks whether they are there. Who is not told of is not there.
async fn ask(backend: &Backend, hub: &Hub, now: Instant) {
    for (home, mut users) in hub.unheard(&backend.domain, now) {
        users.truncate(MOST_ASKED);
        let found = match backend.peers.allows(&home) {
            true => backend.peers.presences(&home, &users).await.unwrap_or_default(),
            false => Vec::new(),
        };
        for user in users {
            let key = UserKey::new(user, home.clone());
            let told = found.iter().find(|(presence, _)| presence.user == key).cloned();
            let (presence, friends_only) = told.unwrap_or_else(|| (Presence::offline(key), false));
            hub.tell(Transient::Presence { presence, friends_only });
        }
    }
}

/// How often it is asked at least.
const ROUND: Duration = Duration::from_secs(60);

/// The most users of one backend that are asked about at once.
const MOST_ASKED: usize = 100;
