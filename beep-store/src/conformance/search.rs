//! Pages and search.

use beep_core::account::Account;
use beep_core::id::UserKey;
use beep_core::port::{Change, InvitationWrite};
use beep_core::space::{Space, Visibility};
use beep_core::text::{Description, DisplayName, Nickname, ServerName};

use super::Stage;
use super::sample::{Community, community, invitation, named, namesake, nth, space_key, user};

/// Pages are ordered by id, each begins after the last, and none has more than it may.
pub async fn pages_follow_each_other(stage: &Stage) {
    let store = &stage.store;
    let mut made = Vec::new();
    for n in 1..=5 {
        let mut community = Community::new(n);
        community.server.visibility = Visibility::Public;
        stage.commit(community.made()).await;
        made.push(community.server);
    }
    let ids = |servers: Vec<Space>| servers.into_iter().map(|server| server.id).collect::<Vec<_>>();
    let all: Vec<_> = made.iter().map(|server| server.id.clone()).collect();
    assert_eq!(ids(store.servers_of(&user(1), None, 10).await.expect("read")), all);
    assert_eq!(ids(store.servers_of(&user(1), None, 2).await.expect("read")), all[..2]);
    assert_eq!(ids(store.servers_of(&user(1), Some(&all[1]), 2).await.expect("read")), all[2..4]);
    assert_eq!(ids(store.servers_of(&user(1), Some(&all[4]), 2).await.expect("read")), []);
    assert_eq!(ids(store.servers_of(&user(1), None, 0).await.expect("read")), []);
    assert_eq!(ids(store.servers_of(&user(2), None, 10).await.expect("read")), []);
    assert_eq!(ids(store.public_servers("", None, 2).await.expect("read")), all[..2]);
    assert_eq!(ids(store.public_servers("", Some(&all[1]), 10).await.expect("read")), all[2..]);

    let id = &all[0];
    let server = &made[0];
    let mut change = Change::default();
    let users = [user(1), namesake(1), user(2), namesake(3), user(4)];
    for user in &users {
        change = change.put(beep_core::member::Member::joining(server.id.clone(), user.clone(), super::sample::NOW));
    }
    for n in 1..=3 {
        change = change.write(InvitationWrite::Put(invitation(n, server)));
    }
    stage.commit(change).await;
    let page = |after: Option<UserKey>, limit| async move {
        let members = store.members(id, "", after.as_ref(), limit).await.expect("read");
        members.into_iter().map(|member| member.user).collect::<Vec<_>>()
    };
    assert_eq!(page(None, 10).await, users);
    assert_eq!(page(None, 1).await, users[..1]);
    assert_eq!(page(Some(user(1)), 2).await, users[1..3]);
    assert_eq!(page(Some(namesake(1)), 10).await, users[2..]);
    assert_eq!(page(Some(user(3)), 10).await, users[3..]);
    assert_eq!(page(Some(user(4)), 10).await, []);
    let at = async |from, limit| store.members_at(id, from, limit).await.expect("read");
    assert_eq!(at(0, 10).await, users);
    assert_eq!(at(1, 2).await, users[1..3]);
    assert_eq!(at(10, 10).await, []);

    let invitations = |after, limit| async move {
        let found = store.invitations(id, after, limit).await.expect("read");
        found.into_iter().map(|invitation| invitation.id).collect::<Vec<_>>()
    };
    assert_eq!(invitations(None, 10).await, [nth(1), nth(2), nth(3)]);
    assert_eq!(invitations(None, 2).await, [nth(1), nth(2)]);
    assert_eq!(invitations(Some(nth(2)), 2).await, [nth(3)]);
}

