//! Invitations to servers.

use beep_core::backend::invitations::{self, NewInvitation};
use beep_core::id::Id;
use beep_proto::operation::invitations::{Accept, Create, List, Preview, Revoke};
use beep_proto::page::Page;
use beep_proto::view::{Invitation, InvitationPreview, Member};

use crate::http::v1::members::with_profile;
use crate::http::v1::page;
use crate::http::{Context, Handle, Refused};

impl Handle for List {
    async fn handle(self, context: &Context) -> Result<Page<Invitation>, Refused> {
        let server = context.local(self.server)?;
        let (limit, after) = (page::limit(self.limit)?, page::after(self.cursor.as_deref())?);
        let (backend, actor) = (context.backend(), context.actor()?);
        let (server, invitations) = invitations::list(backend, actor, server, after, limit + 1).await?;
        let page = Page::cut(invitations, limit, |invitation| *invitation.id.uuid().as_bytes());
        Ok(page.map(|invitation| Invitation::new(&invitation, &server)))
    }
}

impl Handle for Create {
    async fn handle(self, context: &Context) -> Result<Invitation, Refused> {
        let server = context.local(self.server)?;
        let user = self.user.map(|user| context.qualify(user));
        let new = NewInvitation { user, expires_at: self.expires_at.map(|at| at.0), max_uses: self.max_uses };
        let (server, invitation) = invitations::create(context.backend(), context.actor()?, server, new).await?;
        Ok(Invitation::new(&invitation, &server))
    }
}

impl Handle for Revoke {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let server = context.local(self.server)?;
        Ok(invitations::revoke(context.backend(), context.actor()?, server, self.invitation.0).await?)
    }
}

impl Handle for Preview {
    async fn handle(self, context: &Context) -> Result<InvitationPreview, Refused> {
        let (server, invitation) = invitations::preview(context.backend(), &self.code).await?;
        Ok(InvitationPreview::new(&invitation, &server))
    }
}

impl Handle for Accept {
    async fn handle(self, context: &Context) -> Result<Member, Refused> {
        let member = invitations::accept(context.backend(), context.actor()?, &self.code).await?;
        with_profile(context, &member).await
    }
}
