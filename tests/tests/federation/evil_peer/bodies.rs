//! Where it asks, and with what.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn odd_paths_lead_nowhere() {
    let world = World::new().await;
    let before = world.answered().await;
    for path in [
        "/federation/meta/versions/",
        "/federation//meta/versions",
        "//federation/meta/versions",
        "/federation/meta//versions",
        "/federation/./meta/versions",
        "/federation/meta/../meta/versions",
        "/federation/x/../../federation/meta/versions",
        "/federation/meta/%76ersions",
        "/federation/meta%2fversions",
        "/federation/%2e%2e/meta/versions",
        "/federation/meta/versions%00",
        "/federation/meta/versions?x=1",
        "/federation/meta/versions?",
        "/federation/META/versions",
        "/federation/meta/versions;x",
        "/federation/meta",
        "/federation/",
        "/",
        "/v1/backend",
        "/v1/self",
        "/metrics",
        "/federation/admin/federation",
        "/federation/meta/versions/../../../v1/backend",
    ] {
        // Few refusals fit on one connection.
        let mut wire = world.wire().await;
        let request = request(EVIL, "meta/versions");
        let uri: http::Uri = format!("https://federator{path}").parse().expect("the client takes it");
        let (mut head, ()) = request.into_parts();
        head.uri = uri;
        let reply = wire.ask(Request::from_parts(head, ()), "{}").await.expect("it is answered");
        reply.refused(404, "not_found");
    }
    for method in ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "BREW"] {
        let mut wire = world.wire().await;
        let (mut head, ()) = request(EVIL, "meta/versions").into_parts();
        head.method = method.parse().expect("it is a method");
        let reply = wire.ask(Request::from_parts(head, ()), "").await;
        // An answer to HEAD has no body that could come before the stream's end.
        let refused = reply.as_ref().map_or(method == "HEAD", |reply| reply.status == 404);
        assert!(refused, "{method}: {reply:?}");
    }
    assert_eq!(world.answered().await, before, "something has reached the domain logic");
    // An absolute form where a path belongs: only by hand, as no client writes it.
    for path in [
        "/federation/meta/versions",
        "https://own.example.com/federation/meta/versions",
        "own.example.com/federation/meta/versions",
        "*",
    ] {
        let peer = world.realm.peer(Some(&world.identity));
        let mut stream = peer.dial(world.own.ingress, &world.own.infra).await.expect("the certificate is good");
        stream.write_all(&by_hand(path)).await.expect("it can be sent");
        let reading = async {
            loop {
                // Its head: three octets of length, one of kind, one of flags, four of the stream.
                let mut head = [0; 9];
                if stream.read_exact(&mut head).await.is_err() {
                    return String::new();
                }
                let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
                stream.read_exact(&mut payload).await.expect("a frame is whole");
                match head[3] {
                    0 => return String::from_utf8_lossy(&payload).into_owned(),
                    // The stream, or the connection, is given up.
                    3 | 7 => return String::new(),
                    _ => {}
                }
            }
        };
        let said = crate::within(&format!("{path} is answered, or refused"), reading).await;
        assert_eq!(said.contains("\"supported\""), path == "/federation/meta/versions", "{path}: {said}");
    }
    assert_eq!(world.answered().await, before + 1, "something has reached the domain logic");
    assert_eq!(world.wire().await.call(EVIL, "meta/versions", &json!({})).await.expect("an answer").status, 200);
}

