//! One long conversation with a backend: every operation, done and refused.

use beep_tests::authenticator::Authenticator;
use beep_tests::chance::nobodys_id;
use beep_tests::making::{id, ids};
use beep_tests::people::{PASSWORD, Person};
use beep_tests::server::Server;
use serde_json::{Value, json};

use crate::recording::Recording;

/// Has the whole conversation.
pub(crate) async fn play(server: &Server) -> Recording<'_> {
    let mut script = Recording::of(server).await;
    script.ask(None, "backend.get", json!({})).await;
    let ann = sign_up(&mut script, server, "ann").await;
    let bob = sign_up(&mut script, server, "bob").await;
    let cem = sign_up(&mut script, server, "cem").await;
    accounts(&mut script, &ann, &bob).await;
    friends(&mut script, &ann, &bob, &cem).await;
    conversations(&mut script, &ann, &bob, &cem).await;
    let hall = servers(&mut script, &ann, &bob, &cem).await;
    let roles = roles(&mut script, &ann, &bob, &hall).await;
    let channel = channels(&mut script, &ann, &bob, &hall, &roles).await;
    invitations(&mut script, &ann, &bob, &hall).await;
    let next = script.ask(Some(&bob), "events.list", json!({})).await["next"].clone();
    messages(&mut script, &ann, &bob, &hall, &channel).await;
    admin(&mut script, server, &ann, &bob).await;
    members(&mut script, &ann, &bob, &cem, &hall).await;
    bans(&mut script, &ann, &bob, &cem, &hall).await;
    ends(&mut script, &ann, &bob, &cem, &hall, &channel).await;
    events(&mut script, &bob, next).await;
    credentials(&mut script, server, &bob).await;
    second_factor(&mut script, server).await;
    sessions(&mut script, server, &ann).await;
    deletion(&mut script, &ann, &cem).await;
    script
}

async fn sign_up(script: &mut Recording<'_>, server: &Server, name: &str) -> Person {
    let email = format!("{name}@example.com");
    let body = json!({ "email": email, "password": PASSWORD, "username": name });
    script.ask(None, "accounts.register", body.clone()).await;
    script.ask(None, "accounts.register", body).await;
    script.ask(None, "sessions.login", json!({ "login": name, "password": PASSWORD })).await;
    script.ask(None, "accounts.activate", json!({ "email": email, "code": "none" })).await;
    script.ask(None, "accounts.resend_activation", json!({ "email": email })).await;
    script.ask(None, "accounts.resend_activation", json!({ "email": "nobody@example.com" })).await;
    let code = server.mailed_code(&email);
    let answer = script.ask(None, "accounts.activate", json!({ "email": email, "code": code })).await;
    Person::of(&server.url(), name, &answer)
}

async fn accounts(script: &mut Recording<'_>, ann: &Person, bob: &Person) {
    for body in [
        json!({ "email": "ann@EXAMPLE.com", "password": PASSWORD, "username": "else" }),
        json!({ "email": "else@example.com", "password": PASSWORD, "username": "ANN" }),
        json!({ "email": "else@example.com", "password": "short", "username": "else" }),
        json!({ "email": "else", "password": PASSWORD, "username": "e l s e", "display_name": "" }),
        json!({ "email": "else@example.com", "password": 17, "username": "else" }),
        json!({}),
    ] {
        script.ask(None, "accounts.register", body).await;
    }
    for (login, password) in [("ann", "wrong wrong"), ("nobody", PASSWORD), ("", "")] {
        script.ask(None, "sessions.login", json!({ "login": login, "password": password })).await;
    }
    script.ask(None, "self.get", json!({})).await;
    script.ask(Some(ann), "self.get", json!({})).await;
    for change in [
        json!({ "display_name": "Ännchen Ω", "bio": "two\nlines", "first_name": "Ann", "last_name": "Lee" }),
        json!({ "bio": null, "last_name": null }),
        json!({ "username": "bob" }),
        json!({ "username": "?" }),
        json!({}),
    ] {
        script.ask(Some(ann), "self.update", change).await;
    }
    for user in [&ann.id, &bob.id.replace("@localhost", ""), &nobodys_id(), &"x".to_owned()] {
        script.ask(Some(bob), "users.get", json!({ "user": user })).await;
    }
    for handle in ["ann", "ANN@localhost", "ann@b.example.com", "nobody", ""] {
        script.ask(Some(bob), "users.by_handle", json!({ "handle": handle })).await;
    }
    script.ask(Some(bob), "users.by_handle", json!({})).await;
}

async fn friends(script: &mut Recording<'_>, ann: &Person, bob: &Person, cem: &Person) {
    for (who, whom) in
        [(ann, "bob"), (ann, "bob"), (bob, "cem"), (cem, "ann"), (ann, "ann"), (ann, "nobody"), (ann, "")]
    {
        script.ask(Some(who), "friend_requests.create", json!({ "username": whom })).await;
    }
    let mut requests = Vec::new();
    for (who, direction) in [(bob, "incoming"), (cem, "incoming"), (cem, "outgoing"), (ann, "incoming"), (ann, "up")] {
        let page = script.ask(Some(who), "friend_requests.list", json!({ "direction": direction, "limit": 1 })).await;
        requests.push(json!({ "request": page["items"][0]["id"] }));
    }
    for (who, operation, of) in [
        (cem, "friend_requests.accept", 0),
        (bob, "friend_requests.accept", 0),
        (bob, "friend_requests.accept", 0),
        (cem, "friend_requests.decline", 1),
        (cem, "friend_requests.decline", 1),
        (cem, "friend_requests.cancel", 2),
        (cem, "friend_requests.cancel", 2),
    ] {
        script.ask(Some(who), operation, requests[of].clone()).await;
    }
    script.ask(Some(ann), "friend_requests.create", json!({ "username": "bob" })).await;
    script.ask(Some(ann), "friends.list", json!({})).await;
    let of = |user: &Person| json!({ "user": user.id });
    for (who, operation, members) in [
        (cem, "blocks.put", of(ann)),
        (cem, "blocks.put", of(cem)),
        (cem, "blocks.list", json!({ "limit": 1 })),
        (ann, "friend_requests.create", json!({ "username": "cem" })),
        (cem, "friend_requests.list", json!({ "direction": "incoming" })),
        (cem, "blocks.delete", of(ann)),
        (cem, "blocks.delete", of(ann)),
        (bob, "friends.remove", of(ann)),
        (bob, "friends.remove", of(ann)),
        (ann, "presence.put", json!({ "status": "idle", "text": "reading" })),
        (ann, "presence.put", json!({ "status": "gone" })),
        (ann, "self.update", json!({ "direct_from": "friends" })),
        (ann, "self.update", json!({ "direct_from": "nobody" })),
    ] {
        script.ask(Some(who), operation, members).await;
    }
}

