//! An operation on what another backend owns goes there whole, and its answer comes back as it is.
//!
//! What this backend has a part in as well (joining, leaving, accepting an invitation) is a use case of
//! [`beep_core::backend::remote`].

use std::collections::BTreeSet;

use beep_core::backend::remote::{self, Carried, Left};
use beep_core::backend::{Actor, Backend, Refusal, invitations, suspensions, users};
use beep_core::domain::Domain;
use beep_core::id::{Id, Qualified, SpaceKey, UserKey};
use beep_core::invitation::Invited;
use beep_federation::Rpc;
use beep_proto::federation::Execute;
use beep_proto::foreign::{self, Foreign};
use beep_proto::id::Full;
use beep_proto::operation::conversations::Open;
use beep_proto::operation::{Effect, Idempotent, Method, Operation, Owner};
use beep_proto::problem::{ErrorCode, Problem};
use beep_proto::request;
use beep_proto::text::Hidden;
use beep_proto::view::{Channel, Member, User};
use serde_json::Value;

use crate::federation::calls::{self, Outcome};
use crate::http::{Context, Refused};

/// Has the owner carry out an operation of its own; gives the status and the answer.
///
/// Nobody else is asked for who is not signed in: it would cost strangers nothing to have this backend call any other.
pub(crate) async fn to_owner<O: Operation>(
    context: &Context,
    owner: Domain,
    operation: O,
) -> Result<(u16, O::Answer), Refused> {
    let actor = context.actor().map_err(|refused| match context.app.federation {
        None => talks_to_nobody::<O>(),
        Some(_) => unknown(refused),
    })?;
    let arguments = request::write_arguments(&operation);
    let (status, mut answer) = match together::<O>(context, actor, &owner, &arguments).await? {
        Some(answered) => answered,
        None => asked::<O>(context, actor, &owner, arguments).await?,
    };
    silence(context, &mut answer).await?;
    introduce(context, answer.members()).await?;
    name_strangers(context, answer.strangers(&owner)).await?;
    Ok((status, answer))
}

/// Has the owner carry out an operation in which this backend has no part.
async fn asked<O: Operation>(
    context: &Context,
    actor: &Actor,
    owner: &Domain,
    arguments: Value,
) -> Result<(u16, O::Answer), Refused> {
    let federation = context.app.federation.as_ref().ok_or_else(talks_to_nobody::<O>)?;
    let rpc = if O::SPEC.method == Method::Get { Rpc::Run } else { Rpc::Execute };
    match calls::execute(&federation.egress, owner, rpc, &envelope::<O>(context, actor, arguments)).await {
        Ok(Outcome::Done(status, answer)) => Ok((status, answer)),
        Ok(Outcome::Refused(problem)) => Err(refused::<O>(*problem, owner)),
        Err(failed) => Err(Refused(failed.problem())),
    }
}

/// What somebody is told who is not known to be signed in. Why they are not is passed on: a token that has expired is
/// renewed.
fn unknown(refused: Refused) -> Refused {
    let Refused(problem) = refused;
    if problem.code != ErrorCode::Unauthenticated {
        return Refused(problem);
    }
    let detail = "this belongs to another backend, which is asked only for people who are signed in";
    Refused(Problem { detail: detail.to_owned(), ..problem })
}

/// What others own is not there for a backend that talks to nobody; who names another means it.
fn talks_to_nobody<O: Operation>() -> Refused {
    match O::SPEC.owner {
        Some(Owner::Backend(_) | Owner::PairWith(_)) => {
            Refused(Problem::new(ErrorCode::FederationDenied, "federation is disabled on this backend"))
        }
        Some(Owner::HomeOf(_)) | None => Refusal::NotFound.into(),
    }
}

/// Leaves out what users wrote who are suspended here, while they are.
async fn silence(context: &Context, answer: &mut impl Foreign) -> Result<(), Refused> {
    let mut silenced: BTreeSet<UserKey> = answer.authors().into_iter().map(|author| author.0.clone()).collect();
    for author in silenced.clone() {
        if !suspensions::is_silenced(context.backend(), &author).await.map_err(Refusal::from)? {
            silenced.remove(&author);
        }
    }
    if answer.silence(&silenced) { Ok(()) } else { Err(Refusal::NotFound.into()) }
}

