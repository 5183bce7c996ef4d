//! Tells other backends who left servers of theirs while they could not be asked.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use beep_core::backend::{Refusal, pending_leaves};
use beep_core::domain::Domain;
use beep_core::id::{Qualified, SpaceKey, UserId, UserKey};
use beep_core::port::{PendingLeave, StoreError};
use beep_federation::Rpc;
use beep_proto::federation::{Execute, Executed};
use beep_proto::operation::Specified;
use beep_proto::operation::servers::Leave;
use beep_proto::request;
use beep_proto::text::Hidden;

use super::calls::ask;
use super::{Federation, repair};
use crate::app::App;

/// Backends that somebody's leaving is to be told to as soon as they are heard of.
#[derive(Default)]
pub(super) struct Owing(Mutex<HashSet<Domain>>);

impl Owing {
    fn lock(&self) -> MutexGuard<'_, HashSet<Domain>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets somebody leave a server whose owner does not answer, which is to hear of it by the same request once it does. Says
/// whether they were in it.
pub(super) async fn leave(app: &App, user: &UserKey, server: &SpaceKey, key: &str) -> Result<bool, Refusal> {
    let left = pending_leaves::leave(&app.backend, user, server, key).await?;
    if let (true, Some(federation)) = (left, &app.federation) {
        tracing::info!(%user, %server, "somebody left a server whose owner does not answer");
        federation.owing.lock().insert(server.home.clone());
    }
    Ok(left)
}

/// Takes that another backend was heard of: what it is to hear, it is told now.
pub(super) fn heard(app: &Arc<App>, federation: &Federation, from: &Domain) {
    if federation.owing.lock().remove(from) {
        repair::with(app, from);
    }
}

/// Tells an owner who left servers of its, and gives what it has heard; `None` if it does not answer.
pub(super) async fn tell(
    app: &App,
    federation: &Federation,
    owner: &Domain,
) -> Result<Option<Vec<PendingLeave>>, StoreError> {
    let owed = app.backend.store.pending_leaves(owner).await?;
    for pending_leave in &owed {
        if !told(app, federation, pending_leave).await {
            federation.owing.lock().insert(owner.clone());
            return Ok(None);
        }
    }
    Ok(Some(owed))
}

/// Keeps no longer what owners have heard; what is kept all the same they hear again.
pub(super) async fn settle(app: &App, heard: Vec<PendingLeave>) {
    for pending_leave in heard {
        if let Err(error) = pending_leaves::settled(&app.backend, pending_leave).await {
            tracing::error!(?error, "it is not kept that an owner has heard who left");
        }
    }
}

/// Tells the owner of a server, before somebody who had left asks to be let in again, that they did, and waits for what it
/// said before. Says whether it has heard.
pub(super) async fn tell_of(
    app: &App,
    federation: &Federation,
    user: UserId,
    server: &SpaceKey,
) -> Result<bool, Refusal> {
    let mut applied = federation.applied.subscribe();
    let owed = async || -> Result<Option<PendingLeave>, StoreError> {
        let pending_leaves = app.backend.store.pending_leaves(&server.home).await?;
        Ok(pending_leaves
            .into_iter()
            .find(|pending_leave| pending_leave.user == user && pending_leave.server == *server))
    };
    let Some(pending_leave) = owed().await? else { return Ok(true) };
    if !told(app, federation, &pending_leave).await {
        return Ok(false);
    }
    let said = async {
        loop {
            applied.mark_unchanged();
            if owed().await?.is_none() || applied.changed().await.is_err() {
                return Ok::<_, StoreError>(());
            }
        }
    };
    if let Ok(said) = tokio::time::timeout(PATIENCE, said).await {
        said?;
    }
    pending_leaves::settled(&app.backend, pending_leave).await?;
    Ok(true)
}

/// Whether the owner has heard that somebody left. Whatever it answers of that, there is no more to say.
async fn told(app: &App, federation: &Federation, pending_leave: &PendingLeave) -> bool {
    let PendingLeave { user, server, key } = pending_leave;
    let operation = Leave { server: server.clone().into() };
    let user = Qualified::new(*user, app.backend.domain.clone());
    let arguments = Hidden(request::write_arguments(&operation));
    let envelope = Execute::new(Some((&user).into()), Leave::SPEC.name.to_owned(), arguments, Some(key.clone()));
    let asked = ask::<_, Executed>(&federation.egress, &server.home, Rpc::Execute, &envelope, true).await;
    asked.is_ok_and(|Executed { status, .. }| status < 500 && status != 429)
}

/// How long is waited for what an owner said before it heard.
const PATIENCE: Duration = Duration::from_secs(5);
