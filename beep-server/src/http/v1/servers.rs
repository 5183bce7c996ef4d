//! Servers.

use beep_core::backend::servers::{self, NewServer, ServerChange};
use beep_core::space::Template as CoreTemplate;
use beep_core::text::{Description, ServerName};
use beep_proto::operation::servers::{
    Create, Delete, Discover, Get, Join, Leave, List, Permissions, Template, Transfer, Update,
};
use beep_proto::page::Page;
use beep_proto::view::{Explained, Member, Server};

use crate::http::context::Fields;
use crate::http::v1::members::with_profile;
use crate::http::v1::page;
use crate::http::v1::sessions::{confirm, entering};
use crate::http::{Context, Handle, Refused};

impl Handle for Create {
    async fn handle(self, context: &Context) -> Result<Server, Refused> {
        let mut fields = Fields::default();
        let name = fields.parse("name", &self.name, ServerName::parse);
        let description = self.description.unwrap_or_default();
        let description = fields.parse("description", &description, Description::parse);
        fields.unbuilt("icon", self.icon.is_some_and(|icon| !icon.is_empty()));
        let (name, description) = fields.all(name.zip(description))?;
        let template = match self.template.unwrap_or(Template::Empty) {
            Template::Empty => CoreTemplate::Empty,
            Template::Community => CoreTemplate::Community,
        };
        let new = NewServer { name, description, visibility: self.visibility.into(), template };
        Ok((&servers::create(context.backend(), context.actor()?, new).await?).into())
    }
}

impl Handle for List {
    async fn handle(self, context: &Context) -> Result<Page<Server>, Refused> {
        let (limit, after) = (page::limit(self.limit)?, page::after_key(page::Of::Servers, self.cursor.as_deref())?);
        let user = context.actor()?.as_user()?;
        let servers = context.backend().store.servers_of(user, after.as_ref(), limit + 1).await;
        let servers = servers.map_err(beep_core::backend::Refusal::from)?;
        Ok(Page::cut(servers, limit, |server| page::end(page::Of::Servers, &server.id)).map(|server| (&server).into()))
    }
}

impl Handle for Discover {
    async fn handle(self, context: &Context) -> Result<Page<Server>, Refused> {
        let (limit, after) = (page::limit(self.limit)?, page::found(self.cursor.as_deref())?);
        let found = context.backend().store.public_servers(&self.q.unwrap_or_default(), after, limit + 1).await;
        let found = found.map_err(beep_core::backend::Refusal::from)?;
        Ok(Page::cut(found, limit, |found| page::end_of_found(found.place)).map(|found| (&found.server).into()))
    }
}

impl Handle for Get {
    async fn handle(self, context: &Context) -> Result<Server, Refused> {
        let server = context.local(self.server)?;
        Ok((&servers::find(context.backend(), context.actor()?, &server).await?).into())
    }
}

impl Handle for Update {
    async fn handle(self, context: &Context) -> Result<Server, Refused> {
        let (server, actor) = (context.local(self.server)?, context.actor_because(self.reason)?);
        let mut fields = Fields::default();
        let name = fields.option("name", self.name.as_deref(), ServerName::parse).flatten();
        let description = fields.option("description", self.description.as_deref(), Description::parse).flatten();
        fields.unbuilt("icon", self.icon.and_then(|icon| icon.0).is_some_and(|icon| !icon.is_empty()));
        fields.check()?;
        let visibility = self.visibility.map(Into::into);
        let change = ServerChange { name, description, visibility, version: self.version };
        Ok((&servers::update(context.backend(), &actor, &server, change).await?).into())
    }
}

impl Handle for Delete {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        Ok(servers::delete(context.backend(), context.actor()?, &context.local(self.server)?).await?)
    }
}

impl Handle for Transfer {
    async fn handle(self, context: &Context) -> Result<Server, Refused> {
        let (server, user) = (context.local(self.server)?, context.qualify(self.user));
        let (backend, actor) = (context.backend(), context.actor_because(self.reason)?);
        servers::may_transfer(backend, &actor, &server).await?;
        let confirmed = confirm(context, self.password, self.otp).await?;
        let handed_over = servers::transfer(backend, &actor, &confirmed, &server, &user);
        Ok((&entering(context, &confirmed, false, handed_over).await?).into())
    }
}

impl Handle for Join {
    async fn handle(self, context: &Context) -> Result<Member, Refused> {
        let member = servers::join(context.backend(), context.actor()?, &context.local(self.server)?).await?;
        with_profile(context, &member).await
    }
}

impl Handle for Leave {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        Ok(servers::leave(context.backend(), context.actor()?, &context.local(self.server)?).await?)
    }
}

impl Handle for Permissions {
    async fn handle(self, context: &Context) -> Result<Explained, Refused> {
        let server = context.local(self.server)?;
        let user = self.user.map(|user| context.qualify(user));
        let channel = self.channel.map(|channel| context.local(channel)).transpose()?.map(|channel| channel.id);
        let reasons = servers::explain(context.backend(), context.actor()?, &server, user.as_ref(), channel).await?;
        Ok(Explained::new(&reasons))
    }
}
