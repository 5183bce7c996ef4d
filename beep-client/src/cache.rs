//! The state of a client: the servers, roles and channels that the user sees, their memberships and their account.
//!
//! Built from a snapshot and updated by events; always equal to a new snapshot. Pure: no IO and no clock. Applying an
//! event twice changes nothing.

use beep_core::domain::Domain;
use beep_core::id::{ChannelId, MessageId, RoleId, SpaceId, UserKey};
use beep_core::permission::{self, MemberContext, Overrides, Target};
use beep_core::time::Timestamp;
use beep_proto::gateway::{ChannelState, Event, EventData, Joined, Ready, RoleGone, ServerState, StreamName};
use beep_proto::id::{Bare, Full};
use beep_proto::view::{Channel, ChannelKind, Member, OverrideSet, Permissions, Role, SelfUser, Server, User};
use serde::{Deserialize, Serialize};

use crate::list_place::ListPlace;
use crate::sorted::{SortedMap, SortedSet};

/// The state of a client. Two caches are equal if their content is, whatever events led there.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Cache {
    me: SelfUser,
    servers: SortedMap<Full<SpaceId>, CachedServer>,
    channels: SortedMap<Full<ChannelId>, Channel>,
    /// The last applied number of each stream.
    seqs: SortedMap<StreamName, u64>,
    /// The channels whose category vanished since they were told: that category, and whether they follow it.
    taken_out: SortedMap<Full<ChannelId>, (Full<ChannelId>, bool)>,
}

/// A server as one of its members sees it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct CachedServer {
    /// The server.
    pub server: Server,
    /// Its roles by id, `everyone` among them.
    pub roles: SortedMap<Bare<RoleId>, Role>,
    /// The caller's membership, without profile.
    pub member: Member,
}

impl PartialEq for Cache {
    fn eq(&self, other: &Self) -> bool {
        (&self.me, &self.servers, &self.channels) == (&other.me, &other.servers, &other.channels)
    }
}

impl Cache {
    /// Starts from a snapshot.
    pub fn new(ready: &Ready) -> Self {
        let (servers, channels, seqs, taken_out) = Default::default();
        let mut cache = Self { me: ready.me.clone(), servers, channels, seqs, taken_out };
        for server in &ready.servers {
            cache.put_server(server);
        }
        for channel in &ready.channels {
            cache.put_channel(channel);
        }
        cache
    }

    /// The account.
    pub fn me(&self) -> &SelfUser {
        &self.me
    }

    /// The domain of the caller's own backend.
    pub fn domain(&self) -> &Domain {
        self.me.id.home()
    }

    /// Whether a user, server or channel belongs to another backend than the caller's.
    pub fn is_elsewhere<T>(&self, id: &Full<T>) -> bool {
        !id.is_of(self.domain())
    }

    /// The handle of a user: `name`, or `name@b.example.com` for a user of another backend.
    pub fn handle(&self, user: &User) -> String {
        user.handle(self.domain())
    }

    /// The servers that the caller is a member of, oldest first.
    pub fn servers(&self) -> impl Iterator<Item = &CachedServer> {
        self.servers.values()
    }

    /// One server that the caller is a member of.
    pub fn server(&self, id: &Full<SpaceId>) -> Option<&CachedServer> {
        self.servers.get(id)
    }

