//! Which concept knows whether what a decision rested on still stands.

use beep_core::port::{CommitError, Guard};

use super::connection::Connection;
use super::{accounts, invitations, members, messages, sessions, spaces, streams, table};

/// Checks one guard, in the transaction that writes.
pub(crate) async fn check(connection: &mut Connection, guard: &Guard) -> Result<(), CommitError> {
    let stands = match guard {
        Guard::Account(guard) => accounts::stands(connection, guard).await?,
        Guard::Registration(guard) => table::stands(connection, guard).await?,
        Guard::MailCode(guard) => table::stands(connection, guard).await?,
        Guard::Session(guard) => sessions::stands(connection, guard).await?,
        Guard::Space(guard) => spaces::stands(connection, guard).await?,
        Guard::Member(guard) => members::stands(connection, guard).await?,
        Guard::Ban(guard) => table::stands(connection, guard).await?,
        Guard::Invitation(guard) => invitations::stands(connection, guard).await?,
        Guard::Message(guard) => messages::stands(connection, guard).await?,
        Guard::Stream(guard) => streams::stands(connection, guard).await?,
    };
    if stands { Ok(()) } else { Err(CommitError::Stale) }
}
