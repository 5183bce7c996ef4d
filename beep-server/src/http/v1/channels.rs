//! The channels of a server.

use beep_core::backend::channels::{self, Audience, ChannelChange, ChannelPlace, NewChannel};
use beep_core::backend::{conversations, typing};
use beep_core::channel::{Channel as CoreChannel, ChannelKind};
use beep_core::id::ChannelKey;
use beep_core::permission::{Override, Target};
use beep_core::text::{ChannelName, Topic};
use beep_proto::operation::channels::{
    self as operations, Create, Delete, DeleteMemberOverride, DeleteRoleOverride, FollowParent, Get, List, Order,
    PutMemberOverride, PutRoleOverride, ServerChannelKind, Typing, UnfollowParent, Update,
};
use beep_proto::page::Page;
use beep_proto::problem::Problem;
use beep_proto::view::{Channel, Permissions};

use crate::http::context::{Fields, field};
use crate::http::v1::page;
use crate::http::{Context, Handle, Refused};

impl Handle for List {
    async fn handle(self, context: &Context) -> Result<Page<Channel>, Refused> {
        let channels = channels::list(context.backend(), context.actor()?, &context.local(self.server)?).await?;
        let key = |channel: &CoreChannel| page::key(channel.position, channel.id.id);
        Ok(page::part(channels, self.limit, self.cursor.as_deref(), key)?.map(|channel| (&channel).into()))
    }
}

impl Handle for Create {
    async fn handle(self, context: &Context) -> Result<Channel, Refused> {
        let (server, actor) = (context.local(self.server)?, context.actor_because(self.reason)?);
        let mut fields = Fields::default();
        let name = fields.parse("name", &self.name, ChannelName::parse);
        let topic = fields.parse("topic", &self.topic.unwrap_or_default(), Topic::parse);
        let (name, topic) = fields.all(name.zip(topic))?;
        let private_to = self.private_to.map(|audience| Audience {
            roles: audience.roles.into_iter().map(|role| role.0).collect(),
            members: audience.members.into_iter().map(|user| context.qualify(user)).collect(),
        });
        let slow_mode_s = self.slow_mode_s.unwrap_or(0);
        let kind = match self.kind {
            None | Some(ServerChannelKind::Text) => ChannelKind::Text,
            Some(ServerChannelKind::Category) => ChannelKind::Category,
        };
        let parent = self.parent_id.map(|parent| context.qualify(parent));
        let new = NewChannel { name, kind, parent, topic, position: self.position, slow_mode_s, private_to };
        Ok((&channels::create(context.backend(), &actor, &server, new).await?).into())
    }
}

impl Handle for Order {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (server, actor) = (context.local(self.server)?, context.actor_because(self.reason)?);
        let place = |place: operations::ChannelPlace| ChannelPlace {
            channel: context.qualify(place.id),
            parent: place.parent_id.0.map(|parent| context.qualify(parent)),
            position: place.position,
        };
        let places: Vec<_> = self.channels.into_iter().map(place).collect();
        Ok(channels::order(context.backend(), &actor, &server, &places).await?)
    }
}

impl Handle for Get {
    async fn handle(self, context: &Context) -> Result<Channel, Refused> {
        let channel = context.local(self.channel)?;
        Ok((&channels::find(context.backend(), context.actor()?, &channel).await?).into())
    }
}

impl Handle for Update {
    async fn handle(self, context: &Context) -> Result<Channel, Refused> {
        let Self { channel, name, topic, parent_id, position, slow_mode_s, version, reason } = self;
        let (channel, actor) = (context.local(channel)?, context.actor_because(reason)?);
        if conversations::takes_part(context.backend(), &actor, &channel).await? {
            let is_placed = parent_id.is_some() || position.is_some();
            let is_more = is_placed || topic.is_some() || slow_mode_s.is_some() || version.is_some();
            return rename(context, &channel, name.filter(|_| !is_more)).await;
        }
        let change = ChannelChange {
            name: name.map(|name| field("name", &name, ChannelName::parse)).transpose()?,
            topic: topic.map(|topic| field("topic", &topic, Topic::parse)).transpose()?,
            parent: parent_id.map(|parent| parent.0.map(|parent| context.qualify(parent))),
            position,
            slow_mode_s,
            version,
        };
        Ok((&channels::update(context.backend(), &actor, &channel, change).await?).into())
    }
}

impl Handle for Delete {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (channel, actor) = (context.local(self.channel)?, context.actor_because(self.reason)?);
        Ok(channels::delete(context.backend(), &actor, &channel).await?)
    }
}

impl Handle for Typing {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        Ok(typing::start(context.backend(), context.actor()?, &context.local(self.channel)?).await?)
    }
}

impl Handle for FollowParent {
    async fn handle(self, context: &Context) -> Result<Channel, Refused> {
        let (channel, actor) = (context.local(self.channel)?, context.actor_because(self.reason)?);
        Ok((&channels::follow_parent(context.backend(), &actor, &channel).await?).into())
    }
}

impl Handle for UnfollowParent {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (channel, actor) = (context.local(self.channel)?, context.actor_because(self.reason)?);
        channels::unfollow_parent(context.backend(), &actor, &channel).await?;
        Ok(())
    }
}

impl Handle for PutRoleOverride {
    async fn handle(self, context: &Context) -> Result<Channel, Refused> {
        let (channel, target) = (context.local(self.channel)?, Target::Role(self.role.0));
        let (to, actor) = (Some(joined(self.allow, self.deny)), context.actor_because(self.reason)?);
        Ok((&channels::set_override(context.backend(), &actor, &channel, &target, to, self.version).await?).into())
    }
}

impl Handle for DeleteRoleOverride {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (channel, target) = (context.local(self.channel)?, Target::Role(self.role.0));
        let actor = context.actor_because(self.reason)?;
        channels::set_override(context.backend(), &actor, &channel, &target, None, None).await?;
        Ok(())
    }
}

impl Handle for PutMemberOverride {
    async fn handle(self, context: &Context) -> Result<Channel, Refused> {
        let target = Target::Member(context.qualify(self.user));
        let (channel, to) = (context.local(self.channel)?, Some(joined(self.allow, self.deny)));
        let actor = context.actor_because(self.reason)?;
        Ok((&channels::set_override(context.backend(), &actor, &channel, &target, to, self.version).await?).into())
    }
}

impl Handle for DeleteMemberOverride {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let target = Target::Member(context.qualify(self.user));
        let (channel, actor) = (context.local(self.channel)?, context.actor_because(self.reason)?);
        channels::set_override(context.backend(), &actor, &channel, &target, None, None).await?;
        Ok(())
    }
}

/// Names a group, or takes its name away. Nothing else of a private channel can be changed.
async fn rename(context: &Context, channel: &ChannelKey, name: Option<String>) -> Result<Channel, Refused> {
    const ALONE: &str = "must be all that is changed of a private channel; empty for none";
    let name = name.ok_or_else(|| Refused(Problem::field("name", "missing", ALONE)))?;
    let name = (!name.is_empty()).then(|| field("name", &name, ChannelName::parse)).transpose()?;
    Ok((&conversations::rename(context.backend(), context.actor()?, channel, name).await?).into())
}

fn joined(allow: Permissions, deny: Permissions) -> Override {
    Override { allow: allow.0, deny: deny.0 }
}