async fn conversations(script: &mut Recording<'_>, ann: &Person, bob: &Person, cem: &Person) {
    let direct = |user: &Person| json!({ "kind": "direct", "user": user.id });
    let group = |users: &[&Person]| {
        let users: Vec<_> = users.iter().map(|user| &user.id).collect();
        json!({ "kind": "group", "users": users, "name": "Hiking" })
    };
    script.ask(Some(ann), "conversations.open", direct(bob)).await;
    // Friends of each other, in a row.
    for (who, whom) in [(ann, "bob"), (bob, "ann"), (bob, "cem"), (cem, "bob")] {
        script.ask(Some(who), "friend_requests.create", json!({ "username": whom })).await;
    }
    let mut made = Vec::new();
    for (who, what) in [
        (ann, direct(bob)),
        (bob, direct(ann)),
        (ann, direct(ann)),
        (ann, direct(cem)),
        (ann, group(&[bob])),
        (ann, group(&[bob, cem])),
        (ann, group(&[])),
        (ann, json!({ "kind": "text" })),
    ] {
        made.push(script.ask(Some(who), "conversations.open", what).await["id"].clone());
    }
    let (two, some) = (&made[0], &made[4]);
    let with = |channel: &Value, user: &Person| json!({ "channel": channel, "user": user.id });
    for (who, operation, members) in [
        (bob, "conversations.add", with(some, cem)),
        (bob, "conversations.add", with(some, cem)),
        (ann, "conversations.add", with(two, cem)),
        (cem, "conversations.add", with(two, cem)),
        (cem, "channels.update", json!({ "channel": some, "name": "" })),
        (cem, "channels.update", json!({ "channel": some, "topic": "hills" })),
        (cem, "channels.get", json!({ "channel": some })),
        (cem, "messages.send", json!({ "channel": some, "content": "to all of you" })),
        (cem, "conversations.list", json!({ "limit": 1 })),
        (ann, "conversations.list", json!({ "limit": 1 })),
        (cem, "conversations.remove", with(some, bob)),
        (ann, "conversations.remove", with(some, bob)),
        (ann, "conversations.remove", with(two, bob)),
        (ann, "conversations.leave", json!({ "channel": some })),
        (bob, "conversations.leave", json!({ "channel": two })),
        (bob, "conversations.leave", json!({ "channel": some })),
        (cem, "conversations.leave", json!({ "channel": some })),
        (cem, "channels.get", json!({ "channel": some })),
    ] {
        script.ask(Some(who), operation, members).await;
    }
}

async fn servers(script: &mut Recording<'_>, ann: &Person, bob: &Person, cem: &Person) -> String {
    let mut made = Vec::new();
    for (name, visibility, template) in [
        ("Hall", "public", "community"),
        ("Cellar", "private", "empty"),
        ("ÜBER den Dächern", "public", "empty"),
        ("100% _pure_", "public", "empty"),
        ("Straße", "public", "empty"),
    ] {
        let body = json!({ "name": name, "visibility": visibility, "template": template, "description": "a Place" });
        made.push(id(&script.ask(Some(ann), "servers.create", body).await));
    }
    script.ask(Some(ann), "servers.create", json!({ "name": "", "visibility": "secret" })).await;
    script.ask(Some(ann), "servers.create", json!({ "name": "" , "visibility": "public" })).await;
    script.ask(Some(ann), "servers.list", json!({ "limit": 0 })).await;
    script.ask(Some(ann), "servers.list", json!({ "cursor": "x" })).await;
    let mut page = script.ask(Some(ann), "servers.list", json!({ "limit": 2 })).await;
    while let Some(next) = page["next"].as_str().map(str::to_owned) {
        page = script.ask(Some(ann), "servers.list", json!({ "limit": 2, "cursor": next })).await;
    }
    for q in [
        "hall",
        "HALL",
        "ll",
        "über",
        "ÜBER",
        "dÄch",
        "%",
        "_",
        "0%",
        "strasse",
        "STRASSE",
        "straße",
        "place",
        "\\",
        "cellar",
        "place hall",
        "all ÜBER",
        "hall nothing",
        " ",
    ] {
        script.ask(Some(bob), "servers.discover", json!({ "q": q })).await;
    }
    let page = script.ask(Some(bob), "servers.discover", json!({ "limit": 3 })).await;
    script.ask(Some(bob), "servers.discover", json!({ "limit": 3, "cursor": page["next"] })).await;
    let (hall, cellar) = (made[0].clone(), made[1].clone());
    for who in [ann, bob] {
        for server in [&hall, &cellar] {
            script.ask(Some(who), "servers.get", json!({ "server": server })).await;
            script.ask(Some(who), "servers.permissions", json!({ "server": server })).await;
            script.ask(Some(who), "servers.update", json!({ "server": server, "description": "known" })).await;
        }
    }
    script.ask(Some(ann), "servers.update", json!({ "server": hall, "name": "Great Hall", "version": 1 })).await;
    script.ask(Some(ann), "servers.update", json!({ "server": hall, "name": "Great Hall", "version": 2 })).await;
    for who in [bob, cem] {
        for server in [&hall, &cellar, &hall] {
            script.ask(Some(who), "servers.join", json!({ "server": server })).await;
        }
    }
    for (who, server) in [(ann, &hall), (cem, &hall), (cem, &hall), (cem, &cellar)] {
        script.ask(Some(who), "servers.leave", json!({ "server": server })).await;
    }
    script.ask(Some(cem), "servers.join", json!({ "server": hall })).await;
    for q in
        ["a", "Änn", "änn", "ännchen ω", "ÄNNCHEN Ω", "bo", "%", "_", "x", "nn", "CHEN", "ω", "ob@localhost", "n ω"]
    {
        script.ask(Some(bob), "members.list", json!({ "server": hall, "q": q })).await;
    }
    let page = script.ask(Some(bob), "members.list", json!({ "server": hall, "limit": 2 })).await;
    script.ask(Some(bob), "members.list", json!({ "server": hall, "limit": 2, "cursor": page["next"] })).await;
    script.ask(Some(bob), "members.get", json!({ "server": hall, "user": ann.id })).await;
    script.ask(Some(bob), "members.get", json!({ "server": hall, "user": nobodys_id() })).await;
    script.ask(Some(bob), "servers.delete", json!({ "server": hall })).await;
    script.ask(Some(bob), "servers.delete", json!({ "server": cellar })).await;
    script.ask(Some(ann), "servers.delete", json!({ "server": cellar })).await;
    script.ask(Some(ann), "servers.delete", json!({ "server": cellar })).await;
    hall
}

