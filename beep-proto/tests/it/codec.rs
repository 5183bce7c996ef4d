//! What is stored in the log, and what other backends are told.

use beep_core::account::User;
use beep_core::channel::Channel;
use beep_core::content::Content;
use beep_core::event::{EventBody, EventKind};
use beep_core::member::Member;
use beep_core::message::Message;
use beep_core::permission::{Override, Permissions, Target};
use beep_core::port::{Decoded, EventCodec, StoredMessages};
use beep_core::role::Role;
use beep_core::space::{Space, SpaceKind};
use beep_core::text::{Bio, Description, DisplayName, ServerName, Topic};
use beep_core::time::Timestamp;
use beep_proto::federation::{Entry, event};
use beep_proto::record::Records;
use proptest::prelude::*;

use crate::{fixture, sample};

/// Reads a record of the same kind as `body`, while its message is there.
fn decode(body: &EventBody, record: &[u8]) -> EventBody {
    let mut there = StoredMessages::new();
    if let EventBody::MessageCreated(message) | EventBody::MessageUpdated(message) = body {
        there.insert((message.channel.clone(), message.id), message.clone());
    }
    Records.decode(body.kind(), record, &there).expect("readable").or_deleted()
}

/// Takes an event through the log.
fn stored(body: &EventBody) -> EventBody {
    decode(body, &Records.encode(body))
}

/// Takes an event to another backend.
fn told(body: &EventBody) -> EventBody {
    event::read(body.kind(), &event::write(body)).expect("readable")
}

#[test]
fn every_kind_is_read_back() {
    let bodies = sample::bodies();
    let kinds: Vec<_> = bodies.iter().filter_map(EventBody::known_kind).collect();
    assert_eq!(kinds, EventKind::ALL, "there is one of each");
    for body in bodies {
        assert_eq!(stored(&body), body);
        assert_eq!(told(&body), body);
    }
}

#[test]
fn what_was_stored_stays_readable() {
    for body in sample::bodies() {
        let hex = |octets: Vec<u8>| octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>() + "\n";
        let path = format!("record/{}.hex", body.kind());
        let kept = fixture::octets(&path, || hex(Records.encode(&body)).into_bytes());
        let kept = String::from_utf8(kept).expect("hexadecimal");
        let octet = |at: usize| u8::from_str_radix(&kept[at..at + 2], 16).expect("hexadecimal");
        let record: Vec<u8> = (0..kept.trim().len()).step_by(2).map(octet).collect();
        assert_eq!(decode(&body, &record), body);
        assert_eq!(hex(Records.encode(&body)), kept, "{path} is what databases hold");
    }
}

#[test]
fn what_was_told_stays_readable() {
    for body in sample::bodies() {
        let kept = fixture::octets(&format!("told/{}.json", body.kind()), || event::write(&body));
        assert_eq!(event::read(body.kind(), &kept), Ok(body));
    }
}

#[test]
fn a_space_is_of_a_kind_that_is_known_or_refused() {
    for kind in [SpaceKind::Community, SpaceKind::Group, SpaceKind::Direct] {
        let server = Space { kind, ..sample::server() };
        let body = EventBody::SpaceUpdated { server: server.clone(), before: server.clone() };
        assert_eq!((stored(&body), told(&body)), (body.clone(), body));
        let channel = Channel { name: None, ..sample::channel() };
        let body = EventBody::ChannelCreated(channel);
        assert_eq!((stored(&body), told(&body)), (body.clone(), body));
    }
    let body = EventBody::SpaceUpdated { server: sample::server(), before: sample::server() };
    let mut told: serde_json::Value = serde_json::from_slice(&event::write(&body)).expect("JSON");
    for kind in [serde_json::json!("colony"), serde_json::json!(1), serde_json::Value::Null] {
        told["data"]["kind"] = kind;
        assert!(event::read(body.kind(), told.to_string().as_bytes()).is_err(), "{told}");
    }
    told["data"].as_object_mut().expect("an object").remove("kind");
    assert!(event::read(body.kind(), told.to_string().as_bytes()).is_err(), "what decides is never left out");
    // A state of a kind that is not known is refused with the entry that it is in.
    let state = serde_json::json!({ "state": { "server": told["data"], "roles": [], "channels": [], "members": [], "seq": 1 } });
    assert!(serde_json::from_value::<Entry>(state).is_err());
}

#[test]
fn a_category_and_what_is_in_it_are_read_back() {
    for channel in [sample::category(), sample::channel_inside()] {
        let body = EventBody::ChannelUpdated { before: channel.clone(), channel };
        assert_eq!((stored(&body), told(&body)), (body.clone(), body));
    }
}

#[test]
fn what_moderators_decided_is_read_back() {
    let until = Timestamp::LAST;
    let member = Member { restricted_until: Some(until), ..sample::member() };
    let channel = Channel { restricted: [(sample::member().user, until)].into(), ..sample::channel() };
    let server = Space { suspended_until: Some(until), ..sample::server() };
    for body in [
        EventBody::MemberUpdated { member, before: sample::member() },
        EventBody::ChannelUpdated { channel, before: sample::channel() },
        EventBody::SpaceUpdated { server, before: sample::server() },
    ] {
        assert_eq!((stored(&body), told(&body)), (body.clone(), body));
    }
}

