//! What users do on another backend: it comes to the same on both, whatever becomes of the line between them.

use std::sync::Arc;

use beep_core::backend::inbound::{self, Received};
use beep_core::backend::invitations::{self, NewInvitation};
use beep_core::backend::remote::{self, Left};
use beep_core::backend::repair::{self, End, Fetched, Lane};
use beep_core::backend::{Actor, Refusal, bans, servers};
use beep_core::channel::Channel;
use beep_core::event::{EventBody, Stream};
use beep_core::id::{ChannelKey, SpaceKey, UserKey};
use beep_core::port::{PeerError, Place, RemoteOutcome, When};
use beep_core::replica_delta::{ReplicaDelta, ReplicatedEvent};
use beep_core::space::Space;
use beep_core::text::ChannelName;

use crate::pair::{Kept, Pair};

/// The pair after what was said before, and a guest who is no member.
async fn stage(seed: u64) -> (Pair, SpaceKey, UserKey) {
    let mut pair = Pair::new(seed, Kept::Memory).await;
    pair.deliver(usize::MAX).await;
    let (server, guest) = (pair.server.clone(), pair.guests[1].clone());
    pair.line.comparisons();
    (pair, server, guest)
}

/// Whether somebody is a member, here and at the owner's.
async fn is_member(pair: &Pair, user: &UserKey) -> (bool, bool) {
    let near = pair.near.store.member(&pair.server, user).await.expect("memory");
    let far = pair.far.store.member(&pair.server, user).await.expect("memory");
    (near.is_some(), far.is_some())
}

async fn compare(pair: &Pair) -> End {
    repair::repair(&pair.near, &pair.far.domain, &mut |_, _| {}).await.expect("memory")
}

#[tokio::test]
async fn who_joins_and_leaves_is_known_to_on_both_sides_when_it_is_answered() {
    let (pair, server, guest) = stage(31).await;
    let actor = Actor::user(guest.clone());
    let joined = remote::join(&pair.near, &actor, &server).await.expect("it answers");
    assert_eq!((joined.answer.outcome, joined.is_known), (RemoteOutcome::Done, true));
    assert_eq!(is_member(&pair, &guest).await, (true, true));
    let again = remote::join(&pair.near, &actor, &server).await.expect("it answers");
    assert_eq!(again.answer.outcome, RemoteOutcome::Conflict);
    assert!(matches!(remote::leave(&pair.near, &actor, &server).await, Ok(Left::Answered(left)) if left.is_known));
    assert_eq!(is_member(&pair, &guest).await, (false, false));
    assert_eq!(pair.line.comparisons(), []);
}

#[tokio::test]
async fn who_is_refused_may_not_be_said_to_be_a_member() {
    let (pair, server, guest) = stage(32).await;
    let owner = Actor::user(pair.owner.clone());
    bans::put(&pair.far, &owner, &pair.server, &guest, bans::NewBan { delete_messages_since: None })
        .await
        .expect("the owner may");
    // They had asked before, which was not taken back.
    beep_core::backend::inbound::remove_join_intent(&pair.near, &guest, &server).await.expect("memory");
    let refused = remote::join(&pair.near, &Actor::user(guest.clone()), &server).await.expect("it answers");
    assert_eq!(refused.answer.outcome, RemoteOutcome::Refused);
    let intents = pair.near.store.join_intents(&server, &[guest.id]).await.expect("memory");
    assert!(intents.is_empty());
}

