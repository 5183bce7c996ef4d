use std::sync::{Arc, Mutex};
use std::time::Duration;

use beep_client::transport::TransportError;
use beep_client::{Error, ErrorCode, LoginStep, SavedSession, SessionChange, self_, sessions};
use futures_util::future::{FutureExt, join_all};
use serde_json::json;

use crate::sample;
use crate::world::{World, answer, empty, refused, saved, signed_in};

/// A world with one operation: who am I?
fn world() -> World {
    World::signed_in(|_| Ok(answer(200, &sample::me())))
}

fn who() -> self_::Get {
    self_::Get::new()
}

#[tokio::test]
async fn who_has_a_second_factor_signs_in_in_two_steps() {
    let world = World::new(|asked| {
        Ok(match asked.body["otp"].as_str() {
            None => refused(ErrorCode::OtpRequired),
            Some("111111") => signed_in(0),
            Some(_) => refused(ErrorCode::OtpInvalid),
        })
    });
    let client = world.client();
    let step = client.login_in_steps(sessions::Login::new("ann", "a password").label("phone")).await;
    let LoginStep::SecondFactor(step) = step.expect("the password is right") else { panic!("a code is asked for") };
    let error = step.enter("000000").await.expect_err("it is wrong");
    assert_eq!(error.code(), Some(ErrorCode::OtpInvalid));
    let me = step.enter("111111").await.expect("it is right");
    assert_eq!(client.user(), Some(me));
    let asked = world.asked_of("/login");
    assert!(asked.iter().all(|asked| asked.body["password"] == "a password" && asked.body["label"] == "phone"));
    assert!(!format!("{step:?}").contains("a password"));
}

#[tokio::test]
async fn many_calls_at_once_renew_once() {
    let world = world();
    let client = world.client();
    let calls = join_all((0..20).map(|_| client.self_().get(who()))).await;
    assert!(calls.iter().all(Result::is_ok), "{calls:?}");
    let renewals = world.asked_of("/access");
    assert_eq!(renewals.len(), 1);
    assert_eq!(renewals[0].body, json!({ "refresh_token": "refresh-0" }));
}

