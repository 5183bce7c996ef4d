//! What a backend holds of another's servers becomes what their owner holds, whatever came between.

use std::collections::BTreeSet;
use std::str::FromStr as _;

use beep_client::EventData;
use beep_tests::database::Engine;
use beep_tests::federation::realm::{Backend, Realm};
use beep_tests::making::ids;
use beep_tests::people::Person;
use beep_tests::server::Server;
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use crate::follower::Follower;
use crate::within;

/// Changes what a backend keeps, behind its back.
async fn tamper(backend: &mut Backend, statement: &'static str) {
    backend.server.kill().await;
    let options = SqliteConnectOptions::from_str(backend.server.database()).expect("it is in a file");
    let mut database = options.connect().await.expect("nobody else has it");
    let changed = database.execute(statement).await.expect("the statement is right").rows_affected();
    assert!(changed > 0, "{statement} changes something");
    database.close().await.expect("it closes");
    backend.server.run().await;
}

/// How often something of another backend's was not as its owner has it.
pub(crate) fn repairs(server: &Server) -> usize {
    server.log().matches("differed from its owner").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_as_its_owner_has_it_is_fetched() {
    let (_realm, [mut a, mut b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let (ann, bea) = (a.sign_up("ann").await, b.sign_up("bea").await);
    let (server, channel) = bea.community("public").await;
    let (other, _) = bea.community("public").await;
    for server in [&server, &other] {
        ann.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    }
    let mut with_ann = Follower::begin(&a.server, &ann).await;
    bea.says(&channel, "before").await;
    with_ann.reads("before").await;

    // Nothing differs: nothing is fetched, however often it is looked.
    a.crash().await;
    bea.says(&channel, "all is well").await;
    with_ann.reads("all is well").await;

    tamper(&mut a, "UPDATE channel SET name = 'wrong' WHERE origin <> 0").await;
    let path = format!("/servers/{server}/channels");
    within("the channel has its name again", async {
        while ann.get(&path).await.expect(200)["items"][0]["name"] == "wrong" {
            tokio::task::yield_now().await;
        }
    })
    .await;
    bea.says(&channel, "after").await;
    with_ann.reads("after").await;
    with_ann.is_up_to_date().await;

    // Even what is not there at all, and without another word about it.
    tamper(&mut a, "DELETE FROM space WHERE origin <> 0").await;
    within("both servers are there again", async {
        while ids(&ann.get("/servers").await.expect(200)).len() < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    // Two channels had another name, and two servers were gone.
    within("all was fetched", async {
        while repairs(&a.server) < 4 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(repairs(&a.server), 4, "{}", a.server.log());
    bea.says(&channel, "and on").await;
    with_ann.reads("and on").await;
    with_ann.is_up_to_date().await;

    // And what is not there any more, though nobody said so.
    tamper(&mut b, "DELETE FROM space").await;
    a.crash().await;
    within("both servers are gone", async {
        while !ids(&ann.get("/servers").await.expect(200)).is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    with_ann.is_up_to_date().await;
}

/// Has somebody who administers a backend drop all that waits for `a`.
async fn drop_what_waits(bea: &Person) {
    let queue = async || bea.get("/admin/federation").await.expect(200)["remotes"][0]["queue"].clone();
    assert_eq!(queue().await, 1);
    let list = "/admin/federation/allow-list";
    bea.put(list, json!({ "domains": ["c.example.com"] })).await.expect(200);
    within("the stream is dropped", async {
        while queue().await != 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    bea.put(list, json!({ "domains": ["a.example.com"] })).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_kicked_by_a_word_that_was_dropped_hears_no_more() {
    let (_realm, [a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let (ann, carl, bea) = (a.sign_up("ann").await, a.sign_up("carl").await, b.sign_up("bea").await);
    let (server, channel) = bea.community("public").await;
    for guest in [&ann, &carl] {
        guest.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    }
    let mut with_ann = Follower::begin(&a.server, &ann).await;
    let mut with_carl = Follower::begin(&a.server, &carl).await;
    assert!(b.server.admin(&["grant", &bea.name, "application_administrator"]).await.status.success());
    a.link.cut();
    bea.delete(&format!("/servers/{server}/members/{}", ann.id)).await.expect(204);
    drop_what_waits(&bea).await;
    a.link.mend();
    let left = |data: &EventData| matches!(data, EventData::MemberLeft(gone) if gone.user.to_string() == ann.id);
    bea.says(&channel, "she is out").await;
    with_ann.until("her being out", left).await;
    bea.says(&channel, "among us").await;
    with_carl.reads("among us").await;
    with_carl.is_up_to_date().await;
    with_ann.is_up_to_date().await;
    assert!(with_ann.told.iter().all(|(.., content)| content != "among us"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_that_its_stream_does_not_tell_is_fetched() {
    let (_realm, [a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let (ann, bea) = (a.sign_up("ann").await, b.sign_up("bea").await);
    let (server, channel) = bea.community("public").await;
    let mut with_ann = Follower::begin(&a.server, &ann).await;
    assert!(b.server.admin(&["grant", &bea.name, "application_administrator"]).await.status.success());
    // No stream gets through to Ann's backend, which asks for the server itself.
    a.link.cut();
    ann.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    assert_eq!(ids(&ann.get("/servers").await.expect(200)), std::slice::from_ref(&server));
    drop_what_waits(&bea).await;
    a.link.mend();
    bea.says(&channel, "welcome").await;
    with_ann.reads("welcome").await;
    with_ann.is_up_to_date().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_servers_than_are_listed_at_once_are_all_fetched() {
    let (_realm, [mut a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let ann = a.sign_up("ann").await;
    let mut joined = BTreeSet::new();
    for owner in ["bea", "ben"] {
        let owner = b.sign_up(owner).await;
        for _ in 0..MORE_THAN_A_PAGE.div_ceil(2) {
            let (server, _) = owner.community("public").await;
            ann.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
            joined.insert(server);
        }
    }
    tamper(&mut a, "DELETE FROM space WHERE origin <> 0").await;
    within("all servers are there again", async {
        while repairs(&a.server) < joined.len() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let (first, second) = (ann.get("/servers?limit=100").await.expect(200), "/servers?limit=100&cursor=");
    let second = ann.get(&format!("{second}{}", first["next"].as_str().expect("there are more"))).await.expect(200);
    assert_eq!(ids(&first).into_iter().chain(ids(&second)).collect::<BTreeSet<_>>(), joined);
}

/// An owner lists 100 at once.
const MORE_THAN_A_PAGE: usize = 102;
