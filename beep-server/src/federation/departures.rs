//! Tells other backends who left servers of theirs while they could not be asked.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use beep_core::backend::{Refusal, departures};
use beep_core::domain::Domain;
use beep_core::id::{Qualified, ServerId, UserId, UserKey};
use beep_core::port::{Departure, StoreError};
use beep_federation::Rpc;
use beep_proto::federation::{Execute, Executed};
use beep_proto::operation::Operation;
use beep_proto::operation::servers::Leave;
use beep_proto::request;

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
pub(super) async fn leave(app: &App, user: &UserKey, server: &Qualified<ServerId>, key: &str) -> Result<bool, Refusal> {
    let left = departures::leave(&app.backend, user, server, key).await?;
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
) -> Result<Option<Vec<Departure>>, StoreError> {
    let owed = app.backend.store.departures(owner).await?;
    for departure in &owed {
        if !told(app, federation, departure).await {
            federation.owing.lock().insert(owner.clone());
            return Ok(None);
        }
    }
    Ok(Some(owed))
}

/// Keeps no longer what owners have heard; what is kept all the same they hear again.
pub(super) async fn settle(app: &App, heard: Vec<Departure>) {
    for departure in heard {
        if let Err(error) = departures::settled(&app.backend, departure).await {
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
    server: &Qualified<ServerId>,
) -> Result<bool, Refusal> {
    let mut applied = federation.applied.subscribe();
    let owed = async || -> Result<Option<Departure>, StoreError> {
        let departures = app.backend.store.departures(&server.home).await?;
        Ok(departures.into_iter().find(|departure| departure.user == user && departure.server == *server))
    };
    let Some(departure) = owed().await? else { return Ok(true) };
    if !told(app, federation, &departure).await {
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
    departures::settled(&app.backend, departure).await?;
    Ok(true)
}

/// Whether the owner has heard that somebody left. Whatever it answers of that, there is no more to say.
async fn told(app: &App, federation: &Federation, departure: &Departure) -> bool {
    let Departure { user, server, key } = departure;
    let operation = Leave { server: server.clone().into() };
    let user = Qualified::new(*user, app.backend.domain.clone());
    let arguments = request::write_arguments(&operation);
    let envelope = Execute::new(Some((&user).into()), Leave::NAME.to_owned(), arguments, Some(key.clone()));
    let asked = ask::<_, Executed>(&federation.egress, &server.home, Rpc::Execute, &envelope, true).await;
    asked.is_ok_and(|Executed { status, .. }| status < 500 && status != 429)
}

/// How long is waited for what an owner said before it heard.
const PATIENCE: Duration = Duration::from_secs(5);
