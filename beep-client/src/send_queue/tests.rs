use beep_core::time::Timestamp;
use beep_proto::problem::{ErrorCode, Problem};
use beep_proto::time::Time;

use super::*;
use crate::error::Refusal;
use crate::sample;
use crate::transport::TransportError;

/// A queue with its clock.
struct Tested {
    queue: Queue,
    now: Moment,
}

impl Tested {
    fn new() -> Self {
        Self::restored(Vec::new())
    }

    fn restored(stored: Vec<StoredOutgoing>) -> Self {
        let mut queue = Queue::new(sample::user(1));
        queue.restore(stored);
        Self { queue, now: Moment { uptime: Duration::ZERO, at: Timestamp::from_millis(0), random: 10_000 } }
    }

    /// Queues a text in a channel under a nonce, and stores it.
    fn push(&mut self, nonce: &str, channel: u8) {
        self.queue.push(nonce.to_owned(), &sample::full(channel), nonce.to_uppercase(), None, self.now).expect("room");
        self.queue.kept(nonce);
    }

    /// The nonces of all that is sent now.
    fn sends(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.queue.next_send(self.now)).filter_map(|send| send.nonce).collect()
    }

    fn answer(&mut self, nonce: &str, channel: u8, failure: Option<Error>) {
        self.queue.answered(&sample::full(channel), nonce, failure.as_ref(), self.now);
    }

    fn state(&mut self, nonce: &str) -> Option<SendState> {
        self.queue.list().rows().iter().find(|one| one.nonce == nonce).map(|one| one.state.clone())
    }

    fn nonces(&mut self) -> Vec<String> {
        self.queue.list().rows().iter().map(|one| one.nonce.clone()).collect()
    }

    fn store(&self) -> Vec<StoredOutgoing> {
        self.queue.list.rows().iter().map(|one| (&**one).into()).collect()
    }
}

fn lost() -> Error {
    TransportError::interrupted("lost").into()
}

fn refused(problem: Problem) -> Error {
    Error::Refused(Box::new(Refusal { operation: "messages.send", problem, request_id: None }))
}

fn said(nonce: &str, channel: u8, author: u8) -> Message {
    let beep_proto::gateway::EventData::MessageCreated(message) = sample::sent(channel, 50, "c").data else {
        panic!("a message is sent")
    };
    Message { nonce: Some(nonce.to_owned()), author: Some(sample::user(author)), ..message }
}

#[test]
fn a_channel_keeps_its_order_and_does_not_wait_for_others() {
    let mut tested = Tested::new();
    for (nonce, channel) in [("a1", 1), ("a2", 1), ("b1", 2)] {
        tested.push(nonce, channel);
    }
    assert_eq!(tested.sends(), ["a1", "b1"]);
    assert_eq!(tested.state("a1"), Some(SendState::Sending));
    assert_eq!(tested.state("a2"), Some(SendState::Queued));
    tested.answer("b1", 2, None);
    assert_eq!(tested.sends(), [] as [&str; 0]);
    tested.answer("a1", 1, None);
    assert_eq!(tested.sends(), ["a2"]);
    tested.answer("a2", 1, None);
    assert_eq!(tested.nonces(), [] as [&str; 0]);
    assert!(tested.queue.lanes.is_empty());
}

#[test]
fn an_outage_waits_ever_longer_and_ends_at_once() {
    let mut tested = Tested::new();
    tested.push("a1", 1);
    tested.push("a2", 1);
    let mut last = Duration::ZERO;
    for failures in 0..4 {
        assert_eq!(tested.sends(), ["a1"], "after {failures} failures");
        tested.answer("a1", 1, Some(lost()));
        assert!(matches!(tested.state("a1"), Some(SendState::Waiting { reason: Failure { code: None, .. }, .. })));
        assert_eq!(tested.sends(), [] as [&str; 0]);
        let due = tested.queue.due().expect("it waits");
        assert!(due - tested.now.uptime >= last.min(Duration::from_secs(1)));
        last = due - tested.now.uptime;
        tested.now.uptime = due;
    }
    assert_eq!(tested.sends(), ["a1"]);
    tested.answer("a1", 1, Some(refused(Problem::new(ErrorCode::RemoteUnavailable, ""))));
    tested.queue.hurry(Some(&Domain::parse("b.example.com").expect("a domain")));
    assert_eq!(tested.sends(), [] as [&str; 0], "another backend is back");
    tested.queue.hurry(Some(&Domain::parse("a.example.com").expect("a domain")));
    assert_eq!(tested.sends(), ["a1"]);
    tested.answer("a1", 1, Some(lost()));
    tested.queue.hurry(None);
    assert_eq!(tested.sends(), ["a1"]);
}

