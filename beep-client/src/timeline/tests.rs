use beep_core::time::Timestamp;
use beep_proto::gateway::{MessageGone, PinMoved, ReactionMoved};
use beep_proto::problem::{ErrorCode, Problem};
use beep_proto::view::Reaction;

use super::*;
use crate::error::Refusal;
use crate::observe::Diff;
use crate::sample;
use crate::transport::TransportError;

const NOW: Moment = Moment { uptime: Duration::from_secs(9), at: Timestamp::from_millis(0), random: 0 };

fn id(n: u8) -> Bare<MessageId> {
    Bare(sample::nth(n))
}

fn message(n: u8) -> Message {
    let EventData::MessageCreated(message) = sample::sent(1, n, "c").data else { panic!("a message is sent") };
    message
}

fn page(numbers: impl IntoIterator<Item = u8>, next: Option<u8>) -> Page<Message> {
    Page { items: numbers.into_iter().map(message).collect(), next: next.map(|next| id(next).to_string()) }
}

fn edited(n: u8, content: &str, at: i64) -> Message {
    let edited_at = Some(Timestamp::from_millis(at).into());
    Message { content: content.to_owned(), edited_at, ..message(n) }
}

fn told(seq: u64, data: EventData) -> Event {
    sample::in_channel(1, seq, "c", data)
}

fn deleted(n: u8) -> EventData {
    EventData::MessageDeleted(MessageGone { id: id(n), channel_id: sample::full(1) })
}

fn pinned(n: u8) -> EventData {
    EventData::MessagePinned(PinMoved { channel_id: sample::full(1), message_id: id(n), user: sample::user(2) })
}

fn moved(n: u8, emoji: &str, user: u8, count: u64) -> ReactionMoved {
    let (emoji, user) = (emoji.to_owned(), Some(sample::user(user)));
    ReactionMoved { channel_id: sample::full(1), message_id: id(n), emoji, user, count }
}

fn reaction(emoji: &str, count: u64, me: Option<bool>) -> Reaction {
    Reaction { emoji: emoji.to_owned(), count, me }
}

/// The reactions to the message of a row.
fn reactions(history: &mut History, row: usize) -> Vec<(String, u64, Option<bool>)> {
    shown(history);
    let rows = history.rows().rows();
    let of = rows[row].message().map(|message| message.reactions.clone()).unwrap_or_default();
    of.into_iter().map(|one| (one.emoji, one.count, one.me)).collect()
}

fn lost() -> Error {
    TransportError::interrupted("lost").into()
}

/// A timeline that somebody looks at and that has a page with these messages, newest first, before which there is more.
fn opened(numbers: impl IntoIterator<Item = u8>) -> History {
    let mut history = History::new(sample::full(1), sample::user(1), Limits { rows: 6, kept: 2 });
    history.open();
    let items: Vec<u8> = numbers.into_iter().collect();
    let next = items.last().copied();
    answer(&mut history, page(items, next));
    shown(&mut history);
    history.rows().take();
    history
}

/// Answers the next question; gives it.
fn answer(history: &mut History, page: Page<Message>) -> List {
    let (token, list) = history.next_page(NOW).expect("a page is asked for");
    history.page_answered(token, Ok(page), NOW);
    list
}

/// The texts of the rows.
fn shown(history: &mut History) -> Vec<String> {
    history.show(std::iter::empty());
    let text = |row: &TimelineRow| match row {
        TimelineRow::Message(row) => row.message.content.replace("message ", ""),
        TimelineRow::Outgoing(outgoing) => outgoing.content.clone(),
    };
    history.rows().rows().iter().map(text).collect()
}

fn status(history: &mut History) -> TimelineStatus {
    shown(history);
    history.status().rows()[0].clone()
}

#[test]
fn nothing_is_asked_before_somebody_looks() {
    let mut history = History::new(sample::full(1), sample::user(1), Limits::default());
    history.apply(&sample::sent(1, 11, "c"));
    assert!(history.next_page(NOW).is_none());
    assert_eq!(status(&mut history), TimelineStatus::default());
    history.open();
    assert_eq!(status(&mut history).loading, Some(LoadKind::Newest));
    let list = answer(&mut history, page([11, 10], None));
    assert_eq!((list.before, list.after, list.around), (None, None, None));
    assert_eq!(shown(&mut history), ["10", "11"]);
    assert_eq!(status(&mut history), TimelineStatus { is_loaded: true, ..TimelineStatus::default() });
    assert!(history.next_page(NOW).is_none());
}

