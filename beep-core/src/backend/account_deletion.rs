//! Deleting an account.
//!
//! At once the user is signed out everywhere and their personal data is erased; what is left of the account says that there
//! was one, so that their messages are shown as by a deleted user. Then what belonged to it goes bit by bit, and goes on
//! after a restart: memberships, invitations, friendships, blocks. Direct conversations stay, for the other of the two.

use crate::account::Account;
use crate::account_removal::{AccountRemoval, REMOVAL_PATIENCE, REMOVAL_SETTLES};
use crate::backend::sessions::{self, Confirmed};
use crate::backend::{
    Actor, Backend, Refusal, access, admin, bans, conversations, friends, invitations, pending_leaves, remote,
    retry_on_conflict, second_factors, users,
};
use crate::block::Block;
use crate::email_change::EmailChange;
use crate::event::{EventBody, Scope, Stream};
use crate::facts;
use crate::friendship::{Friendship, Standing};
use crate::id::{SpaceKey, UserKey};
use crate::mail_code::{CodePurpose, MailCode};
use crate::port::{AccountGuard, Change, Mail, RemovalWrite, SpaceGuard, When};
use crate::presence::PresenceChoice;
use crate::registration::{FORMER_NAME_REST, InvitationSeat, Registration, UsernameHold};
use crate::space::SpaceKind;

/// Deletes the account of the actor. Of much that belongs to it only the first goes with it: [`go_on`] removes the rest.
///
/// # Errors
/// [`Refusal::Conflict`] while they own a server; [`Refusal::LastAdministrator`] if nobody else could administer;
/// [`Refusal::InvalidCredentials`] if the password was changed meanwhile; [`Refusal::OtpRequired`]; [`Refusal::OtpInvalid`].
pub async fn delete(backend: &Backend, actor: &Actor, confirmed: &Confirmed) -> Result<(), Refusal> {
    let user = actor.as_user()?;
    let (account, removal) = retry_on_conflict!(backend, {
        let shown = confirmed.show(backend, Change::default()).await?;
        if backend.store.owned_servers(user).await? > 0 {
            return Err(Refusal::Conflict("you own a server; hand it over or delete it first").into());
        }
        let removal = AccountRemoval { user: user.id, deleted_at: backend.now() };
        let change = erase(backend, &shown.account, removal, shown.change).await?;
        let change = sessions::end_all_but(backend, user, None, change).await?;
        let erased = shown.account.erased();
        let change = change.put(erased.clone()).write(RemovalWrite::Begin(removal, erased.user.clone()));
        let change = change.event(
            Stream::User(user.clone()),
            known_to(backend, user).await?,
            EventBody::UserUpdated(erased.user),
        );
        backend.commit(None, change).await?;
        (shown.account, removal)
    })?;
    mail_owner(backend, &account).await;
    // The account is deleted. What cannot be removed now is tried again by `go_on`, which says why.
    let _ = step(backend, removal).await;
    Ok(())
}

/// Removes the next of what belonged to deleted accounts; says whether more may be left.
///
/// # Errors
/// When the store fails, or others change a space all the time.
pub async fn go_on(backend: &Backend) -> Result<bool, Refusal> {
    let (mut more, mut failed, mut after) = (false, None, None);
    loop {
        let page = backend.store.account_removals(after, PAGE).await?;
        for removal in &page {
            // One that fails holds up no other.
            match step(backend, *removal).await {
                Ok(left) => more |= left,
                Err(refusal) => failed = Some(refusal),
            }
        }
        after = page.last().map(|removal| removal.user);
        if page.len() < PAGE as usize {
            return failed.map_or(Ok(more), Err);
        }
    }
}

