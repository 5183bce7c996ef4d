//! How the answers of other backends are made to fit: those that are no single thing of theirs.

use std::collections::BTreeSet;

use beep_core::audit::{MOST_CHANGES, MOST_CHARACTERS};
use beep_core::channel::Channel as CoreChannel;
use beep_core::domain::Domain;
use beep_core::id::{UserId, UserKey};
use beep_core::text::{Reason, Topic};

use super::text::{Rule, UNNAMED, is_plain, rule};
use super::{Foreign, Owned};
use crate::federation::{
    Acknowledged, Connected, Contact, Digests, Executed, Heard, Presences, SpaceKind, State, Users,
};
use crate::gateway::{ChannelState, Event, EventData, MessageGone, StreamName};
use crate::id::Full;
use crate::operation::accounts::Registered;
use crate::page::{MAX_LIMIT, Page};
use crate::problem::{FieldError, Problem};
use crate::view::{
    AuditChange, AuditEntry, AuditValue, Backend, Ban, Channel, DomainBan, Explained, FederationStatus, Friend,
    FriendRequest, InvitationPreview, MOST_COUNTED, Member, ModeratedUser, Pin, Reactor, ReadState, RecoveryCodes,
    Report, SecondFactorSetup, SelfUser, Session, SignedIn, User,
};

impl Foreign for () {
    fn fit(&mut self, _: &Domain) -> bool {
        true
    }
}

impl<T: Foreign> Foreign for Page<T> {
    const LIMIT: usize = {
        let all = T::LIMIT.saturating_mul(MAX_LIMIT as usize);
        if all < MOST_OF_PAGE { all } else { MOST_OF_PAGE }
    };

    fn fit(&mut self, of: &Domain) -> bool {
        self.items.retain_mut(|item| item.fit(of));
        self.next = self.next.take().filter(|next| is_plain(next));
        true
    }

    fn members(&mut self) -> Vec<&mut Member> {
        self.items.iter_mut().flat_map(Foreign::members).collect()
    }

    fn authors(&self) -> Vec<&Full<UserId>> {
        self.items.iter().flat_map(Foreign::authors).collect()
    }

    fn silence(&mut self, silenced: &BTreeSet<UserKey>) -> bool {
        self.items.retain_mut(|item| item.silence(silenced));
        true
    }

    fn strangers(&mut self, of: &Domain) -> Vec<&mut User> {
        self.items.iter_mut().flat_map(|item| item.strangers(of)).collect()
    }
}

impl Foreign for Pin {
    fn fit(&mut self, of: &Domain) -> bool {
        self.message.fit(of)
    }

    fn authors(&self) -> Vec<&Full<UserId>> {
        self.message.authors()
    }

    fn silence(&mut self, silenced: &BTreeSet<UserKey>) -> bool {
        self.message.silence(silenced)
    }
}

/// Who reacted may be a user of any backend: the owner says who they are of its own alone.
impl Foreign for Reactor {
    fn fit(&mut self, of: &Domain) -> bool {
        self.0.home() != of || self.0.fit_texts()
    }

    fn strangers(&mut self, of: &Domain) -> Vec<&mut User> {
        Some(&mut self.0).filter(|user| user.home() != of).into_iter().collect()
    }
}

impl Foreign for Ban {
    fn fit(&mut self, _: &Domain) -> bool {
        rule!(Reason).fit_option(&mut self.reason);
        true
    }
}

impl Foreign for DomainBan {
    fn fit(&mut self, _: &Domain) -> bool {
        rule!(Reason).fit_option(&mut self.reason);
        Domain::parse(&self.domain).is_ok()
    }
}

impl Foreign for AuditEntry {
    fn fit(&mut self, _: &Domain) -> bool {
        rule!(Reason).fit_option(&mut self.reason);
        self.changes.truncate(MOST_CHANGES);
        self.changes.retain_mut(|AuditChange { field, before, after }| {
            [before, after].into_iter().flatten().for_each(fit_value);
            is_plain(field)
        });
        [&self.action, &self.target.kind, &self.target.id].into_iter().all(|text| is_plain(text))
    }
}

