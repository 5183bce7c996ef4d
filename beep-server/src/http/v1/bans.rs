//! People who may not come back to a server.

use beep_core::backend::bans::{self, NewBan};
use beep_proto::operation::bans::{Delete, List, Put};
use beep_proto::page::Page;
use beep_proto::view::Ban;

use crate::http::v1::page;
use crate::http::{Context, Handle, Refused};

impl Handle for List {
    async fn handle(self, context: &Context) -> Result<Page<Ban>, Refused> {
        let (server, limit) = (context.local(self.server)?, page::limit(self.limit)?);
        let after = page::after_key(page::Of::Users, self.cursor.as_deref())?;
        let bans = bans::list(context.backend(), context.actor()?, &server, after.as_ref(), limit + 1).await?;
        Ok(Page::cut(bans, limit, |ban| page::end(page::Of::Users, &ban.user)).map(|ban| (&ban).into()))
    }
}

impl Handle for Put {
    async fn handle(self, context: &Context) -> Result<Ban, Refused> {
        let (server, user) = (context.local(self.server)?, context.qualify(self.user));
        let actor = context.actor_because(self.reason)?;
        let new = NewBan { delete_messages_since: self.delete_messages_since.map(|since| since.0) };
        let ban = bans::put(context.backend(), &actor, &server, &user, new).await?;
        context.app.purges.notify_one();
        Ok((&ban).into())
    }
}

impl Handle for Delete {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (server, user) = (context.local(self.server)?, context.qualify(self.user));
        Ok(bans::lift(context.backend(), &context.actor_because(self.reason)?, &server, &user).await?)
    }
}
