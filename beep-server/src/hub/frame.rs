//! What a delivery looks like on the wire.

use beep_core::event::{Event, Position, Stream};
use beep_core::port::HeldSpace;
use beep_core::replay::Delivery;
use beep_core::time::Timestamp;
use beep_proto::cursor;
use beep_proto::gateway::{self, ChannelState, EventData, Joined, Resync, ServerFrame, ServerState};
use beep_proto::view;

/// The frame of a delivery, with cursors of the log with this id.
pub(crate) fn frame(log: u64, delivery: &Delivery) -> ServerFrame {
    match delivery {
        Delivery::Resync { server } => ServerFrame::ResyncRequired(Resync { scope: server.to_string() }),
        other => event(log, other).map_or(ServerFrame::Unknown, |event| ServerFrame::Event(Box::new(event))),
    }
}

/// A delivery as an event of the wire; `None` for what is none.
pub(crate) fn event(log: u64, delivery: &Delivery) -> Option<gateway::Event> {
    Some(match delivery {
        Delivery::Resync { .. } => return None,
        Delivery::Event(event) => of_log(log, event),
        Delivery::Appeared { cursor, channel, seq, at } => {
            let data = EventData::ChannelCreated(ChannelState { channel: (&**channel).into(), seq: *seq });
            made(log, *cursor, channel.id.to_string(), *seq, *at, data)
        }
        Delivery::Vanished { cursor, channel, server, at } => {
            let server = beep_core::id::Qualified::new(*server, channel.home.clone());
            made(log, *cursor, channel.to_string(), 0, *at, EventData::channel_gone(channel, server))
        }
        Delivery::Entered { cursor, server, at } => {
            let data = EventData::MemberJoined(Joined {
                member: view::Member::new(&server.member, None),
                server: Some(Box::new(server_state(server))),
                channels: Some(channel_states(server, *at)),
            });
            made(log, *cursor, server.facts.server.id.to_string(), server.seq, *at, data)
        }
    })
}

/// A server as its member holds it.
pub(crate) fn server_state(held: &HeldSpace) -> ServerState {
    let mut roles: Vec<_> = held.facts.roles.values().collect();
    roles.sort_by_key(|role| std::cmp::Reverse(role.rank()));
    ServerState {
        server: (&held.facts.server).into(),
        roles: roles.into_iter().map(|role| (&**role).into()).collect(),
        member: view::Member::new(&held.member, None),
        seq: held.seq,
    }
}

/// The channels of a server that its member may see, in their order.
pub(crate) fn channel_states(held: &HeldSpace, now: Timestamp) -> Vec<ChannelState> {
    let visible = held.facts.visible(&held.member, now);
    let mut channels: Vec<_> = visible.iter().filter_map(|id| held.facts.channels.get(id)).collect();
    channels.sort_by_key(|channel| (channel.position, channel.id.id));
    let seq = |id| held.channel_seqs.get(&id).copied().unwrap_or_default();
    channels.into_iter().map(|channel| ChannelState { channel: (&**channel).into(), seq: seq(channel.id.id) }).collect()
}

fn of_log(log: u64, event: &Event) -> gateway::Event {
    let stream = match &event.stream {
        Stream::Channel { id, .. } => id.to_string(),
        Stream::Space(id) => id.to_string(),
        Stream::User(id) => id.to_string(),
    };
    made(log, event.position, stream, event.seq, event.at, EventData::new(&event.body, event.seq))
}

fn made(log: u64, position: Position, stream: String, seq: u64, at: Timestamp, data: EventData) -> gateway::Event {
    gateway::Event { cursor: cursor::write(log, position), stream, seq, at: at.into(), data }
}
