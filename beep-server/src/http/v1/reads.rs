//! What the caller has read.

use beep_core::backend::reads;
use beep_proto::operation::reads::{Get, Put, PutServer};
use beep_proto::view::ReadState;

use crate::http::{Context, Handle, Refused};

impl Handle for Get {
    async fn handle(self, context: &Context) -> Result<ReadState, Refused> {
        let (backend, actor) = (context.backend(), context.actor()?);
        let channel = context.qualify(self.channel);
        Ok((&reads::state(backend, actor, &channel).await?).into())
    }
}

impl Handle for Put {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (backend, actor) = (context.backend(), context.actor()?);
        let channel = context.qualify(self.channel);
        match self.unread {
            Some(true) => reads::mark_unread(backend, actor, &channel, self.message_id.0).await?,
            Some(false) | None => reads::mark_read(backend, actor, &channel, self.message_id.0).await?,
        }
        Ok(())
    }
}

impl Handle for PutServer {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (backend, actor) = (context.backend(), context.actor()?);
        Ok(reads::mark_server_read(backend, actor, &context.qualify(self.server)).await?)
    }
}