#[test]
fn what_is_added_later_is_skipped() {
    for body in sample::bodies() {
        let mut kept: serde_json::Value = serde_json::from_slice(&event::write(&body)).expect("JSON");
        kept["added_later"] = serde_json::json!({ "deep": [1] });
        assert_eq!(event::read(body.kind(), kept.to_string().as_bytes()), Ok(body.clone()));
        let mut record = Records.encode(&body);
        record.extend_from_slice(&[2, 8, 1]);
        assert_eq!(decode(&body, &record), body);
    }
}

#[test]
fn a_record_holds_nothing_that_a_message_says() {
    let message = Message { content: Content::parse("xyzzy").expect("a text"), ..sample::message() };
    for body in [EventBody::MessageCreated(message.clone()), EventBody::MessageUpdated(message.clone())] {
        let record = Records.encode(&body);
        assert!(!record.windows(5).any(|octets| octets == b"xyzzy"), "{record:?}");
        let none = Records.decode(body.kind(), &record, &StoredMessages::new()).expect("readable");
        assert_eq!(none, Decoded::Needs(message.channel.clone(), message.id));
        let deleted = EventBody::MessageDeleted { channel: message.channel.clone(), id: message.id };
        assert_eq!(none.or_deleted(), deleted);
    }
}

#[test]
fn says_of_which_kind_it_could_not_read() {
    let unknown = EventBody::Unknown { kind: "moon.landed".to_owned(), data: b"{\"on\": 1}".to_vec() };
    assert_eq!(stored(&unknown), unknown, "it is stored as it was told");
    let refused = |kind: &str, record: &[u8]| {
        let error = Records.decode(kind, record, &StoredMessages::new()).expect_err("it cannot be read");
        assert_eq!(error.kind, kind);
    };
    refused("moon.landed", b"\0{");
    refused("moon.landed", &[1, 0]);
    for body in sample::bodies() {
        let record = Records.encode(&body);
        refused(body.kind(), &[]);
        refused(body.kind(), &[1]);
        refused(body.kind(), &[200, 1, 2]);
        refused(body.kind(), &record[..record.len() / 2]);
        assert!(event::read(body.kind(), b"{\"id\":").is_err());
    }
}

proptest! {
    #[test]
    fn no_record_is_too_damaged(record: Vec<u8>, version in 0u8..3) {
        for kind in EventKind::ALL {
            let record: Vec<u8> = std::iter::once(version).chain(record.clone()).collect();
            let _ = Records.decode(kind.name(), &record, &StoredMessages::new());
        }
    }

    #[test]
    fn messages_are_read_back(content in "(\\PC|[\\s\"\\\\]){1,60}", sent in 0i64..1 << 47, edited in proptest::option::of(0i64..1 << 47)) {
        prop_assume!(Content::parse(&content).is_ok());
        let message = Message {
            content: Content::parse(&content).expect("assumed"),
            created_at: Timestamp::from_millis(sent),
            edited_at: edited.map(Timestamp::from_millis),
            ..sample::message()
        };
        let body = EventBody::MessageUpdated(message);
        prop_assert_eq!(stored(&body), body.clone());
        prop_assert_eq!(told(&body), body);
    }

    #[test]
    fn permissions_are_read_back(granted: u64, allow: u64, deny: u64, own: u64) {
        let set = Permissions::from_bits_truncate;
        let role = Role { permissions: set(granted), ..sample::role() };
        let body = EventBody::RoleUpdated { role, before: sample::role() };
        prop_assert_eq!(stored(&body), body.clone());
        prop_assert_eq!(told(&body), body);

        let mut overrides = sample::overrides();
        overrides.set(&Target::Role(sample::id(20)), Some(Override { allow: set(allow), deny: set(deny) }));
        overrides.set(&Target::Member(sample::at_home(21)), Some(Override { allow: set(own), deny: set(!own) }));
        let channel = Channel { overrides, ..sample::channel() };
        let body = EventBody::ChannelUpdated { channel, before: sample::channel() };
        prop_assert_eq!(stored(&body), body.clone());
        prop_assert_eq!(told(&body), body);
    }

    /// What a rule makes of a text, the same rule leaves alone.
    #[test]
    fn texts_are_read_back(line in "\\PC{1,40}", prose in "(\\PC|\n|\t){0,60}") {
        let (name, topic, shown) = (ServerName::parse(&line), Topic::parse(&prose), DisplayName::parse(&line));
        prop_assume!(name.is_ok() && topic.is_ok());
        let server = Space {
            name: name.expect("assumed"),
            description: Description::parse(&prose).expect("as a topic"),
            ..sample::server()
        };
        let body = EventBody::SpaceUpdated { server, before: sample::server() };
        prop_assert_eq!(stored(&body), body.clone());
        prop_assert_eq!(told(&body), body);

        let before = Channel { topic: topic.expect("assumed"), ..sample::channel() };
        let body = EventBody::ChannelDeleted { before };
        prop_assert_eq!(stored(&body), body.clone());
        prop_assert_eq!(told(&body), body);

        let user = User { display_name: shown.ok(), bio: Bio::parse(&prose).ok(), ..sample::user() };
        let body = EventBody::UserUpdated(user);
        prop_assert_eq!(stored(&body), body.clone());
        prop_assert_eq!(told(&body), body);
    }
}