#[tokio::test]
async fn who_leaves_while_the_owner_does_not_answer_is_out_and_the_owner_hears_of_it() {
    let (pair, server, guest) = stage(33).await;
    let actor = Actor::user(guest.clone());
    remote::join(&pair.near, &actor, &server).await.expect("it answers");
    pair.line.cut();
    assert!(matches!(remote::leave(&pair.near, &actor, &server).await, Ok(Left::Pending)));
    assert_eq!((is_member(&pair, &guest).await, pair.line.comparisons()), ((false, true), vec![When::Reachable]));
    // Who is not in it is told what is the matter; and whoever comes back has to wait until the owner has heard.
    for refused in [
        remote::leave(&pair.near, &actor, &server).await.map(drop),
        remote::join(&pair.near, &actor, &server).await.map(drop),
    ] {
        assert!(matches!(refused, Err(Refusal::Remote(PeerError::Unavailable))), "{refused:?}");
    }
    assert_eq!((compare(&pair).await, pair.line.comparisons()), (End::default(), vec![When::Reachable]));
    pair.line.mend();
    let end = compare(&pair).await;
    assert!(end.is_complete && !end.differed, "{end:?}");
    assert_eq!(is_member(&pair, &guest).await, (false, false));
    assert!(pair.near.store.pending_leaves(&server.home).await.expect("memory").is_empty());

    // Who comes back before the owner was told: first it hears that they left.
    remote::join(&pair.near, &actor, &server).await.expect("it answers");
    pair.line.cut();
    assert!(matches!(remote::leave(&pair.near, &actor, &server).await, Ok(Left::Pending)));
    pair.line.mend();
    let joined = remote::join(&pair.near, &actor, &server).await.expect("it answers");
    assert_eq!((joined.answer.outcome, joined.is_known), (RemoteOutcome::Done, true));
    assert_eq!(is_member(&pair, &guest).await, (true, true));
    assert!(pair.near.store.pending_leaves(&server.home).await.expect("memory").is_empty());
}

/// Has the near backend receive what the far one might say of its server; gives how much of it was set aside.
async fn says(pair: &Pair, bodies: Vec<EventBody>) -> u64 {
    let applied = pair.near.store.inbound(&pair.far.domain).await.expect("memory").expect("something was applied");
    let stream = |body: &EventBody| match body {
        EventBody::ChannelCreated(channel) => Stream::Channel { id: channel.id.clone(), server: channel.server },
        _ => Stream::Space(pair.server.clone()),
    };
    let entries = (1_000 + applied.seq..).zip(bodies).map(|(seq, body)| {
        let stream = stream(&body);
        let event = ReplicatedEvent { stream, place: Place { seq, at: pair.near.clock.now() }, body };
        ReplicaDelta { event: Some(event), ..ReplicaDelta::default() }.into()
    });
    let received = Received { stream: applied.stream, first_seq: applied.seq + 1, entries: entries.collect() };
    inbound::receive(&pair.near, &pair.far.domain, &received).await.expect("nothing stops it").dead_letters
}

#[tokio::test]
async fn no_refusal_of_an_owner_keeps_anybody() {
    let outcomes = [
        RemoteOutcome::Conflict,
        RemoteOutcome::NotFound,
        RemoteOutcome::Refused,
        RemoteOutcome::Later,
        RemoteOutcome::Done,
    ];
    for (seed, outcome) in (50..).zip(outcomes) {
        let (pair, server, guest) = stage(seed).await;
        let actor = Actor::user(guest.clone());
        remote::join(&pair.near, &actor, &server).await.expect("it answers");
        // The owner does nothing, whatever it says.
        pair.line.only_answers(Some(outcome));
        let left = remote::leave(&pair.near, &actor, &server).await.expect("nobody is kept");
        assert_eq!(matches!(left, Left::Answered(_)), outcome == RemoteOutcome::Done, "{left:?}");
        assert_eq!(is_member(&pair, &guest).await, (false, true), "{outcome:?}");
        // It goes on to say that they are in it, one by one and whole.
        let member = pair.far.store.member(&server, &guest).await.expect("memory").expect("the owner keeps them");
        assert_eq!(says(&pair, vec![EventBody::MemberJoined(member.clone())]).await, 0);
        assert_eq!(is_member(&pair, &guest).await, (false, true));
        // Once it has heard, that ends; who could not answer is asked again in the next round.
        let has_heard = outcome != RemoteOutcome::Later;
        assert_eq!(compare(&pair).await.is_complete, has_heard);
        let pending = pair.near.store.pending_leaves(&server.home).await.expect("memory");
        assert_eq!(pending.is_empty(), has_heard, "{outcome:?}");
        assert_eq!(says(&pair, vec![EventBody::MemberJoined(member)]).await, u64::from(has_heard));
        assert_eq!(is_member(&pair, &guest).await, (false, true));
    }
}

