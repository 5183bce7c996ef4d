//! The audit log of a server, and what is alike of that of the backend.

use beep_core::audit::{AuditAction, AuditEntry as CoreEntry, AuditFilter, AuditNumber};
use beep_core::backend::audit;
use beep_core::domain::Domain;
use beep_core::id::UserId;
use beep_proto::id::Ref;
use beep_proto::operation::audit_log::List;
use beep_proto::page::Page;
use beep_proto::problem::Problem;
use beep_proto::view::AuditEntry;

use crate::http::v1::page;
use crate::http::{Context, Handle, Refused};

impl Handle for List {
    async fn handle(self, context: &Context) -> Result<Page<AuditEntry>, Refused> {
        let (server, limit) = (context.local(self.server)?, page::limit(self.limit)?);
        let before = page::number(self.cursor.as_deref())?.map(AuditNumber);
        let filter = filter(context, self.actor, self.target, self.action)?;
        let (backend, actor) = (context.backend(), context.actor()?);
        Ok(cut(audit::list(backend, actor, &server, &filter, before, limit + 1).await?, limit))
    }
}

/// Which entries are asked for.
pub(super) fn filter(
    context: &Context,
    actor: Option<Ref<UserId>>,
    target: Option<String>,
    action: Option<String>,
) -> Result<AuditFilter, Refused> {
    Ok(AuditFilter {
        actor: actor.map(|actor| context.qualify(actor)),
        targets: target.map_or(Ok(Vec::new()), |id| self::target(context, &id))?,
        action: action.map(|name| self::action(&name)).transpose()?,
    })
}

/// A page of the entries that were found, one more than it takes if there are more.
pub(super) fn cut(entries: Vec<(AuditNumber, CoreEntry)>, limit: u32) -> Page<AuditEntry> {
    Page::cut(entries, limit, |(number, _)| number.0.to_be_bytes()).map(|(_, entry)| (&entry).into())
}

/// The action of an operation that leaves entries.
fn action(name: &str) -> Result<AuditAction, Refused> {
    AuditAction::named(name).ok_or_else(|| {
        Refused(Problem::field("action", "unknown", "must be the name of an operation that the log has entries of"))
    })
}

/// What an id may name: without a home, what lives inside of a server, or what is of the caller's own backend.
fn target(context: &Context, id: &str) -> Result<Vec<String>, Refused> {
    match id.parse::<Ref<UserId>>() {
        Ok(named) if named.home.is_none() => Ok(vec![named.id.to_string(), context.qualify(named).to_string()]),
        Ok(named) => Ok(vec![context.qualify(named).to_string()]),
        Err(_) => match Domain::typed(id) {
            Ok(domain) => Ok(vec![domain.to_string()]),
            Err(_) => Err(Refused(Problem::field("target", "malformed", "must be an id or a domain"))),
        },
    }
}
