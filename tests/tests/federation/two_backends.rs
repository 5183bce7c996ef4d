//! People of one backend live in a server of another as if they were at home: both ways round.

use beep_client::EventData;
use beep_tests::database::Engine;
use beep_tests::federation::realm::{Backend, Realm};
use beep_tests::making::{id, ids, texts};
use beep_tests::people::{Person, ask_unsigned};
use beep_tests::server::Server;
use futures_util::future::join;
use reqwest::Method;
use serde_json::{Value, json};

use crate::follower::Follower;

#[tokio::test(flavor = "multi_thread")]
async fn people_live_in_a_server_of_another_backend() {
    for engine in Engine::at_hand() {
        living_elsewhere(engine).await;
    }
}

async fn living_elsewhere(engine: Engine) {
    let (_realm, [a, b]) = Realm::of(engine, ["a", "b"]).await;
    join(main_path(&a, &b), main_path(&b, &a)).await;
    for backend in [&a, &b] {
        assert!(!backend.server.log().contains("panicked"), "{}", backend.server.log());
    }
}

/// Olga owns a server at `home`; Gustav comes from `away`.
async fn main_path(home: &Backend, away: &Backend) {
    let olga = home.sign_up("olga").await;
    let gustav = away.sign_up("gustav").await;
    let found = gustav.get(&format!("/users?handle=olga@{}", home.domain)).await.expect(200);
    assert_eq!(found["id"], olga.id);
    assert_eq!(found["domain"], home.domain);
    let missing = gustav.get(&format!("/users?handle=nobody@{}", home.domain)).await;
    missing.refused(404, "not_found");

    let (server, channel) = olga.community("public").await;
    assert!(server.ends_with(&home.domain));
    let public = gustav.get(&format!("/servers/discover?domain={}", home.domain)).await.expect(200);
    assert!(ids(&public).contains(&server), "{public}");
    let mut at_home = Follower::begin(&home.server, &olga).await;
    let mut from_away = Follower::begin(&away.server, &gustav).await;

    let member = gustav.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    assert_eq!(member["user"], gustav.id);
    assert_eq!(ids(&gustav.get("/servers").await.expect(200)), std::slice::from_ref(&server));
    assert_eq!(
        ids(&gustav.get(&format!("/servers/{server}/channels")).await.expect(200)),
        std::slice::from_ref(&channel)
    );
    gustav.post(&format!("/servers/{server}/join"), json!({})).await.refused(409, "already_member");
    let joined = |data: &EventData| matches!(data, EventData::MemberJoined(joined) if joined.member.user.to_string() == gustav.id);
    at_home.until("a new member", joined).await;
    from_away.until("their own membership", joined).await;

    // Roles: what is given counts at once, what is not is refused with what is missing.
    let refused = gustav.post(&format!("/servers/{server}/channels"), json!({ "name": "den" })).await;
    let missing = texts(&refused.refused(403, "permission_denied")["missing"]);
    assert_eq!(missing, ["manage_channels"]);
    let role = olga.make_role(&server, "Gardener", 1, &["manage_channels", "manage_messages"]).await;
    olga.give(&server, &gustav, &role).await;
    let has_role = |data: &EventData| matches!(data, EventData::MemberUpdated(member) if !member.roles.is_empty());
    from_away.until("their role", has_role).await;
    let may = gustav.may(&server, None).await;
    assert!(may.contains(&"manage_channels".to_owned()), "{may:?}");
    let den = gustav.make_channel(&server, "den").await;
    let is_den =
        |data: &EventData| matches!(data, EventData::ChannelCreated(state) if state.channel.id.to_string() == den);
    at_home.until("the new channel", is_den).await;
    from_away.until("the new channel", is_den).await;

    // Messages both ways.
    let first = olga.says(&channel, "hello from home").await;
    from_away.reads("hello from home").await;
    let second = gustav.says(&channel, "hello from away").await;
    at_home.reads("hello from away").await;
    from_away.reads("hello from away").await;
    let path = |message: &str| format!("/channels/{channel}/messages/{message}");
    let edited = gustav.patch(&path(&second), json!({ "content": "greetings" })).await.expect(200);
    assert_eq!(edited["author"], gustav.id);
    let is_edited =
        |data: &EventData| matches!(data, EventData::MessageUpdated(message) if message.content == "greetings");
    at_home.until("the edit", is_edited).await;
    from_away.until("the edit", is_edited).await;
    gustav.patch(&path(&first), json!({ "content": "not mine" })).await.refused(403, "permission_denied");
    // A pin, made from away and taken down at home.
    let pin = format!("/channels/{channel}/pins/{second}");
    gustav.put(&pin, json!({})).await.expect(204);
    let is_pinned = |data: &EventData| matches!(data, EventData::MessagePinned(pin) if pin.message_id.to_string() == second && pin.user.to_string() == gustav.id);
    at_home.until("the pin", is_pinned).await;
    from_away.until("the pin", is_pinned).await;
    let pins = format!("/channels/{channel}/pins");
    let listed = gustav.get(&pins).await.expect(200);
    assert_eq!((&listed["items"][0]["message"]["id"], &listed), (&json!(second), &olga.get(&pins).await.expect(200)));
    olga.delete(&pin).await.expect(204);
    let is_unpinned =
        |data: &EventData| matches!(data, EventData::MessageUnpinned(pin) if pin.message_id.to_string() == second);
    at_home.until("the end of the pin", is_unpinned).await;
    from_away.until("the end of the pin", is_unpinned).await;
    // Reactions of both, of which each home knows its own; taken back, and removed at once.
    let of_thumb = format!("{}/reactions/👍", path(&second));
    let own = format!("{of_thumb}/me");
    for (who, count) in [(&gustav, 1), (&olga, 2)] {
        who.put(&own, json!({})).await.expect(204);
        let is_added = |data: &EventData| {
            matches!(data, EventData::ReactionAdded(moved)
                if moved.user.as_ref().is_some_and(|user| user.to_string() == who.id) && moved.count == count)
        };
        at_home.until("a reaction", is_added).await;
        from_away.until("a reaction", is_added).await;
    }
    for who in [&gustav, &olga] {
        let seen = who.get(&path(&second)).await.expect(200);
        assert_eq!(seen["reactions"], json!([{ "emoji": "👍", "count": 2, "me": true }]));
        let reactors = who.get(&of_thumb).await.expect(200);
        assert_eq!(ids(&reactors), [gustav.id.clone(), olga.id.clone()]);
        assert_eq!(reactors["items"][0]["username"], gustav.name, "whose home is another: {reactors}");
    }
    gustav.put(&format!("{}/reactions/thumb/me", path(&second)), json!({})).await.refused(422, "invalid_request");
    gustav.delete(&own).await.expect(204);
    gustav.delete(&of_thumb).await.expect(204);
    for (text, left) in [("one reaction back", 1), ("all of them removed", 0)] {
        let is_removed = |data: &EventData| matches!(data, EventData::ReactionRemoved(moved) if moved.count == left && moved.user.is_none() == (left == 0));
        at_home.until(text, is_removed).await;
        from_away.until(text, is_removed).await;
    }
    // Moderation, with the permission that it takes.
    gustav.delete(&path(&first)).await.expect(204);
    let is_gone = |data: &EventData| matches!(data, EventData::MessageDeleted(gone) if gone.id.to_string() == first);
    at_home.until("the deletion", is_gone).await;
    from_away.until("the deletion", is_gone).await;

    // Both see the same history, events, members and roles.
    for number in 0..5 {
        let (who, text) = if number % 2 == 0 { (&olga, "home") } else { (&gustav, "away") };
        who.says(&den, &format!("{text} {number}")).await;
    }
    from_away.reads("home 4").await;
    at_home.reads("home 4").await;
    assert_eq!(from_away.told_of(&den), at_home.told_of(&den));
    for path in [
        format!("/channels/{den}/messages?limit=3"),
        format!("/channels/{channel}/messages"),
        format!("/channels/{den}/events?after_seq=0"),
        format!("/servers/{server}/members"),
        format!("/servers/{server}/roles"),
        format!("/servers/{server}"),
        format!("/channels/{den}"),
        path(&second),
    ] {
        same_answer(&olga, &gustav, &path).await;
    }

    // A nonce says the same message once, also across backends.
    let body = json!({ "content": "once", "nonce": "the same" });
    let once = gustav.post(&format!("/channels/{den}/messages"), body.clone()).await.expect(201);
    let again = gustav.post(&format!("/channels/{den}/messages"), body).await.expect(201);
    assert_eq!(once["id"], again["id"]);

    // A code leads in from elsewhere.
    let code = olga.invite(&server).await;
    let iris = away.sign_up("iris").await;
    let code = format!("{code}@{}", home.domain);
    let shown = format!("/invitations/{code}");
    ask_unsigned(&away.server, Method::GET, &shown, None).await.refused(401, "unauthenticated");
    let preview = iris.get(&shown).await.expect(200);
    assert_eq!(preview["server"]["id"], server, "{preview}");
    iris.accept(&code).await;
    let mut with_iris = Follower::begin(&away.server, &iris).await;
    olga.says(&channel, "welcome, Iris").await;
    with_iris.reads("welcome, Iris").await;
    let nowhere = iris.post(&format!("/invitations/nonsense@{}/accept", home.domain), json!({})).await;
    assert!(matches!(nowhere.status, 404 | 410 | 422), "{nowhere:?}");

    for follower in [&mut at_home, &mut from_away, &mut with_iris] {
        follower.is_up_to_date().await;
        assert_eq!(follower.resyncs, 0);
    }

    // Who has left sees nothing more.
    iris.delete(&format!("/servers/{server}/members/me")).await.expect(204);
    let has_left = |data: &EventData| matches!(data, EventData::MemberLeft(gone) if gone.user.to_string() == iris.id);
    at_home.until("the leaving", has_left).await;
    from_away.until("the leaving", has_left).await;
    with_iris.until("their own leaving", has_left).await;
    assert!(ids(&iris.get("/servers").await.expect(200)).is_empty());
    iris.get(&format!("/channels/{channel}/messages")).await.refused(404, "not_found");
    olga.says(&channel, "behind her back").await;
    from_away.reads("behind her back").await;
    with_iris.is_up_to_date().await;
    assert!(with_iris.told.iter().all(|(.., content)| content != "behind her back"));

    // The end of the server.
    gustav.delete(&format!("/servers/{server}")).await.refused(403, "permission_denied");
    olga.delete(&format!("/servers/{server}")).await.expect(204);
    let is_over = |data: &EventData| matches!(data, EventData::ServerDeleted(gone) if gone.id.to_string() == server);
    from_away.until("the end", is_over).await;
    at_home.until("the end", is_over).await;
    assert!(ids(&gustav.get("/servers").await.expect(200)).is_empty());
    for follower in [&mut at_home, &mut from_away] {
        follower.is_up_to_date().await;
    }
}

