//! What answers look like.

use std::collections::BTreeMap;

use beep_proto::gateway::{ChannelState, Joined, Ready, ServerState};
use beep_proto::operation::accounts::{Activation, Registered};
use beep_proto::page::Page;
use beep_proto::problem::{ErrorCode, FieldError, Problem};
use beep_proto::view::{
    Asset, AuditEntry, Backend, Channel, DomainBan, Explained, Invitation, InvitationPreview, Member, Message,
    ModeratedUser, Reaction, Report, Role, SelfUser, Server, Session, SignedIn, User,
};
use serde_json::Value;

use crate::{fixture, sample};

/// A view under the name of its schema, as JSON, and the same read and written once more.
pub(crate) struct View {
    pub(crate) name: &'static str,
    pub(crate) json: Value,
    again: Value,
}

/// One of each.
pub(crate) fn views() -> Vec<View> {
    macro_rules! views {
        ($($name:literal $type:ty = $view:expr),+ $(,)?) => { vec![$({
            let json = serde_json::to_value::<$type>($view).expect("JSON");
            let read: $type = serde_json::from_value(json.clone()).expect($name);
            View { name: $name, json, again: serde_json::to_value(read).expect("JSON") }
        }),+] };
    }
    views! {
        "AuditEntry" AuditEntry = (&sample::audit_entry()).into(),
        "Backend" Backend = backend(),
        "Channel" Channel = (&sample::channel()).into(),
        "ChannelState" ChannelState = channel_state(),
        "DomainBan" DomainBan = (&sample::domain_ban()).into(),
        "Explained" Explained = explained(),
        "Invitation" Invitation = Invitation::new(&sample::invitation(), &(&sample::server()).into()),
        "InvitationPreview" InvitationPreview = InvitationPreview::new("k3Xw9".to_owned(), &sample::invitation(), &sample::server()),
        "Joined" Joined = joined(),
        "Member" Member = Member::new(&sample::member(), Some((&sample::user()).into())),
        "Message" Message = message(),
        "ModeratedUser" ModeratedUser = (&sample::moderated()).into(),
        "Problem" Problem = problem(),
        "Ready" Ready = ready(),
        "Report" Report = (&sample::report()).into(),
        "Registered" Registered = Registered { activation: Activation::Pending },
        "Role" Role = (&sample::role()).into(),
        "RolePage" Page<Role> = Page { items: vec![(&sample::role()).into()], next: Some("more".to_owned()) },
        "SelfUser" SelfUser = self_user(),
        "Server" Server = (&sample::server()).into(),
        "ServerState" ServerState = server_state(),
        "Session" Session = session(),
        "SignedIn" SignedIn = SignedIn::new("access".to_owned(), "refresh".to_owned(), sample::id(10), &sample::account()),
        "User" User = (&sample::user()).into(),
    }
}

#[test]
fn are_written_as_they_were() {
    for view in views() {
        fixture::same(&format!("view/{}.json", view.name), &view.json);
    }
}

#[test]
fn are_read_back() {
    for view in views() {
        assert_eq!(view.json, view.again, "{}", view.name);
    }
}

#[test]
fn a_password_hash_is_in_none() {
    for view in views() {
        assert!(!view.json.to_string().contains("never shown"), "{}", view.name);
    }
}

#[test]
fn what_a_page_has_more_is_named_by_its_last_item() {
    let page = Page::cut(vec![1u8, 2, 3], 2, |item| [*item]);
    assert_eq!(page.items, [1, 2]);
    assert_eq!(page.next.as_deref().and_then(beep_proto::page::open), Some(vec![2]));
    assert_eq!(Page::cut(vec![1u8, 2], 2, |item| [*item]).next, None);
    assert_eq!(Page::<u8>::cut(Vec::new(), 2, |item| [*item]).next, None);
}

pub(crate) fn ready() -> Ready {
    Ready {
        session_id: sample::id::<beep_core::id::SessionId>(10).into(),
        heartbeat_ms: 30_000,
        cursor: "AQAAAAAAAAAB".to_owned(),
        me: self_user(),
        servers: vec![server_state()],
        channels: vec![channel_state()],
        read_state: Vec::new(),
        presence: Vec::new(),
        incomplete: Vec::new(),
    }
}

fn self_user() -> SelfUser {
    (&sample::account()).into()
}

fn channel_state() -> ChannelState {
    ChannelState { channel: (&sample::channel()).into(), seq: 41 }
}

fn server_state() -> ServerState {
    ServerState {
        server: (&sample::server()).into(),
        roles: vec![(&sample::role()).into()],
        member: Member::new(&sample::member(), None),
        seq: 42,
    }
}

fn joined() -> Joined {
    Joined {
        member: Member::new(&sample::member(), None),
        server: Some(Box::new(server_state())),
        channels: Some(vec![channel_state()]),
    }
}

fn message() -> Message {
    Message {
        attachments: vec![Asset {
            id: sample::at_home::<beep_core::id::MessageId>(11).to_string(),
            filename: "a.png".to_owned(),
            content_type: "image/png".to_owned(),
            size: 3,
            sha256: "00".repeat(32),
            width: Some(2),
            height: None,
        }],
        mentions: vec![sample::at_home(2).into()],
        reactions: vec![Reaction { emoji: "\u{1f33b}".to_owned(), count: 2, me: Some(true) }],
        pinned: true,
        ..(&sample::message()).into()
    }
}

fn session() -> Session {
    Session {
        id: sample::id::<beep_core::id::SessionId>(10).into(),
        label: Some("Phone".to_owned()),
        address: None,
        created_at: sample::time(7).into(),
        last_used_at: sample::time(8).into(),
        current: true,
    }
}

fn backend() -> Backend {
    Backend {
        domain: "a.example.com".to_owned(),
        software: "beep".to_owned(),
        version: "0.1.0".to_owned(),
        registration: "open".to_owned(),
        mail: "smtp".to_owned(),
        sso: Vec::new(),
        federation: true,
        limits: BTreeMap::from([("message_characters".to_owned(), 4_000)]),
    }
}

/// Each reason once.
fn explained() -> Explained {
    use beep_core::permission::{Permissions, Reason};
    let role = sample::id(3);
    Explained::new(&[
        (Permissions::ADMINISTRATOR, true, Reason::Owner),
        (Permissions::MANAGE_SERVER, true, Reason::Role(role)),
        (Permissions::MANAGE_CHANNELS, true, Reason::Implied(Permissions::MANAGE_SERVER)),
        (Permissions::VIEW_CHANNELS, true, Reason::RoleOverride(role)),
        (Permissions::SEND_MESSAGES, false, Reason::MemberOverride),
        (Permissions::MANAGE_ROLES, false, Reason::NotGranted),
        (Permissions::ATTACH_FILES, false, Reason::Needs(Permissions::SEND_MESSAGES)),
        (Permissions::MANAGE_MEMBERS, false, Reason::Muted),
        (Permissions::MANAGE_INVITATIONS, false, Reason::NotMember),
    ])
}

fn problem() -> Problem {
    let error = FieldError { field: "a[0].b".to_owned(), code: "missing".to_owned(), detail: "is missing".to_owned() };
    Problem {
        errors: vec![error],
        missing: vec!["send_messages".to_owned()],
        until: Some(sample::time(9).into()),
        current: Some(serde_json::json!({ "version": 2 })),
        retry_after: Some(3),
        ..Problem::new(ErrorCode::Conflict, "everything at once")
    }
}
