//! What moderators of a backend decide ends exactly at its time, and is bounded.

use beep_core::backend::messages::{self, NewMessage};
use beep_core::backend::{Actor, Backend, Refusal, admin, restrictions, servers, suspensions};
use beep_core::channel::MOST_RESTRICTED;
use beep_core::content::Content;
use beep_core::global_role::GlobalRole;
use beep_core::id::{ChannelKey, UserKey};
use beep_core::port::{Change, GlobalRoleGrant};
use beep_core::time::Timestamp;
use std::time::Duration;

use crate::pair::{Kept, Pair, person, resident};

/// A moderator of the far backend.
async fn moderator(far: &Backend) -> Actor {
    let user = person(far, 4_711);
    resident(far, &user).await;
    let grants = [GlobalRole::UserModerator, GlobalRole::ServerModerator];
    let change =
        grants.into_iter().fold(Change::default(), |change, role| change.put(GlobalRoleGrant { user: user.id, role }));
    far.store.commit(change).await.expect("memory");
    Actor::user(user)
}

async fn send(far: &Backend, user: &UserKey, channel: &ChannelKey) -> Result<(), Refusal> {
    let content = Content::parse("loud").expect("a text");
    let new = NewMessage { content, nonce: None, reply_to: None };
    messages::send(far, &Actor::user(user.clone()), channel, new).await.map(drop)
}

/// A moment that is near: the clock goes on with each look.
fn soon(far: &Backend) -> Timestamp {
    far.clock.now().after(Duration::from_millis(500))
}

/// Lets the time pass.
fn wait(far: &Backend, until: Timestamp) {
    while far.clock.now() < until {}
}

#[tokio::test]
async fn what_a_moderator_decides_ends_exactly_at_its_time() {
    let pair = Pair::new(71, Kept::Memory).await;
    let (far, server, owner, guest) = (&*pair.far, &pair.server, &pair.owner, &pair.guests[0]);
    resident(far, owner).await;
    let by = moderator(far).await;
    let channel = far.store.channels(server).await.expect("memory")[0].id.clone();

    let until = soon(far);
    restrictions::in_server(far, &by, server, owner, Some(until)).await.expect("they moderate");
    let refused = send(far, owner, &channel).await;
    assert!(matches!(refused, Err(Refusal::Restricted { until: told }) if told == until), "{refused:?}");
    wait(far, until);
    send(far, owner, &channel).await.expect("it is over");
    let lifted = restrictions::lift_in_server(far, &by, server, owner).await;
    assert!(matches!(lifted, Err(Refusal::NotFound)), "nothing is left to lift");

    let until = soon(far);
    restrictions::in_channel(far, &by, &channel, guest, Some(until)).await.expect("they moderate");
    assert!(matches!(send(far, guest, &channel).await, Err(Refusal::Restricted { .. })));
    wait(far, until);
    send(far, guest, &channel).await.expect("it is over");

    let until = soon(far);
    suspensions::suspend_server(far, &by, server, Some(until)).await.expect("they moderate");
    let refused = send(far, owner, &channel).await;
    assert!(matches!(refused, Err(Refusal::ServerSuspended { until: told }) if told == until), "{refused:?}");
    let late = Actor::user(pair.guests[1].clone());
    assert!(matches!(servers::join(far, &late, server).await, Err(Refusal::ServerSuspended { .. })));
    wait(far, until);
    send(far, owner, &channel).await.expect("it is over");
    servers::join(far, &late, server).await.expect("it is over");

    let until = soon(far);
    suspensions::suspend_user(far, &by, guest, Some(until)).await.expect("they moderate");
    let refused = suspensions::must_be_active(far, guest).await;
    assert!(matches!(refused, Err(Refusal::Suspended { until: told }) if told == until), "{refused:?}");
    wait(far, until);
    suspensions::must_be_active(far, guest).await.expect("it is over");
}

#[tokio::test]
async fn a_moderator_who_is_suspended_moderates_nothing() {
    let pair = Pair::new(72, Kept::Memory).await;
    let far = &*pair.far;
    let by = moderator(far).await;
    let root = person(far, 4_712);
    resident(far, &root).await;
    let grant = GlobalRoleGrant { user: root.id, role: GlobalRole::ApplicationAdministrator };
    far.store.commit(Change::default().put(grant)).await.expect("memory");
    let user = by.as_user().expect("it is one").clone();
    suspensions::suspend_user(far, &Actor::user(root), &user, None).await.expect("they administer");
    let refused = admin::require(far, &by, GlobalRole::UserModerator).await.map(drop);
    assert!(matches!(refused, Err(Refusal::Suspended { until: Timestamp::LAST })), "{refused:?}");
}

#[tokio::test]
async fn so_many_are_restricted_in_a_channel_and_no_more() {
    let pair = Pair::new(73, Kept::Memory).await;
    let (far, near) = (&*pair.far, &pair.near.domain);
    let by = moderator(far).await;
    let mut channel = far.store.channels(&pair.server).await.expect("memory")[0].clone();
    let user = |n: u64| UserKey::new(person(far, 10_000 + n).id, near.clone());
    channel.restricted = (1..MOST_RESTRICTED as u64).map(|n| (user(n), Timestamp::LAST)).collect();
    far.store.commit(Change::default().put(channel.clone())).await.expect("memory");
    let until = soon(far);
    restrictions::in_channel(far, &by, &channel.id, &user(0), Some(until)).await.expect("there is room for one");
    let one_more = async || restrictions::in_channel(far, &by, &channel.id, &user(9_999), None).await;
    let refused = one_more().await;
    assert!(matches!(refused, Err(Refusal::Conflict(_))), "{refused:?}");
    // What is over makes room.
    wait(far, until);
    one_more().await.expect("there is room again");
}
