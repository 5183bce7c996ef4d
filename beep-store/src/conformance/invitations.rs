//! Invitations.

use std::time::Duration;

use beep_core::invitation::Invitation;
use beep_core::port::{Change, CommitError, Unique, Write};

use super::Stage;
use super::sample::{NOW, community, invitation, namesake, nth};

/// All of an invitation is kept, and it is found by its id and its code.
pub async fn an_invitation_is_found_until_it_is_removed(stage: &Stage) {
    let community = community(stage).await;
    let kept = Invitation {
        inviter: namesake(3),
        expires_at: Some(NOW.after(Duration::from_secs(60))),
        max_uses: Some(7),
        uses: 1,
        ..invitation(1, &community.server)
    };
    stage.commit(Change::default().write(Write::PutInvitation(kept.clone()))).await;
    let store = &stage.store;
    assert_eq!(store.invitation(nth(1)).await.expect("read"), Some(kept.clone()));
    assert_eq!(store.invitation_by_code("code1").await.expect("read"), Some(kept));
    for code in ["CODE1", "code2", "", "code1\0"] {
        assert_eq!(store.invitation_by_code(code).await.expect("read"), None, "{code:?}");
    }
    stage.commit(Change::default().write(Write::RemoveInvitation(nth(1)))).await;
    assert_eq!(store.invitation(nth(1)).await.expect("read"), None);
    assert_eq!(store.invitation_by_code("code1").await.expect("read"), None);
}

/// A code leads to one place.
pub async fn invitation_codes_are_unique(stage: &Stage) {
    let community = community(stage).await;
    let first = invitation(1, &community.server);
    stage.commit(Change::default().write(Write::PutInvitation(first.clone()))).await;
    let second = Invitation { id: nth(2), ..first.clone() };
    let error = stage.refused(Change::default().write(Write::PutInvitation(second.clone()))).await;
    assert!(matches!(error, CommitError::Taken(Unique::InvitationCode)), "{error:?}");
    assert_eq!(stage.store.invitation(nth(2)).await.expect("read"), None);
    let instead = Change::default().write(Write::RemoveInvitation(nth(1))).write(Write::PutInvitation(second.clone()));
    stage.commit(instead).await;
    assert_eq!(stage.store.invitation_by_code("code1").await.expect("read"), Some(second));
}
