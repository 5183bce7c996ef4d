//! Messages that are pinned to their channel.

use beep_core::backend::{pins, reactions};
use beep_core::id::Id;
use beep_core::message::Pin as CorePin;
use beep_proto::operation::pins::{Delete, List, Put};
use beep_proto::page::Page;
use beep_proto::view::Pin;

use crate::http::v1::page;
use crate::http::{Context, Handle, Refused};

impl Handle for List {
    async fn handle(self, context: &Context) -> Result<Page<Pin>, Refused> {
        let (backend, actor) = (context.backend(), context.actor()?);
        let pins = pins::list(backend, actor, &context.local(self.channel)?).await?;
        let page = page::part(pins, self.limit, self.cursor.as_deref(), key)?;
        let own = reactions::own(backend, actor, page.items.iter().map(|pin| &pin.message)).await?;
        Ok(page.map(|pin| Pin::seen(&pin, &own)))
    }
}

/// The key of a pin in its list: the newest is first.
fn key(pin: &CorePin) -> [u8; 24] {
    let mut key = [0; 24];
    key[..8].copy_from_slice(&pin.at.millis().cast_unsigned().to_be_bytes());
    key[8..].copy_from_slice(pin.message.id.uuid().as_bytes());
    page::downwards(key)
}

impl Handle for Put {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (channel, actor) = (context.local(self.channel)?, context.actor_because(self.reason)?);
        Ok(pins::put(context.backend(), &actor, &channel, self.message.0).await?)
    }
}

impl Handle for Delete {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (channel, actor) = (context.local(self.channel)?, context.actor_because(self.reason)?);
        Ok(pins::delete(context.backend(), &actor, &channel, self.message.0).await?)
    }
}
