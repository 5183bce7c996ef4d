use beep_core::domain::Domain;
use beep_core::port::StreamMark;
use beep_core::receipt::{self, Receipt};
use proptest::prelude::*;

use super::*;

/// A sender with what its store keeps, its remote, and a clock that jumps.
#[derive(Debug)]
struct World {
    sender: Option<Sender>,
    log: Vec<u64>,
    /// What lies before in the log is no longer kept.
    kept_from: u64,
    stream: u128,
    /// The place in the log after which the stream begins.
    base: u64,
    acked: u64,
    /// When the oldest event that waits was written.
    written: Vec<i64>,
    is_allowed: bool,
    now: i64,
    remote: Remote,
    resets: Vec<ResetReason>,
    handshakes: u32,
}

/// The receiver of the stream, by the rules of `receipt`.
#[derive(Clone, Debug, Default)]
struct Remote {
    mark: Option<StreamMark>,
    /// How far in the sender's log it is, by the stream or by what it fetched.
    position: u64,
    /// So far it has fetched.
    fetched: u64,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug)]
enum Call {
    Answered,
    AnswerLost,
    Lost,
}

#[derive(Clone, Copy, Debug)]
enum Happening {
    Write,
    Step(Call),
    Jump(i64),
    Wake,
    Restart,
    Allow(bool),
    /// The log no longer keeps what is old.
    Prune,
    /// The remote comes back from a backup.
    RollBack,
}

const KEPT: Kept = Kept { events: 20, time: Duration::from_secs(1_000) };

impl World {
    fn new() -> Self {
        Self {
            sender: None,
            log: Vec::new(),
            kept_from: 0,
            stream: 1,
            base: 0,
            acked: 0,
            written: Vec::new(),
            is_allowed: true,
            now: 0,
            remote: Remote::default(),
            resets: Vec::new(),
            handshakes: 0,
        }
    }

    fn write(&mut self) {
        self.log.push(self.log.len() as u64);
        self.written.push(self.now);
    }

    fn kept(&self) -> port::Outbound {
        let last = self.log.len() as u64 - self.base;
        let oldest = self.base + self.acked;
        port::Outbound {
            to: Domain::parse("b.example.com").expect("a domain"),
            acknowledged: StreamMark { stream: Uuid::from_u128(self.stream), seq: self.acked },
            last,
            waits_since: self.written.get(oldest as usize).map(|at| Timestamp::from_millis(*at)),
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now)
    }

    /// Does what the sender would do; gives what that was.
    fn step(&mut self, call: Call) -> Next {
        let (kept, now) = (self.kept(), self.now());
        let sender = self.sender.get_or_insert_with(|| Sender::new(&kept, KEPT));
        let next = sender.next(&kept, self.is_allowed, now);
        match &next {
            Next::Reset(reason) => {
                self.resets.push(*reason);
                self.stream += 1;
                (self.base, self.acked) = (self.log.len() as u64, 0);
                sender.reset(Uuid::from_u128(self.stream));
            }
            Next::Resend => {
                sender.resent();
                self.write();
            }
            Next::Handshake => {
                self.handshakes += 1;
                let before = sender.acknowledged();
                self.call(before + 1, Vec::new(), call);
            }
            Next::Send { first } => {
                let from = self.base + first - 1;
                if from < self.kept_from {
                    sender.unreadable();
                } else {
                    let places = (from + 1..=self.log.len() as u64).take(3).collect();
                    self.call(*first, places, call);
                }
            }
            Next::Wait(_) => {}
        }
        next
    }

    fn call(&mut self, first: u64, places: Vec<u64>, call: Call) {
        let sent = places.len() as u64;
        let acked = match call {
            Call::Lost => None,
            Call::AnswerLost | Call::Answered => {
                let acked = self.remote.receive(Uuid::from_u128(self.stream), first, &places, self.log.len() as u64);
                matches!(call, Call::Answered).then_some(acked)
            }
        };
        let (now, sender) = (self.now(), self.sender.as_mut().expect("it is there"));
        match acked {
            None => sender.failed(now, 7),
            Some(acked) => {
                if sender.answered(acked, sent, now, 7) != Answered::PositionMismatch {
                    self.acked = self.acked.max(sender.acknowledged());
                }
            }
        }
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Write => self.write(),
            Happening::Step(call) => drop(self.step(call)),
            Happening::Jump(by) => self.now += by,
            Happening::Wake => self.sender.iter_mut().for_each(Sender::woken),
            Happening::Restart => self.sender = None,
            Happening::Allow(is_allowed) => self.is_allowed = is_allowed,
            Happening::Prune => self.kept_from = self.log.len() as u64,
            Happening::RollBack => {
                if let Some(mark) = &mut self.remote.mark {
                    mark.seq /= 2;
                }
            }
        }
    }

    /// Lets all go well; whether the remote is then where the log is.
    fn heals(&mut self) -> bool {
        self.is_allowed = true;
        self.write();
        for _ in 0..200 {
            if let Next::Wait(until) = self.step(Call::Answered) {
                match until {
                    Some(until) => self.now = self.now.max(until.millis()),
                    None => break,
                }
            }
        }
        self.remote.position == self.log.len() as u64 && self.kept().last == self.acked
    }
}