#[tokio::test]
async fn renews_before_the_token_expires_with_the_newest_refresh_token() {
    let world = world();
    let client = world.client();
    client.self_().get(who()).await.expect("signed in");
    world.pass(Duration::from_secs(830));
    client.self_().get(who()).await.expect("still good");
    assert_eq!(world.asked_of("/access").len(), 1);
    world.pass(Duration::from_secs(15));
    client.self_().get(who()).await.expect("renewed");
    let renewals = world.asked_of("/access");
    assert_eq!(renewals.len(), 2);
    assert_eq!(renewals[1].body, json!({ "refresh_token": "refresh-1" }));
    assert!(world.asked_of("/self").iter().all(|asked| asked.token().is_some()));
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_replaced_once_for_all() {
    // The backend restarts with another key: what it gave out is worth nothing.
    let world = World::renewing(ErrorCode::Unauthenticated, || answer(200, &sample::me()));
    let client = world.client();
    let calls = join_all((0..10).map(|_| client.self_().get(who()))).await;
    assert!(calls.iter().all(Result::is_ok), "{calls:?}");
    assert_eq!(world.asked_of("/access").len(), 2);
}

#[tokio::test]
async fn a_token_that_is_never_taken_ends_in_the_refusal() {
    let mut renewals = 0;
    let world = World::new(move |asked| {
        renewals += u64::from(asked.path == "/access");
        Ok(if asked.path == "/access" { signed_in(renewals) } else { refused(ErrorCode::Unauthenticated) })
    });
    let error = world.client().self_().get(who()).await.expect_err("refused");
    assert_eq!(error.code(), Some(ErrorCode::Unauthenticated));
    assert_eq!(world.asked_of("/self").len(), 2);
}

#[tokio::test]
async fn a_program_hears_what_to_store() {
    let world = world();
    let heard: Arc<Mutex<Vec<SessionChange>>> = Arc::default();
    let client = world.builder().on_session_change({
        let heard = heard.clone();
        move |change| heard.lock().expect("not poisoned").push(change)
    });
    let client = client.build().expect("valid");
    let me = client.login("ann", "password").await.expect("signed in");
    assert_eq!(me.username, "ann");
    world.pass(Duration::from_secs(880));
    client.self_().get(who()).await.expect("renewed");
    let stored = client.session().expect("signed in");
    assert_eq!(stored.refresh_token, Some("refresh-2".into()));
    let tokens: Vec<_> = heard.lock().expect("not poisoned").iter().map(token).collect();
    assert_eq!(tokens, [Some("refresh-1".to_owned()), Some("refresh-2".to_owned())]);
    // What was stored signs in again, also after it was written and read.
    let text = serde_json::to_string(&stored).expect("is JSON");
    let again = world.builder().build().expect("valid");
    again.resume(serde_json::from_str::<SavedSession>(&text).expect("read back"));
    again.self_().get(who()).await.expect("signed in");
    assert_eq!(world.asked_of("/access").last().expect("renewed").body, json!({ "refresh_token": "refresh-2" }));
}

fn token(change: &SessionChange) -> Option<String> {
    match change {
        SessionChange::Saved(saved) => saved.refresh_token.as_ref().map(|token| token.0.clone()),
        _ => None,
    }
}

#[tokio::test]
async fn a_session_that_was_ended_is_over() {
    for code in [ErrorCode::Unauthenticated, ErrorCode::AccountSuspended] {
        let world = World::new(move |_| Ok(refused(code)));
        let heard: Arc<Mutex<Vec<SessionChange>>> = Arc::default();
        let client = world.builder().on_session_change({
            let heard = heard.clone();
            move |change| heard.lock().expect("not poisoned").push(change)
        });
        let client = client.build().expect("valid");
        client.resume(saved());
        let error = client.self_().get(who()).await.expect_err("the refresh token is not taken");
        assert_eq!(error.code(), Some(code));
        assert_eq!(*heard.lock().expect("not poisoned"), [SessionChange::Ended]);
        assert_eq!(client.session(), None);
        assert_eq!(client.self_().get(who()).await, Err(Error::NotSignedIn));
        assert_eq!(world.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_backend_that_cannot_be_reached_ends_no_session() {
    let mut renewals = 0;
    let world = World::new(move |asked| {
        if asked.path != "/access" {
            return Ok(answer(200, &sample::me()));
        }
        renewals += 1;
        if renewals == 1 { Ok(signed_in(1)) } else { Err(TransportError::unreached("down")) }
    });
    let client = world.client();
    client.self_().get(who()).await.expect("signed in");
    world.pass(Duration::from_secs(845));
    // The old token has some seconds left and does until then.
    client.self_().get(who()).await.expect("with the old token");
    world.pass(Duration::from_secs(60));
    assert!(matches!(client.self_().get(who()).await, Err(Error::Transport(_))));
    assert_eq!(client.session().expect("still signed in").refresh_token, Some("refresh-1".into()));
}

#[tokio::test]
async fn a_renewal_that_nobody_waits_for_is_not_lost() {
    let world = world();
    let client = world.client();
    assert_eq!(client.self_().get(who()).now_or_never(), None);
    client.self_().get(who()).await.expect("signed in");
    assert_eq!(world.asked_of("/access").len(), 1);
}

#[tokio::test]
async fn signing_in_anew_beats_a_renewal_under_way() {
    let world = world();
    let client = world.client();
    let (call, login) = tokio::join!(client.self_().get(who()), client.login("ann", "password"));
    login.expect("signed in");
    // Whichever was first, the session is that of the login and its token is the newest.
    drop(call);
    client.self_().get(who()).await.expect("signed in");
    let stored = client.session().expect("signed in").refresh_token.expect("a token").0;
    assert_eq!(Some(stored), newest(&world));
}

fn newest(world: &World) -> Option<String> {
    let asked = world.asked().into_iter().filter(|asked| asked.path == "/access" || asked.path == "/login");
    Some(format!("refresh-{}", asked.count()))
}

#[tokio::test]
async fn signing_out_tells_the_backend_and_forgets() {
    let world = World::new(|asked| Ok(if asked.path == "/access/logout" { empty() } else { signed_in(1) }));
    let client = world.builder().build().expect("valid");
    client.login("ann", "password").await.expect("signed in");
    client.logout().await.expect("signed out");
    assert_eq!(world.asked_of("/access/logout")[0].body, json!({ "refresh_token": "refresh-1" }));
    assert_eq!(client.session(), None);
    client.logout().await.expect("nothing to do");
    assert_eq!(world.asked().len(), 2);
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let world = world();
    let client = world.client();
    client.self_().get(who()).await.expect("signed in");
    let shown = format!("{client:?} {:?} {:?}", client.session(), client.events());
    assert!(shown.contains("backend.test") && shown.contains("ann"), "{shown}");
    assert!(!shown.contains("refresh-") && !shown.contains("access-"), "{shown}");
}
