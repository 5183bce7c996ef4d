//! Friends, requests to be friends, and blocks.

use beep_core::friendship::FriendRequest as CoreRequest;
use beep_core::id::FriendRequestId;
use serde::{Deserialize, Serialize};

use super::ViewError;
use crate::id::Bare;
use crate::time::Time;
use crate::view::User;

/// A request to be friends.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FriendRequest {
    /// The id.
    pub id: Bare<FriendRequestId>,
    /// Who asks.
    pub from: User,
    /// Who is asked.
    pub to: User,
    /// When.
    pub created_at: Time,
}

/// A friend, or somebody who is blocked.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Friend {
    /// Who.
    pub user: User,
    /// Since when.
    pub since: Time,
}

impl TryFrom<FriendRequest> for CoreRequest {
    type Error = ViewError;
    fn try_from(request: FriendRequest) -> Result<Self, ViewError> {
        Ok(Self {
            id: request.id.0,
            from: request.from.try_into()?,
            to: request.to.try_into()?,
            created_at: request.created_at.0,
        })
    }
}

impl From<&CoreRequest> for FriendRequest {
    fn from(request: &CoreRequest) -> Self {
        Self {
            id: request.id.into(),
            from: (&request.from).into(),
            to: (&request.to).into(),
            created_at: request.created_at.into(),
        }
    }
}
