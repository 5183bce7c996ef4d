//! Invitations from one backend to people of another: told once, gone when they are gone, and believed of nobody else's.

use std::collections::BTreeMap;

use beep_core::backend::invitations::{self, NewInvitation};
use beep_core::backend::{Actor, inbound, outbound};
use beep_core::domain::Domain;
use beep_core::event::{EventBody, Position, Stream};
use beep_core::id::{Id, InvitationId, Qualified, UserKey};
use beep_core::invitation::{Admits, Invited};
use beep_core::port::Place;
use beep_core::replica_delta::{ReplicaDelta, ReplicatedEvent};
use beep_core::time::Timestamp;

use crate::pair::{Kept, Pair, person, resident};

/// Invites somebody to the server of the far backend.
async fn invite(pair: &Pair, user: &UserKey) -> Invited {
    let new = NewInvitation { user: Some(user.clone()), expires_at: None, max_uses: None };
    let owner = Actor::user(pair.owner.clone());
    invitations::create(&pair.far, &owner, &pair.server, new).await.expect("the owner may")
}

/// The ids of what somebody is told to be invited with.
async fn told(pair: &Pair, user: &UserKey) -> Vec<InvitationId> {
    let received = invitations::received(&pair.near, &Actor::user(user.clone()), None, 10).await.expect("memory");
    received.into_iter().map(|invited| invited.invitation.id).collect()
}

#[tokio::test]
async fn a_stream_that_begins_anew_tells_of_those_that_are_left() {
    let mut pair = Pair::new(11, Kept::Memory).await;
    let [_, first, second] = [0, 1, 2].map(|guest: usize| pair.guests[guest].clone());
    let (gone, stays) = (invite(&pair, &first).await, invite(&pair, &second).await);
    pair.deliver(usize::MAX).await;
    assert_eq!(told(&pair, &first).await, [gone.invitation.id]);
    // That it is revoked is lost with the stream.
    let owner = Actor::user(pair.owner.clone());
    invitations::revoke(&pair.far, &owner, &pair.server, gone.invitation.id).await.expect("the owner may");
    outbound::reset(&pair.far, &pair.near.domain).await.expect("memory");
    outbound::tell_again(&pair.far, &pair.near.domain).await.expect("memory");
    pair.restart().await;
    pair.deliver(usize::MAX).await;
    assert_eq!((told(&pair, &first).await, told(&pair, &second).await), (vec![], vec![stays.invitation.id]));
    let events = pair.near.store.events_after(Position(0), 1_000).await.expect("memory");
    let revoked = |event: &&beep_core::event::Event| match &event.body {
        EventBody::InvitationRevoked { id, .. } => *id == gone.invitation.id,
        _ => false,
    };
    assert_eq!(events.iter().filter(revoked).count(), 1, "who was invited is told");
}

#[tokio::test]
async fn what_was_revoked_before_it_was_told_is_never_told() {
    let mut pair = Pair::new(12, Kept::Memory).await;
    let guest = pair.guests[1].clone();
    let invited = invite(&pair, &guest).await;
    let owner = Actor::user(pair.owner.clone());
    invitations::revoke(&pair.far, &owner, &pair.server, invited.invitation.id).await.expect("the owner may");
    pair.deliver(usize::MAX).await;
    let events = pair.near.store.events_after(Position(0), 1_000).await.expect("memory");
    assert!(!events.iter().any(|event| matches!(event.stream, Stream::User(_))), "{events:?}");
    assert_eq!(pair.near.store.dead_letters(10).await.expect("memory"), BTreeMap::new());
}