async fn roles(script: &mut Recording<'_>, ann: &Person, bob: &Person, hall: &str) -> Vec<String> {
    let mut made = Vec::new();
    for (name, position, permissions) in [
        ("high", 9, json!(["manage_server"])),
        ("keeper", 5, json!(["manage_roles", "manage_channels", "view_channels"])),
        ("low", 4, json!([])),
        ("lower", 1, json!(["send_messages"])),
    ] {
        let body =
            json!({ "server": hall, "name": name, "position": position, "permissions": permissions, "color": 1 });
        made.push(id(&script.ask(Some(ann), "roles.create", body).await));
    }
    for role in [&made[1], &made[1], &nobodys_id()] {
        script.ask(Some(ann), "members.assign_role", json!({ "server": hall, "user": bob.id, "role": role })).await;
    }
    script
        .ask(Some(bob), "roles.create", json!({ "server": hall, "name": "x", "permissions": ["administrator"] }))
        .await;
    script.ask(Some(bob), "roles.create", json!({ "server": hall, "name": "x", "permissions": ["fly"] })).await;
    script
        .ask(Some(bob), "roles.create", json!({ "server": hall, "name": "x", "permissions": [], "position": 9 }))
        .await;
    let everyone = script.ask(Some(bob), "roles.list", json!({ "server": hall })).await;
    let everyone = ids(&everyone).pop().expect("`everyone` is the last");
    for (role, change) in [
        (&made[0], json!({ "name": "mine" })),
        (&made[1], json!({ "name": "mine" })),
        (&made[3], json!({ "name": "lowest", "color": null })),
        (&made[3], json!({ "color": 0xff_ff_ff, "position": 2, "version": 2 })),
        (&made[3], json!({ "name": "late", "version": 2 })),
        (&made[3], json!({ "permissions": ["manage_server"] })),
        (&everyone, json!({ "position": 2 })),
        (&everyone, json!({ "permissions": ["administrator"] })),
        (&nobodys_id(), json!({ "name": "x" })),
    ] {
        let mut body = json!({ "server": hall, "role": role });
        body.as_object_mut().expect("an object").extend(change.as_object().cloned().expect("an object"));
        script.ask(Some(bob), "roles.update", body).await;
    }
    let (high, keeper, low, lower) = (&made[0], &made[1], &made[2], &made[3]);
    for (who, order) in [
        (bob, json!([high, keeper, lower, low])),
        (bob, json!([keeper, high, lower, low])),
        (ann, json!([high, keeper, low])),
        (ann, json!([high, keeper, low, everyone])),
        (ann, json!([high, keeper, low, lower])),
    ] {
        script.ask(Some(who), "roles.order", json!({ "server": hall, "roles": order })).await;
    }
    for (who, user, role) in [(bob, ann, &made[3]), (bob, bob, &made[3]), (bob, bob, &made[0]), (ann, bob, &everyone)] {
        script.ask(Some(who), "members.assign_role", json!({ "server": hall, "user": user.id, "role": role })).await;
        script.ask(Some(who), "members.get", json!({ "server": hall, "user": user.id })).await;
    }
    for (who, role) in [(bob, &made[1]), (bob, &made[3]), (bob, &made[3]), (ann, &everyone)] {
        script.ask(Some(who), "members.remove_role", json!({ "server": hall, "user": bob.id, "role": role })).await;
    }
    for role in [&made[0], &everyone, &nobodys_id()] {
        script.ask(Some(bob), "roles.delete", json!({ "server": hall, "role": role })).await;
    }
    script.ask(Some(bob), "roles.list", json!({ "server": hall })).await;
    made.push(everyone);
    made
}

