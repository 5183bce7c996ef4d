//! The roles of a server.

use std::sync::Arc;

use beep_core::backend::Refusal;
use beep_core::backend::roles::{self, NewRole, RoleChange};
use beep_core::role::Role as CoreRole;
use beep_core::text::{Color, RoleName};
use beep_proto::operation::roles::{Create, Delete, List, Order, Update};
use beep_proto::page::Page;
use beep_proto::view::Role;

use crate::http::context::field;
use crate::http::v1::page;
use crate::http::{Context, Handle, Refused};

impl Handle for List {
    async fn handle(self, context: &Context) -> Result<Page<Role>, Refused> {
        let roles = roles::list(context.backend(), context.actor()?, &context.local(self.server)?).await?;
        let key = |role: &Arc<CoreRole>| page::key(!role.position, role.id);
        Ok(page::part(roles, self.limit, self.cursor.as_deref(), key)?.map(|role| (&*role).into()))
    }
}

impl Handle for Create {
    async fn handle(self, context: &Context) -> Result<Role, Refused> {
        let (server, actor) = (context.local(self.server)?, context.actor_because(self.reason)?);
        let new = NewRole {
            name: field("name", &self.name, RoleName::parse)?,
            permissions: self.permissions.0,
            color: self.color.map(color).transpose()?,
            position: self.position.unwrap_or(1),
            hoist: self.hoist.unwrap_or(false),
            mentionable: self.mentionable.unwrap_or(false),
        };
        Ok((&roles::create(context.backend(), &actor, &server, new).await?).into())
    }
}

impl Handle for Update {
    async fn handle(self, context: &Context) -> Result<Role, Refused> {
        let (server, actor) = (context.local(self.server)?, context.actor_because(self.reason)?);
        let change = RoleChange {
            name: self.name.map(|name| field("name", &name, RoleName::parse)).transpose()?,
            permissions: self.permissions.map(|permissions| permissions.0),
            color: self.color.map(|rgb| rgb.0.map(color).transpose()).transpose()?,
            position: self.position,
            hoist: self.hoist,
            mentionable: self.mentionable,
            version: self.version,
        };
        Ok((&roles::update(context.backend(), &actor, &server, self.role.0, change).await?).into())
    }
}

impl Handle for Order {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (server, actor) = (context.local(self.server)?, context.actor_because(self.reason)?);
        let roles: Vec<_> = self.roles.into_iter().map(|role| role.0).collect();
        Ok(roles::order(context.backend(), &actor, &server, &roles).await?)
    }
}

impl Handle for Delete {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (server, actor) = (context.local(self.server)?, context.actor_because(self.reason)?);
        Ok(roles::delete(context.backend(), &actor, &server, self.role.0).await?)
    }
}

fn color(rgb: u32) -> Result<Color, Refusal> {
    Color::new(rgb)
        .ok_or_else(|| Refusal::invalid("color", "out_of_range", "must be between 0 and 16777215 (0xffffff)"))
}