#[test]
fn live_messages_edits_deletions_and_pins_follow() {
    let mut history = opened([12, 11, 10]);
    history.apply(&sample::sent(1, 13, "c"));
    history.apply(&sample::sent(1, 13, "c"));
    history.apply(&told(14, EventData::MessageUpdated(edited(11, "better", 1))));
    history.apply(&told(15, deleted(12)));
    history.apply(&told(16, pinned(10)));
    assert_eq!(shown(&mut history), ["10", "better", "13"]);
    assert!(history.rows().rows()[0].message().is_some_and(|message| message.pinned));
    // What was deleted does not come back by a late answer, and an old text does not replace a later one.
    history.sent(message(12));
    history.edited(message(11));
    assert_eq!(shown(&mut history), ["10", "better", "13"]);
    let steps = history.rows().take();
    assert!(steps.iter().all(|step| !matches!(step, Diff::Reset { .. })), "{steps:?}");
}

#[test]
fn reactions_follow_with_whether_the_caller_reacted() {
    let (added, removed) = (EventData::ReactionAdded, EventData::ReactionRemoved);
    let mut history = opened([12, 11, 10]);
    history.apply(&told(13, added(moved(11, "👍", 2, 1))));
    history.apply(&told(14, added(moved(11, "👍", 1, 2))));
    history.apply(&told(15, added(moved(11, "🎉", 3, 1))));
    let expected =
        |thumbs: (u64, bool)| vec![("👍".to_owned(), thumbs.0, Some(thumbs.1)), ("🎉".to_owned(), 1, Some(false))];
    assert_eq!(reactions(&mut history, 1), expected((2, true)));
    // An edit tells everybody the same, and says nothing of the caller.
    let told_to_all = vec![reaction("👍", 2, None), reaction("🎉", 1, None)];
    let edit = Message { reactions: told_to_all.clone(), ..edited(11, "better", 1) };
    history.apply(&told(16, EventData::MessageUpdated(edit)));
    assert_eq!(reactions(&mut history, 1), expected((2, true)));
    history.apply(&told(17, removed(moved(11, "👍", 1, 1))));
    assert_eq!(reactions(&mut history, 1), expected((1, false)));
    // All at once.
    let all = ReactionMoved { user: None, ..moved(11, "👍", 1, 0) };
    history.apply(&told(18, removed(all)));
    assert_eq!(reactions(&mut history, 1), [("🎉".to_owned(), 1, Some(false))]);
    // A message that comes with reactions, of whom nobody knows yet whether they are the caller's.
    let sent = Message { reactions: told_to_all, ..message(19) };
    history.apply(&told(19, EventData::MessageCreated(sent)));
    assert_eq!(reactions(&mut history, 3)[0], ("👍".to_owned(), 2, Some(false)));
    history.apply(&told(20, added(moved(19, "👍", 1, 2))));
    assert_eq!(reactions(&mut history, 3)[0], ("👍".to_owned(), 2, Some(true)));
}

#[test]
fn what_happens_while_a_page_is_under_way_is_not_undone_by_it() {
    let mut history = opened([22, 21]);
    history.load_older();
    assert_eq!(status(&mut history).loading, Some(LoadKind::Older));
    let (token, list) = history.next_page(NOW).expect("a page is asked for");
    assert_eq!(list.before, Some(id(21)));
    history.apply(&told(30, EventData::MessageUpdated(edited(19, "better", 1))));
    history.apply(&told(31, deleted(18)));
    history.apply(&told(32, pinned(20)));
    history.apply(&sample::sent(1, 33, "c"));
    history.page_answered(token, Ok(page([20, 19, 18], None)), NOW);
    assert_eq!(shown(&mut history), ["better", "20", "21", "22", "33"]);
    assert!(history.rows().rows()[1].message().is_some_and(|message| message.pinned));
    assert!(!status(&mut history).has_older);
    history.load_older();
    assert!(history.next_page(NOW).is_none(), "it is the beginning");
}