async fn channels(script: &mut Recording<'_>, ann: &Person, bob: &Person, hall: &str, roles: &[String]) -> String {
    let mut made = Vec::new();
    for body in [
        json!({ "name": "stage", "topic": "what is on" }),
        json!({ "name": "wings", "position": -3, "slow_mode_s": 5 }),
        json!({ "name": "pit" }),
        json!({ "name": "loge", "private_to": { "roles": [&roles[2]], "members": [&bob.id] } }),
    ] {
        let mut body = body;
        body["server"] = json!(hall);
        made.push(id(&script.ask(Some(ann), "channels.create", body).await));
    }
    script.ask(Some(ann), "channels.create", json!({ "server": hall, "name": "" })).await;
    script.ask(Some(ann), "channels.create", json!({ "server": hall, "name": "x", "slow_mode_s": 99_999 })).await;
    let [stage, wings, pit, _] = made.as_slice() else { unreachable!("four were made") };
    let foyer = json!({ "server": hall, "name": "foyer", "kind": "category" });
    let foyer = id(&script.ask(Some(ann), "channels.create", foyer).await);
    let bar = json!({ "server": hall, "name": "bar", "parent_id": foyer });
    let bar = id(&script.ask(Some(ann), "channels.create", bar).await);
    let place = |channel: &str, parent: Option<&str>, position: i32| json!({ "id": channel, "parent_id": parent, "position": position });
    for (who, places) in [
        (ann, json!([place(&bar, Some(&foyer), 2), place(&foyer, None, 1)])),
        (ann, json!([place(&bar, None, 2), place(&bar, None, 3)])),
        (bob, json!([place(&bar, Some(pit), 2)])),
        (bob, json!([place(&nobodys_id(), None, 2)])),
    ] {
        script.ask(Some(who), "channels.order", json!({ "server": hall, "channels": places })).await;
    }
    for (who, operation, channel) in [
        (ann, "channels.follow_parent", &bar),
        (ann, "channels.follow_parent", pit),
        (bob, "channels.follow_parent", &bar),
        (ann, "channels.unfollow_parent", &bar),
        (ann, "channels.unfollow_parent", &nobodys_id()),
    ] {
        script.ask(Some(who), operation, json!({ "channel": channel })).await;
    }
    script.ask(Some(ann), "channels.update", json!({ "channel": bar, "parent_id": null })).await;
    script.ask(Some(ann), "channels.update", json!({ "channel": foyer, "parent_id": foyer })).await;
    script.ask(Some(ann), "messages.send", json!({ "channel": foyer, "content": "is anybody here?" })).await;
    script.ask(Some(ann), "channels.delete", json!({ "channel": foyer })).await;
    script.ask(Some(bob), "channels.list", json!({ "server": hall })).await;
    for change in [
        json!({ "topic": "nothing is on", "position": 7, "version": 1 }),
        json!({ "name": "late", "version": 1 }),
        json!({ "name": "\u{7}" }),
    ] {
        let mut body = change;
        body["channel"] = json!(stage);
        script.ask(Some(bob), "channels.update", body).await;
    }
    let (high, low, everyone) = (&roles[0], &roles[2], &roles[4]);
    for (who, role, allow, deny) in [
        (ann, low, json!(["send_messages", "view_channels"]), json!(["attach_files"])),
        (ann, high, json!([]), json!(["view_channels"])),
        (bob, high, json!([]), json!([])),
        (bob, low, json!(["manage_messages"]), json!([])),
        (bob, low, json!(["send_messages"]), json!(["send_messages"])),
        (bob, low, json!(["administrator"]), json!([])),
        (bob, &nobodys_id(), json!([]), json!([])),
        (ann, everyone, json!([]), json!(["view_channels"])),
    ] {
        let body = json!({ "channel": pit, "role": role, "allow": allow, "deny": deny });
        script.ask(Some(who), "channels.put_role_override", body).await;
    }
    for (who, channel) in [(ann, stage), (bob, pit), (ann, &nobodys_id())] {
        script.ask(Some(who), "channels.typing", json!({ "channel": channel })).await;
    }
    for (who, user) in [(bob, &ann.id), (ann, &bob.id), (ann, &nobodys_id())] {
        let body = json!({ "channel": wings, "user": user, "deny": ["send_messages"], "allow": ["manage_webhooks"] });
        script.ask(Some(who), "channels.put_member_override", body).await;
    }
    script.ask(Some(bob), "servers.permissions", json!({ "server": hall, "channel": wings })).await;
    script.ask(Some(ann), "servers.permissions", json!({ "server": hall, "channel": wings, "user": bob.id })).await;
    for channel in [stage, wings, pit, &nobodys_id()] {
        script.ask(Some(bob), "channels.get", json!({ "channel": channel })).await;
    }
    script.ask(Some(ann), "channels.delete_role_override", json!({ "channel": pit, "role": everyone })).await;
    script.ask(Some(ann), "channels.delete_member_override", json!({ "channel": wings, "user": bob.id })).await;
    script.ask(Some(ann), "channels.delete_member_override", json!({ "channel": wings, "user": bob.id })).await;
    script.ask(Some(ann), "roles.delete", json!({ "server": hall, "role": low })).await;
    script.ask(Some(bob), "channels.get", json!({ "channel": pit })).await;
    for who in [bob, ann, ann] {
        script.ask(Some(who), "channels.delete", json!({ "channel": pit })).await;
    }
    stage.clone()
}

