//! Pages and search.

use beep_core::account::{Account, User};
use beep_core::id::{SpaceKey, UserKey};
use beep_core::member::Member;
use beep_core::port::{AccountGuard, Change, InvitationWrite, RemoteProfile, SpaceWrite};
use beep_core::space::{Space, Visibility};
use beep_core::text::{Description, DisplayName, Nickname, ServerName};

use super::Stage;
use super::sample::{Community, NOW, community, invitation, named, namesake, nth, space_key, user};

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
    for query in ["", "server"] {
        let first = store.public_servers(query, None, 2).await.expect("read");
        assert_eq!(first.iter().map(|found| found.server.id.clone()).collect::<Vec<_>>(), all[..2]);
        let rest = store.public_servers(query, Some(first[1].place), 10).await.expect("read");
        assert_eq!(ids(rest.into_iter().map(|found| found.server).collect()), all[2..]);
    }

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

/// Names of people, for search.
fn shown(n: u64, name: &str, display: &str) -> Account {
    let mut account = named(n, name);
    account.user.display_name = Some(DisplayName::parse(display).expect("a name"));
    account
}

/// A user of another backend.
fn stranger(n: u64, name: &str, display: &str) -> RemoteProfile {
    let user = User { key: namesake(n), ..shown(n, name, display).user };
    RemoteProfile { user, seen_at: NOW }
}

async fn found(stage: &Stage, community: &Community, query: &str) -> Vec<UserKey> {
    let members = stage.store.members(&community.id(), query, None, 10).await.expect("read");
    members.into_iter().map(|member| member.user).collect()
}

/// A query is any part of a nickname, handle or display name, whatever its case and characters.
pub async fn members_are_found_by_any_part_of_their_names(stage: &Stage) {
    let community = community(stage).await;
    let accounts = [
        named(1, "al_ice"),
        named(2, "alxice"),
        shown(3, "carl", "Ärger 100%"),
        shown(4, "dora", "100 Straßen"),
        named(5, "erik"),
        shown(6, "fatima", "フクロウ の 田中さん"),
        shown(7, "gal", "שלום Доброе утро"),
        // Longer than a part of the index.
        shown(8, "hana", &format!("{}z{}", "x".repeat(31), "y".repeat(32))),
        shown(9, "outsider", "alice of the outside"),
    ];
    let mut change = Change::default();
    for account in &accounts {
        change = change.put(account.clone());
    }
    for account in &accounts[..8] {
        change = change.put(community.member(account.user.key.clone()));
    }
    let mut nicknamed = community.member(user(5));
    nicknamed.nickname = Some(Nickname::parse("ΟΔΟΣ \\o/").expect("a nickname"));
    change = change.put(stranger(4, "bob", "Ώρα")).put(community.member(namesake(4)));
    // Somebody whose id is that of an account here, but whose name nobody here knows.
    change = change.put(nicknamed).put(community.member(namesake(2)));
    stage.commit(change).await;
    for (query, users) in [
        ("al", vec![user(1), user(2), user(7)]),
        ("AL_", vec![user(1)]),
        ("_", vec![user(1)]),
        ("ice", vec![user(1), user(2)]),
        ("%", vec![user(3)]),
        ("100%", vec![user(3)]),
        ("100", vec![user(3), user(4)]),
        ("0 s", vec![user(4)]),
        ("ÄRGER 100%", vec![user(3)]),
        ("ärger", vec![user(3)]),
        ("rger 1", vec![user(3)]),
        ("arger", vec![]),
        ("100 STRASSE", vec![user(4)]),
        ("ß", vec![user(4)]),
        ("ss", vec![user(4)]),
        ("οδος", vec![user(5)]),
        ("δ", vec![user(5)]),
        ("οδος \\O", vec![user(5)]),
        ("\\", vec![user(5)]),
        ("erik", vec![user(5)]),
        ("rik", vec![user(5)]),
        ("田", vec![user(6)]),
        ("田中", vec![user(6)]),
        ("クロウ", vec![user(6)]),
        ("ﾌｸﾛｳ", vec![user(6)]),
        ("ロ", vec![user(6)]),
        ("田中さん殿", vec![]),
        ("לו", vec![user(7)]),
        ("УТРО", vec![user(7)]),
        ("е У", vec![user(7)]),
        ("zy", vec![user(8)]),
        (format!("{}z{}", "x".repeat(20), "Y".repeat(20)).as_str(), vec![user(8)]),
        (format!("{}z{}", "x".repeat(31), "Y".repeat(32)).as_str(), vec![user(8)]),
        (format!("{}z{}", "x".repeat(20), "y".repeat(33)).as_str(), vec![]),
        (format!("{}zy", "x".repeat(32)).as_str(), vec![]),
        ("ob@", vec![namesake(4)]),
        ("BOB@B.EXAMPLE.COM", vec![namesake(4)]),
        ("example.com", vec![namesake(4)]),
        ("ώρ", vec![namesake(4)]),
        ("carl@a.example.com", vec![user(3)]),
        ("carl@b.example.com", vec![]),
        ("e", vec![user(1), user(2), user(3), user(4), namesake(4), user(5)]),
        ("outside", vec![]),
        ("al\0", vec![]),
    ] {
        let mut all = found(stage, &community, query).await;
        all.sort();
        let mut users = users;
        users.sort();
        assert_eq!(all, users, "{query}");
    }
    let page = async |after: Option<&UserKey>, limit| {
        let members = stage.store.members(&community.id(), "a", after, limit).await.expect("read");
        members.into_iter().map(|member| member.user).collect::<Vec<_>>()
    };
    let all = page(None, 10).await;
    assert_eq!(all.len(), 8, "each once: {all:?}");
    for size in 1..4 {
        let mut paged = page(None, size).await;
        while let Some(last) = paged.last().filter(|last| Some(*last) != all.last()) {
            paged.extend(page(Some(&last.clone()), size).await);
        }
        assert_eq!(paged, all, "pages of {size}");
    }
}

