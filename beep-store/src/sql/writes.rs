//! Which function makes which write.

use beep_core::message::Message;
use beep_core::port::{CommitError, Write};

use super::group::Group;
use super::{accounts, channels, claims, invitations, keys, members, messages, posts, roles, servers, sessions};

/// Makes one write; gives the message when it sends one.
pub(crate) async fn make(group: &mut Group<'_>, write: &Write) -> Result<Option<Message>, CommitError> {
    if let Write::Post { server, draft } = write {
        return posts::send(group, *server, draft).await.map(Some);
    }
    let connection = &mut *group.connection;
    match write {
        Write::Post { .. } => {}
        Write::PutAccount(account) => accounts::put(connection, account).await?,
        Write::RemoveAccount(id) => accounts::remove(connection, *id).await?,
        Write::PutCode(code) => accounts::put_code(connection, code).await?,
        Write::RemoveCode(user, purpose) => accounts::remove_code(connection, *user, *purpose).await?,
        Write::PutSession(session) => sessions::put(connection, session).await?,
        Write::PutKey(key) => keys::put(connection, key).await?,
        Write::RemoveKey(id) => keys::remove(connection, *id).await?,
        Write::Revise(server) => servers::revise(connection, *server).await?,
        Write::PutServer(server) => servers::put(connection, server).await?,
        Write::RemoveServer(id) => servers::remove(connection, *id).await?,
        Write::PutRole(role) => roles::put(connection, role).await?,
        Write::RemoveRole(server, id) => roles::remove(connection, *server, *id).await?,
        Write::PutChannel(channel) => channels::put(connection, channel).await?,
        Write::RemoveChannel(server, id) => channels::remove(connection, *server, *id).await?,
        Write::PutMember(member) => members::put(connection, member).await?,
        Write::RemoveMember(server, user) => members::remove(connection, *server, user).await?,
        Write::PutInvitation(invitation) => invitations::put(connection, invitation).await?,
        Write::UseInvitation(id) => invitations::use_once(connection, *id).await?,
        Write::RemoveInvitation(id) => invitations::remove(connection, *id).await?,
        Write::PutMessage(message) => messages::put(connection, message).await?,
        Write::RemoveMessage(channel, id) => messages::remove(connection, *channel, *id).await?,
        Write::PutAnswer(claim, answered) => claims::answer(connection, claim, answered).await?,
    }
    Ok(None)
}