/// An HTTP/2 connection's beginning with one request whose path is any text (RFC 7541, 6.2.2: literals, not indexed).
fn by_hand(path: &str) -> Vec<u8> {
    let mut block = Vec::new();
    let headers = [
        (":method", "POST"),
        (":scheme", "https"),
        (":authority", "federator"),
        (":path", path),
        ("wire-origin-domain", EVIL),
        ("beep-destination-domain", "own.example.com"),
    ];
    for (name, value) in headers {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).expect("it is short"));
            block.extend_from_slice(text.as_bytes());
        }
    }
    let frame = |kind: u8, flags: u8, stream: u8, payload: &[u8]| {
        let length = u32::try_from(payload.len()).expect("it is short").to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, stream], payload].concat()
    };
    // The preface, empty settings, and a head that is also the end.
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), frame(4, 0, 0, &[]), frame(1, 0x5, 1, &block)].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_small_whole_and_what_they_say() {
    let world = World::new().await;
    let mut wire = world.wire().await;
    let large = vec![b' '; (1 << 20) + 1];
    let said = wire.ask(request(EVIL, "commands/execute"), large.clone()).await.expect("it is answered");
    said.refused(413, "payload_too_large");
    // Also where the head does not say so.
    let (answer, mut sending) = world.wire().await.begin(request(EVIL, "commands/execute")).await.expect("it is taken");
    let piece = Bytes::from(vec![b' '; 64 * 1024]);
    for _ in 0..20 {
        if sending.send_data(piece.clone(), false).is_err() {
            break;
        }
    }
    drop((answer, sending));
    let batch = vec![b' '; (4 << 20) + 1];
    let said = world.wire().await.ask(request(EVIL, "events/on-events"), batch).await.expect("it is answered");
    said.refused(413, "payload_too_large");

    let deep = |call: &'static str, depth: usize| {
        let (open, close) = ("{\"a\":".repeat(depth), "}".repeat(depth));
        let body = match call {
            "commands/execute" => {
                format!("{{\"actor\":\"{}\",\"operation\":\"messages.send\",\"arguments\":{open}1{close}}}", mallory())
            }
            _ => format!(
                "{{\"stream\":\"{}\",\"first_seq\":1,\"events\":[{open}1{close}]}}",
                beep_tests::chance::nobodys_id()
            ),
        };
        (call, body)
    };
    let mut wire = world.wire().await;
    for (call, body) in
        [deep("commands/execute", 100_000), deep("events/on-events", 100_000), ("users/by-ids", "[".repeat(500_000))]
    {
        let reply = wire.ask(request(EVIL, call), body).await.expect("it is answered");
        match call {
            // A batch may hold what nobody can read: that is set aside.
            "events/on-events" => assert_eq!((reply.status, &reply.json()["acked_seq"]), (200, &json!(1)), "{reply:?}"),
            _ => reply.refused(422, "invalid_request"),
        }
    }
    let many: Vec<String> =
        (0..10_000).map(|_| format!("{}@own.example.com", beep_tests::chance::nobodys_id())).collect();
    let reply = wire.call(EVIL, "users/by-ids", &json!({ "ids": many })).await.expect("it is answered");
    reply.refused(422, "invalid_request");

    for body in [
        "",
        "{",
        "nonsense",
        "null",
        "[]",
        "7",
        "{\"actor\":7}",
        "{\"operation\":null}",
        "\u{0}",
        "{\"version\":2}",
        "{}{}",
    ] {
        let reply = wire.ask(request(EVIL, "commands/execute"), body.to_owned()).await.expect("it is answered");
        reply.refused(422, "invalid_request");
    }
    let not_text = wire.ask(request(EVIL, "commands/execute"), vec![0xff; 100]).await.expect("it is answered");
    not_text.refused(422, "invalid_request");

    // Heads that lie about the body.
    for (length, body) in
        [("2", "{} and more"), ("100", "{}"), ("-1", "{}"), ("two", "{}"), ("99999999999999999999", "{}")]
    {
        let mut wire = world.wire().await;
        let (mut head, ()) = request(EVIL, "meta/versions").into_parts();
        head.headers.insert("content-length", length.parse().expect("it is text"));
        let reply = wire.ask(Request::from_parts(head, ()), body.to_owned()).await;
        // The protocol itself forbids it: the stream may end without an answer.
        let refused = |reply: &Reply| matches!(reply.status, 400 | 413);
        assert!(reply.as_ref().map_or(true, refused), "{length}: {reply:?}");
    }
    // A bomb is not taken apart, and costs nothing.
    let (bomb, before) = (bomb(), memory(&world.own));
    for encoding in ["gzip", "br", "deflate", "zstd", "gzip, gzip", "x"] {
        let mut wire = world.wire().await;
        let (mut head, ()) = request(EVIL, "commands/execute").into_parts();
        head.headers.insert("content-encoding", encoding.parse().expect("it is text"));
        let reply = wire.ask(Request::from_parts(head, ()), bomb.clone()).await.expect("it is answered");
        reply.refused(422, "invalid_request");
        // Nor is what would be good without it.
        let (mut head, ()) = request(EVIL, "meta/versions").into_parts();
        head.headers.insert("content-encoding", encoding.parse().expect("it is text"));
        let reply = wire.ask(Request::from_parts(head, ()), "{}").await.expect("it is answered");
        reply.refused(422, "invalid_request");
    }
    assert!(memory(&world.own) < before + 20 * 1024, "from {before} to {} KiB", memory(&world.own));
    // A head without an end.
    let mut wire = world.wire().await;
    let (mut head, ()) = request(EVIL, "meta/versions").into_parts();
    head.headers.insert("x-long", "x".repeat(100_000).parse().expect("it is text"));
    let reply = wire.ask(Request::from_parts(head, ()), "{}").await;
    assert!(reply.as_ref().map_or(true, |reply| reply.status >= 400), "{reply:?}");
    // A version that nobody speaks.
    let mut wire = world.wire().await;
    for version in ["0", "2", "one", ""] {
        let (mut head, ()) = request(EVIL, "meta/versions").into_parts();
        head.headers.insert("beep-federation-version", version.parse().expect("it is text"));
        let reply = wire.ask(Request::from_parts(head, ()), "{}").await.expect("it is answered");
        reply.refused(422, "invalid_request");
    }
    assert!(!world.own.server.log().contains("panicked"));
    assert_eq!(world.wire().await.call(EVIL, "meta/versions", &json!({})).await.expect("an answer").status, 200);
}
