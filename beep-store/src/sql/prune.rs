//! Removing old rows: events, entries of audit logs, resolved reports, suspensions that have ended, idempotency keys, ended
//! sessions, and registrations, changes of addresses and second factors that were never confirmed.

use std::time::Duration;

use beep_core::event::Position;
use beep_core::port::StoreError;
use beep_core::registration::REGISTRATION_LIFE;
use beep_core::report::RESOLVED_LIFE;
use beep_core::session::REFRESH_LIFE;
use beep_core::time::Timestamp;

use super::arg::args;
use super::audit;
use super::connection::Connection;
use super::profiles;

/// The result of one batch.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pruned {
    /// The number of removed events.
    pub(crate) events: u64,
    /// Whether there is more to remove.
    pub(crate) more: bool,
}

/// Removes some of the events and all claims and dead letters from before a time, and commits the transaction that was begun. A failed
/// one is the caller's to roll back.
pub(crate) async fn prune(
    connection: &mut Connection,
    before: Timestamp,
    now: Timestamp,
) -> Result<Pruned, StoreError> {
    let dialect = connection.dialect();
    // Taken so that the same is not removed twice at a time.
    let head: i64 = connection.fetch_one(dialect.take_log_head(), &[]).await?.columns().int()?;
    for sql in [REMOVE_CLAIMS, REMOVE_DEAD_LETTERS] {
        connection.execute(sql, &args![before]).await?;
    }
    let kept_after: i64 = connection.fetch_one(KEPT_AFTER, &[]).await?.columns().int()?;
    // Up to the first that is young enough: what is kept has no gaps, even if the clock was set back. Events from the future
    // do not count, unless the newest is one: then it is the clock that is behind.
    let newest = connection.fetch_optional(NEWEST, &[]).await?;
    let newest = newest.map(|row| row.columns().time()).transpose()?;
    let future = now.after(DAY);
    let future = if newest.is_some_and(|newest| newest >= future) { Timestamp::from_millis(i64::MAX) } else { future };
    let values = args![kept_after, before, future];
    let first_kept = match connection.fetch_optional(FIRST_KEPT, &values).await? {
        Some(row) => row.columns().int::<i64>()?,
        None => head + 1,
    };
    let up_to = (first_kept - 1).min(kept_after.saturating_add(AT_ONCE));
    let mut pruned = Pruned { events: 0, more: up_to < first_kept - 1 };
    if up_to > kept_after {
        for sql in [REMOVE_SCOPES, REMOVE_QUEUED] {
            connection.execute(sql, &args![up_to]).await?;
        }
        pruned.events = connection.execute(REMOVE_EVENTS, &args![up_to]).await?;
        connection.execute(KEEP_AFTER, &args![Position(up_to.cast_unsigned())]).await?;
    }
    if !pruned.more {
        pruned.more = connection.execute(REMOVE_COPIES, &args![before, AT_ONCE]).await? >= AT_ONCE.cast_unsigned();
    }
    if !pruned.more {
        pruned.more = connection.execute(REMOVE_FORMER, &args![before, AT_ONCE]).await? >= AT_ONCE.cast_unsigned();
    }
    if !pruned.more {
        pruned.more = audit::prune(connection, now, AT_ONCE).await? >= AT_ONCE.cast_unsigned();
    }
    if !pruned.more {
        connection.execute(FORGET_FORMER, &args![before]).await?;
        let outlived = args![before.before(PROFILE_LIFE), MOST_PROFILES, MOST_OF_HOME, AT_ONCE];
        let outlived = connection.fetch_all(OUTLIVED_PROFILES, &outlived).await?;
        profiles::remove_all(connection, &outlived).await?;
        pruned.more = i64::try_from(outlived.len()).is_ok_and(|removed| removed >= AT_ONCE);
        let long_ago = before.before(DAY);
        connection.execute(REMOVE_ENDED, &args![before.before(ENDED_LIFE)]).await?;
        connection.execute(REMOVE_REPORTS, &args![now.before(RESOLVED_LIFE)]).await?;
        connection.execute(REMOVE_SUSPENSIONS, &args![long_ago]).await?;
        connection.execute(REMOVE_UNUSED, &args![long_ago.before(REFRESH_LIFE)]).await?;
        for sql in [REMOVE_CODES, REMOVE_EMAIL_CHANGES, REMOVE_SETUPS, REMOVE_HOLDS] {
            connection.execute(sql, &args![before]).await?;
        }
        for sql in [REMOVE_SEATS, REMOVE_ABANDONED] {
            connection.execute(sql, &args![before.before(REGISTRATION_LIFE)]).await?;
        }
    }
    if !pruned.more {
        // Not before all that may name them is gone.
        connection.remove_unnamed_origins().await?;
    }
    connection.commit().await?;
    Ok(pruned)
}

const AT_ONCE: i64 = 4_096;

