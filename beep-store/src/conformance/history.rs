//! Reading the history of a channel.

use beep_core::message::Message;
use beep_core::port::{Change, MessagePage};

use super::Stage;
use super::sample::{channel, community, keyed, nth};

/// A history is read from its end, before a message and after one; of one channel and no other.
pub async fn history_is_paged_both_ways(stage: &Stage) {
    let community = community(stage).await;
    // Channels on both sides of it, so that a range that runs over would be seen.
    let neighbours = [channel(1_000, &community.server), channel(1_002, &community.server)];
    let mut change = Change::default();
    for neighbour in &neighbours {
        let mut draft = community.draft("next door");
        draft.channel = neighbour.id.clone();
        change = change.put(neighbour.clone()).write(community.post(draft));
    }
    stage.commit(change).await;
    let mut sent: Vec<Message> = Vec::new();
    for n in 0..10 {
        sent.extend(stage.commit(community.says(&format!("message {n}"))).await.posted);
    }
    let id = community.channel.id.clone();
    let read = async |page, limit| stage.store.messages(&id, page, limit).await.expect("read");
    let reversed = |messages: &[Message]| messages.iter().rev().cloned().collect::<Vec<_>>();
    assert_eq!(read(MessagePage::Newest, 100).await, reversed(&sent));
    assert_eq!(read(MessagePage::Newest, 3).await, reversed(&sent[7..]));
    assert_eq!(read(MessagePage::Before(sent[7].id), 3).await, reversed(&sent[4..7]));
    assert_eq!(read(MessagePage::Before(sent[0].id), 3).await, []);
    assert_eq!(read(MessagePage::After(sent[7].id), 5).await, sent[8..]);
    assert_eq!(read(MessagePage::After(sent[2].id), 3).await, sent[3..6]);
    assert_eq!(read(MessagePage::After(sent[9].id), 3).await, []);
    // Between two messages there may be none with the id that is asked about.
    assert_eq!(read(MessagePage::After(nth(0)), 2).await, sent[..2]);
    assert_eq!(read(MessagePage::Before(nth(0)), 2).await, []);
    assert_eq!(read(MessagePage::Newest, 0).await, []);
    assert_eq!(stage.store.messages(&keyed(1), MessagePage::Newest, 10).await.expect("read"), []);
}
