//! What users have read.

use std::time::Duration;

use beep_core::event::{EventBody, Stream};
use beep_core::id::{ChannelKey, Id, MessageId, UserKey};
use beep_core::message::{Draft, Message};
use beep_core::port::{Change, Committed, ReadWrite, SpaceWrite};
use beep_core::read_state::{ReadMark, ReadPlace, ReadState};
use beep_core::record::RecordGuard;
use beep_core::replica::Replica;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::Stage;
use super::sample::{Community, NOW, channel, community, namesake, nth, user};

fn unmarked(user: &UserKey, channel: &ChannelKey) -> ReadMark {
    ReadMark::of_joining(user.id, channel.clone(), NOW)
}

fn moves(user: &UserKey, channel: &ChannelKey, to: ReadPlace) -> ReadWrite {
    let (ReadPlace::Read(place) | ReadPlace::UnreadAfter(place)) = to;
    let channel_key = channel.clone();
    let state =
        ReadState { channel: channel_key, last_read: place, unread: 0, mentions: 0, more: false, newest: place };
    ReadWrite::Move { from: unmarked(user, channel), to, state }
}

fn marks(user: &UserKey, channel: &ChannelKey, to: ReadPlace) -> Change {
    Change::default().write(moves(user, channel, to))
}

fn told(committed: &Committed) -> Vec<(Stream, MessageId)> {
    let states = committed.events.iter().filter_map(|event| match &event.body {
        EventBody::ReadUpdated(state) => Some((event.stream.clone(), state.last_read)),
        _ => None,
    });
    states.collect()
}

/// The id of a message that was sent so many milliseconds after everything began.
fn sent_after(millis: u64) -> MessageId {
    MessageId::generate(NOW.after(Duration::from_millis(millis)), [0; 10])
}

async fn said(stage: &Stage, community: &Community, texts: &[&str]) -> Vec<Message> {
    let mut sent = Vec::new();
    for text in texts {
        sent.extend(stage.commit(community.says(text)).await.posted);
    }
    sent
}

async fn kept(stage: &Stage, user: &UserKey, channel: &ChannelKey) -> Option<MessageId> {
    stage.store.read_mark(user.id, channel).await.expect("read").map(|mark| mark.last_read)
}

/// A mark moves forward, back where that is asked for, and never past the newest message; its user alone is told.
pub async fn a_mark_moves_as_its_user_wants(stage: &Stage) {
    let community = community(stage).await;
    let (reader, channel) = (user(1), community.channel.id.clone());
    let nothing = stage.commit(marks(&reader, &channel, ReadPlace::Read(nth(5)))).await;
    assert_eq!((told(&nothing), kept(stage, &reader, &channel).await), (Vec::new(), None), "nothing is there to read");
    let sent = said(stage, &community, &["one", "two", "three"]).await;
    let stream = Stream::User(reader.clone());
    let far = MessageId::from_uuid(Uuid::max());
    for (to, expected) in [
        (ReadPlace::Read(sent[1].id), Some(sent[1].id)),
        (ReadPlace::Read(sent[1].id), None),
        (ReadPlace::Read(sent[0].id), None),
        (ReadPlace::Read(far), Some(sent[2].id)),
        (ReadPlace::UnreadAfter(sent[0].id), Some(sent[0].id)),
        (ReadPlace::UnreadAfter(sent[0].id), None),
    ] {
        let before = kept(stage, &reader, &channel).await;
        let committed = stage.commit(marks(&reader, &channel, to)).await;
        let expected_told: Vec<_> = expected.iter().map(|last| (stream.clone(), *last)).collect();
        assert_eq!(told(&committed), expected_told, "{to:?}");
        assert_eq!(kept(stage, &reader, &channel).await, expected.or(before), "{to:?}");
    }
    let mark = stage.store.read_mark(reader.id, &channel).await.expect("read").expect("it is there");
    assert_eq!(mark.own_after, sent[2].id);
    assert_eq!(stage.store.read_marks(reader.id).await.expect("read"), [mark]);
    assert_eq!(stage.store.read_marks(user(2).id).await.expect("read"), []);
    // It rests on the membership by which its user sees the channel.
    let gone = Change::default().guard(RecordGuard::Is(community.member(user(2))));
    stage.stale(gone.write(moves(&user(2), &channel, ReadPlace::Read(sent[2].id)))).await;
    assert_eq!(kept(stage, &user(2), &channel).await, None);
}

/// Of marks that are moved at once each ends where it was moved last, and messages that are sent with them are as good as
/// without.
pub async fn many_marks_at_once_end_where_they_were_moved_last(stage: &Stage) {
    let community = community(stage).await;
    let channel = community.channel.id.clone();
    let sent = said(stage, &community, &["one", "two", "three"]).await;
    let both = Change::default().write(moves(&user(3), &channel, ReadPlace::Read(sent[0].id))).write(moves(
        &user(3),
        &channel,
        ReadPlace::Read(sent[2].id),
    ));
    let mut changes = vec![both, community.says("four")];
    for n in 4..20 {
        changes.push(marks(&user(n), &channel, ReadPlace::Read(sent[usize::from(n % 2 == 0)].id)));
    }
    let mut running = JoinSet::new();
    for change in changes {
        let store = stage.store.clone();
        running.spawn(async move { store.commit(change).await });
    }
    let done = running.join_all().await;
    let done: Vec<Committed> = done.into_iter().map(|done| done.expect("it is sound")).collect();
    assert_eq!(done.iter().map(|done| done.posted.len()).sum::<usize>(), 1);
    let moved = done.iter().flat_map(told).filter(|(stream, _)| *stream == Stream::User(user(3)));
    assert_eq!(moved.last().map(|(_, last_read)| last_read), Some(sent[2].id));
    assert_eq!(kept(stage, &user(3), &channel).await, Some(sent[2].id));
    for n in 4..20 {
        assert_eq!(kept(stage, &user(n), &channel).await, Some(sent[usize::from(n % 2 == 0)].id));
    }
}

