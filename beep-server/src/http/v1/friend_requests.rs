//! Requests to be friends.

use beep_core::backend::friends::{self, Direction as CoreDirection};
use beep_proto::operation::friend_requests::{Accept, Cancel, Create, Decline, Direction, List};
use beep_proto::page::Page;
use beep_proto::view::{Friend, FriendRequest};

use crate::http::v1::friends::seen;
use crate::http::v1::page;
use crate::http::{Context, Handle, Refused};

impl Handle for Create {
    async fn handle(self, context: &Context) -> Result<FriendRequest, Refused> {
        Ok((&friends::ask(context.backend(), context.actor()?, &self.username).await?).into())
    }
}

impl Handle for List {
    async fn handle(self, context: &Context) -> Result<Page<FriendRequest>, Refused> {
        let (limit, after) = (page::limit(self.limit)?, page::after_key(page::Of::Users, self.cursor.as_deref())?);
        let direction = match self.direction {
            Direction::Incoming => CoreDirection::Incoming,
            Direction::Outgoing => CoreDirection::Outgoing,
        };
        let (backend, actor) = (context.backend(), context.actor()?);
        let requests = friends::requests(backend, actor, direction, after.as_ref(), limit + 1).await?;
        let page = Page::cut(requests, limit, |(other, _)| page::end(page::Of::Users, other));
        Ok(page.map(|(_, request)| (&request).into()))
    }
}

impl Handle for Accept {
    async fn handle(self, context: &Context) -> Result<Friend, Refused> {
        Ok(seen(friends::accept(context.backend(), context.actor()?, self.request.0).await?))
    }
}

impl Handle for Decline {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        Ok(friends::decline(context.backend(), context.actor()?, self.request.0).await?)
    }
}

impl Handle for Cancel {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        Ok(friends::cancel(context.backend(), context.actor()?, self.request.0).await?)
    }
}