#[test]
fn a_window_that_is_too_long_drops_its_far_end_and_loads_it_again() {
    let mut history = opened([26, 25, 24]);
    history.load_older();
    answer(&mut history, page([23, 22, 21], Some(21)));
    history.load_older();
    answer(&mut history, page([20, 19], Some(19)));
    assert_eq!(shown(&mut history), ["19", "20", "21", "22", "23", "24"]);
    assert!(status(&mut history).has_newer);
    history.apply(&sample::sent(1, 40, "c"));
    assert_eq!(shown(&mut history).len(), 6, "it would leave a gap");
    history.load_newer();
    let list = answer(&mut history, page([25, 26, 40], None));
    assert_eq!(list.after, Some(id(24)));
    assert_eq!(shown(&mut history), ["22", "23", "24", "25", "26", "40"]);
    assert!(!status(&mut history).has_newer && status(&mut history).has_older);
}

#[test]
fn who_reads_further_back_keeps_what_they_read() {
    let mut history = opened([15, 14, 13, 12, 11, 10]);
    history.follow(false);
    history.apply(&sample::sent(1, 16, "c"));
    assert_eq!(shown(&mut history), ["10", "11", "12", "13", "14", "15"]);
    assert!(status(&mut history).has_newer);
    history.jump_to_newest();
    assert_eq!(status(&mut history).loading, Some(LoadKind::Newest));
    answer(&mut history, page([17, 16, 15], Some(15)));
    assert_eq!(shown(&mut history), ["15", "16", "17"]);
    history.apply(&sample::sent(1, 18, "c"));
    assert_eq!(shown(&mut history), ["15", "16", "17", "18"]);
}

#[test]
fn a_jump_shows_a_message_and_goes_on_in_both_directions() {
    let mut history = opened([90, 89]);
    history.jump_to(id(90));
    assert!(history.next_page(NOW).is_none(), "it is there");
    history.jump_to(id(50));
    let list = answer(&mut history, page([49, 50, 51], None));
    assert_eq!(list.around, Some(id(50)));
    assert_eq!(shown(&mut history), ["49", "50", "51"]);
    assert!(status(&mut history).has_older && status(&mut history).has_newer);
    history.load_older();
    assert_eq!(answer(&mut history, page([48], None)).before, Some(id(49)));
    history.load_newer();
    assert_eq!(answer(&mut history, page([52], None)).after, Some(id(51)));
    assert_eq!(shown(&mut history), ["48", "49", "50", "51", "52"]);
    assert!(!status(&mut history).has_newer);
}

#[test]
fn a_fresh_start_replaces_only_what_differs() {
    let mut history = opened([14, 13, 12, 11]);
    history.restart();
    assert!(status(&mut history).is_stale);
    assert_eq!(shown(&mut history), ["11", "12", "13", "14"], "until better comes");
    // The first page does not reach back to what is shown.
    answer(&mut history, page([16, 15], Some(15)));
    assert_eq!(shown(&mut history), ["11", "12", "13", "14"]);
    history.apply(&sample::sent(1, 17, "c"));
    let list = answer(&mut history, page([14, 12, 11], Some(11)));
    assert_eq!(list.before, Some(id(15)));
    assert_eq!(shown(&mut history), ["11", "12", "14", "15", "16", "17"]);
    assert!(!status(&mut history).is_stale);
    let kept = |step: &Diff<TimelineRow>| matches!(step, Diff::Insert { .. } | Diff::Remove { count: 1, .. });
    let steps = history.rows().take();
    assert!(steps.iter().all(kept), "{steps:?}");
}

#[test]
fn a_gap_in_the_numbers_has_it_loaded_again() {
    let mut history = opened([11]);
    history.apply(&sample::sent(1, 12, "c"));
    history.apply(&sample::sent(1, 14, "c"));
    assert!(status(&mut history).is_stale);
    answer(&mut history, page([14, 13, 12, 11], None));
    assert_eq!(shown(&mut history), ["11", "12", "13", "14"]);
    history.apply(&sample::sent(1, 15, "c"));
    assert!(!status(&mut history).is_stale);
}