/// Adds the profiles of members who are no users of the owner, as they are known here.
async fn introduce(context: &Context, members: Vec<&mut Member>) -> Result<(), Refused> {
    let unknown: Vec<_> = members.into_iter().filter(|member| member.profile.is_none()).collect();
    let known = users::profiles(context.backend(), unknown.iter().map(|member| &member.user.0)).await?;
    for member in unknown {
        member.profile = known.get(&member.user.0).map(Into::into);
    }
    Ok(())
}

/// Says who users are who are none of the owner's, as they are known here.
async fn name_strangers(context: &Context, strangers: Vec<&mut User>) -> Result<(), Refused> {
    let known = users::profiles(context.backend(), strangers.iter().map(|user| &user.id.0)).await?;
    for user in strangers {
        *user = (&users::known_or_gone(&known, &user.id.0)).into();
    }
    Ok(())
}

/// What the owner refused, as it said it; what it must not say is not passed on.
fn refused<O: Operation>(problem: Problem, owner: &Domain) -> Refused {
    // What is there now is of the form that the operation answers, or nothing that a client could read.
    let current = problem.current.as_ref().and_then(|current| {
        let current = foreign::read::<O::Answer>(current.to_string().as_bytes(), owner).ok()?;
        serde_json::to_value(current).ok()
    });
    of_owner(Problem { current, ..problem })
}

/// A refusal of another backend, as a client of this one hears it.
pub(crate) fn of_owner(problem: Problem) -> Refused {
    // Who the caller is this backend alone decides: its clients would sign out.
    if problem.status == 401 || problem.code.status() == 401 {
        return Refused(Problem {
            remote_code: Some(problem.code),
            ..Problem::new(ErrorCode::RemoteError, "the owner does not accept this backend as speaking for the caller")
        });
    }
    // No client is made to wait for ever.
    let retry_after = problem.retry_after.map(|seconds| seconds.min(LONGEST_WAIT_S));
    Refused(Problem { retry_after, ..problem })
}

/// Carries out what this backend has a part in; `None` for all else.
async fn together<O: Operation>(
    context: &Context,
    actor: &Actor,
    owner: &Domain,
    arguments: &Value,
) -> Result<Option<(u16, O::Answer)>, Refused> {
    let backend = context.backend();
    let server = space_in(arguments).filter(|server| server.home == *owner).ok_or(Refusal::NotFound);
    let carried = match O::SPEC.effect {
        Effect::Enters => match arguments.get("code").and_then(Value::as_str) {
            Some(code) => remote::accept(backend, actor, owner, code).await,
            None => remote::join(backend, actor, &server?).await,
        },
        Effect::Leaves => match remote::leave(backend, actor, &server?).await {
            Ok(Left::Answered(carried)) => Ok(carried),
            Ok(Left::Pending) => {
                tracing::info!(user = %actor.who, %owner, "somebody left a server whose owner does not answer");
                return empty::<O>(owner).map(Some);
            }
            Err(refusal) => Err(refusal),
        },
        Effect::Adds => {
            let (group, user) = named(arguments, "channel").zip(named(arguments, "user")).ok_or(Refusal::NotFound)?;
            remote::add(backend, actor, &group, &user).await
        }
        Effect::Declines => {
            let named = arguments.get("code").and_then(Value::as_str).unwrap_or_default();
            let Some(invited) = invitations::told(backend, actor, named).await? else { return Ok(None) };
            decline(backend, actor, &invited, named).await?;
            return empty::<O>(owner).map(Some);
        }
        // Whose it is follows from who the two are: see `opened`.
        Effect::Opens | Effect::None => return Ok(None),
    };
    answered::<O>(context, owner, carried).map(Some)
}

/// Opens the direct channel with a user which another backend owns.
pub(crate) async fn opened(context: &Context, owner: &Domain, user: &UserKey) -> Result<Channel, Refused> {
    let carried = remote::open_direct(context.backend(), context.actor()?, user).await;
    let (status, channel) = answered::<Open>(context, owner, carried)?;
    if status == 200 {
        context.was_there();
    }
    Ok(channel)
}

