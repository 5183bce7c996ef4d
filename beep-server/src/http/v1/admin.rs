//! What moderators and administrators of a backend do.

use beep_core::backend::Refusal;
use beep_core::backend::admin::{self, By};
use beep_core::global_role::GlobalRole;
use beep_proto::operation::admin::{AllowBackends, Federation, GrantRole, RevokeRole};
use beep_proto::view::FederationStatus;

use crate::federation::{allow_list, status};
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

impl Handle for Federation {
    async fn handle(self, context: &Context) -> Result<FederationStatus, Refused> {
        admin::require(context.backend(), context.actor()?, GlobalRole::ApplicationAdministrator).await?;
        read(context).await
    }
}

impl Handle for AllowBackends {
    async fn handle(self, context: &Context) -> Result<FederationStatus, Refused> {
        admin::require(context.backend(), context.actor()?, GlobalRole::ApplicationAdministrator).await?;
        let domains = self.domains.0.map(allow_list::parse).transpose()?;
        context.app.allow_list.set(domains.as_ref()).map_err(Refusal::Failed)?;
        if let Some(federation) = &context.app.federation {
            federation.policy.set_allow_list(domains);
        }
        read(context).await
    }
}

async fn read(context: &Context) -> Result<FederationStatus, Refused> {
    let app = &context.app;
    Ok(status::read(&app.backend, app.federation.as_deref(), &app.allow_list).await?)
}
