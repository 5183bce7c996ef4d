//! Reactions to messages.

use beep_core::event::EventBody;
use beep_core::id::{MessageId, UserKey};
use beep_core::message::Message;
use beep_core::port::{Change, MessageGuard, MessageWrite, ReactionChange, ReactionNumber, SpaceWrite, Write};
use beep_core::reaction::{MOST_EMOJI, Reaction, Reactions};
use beep_core::text::Emoji;
use beep_core::time::Timestamp;

use super::Stage;
use super::concurrency::all_at_a_time;
use super::sample::{Community, NOW, community, namesake, nth, user};

fn emoji(text: &str) -> Emoji {
    Emoji::parse(text).expect("an emoji")
}

fn counted<const N: usize>(of: [(&str, u64); N]) -> Reactions {
    of.into_iter().map(|(text, count)| Reaction { emoji: emoji(text), count }).collect()
}

/// What is asked of one message.
struct Asked<'s> {
    stage: &'s Stage,
    community: Community,
    id: MessageId,
}

impl<'s> Asked<'s> {
    async fn of(stage: &'s Stage) -> Self {
        let community = community(stage).await;
        let id = stage.commit(community.says("one")).await.posted.remove(0).id;
        Self { stage, community, id }
    }

    fn change(&self, text: &str, change: ReactionChange) -> Change {
        let (server, channel) = (self.community.server.id.clone(), self.community.channel.id.clone());
        let emoji = emoji(text);
        Change::default().write(MessageWrite::React { server, channel, id: self.id, emoji, change })
    }

    fn adds(&self, text: &str, user: UserKey) -> Change {
        self.change(text, ReactionChange::Add(user))
    }

    fn removes(&self, text: &str, user: UserKey) -> Change {
        self.change(text, ReactionChange::Remove(user))
    }

    /// Commits a change; gives what the log tells of it.
    async fn told(&self, change: Change) -> Vec<EventBody> {
        let committed = self.stage.commit(change).await;
        committed.events.iter().map(|event| event.body.clone()).collect()
    }

    async fn message(&self) -> Option<Message> {
        self.stage.store.message(&self.community.channel.id, self.id).await.expect("read")
    }

    async fn counts<const N: usize>(&self, expected: [(&str, u64); N]) {
        let found = self.message().await.map(|message| message.reactions);
        assert_eq!(found, Some(counted(expected)));
    }

    async fn reactors(&self, text: &str, after: ReactionNumber, limit: u32) -> Vec<(ReactionNumber, UserKey)> {
        let channel = &self.community.channel.id;
        self.stage.store.reactors(channel, self.id, &emoji(text), after, limit).await.expect("read")
    }

    async fn users(&self, text: &str) -> Vec<UserKey> {
        let found = self.reactors(text, ReactionNumber::default(), 100).await;
        found.into_iter().map(|(_, user)| user).collect()
    }

    async fn by(&self, user: &UserKey) -> Vec<Emoji> {
        let (store, channel) = (&self.stage.store, &self.community.channel.id);
        let found = store.reactions_by(channel, &[self.id, nth(77)], user).await.expect("read");
        found.into_iter().map(|(_, emoji)| emoji).collect()
    }
}

