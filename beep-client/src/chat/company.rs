//! Who is there, as an app holds it.

use std::fmt;
use std::sync::Arc;

use beep_core::id::{SpaceId, UserId};
use beep_proto::id::Full;
use beep_proto::view::Presence;

use super::shared::Shared;

/// Who is there, from [`Chat::company`](crate::Chat::company). Whose presence changes is told by
/// [`People::changes`](super::People::changes) as well, since they are to be drawn again.
#[derive(Clone)]
pub struct Company(pub(super) Arc<Shared>);

impl Company {
    /// How somebody is seen. Friends are known always, members of a server while somebody [watches](Self::watch) them;
    /// others are offline.
    pub fn presence(&self, user: &Full<UserId>) -> Presence {
        self.0.lock().machine.company.presence(user)
    }

    /// Looks at the members of a server or a private channel, until what this gives is dropped. `users` are those that are
    /// shown; call it again where they are others.
    pub fn watch(&self, server: &Full<SpaceId>, users: Vec<Full<UserId>>) -> Watched {
        let number = self.0.wish(|machine, _| machine.company.watch(server.clone(), users));
        Watched { shared: self.0.clone(), number }
    }
}

impl fmt::Debug for Company {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Company")
    }
}

/// Members who are looked at, until this is dropped.
pub struct Watched {
    shared: Arc<Shared>,
    number: u64,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.shared.wish(|machine, _| machine.company.unwatch(self.number));
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched")
    }
}
