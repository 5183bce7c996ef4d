//! Whether what a decision rested on still stands.

use beep_core::port::{CommitError, Guard};

use super::arg::args;
use super::connection::Connection;
use super::{accounts, invitations, messages, spaces, streams};

/// Checks one guard, in the transaction that writes.
pub(crate) async fn check(connection: &mut Connection, guard: &Guard) -> Result<(), CommitError> {
    let stands = match guard {
        Guard::SpaceAt { id, revision } => {
            connection.fetch_optional(SPACE_AT, &args![id.id, &id.home, *revision]).await?.is_some()
        }
        Guard::NoMember { server, user } => {
            let values = args![server.id, &server.home, user.id, &user.home];
            connection.fetch_optional(MEMBER, &values).await?.is_none()
        }
        Guard::OwnsFewer { user, than } => spaces::owned(connection, user).await? < *than,
        Guard::AccountAt { id, revision } => {
            connection.fetch_optional(ACCOUNT_AT, &args![*id, *revision]).await?.is_some()
        }
        Guard::Holds { id, role } => connection.fetch_optional(HOLDS, &args![*id, role.name()]).await?.is_some(),
        Guard::OthersHold { id, role } => {
            connection.fetch_optional(OTHERS_HOLD, &args![*id, role.name()]).await?.is_some()
        }
        Guard::SessionAt { id, current } => {
            connection.fetch_optional(SESSION_AT, &args![*id, current.as_slice()]).await?.is_some()
        }
        Guard::CodeAt { user, purpose, attempts_left } => {
            let values = args![*user, accounts::purpose_number(*purpose), *attempts_left];
            connection.fetch_optional(CODE_AT, &values).await?.is_some()
        }
        Guard::MessageAt { channel, id, edited_at } => {
            match connection.fetch_optional(EDITED_AT, &args![channel.id, &channel.home, *id]).await? {
                Some(row) => row.columns().time_or_none()? == *edited_at,
                None => false,
            }
        }
        Guard::AllSent(sent) => {
            messages::sent_by(connection, &sent.server, &sent.author, sent.since).await? == sent.messages
        }
        Guard::ReceivedUpTo { origin, mark } => streams::inbound(connection, origin).await? == *mark,
        Guard::InvitationUsable { id, now } => match invitations::by_id(connection, *id).await? {
            Some(invitation) => {
                invitation.usable(*now).map_err(CommitError::Spent)?;
                true
            }
            None => false,
        },
    };
    if stands { Ok(()) } else { Err(CommitError::Stale) }
}

const SPACE_AT: &str = "SELECT 1 FROM space WHERE id = $1 AND origin = $2 AND revision = $3";

const MEMBER: &str = "
    SELECT 1 FROM member
    WHERE space_id = $1 AND origin = $2 AND user_id = $3 AND user_origin = $4";

const ACCOUNT_AT: &str = "SELECT 1 FROM account WHERE id = $1 AND revision = $2";

const HOLDS: &str = "SELECT 1 FROM global_role WHERE user_id = $1 AND role = $2";

const OTHERS_HOLD: &str = "SELECT 1 FROM global_role WHERE user_id <> $1 AND role = $2 LIMIT 1";

const SESSION_AT: &str = "SELECT 1 FROM session WHERE id = $1 AND current_hash = $2 AND revoked_at IS NULL";

const CODE_AT: &str = "SELECT 1 FROM mail_code WHERE user_id = $1 AND purpose = $2 AND attempts_left = $3";

const EDITED_AT: &str = "SELECT edited_at FROM message WHERE channel_id = $1 AND origin = $2 AND id = $3";
