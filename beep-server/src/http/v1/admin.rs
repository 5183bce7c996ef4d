//! What moderators and administrators of a backend do.

use beep_core::audit::AuditNumber;
use beep_core::backend::admin::{self, By};
use beep_core::backend::{Actor, Refusal, audit, reports, restrictions, suspensions};
use beep_core::global_role::GlobalRole;
use beep_core::id::Id;
use beep_core::text::{Reason, ReportAction};
use beep_core::time::Timestamp;
use beep_proto::operation::admin::{
    AllowBackends, AuditLog, ClaimReport, Federation, GrantRole, Reports, ResolveReport, RestrictInChannel,
    RestrictInServer, RevokeRole, SuspendServer, SuspendUser, UnrestrictInChannel, UnrestrictInServer, UnsuspendServer,
    UnsuspendUser, Users,
};
use beep_proto::page::Page;
use beep_proto::problem::Problem;
use beep_proto::time::Time;
use beep_proto::view::{AuditEntry, FederationStatus, ModeratedUser, Report};

use crate::federation::{allow_list, status};
use crate::http::context::{Fields, field};
use crate::http::v1::{audit_log, page};
use crate::http::{Context, Handle, Refused};

impl Handle for Users {
    async fn handle(self, context: &Context) -> Result<Page<ModeratedUser>, Refused> {
        let (backend, actor, limit) = (context.backend(), context.actor()?, page::limit(self.limit)?);
        if self.suspended == Some(true) {
            let after = page::after_key(page::Of::Users, self.cursor.as_deref())?;
            let users = suspensions::suspended_users(backend, actor, after.as_ref(), limit + 1).await?;
            return Ok(Page::cut(users, limit, |of| page::end(page::Of::Users, &of.user.key)).map(|of| (&of).into()));
        }
        let (query, after) = (self.q.unwrap_or_default(), page::after(self.cursor.as_deref())?);
        let users = suspensions::users(backend, actor, &query, after, limit + 1).await?;
        Ok(Page::cut(users, limit, |of| *of.user.key.id.uuid().as_bytes()).map(|of| (&of).into()))
    }
}

impl Handle for SuspendUser {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (user, actor) = (context.qualify(self.user), because(context, &self.reason)?);
        Ok(suspensions::suspend_user(context.backend(), &actor, &user, ends(self.until)).await?)
    }
}

impl Handle for UnsuspendUser {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (user, actor) = (context.qualify(self.user), context.actor_because(self.reason)?);
        Ok(suspensions::unsuspend_user(context.backend(), &actor, &user).await?)
    }
}

impl Handle for GrantRole {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (user, actor) = (context.qualify(self.user), context.actor_because(self.reason)?);
        Ok(admin::grant(context.backend(), By::Administrator(&actor), &user, self.global_role.into()).await?)
    }
}

impl Handle for RevokeRole {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (user, actor) = (context.qualify(self.user), context.actor_because(self.reason)?);
        Ok(admin::revoke(context.backend(), By::Administrator(&actor), &user, self.global_role.into()).await?)
    }
}

impl Handle for SuspendServer {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (server, actor) = (context.local(self.server)?, because(context, &self.reason)?);
        Ok(suspensions::suspend_server(context.backend(), &actor, &server, ends(self.until)).await?)
    }
}

impl Handle for UnsuspendServer {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (server, actor) = (context.local(self.server)?, context.actor_because(self.reason)?);
        Ok(suspensions::unsuspend_server(context.backend(), &actor, &server).await?)
    }
}

impl Handle for RestrictInServer {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (server, user) = (context.local(self.server)?, context.qualify(self.user));
        let actor = because(context, &self.reason)?;
        Ok(restrictions::in_server(context.backend(), &actor, &server, &user, ends(self.until)).await?)
    }
}

impl Handle for UnrestrictInServer {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (server, user) = (context.local(self.server)?, context.qualify(self.user));
        let actor = context.actor_because(self.reason)?;
        Ok(restrictions::lift_in_server(context.backend(), &actor, &server, &user).await?)
    }
}

impl Handle for RestrictInChannel {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (channel, user) = (context.local(self.channel)?, context.qualify(self.user));
        let actor = because(context, &self.reason)?;
        Ok(restrictions::in_channel(context.backend(), &actor, &channel, &user, ends(self.until)).await?)
    }
}

impl Handle for UnrestrictInChannel {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (channel, user) = (context.local(self.channel)?, context.qualify(self.user));
        let actor = context.actor_because(self.reason)?;
        Ok(restrictions::lift_in_channel(context.backend(), &actor, &channel, &user).await?)
    }
}

impl Handle for Reports {
    async fn handle(self, context: &Context) -> Result<Page<Report>, Refused> {
        let (limit, after) = (page::limit(self.limit)?, page::after(self.cursor.as_deref())?);
        let state = self.state.map(Into::into);
        let reports = reports::list(context.backend(), context.actor()?, state, after, limit + 1).await?;
        Ok(Page::cut(reports, limit, |report| *report.id.uuid().as_bytes()).map(|report| (&report).into()))
    }
}

impl Handle for ClaimReport {
    async fn handle(self, context: &Context) -> Result<Report, Refused> {
        let actor = context.actor_because(self.reason)?;
        Ok((&reports::claim(context.backend(), &actor, self.report.0).await?).into())
    }
}

impl Handle for ResolveReport {
    async fn handle(self, context: &Context) -> Result<Report, Refused> {
        let mut fields = Fields::default();
        let action = fields.parse("action", &self.action, ReportAction::parse);
        let note = fields.option("note", self.note.as_deref(), Reason::parse);
        let (action, note) = fields.all(action.zip(note))?;
        let note = note.filter(|note| !note.as_str().is_empty());
        Ok((&reports::resolve(context.backend(), context.actor()?, self.report.0, action, note).await?).into())
    }
}

impl Handle for AuditLog {
    async fn handle(self, context: &Context) -> Result<Page<AuditEntry>, Refused> {
        let limit = page::limit(self.limit)?;
        let before = page::number(self.cursor.as_deref())?.map(AuditNumber);
        let filter = audit_log::filter(context, self.actor, self.target, self.action)?;
        let entries = audit::of_backend(context.backend(), context.actor()?, &filter, before, limit + 1).await?;
        Ok(audit_log::cut(entries, limit))
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
        let actor = context.actor_because(self.reason)?;
        admin::require(context.backend(), &actor, GlobalRole::ApplicationAdministrator).await?;
        let domains = self.domains.0.map(allow_list::parse).transpose()?;
        let before = context.app.allow_list.read().map_err(|error| Refusal::Failed(error.to_string()))?;
        admin::record_allow_list(context.backend(), &actor, before, domains.clone()).await?;
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

/// The caller with the reason that they must give for what they do.
fn because(context: &Context, reason: &str) -> Result<Actor, Refused> {
    let reason = field("reason", reason, Reason::parse)?;
    if reason.as_str().is_empty() {
        return Err(Refused(Problem::field("reason", "too_short", "must say why")));
    }
    Ok(context.actor()?.because(Some(reason)))
}

/// When what is decided ends by itself.
fn ends(until: Option<Time>) -> Option<Timestamp> {
    until.map(|until| until.0)
}
