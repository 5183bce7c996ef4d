//! Events that could have happened: each fits what the ones before it made of the server.

use std::sync::Arc;

use proptest::collection::{SizeRange, vec};
use proptest::prelude::*;
use proptest::sample::Index;

use super::{Community, NOW, community, moment, nth, nth_user, permissions, statement};
use crate::channel::{Channel, ChannelKind};
use crate::content::Content;
use crate::event::EventBody;
use crate::id::{Id, Qualified, RoleId, UserKey};
use crate::member::Member;
use crate::message::Message;
use crate::permission::{Override, Overrides, Permissions, Target};
use crate::reaction::Reactions;
use crate::role::Role;
use crate::space::Visibility;
use crate::text::{ChannelName, Emoji, RoleName};
use crate::time::Timestamp;

/// A server as it was, and what happened to it then, in order. The server is not deleted, its owner stays.
pub fn history(length: impl Into<SizeRange>) -> impl Strategy<Value = (Community, Vec<EventBody>)> {
    (community(), vec(chance(), length)).prop_map(|(start, chances)| {
        let mut now = start.clone();
        let mut events = Vec::new();
        for chance in &chances {
            for event in chance.events(&mut now) {
                now.apply(&event);
                events.push(event);
            }
        }
        (start, events)
    })
}

/// A server and one event that could happen to it next.
pub fn event() -> impl Strategy<Value = (Community, EventBody)> {
    (community(), chance()).prop_filter_map("there is nothing for it to happen to", |(mut start, chance)| {
        chance.events(&mut start).into_iter().next().map(|event| (start, event))
    })
}

/// What chance decides on before it is known what is there.
#[derive(Clone, Debug)]
struct Chance {
    kind: Kind,
    whom: Index,
    place: Index,
    permissions: Permissions,
    position: i32,
    roles: Vec<Index>,
    overrides: Vec<(Index, Override)>,
    at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    MessageCreated,
    MessageUpdated,
    MessageDeleted,
    MessagePinned,
    MessageUnpinned,
    ReactionAdded,
    ReactionRemoved,
    ChannelCreated,
    ChannelUpdated,
    ChannelMoved,
    ChannelDeleted,
    VisibilityChanged,
    OwnerChanged,
    MemberJoined,
    MemberUpdated,
    MemberLeft,
    MemberBanned,
    RoleCreated,
    RoleUpdated,
    EveryoneUpdated,
    RoleDeleted,
}

fn chance() -> impl Strategy<Value = Chance> {
    let kind = proptest::sample::select(vec![
        Kind::MessageCreated,
        Kind::MessageUpdated,
        Kind::MessageDeleted,
        Kind::MessagePinned,
        Kind::MessageUnpinned,
        Kind::ReactionAdded,
        Kind::ReactionRemoved,
        Kind::ChannelCreated,
        Kind::ChannelUpdated,
        Kind::ChannelMoved,
        Kind::ChannelDeleted,
        Kind::VisibilityChanged,
        Kind::OwnerChanged,
        Kind::MemberJoined,
        Kind::MemberUpdated,
        Kind::MemberLeft,
        Kind::MemberBanned,
        Kind::RoleCreated,
        Kind::RoleUpdated,
        Kind::EveryoneUpdated,
        Kind::RoleDeleted,
    ]);
    (
        kind,
        any::<Index>(),
        any::<Index>(),
        permissions(),
        1i32..4,
        vec(any::<Index>(), 0..3),
        vec((any::<Index>(), statement()), 0..4),
        proptest::option::weighted(0.3, moment()),
    )
        .prop_map(|(kind, whom, place, permissions, position, roles, overrides, at)| Chance {
            kind,
            whom,
            place,
            permissions,
            position,
            roles,
            overrides,
            at,
        })
}

impl Chance {
    /// What happens, and what happens with it to the channels of a category.
    fn events(&self, to: &mut Community) -> Vec<EventBody> {
        let Some(event) = self.event(to) else { return Vec::new() };
        let children = |category: &Channel| to.facts.children(category.id.id).cloned().collect::<Vec<_>>();
        let updated = |before: &Channel, channel: Channel| EventBody::ChannelUpdated {
            channel: Channel { version: before.version + 1, ..channel },
            before: before.clone(),
        };
        match &event {
            EventBody::ChannelDeleted { before } => {
                let out = children(before).into_iter().map(|child| updated(&child, (*child).clone().moved_to(None)));
                out.chain([event]).collect()
            }
            EventBody::ChannelUpdated { channel, .. } => {
                let followers = children(channel).into_iter().filter(|child| child.follows_parent);
                let follow = followers
                    .map(|child| updated(&child, Channel { overrides: channel.overrides.clone(), ..(*child).clone() }));
                let follow: Vec<_> = follow.collect();
                std::iter::once(event).chain(follow).collect()
            }
            _ => vec![event],
        }
    }