    /// Every channel that the caller sees, oldest first.
    pub fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.channels.values()
    }

    /// The channels of a server that the caller sees, in the order of the list: those in no category, then each category with
    /// its channels.
    pub fn channels_of(&self, server: &Full<SpaceId>) -> Vec<&Channel> {
        let mut channels: Vec<_> =
            self.channels().filter(|channel| channel.server_id.as_ref() == Some(server)).collect();
        channels.sort_by_cached_key(|channel| ListPlace::new(channel, self.category_of(channel)));
        channels
    }

    /// The category of a channel, if the caller sees it.
    pub fn category_of(&self, channel: &Channel) -> Option<&Channel> {
        let category = self.channels.get(channel.parent_id.as_ref()?)?;
        (category.kind == ChannelKind::Category && category.server_id == channel.server_id).then_some(category)
    }

    /// One channel that the caller sees.
    pub fn channel(&self, id: &Full<ChannelId>) -> Option<&Channel> {
        self.channels.get(id)
    }

    /// The permissions of the caller in a server at `now`, which decides whether a mute has ended; `None` if they are
    /// not a member.
    pub fn permissions(&self, server: &Full<SpaceId>, now: Timestamp) -> Option<Permissions> {
        let held = self.servers.get(server)?;
        held.decide(&self.me.id.0, None, |member_context| permission::in_server(member_context, now).into())
    }

    /// The permissions of the caller in a channel at `now`; `None` if they do not see it. In a private one they follow from its
    /// kind.
    pub fn permissions_in(&self, channel: &Full<ChannelId>, now: Timestamp) -> Option<Permissions> {
        let channel = self.channels.get(channel)?;
        if channel.kind.is_private() {
            return Some(permission::Permissions::participant().into());
        }
        let held = self.servers.get(channel.server_id.as_ref()?)?;
        let overrides = overrides(&channel.overrides);
        held.decide(&self.me.id.0, Some(channel), |member_context| {
            permission::in_channel(member_context, &overrides, now).into()
        })
    }

    /// Replaces the account by the answer to a change of it: no event holds its private fields.
    pub fn set_me(&mut self, me: SelfUser) {
        self.me = me;
    }

    /// Applies an event; says whether anything changed.
    pub fn apply(&mut self, event: &Event) -> bool {
        match &event.data {
            // What appears brings its own number.
            EventData::ChannelCreated(state) => return self.appear(state),
            EventData::MemberJoined(Joined { server: Some(server), channels, .. }) => {
                return self.enter(server, channels.as_deref().unwrap_or_default());
            }
            EventData::ChannelDeleted(gone) => return self.drop_channel(&gone.id),
            EventData::ChannelMemberRemoved(gone) if gone.user == self.me.id => {
                return self.drop_channel(&gone.channel_id);
            }
            EventData::ServerDeleted(gone) => return self.drop_server(&gone.id),
            EventData::MemberLeft(gone) | EventData::MemberBanned(gone) if gone.user == self.me.id => {
                return self.drop_server(&gone.server_id);
            }
            EventData::ChannelUpdated(channel) if event.seq == 0 => return self.regroup(channel),
            _ => {}
        }
        if self.seqs.get(&event.stream).is_some_and(|last| event.seq != 0 && event.seq <= *last) {
            return false;
        }
        if event.seq != 0 {
            self.seqs.insert(event.stream.clone(), event.seq);
        }
        self.change(&event.data)
    }

    /// Takes a channel that is told anew as its category appears. That is not numbered, and may be told once more when the channel
    /// is another already. Messages that were sent there since are told by themselves.
    fn regroup(&mut self, channel: &Channel) -> bool {
        let Some(held) = self.channels.get(&channel.id).filter(|held| held.version <= channel.version) else {
            return false;
        };
        let told = Channel { last_message_id: held.last_message_id, ..channel.clone() };
        self.keep_channel(told);
        true
    }

    fn change(&mut self, data: &EventData) -> bool {
        match data {
            EventData::MessageCreated(message) | EventData::MessageUpdated(message) => {
                return self.heard_of(&message.channel_id, message.id);
            }
            // It was sent, though that may not have been told while it was there.
            EventData::MessageDeleted(gone) => return self.heard_of(&gone.channel_id, gone.id),
            EventData::MessagePinned(moved) | EventData::MessageUnpinned(moved) => {
                return self.heard_of(&moved.channel_id, moved.message_id);
            }
            EventData::ReactionAdded(moved) | EventData::ReactionRemoved(moved) => {
                return self.heard_of(&moved.channel_id, moved.message_id);
            }
            EventData::ChannelUpdated(channel) => {
                let mut channel = channel.clone();
                if let Some(held) = self.channels.get(&channel.id) {
                    channel.last_message_id = channel.last_message_id.max(held.last_message_id);
                }
                self.keep_channel(channel);
            }
            EventData::ChannelMemberAdded(came) => {
                let Some(channel) = self.channels.get_mut(&came.channel_id) else { return false };
                if channel.participants.contains(&came.user) {
                    return false;
                }
                channel.participants.push(came.user.clone());
            }
            EventData::ChannelMemberRemoved(gone) => {
                let Some(channel) = self.channels.get_mut(&gone.channel_id) else { return false };
                channel.participants.retain(|user| *user != gone.user);
            }
            EventData::ServerUpdated(server) => {
                let Some(held) = self.servers.get_mut(&server.id) else { return false };
                // Joining and leaving count; what the editor of the server saw may be older.
                held.server = Server { member_count: held.server.member_count, ..server.clone() };
            }
            EventData::MemberJoined(Joined { member, .. }) if member.user != self.me.id => {
                let Some(held) = self.servers.get_mut(&member.server_id) else { return false };
                held.server.member_count += 1;
            }
            EventData::MemberLeft(gone) | EventData::MemberBanned(gone) => {
                let Some(held) = self.servers.get_mut(&gone.server_id) else { return false };
                held.server.member_count = held.server.member_count.saturating_sub(1);
            }
            EventData::MemberJoined(Joined { member, .. }) | EventData::MemberUpdated(member) => {
                let held = self.servers.get_mut(&member.server_id);
                let Some(held) = held.filter(|_| member.user == self.me.id) else { return false };
                held.member = Member { profile: None, ..member.clone() };
            }
            EventData::RoleCreated(role) | EventData::RoleUpdated(role) => {
                let Some(held) = self.servers.get_mut(&role.server_id) else { return false };
                held.roles.insert(role.id, role.clone());
            }
            EventData::RoleDeleted(gone) => return self.drop_role(gone),
            EventData::UserUpdated(user) => {
                if user.id != self.me.id {
                    return false;
                }
                let User { id: _, username, domain, display_name, avatar, bio, created_at, deleted } = user.clone();
                let me = self.me.clone();
                self.me = SelfUser { username, domain, display_name, avatar, bio, created_at, deleted, ..me };
            }
            _ => return false,
        }
        true
    }

    /// Notes that a message was sent to a channel.
    fn heard_of(&mut self, channel: &Full<ChannelId>, message: Bare<MessageId>) -> bool {
        let Some(channel) = self.channels.get_mut(channel) else { return false };
        let before = channel.last_message_id;
        channel.last_message_id = before.max(Some(message));
        channel.last_message_id != before
    }

    fn appear(&mut self, state: &ChannelState) -> bool {
        let held = self.channels.contains_key(&state.channel.id);
        // One that is as new may still differ: a role that was deleted took its override along.
        let stale =
            held && self.seqs.get(&StreamName::Channel(state.channel.id.clone())).is_some_and(|last| state.seq < *last);
        if !stale {
            self.put_channel(state);
            self.put_back_into(&state.channel.id);
        }
        !stale
    }

    fn enter(&mut self, server: &ServerState, channels: &[ChannelState]) -> bool {
        let id = &server.server.id;
        if self.servers.contains_key(id)
            && self.seqs.get(&StreamName::Server(id.clone())).is_some_and(|last| server.seq < *last)
        {
            return false;
        }
        let listed = |channel: &Channel| channels.iter().any(|state| state.channel.id == channel.id);
        let Self { channels: held, seqs, .. } = self;
        held.retain(|channel, of| {
            let stays = of.server_id.as_ref() != Some(id) || listed(of);
            if !stays {
                seqs.remove(&StreamName::Channel(channel.clone()));
            }
            stays
        });
        self.put_server(server);
        for channel in channels {
            self.appear(channel);
        }
        let there: SortedSet<_> = self.channels.values().map(|channel| channel.id.clone()).collect();
        let of_server = self.channels.values_mut().filter(|channel| channel.server_id.as_ref() == Some(id));
        of_server
            .filter(|channel| channel.parent_id.as_ref().is_some_and(|parent| !there.contains(parent)))
            .for_each(take_out);
        true
    }

    fn put_server(&mut self, state: &ServerState) {
        let ServerState { server, roles, member, seq } = state.clone();
        self.seqs.insert(StreamName::Server(server.id.clone()), seq);
        let roles = roles.into_iter().map(|role| (role.id, role)).collect();
        let member = Member { profile: None, ..member };
        self.servers.insert(server.id.clone(), CachedServer { server, roles, member });
    }

    fn put_channel(&mut self, state: &ChannelState) {
        let ChannelState { channel, seq } = state.clone();
        self.seqs.insert(StreamName::Channel(channel.id.clone()), seq);
        self.keep_channel(channel);
    }

    /// Keeps a channel, which may be told as it was before a role was deleted that is known to be gone: a role took its
    /// overrides along, and none is given to a role before that is told.
    fn keep_channel(&mut self, mut channel: Channel) {
        if let Some(held) = channel.server_id.as_ref().and_then(|server| self.servers.get(server)) {
            channel.overrides.retain(|target, _| role_of(target).is_none_or(|role| held.roles.contains_key(&role)));
        }
        self.taken_out.remove(&channel.id);
        self.channels.insert(channel.id.clone(), channel);
    }

    /// Puts those that were in a category which vanished, and were not told of since, back into it. Who holds a server as it is
    /// now is told of an earlier time, after a connection broke while it was told whole: then a category may vanish and
    /// appear again, and its channels are told as they were, which is older than what is held.
    fn put_back_into(&mut self, category: &Full<ChannelId>) {
        let Self { channels, taken_out, .. } = self;
        taken_out.retain(|id, (parent, follows)| {
            let goes_back = parent == category;
            if let Some(channel) = channels.get_mut(id).filter(|_| goes_back) {
                (channel.parent_id, channel.follows_parent) = (Some(category.clone()), *follows);
            }
            !goes_back
        });
    }

    fn drop_role(&mut self, gone: &RoleGone) -> bool {
        let Some(held) = self.servers.get_mut(&gone.server_id) else { return false };
        let mut changed = held.roles.remove(&gone.id).is_some();
        held.member.roles.retain(|role| *role != gone.id);
        let target = format!("role:{}", gone.id);
        for channel in self.channels.values_mut() {
            if channel.server_id.as_ref() == Some(&gone.server_id) {
                changed |= channel.overrides.remove(&target).is_some();
            }
        }
        changed
    }

    fn drop_channel(&mut self, id: &Full<ChannelId>) -> bool {
        self.seqs.remove(&StreamName::Channel(id.clone()));
        // Who sees a category no more sees its channels in none.
        for channel in self.channels.values_mut().filter(|channel| channel.parent_id.as_ref() == Some(id)) {
            self.taken_out.insert(channel.id.clone(), (id.clone(), channel.follows_parent));
            take_out(channel);
        }
        self.taken_out.remove(id);
        self.channels.remove(id).is_some()
    }

    fn drop_server(&mut self, id: &Full<SpaceId>) -> bool {
        let Self { channels, seqs, .. } = self;
        channels.retain(|channel, of| {
            let stays = of.server_id.as_ref() != Some(id);
            if !stays {
                seqs.remove(&StreamName::Channel(channel.clone()));
            }
            stays
        });
        seqs.remove(&StreamName::Server(id.clone()));
        self.servers.remove(id).is_some()
    }
}

