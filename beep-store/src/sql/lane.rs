//! How a change travels: a transaction takes what waits in every lane, and what it takes of one costs little more than
//! one change of it.

use beep_core::domain::Domain;
use beep_core::event::{EventBody, Stream};
use beep_core::port::{Change, Guard, MessageGuard, MessageWrite, NewEvent, Write};
use beep_core::record::{RecordGuard, RecordWrite};

use super::{account_updates, standing};

/// Where a change belongs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Lane {
    /// It only sends messages: all are written together.
    Posts,
    /// It only replaces, removes and pins messages of this backend, and adds to audit logs: all are checked and written
    /// together.
    Edits,
    /// It only adds or takes back one reaction: all are counted and written together.
    Reactions,
    /// It only moves marks of what users have read: of each the last move is written and told.
    ReadMarks,
    /// It only changes members of this backend's spaces, and adds to audit logs: all are checked and written together.
    Members,
    /// It only changes an account, and tells nobody: all are checked and written together.
    Accounts,
    /// It only says how something is by now, which nothing rests on: of several the last is written.
    LastOneWins,
    /// Everything else: made alone, and undone alone when it is refused.
    Facts,
}

impl Lane {
    /// The lane of a change to the database of the backend that owns this domain.
    pub(crate) fn of(change: &Change, own: &Domain) -> Self {
        let Change { guards, writes, events, claim } = change;
        let free = guards.is_empty() && events.is_empty();
        if claim.is_some() || writes.is_empty() {
            Self::Facts
        } else if events.is_empty() && writes.iter().all(sends) && guards.iter().all(standing::is_known) {
            Self::Posts
        } else if free && writes.iter().all(says_how_it_is) {
            Self::LastOneWins
        } else if writes.iter().all(|write| edits(write, own))
            && guards.iter().all(|guard| standing::is_known(guard) || is_of_message(guard, own))
            && events.iter().all(is_of_channel)
        {
            Self::Edits
        } else if let [write] = writes.as_slice()
            && events.is_empty()
            && reacts(write, own)
            && guards.iter().all(standing::is_known)
        {
            Self::Reactions
        } else if events.is_empty()
            && writes.iter().all(|write| matches!(write, Write::Read(_)))
            && guards.iter().all(standing::is_known)
        {
            Self::ReadMarks
        } else if writes.iter().all(|write| updates_member(write, guards, own))
            && guards.iter().all(standing::is_known)
            && events.iter().all(is_of_member)
        {
            Self::Members
        } else if account_updates::update(change).is_some() {
            Self::Accounts
        } else {
            Self::Facts
        }
    }
}

/// Whether what `write` says is said again by `later`, of the lane where the last one wins.
pub(crate) fn is_replaced(write: &Write, later: &Write) -> bool {
    match (write, later) {
        (Write::RemoteProfile(RecordWrite::Put(one)), Write::RemoteProfile(RecordWrite::Put(other))) => {
            one.user.key == other.user.key
        }
        (Write::Presence(RecordWrite::Put(one)), Write::Presence(RecordWrite::Put(other))) => one.user == other.user,
        _ => false,
    }
}

fn says_how_it_is(write: &Write) -> bool {
    matches!(write, Write::RemoteProfile(RecordWrite::Put(_)) | Write::Presence(RecordWrite::Put(_)))
}

fn sends(write: &Write) -> bool {
    matches!(write, Write::Message(MessageWrite::Post { .. }))
}

fn edits(write: &Write, own: &Domain) -> bool {
    match write {
        // It tells of the others.
        Write::Audit(_) => true,
        Write::Message(MessageWrite::Put(message)) => message.channel.home == *own,
        Write::Message(
            MessageWrite::Remove(channel, _) | MessageWrite::Pin { channel, .. } | MessageWrite::Unpin(channel, _),
        ) => channel.home == *own,
        _ => false,
    }
}

fn reacts(write: &Write, own: &Domain) -> bool {
    match write {
        Write::Message(MessageWrite::React { channel, .. }) => channel.home == *own,
        _ => false,
    }
}

/// Whether it changes a member who is known to be one.
fn updates_member(write: &Write, guards: &[Guard], own: &Domain) -> bool {
    let member = match write {
        Write::Member(RecordWrite::Put(member)) => member,
        // It tells of the others.
        write => return matches!(write, Write::Audit(_)),
    };
    let is_theirs = |guard: &Guard| match guard {
        Guard::Member(RecordGuard::Is(known)) => (&known.server, &known.user) == (&member.server, &member.user),
        _ => false,
    };
    member.server.home == *own && guards.iter().any(is_theirs)
}

fn is_of_message(guard: &Guard, own: &Domain) -> bool {
    match guard {
        Guard::Message(MessageGuard::At { channel, .. } | MessageGuard::PinsFewer { channel, .. }) => {
            channel.home == *own
        }
        _ => false,
    }
}

/// Whether it is an event of this backend about a member, in the stream of their space.
fn is_of_member(event: &NewEvent) -> bool {
    match (&event.stream, &event.body) {
        (Stream::Space(space), EventBody::MemberUpdated { member, .. }) => {
            *space == member.server && event.place.is_none()
        }
        _ => false,
    }
}

/// Whether it is an event of this backend about a message, in the stream of its channel.
fn is_of_channel(event: &NewEvent) -> bool {
    match (&event.stream, event.body.message()) {
        (Stream::Channel { id, .. }, Some((channel, _))) => id == channel && event.place.is_none(),
        _ => false,
    }
}
