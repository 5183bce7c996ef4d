//! What it says has happened, and what it says has arrived.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn it_forges_no_event_and_repeats_nothing() {
    let world = World::new().await;
    let mut wire = world.wire().await;
    world.joins(&mut wire).await;
    let said = world.owner.says(&world.channel, "the truth").await;
    // What the backend tells the evil one of its own server shows what its words look like.
    let is_the_message = |heard: &beep_tests::federation::fake::ReceivedEntry| {
        heard.path.ends_with("on-events") && heard.body.to_string().contains("the truth")
    };
    let told = world.fake.until(is_the_message).await;
    let entries = told.body["events"].as_array().expect("a batch").clone();
    let genuine = entries.iter().find(|entry| entry.to_string().contains("the truth")).expect("it is among them");
    let stream = beep_tests::chance::nobodys_id();
    let forged = |from: &str, to: &str| -> Value {
        let text = genuine.to_string().replace("the truth", "a lie").replace(from, to);
        serde_json::from_str(&text).expect("it is JSON as before")
    };
    let third = "third.example.com";
    let batch = [
        forged("", ""),
        forged("own.example.com", third),
        forged(&said, &beep_tests::chance::nobodys_id()),
        json!({ "event": { "type": "message.created" } }),
        json!({ "state": 7 }),
        json!("nonsense"),
        json!([]),
        json!({ "a": { "newer": "kind" } }),
        forged("message.created", "server.deleted"),
        forged("message.created", "quite.new"),
    ];
    let batch = batch.iter().chain(&entries).cloned().collect::<Vec<_>>();
    let count = batch.len() as u64;
    let mut body = json!({ "stream": stream, "first_seq": 1, "events": batch });
    for _ in 0..3 {
        let reply = wire.call(EVIL, "events/on-events", &body).await.expect("it is answered");
        assert_eq!((reply.status, &reply.json()["acked_seq"]), (200, &json!(count)), "{}", reply.json());
    }
    // A gap is not jumped, and a lie about numbers is no more than a lie.
    body["first_seq"] = (count + 100).into();
    let reply = wire.call(EVIL, "events/on-events", &body).await.expect("it is answered");
    assert_eq!((reply.status, &reply.json()["acked_seq"]), (200, &json!(count)), "{reply:?}");
    for first in [json!(0), json!(-1), json!(u64::MAX), json!("1"), json!(1.5), Value::Null] {
        body["first_seq"] = first.clone();
        let reply = wire.call(EVIL, "events/on-events", &body).await.expect("it is answered");
        reply.refused(422, "invalid_request");
    }
    let many = vec![json!({}); 100_000];
    let body = json!({ "stream": stream, "first_seq": count + 1, "events": many });
    let reply = wire.call(EVIL, "events/on-events", &body).await.expect("it is answered");
    reply.refused(422, "invalid_request");
    assert_eq!(world.history().await, ["the truth"]);
    assert!(world.own.server.admin(&["grant", &world.owner.name, "application_administrator"]).await.status.success());
    let status = world.owner.get("/admin/federation").await.expect(200);
    let remote = status["remotes"].as_array().into_iter().flatten().find(|remote| remote["domain"] == EVIL);
    let kept = remote.map(|remote| remote["dead_letters"].clone());
    assert_eq!(kept, Some(json!(9 + entries.len())), "each once, and what says nothing not at all: {status}");
    let aside = &status["dead_letters"][0];
    assert_eq!(aside["domain"], EVIL);
    for told in ["error", "entry"] {
        assert!(aside[told].as_str().is_some_and(|told| !told.is_empty()), "{aside}");
    }
    world.owner.get(&format!("/servers/{}", world.server)).await.expect(200);
    let lies = world.owner.get("/servers").await.expect(200);
    assert_eq!(ids(&lies), std::slice::from_ref(&world.server));

    // The same command is carried out once.
    let key = beep_tests::chance::nobodys_id();
    let arguments = json!({ "channel": world.channel, "content": "said once" });
    let mut replies = Vec::new();
    for _ in 0..5 {
        let reply = perform(&mut wire, "commands/execute", &mallory(), "messages.send", arguments.clone(), &key).await;
        replies.push(reply.json());
    }
    assert!(
        replies.iter().all(|reply| reply["status"] == 201 && reply["body"]["id"] == replies[0]["body"]["id"]),
        "{replies:?}"
    );
    assert_eq!(world.history().await, ["said once", "the truth"]);
    assert!(!world.own.server.log().contains("panicked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn lies_about_what_has_arrived_turn_nobody_in_circles() {
    let mut realm = Realm::new(Engine::Sqlite).await;
    let own = realm.backend("own").await;
    let owner = own.sign_up("owner").await;
    let (server, channel) = owner.community("public").await;
    let table: [(&str, Reaction); 7] = [
        ("nothing", Reaction::json(&json!({ "acked_seq": 0 }))),
        ("everything", Reaction::json(&json!({ "acked_seq": u64::MAX }))),
        ("negative", Reaction::json(&json!({ "acked_seq": -1 }))),
        ("other", Reaction::json(&json!({}))),
        ("gone", Reaction::problem(410, "resync_required")),
        ("broken", Reaction::problem(500, "internal")),
        ("damped", Reaction::problem(429, "rate_limited")),
    ];
    let mut liars = Vec::new();
    for (name, reaction) in table {
        let home = domain(name);
        let (fake, identity) = realm
            .fake(name, move |heard| match heard.path.as_str() {
                "/federation/meta/versions" => Reaction::json(&json!({ "supported": [1], "software": "evil" })),
                "/federation/users/by-ids" => Reaction::json(&json!({ "users": [user(&home, "mallory")] })),
                "/federation/events/on-events" => reaction.clone(),
                _ => Reaction::problem(404, "not_found"),
            })
            .await;
        let peer = realm.peer(Some(&identity));
        let mut wire = peer.connect(own.ingress, &own.infra).await.expect("the certificate is good");
        let actor = user_id(&domain(name), "mallory");
        let body = json!({ "actor": actor, "operation": "servers.join", "arguments": { "server": server } });
        let joined = wire.call(&domain(name), "commands/execute", &body).await.expect("it is answered");
        assert_eq!(joined.json()["status"], 200, "{}", joined.json());
        liars.push((name, fake));
    }
    owner.says(&channel, "listen").await;
    let told = |heard: &beep_tests::federation::fake::ReceivedEntry| heard.path.ends_with("on-events");
    for (_, liar) in &liars {
        liar.until(told).await;
    }
    let before: Vec<usize> = liars.iter().map(|(_, liar)| liar.heard().len()).collect();
    const MESSAGES: usize = 100;
    for number in 0..MESSAGES {
        owner.says(&channel, &format!("message {number}")).await;
    }
    let mut wrong = Vec::new();
    for ((name, liar), before) in liars.iter().zip(before) {
        let asked = liar.heard().len() - before;
        // A batch for each message at most, and what else there is to ask.
        if asked > MESSAGES + MESSAGES / 2 {
            wrong.push(format!("{name}: asked {asked} times about {MESSAGES} messages"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(!own.server.log().contains("panicked"));
}
