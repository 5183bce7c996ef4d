//! Invitations.

use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::id::{Qualified, UserKey};
use beep_core::invitation::{Admits, Invitation, Invited};
use beep_core::port::{Change, CommitError, InvitationWrite, SpaceWrite, Unique};

use super::Stage;
use super::sample::{Community, NOW, account, community, invitation, keyed, namesake, nth, user};

/// All of an invitation is kept, and it is found by its id and its code.
pub async fn an_invitation_is_found_until_it_is_removed(stage: &Stage) {
    let community = community(stage).await;
    let kept = Invitation {
        inviter: namesake(3),
        expires_at: Some(NOW.after(Duration::from_secs(60))),
        admits: Admits::Code { code: "code1".to_owned(), max_uses: Some(7) },
        uses: 1,
        ..invitation(1, &community.server)
    };
    stage.commit(Change::default().write(InvitationWrite::Put(kept.clone()))).await;
    let store = &stage.store;
    assert_eq!(store.invitation(nth(1)).await.expect("read"), Some(kept.clone()));
    assert_eq!(store.invitation_by_code("code1").await.expect("read"), Some(kept));
    for code in ["CODE1", "code2", "", "code1\0"] {
        assert_eq!(store.invitation_by_code(code).await.expect("read"), None, "{code:?}");
    }
    stage.commit(Change::default().write(InvitationWrite::Remove(nth(1)))).await;
    assert_eq!(store.invitation(nth(1)).await.expect("read"), None);
    assert_eq!(store.invitation_by_code("code1").await.expect("read"), None);
}

/// A code leads to one place.
pub async fn invitation_codes_are_unique(stage: &Stage) {
    let community = community(stage).await;
    let first = invitation(1, &community.server);
    stage.commit(Change::default().write(InvitationWrite::Put(first.clone()))).await;
    let second = Invitation { id: nth(2), ..first.clone() };
    let error = stage.refused(Change::default().write(InvitationWrite::Put(second.clone()))).await;
    assert!(matches!(error, CommitError::Taken(Unique::InvitationCode)), "{error:?}");
    assert_eq!(stage.store.invitation(nth(2)).await.expect("read"), None);
    let instead = Change::default().write(InvitationWrite::Remove(nth(1))).write(InvitationWrite::Put(second.clone()));
    stage.commit(instead).await;
    assert_eq!(stage.store.invitation_by_code("code1").await.expect("read"), Some(second));
}

/// One for a person has no code, and is found by them, by their home, and for its server; in the order of ids.
pub async fn invitations_for_one_person_are_found_by_them(stage: &Stage) {
    let community = community(stage).await;
    let other = Community::new(2);
    stage.commit(other.made()).await;
    let to = |n, of: &Community, user: UserKey| Invited {
        invitation: Invitation { admits: Admits::User(user), ..invitation(n, &of.server) },
        server: (&of.server).into(),
    };
    let (here, there) = (user(2), namesake(2));
    let all = [to(1, &community, here.clone()), to(2, &other, here.clone()), to(3, &community, there.clone())];
    let change = Change::default().write(InvitationWrite::Put(invitation(4, &community.server)));
    let put = |change: Change, invited: &Invited| change.write(InvitationWrite::Put(invited.invitation.clone()));
    stage.commit(all.iter().fold(change, put)).await;
    let store = &stage.store;
    assert_eq!(store.invitation(nth(1)).await.expect("read"), Some(all[0].invitation.clone()));
    let counted = |invited: &Invited| {
        let mut invited = invited.clone();
        invited.server.member_count = 1;
        invited
    };
    let [first, second, third] = all.each_ref().map(counted);
    assert_eq!(store.invited(&here, None, 10).await.expect("read"), [first.clone(), second.clone()]);
    assert_eq!(store.invited(&here, None, 1).await.expect("read"), [first]);
    assert_eq!(store.invited(&here, Some(&keyed(1)), 10).await.expect("read"), [second]);
    assert_eq!(store.invited(&there, None, 10).await.expect("read"), vec![third.clone()]);
    assert_eq!(store.invitations_to(&there.home, None, 10).await.expect("read"), [third]);
    assert_eq!(store.invitations_to(&there.home, Some(nth(3)), 10).await.expect("read"), []);
    assert_eq!(store.invitations_for(&community.id(), &here).await.expect("read"), [nth(1)]);
    assert_eq!(store.invitations_for(&community.id(), &user(3)).await.expect("read"), []);
    stage.commit(Change::default().write(SpaceWrite::Remove(other.id()))).await;
    let left = store.invited(&here, None, 10).await.expect("read");
    assert_eq!(left.iter().map(|invited| invited.invitation.id).collect::<Vec<_>>(), [nth(1)]);
}

