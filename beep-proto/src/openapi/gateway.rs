//! What is no operation: the gateway, and the document itself.

use serde_json::json;

use super::{Writer, header};
use crate::gateway::{ClientFrame, CloseCode, Event, JSON_SUBPROTOCOL, PROTO_SUBPROTOCOL, ServerFrame};

/// Describes the gateway and where the document is found.
pub(super) fn describe(writer: &mut Writer) {
    let client = writer.asked.subschema_for::<ClientFrame>();
    let server = writer.answered.subschema_for::<ServerFrame>();
    writer.answered.subschema_for::<Event>();
    let mut description = PROTOCOL.to_owned();
    for code in CloseCode::ALL {
        description += &format!("| {} | {} |\n", code.number(), meaning(*code));
    }
    writer.put(
        "/gateway",
        "GET",
        json!({
            "operationId": "gateway.connect",
            "tags": ["gateway"],
            "summary": "Opens the live connection, a WebSocket.",
            "description": description,
            "security": [],
            "x-client-frame": client,
            "x-server-frame": server,
            "parameters": [{
                "name": "Sec-WebSocket-Protocol",
                "in": "header",
                "required": true,
                "description": "How frames are written: JSON in text frames, or the message `beep.v1.Frame` in binary \
                                frames.",
                "schema": { "type": "string", "enum": [JSON_SUBPROTOCOL, PROTO_SUBPROTOCOL] },
            }],
            "responses": {
                "101": {
                    "description": "The connection is open; the first frame is the client's `hello`.",
                    "headers": {
                        "x-request-id": header("RequestId"),
                        "Sec-WebSocket-Protocol": {
                            "description": "The subprotocol that was chosen.",
                            "schema": { "type": "string", "enum": [JSON_SUBPROTOCOL, PROTO_SUBPROTOCOL] },
                        },
                    },
                },
                "default": { "$ref": "#/components/responses/Problem" },
            },
        }),
    );
    writer.put(
        "/openapi.json",
        "GET",
        json!({
            "operationId": "backend.openapi",
            "tags": ["backend"],
            "summary": "Gives this document.",
            "security": [],
            "responses": {
                "200": {
                    "description": "An OpenAPI 3.1 document.",
                    "headers": { "x-request-id": header("RequestId") },
                    "content": { "application/json": { "schema": { "type": "object" } } },
                },
                "default": { "$ref": "#/components/responses/Problem" },
            },
        }),
    );
}

fn meaning(code: CloseCode) -> &'static str {
    match code {
        CloseCode::BadFrame => "A frame that makes no sense.",
        CloseCode::Unauthenticated => "No good access token, or its session ended.",
        CloseCode::TooSlow => "The client reads too slowly; its cursor still resumes.",
        CloseCode::RateLimited => "Too many frames.",
        CloseCode::GoingAway => "The backend stops: connect again at once.",
    }
}

const PROTOCOL: &str = include_str!("gateway.md");