#[tokio::test]
async fn who_was_the_last_to_leave_keeps_nothing_of_the_server() {
    let (pair, server, _) = stage(55).await;
    let guest = pair.guests[0].clone();
    pair.line.only_answers(Some(RemoteOutcome::NotFound));
    let left = remote::leave(&pair.near, &Actor::user(guest.clone()), &server).await;
    assert!(matches!(left, Ok(Left::Pending)), "{left:?}");
    assert!(pair.near.store.server(&server).await.expect("memory").is_some(), "the owner may still tell of it");
    compare(&pair).await;
    assert_eq!(pair.near.store.server(&server).await.expect("memory"), None);
}

#[tokio::test]
async fn who_leaves_while_they_join_stays_out() {
    let (mut pair, server, guest) = stage(56).await;
    let actor = Actor::user(guest.clone());
    pair.line.lose_answer();
    let lost = remote::join(&pair.near, &actor, &server).await;
    assert!(matches!(lost, Err(Refusal::Remote(PeerError::Unavailable))), "{lost:?}");
    pair.line.cut();
    assert!(matches!(remote::leave(&pair.near, &actor, &server).await, Ok(Left::Pending)));
    // The owner has not heard, and tells that they joined.
    pair.deliver(usize::MAX).await;
    assert_eq!(is_member(&pair, &guest).await, (false, true));
    assert!(pair.near.store.dead_letters(10).await.expect("memory").is_empty());
    pair.line.mend();
    assert!(compare(&pair).await.is_complete);
    assert_eq!(is_member(&pair, &guest).await, (false, false));
    assert!(pair.near.store.dead_letters(10).await.expect("memory").is_empty());
    pair.compare().await;
}

#[tokio::test]
async fn nobody_is_made_the_owner_of_a_server_elsewhere() {
    let (pair, server, _) = stage(57).await;
    let guest = pair.guests[0].clone();
    let before = pair.near.store.server(&server).await.expect("memory").expect("it is there");
    let owned = Space { owner: guest.clone(), ..before.clone() };
    assert_eq!(says(&pair, vec![EventBody::SpaceUpdated { server: owned.clone(), before: before.clone() }]).await, 1);
    let held = inbound::held(&pair.near, &server).await.expect("memory");
    let mut state = pair.near.store.replica(&server, &pair.near.domain).await.expect("memory").expect("there").1;
    Arc::make_mut(&mut state.facts).server = owned;
    let refused = inbound::replace(&pair.near, held, Some(state)).await;
    assert!(matches!(refused, Err(Refusal::Invalid(_))), "{refused:?}");
    assert_eq!(pair.near.store.server(&server).await.expect("memory").expect("it is there").owner, before.owner);
    assert!(matches!(remote::leave(&pair.near, &Actor::user(guest.clone()), &server).await, Ok(Left::Answered(_))));
    assert_eq!(is_member(&pair, &guest).await, (false, false));
}

#[tokio::test]
async fn whose_answer_is_lost_is_found_by_comparing() {
    let (pair, server, guest) = stage(34).await;
    let actor = Actor::user(guest.clone());
    pair.line.lose_answer();
    let lost = remote::join(&pair.near, &actor, &server).await;
    assert!(matches!(lost, Err(Refusal::Remote(PeerError::Unavailable))), "{lost:?}");
    assert_eq!(is_member(&pair, &guest).await, (false, true));
    // Even if the stream that would tell of it is dropped.
    beep_core::backend::outbound::reset(&pair.far, &pair.near.domain).await.expect("memory");
    let end = compare(&pair).await;
    assert!(end.is_complete && end.differed, "{end:?}");
    assert_eq!(is_member(&pair, &guest).await, (true, true));
}

#[tokio::test]
async fn who_joins_again_before_they_hear_that_they_were_removed_stays() {
    let (mut pair, server, _) = stage(37).await;
    let guest = pair.guests[0].clone();
    let owner = Actor::user(pair.owner.clone());
    bans::kick(&pair.far, &owner, &pair.server, &guest).await.expect("the owner may");
    assert_eq!(is_member(&pair, &guest).await, (true, false), "nothing is told yet");
    let joined = remote::join(&pair.near, &Actor::user(guest.clone()), &server).await.expect("it answers");
    assert_eq!(joined.answer.outcome, RemoteOutcome::Done);
    pair.deliver(usize::MAX).await;
    assert_eq!(is_member(&pair, &guest).await, (true, true));
    assert!(pair.near.store.dead_letters(10).await.expect("memory").is_empty());
    pair.compare().await;
}