#[test]
fn a_pause_that_the_backend_asks_for_is_kept() {
    let mut tested = Tested::new();
    tested.push("a1", 1);
    tested.sends();
    let limited = Problem { retry_after: Some(9), ..Problem::new(ErrorCode::RateLimited, "") };
    tested.answer("a1", 1, Some(refused(limited)));
    tested.queue.hurry(None);
    tested.queue.retry("a1").expect("it is there");
    assert_eq!(tested.sends(), [] as [&str; 0]);
    tested.now.uptime = Duration::from_millis(9_500);
    assert_eq!(tested.sends(), ["a1"]);
}

#[test]
fn a_refusal_stands_until_somebody_decides_and_the_next_goes_on() {
    let mut tested = Tested::new();
    for nonce in ["a1", "a2", "a3"] {
        tested.push(nonce, 1);
    }
    tested.sends();
    let until = Some(Time(Timestamp::from_millis(42_000)));
    let slow = Problem { until, retry_after: Some(42), ..Problem::new(ErrorCode::RateLimited, "slow mode") };
    tested.answer("a1", 1, Some(refused(slow)));
    let Some(SendState::Failed { reason }) = tested.state("a1") else { panic!("it was refused") };
    assert_eq!((reason.code, reason.until), (Some(ErrorCode::RateLimited), until));
    assert_eq!(tested.sends(), ["a2"]);
    let missing = vec!["send_messages".to_owned()];
    tested.answer("a2", 1, Some(refused(Problem { missing, ..Problem::new(ErrorCode::PermissionDenied, "") })));
    assert_eq!(tested.sends(), ["a3"]);
    tested.answer("a3", 1, Some(refused(Problem::new(ErrorCode::InvalidRequest, "too long"))));
    assert_eq!(tested.sends(), [] as [&str; 0]);
    // Each of what one can do.
    tested.queue.retry("a1").expect("it is there");
    tested.queue.edit("a3", "short".to_owned()).expect("it was not sent");
    tested.queue.kept("a3");
    assert_eq!(tested.queue.discard("a2").map(|one| one.content.clone()), Ok("A2".to_owned()));
    assert_eq!(tested.queue.retry("a2"), Err(QueueError::Gone));
    assert_eq!(tested.sends(), ["a1"]);
    tested.answer("a1", 1, None);
    let send = tested.queue.next_send(tested.now).expect("the edited one is next");
    assert_eq!((send.nonce.as_deref(), send.content.as_str()), (Some("a3"), "short"));
}

#[test]
fn what_may_have_been_sent_is_not_changed() {
    let mut tested = Tested::new();
    tested.push("a1", 1);
    tested.queue.edit("a1", "edited".to_owned()).expect("it was not tried");
    tested.queue.kept("a1");
    tested.sends();
    let edit = |tested: &mut Tested| tested.queue.edit("a1", "again".to_owned());
    assert_eq!(edit(&mut tested), Err(QueueError::MayBeSent));
    assert_eq!(tested.queue.discard("a1").map(drop), Err(QueueError::MayBeSent));
    tested.answer("a1", 1, Some(TransportError::unreached("no network").into()));
    assert_eq!(edit(&mut tested), Ok(()), "it certainly did not arrive");
    tested.queue.kept("a1");
    tested.queue.hurry(None);
    tested.sends();
    tested.answer("a1", 1, Some(lost()));
    assert_eq!(edit(&mut tested), Err(QueueError::MayBeSent));
    tested.queue.hurry(None);
    tested.sends();
    tested.answer("a1", 1, Some(refused(Problem::new(ErrorCode::Muted, ""))));
    assert_eq!(edit(&mut tested), Err(QueueError::MayBeSent), "the attempt before may have arrived");
    assert!(tested.queue.discard("a1").is_ok());
}

