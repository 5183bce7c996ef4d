//! One of everything, each field filled with something that can be told apart from the others.

use std::time::Duration;

use beep_core::account::{Account, User};
use beep_core::audit::{AuditAction, AuditChanges, AuditEntry, AuditLog};
use beep_core::author::Author;
use beep_core::ban::DomainBan;
use beep_core::channel::{Channel, ChannelKind};
use beep_core::content::{Content, Sealed};
use beep_core::domain::Domain;
use beep_core::event::{EventBody, EventKind};
use beep_core::friendship::FriendRequest;
use beep_core::global_role::GlobalRole;
use beep_core::id::{Id, Qualified, RoleId, SpaceKey, UserKey};
use beep_core::invitation::{Admits, Invitation, Invited};
use beep_core::member::Member;
use beep_core::message::Message;
use beep_core::permission::{Override, Overrides, Permissions, Target};
use beep_core::reaction::{Reaction, Reactions};
use beep_core::read_state::ReadState;
use beep_core::report::{Report, ReportTarget, Resolution};
use beep_core::role::Role;
use beep_core::space::{Space, SpaceKind, Visibility};
use beep_core::suspension::{Moderated, Suspension};
use beep_core::text::{
    AuthorName, Bio, ChannelName, Color, Comment, Description, DisplayName, Email, Emoji, Nickname, Nonce, PersonName,
    Reason, ReportAction, RoleName, ServerName, SystemEvent, Topic, Username,
};
use beep_core::time::Timestamp;

/// The id with this number.
pub(crate) fn id<T: Id>(number: u8) -> T {
    let mut octets = *b"\x01\x93\x2c\x07\x20\x9d\x7c\xc9\xa3\x1d\0\0\0\0\0\0";
    octets[15] = number;
    T::from_uuid(uuid::Uuid::from_bytes(octets))
}

/// The same at `a.example.com`.
pub(crate) fn at_home<T: Id>(number: u8) -> Qualified<T> {
    Qualified::new(id(number), Domain::parse("a.example.com").expect("valid"))
}

/// A user of another backend.
pub(crate) fn guest() -> UserKey {
    Qualified::new(id(9), Domain::parse("b.example.com").expect("valid"))
}

/// 2026-11-22T18:30:00.123Z, and so many seconds.
pub(crate) fn time(seconds: u64) -> Timestamp {
    Timestamp::from_millis(1_795_372_200_123).after(Duration::from_secs(seconds))
}

pub(crate) fn server_id() -> SpaceKey {
    at_home(1)
}

pub(crate) fn user() -> User {
    User {
        key: at_home(2),
        username: Username::parse("alice").expect("valid"),
        display_name: Some(DisplayName::parse("Alice Ä.").expect("valid")),
        bio: Some(Bio::parse("Two\nlines").expect("valid")),
        created_at: time(0),
        deleted: false,
    }
}

pub(crate) fn friend_request() -> FriendRequest {
    FriendRequest { id: id(11), from: user(), to: User { key: guest(), ..user() }, created_at: time(6) }
}

pub(crate) fn account() -> Account {
    Account {
        direct_from: beep_core::account::DirectFrom::Friends,
        two_factor: false,
        global_roles: vec![beep_core::global_role::GlobalRole::UserModerator],
        user: user(),
        email: Email::parse("alice@mail.example").expect("valid"),
        first_name: Some(PersonName::parse("Alice").expect("valid")),
        last_name: None,
        password_hash: "never shown".to_owned(),
        revision: 3,
    }
}

pub(crate) fn server() -> Space {
    Space {
        id: server_id(),
        kind: SpaceKind::Community,
        name: ServerName::parse("Gardeners").expect("valid"),
        description: Description::parse("All about \"soil\" & seeds").expect("valid"),
        visibility: Visibility::Private,
        owner: at_home(2),
        member_count: 12,
        created_at: time(1),
        version: 4,
        suspended_until: None,
    }
}

pub(crate) fn role() -> Role {
    Role {
        id: id(3),
        server: server_id(),
        name: RoleName::parse("Moderators").expect("valid"),
        color: Color::new(0xff_8800),
        position: 2,
        permissions: Permissions::MANAGE_MESSAGES | Permissions::MANAGE_MEMBERS,
        hoist: false,
        mentionable: true,
        everyone: false,
        version: 5,
    }
}

pub(crate) fn member() -> Member {
    Member {
        server: server_id(),
        user: guest(),
        nickname: Some(Nickname::parse("Bob").expect("valid")),
        roles: vec![id(3), id(4)],
        joined_at: time(2),
        muted_until: Some(time(3)),
        restricted_until: None,
    }
}

