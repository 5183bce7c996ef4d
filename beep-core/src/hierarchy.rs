//! Who may act on whom: the rank rules between members and roles of a server.
//!
//! Decides from ranks alone. Which permission an action needs is [`crate::permission`]'s question;
//! loading members is the caller's. Rules: contract "authorization", 3, 7 and 8.

use crate::id::RoleId;
use crate::permission::Permissions;

/// The place of a role: by position, then by id; total, without ties.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RoleRank {
    /// Higher ranks higher; `everyone` is at 0.
    pub position: i32,
    /// Of two roles at one position the younger ranks higher.
    pub role: RoleId,
}

/// How high somebody stands.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Rank {
    /// No role but `everyone`.
    Everyone,
    /// The highest role held.
    Role(RoleRank),
    /// The owner, above everyone.
    Owner,
}

/// What was refused on grounds of rank.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RankDenied {
    /// The member acted on stands as high as the actor, or higher.
    #[error("the member does not rank below you")]
    Member,
    /// The role acted on, before or after the change, stands as high as the actor's highest, or higher.
    #[error("the role does not rank below your highest role")]
    Role,
}

/// Whether an actor may kick, ban, mute, rename or give roles to another member (rule 7).
///
/// Acting on oneself is not asked here: leaving and one's own nickname have rules of their own.
///
/// # Errors
/// [`RankDenied::Member`] unless the actor stands strictly higher.
pub fn act_on_member(actor: Rank, other: Rank) -> Result<(), RankDenied> {
    if actor > other { Ok(()) } else { Err(RankDenied::Member) }
}

/// Whether an actor may create, edit, delete, assign or remove a role at this rank (rule 7).
///
/// # Errors
/// [`RankDenied::Role`] unless the actor stands strictly higher.
pub fn act_on_role(actor: Rank, role: RoleRank) -> Result<(), RankDenied> {
    if actor > Rank::Role(role) { Ok(()) } else { Err(RankDenied::Role) }
}

/// Whether an actor may move a role: checked at its old and at its new place (rule 7).
///
/// # Errors
/// [`RankDenied::Role`] if either place is not strictly below the actor.
pub fn move_role(actor: Rank, from: RoleRank, to: RoleRank) -> Result<(), RankDenied> {
    act_on_role(actor, from).and_then(|()| act_on_role(actor, to))
}

/// Which of the permissions that a change newly hands out the actor does not hold (rule 8); empty means fine.
///
/// What `before` already gave may stay, so only the difference counts, with what it implies: where a denial
/// leaves the actor `manage_messages` without `send_messages`, they cannot hand on the one for its other half.
/// For a deny that is taken away, `before` is what is still denied and `after` is what was.
pub fn beyond(held: Permissions, before: Permissions, after: Permissions) -> Permissions {
    let new = after - before;
    (new - held) | ((new & held).closure() - before - held)
}
