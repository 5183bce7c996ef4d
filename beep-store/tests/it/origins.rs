//! The numbers of domains: who gives them, who learns of them, and when they go.

use std::path::Path;
use std::sync::Arc;

use beep_core::account::User;
use beep_core::backend::bans::{self, NewBan};
use beep_core::backend::{Actor, inbound};
use beep_core::ban::Ban;
use beep_core::domain::Domain;
use beep_core::event::EventBody;
use beep_core::id::{Id, SessionId, SpaceId, SpaceKey, UserId, UserKey};
use beep_core::member::Member;
use beep_core::port::{
    Change, CommitError, Events, Federation, JoinIntent, RemoteProfile, SpaceWrite, Spaces, Store, StreamWrite, Write,
};
use beep_core::record::RecordWrite;
use beep_core::text::Username;
use beep_core::time::Timestamp;
use beep_store::{Sharing, SqlOptions, SqlStore};
use sqlx::{Connection, SqliteConnection};

use crate::pair::{Kept, Pair};
use crate::sql::{file_in, new_postgres, open_with};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn domain(name: &str) -> Domain {
    Domain::parse(&format!("{name}.example.com")).expect("a domain")
}

fn user(home: &str) -> UserKey {
    UserKey::new(UserId::generate(NOW, [1; 10]), domain(home))
}

fn space(home: &str) -> SpaceKey {
    SpaceKey::new(SpaceId::generate(NOW, [2; 10]), domain(home))
}

fn profile(home: &str) -> Write {
    let username = Username::parse("bob").expect("a name");
    let user = User { key: user(home), username, display_name: None, bio: None, created_at: NOW, deleted: false };
    Write::from(RecordWrite::Put(RemoteProfile { user, seen_at: NOW }))
}

async fn kept(path: &Path) -> Vec<String> {
    let mut connection = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.expect("it opens");
    let domains = sqlx::query_scalar("SELECT domain FROM origin ORDER BY domain").fetch_all(&mut connection);
    let domains = domains.await.expect("it reads");
    connection.close().await.expect("it closes");
    domains
}

#[tokio::test]
async fn what_is_looked_for_or_removed_gives_no_domain_a_number() {
    let folder = tempfile::tempdir().expect("a folder for the database");
    let store = open_with(SqlOptions::default(), &file_in(&folder), "a.example.com", Arc::default()).await;
    let store = store.expect("it opens");
    assert_eq!(store.ban(&space("b"), &user("c")).await.expect("it reads"), None);
    assert_eq!(store.inbound(&domain("d")).await.expect("it reads"), None);
    let removal = Change::default()
        .remove::<Ban>((space("e"), user("f")))
        .remove::<Member>((space("g"), user("h")))
        .remove::<JoinIntent>(JoinIntent { user: user("a").id, server: space("i") })
        .write(SpaceWrite::Remove(space("j")))
        .write(StreamWrite::Acknowledge(domain("k"), 1));
    store.commit(removal).await.expect("there is nothing to remove");
    assert_eq!(kept(&folder.path().join("beep.db")).await, [""; 0]);
    store.close().await;
}

