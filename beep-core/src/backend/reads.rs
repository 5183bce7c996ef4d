//! What users have read: their marks, which no other backend hears of, and what is unread.
//!
//! A mark rests on the membership and on the facts by which the channel is seen, so there is none in a channel that its user
//! does not see. The store moves it: see [`ReadWrite::Move`].

use std::collections::HashMap;

use crate::backend::{Actor, Backend, Refusal, access, retry_on_conflict};
use crate::channel::{Channel, ChannelKind};
use crate::facts::SpaceFacts;
use crate::id::{ChannelKey, Id, MessageId, SpaceKey, UserKey};
use crate::member::Member;
use crate::permission::Permissions;
use crate::port::{HeldSpace, MessagePage, ReadWrite, StoreError};
use crate::read_state::{self, MOST_UNREAD, ReadMark, ReadPlace, ReadState, UnreadMessage};

/// Marks a channel as read up to a message, if that is further than before. An id that is not there stands for its place.
///
/// # Errors
/// [`Refusal::NotFound`] for who may not view the channel; [`Refusal::Invalid`] for a category.
pub async fn mark_read(
    backend: &Backend,
    actor: &Actor,
    channel: &ChannelKey,
    message: MessageId,
) -> Result<(), Refusal> {
    put(backend, actor, channel, ReadPlace::Read(message)).await
}

/// Makes a message the first unread one, also if all was read.
///
/// # Errors
/// Those of [`mark_read`].
pub async fn mark_unread(
    backend: &Backend,
    actor: &Actor,
    channel: &ChannelKey,
    message: MessageId,
) -> Result<(), Refusal> {
    // Asked for first: who may not view the channel is to learn nothing.
    access::known_with_messages(backend, actor, channel).await?;
    let earlier = backend.store.messages(channel, MessagePage::Before(message), 1).await?;
    let place = earlier.first().map_or_else(|| read_state::before(message), |earlier| earlier.id);
    put(backend, actor, channel, ReadPlace::UnreadAfter(place)).await
}

/// Marks all channels of a server as read that the actor may view.
///
/// # Errors
/// [`Refusal::NotFound`] for who is no member.
pub async fn mark_server_read(backend: &Backend, actor: &Actor, server: &SpaceKey) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let inside = access::known_space(backend, actor, server).await?;
        if inside.facts().server.kind.is_private() {
            return Err(Refusal::NotFound.into());
        }
        let me = actor.as_user()?.id;
        let marks = marks(backend, actor.as_user()?).await?;
        let mut change = inside.in_any_case();
        for channel in backend.store.channels(server).await? {
            let Some(newest) = channel.last_message.filter(|_| inside.sees(channel.id.id)) else { continue };
            let from = marks.get(&channel.id).cloned();
            let from = from.unwrap_or_else(|| ReadMark::of_joining(me, channel.id.clone(), inside.member.joined_at));
            let to = ReadPlace::Read(newest);
            if from.moved(to, Some(newest)).is_some() {
                let state =
                    ReadState { channel: channel.id, last_read: newest, unread: 0, mentions: 0, more: false, newest };
                change = change.write(ReadWrite::Move { from, to, state });
            }
        }
        if change.writes.is_empty() {
            return Ok(());
        }
        backend.commit(None, change).await?;
    })
}

/// Gives what the actor has read of a channel, and what is unread.
///
/// # Errors
/// Those of [`mark_read`].
pub async fn state(backend: &Backend, actor: &Actor, channel: &ChannelKey) -> Result<ReadState, Refusal> {
    let found = access::known_with_messages(backend, actor, channel).await?;
    let mark = mark_of(backend, &found.inside.member, channel).await?;
    let reader = Reader { backend, facts: found.inside.facts(), member: &found.inside.member };
    Ok(reader.count(&found.channel, &mark, None, MOST_UNREAD).await?.0)
}

/// Gives what a user has read of the channels of the servers of a snapshot, and what is unread as of the snapshot: of those that they have
/// marked, and of those with something unread. The counts of all of them together cost no more than [`MOST_LOOKED_AT`]
/// messages: past that of each channel it is said that something is unread, and no more.
///
/// # Errors
/// Only when the store fails.
pub async fn states(
    backend: &Backend,
    user: &UserKey,
    servers: impl Iterator<Item = &HeldSpace>,
) -> Result<Vec<ReadState>, StoreError> {
    let marks = marks(backend, user).await?;
    let (mut states, mut left) = (Vec::new(), MOST_LOOKED_AT);
    for HeldSpace { facts, member, .. } in servers {
        let visible = facts.visible(member, backend.now());
        let channels = visible.iter().filter_map(|channel| facts.channels.get(channel));
        for channel in channels.filter(|channel| channel.kind != ChannelKind::Category) {
            let Some(newest) = channel.last_message else { continue };
            if states.len() >= MOST_STATES {
                return Ok(states);
            }
            let marked = marks.get(&channel.id);
            let mark = marked.cloned();
            let mark = mark.unwrap_or_else(|| ReadMark::of_joining(user.id, channel.id.clone(), member.joined_at));
            let reader = Reader { backend, facts, member };
            let (state, looked_at) = reader.count(channel, &mark, Some(newest), left.clamp(1, MOST_UNREAD)).await?;
            left = left.saturating_sub(looked_at);
            if marked.is_some() || state.unread > 0 {
                states.push(state);
            }
        }
    }
    Ok(states)
}

