//! An operation on what another backend owns goes there whole, and its answer comes back as it is.

use std::time::Duration;

use beep_core::backend::{Actor, Refusal, inbound, invitations};
use beep_core::domain::Domain;
use beep_core::id::{Qualified, ServerId, UserKey};
use beep_federation::Rpc;
use beep_proto::federation::{Execute, Executed};
use beep_proto::id::Full;
use beep_proto::operation::invitations::Preview;
use beep_proto::operation::{Method, Operation};
use beep_proto::problem::{ErrorCode, Problem};
use beep_proto::request;
use beep_proto::view::{InvitationPreview, Member};
use serde_json::Value;

use super::Federation;
use super::calls::ask;
use crate::http::{Context, Refused};

/// Has the owner carry out an operation.
pub(crate) async fn to_owner<O: Operation>(
    context: &Context,
    owner: Domain,
    operation: O,
) -> Result<Executed, Refused> {
    let app = &context.app;
    let Some(federation) = &app.federation else {
        // What others own is not there for a backend that talks to nobody; who names another means it.
        return Err(match O::OWNER {
            Some("domain") => Refused(Problem::new(ErrorCode::FederationDenied, "this backend talks to no other")),
            _ => Refusal::NotFound.into(),
        });
    };
    let actor = context.actor().ok();
    let rpc = if O::METHOD == Method::Get { Rpc::Run } else { Rpc::Execute };
    let arguments = request::write_arguments(&operation);
    if let Some(actor) = actor
        && enters::<O>()
        && federation.allows(&owner)
        && let Some(server) = aim(context, federation, actor, &owner, &arguments).await?
        && server.home == owner
    {
        inbound::visit(&app.backend, &actor.user, &server).await?;
    }
    // Each command has a name, so that it may be sent again when its answer is lost; a message may have one of its own.
    let given = actor.and_then(|actor| actor.claim.as_ref()).map(|claim| claim.key.clone());
    let is_named = O::NAME == "messages.send" && arguments.get("nonce").is_some_and(|nonce| !nonce.is_null());
    let drawn = || format!("{:032x}", u128::from_be_bytes(app.backend.entropy.octets()));
    let key = given.or_else(|| (rpc == Rpc::Execute && !is_named).then(drawn));
    let user = actor.map(|actor| (&actor.user).into());
    let envelope = Execute::new(user, O::NAME.to_owned(), arguments, key);
    let executed = send(federation, &owner, rpc, &envelope).await?;
    if let Some(actor) = actor
        && executed.status < 300
    {
        follow::<O>(context, federation, &actor.user, &executed).await;
    }
    Ok(executed)
}

async fn send(federation: &Federation, owner: &Domain, rpc: Rpc, envelope: &Execute) -> Result<Executed, Refused> {
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

/// The server that somebody asks to be let into. Where a code leads only its owner knows; nothing, where it leads nowhere
/// any more.
async fn aim(
    context: &Context,
    federation: &Federation,
    actor: &Actor,
    owner: &Domain,
    arguments: &Value,
) -> Result<Option<Qualified<ServerId>>, Refused> {
    let named = |name| arguments.get(name).and_then(Value::as_str);
    if let Some(server) = named("server") {
        return Ok(server.parse::<Full<ServerId>>().ok().map(|server| server.0));
    }
    let code = named("code").unwrap_or_default();
    if let Some(invited) = invitations::told(context.backend(), actor, code).await? {
        return Ok(Some(invited.server.id));
    }
    let preview = Preview { code: code.to_owned() };
    let user = Some((&actor.user).into());
    let envelope = Execute::new(user, Preview::NAME.to_owned(), request::write_arguments(&preview), None);
    let executed = send(federation, owner, Rpc::Run, &envelope).await?;
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

/// Whether an operation makes who asks a member.
fn enters<O: Operation>() -> bool {
    matches!(O::NAME, "servers.join" | "invitations.accept")
}

/// Waits, for who joined, until that is known here as well, so that what they ask next is answered by it.
async fn follow<O: Operation>(context: &Context, federation: &Federation, user: &UserKey, executed: &Executed) {
    if !enters::<O>() {
        return;
    }
    let Ok(member) = serde_json::from_value::<Member>(executed.body.clone()) else { return };
    let server = member.server_id.0.id;
    let mut applied = federation.applied.subscribe();
    let known = async {
        loop {
            applied.mark_unchanged();
            match context.backend().store.member(server, user).await {
                Ok(None) => {}
                Ok(Some(_)) | Err(_) => return,
            }
            if applied.changed().await.is_err() {
                return;
            }
        }
    };
    if tokio::time::timeout(PATIENCE, known).await.is_err() {
        tracing::warn!(server = %member.server_id, "who joined a server of another backend was not told of it in time");
    }
}

/// How long is waited for what the owner tells on its own.
const PATIENCE: Duration = Duration::from_secs(5);
