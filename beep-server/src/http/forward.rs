//! An operation on what another backend owns goes there whole, and its answer comes back as it is.
//!
//! What this backend has a part in as well (joining, leaving, accepting an invitation) is a use case of
//! [`beep_core::backend::remote`].

use beep_core::backend::remote::{self, Carried, Left};
use beep_core::backend::{Actor, Backend, Refusal, invitations};
use beep_core::domain::Domain;
use beep_core::id::{SpaceId, SpaceKey};
use beep_core::invitation::Invited;
use beep_federation::Rpc;
use beep_proto::federation::{Execute, Executed};
use beep_proto::id::Full;
use beep_proto::operation::{Effect, Idempotent, Method, Operation, Owner};
use beep_proto::problem::{ErrorCode, Problem};
use beep_proto::request;
use beep_proto::text::Hidden;
use serde_json::Value;

use crate::federation::calls;
use crate::http::{Context, Refused};

/// Has the owner carry out an operation.
pub(crate) async fn to_owner<O: Operation>(
    context: &Context,
    owner: Domain,
    operation: O,
) -> Result<Executed, Refused> {
    let arguments = request::write_arguments(&operation);
    if let Ok(actor) = context.actor()
        && let Some(executed) = together::<O>(context, actor, &owner, &arguments).await?
    {
        return Ok(executed);
    }
    let Some(federation) = &context.app.federation else {
        // What others own is not there for a backend that talks to nobody; who names another means it.
        return Err(match O::SPEC.owner {
            Some(Owner::Backend(_)) => {
                Refused(Problem::new(ErrorCode::FederationDenied, "federation is disabled on this backend"))
            }
            Some(Owner::HomeOf(_)) | None => Refusal::NotFound.into(),
        });
    };
    let rpc = if O::SPEC.method == Method::Get { Rpc::Run } else { Rpc::Execute };
    let executed = calls::execute(&federation.egress, &owner, rpc, &envelope::<O>(context, arguments)).await;
    executed.map_err(|failed| Refused(failed.problem()))
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
        .map_err(|_| Refused(Problem::new(ErrorCode::RemoteError, "the owner sent an answer of the wrong form")))
}

/// What the owner refused, as it said it; what it must not say is not read here.
pub(crate) fn refused(status: u16, body: Value) -> Refused {
    match serde_json::from_value::<Problem>(body) {
        // Who the caller is this backend alone decides: its clients would sign out.
        Ok(problem) if status == 401 || problem.code.status() == 401 => Refused(Problem {
            remote_code: Some(problem.code),
            ..Problem::new(ErrorCode::RemoteError, "the owner does not accept this backend as speaking for the caller")
        }),
        // No client is made to wait for ever.
        Ok(problem) => {
            let retry_after = problem.retry_after.map(|seconds| seconds.min(LONGEST_WAIT_S));
            Refused(Problem { status, retry_after, ..problem })
        }
        Err(_) => Refused(Problem::new(ErrorCode::RemoteError, "the owner refused without a reason")),
    }
}

/// Carries out what this backend has a part in; `None` for all else.
async fn together<O: Operation>(
    context: &Context,
    actor: &Actor,
    owner: &Domain,
    arguments: &Value,
) -> Result<Option<Executed>, Refused> {
    let backend = context.backend();
    let server = server_in(arguments).filter(|server| server.home == *owner).ok_or(Refusal::NotFound);
    let carried = match O::SPEC.effect {
        Effect::Enters => match arguments.get("code").and_then(Value::as_str) {
            Some(code) => remote::accept(backend, actor, owner, code).await,
            None => remote::join(backend, actor, &server?).await,
        },
        Effect::Leaves => match remote::leave(backend, actor, &server?).await {
            Ok(Left::Answered(carried)) => Ok(carried),
            Ok(Left::Pending) => {
                tracing::info!(user = %actor.who, %owner, "somebody left a server whose owner does not answer");
                return Ok(Some(Executed { status: O::SPEC.status, body: Value::Null }));
            }
            Err(refusal) => Err(refusal),
        },
        Effect::Declines => {
            let named = arguments.get("code").and_then(Value::as_str).unwrap_or_default();
            let Some(invited) = invitations::told(backend, actor, named).await? else { return Ok(None) };
            decline(backend, actor, &invited, named).await?;
            return Ok(Some(Executed { status: O::SPEC.status, body: Value::Null }));
        }
        Effect::None => return Ok(None),
    };
    let Carried { answer, is_known } = carried.map_err(|refusal| match refusal {
        Refusal::Remote(_) if context.app.federation.is_none() => Refusal::NotFound,
        refusal => refusal,
    })?;
    if !is_known {
        tracing::warn!(%owner, "the event of a join or leave did not arrive from the owner in time");
    }
    Ok(Some(Executed { status: answer.status, body: serde_json::from_slice(&answer.body).unwrap_or_default() }))
}

/// Declines what another backend told of its invitation.
pub(crate) async fn decline(backend: &Backend, actor: &Actor, invited: &Invited, named: &str) -> Result<(), Refused> {
    if let Some(error) = remote::decline(backend, actor, invited, named).await? {
        tracing::info!(server = %invited.server.id, %error, "the owner was not told that an invitation is declined");
    }
    Ok(())
}

/// What the owner is sent. Each command has an idempotency key, so that it may be sent again when its answer is lost; a
/// message may have its nonce.
fn envelope<O: Operation>(context: &Context, arguments: Value) -> Execute {
    let actor = context.actor().ok();
    let given = actor.and_then(|actor| actor.claim.as_ref()).map(|claim| claim.key.clone());
    let unnamed = match O::SPEC.idempotent {
        Idempotent::ByKey => true,
        Idempotent::ByNonce(field) => arguments.get(field).is_none_or(Value::is_null),
        Idempotent::ByNature | Idempotent::Not => false,
    };
    let drawn = || format!("{:032x}", u128::from_be_bytes(context.backend().entropy.octets()));
    let key = given.or_else(|| unnamed.then(drawn));
    Execute::new(
        actor.and_then(|actor| actor.who.user()).map(Into::into),
        O::SPEC.name.to_owned(),
        Hidden(arguments),
        key,
    )
}

/// The server that an operation names.
fn server_in(arguments: &Value) -> Option<SpaceKey> {
    let named = arguments.get("server").and_then(Value::as_str)?;
    named.parse::<Full<SpaceId>>().ok().map(|server| server.0)
}

/// The longest that an owner may have a client wait before it tries again, in seconds. Slow mode waits up to 6 hours.
const LONGEST_WAIT_S: u64 = 6 * 60 * 60;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_owner_makes_nobody_wait_for_ever() {
        for (said, passed_on) in [(json!(7), Some(7)), (json!(u64::MAX), Some(LONGEST_WAIT_S)), (json!(null), None)] {
            let mut body = serde_json::to_value(Problem::new(ErrorCode::RateLimited, "slowly")).expect("JSON");
            body["retry_after"] = said;
            let Refused(problem) = refused(429, body);
            assert_eq!((problem.status, problem.code, problem.retry_after), (429, ErrorCode::RateLimited, passed_on));
        }
    }
}
