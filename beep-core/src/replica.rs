//! A replica: a server of another backend, as far as the local members may see it.
//!
//! [`Replica::apply`] and [`Replica::rewind`] move it along the owner's log in both directions. So the owner knows the
//! state of a replica without asking, and the holder detects a difference.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::Domain;
use crate::event::{EventBody, Stream};
use crate::facts::{SpaceFacts, apply_to_member, rewind_member};
use crate::id::ChannelId;
use crate::member::Member;
use crate::time::Timestamp;

/// A server with the members of one backend and the positions of its streams.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Replica {
    /// The server with its member count, its roles, and channels with their last messages.
    pub facts: Arc<SpaceFacts>,
    /// The members of the backend that has the replica, by user.
    pub members: Vec<Member>,
    /// The last number of the server's own stream.
    pub seq: u64,
    /// The last number of each channel's stream.
    pub channel_seqs: BTreeMap<ChannelId, u64>,
}

impl Replica {
    /// The last number of the stream of the space's own events: see [`Space::stream`](crate::space::Space::stream).
    pub fn own_seq(&self) -> u64 {
        match self.facts.server.stream() {
            Stream::Channel { id, .. } => self.channel_seqs.get(&id.id).copied().unwrap_or_default(),
            Stream::Space(_) | Stream::User(_) => self.seq,
        }
    }

    /// The channels that at least one of the members may see.
    pub fn visible(&self, now: Timestamp) -> BTreeSet<ChannelId> {
        self.members.iter().flat_map(|member| self.facts.visible(member, now)).collect()
    }

    /// The server without the channels that none of the members may see.
    pub fn shown(&self, channels: &BTreeSet<ChannelId>) -> Self {
        let shown = self.facts.channels.values().filter(|channel| channels.contains(&channel.id.id));
        let roles = self.facts.roles.values().map(|role| (**role).clone());
        let shown = shown.map(|channel| (**channel).clone());
        let facts = SpaceFacts::new(self.facts.server.clone(), self.facts.revision, roles, shown);
        let facts = facts.expect("facts have a role `everyone`");
        let seqs = self.channel_seqs.iter().filter(|(id, _)| channels.contains(id));
        Self {
            facts: Arc::new(facts),
            members: self.members.clone(),
            seq: self.seq,
            channel_seqs: seqs.map(|(id, seq)| (*id, *seq)).collect(),
        }
    }

    /// Applies an event of this server; `of` is the backend whose members are kept.
    pub fn apply(&mut self, stream: &Stream, seq: u64, body: &EventBody, of: &Domain) {
        let facts = Arc::make_mut(&mut self.facts);
        if let Some((channel, message)) = body.message()
            && let Some(channel) = facts.channels.get_mut(&channel.id)
        {
            let last = channel.last_message.max(Some(message));
            Arc::make_mut(channel).last_message = last;
        }
        match body {
            EventBody::MemberJoined(member) => {
                facts.server.member_count = facts.server.member_count.saturating_add(1);
                facts.apply(body);
                if member.user.home == *of {
                    self.members.retain(|known| known.user != member.user);
                    let at = self.members.partition_point(|known| known.user < member.user);
                    self.members.insert(at, member.clone());
                }
            }
            EventBody::MemberLeft { user, .. } | EventBody::MemberBanned { user, .. } => {
                facts.server.member_count = facts.server.member_count.saturating_sub(1);
                facts.apply(body);
                self.members.retain(|known| known.user != *user);
            }
            // What is not seen is not known either.
            EventBody::ChannelUpdated { channel, .. } if !facts.channels.contains_key(&channel.id.id) => {}
            body => facts.apply(body),
        }
        self.members.iter_mut().for_each(|member| apply_to_member(member, body));
        self.stand(stream, seq);
    }

    /// Goes back before an event of this server. Members who left are not restored, and the newest message of a channel
    /// stays, because no older one is known.
    pub fn rewind(&mut self, stream: &Stream, seq: u64, body: &EventBody, of: &Domain) {
        let facts = Arc::make_mut(&mut self.facts);
        let (members, now) = (facts.server.member_count, facts.channels.clone());
        facts.rewind(body);
        facts.server.member_count = members;
        match body {
            EventBody::MemberJoined(member) => {
                facts.server.member_count = members.saturating_sub(1);
                if member.user.home == *of {
                    self.members.retain(|known| known.user != member.user);
                }
            }
            EventBody::MemberLeft { .. } | EventBody::MemberBanned { .. } => {
                facts.server.member_count = members.saturating_add(1);
            }
            EventBody::ChannelUpdated { before, .. } => {
                if let (Some(now), Some(channel)) = (now.get(&before.id.id), facts.channels.get_mut(&before.id.id)) {
                    Arc::make_mut(channel).last_message = now.last_message;
                }
            }
            _ => {}
        }
        self.members.iter_mut().for_each(|member| rewind_member(member, body));
        self.stand(stream, seq.saturating_sub(1));
    }

    /// Whether two replicas are equal, without regard to the last messages.
    pub fn agrees(&self, other: &Self) -> bool {
        let current =
            |replica: &Self| -> Vec<_> { replica.members.iter().map(|member| replica.facts.current(member)).collect() };
        let channels = |replica: &Self| -> Vec<_> {
            let all = replica.facts.channels.values().map(|channel| (**channel).clone());
            all.map(|channel| crate::channel::Channel { last_message: None, ..channel }).collect()
        };
        self.facts.server == other.facts.server
            && self.facts.roles == other.facts.roles
            && current(self) == current(other)
            && (self.seq, &self.channel_seqs) == (other.seq, &other.channel_seqs)
            && channels(self) == channels(other)
    }

    fn stand(&mut self, stream: &Stream, seq: u64) {
        match stream {
            Stream::Channel { id, .. } if self.facts.channels.contains_key(&id.id) => {
                self.channel_seqs.insert(id.id, seq);
            }
            Stream::Channel { id, .. } => drop(self.channel_seqs.remove(&id.id)),
            Stream::Space(_) => self.seq = seq,
            Stream::User(_) => {}
        }
    }
}
