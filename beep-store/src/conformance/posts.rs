//! Sending, editing and deleting messages.

use std::time::Duration;

use beep_core::channel::Channel;
use beep_core::content::{Content, Sealed};
use beep_core::event::{EventBody, Stream};
use beep_core::id::{Id, MessageId};
use beep_core::message::{Draft, Message};
use beep_core::port::{Change, MessagePage, MessageWrite};

use super::Stage;
use super::sample::{Community, NOW, authors, channel, community, keyed, namesake, nth, user};

/// A message gets its id and time from the store, an event tells of it, and its channel points to it.
pub async fn a_message_is_stamped_as_it_is_committed(stage: &Stage) {
    let community = community(stage).await;
    stage.clock.advance(Duration::from_secs(5));
    let draft = Draft {
        author: namesake(3).into(),
        reply_to: Some(nth(9)),
        ..community.with_nonce("Hello, \u{1f30d} \\%_'\"\n", "n-1")
    };
    let committed = stage.commit(Change::reading(&community.id(), 1).write(community.post(draft.clone()))).await;
    let at = NOW.after(Duration::from_secs(5));
    let message = committed.posted[0].clone();
    assert_eq!(message, draft.stamp(message.id, at));
    assert_eq!(message.id.uuid().get_version_num(), 7);
    assert!(message.id > nth(u64::try_from(NOW.millis()).expect("after 1970")));
    let event = &committed.events[0];
    assert_eq!(committed.events.len(), 1);
    assert_eq!((event.seq, event.position.0, event.at), (1, 2, at));
    assert_eq!(event.body, EventBody::MessageCreated(message.clone()));
    let stream = Stream::Channel { id: community.channel.id.clone(), server: community.id().id };
    assert_eq!(event.stream, stream);

    let store = &stage.store;
    let id = community.channel.id.clone();
    assert_eq!(store.message(&id, message.id).await.expect("read"), Some(message.clone()));
    assert_eq!(store.message(&keyed(1), message.id).await.expect("read"), None);
    assert_eq!(store.channels(&community.id()).await.expect("read")[0].last_message, Some(message.id));
    let facts = store.space_facts(&community.id()).await.expect("read").expect("it is there");
    assert_eq!(facts.channels[&id.id].last_message, Some(message.id));
    // A channel that is put again keeps pointing to it.
    stage.commit(Change::default().put(community.channel.clone())).await;
    assert_eq!(store.channels(&community.id()).await.expect("read")[0].last_message, Some(message.id));
}

/// Each id of a channel is above the last, though the clock stands or goes back.
pub async fn ids_ascend_though_the_clock_is_set_back(stage: &Stage) {
    let community = community(stage).await;
    let mut last: Option<MessageId> = None;
    let mut expected = Vec::new();
    for second in [10, 10, 3, 3, 11, 0] {
        stage.clock.set(NOW.after(Duration::from_secs(second)));
        let change = Change::reading(&community.id(), 1)
            .write(community.post(community.draft("one")))
            .write(community.post(community.draft("two")));
        for message in stage.commit(change).await.posted {
            assert!(last.is_none_or(|last| message.id > last));
            assert_eq!(message.created_at, NOW.after(Duration::from_secs(second)));
            last = Some(message.id);
            expected.push(message);
        }
    }
    let page = beep_core::port::MessagePage::After(nth(0));
    assert_eq!(stage.store.messages(&community.channel.id, page, 100).await.expect("read"), expected);
}

