//! Inviting one person of another backend: they are told at home, answer at home, and nobody else can.

use beep_tests::database::Engine;
use beep_tests::federation::realm::Realm;
use beep_tests::invited::{invite, is_received, is_revoked, pending};
use beep_tests::making::{id, ids};
use serde_json::{Value, json};

use crate::follower::Follower;

#[tokio::test(flavor = "multi_thread")]
async fn people_are_invited_across_backends() {
    let (_realm, [a, b, c]) = Realm::of(Engine::Sqlite, ["a", "b", "c"]).await;
    let (ann, bea, cleo) = (a.sign_up("ann").await, b.sign_up("bea").await, c.sign_up("cleo").await);
    let (server, channel) = bea.community("private").await;
    let at = format!("/servers/{server}/invitations");
    let mut with_ann = Follower::begin(&a.server, &ann).await;
    let mut with_cleo = Follower::begin(&c.server, &cleo).await;

    // ReplicatedEvent at home, as it was made.
    let made = invite(&bea, &server, &ann).await;
    with_ann.until("the invitation", is_received(&made)).await;
    let listed = ann.get("/invitations").await.expect(200);
    assert_eq!(listed["items"], json!([made]));
    assert_eq!((&made["code"], &made["server"]["name"]), (&Value::Null, &json!("Garden")));

    // Nobody else can use it, wherever they are.
    let accept = |invitation: &Value| format!("/invitations/{}/accept", id(invitation));
    let decline = |invitation: &Value| format!("/invitations/{}/decline", id(invitation));
    cleo.post(&accept(&made), json!({})).await.refused(404, "not_found");
    cleo.post(&format!("/invitations/{}@{}/accept", id(&made), b.domain), json!({})).await.refused(404, "not_found");

    let member = ann.post(&accept(&made), json!({})).await.expect(200);
    assert_eq!((&member["user"], &member["server_id"]), (&json!(ann.id), &json!(server)));
    with_ann.until("that it is answered", is_revoked(&made)).await;
    assert_eq!((pending(&ann).await, ids(&bea.get(&at).await.expect(200))), (vec![], vec![]));
    ann.says(&channel, "here I am").await;
    with_ann.reads("here I am").await;

    // Whoever may invite at home may from elsewhere, and whom they like.
    ann.post(&at, json!({ "user": cleo.id })).await.refused(403, "permission_denied");
    let inviter = bea.make_role(&server, "inviter", 1, &["manage_invitations"]).await;
    bea.give(&server, &ann, &inviter).await;
    let nobody = format!("01890a5d-ac96-774b-bcce-b302099a8057@{}", c.domain);
    ann.post(&at, json!({ "user": nobody })).await.refused(404, "not_found");
    let made = invite(&ann, &server, &cleo).await;
    assert_eq!((&made["inviter"], &made["user"]), (&json!(ann.id), &json!(cleo.id)));
    with_cleo.until("the invitation", is_received(&made)).await;
    assert_eq!(ids(&ann.get(&at).await.expect(200)), [id(&made)]);
    cleo.post(&decline(&made), json!({})).await.expect(204);
    with_cleo.until("that it is answered", is_revoked(&made)).await;
    assert_eq!(ids(&bea.get(&at).await.expect(200)), Vec::<String>::new());
    cleo.post(&decline(&made), json!({})).await.refused(404, "not_found");

    // What takes the invitation along is told to whom it was for.
    let made = invite(&ann, &server, &cleo).await;
    with_cleo.until("the invitation", is_received(&made)).await;
    bea.delete(&format!("/servers/{server}/members/{}", ann.id)).await.expect(204);
    with_cleo.until("that it is gone", is_revoked(&made)).await;
    let made = invite(&bea, &server, &cleo).await;
    with_cleo.until("the invitation", is_received(&made)).await;
    bea.delete(&format!("/servers/{server}")).await.expect(204);
    with_cleo.until("that it is gone", is_revoked(&made)).await;
    cleo.post(&accept(&made), json!({})).await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn invitations_outlive_what_is_between_the_backends() {
    let (_realm, [mut a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let (ann, ada, bea) = (a.sign_up("ann").await, a.sign_up("ada").await, b.sign_up("bea").await);
    let (server, _) = bea.community("private").await;
    let at = format!("/servers/{server}/invitations");
    // Who was looked up before is known while their home is down.
    for name in ["ann", "ada"] {
        bea.get(&format!("/users?handle={name}@{}", a.domain)).await.expect(200);
    }
    a.server.kill().await;
    let (kept, gone) = (invite(&bea, &server, &ann).await, invite(&bea, &server, &ada).await);
    bea.delete(&format!("{at}/{}", id(&gone))).await.expect(204);
    let last = invite(&bea, &server, &ada).await;
    let stranger = format!("01890a5d-ac96-774b-bcce-b302099a8057@{}", a.domain);
    bea.post(&at, json!({ "user": stranger })).await.refused(503, "remote_unavailable");
    a.server.run().await;
    let mut with_ada = Follower::begin(&a.server, &ada).await;
    if pending(&ada).await.is_empty() {
        with_ada.until("the invitation", is_received(&last)).await;
    }
    assert_eq!((pending(&ann).await, pending(&ada).await), (vec![id(&kept)], vec![id(&last)]));

    // With the owner out of reach it can be turned down, and not accepted.
    b.link.cut();
    let path = |invitation: &Value, what: &str| format!("/invitations/{}/{what}", id(invitation));
    ann.post(&path(&kept, "accept"), json!({})).await.refused(503, "remote_unavailable");
    assert_eq!(pending(&ann).await, [id(&kept)]);
    let whole = format!("/invitations/{}@{}/decline", id(&last), b.domain);
    ada.post(&whole, json!({})).await.expect(204);
    with_ada.until("that it is answered", is_revoked(&last)).await;
    assert_eq!(pending(&ada).await, Vec::<String>::new());
    b.link.mend();
    let again = invite(&bea, &server, &ada).await;
    with_ada.until("the next invitation", is_received(&again)).await;
    assert_eq!(pending(&ada).await, [id(&again)]);
    for (who, invitation) in [(&ann, &kept), (&ada, &again)] {
        crate::within("the owner is reached again", async {
            while who.post(&path(invitation, "accept"), json!({})).await.status == 503 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!(ids(&who.get("/servers").await.expect(200)), std::slice::from_ref(&server));
    }
}
