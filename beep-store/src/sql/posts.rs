//! Sending messages: the writes that come by the thousand.
//!
//! A run of changes that only send costs as many statements as one of them: the messages are stamped here and
//! written together.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use beep_core::author::Author;
use beep_core::event::{Event, EventBody, Scope, Stream};
use beep_core::id::{self, ChannelKey, MessageId, SpaceKey, UserKey};
use beep_core::message::{Draft, Message};
use beep_core::port::{Change, CommitError, Committed, MessageWrite, StoreError, Write, new_id};
use beep_core::text::Nonce;

use super::arg::args;
use super::batch::Batch;
use super::group::{Group, Outcome};
use super::known::KnownMessage;
use super::stream_key::StreamKey;
use super::{author, content, messages, standing};

/// Makes a run of changes that do nothing but send.
pub(crate) async fn send_all(group: &mut Group<'_>, run: &[&Change]) -> Result<Vec<Outcome>, StoreError> {
    let all = run.iter().flat_map(|change| posts(change));
    standing::look_up(group, all.map(|(_, draft)| &draft.channel), run).await?;
    let known = &*group.known;
    let sound = |change: &Change| {
        change.guards.iter().all(|guard| standing::stands(known, guard))
            && posts(change).all(|(server, draft)| known.space_of(&draft.channel) == Some(server))
    };
    let sound: Vec<bool> = run.iter().map(|change| sound(change)).collect();
    let drafts = run.iter().zip(&sound).filter(|(_, sound)| **sound).flat_map(|(change, _)| posts(change));
    let drafts: Vec<_> = drafts.collect();
    let mut sent = write(group, &drafts).await?.into_iter();
    let outcomes = run.iter().zip(&sound).map(|(change, sound)| {
        if !sound {
            return Err(CommitError::Stale);
        }
        let mut committed = Committed::default();
        for sent in sent.by_ref().take(posts(change).count()) {
            committed.events.extend(sent.event);
            committed.posted.push(sent.message);
        }
        Ok(committed)
    });
    Ok(outcomes.collect())
}

/// Sends one message as part of a change that does more.
pub(crate) async fn send(group: &mut Group<'_>, server: &SpaceKey, draft: &Draft) -> Result<Message, CommitError> {
    standing::look_up(group, std::iter::once(&draft.channel), &[]).await?;
    if group.known.space_of(&draft.channel) != Some(server) {
        return Err(CommitError::Stale);
    }
    let sent = write(group, &[(server, draft)]).await?.pop();
    Ok(sent.ok_or_else(|| StoreError::new("what was sent gave no message"))?.message)
}

/// A message that was sent, or had been: then there is no event.
#[derive(Clone)]
struct Sent {
    message: Message,
    event: Option<Arc<Event>>,
}

/// What a message is known by to its author, who is a user.
type NonceKey<'a> = (&'a ChannelKey, &'a UserKey, &'a Nonce);

fn nonce_key<'a>(channel: &'a ChannelKey, author: &'a Author, nonce: Option<&'a Nonce>) -> Option<NonceKey<'a>> {
    Some((channel, author.user()?, nonce?))
}

