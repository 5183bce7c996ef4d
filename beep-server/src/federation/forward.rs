//! An operation on what another backend owns goes there whole, and its answer comes back as it is.

use std::time::Duration;

use beep_core::backend::{Actor, Refusal, inbound, invitations};
use beep_core::domain::Domain;
use beep_core::id::{SpaceId, SpaceKey, UserKey};
use beep_federation::Rpc;
use beep_proto::federation::{Execute, Executed};
use beep_proto::id::Full;
use beep_proto::operation::invitations::Preview;
use beep_proto::operation::{Effect, Idempotent, Method, Operation, Owner, Specified};
use beep_proto::problem::{ErrorCode, Problem};
use beep_proto::request;
use beep_proto::text::Hidden;
use beep_proto::view::{InvitationPreview, Member};
use serde_json::Value;

use super::calls::ask;
use super::{Federation, pending_leaves, repair};
use crate::http::{Context, Refused};

/// Has the owner carry out an operation.
pub(crate) async fn to_owner<O: Operation>(
    context: &Context,
    owner: Domain,
    operation: O,
) -> Result<Executed, Refused> {
    let envelope = envelope(context, &operation);
    let Some(federation) = &context.app.federation else {
        // What others own is not there for a backend that talks to nobody; who names another means it.
        let refused = match O::SPEC.owner {
            Some(Owner::Backend(_)) => {
                Refused(Problem::new(ErrorCode::FederationDenied, "this backend talks to no other"))
            }
            Some(Owner::HomeOf(_)) | None => Refusal::NotFound.into(),
        };
        return unheard::<O>(context, &envelope, refused).await;
    };
    let actor = context.actor().ok();
    if let Some(actor) = actor.filter(|_| O::SPEC.effect == Effect::Enters) {
        let executed = enter(context, federation, actor, &owner, &envelope).await?;
        follow::<O>(context, federation, &actor.user, &envelope, &executed).await;
        return Ok(executed);
    }
    let executed = match send(federation, &owner, O::SPEC.method, &envelope).await {
        Ok(executed) => executed,
        Err(refused) => unheard::<O>(context, &envelope, refused).await?,
    };
    if let Some(actor) = actor {
        follow::<O>(context, federation, &actor.user, &envelope, &executed).await;
    }
    Ok(executed)
}

/// What the owner is sent. Each command has a name, so that it may be sent again when its answer is lost; what has a
/// nonce has one of its own.
fn envelope<O: Operation>(context: &Context, operation: &O) -> Execute {
    let actor = context.actor().ok();
    let arguments = request::write_arguments(operation);
    let given = actor.and_then(|actor| actor.claim.as_ref()).map(|claim| claim.key.clone());
    let unnamed = match O::SPEC.idempotent {
        Idempotent::ByKey => true,
        Idempotent::ByNonce(field) => arguments.get(field).is_none_or(Value::is_null),
        Idempotent::ByNature | Idempotent::Not => false,
    };
    let drawn = || format!("{:032x}", u128::from_be_bytes(context.backend().entropy.octets()));
    let key = given.or_else(|| unnamed.then(drawn));
    let actor = actor.map(|actor| (&actor.user).into());
    Execute::new(actor, O::SPEC.name.to_owned(), Hidden(arguments), key)
}

async fn send(
    federation: &Federation,
    owner: &Domain,
    method: Method,
    envelope: &Execute,
) -> Result<Executed, Refused> {
    let rpc = if method == Method::Get { Rpc::Run } else { Rpc::Execute };
    let asked = ask::<_, Executed>(&federation.egress, owner, rpc, envelope, true).await;
    let executed = asked.map_err(|failed| {
        tracing::info!(%owner, operation = envelope.operation, error = %failed, "the owner gave no answer");
        Refused(failed.problem())
    })?;
    if !(200..600).contains(&executed.status) {
        return Err(Refused(Problem::new(ErrorCode::RemoteError, "the owner answered with no status")));
    }
    Ok(executed)
}

/// The server that somebody asks to be let into. Where a code leads only its owner knows.
async fn aim(
    context: &Context,
    federation: &Federation,
    actor: &Actor,
    owner: &Domain,
    arguments: &Value,
) -> Result<Option<SpaceKey>, Refused> {
    if arguments.get("server").is_some() {
        return Ok(server_in(arguments));
    }
    let code = arguments.get("code").and_then(Value::as_str).unwrap_or_default();
    if let Some(invited) = invitations::told(context.backend(), actor, code).await? {
        return Ok(Some(invited.server.id));
    }
    let preview = Hidden(request::write_arguments(&Preview::new(code)));
    let user = Some((&actor.user).into());
    let envelope = Execute::new(user, Preview::SPEC.name.to_owned(), preview, None);
    let executed = send(federation, owner, Preview::SPEC.method, &envelope).await?;
    if executed.status >= 400 {
        return Err(refused(executed.status, executed.body));
    }
    let shown = serde_json::from_value::<InvitationPreview>(executed.body).ok();
    Ok(shown.map(|shown| shown.server.id.0))
}