/// What is unread says who wrote it, whom it answers and mentions, newest first.
pub async fn unread_messages_say_whom_they_are_for(stage: &Stage) {
    let community = community(stage).await;
    let channel = community.channel.id.clone();
    let sent = said(stage, &community, &["one", "`@everyone`"]).await;
    let mention = format!("<@{}> @everyone", user(3));
    let answer = Draft { author: user(2).into(), reply_to: Some(sent[0].id), ..community.draft(&mention) };
    let change = Change::reading(&community.id(), 1).write(community.post(answer));
    let answer = stage.commit(change).await.posted.remove(0);
    let unread = async |after: MessageId, up_to: MessageId, limit| {
        stage.store.unread(&channel, after, up_to, limit).await.expect("read")
    };
    let all = unread(sent[0].id, answer.id, 10).await;
    assert_eq!(all.iter().map(|message| message.id).collect::<Vec<_>>(), [answer.id, sent[1].id]);
    assert_eq!((all[0].author.as_ref(), all[0].answers.as_ref()), (Some(&user(2)), Some(&user(1))));
    assert_eq!((all[0].mentions.users.as_slice(), all[0].mentions.everyone), ([user(3)].as_slice(), true));
    assert_eq!((all[1].answers.as_ref(), all[1].mentions.everyone), (None, false), "code mentions nobody");
    assert_eq!(unread(sent[0].id, answer.id, 1).await, all[..1]);
    assert_eq!(unread(sent[0].id, sent[1].id, 10).await, all[1..]);
    assert_eq!(unread(answer.id, answer.id, 10).await, []);
}

/// A mark goes with its channel, its server, its user's membership and its account.
pub async fn a_mark_goes_with_what_it_is_of(stage: &Stage) {
    let community = community(stage).await;
    let first = community.channel.id.clone();
    let other = channel(77, &community.server);
    stage.commit(Change::default().put(other.clone())).await;
    stage.commit(community.joined_by(user(2))).await;
    let sent = said(stage, &community, &["one"]).await.remove(0);
    let elsewhere = Draft { channel: other.id.clone(), ..community.draft("one") };
    let change = Change::reading(&community.id(), 1).write(community.post(elsewhere));
    let away = stage.commit(change).await.posted.remove(0);
    for reader in [user(1), user(2)] {
        stage.commit(marks(&reader, &first, ReadPlace::Read(sent.id))).await;
        stage.commit(marks(&reader, &other.id, ReadPlace::Read(away.id))).await;
    }
    let count = async |n: u64| stage.store.read_marks(user(n).id).await.expect("read").len();
    assert_eq!((count(1).await, count(2).await), (2, 2));
    stage.commit(Change::default().remove::<beep_core::member::Member>((community.id(), user(2)))).await;
    assert_eq!((count(1).await, count(2).await), (2, 0));
    stage.commit(Change::default().remove::<beep_core::channel::Channel>(other.id.clone())).await;
    assert_eq!(count(1).await, 1);
    stage.commit(Change::default().write(SpaceWrite::Remove(community.id()))).await;
    assert_eq!(count(1).await, 0);
}

/// A replica that is replaced whole keeps what its members have read.
pub async fn marks_outlive_that_a_replica_is_replaced(stage: &Stage) {
    let here = community(stage).await;
    let home = namesake(1).home;
    let mut server = here.server.clone();
    server.id.home = home.clone();
    let mut channel = here.channel.clone();
    channel.id.home = home;
    channel.last_message = Some(sent_after(50));
    let mut everyone = here.everyone.clone();
    everyone.server = server.id.clone();
    let members = [user(1), user(2)].map(|user| beep_core::member::Member::joining(server.id.clone(), user, NOW));
    let facts = beep_core::facts::SpaceFacts::new(server, 1, [everyone], [channel.clone()]).expect("it has the role");
    let replica = |members: &[beep_core::member::Member]| {
        let channel_seqs = [(channel.id.id, 3)].into();
        let replica = Replica { facts: facts.clone().into(), members: members.to_vec(), seq: 1, channel_seqs };
        // Where streams are is written with an event, of which there always is one.
        let told = EventBody::SessionRevoked { id: nth(1) };
        Change::default().write(SpaceWrite::Replicate(Box::new(replica))).user_event(&user(1), told)
    };
    stage.commit(replica(&members)).await;
    for reader in [user(1), user(2)] {
        let marked = stage.commit(marks(&reader, &channel.id, ReadPlace::Read(sent_after(40)))).await;
        assert_eq!(told(&marked).len(), 1);
    }
    stage.clock.set(NOW.after(Duration::from_secs(1)));
    stage.commit(replica(&members[..1])).await;
    assert_eq!(kept(stage, &user(1), &channel.id).await, Some(sent_after(40)));
    assert_eq!(kept(stage, &user(2), &channel.id).await, None, "who is not in it any more has read nothing there");
}