async fn invitations(script: &mut Recording<'_>, ann: &Person, bob: &Person, hall: &str) {
    let mut made = Vec::new();
    for body in
        [json!({}), json!({ "max_uses": 1, "expires_at": "2099-01-01T00:00:00.000Z" }), json!({ "max_uses": 3 })]
    {
        let mut body = body;
        body["server"] = json!(hall);
        made.push(script.ask(Some(ann), "invitations.create", body).await);
    }
    script.ask(Some(ann), "invitations.create", json!({ "server": hall, "max_uses": 0 })).await;
    script
        .ask(Some(ann), "invitations.create", json!({ "server": hall, "expires_at": "2000-01-01T00:00:00.000Z" }))
        .await;
    script.ask(Some(bob), "invitations.create", json!({ "server": hall })).await;
    script.ask(Some(bob), "invitations.list", json!({ "server": hall })).await;
    let code = made[1]["code"].clone();
    script.ask(Some(bob), "invitations.accept", json!({ "code": code })).await;
    script.ask(Some(bob), "servers.leave", json!({ "server": hall })).await;
    for user in [json!(bob.id), json!(bob.id), json!(ann.id), json!("x")] {
        script.ask(Some(ann), "invitations.create", json!({ "server": hall, "user": user })).await;
        script.ask(Some(bob), "invitations.received", json!({})).await;
    }
    let received = script.ask(Some(bob), "invitations.received", json!({ "limit": 1 })).await;
    for code in [received["items"][0]["id"].clone(), received["items"][0]["id"].clone(), json!("nosuchcode")] {
        script.ask(Some(bob), "invitations.decline", json!({ "code": code })).await;
    }
    script.ask(None, "invitations.preview", json!({ "code": code })).await;
    script.ask(Some(bob), "invitations.accept", json!({ "code": code })).await;
    script.ask(Some(bob), "invitations.accept", json!({ "code": code })).await;
    script.ask(None, "invitations.preview", json!({ "code": code })).await;
    script.ask(None, "invitations.preview", json!({ "code": "nosuchcode" })).await;
    let page = script.ask(Some(ann), "invitations.list", json!({ "server": hall, "limit": 2 })).await;
    script.ask(Some(ann), "invitations.list", json!({ "server": hall, "limit": 2, "cursor": page["next"] })).await;
    for invitation in [made[0]["id"].clone(), made[0]["id"].clone(), json!("x")] {
        script.ask(Some(ann), "invitations.revoke", json!({ "server": hall, "invitation": invitation })).await;
    }
}

async fn messages(script: &mut Recording<'_>, ann: &Person, bob: &Person, hall: &str, channel: &str) {
    let mut sent: Vec<Value> = Vec::new();
    for (who, content, nonce) in [
        (ann, "first", Some("n-1")),
        (ann, "first once more", Some("n-1")),
        (bob, "second 🎭", Some("n-1")),
        (bob, " kept \n as sent ", None),
        (ann, "fourth", None),
        (ann, "fifth", None),
    ] {
        let mut body = json!({ "channel": channel, "content": content });
        if let Some(nonce) = nonce {
            body["nonce"] = json!(nonce);
        }
        sent.push(script.ask(Some(who), "messages.send", body).await["id"].clone());
    }
    for body in [
        json!({ "content": "a reply", "reply_to": sent[0] }),
        json!({ "content": "to nothing", "reply_to": nobodys_id() }),
        json!({ "content": "" }),
        json!({ "content": "x".repeat(4_001) }),
        json!({ "content": ["x"] }),
    ] {
        let mut body = body;
        body["channel"] = json!(channel);
        script.ask(Some(bob), "messages.send", body).await;
    }
    for query in [
        json!({}),
        json!({ "limit": 2 }),
        json!({ "before": sent[3], "limit": 1 }),
        json!({ "after": sent[2], "limit": 2 }),
        json!({ "around": sent[3], "limit": 3 }),
        json!({ "around": sent[3], "before": sent[3] }),
        json!({ "limit": 101 }),
    ] {
        let mut query = query;
        query["channel"] = json!(channel);
        script.ask(Some(bob), "messages.list", query).await;
    }
    for (who, message, content) in [
        (ann, &sent[0], "first, edited"),
        (ann, &sent[0], "first, edited"),
        (ann, &sent[2], "not mine"),
        (ann, &sent[0], " "),
        (ann, &json!(nobodys_id()), "nothing"),
    ] {
        let body = json!({ "channel": channel, "message": message, "content": content });
        script.ask(Some(who), "messages.edit", body).await;
    }
    for (who, message) in
        [(bob, &sent[0]), (ann, &sent[0]), (ann, &sent[0]), (ann, &sent[3]), (ann, &json!(nobodys_id()))]
    {
        script.ask(Some(who), "pins.put", json!({ "channel": channel, "message": message })).await;
    }
    for body in [json!({}), json!({ "limit": 1 }), json!({ "limit": 0 }), json!({ "cursor": "x" })] {
        let mut body = body;
        body["channel"] = json!(channel);
        script.ask(Some(bob), "pins.list", body).await;
    }
    for (who, message) in [(bob, &sent[0]), (ann, &sent[0]), (ann, &sent[0])] {
        script.ask(Some(who), "pins.delete", json!({ "channel": channel, "message": message })).await;
    }
    for (who, message, unread) in [
        (bob, &sent[1], json!({})),
        (bob, &sent[0], json!({})),
        (bob, &sent[0], json!({ "unread": true })),
        (bob, &sent[1], json!({ "unread": false })),
        (ann, &json!(nobodys_id()), json!({})),
        (ann, &json!("x"), json!({})),
    ] {
        let mut body = unread;
        (body["channel"], body["message_id"]) = (json!(channel), message.clone());
        script.ask(Some(who), "reads.put", body).await;
        script.ask(Some(who), "reads.get", json!({ "channel": channel })).await;
    }
    for (who, server) in [(bob, hall), (bob, hall), (ann, nobodys_id().as_str())] {
        script.ask(Some(who), "reads.put_server", json!({ "server": server })).await;
    }
    script.ask(Some(bob), "reads.get", json!({ "channel": nobodys_id() })).await;
    let reaction = |message: &Value, emoji: &str| json!({ "channel": channel, "message": message, "emoji": emoji });
    for (who, message, emoji) in [
        (bob, &sent[0], "👍"),
        (ann, &sent[0], "👍\u{fe0f}"),
        (ann, &sent[0], "❤"),
        (ann, &sent[0], "#\u{fe0f}\u{20e3}"),
        (ann, &sent[0], "thumb"),
        (ann, &json!(nobodys_id()), "👍"),
    ] {
        script.ask(Some(who), "reactions.put", reaction(message, emoji)).await;
    }
    script.ask(Some(bob), "messages.get", json!({ "channel": channel, "message": sent[0] })).await;
    for (more, emoji) in [
        (json!({}), "👍"),
        (json!({ "limit": 1 }), "👍"),
        (json!({}), "🎉"),
        (json!({ "limit": 0 }), "👍"),
        (json!({ "cursor": "x" }), "👍"),
    ] {
        let mut body = reaction(&sent[0], emoji);
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        script.ask(Some(bob), "reactions.list", body).await;
    }
    for (who, emoji) in [(bob, "👍"), (bob, "👍"), (bob, "x")] {
        script.ask(Some(who), "reactions.delete", reaction(&sent[0], emoji)).await;
    }
    for (who, emoji) in [(bob, "👍"), (ann, "👍"), (ann, "👍"), (ann, "")] {
        script.ask(Some(who), "reactions.clear", reaction(&sent[0], emoji)).await;
    }
    for (who, message) in [(bob, &sent[0]), (bob, &sent[3]), (bob, &sent[3]), (ann, &sent[2])] {
        script.ask(Some(who), "messages.delete", json!({ "channel": channel, "message": message })).await;
    }
    script.ask(Some(bob), "messages.get", json!({ "channel": channel, "message": sent[0] })).await;
    script.ask(Some(bob), "messages.get", json!({ "channel": channel, "message": sent[3] })).await;
    let mut after = json!(0);
    while !after.is_null() {
        let query = json!({ "channel": channel, "after_seq": after, "limit": 4 });
        after = script.ask(Some(bob), "messages.events", query).await["next"].clone();
    }
    script.ask(Some(bob), "messages.events", json!({ "channel": channel })).await;
    script.ask(Some(bob), "messages.events", json!({ "channel": channel, "after_seq": -1 })).await;
    script.ask(Some(bob), "channels.list", json!({ "server": hall })).await;
}

