//! Backends that tell each other their logs over links that break on purpose, to see that all is told in the end.
//!
//! Each backend keeps what a store would keep (its log, its streams, how far it followed others) and loses all else in a
//! crash. It checks while it runs that nothing is lost, repeated or out of order.

mod link;

use std::collections::BTreeMap;

use beep_core::port::StreamMark;
use beep_core::receipt::{self, Receipt};
use beep_core::time::Timestamp;
use uuid::Uuid;

use crate::delivery::{Acked, Outbound, Step};

pub use link::Link;

/// Something that happens; backends are counted from 0.
#[derive(Clone, Copy, Debug)]
pub enum Happening {
    /// A backend writes to its log.
    Write(usize),
    /// A backend sends what its sender would send.
    Send(usize, usize),
    /// A batch under way arrives, the one at this place of the queue; it stays under way as well if it is doubled.
    Arrive {
        /// Which of those under way.
        at: usize,
        /// Whether it comes again.
        doubled: bool,
        /// The receiver crashes after so many entries, before it answers.
        crash_after: Option<u64>,
    },
    /// An answer under way arrives.
    Answer(usize),
    /// A batch and an answer under way are lost.
    Lose(usize),
    /// All links are cut: what was under way is lost.
    Cut,
    /// A sender waits for its answers no more.
    TimeOut(usize, usize),
    /// A backend crashes and starts again.
    Crash(usize),
    /// A backend begins its stream to another anew: more waits than is kept.
    Reset(usize, usize),
    /// The clock jumps.
    Jump(i64),
}

/// The backends and what is between them.
#[derive(Debug)]
pub struct World {
    backends: Vec<Backend>,
    batches: Link<Batch>,
    answers: Link<Answer>,
    now: i64,
    calls: u64,
    streams: u128,
}

#[derive(Debug, Default)]
struct Backend {
    /// Durable: what it wrote; the place of each entry is its number less one.
    log: Vec<u64>,
    /// Durable: the streams to the others.
    streams: BTreeMap<usize, Stream>,
    /// Durable: what it knows of the others.
    replicas: BTreeMap<usize, Replica>,
    /// Lost in a crash: the senders and the calls that wait for an answer.
    senders: BTreeMap<usize, (Outbound, Vec<u64>)>,
}

#[derive(Clone, Copy, Debug)]
struct Stream {
    id: Uuid,
    /// The place in the log after which it begins.
    base: u64,
    acked: u64,
}

#[derive(Debug, Default)]
struct Replica {
    mark: Option<StreamMark>,
    applied: Vec<u64>,
    /// The place in the owner's log that it stands for.
    position: u64,
    snapshot: u64,
    snapshots: u64,
    set_aside: u64,
}

#[derive(Clone, Debug)]
struct Batch {
    call: u64,
    from: usize,
    to: usize,
    stream: Uuid,
    first_seq: u64,
    entries: Vec<(u64, u64)>,
}

/// The answer to a batch.
#[derive(Clone, Copy, Debug)]
struct Answer {
    call: u64,
    from: usize,
    to: usize,
    acked: u64,
}

impl World {
    /// So many backends that know of each other.
    pub fn new(count: usize) -> Self {
        let mut world = Self {
            backends: Vec::new(),
            batches: Link::default(),
            answers: Link::default(),
            now: 0,
            calls: 0,
            streams: 0,
        };
        world.backends.resize_with(count, Backend::default);
        for from in 0..count {
            for to in (0..count).filter(|to| *to != from) {
                let id = world.stream();
                world.backends[from].streams.insert(to, Stream { id, base: 0, acked: 0 });
                world.backends[to].replicas.insert(from, Replica::default());
            }
        }
        world
    }

