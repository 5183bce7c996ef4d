//! Reports: what users tell the moderators of their backend, and what becomes of it.

use crate::audit::{AuditAction, AuditChanges};
use crate::backend::admin::{self, Moderator};
use crate::backend::{Actor, Backend, Refusal, audit, messages, retry_on_conflict, servers, users};
use crate::global_role::GlobalRole;
use crate::id::{ReportId, UserKey};
use crate::record::RecordGuard;
use crate::report::{MOST_UNRESOLVED, Report, ReportState, ReportTarget, ReportsSeen, Resolution};
use crate::text::{Comment, Reason, ReportAction};

/// What somebody reports.
#[derive(Clone, Debug)]
pub struct NewReport {
    /// What it is about.
    pub target: ReportTarget,
    /// What is wrong with it.
    pub reason: Reason,
    /// What else there is to say.
    pub comment: Option<Comment>,
}

/// Whether the actor sees what they report: what another backend owns only that backend can say.
///
/// # Errors
/// [`Refusal::NotFound`] if they do not; [`Refusal::Remote`] if the home of a user does not answer.
pub async fn may_report(backend: &Backend, actor: &Actor, target: &ReportTarget) -> Result<(), Refusal> {
    match target {
        ReportTarget::Message { channel, id } => messages::find(backend, actor, channel, *id).await.map(drop),
        ReportTarget::User(user) => users::find(backend, user).await.map(drop),
        ReportTarget::Server(server) => servers::find(backend, actor, server).await.map(drop),
    }
}

/// Tells the moderators of this backend of something that the actor was found to see.
///
/// # Errors
/// [`Refusal::Conflict`] if too many reports of theirs are not resolved.
pub async fn create(backend: &Backend, actor: &Actor, new: NewReport) -> Result<Report, Refusal> {
    let by = actor.as_user()?;
    if backend.store.unresolved_reports(by).await? >= MOST_UNRESOLVED {
        return Err(Refusal::Conflict("moderators have not dealt with many of your reports yet; wait until they have"));
    }
    let report = Report {
        id: backend.id(),
        at: backend.now(),
        by: by.clone(),
        target: new.target,
        reason: new.reason,
        comment: new.comment,
        claimed_by: None,
        resolution: None,
    };
    let change = crate::port::Change::default().put(report.clone());
    backend.commit(actor, change).await?;
    Ok(report)
}

/// Lists reports of a state or of any, oldest first, after `after`: those that the global roles of the actor are for.
///
/// # Errors
/// [`Refusal::NotGlobal`] if they have none.
pub async fn list(
    backend: &Backend,
    actor: &Actor,
    state: Option<ReportState>,
    after: Option<ReportId>,
    limit: u32,
) -> Result<Vec<Report>, Refusal> {
    let (_, seen) = moderator(backend, actor).await?;
    Ok(backend.store.reports(seen, state, after, limit).await?)
}

/// Takes on a report; does nothing if it is the actor's already. An administrator takes it over from somebody else.
///
/// # Errors
/// [`Refusal::NotGlobal`]; [`Refusal::NotFound`] if the actor does not see it; [`Refusal::Conflict`] if it is resolved, or
/// another moderator deals with it.
pub async fn claim(backend: &Backend, actor: &Actor, id: ReportId) -> Result<Report, Refusal> {
    retry_on_conflict!(backend, {
        let (moderator, before) = unresolved(backend, actor, id).await?;
        let by = moderator.user();
        if before.claimed_by.as_ref() == Some(by) {
            return Ok(before);
        }
        let report = Report { claimed_by: Some(by.clone()), ..before.clone() };
        let name = |report: &Report| report.claimed_by.as_ref().map(UserKey::to_string);
        let changes = AuditChanges::new().of("claimed_by", Some(&before), Some(&report), name);
        let what = (AuditAction::ReportClaim, (&id).into(), changes);
        let change = moderator.change().guard(RecordGuard::Is(before)).put(report.clone());
        backend.commit(actor, audit::by_moderator(backend, actor, &moderator, None, what, change)).await?;
        report
    })
}

/// Says what came of a report, which the actor took on or nobody did; whoever resolves it has taken it on. The note is the
/// reason in the audit log.
///
/// # Errors
/// As [`claim`].
pub async fn resolve(
    backend: &Backend,
    actor: &Actor,
    id: ReportId,
    action: ReportAction,
    note: Option<Reason>,
) -> Result<Report, Refusal> {
    let actor = &actor.because(note.clone());
    retry_on_conflict!(backend, {
        let (moderator, before) = unresolved(backend, actor, id).await?;
        let resolution = Resolution { action: action.clone(), note: note.clone(), at: backend.now() };
        let report =
            Report { claimed_by: Some(moderator.user().clone()), resolution: Some(resolution), ..before.clone() };
        let changes = AuditChanges::new().field("action", None, Some(action.as_str()));
        let what = (AuditAction::ReportResolve, (&id).into(), changes);
        let change = moderator.change().guard(RecordGuard::Is(before)).put(report.clone());
        backend.commit(actor, audit::by_moderator(backend, actor, &moderator, None, what, change)).await?;
        report
    })
}

/// The actor, and which reports they see.
async fn moderator(backend: &Backend, actor: &Actor) -> Result<(Moderator, ReportsSeen), Refusal> {
    let roles = [GlobalRole::UserModerator, GlobalRole::ServerModerator];
    let moderator = admin::require_any(backend, actor, &roles).await?;
    let seen = ReportsSeen::by(moderator.roles()).ok_or(Refusal::NotGlobal(roles[0]))?;
    Ok((moderator, seen))
}

/// A report that the actor may deal with.
async fn unresolved(backend: &Backend, actor: &Actor, id: ReportId) -> Result<(Moderator, Report), Refusal> {
    let (moderator, seen) = moderator(backend, actor).await?;
    let report = backend.store.report(id).await?.filter(|report| seen.shows(&report.target));
    let report = report.ok_or(Refusal::NotFound)?;
    if report.resolution.is_some() {
        return Err(Refusal::Conflict("the report is resolved"));
    }
    let is_anothers = report.claimed_by.as_ref().is_some_and(|by| by != moderator.user());
    if is_anothers && !moderator.roles().contains(&GlobalRole::ApplicationAdministrator) {
        return Err(Refusal::Conflict("another moderator deals with the report"));
    }
    Ok((moderator, report))
}
