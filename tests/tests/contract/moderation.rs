//! What moderators of the whole backend do (rule 11): suspensions, restrictions, reports, and what is written down of it.

use beep_core::audit::AuditAction;
use beep_core::report::MOST_UNRESOLVED;
use beep_core::time::Timestamp;
use beep_proto::gateway::EventData;
use beep_proto::time::Time;
use beep_tests::chance::nobodys_id;
use beep_tests::database::Engine;
use beep_tests::gateway::Gateway;
use beep_tests::making::{id, ids};
use beep_tests::people::{Answer, PASSWORD, Person, ask_unsigned};
use beep_tests::server::Server;
use reqwest::Method;
use serde_json::{Value, json};

const LATER: &str = "2099-01-01T00:00:00.000Z";
const NEVER: &str = "9999-12-31T23:59:59.999Z";

/// Signs somebody up with a global role.
async fn with_role(server: &Server, name: &str, role: &str) -> Person {
    let person = Person::sign_up(server, name).await;
    let granted = server.admin(&["grant", &person.name, role]).await;
    assert!(granted.status.success(), "{}", String::from_utf8_lossy(&granted.stderr));
    person
}

fn suspension(of: &Person) -> String {
    format!("/admin/users/{}/suspension", of.id)
}

fn in_server(server: &str, user: &Person) -> String {
    format!("/admin/servers/{server}/restrictions/{}", user.id)
}

fn in_channel(channel: &str, user: &Person) -> String {
    format!("/admin/channels/{channel}/restrictions/{}", user.id)
}

async fn login(server: &Server, person: &Person) -> Answer {
    let body = json!({ "login": person.name, "password": PASSWORD });
    ask_unsigned(server, Method::POST, "/login", Some(body)).await
}

async fn refresh(server: &Server, person: &Person) -> Answer {
    ask_unsigned(server, Method::POST, "/access", Some(json!({ "refresh_token": person.refresh }))).await
}

