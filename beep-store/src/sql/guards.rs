//! Which concept knows whether what a decision rested on still stands.

use beep_core::port::{CommitError, Guard};

use super::group::Group;
use super::{accounts, invitations, members, messages, sessions, spaces, standing, streams, table};

/// Checks one guard, in the transaction that writes. What [`standing`] knows was looked up before.
pub(crate) async fn check(group: &mut Group<'_>, guard: &Guard) -> Result<(), CommitError> {
    let connection = &mut *group.connection;
    let stands = match guard {
        guard if standing::is_known(guard) => standing::stands(group.known, guard),
        Guard::Account(guard) => accounts::stands(connection, guard).await?,
        Guard::Registration(guard) => table::stands(connection, guard).await?,
        Guard::MailCode(guard) => table::stands(connection, guard).await?,
        Guard::SecondFactor(guard) => table::stands(connection, guard).await?,
        Guard::SecondFactorSetup(guard) => table::stands(connection, guard).await?,
        Guard::Session(guard) => sessions::stands(connection, guard).await?,
        Guard::Space(guard) => spaces::stands(connection, guard).await?,
        Guard::Member(guard) => members::stands(connection, guard).await?,
        Guard::Friendship(guard) => table::stands(connection, guard).await?,
        Guard::Block(guard) => table::stands(connection, guard).await?,
        Guard::Ban(guard) => table::stands(connection, guard).await?,
        Guard::DomainBan(guard) => table::stands(connection, guard).await?,
        Guard::Invitation(guard) => invitations::stands(connection, guard).await?,
        Guard::Suspension(guard) => table::stands(connection, guard).await?,
        Guard::Report(guard) => table::stands(connection, guard).await?,
        Guard::Message(guard) => messages::stands(connection, guard).await?,
        Guard::Stream(guard) => streams::stands(connection, guard).await?,
    };
    if stands { Ok(()) } else { Err(CommitError::Stale) }
}
