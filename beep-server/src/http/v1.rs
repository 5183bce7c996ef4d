//! What answers each operation: one use case called, one view given.

mod accounts;
mod admin;
mod audit_log;
mod backend;
mod bans;
mod blocks;
mod channels;
mod conversations;
mod domain_bans;
mod events;
mod friend_requests;
mod friends;
mod gateway;
mod invitations;
mod members;
mod messages;
mod page;
mod pins;
mod presence;
mod reactions;
mod reads;
mod reports;
mod roles;
mod second_factor;
mod self_;
mod servers;
mod sessions;
mod users;

use std::sync::Arc;

use axum::Router;

pub(super) use messages::seen;

use crate::app::App;
use crate::http::operation::route;
use crate::http::raw;

/// The routes of all operations. An operation of the table without a handler does not compile.
pub(super) fn routes() -> Router<Arc<App>> {
    let mut router = Router::new();
    macro_rules! add {
        ($($area:ident { $($method:ident: $operation:ident),* $(,)? })*) => { $($(
            let (path, answers) = route::<beep_proto::operation::$area::$operation>();
            router = router.route(&path, answers);
        )*)* };
    }
    beep_proto::for_each_operation!(add);
    macro_rules! add_raw {
        ($($area:ident { $($method:ident: $operation:ident),* $(,)? })*) => { $($(
            let (path, answers) = raw::route::<beep_proto::operation::$area::$operation>();
            router = router.route(&path, answers);
        )*)* };
    }
    beep_proto::for_each_raw_operation!(add_raw);
    router
}
