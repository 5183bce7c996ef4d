//! The caller's friends.

use beep_core::backend::friends::{self, Friend as CoreFriend};
use beep_proto::operation::friends::{List, Remove};
use beep_proto::page::Page;
use beep_proto::view::Friend;

use crate::http::v1::page;
use crate::http::{Context, Handle, Refused};

impl Handle for List {
    async fn handle(self, context: &Context) -> Result<Page<Friend>, Refused> {
        let (limit, after) = (page::limit(self.limit)?, page::after_key(page::Of::Users, self.cursor.as_deref())?);
        let friends = friends::list(context.backend(), context.actor()?, after.as_ref(), limit + 1).await?;
        Ok(Page::cut(friends, limit, |friend| page::end(page::Of::Users, &friend.user.key)).map(seen))
    }
}

impl Handle for Remove {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let user = context.qualify(self.user);
        Ok(friends::remove(context.backend(), context.actor()?, &user).await?)
    }
}

pub(super) fn seen(friend: CoreFriend) -> Friend {
    Friend { user: (&friend.user).into(), since: friend.since.into() }
}
