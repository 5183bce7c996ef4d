//! Invitations to servers.

use beep_core::backend::invitations::{self, NewInvitation};
use beep_core::id::Id;
use beep_proto::operation::invitations::{Accept, Create, Decline, List, Preview, Received, Revoke};
use beep_proto::page::Page;
use beep_proto::view::{Invitation, InvitationPreview, Member};

use crate::http::v1::members::with_profile;
use crate::http::v1::page;
use crate::http::{Context, Handle, Refused, forward};

impl Handle for List {
    async fn handle(self, context: &Context) -> Result<Page<Invitation>, Refused> {
        let server = context.local(self.server)?;
        let (limit, after) = (page::limit(self.limit)?, page::after(self.cursor.as_deref())?);
        let (backend, actor) = (context.backend(), context.actor()?);
        let (server, invitations) = invitations::list(backend, actor, &server, after, limit + 1).await?;
        let page = Page::cut(invitations, limit, |invitation| *invitation.id.uuid().as_bytes());
        let server = (&server).into();
        Ok(page.map(|invitation| Invitation::new(&invitation, &server)))
    }
}

impl Handle for Create {
    async fn handle(self, context: &Context) -> Result<Invitation, Refused> {
        let (server, actor) = (context.local(self.server)?, context.actor_because(self.reason)?);
        let user = self.user.map(|user| context.qualify(user));
        let new = NewInvitation { user, expires_at: self.expires_at.map(|at| at.0), max_uses: self.max_uses };
        let invited = invitations::create(context.backend(), &actor, &server, new).await?;
        Ok(Invitation::from(&invited))
    }
}

impl Handle for Revoke {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (server, actor) = (context.local(self.server)?, context.actor_because(self.reason)?);
        Ok(invitations::revoke(context.backend(), &actor, &server, self.invitation.0).await?)
    }
}

impl Handle for Preview {
    async fn handle(self, context: &Context) -> Result<InvitationPreview, Refused> {
        let (server, invitation) = invitations::preview(context.backend(), &self.code.0).await?;
        let code = invitation.code().unwrap_or(&self.code.0).to_owned();
        Ok(InvitationPreview::new(code, &invitation, &server))
    }
}

impl Handle for Received {
    async fn handle(self, context: &Context) -> Result<Page<Invitation>, Refused> {
        let (limit, after) =
            (page::limit(self.limit)?, page::after_key(page::Of::Invitations, self.cursor.as_deref())?);
        let invited = invitations::received(context.backend(), context.actor()?, after, limit + 1).await?;
        let mut page = Page::cut(invited, limit, |invited| page::end(page::Of::Invitations, &invited.invitation.key()));
        // Into servers of backends that this one no longer talks to nobody is let.
        let backend = context.backend();
        page.items.retain(|invited| {
            let home = &invited.server.id.home;
            *home == backend.domain || backend.peers.allows(home)
        });
        Ok(page.map(|invited| Invitation::from(&invited)))
    }
}

impl Handle for Accept {
    async fn handle(self, context: &Context) -> Result<Member, Refused> {
        let (backend, actor) = (context.backend(), context.actor()?);
        if let Some(invited) = invitations::told(backend, actor, &self.code.0).await? {
            let (_, member) = forward::to_owner(context, invited.server.id.home, self).await?;
            return Ok(member);
        }
        let member = invitations::accept(backend, actor, &self.code.0).await?;
        with_profile(context, &member).await
    }
}

impl Handle for Decline {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (backend, actor) = (context.backend(), context.actor()?);
        let Some(invited) = invitations::told(backend, actor, &self.code.0).await? else {
            return Ok(invitations::decline(backend, actor, &self.code.0).await?);
        };
        forward::decline(backend, actor, &invited, &self.code.0).await
    }
}
