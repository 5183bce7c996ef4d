//! Every operation, written as a request and read from it again.

use std::collections::BTreeSet;

use beep_core::id::Id;
use beep_core::permission::Permissions;
use beep_proto::id::{Bare, Ref};
use beep_proto::operation::{
    Arguments, Method, OPERATIONS, RAW_OPERATIONS, Specified, admin, channels, invitations, members, messages, roles,
    self_, servers, sessions, users,
};
use beep_proto::request::{self, Parts};
use beep_proto::text::Nullable;
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
fn receive<O: Specified>(parts: &Parts) -> O {
    let template: Vec<_> = O::SPEC.path.split('/').collect();
    let path: Vec<_> = parts.path.split('/').collect();
    assert_eq!(path.len(), template.len(), "{} for {}", parts.path, O::SPEC.path);
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
    request::read(&named, &query, &body).expect(O::SPEC.name)
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

fn goes_and_comes<O: Specified>(operation: &O) {
    let name = O::SPEC.name;
    let parts = request::write(operation).expect("ids stand in a path");
    assert_eq!(receive::<O>(&parts), *operation, "{name}");
    assert!(O::SPEC.method != Method::Get || parts.body.is_none(), "{name}");
    assert!(O::SPEC.method == Method::Get || parts.query.is_empty(), "{name}");
    let arguments = request::write_arguments(operation);
    assert_eq!(request::read_arguments::<O>(arguments).expect(O::SPEC.name), *operation);
}

#[test]
fn every_operation_is_read_back() {
    macro_rules! each {
        ($($area:ident { $($method:ident: $struct:ident),* $(,)? })*) => {
            $($( beep_proto::operation::$area::$struct::samples().iter().for_each(goes_and_comes); )*)*
        };
    }
    beep_proto::for_each_operation!(each);
    beep_proto::for_each_raw_operation!(each);
}

#[test]
fn unusual_values_are_read_back() {
    let some = Permissions::SEND_MESSAGES | Permissions::VIEW_CHANNELS;
    goes_and_comes(
        &self_::Update::new()
            .display_name(Nullable::set("Älice"))
            .first_name(Nullable::null())
            .last_name(Nullable::set(""))
            .bio(Nullable::null()),
    );
    goes_and_comes(&users::ByHandle::new("bob@b.example.com"));
    goes_and_comes(&servers::List::new().limit(u32::MAX).cursor("c-_="));
    goes_and_comes(&servers::Discover::new().q("a b&c=é/?#%+").limit(7u32).cursor(""));
    goes_and_comes(&servers::Update::new(one(1)).description("").icon(Nullable::null()).version(u64::MAX));
    goes_and_comes(&servers::Permissions::new(one(1)).user(one(2)).channel(one(3)));
    goes_and_comes(&members::AssignRole::new(one(1), one(2), bare(3)));
    goes_and_comes(&roles::Create::new(one(1), "Mods", Permissions::empty()).color(0xff_8800u32).position(-3));
    goes_and_comes(&roles::Update::new(one(2), bare(3)).permissions(some).color(Nullable::null()).position(i32::MIN));
    goes_and_comes(&roles::Update::new(one(2), bare(3)).color(Nullable::set(7u32)));
    goes_and_comes(&channels::PutRoleOverride::new(one(1), bare(3), Permissions::all(), Permissions::empty()));
    goes_and_comes(&invitations::Preview::new("k3X/w9@b.example.com"));
    goes_and_comes(&messages::Send::new(one(1), " hi\n\u{1f33b}").attachments(Vec::<String>::new()));
    goes_and_comes(&messages::Events::new(one(2), u64::MAX).limit(2u32));
    goes_and_comes(&admin::AllowBackends::new(Some(Vec::new())));
    goes_and_comes(&admin::AllowBackends::new(None));
    let problem = request::read::<admin::AllowBackends>(&[], &[], br#"{"domain": ["b.example.com"]}"#);
    assert_eq!(problem.expect_err("it is required").errors[0].field, "domains");
    goes_and_comes(&sessions::Login::new("", "").persist(false));
}

#[test]
fn no_two_operations_share_a_method_and_path() {
    let mut seen = BTreeSet::new();
    for spec in OPERATIONS.iter().chain(RAW_OPERATIONS) {
        assert!(seen.insert((spec.method.as_str(), spec.path)), "{}", spec.name);
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
