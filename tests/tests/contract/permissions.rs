//! Who may do what in a server and in a channel of it: how roles, overrides, ownership and membership add up.

use beep_tests::database::Engine;
use beep_tests::gateway::Gateway;
use beep_tests::making::{ids, texts};
use beep_tests::people::Person;
use beep_tests::server::Server;
use serde_json::{Value, json};

/// Every permission, in the order of the contract's bits.
const ALL: [&str; 13] = [
    "administrator",
    "manage_server",
    "manage_roles",
    "manage_channels",
    "view_channels",
    "manage_webhooks",
    "manage_nicknames",
    "change_nickname",
    "send_messages",
    "manage_messages",
    "attach_files",
    "manage_members",
    "manage_invitations",
];

async fn send(who: &Person, channel: &str) -> (u16, Value) {
    let answer = who.post(&format!("/channels/{channel}/messages"), json!({ "content": "hello" })).await;
    (answer.status, answer.body["code"].clone())
}

async fn sees(who: &Person, server: &str, channel: &str) -> bool {
    let listed = ids(&who.get(&format!("/servers/{server}/channels")).await.expect(200)).contains(&channel.to_owned());
    let found = who.get(&format!("/channels/{channel}")).await.status == 200;
    let read = who.get(&format!("/channels/{channel}/messages")).await.status == 200;
    assert_eq!((listed, found), (found, read), "listing, finding and reading agree");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_and_overrides_add_up() {
    let server = Server::shared(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let admin = Person::sign_up(&server, "admin").await;
    let member = Person::sign_up(&server, "member").await;
    let hall = owner.empty_server("public").await;
    let channel = owner.make_channel(&hall, "stage").await;
    for who in [&admin, &member] {
        who.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
    }
    let everyone = owner.everyone(&hall).await;

    // A new member of a server whose `everyone` grants nothing holds nothing, and sees no channel nor its name.
    assert_eq!(member.may(&hall, None).await, [""; 0]);
    assert!(!sees(&member, &hall, &channel).await);
    let (_, ready) = Gateway::connect(&server, &member).await;
    assert!(ready.channels.is_empty() && !serde_json::to_string(&ready).expect("text").contains("stage"));

    // The owner holds everything with no role at all, and every override denies in vain.
    assert_eq!(owner.may(&hall, None).await, ALL);
    let deny: Vec<_> = ALL.iter().copied().filter(|name| *name != "administrator").collect();
    owner.overrides(&channel, &format!("role/{everyone}"), &[], &deny).await;
    owner.overrides(&channel, &format!("member/{}", owner.id), &[], &deny).await;
    assert_eq!(owner.may(&hall, Some(&channel)).await, ALL);
    assert_eq!(send(&owner, &channel).await.0, 201);

    // So does an administrator, under an override of their own as well.
    let crown = owner.make_role(&hall, "crown", 9, &["administrator"]).await;
    owner.give(&hall, &admin, &crown).await;
    owner.overrides(&channel, &format!("member/{}", admin.id), &[], &deny).await;
    owner.overrides(&channel, &format!("role/{crown}"), &[], &deny).await;
    assert_eq!(admin.may(&hall, Some(&channel)).await, ALL);
    assert_eq!(send(&admin, &channel).await.0, 201);

    // `everyone` denied, a role allowed; one role denies and another allows, in both orders of age and of rank.
    for (older, younger) in [(1, 2), (2, 1)] {
        let one = owner.make_role(&hall, "one", older, &[]).await;
        let two = owner.make_role(&hall, "two", younger, &[]).await;
        for role in [&one, &two] {
            owner.give(&hall, &member, role).await;
        }
        assert!(!sees(&member, &hall, &channel).await, "`everyone` is denied");
        let pair = ["view_channels", "send_messages"];
        for (denies, allows) in [(&one, &two), (&two, &one)] {
            owner.overrides(&channel, &format!("role/{denies}"), &[], &pair).await;
            owner.overrides(&channel, &format!("role/{allows}"), &pair, &[]).await;
            assert!(sees(&member, &hall, &channel).await, "an allow by any role wins");
            assert_eq!(send(&member, &channel).await.0, 201);
        }
        // The member's own override comes last, both ways.
        owner.overrides(&channel, &format!("member/{}", member.id), &[], &["send_messages"]).await;
        assert_eq!(send(&member, &channel).await, (403, json!("permission_denied")));
        owner.overrides(&channel, &format!("member/{}", member.id), &[], &["view_channels"]).await;
        assert!(!sees(&member, &hall, &channel).await);
        assert_eq!(send(&member, &channel).await, (404, json!("not_found")));
        owner.overrides(&channel, &format!("member/{}", member.id), &["view_channels"], &[]).await;
        for role in [&one, &two] {
            owner.delete(&format!("/servers/{hall}/roles/{role}")).await.expect(204);
        }
        assert!(sees(&member, &hall, &channel).await, "allowed by name, denied by `everyone`");
        owner.delete(&format!("/channels/{channel}/overrides/member/{}", member.id)).await.expect(204);
        assert!(!sees(&member, &hall, &channel).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_permission_implies_and_what_it_takes() {
    let server = Server::shared(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let member = Person::sign_up(&server, "member").await;
    let (hall, channel) = owner.community("public").await;
    member.post(&format!("/servers/{hall}/join"), json!({})).await.expect(200);
    let community = ["view_channels", "change_nickname", "send_messages", "attach_files"];
    assert_eq!(member.may(&hall, None).await, community);
    let everyone = owner.everyone(&hall).await;
    let role = owner.make_role(&hall, "role", 1, &[]).await;
    owner.give(&hall, &member, &role).await;
    let grant = async |names: &[&str]| {
        let path = format!("/servers/{hall}/roles/{role}");
        owner.patch(&path, json!({ "permissions": names })).await.expect(200);
    };
    let set = async |names: &[&str]| {
        let path = format!("/servers/{hall}/roles/{everyone}");
        owner.patch(&path, json!({ "permissions": names })).await.expect(200);
    };
    set(&[]).await;
    for (granted, held) in [
        (vec!["administrator"], ALL.to_vec()),
        (vec!["manage_server"], vec!["manage_server", "manage_channels"]),
        (vec!["manage_messages"], vec!["send_messages", "manage_messages"]),
        (vec!["manage_nicknames"], vec!["manage_nicknames", "change_nickname"]),
        (vec!["manage_roles"], vec!["manage_roles"]),
    ] {
        grant(&granted).await;
        assert_eq!(member.may(&hall, None).await, held, "{granted:?}");
    }
    // In a channel nothing is held without the view, and no file is attached without sending.
    assert_eq!(member.get(&format!("/servers/{hall}/permissions?channel={channel}")).await.status, 404);
    grant(&["view_channels", "attach_files"]).await;
    assert_eq!(member.may(&hall, Some(&channel)).await, ["view_channels"]);
    // What is denied stays denied even if another permission implies it.
    grant(&["view_channels", "manage_messages"]).await;
    owner.overrides(&channel, &format!("role/{role}"), &[], &["send_messages"]).await;
    assert_eq!(member.may(&hall, Some(&channel)).await, ["view_channels", "manage_messages"]);
    assert_eq!(send(&member, &channel).await, (403, json!("permission_denied")));
    let path = format!("/channels/{channel}/messages");
    let refused = member.post(&path, json!({ "content": "x" })).await.refused(403, "permission_denied");
    assert_eq!(refused["missing"], json!(["send_messages"]));

    // The reasons name what grants and what denies, one for each permission.
    let path = format!("/servers/{hall}/permissions?channel={channel}&user={}", member.id);
    let explained = owner.get(&path).await.expect(200);
    let because = explained["because"].as_array().expect("a list");
    assert_eq!(because.iter().map(|one| one["permission"].as_str().expect("a name")).collect::<Vec<_>>(), ALL);
    let of = |name: &str| because.iter().find(|one| one["permission"] == name).expect("each has a reason");
    assert_eq!(of("view_channels")["granted_by"], format!("role:{role}"));
    assert_eq!(of("send_messages")["denied_by"], format!("override:role:{role}"));
    assert_eq!(of("manage_roles")["denied_by"], "nothing_grants_it");
    for one in because {
        let held = texts(&explained["permissions"]).contains(&one["permission"].as_str().expect("a name").to_owned());
        assert_eq!((one["granted_by"].is_string(), one["denied_by"].is_string()), (held, !held), "{one}");
    }
    let path = format!("/servers/{hall}/permissions?user={}", owner.id);
    let refused = member.get(&path).await.refused(403, "permission_denied");
    assert_eq!(refused["missing"], json!(["manage_roles"]));
    grant(&["manage_roles"]).await;
    assert_eq!(texts(&member.get(&path).await.expect(200)["permissions"]), ALL);
    assert_eq!(member.get(&format!("/servers/{hall}/permissions?user={}", member.id)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_change_delete_join_and_leave_a_server() {
    let server = Server::shared(Engine::Sqlite).await;
    let owner = Person::sign_up(&server, "owner").await;
    let member = Person::sign_up(&server, "member").await;
    let other = Person::sign_up(&server, "other").await;
    let (hall, _) = owner.community("private").await;
    let path = format!("/servers/{hall}");
    let join = format!("/servers/{hall}/join");
    member.post(&join, json!({})).await.refused(404, "not_found");
    member.accept(&owner.invite(&hall).await).await;
    member.post(&join, json!({})).await.refused(409, "already_member");

    let refused = member.patch(&path, json!({ "name": "Mine" })).await.refused(403, "permission_denied");
    assert_eq!(refused["missing"], json!(["manage_server"]));
    let refused = member.delete(&path).await.refused(403, "permission_denied");
    assert_eq!(refused["missing"], json!(["administrator"]));

    // To open a private server takes the right to invite as well; to change it otherwise, or to close it, does not.
    let role = owner.make_role(&hall, "keeper", 1, &["manage_server"]).await;
    owner.give(&hall, &member, &role).await;
    member.patch(&path, json!({ "name": "Ours", "visibility": "private" })).await.expect(200);
    let open = json!({ "visibility": "public", "description": "for all" });
    let refused = member.patch(&path, open.clone()).await.refused(403, "permission_denied");
    assert_eq!(refused["missing"], json!(["manage_invitations"]));
    assert_eq!(owner.get(&path).await.expect(200)["description"], "", "nothing of it was done");
    other.get(&path).await.refused(404, "not_found");
    let roles = format!("/servers/{hall}/roles/{role}");
    owner.patch(&roles, json!({ "permissions": ["manage_server", "manage_invitations"] })).await.expect(200);
    let opened = member.patch(&path, open).await.expect(200);
    assert_eq!(
        (&opened["visibility"], &opened["name"], &opened["version"]),
        (&json!("public"), &json!("Ours"), &json!(3))
    );
    assert_eq!(other.get(&path).await.expect(200), opened);
    owner.patch(&roles, json!({ "permissions": ["manage_server"] })).await.expect(200);
    member.patch(&path, json!({ "name": "Open", "visibility": "public" })).await.expect(200);
    member.patch(&path, json!({ "visibility": "private" })).await.expect(200);
    owner.patch(&path, json!({ "visibility": "public" })).await.expect(200);

    // A stale change is refused with what the server is.
    let refused = member.patch(&path, json!({ "name": "Late", "version": 3 })).await.refused(409, "conflict");
    assert_eq!(refused["current"], owner.get(&path).await.expect(200));
    let version = refused["current"]["version"].clone();
    member.patch(&path, json!({ "name": "Right", "version": version })).await.expect(200);

    // Leaving takes everything at once; coming back gives nothing of it back; the owner stays.
    let leave = format!("/servers/{hall}/members/me");
    owner.delete(&leave).await.refused(409, "conflict");
    member.delete(&leave).await.expect(204);
    member.delete(&leave).await.refused(404, "not_found");
    member.patch(&path, json!({ "name": "Again" })).await.refused(403, "permission_denied");
    assert_eq!(member.get("/servers").await.expect(200)["items"], json!([]));
    let member_again = member.post(&join, json!({})).await.expect(200);
    assert_eq!(member_again["roles"], json!([]));
    assert_eq!(member_again["user"], json!(member.id));
    member.patch(&path, json!({ "name": "Again" })).await.refused(403, "permission_denied");

    // Many times at once is once.
    let at_once = (0..10).map(|_| other.post(&join, json!({})));
    let answers = futures_util::future::join_all(at_once).await;
    let joined = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(joined, 1);
    for answer in answers.into_iter().filter(|answer| answer.status != 200) {
        answer.refused(409, "already_member");
    }
    assert_eq!(owner.get(&path).await.expect(200)["member_count"], 3);

    // An administrator may delete it, and then it is gone for everybody.
    let crown = owner.make_role(&hall, "crown", 2, &["administrator"]).await;
    owner.give(&hall, &other, &crown).await;
    other.delete(&path).await.expect(204);
    for who in [&owner, &member, &other] {
        who.get(&path).await.refused(404, "not_found");
        assert_eq!(who.get("/servers").await.expect(200)["items"], json!([]));
        who.delete(&path).await.refused(404, "not_found");
    }
}