impl Remote {
    /// Takes part of a stream; what it missed in one that begins anew, it fetches.
    fn receive(&mut self, stream: Uuid, first: u64, places: &[u64], head: u64) -> u64 {
        loop {
            match receipt::of(self.mark, stream, first, places.len()) {
                Receipt::Gap { acked } | Receipt::Repeated { acked } => return acked,
                Receipt::NewStream => {
                    self.mark = Some(StreamMark { stream, seq: 0 });
                    (self.position, self.fetched) = (head, head);
                }
                Receipt::Apply { skip } => {
                    for (place, seq) in places.iter().zip(first..).skip(skip) {
                        if *place > self.position {
                            assert_eq!(*place, self.position + 1, "something before it was lost");
                            self.position = *place;
                        }
                        self.mark = Some(StreamMark { stream, seq });
                    }
                    return self.mark.map_or(0, |mark| mark.seq);
                }
            }
        }
    }
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![4 => Just(Call::Answered), 1 => Just(Call::AnswerLost), 1 => Just(Call::Lost)]
}

/// What breaks no stream.
fn harmless() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => Just(Happening::Write),
        9 => call().prop_map(Happening::Step),
        2 => (-40_000i64..40_000).prop_map(Happening::Jump),
        1 => Just(Happening::Wake),
        1 => Just(Happening::Restart),
    ]
}