    /// What happens; `None` if there is nothing for it to happen to. Takes new ids from the community.
    fn event(&self, to: &mut Community) -> Option<EventBody> {
        Some(match self.kind {
            Kind::MessageCreated => EventBody::MessageCreated(self.message(to)?),
            Kind::MessageUpdated => EventBody::MessageUpdated(Message { edited_at: Some(NOW), ..self.message(to)? }),
            Kind::MessageDeleted => {
                let message = self.message(to)?;
                EventBody::MessageDeleted { channel: message.channel, id: message.id }
            }
            // Of a message that is there already: older than what comes.
            Kind::MessagePinned => {
                let channel = self.channel(to).filter(|channel| channel.kind == ChannelKind::Text)?.id;
                let user = self.any_member(to).user;
                EventBody::MessagePinned { channel, id: nth(0), user }
            }
            Kind::MessageUnpinned => {
                let channel = self.channel(to).filter(|channel| channel.kind == ChannelKind::Text)?.id;
                let user = self.any_member(to).user;
                EventBody::MessageUnpinned { channel, id: nth(0), user }
            }
            Kind::ReactionAdded => {
                let channel = self.channel(to).filter(|channel| channel.kind == ChannelKind::Text)?.id;
                let (user, emoji) = (self.any_member(to).user, Emoji::stored("👍".to_owned()));
                EventBody::ReactionAdded { channel, id: nth(0), emoji, user, count: 1 }
            }
            Kind::ReactionRemoved => {
                let channel = self.channel(to).filter(|channel| channel.kind == ChannelKind::Text)?.id;
                let (user, emoji) = (Some(self.any_member(to).user), Emoji::stored("👍".to_owned()));
                EventBody::ReactionRemoved { channel, id: nth(0), emoji, user, count: 0 }
            }
            Kind::ChannelCreated => EventBody::ChannelCreated(self.new_channel(to)),
            Kind::ChannelUpdated => {
                let before = self.channel(to)?;
                let (overrides, version) = (self.overrides(to), before.version + 1);
                let channel = Channel { overrides, follows_parent: false, version, ..before.clone() };
                EventBody::ChannelUpdated { channel, before }
            }
            // Into a category, whose overrides it takes over as often as not, or out of one.
            Kind::ChannelMoved => {
                let before = self.channel(to).filter(|channel| channel.kind == ChannelKind::Text)?;
                let parent = self.category(to);
                let moved = before.clone().moved_to(parent.as_ref().map(|parent| parent.id.id));
                let mut channel = Channel { position: self.position, version: before.version + 1, ..moved };
                if let Some(parent) = parent.filter(|_| self.at.is_some()) {
                    (channel.overrides, channel.follows_parent) = (parent.overrides, true);
                }
                EventBody::ChannelUpdated { channel, before }
            }
            Kind::ChannelDeleted => EventBody::ChannelDeleted { before: self.channel(to)? },
            Kind::VisibilityChanged => {
                let before = to.facts.server.clone();
                let mut server = before.clone();
                server.visibility = match before.visibility {
                    Visibility::Public => Visibility::Private,
                    Visibility::Private => Visibility::Public,
                };
                server.version += 1;
                EventBody::SpaceUpdated { server, before }
            }
            Kind::OwnerChanged => {
                let before = to.facts.server.clone();
                let mut server = before.clone();
                server.owner = self.any_member(to).user;
                EventBody::SpaceUpdated { server, before }
            }
            Kind::MemberJoined => {
                EventBody::MemberJoined(Member::joining(to.facts.server.id.clone(), self.newcomer(to), NOW))
            }
            Kind::MemberUpdated => {
                let before = self.any_member(to);
                let roles = self.picked_roles(to);
                EventBody::MemberUpdated { member: Member { roles, muted_until: self.at, ..before.clone() }, before }
            }
            Kind::MemberLeft | Kind::MemberBanned => {
                let user = self.any_member(to).user;
                if user == to.facts.server.owner {
                    return None;
                }
                let server = to.facts.server.id.clone();
                match self.kind {
                    Kind::MemberBanned => EventBody::MemberBanned { server, user },
                    _ => EventBody::MemberLeft { server, user },
                }
            }
            Kind::RoleCreated => EventBody::RoleCreated(Role {
                id: fresh(to),
                server: to.facts.server.id.clone(),
                name: RoleName::parse("new role").expect("two words"),
                color: None,
                position: self.position,
                permissions: self.permissions,
                hoist: false,
                mentionable: false,
                everyone: false,
                version: 1,
            }),
            Kind::RoleUpdated => {
                let before = self.role(to)?;
                let role = Role {
                    permissions: self.permissions,
                    position: self.position,
                    version: before.version + 1,
                    ..before.clone()
                };
                EventBody::RoleUpdated { role, before }
            }
            Kind::EveryoneUpdated => {
                let before = Role::clone(&to.facts.roles[&to.facts.everyone()]);
                let permissions = self.permissions - Permissions::ADMINISTRATOR;
                let role = Role { permissions, version: before.version + 1, ..before.clone() };
                EventBody::RoleUpdated { role, before }
            }
            Kind::RoleDeleted => {
                let before = self.role(to)?;
                let channels = to.facts.channels.values();
                let of = |channel: &Channel| channel.overrides.role(before.id).map(|was| (channel.id.id, was));
                let overrides = channels.filter_map(|channel| of(channel)).collect();
                EventBody::RoleDeleted { before, overrides }
            }
        })
    }

