use std::time::Duration;

use beep_client::transport::TransportError;
use beep_client::{Bare, ErrorCode, accounts, channels, messages, roles, servers};
use serde_json::json;

use crate::sample;
use crate::world::{World, answer, empty, refused};

fn send() -> messages::Send {
    messages::Send::new(sample::full(1), "hi")
}

fn message() -> serde_json::Value {
    let event = serde_json::to_value(sample::sent(1, 11, "c1")).expect("is JSON");
    event["data"].clone()
}

/// Fails the first so many requests, then answers.
fn failing(times: usize, fail: impl Fn() -> crate::world::Answer + Send + 'static) -> World {
    let mut left = times;
    World::signed_in(move |asked| {
        if left > 0 {
            left -= 1;
            return fail();
        }
        if asked.method == "DELETE" { Ok(empty()) } else { Ok(answer(201, &message())) }
    })
}

#[tokio::test]
async fn an_operation_travels_as_its_parts() {
    let world = World::signed_in(|_| Ok(answer(201, &message())));
    let sent = world.client().messages().send(send().nonce("n").reply_to(Bare(sample::nth(3)))).await.expect("sent");
    assert_eq!(sent.content, "message 11");
    let [_, asked] = world.asked().try_into().expect("one renewal and one call");
    let channel = sample::channel(1).id;
    assert_eq!((asked.method, asked.path.as_str()), ("POST", format!("/channels/{channel}/messages").as_str()));
    let reply_to: Bare<beep_client::MessageId> = Bare(sample::nth(3));
    assert_eq!(asked.body, json!({ "content": "hi", "nonce": "n", "reply_to": reply_to }));
    assert_eq!(asked.token(), Some("access-1"));
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_under_the_same_nonce() {
    let world = failing(2, || Err(TransportError::interrupted("lost")));
    world.client().messages().send(send()).await.expect("sent in the end");
    let nonces: Vec<_> = world.asked()[1..].iter().map(|asked| asked.body["nonce"].clone()).collect();
    assert_eq!(nonces.len(), 3);
    assert!(nonces[0].as_str().is_some_and(|nonce| nonce.len() == 32));
    assert!(nonces.iter().all(|nonce| *nonce == nonces[0]), "{nonces:?}");
    world.client().messages().send(send()).await.expect("sent");
    assert_ne!(world.asked().last().map(|asked| asked.body["nonce"].clone()), Some(nonces[0].clone()));
}

#[tokio::test]
async fn a_change_is_repeated_under_the_same_key() {
    let world = failing(1, || Ok(refused(ErrorCode::Internal)));
    let (server, role) = (sample::server_id(), sample::nth::<beep_client::RoleId>(1));
    world.client().roles().delete(roles::Delete::new(&server, role)).await.expect("deleted in the end");
    let asked = world.asked();
    let keys: Vec<_> = asked.iter().filter_map(|asked| asked.header("idempotency-key")).collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
}

#[tokio::test]
async fn comes_back_when_it_is_told_to() {
    let world = failing(1, || {
        let mut limited = refused(ErrorCode::RateLimited);
        limited.headers.push(("retry-after".to_owned(), "7".to_owned()));
        Ok(limited)
    });
    world.client().messages().send(send()).await.expect("sent in the end");
    let asked = world.asked();
    let waited = asked[2].at - asked[1].at;
    assert!(waited >= Duration::from_secs(7) && waited < Duration::from_secs(8), "{waited:?}");
}

#[tokio::test]
async fn does_not_wait_longer_than_its_patience() {
    let world = failing(1, || {
        let mut limited = refused(ErrorCode::RateLimited);
        limited.headers.push(("retry-after".to_owned(), "3600".to_owned()));
        Ok(limited)
    });
    let error = world.client().messages().send(send()).await.expect_err("an hour is too long");
    assert_eq!(error.code(), Some(ErrorCode::RateLimited));
    assert_eq!(world.asked().len(), 2);
}

#[tokio::test]
async fn gives_up_after_its_tries() {
    let world = failing(usize::MAX, || Err(TransportError::interrupted("lost")));
    let client = world.builder().tries(3, Duration::from_secs(60)).build().expect("valid");
    client.resume(crate::world::saved());
    let error = client.messages().send(send()).await.expect_err("lost each time");
    assert_eq!(error.to_string(), "the backend cannot be reached: lost");
    assert_eq!(world.asked().len(), 1 + 3);
}

#[tokio::test]
async fn signing_up_is_not_repeated_unless_it_certainly_did_not_happen() {
    let register = || accounts::Register::new("ann@example.com", "a long password", "ann");
    let world = World::new(|_| Err(TransportError::interrupted("lost")));
    world.builder().build().expect("valid").call(register()).await.expect_err("lost");
    assert_eq!(world.asked().len(), 1);
    let world = World::new(|_| Err(TransportError::unreached("nobody listens")));
    world.builder().build().expect("valid").call(register()).await.expect_err("unreached");
    assert_eq!(world.asked().len(), 5);
}

#[tokio::test]
async fn a_refusal_says_what_and_where() {
    let world = World::signed_in(|_| Ok(refused(ErrorCode::PermissionDenied)));
    let get = channels::Get::new(sample::full(1));
    let error = world.client().channels().get(get).await.expect_err("refused");
    assert_eq!(error.code(), Some(ErrorCode::PermissionDenied));
    assert_eq!(error.request_id(), Some("request-1"));
    assert_eq!(error.to_string(), "`channels.get` was refused with `permission_denied`: refused by the test");
    assert_eq!(world.asked().len(), 2);
}

#[tokio::test]
async fn an_answer_of_something_else_is_told_from_one_of_a_backend() {
    let world = World::signed_in(|asked| {
        Ok(if asked.path.ends_with("discover") {
            answer(200, &json!({ "hello": "world" }))
        } else {
            answer(403, &json!("<html>"))
        })
    });
    let client = world.client();
    let error = client.servers().discover(servers::Discover::new()).await.expect_err("makes no sense");
    assert!(
        matches!(&error, beep_client::Error::Decode { operation: "servers.discover", status: 200, .. }),
        "{error:?}"
    );
    let error = client.servers().list(servers::List::new()).await.expect_err("refused");
    assert_eq!(error.code(), Some(ErrorCode::Unknown));
    assert_eq!(error.problem().map(|problem| problem.status), Some(403));
}

#[tokio::test]
async fn what_takes_a_session_is_not_asked_without_one() {
    let world = World::new(|_| panic!("nothing is asked"));
    let client = world.builder().build().expect("valid");
    assert_eq!(client.messages().send(send()).await, Err(beep_client::Error::NotSignedIn));
}

#[tokio::test]
async fn what_another_backend_may_own_is_asked_for_with_the_token_of_who_has_one() {
    let world = World::signed_in(|_| Ok(refused(ErrorCode::NotFound)));
    let preview = || beep_client::invitations::Preview::new("code@b.example.com");
    world.client().invitations().preview(preview()).await.expect_err("there is none");
    assert_eq!(world.asked().last().and_then(|asked| asked.token().map(str::to_owned)).as_deref(), Some("access-1"));
    let world = World::new(|_| Ok(refused(ErrorCode::NotFound)));
    world.client().invitations().preview(preview()).await.expect_err("there is none");
    assert_eq!(world.asked().last().map(|asked| asked.token().is_some()), Some(false));
}

#[tokio::test]
async fn what_another_backend_may_own_is_asked_for_again_with_another_token() {
    let world = World::renewing(ErrorCode::TokenExpired, || refused(ErrorCode::NotFound));
    let preview = beep_client::invitations::Preview::new("code@b.example.com");
    let error = world.client().invitations().preview(preview).await.expect_err("there is none");
    assert_eq!(error.code(), Some(ErrorCode::NotFound));
    let asked = world.asked();
    let tokens: Vec<_> = asked.iter().filter(|asked| asked.path != "/access").map(|asked| asked.token()).collect();
    assert_eq!(tokens, [Some("access-1"), Some("access-2")]);
}
