use std::time::Duration;

use beep_core::testing::history;
use beep_proto::gateway::{ChannelState, MessageGone, Ready};
use beep_proto::view::ChannelKind;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::gateway::convergence::Past;
use crate::observe::Diff;
use crate::sample;

/// A client that follows events.
struct Follower {
    cache: Cache,
    conversations: Conversations<DeviceReadState>,
}

impl Follower {
    fn new(ready: &Ready, bytes: &[u8]) -> Self {
        let cache = Cache::new(ready);
        let conversations = Conversations::new(&cache, DeviceReadState::from_bytes(bytes));
        Self { cache, conversations }
    }

    fn hear(&mut self, event: &Event) {
        self.cache.apply(event);
        let is_blocked = |user: &Full<_>| *user == sample::user(BLOCKED);
        self.conversations.apply(event, &self.cache, Writers { roles_of: &|_, _| None, is_blocked: &is_blocked });
    }

    fn row(&mut self, n: u8) -> ChannelRow {
        let rows = self.conversations.channels(Some(&sample::server_id())).rows();
        rows.iter().find(|row| row.id == sample::full(n)).expect("the channel is listed").clone()
    }

    fn bytes(&mut self) -> Vec<u8> {
        {
            assert!(self.conversations.reads().take_changed(), "it changed");
            self.conversations.read_state().to_bytes()
        }
    }
}

fn said(n: u8, seq: u8, change: impl FnOnce(&mut Message)) -> Event {
    let mut event = sample::sent(n, seq, "c1");
    if let EventData::MessageCreated(message) = &mut event.data {
        change(message);
    }
    event
}

/// Whom the caller has blocked.
const BLOCKED: u8 = 50;

fn by_me(message: &mut Message) {
    message.author = Some(sample::user(1));
}

#[test]
fn messages_of_others_are_counted_and_read() {
    let mut app = Follower::new(&sample::ready(), b"");
    assert_eq!(app.conversations.totals(), Totals::default(), "on the first visit everything is read");
    app.hear(&sample::sent(1, 11, "c1"));
    app.hear(&sample::sent(1, 12, "c2"));
    app.hear(&sample::sent(1, 12, "c2"));
    let row = app.row(1);
    assert_eq!((row.unread, row.more, row.mentions), (2, false, 0));
    assert_eq!(app.conversations.totals(), Totals { unread_channels: 1, mentions: 0 });
    assert_eq!(app.conversations.next_unread(None), Some(sample::full(1)));
    let gone = MessageGone { id: Bare(sample::nth(12)), channel_id: sample::full(1) };
    app.hear(&sample::in_channel(1, 13, "c3", EventData::MessageDeleted(gone)));
    assert_eq!(app.row(1).unread, 1);
    app.conversations.mark_read(&sample::full(1), &app.cache);
    assert!(!app.row(1).is_unread());
    assert_eq!(app.conversations.next_unread(None), None);
    app.conversations.mark_unread(&sample::full(1), Bare(sample::nth(11)), Some(1), &app.cache);
    assert_eq!((app.row(1).unread, app.row(1).more), (1, false));
    app.hear(&said(1, 14, by_me));
    assert!(!app.row(1).is_unread(), "who writes has read");
}

#[test]
fn a_mention_is_for_me() {
    let mut app = Follower::new(&sample::ready(), b"");
    let me = sample::user(1);
    app.hear(&said(1, 11, by_me));
    app.hear(&said(1, 12, |message| message.content = format!("hello <@{me}>")));
    app.hear(&said(1, 13, |message| message.content = format!("hello `<@{me}>`")));
    app.hear(&said(1, 14, |message| message.reply_to = Some(Bare(sample::nth(11)))));
    app.hear(&said(1, 15, |message| message.content = "@everyone".to_owned()));
    assert_eq!((app.row(1).unread, app.row(1).mentions), (4, 3), "the owner may mention everyone");
    app.hear(&said(1, 16, |message| {
        message.author = Some(sample::user(3));
        message.content = "@everyone".to_owned();
    }));
    assert_eq!(app.row(1).mentions, 3, "a member may not");
    let mut edited = said(1, 12, |message| message.content = "hello".to_owned());
    if let EventData::MessageCreated(message) = edited.data {
        edited = sample::in_channel(1, 17, "c9", EventData::MessageUpdated(message));
    }
    app.hear(&edited);
    assert_eq!((app.row(1).unread, app.row(1).mentions), (5, 2));
    app.conversations.set_muted(&sample::full(1), true, &app.cache);
    assert_eq!(app.conversations.totals(), Totals::default());
    app.conversations.set_muted(&sample::full(1), false, &app.cache);
    app.conversations.mark_server_read(Some(&sample::server_id()), &app.cache);
    assert_eq!(app.conversations.totals(), Totals::default());
}