    fn message(&self, to: &mut Community) -> Option<Message> {
        Some(Message {
            id: fresh(to),
            channel: self.channel(to).filter(|channel| channel.kind == ChannelKind::Text)?.id,
            author: self.any_member(to).user.into(),
            content: Content::parse("hello").expect("one word"),
            created_at: NOW,
            edited_at: None,
            reply_to: None,
            pinned: false,
            reactions: Reactions::default(),
            nonce: None,
        })
    }

    fn new_channel(&self, to: &mut Community) -> Channel {
        let id = Qualified::new(fresh(to), to.facts.server.id.home.clone());
        let name = ChannelName::parse("new channel").expect("two words");
        let new = Channel::new(id, to.facts.server.id.id, name);
        let is_category = self.at.is_some();
        let kind = if is_category { ChannelKind::Category } else { ChannelKind::Text };
        let parent = self.category(to).map(|parent| parent.id.id).filter(|_| !is_category);
        Channel { kind, parent, position: self.position, overrides: self.overrides(to), ..new }
    }

    /// A category, or now and then none.
    fn category(&self, to: &Community) -> Option<Channel> {
        let channels = to.facts.channels.values();
        let categories: Vec<&Channel> =
            channels.map(Arc::as_ref).filter(|channel| channel.kind == ChannelKind::Category).collect();
        let at = self.whom.index(categories.len() + 1);
        categories.get(at).map(|category| Channel::clone(category))
    }

    fn overrides(&self, to: &Community) -> Overrides {
        let roles = to.facts.roles.keys().map(|role| Target::Role(*role));
        let targets: Vec<Target> = roles.chain(to.users().into_iter().map(Target::Member)).collect();
        let mut overrides = Overrides::default();
        for (index, says) in &self.overrides {
            overrides.set(index.get(&targets), Some(*says));
        }
        overrides
    }

    fn channel(&self, to: &Community) -> Option<Channel> {
        let channels: Vec<&Channel> = to.facts.channels.values().map(Arc::as_ref).collect();
        (!channels.is_empty()).then(|| (*self.place.get(&channels)).clone())
    }

    fn any_member(&self, to: &Community) -> Member {
        self.whom.get(&to.members).clone()
    }

    /// A role other than `everyone`.
    fn role(&self, to: &Community) -> Option<Role> {
        let roles = to.own_roles();
        (!roles.is_empty()).then(|| Role::clone(&to.facts.roles[self.place.get(&roles)]))
    }

    fn picked_roles(&self, to: &Community) -> Vec<RoleId> {
        let roles = to.own_roles();
        if roles.is_empty() {
            return Vec::new();
        }
        let mut picked: Vec<RoleId> = self.roles.iter().map(|index| *index.get(&roles)).collect();
        picked.sort_unstable();
        picked.dedup();
        picked
    }

    /// Somebody who is no member: as often as not one who was.
    fn newcomer(&self, to: &mut Community) -> UserKey {
        match to.left.last() {
            Some(user) if self.whom.index(2) == 0 => user.clone(),
            _ => {
                to.serial += 1;
                nth_user(to.serial)
            }
        }
    }
}

/// An id that was never given out.
fn fresh<T: Id>(to: &mut Community) -> T {
    to.serial += 1;
    nth(to.serial)
}
