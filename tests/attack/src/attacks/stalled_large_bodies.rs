//! Requests whose bodies come but for their last octet.

use beep_tests::people::Person;

use super::stalled_bodies;
use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "stalled_large_bodies",
    does: "signs in, begins many requests, and sends all but the last octet of a megabyte each",
    holds: "others are let in all the while, and each is refused and closed after 30 s",
    spreads: true,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let attacker = Person::sign_up(stage.server(), "attacker").await;
    let head = format!("PATCH /v1/self HTTP/1.1\r\nauthorization: Bearer {}\r\n", attacker.token);
    stalled_bodies::play(stage, &head, 1_000_000, 999_999).await;
}
