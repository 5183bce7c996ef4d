//! Messages of a channel.

use beep_core::backend::messages::{self, History, NewMessage};
use beep_core::backend::reactions;
use beep_core::content::Content;
use beep_core::message::Message as CoreMessage;
use beep_core::replay::Delivery;
use beep_core::text::Nonce;
use beep_proto::gateway::Event;
use beep_proto::operation::messages::{Delete, Edit, Events, Get, List, Send};
use beep_proto::page::Page;
use beep_proto::problem::Problem;
use beep_proto::protobuf::{self, v1};
use beep_proto::view::Message;
use prost::Message as _;

use crate::http::context::{Fields, field};
use crate::http::v1::page;
use crate::http::{Context, Handle, Refused};
use crate::hub;

impl Handle for Send {
    async fn handle(self, context: &Context) -> Result<Message, Refused> {
        let (channel, actor) = (context.local(self.channel)?, context.actor()?);
        let mut fields = Fields::default();
        let content = fields.parse("content", &self.content, Content::parse);
        // A request's own name does for the message as well.
        let nonce = self.nonce.as_deref().or(actor.claim.as_ref().map(|claim| claim.key.as_str()));
        let nonce = fields.option("nonce", nonce, Nonce::parse);
        fields.unbuilt("attachments", self.attachments.is_some_and(|assets| !assets.is_empty()));
        let (content, nonce) = fields.all(content.zip(nonce))?;
        let new = NewMessage { content, nonce, reply_to: self.reply_to.map(|id| id.0) };
        seen(context, messages::send(context.backend(), actor, &channel, new).await?).await
    }

    fn read_protobuf(path: &[(&str, &str)], body: &[u8]) -> Option<Result<Self, Problem>> {
        let channel = path.iter().find(|(name, _)| *name == "channel").map_or("", |(_, value)| value);
        Some(protobuf::read_send(channel, body))
    }

    fn write_protobuf(answer: &Message) -> Option<Vec<u8>> {
        Some(v1::Message::from(answer).encode_to_vec())
    }
}

impl Handle for List {
    async fn handle(self, context: &Context) -> Result<Page<Message>, Refused> {
        let (channel, limit) = (context.local(self.channel)?, page::limit(self.limit)?);
        let history = match (self.before, self.after, self.around) {
            (None, None, None) => History::Newest,
            (Some(id), None, None) => History::Before(id.0),
            (None, Some(id), None) => History::After(id.0),
            (None, None, Some(id)) => History::Around(id.0),
            _ => {
                return Err(Refused(Problem::field(
                    "before",
                    "malformed",
                    "cannot be combined with `after` or `around`",
                )));
            }
        };
        let (messages, more) = messages::history(context.backend(), context.actor()?, &channel, history, limit).await?;
        let next = messages.last().filter(|_| more).map(|last| last.id.to_string());
        let own = reactions::own(context.backend(), context.actor()?, &messages).await?;
        Ok(Page { items: messages.iter().map(|message| Message::seen(message, &own)).collect(), next })
    }

    fn write_protobuf(answer: &Page<Message>) -> Option<Vec<u8>> {
        Some(v1::MessagePage::from(answer).encode_to_vec())
    }
}

impl Handle for Get {
    async fn handle(self, context: &Context) -> Result<Message, Refused> {
        let channel = context.local(self.channel)?;
        seen(context, messages::find(context.backend(), context.actor()?, &channel, self.message.0).await?).await
    }
}

impl Handle for Edit {
    async fn handle(self, context: &Context) -> Result<Message, Refused> {
        let channel = context.local(self.channel)?;
        let content = field("content", &self.content, Content::parse)?;
        let (backend, actor) = (context.backend(), context.actor()?);
        seen(context, messages::edit(backend, actor, &channel, self.message.0, content).await?).await
    }
}

/// A message as the caller sees it.
pub(in crate::http) async fn seen(context: &Context, message: CoreMessage) -> Result<Message, Refused> {
    let own = reactions::own(context.backend(), context.actor()?, [&message]).await?;
    Ok(Message::seen(&message, &own))
}

impl Handle for Delete {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let (channel, actor) = (context.local(self.channel)?, context.actor_because(self.reason)?);
        Ok(messages::delete(context.backend(), &actor, &channel, self.message.0).await?)
    }
}

impl Handle for Events {
    async fn handle(self, context: &Context) -> Result<Page<Event>, Refused> {
        let (channel, limit) = (context.local(self.channel)?, page::limit(self.limit)?);
        let (backend, actor) = (context.backend(), context.actor()?);
        let mut events = messages::events(backend, actor, &channel, self.after_seq, limit + 1).await?;
        let more = events.len() > limit as usize;
        events.truncate(limit as usize);
        let next = events.last().filter(|_| more).map(|last| last.seq.to_string());
        let cursors = context.app.hub.cursors();
        Ok(Page {
            items: events.into_iter().filter_map(|event| hub::event(cursors, &Delivery::Event(event))).collect(),
            next,
        })
    }
}