/// Reactions are counted by emoji, in the order in which each was first used, and who reacted is kept, oldest first. Twice
/// is once, and tells nobody.
pub async fn reactions_are_counted_and_kept_by_user(stage: &Stage) {
    let asked = Asked::of(stage).await;
    let (channel, id) = (asked.community.channel.id.clone(), asked.id);
    let added = |text: &str, user: UserKey, count| EventBody::ReactionAdded {
        channel: channel.clone(),
        id,
        emoji: emoji(text),
        user,
        count,
    };
    let removed = |text: &str, user: Option<UserKey>, count| EventBody::ReactionRemoved {
        channel: channel.clone(),
        id,
        emoji: emoji(text),
        user,
        count,
    };
    assert_eq!(asked.told(asked.adds("👍", user(1))).await, [added("👍", user(1), 1)]);
    assert_eq!(asked.told(asked.adds("❤", namesake(1))).await, [added("❤", namesake(1), 1)]);
    assert_eq!(asked.told(asked.adds("👍", namesake(1))).await, [added("👍", namesake(1), 2)]);
    assert_eq!(asked.told(asked.adds("👍", user(1))).await, []);
    asked.counts([("👍", 2), ("❤", 1)]).await;
    assert_eq!(asked.users("👍").await, [user(1), namesake(1)]);
    assert_eq!(asked.users("🎉").await, []);
    assert_eq!(asked.by(&user(1)).await, [emoji("👍")]);
    assert_eq!(asked.by(&namesake(1)).await, [emoji("❤"), emoji("👍")]);
    assert_eq!(asked.by(&user(2)).await, []);
    // In pages.
    let first = asked.reactors("👍", ReactionNumber::default(), 1).await;
    let rest = asked.reactors("👍", first[0].0, 1).await;
    assert_eq!((&first[0].1, &rest[0].1), (&user(1), &namesake(1)));
    assert_eq!(asked.reactors("👍", rest[0].0, 1).await, []);
    // Back, and once more: then it comes last.
    assert_eq!(asked.told(asked.removes("👍", user(1))).await, [removed("👍", Some(user(1)), 1)]);
    assert_eq!(asked.told(asked.removes("👍", user(1))).await, []);
    assert_eq!(asked.told(asked.removes("🎉", user(1))).await, []);
    asked.told(asked.adds("👍", user(1))).await;
    assert_eq!(asked.users("👍").await, [namesake(1), user(1)]);
    // All at once; nothing of it comes back with the next.
    let clear = || asked.change("👍", ReactionChange::Clear);
    assert_eq!(asked.told(clear()).await, [removed("👍", None, 0)]);
    stage.stale(clear()).await;
    asked.counts([("❤", 1)]).await;
    assert_eq!((asked.users("👍").await, asked.by(&user(1)).await), (Vec::new(), Vec::new()));
    assert_eq!(asked.told(asked.adds("👍", user(2))).await, [added("👍", user(2), 1)]);
    assert_eq!(asked.users("👍").await, [user(2)]);
    asked.counts([("❤", 1), ("👍", 1)]).await;
    asked.told(asked.removes("❤", namesake(1))).await;
    asked.counts([("👍", 1)]).await;
}

/// A message has so many different emoji, and one that is deleted has none, and takes none.
pub async fn reactions_are_bounded_and_go_with_their_message(stage: &Stage) {
    let asked = Asked::of(stage).await;
    // Those of 🌀 and what follows.
    let many = (0..=MOST_EMOJI).filter_map(|n| char::from_u32(0x1f300 + u32::try_from(n).ok()?)).map(String::from);
    let many: Vec<String> = many.collect();
    for text in &many[..MOST_EMOJI] {
        asked.told(asked.adds(text, user(1))).await;
    }
    stage.stale(asked.adds(&many[MOST_EMOJI], user(1))).await;
    asked.told(asked.adds(&many[0], user(2))).await;
    asked.told(asked.removes(&many[1], user(1))).await;
    asked.told(asked.adds(&many[MOST_EMOJI], user(2))).await;
    let found = asked.message().await.expect("it is there");
    assert_eq!((found.reactions.len(), found.reactions.count(&emoji(&many[0]))), (MOST_EMOJI, 2));
    assert_eq!(asked.by(&user(1)).await.len(), MOST_EMOJI - 1);
    let channel = asked.community.channel.id.clone();
    stage.commit(Change::default().write(MessageWrite::Remove(channel, asked.id))).await;
    assert_eq!(asked.message().await, None);
    assert_eq!((asked.users(&many[0]).await, asked.by(&user(1)).await), (Vec::new(), Vec::new()));
    stage.stale(asked.adds("👍", user(1))).await;
    stage.stale(asked.removes(&many[0], user(1))).await;
    // In a channel that is of another server.
    let elsewhere = |change: Change| {
        let mut change = change;
        change.writes.iter_mut().for_each(|write| {
            if let Write::Message(MessageWrite::React { server, .. }) = write {
                server.id = nth(78);
            }
        });
        change
    };
    let id = stage.commit(asked.community.says("two")).await.posted.remove(0).id;
    let other = Asked { id, ..asked };
    stage.stale(elsewhere(other.adds("👍", user(1)))).await;
    other.told(other.adds("👍", user(1))).await;
}

