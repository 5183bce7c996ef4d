//! The hot paths in protobuf.

use beep_core::message::Message as CoreMessage;
use beep_proto::gateway::{ClientFrame, ServerFrame};
use beep_proto::page::Page;
use beep_proto::problem::ErrorCode;
use beep_proto::protobuf::{self, v1};
use beep_proto::view::Message;
use prost::Message as _;

use crate::{gateway, sample};

#[test]
fn messages_are_read_back() {
    let sparse = CoreMessage { edited_at: None, reply_to: None, nonce: None, ..sample::message() };
    let page = Page { items: vec![Message::from(&sample::message()), (&sparse).into()], next: Some("more".to_owned()) };
    for message in &page.items {
        let octets = v1::Message::from(message).encode_to_vec();
        let read = v1::Message::decode(octets.as_slice()).expect("protobuf");
        assert_eq!(Message::try_from(read).expect("a message"), *message);
    }
    let octets = v1::MessagePage::from(&page).encode_to_vec();
    let read = v1::MessagePage::decode(octets.as_slice()).expect("protobuf");
    assert_eq!(Page::try_from(read).expect("a page"), page);
}

#[test]
fn a_message_keeps_its_field_numbers() {
    let octets = v1::Message::from(&Message::from(&sample::message())).encode_to_vec();
    let mut numbers = Vec::new();
    let mut rest = octets.as_slice();
    while !rest.is_empty() {
        let (number, wire) = prost::encoding::decode_key(&mut rest).expect("a key");
        numbers.push(number);
        prost::encoding::skip_field(wire, number, &mut rest, prost::encoding::DecodeContext::default())
            .expect("a value");
    }
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8], "id to nonce; `pinned` is false and so not written");
}

#[test]
fn sending_reads_the_channel_from_the_path() {
    let body = v1::SendMessage { content: "hi".to_owned(), nonce: Some("n".to_owned()), reply_to: None };
    let id = sample::at_home::<beep_core::id::ChannelId>(5).to_string();
    let send = protobuf::read_send(&id, &body.encode_to_vec()).expect("valid");
    assert_eq!((send.channel.to_string(), send.content.as_str()), (id.clone(), "hi"));
    assert_eq!((send.nonce.as_deref(), send.reply_to), (Some("n"), None));

    let wrong = v1::SendMessage { reply_to: Some("x".to_owned()), ..body };
    let problem = protobuf::read_send(&id, &wrong.encode_to_vec()).expect_err("malformed");
    assert_eq!(problem.errors[0].field, "reply_to");
    assert_eq!(protobuf::read_send(&id, b"\xff").expect_err("no protobuf").code, ErrorCode::InvalidRequest);
}

#[test]
fn frames_are_read_back() {
    for frame in gateway::server_frames() {
        let octets = v1::Frame::from(&frame).encode_to_vec();
        assert_eq!(protobuf::read_server_frame(&octets), Some(frame));
    }
    for frame in gateway::client_frames() {
        let octets = v1::Frame::from(&frame).encode_to_vec();
        assert_eq!(protobuf::read_client_frame(&octets), Some(frame));
    }
}

#[test]
fn neither_side_takes_the_frames_of_the_other() {
    let ready = v1::Frame::from(&gateway::server_frames()[0]).encode_to_vec();
    assert_eq!(protobuf::read_client_frame(&ready), None);
    let hello = v1::Frame::from(&gateway::client_frames()[0]).encode_to_vec();
    assert_eq!(protobuf::read_server_frame(&hello), None);
    let ping = v1::Frame::from(&ClientFrame::Ping).encode_to_vec();
    assert_eq!(protobuf::read_server_frame(&ping), Some(ServerFrame::Ping));
}

#[test]
fn what_makes_no_sense_is_no_frame() {
    let newer = [0xfa, 0x06, 0x01, b'x']; // field 111, a text of one octet
    assert_eq!(protobuf::read_server_frame(&newer), Some(ServerFrame::Unknown));
    assert_eq!(protobuf::read_client_frame(&newer), None);
    assert_eq!(protobuf::read_server_frame(b"\xff\xff"), None);
    assert_eq!(protobuf::read_client_frame(b"\xff\xff"), None);
    let channels = Some(v1::ChannelSet { ids: vec!["x".to_owned()] });
    let op = v1::frame::Op::Hello(v1::Hello { access_token: "t".to_owned(), cursor: None, channels });
    assert_eq!(protobuf::read_client_frame(&v1::Frame { op: Some(op) }.encode_to_vec()), None);
}
