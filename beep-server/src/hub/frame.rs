//! What a delivery looks like on the wire.

use beep_core::channel::Channel as CoreChannel;
use beep_core::event::{Event, Position};
use beep_core::port::HeldSpace;
use beep_core::replay::Delivery;
use beep_core::time::Timestamp;
use beep_proto::cursor::Cursors;
use beep_proto::gateway::{self, ChannelState, EventData, Joined, Resync, ServerFrame, ServerState, StreamName};
use beep_proto::view;

/// The frame of a delivery, with these cursors.
pub(crate) fn frame(cursors: &Cursors, delivery: &Delivery) -> ServerFrame {
    match delivery {
        Delivery::Resync { server } => ServerFrame::ResyncRequired(Resync { scope: server.to_string() }),
        other => event(cursors, other).map_or(ServerFrame::Unknown, |event| ServerFrame::Event(Box::new(event))),
    }
}

/// A delivery as an event of the wire; `None` for what is none.
pub(crate) fn event(cursors: &Cursors, delivery: &Delivery) -> Option<gateway::Event> {
    Some(match delivery {
        Delivery::Resync { .. } => return None,
        Delivery::Event(event) => of_log(cursors, event)?,
        Delivery::Appeared { cursor, channel, seq, at } => {
            let data = EventData::ChannelCreated(ChannelState { channel: (&**channel).into(), seq: *seq });
            made(cursors, *cursor, StreamName::Channel((&channel.id).into()), *seq, *at, data)
        }
        Delivery::Regrouped { cursor, channel, at } => {
            let data = EventData::ChannelUpdated((&**channel).into());
            made(cursors, *cursor, StreamName::Channel((&channel.id).into()), 0, *at, data)
        }
        Delivery::Vanished { cursor, channel, server, at } => {
            let server = beep_core::id::Qualified::new(*server, channel.home.clone());
            made(
                cursors,
                *cursor,
                StreamName::Channel(channel.into()),
                0,
                *at,
                EventData::channel_gone(channel, Some(server)),
            )
        }
        Delivery::Entered { cursor, server, at } if server.facts.server.kind.is_private() => {
            let state = channel_states(server, *at).pop()?;
            let (stream, seq) = (StreamName::Channel(state.channel.id.clone()), state.seq);
            made(cursors, *cursor, stream, seq, *at, EventData::ChannelCreated(state))
        }
        Delivery::Entered { cursor, server, at } => {
            let data = EventData::MemberJoined(Joined {
                member: view::Member::new(&server.facts.current(&server.member), None),
                server: Some(Box::new(server_state(server))),
                channels: Some(channel_states(server, *at)),
            });
            made(cursors, *cursor, StreamName::Server((&server.facts.server.id).into()), server.seq, *at, data)
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
        member: view::Member::new(&held.facts.current(&held.member), None),
        seq: held.seq,
    }
}

/// The channels of a server that its member may see, in their order.
pub(crate) fn channel_states(held: &HeldSpace, now: Timestamp) -> Vec<ChannelState> {
    let visible = held.facts.visible(&held.member, now);
    let mut channels: Vec<_> = visible.iter().filter_map(|id| held.facts.channels.get(id)).collect();
    channels.sort_by_key(|channel| (channel.position, channel.id.id));
    let seq = |id| held.channel_seqs.get(&id).copied().unwrap_or_default();
    let state = |channel: CoreChannel| ChannelState { seq: seq(channel.id.id), channel: (&channel).into() };
    channels.into_iter().map(|channel| state(CoreChannel::clone(channel).told_among(&visible))).collect()
}

fn of_log(cursors: &Cursors, event: &Event) -> Option<gateway::Event> {
    let data = EventData::new(&event.stream, &event.body, event.seq)?;
    Some(made(cursors, event.position, (&event.stream).into(), event.seq, event.at, data))
}

fn made(
    cursors: &Cursors,
    position: Position,
    stream: StreamName,
    seq: u64,
    at: Timestamp,
    data: EventData,
) -> gateway::Event {
    gateway::Event { cursor: cursors.of_event(position), stream, seq, at: at.into(), data }
}