/// Stamps and writes messages to channels that are there, in order, and gives them in the same order.
async fn write(group: &mut Group<'_>, drafts: &[(&SpaceKey, &Draft)]) -> Result<Vec<Sent>, StoreError> {
    let mut last: HashMap<&ChannelKey, MessageId> = HashMap::new();
    let mut first: HashMap<NonceKey<'_>, usize> = HashMap::new();
    // For each draft the message that it becomes, or the number of an earlier draft that is the same message.
    let mut plan: Vec<Result<Message, usize>> = Vec::with_capacity(drafts.len());
    for (number, (_, draft)) in drafts.iter().enumerate() {
        let channel = &draft.channel;
        if let Some(key) = nonce_key(channel, &draft.author, draft.nonce.as_ref()) {
            let earlier = *first.entry(key).or_insert(number);
            if earlier < number {
                plan.push(Err(earlier));
                continue;
            }
        }
        let before = last.get(channel).copied().or_else(|| group.log.last_message(&StreamKey::channel(channel)));
        let id = id::after(new_id(group.now, &*group.parts.entropy), before);
        last.insert(channel, id);
        plan.push(Ok((*draft).clone().stamp(id, group.now)));
    }
    let written: Vec<&Message> = plan.iter().flatten().collect();
    let mut kept = insert(group, &written).await?;
    let mut sent: Vec<Sent> = Vec::with_capacity(drafts.len());
    for ((server, _), planned) in drafts.iter().zip(plan) {
        let one = match planned {
            Err(earlier) => Sent { event: None, ..sent[earlier].clone() },
            Ok(message) => match kept.remove(&message.id) {
                Some(message) => Sent { message, event: None },
                None => {
                    group.known.learn_message(message.channel.clone(), message.id, KnownMessage::of(&message));
                    let stream = Stream::Channel { id: message.channel.clone(), server: server.id };
                    let body = EventBody::MessageCreated(message.clone());
                    let event = group.log.append(stream, &[Scope::Space((*server).clone())], body, None);
                    Sent { message, event: Some(event) }
                }
            },
        };
        sent.push(one);
    }
    Ok(sent)
}

/// Writes messages down. Those whose nonce was used before are not, and their ids come back with the message that
/// was sent then.
async fn insert(group: &mut Group<'_>, written: &[&Message]) -> Result<BTreeMap<MessageId, Message>, StoreError> {
    let vias: Vec<Option<String>> = written.iter().map(|message| author::via(&message.author)).collect();
    let mut rows = Vec::with_capacity(written.len() * 11);
    for (message, via) in written.iter().zip(&vias) {
        rows.extend(args![message.channel.id, &message.channel.home, message.id]);
        rows.extend(author::values(&message.author, via.as_deref()));
        rows.extend(content::values(&message.content));
        rows.extend(args![message.created_at, message.reply_to, message.nonce.as_ref().map(Nonce::as_str)]);
    }
    let new = INSERT_MESSAGES.execute(group.connection, &rows).await?;
    if new == written.len() as u64 {
        return Ok(BTreeMap::new());
    }
    let mut asked = Vec::new();
    for message in written {
        let key = nonce_key(&message.channel, &message.author, message.nonce.as_ref());
        let Some((channel, author, nonce)) = key else { continue };
        asked.extend(args![channel.id, &channel.home, author.id, &author.home, nonce.as_str()]);
    }
    let mut found = HashMap::new();
    let kept = BY_NONCES.fetch(group.connection, &asked).await?;
    let kept = messages::read_all(group.connection, &kept).await?;
    for message in &kept {
        found.extend(nonce_key(&message.channel, &message.author, message.nonce.as_ref()).map(|key| (key, message)));
    }
    let mut repeated = BTreeMap::new();
    for message in written {
        let key = nonce_key(&message.channel, &message.author, message.nonce.as_ref());
        match key.and_then(|key| found.get(&key)) {
            Some(first) if first.id != message.id => {
                repeated.insert(message.id, (*first).clone());
            }
            _ => {}
        }
    }
    if new + repeated.len() as u64 != written.len() as u64 {
        return Err(StoreError::new("a message was not written for a reason that is no nonce"));
    }
    Ok(repeated)
}

/// The messages that a change sends.
fn posts(change: &Change) -> impl Iterator<Item = (&SpaceKey, &Draft)> {
    change.writes.iter().filter_map(|write| match write {
        Write::Message(MessageWrite::Post { server, draft }) => Some((server, draft)),
        _ => None,
    })
}

static INSERT_MESSAGES: Batch = Batch::new(
    "INSERT INTO message (
        channel_id,
        origin,
        id,
        author_id,
        author_origin,
        via,
        content,
        sealed,
        created_at,
        reply_to,
        nonce
    ) ",
    11,
    " ON CONFLICT DO NOTHING",
);

static BY_NONCES: Batch = Batch::new(
    concat!(
        "SELECT ",
        messages::columns!(),
        " FROM message
        WHERE (
            message.channel_id,
            message.origin,
            message.author_id,
            message.author_origin,
            message.nonce
        ) IN ("
    ),
    5,
    ")",
);
