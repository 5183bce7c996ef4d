//! What is said on the WebSocket of the gateway.

use schemars::SchemaGenerator;
use serde_json::{Value, json};

use crate::gateway::{ClientFrame, CloseCode, Event, JSON_SUBPROTOCOL, PROTO_SUBPROTOCOL, ServerFrame};

/// Adds it to the entry of the operation that opens the WebSocket.
pub(super) fn describe(entry: &mut Value, asked: &mut SchemaGenerator, answered: &mut SchemaGenerator) {
    answered.subschema_for::<Event>();
    let mut description = PROTOCOL.to_owned();
    for code in CloseCode::ALL {
        description += &format!("| {} | {} |\n", code.number(), meaning(*code));
    }
    entry["description"] = description.into();
    entry["x-client-frame"] = asked.subschema_for::<ClientFrame>().to_value();
    entry["x-server-frame"] = answered.subschema_for::<ServerFrame>().to_value();
    entry["parameters"] = json!([{
        "name": "Sec-WebSocket-Protocol",
        "in": "header",
        "required": true,
        "description": "How frames are written: JSON in text frames, or the message `beep.v1.Frame` in binary frames.",
        "schema": { "type": "string", "enum": [JSON_SUBPROTOCOL, PROTO_SUBPROTOCOL] },
    }]);
    let opened = &mut entry["responses"]["101"];
    opened["description"] = "The connection is open; the first frame is the client's `hello`.".into();
    opened["headers"]["Sec-WebSocket-Protocol"] = json!({
        "description": "The subprotocol that was chosen.",
        "schema": { "type": "string", "enum": [JSON_SUBPROTOCOL, PROTO_SUBPROTOCOL] },
    });
}

fn meaning(code: CloseCode) -> &'static str {
    match code {
        CloseCode::BadFrame => "A frame that is not valid.",
        CloseCode::Unauthenticated => "No valid access token, or its session has ended.",
        CloseCode::TooSlow => "The client reads too slowly; its cursor still resumes.",
        CloseCode::RateLimited => "Too many frames, hellos or connections.",
        CloseCode::GoingAway => "The backend is stopping: reconnect at once.",
    }
}

const PROTOCOL: &str = include_str!("gateway.md");