/// Adds what goes with an account at once, and what that rests on.
async fn erase(
    backend: &Backend,
    account: &Account,
    removal: AccountRemoval,
    change: Change,
) -> Result<Change, Refusal> {
    let (user, holder) = (&account.user.key, account.id());
    let until = removal.deleted_at.after(FORMER_NAME_REST);
    let change = change
        .guard(AccountGuard::At { id: holder, revision: account.revision })
        .guard(SpaceGuard::OwnsFewer { user: user.clone(), than: 1 })
        .put(UsernameHold { username: account.user.username.clone(), holder, until })
        .remove::<Registration>(account.email.clone())
        .remove::<EmailChange>(holder)
        .remove::<InvitationSeat>(holder)
        .remove::<PresenceChoice>(holder);
    let change = second_factors::without(holder, change);
    let change =
        CodePurpose::ALL.into_iter().fold(change, |change, purpose| change.remove::<MailCode>((holder, purpose)));
    admin::without_roles(backend, account, change).await
}

/// Whom it concerns that a user is no more: themself, their friends, and the members of their spaces.
async fn known_to(backend: &Backend, user: &UserKey) -> Result<Vec<Scope>, Refusal> {
    let spaces = users::acquaintances(backend, user).await?;
    let friends = friends::all(backend, user.id).await?;
    let people = std::iter::once(user.clone()).chain(friends).map(Scope::User);
    Ok(people.chain(spaces.into_iter().map(Scope::Space)).collect())
}

/// Removes the next of what belonged to a deleted account; says whether more may be left.
async fn step(backend: &Backend, removal: AccountRemoval) -> Result<bool, Refusal> {
    let AccountRemoval { user, deleted_at } = removal;
    let key = UserKey::new(user, backend.domain.clone());
    let now = backend.now();
    let is_patient = now < deleted_at.after(REMOVAL_PATIENCE);
    let friendships = end_friendships(backend, &key, is_patient).await?;
    let mut more = leave_spaces(backend, &key).await?;
    more |= drop_invitations(backend, &key).await?;
    more |= lift_blocks(backend, &key).await?;
    more |= friendships == Left::More;
    if !more && friendships == Left::Nothing && now >= deleted_at.after(REMOVAL_SETTLES) {
        backend.store.commit(Change::default().write(RemovalWrite::End(user))).await?;
    }
    Ok(more)
}

/// Leaves the next spaces, of this backend and of others; says whether there may be more.
async fn leave_spaces(backend: &Backend, user: &UserKey) -> Result<bool, Refusal> {
    let mut left = 0;
    for space in backend.store.join_intents_of(user.id, AT_ONCE).await? {
        left += usize::from(leave_elsewhere(backend, user, &space).await?);
    }
    let mut after = None;
    loop {
        let page = backend.store.spaces_of(user, after.as_ref(), PAGE).await?;
        for space in &page {
            let has_left = match space.home == backend.domain {
                true => leave(backend, user, space).await?,
                false => leave_elsewhere(backend, user, space).await?,
            };
            left += usize::from(has_left);
            if left >= AT_ONCE as usize {
                return Ok(true);
            }
        }
        after = page.last().cloned();
        if page.len() < PAGE as usize {
            return Ok(left > 0);
        }
    }
}

/// Leaves a space of this backend, with the invitations that the user made or got there. A direct conversation goes when
/// both are deleted. Says whether anything was done.
async fn leave(backend: &Backend, user: &UserKey, space: &SpaceKey) -> Result<bool, Refusal> {
    let actor = Actor::user(user.clone());
    let left = retry_on_conflict!(backend, changing space, inside = access::space(backend, &actor, space).await?, {
        let change = match facts::may_leave(inside.facts(), user) {
            Ok(()) => conversations::without(&inside, user),
            Err(_) if conversations::is_abandoned(backend, inside.facts()).await? => conversations::removed(&inside),
            Err(_) => return Ok(false),
        };
        let change = match inside.facts().server.kind {
            SpaceKind::Community => bans::without_invitations(backend, &inside, user, change).await?,
            SpaceKind::Group | SpaceKind::Direct => change,
        };
        backend.commit(None, change).await?;
        true
    });
    match left {
        // They were removed meanwhile.
        Err(Refusal::NotFound) => Ok(false),
        left => left,
    }
}