#[test]
fn an_answer_to_an_earlier_question_is_not_taken() {
    let mut history = opened([11]);
    history.load_older();
    let (early, _) = history.next_page(NOW).expect("a page is asked for");
    history.restart();
    let (late, _) = history.next_page(NOW).expect("a page is asked for");
    history.page_answered(early, Ok(page([10], None)), NOW);
    assert_eq!(shown(&mut history), ["11"]);
    history.page_answered(late, Ok(page([12, 11], None)), NOW);
    assert_eq!(shown(&mut history), ["11", "12"]);
}

#[test]
fn an_outage_is_tried_again_and_a_refusal_stays() {
    let mut history = History::new(sample::full(1), sample::user(1), Limits::default());
    history.open();
    let (token, _) = history.next_page(NOW).expect("a page is asked for");
    history.page_answered(token, Err(lost()), Moment { random: 500, ..NOW });
    assert!(history.next_page(NOW).is_none());
    assert_eq!(history.due(), Some(NOW.uptime + Duration::from_millis(500)));
    let TimelineStatus { loading, failure, .. } = status(&mut history);
    assert!(loading.is_some() && failure.is_some());
    history.hurry();
    let (token, _) = history.next_page(NOW).expect("it is asked again");
    let problem = Problem::new(ErrorCode::NotFound, "");
    let refusal = Error::Refused(Box::new(Refusal { operation: "messages.list", problem, request_id: None }));
    history.page_answered(token, Err(refusal), NOW);
    history.hurry();
    assert!(history.next_page(NOW).is_none());
    let TimelineStatus { loading, failure, .. } = status(&mut history);
    assert_eq!((loading, failure.and_then(|failure| failure.code)), (None, Some(ErrorCode::NotFound)));
}

#[test]
fn a_reply_shows_what_it_replies_to() {
    let mut history = History::new(sample::full(1), sample::user(1), Limits::default());
    history.open();
    let reply = |n, to| Message { reply_to: Some(id(to)), ..message(n) };
    let items = vec![reply(23, 22), message(22), reply(21, 5), reply(20, 4)];
    answer(&mut history, Page { items, next: Some(id(20).to_string()) });
    let previews = |history: &mut History| -> Vec<String> {
        history.show(std::iter::empty());
        let rows = history.rows().rows().iter().filter_map(|row| match row {
            TimelineRow::Message(row) => row.reply.clone(),
            TimelineRow::Outgoing(_) => None,
        });
        let text = |preview| match preview {
            ReplyPreview::Loading => "loading".to_owned(),
            ReplyPreview::Deleted => "deleted".to_owned(),
            ReplyPreview::Message { message } => message.content.clone(),
        };
        rows.map(text).collect()
    };
    assert_eq!(previews(&mut history), ["loading", "loading", "message 22"]);
    assert_eq!(history.next_reply(NOW).map(|get| get.message), Some(id(5)), "the newest first");
    assert_eq!(history.next_reply(NOW).map(|get| get.message), Some(id(4)));
    assert!(history.next_reply(NOW).is_none());
    history.reply_answered(id(4), Err(lost()), NOW);
    history.apply(&told(30, EventData::MessageUpdated(edited(5, "better", 1))));
    history.reply_answered(id(5), Ok(message(5)), NOW);
    assert_eq!(previews(&mut history), ["loading", "better", "message 22"], "what was told meanwhile is newer");
    history.hurry();
    assert_eq!(history.next_reply(NOW).map(|get| get.message), Some(id(4)));
    let problem = Problem::new(ErrorCode::NotFound, "");
    let refusal = Error::Refused(Box::new(Refusal { operation: "messages.get", problem, request_id: None }));
    history.reply_answered(id(4), Err(refusal), NOW);
    history.apply(&told(31, deleted(22)));
    assert_eq!(previews(&mut history), ["deleted", "better", "deleted"]);
    assert!(history.next_reply(NOW).is_none());
}