/// What the owner answered to an operation in which this backend has a part.
fn answered<O: Operation>(
    context: &Context,
    owner: &Domain,
    carried: Result<Carried, Refusal>,
) -> Result<(u16, O::Answer), Refused> {
    let Carried { answer, is_known } = carried.map_err(|refusal| match refusal {
        Refusal::Remote(_) if context.app.federation.is_none() => Refusal::NotFound,
        refusal => refusal,
    })?;
    if !is_known {
        tracing::warn!(%owner, "the event of a join or leave did not arrive from the owner in time");
    }
    let (status, body) = (answer.status, answer.body);
    let unread = |_| Refused(Problem::new(ErrorCode::RemoteError, "the owner sent an answer of the wrong form"));
    let refused_as = (status >= 400).then(|| foreign::read::<Problem>(&body, owner)).transpose().map_err(unread)?;
    let is_in = refused_as.as_ref().is_none_or(|problem| problem.code == ErrorCode::AlreadyMember);
    if matches!(O::SPEC.effect, Effect::Enters | Effect::Opens) && is_in && !is_known {
        return Err(Refused(Problem::new(ErrorCode::RemoteError, NOT_ARRIVED)));
    }
    if let Some(problem) = refused_as {
        return Err(refused::<O>(problem, owner));
    }
    Ok((status, foreign::read(&body, owner).map_err(unread)?))
}

/// The answer of an operation that answers nothing.
fn empty<O: Operation>(owner: &Domain) -> Result<(u16, O::Answer), Refused> {
    let answer = foreign::read(b"null", owner).map_err(Refusal::Failed)?;
    Ok((O::SPEC.status, answer))
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
fn envelope<O: Operation>(context: &Context, actor: &Actor, arguments: Value) -> Execute {
    let given = actor.claim.as_ref().map(|claim| claim.key.clone());
    let unnamed = match O::SPEC.idempotent {
        Idempotent::ByKey => true,
        Idempotent::ByNonce(field) => arguments.get(field).is_none_or(Value::is_null),
        Idempotent::ByNature | Idempotent::Not => false,
    };
    let drawn = || format!("{:032x}", u128::from_be_bytes(context.backend().entropy.octets()));
    let key = given.or_else(|| unnamed.then(drawn));
    Execute::new(actor.who.user().map(Into::into), O::SPEC.name.to_owned(), Hidden(arguments), key)
}

/// The space that an operation names: a server, or a private channel, which has the id of its space.
fn space_in(arguments: &Value) -> Option<SpaceKey> {
    named(arguments, "server").or_else(|| named(arguments, "channel"))
}

/// What a field of an operation names.
fn named<T: Id>(arguments: &Value, field: &str) -> Option<Qualified<T>> {
    let named = arguments.get(field).and_then(Value::as_str)?;
    named.parse::<Full<T>>().ok().map(|named| named.0)
}

/// What somebody is told whom the owner has let in, where what it says of the server is not here.
const NOT_ARRIVED: &str =
    "the owner has let you in, but the server has not arrived here yet; it is asked for it again until it has";

/// The longest that an owner may have a client wait before it tries again, in seconds. Slow mode waits up to 6 hours.
const LONGEST_WAIT_S: u64 = 6 * 60 * 60;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_expired_token_is_to_be_renewed() {
        use crate::http::context::refuse;
        use crate::token::TokenError;
        for (error, code) in [
            (TokenError::Expired, ErrorCode::TokenExpired),
            (TokenError::Invalid, ErrorCode::Unauthenticated),
            (TokenError::TooMany(7), ErrorCode::RateLimited),
        ] {
            let Refused(problem) = unknown(refuse(error));
            assert_eq!((problem.code, problem.status), (code, code.status()));
        }
    }

    #[test]
    fn an_owner_makes_nobody_wait_for_ever() {
        for (said, passed_on) in [(json!(7), Some(7)), (json!(u64::MAX), Some(LONGEST_WAIT_S)), (json!(null), None)] {
            let mut body = serde_json::to_value(Problem::new(ErrorCode::RateLimited, "slowly")).expect("JSON");
            body["retry_after"] = said;
            let Refused(problem) = of_owner(serde_json::from_value(body).expect("a problem"));
            assert_eq!((problem.status, problem.code, problem.retry_after), (429, ErrorCode::RateLimited, passed_on));
        }
    }
}