const REMOVE_CLAIMS: &str = "DELETE FROM idempotency_key WHERE claimed_at < $1";

const REMOVE_DEAD_LETTERS: &str = "DELETE FROM dead_letter WHERE received_at < $1";

/// Devices may have been off for a while longer than a session lasts, and clocks may be wrong by as much.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A session that ended is kept while access tokens of it may be about, and longer, so that its address is still known as
/// one that the account signed in from.
const ENDED_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How long a profile of another backend's user is kept after it was last heard of, beside the log: of who is a member here
/// for ever. Of each backend and in all so many are kept, the newest ones.
const PROFILE_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
const MOST_OF_HOME: i64 = 10_000;
const MOST_PROFILES: i64 = 100_000;

const OUTLIVED_PROFILES: &str = "
    SELECT id, origin, username, display_name_folded
    FROM (
        SELECT
            id,
            origin,
            username,
            display_name_folded,
            seen_at,
            ROW_NUMBER() OVER (ORDER BY seen_at DESC) AS in_all,
            ROW_NUMBER() OVER (PARTITION BY origin ORDER BY seen_at DESC) AS of_home
        FROM remote_user
    ) AS kept
    WHERE (seen_at < $1 OR in_all > $2 OR of_home > $3) AND NOT EXISTS (
        SELECT 1
        FROM member
        WHERE member.user_id = kept.id AND member.user_origin = kept.origin
    ) AND NOT EXISTS (
        SELECT 1
        FROM friendship
        WHERE friendship.other_id = kept.id AND friendship.other_origin = kept.origin AND friendship.standing > 0
    )
    LIMIT $4 + 0";

const REMOVE_ENDED: &str = "DELETE FROM session WHERE revoked_at < $1";

const REMOVE_UNUSED: &str = "DELETE FROM session WHERE last_used_at < $1";

const REMOVE_CODES: &str = "DELETE FROM mail_code WHERE expires_at < $1";

const REMOVE_EMAIL_CHANGES: &str = "DELETE FROM email_change WHERE asked_at < $1";

const REMOVE_SETUPS: &str = "DELETE FROM second_factor_setup WHERE expires_at < $1";

const REMOVE_HOLDS: &str = "DELETE FROM username_hold WHERE until < $1";

// A seat outlives its registration when that becomes an account.
const REMOVE_SEATS: &str =
    "DELETE FROM invitation_seat WHERE user_id IN (SELECT user_id FROM registration WHERE created_at < $1)";

const REMOVE_ABANDONED: &str = "DELETE FROM registration WHERE created_at < $1";

const KEPT_AFTER: &str = "SELECT kept_after FROM log";

// What is of a time to come by more than a clock is wrong is as old as what is beside it: a clock that was once ahead must
// not keep everything until it was right.
const FIRST_KEPT: &str = "
    SELECT position
    FROM event
    WHERE position > $1 AND happened_at >= $2 AND happened_at < $3
    ORDER BY position
    LIMIT 1";

const NEWEST: &str = "SELECT happened_at FROM event ORDER BY position DESC LIMIT 1";

const REMOVE_SCOPES: &str = "DELETE FROM event_scope WHERE position <= $1";

const REMOVE_QUEUED: &str = "DELETE FROM outbound_event WHERE position <= $1";

const REMOVE_EVENTS: &str = "DELETE FROM event WHERE position <= $1";

// Messages of other backends are here for the events that speak of them; their owners keep them.
const REMOVE_COPIES: &str = "
    DELETE FROM message
    WHERE (channel_id, origin, id) IN (
        SELECT channel_id, origin, id
        FROM message
        WHERE origin <> 0 AND COALESCE(edited_at, created_at) < $1
        LIMIT $2 + 0
    )";

// What the log no longer tells of needs not be walked back.
const REMOVE_FORMER: &str = "
    DELETE FROM member_role
    WHERE (space_id, origin, user_id, user_origin, role_id) IN (
        SELECT held.space_id, held.origin, held.user_id, held.user_origin, held.role_id
        FROM former_role
        JOIN member_role AS held ON held.space_id = former_role.space_id
            AND held.origin = former_role.origin
            AND held.role_id = former_role.role_id
        WHERE former_role.removed_at < $1 AND NOT EXISTS (
            SELECT 1
            FROM role
            WHERE role.space_id = held.space_id AND role.origin = held.origin AND role.id = held.role_id
        )
        LIMIT $2 + 0
    )";

const REMOVE_REPORTS: &str = "DELETE FROM report WHERE resolved_at < $1";

const REMOVE_SUSPENSIONS: &str = "DELETE FROM suspension WHERE until < $1";

const FORGET_FORMER: &str = "DELETE FROM former_role WHERE removed_at < $1";

const KEEP_AFTER: &str = "UPDATE log SET kept_after = $1";
