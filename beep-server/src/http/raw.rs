//! From a request to a raw operation, which answers the request itself.

use std::future::Future;
use std::sync::Arc;

use axum::RequestExt;
use axum::extract::{RawPathParams, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, on};
use beep_proto::operation::RawOperation;
use beep_proto::problem::Problem;
use beep_proto::request;

use crate::app::App;
use crate::http::Refused;
use crate::http::client::Client;
use crate::http::context::Context;
use crate::http::operation::{admit, filter, limited, place, query};

/// What answers a raw operation.
pub(crate) trait HandleRaw: RawOperation {
    /// Answers the operation, whose fields are read from path and query. Nobody has read the request's body.
    fn handle(self, context: &Context, request: Request) -> impl Future<Output = Result<Response, Refused>> + Send;
}

/// The route of a raw operation, and what answers there.
pub(crate) fn route<O: HandleRaw>() -> (String, MethodRouter<Arc<App>>) {
    (place(&O::SPEC), on(filter(O::SPEC.method), answer::<O>))
}

async fn answer<O: HandleRaw>(State(app): State<Arc<App>>, request: Request) -> Response {
    let client = Client::of(&request, &app.proxies);
    let (admitted, left) = admit(&O::SPEC, &app, request.headers(), client).await;
    let answered = match admitted {
        Ok(caller) => {
            let asking = caller.as_ref().ok().cloned();
            let context = Context::new(app.clone(), &request, caller);
            app.callers.ask(asking.as_ref(), client.network(), attempt::<O>(context, request)).await
        }
        Err(refused) => Err(refused),
    };
    limited(answered.unwrap_or_else(Refused::into_response), left)
}

async fn attempt<O: HandleRaw>(context: Context, mut request: Request) -> Result<Response, Refused> {
    let operation = read::<O>(&mut request).await?;
    operation.handle(&context, request).await
}

/// Reads the fields of an operation from path and query.
async fn read<O: RawOperation>(request: &mut Request) -> Result<O, Refused> {
    let path = request.extract_parts::<RawPathParams>().await;
    let path = path.map_err(|_| Refused(Problem::field("path", "malformed", "must be UTF-8")))?;
    let path: Vec<_> = path.iter().collect();
    let query = query(request.uri().query().unwrap_or_default());
    Ok(request::read_parts(&path, &query)?)
}