#[tokio::test]
async fn who_joins_again_stays_though_the_server_cannot_be_fetched() {
    let (mut pair, server, _) = stage(38).await;
    let guest = pair.guests[0].clone();
    let (owner, actor) = (Actor::user(pair.owner.clone()), Actor::user(guest.clone()));
    pair.line.gives_no_server(true);
    for _ in 0..2 {
        bans::kick(&pair.far, &owner, &pair.server, &guest).await.expect("the owner may");
        assert_eq!(is_member(&pair, &guest).await, (true, false), "nothing is told yet");
        let joined = remote::join(&pair.near, &actor, &server).await.expect("it answers");
        assert_eq!((joined.answer.outcome, joined.is_known), (RemoteOutcome::Done, true));
        pair.deliver(usize::MAX).await;
        assert_eq!(is_member(&pair, &guest).await, (true, true));
        assert!(pair.near.store.dead_letters(10).await.expect("memory").is_empty());
        pair.compare().await;
        assert_eq!(pair.line.comparisons(), [When::Soon]);
    }
    // What they asked for ends as always.
    bans::kick(&pair.far, &owner, &pair.server, &guest).await.expect("the owner may");
    pair.deliver(usize::MAX).await;
    let intents = pair.near.store.join_intents(&server, &[guest.id]).await.expect("memory");
    assert_eq!((is_member(&pair, &guest).await, intents), ((false, false), vec![]));
}

#[tokio::test]
async fn what_differs_is_fetched_once_and_reported() {
    let (pair, server, _) = stage(35).await;
    assert_eq!(compare(&pair).await, End { is_complete: true, ..End::default() });
    assert_eq!(repair::lane(&pair.near, &pair.far.domain).await.expect("memory"), Some(Lane::Member));
    // The owner kicks everybody, and what would tell of it is dropped.
    let owner = Actor::user(pair.owner.clone());
    bans::kick(&pair.far, &owner, &pair.server, &pair.guests[0]).await.expect("the owner may");
    beep_core::backend::outbound::reset(&pair.far, &pair.near.domain).await.expect("memory");
    let mut reported = Vec::new();
    let mut report = |server: &SpaceKey, fetched: &Fetched| {
        reported.push((server.clone(), matches!(fetched, Fetched::Replaced)));
    };
    let end = repair::repair(&pair.near, &pair.far.domain, &mut report).await.expect("memory");
    assert!(end.is_complete, "{end:?}");
    assert_eq!((reported, is_member(&pair, &pair.guests[0]).await), (vec![(server, true)], (false, false)));
    let lane = repair::lane(&pair.near, &pair.far.domain).await.expect("memory");
    assert_eq!(lane, Some(Lane::Asked), "others have asked to be let in");
}

#[tokio::test]
async fn what_does_not_fit_is_fetched_once_for_each_change() {
    let (mut pair, server, _) = stage(39).await;
    pair.line.says_more();
    let fetches = async |pair: &Pair| {
        let mut fetched = Vec::new();
        let mut report = |_: &SpaceKey, outcome: &Fetched| fetched.push(matches!(outcome, Fetched::Same));
        let end = repair::repair(&pair.near, &pair.far.domain, &mut report).await.expect("memory");
        assert!(end.is_complete, "{end:?}");
        fetched
    };
    assert_eq!((fetches(&pair).await, fetches(&pair).await), (vec![true], vec![]));
    servers::join(&pair.far, &Actor::user(pair.guests[1].clone()), &server).await.expect("it is public");
    pair.deliver(usize::MAX).await;
    assert_eq!((fetches(&pair).await, fetches(&pair).await), (vec![true], vec![]));
    // What is missed is found all the same.
    servers::join(&pair.far, &Actor::user(pair.guests[2].clone()), &server).await.expect("it is public");
    beep_core::backend::outbound::reset(&pair.far, &pair.near.domain).await.expect("memory");
    assert_eq!(fetches(&pair).await, [false]);
    assert_eq!(is_member(&pair, &pair.guests[2]).await, (true, true));
}