impl CachedServer {
    /// The role that every member has.
    pub fn everyone(&self) -> Option<&Role> {
        self.roles.values().find(|role| role.everyone)
    }

    /// Asks the permission engine for the caller, in the server or in a channel of it; `None` without the role `everyone`, which
    /// every server has.
    fn decide(
        &self,
        me: &UserKey,
        channel: Option<&Channel>,
        decide: impl FnOnce(&MemberContext<'_>) -> Permissions,
    ) -> Option<Permissions> {
        let everyone = self.everyone()?;
        let own = self.member.roles.iter().filter(|role| **role != everyone.id);
        let own = own.filter_map(|role| self.roles.get(role));
        let grants: Vec<_> = own.map(|role| (role.id.0, role.permissions.0)).collect();
        let here = channel.and_then(|channel| channel.restricted.get(&me.to_string()).copied());
        let restricted_until = self.server.suspended_until.max(self.member.restricted_until).max(here);
        Some(decide(&MemberContext {
            user: me,
            member: true,
            owner: self.server.owner.0 == *me,
            everyone: (everyone.id.0, everyone.permissions.0),
            roles: &grants,
            muted_until: self.member.muted_until.map(|until| until.0),
            restricted_until: restricted_until.map(|until| until.0),
        }))
    }
}

/// Takes a channel out of its category.
fn take_out(channel: &mut Channel) {
    (channel.parent_id, channel.follows_parent) = (None, false);
}

/// The role that an override is for; `None` for a member.
fn role_of(target: &str) -> Option<Bare<RoleId>> {
    target.strip_prefix("role:")?.parse().ok()
}

/// Parses overrides; those for kinds that only a newer backend knows are ignored.
pub(crate) fn overrides(set: &OverrideSet) -> Overrides {
    let mut overrides = Overrides::default();
    for (target, of) in set {
        let role = role_of(target);
        let member = target.strip_prefix("member:").and_then(|user| user.parse::<Full<_>>().ok());
        let target = role.map(|role| Target::Role(role.0)).or(member.map(|user| Target::Member(user.0)));
        if let Some(target) = target {
            overrides.set(&target, Some((*of).into()));
        }
    }
    overrides
}

#[cfg(test)]
mod tests;