#[test]
fn what_was_sent_meanwhile_is_at_least_one() {
    let mut ready = sample::ready();
    let mut app = Follower::new(&ready, b"");
    app.hear(&sample::sent(1, 11, "c1"));
    let bytes = app.bytes();
    ready.channels[0].channel.last_message_id = Some(Bare(sample::nth(13)));
    let mut app = Follower::new(&ready, &bytes);
    assert_eq!((app.row(1).unread, app.row(1).more), (2, true));
    assert!(!app.row(2).is_unread());

    let mut new = sample::channel(3);
    new.last_message_id = Some(Bare(sample::nth(14)));
    app.hear(&sample::in_channel(3, 2, "c2", EventData::ChannelCreated(ChannelState { channel: new, seq: 2 })));
    assert!(app.row(3).is_unread(), "what appears in a server that was known is unread");
}

#[test]
fn private_channels_are_listed_by_their_latest_message() {
    let mut ready = sample::ready();
    for n in [5, 6] {
        let mut channel = sample::channel(n);
        (channel.kind, channel.server_id) = (ChannelKind::Direct, None);
        ready.channels.push(ChannelState { channel, seq: 0 });
    }
    let mut app = Follower::new(&ready, b"");
    let order = |app: &mut Follower| -> Vec<_> {
        app.conversations.channels(None).rows().iter().map(|row| row.id.clone()).collect()
    };
    assert_eq!(order(&mut app), [sample::full(5), sample::full(6)]);
    app.hear(&sample::sent(6, 11, "c1"));
    assert_eq!(order(&mut app), [sample::full(6), sample::full(5)]);
    assert_eq!(app.conversations.next_unread(Some(&sample::full(5))), Some(sample::full(6)));
    let waiting = |app: &Follower| (app.conversations.totals().unread_channels, app.conversations.totals().mentions);
    assert_eq!(waiting(&app), (1, 1), "every message there is for the caller");
    app.hear(&said(6, 12, |message| message.author = Some(sample::user(BLOCKED))));
    assert_eq!(waiting(&app), (1, 1), "but for those of the blocked");
    app.hear(&said(6, 13, by_me));
    assert_eq!(waiting(&app), (0, 0));
}

#[test]
fn channels_are_listed_below_their_category_wherever_it_goes() {
    let mut ready = sample::ready();
    for channel in [sample::category(3), sample::category(4), sample::channel_in(5, 3), sample::channel_in(6, 4)] {
        ready.channels.push(ChannelState { channel, seq: 1 });
    }
    let mut app = Follower::new(&ready, b"");
    let order = |app: &mut Follower| -> Vec<_> {
        let rows = app.conversations.channels(Some(&sample::server_id())).rows();
        rows.iter().map(|row| (row.id.clone(), row.parent_id.clone())).collect()
    };
    let rows = |rows: &[(u8, Option<u8>)]| -> Vec<_> {
        rows.iter().map(|(n, parent)| (sample::full(*n), parent.map(sample::full))).collect()
    };
    assert_eq!(order(&mut app), rows(&[(1, None), (2, None), (3, None), (5, Some(3)), (4, None), (6, Some(4))]));
    let last = beep_proto::view::Channel { position: 9, ..sample::category(3) };
    app.hear(&sample::in_channel(3, 2, "c1", EventData::ChannelUpdated(last)));
    assert_eq!(order(&mut app), rows(&[(1, None), (2, None), (4, None), (6, Some(4)), (3, None), (5, Some(3))]));
    app.hear(&sample::in_channel(6, 2, "c2", EventData::ChannelUpdated(sample::channel_in(6, 3))));
    assert_eq!(order(&mut app), rows(&[(1, None), (2, None), (4, None), (3, None), (5, Some(3)), (6, Some(3))]));
    let gone = beep_proto::gateway::ChannelGone { id: sample::full(3), server_id: Some(sample::server_id()) };
    app.hear(&sample::in_channel(3, 0, "c3", EventData::ChannelDeleted(gone)));
    assert_eq!(order(&mut app), rows(&[(1, None), (2, None), (5, None), (6, None), (4, None)]));
    app.hear(&sample::in_channel(6, 3, "c4", EventData::ChannelUpdated(sample::channel(6))));
    let back = ChannelState { channel: sample::category(3), seq: 4 };
    app.hear(&sample::in_channel(3, 4, "c4", EventData::ChannelCreated(back)));
    app.hear(&sample::in_channel(5, 0, "c4", EventData::ChannelUpdated(sample::channel_in(5, 3))));
    assert_eq!(order(&mut app), rows(&[(1, None), (2, None), (6, None), (3, None), (5, Some(3)), (4, None)]));
    app.hear(&sample::sent(5, 11, "c5"));
    assert_eq!((app.row(3).unread, app.conversations.totals().unread_channels), (0, 1), "a category has no messages");
}

