//! What a client shows: which of it may be told of.

use beep_core::backend::presence;
use beep_core::id::{SpaceKey, UserKey};
use beep_core::port::StoreError;
use beep_proto::gateway::{Focus as Said, FocusedMembers};
use beep_proto::operation::Rate;

use super::{End, Gateway, failed, too_many};
use crate::hub::{Attached, Focus};

/// Has a connection be told of what its client says that it shows, as far as its user may see that.
pub(super) async fn take(gateway: &Gateway, connection: &Attached, said: Said) -> Result<(), End> {
    let user = &connection.user;
    gateway.rates.count(Rate::Read, &user.to_string()).map_err(|_| too_many())?;
    let focus = gateway.callers.user(user, allowed(gateway, user, said)).await;
    gateway.hub.focus(connection, focus.map_err(|error| failed(error.into()))?);
    Ok(())
}

async fn allowed(gateway: &Gateway, by: &UserKey, said: Said) -> Result<Focus, StoreError> {
    let channels = said.channels.into_iter().take(Said::MOST_CHANNELS).map(|channel| channel.0).collect();
    let mut users: Vec<(UserKey, SpaceKey)> = Vec::new();
    for FocusedMembers { server, ranges, users: named } in said.members.into_iter().take(Said::MOST_SERVERS) {
        let server = server.0;
        if !gateway.hub.is_in(by, &server) {
            continue;
        }
        let room = |users: &[_]| Said::MOST_MEMBERS.saturating_sub(u32::try_from(users.len()).unwrap_or(u32::MAX));
        if server.home == gateway.backend.domain {
            for [first, last] in ranges.into_iter().take(FocusedMembers::MOST_RANGES) {
                let wanted = last.saturating_sub(first).saturating_add(1).min(room(&users));
                if last >= first && wanted > 0 {
                    let found = gateway.backend.store.members_at(&server, first.min(MOST_PLACES), wanted).await?;
                    users.extend(found.into_iter().map(|user| (user, server.clone())));
                }
            }
        } else {
            for user in named.into_iter().take(FocusedMembers::MOST_USERS.min(room(&users) as usize)).map(|user| user.0)
            {
                // Of members of other backends the owner alone knows; it tells of its own users.
                let is_own = user.home == gateway.backend.domain;
                if user.home == server.home || is_own && gateway.backend.store.member(&server, &user).await?.is_some() {
                    users.push((user, server.clone()));
                }
            }
        }
    }
    let hidden = presence::blocking(&gateway.backend, by).await?;
    users.retain(|(user, _)| user != by && !hidden.contains(user));
    Ok(Focus { channels, users })
}

/// Nobody looks further down in a list: each place before costs a little.
const MOST_PLACES: u32 = 1_000_000;
