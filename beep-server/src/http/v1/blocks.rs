//! Users whom the caller has blocked.

use beep_core::backend::blocks;
use beep_proto::operation::blocks::{Delete, List, Put};
use beep_proto::page::Page;
use beep_proto::view::Friend;

use crate::http::v1::friends::seen;
use crate::http::v1::page;
use crate::http::{Context, Handle, Refused};

impl Handle for List {
    async fn handle(self, context: &Context) -> Result<Page<Friend>, Refused> {
        let (limit, after) = (page::limit(self.limit)?, page::after_key(page::Of::Users, self.cursor.as_deref())?);
        let blocked = blocks::list(context.backend(), context.actor()?, after.as_ref(), limit + 1).await?;
        Ok(Page::cut(blocked, limit, |blocked| page::end(page::Of::Users, &blocked.user.key)).map(seen))
    }
}

impl Handle for Put {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let user = context.qualify(self.user);
        Ok(blocks::put(context.backend(), context.actor()?, &user).await?)
    }
}

impl Handle for Delete {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let user = context.qualify(self.user);
        Ok(blocks::lift(context.backend(), context.actor()?, &user).await?)
    }
}
