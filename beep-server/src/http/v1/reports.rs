//! Telling the moderators of the backend.

use beep_core::backend::reports::{self, NewReport};
use beep_core::id::{Id, MessageId};
use beep_core::report::ReportTarget;
use beep_core::text::{Comment, Reason};
use beep_proto::id::{Bare, Ref};
use beep_proto::operation::reports::{Create, Reported};
use beep_proto::operation::{messages, servers};
use beep_proto::problem::Problem;
use beep_proto::view::{Report, ReportKind};

use crate::http::context::Fields;
use crate::http::{Context, Handle, Refused, forward};

impl Handle for Create {
    async fn handle(self, context: &Context) -> Result<Report, Refused> {
        let (backend, actor) = (context.backend(), context.actor()?);
        let mut fields = Fields::default();
        let reason = fields.parse("reason", &self.reason, Reason::parse);
        let comment = fields.option("comment", self.comment.as_deref(), Comment::parse);
        let (reason, comment) = fields.all(reason.zip(comment))?;
        if reason.as_str().is_empty() {
            return Err(Refused(Problem::field("reason", "too_short", "must say what is wrong")));
        }
        let target = target(context, self.target)?;
        match &target {
            ReportTarget::Message { channel, id } if channel.home != backend.domain => {
                let asked = messages::Get::new(channel.clone(), *id);
                forward::to_owner(context, channel.home.clone(), asked).await?;
            }
            ReportTarget::Server(server) if server.home != backend.domain => {
                forward::to_owner(context, server.home.clone(), servers::Get::new(server.clone())).await?;
            }
            target => reports::may_report(backend, actor, target).await?,
        }
        Ok((&reports::create(backend, actor, NewReport { target, reason, comment }).await?).into())
    }
}

/// What a report is about.
fn target(context: &Context, target: Reported) -> Result<ReportTarget, Refused> {
    let of_message = |code, detail| Refused(Problem::field("target.channel_id", code, detail));
    match (target.kind, target.channel_id) {
        (ReportKind::Message, Some(channel)) => {
            let Bare(id) = target.id.parse::<Bare<MessageId>>().map_err(malformed)?;
            Ok(ReportTarget::Message { channel: context.qualify(channel), id })
        }
        (ReportKind::Message, None) => Err(of_message("missing", "must be the channel of the message")),
        (_, Some(_)) => Err(of_message("malformed", "must be absent for what is no message")),
        (ReportKind::User, None) => Ok(ReportTarget::User(context.qualify(id(&target.id)?))),
        (ReportKind::Server, None) => Ok(ReportTarget::Server(context.qualify(id(&target.id)?))),
    }
}

fn id<T: Id>(text: &str) -> Result<Ref<T>, Refused> {
    text.parse().map_err(malformed)
}

fn malformed(error: impl std::fmt::Display) -> Refused {
    Refused(Problem::field("target.id", "malformed", error.to_string()))
}
