//! The live connection.

use axum::extract::{FromRef, FromRequest, Request, WebSocketUpgrade};
use axum::response::Response;
use beep_proto::operation::gateway::Connect;
use beep_proto::problem::{ErrorCode, Problem};

use crate::gateway::{self, Gateway};
use crate::http::{Context, HandleRaw, Refused};

impl HandleRaw for Connect {
    async fn handle(self, context: &Context, request: Request) -> Result<Response, Refused> {
        match WebSocketUpgrade::from_request(request, &()).await {
            Ok(upgrade) => Ok(gateway::upgrade(Gateway::from_ref(&context.app), context.network(), upgrade)),
            Err(rejection) => Err(Refused(Problem::new(ErrorCode::InvalidRequest, rejection.body_text()))),
        }
    }
}
