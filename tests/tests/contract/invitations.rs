//! Invitations: who may make, see and end them, and how many they let in.

use beep_client::EventData;
use beep_tests::database::Engine;
use beep_tests::gateway::Gateway;
use beep_tests::invited::{invite, is_revoked, pending};
use beep_tests::making::{id, ids};
use beep_tests::people::{Person, ask_unsigned};
use beep_tests::server::Server;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

fn code(of: &Value) -> String {
    of["code"].as_str().expect("a code").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_made_seen_and_ended_by_who_may_invite() {
    let server = Server::shared(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let member = Person::sign_up(&server, "member").await;
    let guest = Person::sign_up(&server, "guest").await;
    let (hall, _) = owner.community("private").await;
    let (annex, _) = owner.community("private").await;
    let at = format!("/servers/{hall}/invitations");
    let made = owner.post(&at, json!({ "max_uses": 2, "expires_at": "2099-01-01T00:00:00+02:00" })).await.expect(201);
    assert_eq!((&made["uses"], &made["max_uses"], &made["user"]), (&json!(0), &json!(2), &Value::Null));
    assert_eq!(made["expires_at"], "2098-12-31T22:00:00.000Z", "times are UTC with milliseconds");
    assert_eq!((&made["inviter"], &made["server"]["id"]), (&json!(owner.id), &json!(hall)));

    // A preview needs no login and says little.
    let seen = ask_unsigned(&server, Method::GET, &format!("/invitations/{}", code(&made)), None).await.expect(200);
    assert_eq!((&seen["server"]["name"], &seen["server"]["member_count"]), (&json!("Garden"), &json!(1)));
    assert!(!seen.to_string().contains(&owner.id) && seen.get("uses").is_none(), "{seen}");

    let joined = member.post(&format!("/invitations/{}/accept", code(&made)), json!({})).await.expect(200);
    assert_eq!(
        (&joined["user"], &joined["roles"], &joined["muted_until"]),
        (&json!(member.id), &json!([]), &Value::Null)
    );
    for (method, path) in
        [(Method::GET, at.clone()), (Method::POST, at.clone()), (Method::DELETE, format!("{at}/{}", id(&made)))]
    {
        let refused = member.ask(method, &path, None).await.refused(403, "permission_denied");
        assert_eq!(refused["missing"], json!(["manage_invitations"]));
    }
    member.post(&format!("/invitations/{}/accept", code(&made)), json!({})).await.refused(409, "already_member");
    let listed = owner.get(&at).await.expect(200);
    assert_eq!(
        (listed["items"][0]["uses"].as_u64(), ids(&listed)),
        (Some(1), vec![id(&made)]),
        "the refused used none"
    );

    // It leads to its own server and to no other, and is ended there alone.
    owner.delete(&format!("/servers/{annex}/invitations/{}", id(&made))).await.refused(404, "not_found");
    guest.accept(&code(&made)).await;
    guest.get(&format!("/servers/{hall}")).await.expect(200);
    guest.get(&format!("/servers/{annex}")).await.refused(404, "not_found");
    // Members hear why it lets nobody in any more; others do not.
    guest.post(&format!("/invitations/{}/accept", code(&made)), json!({})).await.refused(410, "invitation_exhausted");
    let late = Person::sign_up(&server, "late").await;
    late.post(&format!("/invitations/{}/accept", code(&made)), json!({})).await.refused(404, "not_found");
    owner.delete(&format!("{at}/{}", id(&made))).await.expect(204);
    owner.delete(&format!("{at}/{}", id(&made))).await.refused(404, "not_found");
    guest.post(&format!("/invitations/{}/accept", code(&made)), json!({})).await.refused(404, "not_found");

    // The domain may stand behind a code; that of another backend is not here.
    let theirs = owner.invite(&hall).await;
    let preview = async |code: &str| ask_unsigned(&server, Method::GET, &format!("/invitations/{code}"), None).await;
    assert_eq!(preview(&format!("{theirs}@LOCALHOST")).await.expect(200)["code"], json!(theirs));
    preview(&format!("{theirs}@b.example.com")).await.refused(404, "not_found");
    guest.post(&format!("/invitations/{theirs}@localhost/accept"), json!({})).await.refused(409, "already_member");

    // Whether the maker may invite is asked when it is used: taken away it is dead, given back it lives.
    let inviter = owner.make_role(&hall, "inviter", 1, &["manage_invitations"]).await;
    owner.give(&hall, &member, &inviter).await;
    let theirs = member.invite(&hall).await;
    let role = format!("/servers/{hall}/members/{}/roles/{inviter}", member.id);
    owner.delete(&role).await.expect(204);
    late.post(&format!("/invitations/{theirs}/accept"), json!({})).await.refused(404, "not_found");
    owner.give(&hall, &member, &inviter).await;
    late.accept(&theirs).await;
    member.delete(&format!("/servers/{hall}/members/me")).await.expect(204);
    let later = Person::sign_up(&server, "later").await;
    later.post(&format!("/invitations/{theirs}/accept"), json!({})).await.refused(404, "not_found");

    // Lists go page by page.
    for _ in 0..5 {
        owner.invite(&annex).await;
    }
    let at = format!("/servers/{annex}/invitations");
    let whole = ids(&owner.get(&at).await.expect(200));
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = owner.get(&format!("{at}?limit=2{cursor}")).await.expect(200);
        paged.extend(ids(&page));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!((paged.len(), paged), (5, whole));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_at_once_and_one_joins() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let owner = Person::sign_up(&server, "owner").await;
        let (hall, _) = owner.community("private").await;
        let names: Vec<_> = (0..20).map(|number| format!("guest{number}")).collect();
        let guests = join_all(names.iter().map(|name| Person::sign_up(&server, name))).await;
        for most in [1, 7] {
            let at = format!("/servers/{hall}/invitations");
            let code = code(&owner.post(&at, json!({ "max_uses": most })).await.expect(201));
            let before = owner.get(&format!("/servers/{hall}")).await.expect(200)["member_count"].as_u64();
            let outside: Vec<_> = join_all(guests.iter().map(async |guest| {
                let inside = guest.get(&format!("/servers/{hall}")).await.status == 200;
                (!inside).then_some(guest)
            }))
            .await
            .into_iter()
            .flatten()
            .collect();
            // A hundred requests, several of each guest.
            let path = format!("/invitations/{code}/accept");
            let at_once = (0..100).map(|number| outside[number % outside.len()].post(&path, json!({})));
            let answers = join_all(at_once).await;
            let joined = answers.iter().filter(|answer| answer.status == 200).count();
            assert_eq!(joined, most, "{engine:?}");
            for answer in answers.iter().filter(|answer| answer.status != 200) {
                let got = (answer.status, answer.body["code"].as_str().unwrap_or_default());
                let told = [(404, "not_found"), (409, "already_member"), (410, "invitation_exhausted")];
                assert!(told.contains(&got), "{}", answer.body);
            }
            let after = owner.get(&format!("/servers/{hall}")).await.expect(200)["member_count"].as_u64();
            assert_eq!(after, before.map(|before| before + most as u64));
            let listed = owner.get(&at).await.expect(200);
            let used = listed["items"].as_array().into_iter().flatten().find(|one| one["code"] == *code);
            assert_eq!(used.and_then(|one| one["uses"].as_u64()), Some(most as u64));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_is_open_by_invitation_or_closed() {
    let mut server = Server::start(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let (hall, _) = owner.community("private").await;
    let code = owner.invite(&hall).await;
    let sign_up = async |server: &Server, name: &str, invitation: Option<&str>| {
        let email = format!("{name}@example.com");
        let mut body = json!({ "email": email, "password": beep_tests::people::PASSWORD, "username": name });
        if let Some(code) = invitation {
            body["invitation"] = json!(code);
        }
        ask_unsigned(server, Method::POST, "/register", Some(body)).await
    };
    server.restart_with(&["--registration", "invite"]).await;
    sign_up(&server, "first", None).await.refused(403, "permission_denied");
    sign_up(&server, "first", Some("nosuchcode")).await.refused(403, "permission_denied");
    sign_up(&server, "first", Some(&code)).await.expect(201);
    // One that lets one in registers one, who may then join by it; a newer registration of the same address is the same.
    let body = json!({ "max_uses": 1 });
    let single = owner.post(&format!("/servers/{hall}/invitations"), body).await.expect(201);
    let single = single["code"].as_str().expect("a code");
    sign_up(&server, "second", Some(single)).await.expect(201);
    sign_up(&server, "second", Some(single)).await.expect(201);
    sign_up(&server, "third", Some(single)).await.refused(403, "permission_denied");
    owner.post(&format!("/invitations/{single}/accept"), json!({})).await.refused(409, "already_member");
    let activate = json!({ "email": "second@example.com", "code": server.mailed_code("second@example.com") });
    let second = ask_unsigned(&server, Method::POST, "/activate", Some(activate)).await.expect(200);
    let second = Person::of(&server.url(), "second", &second);
    sign_up(&server, "third", Some(single)).await.refused(403, "permission_denied");
    second.accept(single).await;
    sign_up(&server, "third", Some(single)).await.refused(403, "permission_denied");
    let told = ask_unsigned(&server, Method::GET, "/backend", None).await.expect(200);
    assert_eq!(told["registration"], "invite");
    server.restart_with(&["--registration", "closed"]).await;
    sign_up(&server, "fourth", Some(&code)).await.refused(403, "permission_denied");
    owner.get("/self").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_is_invited_and_nobody_else() {
    let server = Server::shared(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let guest = Person::sign_up(&server, "guest").await;
    let other = Person::sign_up(&server, "other").await;
    let (hall, _) = owner.community("private").await;
    let at = format!("/servers/{hall}/invitations");
    let (mut gateway, _) = Gateway::connect(&server, &guest).await;

    let first = invite(&owner, &hall, &guest).await;
    assert_eq!((&first["code"], &first["max_uses"], &first["user"]), (&Value::Null, &Value::Null, &json!(guest.id)));
    let told = gateway.until(|data| matches!(data, EventData::InvitationReceived(_))).await;
    let told = serde_json::to_value(&told[told.len() - 1]).expect("JSON");
    assert_eq!((&told["data"], &told["stream"]), (&first, &json!(format!("user:{}", guest.id))));
    let listed = guest.get("/invitations").await.expect(200);
    assert_eq!(listed["items"], json!([first]));
    assert_eq!(ids(&owner.get(&at).await.expect(200)), [id(&first)]);
    assert_eq!(pending(&other).await, Vec::<String>::new());

    // It is nothing to anybody else, and shows nothing without a login.
    let path = |what: &str| format!("/invitations/{}{what}", id(&first));
    other.post(&path("/accept"), json!({})).await.refused(404, "not_found");
    other.post(&path("/decline"), json!({})).await.refused(404, "not_found");
    ask_unsigned(&server, Method::GET, &path(""), None).await.refused(404, "not_found");

    // A new one takes the place of the one before, and is turned down.
    let second = invite(&owner, &hall, &guest).await;
    gateway.until(is_revoked(&first)).await;
    assert_eq!(pending(&guest).await, [id(&second)]);
    guest.post(&path("/accept"), json!({})).await.refused(404, "not_found");
    let path = |what: &str| format!("/invitations/{}{what}", id(&second));
    guest.post(&path("/decline"), json!({})).await.expect(204);
    gateway.until(is_revoked(&second)).await;
    guest.post(&path("/decline"), json!({})).await.refused(404, "not_found");
    guest.get(&format!("/servers/{hall}")).await.refused(404, "not_found");
    assert_eq!(ids(&owner.get(&at).await.expect(200)), Vec::<String>::new());

    // Accepted, it is gone with the same step.
    let third = invite(&owner, &hall, &guest).await;
    let accept = format!("/invitations/{}/accept", id(&third));
    let member = guest.post(&accept, json!({})).await.expect(200);
    assert_eq!((&member["user"], &member["server_id"]), (&json!(guest.id), &json!(hall)));
    gateway.until(is_revoked(&third)).await;
    assert_eq!((pending(&guest).await, ids(&owner.get(&at).await.expect(200))), (vec![], vec![]));
    guest.post(&accept, json!({})).await.refused(404, "not_found");

    // Whom there is no use in inviting, and what makes no sense.
    let try_with = async |body: Value| owner.post(&at, body).await;
    try_with(json!({ "user": guest.id })).await.refused(409, "already_member");
    try_with(json!({ "user": owner.id })).await.refused(409, "already_member");
    try_with(json!({ "user": "01890a5d-ac96-774b-bcce-b302099a8057" })).await.refused(404, "not_found");
    try_with(json!({ "user": other.id, "max_uses": 2 })).await.refused(422, "invalid_request");
    guest.post(&at, json!({ "user": other.id })).await.refused(403, "permission_denied");
    owner.put(&format!("/servers/{hall}/bans/{}", other.id), json!({})).await.expect(200);
    try_with(json!({ "user": other.id })).await.refused(409, "conflict");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_an_invitation_is_told_to_whom_it_was_for() {
    for engine in Engine::at_hand() {
        let server = Server::shared(engine).await;
        let owner = Person::sign_up(&server, "owner").await;
        let helper = Person::sign_up(&server, "helper").await;
        let guest = Person::sign_up(&server, "guest").await;
        let (hall, _) = owner.community("public").await;
        let inviter = owner.make_role(&hall, "inviter", 1, &["manage_invitations"]).await;
        let enter = async || {
            helper.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
            owner.give(&hall, &helper, &inviter).await;
        };
        enter().await;
        let (mut gateway, _) = Gateway::connect(&server, &guest).await;
        let mut ends = async |what: &str, invitation: &Value| {
            gateway.until(is_revoked(invitation)).await;
            assert_eq!(pending(&guest).await, Vec::<String>::new(), "{what}");
            let path = format!("/invitations/{}/accept", id(invitation));
            guest.post(&path, json!({})).await.refused(404, "not_found");
        };

        let made = invite(&owner, &hall, &guest).await;
        owner.delete(&format!("/servers/{hall}/invitations/{}", id(&made))).await.expect(204);
        ends("revoked", &made).await;

        // Taken away, the right to invite takes the invitation along, as long as it is gone.
        let made = invite(&helper, &hall, &guest).await;
        let role = format!("/servers/{hall}/members/{}/roles/{inviter}", helper.id);
        owner.delete(&role).await.expect(204);
        assert_eq!(pending(&guest).await, Vec::<String>::new());
        guest.post(&format!("/invitations/{}/accept", id(&made)), json!({})).await.refused(404, "not_found");
        owner.give(&hall, &helper, &inviter).await;
        assert_eq!(pending(&guest).await, [id(&made)]);
        // Removed, who made it takes it along for ever.
        owner.delete(&format!("/servers/{hall}/members/{}", helper.id)).await.expect(204);
        ends("by somebody who was removed", &made).await;
        enter().await;
        assert_eq!(pending(&guest).await, Vec::<String>::new());

        let made = invite(&helper, &hall, &guest).await;
        owner.put(&format!("/servers/{hall}/bans/{}", guest.id), json!({})).await.expect(200);
        ends("for somebody who was banned", &made).await;
        owner.delete(&format!("/servers/{hall}/bans/{}", guest.id)).await.expect(204);

        let made = invite(&helper, &hall, &guest).await;
        guest.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
        ends("for somebody who joined without it", &made).await;
        guest.delete(&format!("/servers/{hall}/members/me")).await.expect(204);

        let made = invite(&helper, &hall, &guest).await;
        owner.delete(&format!("/servers/{hall}")).await.expect(204);
        ends("of a server that is gone", &made).await;
    }
}

/// Who may not see the bans is not told of one; and who is banned hears of dead codes what other strangers hear.
#[tokio::test(flavor = "multi_thread")]
async fn a_ban_is_told_to_whom_it_concerns() {
    let server = Server::shared(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let helper = Person::sign_up(&server, "helper").await;
    let banned = Person::sign_up(&server, "banned").await;
    let stranger = Person::sign_up(&server, "stranger").await;
    let (hall, _) = owner.community("private").await;
    helper.accept(&owner.invite(&hall).await).await;
    let inviter = owner.make_role(&hall, "inviter", 1, &["manage_invitations"]).await;
    owner.give(&hall, &helper, &inviter).await;
    owner.put(&format!("/servers/{hall}/bans/{}", banned.id), json!({})).await.expect(200);

    let at = format!("/servers/{hall}/invitations");
    owner.post(&at, json!({ "user": banned.id })).await.refused(409, "conflict");
    let made = helper.post(&at, json!({ "user": banned.id })).await.expect(201);
    banned.post(&format!("/invitations/{}/accept", id(&made)), json!({})).await.refused(403, "banned");

    let single = owner.post(&at, json!({ "max_uses": 1 })).await.expect(201);
    let single = format!("/invitations/{}/accept", single["code"].as_str().expect("a code"));
    banned.post(&single, json!({})).await.refused(403, "banned");
    let member = Person::sign_up(&server, "member").await;
    member.post(&single, json!({})).await.expect(200);
    let answer = |answer: beep_tests::people::Answer| (answer.status, answer.body);
    let strange = answer(stranger.post(&single, json!({})).await);
    assert_eq!((strange.0, &strange.1["code"]), (404, &json!("not_found")));
    assert_eq!(answer(banned.post(&single, json!({})).await), strange);
}
