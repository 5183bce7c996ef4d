//! What somebody has read: what counting it costs, and who hears of it.

use beep_core::backend::reads::{self, MOST_LOOKED_AT};
use beep_core::backend::{Actor, Backend, servers};
use beep_core::channel::Channel;
use beep_core::content::Content;
use beep_core::id::{ChannelId, ChannelKey, MessageId, Qualified, SpaceKey, UserKey};
use beep_core::message::Draft;
use beep_core::port::{Change, MessageWrite, SpaceWrite, new_id};
use beep_core::read_state::MOST_UNREAD;
use beep_core::text::ChannelName;

use crate::pair::{Kept, Pair, person, resident};

/// Sends messages to a channel, as if there were no permissions; gives the last.
async fn say(at: &Backend, server: &SpaceKey, channel: &ChannelKey, author: &UserKey, count: u32) -> MessageId {
    let content = Content::parse("hello").expect("a text");
    let draft = Draft { channel: channel.clone(), author: author.clone().into(), content, reply_to: None, nonce: None };
    let post = || MessageWrite::Post { server: server.clone(), draft: draft.clone() };
    let change = (0..count).fold(Change::default(), |change, _| change.write(post()));
    let committed = at.store.commit(change).await.expect("memory");
    committed.posted.last().expect("some were sent").id
}

async fn new_channel(at: &Backend, server: &SpaceKey, number: u32) -> ChannelKey {
    let id: ChannelId = new_id(at.clock.now(), &*at.entropy);
    let name = ChannelName::parse(&format!("channel-{number}")).expect("a name");
    let channel = Channel::new(Qualified::new(id, at.domain.clone()), server.id, name);
    let key = channel.id.clone();
    let change = Change::default().put(channel).write(SpaceWrite::Revise(server.clone()));
    at.store.commit(change).await.expect("memory");
    key
}

#[tokio::test]
async fn what_is_unread_is_counted_as_far_as_that_costs_little() {
    let pair = Pair::new(91, Kept::Memory).await;
    let (far, server, owner) = (&*pair.far, &pair.server, &pair.owner);
    let reader = person(far, 4_800);
    resident(far, &reader).await;
    servers::join(far, &Actor::user(reader.clone()), server).await.expect("it is public");
    let first = far.store.channels(server).await.expect("memory")[0].id.clone();
    say(far, server, &first, owner, MOST_UNREAD - 1).await;
    let state = async || reads::state(far, &Actor::user(reader.clone()), &first).await.expect("they see it");
    assert_eq!((state().await.unread, state().await.more), (u64::from(MOST_UNREAD) - 1, false));
    say(far, server, &first, owner, 2).await;
    assert_eq!((state().await.unread, state().await.more), (u64::from(MOST_UNREAD), true));
    let channels = MOST_LOOKED_AT / MOST_UNREAD + 2;
    for number in 1..channels {
        let channel = new_channel(far, server, number).await;
        say(far, server, &channel, owner, MOST_UNREAD).await;
    }
    let snapshot = far.store.snapshot(&reader, None).await.expect("memory");
    let states = reads::states(far, &reader, snapshot.servers.iter()).await.expect("memory");
    assert_eq!(states.len(), channels as usize, "of all it is said that something is unread");
    assert!(states.iter().all(|state| state.more));
    let counted: u64 = states.iter().map(|state| state.unread).sum();
    let most = u64::from(MOST_LOOKED_AT + channels);
    assert!((u64::from(MOST_LOOKED_AT)..=most).contains(&counted), "{counted} were looked at");
}

#[tokio::test]
async fn no_other_backend_hears_what_somebody_has_read() {
    let mut pair = Pair::new(92, Kept::Memory).await;
    pair.deliver_both().await;
    let (far, near) = (pair.far.clone(), pair.near.clone());
    let (server, owner, guest) = (pair.server.clone(), pair.owner.clone(), pair.guests[0].clone());
    let channel = far.store.channels(&server).await.expect("memory")[0].id.clone();
    let message = say(&far, &server, &channel, &owner, 3).await;
    pair.deliver_both().await;
    let actor = Actor::user(guest.clone());
    assert_eq!(reads::state(&near, &actor, &channel).await.expect("it is here").unread, 3);
    let (there, here) =
        (far.store.log_state().await.expect("memory").head, near.store.log_state().await.expect("memory").head);
    reads::mark_read(&near, &actor, &channel, message).await.expect("they see it");
    assert_eq!(reads::state(&near, &actor, &channel).await.expect("it is here").unread, 0);
    reads::mark_unread(&near, &actor, &channel, message).await.expect("they see it");
    assert_eq!(reads::state(&near, &actor, &channel).await.expect("it is here").unread, 1);
    reads::mark_server_read(&near, &actor, &server).await.expect("they are in it");
    assert_eq!(reads::state(&near, &actor, &channel).await.expect("it is here").unread, 0);
    pair.deliver_both().await;
    assert_eq!(near.store.log_state().await.expect("memory").head.0, here.0 + 3, "their own devices hear of it");
    assert_eq!(far.store.log_state().await.expect("memory").head, there);
    assert_eq!(far.store.read_marks(guest.id).await.expect("memory"), []);
}