/// Asserts that two people of different backends are answered the same.
async fn same_answer(one: &Person, other: &Person, path: &str) {
    let (one, other) = (one.get(path).await.expect(200), other.get(path).await.expect(200));
    assert_eq!(without_cursors(one), without_cursors(other), "{path}");
}

/// Cursors are each backend's own.
fn without_cursors(mut body: Value) -> Value {
    if let Some(items) = body["items"].as_array_mut() {
        items.iter_mut().filter_map(Value::as_object_mut).for_each(|item| drop(item.remove("cursor")));
    }
    if let Some(body) = body.as_object_mut() {
        body.remove("next");
    }
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_there_may_see_never_arrives() {
    let (_realm, [a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let owner = b.sign_up("owner").await;
    let ann = a.sign_up("ann").await;
    let (server, open) = owner.community("public").await;
    let vault = owner.make_channel(&server, "vault-of-the-owner").await;
    let everyone = owner.everyone(&server).await;
    owner.overrides(&vault, &format!("role/{everyone}"), &[], &["view_channels"]).await;
    owner.says(&vault, "the-secret-before-she-came").await;
    let mut reading = Follower::begin(&a.server, &ann).await;
    ann.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    owner.says(&vault, "the-secret-while-she-is-there").await;
    owner.patch(&format!("/channels/{vault}"), json!({ "topic": "the-secret-topic" })).await.expect(200);
    owner.says(&open, "this is for everybody").await;
    reading.reads("this is for everybody").await;
    assert_eq!(ids(&ann.get(&format!("/servers/{server}/channels")).await.expect(200)), std::slice::from_ref(&open));
    ann.get(&format!("/channels/{vault}")).await.refused(404, "not_found");
    ann.get(&format!("/channels/{vault}/messages")).await.refused(404, "not_found");
    ann.post(&format!("/channels/{vault}/messages"), json!({ "content": "?" })).await.refused(404, "not_found");
    reading.is_up_to_date().await;
    assert!(holds(&a.server, "this is for everybody"), "what is searched for can be found");
    for secret in ["vault-of-the-owner", "the-secret-before", "the-secret-while", "the-secret-topic"] {
        assert!(!holds(&a.server, secret), "`{secret}` is in the database of the other backend");
        assert!(!a.server.log().contains(secret), "`{secret}` is in the log of the other backend");
    }

    // Let in, she sees it from then on; shut out again, nothing more.
    owner.overrides(&vault, &format!("member/{}", ann.id), &["view_channels"], &[]).await;
    let opens =
        |data: &EventData| matches!(data, EventData::ChannelCreated(state) if state.channel.id.to_string() == vault);
    reading.until("the channel that opens", opens).await;
    owner.says(&vault, "welcome in").await;
    reading.reads("welcome in").await;
    let history = ann.get(&format!("/channels/{vault}/messages")).await.expect(200);
    assert_eq!(ids(&history).len(), 3);
    owner.overrides(&vault, &format!("member/{}", ann.id), &[], &["view_channels"]).await;
    let closes = |data: &EventData| matches!(data, EventData::ChannelDeleted(gone) if gone.id.to_string() == vault);
    reading.until("the channel that closes", closes).await;
    owner.says(&vault, "the-last-secret").await;
    owner.says(&open, "still for everybody").await;
    reading.reads("still for everybody").await;
    reading.is_up_to_date().await;
    assert!(!holds(&a.server, "the-last-secret"));
    ann.get(&format!("/channels/{vault}/messages")).await.refused(404, "not_found");

    // Whoever loses the right to speak is refused by the owner's rules at once.
    owner
        .patch(&format!("/servers/{server}/roles/{everyone}"), json!({ "permissions": ["view_channels"] }))
        .await
        .expect(200);
    let refused = ann.post(&format!("/channels/{open}/messages"), json!({ "content": "?" })).await;
    assert_eq!(texts(&refused.refused(403, "permission_denied")["missing"]), ["send_messages"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_server_is_hidden_from_elsewhere() {
    let (_realm, [a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let owner = b.sign_up("owner").await;
    let ann = a.sign_up("ann").await;
    let (server, channel) = owner.community("private").await;
    for path in [format!("/servers/{server}"), format!("/servers/{server}/members"), format!("/channels/{channel}")] {
        ann.get(&path).await.refused(404, "not_found");
    }
    ann.post(&format!("/servers/{server}/join"), json!({})).await.refused(404, "not_found");
    let public = ann.get(&format!("/servers/discover?domain={}", b.domain)).await.expect(200);
    assert!(ids(&public).is_empty());
    let nobody = format!("{}@{}", beep_tests::chance::nobodys_id(), b.domain);
    ann.get(&format!("/servers/{nobody}")).await.refused(404, "not_found");
    let code = owner.invite(&server).await;
    ann.accept(&format!("{code}@{}", b.domain)).await;
    assert_eq!(id(&ann.get(&format!("/servers/{server}")).await.expect(200)), server);
    assert_eq!(ann.says(&channel, "in at last").await.len(), 36);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_changed_elsewhere_is_seen_by_those_who_share_a_server() {
    let (_realm, [a, b]) = Realm::of(Engine::Sqlite, ["a", "b"]).await;
    let owner = b.sign_up("owner").await;
    let ann = a.sign_up("ann").await;
    let (server, _) = owner.community("public").await;
    ann.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
    let seen = owner.get(&format!("/users/{}", ann.id)).await.expect(200);
    assert_eq!((seen["username"].as_str(), seen["domain"].as_str()), (Some("ann"), Some(a.domain.as_str())));
    let seen = ann.get(&format!("/users/{}", owner.id)).await.expect(200);
    assert_eq!(seen["username"], "owner");
    for hidden in ["email", "first_name", "global_roles"] {
        assert!(seen.get(hidden).is_none(), "{hidden} is private");
    }
    // Changed at home, it is told to who shares a server, and shown with the members.
    for (who, at, other, away) in [(&ann, &a, &owner, &b), (&owner, &b, &ann, &a)] {
        let mut with_other = Follower::begin(&away.server, other).await;
        let name = format!("{} of {}", who.name, at.domain);
        who.patch("/self", json!({ "display_name": name })).await.expect(200);
        let is_renamed = |data: &EventData| {
            matches!(data, EventData::UserUpdated(user) if user.id.to_string() == who.id
                && user.display_name.as_deref() == Some(name.as_str()))
        };
        with_other.until("the new name", is_renamed).await;
        let seen = other.get(&format!("/users/{}", who.id)).await.expect(200);
        assert_eq!(seen["display_name"], json!(name));
        let listed = other.get(&format!("/servers/{server}/members")).await.expect(200);
        let member = listed["items"].as_array().into_iter().flatten().find(|member| member["user"] == json!(who.id));
        assert_eq!(member.map(|member| member["profile"]["display_name"].clone()), Some(json!(name)), "{listed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_as_far_as_their_backend_lets_them() {
    let mut realm = Realm::new(Engine::Sqlite).await;
    let a = realm.backend("a").await;
    let ann = a.sign_up("ann").await;
    for (name, policy) in [("b", "none"), ("c", "exact_handle"), ("d", "full")] {
        let there = realm.backend_with(name, &["--federation.search", policy, "--limits.rates", "off"]).await;
        let (bea, bert) = (there.sign_up("bea").await, there.sign_up("bert").await);
        let found = async |q: &str| {
            let path = format!("/search/users?q={q}&domain={}", there.domain);
            let mut found = ids(&ann.get(&path).await.expect(200));
            found.sort();
            found
        };
        let by_handle = ann.get(&format!("/users?handle=bea@{}", there.domain)).await;
        let mut both = vec![bea.id.clone(), bert.id.clone()];
        both.sort();
        let (exact, begun) = (found("bea").await, found("be").await);
        match policy {
            "none" => {
                by_handle.refused(404, "not_found");
                assert_eq!((exact, begun), (vec![], vec![]), "{policy}");
            }
            "exact_handle" => {
                assert_eq!(by_handle.expect(200)["id"], bea.id);
                assert_eq!((exact, begun), (vec![bea.id.clone()], vec![]), "{policy}");
            }
            _ => {
                assert_eq!(by_handle.expect(200)["id"], bea.id);
                assert_eq!((exact, begun), (vec![bea.id.clone()], both), "{policy}");
            }
        }
    }
}

/// Whether the database of a backend holds a text anywhere, also in what it has only logged.
fn holds(server: &Server, text: &str) -> bool {
    let files = std::fs::read_dir(server.directory()).expect("the data directory can be read");
    let files = files.map(|entry| entry.expect("it is readable").path());
    let databases =
        files.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("beep.db")));
    let mut octets = databases.map(|path| std::fs::read(path).expect("a file can be read"));
    octets.any(|octets| octets.windows(text.len()).any(|part| part == text.as_bytes()))
}