/// What others tell is found with what is of this backend, and nobody tells in the place of another.
pub async fn what_others_tell_of_their_invitations_is_kept_apart(stage: &Stage) {
    let community = community(stage).await;
    stage.commit(Change::default().put(account(2))).await;
    let mut own = invitation(2, &community.server);
    own.admits = Admits::User(user(2));
    stage.commit(Change::default().write(InvitationWrite::Put(own))).await;
    let told = |n, home: &str| {
        let home = Domain::parse(home).expect("valid");
        let mut invited = Invited {
            invitation: Invitation {
                admits: Admits::User(user(2)),
                inviter: namesake(5),
                expires_at: Some(NOW.after(Duration::from_secs(60))),
                ..invitation(n, &community.server)
            },
            server: (&community.server).into(),
        };
        invited.server.id = Qualified::new(nth(9), home);
        invited.server.member_count = 12;
        invited.invitation.server = invited.server.id.clone();
        invited
    };
    // Every backend gives its invitations ids as it likes.
    let (kept, namesake_of_it) = (told(1, "b.example.com"), told(1, "c.example.com"));
    stage.commit(Change::default().put(kept.clone())).await;
    stage.commit(Change::default().put(namesake_of_it.clone())).await;
    let store = &stage.store;
    let (b, c) = (Domain::parse("b.example.com").expect("valid"), Domain::parse("c.example.com").expect("valid"));
    assert_eq!(store.remote_invitation(user(2).id, &kept.invitation.key()).await.expect("read"), Some(kept.clone()));
    let named = store.remote_invitations_named(user(2).id, nth(1)).await.expect("read");
    assert_eq!(named, vec![kept.clone(), namesake_of_it.clone()]);
    assert_eq!(store.remote_invitations(&b, None).await.expect("read"), vec![kept.clone()]);
    assert_eq!(store.remote_invitations(&b, Some(user(2).id)).await.expect("read"), vec![kept.clone()]);
    assert_eq!(store.remote_invitations(&b, Some(user(3).id)).await.expect("read"), vec![]);
    assert_eq!(store.remote_invitations(&c, None).await.expect("read"), vec![namesake_of_it.clone()]);
    let ids = async |after: Option<beep_core::id::InvitationKey>, limit| {
        let found = store.invited(&user(2), after.as_ref(), limit).await.expect("read");
        found.into_iter().map(|invited| invited.invitation.key()).collect::<Vec<_>>()
    };
    let (first, second) = (kept.invitation.key(), namesake_of_it.invitation.key());
    assert_eq!(ids(None, 10).await, [first.clone(), second.clone(), keyed(2)]);
    assert_eq!(ids(None, 1).await, std::slice::from_ref(&first));
    assert_eq!(ids(Some(first.clone()), 10).await, [second.clone(), keyed(2)]);
    assert_eq!(ids(Some(second.clone()), 10).await, [keyed(2)]);
    let mut newer = kept;
    newer.server.member_count = 13;
    stage.commit(Change::default().put(newer.clone())).await;
    assert_eq!(store.remote_invitation(user(2).id, &first).await.expect("read"), Some(newer));
    assert_eq!(store.invited(&namesake(2), None, 10).await.expect("read"), [], "of a user of another backend");
    stage.commit(Change::default().remove::<Invited>((user(2).id, first))).await;
    assert_eq!(ids(None, 10).await, [second, keyed(2)]);
}
