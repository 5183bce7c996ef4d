//! Friends, requests and blocks: what each of the two is told, and what who is blocked cannot tell.

use beep_proto::gateway::EventData;
use beep_tests::chance::nobodys_id;
use beep_tests::database::Engine;
use beep_tests::gateway::Gateway;
use beep_tests::making::id;
use beep_tests::people::{Answer, Person};
use beep_tests::server::Server;
use futures_util::future::join_all;
use serde_json::{Value, json};

async fn ask(who: &Person, whom: &Person) -> Answer {
    who.post("/friend-requests", json!({ "username": whom.name })).await
}

/// Who asked whom, by id, in one of the lists of open requests.
async fn open(who: &Person, direction: &str) -> Vec<(Value, Value)> {
    let page = who.get(&format!("/friend-requests?direction={direction}")).await.expect(200);
    let items = page["items"].as_array().expect("a list").clone();
    items.iter().map(|request| (request["from"]["id"].clone(), request["to"]["id"].clone())).collect()
}

async fn listed(who: &Person, path: &str) -> Vec<Value> {
    let page = who.get(path).await.expect(200);
    page["items"].as_array().expect("a list").iter().map(|item| item["user"]["id"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_accepted_declined_and_withdrawn() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        let bob = Person::sign_up(&server, "bob").await;
        let cem = Person::sign_up(&server, "cem").await;
        let (mut at_ann, _) = Gateway::connect(&server, &ann).await;
        let (mut at_bob, _) = Gateway::connect(&server, &bob).await;
        let pair = (json!(ann.id), json!(bob.id));

        let request = ask(&ann, &bob).await.expect(201);
        assert_eq!((request["from"]["id"].clone(), request["to"]["id"].clone()), pair);
        assert_eq!(id(&ask(&ann, &bob).await.expect(201)), id(&request), "asking again changes nothing");
        for gateway in [&mut at_ann, &mut at_bob] {
            let EventData::FriendRequestReceived(told) = gateway.event().await.data else { panic!("both are told") };
            assert_eq!(told.id.to_string(), id(&request));
        }
        assert_eq!((open(&ann, "outgoing").await, open(&bob, "incoming").await), (vec![pair.clone()], vec![pair]));
        assert_eq!((open(&ann, "incoming").await, open(&bob, "outgoing").await), (vec![], vec![]));

        // Only who is asked accepts, and only who asks withdraws.
        let path = format!("/friend-requests/{}", id(&request));
        ann.post(&format!("{path}/accept"), json!({})).await.refused(404, "not_found");
        cem.post(&format!("{path}/accept"), json!({})).await.refused(404, "not_found");
        bob.delete(&path).await.refused(404, "not_found");
        bob.post(&format!("{path}/decline"), json!({})).await.expect(204);
        bob.post(&format!("{path}/decline"), json!({})).await.refused(404, "not_found");
        for gateway in [&mut at_ann, &mut at_bob] {
            assert!(
                matches!(gateway.event().await.data, EventData::FriendRequestDeclined(told) if told.id.to_string() == id(&request))
            );
        }

        let request = ask(&ann, &bob).await.expect(201);
        ann.delete(&format!("/friend-requests/{}", id(&request))).await.expect(204);
        for gateway in [&mut at_ann, &mut at_bob] {
            assert!(matches!(gateway.event().await.data, EventData::FriendRequestReceived(_)));
            assert!(matches!(gateway.event().await.data, EventData::FriendRequestCancelled(_)));
        }
        assert_eq!((open(&ann, "outgoing").await, open(&bob, "incoming").await), (vec![], vec![]));

        let request = ask(&ann, &bob).await.expect(201);
        let friend = bob.post(&format!("/friend-requests/{}/accept", id(&request)), json!({})).await.expect(200);
        assert_eq!(friend["user"]["id"], ann.id);
        for gateway in [&mut at_ann, &mut at_bob] {
            assert!(matches!(gateway.event().await.data, EventData::FriendRequestReceived(_)));
            assert!(matches!(gateway.event().await.data, EventData::FriendRequestAccepted(_)));
        }
        assert_eq!(
            (listed(&ann, "/friends").await, listed(&bob, "/friends").await),
            (vec![json!(bob.id)], vec![json!(ann.id)])
        );
        ask(&ann, &bob).await.refused(409, "already_friends");
        ask(&bob, &ann).await.refused(409, "already_friends");

        // The end of a friendship is that of both, and no consent to the next one.
        bob.delete(&format!("/friends/{}", ann.id)).await.expect(204);
        bob.delete(&format!("/friends/{}", ann.id)).await.refused(404, "not_found");
        for (gateway, gone) in [(&mut at_ann, &bob), (&mut at_bob, &ann)] {
            let EventData::FriendRemoved(told) = gateway.event().await.data else { panic!("both are told") };
            assert_eq!(told.user.to_string(), gone.id);
        }
        let request = ask(&ann, &bob).await.expect(201);
        assert_eq!(listed(&ann, "/friends").await, Vec::<Value>::new());
        // Who asks back accepts.
        assert_eq!(id(&ask(&bob, &ann).await.expect(201)), id(&request));
        assert_eq!(listed(&ann, "/friends").await, [json!(bob.id)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_names_nobody_is_refused() {
    let server = Server::shared(Engine::Sqlite).await;
    let ann = Person::sign_up(&server, "ann").await;
    ask(&ann, &ann).await.refused(422, "invalid_request");
    for (name, status) in [("nobody-here", 404), ("not a name", 404)] {
        ann.post("/friend-requests", json!({ "username": name })).await.refused(status, "not_found");
    }
    ann.post("/friend-requests", json!({})).await.refused(422, "invalid_request");
    ann.get("/friend-requests").await.refused(422, "invalid_request");
    ann.get("/friend-requests?direction=sideways").await.refused(422, "invalid_request");
    ann.put(&format!("/blocks/{}", nobodys_id()), json!({})).await.refused(404, "not_found");
    ann.put(&format!("/blocks/{}", ann.id), json!({})).await.refused(422, "invalid_request");
    ann.delete(&format!("/blocks/{}", nobodys_id())).await.refused(404, "not_found");
    ann.delete(&format!("/friends/{}", nobodys_id())).await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_blocked_reaches_nobody_and_cannot_tell() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        let bob = Person::sign_up(&server, "bob").await;
        let cem = Person::sign_up(&server, "cem").await;
        let block = format!("/blocks/{}", bob.id);
        ask(&bob, &ann).await.expect(201);
        let (mut at_ann, _) = Gateway::connect(&server, &ann).await;
        let (mut at_bob, _) = Gateway::connect(&server, &bob).await;

        // An open request vanishes for who blocks, and stays in the list of who asked.
        ann.put(&block, json!({})).await.expect(204);
        ann.put(&block, json!({})).await.expect(204);
        assert_eq!(listed(&ann, "/blocks").await, [json!(bob.id)]);
        assert!(matches!(at_ann.event().await.data, EventData::FriendRequestCancelled(_)));
        assert_eq!(open(&ann, "incoming").await, []);
        assert_eq!(open(&bob, "outgoing").await, [(json!(bob.id), json!(ann.id))]);
        // A new one is answered as ever, and nobody hears of it.
        let request = open_request(&bob).await;
        bob.delete(&format!("/friend-requests/{request}")).await.expect(204);
        let again = ask(&bob, &ann).await.expect(201);
        assert_eq!(again["to"]["id"], ann.id);
        assert_eq!(open(&ann, "incoming").await, []);
        ask(&ann, &bob).await.refused(409, "conflict");
        // With the end of the block nothing comes back.
        ann.delete(&block).await.expect(204);
        assert_eq!(open(&ann, "incoming").await, []);
        assert_eq!(listed(&ann, "/blocks").await, Vec::<Value>::new());
        ask(&cem, &ann).await.expect(201);
        let EventData::FriendRequestReceived(told) = at_ann.event().await.data else {
            panic!("she was told of no other")
        };
        assert_eq!(told.from.id.to_string(), cem.id);
        for expected in ["friend_request.cancelled", "friend_request.received"] {
            assert_eq!(at_bob.event().await.data.kind(), expected, "of his own doing alone");
        }

        // A friendship ends with a block.
        ask(&ann, &bob).await.expect(201);
        assert_eq!(listed(&bob, "/friends").await, [json!(ann.id)]);
        ann.put(&block, json!({})).await.expect(204);
        for who in [&ann, &bob] {
            assert_eq!(listed(who, "/friends").await, Vec::<Value>::new());
        }
        ann.delete(&block).await.expect(204);
        assert_eq!(open(&bob, "outgoing").await, []);
        ask(&bob, &ann).await.expect(201);
        assert_eq!(open(&ann, "incoming").await.len(), 2, "from now on she is asked again");
    }
}

async fn open_request(who: &Person) -> String {
    id(&who.get("/friend-requests?direction=outgoing").await.expect(200)["items"][0])
}

#[tokio::test(flavor = "multi_thread")]
async fn crossing_requests_and_blocks_end_in_a_state_that_some_order_explains() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let ann = Person::sign_up(&server, "ann").await;
        let bob = Person::sign_up(&server, "bob").await;
        for round in 0..20 {
            let asked = join_all([ask(&ann, &bob), ask(&bob, &ann), ask(&ann, &bob), ask(&bob, &ann)]).await;
            assert!(asked.iter().all(|answer| [201, 409].contains(&answer.status)), "round {round}");
            assert_eq!(listed(&ann, "/friends").await, [json!(bob.id)], "{engine:?}, round {round}");
            assert_eq!(listed(&bob, "/friends").await, [json!(ann.id)]);
            let (block, friend) = (format!("/blocks/{}", bob.id), format!("/friends/{}", ann.id));
            let (blocked, _, _) = tokio::join!(ann.put(&block, json!({})), bob.delete(&friend), ask(&bob, &ann));
            blocked.expect(204);
            assert_eq!((listed(&ann, "/friends").await, open(&ann, "incoming").await), (vec![], vec![]));
            ann.delete(&block).await.expect(204);
            // What he may have asked meanwhile is withdrawn, so that each round begins alike.
            for (direction, who) in [("outgoing", &bob), ("outgoing", &ann)] {
                for request in who.get(&format!("/friend-requests?direction={direction}")).await.expect(200)["items"]
                    .as_array()
                    .expect("a list")
                {
                    who.delete(&format!("/friend-requests/{}", id(request))).await.expect(204);
                }
            }
        }
    }
}
