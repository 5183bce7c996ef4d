//! A server bans a backend: its members are out, and nobody of it comes in, whatever the order of things.

use beep_client::EventData;
use beep_tests::database::Engine;
use beep_tests::federation::realm::{Backend, Realm};
use beep_tests::invited::{invite, is_received, is_revoked, pending};
use beep_tests::making::ids;
use beep_tests::people::Person;
use serde_json::{Value, json};

use crate::follower::Follower;

fn is_banned(person: &Person) -> impl FnMut(&EventData) -> bool {
    let id = person.id.clone();
    move |data| matches!(data, EventData::MemberBanned(gone) if gone.user.to_string() == id)
}

fn ban(server: &str, backend: &Backend) -> String {
    format!("/servers/{server}/domain-bans/{}", backend.domain)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_banned_backend_is_out_and_stays_out() {
    let (_realm, [a, b, c]) = Realm::of(Engine::Sqlite, ["a", "b", "c"]).await;
    let (olga, otto) = (a.sign_up("olga").await, a.sign_up("otto").await);
    let (bea, bob, cleo) = (b.sign_up("bea").await, b.sign_up("bob").await, c.sign_up("cleo").await);
    let (server, channel) = olga.community("public").await;
    let join = format!("/servers/{server}/join");
    for person in [&otto, &bea, &cleo] {
        person.post(&join, json!({})).await.expect(200);
    }
    let inviter = olga.make_role(&server, "inviter", 1, &["manage_invitations"]).await;
    olga.give(&server, &bea, &inviter).await;
    let (code, theirs) = (olga.invite(&server).await, bea.invite(&server).await);
    let mut at_home = Follower::begin(&a.server, &olga).await;
    let mut with_bea = Follower::begin(&b.server, &bea).await;
    let mut with_bob = Follower::begin(&b.server, &bob).await;
    let invited = invite(&olga, &server, &bob).await;
    with_bob.until("the invitation", is_received(&invited)).await;

    // Who may not, and what may not be.
    otto.put(&ban(&server, &b), json!({})).await.refused(403, "permission_denied");
    cleo.get(&format!("/servers/{server}/domain-bans")).await.refused(403, "permission_denied");
    olga.put(&ban(&server, &a), json!({})).await.refused(422, "invalid_request");
    olga.put(&format!("/servers/{server}/domain-bans/b"), json!({})).await.refused(422, "invalid_request");
    olga.delete(&ban(&server, &b)).await.refused(404, "not_found");

    let shouted = format!("/servers/{server}/domain-bans/{}.", b.domain.to_uppercase());
    let made = olga.put(&shouted, json!({ "reason": "spam" })).await.expect(200);
    let told = (&made["domain"], &made["reason"], &made["by"]);
    assert_eq!(told, (&json!(b.domain), &json!("spam"), &json!(olga.id)));
    at_home.until("that they are out", is_banned(&bea)).await;
    with_bea.until("that they are out", is_banned(&bea)).await;
    with_bob.until("that it is gone", is_revoked(&invited)).await;
    assert_eq!(pending(&bob).await, Vec::<String>::new());
    assert_eq!(ids(&bea.get("/servers").await.expect(200)), Vec::<String>::new());
    bea.get(&format!("/channels/{channel}/messages")).await.refused(404, "not_found");
    cleo.says(&channel, "still here").await;
    let listed = olga.get(&format!("/servers/{server}/domain-bans")).await.expect(200);
    assert_eq!(listed["items"], json!([made]));

    for person in [&bea, &bob] {
        person.post(&join, json!({})).await.refused(403, "banned");
        let named = format!("/invitations/{code}@{}/accept", a.domain);
        person.post(&named, json!({})).await.refused(403, "banned");
    }
    for (inviter, user) in [(&olga, &bob), (&olga, &bea)] {
        let path = format!("/servers/{server}/invitations");
        inviter.post(&path, json!({ "user": user.id })).await.refused(403, "banned");
    }
    // What they handed out lets in nobody.
    otto.delete(&format!("/servers/{server}/members/me")).await.expect(204);
    otto.post(&format!("/invitations/{theirs}/accept"), json!({})).await.refused(404, "not_found");
    let log = olga.get(&format!("/servers/{server}/audit-log?target={}", b.domain)).await.expect(200);
    let entry = &log["items"][0];
    let told = (&entry["action"], &entry["target"], &entry["reason"]);
    let target = json!({ "kind": "domain", "id": b.domain });
    assert_eq!(told, (&json!("domain_bans.put"), &target, &json!("spam")));

    olga.delete(&ban(&server, &b)).await.expect(204);
    bea.post(&join, json!({})).await.expect(200);
    bob.post(&format!("/invitations/{code}@{}/accept", a.domain), json!({})).await.expect(200);
    let kinds = olga.get(&format!("/servers/{server}/audit-log?target={}", b.domain)).await.expect(200);
    let actions: Vec<&Value> = kinds["items"].as_array().expect("items").iter().map(|of| &of["action"]).collect();
    assert_eq!(actions, ["domain_bans.delete", "domain_bans.put"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ban_of_a_backend_and_an_entry_that_cross_never_both_succeed() {
    let (_realm, [a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let (olga, bea) = (a.sign_up("olga").await, b.sign_up("bea").await);
    let (server, _) = olga.community("public").await;
    let code = olga.invite(&server).await;
    let entries = [format!("/servers/{server}/join"), format!("/invitations/{code}@{}/accept", a.domain)];
    let member = format!("/servers/{server}/members/{}", bea.id);
    for round in 0..12 {
        let entry = &entries[round % entries.len()];
        let path = ban(&server, &b);
        let (banned, entered) = tokio::join!(olga.put(&path, json!({})), bea.post(entry, json!({})));
        banned.expect(200);
        assert!(matches!(entered.status, 200 | 403), "round {round}: {}", entered.body);
        olga.get(&member).await.refused(404, "not_found");
        assert_eq!(olga.get(&format!("/servers/{server}")).await.expect(200)["member_count"], 1, "round {round}");
        bea.post(entry, json!({})).await.refused(403, "banned");
        crate::within("they are told that they are out", async {
            while !ids(&bea.get("/servers").await.expect(200)).is_empty() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        olga.delete(&path).await.expect(204);
    }
    bea.post(&entries[0], json!({})).await.expect(200);
}
