//! Which function makes which write.

use beep_core::message::Message;
use beep_core::port::{CommitError, Write};

use super::group::Group;
use super::{
    accounts, bans, channels, idempotency_keys, invitations, keys, members, messages, pending_leaves, posts, profiles,
    remote_invitations, replicas, roles, sessions, spaces, streams,
};

/// Makes one write; gives the message when it sends one.
pub(crate) async fn make(group: &mut Group<'_>, write: &Write) -> Result<Option<Message>, CommitError> {
    if let Write::Post { server, draft } = write {
        return posts::send(group, server, draft).await.map(Some);
    }
    if let Write::PutReplica(replica) = write {
        replicas::put(group, replica).await?;
        return Ok(None);
    }
    let connection = &mut *group.connection;
    match write {
        Write::Post { .. } | Write::PutReplica(_) => {}
        Write::PutAccount(account) => accounts::put(connection, account).await?,
        Write::PutGlobalRole(id, role) => accounts::put_role(connection, *id, *role).await?,
        Write::RemoveGlobalRole(id, role) => accounts::remove_role(connection, *id, *role).await?,
        Write::RemoveAccount(id) => accounts::remove(connection, *id).await?,
        Write::PutCode(code) => accounts::put_code(connection, code).await?,
        Write::RemoveCode(user, purpose) => accounts::remove_code(connection, *user, *purpose).await?,
        Write::PutSession(session) => sessions::put(connection, session).await?,
        Write::PutKey(key) => keys::put(connection, key).await?,
        Write::RemoveKey(id) => keys::remove(connection, *id).await?,
        Write::Revise(server) => spaces::revise(connection, server).await?,
        Write::PutSpace(server) => spaces::put(connection, server).await?,
        Write::RemoveSpace(id) => spaces::remove(connection, id).await?,
        Write::PutRole(role) => roles::put(connection, role).await?,
        Write::RemoveRole(server, id) => roles::remove(connection, server, *id).await?,
        Write::PutChannel(channel) => channels::put(connection, channel).await?,
        Write::RemoveChannel(id) => channels::remove(connection, id).await?,
        Write::PutMember(member) => members::put(connection, member).await?,
        Write::RemoveMember(server, user) => members::remove(connection, server, user).await?,
        Write::PutBan(ban) => bans::put(connection, ban).await?,
        Write::RemoveBan(server, user) => bans::remove(connection, server, user).await?,
        Write::PutInvitation(invitation) => invitations::put(connection, invitation).await?,
        Write::PutInvited(invited) => remote_invitations::put(connection, invited).await?,
        Write::RemoveInvited(user, id) => remote_invitations::remove(connection, *user, id).await?,
        Write::UseInvitation(id) => invitations::use_once(connection, *id).await?,
        Write::RemoveInvitation(id) => invitations::remove(connection, *id).await?,
        Write::PutMessage(message) => messages::put(connection, message).await?,
        Write::RemoveMessage(channel, id) => messages::remove(connection, channel, *id).await?,
        Write::CountMembers(server, more) => members::count(connection, server, *more).await?,
        Write::PutProfile(user, at) => profiles::put(connection, user, *at).await?,
        Write::PutJoinIntent(user, server) => streams::join_intent(connection, *user, server).await?,
        Write::RemoveJoinIntent(user, server) => streams::remove_join_intent(connection, *user, server).await?,
        Write::PutPendingLeave(pending_leave) => pending_leaves::put(connection, pending_leave).await?,
        Write::RemovePendingLeave(pending_leave) => pending_leaves::remove(connection, pending_leave).await?,
        Write::Receive(origin, mark) => streams::receive(connection, origin, *mark).await?,
        Write::DeadLetter(letter) => streams::put_dead_letter(connection, letter).await?,
        Write::Acknowledge(to, seq) => streams::acknowledge(connection, to, *seq).await?,
        Write::ResetStream(to, stream) => streams::reset(connection, to, *stream).await?,
        Write::PutAnswer(claim, answered) => idempotency_keys::answer(connection, claim, answered).await?,
    }
    Ok(None)
}
