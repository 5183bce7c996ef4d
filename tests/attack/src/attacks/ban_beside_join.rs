//! A ban and an entry at the same moment.

use beep_tests::people::Person;
use serde_json::json;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "ban_beside_join",
    does: "joins, or takes an invitation, in the moment of the ban",
    holds: "afterwards they are banned or a member, and never both",
    spreads: false,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let owner = Person::sign_up(stage.server(), "owner").await;
    let user = Person::sign_up(stage.server(), "user").await;
    let (server, _) = owner.community("public").await;
    let code = owner.invite(&server).await;
    // More rounds than the limit of writes lets in a reasonable time.
    stage.open_with(&["--limits.rates", "off"]).await;
    let user = stage.moved(&user, 0);
    let (ban, member) = (format!("/servers/{server}/bans/{}", user.id), format!("/servers/{server}/members/{}", user.id));
    let entries = [format!("/servers/{server}/join"), format!("/invitations/{code}/accept")];
    for round in 0..stage.size(20, 400) {
        let entry = &entries[round % entries.len()];
        let (banned, entered) = tokio::join!(owner.put(&ban, json!({})), user.post(entry, json!({})));
        let proper = banned.status == 200 && matches!(entered.status, 200 | 403 | 404);
        stage.hold(proper, || format!("round {round}: {} beside {}", banned.body, entered.body));
        let is_member = owner.get(&member).await.status == 200;
        let bans = owner.get(&format!("/servers/{server}/bans")).await.expect(200);
        let is_banned = bans["items"].as_array().is_some_and(|bans| !bans.is_empty());
        stage.hold(is_banned && !is_member, || format!("round {round}: banned {is_banned}, a member {is_member}"));
        owner.delete(&ban).await.expect(204);
        let gone = user.delete(&format!("/servers/{server}/members/me")).await;
        stage.hold([204, 404].contains(&gone.status), || format!("round {round}: leaving: {}", gone.body));
    }
}