pub(crate) fn overrides() -> Overrides {
    let mut overrides = Overrides::default();
    let allow = Override { allow: Permissions::SEND_MESSAGES, deny: Permissions::empty() };
    overrides.set(&Target::Role(id(3)), Some(allow));
    let deny = Override { allow: Permissions::empty(), deny: Permissions::ATTACH_FILES | Permissions::VIEW_CHANNELS };
    overrides.set(&Target::Member(guest()), Some(deny));
    overrides
}

pub(crate) fn channel() -> Channel {
    let name = ChannelName::parse("general").expect("valid");
    Channel {
        topic: Topic::parse("Anything").expect("valid"),
        position: -1,
        slow_mode_s: 30,
        overrides: overrides(),
        last_message: Some(id(6)),
        version: 6,
        ..Channel::new(at_home(5), server_id().id, name)
    }
}

pub(crate) fn category() -> Channel {
    let name = ChannelName::parse("Halls").expect("valid");
    Channel { kind: ChannelKind::Category, ..Channel::new(at_home(14), server_id().id, name) }
}

/// The channel, in the category and as it says.
pub(crate) fn channel_inside() -> Channel {
    Channel { parent: Some(category().id.id), follows_parent: true, ..channel() }
}

pub(crate) fn private_channel() -> Channel {
    let name = ChannelName::parse("Hiking").expect("valid");
    Channel::of_conversation(&at_home(12), SpaceKind::Group, vec![at_home(1), guest()], Some(name))
}

pub(crate) fn message() -> Message {
    Message {
        id: id(6),
        channel: at_home(5),
        author: guest().into(),
        content: Content::parse(" Hello, \u{1f33b} \"world\"\n").expect("valid"),
        created_at: time(4),
        edited_at: Some(time(5)),
        reply_to: Some(id(7)),
        pinned: false,
        reactions: Reactions::default(),
        nonce: Some(Nonce::parse("n-1").expect("valid")),
    }
}

/// A message of each author and of each kind of content, by a name.
pub(crate) fn messages() -> Vec<(&'static str, Message)> {
    let name = |name: &str| AuthorName::parse(name).expect("valid");
    let by = |author: Author| Message { author, nonce: None, ..message() };
    vec![
        ("user", message()),
        ("webhook", by(Author::Webhook { id: id(12), name: name("Build \"robot\"") })),
        ("app", by(Author::App { id: Qualified::new(id(13), guest().home), name: name("Polls") })),
        ("system", by(Author::System(SystemEvent::parse("server.archived").expect("valid")))),
        ("pinned", Message { pinned: true, ..message() }),
        ("reacted", Message { reactions: reactions(), ..message() }),
        (
            "sealed",
            Message { content: Content::Sealed(Sealed::new(vec![0, 1, 0xfe, 0xff]).expect("valid")), ..message() },
        ),
    ]
}

pub(crate) fn invitation() -> Invitation {
    Invitation {
        id: id(8),
        admits: Admits::Code { code: "k3Xw9".to_owned(), max_uses: Some(5) },
        server: server_id(),
        inviter: at_home(2),
        expires_at: Some(time(60)),
        uses: 2,
        created_at: time(6),
    }
}

/// An invitation for one person.
pub(crate) fn invited() -> Invited {
    let invitation = Invitation { admits: Admits::User(guest()), uses: 0, ..invitation() };
    Invited { invitation, server: (&server()).into() }
}

/// One event of each kind.
/// An entry with a value of each type.
pub(crate) fn audit_entry() -> AuditEntry {
    AuditEntry {
        id: id(12),
        log: AuditLog::Server(server_id()),
        at: time(7),
        actor: Some(guest()),
        action: AuditAction::RoleUpdate,
        target: (&id::<RoleId>(4)).into(),
        reason: Some(Reason::parse("as agreed").expect("a reason")),
        changes: AuditChanges::new()
            .field("name", Some("keeper"), Some("gardener"))
            .field("color", None, Some(0xff_ff_ffu32))
            .field("hoist", Some(false), Some(true))
            .field("muted_until", Some(time(9)), None)
            .field("permissions", Some(Permissions::empty()), Some(Permissions::VIEW_CHANNELS)),
    }
}

pub(crate) fn moderated() -> Moderated {
    let suspension = Suspension {
        user: guest(),
        until: Timestamp::LAST,
        reason: Some(Reason::parse("spam").expect("a reason")),
        by: at_home(2),
        created_at: time(8),
    };
    let user = beep_core::account::User { key: guest(), ..account().user };
    Moderated { user, global_roles: vec![GlobalRole::ServerModerator], suspension: Some(suspension) }
}

