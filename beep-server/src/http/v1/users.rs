//! Other people.

use beep_core::backend::users;
use beep_proto::operation::users::{ByHandle, Get};
use beep_proto::view::User;

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
