//! Roles: what one may grant, whom one may act on, and what happens when two act at once.

use beep_proto::gateway::EventData;
use beep_tests::database::Engine;
use beep_tests::gateway::Gateway;
use beep_tests::making::{id, ids};
use beep_tests::people::Person;
use beep_tests::server::Server;
use serde_json::{Value, json};

/// A server with somebody who manages it from the middle of the order.
struct Hall {
    server: Server,
    owner: Person,
    manager: Person,
    member: Person,
    id: String,
    channel: String,
    /// Above the manager, at the manager's own place, and below.
    high: String,
    own: String,
    low: String,
}

impl Hall {
    async fn open(engine: Engine) -> Self {
        let server = Server::shared(engine).await;
        let owner = Person::sign_up(&server, "owner").await;
        let manager = Person::sign_up(&server, "manager").await;
        let member = Person::sign_up(&server, "member").await;
        let (id, channel) = owner.community("public").await;
        for who in [&manager, &member] {
            who.post(&format!("/servers/{id}/join"), json!({})).await.expect(200);
        }
        let low = owner.make_role(&id, "low", 2, &["view_channels"]).await;
        let own = owner.make_role(&id, "own", 5, &["manage_roles", "manage_channels"]).await;
        let high = owner.make_role(&id, "high", 8, &["view_channels"]).await;
        owner.give(&id, &manager, &own).await;
        Self { server, owner, manager, member, id, channel, high, own, low }
    }

    fn roles(&self) -> String {
        format!("/servers/{}/roles", self.id)
    }

    fn role(&self, role: &str) -> String {
        format!("/servers/{}/roles/{role}", self.id)
    }

    fn place(&self, member: &Person, role: &str) -> String {
        format!("/servers/{}/members/{}/roles/{role}", self.id, member.id)
    }

