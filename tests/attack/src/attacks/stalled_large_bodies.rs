//! Requests whose bodies come but for their last octet.

use super::stalled_bodies::play;
use crate::attack::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "stalled_large_bodies",
    does: "begins many requests, and sends all but the last octet of a megabyte each",
    holds: "others are let in all the while, and each is refused and closed after 30 s",
    spreads: true,
    play: |stage| Box::pin(play(stage, 999_999)),
};
