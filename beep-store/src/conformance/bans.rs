//! Bans and mutes.

use std::time::Duration;

use beep_core::ban::{Ban, DomainBan, Purge, Sent};
use beep_core::domain::Domain;
use beep_core::member::Member;
use beep_core::mute::Mute;
use beep_core::port::{Change, MessageGuard, MessageWrite, SpaceGuard, SpaceWrite};
use beep_core::record::RecordGuard;
use beep_core::text::Reason;

use super::Stage;
use super::sample::{Community, NOW, community, elsewhere, keyed, namesake, role, user};

/// All of a ban is kept, for a whole user, until it ends or the server does.
pub async fn a_ban_is_kept_until_it_is_lifted(stage: &Stage) {
    let community = community(stage).await;
    let ban = Ban {
        server: community.server.id.clone(),
        user: namesake(2),
        reason: Some(Reason::parse("noise \u{1f980}").expect("a reason")),
        by: namesake(3),
        created_at: NOW,
    };
    stage.commit(Change::default().put(ban.clone())).await;
    let (store, id) = (&stage.store, community.id());
    assert_eq!(store.ban(&id, &namesake(2)).await.expect("read"), Some(ban.clone()));
    assert_eq!(store.ban(&id, &user(2)).await.expect("read"), None, "the namesake is somebody else");
    assert_eq!(store.ban(&keyed(77), &namesake(2)).await.expect("read"), None);
    let again = Ban { reason: None, by: user(1), created_at: NOW.after(Duration::from_secs(1)), ..ban.clone() };
    let other = Ban { user: user(2), ..again.clone() };
    stage.commit(Change::default().put(again.clone()).put(other.clone())).await;
    let all = store.bans(&id, None, 10).await.expect("read");
    assert_eq!(all, vec![other.clone(), again.clone()], "by user");
    assert_eq!(store.bans(&id, Some(&user(2)), 10).await.expect("read"), vec![again]);
    assert_eq!(store.bans(&id, None, 1).await.expect("read"), vec![other]);
    stage.commit(Change::default().remove::<Ban>((id.clone(), user(2)))).await;
    assert_eq!(store.ban(&id, &user(2)).await.expect("read"), None);
    stage.commit(Change::default().write(SpaceWrite::Remove(id.clone()))).await;
    stage.commit(community.made()).await;
    assert_eq!(store.bans(&id, None, 10).await.expect("read"), Vec::new());
}

/// All of a domain ban is kept until it ends or the server does, and a decision can rest on it.
pub async fn a_domain_ban_is_kept_until_it_is_lifted(stage: &Stage) {
    let community = community(stage).await;
    let (store, id) = (&stage.store, community.id());
    let domain = |name: &str| Domain::parse(name).expect("a domain");
    let (b, c) = (domain("b.example.com"), domain("c.example.com"));
    let ban = DomainBan {
        server: id.clone(),
        domain: c.clone(),
        reason: Some(Reason::parse("noise \u{1f980}").expect("a reason")),
        by: namesake(3),
        created_at: NOW,
        removing: true,
    };
    let absent = || Change::default().guard(RecordGuard::<DomainBan>::Absent((id.clone(), c.clone())));
    stage.commit(absent().put(ban.clone())).await;
    stage.stale(absent()).await;
    assert_eq!(store.domain_ban(&id, &c).await.expect("read"), Some(ban.clone()));
    assert_eq!(store.domain_ban(&id, &b).await.expect("read"), None);
    assert_eq!(store.domain_ban(&keyed(77), &c).await.expect("read"), None);
    assert_eq!(store.removing_domain_ban().await.expect("read"), Some(ban.clone()));
    let again = DomainBan { reason: None, removing: false, by: user(1), ..ban.clone() };
    let other = DomainBan { domain: b.clone(), ..again.clone() };
    stage.commit(Change::default().guard(RecordGuard::Is(ban.clone())).put(again.clone()).put(other.clone())).await;
    stage.stale(Change::default().guard(RecordGuard::Is(ban))).await;
    assert_eq!(store.removing_domain_ban().await.expect("read"), None);
    let listed = async |after, limit| store.domain_bans(&id, after, limit).await.expect("read");
    assert_eq!(listed(None, 10).await, vec![other.clone(), again.clone()], "by domain");
    assert_eq!(listed(Some(&b), 10).await, vec![again.clone()]);
    assert_eq!(listed(None, 1).await, vec![other]);
    stage.commit(Change::default().remove::<DomainBan>((id.clone(), b.clone()))).await;
    assert_eq!(store.domain_ban(&id, &b).await.expect("read"), None);
    stage.commit(Change::default().write(SpaceWrite::Remove(id.clone()))).await;
    stage.commit(community.made()).await;
    assert_eq!(listed(None, 10).await, vec![]);
}