#[tokio::test]
async fn a_backend_is_believed_of_its_own_invitations_alone() {
    let mut pair = Pair::new(13, Kept::Memory).await;
    pair.deliver(usize::MAX).await;
    let guest = pair.guests[1].clone();
    let third = Domain::parse("c.example.com").expect("a domain");
    let good = invite(&pair, &guest).await;
    pair.deliver(usize::MAX).await;
    let stranger = person(&pair.near, 77);
    let elsewhere = UserKey::new(guest.id, third.clone());
    let forged = |change: &dyn Fn(&mut Invited)| {
        let mut invited = good.clone();
        invited.invitation.id = InvitationId::generate(pair.near.clock.now(), [7; 10]);
        change(&mut invited);
        let user = invited.invitation.user().cloned().unwrap_or(guest.clone());
        (user, EventBody::InvitationReceived(invited))
    };
    let server_of = |home: &Domain| {
        let id = Qualified::new(pair.server.id, home.clone());
        move |invited: &mut Invited| {
            (invited.server.id, invited.invitation.server) = (id.clone(), id.clone());
        }
    };
    let code = |invited: &mut Invited| {
        invited.invitation.admits = Admits::Code { code: "code".to_owned(), max_uses: None };
    };
    let id = good.invitation.id;
    let of = |home: &Domain| Qualified::new(pair.server.id, home.clone());
    let lies = [
        forged(&server_of(&third)),
        forged(&server_of(&pair.near.domain)),
        forged(&|invited| invited.invitation.server.home = third.clone()),
        forged(&|invited| invited.invitation.admits = Admits::User(stranger.clone())),
        forged(&|invited| invited.invitation.admits = Admits::User(elsewhere.clone())),
        forged(&code),
        // Of this backend's users only who is in the server invites others to it.
        forged(&|invited| invited.invitation.inviter = pair.guests[2].clone()),
        (guest.clone(), EventBody::InvitationRevoked { id, server: of(&third) }),
        (elsewhere.clone(), EventBody::InvitationRevoked { id, server: of(&pair.far.domain) }),
    ];
    let count = lies.len() as u64;
    let entries = lies.into_iter().map(|(user, body)| delta(&pair, user, body)).collect();
    assert_eq!(receive(&pair, entries).await, count);
    assert_eq!(told(&pair, &guest).await, [id]);

    // Nor may it fill the list of anybody.
    let many = |number: u8| {
        let mut invited = good.clone();
        invited.invitation.id = InvitationId::generate(pair.near.clock.now(), [number; 10]);
        let server = Qualified::new(Id::from_uuid(invited.invitation.id.uuid()), pair.far.domain.clone());
        (invited.server.id, invited.invitation.server) = (server.clone(), server);
        delta(&pair, guest.clone(), EventBody::InvitationReceived(invited))
    };
    assert_eq!(receive(&pair, (0..120).map(many).collect()).await, 120 - 99);

    // A third backend takes nothing of it and hides nothing, whatever ids it gives.
    resident(&pair.near, &stranger).await;
    let mut stolen = good.clone();
    stolen.invitation.server.home = third.clone();
    stolen.server.id.home = third.clone();
    let received = inbound::Received {
        stream: uuid::Uuid::from_u128(5),
        first_seq: 1,
        entries: vec![delta(&pair, guest.clone(), EventBody::InvitationReceived(stolen))],
    };
    let applied = inbound::receive(&pair.near, &third, &received).await.expect("memory does not fail");
    assert_eq!(applied.dead_letters, 0);
    let kept = pair.near.store.remote_invitations_named(guest.id, id).await.expect("memory");
    assert_eq!(kept.iter().map(|kept| &kept.server.id.home).collect::<Vec<_>>(), [&pair.far.domain, &third]);
    assert_eq!(kept[0], good);
}

fn delta(pair: &Pair, user: UserKey, body: EventBody) -> inbound::ReceivedEntry {
    let place = Place { seq: 0, at: pair.near.clock.now() };
    ReplicaDelta { event: Some(ReplicatedEvent { stream: Stream::User(user), place, body }), ..ReplicaDelta::default() }
        .into()
}

/// Has the near backend receive what the far one might say next; gives how much of it was set aside.
async fn receive(pair: &Pair, entries: Vec<inbound::ReceivedEntry>) -> u64 {
    let applied = pair.near.store.inbound(&pair.far.domain).await.expect("memory").expect("something was applied");
    let received = inbound::Received { stream: applied.stream, first_seq: applied.seq + 1, entries };
    inbound::receive(&pair.near, &pair.far.domain, &received).await.expect("memory does not fail").dead_letters
}

#[tokio::test]
async fn what_is_over_makes_room_for_what_is_not() {
    let mut pair = Pair::new(14, Kept::Memory).await;
    let guest = pair.guests[1].clone();
    let good = invite(&pair, &guest).await;
    pair.deliver(usize::MAX).await;
    let next = |number: u8, expires_at: Option<Timestamp>| {
        let mut invited = good.clone();
        invited.invitation.id = InvitationId::generate(pair.near.clock.now(), [number; 10]);
        invited.invitation.expires_at = expires_at;
        let server = Qualified::new(Id::from_uuid(invited.invitation.id.uuid()), pair.far.domain.clone());
        (invited.server.id, invited.invitation.server) = (server.clone(), server);
        delta(&pair, guest.clone(), EventBody::InvitationReceived(invited))
    };
    let soon = pair.near.clock.now().after(std::time::Duration::from_secs(1));
    assert_eq!(receive(&pair, (0..99).map(|number| next(number, Some(soon))).collect()).await, 0);
    assert_eq!(receive(&pair, vec![next(100, None)]).await, 1, "there is no room");
    // The clock goes on by a millisecond with each look.
    while pair.near.clock.now() < soon {}
    assert_eq!(receive(&pair, vec![next(101, None)]).await, 0);
    let kept = pair.near.store.remote_invitations(&pair.far.domain, None).await.expect("memory");
    assert_eq!(kept.len(), 2, "the first and the last");
}
