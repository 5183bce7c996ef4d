//! A PostgreSQL that falls silent: its connections stay open, and nothing comes on them any more.

use std::time::{Duration, Instant};

use beep_core::port::{Events, Store};
use beep_store::{Sharing, SqlOptions};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::sql::{new_postgres, open_with, telling};

/// Stands between a store and its database.
struct Way {
    url: String,
    /// Whether it carries anything. What was not carried once is carried no more.
    carries: watch::Sender<bool>,
}

impl Way {
    /// Leads to the database at a URL with host and port.
    async fn to(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let (before, rest) = url.rsplit_once('@').expect("it names a user");
        let (host, database) = rest.split_once('/').expect("it names a database");
        let url = format!("{before}@{}/{database}", listener.local_addr().expect("it is bound"));
        let host = if host.contains(':') { host.to_owned() } else { format!("{host}:5432") };
        let (carries, carried) = watch::channel(true);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, host.clone(), carried.clone()));
            }
        });
        Self { url, carries }
    }
}

async fn carry(mut client: TcpStream, host: String, mut carried: watch::Receiver<bool>) {
    if *carried.borrow_and_update() {
        let Ok(mut server) = TcpStream::connect(host).await else { return };
        tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server) => return,
            _ = carried.wait_for(|carries| !carries) => {}
        }
    }
    // Both ends are kept, and neither hears of the other.
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_falls_silent_is_waited_for_no_longer_than_this() {
    let Some(url) = new_postgres().await else { return };
    let way = Way::to(&url).await;
    // The lock would stay with a session that the database has no reason to end.
    let options =
        SqlOptions { sharing: Sharing::Allowed, patience: Duration::from_millis(500), ..SqlOptions::default() };
    let store = open_with(options, &way.url, "a.example.com", Default::default()).await.expect("it opens");
    let store = std::sync::Arc::new(store);
    store.commit(telling(1)).await.expect("it is sound");
    store.log_state().await.expect("it is sound");
    way.carries.send_replace(false);
    let begun = Instant::now();
    let mut asked = JoinSet::new();
    for number in 0..20 {
        let store = store.clone();
        asked.spawn(async move { store.commit(telling(number)).await.map(drop).map_err(|error| error.to_string()) });
    }
    for _ in 0..20 {
        let store = store.clone();
        asked.spawn(async move { store.log_state().await.map(drop).map_err(|error| error.to_string()) });
    }
    for outcome in asked.join_all().await {
        outcome.expect_err("nothing is answered");
    }
    store.ping().await.expect_err("it says so");
    assert!(begun.elapsed() < Duration::from_secs(60), "all fail in time: {:?}", begun.elapsed());
    way.carries.send_replace(true);
    let recovers = async {
        while store.commit(telling(1)).await.is_err() || store.log_state().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), recovers).await.expect("new connections are opened");
    store.ping().await.expect("all is well again");
    store.close().await;
}
