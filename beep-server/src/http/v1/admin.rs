//! What moderators and administrators of a backend do.

use beep_core::backend::admin::{self, By};
use beep_proto::operation::admin::{GrantRole, RevokeRole};

use crate::http::{Context, Handle, Refused};

impl Handle for GrantRole {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (user, by) = (context.qualify(self.user), By::Administrator(context.actor()?));
        Ok(admin::grant(context.backend(), by, &user, self.global_role.into()).await?)
    }
}

impl Handle for RevokeRole {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (user, by) = (context.qualify(self.user), By::Administrator(context.actor()?));
        Ok(admin::revoke(context.backend(), by, &user, self.global_role.into()).await?)
    }
}
