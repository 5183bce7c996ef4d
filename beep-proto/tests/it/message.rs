//! Messages of every author and kind of content, wherever they are written.

use beep_core::content::Sealed;
use beep_core::event::EventBody;
use beep_core::message::Message as CoreMessage;
use beep_core::port::{EventCodec, StoredMessages};
use beep_proto::federation::event;
use beep_proto::protobuf::v1;
use beep_proto::record::Records;
use beep_proto::view::{Message, Via};
use prost::Message as _;
use serde_json::{Value, json};

use crate::{fixture, sample};

#[test]
fn are_written_as_they_were_and_read_back() {
    for (name, message) in sample::messages() {
        let view = Message::from(&message);
        let written = serde_json::to_value(&view).expect("JSON");
        fixture::same(&format!("message/{name}.json"), &written);
        let read: Message = serde_json::from_value(written).expect("a message");
        assert_eq!(read, view);
        assert_eq!(CoreMessage::try_from(read).expect("it keeps the rules"), message);
    }
}

#[test]
fn are_the_same_in_protobuf() {
    for (name, message) in sample::messages() {
        let view = Message::from(&message);
        let octets = v1::Message::from(&view).encode_to_vec();
        let hex = octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>() + "\n";
        let kept = fixture::octets(&format!("message/{name}.proto.hex"), || hex.clone().into_bytes());
        assert_eq!(String::from_utf8(kept).expect("hexadecimal"), hex);
        let read = v1::Message::decode(octets.as_slice()).expect("protobuf");
        assert_eq!(Message::try_from(read).expect("a message"), view);
    }
}

#[test]
fn are_told_to_other_backends_and_kept_in_the_log() {
    for (_, message) in sample::messages() {
        let there = StoredMessages::from([((message.channel.clone(), message.id), message.clone())]);
        for body in [EventBody::MessageCreated(message.clone()), EventBody::MessageUpdated(message.clone())] {
            assert_eq!(event::read(body.kind(), &event::write(&body)), Ok(body.clone()));
            let record = Records.encode(&body);
            assert_eq!(Records.decode(body.kind(), &record, &there).expect("readable").or_deleted(), body);
        }
    }
}

/// A message as it is told, with these members in place of its own.
fn with(members: Value) -> Value {
    let mut told = serde_json::to_value(Message::from(&sample::message())).expect("JSON");
    for (name, value) in members.as_object().expect("members") {
        told[name] = value.clone();
    }
    told
}

#[test]
fn what_only_a_newer_backend_knows_is_told_as_not_there() {
    let gone = EventBody::MessageDeleted { channel: sample::message().channel, id: sample::message().id };
    let newer = [
        json!({ "author": null, "via": { "type": "crow", "id": 7 } }),
        json!({ "content": "", "poll": { "question": "?" } }),
    ];
    for told in newer.map(with) {
        for kind in ["message.created", "message.updated"] {
            assert_eq!(event::read(kind, told.to_string().as_bytes()), Ok(gone.clone()), "{told}");
        }
        // A client shows what it knows of it.
        serde_json::from_value::<Message>(told).expect("a message");
    }
    let crow = with(json!({ "author": null, "via": { "type": "crow" } }));
    assert_eq!(serde_json::from_value::<Message>(crow).expect("a message").via, Some(Via::Unknown));
    let crow = v1::Message { via: Some(v1::Via { kind: None }), ..(&Message::from(&sample::message())).into() };
    assert_eq!(Message::try_from(crow).expect("a message").via, Some(Via::Unknown));
}

#[test]
fn what_breaks_the_rules_is_refused() {
    let webhook =
        json!({ "type": "webhook", "id": "01932c07-209d-7cc9-a31d-00000000000c", "name": "x", "avatar": null });
    let broken = [
        json!({ "content": " " }),
        json!({ "content": "", "sealed": "" }),
        json!({ "content": "", "sealed": "no base64" }),
        json!({ "content": "", "sealed": "A".repeat(4 * (Sealed::MAX / 3 + 2)) }),
        json!({ "author": null }),
        json!({ "via": webhook }),
        json!({ "author": null, "via": { "type": "webhook", "name": "x" } }),
        json!({ "author": null, "via": { "type": "system", "event": "Not A Name" } }),
        json!({ "author": null, "via": { "type": "app", "id": "01932c07-209d-7cc9-a31d-00000000000c", "name": "x" } }),
    ];
    for told in broken.map(with) {
        assert!(event::read("message.created", told.to_string().as_bytes()).is_err(), "{told}");
    }
}
