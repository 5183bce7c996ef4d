//! Gateway frames: what clients send as JSON or protobuf, and what other people's backends send to clients.

use beep_proto::gateway::{ClientFrame, ServerFrame};
use beep_proto::protobuf::{read_client_frame, read_server_frame, v1};
use prost::Message;

/// A client's frame is read back as itself, and means the same in both formats.
pub(crate) fn json(octets: &[u8]) {
    if let Ok(frame) = serde_json::from_slice::<ClientFrame>(octets) {
        let written = serde_json::to_vec(&frame).expect("frames are objects with string keys");
        assert_eq!(serde_json::from_slice::<ClientFrame>(&written).expect("just written"), frame);
        assert_eq!(read_client_frame(&v1::Frame::from(&frame).encode_to_vec()), Some(frame));
    }
    if let Ok(frame) = serde_json::from_slice::<ServerFrame>(octets) {
        let written = serde_json::to_vec(&frame).expect("frames are objects with string keys");
        assert!(serde_json::from_slice::<ServerFrame>(&written).is_ok(), "is not read back");
    }
}

/// As [`json`], from protobuf.
pub(crate) fn protobuf(octets: &[u8]) {
    if let Some(frame) = read_client_frame(octets) {
        let written = serde_json::to_vec(&frame).expect("frames are objects with string keys");
        assert_eq!(serde_json::from_slice::<ClientFrame>(&written).expect("just written"), frame);
        assert_eq!(read_client_frame(&v1::Frame::from(&frame).encode_to_vec()), Some(frame));
    }
    if let Some(frame) = read_server_frame(octets) {
        assert!(read_server_frame(&v1::Frame::from(&frame).encode_to_vec()).is_some(), "is not read back");
    }
}