/// Leaves a space of another backend, which hears of it as soon as it answers, and asks no more to be let into it. Says
/// whether anything was done.
async fn leave_elsewhere(backend: &Backend, user: &UserKey, space: &SpaceKey) -> Result<bool, Refusal> {
    if pending_leaves::is_bound(backend, user, space).await? {
        return Ok(false);
    }
    let has_left = pending_leaves::leave(backend, user, space, &remote::new_key(backend)).await?;
    if has_left {
        backend.peers.compare(&space.home, When::Soon);
    }
    Ok(has_left)
}

/// Removes the next invitations of the user; says whether there may be more.
async fn drop_invitations(backend: &Backend, user: &UserKey) -> Result<bool, Refusal> {
    retry_on_conflict!(backend, {
        let page = backend.store.invited(user, None, AT_ONCE).await?;
        if page.is_empty() {
            return Ok(false);
        }
        let change =
            page.iter().fold(Change::default(), |change, invited| match invited.server.id.home == backend.domain {
                true => invitations::remove(change, &invited.invitation),
                false => invitations::forgotten(change, invited),
            });
        backend.commit(None, change).await?;
        true
    })
}

/// Lifts the next blocks by the user; says whether there may be more.
async fn lift_blocks(backend: &Backend, user: &UserKey) -> Result<bool, Refusal> {
    let page = backend.store.blocks(user.id, None, AT_ONCE).await?;
    if page.is_empty() {
        return Ok(false);
    }
    let lifted =
        page.into_iter().fold(Change::default(), |change, block| change.remove::<Block>((block.user, block.other)));
    backend.store.commit(lifted).await?;
    Ok(true)
}

/// What is left of the friendships of a deleted user.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Left {
    /// Some that may go now.
    More,
    /// Those that other backends have not heard the end of.
    Untold,
    /// Nothing.
    Nothing,
}

/// Ends the next friendships, and forgets those that all have heard the end of.
async fn end_friendships(backend: &Backend, user: &UserKey, is_patient: bool) -> Result<Left, Refusal> {
    for standing in [Standing::Friends, Standing::Asked, Standing::IsAsked] {
        let page = backend.store.friendships(user.id, standing, None, AT_ONCE).await?;
        for kept in &page {
            friends::end(backend, user.id, &kept.other).await?;
        }
        if !page.is_empty() {
            return Ok(Left::More);
        }
    }
    let (mut left, mut after) = (Left::Nothing, None);
    loop {
        let page = backend.store.friendships(user.id, Standing::Apart, after.as_ref(), AT_ONCE).await?;
        let mut forgotten = Change::default();
        for kept in &page {
            if kept.heard.wants && kept.heard.number > kept.own.ended {
                // Who asked while they were blocked is still shown that they wait for an answer.
                friends::end(backend, user.id, &kept.other).await?;
                left = Left::More;
            } else if kept.is_told || !is_patient {
                forgotten = forgotten.remove::<Friendship>((user.id, kept.other.clone()));
                if kept.other.home == backend.domain {
                    forgotten = forgotten.remove::<Friendship>((kept.other.id, user.clone()));
                }
            } else if left == Left::Nothing {
                left = Left::Untold;
            }
        }
        if !forgotten.writes.is_empty() {
            backend.store.commit(forgotten).await?;
        }
        after = page.last().map(|kept| kept.other.clone());
        if page.len() < AT_ONCE as usize {
            return Ok(left);
        }
    }
}

/// Tells the owner of an account that it was deleted.
async fn mail_owner(backend: &Backend, account: &Account) {
    let body = format!(
        "Hello {},\n\nyour account at {} was deleted.\n\n{}\n\nIf it was not you, ask whoever runs {} for help.\n",
        account.user.username, backend.domain, backend.policy.public_url, backend.domain,
    );
    let subject = format!("Your account at {} was deleted", backend.domain);
    backend.mailer.send(Mail { to: account.email.clone(), subject, body }).await;
}

/// How many of each kind go in one step.
const AT_ONCE: u32 = 100;

/// How many spaces or deleted accounts are read at once.
const PAGE: u32 = 1_000;
