//! Members.

use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::id::{SpaceKey, UserKey};
use beep_core::member::Member;
use beep_core::port::{Change, SpaceWrite};
use beep_core::space::SpaceKind;
use beep_core::text::Nickname;

use super::Stage;
use super::sample::{Community, NOW, community, elsewhere, namesake, nth, role, user};

/// All of a member is kept; roles come sorted, however they were put.
pub async fn a_member_is_kept_with_sorted_roles(stage: &Stage) {
    let community = community(stage).await;
    let (low, high) = (role(5, &community.server), role(6, &community.server));
    let member = Member {
        nickname: Some(Nickname::parse("Nick \u{1f980}").expect("a nickname")),
        roles: vec![high.id, low.id],
        joined_at: NOW.after(Duration::from_secs(1)),
        muted_until: Some(NOW.after(Duration::from_secs(2))),
        restricted_until: Some(NOW.after(Duration::from_secs(3))),
        ..community.member(namesake(7))
    };
    let change = Change::default().put(low.clone()).put(high.clone()).put(member.clone());
    stage.commit(change).await;
    let found = || async { stage.store.member(&community.id(), &namesake(7)).await.expect("read") };
    let sorted = Member { roles: vec![low.id, high.id], ..member };
    assert_eq!(found().await, Some(sorted.clone()));
    let plain = Member { nickname: None, roles: vec![high.id], muted_until: None, restricted_until: None, ..sorted };
    stage.commit(Change::default().put(plain.clone())).await;
    assert_eq!(found().await, Some(plain));
    stage.commit(Change::default().remove::<Member>((community.id(), namesake(7)))).await;
    assert_eq!(found().await, None);
    stage.commit(Change::default().put(community.member(namesake(7)))).await;
    assert_eq!(found().await.expect("they are back").roles, Vec::new());
}

/// Who comes is counted once, and who is not there is not counted when they leave.
pub async fn the_member_count_follows_the_members(stage: &Stage) {
    let community = community(stage).await;
    let id = community.id();
    let count = || async { stage.store.server(&id).await.expect("read").expect("it is there").member_count };
    assert_eq!(count().await, 1);
    stage.commit(community.joined_by(user(2))).await;
    stage.commit(community.joined_by(namesake(2))).await;
    assert_eq!(count().await, 3);
    stage.commit(community.joined_by(user(2))).await;
    assert_eq!(count().await, 3);
    let leave = |user| Change::default().remove::<Member>((id.clone(), user));
    stage.commit(leave(user(2))).await;
    stage.commit(leave(user(2))).await;
    stage.commit(leave(user(3))).await;
    assert_eq!(count().await, 2);
    let facts = stage.store.space_facts(&id).await.expect("read").expect("it is there");
    assert_eq!(facts.server.member_count, 2);
}

/// The same UUID at two homes is two users, in every way.
pub async fn a_namesake_from_elsewhere_is_somebody_else(stage: &Stage) {
    let community = community(stage).await;
    let id = community.id();
    let role = role(5, &community.server);
    let mut member = community.member(namesake(1));
    member.roles = vec![role.id];
    stage.commit(Change::default().put(role.clone()).put(member.clone())).await;
    let store = &stage.store;
    assert_eq!(store.member(&id, &namesake(1)).await.expect("read"), Some(member));
    assert_eq!(store.member(&id, &user(1)).await.expect("read"), Some(community.owner.clone()));
    stage.commit(Change::default().remove::<Member>((id, user(1)))).await;
    assert_eq!(store.servers_of(&user(1), None, 10).await.expect("read"), Vec::new());
    assert_eq!(store.servers_of(&namesake(1), None, 10).await.expect("read").len(), 1);
    assert!(store.snapshot(&user(1), None).await.expect("read").servers.is_empty());
    assert_eq!(store.snapshot(&namesake(1), None).await.expect("read").servers.len(), 1);
}

/// Who is in one community with whom, or with a user of which backend; private spaces do not count.
pub async fn fellow_members_are_found_whoever_owns_the_server(stage: &Stage) {
    let store = &stage.store;
    let share = async |one: u64, other: UserKey| {
        let there = store.share_server(&user(one), &other).await.expect("read");
        if other.home == user(1).home {
            let back = store.share_server(&other, &user(one)).await.expect("read");
            assert_eq!(there, back, "{one} and {other}");
        }
        there
    };
    let with = async |one: u64, home: &Domain| store.shares_server_with(&user(one), home).await.expect("read");
    let community = community(stage).await;
    assert!(!share(1, user(2)).await && !share(1, namesake(1)).await && !with(1, &elsewhere()).await);
    stage.commit(community.joined_by(user(2))).await;
    assert!(share(1, user(2)).await && !share(1, namesake(2)).await && !share(3, user(2)).await);
    stage.commit(community.joined_by(namesake(3))).await;
    assert!(share(1, namesake(3)).await && !share(1, user(3)).await && !share(1, namesake(4)).await);
    assert!(with(1, &elsewhere()).await && with(2, &elsewhere()).await && !with(3, &elsewhere()).await);
    let nobody = Domain::parse("nobody.example.com").expect("a domain");
    assert!(!with(1, &nobody).await && !share(1, UserKey::new(nth(3), nobody)).await);
    stage.commit(Change::default().remove::<Member>((community.id(), namesake(3)))).await;
    assert!(!with(1, &elsewhere()).await && !share(1, namesake(3)).await);

    // Who of another backend's users are in its communities it alone knows.
    let mut theirs = Community::new(2);
    theirs.server.id = SpaceKey::new(theirs.server.id.id, elsewhere());
    stage.commit(Change::default().write(SpaceWrite::Put(theirs.server.clone())).put(theirs.member(user(5)))).await;
    assert!(share(5, namesake(9)).await && with(5, &elsewhere()).await);
    assert!(!share(5, user(1)).await && !with(1, &elsewhere()).await);

    let mut private = Community::new(3);
    private.server.kind = SpaceKind::Group;
    stage.commit(private.made()).await;
    stage.commit(private.joined_by(user(6))).await;
    stage.commit(private.joined_by(namesake(6))).await;
    assert!(!share(1, user(6)).await && !share(6, namesake(6)).await && !with(6, &elsewhere()).await);
}