async fn admin(script: &mut Recording<'_>, server: &Server, ann: &Person, bob: &Person) {
    let of = |user: &Person, role: &str| json!({ "user": user.id, "global_role": role });
    script.ask(Some(ann), "admin.grant_role", of(bob, "user_moderator")).await;
    assert!(server.admin(&["grant", "ann", "application_administrator"]).await.status.success());
    for (operation, user, role) in [
        ("admin.grant_role", bob, "user_moderator"),
        ("admin.grant_role", bob, "emperor"),
        ("admin.revoke_role", bob, "user_moderator"),
        ("admin.revoke_role", ann, "application_administrator"),
    ] {
        script.ask(Some(ann), operation, of(user, role)).await;
    }
    moderation(script, ann, bob).await;
    for who in [ann, bob] {
        script.ask(Some(who), "admin.federation", json!({})).await;
        script.ask(Some(who), "admin.allow_backends", json!({ "domains": ["b.example.com"] })).await;
    }
    script.ask(Some(ann), "self.get", json!({})).await;
    for q in ["B", "nobody", ""] {
        script.ask(Some(ann), "users.search", json!({ "q": q, "limit": 2 })).await;
    }
}

async fn moderation(script: &mut Recording<'_>, ann: &Person, bob: &Person) {
    let new = json!({ "name": "Arena", "visibility": "public", "template": "community" });
    let arena = id(&script.ask(Some(bob), "servers.create", new).await);
    let channels = script.ask(Some(bob), "channels.list", json!({ "server": arena })).await;
    let ring = id(&channels["items"][0]);
    let with = |field: &str, value: &str| json!({ field: value, "user": bob.id, "reason": "rude" });
    let user = json!({ "user": bob.id, "reason": "rude", "until": "2099-01-01T00:00:00.000Z" });
    let server = json!({ "server": arena, "reason": "raid" });
    for who in [bob, ann] {
        script.ask(Some(who), "admin.users", json!({ "q": "B", "limit": 2 })).await;
        for (set, lift, members) in [
            ("admin.restrict_in_server", "admin.unrestrict_in_server", with("server", &arena)),
            ("admin.restrict_in_channel", "admin.unrestrict_in_channel", with("channel", &ring)),
            ("admin.suspend_server", "admin.unsuspend_server", server.clone()),
        ] {
            script.ask(Some(who), set, members.clone()).await;
            let send = json!({ "channel": ring, "content": "loud" });
            script.ask(Some(bob), "messages.send", send).await;
            script.ask(Some(bob), "servers.permissions", json!({ "server": arena, "channel": ring })).await;
            script.ask(Some(bob), "members.get", json!({ "server": arena, "user": bob.id })).await;
            script.ask(Some(who), lift, members.clone()).await;
            script.ask(Some(who), lift, members).await;
        }
    }
    script.ask(Some(bob), "audit_log.list", json!({ "server": arena, "limit": 10 })).await;
    script.ask(Some(bob), "admin.suspend_user", user).await;
    script.ask(Some(ann), "admin.suspend_user", json!({ "user": ann.id, "reason": "rest" })).await;
    // One of another backend: all others are needed.
    let elsewhere = bob.id.replace("@localhost", "@b.example.com");
    script.ask(Some(ann), "admin.suspend_user", json!({ "user": elsewhere, "reason": "spam" })).await;
    script.ask(Some(ann), "admin.users", json!({ "suspended": true })).await;
    for _ in 0..2 {
        script.ask(Some(ann), "admin.unsuspend_user", json!({ "user": elsewhere })).await;
    }
    let target =
        |kind: &str, id: &str| json!({ "target": { "kind": kind, "id": id }, "reason": "rude", "comment": "and more" });
    let report = id(&script.ask(Some(bob), "reports.create", target("user", &ann.id)).await);
    for report in [target("server", &arena), target("server", &nobodys_id()), target("message", &nobodys_id())] {
        script.ask(Some(bob), "reports.create", report).await;
    }
    for who in [bob, ann] {
        for query in [json!({}), json!({ "state": "open", "limit": 1 })] {
            script.ask(Some(who), "admin.reports", query).await;
        }
        script.ask(Some(who), "admin.claim_report", json!({ "report": report })).await;
        let resolve = json!({ "report": report, "action": "warned", "note": "once" });
        script.ask(Some(who), "admin.resolve_report", resolve).await;
        for query in [json!({}), json!({ "limit": 2, "actor": ann.id })] {
            script.ask(Some(who), "admin.audit_log", query).await;
        }
    }
    script.ask(Some(bob), "servers.delete", json!({ "server": arena })).await;
}