/// The same nonce of an author in a channel gives the first message, as it is by then, and tells nobody.
pub async fn a_nonce_is_good_once_for_its_author_and_channel(stage: &Stage) {
    let community = community(stage).await;
    let other = channel(8, &community.server);
    stage.commit(Change::default().put(other.clone())).await;
    let send = |draft: Draft| stage.commit(Change::reading(&community.id(), 1).write(community.post(draft)));
    let first = send(community.with_nonce("first", "n")).await;
    let again = send(community.with_nonce("again", "n")).await;
    assert_eq!(again.posted, first.posted);
    assert!(again.events.is_empty());
    let message = &first.posted[0];
    let store = &stage.store;
    let nonce = message.nonce.as_ref().expect("sent with one");
    let found = store.message_by_nonce(&message.channel, &user(1), nonce).await.expect("read");
    assert_eq!(found, Some(message.clone()));

    let edited = Message {
        content: Content::parse("edited").expect("content"),
        edited_at: Some(NOW.after(Duration::from_secs(1))),
        ..message.clone()
    };
    stage.commit(Change::default().write(MessageWrite::Put(edited.clone()))).await;
    assert_eq!(send(community.with_nonce("again", "n")).await.posted, vec![edited]);

    let others = [
        Draft { author: namesake(1).into(), ..community.with_nonce("another author", "n") },
        Draft { channel: other.id.clone(), ..community.with_nonce("another channel", "n") },
        community.with_nonce("another nonce", "N"),
        community.draft("no nonce"),
        community.draft("no nonce"),
    ];
    for draft in others {
        let committed = send(draft).await;
        assert_eq!(committed.events.len(), 1);
        assert!(committed.posted[0].id != message.id);
    }
    let head = store.log_state().await.expect("read").head;
    assert_eq!(head.0, 1 + 1 + 5);
    assert_eq!(store.message_by_nonce(&other.id, &user(2), nonce).await.expect("read"), None);
}

/// Whoever spoke comes back as they were, sent here or copied from elsewhere; their nonces are promises to nobody.
pub async fn messages_of_every_author_are_kept(stage: &Stage) {
    let community = community(stage).await;
    let (store, channel) = (&stage.store, community.channel.id.clone());
    let mut expected = Vec::new();
    for author in authors() {
        let by = || Draft { author: author.clone(), ..community.with_nonce("spoken", "n") };
        let twice = community.post(by());
        let sent = stage.commit(Change::default().write(community.post(by())).write(twice)).await;
        let [first, second] = sent.posted.as_slice() else { panic!("two drafts give {:?}", sent.posted) };
        assert_eq!(first.author, author);
        assert_eq!(first == second, author.user().is_some(), "{author:?}");
        expected.push(first.clone());
        expected.extend(Some(second.clone()).filter(|second| second != first));
    }
    let page = MessagePage::After(nth(0));
    assert_eq!(store.messages(&channel, page, 100).await.expect("read"), expected);
    let told = store.channel_events(&channel, 0, 100).await.expect("read");
    let told = told.into_iter().map(|event| event.body);
    assert!(told.eq(expected.iter().cloned().map(EventBody::MessageCreated)));
    let by_user: Vec<_> = expected.iter().filter(|message| message.author.user() == Some(&user(1))).collect();
    let sent = store.sent_by(&community.purge(user(1), NOW), 1_000).await.expect("read");
    assert_eq!(sent, by_user.iter().map(|message| (channel.clone(), message.id)).collect::<Vec<_>>());
    // An edit may make one of another's: what a copy says is its owner's business.
    let mut authors: Vec<_> = expected.iter().map(|message| message.author.clone()).collect();
    authors.rotate_left(1);
    for (message, author) in expected.iter_mut().zip(authors) {
        *message = Message { author, nonce: None, ..message.clone() };
        stage.commit(Change::default().write(MessageWrite::Put(message.clone()))).await;
        assert_eq!(store.message(&channel, message.id).await.expect("read").as_ref(), Some(&*message));
    }
}

/// Text and what is sealed come back as they were, and one can take the place of the other.
pub async fn messages_of_every_content_are_kept(stage: &Stage) {
    let community = community(stage).await;
    let (store, channel) = (&stage.store, community.channel.id.clone());
    let sealed = Content::Sealed(Sealed::new((0..=u8::MAX).collect()).expect("octets"));
    let contents = [Content::parse(" Hello, \u{1f30d} \\%_'\"\n").expect("a text"), sealed];
    let mut drafts = contents.iter().map(|content| Draft { content: content.clone(), ..community.draft("-") });
    let change = Change::default().write(community.post(drafts.next().expect("one")));
    let sent = stage.commit(change.write(community.post(drafts.next().expect("two")))).await.posted;
    assert!(sent.iter().map(|message| &message.content).eq(&contents));
    assert_eq!(store.messages(&channel, MessagePage::After(nth(0)), 10).await.expect("read"), sent);
    let told = store.channel_events(&channel, 0, 10).await.expect("read");
    assert!(told.into_iter().map(|event| event.body).eq(sent.iter().cloned().map(EventBody::MessageCreated)));
    for (message, content) in sent.iter().zip(contents.iter().rev()) {
        let edited = Message { content: content.clone(), ..message.clone() };
        stage.commit(Change::default().write(MessageWrite::Put(edited.clone()))).await;
        assert_eq!(store.message(&channel, message.id).await.expect("read"), Some(edited));
    }
}

