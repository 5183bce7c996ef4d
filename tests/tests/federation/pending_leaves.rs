//! Nobody is kept in a server because its owner does not answer, and the owner hears of it when it does.

use beep_client::EventData;
use beep_tests::database::Engine;
use beep_tests::federation::realm::{Backend, Realm};
use beep_tests::making::ids;
use beep_tests::people::Person;
use serde_json::json;

use crate::follower::Follower;
use crate::repair::repairs;
use crate::within;

/// Bea's server at `b`, and people of `a` in it.
struct Stage {
    bea: Person,
    ann: Person,
    carl: Person,
    server: String,
    channel: String,
}

impl Stage {
    async fn of(a: &Backend, b: &Backend) -> Self {
        let (ann, carl, bea) = (a.sign_up("ann").await, a.sign_up("carl").await, b.sign_up("bea").await);
        let (server, channel) = bea.community("public").await;
        let stage = Self { bea, ann, carl, server, channel };
        for guest in [&stage.ann, &stage.carl] {
            stage.joins(guest).await;
        }
        stage
    }

    async fn joins(&self, guest: &Person) {
        guest.post(&format!("/servers/{}/join", self.server), json!({})).await.expect(200);
        assert!(self.is_in(guest).await);
    }

    async fn leaves(&self, guest: &Person) {
        guest.delete(&format!("/servers/{}/members/me", self.server)).await.expect(204);
        assert!(!self.is_in(guest).await, "what is asked next is answered by it");
    }

    /// Whether somebody has the server in their list.
    async fn is_in(&self, guest: &Person) -> bool {
        ids(&guest.get("/servers").await.expect(200)).contains(&self.server)
    }

    /// How many members the owner counts.
    async fn members(&self) -> u64 {
        let server = self.bea.get(&format!("/servers/{}", self.server)).await.expect(200);
        server["member_count"].as_u64().expect("it is a count")
    }

    /// Waits until the owner's side is told that somebody left.
    async fn is_told(&self, at_home: &mut Follower, of: &Person) {
        let left = |data: &EventData| matches!(data, EventData::MemberLeft(gone) if gone.user.to_string() == of.id);
        at_home.until("who left", left).await;
    }
}

fn is_quiet(backend: &Backend) {
    let log = backend.server.log();
    assert!(!log.contains("set aside") && !log.contains("panicked"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_while_the_owner_is_down_is_out_and_the_owner_hears_of_it() {
    for engine in Engine::at_hand() {
        leaving(engine).await;
    }
}

async fn leaving(engine: Engine) {
    let (_realm, [mut a, mut b]) = Realm::of(engine, ["a", "b"]).await;
    let stage = Stage::of(&a, &b).await;
    let mut at_home = Follower::begin(&b.server, &stage.bea).await;
    let mut with_ann = Follower::begin(&a.server, &stage.ann).await;
    let mut with_carl = Follower::begin(&a.server, &stage.carl).await;

    // Who leaves while all is well is out at once as well.
    stage.leaves(&stage.ann).await;
    stage.is_told(&mut at_home, &stage.ann).await;
    stage.joins(&stage.ann).await;

    b.server.kill().await;
    stage.leaves(&stage.ann).await;
    assert!(stage.is_in(&stage.carl).await);
    with_ann.is_up_to_date().await;
    with_carl.is_up_to_date().await;
    // Whoever is not in it is told what is the matter.
    let path = format!("/servers/{}/members/me", stage.server);
    stage.ann.delete(&path).await.refused(503, "remote_unavailable");
    a.crash().await;
    assert!(!stage.is_in(&stage.ann).await);

    b.server.run().await;
    stage.bea.says(&stage.channel, "are you there?").await;
    stage.is_told(&mut at_home, &stage.ann).await;
    stage.bea.says(&stage.channel, "pity").await;
    with_carl.reads("pity").await;
    with_carl.is_up_to_date().await;
    with_ann.is_up_to_date().await;
    assert!(with_ann.told.iter().all(|(.., content)| content != "pity"));
    assert!(!stage.is_in(&stage.ann).await);
    assert_eq!(stage.members().await, 2);
    assert_eq!(repairs(&a.server), 0, "{}", a.server.log());

    // The last one, who comes back before the owner has heard: first it hears that they left.
    b.server.kill().await;
    stage.leaves(&stage.carl).await;
    stage.carl.post(&format!("/servers/{}/join", stage.server), json!({})).await.refused(503, "remote_unavailable");
    b.server.run().await;
    within("Carl is in again", async {
        while stage.carl.post(&format!("/servers/{}/join", stage.server), json!({})).await.status != 200 {}
    })
    .await;
    stage.is_told(&mut at_home, &stage.carl).await;
    stage.bea.says(&stage.channel, "welcome back").await;
    with_carl.reads("welcome back").await;
    a.crash().await;
    stage.bea.says(&stage.channel, "stay").await;
    with_carl.reads("stay").await;
    with_carl.is_up_to_date().await;
    assert_eq!(stage.members().await, 2);
    is_quiet(&a);
    is_quiet(&b);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_that_has_not_heard_brings_nobody_back() {
    let (_realm, [a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let stage = Stage::of(&a, &b).await;
    let mut at_home = Follower::begin(&b.server, &stage.bea).await;
    let mut with_ann = Follower::begin(&a.server, &stage.ann).await;
    let mut with_carl = Follower::begin(&a.server, &stage.carl).await;
    assert!(b.server.admin(&["grant", &stage.bea.name, "application_administrator"]).await.status.success());

    // The owner can speak and not hear.
    b.link.cut();
    stage.leaves(&stage.ann).await;
    stage.bea.says(&stage.channel, "one").await;
    with_carl.reads("one").await;
    // It tells all of the server again, with Ann in it.
    for domain in ["c.example.com", "a.example.com"] {
        stage.bea.put("/admin/federation/allow-list", json!({ "domains": [domain] })).await.expect(200);
    }
    stage.bea.says(&stage.channel, "two").await;
    with_carl.reads("two").await;
    with_carl.is_up_to_date().await;
    with_ann.is_up_to_date().await;
    assert!(!stage.is_in(&stage.ann).await);
    assert!(with_ann.told.iter().all(|(.., content)| content != "one" && content != "two"));
    // And when nobody else is in it, all the same.
    stage.leaves(&stage.carl).await;
    stage.bea.says(&stage.channel, "three").await;
    for domain in ["c.example.com", "a.example.com"] {
        stage.bea.put("/admin/federation/allow-list", json!({ "domains": [domain] })).await.expect(200);
    }
    stage.bea.says(&stage.channel, "four").await;
    assert_eq!(stage.members().await, 3);

    b.link.mend();
    stage.bea.says(&stage.channel, "five").await;
    stage.is_told(&mut at_home, &stage.carl).await;
    assert_eq!(stage.members().await, 1);
    for guest in [&stage.ann, &stage.carl] {
        assert!(!stage.is_in(guest).await);
    }
    with_carl.is_up_to_date().await;
    with_ann.is_up_to_date().await;
    is_quiet(&a);
    is_quiet(&b);
}