/// An edit leaves the reactions as they are, and tells of those that there are as it is committed.
pub async fn an_edit_tells_of_the_reactions_of_its_moment(stage: &Stage) {
    let asked = Asked::of(stage).await;
    let as_read = asked.message().await.expect("it is there");
    asked.told(asked.adds("👍", user(1))).await;
    let edited = Message { edited_at: Some(NOW), ..as_read.clone() };
    let edit = |edited: &Message, before: &Message| {
        Change::default()
            .guard(MessageGuard::as_read(before))
            .write(MessageWrite::Put(edited.clone()))
            .channel_event(&asked.community.channel, EventBody::MessageUpdated(edited.clone()))
    };
    let counted = |of: &Message, reactions| EventBody::MessageUpdated(Message { reactions, ..of.clone() });
    assert_eq!(asked.told(edit(&edited, &as_read)).await, [counted(&edited, counted_once())]);
    asked.counts([("👍", 1)]).await;
    // What was read before it was cleared.
    let with_it = Message { reactions: counted_once(), ..edited.clone() };
    asked.told(asked.change("👍", ReactionChange::Clear)).await;
    let later = Message { edited_at: Some(Timestamp::from_millis(NOW.millis() + 1)), ..with_it };
    assert_eq!(asked.told(edit(&later, &edited)).await, [counted(&later, Reactions::default())]);
}

fn counted_once() -> Reactions {
    counted([("👍", 1)])
}

/// Many who react at a time are counted one after the other, and each is told of how many there are.
pub async fn reactions_at_a_time_are_counted_once_each(stage: &Stage) {
    let asked = Asked::of(stage).await;
    let everybody: Vec<UserKey> = (1..=40).map(user).collect();
    let changes = everybody.iter().flat_map(|user| {
        [asked.adds("👍", user.clone()), asked.adds("👍", user.clone()), asked.adds("🎉", user.clone())]
    });
    let mut counts = Vec::new();
    for done in all_at_a_time(stage, changes.collect()).await {
        for event in done.expect("none of them rests on anything").events {
            if let EventBody::ReactionAdded { emoji: with, count, .. } = &event.body
                && *with == emoji("👍")
            {
                counts.push(*count);
            }
        }
    }
    counts.sort_unstable();
    assert_eq!(counts, (1..=40).collect::<Vec<u64>>());
    let found = asked.message().await.expect("it is there").reactions;
    assert_eq!((found.count(&emoji("👍")), found.count(&emoji("🎉"))), (40, 40));
    let mut users = asked.users("👍").await;
    users.sort_unstable();
    let mut expected = everybody;
    expected.sort_unstable();
    assert_eq!(users, expected);
}

/// The copy of another backend's message is reacted to as its owner says last, whichever way that comes.
pub async fn a_copy_is_reacted_to_as_its_owner_says(stage: &Stage) {
    let community = community(stage).await;
    let said = stage.commit(community.says("one")).await.posted.remove(0);
    let home = namesake(1).home;
    let mut server = community.server.clone();
    server.id.home = home.clone();
    let mut channel = community.channel.clone();
    channel.id.home = home;
    stage.commit(Change::default().write(SpaceWrite::Put(server)).put(channel.clone())).await;
    let (store, channel) = (&stage.store, channel.id);
    let copy = |reactions| Message { channel: channel.clone(), edited_at: Some(NOW), reactions, ..said.clone() };
    let put = |reactions| Change::default().write(MessageWrite::Put(copy(reactions)));
    let counts = |text: &str, count, added| {
        let (channel, emoji) = (channel.clone(), emoji(text));
        Change::default().write(MessageWrite::CountReactions { channel, id: said.id, emoji, count, added })
    };
    stage.commit(counts("👍", 1, true)).await;
    for (change, expected) in [
        (put(counted([("👍", 2)])), counted([("👍", 2)])),
        (counts("❤", 1, true), counted([("👍", 2), ("❤", 1)])),
        (counts("👍", 1, false), counted([("👍", 1), ("❤", 1)])),
        (counts("👍", 0, false), counted([("❤", 1)])),
        (put(Reactions::default()), Reactions::default()),
    ] {
        stage.commit(change).await;
        assert_eq!(store.message(&channel, said.id).await.expect("read"), Some(copy(expected)));
    }
}
