//! Codes of every kind of death, shown by who is banned and by a stranger.

use beep_tests::making::id;
use beep_tests::people::Person;
use serde_json::json;

use crate::attack::Attack;
use crate::stage::Stage;

pub(super) const ATTACK: Attack = Attack {
    name: "dead_code_of_the_banned",
    does: "shows spent, revoked, orphaned and unknown codes, banned and not",
    holds: "all of them are answered alike",
    spreads: false,
    by_peer: false,
    play: |stage| Box::pin(play(stage)),
};

async fn play(stage: &mut Stage) {
    let owner = Person::sign_up(stage.server(), "owner").await;
    let helper = Person::sign_up(stage.server(), "helper").await;
    let banned = Person::sign_up(stage.server(), "banned").await;
    let stranger = Person::sign_up(stage.server(), "stranger").await;
    let member = Person::sign_up(stage.server(), "member").await;
    let (server, _) = owner.community("private").await;
    helper.accept(&owner.invite(&server).await).await;
    let inviter = owner.make_role(&server, "inviter", 1, &["manage_invitations"]).await;
    owner.give(&server, &helper, &inviter).await;
    owner.put(&format!("/servers/{server}/bans/{}", banned.id), json!({})).await.expect(200);
    let path = format!("/servers/{server}/invitations");
    let code = |made: &serde_json::Value| made["code"].as_str().expect("a code").to_owned();
    let spent = code(&owner.post(&path, json!({ "max_uses": 1 })).await.expect(201));
    member.accept(&spent).await;
    let revoked = owner.post(&path, json!({})).await.expect(201);
    owner.delete(&format!("{path}/{}", id(&revoked))).await.expect(204);
    let orphaned = code(&helper.post(&path, json!({})).await.expect(201));
    owner.delete(&format!("/servers/{server}/members/{}", helper.id)).await.expect(204);
    stage.open().await;
    let mut answers = Vec::new();
    for code in [spent, code(&revoked), orphaned, "AAAAAAAAAA".to_owned()] {
        for person in [&banned, &stranger] {
            let accepted = person.post(&format!("/invitations/{code}/accept"), json!({})).await;
            let seen = person.get(&format!("/invitations/{code}")).await;
            answers.push((accepted.status, accepted.body, seen.status, seen.body));
        }
    }
    let unknown = answers.last().cloned().expect("several were asked");
    stage.hold(unknown.0 == 404, || format!("an unknown code is answered {}", unknown.1));
    for answer in answers {
        stage.hold(answer == unknown, || format!("{answer:?}"));
    }
}
