//! Whether a message is for the caller in particular.

use beep_core::id::{RoleId, SpaceId, UserId};
use beep_core::mention::Mentions;
use beep_core::time::Timestamp;
use beep_proto::id::{Bare, Full};
use beep_proto::view::Message;

use super::ReadState;
use crate::cache::Cache;
use crate::permissions::Permissions;

/// Gives the roles of a member of a server, where they are known.
pub type RolesOf<'a> = dyn Fn(&Full<SpaceId>, &Full<UserId>) -> Option<Vec<Bare<RoleId>>> + 'a;

/// What is known of who writes.
#[derive(Clone, Copy)]
pub struct Writers<'a> {
    /// Their roles, which decide whether they may mention all members.
    pub roles_of: &'a RolesOf<'a>,
    /// Whether the caller has blocked somebody: nothing that they write is for the caller.
    pub is_blocked: &'a dyn Fn(&Full<UserId>) -> bool,
}

impl std::fmt::Debug for Writers<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Writers")
    }
}

/// Whether a message is for the caller: it is of somebody else who is not blocked, and stands in a private channel, mentions
/// the caller, one of their roles, or all members, or replies to the caller. Who mentions many needs the permission for it.
pub(super) fn is_for_me(
    message: &Message,
    at: Timestamp,
    cache: &Cache,
    reads: &impl ReadState,
    writers: Writers<'_>,
) -> bool {
    let me = &cache.me().id;
    if message.author.as_ref().is_some_and(|author| author == me || (writers.is_blocked)(author)) {
        return false;
    }
    let Some(channel) = cache.channel(&message.channel_id) else { return false };
    if channel.server_id.is_none() {
        return true;
    }
    if message.mentions.contains(me) || message.reply_to.is_some_and(|to| reads.is_own(to)) {
        return true;
    }
    let mentions = Mentions::of(&message.content);
    if mentions.users.contains(&me.0) {
        return true;
    }
    let held = channel.server_id.as_ref().and_then(|server| cache.server(server));
    let is_mine = |role: &RoleId| held.is_some_and(|held| held.member.roles.contains(&Bare(*role)));
    let many = mentions.everyone || mentions.roles.iter().any(is_mine);
    let Some(author) = message.author.as_ref().filter(|_| many) else { return false };
    let roles = channel.server_id.as_ref().and_then(|server| (writers.roles_of)(server, author));
    Permissions::new(cache, at).author_may_mention_everyone(channel, author, roles.as_deref())
}