    /// Lets something happen; what makes no sense at the moment does nothing.
    ///
    /// # Panics
    /// When a backend is told something twice, or not at all, or out of order.
    pub fn happen(&mut self, what: Happening) {
        let count = self.backends.len();
        match what {
            Happening::Write(at) => {
                let log = &mut self.backends[at % count].log;
                log.push(log.len() as u64 * 31 + at as u64);
            }
            Happening::Send(from, to) => self.send(from % count, to % count),
            Happening::Arrive { at, doubled, crash_after } => {
                if let Some(batch) = self.batches.arrive(at, doubled) {
                    self.arrive(&batch, crash_after);
                }
            }
            Happening::Answer(at) => {
                if let Some(answer) = self.answers.arrive(at, false) {
                    self.answer(answer);
                }
            }
            Happening::Lose(at) => {
                self.batches.lose(at);
                self.answers.lose(at);
            }
            Happening::Cut => {
                self.batches.cut();
                self.answers.cut();
            }
            Happening::TimeOut(from, to) => {
                let (now, random) = (Timestamp::from_millis(self.now), self.calls);
                if let Some((outbound, waiting)) = self.backends[from % count].senders.get_mut(&(to % count)) {
                    waiting.drain(..).for_each(|_| outbound.failed(now, random));
                }
            }
            Happening::Crash(at) => self.backends[at % count].senders.clear(),
            Happening::Reset(from, to) => self.reset(from % count, to % count),
            Happening::Jump(by) => self.now = self.now.saturating_add(by),
        }
    }

    /// Heals all links and lets everybody finish; whether all know what all have written, and go on to be told.
    pub fn heals(&mut self) -> bool {
        let caught_up = self.finishes();
        // What is written from now on must come too: a snapshot alone could hide a stream that is stuck.
        (0..self.backends.len()).for_each(|at| self.happen(Happening::Write(at)));
        caught_up && self.finishes()
    }

    fn finishes(&mut self) -> bool {
        let pairs: Vec<_> = (0..self.backends.len())
            .flat_map(|from| self.backends[from].streams.keys().map(move |to| (from, *to)).collect::<Vec<_>>())
            .collect();
        for _ in 0..8 {
            pairs.iter().for_each(|(from, to)| self.happen(Happening::TimeOut(*from, *to)));
            self.now += 10 * 60 * 1_000;
            pairs.iter().for_each(|(from, to)| self.send(*from, *to));
            while let Some(batch) = self.batches.arrive(0, false) {
                self.arrive(&batch, None);
            }
            while let Some(answer) = self.answers.arrive(0, false) {
                self.answer(answer);
            }
        }
        pairs.iter().all(|(from, to)| {
            let (log, replica) = (&self.backends[*from].log, &self.backends[*to].replicas[from]);
            let taken: Vec<_> = log.iter().copied().filter(|entry| !is_rejected(*entry)).collect();
            replica.applied == taken
        })
    }

    /// How many snapshots were taken where the stream was followed before, and how many entries were set aside.
    pub fn tally(&self) -> (u64, u64) {
        let replicas = self.backends.iter().flat_map(|backend| backend.replicas.values());
        replicas.fold((0, 0), |(snapshots, aside), one| (snapshots + one.snapshots, aside + one.set_aside))
    }

    fn stream(&mut self) -> Uuid {
        self.streams += 1;
        Uuid::from_u128(self.streams)
    }

    fn send(&mut self, from: usize, to: usize) {
        let backend = &mut self.backends[from];
        let Some(stream) = backend.streams.get(&to).copied() else { return };
        let last = backend.log.len() as u64 - stream.base;
        let fresh = || (Outbound::new(stream.id, stream.acked, last), Vec::new());
        let (outbound, waiting) = backend.senders.entry(to).or_insert_with(fresh);
        outbound.queued(last);
        let Step::Send { first, up_to } = outbound.next(Timestamp::from_millis(self.now)) else { return };
        self.calls += 1;
        waiting.push(self.calls);
        let places = stream.base + first..=stream.base + up_to;
        let entries = places.map(|place| (place, backend.log[place as usize - 1])).collect();
        self.batches.put(Batch { call: self.calls, from, to, stream: stream.id, first_seq: first, entries });
    }

