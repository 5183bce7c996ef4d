//! An auditor: follows everything that happens in a server, as its owner sees it, and holds each message against the
//! facts that stood when it was committed.

use std::collections::BTreeMap;

use beep_client::view::{Channel, Member, Permissions as Granted, Role};
use beep_client::{Bare, ChannelId, Client, EventData, Full, Ready, RoleId, UserId, members};
use beep_core::facts::SpaceFacts;
use beep_core::permission::Permissions;
use beep_core::space::Space;
use beep_core::time::Timestamp;
use beep_proto::federation;
use beep_proto::gateway::Event;

/// What the auditor knows.
pub(crate) struct Audit {
    server: Space,
    roles: BTreeMap<Bare<RoleId>, Role>,
    channels: BTreeMap<Full<ChannelId>, Channel>,
    members: BTreeMap<Full<UserId>, Member>,
    /// Messages that were held against the facts.
    pub(crate) checked: usize,
}

impl Audit {
    /// Begins with the owner's snapshot, while nobody comes or goes.
    pub(crate) async fn begin(owner: &Client, ready: &Ready) -> Self {
        let held = &ready.servers[0];
        let server = federation::Space { kind: federation::SpaceKind::Community, server: held.server.clone() };
        let asked = members::List::new(&held.server.id).limit(100u32);
        let members = owner.members().list(asked).await.expect("the owner sees the members").items;
        Self {
            server: server.try_into().expect("the server keeps its own rules"),
            roles: held.roles.iter().map(|role| (role.id, role.clone())).collect(),
            channels: ready.channels.iter().map(|held| (held.channel.id.clone(), held.channel.clone())).collect(),
            members: members.into_iter().map(|member| (member.user.clone(), member)).collect(),
            checked: 0,
        }
    }

    /// Who follows.
    pub(crate) fn owner(&self) -> Full<UserId> {
        (&self.server.owner).into()
    }

    /// Takes an event of the log, in its order.
    pub(crate) fn hear(&mut self, event: &Event) {
        match &event.data {
            EventData::MessageCreated(message) => {
                let author = message.author.as_ref().expect("users alone speak here");
                let held = self.held(author, &message.channel_id);
                assert!(held.contains(Permissions::SEND_MESSAGES), "sent with {:?}: {event:?}", Granted(held));
                self.checked += 1;
            }
            EventData::MessageUpdated(message) => {
                let author = message.author.as_ref().expect("users alone speak here");
                let held = self.held(author, &message.channel_id);
                assert!(held.contains(Permissions::SEND_MESSAGES), "edited with {:?}: {event:?}", Granted(held));
                self.checked += 1;
            }
            EventData::ChannelCreated(state) => self.put_channel(&state.channel),
            EventData::ChannelUpdated(channel) => self.put_channel(channel),
            EventData::ChannelDeleted(gone) => drop(self.channels.remove(&gone.id)),
            EventData::MemberJoined(joined) => self.put_member(&joined.member),
            EventData::MemberUpdated(member) => self.put_member(member),
            EventData::MemberLeft(gone) | EventData::MemberBanned(gone) => drop(self.members.remove(&gone.user)),
            EventData::RoleCreated(role) | EventData::RoleUpdated(role) => {
                self.roles.insert(role.id, role.clone());
            }
            EventData::RoleDeleted(gone) => {
                self.roles.remove(&gone.id);
                let target = format!("role:{}", gone.id);
                self.channels.values_mut().for_each(|channel| {
                    channel.overrides.remove(&target);
                });
                self.members.values_mut().for_each(|member| member.roles.retain(|role| *role != gone.id));
            }
            _ => {}
        }
    }

    /// What somebody may do in a channel at this place of the log.
    fn held(&self, user: &Full<UserId>, channel: &Full<ChannelId>) -> Permissions {
        let Some(member) = self.members.get(user) else { return Permissions::empty() };
        let roles = self.roles.values().map(|role| role.clone().try_into().expect("the server keeps its own rules"));
        let channels = self.channels.values().cloned();
        let channels = channels.map(|channel| channel.try_into().expect("the server keeps its own rules"));
        let facts = SpaceFacts::new(self.server.clone(), 0, roles, channels).expect("there is always `everyone`");
        let member = member.clone().try_into().expect("the server keeps its own rules");
        facts.permissions_in(&member, channel.0.id, Timestamp::from_millis(0))
    }

    fn put_channel(&mut self, channel: &Channel) {
        self.channels.insert(channel.id.clone(), channel.clone());
    }

    fn put_member(&mut self, member: &Member) {
        self.members.insert(member.user.clone(), member.clone());
    }
}
