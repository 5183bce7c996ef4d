//! A ban of a domain with many members in a server removes all of them, bit by bit.

use beep_core::backend::domain_bans::{self, AT_ONCE, MOST};
use beep_core::backend::members;
use beep_core::backend::roles::{self, NewRole};
use beep_core::backend::{Actor, Refusal, invitations, servers};
use beep_core::ban::DomainBan;
use beep_core::domain::Domain;
use beep_core::event::EventBody;
use beep_core::id::{Id, SpaceKey, UserId, UserKey};
use beep_core::member::Member;
use beep_core::permission::Permissions;
use beep_core::port::{Change, Store};
use beep_core::text::RoleName;
use uuid::Uuid;

use crate::pair::{Kept, Pair, person, resident};

fn users(domain: &Domain, count: u32) -> impl Iterator<Item = UserKey> + '_ {
    (0..count).map(|n| UserKey::new(UserId::from_uuid(Uuid::from_u128(u128::from(n) + 1_000_000)), domain.clone()))
}

async fn of_domain(store: &dyn Store, server: &SpaceKey, domain: &Domain) -> usize {
    store.members_of_domain(server, domain, 10_000).await.expect("it reads").len()
}

#[tokio::test]
async fn all_members_of_a_banned_domain_are_removed_with_an_event_for_each() {
    let pair = Pair::new(61, Kept::Memory).await;
    let (far, server, near) = (&*pair.far, &pair.server, &pair.near.domain);
    let count = 2 * AT_ONCE + 50;
    for user in users(near, count) {
        let space = far.store.server(server).await.expect("it reads").expect("it is there");
        let member = Member::joining(server.clone(), user, far.clock.now());
        let joined = Change::default().put(member.clone()).space_event(&space, EventBody::MemberJoined(member));
        far.store.commit(joined).await.expect("they join");
    }
    let other = Domain::parse("c.example.com").expect("a domain");
    for user in users(&other, 3) {
        let member = Member::joining(server.clone(), user, far.clock.now());
        far.store.commit(Change::default().put(member)).await.expect("they join");
    }
    let owner = Actor::user(pair.owner.clone());
    // One of them, and one who was invited.
    let all = of_domain(&*far.store, server, near).await;
    assert_eq!(all, count as usize + 1);
    let before = far.store.log_state().await.expect("it reads").head;
    let ban = domain_bans::put(far, &owner, server, near).await.expect("they own it");
    assert!(ban.removing);
    assert_eq!(of_domain(&*far.store, server, near).await, all - AT_ONCE as usize);
    let guest = Actor::user(pair.guests[1].clone());
    assert!(matches!(servers::join(far, &guest, server).await, Err(Refusal::DomainBanned)));
    while domain_bans::go_on(far).await.expect("the store works") {}
    assert_eq!(of_domain(&*far.store, server, near).await, 0);
    assert_eq!(of_domain(&*far.store, server, &other).await, 3);
    assert!(far.store.member(server, &pair.owner).await.expect("it reads").is_some());
    let events = far.store.events_after(before, 10_000).await.expect("it reads");
    let banned = events.iter().filter(|event| matches!(event.body, EventBody::MemberBanned { .. })).count();
    assert_eq!((banned, events.len()), (all, all));
    let kept = far.store.domain_bans(server, None, 10).await.expect("it reads");
    assert!(matches!(&*kept, [ban] if !ban.removing && ban.domain == *near), "{kept:?}");
    let found = far.store.server(server).await.expect("it reads").expect("it is there");
    assert_eq!(found.member_count, 4);

    // Lifted, nobody is removed any more, and anybody may come back.
    domain_bans::lift(far, &owner, server, near).await.expect("they own it");
    assert!(matches!(domain_bans::lift(far, &owner, server, near).await, Err(Refusal::NotFound)));
    servers::join(far, &guest, server).await.expect("it is public");
    assert!(!domain_bans::go_on(far).await.expect("the store works"));
    assert_eq!(of_domain(&*far.store, server, near).await, 1);
}