/// The most messages that are looked at to count what is unread in a snapshot.
pub const MOST_LOOKED_AT: u32 = 20_000;

/// The most channels of which a snapshot says what was read.
pub const MOST_STATES: usize = 10_000;

async fn put(backend: &Backend, actor: &Actor, channel: &ChannelKey, to: ReadPlace) -> Result<(), Refusal> {
    retry_on_conflict!(backend, {
        let found = access::known_with_messages(backend, actor, channel).await?;
        let member = &found.inside.member;
        let from = mark_of(backend, member, channel).await?;
        let (ReadPlace::Read(place) | ReadPlace::UnreadAfter(place)) = to;
        if matches!(to, ReadPlace::Read(_)) && place <= from.last_read {
            return Ok(());
        }
        let reader = Reader { backend, facts: found.inside.facts(), member };
        let unread = backend.store.unread(channel, place, end(), MOST_UNREAD).await?;
        let newest = unread.first().map_or(place, |newest| newest.id);
        // What of it the newest message of the moment decides, the store does.
        let mark = from.moved(to, Some(newest)).unwrap_or_else(|| from.clone());
        let state =
            reader.counted(&found.channel, &mark, newest, &unread, unread.len() >= MOST_UNREAD as usize).await?;
        let change = found.inside.in_any_case().write(ReadWrite::Move { from, to, state });
        backend.commit(None, change).await?;
    })
}

async fn mark_of(backend: &Backend, member: &Member, channel: &ChannelKey) -> Result<ReadMark, StoreError> {
    let mark = backend.store.read_mark(member.user.id, channel).await?;
    Ok(mark.unwrap_or_else(|| ReadMark::of_joining(member.user.id, channel.clone(), member.joined_at)))
}

async fn marks(backend: &Backend, user: &UserKey) -> Result<HashMap<ChannelKey, ReadMark>, StoreError> {
    let marks = backend.store.read_marks(user.id).await?;
    Ok(marks.into_iter().map(|mark| (mark.channel.clone(), mark)).collect())
}

/// A member who reads.
struct Reader<'a> {
    backend: &'a Backend,
    facts: &'a SpaceFacts,
    member: &'a Member,
}

impl Reader<'_> {
    /// What is unread up to a message, or up to the newest, and how many messages were looked at for it.
    async fn count(
        &self,
        channel: &Channel,
        mark: &ReadMark,
        up_to: Option<MessageId>,
        limit: u32,
    ) -> Result<(ReadState, u32), StoreError> {
        let after = mark.last_read;
        let unread = match up_to {
            Some(up_to) if up_to <= after => Vec::new(),
            up_to => self.backend.store.unread(&channel.id, after, up_to.unwrap_or_else(end), limit).await?,
        };
        let newest = up_to.or(unread.first().map(|newest| newest.id)).unwrap_or(after);
        let state = self.counted(channel, mark, newest, &unread, unread.len() >= limit as usize).await?;
        Ok((state, u32::try_from(unread.len()).unwrap_or(u32::MAX)))
    }

    async fn counted(
        &self,
        channel: &Channel,
        mark: &ReadMark,
        newest: MessageId,
        unread: &[UnreadMessage],
        more: bool,
    ) -> Result<ReadState, StoreError> {
        let me = &self.member.user;
        let mut for_me = Vec::new();
        let mut authors: HashMap<&UserKey, Author> = HashMap::new();
        for message in unread {
            let (to_me, to_many) = self.is_meant(message);
            if !to_me && !to_many {
                continue;
            }
            let author = match &message.author {
                None => Author { is_blocked: false, may_mention_many: false },
                Some(author) => match authors.get(author) {
                    Some(known) => *known,
                    None => *authors.entry(author).or_insert(self.author(channel, author).await?),
                },
            };
            if !author.is_blocked && (to_me || author.may_mention_many) {
                for_me.push(message.id);
            }
        }
        Ok(read_state::count(mark, me, newest, unread, more, |message| for_me.contains(&message.id)))
    }

    /// Whether a message is for the reader themself, and whether it is for many of whom they are one.
    fn is_meant(&self, message: &UnreadMessage) -> (bool, bool) {
        let me = &self.member.user;
        let mentions = &message.mentions;
        let to_me =
            self.facts.server.kind.is_private() || message.answers.as_ref() == Some(me) || mentions.users.contains(me);
        let to_many = mentions.everyone || mentions.roles.iter().any(|role| self.member.roles.contains(role));
        (to_me, to_many)
    }

    async fn author(&self, channel: &Channel, author: &UserKey) -> Result<Author, StoreError> {
        let Self { backend, facts, member } = self;
        let server = &facts.server.id;
        let is_blocked = backend.store.block(member.user.id, author).await?.is_some();
        // Of whom is no member any more, or is not known here to be one, what everybody may do is known. What silences them
        // now did not then.
        let known = backend.store.member(server, author).await?;
        let known = known.unwrap_or_else(|| Member::joining(server.clone(), author.clone(), backend.now()));
        let known = Member { muted_until: None, restricted_until: None, ..known };
        let held = facts.permissions_in(&known, channel.id.id, backend.now());
        Ok(Author { is_blocked, may_mention_many: held.contains(Permissions::MANAGE_MESSAGES) })
    }
}

/// What of an author decides whether a message is for somebody.
#[derive(Clone, Copy)]
struct Author {
    is_blocked: bool,
    may_mention_many: bool,
}

/// The place after every message.
fn end() -> MessageId {
    MessageId::from_uuid(uuid::Uuid::max())
}