fn fit_value(value: &mut AuditValue) {
    match value {
        AuditValue::Flag(_) | AuditValue::Number(_) => {}
        AuditValue::Text(text) => Rule { parse: Topic::parse, most: MOST_CHARACTERS }.fit_or(text, ""),
        AuditValue::Names(names) => {
            names.truncate(MOST_OF_PROBLEM);
            names.retain(|name| is_plain(name));
        }
    }
}

impl Foreign for Explained {
    fn fit(&mut self, _: &Domain) -> bool {
        self.because.retain(|because| {
            let texts = [Some(&because.permission), because.granted_by.as_ref(), because.denied_by.as_ref()];
            texts.into_iter().flatten().all(|text| is_plain(text))
        });
        true
    }
}

impl Foreign for InvitationPreview {
    fn fit(&mut self, of: &Domain) -> bool {
        self.server.fit(of) && is_plain(&self.code)
    }
}

impl Foreign for Event {
    fn fit(&mut self, of: &Domain) -> bool {
        let is_theirs = match &self.stream {
            StreamName::Channel(id) => id.is_of(of),
            StreamName::Server(id) => id.is_of(of),
            StreamName::User(_) | StreamName::Other(_) => false,
        };
        is_theirs && is_plain(&self.cursor) && self.data.fit(of)
    }

    fn authors(&self) -> Vec<&Full<UserId>> {
        match &self.data {
            EventData::MessageCreated(message) | EventData::MessageUpdated(message) => message.authors(),
            _ => Vec::new(),
        }
    }

    /// What was written stands as deleted, so that the numbers of the stream have no hole.
    fn silence(&mut self, silenced: &BTreeSet<UserKey>) -> bool {
        if let EventData::MessageCreated(message) | EventData::MessageUpdated(message) = &mut self.data
            && !message.silence(silenced)
        {
            let gone = MessageGone { channel_id: message.channel_id.clone(), id: message.id };
            self.data = EventData::MessageDeleted(gone);
        }
        true
    }
}

impl Foreign for EventData {
    fn fit(&mut self, of: &Domain) -> bool {
        match self {
            Self::MessageCreated(message) | Self::MessageUpdated(message) => message.fit(of),
            Self::MessageDeleted(gone) => gone.channel_id.is_of(of),
            Self::MessagePinned(pin) | Self::MessageUnpinned(pin) => pin.channel_id.is_of(of),
            Self::ReactionAdded(moved) | Self::ReactionRemoved(moved) => moved.channel_id.is_of(of) && moved.fit(),
            Self::ChannelCreated(state) => state.fit(of),
            Self::ChannelUpdated(channel) => channel.fit(of),
            Self::ChannelDeleted(gone) => gone.id.is_of(of),
            Self::ChannelMemberAdded(moved) | Self::ChannelMemberRemoved(moved) => moved.channel_id.is_of(of),
            Self::ServerUpdated(server) => server.fit(of),
            Self::ServerDeleted(gone) => gone.id.is_of(of),
            Self::MemberJoined(joined) => {
                (joined.server, joined.channels) = (None, None);
                joined.member.fit(of)
            }
            Self::MemberUpdated(member) => member.fit(of),
            Self::MemberLeft(gone) | Self::MemberBanned(gone) => gone.server_id.is_of(of),
            Self::RoleCreated(role) | Self::RoleUpdated(role) => role.fit(of),
            Self::RoleDeleted(gone) => gone.server_id.is_of(of),
            // These are in the streams of users alone.
            Self::UserUpdated(_)
            | Self::InvitationReceived(_)
            | Self::InvitationRevoked(_)
            | Self::FriendRequestReceived(_)
            | Self::FriendRequestAccepted(_)
            | Self::FriendRequestDeclined(_)
            | Self::FriendRequestCancelled(_)
            | Self::FriendRemoved(_)
            | Self::ReadUpdated(_)
            | Self::SessionRevoked(_)
            // These are in no log.
            | Self::TypingStarted(_)
            | Self::PresenceUpdated(_) => false,
            Self::Unknown { .. } => true,
        }
    }
}

