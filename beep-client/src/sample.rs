//! Things to test with: one server with two channels, and events in them.

#![allow(dead_code, reason = "unit tests and integration tests each use a part")]

use beep_core::id::{ChannelId, Id, Qualified, SpaceId, UserId};
use beep_core::time::Timestamp;
use beep_proto::gateway::{At, ChannelState, Event, EventData, Ready, ServerFrame, ServerState, StreamName};
use beep_proto::id::{Bare, Full};
use beep_proto::view::{Channel, ChannelKind, Member, Message, Permissions, Role, SelfUser, Server, Visibility};

/// The `n`th id.
pub(crate) fn nth<T: Id>(n: u8) -> T {
    T::generate(Timestamp::from_millis(1_700_000_000_000 + i64::from(n)), [n; 10])
}

/// The `n`th id of the backend.
pub(crate) fn full<T: Id>(n: u8) -> Full<T> {
    Full(Qualified::new(nth(n), beep_core::domain::Domain::parse("a.example.com").expect("a domain")))
}

/// The `n`th user.
pub(crate) fn user(n: u8) -> Full<UserId> {
    full(200 + n)
}

/// The server.
pub(crate) fn server_id() -> Full<SpaceId> {
    full(100)
}

/// The caller: user 1.
pub(crate) fn me() -> SelfUser {
    SelfUser {
        id: user(1),
        username: "ann".to_owned(),
        domain: "a.example.com".to_owned(),
        display_name: None,
        avatar: None,
        bio: None,
        created_at: at(),
        deleted: false,
        email: "ann@example.com".to_owned(),
        first_name: None,
        last_name: None,
        two_factor: false,
        direct_from: beep_proto::view::DirectFrom::Servers,
        global_roles: Vec::new(),
    }
}

/// The time of everything.
pub(crate) fn at() -> beep_proto::time::Time {
    Timestamp::from_millis(1_700_000_000_000).into()
}

/// A server, owned by user 2, whose `everyone` may view and send, at number 5 of its stream.
pub(crate) fn server() -> ServerState {
    let everyone = beep_core::permission::Permissions::community();
    ServerState {
        server: Server {
            id: server_id(),
            name: "garden".to_owned(),
            description: String::new(),
            visibility: Visibility::Public,
            icon: None,
            owner: user(2),
            member_count: 2,
            created_at: at(),
            version: 1,
            suspended_until: None,
        },
        roles: vec![role(1, Permissions(everyone), true)],
        member: member(1),
        seq: 5,
    }
}

/// A role of the server.
pub(crate) fn role(n: u8, permissions: Permissions, everyone: bool) -> Role {
    Role {
        id: Bare(nth(n)),
        server_id: server_id(),
        name: format!("role {n}"),
        color: None,
        position: i32::from(n),
        permissions,
        hoist: !everyone,
        mentionable: false,
        everyone,
        version: 1,
    }
}

/// The membership of the `n`th user.
pub(crate) fn member(n: u8) -> Member {
    Member {
        server_id: server_id(),
        user: user(n),
        profile: None,
        nickname: None,
        roles: Vec::new(),
        joined_at: at(),
        muted_until: None,
        restricted_until: None,
    }
}

/// The `n`th channel of the server.
pub(crate) fn channel(n: u8) -> Channel {
    Channel {
        id: full::<ChannelId>(n),
        kind: ChannelKind::Text,
        server_id: Some(server_id()),
        parent_id: None,
        follows_parent: false,
        name: Some(format!("channel {n}")),
        topic: String::new(),
        position: i32::from(n),
        slow_mode_s: 0,
        overrides: Default::default(),
        restricted: Default::default(),
        participants: Vec::new(),
        last_message_id: None,
        version: 1,
    }
}

/// The `n`th channel of the server, as a category.
pub(crate) fn category(n: u8) -> Channel {
    Channel { kind: ChannelKind::Category, ..channel(n) }
}

/// The `n`th channel of the server, in the category `within`.
pub(crate) fn channel_in(n: u8, within: u8) -> Channel {
    Channel { parent_id: Some(full(within)), ..channel(n) }
}

/// A snapshot with the server and its channels 1 and 2, which stand at 10 and 20.
pub(crate) fn ready() -> Ready {
    Ready {
        session_id: Bare(nth(9)),
        heartbeat_ms: 30_000,
        cursor: "c0".to_owned(),
        me: me(),
        servers: vec![server()],
        channels: vec![ChannelState { channel: channel(1), seq: 10 }, ChannelState { channel: channel(2), seq: 20 }],
        read_state: Vec::new(),
        presence: Vec::new(),
        incomplete: Vec::new(),
    }
}

/// An event of the stream of a channel.
pub(crate) fn in_channel(n: u8, seq: u64, cursor: &str, data: EventData) -> Event {
    Event { cursor: cursor.to_owned(), stream: StreamName::Channel(full(n)), seq, at: at(), data }
}

/// An event of the stream of the server.
pub(crate) fn in_server(seq: u64, cursor: &str, data: EventData) -> Event {
    Event { cursor: cursor.to_owned(), stream: StreamName::Server(server_id()), seq, at: at(), data }
}

/// That a message was sent to the `n`th channel: number `seq` of its stream, message `seq`, by user 2.
pub(crate) fn sent(n: u8, seq: u8, cursor: &str) -> Event {
    let message = Message {
        id: Bare(nth(seq)),
        channel_id: full(n),
        author: Some(user(2)),
        via: None,
        content: format!("message {seq}"),
        sealed: None,
        created_at: at(),
        edited_at: None,
        reply_to: None,
        attachments: Vec::new(),
        mentions: Vec::new(),
        reactions: Vec::new(),
        pinned: false,
        nonce: None,
    };
    in_channel(n, u64::from(seq), cursor, EventData::MessageCreated(message))
}

/// The frame of an event.
pub(crate) fn event(event: Event) -> ServerFrame {
    ServerFrame::Event(Box::new(event))
}

/// The frame that follows a good cursor.
pub(crate) fn resumed(cursor: &str) -> ServerFrame {
    ServerFrame::Resumed(At { cursor: cursor.to_owned() })
}

/// The frame that follows the past.
pub(crate) fn caught_up(cursor: &str) -> ServerFrame {
    ServerFrame::CaughtUp(At { cursor: cursor.to_owned() })
}