/// Who takes another name is found by it, and by the earlier one no more, however it is written.
pub async fn members_are_found_by_what_they_are_called_now(stage: &Stage) {
    let community = community(stage).await;
    let change = Change::default().put(shown(1, "ann", "Ann Marie")).put(stranger(2, "ben", "Ben Marie"));
    let members = change.put(community.member(user(1))).put(community.member(namesake(2)));
    stage.commit(members).await;
    assert_eq!(found(stage, &community, "marie").await, [user(1), namesake(2)]);

    // Two at once, alone, and among others.
    let rest = |revision, account: Account| {
        let guard = AccountGuard::At { id: nth(1), revision };
        Change::default().guard(guard).put(Account { revision, ..account })
    };
    let (one, other) = tokio::join!(
        stage.store.commit(rest(1, shown(1, "ann", "Ann Luise"))),
        stage.store.commit(rest(2, shown(1, "ann", "Ann Louise")))
    );
    one.expect("the first is made");
    let last = if other.is_ok() { "louise" } else { "luise" };
    assert_eq!(found(stage, &community, last).await, [user(1)]);
    assert_eq!(found(stage, &community, "marie").await, [namesake(2)]);
    assert_eq!(found(stage, &community, "ann").await, [user(1)]);
    stage.commit(Change::default().put(named(1, "anna"))).await;
    assert_eq!(found(stage, &community, "ise").await, []);
    assert_eq!(found(stage, &community, "nna").await, [user(1)]);
    stage.commit(Change::default().put(stranger(2, "benjamin", "Ben")).put(stranger(2, "benno", "Ben"))).await;
    assert_eq!(found(stage, &community, "marie").await, []);
    assert_eq!(found(stage, &community, "jamin").await, []);
    assert_eq!(found(stage, &community, "nno@").await, [namesake(2)]);

    let mut member = community.member(user(1));
    for (nickname, query, finds) in [
        (Some("Captain"), "apt", true),
        (Some("Cook"), "apt", false),
        (Some("Cook"), "ook", true),
        (None, "ook", false),
    ] {
        member.nickname = nickname.map(|name| Nickname::parse(name).expect("a nickname"));
        stage.commit(Change::default().put(member.clone())).await;
        assert_eq!(!found(stage, &community, query).await.is_empty(), finds, "{query}");
    }
    member.nickname = Some(Nickname::parse("Captain").expect("a nickname"));
    stage.commit(Change::default().put(member)).await;
    stage.commit(Change::default().remove::<Member>((community.id(), user(1)))).await;
    assert_eq!(found(stage, &community, "apt").await, []);
    stage.commit(Change::default().put(community.member(user(1)))).await;
    assert_eq!(found(stage, &community, "apt").await, [], "who comes back has no nickname");
    stage.commit(Change::default().remove::<RemoteProfile>(namesake(2))).await;
    assert_eq!(found(stage, &community, "benno").await, []);
}