/// The members who are users of another backend are found by it, and so is whether one of them holds some role, on which a
/// decision can rest.
pub async fn members_are_found_by_their_backend(stage: &Stage) {
    let community = community(stage).await;
    let (store, id) = (&stage.store, community.id());
    let (low, high) = (role(1, &community.server), role(2, &community.server));
    let holder = Member { roles: vec![high.id], ..community.member(namesake(2)) };
    let change = Change::default().put(low.clone()).put(high.clone()).put(holder.clone());
    let local = Member { roles: vec![low.id], ..community.member(user(3)) };
    stage.commit(change.put(community.member(namesake(4))).put(local)).await;
    let found = async |domain: &Domain, limit| store.members_of_domain(&id, domain, limit).await.expect("read");
    assert_eq!(found(&elsewhere(), 10).await, vec![holder.clone(), community.member(namesake(4))]);
    assert_eq!(found(&elsewhere(), 1).await, vec![holder.clone()]);
    let nowhere = Domain::parse("nowhere.example.com").expect("a domain");
    assert_eq!(found(&nowhere, 10).await, vec![]);
    for (domain, none_of, holds) in [
        (elsewhere(), vec![high.id], true),
        (elsewhere(), vec![low.id, high.id], true),
        (elsewhere(), vec![low.id], false),
        (elsewhere(), vec![], false),
        (nowhere, vec![low.id, high.id], false),
    ] {
        assert_eq!(store.domain_holds(&id, &domain, &none_of).await.expect("read"), holds, "{domain} {none_of:?}");
        let change = Change::default().guard(SpaceGuard::DomainHolds { id: id.clone(), domain, none_of });
        if holds { stage.stale(change).await } else { drop(stage.commit(change).await) }
    }
}

/// All of a mute is kept, whether its user is a member or not, until it is lifted or the server ends.
pub async fn a_mute_is_kept_until_it_is_lifted(stage: &Stage) {
    let community = community(stage).await;
    let (store, id) = (&stage.store, community.id());
    let mute = Mute {
        server: id.clone(),
        user: namesake(2),
        until: NOW.after(Duration::from_secs(60)),
        reason: Some(Reason::parse("noise").expect("a reason")),
        by: user(1),
    };
    let kept = async |user| store.mute(&id, &user).await.expect("read");
    stage.commit(Change::default().put(mute.clone())).await;
    assert_eq!(kept(namesake(2)).await, Some(mute.clone()));
    assert_eq!(kept(user(2)).await, None, "the namesake is somebody else");
    let again = Mute { reason: None, until: NOW, ..mute };
    stage.commit(Change::default().put(again.clone())).await;
    assert_eq!(kept(namesake(2)).await, Some(again.clone()));
    stage.commit(Change::default().remove::<Mute>((id.clone(), namesake(2)))).await;
    assert_eq!(kept(namesake(2)).await, None);
    stage.commit(Change::default().put(again)).await;
    stage.commit(Change::default().write(SpaceWrite::Remove(id.clone()))).await;
    stage.commit(community.made()).await;
    assert_eq!(kept(namesake(2)).await, None);
}

/// What somebody sent is found in all channels of a server, from a time on and up to another, part by part; a change that
/// rests on it is refused when it is something else by then.
pub async fn what_somebody_sent_is_found_and_rested_on(stage: &Stage) {
    let community = community(stage).await;
    let other = Community::new(2);
    stage.commit(other.made()).await;
    let post = async |of: &Community, author: &beep_core::id::UserKey| {
        let draft = beep_core::message::Draft { author: author.clone().into(), ..of.draft("hello") };
        let posted = stage.commit(Change::default().write(of.post(draft))).await.posted.remove(0);
        (posted.channel, posted.id)
    };
    post(&community, &user(2)).await;
    stage.clock.advance(Duration::from_secs(1));
    let since = NOW.after(Duration::from_secs(1));
    let first = post(&community, &user(2)).await;
    post(&community, &namesake(2)).await;
    post(&other, &user(2)).await;
    let purge = community.purge(user(2), since);
    let found = async |purge: &Purge, limit| stage.store.sent_by(purge, limit).await.expect("read");
    assert_eq!(found(&purge, 10).await, vec![first.clone()]);
    let seen = Sent { of: purge.clone(), messages: found(&purge, 10).await, more: false };
    let second = post(&community, &user(2)).await;
    stage.stale(Change::default().guard(MessageGuard::Sent(seen.clone()))).await;
    stage.commit(Change::default().guard(MessageGuard::Sent(Sent { more: true, ..seen.clone() }))).await;
    assert_eq!(found(&purge, 10).await, vec![first.clone(), second.clone()]);
    assert_eq!(found(&purge, 1).await, vec![first.clone()]);
    let reached = Purge { reached: Some(first.clone()), ..purge.clone() };
    assert_eq!(found(&reached, 10).await, vec![second.clone()]);
    assert_eq!(found(&Purge { until: NOW, ..purge.clone() }, 10).await, vec![]);
    stage.commit(Change::default().write(MessageWrite::Remove(second.0, second.1))).await;
    let remove = Change::default().guard(MessageGuard::Sent(seen)).write(MessageWrite::Remove(first.0, first.1));
    stage.commit(remove).await;
    assert_eq!(found(&purge, 10).await, vec![]);

    // One that is not done is kept, and goes with its server.
    let any = async || stage.store.purge().await.expect("read");
    assert_eq!(any().await, None);
    stage.commit(Change::default().put(purge.clone())).await;
    assert_eq!(any().await, Some(purge.clone()));
    stage.commit(Change::default().put(reached.clone())).await;
    assert_eq!(any().await, Some(reached));
    // Another of the same person is one of its own: neither ends what the other has deleted.
    let later = Purge { since: since.after(Duration::from_secs(1)), ..purge.clone() };
    stage.commit(Change::default().put(later.clone())).await;
    stage.commit(Change::default().remove::<Purge>(purge.key())).await;
    assert_eq!(any().await, Some(later.clone()));
    stage.commit(Change::default().remove::<Purge>(later.key())).await;
    assert_eq!(any().await, None);
    stage.commit(Change::default().put(purge)).await;
    stage.commit(Change::default().write(SpaceWrite::Remove(community.id()))).await;
    assert_eq!(any().await, None);
}
