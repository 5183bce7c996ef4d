//! Who may act on whom: the rank rules between members and roles of a server.
//!
//! Decides by ranks only. [`crate::permission`] decides which permission an action needs; the caller loads members.
//! Rules: contract "authorization", 3, 7 and 8.

use std::cmp::Ordering;

use crate::id::RoleId;
use crate::permission::Permissions;

/// The place of a role: by position, then by age; total, without ties.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct RoleRank {
    /// Higher ranks higher; `everyone` is at 0.
    pub position: i32,
    /// Of two roles at one position the older one, of the smaller id, ranks higher.
    pub role: RoleId,
}

impl Ord for RoleRank {
    fn cmp(&self, other: &Self) -> Ordering {
        self.position.cmp(&other.position).then_with(|| other.role.cmp(&self.role))
    }
}

impl PartialOrd for RoleRank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The rank of a member.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Rank {
    /// A member without any role except `everyone`.
    Everyone,
    /// The highest role held.
    Role(RoleRank),
    /// The owner, above everyone.
    Owner,
}

/// Why a rank does not allow an action.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RankDenied {
    /// The other member ranks as high as the actor, or higher.
    #[error("the member does not rank below you")]
    Member,
    /// The role, before or after the change, ranks as high as the highest role of the actor, or higher.
    #[error("the role does not rank below your highest role")]
    Role,
}

/// Whether an actor may kick, ban, mute, rename or give roles to another member (rule 7).
///
/// Not for acting on oneself: leaving and the own nickname have their own rules.
///
/// # Errors
/// [`RankDenied::Member`] unless the actor ranks strictly higher.
pub fn act_on_member(actor: Rank, other: Rank) -> Result<(), RankDenied> {
    if actor > other { Ok(()) } else { Err(RankDenied::Member) }
}

/// Whether an actor may create, edit, delete, assign or remove a role at this rank (rule 7).
///
/// # Errors
/// [`RankDenied::Role`] unless the actor ranks strictly higher.
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

/// Whether an actor may put roles into another order: checked in the old and in the new one (rule 7). Both are given highest
/// first, and have the same roles.
///
/// # Errors
/// [`RankDenied::Role`] if a role that is not strictly below the actor has another place, or would have one.
pub fn reorder(actor: Rank, before: &[RoleRank], after: &[RoleId]) -> Result<(), RankDenied> {
    // Those who are not below come first in both: where each of them keeps its place, nothing came above the actor.
    let keeps_its_place = |(role, then): (&RoleRank, &RoleId)| role.role == *then;
    let moved = before.iter().zip(after).find(|pair| !keeps_its_place(*pair));
    moved.map_or(Ok(()), |(highest, _)| act_on_role(actor, *highest))
}

/// The ranks of roles in a new order, highest first. Roles keep their positions where they can: those between the first and the
/// last that move share theirs anew; if they do not fit, these and all below are numbered from 1, or else all.
pub fn placed(before: &[RoleRank], after: &[RoleId]) -> Vec<RoleRank> {
    let shared: Vec<_> =
        before.iter().zip(after).map(|(place, role)| RoleRank { position: place.position, role: *role }).collect();
    let first = before.iter().zip(after).position(|(place, role)| place.role != *role).unwrap_or(after.len());
    let numbered_from = |first: usize| {
        let mut ranks = shared.clone();
        for (rank, position) in ranks[first..].iter_mut().rev().zip(1..) {
            rank.position = position;
        }
        ranks
    };
    let falls = |ranks: &Vec<RoleRank>| ranks.is_sorted_by(|higher, lower| higher > lower);
    [shared.clone(), numbered_from(first)].into_iter().find(falls).unwrap_or_else(|| numbered_from(0))
}

/// Gives the permissions that a change newly grants and the actor does not hold (rule 8); empty if the change is
/// allowed.
///
/// What `before` already granted may stay. Only the difference counts, with the permissions that it implies: an actor
/// with `manage_messages` who is denied `send_messages` cannot grant `manage_messages`, because it implies the other.
/// To remove a denial, pass what stays denied as `before` and what was denied as `after`.
pub fn beyond(held: Permissions, before: Permissions, after: Permissions) -> Permissions {
    let new = after - before;
    (new - held) | ((new & held).closure() - before - held)
}
