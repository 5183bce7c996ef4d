//! Operations that another backend asks for, carried out by the same handlers as those of clients.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use beep_core::backend::{Actor, Refusal, suspensions};
use beep_core::domain::Domain;
use beep_core::port::IdempotencyKey;
use beep_core::text::Nonce;
use beep_federation::{Peer, Rpc};
use beep_proto::federation::{Execute, Executed};
use beep_proto::operation::{Access, Effect, Idempotent, Method, Operation, Spec};
use beep_proto::problem::{ErrorCode, Problem};
use beep_proto::request;
use beep_proto::text::Hidden;
use serde_json::Value;

use crate::app::App;
use crate::http::{Context, Done, Handle, Refused, Repeated, carry_out};

/// Carries out what a peer asks for one of its users. What the operation itself refuses is part of the answer.
///
/// # Errors
/// What is refused of the request as such.
pub(crate) async fn execute(app: &Arc<App>, peer: &Peer, asked: Execute) -> Result<Executed, Problem> {
    let unknown = || Problem::new(ErrorCode::NotFound, "other backends cannot ask for this operation");
    let known = OPERATIONS.get(asked.operation.as_str()).ok_or_else(unknown)?;
    let command = known.spec.method != Method::Get;
    if command != (peer.rpc() == Rpc::Execute) {
        return Err(unknown());
    }
    if let Some(actor) = &asked.actor {
        peer.speaks_for(&actor.0).map_err(|rejection| {
            tracing::warn!(peer = %peer.domain(), %rejection, "refused a peer: it acted for a foreign user");
            let mut problem = Problem::new(ErrorCode::ValidationError, "a backend can act for its own users only");
            // To a client the same code means that somebody else is at fault.
            problem.status = rejection.code().status_to_peer().unwrap_or(problem.status);
            problem
        })?;
    } else if known.spec.access == Access::Member {
        return Err(Problem::field("actor", "missing", "must be the user who acts"));
    }
    let executed = (known.run)(app.clone(), peer.domain().clone(), asked).await;
    let (status, body) =
        executed.or_else(|Refused(problem)| Ok((problem.status, serde_json::to_vec(&problem)?))).map_err(unwritten)?;
    Executed::new(status, body).map_err(unwritten)
}

type Run = fn(Arc<App>, Domain, Execute) -> Pin<Box<dyn Future<Output = Result<(u16, Vec<u8>), Refused>> + Send>>;

/// An operation that other backends may ask for.
struct Known {
    spec: Spec,
    run: Run,
}

/// Those of the table that a backend may ask another for.
static OPERATIONS: LazyLock<HashMap<&'static str, Known>> = LazyLock::new(|| {
    let mut operations = HashMap::new();
    macro_rules! add {
        ($($area:ident { $($method:ident: $operation:ident),* $(,)? })*) => { $($(
            know::<beep_proto::operation::$area::$operation>(&mut operations);
        )*)* };
    }
    beep_proto::for_each_operation!(add);
    operations
});

fn know<O: Handle>(operations: &mut HashMap<&'static str, Known>) {
    if O::SPEC.is_for_peers() {
        let run: Run = |app, peer, asked| Box::pin(run::<O>(app, peer, asked));
        operations.insert(O::SPEC.name, Known { spec: O::SPEC, run });
    }
}

/// Gives the status, and the body in JSON, empty where there is none.
async fn run<O: Handle>(app: Arc<App>, peer: Domain, asked: Execute) -> Result<(u16, Vec<u8>), Refused> {
    let Execute { actor, arguments: Hidden(arguments), idempotency_key, .. } = asked;
    let user = actor.map(|actor| actor.0);
    let mut actor = user.clone().map(Actor::user);
    // Requests without an actor share one rate limit.
    let caller = user.as_ref().map_or_else(|| peer.to_string(), ToString::to_string);
    if let Some(rate) = O::SPEC.rate {
        app.rates.count(rate, &caller).map_err(|(problem, _)| Refused(problem))?;
    }
    let claim = match (&mut actor, user, idempotency_key) {
        (Some(actor), Some(caller), Some(key)) => {
            let key = Nonce::parse(&key)
                .map_err(|error| Problem::field("idempotency_key", "malformed", error.to_string()))?;
            let route = route::<O>(&arguments);
            let claim = IdempotencyKey { caller, key: key.to_string(), route, at: app.backend.clock.now() };
            actor.claim = Some(claim.clone());
            // What has a nonce for the same purpose has a faster way into the store without a claim: the key is its nonce
            // where it has none.
            let nonce = match O::SPEC.idempotent {
                Idempotent::ByNonce(field) => arguments.get(field).is_none_or(Value::is_null),
                Idempotent::ByKey | Idempotent::ByNature | Idempotent::Not => false,
            };
            (!nonce).then_some(claim)
        }
        _ => None,
    };
    // Whoever asks to be out of something is let go.
    let is_leave = matches!(O::SPEC.effect, Effect::Leaves | Effect::Declines);
    if let Some(user) = actor.as_ref().and_then(|actor| actor.who.user()).filter(|_| !is_leave) {
        suspensions::must_be_active(&app.backend, user).await?;
    }
    let context = Context::of_peer(app, actor.ok_or_else(|| Refusal::Unauthenticated.into()));
    let read = async { Ok(request::read_arguments::<O>(arguments)?) };
    Ok(match carry_out::<O, _>(&context, read, claim.as_ref()).await? {
        Done::Now(_, body) => (context.status(&O::SPEC), body),
        Done::Before(Repeated { status, body }) => (status, body),
    })
}

fn unwritten(error: serde_json::Error) -> Problem {
    tracing::error!(%error, "an answer to a peer cannot be encoded");
    Problem::new(ErrorCode::Internal, "the backend failed")
}

/// What is asked for: the operation, and all that its path names.
fn route<O: Operation>(arguments: &Value) -> String {
    let named =
        request::path_names(O::SPEC.path).map(|name| arguments.get(name).and_then(Value::as_str).unwrap_or_default());
    std::iter::once(O::SPEC.name).chain(named).collect::<Vec<_>>().join(" ")
}