    async fn roles_of(&self, member: &Person) -> Vec<String> {
        let member = self.owner.get(&format!("/servers/{}/members/{}", self.id, member.id)).await.expect(200);
        beep_tests::making::texts(&member["roles"])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_and_channels_are_listed_in_their_order_part_by_part() {
    let hall = Hall::open(Engine::Sqlite).await;
    let owner = &hall.owner;
    for position in [3, 2, 2, 2] {
        owner.make_role(&hall.id, "twin", position, &[]).await;
    }
    let channels = format!("/servers/{}/channels", hall.id);
    for position in [-1, 7, 7, i32::MIN, i32::MAX, -1] {
        owner.post(&channels, json!({ "name": "twin", "position": position })).await.expect(201);
    }
    for (path, count) in [(hall.roles(), 8), (channels, 7)] {
        let whole = ids(&owner.get(&path).await.expect(200));
        assert_eq!(whole.len(), count);
        for limit in [1, 3, 7, 100] {
            assert_eq!(owner.pages(&path, limit).await, whole, "{path}, {limit} at a time");
        }
        // A place whose item is gone is a place still.
        let page = owner.get(&format!("{path}?limit=2")).await.expect(200);
        let gone = if path == hall.roles() { hall.role(&whole[1]) } else { format!("/channels/{}", whole[1]) };
        owner.delete(&gone).await.expect(204);
        let next = page["next"].as_str().expect("there is more");
        assert_eq!(ids(&owner.get(&format!("{path}?cursor={next}")).await.expect(200)), whole[2..]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_changes_nothing_leaves_the_version() {
    let hall = Hall::open(Engine::Sqlite).await;
    let owner = &hall.owner;
    hall.member.says(&hall.channel, "hello").await;
    let channel = format!("/channels/{}", hall.channel);
    for (path, same) in [
        (format!("/servers/{}", hall.id), json!({ "name": "Garden", "visibility": "public" })),
        (channel.clone(), json!({ "name": "general", "position": 0 })),
        (hall.role(&hall.low), json!({ "permissions": ["view_channels"], "position": 2 })),
    ] {
        let before = match path.contains("/roles/") {
            true => owner.get(&hall.roles()).await.expect(200)["items"][2].clone(),
            false => owner.get(&path).await.expect(200),
        };
        for nothing in [json!({}), json!({ "name": null }), same] {
            assert_eq!(owner.patch(&path, nothing).await.expect(200), before, "{path}");
        }
        let stale = before["version"].as_u64().expect("a version") - 1;
        owner.patch(&path, json!({ "version": stale })).await.refused(409, "conflict");
    }
    assert_eq!(owner.get(&format!("{channel}/events?after_seq=0")).await.expect(200)["items"][1], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_grants_what_they_do_not_hold() {
    let hall = Hall::open(Engine::Sqlite).await;
    let Hall { owner, manager, member, .. } = &hall;
    let refused = member.post(&hall.roles(), json!({ "name": "x", "permissions": [] })).await;
    assert_eq!(refused.refused(403, "permission_denied")["missing"], json!(["manage_roles"]));
    let too_much = json!({ "name": "x", "permissions": ["view_channels", "manage_server", "manage_members"] });
    let refused = manager.post(&hall.roles(), too_much).await.refused(403, "permission_denied");
    assert_eq!(refused["missing"], json!(["manage_server", "manage_members"]));
    for permission in ["administrator", "manage_invitations", "manage_messages", "manage_nicknames"] {
        let body = json!({ "name": "x", "permissions": [permission] });
        manager.post(&hall.roles(), body).await.refused(403, "permission_denied");
        manager
            .patch(&hall.role(&hall.low), json!({ "permissions": [permission] }))
            .await
            .refused(403, "permission_denied");
    }
    let made =
        json!({ "name": "x", "permissions": ["manage_roles", "send_messages"], "position": 4, "color": 0x00ff7f });
    let made = manager.post(&hall.roles(), made).await.expect(201);
    assert_eq!((&made["position"], &made["color"], &made["everyone"]), (&json!(4), &json!(0x00ff7f), &json!(false)));
    assert_eq!(made["permissions"], json!(["manage_roles", "send_messages"]));

    // What was there already may stay: under another name, but not in another's hands.
    let rich = owner.make_role(&hall.id, "rich", 3, &["manage_server", "view_channels"]).await;
    let body = json!({ "name": "richer", "color": null, "permissions": ["manage_server"] });
    manager.patch(&hall.role(&rich), body).await.expect(200);
    let refused = manager.put(&hall.place(member, &rich), json!({})).await.refused(403, "permission_denied");
    assert_eq!(refused["missing"], json!(["manage_server"]));
    manager.put(&hall.place(manager, &rich), json!({})).await.refused(403, "permission_denied");
    assert!(hall.roles_of(manager).await == [hall.own.clone()] && hall.roles_of(member).await.is_empty());
    // Taken away by the manager, it cannot be given back by them.
    manager.patch(&hall.role(&rich), json!({ "permissions": [] })).await.expect(200);
    manager
        .patch(&hall.role(&rich), json!({ "permissions": ["manage_server"] }))
        .await
        .refused(403, "permission_denied");
    manager.put(&hall.place(member, &rich), json!({})).await.expect(204);

    // An unknown name is refused and nothing of it is stored.
    let body = json!({ "name": "new", "permissions": ["view_channels", "manage_weather"] });
    manager.post(&hall.roles(), body).await.refused(422, "invalid_request");
    let listed = owner.get(&hall.roles()).await.expect(200).to_string();
    assert!(!listed.contains("manage_weather") && !listed.contains("\"new\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_owner_acts_at_or_above_their_own_highest_role() {
    let hall = Hall::open(Engine::Sqlite).await;
    let Hall { owner, manager, member, high, own, low, .. } = &hall;
    for role in [high, own] {
        manager.patch(&hall.role(role), json!({ "name": "mine" })).await.refused(403, "hierarchy");
        manager.patch(&hall.role(role), json!({ "color": 255 })).await.refused(403, "hierarchy");
        manager.patch(&hall.role(role), json!({ "position": 1 })).await.refused(403, "hierarchy");
        manager.delete(&hall.role(role)).await.refused(403, "hierarchy");
        manager.put(&hall.place(member, role), json!({})).await.refused(403, "hierarchy");
        manager.put(&hall.place(manager, role), json!({})).await.refused(403, "hierarchy");
    }
    // Neither made nor moved above one's own place: of two roles at one position the older ranks higher.
    for position in [6, 100] {
        let body = json!({ "name": "x", "permissions": [], "position": position });
        manager.post(&hall.roles(), body).await.refused(403, "hierarchy");
    }
    for position in [5, 9] {
        manager.patch(&hall.role(low), json!({ "position": position })).await.refused(403, "hierarchy");
    }
    let twin = json!({ "name": "x", "permissions": [], "position": 5 });
    let younger = manager.post(&hall.roles(), twin).await.expect(201);
    manager.patch(&hall.role(&id(&younger)), json!({ "name": "y" })).await.expect(200);
    manager.delete(&hall.role(&id(&younger))).await.expect(204);
    manager.patch(&hall.role(low), json!({ "name": "still below" })).await.expect(200);

    // One's own highest role cannot be taken off by oneself, nor a higher or equal member touched.
    manager.delete(&hall.place(manager, own)).await.refused(403, "hierarchy");
    owner.give(&hall.id, member, high).await;
    manager.delete(&hall.place(member, high)).await.refused(403, "hierarchy");
    manager.put(&hall.place(member, low), json!({})).await.refused(403, "hierarchy");
    owner.delete(&hall.place(member, high)).await.expect(204);
    owner.give(&hall.id, member, own).await;
    manager.put(&hall.place(member, low), json!({})).await.refused(403, "hierarchy");
    member.put(&hall.place(manager, low), json!({})).await.refused(403, "hierarchy");
    owner.delete(&hall.place(member, own)).await.expect(204);
    manager.put(&hall.place(member, low), json!({})).await.expect(204);
    manager.put(&hall.place(member, low), json!({})).await.expect(204);
    manager.delete(&hall.place(member, low)).await.expect(204);

    // Nobody acts on the owner, administrators neither; the owner acts on themself.
    manager.put(&hall.place(owner, low), json!({})).await.refused(403, "hierarchy");
    let crown = owner.make_role(&hall.id, "crown", 50, &["administrator"]).await;
    owner.give(&hall.id, member, &crown).await;
    member.put(&hall.place(owner, low), json!({})).await.refused(403, "hierarchy");
    member.patch(&hall.role(&crown), json!({ "name": "mine" })).await.refused(403, "hierarchy");
    member.put(&hall.place(manager, high), json!({})).await.expect(204);
    owner.put(&hall.place(owner, low), json!({})).await.expect(204);

    // `manage_members` alone gives roles too, by the same rules; neither permission, no roles.
    let steward = Person::sign_up(&hall.server, "steward").await;
    steward.post(&format!("/servers/{}/join", hall.id), json!({})).await.expect(200);
    let refused = steward.put(&hall.place(&steward, low), json!({})).await.refused(403, "permission_denied");
    assert_eq!(refused["missing"], json!(["manage_roles", "manage_members"]));
    let usher = owner.make_role(&hall.id, "usher", 7, &["manage_members"]).await;
    owner.give(&hall.id, &steward, &usher).await;
    steward.put(&hall.place(&steward, low), json!({})).await.expect(204);
    steward.put(&hall.place(&steward, own), json!({})).await.refused(403, "permission_denied");
    steward.post(&hall.roles(), json!({ "name": "x", "permissions": [] })).await.refused(403, "permission_denied");
}

/// The roles but `everyone`, highest first.
async fn order(hall: &Hall) -> Vec<String> {
    let mut roles = ids(&hall.owner.get(&hall.roles()).await.expect(200));
    roles.pop();
    roles
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_made_whole_or_not_at_all() {
    for engine in Engine::at_hand() {
        let hall = Hall::open(engine).await;
        let Hall { owner, manager, member, high, own, low, .. } = &hall;
        let path = format!("{}/order", hall.roles());
        // As most are made: at one position, the older above the younger.
        let twins = [
            owner.make_role(&hall.id, "first", 1, &[]).await,
            owner.make_role(&hall.id, "second", 1, &[]).await,
            owner.make_role(&hall.id, "third", 1, &[]).await,
        ];
        let [first, second, third] = &twins;
        let whole = [high, own, low, first, second, third];
        assert_eq!(order(&hall).await.iter().collect::<Vec<_>>(), whole);
        let (mut gateway, _) = Gateway::connect(&hall.server, member).await;

        // Each but `everyone` once.
        let everyone = owner.everyone(&hall.id).await;
        let nobody = beep_tests::chance::nobodys_id();
        for roles in [
            json!([]),
            json!([high, own, low, first, second]),
            json!([high, own, low, first, second, second]),
            json!([high, own, low, first, second, third, third]),
            json!([high, own, low, first, second, third, everyone]),
            json!([high, own, low, first, second, everyone]),
            json!([high, own, low, first, second, nobody]),
            json!([high, own, low, first, second, "third"]),
            json!(null),
        ] {
            let refused = owner.put(&path, json!({ "roles": roles })).await;
            let field = refused.refused(422, "invalid_request")["errors"][0]["field"].clone();
            assert!(field.as_str().is_some_and(|field| field.starts_with("roles")), "{field}");
        }

        // Who may, and what: nothing at or above one's own highest moves, neither up nor down.
        let refused = member.put(&path, json!({ "roles": whole })).await;
        assert_eq!(refused.refused(403, "permission_denied")["missing"], json!(["manage_roles"]));
        for roles in [
            [own, high, low, first, second, third],
            [low, high, own, first, second, third],
            [high, low, own, first, second, third],
            [high, low, first, second, third, own],
            [own, low, first, second, third, high],
        ] {
            manager.put(&path, json!({ "roles": roles })).await.refused(403, "hierarchy");
        }
        assert_eq!(order(&hall).await.iter().collect::<Vec<_>>(), whole);
        manager.put(&path, json!({ "roles": whole })).await.expect(204);
        let moved = [high, own, third, second, first, low];
        manager.put(&path, json!({ "roles": moved, "reason": "by age" })).await.expect(204);
        assert_eq!(order(&hall).await.iter().collect::<Vec<_>>(), moved);

        // Each that has another position is told of once, none above.
        let mut told = Vec::new();
        while told.len() < 4 {
            let event = gateway.event().await;
            let EventData::RoleUpdated(role) = &event.data else { panic!("{event:?}") };
            told.push((role.id.to_string(), role.position, role.version));
        }
        let told: Vec<_> = told.iter().map(|(id, position, version)| (id, *position, *version)).collect();
        assert_eq!(told, [(third, 4, 2), (second, 3, 2), (first, 2, 2), (low, 1, 2)]);
        let log = owner.get(&format!("/servers/{}/audit-log?action=roles.order", hall.id)).await.expect(200);
        let entries = log["items"].as_array().cloned().unwrap_or_default();
        assert_eq!(entries.len(), 1, "what changes nothing leaves none: {log}");
        assert_eq!((&entries[0]["actor"], &entries[0]["reason"]), (&json!(manager.id), &json!("by age")));
        let change = json!([{ "field": "roles", "before": whole[2..], "after": moved[2..] }]);
        assert_eq!((&entries[0]["target"]["id"], &entries[0]["changes"]), (&json!(hall.id), &change));

        // The owner moves any; a role that is made later is the lowest of its position.
        let roles = [low, own, high, third, second, first];
        owner.put(&path, json!({ "roles": roles })).await.expect(204);
        assert_eq!(order(&hall).await.iter().collect::<Vec<_>>(), roles);
        manager.put(&path, json!({ "roles": [low, own, third, high, second, first] })).await.expect(204);
        manager.put(&path, json!({ "roles": roles })).await.expect(204);

        // Two at once: the later one decides, and both are whole.
        let (one, other) = ([low, own, high, third, first, second], [low, own, second, first, third, high]);
        let (a, b) =
            tokio::join!(owner.put(&path, json!({ "roles": one })), manager.put(&path, json!({ "roles": other })));
        a.expect(204);
        b.expect(204);
        let now = order(&hall).await;
        let now: Vec<_> = now.iter().collect();
        assert!(now == one || now == other, "{now:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_of_everyone_is_always_everyones() {
    let hall = Hall::open(Engine::Sqlite).await;
    let Hall { owner, manager, member, .. } = &hall;
    let everyone = owner.everyone(&hall.id).await;
    for who in [owner, manager] {
        who.delete(&hall.role(&everyone)).await.refused(409, "conflict");
        who.put(&hall.place(member, &everyone), json!({})).await.refused(409, "conflict");
        who.delete(&hall.place(member, &everyone)).await.refused(409, "conflict");
        for change in [
            json!({ "permissions": ["administrator"] }),
            json!({ "position": 3 }),
            json!({ "position": 0, "name": "somebody" }),
        ] {
            who.patch(&hall.role(&everyone), change).await.refused(409, "conflict");
        }
    }
    let listed = owner.get(&hall.roles()).await.expect(200);
    let last = listed["items"].as_array().and_then(|items| items.last()).expect("there are roles").clone();
    let shown = (&last["id"], &last["everyone"], &last["position"], &last["name"], &last["version"]);
    assert_eq!(shown, (&json!(everyone), &json!(true), &json!(0), &json!("everyone"), &json!(1)));
    let positions: Vec<_> =
        listed["items"].as_array().into_iter().flatten().map(|role| role["position"].as_i64()).collect();
    assert!(positions.is_sorted_by(|a, b| a >= b), "highest first: {positions:?}");

    // What it grants may change, by who may grant it.
    let refused = manager.patch(&hall.role(&everyone), json!({ "permissions": ["manage_server"] })).await;
    refused.refused(403, "permission_denied");
    let body = json!({ "permissions": ["view_channels"] });
    manager.patch(&hall.role(&everyone), body).await.expect(200);
    let send = member.post(&format!("/channels/{}/messages", hall.channel), json!({ "content": "x" })).await;
    send.refused(403, "permission_denied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_deleted_leaves_nothing_behind() {
    for engine in Engine::at_hand() {
        let hall = Hall::open(engine).await;
        let Hall { owner, manager, member, low, .. } = &hall;
        let everyone = owner.everyone(&hall.id).await;
        owner.overrides(&hall.channel, &format!("role/{everyone}"), &[], &["view_channels"]).await;
        owner.overrides(&hall.channel, &format!("role/{low}"), &["view_channels"], &["attach_files"]).await;
        owner.give(&hall.id, member, low).await;
        let channel = format!("/channels/{}", hall.channel);
        member.get(&channel).await.expect(200);
        manager.delete(&hall.role(low)).await.expect(204);
        member.get(&channel).await.refused(404, "not_found");
        let left = owner.get(&channel).await.expect(200);
        assert_eq!(
            left["overrides"],
            json!({ format!("role:{everyone}"): { "allow": [], "deny": ["view_channels"] } })
        );
        assert!(hall.roles_of(member).await.is_empty());
        owner.put(&hall.place(member, low), json!({})).await.refused(404, "not_found");
        owner.patch(&hall.role(low), json!({ "name": "back" })).await.refused(404, "not_found");
        owner.delete(&hall.role(low)).await.refused(404, "not_found");
        let body = json!({ "allow": ["view_channels"], "deny": [] });
        owner.put(&format!("{channel}/overrides/role/{low}"), body).await.refused(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_change_at_once_both_take_effect_or_hear_of_it() {
    for engine in Engine::at_hand() {
        let hall = Hall::open(engine).await;
        let Hall { owner, manager, member, low, own, .. } = &hall;
        let second = owner.make_role(&hall.id, "second", 3, &[]).await;
        for _ in 0..10 {
            let (a, b) = (hall.place(member, low), hall.place(member, &second));
            let (one, other) = tokio::join!(owner.put(&a, json!({})), manager.put(&b, json!({})));
            one.expect(204);
            other.expect(204);
            let mut roles = hall.roles_of(member).await;
            roles.sort();
            let mut both = vec![low.clone(), second.clone()];
            both.sort();
            assert_eq!(roles, both);
            let (one, other) = tokio::join!(owner.delete(&a), manager.delete(&b));
            one.expect(204);
            other.expect(204);
            assert!(hall.roles_of(member).await.is_empty());
        }

        // With the version that both saw, one wins and the other is told what it became.
        let seen = owner.get(&hall.roles()).await.expect(200);
        let of = |role: &str| -> Value {
            let roles = seen["items"].as_array().into_iter().flatten();
            roles.clone().find(|one| one["id"] == *role).cloned().expect("it is listed")
        };
        let (path, version) = (hall.role(low), of(low)["version"].clone());
        let rename = |name: &str| json!({ "name": name, "version": version.clone() });
        let (one, other) = tokio::join!(owner.patch(&path, rename("first")), manager.patch(&path, rename("second")));
        let (won, lost) = if one.status == 200 { (one, other) } else { (other, one) };
        let won = won.expect(200);
        assert_eq!(lost.refused(409, "conflict")["current"], won);
        let stale = owner.patch(&path, json!({ "name": "third", "version": version })).await;
        assert_eq!(stale.refused(409, "conflict")["current"], won);
        let fresh = json!({ "name": "third", "version": won["version"] });
        assert_eq!(owner.patch(&path, fresh).await.expect(200)["name"], "third");

        // A right that is taken away while it is used is used before, or not at all.
        for _ in 0..5 {
            owner.give(&hall.id, member, low).await;
            let (place, body) = (hall.place(manager, own), json!({ "name": "late", "permissions": [] }));
            let roles = hall.roles();
            let (taken, made) = tokio::join!(owner.delete(&place), manager.post(&roles, body));
            taken.expect(204);
            assert!([201, 403].contains(&made.status), "{}", made.body);
            let late = manager.post(&roles, json!({ "name": "later", "permissions": [] })).await;
            late.refused(403, "permission_denied");
            owner.give(&hall.id, manager, own).await;
        }
    }
}

/// What a role's overrides allow is guarded by rank for others; nobody lets themselves do more.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_opens_a_channel_to_themselves() {
    let hall = Hall::open(Engine::Sqlite).await;
    let (owner, manager) = (&hall.owner, &hall.manager);
    let secret = owner.make_channel(&hall.id, "secret").await;
    let everyone = owner.everyone(&hall.id).await;
    let staff = owner.make_role(&hall.id, "staff", 1, &[]).await;
    let kept_out = owner.make_role(&hall.id, "kept out", 1, &[]).await;
    owner.overrides(&secret, &format!("role/{everyone}"), &[], &["view_channels"]).await;
    owner.overrides(&secret, &format!("role/{staff}"), &["view_channels"], &[]).await;
    owner.overrides(&hall.channel, &format!("role/{kept_out}"), &[], &["send_messages"]).await;

    let refused = manager.put(&hall.place(manager, &staff), json!({})).await.refused(403, "permission_denied");
    assert!(
        refused["missing"].as_array().is_some_and(|missing| missing.contains(&json!("view_channels"))),
        "{refused}"
    );
    manager.get(&format!("/channels/{secret}")).await.refused(404, "not_found");
    manager.put(&hall.place(&hall.member, &staff), json!({})).await.expect(204);
    hall.member.get(&format!("/channels/{secret}")).await.expect(200);
    // Nor by taking off what denies it, which may be put on.
    manager.put(&hall.place(manager, &kept_out), json!({})).await.expect(204);
    let refused = manager.delete(&hall.place(manager, &kept_out)).await.refused(403, "permission_denied");
    assert!(
        refused["missing"].as_array().is_some_and(|missing| missing.contains(&json!("send_messages"))),
        "{refused}"
    );
    owner.delete(&hall.place(manager, &kept_out)).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_is_above_nobody_who_has_no_role() {
    let hall = Hall::open(Engine::Sqlite).await;
    let everyone = hall.owner.everyone(&hall.id).await;
    let granted = json!({ "permissions": ["view_channels", "send_messages", "manage_roles", "manage_channels"] });
    hall.owner.patch(&hall.role(&everyone), granted).await.expect(200);
    let less = json!({ "permissions": ["view_channels", "manage_roles", "manage_channels"] });
    let target = format!("/channels/{}/overrides/role/{everyone}", hall.channel);
    let denied = json!({ "allow": [], "deny": ["send_messages"] });
    hall.member.patch(&hall.role(&everyone), less.clone()).await.refused(403, "hierarchy");
    hall.member.put(&target, denied.clone()).await.refused(403, "hierarchy");
    hall.manager.put(&target, denied).await.expect(200);
    hall.manager.patch(&hall.role(&everyone), less).await.expect(200);
    // An override is never read from what was left out.
    let problem = hall.manager.put(&target, json!({ "allow": [] })).await.refused(422, "invalid_request");
    assert_eq!(problem["errors"][0]["field"], "deny");
}