#[tokio::test]
async fn a_domain_that_is_only_named_goes_with_the_last_that_names_it() {
    let folder = tempfile::tempdir().expect("a folder for the databases");
    let (near, far) = (folder.path().join("near.db"), folder.path().join("far.db"));
    let mut pair = Pair::new(41, Kept::Files(folder)).await;
    pair.deliver(usize::MAX).await;
    let guest = pair.guests[2].clone();
    for home in ["nobody", "nowhere"] {
        inbound::join_intent(&pair.near, &guest, &space(home)).await.expect("they live here");
    }
    inbound::remove_join_intent(&pair.near, &guest, &space("nobody")).await.expect("it is kept");
    assert_eq!(kept(&near).await, ["b.example.com", "nobody.example.com", "nowhere.example.com"]);
    let prune = async |store: &Arc<dyn Store>| {
        store.prune(Timestamp::from_millis(0)).await.expect("it goes");
    };
    prune(&pair.near.store).await;
    assert_eq!(kept(&near).await, ["b.example.com", "nowhere.example.com"]);
    // It is of somebody after all, and one that was removed gets a number again.
    pair.near.store.commit(Change::default().write(profile("nowhere"))).await.expect("it is kept");
    inbound::join_intent(&pair.near, &guest, &space("nobody")).await.expect("they live here");
    assert_eq!(pair.near.store.homes().await.expect("it reads").len(), 3);
    for home in ["nobody", "nowhere"] {
        inbound::remove_join_intent(&pair.near, &guest, &space(home)).await.expect("it is kept");
    }
    prune(&pair.near.store).await;
    assert_eq!(kept(&near).await, ["b.example.com", "nowhere.example.com"]);
    assert_eq!(pair.near.store.profiles(&[user("nowhere")]).await.expect("it reads").len(), 1);

    let (owner, banned) = (Actor::user(pair.owner.clone()), user("nobody"));
    bans::put(&pair.far, &owner, &pair.server, &banned, NewBan::default()).await.expect("they own it");
    prune(&pair.far.store).await;
    assert_eq!(kept(&far).await, ["a.example.com", "nobody.example.com"]);
    assert!(pair.far.store.ban(&pair.server, &banned).await.expect("it reads").is_some());
    bans::lift(&pair.far, &owner, &pair.server, &banned).await.expect("they own it");
    prune(&pair.far.store).await;
    assert_eq!(kept(&far).await, ["a.example.com"]);
}

/// What two processes do that use a database together.
async fn is_learnt(url: &str) {
    let mut stores: Vec<SqlStore> = Vec::new();
    for _ in 0..2 {
        let options = SqlOptions { sharing: Sharing::Allowed, ..Default::default() };
        stores.push(open_with(options, url, "a.example.com", Arc::default()).await.expect("it opens"));
    }
    let [one, other] = &stores[..] else { panic!("there are two") };
    // The other writes what rests on a number that it did not give, and has read nothing of.
    other.commit(Change::default()).await.expect("it writes");
    let body = EventBody::SessionRevoked { id: SessionId::generate(NOW, [3; 10]) };
    one.commit(Change::default().user_event(&user("b"), body)).await.expect("it is told");
    other.commit(Change::default().write(StreamWrite::Acknowledge(domain("b"), 1))).await.expect("it writes");
    let stream = one.outbound_to(&domain("b")).await.expect("it reads").expect("it began");
    assert_eq!((stream.acknowledged.seq, stream.last), (1, 1));

    // A number that was taken back is another domain's.
    let account = |n| {
        let mut account = crate::pair::account(&UserKey::new(UserId::generate(NOW, [n; 10]), domain("a")), NOW);
        account.user.username = Username::parse("taken").expect("a name");
        Write::from(RecordWrite::Put(account))
    };
    one.commit(Change::default().write(account(4))).await.expect("the name is free");
    let refused = one.commit(Change::default().write(profile("c")).write(account(5))).await;
    assert!(matches!(refused, Err(CommitError::Taken(_))), "{refused:?}");
    other.commit(Change::default().write(profile("d"))).await.expect("it is kept");
    one.commit(Change::default().write(profile("c"))).await.expect("it is kept");
    for store in &stores {
        let found = store.profiles(&[user("c"), user("d")]).await.expect("it reads");
        let mut homes: Vec<_> = found.into_iter().map(|(user, _)| user.key.home).collect();
        homes.sort_unstable();
        assert_eq!(homes, [domain("c"), domain("d")]);
    }
    // What others may have learnt stays.
    one.prune(Timestamp::from_millis(0)).await.expect("it goes");
    for store in &stores {
        store.close().await;
    }
}

#[tokio::test]
async fn stores_that_share_a_sqlite_learn_each_others_numbers() {
    let folder = tempfile::tempdir().expect("a folder for the database");
    is_learnt(&file_in(&folder)).await;
}

#[tokio::test]
async fn stores_that_share_a_postgres_learn_each_others_numbers() {
    if let Some(url) = new_postgres().await {
        is_learnt(&url).await;
    }
}