/// A query is what a nickname, username or display name begins with, whatever its case and characters.
pub async fn members_are_found_by_what_their_names_begin_with(stage: &Stage) {
    let community = community(stage).await;
    let shown = |n, name: &str, display: &str| -> Account {
        let mut account = named(n, name);
        account.user.display_name = Some(DisplayName::parse(display).expect("a name"));
        account
    };
    let accounts = [
        named(1, "al_ice"),
        named(2, "alxice"),
        shown(3, "carl", "Ärger 100%"),
        shown(4, "dora", "100 Straßen"),
        named(5, "erik"),
    ];
    let mut change = Change::default();
    for account in &accounts {
        change = change.put(account.clone());
        change = change.put(community.member(account.user.key.clone()));
    }
    let mut nicknamed = community.member(user(5));
    nicknamed.nickname = Some(Nickname::parse("ΟΔΟΣ \\o/").expect("a nickname"));
    // Somebody whose id is that of an account here, but whose name nobody here knows.
    change = change.put(nicknamed).put(community.member(namesake(2)));
    stage.commit(change).await;
    let find = |query: &'static str| {
        let community = &community;
        async move {
            let members = stage.store.members(&community.id(), query, None, 10).await.expect("read");
            members.into_iter().map(|member| member.user).collect::<Vec<_>>()
        }
    };
    assert_eq!(find("al").await, [user(1), user(2)]);
    assert_eq!(find("AL_").await, [user(1)]);
    assert_eq!(find("%").await, []);
    assert_eq!(find("_").await, []);
    assert_eq!(find("ice").await, []);
    assert_eq!(find("100%").await, []);
    assert_eq!(find("100").await, [user(4)]);
    assert_eq!(find("ÄRGER 100%").await, [user(3)]);
    assert_eq!(find("ärger").await, [user(3)]);
    assert_eq!(find("arger").await, []);
    assert_eq!(find("100 STRASSE").await, [user(4)]);
    assert_eq!(find("οδος").await, [user(5)]);
    assert_eq!(find("οδος \\O").await, [user(5)]);
    assert_eq!(find("\\").await, []);
    assert_eq!(find("erik").await, [user(5)]);
    assert_eq!(find("al\0").await, []);
    let one = stage.store.members(&community.id(), "al", Some(&user(1)), 10).await.expect("read");
    assert_eq!(one.len(), 1);
    assert_eq!(one[0].user, user(2));
}

/// A query is what a public server's name or description holds, whatever its case and characters.
pub async fn public_servers_are_found_by_what_their_texts_hold(stage: &Stage) {
    let texts = [
        (Visibility::Public, "Rust & Röst", "Of 100% crabs"),
        (Visibility::Public, "Gardens", "ROSES_and_more"),
        (Visibility::Private, "Rust in private", ""),
        (Visibility::Public, "back\\slash", ""),
    ];
    for ((visibility, name, description), n) in texts.into_iter().zip(1..) {
        let mut community = Community::new(n);
        community.server.visibility = visibility;
        community.server.name = ServerName::parse(name).expect("a name");
        community.server.description = Description::parse(description).expect("a description");
        stage.commit(community.made()).await;
    }
    let find = |query: &'static str| async move {
        let servers = stage.store.public_servers(query, None, 10).await.expect("read");
        servers.into_iter().map(|server| server.id).collect::<Vec<_>>()
    };
    assert_eq!(find("rust").await, [space_key(1)]);
    assert_eq!(find("RÖST").await, [space_key(1)]);
    assert_eq!(find("0% c").await, [space_key(1)]);
    assert_eq!(find("s_a").await, [space_key(2)]);
    assert_eq!(find("s%a").await, []);
    assert_eq!(find("gardens").await, [space_key(2)]);
    assert_eq!(find("\\").await, [space_key(4)]);
    assert_eq!(find("private").await, []);
    assert_eq!(find("rust\0").await, []);
    assert_eq!(find("").await, [space_key(1), space_key(2), space_key(4)]);
    let long = "x".repeat(20_000);
    assert_eq!(stage.store.public_servers(&long, None, 10).await.expect("read"), Vec::new());
    assert_eq!(stage.store.members(&space_key(1), &long, None, 10).await.expect("read"), Vec::new());
}
