//! The members of a server.

use beep_core::backend::{bans, members, users};
use beep_core::member::Member as CoreMember;
use beep_core::text::Nickname;
use beep_proto::operation::members::{AssignRole, Get, Kick, List, Mute, RemoveRole, Unmute, Update};
use beep_proto::page::Page;
use beep_proto::view::Member;

use crate::http::context::field;
use crate::http::v1::page;
use crate::http::{Context, Handle, Refused};

impl Handle for List {
    async fn handle(self, context: &Context) -> Result<Page<Member>, Refused> {
        let (server, limit) = (context.local(self.server)?, page::limit(self.limit)?);
        let after = page::after_key(page::Of::Users, self.cursor.as_deref())?;
        let query = self.q.unwrap_or_default();
        let (backend, actor) = (context.backend(), context.actor()?);
        let members = members::list(backend, actor, &server, query.trim(), after.as_ref(), limit + 1).await?;
        let page = Page::cut(members, limit, |member| page::end(page::Of::Users, &member.user));
        let profiles = users::profiles(backend, page.items.iter().map(|member| &member.user)).await?;
        Ok(page.map(|member| Member::new(&member, Some((&users::known_or_gone(&profiles, &member.user)).into()))))
    }
}

impl Handle for Get {
    async fn handle(self, context: &Context) -> Result<Member, Refused> {
        let (server, user) = (context.local(self.server)?, context.qualify(self.user));
        let member = members::find(context.backend(), context.actor()?, &server, &user).await?;
        with_profile(context, &member).await
    }
}

impl Handle for Update {
    async fn handle(self, context: &Context) -> Result<Member, Refused> {
        let (server, user) = (context.local(self.server)?, context.qualify(self.user));
        let (backend, actor) = (context.backend(), context.actor_because(self.reason)?);
        let member = match self.nickname {
            None => members::find(backend, &actor, &server, &user).await?,
            Some(nickname) => {
                let nickname = nickname.0.filter(|nickname| !nickname.is_empty());
                let nickname = nickname.map(|nickname| field("nickname", &nickname, Nickname::parse)).transpose()?;
                members::rename(backend, &actor, &server, &user, nickname).await?
            }
        };
        with_profile(context, &member).await
    }
}

impl Handle for Mute {
    async fn handle(self, context: &Context) -> Result<Member, Refused> {
        let (server, user) = (context.local(self.server)?, context.qualify(self.user));
        let (backend, actor) = (context.backend(), context.actor_because(self.reason)?);
        with_profile(context, &members::mute(backend, &actor, &server, &user, self.until.0).await?).await
    }
}

impl Handle for Unmute {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (server, user) = (context.local(self.server)?, context.qualify(self.user));
        let actor = context.actor_because(self.reason)?;
        Ok(members::unmute(context.backend(), &actor, &server, &user).await?)
    }
}

impl Handle for AssignRole {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (server, user) = (context.local(self.server)?, context.qualify(self.user));
        let actor = context.actor_because(self.reason)?;
        Ok(members::assign_role(context.backend(), &actor, &server, &user, self.role.0).await?)
    }
}

impl Handle for RemoveRole {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (server, user) = (context.local(self.server)?, context.qualify(self.user));
        let actor = context.actor_because(self.reason)?;
        Ok(members::remove_role(context.backend(), &actor, &server, &user, self.role.0).await?)
    }
}

impl Handle for Kick {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (server, user) = (context.local(self.server)?, context.qualify(self.user));
        let actor = context.actor_because(self.reason)?;
        Ok(bans::kick(context.backend(), &actor, &server, &user).await?)
    }
}

/// A member with their profile.
pub(super) async fn with_profile(context: &Context, member: &CoreMember) -> Result<Member, Refused> {
    let profiles = users::profiles(context.backend(), std::iter::once(&member.user)).await?;
    Ok(Member::new(member, Some((&users::known_or_gone(&profiles, &member.user)).into())))
}