#[test]
fn an_event_takes_a_message_out() {
    let mut tested = Tested::new();
    for nonce in ["a1", "a2"] {
        tested.push(nonce, 1);
    }
    assert_eq!(tested.sends(), ["a1"]);
    assert_eq!(tested.queue.heard(&said("a1", 1, 2)), None, "somebody else's nonce");
    assert_eq!(tested.queue.heard(&said("a1", 2, 1)), None, "of another channel");
    assert_eq!(tested.queue.heard(&said("a1", 1, 1)).as_deref(), Some("a1"));
    assert_eq!(tested.sends(), ["a2"], "the answer is not waited for");
    // The late answer is of no interest.
    tested.answer("a1", 1, Some(lost()));
    assert_eq!(tested.state("a2"), Some(SendState::Sending));
}

#[test]
fn what_was_under_way_is_sent_again_after_a_restart() {
    let mut tested = Tested::new();
    for nonce in ["a1", "a2", "a3"] {
        tested.push(nonce, 1);
    }
    tested.sends();
    tested.answer("a1", 1, Some(refused(Problem::new(ErrorCode::Muted, ""))));
    tested.sends();
    assert_eq!(tested.state("a2"), Some(SendState::Sending));
    let mut stored = tested.store();
    stored.reverse();
    let bytes = crate::storage::encode(&stored);
    let mut later = Tested::restored(crate::storage::decode("k", &bytes).expect("it was stored"));
    assert_eq!(later.nonces(), ["a1", "a2", "a3"]);
    assert!(matches!(later.state("a1"), Some(SendState::Failed { .. })));
    assert_eq!(later.sends(), ["a2"]);
    assert_eq!(later.queue.edit("a3", "x".to_owned()), Err(QueueError::MayBeSent));
    assert_eq!(later.queue.edit("a1", "x".to_owned()), Ok(()));
    later.push("a4", 1);
    assert_eq!(later.nonces(), ["a1", "a2", "a3", "a4"]);
    assert!(later.store().windows(2).all(|pair| pair[0].number < pair[1].number));
}

#[test]
fn nothing_is_sent_before_it_is_stored_and_the_stored_is_read() {
    let mut earlier = Tested::new();
    earlier.push("a1", 1);
    let mut queue = Queue::new(sample::user(1));
    let now = earlier.now;
    queue.push("a2".to_owned(), &sample::full(1), "two".to_owned(), None, now).expect("there is room");
    assert_eq!(queue.next_send(now), None);
    assert!(queue.take_unsaved().is_empty(), "its number is not known");
    queue.restore(earlier.store());
    let mut tested = Tested { queue, now };
    assert_eq!(tested.nonces(), ["a1", "a2"]);
    assert_eq!(tested.sends(), ["a1"]);
    tested.answer("a1", 1, None);
    assert_eq!(tested.sends(), [] as [&str; 0]);
    assert_eq!(tested.queue.take_unsaved().into_iter().collect::<Vec<_>>(), ["a1", "a2"]);
    assert!(tested.queue.stored("a1").is_none() && tested.queue.stored("a2").is_some());
    tested.queue.kept("a2");
    assert_eq!(tested.sends(), ["a2"]);
}

#[test]
fn without_a_session_it_waits_for_one() {
    let mut tested = Tested::new();
    tested.push("a1", 1);
    tested.sends();
    tested.answer("a1", 1, Some(Error::NotSignedIn));
    assert!(matches!(tested.state("a1"), Some(SendState::Waiting { .. })));
    assert_eq!((tested.sends(), tested.queue.due()), (Vec::new(), None));
    tested.queue.resume();
    assert_eq!(tested.sends(), ["a1"]);
}

#[test]
fn one_backend_does_not_take_all_and_the_queue_is_bounded() {
    let mut tested = Tested::new();
    for channel in 1..=6 {
        tested.push(&format!("n{channel}"), channel);
    }
    assert_eq!(tested.sends().len(), MAX_UNDER_WAY);
    tested.answer("n1", 1, None);
    assert_eq!(tested.sends(), ["n5"]);
    let long = "x".repeat(MAX_QUEUED_LEN + 1);
    let push = |tested: &mut Tested, nonce: &str, text: &str| {
        tested.queue.push(nonce.to_owned(), &sample::full(1), text.to_owned(), None, tested.now)
    };
    assert_eq!(push(&mut tested, "long", &long), Err(QueueError::TooLong));
    for n in 0..MAX_QUEUED {
        let _ = push(&mut tested, &format!("m{n}"), "m");
    }
    assert_eq!(tested.nonces().len(), MAX_QUEUED);
    assert_eq!(push(&mut tested, "one more", "m"), Err(QueueError::Full));
}