pub(crate) fn report() -> Report {
    Report {
        id: id(13),
        at: time(8),
        by: guest(),
        target: ReportTarget::Message { channel: at_home(5), id: id(6) },
        reason: Reason::parse("rude").expect("a reason"),
        comment: Some(Comment::parse("and it goes on").expect("a comment")),
        claimed_by: Some(at_home(2)),
        resolution: Some(Resolution {
            action: ReportAction::parse("warned").expect("an action"),
            note: Some(Reason::parse("once more and they go").expect("a note")),
            at: time(9),
        }),
    }
}

pub(crate) fn domain_ban() -> DomainBan {
    DomainBan {
        server: server_id(),
        domain: Domain::parse("c.example.com").expect("a domain"),
        reason: Some(Reason::parse("noise").expect("a reason")),
        by: guest(),
        created_at: time(8),
        removing: true,
    }
}

pub(crate) fn bodies() -> Vec<EventBody> {
    EventKind::ALL.iter().map(|kind| body(*kind)).collect()
}

fn emoji(text: &str) -> Emoji {
    Emoji::parse(text).expect("an emoji")
}

fn reactions() -> Reactions {
    [("👍🏽", 3), ("❤", 1)].map(|(text, count)| Reaction { emoji: emoji(text), count }).into_iter().collect()
}

/// An event of a kind.
fn body(kind: EventKind) -> EventBody {
    match kind {
        EventKind::MessageCreated => EventBody::MessageCreated(Message { edited_at: None, ..message() }),
        EventKind::MessageUpdated => EventBody::MessageUpdated(message()),
        EventKind::MessageDeleted => EventBody::MessageDeleted { channel: at_home(5), id: id(6) },
        EventKind::MessagePinned => EventBody::MessagePinned { channel: at_home(5), id: id(6), user: guest() },
        EventKind::MessageUnpinned => EventBody::MessageUnpinned { channel: at_home(5), id: id(6), user: guest() },
        EventKind::ReactionAdded => {
            EventBody::ReactionAdded {
                channel: at_home(5), id: id(6), emoji: emoji("👍🏽"), user: guest(), count: 3
            }
        }
        EventKind::ReactionRemoved => {
            EventBody::ReactionRemoved { channel: at_home(5), id: id(6), emoji: emoji("❤"), user: None, count: 0 }
        }
        EventKind::ChannelCreated => {
            EventBody::ChannelCreated(Channel { overrides: Overrides::default(), last_message: None, ..channel() })
        }
        EventKind::ChannelUpdated => {
            EventBody::ChannelUpdated { channel: channel(), before: Channel { version: 5, ..channel() } }
        }
        EventKind::ChannelDeleted => EventBody::ChannelDeleted { before: channel() },
        EventKind::SpaceUpdated => {
            EventBody::SpaceUpdated { server: server(), before: Space { version: 3, ..server() } }
        }
        EventKind::SpaceDeleted => EventBody::SpaceDeleted { id: server_id() },
        EventKind::MemberJoined => EventBody::MemberJoined(Member::joining(server_id(), guest(), time(2))),
        EventKind::Reopened => EventBody::Reopened(member()),
        EventKind::MemberUpdated => {
            EventBody::MemberUpdated { member: member(), before: Member::joining(server_id(), guest(), time(2)) }
        }
        EventKind::MemberLeft => EventBody::MemberLeft { server: server_id(), user: guest() },
        EventKind::MemberBanned => EventBody::MemberBanned { server: server_id(), user: guest() },
        EventKind::RoleCreated => EventBody::RoleCreated(Role { color: None, ..role() }),
        EventKind::RoleUpdated => EventBody::RoleUpdated { role: role(), before: Role { version: 4, ..role() } },
        EventKind::RoleDeleted => EventBody::RoleDeleted {
            before: role(),
            overrides: vec![(id(5), Override { allow: Permissions::SEND_MESSAGES, deny: Permissions::empty() })],
        },
        EventKind::UserUpdated => EventBody::UserUpdated(user()),
        EventKind::InvitationReceived => EventBody::InvitationReceived(invited()),
        EventKind::InvitationRevoked => EventBody::InvitationRevoked { id: id(9), server: server_id() },
        EventKind::FriendRequestReceived => EventBody::FriendRequestReceived(friend_request()),
        EventKind::FriendRequestAccepted => EventBody::FriendRequestAccepted(friend_request()),
        EventKind::FriendRequestDeclined => EventBody::FriendRequestDeclined(friend_request()),
        EventKind::FriendRequestCancelled => EventBody::FriendRequestCancelled(friend_request()),
        EventKind::FriendRemoved => EventBody::FriendRemoved { user: guest() },
        EventKind::ReadUpdated => EventBody::ReadUpdated(ReadState {
            channel: channel().id,
            last_read: id(7),
            unread: 3,
            mentions: 1,
            more: false,
            newest: id(8),
        }),
        EventKind::SessionRevoked => EventBody::SessionRevoked { id: id(10) },
    }
}