#[tokio::test]
async fn a_lifted_ban_removes_no_more_members() {
    let pair = Pair::new(62, Kept::Memory).await;
    let (far, server, near) = (&*pair.far, &pair.server, &pair.near.domain);
    for user in users(near, AT_ONCE + 20) {
        let member = Member::joining(server.clone(), user, far.clock.now());
        far.store.commit(Change::default().put(member)).await.expect("they join");
    }
    let owner = Actor::user(pair.owner.clone());
    domain_bans::put(far, &owner, server, near).await.expect("they own it");
    domain_bans::lift(far, &owner, server, near).await.expect("they own it");
    assert!(!domain_bans::go_on(far).await.expect("the store works"));
    assert_eq!(of_domain(&*far.store, server, near).await, 21);
}

#[tokio::test]
async fn rank_decides_who_bans_a_domain() {
    let pair = Pair::new(63, Kept::Memory).await;
    let (far, server, near) = (&*pair.far, &pair.server, &pair.near.domain);
    let owner = Actor::user(pair.owner.clone());
    let keeper = person(far, 9_000);
    let guest = &pair.guests[0];
    resident(far, &keeper).await;
    servers::join(far, &Actor::user(keeper.clone()), server).await.expect("it is public");
    let role = async |name: &str, position, permissions| {
        let (name, color) = (RoleName::parse(name).expect("a name"), None);
        let new = NewRole { name, permissions, color, position, hoist: false, mentionable: false };
        roles::create(far, &owner, server, new).await.expect("they own it").id
    };
    let keeps = role("keeper", 5, Permissions::MANAGE_SERVER).await;
    let (high, low) = (role("high", 6, Permissions::empty()).await, role("low", 4, Permissions::empty()).await);
    let keeper_of = Actor::user(keeper.clone());
    let ban = || domain_bans::put(far, &keeper_of, server, near);
    assert!(matches!(ban().await, Err(Refusal::Missing(missing)) if missing == Permissions::MANAGE_SERVER));
    members::assign_role(far, &owner, server, &keeper, keeps).await.expect("they own it");
    for (role, refused) in [(high, true), (keeps, true), (low, false)] {
        members::assign_role(far, &owner, server, guest, role).await.expect("they own it");
        assert_eq!(matches!(ban().await, Err(Refusal::Rank(_))), refused, "{role}");
        if refused {
            members::remove_role(far, &owner, server, guest, role).await.expect("they own it");
        }
    }
    assert_eq!(of_domain(&*far.store, server, near).await, 0);
    domain_bans::lift(far, &owner, server, near).await.expect("they own it");
    // Who is of the domain bans no part of it, and nobody their server's own.
    servers::join(far, &Actor::user(guest.clone()), server).await.expect("it is public");
    for role in [keeps, low] {
        members::assign_role(far, &owner, server, guest, role).await.expect("they own it");
    }
    let guest = Actor::user(guest.clone());
    assert!(matches!(domain_bans::put(far, &guest, server, near).await, Err(Refusal::Conflict(_))));
    for actor in [&owner, &keeper_of, &guest] {
        assert!(matches!(domain_bans::put(far, actor, server, &far.domain).await, Err(Refusal::Invalid(_))));
    }
    assert!(invitations::list(far, &owner, server, None, 10).await.is_ok_and(|(_, all)| all.is_empty()));
}

#[tokio::test]
async fn a_server_has_so_many_domain_bans_at_most() {
    let pair = Pair::new(64, Kept::Memory).await;
    let (far, server) = (&*pair.far, &pair.server);
    let owner = Actor::user(pair.owner.clone());
    let domain = |n: u32| Domain::parse(&format!("d{n}.example.com")).expect("a domain");
    let bans = (1..MOST).map(|n| DomainBan {
        server: server.clone(),
        domain: domain(n),
        reason: None,
        by: pair.owner.clone(),
        created_at: far.clock.now(),
        removing: false,
    });
    far.store.commit(bans.fold(Change::default(), Change::put)).await.expect("they are made");
    domain_bans::put(far, &owner, server, &domain(0)).await.expect("there is room for one");
    assert!(matches!(domain_bans::put(far, &owner, server, &domain(MOST)).await, Err(Refusal::Conflict(_))));
    // One that is there is replaced.
    domain_bans::put(far, &owner, server, &domain(7)).await.expect("it is there");
}
