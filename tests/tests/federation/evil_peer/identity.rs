//! Whom it says that it is, and for whom it speaks.

use beep_tests::federation::dns::Service;
use beep_tests::federation::realm::infra;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn it_is_nobody_but_itself() {
    let world = World::new().await;
    let mut wire = world.wire().await;
    world
        .realm
        .dns
        .serves("third.example.com", vec![beep_tests::federation::dns::Service::at("federator.third.example.com", 1)]);
    let before = world.answered().await;
    let versions = json!({});
    for origin in ["third.example.com", "own.example.com", "evil.example.com.example.org", "federator.evil.example.com"]
    {
        let reply = wire.call(origin, "meta/versions", &versions).await.expect("it is answered");
        match origin {
            "third.example.com" | "own.example.com" => reply.refused(403, "validation_error"),
            _ => reply.refused(502, "discovery_failure"),
        }
    }
    for origin in [
        "",
        "evil",
        "10.0.0.1",
        "[::1]",
        "evil.example.com, own.example.com",
        "EVIL..example.com",
        "evil.example.com:443",
        "https://evil.example.com",
    ] {
        let reply = wire.call(origin, "meta/versions", &versions).await.expect("it is answered");
        reply.refused(403, "validation_error");
    }
    let plain = || Request::builder().method("POST").uri("https://federator/federation/meta/versions");
    for request in [
        plain(),
        plain().header("wire-origin-domain", EVIL).header("wire-origin-domain", EVIL),
        plain().header("wire-origin-domain", EVIL).header("wire-domain", "own.example.com"),
        plain().header("wire-origin-domain", &b"evil\xff.example.com"[..]),
    ] {
        let reply = wire.ask(request.body(()).expect("it is a request"), "{}").await.expect("it is answered");
        reply.refused(403, "validation_error");
    }
    assert_eq!(world.answered().await, before, "something has reached the domain logic");
    // The old name of the header is read, and case does not matter.
    for request in [plain().header("wire-domain", EVIL), plain().header("wire-origin-domain", "Evil.Example.Com.")] {
        let reply = wire.ask(request.body(()).expect("it is a request"), "{}").await.expect("it is answered");
        assert_eq!(reply.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_speaks_for_nobody_elses_users() {
    let world = World::new().await;
    let mut wire = world.wire().await;
    let before = world.history().await;
    let send = json!({ "channel": world.channel, "content": "I am somebody else" });
    let third = user_id("third.example.com", "trudy");
    let uuid = world.owner.id.split('@').next().expect("an id").to_owned();
    for actor in
        [world.owner.id.as_str(), &third, &format!("{uuid}@OWN.example.com"), &user_id("own.example.com", "mallory")]
    {
        for (call, operation) in [
            ("commands/execute", "messages.send"),
            ("commands/execute", "servers.delete"),
            ("queries/run", "messages.list"),
        ] {
            let mut arguments = send.clone();
            arguments["server"] = world.server.clone().into();
            let reply = perform(&mut wire, call, actor, operation, arguments, "").await;
            reply.refused(403, "validation_error");
        }
    }
    // The owner's own id at the evil domain is another user, who is nobody here.
    let reply =
        execute(&mut wire, &format!("{uuid}@{EVIL}"), "servers.delete", json!({ "server": world.server })).await;
    assert!(matches!(reply.json()["status"].as_u64(), Some(403 | 404)), "{}", reply.json());
    // Nobody at all may only what needs no login.
    let body = json!({ "operation": "messages.list", "arguments": { "channel": world.channel } });
    let reply = wire.call(EVIL, "queries/run", &body).await.expect("it is answered");
    assert_ne!(reply.status, 200, "{}", reply.json());
    assert_eq!(world.history().await, before);
    world.owner.get(&format!("/servers/{}", world.server)).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_does_nothing_where_it_has_no_member() {
    let world = World::new().await;
    let mut wire = world.wire().await;
    let (private, hidden) = world.owner.community("private").await;
    world.owner.says(&hidden, "between us").await;
    let role = world.owner.everyone(&private).await;
    let (m, server, channel) = (mallory(), private.as_str(), hidden.as_str());
    for (operation, arguments) in [
        ("servers.get", json!({ "server": server })),
        ("members.list", json!({ "server": server })),
        ("roles.list", json!({ "server": server })),
        ("channels.list", json!({ "server": server })),
        ("channels.get", json!({ "channel": channel })),
        ("messages.list", json!({ "channel": channel })),
        ("messages.events", json!({ "channel": channel, "after_seq": 0 })),
        ("servers.permissions", json!({ "server": server })),
        ("invitations.list", json!({ "server": server })),
    ] {
        let reply = run(&mut wire, &m, operation, arguments).await;
        assert_eq!((reply.status, &reply.json()["status"]), (200, &json!(404)), "{operation}: {}", reply.json());
        assert!(!String::from_utf8_lossy(&reply.octets).contains("between us"));
    }
    for (operation, arguments) in [
        ("messages.send", json!({ "channel": channel, "content": "hello" })),
        ("channels.create", json!({ "server": server, "name": "den" })),
        ("channels.delete", json!({ "channel": channel })),
        ("servers.update", json!({ "server": server, "name": "mine" })),
        ("servers.delete", json!({ "server": server })),
        ("servers.join", json!({ "server": server })),
        ("roles.update", json!({ "server": server, "role": role, "permissions": ["administrator"] })),
        ("members.assign_role", json!({ "server": server, "user": m, "role": role })),
        ("invitations.create", json!({ "server": server })),
    ] {
        let reply = execute(&mut wire, &m, operation, arguments).await;
        assert_eq!((reply.status, &reply.json()["status"]), (200, &json!(404)), "{operation}: {}", reply.json());
    }
    // Statements about it, too, are for those who have members there; and what is elsewhere is not here.
    for server in [
        server,
        &world.server,
        &format!("{}@third.example.com", beep_tests::chance::nobodys_id()),
        &format!("{}@{EVIL}", beep_tests::chance::nobodys_id()),
    ] {
        let reply = wire.call(EVIL, "servers/snapshot", &json!({ "server": server })).await.expect("it is answered");
        reply.refused(404, "not_found");
    }
    let reply = wire.call(EVIL, "events/digest", &json!({})).await.expect("it is answered");
    assert_eq!((reply.status, &reply.json()["digests"]), (200, &json!([])), "{reply:?}");
    let reply = wire.call(EVIL, "events/pull", &json!({ "after_seq": 0, "limit": 500 })).await.expect("it is answered");
    assert!(!String::from_utf8_lossy(&reply.octets).contains(private.split('@').next().expect("an id")), "{reply:?}");
    // What is asked of this backend, but belongs to another, or is the caller's own matter, is not carried out.
    for (call, operation, arguments) in [
        (
            "commands/execute",
            "messages.send",
            json!({ "channel": format!("{}@third.example.com", beep_tests::chance::nobodys_id()), "content": "?" }),
        ),
        (
            "commands/execute",
            "messages.send",
            json!({ "channel": format!("{}@{EVIL}", beep_tests::chance::nobodys_id()), "content": "?" }),
        ),
        ("commands/execute", "servers.create", json!({ "name": "Evil", "visibility": "public" })),
        (
            "commands/execute",
            "accounts.register",
            json!({ "email": "m@example.com", "password": "correct horse", "username": "m" }),
        ),
        ("commands/execute", "self.update", json!({ "display_name": "Evil" })),
        ("queries/run", "self.get", json!({})),
        ("queries/run", "sessions.list", json!({})),
        ("queries/run", "events.list", json!({})),
        ("queries/run", "messages.send", json!({ "channel": world.channel, "content": "a query" })),
        ("commands/execute", "messages.list", json!({ "channel": world.channel })),
        ("commands/execute", "no.such", json!({})),
    ] {
        let reply = perform(&mut wire, call, &m, operation, arguments, "").await;
        let refused = reply.status >= 400 || reply.json()["status"].as_u64().is_some_and(|status| status >= 400);
        assert!(refused && reply.status < 500, "{operation}: {reply:?}");
    }
    assert_eq!(ids(&world.owner.get("/servers").await.expect(200)).len(), 2);
    assert_eq!(world.history().await, Vec::<String>::new());
    let third = world.fake.heard().into_iter().filter(|heard| heard.path.starts_with("/federation/commands"));
    assert_eq!(third.count(), 0, "nothing was passed on");
}

/// A domain whose record leads to another backend's host has that one take nothing for its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_leads_to_another_backend_breaks_no_stream_between_others() {
    let mut world = World::new().await;
    let good = world.realm.backend("good").await;
    let ann = good.sign_up("ann").await;
    ann.post(&format!("/servers/{}/join", world.server), json!({})).await.expect(200);
    let mut follower = crate::follower::Follower::begin(&good.server, &ann).await;
    // The host of the good one comes first, and that of the evil one, which its certificate is for, as the last.
    let own_host = Service { priority: 10, ..Service::at(&infra("evil"), world.fake.address().port()) };
    let good_host = Service { priority: 0, ..Service::at(&good.infra, good.link.address().port()) };
    world.realm.dns.serves(EVIL, vec![good_host, own_host]);
    let before = good.link.taken();
    let mut wire = world.wire().await;
    world.joins(&mut wire).await;
    for number in 0..10 {
        world.owner.says(&world.channel, &format!("message {number}")).await;
    }
    follower.reads("message 9").await;
    let texts: Vec<_> = follower.told_of(&world.channel).into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, (0..10).map(|number| format!("message {number}")).collect::<Vec<_>>());
    assert_eq!(follower.resyncs, 0);
    // It was called for the evil one, and the streams go on all the same.
    good.link.until_taken(before + 1).await;
    world.owner.says(&world.channel, "and on").await;
    follower.reads("and on").await;
    assert_eq!(follower.resyncs, 0);
    follower.is_up_to_date().await;
}
