//! Reactions to messages.

use beep_core::backend::{reactions, users};
use beep_core::port::ReactionNumber;
use beep_core::text::Emoji;
use beep_proto::operation::reactions::{Clear, Delete, List, Put};
use beep_proto::page::Page;
use beep_proto::view::Reactor;

use crate::http::context::field;
use crate::http::v1::page;
use crate::http::{Context, Handle, Refused};

impl Handle for List {
    async fn handle(self, context: &Context) -> Result<Page<Reactor>, Refused> {
        let (channel, limit) = (context.local(self.channel)?, page::limit(self.limit)?);
        let emoji = field("emoji", &self.emoji, Emoji::parse)?;
        let after = ReactionNumber(page::number(self.cursor.as_deref())?.unwrap_or_default());
        let (backend, actor) = (context.backend(), context.actor()?);
        let found = reactions::list(backend, actor, &channel, self.message.0, &emoji, after, limit + 1).await?;
        let page = Page::cut(found, limit, |(number, _)| number.0.to_be_bytes());
        let profiles = users::profiles(backend, page.items.iter().map(|(_, user)| user)).await?;
        Ok(page.map(|(_, user)| Reactor((&users::known_or_gone(&profiles, &user)).into())))
    }
}

impl Handle for Put {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (channel, emoji) = (context.local(self.channel)?, field("emoji", &self.emoji, Emoji::parse)?);
        Ok(reactions::put(context.backend(), context.actor()?, &channel, self.message.0, &emoji).await?)
    }
}

impl Handle for Delete {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (channel, emoji) = (context.local(self.channel)?, field("emoji", &self.emoji, Emoji::parse)?);
        Ok(reactions::delete(context.backend(), context.actor()?, &channel, self.message.0, &emoji).await?)
    }
}

impl Handle for Clear {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (channel, actor) = (context.local(self.channel)?, context.actor_because(self.reason)?);
        let emoji = field("emoji", &self.emoji, Emoji::parse)?;
        Ok(reactions::clear(context.backend(), &actor, &channel, self.message.0, &emoji).await?)
    }
}
