//! Members.

use std::time::Duration;

use beep_core::member::Member;
use beep_core::port::Change;
use beep_core::text::Nickname;

use super::Stage;
use super::sample::{NOW, community, namesake, role, user};

/// All of a member is kept; roles come sorted, however they were put.
pub async fn a_member_is_kept_with_sorted_roles(stage: &Stage) {
    let community = community(stage).await;
    let (low, high) = (role(5, &community.server), role(6, &community.server));
    let member = Member {
        nickname: Some(Nickname::parse("Nick \u{1f980}").expect("a nickname")),
        roles: vec![high.id, low.id],
        joined_at: NOW.after(Duration::from_secs(1)),
        muted_until: Some(NOW.after(Duration::from_secs(2))),
        ..community.member(namesake(7))
    };
    let change = Change::default().put(low.clone()).put(high.clone()).put(member.clone());
    stage.commit(change).await;
    let found = || async { stage.store.member(&community.id(), &namesake(7)).await.expect("read") };
    let sorted = Member { roles: vec![low.id, high.id], ..member };
    assert_eq!(found().await, Some(sorted.clone()));
    let plain = Member { nickname: None, roles: vec![high.id], muted_until: None, ..sorted };
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
