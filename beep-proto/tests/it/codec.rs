//! What is kept in the log.

use beep_core::account::User;
use beep_core::channel::Channel;
use beep_core::event::EventBody;
use beep_core::message::Message;
use beep_core::permission::{Override, Permissions, Target};
use beep_core::port::EventCodec;
use beep_core::role::Role;
use beep_core::text::{Bio, Content, Description, DisplayName, ServerName, Topic};
use beep_core::time::Timestamp;
use beep_proto::codec::JsonCodec;
use proptest::prelude::*;

use crate::{fixture, sample};

/// Reads octets of the same kind as `body`.
fn decode(body: &EventBody, octets: &[u8]) -> EventBody {
    JsonCodec.decode(body.kind(), octets).expect("readable")
}

#[test]
fn every_kind_is_read_back() {
    for body in sample::bodies() {
        let octets = JsonCodec.encode(&body);
        assert_eq!(decode(&body, &octets), body);
    }
}

#[test]
fn what_was_kept_stays_readable() {
    for body in sample::bodies() {
        let kept = fixture::octets(&format!("log/{}.json", body.kind()), || JsonCodec.encode(&body));
        assert_eq!(decode(&body, &kept), body);
    }
}

#[test]
fn what_is_added_later_is_skipped() {
    for body in sample::bodies() {
        let mut kept: serde_json::Value = serde_json::from_slice(&JsonCodec.encode(&body)).expect("JSON");
        kept["added_later"] = serde_json::json!({ "deep": [1] });
        assert_eq!(decode(&body, kept.to_string().as_bytes()), body);
    }
}

#[test]
fn says_of_which_kind_it_could_not_read() {
    let unknown = EventBody::Unknown { kind: "moon.landed".to_owned(), data: b"{\"on\": 1}".to_vec() };
    assert_eq!(decode(&unknown, &JsonCodec.encode(&unknown)), unknown, "it is kept as it was told");
    assert_eq!(JsonCodec.decode("moon.landed", b"{").expect_err("broken").kind, "moon.landed");
    for body in sample::bodies() {
        let broken = JsonCodec.decode(body.kind(), b"{\"id\":").expect_err("broken");
        assert_eq!(broken.kind, body.kind());
    }
}

proptest! {
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
        prop_assert_eq!(decode(&body, &JsonCodec.encode(&body)), body);
    }

    #[test]
    fn permissions_are_read_back(granted: u64, allow: u64, deny: u64, own: u64) {
        let set = Permissions::from_bits_truncate;
        let role = Role { permissions: set(granted), ..sample::role() };
        let body = EventBody::RoleUpdated { role, before: sample::role() };
        prop_assert_eq!(decode(&body, &JsonCodec.encode(&body)), body);

        let mut overrides = sample::overrides();
        overrides.set(&Target::Role(sample::id(20)), Some(Override { allow: set(allow), deny: set(deny) }));
        overrides.set(&Target::Member(sample::at_home(21)), Some(Override { allow: set(own), deny: set(!own) }));
        let channel = Channel { overrides, ..sample::channel() };
        let body = EventBody::ChannelUpdated { channel, before: sample::channel() };
        prop_assert_eq!(decode(&body, &JsonCodec.encode(&body)), body);
    }

    /// What a rule makes of a text, the same rule leaves alone.
    #[test]
    fn texts_are_read_back(line in "\\PC{1,40}", prose in "(\\PC|\n|\t){0,60}") {
        let (name, topic, shown) = (ServerName::parse(&line), Topic::parse(&prose), DisplayName::parse(&line));
        prop_assume!(name.is_ok() && topic.is_ok());
        let server = beep_core::space::Space {
            name: name.expect("assumed"),
            description: Description::parse(&prose).expect("as a topic"),
            ..sample::server()
        };
        let body = EventBody::SpaceUpdated { server, before: sample::server() };
        prop_assert_eq!(decode(&body, &JsonCodec.encode(&body)), body);

        let before = Channel { topic: topic.expect("assumed"), ..sample::channel() };
        let body = EventBody::ChannelDeleted { before };
        prop_assert_eq!(decode(&body, &JsonCodec.encode(&body)), body);

        let user = User { display_name: shown.ok(), bio: Bio::parse(&prose).ok(), ..sample::user() };
        let body = EventBody::UserUpdated(user);
        prop_assert_eq!(decode(&body, &JsonCodec.encode(&body)), body);
    }
}