fn anything() -> impl Strategy<Value = Happening> {
    prop_oneof![
        16 => harmless(),
        1 => any::<bool>().prop_map(Happening::Allow),
        1 => Just(Happening::Prune),
        1 => Just(Happening::RollBack),
        1 => Just(Happening::Jump(2_000_000)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn whatever_happens_the_remote_comes_to_the_end_of_the_stream(
        steps in prop::collection::vec(anything(), 0..150),
    ) {
        let mut world = World::new();
        steps.into_iter().for_each(|step| world.happen(step));
        prop_assert!(world.heals(), "{:#?}", world);
    }

    #[test]
    fn a_stream_begins_anew_only_for_a_reason(steps in prop::collection::vec(harmless(), 0..150)) {
        let mut world = World::new();
        for step in steps {
            // No more waits than is kept.
            let adds = matches!(step, Happening::Write | Happening::Restart);
            if !adds || world.kept().last - world.acked < 15 {
                world.happen(step);
            }
        }
        prop_assert!(world.heals(), "{:#?}", world);
        prop_assert_eq!(world.resets, Vec::new());
    }
}

/// Steps until the sender waits.
fn settle(world: &mut World, call: Call) -> Vec<Next> {
    let mut done = Vec::new();
    loop {
        match world.step(call) {
            wait @ Next::Wait(_) => {
                done.push(wait);
                return done;
            }
            next => done.push(next),
        }
    }
}

#[test]
fn it_hears_where_the_remote_is_before_it_sends() {
    let mut world = World::new();
    (0..4).for_each(|_| world.write());
    let done = settle(&mut world, Call::Answered);
    let sent = [Next::Send { first: 1 }, Next::Send { first: 4 }];
    let expected = [Next::Handshake, Next::Resend].into_iter().chain(sent).chain([Next::Wait(None)]);
    assert_eq!(done, expected.collect::<Vec<_>>());
    world.happen(Happening::Restart);
    assert_eq!(settle(&mut world, Call::Answered), [Next::Handshake, Next::Wait(None)]);
}

#[test]
fn an_empty_stream_is_told_of_invitations_first() {
    let mut world = World::new();
    let done = settle(&mut world, Call::Answered);
    assert_eq!(done, [Next::Handshake, Next::Resend, Next::Send { first: 1 }, Next::Wait(None)]);
}

#[test]
fn a_stream_that_began_anew_is_told_of_invitations_whatever_came_before_a_restart() {
    let mut world = World::new();
    world.write();
    settle(&mut world, Call::Answered);
    world.happen(Happening::Allow(false));
    assert_eq!(world.step(Call::Answered), Next::Reset(ResetReason::Denied));
    // Something is told before the invitations are in the stream, and the process ends.
    world.write();
    world.happen(Happening::Restart);
    world.happen(Happening::Allow(true));
    let done = settle(&mut world, Call::Answered);
    assert_eq!(done, [Next::Handshake, Next::Resend, Next::Send { first: 1 }, Next::Wait(None)]);
    // The answer to the first part is lost: as it was applied, the invitations were in the stream before it.
    world.happen(Happening::Allow(false));
    world.step(Call::Answered);
    world.happen(Happening::Allow(true));
    let done: Vec<_> = (0..3).map(|_| world.step(Call::AnswerLost)).collect();
    assert!(matches!(done[..], [Next::Handshake, Next::Wait(Some(_)), Next::Wait(Some(_))]), "{done:?}");
    world.happen(Happening::Wake);
    let done = [world.step(Call::Answered), world.step(Call::Answered), world.step(Call::AnswerLost)];
    assert_eq!(done, [Next::Handshake, Next::Resend, Next::Send { first: 1 }]);
    world.happen(Happening::Restart);
    assert_eq!(settle(&mut world, Call::Answered), [Next::Handshake, Next::Wait(None)]);
}

#[test]
fn what_is_applied_in_part_goes_on_from_there() {
    let mut world = World::new();
    (0..4).for_each(|_| world.write());
    settle(&mut world, Call::Answered);
    (0..3).for_each(|_| world.write());
    let (kept, now) = (world.kept(), world.now());
    let sender = world.sender.as_mut().expect("it is there");
    assert_eq!(sender.next(&kept, true, now), Next::Send { first: 6 });
    assert_eq!(sender.answered(7, 3, now, 7), Answered::Partly(2));
    assert_eq!((sender.acknowledged(), sender.next(&kept, true, now)), (7, Next::Send { first: 8 }));
    assert_eq!(sender.answered(8, 1, now, 7), Answered::Applied);
}

#[test]
fn a_remote_that_does_not_answer_is_tried_later_or_when_it_is_heard_of() {
    let mut world = World::new();
    world.write();
    let done = settle(&mut world, Call::Lost);
    let Next::Wait(Some(until)) = done[1] else { panic!("{done:?}") };
    assert_eq!((&done[0], world.handshakes), (&Next::Handshake, 1));
    world.now = until.millis() - 1;
    assert_eq!(world.step(Call::Lost), Next::Wait(Some(until)));
    world.happen(Happening::Wake);
    assert_eq!(settle(&mut world, Call::Answered).len(), 4);
    assert!(world.resets.is_empty());
}

#[test]
fn a_remote_that_lost_what_it_had_is_looked_at_twice_before_the_stream_begins_anew() {
    let mut world = World::new();
    (0..5).for_each(|_| world.write());
    settle(&mut world, Call::Answered);
    world.happen(Happening::RollBack);
    world.write();
    let sent = world.step(Call::Answered);
    assert_eq!((sent, world.resets.len()), (Next::Send { first: 7 }, 0));
    // Once more, after a pause.
    let Next::Wait(Some(until)) = world.step(Call::Answered) else { panic!("it waits") };
    world.now = until.millis();
    assert_eq!((world.step(Call::Answered), world.resets.len()), (Next::Handshake, 0));
    let reason = ResetReason::PositionMismatch { acked: 3, from: 6, last: 7 };
    assert_eq!(world.step(Call::Answered), Next::Reset(reason));
    assert!(world.heals());
    assert_eq!(reason.to_string(), "the peer acknowledged event 3, but only 6 to 7 are possible");
}

#[test]
fn nothing_is_kept_for_whom_nothing_may_be_told() {
    let mut world = World::new();
    world.write();
    world.happen(Happening::Allow(false));
    let done = settle(&mut world, Call::Answered);
    let until = Timestamp::from_millis(1_000);
    assert_eq!(done, [Next::Reset(ResetReason::Denied), Next::Wait(Some(until))]);
    world.happen(Happening::Allow(true));
    let done = settle(&mut world, Call::Answered);
    assert_eq!(done, [Next::Handshake, Next::Resend, Next::Send { first: 1 }, Next::Wait(None)]);
}

#[test]
fn more_than_is_kept_or_for_longer_begins_anew() {
    for old in [false, true] {
        let mut world = World::new();
        (0..if old { 1 } else { 21 }).for_each(|_| world.write());
        world.now += if old { 1_000_001 } else { 0 };
        assert_eq!(world.step(Call::Answered), Next::Reset(ResetReason::Backlog));
        assert!(world.heals());
    }
}

#[test]
fn what_is_no_longer_kept_begins_anew() {
    let mut world = World::new();
    (0..3).for_each(|_| world.write());
    world.happen(Happening::Prune);
    let done: Vec<_> = (0..3).map(|_| world.step(Call::Answered)).collect();
    assert_eq!(done, [Next::Handshake, Next::Resend, Next::Send { first: 1 }]);
    assert_eq!(world.step(Call::Answered), Next::Reset(ResetReason::Hole));
    assert!(world.heals());
}
