//! Every operation, written as a request and read from it again.

use std::collections::BTreeSet;

use beep_core::id::Id;
use beep_core::permission::Permissions;
use beep_proto::id::{Bare, Ref};
use beep_proto::operation::servers::Template;
use beep_proto::operation::{
    Method, Operation, accounts, admin, backend, bans, channels, events, invitations, members, messages, roles, self_,
    servers, sessions, users,
};
use beep_proto::request::{self, Parts};
use beep_proto::text::Nullable;
use beep_proto::view::{GlobalRole, Visibility};
use proptest::prelude::*;

use crate::sample;

/// With and without the domain, as callers write it.
fn one<T: Id>(number: u8) -> Ref<T> {
    if number.is_multiple_of(2) { sample::at_home(number).into() } else { sample::id::<T>(number).into() }
}

fn bare<T: Id>(number: u8) -> Bare<T> {
    Bare(sample::id(number))
}

/// Takes a request apart as a router does, and reads the operation.
fn receive<O: Operation>(parts: &Parts) -> O {
    let template: Vec<_> = O::PATH.split('/').collect();
    let path: Vec<_> = parts.path.split('/').collect();
    assert_eq!(path.len(), template.len(), "{} for {}", parts.path, O::PATH);
    let mut named = Vec::new();
    for (part, place) in path.iter().zip(template) {
        match place.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => named.push((name, unescape(part))),
            None => assert_eq!(*part, place),
        }
    }
    let named: Vec<_> = named.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let query = parts.query.split('&').filter_map(|pair| pair.split_once('='));
    let query: Vec<_> = query.map(|(name, value)| (unescape(name), unescape(value))).collect();
    let body = parts.body.as_ref().map_or_else(Vec::new, |body| body.to_string().into_bytes());
    request::read(&named, &query, &body).expect(O::NAME)
}

fn unescape(text: &str) -> String {
    let mut octets = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'%' => {
                let digits = std::str::from_utf8(&rest[..2]).expect("two digits");
                octets.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
                rest = &rest[2..];
            }
            other => octets.push(*other),
        }
    }
    String::from_utf8(octets).expect("UTF-8")
}

fn goes_and_comes<O: Operation + PartialEq>(operation: &O) {
    let parts = request::write(operation).expect("ids stand in a path");
    assert_eq!(receive::<O>(&parts), *operation, "{}", O::NAME);
    assert!(O::METHOD != Method::Get || parts.body.is_none(), "{}", O::NAME);
    assert!(O::METHOD == Method::Get || parts.query.is_empty(), "{}", O::NAME);
    let arguments = request::write_arguments(operation);
    assert_eq!(request::read_arguments::<O>(arguments).expect(O::NAME), *operation);
}

