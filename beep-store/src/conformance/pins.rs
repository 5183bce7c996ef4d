//! Messages that are pinned to their channel.

use std::time::Duration;

use beep_core::event::EventBody;
use beep_core::message::{Message, Pin};
use beep_core::port::{Change, MessageGuard, MessageWrite, SpaceWrite};

use super::Stage;
use super::sample::{NOW, community, namesake, nth, user};

/// A pin is kept with who made it and when, survives an edit, and goes when it is taken down or its message is deleted.
pub async fn a_pin_is_kept_until_it_is_taken_down(stage: &Stage) {
    let community = community(stage).await;
    let (store, channel) = (&stage.store, community.channel.id.clone());
    let mut sent = Vec::new();
    for text in ["one", "two", "three"] {
        sent.extend(stage.commit(community.says(text)).await.posted);
    }
    let pin = |message: &Message, by| MessageWrite::Pin { channel: channel.clone(), id: message.id, by };
    stage.commit(Change::default().write(pin(&sent[1], user(1)))).await;
    stage.commit(Change::default().write(pin(&sent[0], namesake(2)))).await;
    let pinned = |message: &Message| Message { pinned: true, ..message.clone() };
    let listed = || async { store.pins(&channel, 10).await.expect("read") };
    let pins = listed().await;
    let [newest, oldest] = pins.as_slice() else { panic!("{pins:?}") };
    assert_eq!((&newest.message, &newest.by), (&pinned(&sent[0]), &namesake(2)));
    assert_eq!((&oldest.message, &oldest.by), (&pinned(&sent[1]), &user(1)));
    assert!(oldest.at >= NOW && newest.at >= oldest.at);
    assert_eq!(store.pins(&channel, 1).await.expect("read"), std::slice::from_ref(newest));
    assert_eq!(store.message(&channel, sent[0].id).await.expect("read"), Some(pinned(&sent[0])));
    assert_eq!(store.message(&channel, sent[2].id).await.expect("read"), Some(sent[2].clone()));
    // An edit rests on it, and leaves it.
    let edited = Message { edited_at: Some(NOW.after(Duration::from_secs(1))), ..sent[0].clone() };
    let edit = |as_read: &Message| {
        Change::default()
            .guard(MessageGuard::as_read(as_read))
            .write(MessageWrite::Put(edited.clone()))
            .channel_event(&community.channel, EventBody::MessageUpdated(edited.clone()))
    };
    stage.stale(edit(&sent[0])).await;
    stage.commit(edit(&pinned(&sent[0]))).await;
    assert_eq!(listed().await[0], Pin { message: pinned(&edited), ..newest.clone() });
    stage.commit(Change::default().write(MessageWrite::Unpin(channel.clone(), sent[0].id))).await;
    assert_eq!(store.message(&channel, sent[0].id).await.expect("read"), Some(edited.clone()));
    stage.commit(Change::default().write(MessageWrite::Remove(channel.clone(), sent[1].id))).await;
    assert_eq!(listed().await, Vec::new());
    // Another backend may speak of a message that is not here.
    let absent = MessageWrite::Pin { channel: channel.clone(), id: nth(77), by: user(1) };
    stage.commit(Change::default().write(absent)).await;
    assert_eq!(listed().await, Vec::new());
}

/// One pin too many is refused, also when it comes at the same time.
pub async fn a_pin_rests_on_how_many_there_are(stage: &Stage) {
    let community = community(stage).await;
    let channel = community.channel.id.clone();
    let sent = stage.commit(community.says("one")).await.posted.remove(0);
    let fewer = |than| Change::default().guard(MessageGuard::PinsFewer { channel: channel.clone(), than });
    stage.stale(fewer(0)).await;
    let pin = MessageWrite::Pin { channel: channel.clone(), id: sent.id, by: user(1) };
    stage.commit(fewer(1).write(pin.clone())).await;
    stage.stale(fewer(1).write(pin)).await;
}

/// The copy of another backend's message is pinned as its owner says last, whichever way that comes.
pub async fn a_copy_is_pinned_as_its_owner_says(stage: &Stage) {
    let community = community(stage).await;
    let said = stage.commit(community.says("one")).await.posted.remove(0);
    let home = namesake(1).home;
    let mut server = community.server.clone();
    server.id.home = home.clone();
    let mut channel = community.channel.clone();
    channel.id.home = home;
    stage.commit(Change::default().write(SpaceWrite::Put(server)).put(channel.clone())).await;
    let (store, channel) = (&stage.store, channel.id);
    let copy = |pinned| Message { channel: channel.clone(), edited_at: Some(NOW), pinned, ..said.clone() };
    let put = |pinned| Change::default().write(MessageWrite::Put(copy(pinned)));
    for (change, expected) in [
        (put(true), true),
        (Change::default().write(MessageWrite::Unpin(channel.clone(), said.id)), false),
        (Change::default().write(MessageWrite::Pin { channel: channel.clone(), id: said.id, by: namesake(2) }), true),
        (put(true), true),
        (put(false), false),
    ] {
        stage.commit(change).await;
        assert_eq!(store.message(&channel, said.id).await.expect("read"), Some(copy(expected)));
    }
}