/// It makes no difference how many others are called so.
pub async fn members_are_found_among_many_who_are_called_alike(stage: &Stage) {
    let community = community(stage).await;
    let change = Change::default().put(shown(1, "ann", "Alike")).put(stranger(2, "ben", "Not alike"));
    stage.commit(change.put(community.member(user(1))).put(community.member(namesake(2)))).await;
    for some in (0..4_200).collect::<Vec<u64>>().chunks(600) {
        let put = |change: Change, n: &u64| change.put(stranger(100 + n, &format!("alike{n}"), "They are alike"));
        stage.commit(some.iter().fold(Change::default(), put)).await;
    }
    for n in [200, 4_000] {
        stage.commit(Change::default().put(community.member(namesake(n)))).await;
    }
    for query in ["alike", "a", "like", "@b.example"] {
        let all = found(stage, &community, query).await;
        let expected = match query {
            "@b.example" => vec![namesake(2), namesake(200), namesake(4_000)],
            _ => vec![user(1), namesake(2), namesake(200), namesake(4_000)],
        };
        assert_eq!(all, expected, "{query}");
        let rest = stage.store.members(&community.id(), query, Some(&namesake(2)), 1).await.expect("read");
        assert_eq!(rest.len(), 1, "{query}");
        assert_eq!(rest[0].user, namesake(200), "{query}");
    }
    assert_eq!(found(stage, &community, "alike1").await, [namesake(200)]);
    assert_eq!(found(stage, &community, "unlike").await, []);
}

fn server(n: u64, visibility: Visibility, name: &str, description: &str) -> Community {
    let mut community = Community::new(n);
    community.server.visibility = visibility;
    community.server.name = ServerName::parse(name).expect("a name");
    community.server.description = Description::parse(description).expect("a description");
    community
}

async fn discovered(stage: &Stage, query: &str) -> Vec<SpaceKey> {
    let found = stage.store.public_servers(query, None, 10).await.expect("read");
    found.into_iter().map(|found| found.server.id).collect()
}

/// A query is words that a public server's name or description contains, whatever its case and characters.
pub async fn public_servers_are_found_by_what_their_texts_hold(stage: &Stage) {
    let texts = [
        (Visibility::Public, "Rust & Röst", "Of 100% crabs"),
        (Visibility::Public, "Gardens", "ROSES_and_more"),
        (Visibility::Private, "Rust in private", ""),
        (Visibility::Public, "back\\slash", ""),
        (Visibility::Public, "日本語の部屋", "ภาษาไทย и русский"),
    ];
    for ((visibility, name, description), n) in texts.into_iter().zip(1..) {
        stage.commit(server(n, visibility, name, description).made()).await;
    }
    let mut elsewhere = server(6, Visibility::Public, "Rust elsewhere", "");
    elsewhere.server.id = SpaceKey::new(elsewhere.server.id.id, namesake(1).home);
    stage.commit(Change::default().write(SpaceWrite::Put(elsewhere.server))).await;
    let find = |query: &'static str| discovered(stage, query);
    assert_eq!(find("rust").await, [space_key(1)]);
    assert_eq!(find("RÖST").await, [space_key(1)]);
    assert_eq!(find("crab rust").await, [space_key(1)]);
    assert_eq!(find("rust 100% & of rö").await, [space_key(1)]);
    assert_eq!(find("rust roses").await, []);
    assert_eq!(find("0% c").await, [space_key(1)]);
    assert_eq!(find("%").await, [space_key(1)]);
    assert_eq!(find("s_a").await, [space_key(2)]);
    assert_eq!(find("s%a").await, []);
    assert_eq!(find("gardens").await, [space_key(2)]);
    assert_eq!(find("\\").await, [space_key(4)]);
    assert_eq!(find("日").await, [space_key(5)]);
    assert_eq!(find("本語").await, [space_key(5)]);
    assert_eq!(find("部屋 РУССКИЙ").await, [space_key(5)]);
    assert_eq!(find("ไทย").await, [space_key(5)]);
    assert_eq!(find("private").await, []);
    assert_eq!(find("elsewhere").await, []);
    assert_eq!(find("rust\0").await, []);
    assert_eq!(find("").await, [1, 2, 4, 5].map(space_key));
    let long = "x".repeat(20_000);
    assert_eq!(stage.store.public_servers(&long, None, 10).await.expect("read"), Vec::new());
    assert_eq!(stage.store.members(&space_key(1), &long, None, 10).await.expect("read"), Vec::new());
}

