//! Which concept makes which write.

use beep_core::message::Message;
use beep_core::port::{CommitError, Write};

use super::group::Group;
use super::{
    account_removals, accounts, audit, channels, idempotency_keys, invitations, members, messages, pending_leaves,
    profiles, purges, read_marks, roles, spaces, streams, table,
};

/// Makes one write; gives the message when it sends one.
pub(crate) async fn make(group: &mut Group<'_>, write: &Write) -> Result<Option<Message>, CommitError> {
    let connection = &mut *group.connection;
    match write {
        Write::Account(write) => accounts::write(connection, write).await?,
        Write::Removal(write) => account_removals::write(group, write).await?,
        Write::GlobalRole(write) => table::write(connection, write).await?,
        Write::Registration(write) => table::write(connection, write).await?,
        Write::UsernameHold(write) => table::write(connection, write).await?,
        Write::InvitationSeat(write) => table::write(connection, write).await?,
        Write::MailCode(write) => table::write(connection, write).await?,
        Write::EmailChange(write) => table::write(connection, write).await?,
        Write::SecondFactor(write) => table::write(connection, write).await?,
        Write::SecondFactorSetup(write) => table::write(connection, write).await?,
        Write::Session(write) => table::write(connection, write).await?,
        Write::Key(write) => table::write(connection, write).await?,
        Write::Friendship(write) => table::write(connection, write).await?,
        Write::Block(write) => table::write(connection, write).await?,
        Write::Presence(write) => table::write(connection, write).await?,
        Write::Answer(write) => idempotency_keys::write(connection, write).await?,
        Write::Space(write) => spaces::write(group, write).await?,
        Write::Role(write) => roles::write(group, write).await?,
        Write::Channel(write) => channels::write(connection, write).await?,
        Write::Member(write) => members::write(connection, write).await?,
        Write::Ban(write) => table::write(connection, write).await?,
        Write::Audit(write) => audit::write(group, write).await?,
        Write::DomainBan(write) => table::write(connection, write).await?,
        Write::Mute(write) => table::write(connection, write).await?,
        Write::Suspension(write) => table::write(connection, write).await?,
        Write::Restriction(write) => table::write(connection, write).await?,
        Write::Report(write) => table::write(connection, write).await?,
        Write::Purge(write) => purges::write(connection, write).await?,
        Write::Invitation(write) => invitations::write(connection, write).await?,
        Write::Invited(write) => table::write(connection, write).await?,
        Write::Message(write) => return messages::write(group, write).await,
        Write::Read(write) => read_marks::write(group, write).await?,
        Write::JoinIntent(write) => table::write(connection, write).await?,
        Write::PendingLeave(write) => pending_leaves::write(connection, write).await?,
        Write::RemoteProfile(write) => profiles::write(connection, write).await?,
        Write::Stream(write) => streams::write(connection, write).await?,
    }
    Ok(None)
}