/// A change that sends one nonce twice sends one message.
pub async fn a_nonce_is_good_once_within_a_change(stage: &Stage) {
    let community = community(stage).await;
    let posts = |change: Change| {
        change
            .write(community.post(community.with_nonce("one", "n")))
            .write(community.post(community.draft("between")))
            .write(community.post(community.with_nonce("two", "n")))
    };
    let committed = stage.commit(posts(Change::default())).await;
    assert_eq!(committed.posted.len(), 3);
    assert_eq!(committed.posted[0], committed.posted[2]);
    assert_eq!(committed.events.len(), 2);
    // Likewise where the change does more than send.
    let more = Change::default().put(community.channel.clone());
    let again = stage.commit(posts(more)).await;
    assert_eq!(again.posted[0], committed.posted[0]);
    assert_eq!(again.posted[2], committed.posted[0]);
    assert_eq!(again.events.len(), 1);
    assert_eq!(again.events[0].seq, 3);
}

/// A deleted message does not stand in for a new one.
pub async fn a_nonce_is_free_again_when_its_message_is_gone(stage: &Stage) {
    let community = community(stage).await;
    let send = || Change::reading(&community.id(), 1).write(community.post(community.with_nonce("text", "n")));
    let first = stage.commit(send()).await.posted.remove(0);
    stage.commit(Change::default().write(MessageWrite::Remove(first.channel.clone(), first.id))).await;
    let nonce = first.nonce.as_ref().expect("sent with one");
    let found = stage.store.message_by_nonce(&first.channel, &user(1), nonce).await.expect("read");
    assert_eq!(found, None);
    let second = stage.commit(send()).await;
    assert_eq!(second.events.len(), 1);
    assert!(second.posted[0].id > first.id);
}

/// An edit replaces a message, a deletion removes it, and neither touches what was sent last.
pub async fn messages_change_and_go(stage: &Stage) {
    let community = community(stage).await;
    let sent = stage.commit(community.says("before")).await.posted.remove(0);
    let edited = Message {
        content: Content::parse("after").expect("content"),
        edited_at: Some(NOW.after(Duration::from_secs(1))),
        ..sent.clone()
    };
    let change = Change::reading(&community.id(), 1)
        .write(MessageWrite::Put(edited.clone()))
        .channel_event(&community.channel, EventBody::MessageUpdated(edited.clone()));
    let committed = stage.commit(change).await;
    assert_eq!(committed.events[0].seq, 2);
    let id = community.channel.id.clone();
    assert_eq!(stage.store.message(&id, sent.id).await.expect("read"), Some(edited));
    stage.commit(Change::default().write(MessageWrite::Remove(id.clone(), sent.id))).await;
    assert_eq!(stage.store.message(&id, sent.id).await.expect("read"), None);
    assert_eq!(stage.store.channels(&community.id()).await.expect("read")[0].last_message, Some(sent.id));
}

/// Nothing can be said in a channel that is not there, or is another server's.
pub async fn a_message_to_a_channel_that_is_gone_is_stale(stage: &Stage) {
    let (community, other) = (community(stage).await, Community::new(2));
    stage.commit(other.made()).await;
    let elsewhere = MessageWrite::Post { server: other.id(), draft: community.draft("position_mismatch") };
    stage.stale(Change::default().write(elsewhere)).await;
    let before = stage.commit(community.says("still here")).await.posted.remove(0);
    stage.commit(Change::default().remove::<Channel>(community.channel.id.clone())).await;
    stage.stale(community.says("too late")).await;
    // Whole or not at all, though the first message has a channel.
    let both = Change::default().write(other.post(other.draft("there"))).write(community.post(community.draft("gone")));
    stage.stale(both).await;
    stage.stale(Change::default().write(MessageWrite::Put(before))).await;
    let head = stage.store.log_state().await.expect("read").head;
    assert_eq!(head.0, 3);
    assert_eq!(stage.store.channels(&other.id()).await.expect("read")[0].last_message, None);
}