/// What no backend answers for another.
macro_rules! never_foreign {
    ($($type:ty),+ $(,)?) => { $(
        impl Foreign for $type {
            fn fit(&mut self, _: &Domain) -> bool {
                false
            }
        }
    )+ };
}
never_foreign!(
    Backend,
    FederationStatus,
    Friend,
    FriendRequest,
    ModeratedUser,
    ReadState,
    Registered,
    RecoveryCodes,
    Report,
    SecondFactorSetup,
    SelfUser,
    Session,
    SignedIn,
);

impl Owned for ChannelState {
    const LIMIT: usize = <Channel as Owned>::LIMIT;

    fn home(&self) -> &Domain {
        self.channel.home()
    }

    fn fit_texts(&mut self) -> bool {
        self.seq <= MOST_COUNTED && self.channel.fit_texts()
    }
}

impl Owned for State {
    /// A server with all its channels, and all members that the receiver has in it.
    const LIMIT: usize = 8 << 20;

    fn home(&self) -> &Domain {
        self.server.home()
    }

    fn fit_texts(&mut self) -> bool {
        let server = self.server.server.id.clone();
        self.roles.retain_mut(|role| role.server_id == server && role.fit_texts());
        // A private channel has the id of its space.
        let is_of_it = |channel: &Channel| match &channel.server_id {
            Some(of) => *of == server,
            None => channel.id.0 == CoreChannel::only_of(&server.0),
        };
        self.channels.retain_mut(|state| is_of_it(&state.channel) && state.fit_texts());
        self.members.retain_mut(|member| member.server_id == server && member.fit_texts());
        for ChannelState { channel, .. } in &mut self.channels {
            match self.server.kind {
                SpaceKind::Community if channel.name.is_none() => channel.name = Some(UNNAMED.to_owned()),
                SpaceKind::Community | SpaceKind::Group => {}
                SpaceKind::Direct => channel.name = None,
            }
        }
        self.server.fit_texts()
    }
}

impl Foreign for Users {
    const LIMIT: usize = 512 << 10;

    fn fit(&mut self, of: &Domain) -> bool {
        self.users.retain_mut(|user| user.fit(of));
        true
    }
}

impl Foreign for Presences {
    fn fit(&mut self, of: &Domain) -> bool {
        self.presences.retain(|seen| seen.presence.user.is_of(of));
        true
    }
}

impl Foreign for Contact {
    fn fit(&mut self, _: &Domain) -> bool {
        true
    }
}

impl Foreign for Heard {
    fn fit(&mut self, _: &Domain) -> bool {
        true
    }
}

impl Foreign for Digests {
    fn fit(&mut self, of: &Domain) -> bool {
        self.digests.retain(|one| one.server.is_of(of) && is_plain(&one.digest));
        true
    }
}

/// Its body is made to fit when it is read.
impl Foreign for Executed {
    fn fit(&mut self, _: &Domain) -> bool {
        true
    }
}

impl Foreign for Connected {
    fn fit(&mut self, _: &Domain) -> bool {
        true
    }
}

impl Foreign for Acknowledged {
    fn fit(&mut self, _: &Domain) -> bool {
        true
    }
}

/// A refusal: its words are the owner's, and its code decides.
impl Foreign for Problem {
    fn fit(&mut self, _: &Domain) -> bool {
        let words = Rule { parse: Reason::parse, most: Reason::MAX };
        for text in [&mut self.kind, &mut self.title, &mut self.detail] {
            words.fit_or(text, "");
        }
        self.errors.truncate(MOST_OF_PROBLEM);
        for FieldError { field, code, detail } in &mut self.errors {
            [field, code, detail].into_iter().for_each(|text| words.fit_or(text, ""));
        }
        self.missing.truncate(MOST_OF_PROBLEM);
        self.missing.retain(|name| is_plain(name));
        true
    }
}

/// The most octets of a page.
const MOST_OF_PAGE: usize = 4 << 20;

/// The most fields, and permissions, that a refusal names.
const MOST_OF_PROBLEM: usize = 32;