/// Has the owner carry out an operation of its own, and reads what it answers.
pub(crate) async fn answer_of_owner<O: Operation>(
    context: &Context,
    owner: Domain,
    operation: O,
) -> Result<O::Answer, Refused> {
    let Executed { status, body } = to_owner(context, owner, operation).await?;
    if status >= 400 {
        return Err(refused(status, body));
    }
    serde_json::from_value(body)
        .map_err(|_| Refused(Problem::new(ErrorCode::RemoteError, "the owner answered something else")))
}

/// What the owner refused, as it said it; what it must not say is not read here.
pub(crate) fn refused(status: u16, body: Value) -> Refused {
    match serde_json::from_value::<Problem>(body) {
        // Who the caller is this backend alone decides: its clients would sign out.
        Ok(problem) if status == 401 || problem.code.status() == 401 => Refused(Problem {
            remote_code: Some(problem.code),
            ..Problem::new(ErrorCode::RemoteError, "the owner does not take this backend's word for who asks")
        }),
        Ok(problem) => Refused(Problem { status, ..problem }),
        Err(_) => Refused(Problem::new(ErrorCode::RemoteError, "it gave no reason")),
    }
}

/// The server that an operation names.
fn server_in(arguments: &Value) -> Option<SpaceKey> {
    let named = arguments.get("server").and_then(Value::as_str)?;
    named.parse::<Full<SpaceId>>().ok().map(|server| server.0)
}

/// Asks an owner to let somebody in. From then on it may say that they are; if they left and it has not heard of that, it
/// hears of it first.
async fn enter(
    context: &Context,
    federation: &Federation,
    actor: &Actor,
    owner: &Domain,
    envelope: &Execute,
) -> Result<Executed, Refused> {
    if !federation.allows(owner) {
        return send(federation, owner, Method::Post, envelope).await;
    }
    let server = aim(context, federation, actor, owner, &envelope.arguments.0).await?;
    let Some(server) = server.filter(|server| server.home == *owner) else { return Err(Refusal::NotFound.into()) };
    if !pending_leaves::tell_of(&context.app, federation, actor.user.id, &server).await? {
        return Err(Refused(Problem::new(ErrorCode::RemoteUnavailable, "the owner has not heard yet that they left")));
    }
    let is_news = inbound::join_intent(context.backend(), &actor.user, &server).await?;
    let asked = send(federation, owner, Method::Post, envelope).await;
    let is_refused = match &asked {
        // Who is in it already, or asks too often, may be in it all the same.
        Ok(executed) => (400..500).contains(&executed.status) && !matches!(executed.status, 409 | 429),
        Err(Refused(problem)) => matches!(problem.code, ErrorCode::DiscoveryFailure | ErrorCode::FederationDenied),
    };
    if is_news && is_refused {
        inbound::remove_join_intent(context.backend(), &actor.user, &server).await?;
    }
    // That they were out of it before may have been told meanwhile, and that they are in it not have been believed after.
    if asked.as_ref().is_ok_and(|executed| executed.status < 300)
        && inbound::join_intent(context.backend(), &actor.user, &server).await?
    {
        repair::with(&context.app, owner);
    }
    asked
}

/// What comes of an operation that the owner does not hear of: who wants to leave does so.
async fn unheard<O: Operation>(context: &Context, envelope: &Execute, refused: Refused) -> Result<Executed, Refused> {
    if let (true, Ok(actor), Some(key)) = (O::SPEC.effect == Effect::Leaves, context.actor(), &envelope.idempotency_key)
        && let Some(server) = server_in(&envelope.arguments.0)
        && pending_leaves::leave(&context.app, &actor.user, &server, key).await?
    {
        return Ok(Executed { status: O::SPEC.status, body: Value::Null });
    }
    Err(refused)
}

/// Waits, for who joined or left, until that is known here as well, so that what they ask next is answered by it.
async fn follow<O: Operation>(
    context: &Context,
    federation: &Federation,
    user: &UserKey,
    envelope: &Execute,
    executed: &Executed,
) {
    if executed.status >= 300 {
        return;
    }
    let server = match O::SPEC.effect {
        Effect::Enters => serde_json::from_value::<Member>(executed.body.clone()).ok().map(|member| member.server_id.0),
        Effect::Leaves => server_in(&envelope.arguments.0),
        Effect::None => return,
    };
    let enters = O::SPEC.effect == Effect::Enters;
    let Some(server) = server else { return };
    let mut applied = federation.applied.subscribe();
    let known = async {
        loop {
            applied.mark_unchanged();
            match context.backend().store.member(&server, user).await {
                Ok(member) if member.is_some() != enters => {}
                Ok(_) | Err(_) => return,
            }
            if applied.changed().await.is_err() {
                return;
            }
        }
    };
    if tokio::time::timeout(PATIENCE, known).await.is_err() {
        tracing::warn!(%server, "who joined or left a server of another backend was not told of it in time");
    }
}

/// How long is waited for what the owner tells on its own.
const PATIENCE: Duration = Duration::from_secs(5);
