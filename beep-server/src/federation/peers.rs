//! The users of other backends, asked of those.

use std::sync::Arc;

use async_trait::async_trait;
use beep_core::account::User;
use beep_core::domain::Domain;
use beep_core::id::{Qualified, UserId};
use beep_core::port::{PeerError, Peers};
use beep_federation::Rpc;
use beep_federation::net::Egress;
use beep_proto::federation::{ByHandle, ByIds, Search, Users};
use beep_proto::problem::ErrorCode;
use beep_proto::view;

use super::calls::{Failed, ask};

/// Other backends over the network.
pub(crate) struct RemotePeers(pub(crate) Arc<Egress>);

#[async_trait]
impl Peers for RemotePeers {
    async fn users(&self, home: &Domain, ids: &[UserId]) -> Result<Vec<User>, PeerError> {
        let ids = ids.iter().map(|id| Qualified::new(*id, home.clone()).into()).collect();
        let found: Users = ask(&self.0, home, Rpc::UsersByIds, &ByIds::new(ids), true).await.map_err(refused)?;
        let users = found.users.into_iter().map(|user| own(user, home));
        users.collect()
    }

    async fn search(&self, home: &Domain, query: &str, limit: u32) -> Result<Vec<User>, PeerError> {
        let request = Search::new(query.to_owned(), limit);
        let found: Users = ask(&self.0, home, Rpc::UsersSearch, &request, true).await.map_err(refused)?;
        found.users.into_iter().take(limit as usize).map(|user| own(user, home)).collect()
    }

    async fn user_by_name(&self, home: &Domain, name: &str) -> Result<Option<User>, PeerError> {
        match ask(&self.0, home, Rpc::UsersByHandle, &ByHandle::new(name.to_owned()), true).await {
            Ok(user) => {
                let user = own(user, home)?;
                if user.username.as_str() != name {
                    return Err(PeerError::Answer("it speaks of somebody of another name".to_owned()));
                }
                Ok(Some(user))
            }
            Err(failed) if failed.problem().code == ErrorCode::NotFound => Ok(None),
            Err(failed) => Err(refused(failed)),
        }
    }
}

/// A user, if they are of the backend that speaks of them.
fn own(user: view::User, home: &Domain) -> Result<User, PeerError> {
    let user: User = user.try_into().map_err(|error: view::ViewError| PeerError::Answer(error.to_string()))?;
    if user.key.home == *home {
        return Ok(user);
    }
    Err(PeerError::Answer("it speaks of a user that is not its own".to_owned()))
}

fn refused(failed: Failed) -> PeerError {
    match failed.problem().code {
        ErrorCode::FederationDenied => PeerError::Denied,
        ErrorCode::DiscoveryFailure => PeerError::Discovery,
        ErrorCode::AuthenticationFailure => PeerError::Authentication,
        ErrorCode::ValidationError => PeerError::Validation,
        ErrorCode::RemoteUnavailable => PeerError::Unavailable,
        _ => PeerError::Answer(failed.to_string()),
    }
}
