//! How the caller is seen.

use beep_core::backend::presence;
use beep_core::presence::Availability;
use beep_core::text::{StatusEmoji, StatusText};
use beep_proto::operation::presence::Put;
use beep_proto::problem::Problem;
use beep_proto::view::PresenceStatus;

use crate::http::context::Fields;
use crate::http::{Context, Handle, Refused};

impl Handle for Put {
    async fn handle(self, context: &Context) -> Result<(), Refused> {
        let actor = context.actor()?;
        let availability = match self.status {
            PresenceStatus::Online => Availability::Online,
            PresenceStatus::Idle => Availability::Idle,
            PresenceStatus::Dnd => Availability::DoNotDisturb,
            PresenceStatus::Invisible => Availability::Invisible,
            PresenceStatus::Offline => {
                let detail = "must be `online`, `idle`, `dnd` or `invisible`";
                return Err(Refused(Problem::field("status", "out_of_range", detail)));
            }
        };
        let mut fields = Fields::default();
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        let text = fields.option("text", given(self.text).as_deref(), StatusText::parse);
        let emoji = fields.option("emoji", given(self.emoji).as_deref(), StatusEmoji::parse);
        let (text, emoji) = fields.all(text.zip(emoji))?;
        Ok(presence::choose(context.backend(), actor, availability, text, emoji).await?)
    }
}