/// Names come before descriptions, words before parts of words, and the larger before the smaller, on every page.
pub async fn public_servers_are_found_the_best_first(stage: &Stage) {
    let texts = [
        ("Of crust", ""),
        ("Painting", "no rust here"),
        ("Painters", "trust"),
        ("The rust house", "rust"),
        ("Rust", "a language"),
        ("Rust and crab", ""),
        ("Rust lovers", ""),
    ];
    for ((name, description), n) in texts.into_iter().zip(1..) {
        stage.commit(server(n, Visibility::Public, name, description).made()).await;
    }
    let large = server(7, Visibility::Public, "Rust lovers", "");
    for n in 2..5 {
        stage.commit(large.joined_by(user(n))).await;
    }
    assert_eq!(discovered(stage, "rust").await, [7, 5, 6, 4, 1, 2, 3].map(space_key));
    assert_eq!(discovered(stage, "rust crab").await, [space_key(6)]);
    assert_eq!(discovered(stage, "").await[0], space_key(7));
    for query in ["rust", "", "r u"] {
        let all = stage.store.public_servers(query, None, 10).await.expect("read");
        for size in 1..4 {
            let mut paged = stage.store.public_servers(query, None, size).await.expect("read");
            while let Some(last) = paged.last().filter(|last| Some(*last) != all.last()) {
                let place = last.place;
                paged.extend(stage.store.public_servers(query, Some(place), size).await.expect("read"));
            }
            assert_eq!(paged, all, "`{query}`, {size} at a time");
        }
        let end = all.last().map(|last| last.place);
        assert_eq!(stage.store.public_servers(query, end, 10).await.expect("read"), Vec::new());
    }
}

/// A server is found by what it is called now, and not once it is private or gone.
pub async fn public_servers_are_found_by_what_they_are_now(stage: &Stage) {
    let (public, private) = (Visibility::Public, Visibility::Private);
    stage.commit(server(1, public, "Roses", "and thorns").made()).await;
    for (community, finds) in [
        (server(1, public, "Tulips", "and roses"), ["tulips", "roses", "and"]),
        (server(1, public, "Tulips", "and bulbs"), ["tulips", "bulbs", "and"]),
        (server(1, public, "and bulbs", "Tulips"), ["tulips", "bulbs", "and"]),
    ] {
        stage.commit(Change::default().write(SpaceWrite::Put(community.server))).await;
        for query in ["tulips", "roses", "bulbs", "and", "thorns"] {
            assert_eq!(!discovered(stage, query).await.is_empty(), finds.contains(&query), "{query}");
        }
    }
    for (visibility, count) in [(private, 0), (public, 1)] {
        stage.commit(Change::default().write(SpaceWrite::Put(server(1, visibility, "Tulips", "").server))).await;
        assert_eq!((discovered(stage, "tulips").await.len(), discovered(stage, "").await.len()), (count, count));
    }
    stage.commit(Change::default().write(SpaceWrite::Remove(space_key(1)))).await;
    assert_eq!(discovered(stage, "tulips").await, []);
    stage.commit(server(1, private, "Tulips", "").made()).await;
    assert_eq!(discovered(stage, "tulips").await, []);
}
