//! Roles that are put in order, and members that are looked for, from another backend.

use beep_client::EventData;
use beep_tests::database::Engine;
use beep_tests::federation::realm::Realm;
use beep_tests::making::ids;
use serde_json::{Value, json};

use crate::follower::Follower;

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_made_from_another_backend_and_told_there() {
    for engine in Engine::at_hand() {
        let (_realm, [home, away]) = Realm::of(engine, ["a", "b"]).await;
        let olga = home.sign_up("olga").await;
        let gustav = away.sign_up("gustav").await;
        let (server, _) = olga.community("public").await;
        let mut from_away = Follower::begin(&away.server, &gustav).await;
        gustav.post(&format!("/servers/{server}/join"), json!({})).await.expect(200);
        let high = olga.make_role(&server, "high", 9, &["manage_roles"]).await;
        let mut made = Vec::new();
        for name in ["first", "second", "third"] {
            made.push(olga.make_role(&server, name, 1, &[]).await);
        }
        let [first, second, third] = made.as_slice() else { unreachable!("three were made") };
        olga.give(&server, &gustav, &high).await;
        let path = format!("/servers/{server}/roles/order");
        let refused = gustav.put(&path, json!({ "roles": [first, high, second, third] })).await;
        refused.refused(403, "hierarchy");
        gustav.put(&path, json!({ "roles": [high, first, second] })).await.refused(422, "invalid_request");
        let order = [&high, third, first, second];
        gustav.put(&path, json!({ "roles": order, "reason": "from away" })).await.expect(204);
        let moved = |data: &EventData| matches!(data, EventData::RoleUpdated(role) if role.id.to_string() == *third);
        from_away.until("the role", moved).await;
        from_away.is_up_to_date().await;
        for person in [&olga, &gustav] {
            let mut listed = ids(&person.get(&format!("/servers/{server}/roles")).await.expect(200));
            listed.pop();
            assert_eq!(listed.iter().collect::<Vec<_>>(), order);
        }
        let log = olga.get(&format!("/servers/{server}/audit-log?action=roles.order")).await.expect(200);
        assert_eq!((&log["items"][0]["actor"], &log["items"][1]), (&json!(gustav.id), &Value::Null), "{log}");

        // Who looks for members from there finds those of here, and those of there by their handles.
        let whole = format!("olga@{}", home.domain);
        for (q, who) in [("lg", &olga), (whole.as_str(), &olga), ("ustav@", &gustav), ("USTA", &gustav)] {
            let found = gustav.get(&format!("/servers/{server}/members?q={q}")).await.expect(200);
            let users: Vec<_> = found["items"].as_array().into_iter().flatten().map(|member| &member["user"]).collect();
            assert_eq!(users, [&json!(who.id)], "{q}");
        }
    }
}