#[tokio::test]
async fn a_channel_without_a_name_is_kept() {
    let (pair, server, _) = stage(40).await;
    let channel =
        ChannelKey::new(beep_core::port::new_id(pair.near.clock.now(), &*pair.near.entropy), server.home.clone());
    let name = ChannelName::parse("?").expect("a name");
    let unnamed = Channel { name: None, ..Channel::new(channel.clone(), server.id, name) };
    assert_eq!(says(&pair, vec![EventBody::ChannelCreated(unnamed)]).await, 0);
    let held = pair.near.store.replica(&server, &pair.near.domain).await.expect("memory").expect("it is there").1;
    let name = held.facts.channels.get(&channel.id).and_then(|channel| channel.name.clone());
    assert_eq!(name.as_ref().map(|name| name.as_str()), Some("?"));
}

#[tokio::test]
async fn an_invitation_is_answered_at_its_owner_and_gone_here() {
    let (mut pair, server, guest) = stage(36).await;
    let (owner, actor) = (Actor::user(pair.owner.clone()), Actor::user(guest.clone()));
    let invite = async |pair: &Pair| {
        let new = NewInvitation { user: Some(guest.clone()), expires_at: None, max_uses: None };
        let invited = invitations::create(&pair.far, &owner, &pair.server, new).await.expect("the owner may");
        invited.invitation.id.to_string()
    };
    let told = async |pair: &Pair, id: &str| invitations::told(&pair.near, &actor, id).await.expect("memory");

    // With the owner out of reach it is declined all the same, and not accepted.
    let id = invite(&pair).await;
    pair.deliver(usize::MAX).await;
    let invited = told(&pair, &id).await.expect("it was told");
    pair.line.cut();
    let refused = remote::accept(&pair.near, &actor, &server.home, &id).await;
    assert!(matches!(refused, Err(Refusal::Remote(PeerError::Unavailable))), "{refused:?}");
    assert!(told(&pair, &id).await.is_some());
    let why = remote::decline(&pair.near, &actor, &invited, &id).await.expect("memory");
    assert_eq!((why, told(&pair, &id).await), (Some(PeerError::Unavailable), None));
    pair.line.mend();

    // One that is gone at its owner is forgotten.
    let id = invite(&pair).await;
    pair.deliver(usize::MAX).await;
    let revoked = invitations::told(&pair.near, &actor, &id).await.expect("memory").expect("it was told");
    invitations::revoke(&pair.far, &owner, &pair.server, revoked.invitation.id).await.expect("the owner may");
    let gone = remote::accept(&pair.near, &actor, &server.home, &id).await.expect("it answers");
    assert_eq!((gone.answer.outcome, told(&pair, &id).await), (RemoteOutcome::NotFound, None));

    let id = invite(&pair).await;
    pair.deliver(usize::MAX).await;
    let accepted = remote::accept(&pair.near, &actor, &server.home, &id).await.expect("it answers");
    assert_eq!((accepted.answer.outcome, accepted.is_known), (RemoteOutcome::Done, true));
    assert_eq!((is_member(&pair, &guest).await, told(&pair, &id).await), ((true, true), None));

    // A code is shown by its owner first.
    let code = NewInvitation { user: None, expires_at: None, max_uses: None };
    let code = invitations::create(&pair.far, &owner, &pair.server, code).await.expect("the owner may");
    let other = Actor::user(pair.guests[2].clone());
    let code = code.invitation.code().expect("it is one").to_owned();
    remote::accept(&pair.near, &other, &server.home, &code).await.expect("it answers");
    assert_eq!(is_member(&pair, &pair.guests[2]).await, (true, true));
    let unknown = remote::accept(&pair.near, &other, &server.home, "NOSUCHCODE").await.expect("it answers");
    assert_eq!(unknown.answer.outcome, RemoteOutcome::NotFound);
}
