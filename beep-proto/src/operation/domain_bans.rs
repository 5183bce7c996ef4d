//! Backends whose users are banned from a server.

use beep_core::id::SpaceId;

use super::operation;
use crate::id::Ref;
use crate::page::Page;
use crate::view::DomainBan;

operation! {
    /// Lists the domain bans of a server by domain; needs `manage_server`.
    Get "/servers/{server}/domain-bans" => 200 Page<DomainBan>, owner = home_of(server);
    List {
        /// Which server.
        server: Ref<SpaceId>,
    } + {
        /// Domain bans in this page, 1 to 100; 50 if left out.
        limit: u32,
        /// The `next` of the previous page.
        cursor: String,
    }
}

operation! {
    /// Bans all users of another backend from a server; needs `manage_server`, and a higher rank than each member of it.
    ///
    /// Members are removed as banned ones are, many of them after the answer. Joining, and every invitation of or to one of
    /// them, answers `banned`, and the invitations that they made or got are deleted. Neither the server's own domain nor
    /// that of the caller can be banned, and a server has at most 1,000 domain bans. Replaces an earlier ban.
    Put "/servers/{server}/domain-bans/{domain}" => 200 DomainBan, idempotent = by_key, owner = home_of(server);
    Put {
        /// Which server.
        server: Ref<SpaceId>,
        /// The domain, in any script.
        #[sample = "b.example.com"]
        domain: String,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}

operation! {
    /// Ends a domain ban; needs `manage_server`. Who was removed can join again.
    Delete "/servers/{server}/domain-bans/{domain}" => 204 (), idempotent = by_key, owner = home_of(server);
    Delete {
        /// Which server.
        server: Ref<SpaceId>,
        /// The domain, in any script.
        #[sample = "b.example.com"]
        domain: String,
    } + {
        /// The reason, at most 512 characters.
        reason: String,
    }
}