async fn members(script: &mut Recording<'_>, ann: &Person, bob: &Person, cem: &Person, hall: &str) {
    let of = |user: &Person| json!({ "server": hall, "user": user.id });
    let with = |user: &Person, field: &str, value: Value| {
        let mut members = of(user);
        members[field] = value;
        members
    };
    for (who, whom, nickname) in [(cem, cem, json!("Cemal")), (ann, cem, json!(null)), (cem, ann, json!("Änn"))] {
        script.ask(Some(who), "members.update", with(whom, "nickname", nickname)).await;
    }
    let until = json!("2099-01-01T00:00:00.000Z");
    for (who, whom) in [(ann, cem), (cem, ann), (ann, ann)] {
        script.ask(Some(who), "members.mute", with(whom, "until", until.clone())).await;
    }
    for (who, whom) in [(cem, cem), (ann, cem), (ann, cem), (bob, ann)] {
        script.ask(Some(who), "members.unmute", of(whom)).await;
    }
    for (who, whom) in [(bob, bob), (ann, ann)] {
        script.ask(Some(who), "servers.transfer", with(whom, "password", json!(PASSWORD))).await;
    }
}

async fn bans(script: &mut Recording<'_>, ann: &Person, bob: &Person, cem: &Person, hall: &str) {
    let of = |user: &Person| json!({ "server": hall, "user": user.id });
    let since = json!({ "server": hall, "user": cem.id, "reason": "rest", "delete_messages_since": "2099-01-01T00:00:00.000Z" });
    script.ask(Some(ann), "bans.put", since).await;
    script.ask(Some(cem), "servers.join", json!({ "server": hall })).await;
    script.ask(Some(ann), "bans.list", json!({ "server": hall, "limit": 1 })).await;
    for (who, operation) in [
        (bob, "bans.list"),
        (bob, "bans.put"),
        (bob, "bans.delete"),
        (bob, "members.kick"),
        (ann, "members.kick"),
        (ann, "bans.delete"),
        (ann, "bans.delete"),
        (cem, "servers.join"),
        (ann, "members.kick"),
        (cem, "servers.join"),
    ] {
        let members = if operation.ends_with("list") || operation.ends_with("join") {
            json!({ "server": hall })
        } else {
            of(cem)
        };
        script.ask(Some(who), operation, members).await;
    }
    script.ask(Some(ann), "bans.put", of(ann)).await;
    let domain = |domain: &str| json!({ "server": hall, "domain": domain, "reason": "noise" });
    for (who, operation, members) in [
        (ann, "domain_bans.put", domain("B.example.com.")),
        (ann, "domain_bans.put", domain("bücher.example")),
        (ann, "domain_bans.put", domain("localhost")),
        (ann, "domain_bans.put", domain("b_c")),
        (bob, "domain_bans.put", domain("b.example.com")),
        (bob, "domain_bans.list", json!({ "server": hall })),
        (ann, "domain_bans.delete", domain("b.example.com")),
        (ann, "domain_bans.delete", domain("b.example.com")),
    ] {
        script.ask(Some(who), operation, members).await;
        let page = script.ask(Some(ann), "domain_bans.list", json!({ "server": hall, "limit": 1 })).await;
        let cursor = if page["next"].is_null() { json!("!") } else { page["next"].clone() };
        script.ask(Some(ann), "domain_bans.list", json!({ "server": hall, "cursor": cursor })).await;
    }
    for (who, query) in [
        (ann, json!({ "limit": 3 })),
        (ann, json!({ "actor": ann.id, "action": "members.kick", "target": cem.id })),
        (ann, json!({ "action": "fly" })),
        (bob, json!({})),
    ] {
        let mut query = query;
        query["server"] = json!(hall);
        let page = script.ask(Some(who), "audit_log.list", query).await;
        if !page["next"].is_null() {
            let query = json!({ "server": hall, "cursor": page["next"], "limit": 100 });
            script.ask(Some(who), "audit_log.list", query).await;
        }
    }
}

async fn ends(script: &mut Recording<'_>, ann: &Person, bob: &Person, cem: &Person, hall: &str, channel: &str) {
    script.ask(Some(cem), "servers.leave", json!({ "server": hall })).await;
    for operation in ["channels.get", "messages.list", "channels.delete"] {
        script.ask(Some(cem), operation, json!({ "channel": channel })).await;
    }
    for operation in ["servers.get", "members.list", "roles.list", "channels.list", "invitations.list", "servers.leave"]
    {
        script.ask(Some(cem), operation, json!({ "server": hall })).await;
    }
    script.ask(Some(ann), "servers.update", json!({ "server": hall, "visibility": "private" })).await;
    script.ask(Some(cem), "servers.get", json!({ "server": hall })).await;
    script.ask(Some(ann), "self.update", json!({ "display_name": null })).await;
    script
        .ask(Some(bob), "servers.create", json!({ "name": "Own", "visibility": "private", "template": "community" }))
        .await;
    script.ask(Some(ann), "servers.delete", json!({ "server": hall })).await;
    for (operation, members) in
        [("channels.get", json!({ "channel": channel })), ("servers.get", json!({ "server": hall }))]
    {
        script.ask(Some(ann), operation, members).await;
    }
}