/// The entries of a log as action, target and reason, newest first.
fn told(log: &Value) -> Vec<(String, String, Value)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let entries = log["items"].as_array().expect("items").iter();
    entries.map(|of| (text(&of["action"]), text(&of["target"]["id"]), of["reason"].clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_suspended_is_out_everywhere_at_once() {
    for engine in Engine::at_hand() {
        let server = Server::start(engine).await;
        let keeper = with_role(&server, "keeper", "user_moderator").await;
        let noisy = Person::sign_up(&server, "noisy").await;
        let phone = noisy.on_another_device().await;
        let (_, channel) = noisy.community("private").await;
        let (mut live, _) = Gateway::connect(&server, &phone).await;
        let path = suspension(&noisy);

        for who in [&noisy, &with_role(&server, "other", "server_moderator").await] {
            let refused = who.put(&path, json!({ "reason": "spam" })).await.refused(403, "permission_denied");
            assert_eq!(refused["missing"], json!(["user_moderator"]));
        }
        for body in [json!({}), json!({ "reason": "" }), json!({ "reason": "x".repeat(513) })] {
            let refused = keeper.put(&path, body).await.refused(422, "invalid_request");
            assert_eq!(refused["errors"][0]["field"], "reason");
        }
        let past = json!({ "reason": "spam", "until": "2020-01-01T00:00:00Z" });
        keeper.put(&path, past).await.refused(422, "invalid_request");
        keeper.delete(&path).await.refused(404, "not_found");
        keeper
            .put(&format!("/admin/users/{}/suspension", nobodys_id()), json!({ "reason": "spam" }))
            .await
            .refused(404, "not_found");
        keeper.put(&suspension(&keeper), json!({ "reason": "rest" })).await.refused(409, "conflict");

        keeper.put(&path, json!({ "reason": "spam", "until": LATER })).await.expect(204);
        assert_eq!(live.end().await.0, Some(4001), "{engine:?}");
        for device in [&noisy, &phone] {
            device.get("/self").await.refused(401, "unauthenticated");
            device.get(&format!("/channels/{channel}/messages")).await.refused(401, "unauthenticated");
            let refused = refresh(&server, device).await.refused(403, "account_suspended");
            assert_eq!(refused["until"], LATER);
        }
        assert_eq!(login(&server, &noisy).await.refused(403, "account_suspended")["until"], LATER);
        // Who does not know the password learns nothing.
        let guess = json!({ "login": noisy.name, "password": "wrong horse battery" });
        ask_unsigned(&server, Method::POST, "/login", Some(guess)).await.refused(401, "invalid_credentials");

        // Without an end there is none to name.
        keeper.put(&path, json!({ "reason": "more spam" })).await.expect(204);
        assert_eq!(login(&server, &noisy).await.refused(403, "account_suspended").get("until"), None);
        keeper.delete(&format!("{path}?reason=over")).await.expect(204);
        keeper.delete(&path).await.refused(404, "not_found");
        let back = noisy.on_another_device().await;
        back.says(&channel, "sorry").await;
        refresh(&server, &phone).await.refused(401, "unauthenticated");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspension_ends_by_itself() {
    let server = Server::start(Engine::Sqlite).await;
    let keeper = with_role(&server, "keeper", "user_moderator").await;
    let noisy = Person::sign_up(&server, "noisy").await;
    let until = Time(Timestamp::from_millis(now_ms() + 1_500));
    keeper.put(&suspension(&noisy), json!({ "reason": "spam", "until": until.to_string() })).await.expect(204);
    let mut refused = 0;
    let ended = loop {
        let answer = login(&server, &noisy).await;
        if answer.status == 200 {
            break now_ms();
        }
        assert_eq!(answer.refused(403, "account_suspended")["until"], until.to_string());
        refused += 1;
    };
    assert!(refused > 0 && ended >= until.0.millis(), "{refused} were refused, up to {ended} of {until}");
}

#[expect(clippy::disallowed_methods, reason = "the backend is another process, and has the clock of the machine")]
fn now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is after 1970");
    i64::try_from(since.as_millis()).expect("it is before the end of time")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_suspended_user_handed_out_is_dead_until_they_are_back() {
    let server = Server::start(Engine::Sqlite).await;
    let keeper = with_role(&server, "keeper", "user_moderator").await;
    let owner = Person::sign_up(&server, "owner").await;
    let inviter = Person::sign_up(&server, "inviter").await;
    let late = Person::sign_up(&server, "late").await;
    let (hall, _) = owner.community("private").await;
    inviter.accept(&owner.invite(&hall).await).await;
    let role = owner.make_role(&hall, "inviter", 1, &["manage_invitations"]).await;
    owner.give(&hall, &inviter, &role).await;
    let code = inviter.invite(&hall).await;
    inviter.post(&format!("/servers/{hall}/invitations"), json!({ "user": late.id })).await.expect(201);
    keeper.put(&suspension(&inviter), json!({ "reason": "spam" })).await.expect(204);
    late.get(&format!("/invitations/{code}")).await.refused(404, "not_found");
    late.post(&format!("/invitations/{code}/accept"), json!({})).await.refused(404, "not_found");
    assert_eq!(late.get("/invitations").await.expect(200)["items"], json!([]));
    // Nobody hands a server to them either.
    let transfer = json!({ "user": inviter.id, "password": PASSWORD });
    owner.put(&format!("/servers/{hall}/owner"), transfer).await.refused(409, "conflict");
    keeper.delete(&suspension(&inviter)).await.expect(204);
    late.accept(&code).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn moderators_do_not_restrain_each_other_and_the_last_administrator_stays() {
    let server = Server::start(Engine::Sqlite).await;
    let root = with_role(&server, "root", "application_administrator").await;
    let deputy = with_role(&server, "deputy", "application_administrator").await;
    let keeper = with_role(&server, "keeper", "user_moderator").await;
    let warden = with_role(&server, "warden", "server_moderator").await;
    let (hall, channel) = root.community("public").await;
    for whom in [&root, &warden] {
        keeper.put(&suspension(whom), json!({ "reason": "revenge" })).await.refused(403, "hierarchy");
    }
    for path in [in_server(&hall, &root), in_channel(&channel, &root), in_server(&hall, &keeper)] {
        warden.put(&path, json!({ "reason": "revenge" })).await.refused(403, "hierarchy");
    }
    warden.put(&in_server(&hall, &warden), json!({ "reason": "rest" })).await.refused(409, "conflict");
    // An administrator restrains everybody but themself, so one is always left.
    root.put(&suspension(&root), json!({ "reason": "rest" })).await.refused(409, "conflict");
    root.put(&suspension(&deputy), json!({ "reason": "leak" })).await.expect(204);
    let role = |of: &Person, role: &str| format!("/admin/users/{}/roles/{role}", of.id);
    let administrator = "application_administrator";
    root.delete(&role(&root, administrator)).await.refused(409, "last_administrator");
    root.put(&role(&root, "user_moderator"), json!({})).await.refused(409, "conflict");
    keeper.put(&role(&keeper, administrator), json!({})).await.refused(403, "permission_denied");
    keeper.delete(&role(&root, administrator)).await.refused(403, "permission_denied");
    root.delete(&suspension(&deputy)).await.expect(204);
    let deputy = deputy.on_another_device().await;
    // Of two who suspend each other at once one stays.
    let reason = || json!({ "reason": "leak" });
    let (one, other) = (suspension(&deputy), suspension(&root));
    let (first, second) = tokio::join!(root.put(&one, reason()), deputy.put(&other, reason()));
    let done = [&first, &second].iter().filter(|answer| answer.status == 204).count();
    assert_eq!(done, 1, "{first:?} {second:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn moderators_find_users_and_see_no_more_than_they_need() {
    for engine in Engine::at_hand() {
        let server = Server::start(engine).await;
        let keeper = with_role(&server, "keeper", "user_moderator").await;
        let anna = Person::sign_up(&server, "anna").await;
        let anton = Person::sign_up(&server, "anton").await;
        let users = async |query: &str| keeper.get(&format!("/admin/users{query}")).await.expect(200);
        let named = |page: &Value| {
            let items = page["items"].as_array().expect("items").iter();
            items.map(|of| of["user"]["username"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
        };
        keeper.put(&suspension(&anton), json!({ "reason": "spam", "until": LATER })).await.expect(204);
        let found = users("?q=AN").await;
        assert_eq!(named(&found), ["anna", "anton"], "{engine:?}");
        assert_eq!(found["items"][0]["suspension"], Value::Null);
        let of = &found["items"][1]["suspension"];
        assert_eq!((&of["until"], &of["reason"], &of["by"]), (&json!(LATER), &json!("spam"), &json!(keeper.id)));
        assert!(found["items"][1]["user"]["created_at"].is_string());
        for private in ["example.com\"", "password", "first_name", "address"] {
            assert!(!found.to_string().contains(private), "{found}");
        }
        assert_eq!(users("?q=keep").await["items"][0]["global_roles"], json!(["user_moderator"]));
        assert_eq!(named(&users("").await), ["keeper", "anna", "anton"]);
        let first = users("?limit=2").await;
        let next = first["next"].as_str().expect("there is more");
        assert_eq!(named(&users(&format!("?limit=2&cursor={next}")).await), ["anton"]);
        assert_eq!(named(&users("?suspended=true").await), ["anton"]);
        keeper.get("/admin/users?cursor=x").await.refused(422, "invalid_request");
        anna.get("/admin/users").await.refused(403, "permission_denied");
        keeper.delete(&suspension(&anton)).await.expect(204);
        assert_eq!(named(&users("?suspended=true").await), Vec::<String>::new());
        // What needs another role.
        keeper.get("/admin/audit-log").await.refused(403, "permission_denied");
        keeper.get("/admin/federation").await.refused(403, "permission_denied");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restriction_beats_ownership_and_administrator() {
    for engine in Engine::at_hand() {
        let server = Server::start(engine).await;
        let warden = with_role(&server, "warden", "server_moderator").await;
        let owner = Person::sign_up(&server, "owner").await;
        let admin = Person::sign_up(&server, "admin").await;
        let plain = Person::sign_up(&server, "plain").await;
        let (hall, channel) = owner.community("public").await;
        let aside = owner.make_channel(&hall, "aside").await;
        for person in [&admin, &plain] {
            person.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        }
        let role = owner.make_role(&hall, "admin", 3, &["administrator"]).await;
        owner.give(&hall, &admin, &role).await;
        let early = owner.says(&channel, "early").await;
        let messages = format!("/channels/{channel}/messages");
        let (mut at_plain, _) = Gateway::connect(&server, &plain).await;

        for who in [&owner, &admin, &plain] {
            let refused = who.put(&in_server(&hall, &plain), json!({ "reason": "x" })).await;
            assert_eq!(refused.refused(403, "permission_denied")["missing"], json!(["server_moderator"]));
        }
        warden.put(&in_server(&hall, &owner), json!({})).await.refused(422, "invalid_request");
        warden.delete(&in_server(&hall, &owner)).await.refused(404, "not_found");
        warden.put(&in_server(&nobodys_id(), &owner), json!({ "reason": "x" })).await.refused(404, "not_found");
        for whom in [&owner, &admin] {
            let body = json!({ "reason": "rude", "until": LATER });
            warden.put(&in_server(&hall, whom), body).await.expect(204);
            let EventData::MemberUpdated(told) = at_plain.event().await.data else { panic!("members are told") };
            assert_eq!(
                (told.user.to_string(), told.restricted_until.map(|at| at.to_string())),
                (whom.id.clone(), Some(LATER.to_owned()))
            );
            for place in [&channel, &aside] {
                let refused = whom.post(&format!("/channels/{place}/messages"), json!({ "content": "loud" })).await;
                assert_eq!(refused.refused(403, "restricted")["until"], LATER);
                whom.get(&format!("/channels/{place}/messages")).await.expect(200);
            }
            whom.patch(&format!("/servers/{hall}"), json!({ "name": "Mine" })).await.refused(403, "restricted");
            whom.put(&format!("/servers/{hall}/bans/{}", plain.id), json!({})).await.refused(403, "restricted");
            whom.delete(&format!("/servers/{hall}")).await.refused(403, "restricted");
            assert_eq!(whom.may(&hall, None).await, ["view_channels"]);
            assert_eq!(whom.may(&hall, Some(&channel)).await, ["view_channels"]);
        }
        let transfer = json!({ "user": admin.id, "password": PASSWORD });
        owner.put(&format!("/servers/{hall}/owner"), transfer).await.refused(403, "restricted");
        owner.patch(&format!("{messages}/{early}"), json!({ "content": "late" })).await.refused(403, "restricted");
        owner.delete(&format!("{messages}/{early}")).await.expect(204);
        let explained = owner.get(&format!("/servers/{hall}/permissions")).await.expect(200);
        assert!(explained["because"].to_string().contains("restriction"), "{explained}");
        plain.says(&channel, "still here").await;

        // The owner reads why, and whoever did it cannot take it back out.
        let log = owner.get(&format!("/servers/{hall}/audit-log?action=admin.restrict_in_server")).await.expect(200);
        let expected = |who: &Person| ("admin.restrict_in_server".to_owned(), who.id.clone(), json!("rude"));
        assert_eq!(told(&log), [expected(&admin), expected(&owner)]);
        assert_eq!(log["items"][0]["actor"], json!(warden.id));
        let place = &log["items"][0]["changes"][0];
        assert_eq!((&place["field"], &place["after"]), (&json!("server_id"), &json!(hall)));
        warden.get(&format!("/servers/{hall}/audit-log")).await.refused(403, "permission_denied");

        // Leaving ends nothing, and what is decided while they are away holds.
        admin.delete(&format!("/servers/{hall}/members/me")).await.expect(204);
        let back = admin.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        assert_eq!(back["restricted_until"], LATER);
        admin.post(&messages, json!({ "content": "loud" })).await.refused(403, "restricted");
        admin.delete(&format!("/servers/{hall}/members/me")).await.expect(204);
        warden.delete(&format!("{}?reason=over", in_server(&hall, &admin))).await.expect(204);
        let back = admin.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        assert_eq!(back["restricted_until"], Value::Null);
        admin.says(&channel, "quiet").await;
        warden.put(&in_server(&hall, &owner), json!({ "reason": "ruder" })).await.expect(204);
        let member = owner.get(&format!("/servers/{hall}/members/{}", owner.id)).await.expect(200);
        assert_eq!(member["restricted_until"], NEVER);
        let refused = owner.post(&messages, json!({ "content": "loud" })).await.refused(403, "restricted");
        assert_eq!(refused.get("until"), None);
        warden.delete(&in_server(&hall, &owner)).await.expect(204);
        owner.says(&channel, "back").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restriction_in_a_channel_leaves_the_others_alone() {
    for engine in Engine::at_hand() {
        let server = Server::start(engine).await;
        let warden = with_role(&server, "warden", "server_moderator").await;
        let owner = Person::sign_up(&server, "owner").await;
        let plain = Person::sign_up(&server, "plain").await;
        let (hall, channel) = owner.community("public").await;
        let aside = owner.make_channel(&hall, "aside").await;
        // Who is no member yet is restricted when they come.
        warden.put(&in_channel(&channel, &plain), json!({ "reason": "rude", "until": LATER })).await.expect(204);
        plain.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        warden.put(&in_channel(&channel, &owner), json!({ "reason": "ruder" })).await.expect(204);
        for (who, until) in [(&plain, Some(LATER)), (&owner, None)] {
            let refused = who.post(&format!("/channels/{channel}/messages"), json!({ "content": "loud" })).await;
            assert_eq!(refused.refused(403, "restricted")["until"].as_str(), until);
            who.says(&aside, "here").await;
        }
        owner.patch(&format!("/channels/{channel}"), json!({ "name": "mine" })).await.refused(403, "restricted");
        let seen = plain.get(&format!("/channels/{channel}")).await.expect(200);
        assert_eq!((&seen["restricted"][&plain.id], &seen["restricted"][&owner.id]), (&json!(LATER), &json!(NEVER)));
        assert_eq!(seen["version"], 1, "nobody edited it");
        for path in [in_channel(&aside, &plain), in_channel(&nobodys_id(), &plain)] {
            warden.delete(&path).await.refused(404, "not_found");
        }
        for who in [&plain, &owner] {
            warden.delete(&in_channel(&channel, who)).await.expect(204);
            who.says(&channel, "back").await;
        }
        // A private conversation is not theirs to see.
        let direct = id(&owner.post("/channels", json!({ "kind": "direct", "user": plain.id })).await.expect(201));
        warden.put(&in_channel(&direct, &plain), json!({ "reason": "x" })).await.refused(404, "not_found");
        owner.says(&direct, "hello").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_suspended_server_people_look_leave_and_the_owner_deletes() {
    for engine in Engine::at_hand() {
        let server = Server::start(engine).await;
        let warden = with_role(&server, "warden", "server_moderator").await;
        let keeper = with_role(&server, "keeper", "user_moderator").await;
        let owner = Person::sign_up(&server, "owner").await;
        let admin = Person::sign_up(&server, "admin").await;
        let plain = Person::sign_up(&server, "plain").await;
        let late = Person::sign_up(&server, "late").await;
        let (hall, channel) = owner.community("public").await;
        let join = format!("/servers/{hall}/join");
        for person in [&admin, &plain] {
            person.post(&join, json!({})).await.expect(200);
        }
        let role = owner.make_role(&hall, "admin", 3, &["administrator"]).await;
        owner.give(&hall, &admin, &role).await;
        let (code, said) = (owner.invite(&hall).await, plain.says(&channel, "early").await);
        let path = format!("/admin/servers/{hall}/suspension");
        let (mut at_plain, _) = Gateway::connect(&server, &plain).await;
        for who in [&owner, &keeper] {
            who.put(&path, json!({ "reason": "x" })).await.refused(403, "permission_denied");
        }
        warden.delete(&path).await.refused(404, "not_found");
        let nowhere = format!("/admin/servers/{}/suspension", nobodys_id());
        warden.put(&nowhere, json!({ "reason": "x" })).await.refused(404, "not_found");
        warden.put(&path, json!({ "reason": "raid", "until": LATER })).await.expect(204);
        let EventData::ServerUpdated(updated) = at_plain.event().await.data else { panic!("members are told") };
        assert_eq!(updated.suspended_until.map(|at| at.to_string()), Some(LATER.to_owned()));

        for who in [&owner, &admin, &plain] {
            assert_eq!(who.get(&format!("/servers/{hall}")).await.expect(200)["suspended_until"], LATER);
            for seen in ["members", "roles", "channels"] {
                who.get(&format!("/servers/{hall}/{seen}")).await.expect(200);
            }
            who.get(&format!("/channels/{channel}/messages")).await.expect(200);
            let send = who.post(&format!("/channels/{channel}/messages"), json!({ "content": "loud" })).await;
            assert_eq!(send.refused(403, "server_suspended")["until"], LATER);
            who.patch(&format!("/servers/{hall}"), json!({ "name": "x" })).await.refused(403, "server_suspended");
            who.post(&format!("/servers/{hall}/roles"), json!({ "name": "x", "permissions": [] }))
                .await
                .refused(403, "server_suspended");
            let own = format!("/servers/{hall}/members/{}", who.id);
            who.patch(&own, json!({ "nickname": "x" })).await.refused(403, "server_suspended");
            assert_eq!(who.may(&hall, Some(&channel)).await, ["view_channels"]);
        }
        for seen in ["audit-log", "bans", "invitations"] {
            admin.get(&format!("/servers/{hall}/{seen}")).await.expect(200);
            plain.get(&format!("/servers/{hall}/{seen}")).await.refused(403, "permission_denied");
        }
        plain.delete(&format!("/channels/{channel}/messages/{said}")).await.refused(403, "server_suspended");
        late.post(&join, json!({})).await.refused(403, "server_suspended");
        late.post(&format!("/invitations/{code}/accept"), json!({})).await.refused(403, "server_suspended");
        let transfer = json!({ "user": admin.id, "password": PASSWORD });
        owner.put(&format!("/servers/{hall}/owner"), transfer).await.refused(403, "server_suspended");
        admin.delete(&format!("/servers/{hall}")).await.refused(403, "server_suspended");
        let log = owner.get(&format!("/servers/{hall}/audit-log?limit=1")).await.expect(200);
        assert_eq!(told(&log), [("admin.suspend_server".to_owned(), hall.clone(), json!("raid"))]);

        // What is lifted is as it was.
        warden.delete(&path).await.expect(204);
        plain.says(&channel, "back").await;
        late.accept(&code).await;
        warden.put(&path, json!({ "reason": "again" })).await.expect(204);
        plain.delete(&format!("/servers/{hall}/members/me")).await.expect(204);
        plain.get(&format!("/channels/{channel}")).await.refused(404, "not_found");
        owner.delete(&format!("/servers/{hall}")).await.expect(204);
        late.get(&format!("/servers/{hall}")).await.refused(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn global_roles_open_no_server_and_no_channel() {
    let server = Server::start(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let (hall, channel) = owner.community("private").await;
    let said = owner.says(&channel, "secret").await;
    let direct_with = Person::sign_up(&server, "other").await;
    direct_with.accept(&owner.invite(&hall).await).await;
    let direct = id(&owner.post("/channels", json!({ "kind": "direct", "user": direct_with.id })).await.expect(201));
    let role = owner.make_role(&hall, "role", 1, &[]).await;
    for global in ["user_moderator", "server_moderator", "application_administrator"] {
        let who = with_role(&server, global, global).await;
        for path in [
            format!("/servers/{hall}"),
            format!("/servers/{hall}/members"),
            format!("/servers/{hall}/audit-log"),
            format!("/channels/{channel}/messages"),
            format!("/channels/{channel}/messages/{said}"),
            format!("/channels/{direct}"),
            format!("/channels/{direct}/messages"),
        ] {
            who.get(&path).await.refused(404, "not_found");
        }
        who.patch(&format!("/servers/{hall}"), json!({ "name": "x" })).await.refused(404, "not_found");
        who.delete(&format!("/channels/{channel}/messages/{said}")).await.refused(404, "not_found");
        let give = format!("/servers/{hall}/members/{}/roles/{role}", owner.id);
        who.put(&give, json!({})).await.refused(404, "not_found");
        let (_, ready) = Gateway::connect(&server, &who).await;
        assert!(ready.servers.is_empty() && ready.channels.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_reach_the_moderators_whose_they_are() {
    for engine in Engine::at_hand() {
        let server = Server::start(engine).await;
        let root = with_role(&server, "root", "application_administrator").await;
        let keeper = with_role(&server, "keeper", "user_moderator").await;
        let warden = with_role(&server, "warden", "server_moderator").await;
        let owner = Person::sign_up(&server, "owner").await;
        let plain = Person::sign_up(&server, "plain").await;
        let (hall, channel) = owner.community("private").await;
        let said = owner.says(&channel, "an insult").await;
        plain.accept(&owner.invite(&hall).await).await;
        let stranger = Person::sign_up(&server, "stranger").await;
        let of_message = json!({ "kind": "message", "id": said, "channel_id": channel });
        let of_user = json!({ "kind": "user", "id": owner.id });
        let of_server = json!({ "kind": "server", "id": hall });
        let report = |target: &Value| json!({ "target": target, "reason": "rude" });
        // What somebody does not see is not there for them.
        for target in [&of_message, &of_server, &json!({ "kind": "user", "id": nobodys_id() })] {
            stranger.post("/reports", report(target)).await.refused(404, "not_found");
        }
        let hidden = json!({ "kind": "message", "id": nobodys_id(), "channel_id": channel });
        plain.post("/reports", report(&hidden)).await.refused(404, "not_found");
        for (target, field) in [
            (json!({ "kind": "message", "id": said }), "target.channel_id"),
            (json!({ "kind": "user", "id": owner.id, "channel_id": channel }), "target.channel_id"),
            (json!({ "kind": "server", "id": "x" }), "target.id"),
        ] {
            let refused = plain.post("/reports", report(&target)).await.refused(422, "invalid_request");
            assert_eq!(refused["errors"][0]["field"], field);
        }
        plain.post("/reports", json!({ "target": of_user, "reason": "" })).await.refused(422, "invalid_request");
        plain.post("/reports", report(&json!({ "kind": "role", "id": said }))).await.refused(422, "invalid_request");

        let long = json!({ "target": of_message, "reason": "rude", "comment": "and it goes on" });
        let made = plain.post("/reports", long).await.expect(201);
        let told = (&made["by"], &made["state"], &made["comment"], &made["claimed_by"], &made["resolution"]);
        let nothing = Value::Null;
        assert_eq!(told, (&json!(plain.id), &json!("open"), &json!("and it goes on"), &nothing, &nothing));
        assert_eq!(made["target"], of_message);
        assert!(!made.to_string().contains("insult"));
        let message = id(&made);
        let user = id(&plain.post("/reports", report(&of_user)).await.expect(201));
        let about_server = id(&plain.post("/reports", report(&of_server)).await.expect(201));

        let list = async |who: &Person, query: &str| ids(&who.get(&format!("/admin/reports{query}")).await.expect(200));
        assert_eq!(list(&keeper, "").await, [message.clone(), user.clone()]);
        assert_eq!(list(&warden, "").await, [message.clone(), about_server.clone()]);
        assert_eq!(list(&root, "").await, [message.clone(), user.clone(), about_server.clone()]);
        assert_eq!(root.pages("/admin/reports", 1).await, [message.clone(), user.clone(), about_server.clone()]);
        plain.get("/admin/reports").await.refused(403, "permission_denied");
        keeper.get("/admin/reports?state=lost").await.refused(422, "invalid_request");

        let claim = |report: &str| format!("/admin/reports/{report}/claim");
        let resolve = |report: &str| format!("/admin/reports/{report}/resolve");
        keeper.post(&claim(&about_server), json!({})).await.refused(404, "not_found");
        warden.post(&claim(&user), json!({})).await.refused(404, "not_found");
        plain.post(&claim(&message), json!({})).await.refused(403, "permission_denied");
        let claimed = keeper.post(&claim(&message), json!({})).await.expect(200);
        assert_eq!((&claimed["state"], &claimed["claimed_by"]), (&json!("claimed"), &json!(keeper.id)));
        keeper.post(&claim(&message), json!({})).await.expect(200);
        warden.post(&claim(&message), json!({})).await.refused(409, "conflict");
        warden.post(&resolve(&message), json!({ "action": "none" })).await.refused(409, "conflict");
        keeper.post(&resolve(&message), json!({})).await.refused(422, "invalid_request");
        let body = json!({ "action": "warned", "note": "they said sorry" });
        let resolved = keeper.post(&resolve(&message), body).await.expect(200);
        let resolution = json!({ "action": "warned", "note": "they said sorry" });
        assert_eq!((&resolved["state"], &resolved["resolution"]), (&json!("resolved"), &resolution));
        root.post(&resolve(&message), json!({ "action": "none" })).await.refused(409, "conflict");
        // An administrator takes over what lies about.
        keeper.post(&claim(&user), json!({})).await.expect(200);
        let taken = root.post(&claim(&user), json!({})).await.expect(200);
        assert_eq!(taken["claimed_by"], json!(root.id));
        for (state, expected) in [("open", &about_server), ("claimed", &user), ("resolved", &message)] {
            assert_eq!(list(&root, &format!("?state={state}")).await, std::slice::from_ref(expected), "{engine:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_floods_the_moderators() {
    let server = Server::start_with(Engine::Memory, &["--limits.rates", "off"]).await;
    let plain = Person::sign_up(&server, "plain").await;
    let other = Person::sign_up(&server, "other").await;
    let body = json!({ "target": { "kind": "user", "id": other.id }, "reason": "rude" });
    for _ in 0..MOST_UNRESOLVED {
        plain.post("/reports", body.clone()).await.expect(201);
    }
    plain.post("/reports", body.clone()).await.refused(409, "conflict");
    let back = json!({ "target": { "kind": "user", "id": plain.id }, "reason": "rude" });
    other.post("/reports", back).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_use_of_a_global_role_is_written_down() {
    for engine in Engine::at_hand() {
        let server = Server::start(engine).await;
        let root = with_role(&server, "root", "application_administrator").await;
        let plain = Person::sign_up(&server, "plain").await;
        let (hall, channel) = plain.community("public").await;
        let report = json!({ "target": { "kind": "server", "id": hall }, "reason": "spam" });
        let report = id(&plain.post("/reports", report).await.expect(201));
        let user = |name: &str| json!({ "user": plain.id, "reason": name });
        let with = |name: &str, field: &str, value: &str| {
            let mut members = user(name);
            members[field] = json!(value);
            members
        };
        let of_server = |name: &str| json!({ "server": hall, "reason": name });
        // What the operator does on the machine is in it too.
        for verb in ["grant", "revoke"] {
            assert!(server.admin(&[verb, &plain.name, "server_moderator"]).await.status.success());
        }
        let by_operator = [("grant", &root), ("grant", &plain), ("revoke", &plain)];
        let mut done =
            by_operator.map(|(verb, of)| (format!("admin.{verb}_role"), of.id.clone(), Value::Null)).to_vec();
        for (name, members, target) in [
            ("admin.grant_role", with("admin.grant_role", "global_role", "user_moderator"), &plain.id),
            ("admin.revoke_role", with("admin.revoke_role", "global_role", "user_moderator"), &plain.id),
            ("admin.restrict_in_server", with("admin.restrict_in_server", "server", &hall), &plain.id),
            ("admin.unrestrict_in_server", with("admin.unrestrict_in_server", "server", &hall), &plain.id),
            ("admin.restrict_in_channel", with("admin.restrict_in_channel", "channel", &channel), &plain.id),
            ("admin.unrestrict_in_channel", with("admin.unrestrict_in_channel", "channel", &channel), &plain.id),
            ("admin.suspend_server", of_server("admin.suspend_server"), &hall),
            ("admin.unsuspend_server", of_server("admin.unsuspend_server"), &hall),
            ("admin.suspend_user", user("admin.suspend_user"), &plain.id),
            ("admin.unsuspend_user", user("admin.unsuspend_user"), &plain.id),
            ("admin.claim_report", json!({ "report": report, "reason": "admin.claim_report" }), &report),
            (
                "admin.resolve_report",
                json!({ "report": report, "action": "none", "note": "admin.resolve_report" }),
                &report,
            ),
            (
                "admin.allow_backends",
                json!({ "domains": ["b.example.com"], "reason": "admin.allow_backends" }),
                &"localhost".to_owned(),
            ),
        ] {
            let answer = root.call(name, members).await;
            assert!(answer.status < 300, "{name}: {}", answer.body);
            done.push((name.to_owned(), target.clone(), json!(name)));
        }
        let all: Vec<_> = AuditAction::ALL.iter().map(|action| action.name()).collect();
        for name in all.into_iter().filter(|name| name.starts_with("admin.")) {
            assert!(done.iter().any(|(done, ..)| done == name), "{name} is tried");
        }
        done.reverse();
        let log = root.get("/admin/audit-log").await.expect(200);
        assert_eq!(told(&log), done, "{engine:?}");
        let of = |action: &str| {
            let entries = log["items"].as_array().expect("items");
            entries.iter().find(|of| of["action"] == action).expect("it is there").clone()
        };
        assert_eq!(of("admin.suspend_user")["actor"], json!(root.id));
        let first_of_all = log["items"].as_array().expect("items").last().expect("one");
        assert_eq!(first_of_all["actor"], Value::Null);
        assert_eq!(first_of_all["changes"][0]["after"], "application_administrator");
        let granted = json!([{ "field": "global_role", "before": null, "after": "user_moderator" }]);
        assert_eq!(of("admin.grant_role")["changes"], granted);
        let listed = json!([{ "field": "allow_list", "before": null, "after": ["b.example.com"] }]);
        assert_eq!(of("admin.allow_backends")["changes"], listed);
        let first = root.get("/admin/audit-log?limit=5").await.expect(200);
        let next = first["next"].as_str().expect("there is more");
        let rest = root.get(&format!("/admin/audit-log?cursor={next}")).await.expect(200);
        assert_eq!([ids(&first), ids(&rest)].concat(), ids(&log));
        for (query, count) in [
            (format!("?actor={}", root.id), done.len() - by_operator.len()),
            (format!("?target={hall}"), 2),
            ("?action=admin.suspend_user".to_owned(), 1),
            (format!("?actor={}", plain.id), 0),
        ] {
            let found = root.get(&format!("/admin/audit-log{query}")).await.expect(200);
            assert_eq!(ids(&found).len(), count, "{query}");
        }
        // Those that concern their server its owner sees, and no others.
        let plain = plain.on_another_device().await;
        let seen = told(&plain.get(&format!("/servers/{hall}/audit-log")).await.expect(200));
        let concerning: Vec<_> =
            done.iter().filter(|(name, ..)| name.contains("server") || name.contains("channel")).collect();
        assert_eq!(seen.iter().collect::<Vec<_>>(), concerning);
        plain.get("/admin/audit-log").await.refused(403, "permission_denied");
        // They outlive the server.
        plain.delete(&format!("/servers/{hall}")).await.expect(204);
        assert_eq!(ids(&root.get("/admin/audit-log").await.expect(200)), ids(&log));
    }
}
