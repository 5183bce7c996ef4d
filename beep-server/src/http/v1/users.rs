//! Other people.

use beep_core::backend::users;
use beep_core::domain::Domain;
use beep_core::id::Id;
use beep_proto::operation::users::{ByHandle, Get, Search};
use beep_proto::page::Page;
use beep_proto::problem::Problem;
use beep_proto::view::User;

use crate::http::v1::page;
use crate::http::{Context, Handle, Refused};

impl Handle for Get {
    async fn handle(self, context: &Context) -> Result<User, Refused> {
        let user = context.qualify(self.user);
        Ok((&users::find(context.backend(), &user).await?).into())
    }
}

impl Handle for ByHandle {
    async fn handle(self, context: &Context) -> Result<User, Refused> {
        Ok((&users::by_handle(context.backend(), &self.handle).await?).into())
    }
}

/// A domain as somebody wrote it.
pub(super) fn domain(text: &str) -> Result<Domain, Refused> {
    Domain::typed(text).map_err(|error| Refused(Problem::field("domain", "malformed", error.to_string())))
}

impl Handle for Search {
    async fn handle(self, context: &Context) -> Result<Page<User>, Refused> {
        let (limit, after) = (page::limit(self.limit)?, page::after(self.cursor.as_deref())?);
        let home = self.domain.as_deref().map(domain).transpose()?;
        if let Some(home) = home.filter(|home| *home != context.backend().domain) {
            let users = users::search_on(context.backend(), &home, &self.q, limit).await?;
            return Ok(Page::whole(users).map(|user| (&user).into()));
        }
        let users = users::search(context.backend(), &self.q, after, limit + 1).await?;
        Ok(Page::cut(users, limit, |user| *user.key.id.uuid().as_bytes()).map(|user| (&user).into()))
    }
}