async fn events(script: &mut Recording<'_>, bob: &Person, from: Value) {
    script.ask(Some(bob), "events.list", json!({ "cursor": from, "limit": 100 })).await;
    let mut cursor = from;
    loop {
        let page = script.ask(Some(bob), "events.list", json!({ "cursor": cursor, "limit": 3 })).await;
        cursor = page["next"].clone();
        if page["items"].as_array().is_none_or(Vec::is_empty) {
            break;
        }
    }
    script.ask(Some(bob), "events.list", json!({ "cursor": "x" })).await;
    script.ask(Some(bob), "events.list", json!({ "cursor": cursor, "wait": 31 })).await;
}

async fn credentials(script: &mut Recording<'_>, server: &Server, bob: &Person) {
    for (current, new) in [("wrong wrong", "another password"), (PASSWORD, "short"), (PASSWORD, "another password")] {
        script.ask(Some(bob), "self.change_password", json!({ "current": current, "new": new })).await;
    }
    for (email, password) in [
        ("bobby@example.com", PASSWORD),
        ("ann@example.com", "another password"),
        ("bobby@example.com", "another password"),
    ] {
        script.ask(Some(bob), "self.change_email", json!({ "email": email, "password": password })).await;
    }
    let code = server.mailed_code("bobby@example.com");
    for code in ["none", &code, &code] {
        script.ask(None, "accounts.activate", json!({ "email": "bobby@example.com", "code": code })).await;
    }
    for email in ["nobody@example.com", "bob@example.com", "bobby@example.com", "bobby"] {
        script.ask(None, "accounts.request_password_reset", json!({ "email": email })).await;
    }
    script.ask(Some(bob), "sessions.revoke_others", json!({})).await;
    let code = server.mailed_code("bobby@example.com");
    for (email, code, password) in [
        ("nobody@example.com", "none", PASSWORD),
        ("bobby@example.com", "none", PASSWORD),
        ("bobby@example.com", &code, "short"),
        ("bobby@example.com", &code, PASSWORD),
        ("bobby@example.com", &code, PASSWORD),
    ] {
        let body = json!({ "email": email, "code": code, "password": password });
        script.ask(None, "accounts.complete_password_reset", body).await;
    }
    script.ask(Some(bob), "self.get", json!({})).await;
    for password in ["another password", PASSWORD] {
        script.ask(None, "sessions.login", json!({ "login": "bob", "password": password })).await;
    }
}

async fn second_factor(script: &mut Recording<'_>, server: &Server) {
    let login = json!({ "login": "bob", "password": PASSWORD });
    let bob = &Person::of(&server.url(), "bob", &script.ask(None, "sessions.login", login).await);
    for password in ["wrong wrong", PASSWORD] {
        script.ask(Some(bob), "second_factor.begin", json!({ "password": password })).await;
    }
    let begun = script.ask(Some(bob), "second_factor.begin", json!({ "password": PASSWORD })).await;
    let mut app = Authenticator::of(begun["secret"].as_str().expect("a text"));
    let code = app.code();
    for code in ["none", &code, &code] {
        script.ask(Some(bob), "second_factor.confirm", json!({ "code": code })).await;
    }
    let wrong = json!({ "password": PASSWORD, "code": "none" });
    script.ask(Some(bob), "second_factor.renew_recovery_codes", wrong.clone()).await;
    let renew = json!({ "password": PASSWORD, "code": app.code() });
    let codes = script.ask(Some(bob), "second_factor.renew_recovery_codes", renew).await["recovery_codes"].clone();
    script.ask(Some(bob), "second_factor.begin", json!({ "password": PASSWORD })).await;
    for otp in [&Value::Null, &json!("none"), &codes[0], &codes[0]] {
        let login = json!({ "login": "bob", "password": PASSWORD, "otp": otp });
        script.ask(None, "sessions.login", login).await;
    }
    script.ask(Some(bob), "second_factor.remove", wrong.clone()).await;
    script.ask(Some(bob), "second_factor.remove", json!({ "password": PASSWORD, "code": codes[1] })).await;
    script.ask(Some(bob), "second_factor.remove", wrong).await;
}

async fn deletion(script: &mut Recording<'_>, ann: &Person, cem: &Person) {
    script.ask(Some(ann), "self.delete", json!({ "password": PASSWORD })).await;
    for password in ["wrong wrong", PASSWORD, PASSWORD] {
        script.ask(Some(cem), "self.delete", json!({ "password": password })).await;
    }
    script.ask(None, "sessions.login", json!({ "login": "cem", "password": PASSWORD })).await;
}

async fn sessions(script: &mut Recording<'_>, server: &Server, ann: &Person) {
    let login = json!({ "login": "ann@example.com", "password": PASSWORD, "label": "phone", "persist": true });
    let signed_in = script.ask(None, "sessions.login", login).await;
    let phone = Person::of(&server.url(), "ann on the phone", &signed_in);
    let refreshed = script.ask(None, "sessions.refresh", json!({ "refresh_token": phone.refresh })).await;
    script.ask(None, "sessions.refresh", json!({ "refresh_token": phone.refresh })).await;
    script.ask(None, "sessions.refresh", json!({ "refresh_token": "none" })).await;
    script.ask(None, "sessions.refresh", json!({})).await;
    script.ask(Some(&phone), "sessions.list", json!({})).await;
    let session = &refreshed["session_id"];
    script.ask(Some(ann), "sessions.revoke", json!({ "session": session })).await;
    script.ask(Some(ann), "sessions.revoke", json!({ "session": session })).await;
    script.ask(Some(&phone), "self.get", json!({})).await;
    script.ask(None, "sessions.refresh", json!({ "refresh_token": refreshed["refresh_token"] })).await;
    script.ask(None, "sessions.logout", json!({ "refresh_token": ann.refresh })).await;
    script.ask(None, "sessions.logout", json!({ "refresh_token": ann.refresh })).await;
    script.ask(Some(ann), "sessions.list", json!({})).await;
}
