//! What is kept of other backends.

use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::port::{Change, SetAside, Write};

use super::Stage;
use super::sample::NOW;

/// What could not be applied is kept by backend, youngest first, and one that sends much hides no other's.
pub async fn what_is_set_aside_is_kept_by_backend(stage: &Stage) {
    let [b, c] = ["b.example.com", "c.example.com"].map(|domain| Domain::parse(domain).expect("a domain"));
    let aside = |origin: &Domain, seq: u64| SetAside {
        origin: origin.clone(),
        seq,
        error: format!("error {seq}"),
        entry: vec![0, 0xff, b'{'],
        at: NOW.after(Duration::from_secs(seq)),
    };
    let of_b = (1..=5).map(|seq| aside(&b, seq));
    let change = of_b.chain([aside(&c, 1)]).fold(Change::default(), |change, it| change.write(Write::SetAside(it)));
    stage.commit(change).await;
    let all = stage.store.set_aside(2).await.expect("read");
    assert_eq!(all.keys().collect::<Vec<_>>(), [&b, &c]);
    assert_eq!((all[&b].kept, &all[&b].youngest), (5, &vec![aside(&b, 5), aside(&b, 4)]));
    assert_eq!((all[&c].kept, &all[&c].youngest), (1, &vec![aside(&c, 1)]));
}
