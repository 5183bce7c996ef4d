//! How much room servers and events take, and which servers a snapshot has room for.

use beep_core::channel::Channel;
use beep_core::content::Content;
use beep_core::event::EventBody;
use beep_core::port::HeldSpace;
use beep_core::replay::Delivery;

/// How many of these servers a snapshot has room for; the rest is told one by one.
pub(crate) fn fitting(servers: &[HeldSpace]) -> usize {
    let mut octets = 0;
    servers
        .iter()
        .take_while(|held| {
            octets += room(held);
            octets <= MOST_OCTETS
        })
        .count()
}

/// About how many octets it takes to tell a client something, or more.
pub(crate) fn room_of(delivery: &Delivery) -> usize {
    match delivery {
        Delivery::Entered { server, .. } => room(server),
        Delivery::Appeared { channel, .. } | Delivery::Regrouped { channel, .. } => of_channel(channel),
        Delivery::Event(event) => match &event.body {
            EventBody::MessageCreated(message) | EventBody::MessageUpdated(message) => {
                of_content(&message.content) + AN_OBJECT
            }
            EventBody::ChannelCreated(channel) => of_channel(channel),
            EventBody::ChannelUpdated { channel, before } => of_channel(channel) + of_channel(before),
            _ => AN_EVENT,
        },
        Delivery::Vanished { .. } | Delivery::Resync { .. } => AN_OBJECT,
    }
}

/// About how many octets a server takes, or more.
pub(crate) fn room(held: &HeldSpace) -> usize {
    let facts = &held.facts;
    let own = text(facts.server.name.as_str()) + text(facts.server.description.as_str());
    let roles = facts.roles.values().map(|role| text(role.name.as_str()) + A_ROLE);
    let channels = facts.channels.values().map(|channel| of_channel(channel));
    own + roles.sum::<usize>() + channels.sum::<usize>() + AN_OBJECT
}

fn of_channel(channel: &Channel) -> usize {
    let name = channel.name.as_ref().map_or(0, |name| text(name.as_str()));
    let members = channel.overrides.members().iter().map(|(user, _)| user.home.as_str().len() + AN_OVERRIDE);
    let overrides = channel.overrides.roles().len() * AN_OVERRIDE + members.sum::<usize>();
    let participants = channel.participants.iter().map(|user| user.home.as_str().len() + AN_ID);
    name + text(channel.topic.as_str()) + overrides + participants.sum::<usize>() + AN_OBJECT
}

fn of_content(content: &Content) -> usize {
    match content {
        Content::Plain(content) => text(content.as_str()),
        // In base 64.
        Content::Sealed(sealed) => 2 * sealed.octets().len(),
    }
}

/// Each octet may have to be escaped.
fn text(text: &str) -> usize {
    text.len() * 2
}

/// The most octets that the servers of a snapshot take: clients read frames of twice as many.
const MOST_OCTETS: usize = 8 * 1024 * 1024;

/// The ids, numbers and names of fields of one of them.
const AN_OBJECT: usize = 1024;

/// An event without the texts of a message or a channel.
const AN_EVENT: usize = 8 * AN_OBJECT;

/// With all permissions by name.
const A_ROLE: usize = 512;

/// An id of a user without its domain, with its quotes and its comma.
const AN_ID: usize = 48;

/// What is allowed and denied, by its permissions.
const AN_OVERRIDE: usize = 512;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use beep_core::facts::SpaceFacts;
    use beep_core::id::{Id, Qualified, RoleId};
    use beep_core::permission::{Override, Permissions, Target};
    use beep_core::text::{ChannelName, Topic};
    use uuid::Uuid;

    use super::super::{channel_states, server_state};
    use super::*;
    use crate::testing::World;

    /// The server of a new world, with as much in it as there may be.
    async fn full(channels: u32) -> HeldSpace {
        let world = World::open("a.example.com").await;
        let (backend, actor) = (&world.backend, world.somebody());
        world.server(&actor).await;
        let user = actor.as_user().expect("it is one");
        let held = backend.store.snapshot(user, None).await.expect("memory does not fail").servers.remove(0);
        let (server, role) = (held.facts.server.clone(), held.facts.roles.values().next().expect("everyone"));
        let topic = Topic::parse(&"\"".repeat(Topic::MAX)).expect("a topic");
        let name = ChannelName::parse(&"\\".repeat(ChannelName::MAX)).expect("a name");
        let all = Permissions::all();
        let channels = (0..channels).map(|number| {
            let id = Qualified::new(Id::from_uuid(Uuid::from_u128(number.into())), backend.domain.clone());
            let mut channel = Channel { topic: topic.clone(), ..Channel::new(id, server.id.id, name.clone()) };
            for number in 0..20 {
                let role = RoleId::from_uuid(Uuid::from_u128(number));
                channel.overrides.set(&Target::Role(role), Some(Override { allow: all, deny: all }));
            }
            channel
        });
        let facts = SpaceFacts::new(server.clone(), 1, [(**role).clone()], channels).expect("everyone is there");
        HeldSpace { facts: Arc::new(facts), channel_seqs: BTreeMap::new(), ..held }
    }

    #[tokio::test]
    async fn a_server_takes_no_more_room_than_is_thought() {
        let held = full(500).await;
        let states = channel_states(&held, held.member.joined_at);
        assert_eq!(states.len(), 500);
        let written = serde_json::to_vec(&(server_state(&held), states)).expect("it is JSON").len();
        let thought = room(&held);
        assert!(written <= thought && thought < 3 * written, "{written} {thought}");
        assert!(thought < 16 * 1024 * 1024, "alone it fits into a frame");
    }

    #[tokio::test]
    async fn what_is_too_much_is_left_out() {
        let small = full(1).await;
        assert_eq!(fitting(&vec![small.clone(); 100]), 100);
        let large = full(200).await;
        let fits = fitting(&vec![large.clone(); 20]);
        assert!(
            (1..20).contains(&fits) && fits * room(&large) <= MOST_OCTETS && (fits + 1) * room(&large) > MOST_OCTETS
        );
    }
}