#[test]
fn the_cost_follows_what_changed() {
    let mut ready = sample::ready();
    ready.channels.clear();
    for n in 0..2_000_u16 {
        let mut channel = sample::channel(1);
        let [high, low] = n.to_be_bytes();
        let at = beep_core::time::Timestamp::from_millis(1_700_000_000_000).after(Duration::from_millis(n.into()));
        channel.id.0.id = beep_core::id::Id::generate(at, [high, low, 0, 0, 0, 0, 0, 0, 0, 0]);
        channel.position = n.into();
        ready.channels.push(ChannelState { channel, seq: 0 });
    }
    let mut app = Follower::new(&ready, b"");
    app.conversations.servers().take();
    app.conversations.channels(Some(&sample::server_id())).take();
    let id = ready.channels[1_234].channel.id.clone();
    for seq in 1..=100 {
        let mut event = said(1, seq, |message| message.channel_id = id.clone());
        event.stream = beep_proto::gateway::StreamName::Channel(id.clone());
        app.hear(&event);
        let steps = app.conversations.channels(Some(&sample::server_id())).take();
        assert!(matches!(&*steps, [Diff::Update { at: 1_234, item }] if item.unread == u32::from(seq)), "{steps:?}");
        assert_eq!(app.conversations.servers().take().len(), usize::from(seq == 1));
    }
}

proptest! {
    #[test]
    fn a_client_that_followed_shows_what_a_fresh_one_shows(
        (start, bodies) in history(0..24),
        whom: Index,
        from: Index,
        reads in prop::collection::vec(any::<bool>(), 32),
    ) {
        let user = whom.get(&start.users()).clone();
        let past = Past::new(start, bodies);
        let from = from.index(past.end() + 1);
        let mut app = Follower::new(&past.ready(&user, from), b"");
        let server: Full<SpaceId> = (&past.states[0].facts.server.id).into();
        let mut copy = Vec::new();
        for (event, reads) in past.resume(&user, from, past.end()).iter().zip(reads.into_iter().cycle()) {
            app.hear(event);
            if reads && let Some(channel) = app.conversations.next_unread(None) {
                app.conversations.mark_read(&channel, &app.cache);
            }
            for step in app.conversations.servers().take() {
                step.apply(&mut copy);
            }
            prop_assert_eq!(app.conversations.servers().rows(), &*copy);
        }
        let bytes = app.conversations.read_state().to_bytes();
        let mut fresh = Follower::new(&past.ready(&user, past.end()), &bytes);
        prop_assert_eq!(app.conversations.servers().rows(), fresh.conversations.servers().rows());
        prop_assert_eq!(app.conversations.totals(), fresh.conversations.totals());
        prop_assert_eq!(
            app.conversations.channels(Some(&server)).rows(),
            fresh.conversations.channels(Some(&server)).rows()
        );
    }
}