#[test]
fn every_operation_is_read_back() {
    let mut seen = BTreeSet::new();
    macro_rules! each {
        ($($operation:expr),+ $(,)?) => { $( seen.insert(check($operation)); )+ };
    }
    fn check<O: Operation + PartialEq>(operation: O) -> &'static str {
        goes_and_comes(&operation);
        O::NAME
    }
    let some = Permissions::SEND_MESSAGES | Permissions::VIEW_CHANNELS;

    each! {
        backend::Get::new(),
        accounts::Register::new("a@mail.example", "pass word", "alice"),
        accounts::Register::new("a@mail.example", "pass word", "alice").display_name("Älice"),
        accounts::Activate::new("a@mail.example", "123456"),
        accounts::ResendActivation::new("a@mail.example"),
        sessions::Login::new("alice", "pass word"),
        sessions::Login::new("alice", "pass word").otp("123456").label("Phone").persist(true),
        sessions::Refresh::new(),
        sessions::Refresh::new().refresh_token("r"),
        sessions::Logout::new(),
        sessions::Logout::new().refresh_token("r"),
        sessions::List::new(),
        sessions::List::new().limit(7u32).cursor("c"),
        sessions::Revoke::new(bare(1)),
        self_::Get::new(),
        self_::Update::new(),
        self_::Update::new()
            .username("alice")
            .display_name(Nullable::set("Älice"))
            .first_name(Nullable::null())
            .last_name(Nullable::set("A"))
            .avatar(Nullable::set("a"))
            .bio(Nullable::null()),
        users::Get::new(one(1)),
        users::ByHandle::new("bob@b.example.com"),
    }
    each! {
        servers::Create::new("Gardeners", Visibility::Public),
        servers::Create::new("Gardeners", Visibility::Private).description("Soil").template(Template::Community).icon("i"),
        servers::List::new(),
        servers::List::new().limit(7u32).cursor("c-_="),
        servers::Discover::new(),
        servers::Discover::new().q("a b&c=é/?#%+").limit(7u32).cursor("c"),
        servers::Get::new(one(2)),
        servers::Update::new(one(1)),
        servers::Update::new(one(1)).name("N").description("").visibility(Visibility::Public).icon(Nullable::null()).version(u64::MAX),
        servers::Delete::new(one(2)),
        servers::Join::new(one(1)),
        servers::Leave::new(one(2)),
        servers::Permissions::new(one(1)),
        servers::Permissions::new(one(1)).user(one(2)).channel(one(3)),
        members::List::new(one(1)),
        members::List::new(one(1)).q("al").limit(1u32).cursor("c"),
        members::Get::new(one(1), one(2)),
        members::AssignRole::new(one(1), one(2), bare(3)),
        members::RemoveRole::new(one(1), one(2), bare(3)),
        roles::List::new(one(1)),
        roles::List::new(one(1)).limit(7u32).cursor("c"),
        roles::Create::new(one(1), "Mods", some),
        roles::Create::new(one(1), "Mods", Permissions::empty()).color(0xff_8800u32).position(3),
        roles::Update::new(one(2), bare(3)),
        roles::Update::new(one(2), bare(3)).name("M").permissions(some).color(Nullable::null()).position(-1).version(1u64),
        roles::Update::new(one(2), bare(3)).color(Nullable::set(7u32)),
        roles::Delete::new(one(2), bare(3)),
    }
    each! {
        channels::List::new(one(1)),
        channels::List::new(one(1)).limit(7u32).cursor("c"),
        channels::Create::new(one(1), "general"),
        channels::Create::new(one(1), "general").topic("T").position(-2).slow_mode_s(5u32),
        channels::Get::new(one(1)),
        channels::Update::new(one(1)),
        channels::Update::new(one(1)).name("n").topic("").position(1).slow_mode_s(0u32).version(2u64),
        channels::Delete::new(one(2)),
        channels::PutRoleOverride::new(one(1), bare(3)),
        channels::PutRoleOverride::new(one(1), bare(3)).allow(some).deny(Permissions::ATTACH_FILES).version(2u64),
        channels::DeleteRoleOverride::new(one(1), bare(3)),
        channels::PutMemberOverride::new(one(1), one(2)),
        channels::PutMemberOverride::new(one(1), one(2)).allow(some).deny(Permissions::ATTACH_FILES).version(2u64),
        channels::DeleteMemberOverride::new(one(1), one(2)),
        invitations::List::new(one(1)),
        invitations::List::new(one(1)).limit(100u32).cursor("c"),
        invitations::Create::new(one(1)),
        invitations::Create::new(one(1)).user(one(2)),
        invitations::Create::new(one(1)).expires_at(sample::time(0)).max_uses(3u32),
        invitations::Revoke::new(one(1), bare(3)),
        invitations::Preview::new("k3X/w9@b.example.com"),
        invitations::Received::new(),
        invitations::Received::new().limit(7u32).cursor("c"),
        invitations::Accept::new("k3X/w9@b.example.com"),
        invitations::Decline::new("01890a5d-ac96-774b-bcce-b302099a8057"),
        messages::Send::new(one(1), " hi\n\u{1f33b}"),
        messages::Send::new(one(2), "hi").nonce("n").reply_to(bare(3)).attachments(vec!["a".to_owned()]),
        messages::List::new(one(1)),
        messages::List::new(one(1)).before(bare(3)).after(bare(4)).around(bare(5)).limit(1u32),
        messages::Get::new(one(1), bare(3)),
        messages::Edit::new(one(1), bare(3), "other"),
        messages::Delete::new(one(1), bare(3)),
        messages::Events::new(one(1), 0u64),
        messages::Events::new(one(1), u64::MAX).limit(2u32),
        bans::List::new(one(1)),
        bans::List::new(one(1)).limit(2u32).cursor("c"),
        bans::Put::new(one(1), one(2)),
        bans::Put::new(one(1), one(2)).reason("spam").delete_messages_since(sample::time(0)),
        bans::Delete::new(one(1), one(2)),
        members::Kick::new(one(1), one(2)),
        members::Kick::new(one(1), one(2)).reason("spam"),
        users::Search::new("bo"),
        users::Search::new("bo").domain("b.example.com").limit(2u32).cursor("c"),
        admin::GrantRole::new(one(2), GlobalRole::UserModerator),
        admin::RevokeRole::new(one(2), GlobalRole::ApplicationAdministrator),
        admin::Federation::new(),
        admin::AllowBackends::new(),
        admin::AllowBackends::new().domains(vec!["b.example.com".to_owned()]),
        events::List::new(),
        events::List::new().cursor("c").limit(2u32).wait(30u32),
    }

    let table: BTreeSet<_> = table().into_iter().map(|(name, ..)| name).collect();
    assert_eq!(seen, table, "every operation of the table has a sample");
}

/// Name, method and path of every operation.
pub(crate) fn table() -> Vec<(&'static str, Method, &'static str)> {
    macro_rules! rows {
        ($($area:ident { $($method:ident: $struct:ident),* $(,)? })*) => { vec![$($((
            beep_proto::operation::$area::$struct::NAME,
            beep_proto::operation::$area::$struct::METHOD,
            beep_proto::operation::$area::$struct::PATH,
        )),*),*] };
    }
    beep_proto::for_each_operation!(rows)
}

#[test]
fn names_say_area_and_method() {
    macro_rules! names {
        ($($area:ident { $($method:ident: $struct:ident),* $(,)? })*) => { vec![$($(
            format!("{}.{}", stringify!($area).trim_end_matches('_'), stringify!($method))
        ),*),*] };
    }
    let names: Vec<String> = beep_proto::for_each_operation!(names);
    assert_eq!(table().iter().map(|(name, ..)| (*name).to_owned()).collect::<Vec<_>>(), names);
}

#[test]
fn no_two_operations_share_a_method_and_path() {
    let mut seen = BTreeSet::new();
    for (name, method, path) in table() {
        assert!(seen.insert((method.as_str(), path)), "{name}");
    }
}

proptest! {
    #[test]
    fn any_text_travels_in_a_path_and_a_query(text in "\\PC{1,40}", cursor: String) {
        // Dots alone would lead elsewhere.
        prop_assume!(text != "." && text != "..");
        goes_and_comes(&invitations::Preview::new(text.as_str()));
        goes_and_comes(&servers::Discover::new().q(text).cursor(cursor));
    }

    #[test]
    fn any_text_travels_in_a_body(content: String, nonce: String) {
        goes_and_comes(&messages::Send::new(one(1), content).nonce(nonce));
    }

    #[test]
    fn no_body_makes_it_panic(body: Vec<u8>, channel: String) {
        let _ = request::read::<messages::Send>(&[("channel", &channel)], &[], &body);
    }
}