    fn arrive(&mut self, batch: &Batch, crash_after: Option<u64>) {
        let owner: Vec<u64> = self.backends[batch.from].log.clone();
        let Some(replica) = self.backends[batch.to].replicas.get_mut(&batch.from) else { return };
        let acked = loop {
            match receipt::of(replica.mark, batch.stream, batch.first_seq, batch.entries.len()) {
                Receipt::Gap { acked } | Receipt::Repeated { acked } => break acked,
                Receipt::NewStream => {
                    replica.snapshots += u64::from(replica.mark.is_some());
                    replica.snapshot = owner.len() as u64;
                    replica.position = replica.snapshot;
                    replica.applied = owner.iter().copied().filter(|entry| !is_rejected(*entry)).collect();
                    replica.mark = Some(StreamMark { stream: batch.stream, seq: 0 });
                }
                Receipt::Apply { skip } => {
                    for ((place, entry), seq) in batch.entries.iter().zip(batch.first_seq..).skip(skip) {
                        if crash_after == Some(seq - batch.first_seq) {
                            return self.happen(Happening::Crash(batch.to));
                        }
                        replica.take(*place, *entry);
                        replica.mark = Some(StreamMark { stream: batch.stream, seq });
                    }
                    break replica.mark.map_or(0, |mark| mark.seq);
                }
            }
        };
        self.answers.put(Answer { call: batch.call, from: batch.from, to: batch.to, acked });
    }

    fn answer(&mut self, Answer { call, from, to, acked }: Answer) {
        let backend = &mut self.backends[from];
        let Some((outbound, waiting)) = backend.senders.get_mut(&to) else { return };
        // Nobody waits for the answer to a call that timed out, or that was made before a crash.
        let Some(place) = waiting.iter().position(|one| *one == call) else { return };
        waiting.remove(place);
        match outbound.acked(acked) {
            Acked::Kept => {
                let acked = outbound.acknowledged();
                backend.streams.entry(to).and_modify(|stream| stream.acked = acked);
            }
            Acked::PositionMismatch => self.reset(from, to),
        }
    }

    fn reset(&mut self, from: usize, to: usize) {
        let id = self.stream();
        let backend = &mut self.backends[from];
        let base = backend.log.len() as u64;
        if let Some(stream) = backend.streams.get_mut(&to) {
            // The other hears of the fresh stream with its first entry, so there is always one.
            backend.log.push(base * 31);
            *stream = Stream { id, base, acked: 0 };
            backend.senders.remove(&to);
        }
    }
}

impl Replica {
    fn take(&mut self, place: u64, entry: u64) {
        if place <= self.position {
            assert!(place <= self.snapshot, "{place} came twice");
            return;
        }
        assert_eq!(place, self.position + 1, "something before it was lost");
        self.position = place;
        if is_rejected(entry) {
            self.set_aside += 1;
        } else {
            self.applied.push(entry);
        }
    }
}

/// Some entries are not to the receiver's liking.
fn is_rejected(entry: u64) -> bool {
    entry % 7 == 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn happening() -> impl Strategy<Value = Happening> {
        let pair = (0usize..3, 0usize..3);
        prop_oneof![
            6 => (0usize..3).prop_map(Happening::Write),
            6 => pair.clone().prop_map(|(from, to)| Happening::Send(from, to)),
            6 => (any::<usize>(), any::<bool>(), prop::option::weighted(0.2, 0u64..3))
                .prop_map(|(at, doubled, crash_after)| Happening::Arrive { at, doubled, crash_after }),
            5 => any::<usize>().prop_map(Happening::Answer),
            2 => any::<usize>().prop_map(Happening::Lose),
            2 => pair.clone().prop_map(|(from, to)| Happening::TimeOut(from, to)),
            1 => (0usize..3).prop_map(Happening::Crash),
            1 => Just(Happening::Cut),
            1 => pair.prop_map(|(from, to)| Happening::Reset(from, to)),
            2 => (-400_000i64..400_000).prop_map(Happening::Jump),
        ]
    }

    #[test]
    fn a_reset_is_made_good_by_a_snapshot_and_what_is_rejected_blocks_nothing() {
        let mut world = World::new(2);
        assert!(world.heals());
        (0..20).for_each(|_| world.happen(Happening::Write(0)));
        assert!(world.heals());
        assert_eq!(world.tally(), (0, 3));
        world.happen(Happening::Write(0));
        world.happen(Happening::Reset(0, 1));
        assert!(world.heals());
        assert_eq!(world.tally().0, 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]
        #[test]
        fn all_is_told_once_and_in_order_whatever_breaks(
            count in 2usize..4, steps in prop::collection::vec(happening(), 0..120),
        ) {
            let mut world = World::new(count);
            steps.into_iter().for_each(|step| world.happen(step));
            prop_assert!(world.heals(), "{:#?}", world);
        }
    }
}
