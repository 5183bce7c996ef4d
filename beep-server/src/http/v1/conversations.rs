//! Private channels.

use beep_core::backend::conversations;
use beep_core::id::UserKey;
use beep_core::text::ChannelName;
use beep_proto::operation::conversations::{Add, Leave, List, Open, PrivateKind, Remove};
use beep_proto::page::Page;
use beep_proto::problem::Problem;
use beep_proto::view::Channel;

use crate::http::context::field;
use crate::http::v1::page;
use crate::http::{Context, Handle, Refused, forward};

impl Handle for List {
    async fn handle(self, context: &Context) -> Result<Page<Channel>, Refused> {
        let (limit, after) =
            (page::limit(self.limit)?, page::after_key(page::Of::Conversations, self.cursor.as_deref())?);
        let channels = conversations::list(context.backend(), context.actor()?, after.as_ref(), limit + 1).await?;
        let end = |channel: &beep_core::channel::Channel| page::end(page::Of::Conversations, &channel.id);
        Ok(Page::cut(channels, limit, end).map(|channel| (&channel).into()))
    }
}

impl Handle for Open {
    async fn handle(self, context: &Context) -> Result<Channel, Refused> {
        match (self.kind, self.user, self.users, self.name) {
            (PrivateKind::Direct, Some(user), None, None) => direct(context, &context.qualify(user)).await,
            (PrivateKind::Direct, None, ..) => Err(Refused(Problem::field("user", "missing", "must be somebody else"))),
            (PrivateKind::Direct, ..) => Err(Refused(Problem::field(
                "kind",
                "malformed",
                "a direct channel is for one other `user`, without a name",
            ))),
            (PrivateKind::Group, None, Some(users), name) => {
                let name = name.map(|name| field("name", &name, ChannelName::parse)).transpose()?;
                let users: Vec<UserKey> = users.into_iter().map(|user| context.qualify(user)).collect();
                Ok((&conversations::create_group(context.backend(), context.actor()?, name, &users).await?).into())
            }
            (PrivateKind::Group, None, None, _) => {
                Err(Refused(Problem::field("users", "missing", "must name somebody else")))
            }
            (PrivateKind::Group, Some(_), ..) => {
                Err(Refused(Problem::field("user", "malformed", "a group is for `users`")))
            }
        }
    }
}

/// Opens the direct channel with a user, wherever it is owned.
async fn direct(context: &Context, user: &UserKey) -> Result<Channel, Refused> {
    let actor = context.actor()?;
    let home = conversations::home(actor, user)?;
    // A backend that asks for its own user asks the owner.
    if home != context.backend().domain && actor.as_user()?.home == context.backend().domain {
        return forward::opened(context, &home, user).await;
    }
    let opened = conversations::open_direct(context.backend(), actor, user).await?;
    if !opened.is_new {
        context.was_there();
    }
    Ok((&opened.channel).into())
}

impl Handle for Add {
    async fn handle(self, context: &Context) -> Result<Channel, Refused> {
        let (channel, user) = (context.local(self.channel)?, context.qualify(self.user));
        Ok((&conversations::add(context.backend(), context.actor()?, &channel, &user).await?).into())
    }
}

impl Handle for Remove {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (channel, user) = (context.local(self.channel)?, context.qualify(self.user));
        Ok(conversations::remove(context.backend(), context.actor()?, &channel, &user).await?)
    }
}

impl Handle for Leave {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let channel = context.local(self.channel)?;
        Ok(conversations::leave(context.backend(), context.actor()?, &channel).await?)
    }
}
