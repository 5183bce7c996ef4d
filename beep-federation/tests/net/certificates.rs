//! Which certificates are good, shown by a caller and by one who is called.

use rcgen::ExtendedKeyUsagePurpose::{ClientAuth, ServerAuth};

use crate::authority::{Authority, Files, Order};
use crate::backend::{World, quick};
use beep_federation::net::EgressSettings;

/// What comes of a certificate of the caller, and of the same one of the callee.
async fn judged(order: &Order) -> (String, String) {
    let world = World::new();
    let (odd, good) = (world.backend_with("a", order).await, world.backend("b").await);
    let outcome = |asked: Result<_, beep_federation::net::CallError>| match asked {
        Ok::<serde_json::Value, _>(_) => "ok".to_owned(),
        Err(error) => error.problem().code.as_str().to_owned(),
    };
    (outcome(odd.ask("b.example.com").await), outcome(good.ask("a.example.com").await))
}

async fn expect(name: &str, order: Order, calling: &str, called: &str) {
    let (as_caller, as_callee) = judged(&order).await;
    assert_eq!((as_caller.as_str(), as_callee.as_str()), (calling, called), "{name}");
}

const HOST: &str = "federator.a.example.com";

#[tokio::test]
async fn names_are_alternative_names_by_the_same_rules_both_ways() {
    let mut many: Vec<&'static str> = (0..40).map(|n| &*format!("n{n}.example.org").leak()).collect();
    many.push(HOST);
    for (name, names) in [
        ("its host", vec![HOST]),
        ("one of several", vec!["x.example.org", HOST, "y.example.org"]),
        ("one of many", many),
        ("a wildcard", vec!["*.a.example.com"]),
        ("upper case", vec!["FEDERATOR.A.Example.COM"]),
    ] {
        expect(name, Order::of(&names), "ok", "ok").await;
    }
    for (name, names) in [
        ("another host", vec!["federator.c.example.com"]),
        ("the backend domain", vec!["a.example.com"]),
        ("a wildcard one too high", vec!["*.example.com"]),
        ("a wildcard one too low", vec!["*.federator.a.example.com"]),
        ("an address", vec!["127.0.0.1"]),
        ("none", vec![]),
    ] {
        expect(name, Order::of(&names), "validation_error", "validation_error").await;
    }
}

#[tokio::test]
async fn the_common_name_counts_for_nothing() {
    for names in [vec![], vec!["federator.c.example.com"]] {
        let order = Order { common_name: HOST, ..Order::of(&names) };
        expect("the common name alone", order, "validation_error", "validation_error").await;
    }
}

#[tokio::test]
async fn time_counts() {
    const FAILURE: &str = "authentication_failure";
    let order = Order { from_days: -10, until_days: -1, ..Order::of(&[HOST]) };
    expect("expired", order, FAILURE, FAILURE).await;
    let order = Order { from_days: 1, until_days: 10, ..Order::of(&[HOST]) };
    expect("not yet valid", order, FAILURE, FAILURE).await;
}

#[tokio::test]
async fn use_counts_where_it_is_said() {
    const FAILURE: &str = "authentication_failure";
    let of = |uses| Order { uses, ..Order::of(&[HOST]) };
    expect("unsaid", of(vec![]), "ok", "ok").await;
    expect("both", of(vec![ClientAuth, ServerAuth]), "ok", "ok").await;
    expect("servers only", of(vec![ServerAuth]), FAILURE, "ok").await;
    expect("clients only", of(vec![ClientAuth]), "ok", FAILURE).await;
}

#[tokio::test]
async fn an_authority_that_is_not_trusted_is_refused_both_ways() {
    let world = World::new();
    let good = world.backend("b").await;
    // It trusts the world's authority, and has its certificate from another one.
    let issued = Authority::new().issue(&Order::of(&[HOST]));
    let files = Files::new(&issued, &world.authority.pem());
    let odd = world.started("a", files, quick(), EgressSettings::default()).await;
    assert_eq!(odd.code("b.example.com").await, "authentication_failure");
    assert_eq!(good.code("a.example.com").await, "authentication_failure");
    // And one that trusts nobody else's.
    let issued = world.authority.issue(&Order::of(&["federator.c.example.com"]));
    let files = Files::new(&issued, &Authority::new().pem());
    let lonely = world.started("c", files, quick(), EgressSettings::default()).await;
    assert_eq!(lonely.code("b.example.com").await, "authentication_failure");
    assert_eq!(good.code("c.example.com").await, "authentication_failure");
}

#[tokio::test]
async fn a_certificate_that_expires_meanwhile_ends_what_it_was_good_for() {
    let world = World::new();
    let (a, b) = (world.backend("a").await, world.backend("b").await);
    let order = Order { until_days: 30, ..Order::of(&["federator.c.example.com"]) };
    let c = world.backend_with("c", &order).await;
    assert!(a.ask("b.example.com").await.is_ok());
    assert!(c.ask("b.example.com").await.is_ok());
    world.clock.pass(std::time::Duration::from_secs(2 * 24 * 60 * 60));
    // That of `b` has expired as well, so nothing new begins; what `c` called has to be judged anew as well.
    assert_eq!(c.code("b.example.com").await, "authentication_failure");
    assert_eq!(a.code("b.example.com").await, "authentication_failure");
    // Its certificate is good, but the connection that `a` would call it on shows one that is not.
    assert_eq!(b.code("c.example.com").await, "authentication_failure");
    assert!(c.answers.asked.load(std::sync::atomic::Ordering::SeqCst) == 0);
}