#[test]
fn the_row_of_a_sent_message_stays_the_same_one() {
    let mut queue = crate::send_queue::Queue::new(sample::user(1));
    queue.restore(Vec::new());
    let channel = sample::full(1);
    queue.push("n1".to_owned(), &channel, "hello".to_owned(), None, NOW).expect("there is room");
    queue.push("n2".to_owned(), &channel, "world".to_owned(), None, NOW).expect("there is room");
    let mut history = opened([11]);
    history.show(queue.of(&channel));
    let mut copy = history.rows().rows().to_vec();
    history.rows().take();
    let keys = |rows: &[TimelineRow]| rows.iter().map(TimelineRow::key).collect::<Vec<_>>();
    let before = keys(&copy);
    let arrived = Message { author: Some(sample::user(1)), nonce: Some("n1".to_owned()), ..message(12) };
    history.echo(arrived.id, queue.heard(&arrived).expect("it was sent from here"));
    history.sent(arrived);
    history.show(queue.of(&channel));
    let steps = history.rows().take();
    assert!(matches!(steps[..], [Diff::Update { at: 1, .. }]), "{steps:?}");
    steps.into_iter().for_each(|step| step.apply(&mut copy));
    assert_eq!(keys(&copy), before);
    assert_eq!(before[1..], [RowKey::Sent("n1".to_owned()), RowKey::Sent("n2".to_owned())]);
}

#[test]
fn it_opens_with_what_was_stored() {
    let mut history = opened([14, 13, 12]);
    history.apply(&sample::sent(1, 15, "c"));
    assert!(history.take_unsaved());
    let bytes = crate::storage::encode(&history.stored().expect("it has messages"));
    let mut later = History::new(sample::full(1), sample::user(1), Limits::default());
    later.restore(crate::storage::decode("k", &bytes).expect("it was stored"));
    assert_eq!(shown(&mut later), ["14", "15"]);
    later.apply(&sample::sent(1, 16, "c"));
    later.open();
    assert!(later.next_page(NOW).is_none(), "it goes on by the cursor");
    assert_eq!(shown(&mut later), ["14", "15", "16"]);
    later.load_older();
    assert_eq!(answer(&mut later, page([13], None)).before, Some(id(14)));
    // Without a cursor it may have gaps.
    later.restart();
    let stored = later.stored().expect("it has messages");
    let mut last = History::new(sample::full(1), sample::user(1), Limits::default());
    last.restore(stored);
    last.open();
    assert!(status(&mut last).is_stale && last.next_page(NOW).is_some());
}

#[test]
fn a_window_far_from_the_end_is_stored_as_it_was_there() {
    let mut history = opened([99, 98, 97]);
    history.jump_to(id(50));
    answer(&mut history, page([49, 50, 51], None));
    let mut later = History::new(sample::full(1), sample::user(1), Limits::default());
    later.restore(history.stored().expect("it had the newest"));
    assert_eq!(shown(&mut later), ["98", "99"]);
    assert!(status(&mut later).is_stale);
    history.close();
    assert_eq!(shown(&mut history), ["98", "99"]);
    history.open();
    answer(&mut history, page([99, 98], None));
    assert!(!status(&mut history).is_stale);
}

#[test]
fn what_may_not_be_seen_any_more_is_gone() {
    let mut history = opened([12, 11]);
    history.vanish();
    assert!(shown(&mut history).is_empty() && status(&mut history).is_gone && history.stored().is_none());
    history.apply(&sample::sent(1, 13, "c"));
    assert!(shown(&mut history).is_empty() && history.next_page(NOW).is_none());
    history.restart();
    answer(&mut history, page([13, 12, 11], None));
    assert_eq!(shown(&mut history), ["11", "12", "13"]);
}

#[test]
fn messages_of_another_channel_do_not_get_in() {
    let mut history = opened([11]);
    let EventData::MessageCreated(other) = sample::sent(2, 12, "c").data else { panic!("a message is sent") };
    history.apply(&told(12, EventData::MessageCreated(other.clone())));
    history.load_older();
    answer(&mut history, Page { items: vec![other, message(10)], next: None });
    assert_eq!(shown(&mut history), ["10", "11"]);
}
