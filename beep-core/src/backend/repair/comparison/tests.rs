use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::Domain;
use crate::id::Id;

/// An owner and what is held of it, as numbers: a server's state is one, and its digest is that.
#[derive(Clone, Debug, Default)]
struct World {
    truth: BTreeMap<SpaceId, u32>,
    held: BTreeMap<SpaceId, u32>,
    /// What the stream has yet to bring, in order: the state of a server, or that it is gone.
    on_its_way: VecDeque<(SpaceId, Option<u32>)>,
    applied: u64,
    page: usize,
    /// What was fetched, in order.
    fetched: Vec<SpaceId>,
}

fn server(number: u8) -> SpaceId {
    SpaceId::from_uuid(Uuid::from_u128(number.into()))
}

fn owner() -> Domain {
    Domain::parse("b.example.com").expect("a domain")
}

impl World {
    fn told(&self) -> u64 {
        self.applied + self.on_its_way.len() as u64
    }

    /// The owner changes a server and tells so.
    fn change(&mut self, server: SpaceId, state: Option<u32>) {
        match state {
            Some(state) => self.truth.insert(server, state),
            None => self.truth.remove(&server),
        };
        self.on_its_way.push_back((server, state));
    }

    /// The stream brings so much.
    fn deliver(&mut self, count: usize) {
        for (server, state) in self.on_its_way.drain(..count.min(self.on_its_way.len())) {
            self.applied += 1;
            match state {
                Some(state) => self.held.insert(server, state),
                None => self.held.remove(&server),
            };
        }
    }

    fn list(&self, after: Option<SpaceId>) -> Listed {
        let mark = StreamMark { stream: Uuid::nil(), seq: self.told() };
        let later = self.truth.iter().filter(|(id, _)| Some(**id) > after).take(self.page);
        let servers: Vec<_> = later
            .map(|(id, state)| ListedServer {
                server: SpaceKey::new(*id, owner()),
                theirs: state.to_string(),
                ours: self.held.get(id).map(u32::to_string),
            })
            .collect();
        let next = servers.last().filter(|_| servers.len() == self.page).map(|last| last.server.id);
        Listed { at: Some(mark), is_applied: self.on_its_way.is_empty(), servers, next }
    }

    fn fetch(&mut self, id: SpaceId) -> bool {
        self.fetched.push(id);
        let state = self.truth.get(&id).copied();
        let before = self.held.get(&id).copied();
        match state {
            Some(state) => self.held.insert(id, state),
            None => self.held.remove(&id),
        };
        before != state
    }

    /// Compares to the end; `between` happens before each step.
    fn compare(&mut self, mut between: impl FnMut(&mut Self, u32)) -> End {
        let mut comparison = Comparison::default();
        for step in 0.. {
            assert!(step < 10_000, "it comes to no end");
            between(self, step);
            match comparison.next_step() {
                Step::List { after } => comparison.listed(self.list(after)),
                Step::Await(mark) => comparison.awaited(self.applied >= mark.seq),
                Step::Held => comparison.held(self.held.keys().map(|id| SpaceKey::new(*id, owner())).collect()),
                Step::Fetch(server) => {
                    let differed = self.fetch(server.id);
                    comparison.fetched(differed);
                }
                Step::End(end) => return end,
            }
        }
        unreachable!("it ends or fails")
    }
}

fn states() -> impl Strategy<Value = BTreeMap<SpaceId, u32>> {
    prop::collection::btree_map((0u8..30).prop_map(server), 0u32..3, 0..20)
}

proptest! {
    #[test]
    fn in_peace_what_differs_is_fetched_and_nothing_else(truth in states(), held in states(), page in 1usize..6) {
        let mut world = World { truth: truth.clone(), held: held.clone(), page, ..World::default() };
        let end = world.compare(|_, _| {});
        prop_assert_eq!(&world.held, &truth);
        let ids: BTreeSet<_> = truth.keys().chain(held.keys()).copied().collect();
        let differing: Vec<_> = ids.into_iter().filter(|id| truth.get(id) != held.get(id)).collect();
        let mut fetched = world.fetched.clone();
        fetched.sort();
        prop_assert_eq!(&fetched, &differing);
        prop_assert_eq!(end, End { differed: !differing.is_empty(), is_complete: true, is_too_long: false });
        world.fetched.clear();
        world.compare(|_, _| {});
        prop_assert_eq!(world.fetched, Vec::new());
    }

    #[test]
    fn what_is_on_its_way_is_not_fetched(
        count in 1u8..20,
        page in 1usize..6,
        changes in prop::collection::vec((any::<u8>(), 0u32..100, 0usize..4), 0..60),
    ) {
        let truth: BTreeMap<_, _> = (0..count).map(|number| (server(number), 0)).collect();
        let mut world = World { held: truth.clone(), truth, page, ..World::default() };
        let mut changes = changes.into_iter();
        let end = world.compare(|world, _| match changes.next() {
            Some((number, state, delivered)) => {
                world.change(server(number % count), Some(state));
                world.deliver(delivered);
            }
            None => world.deliver(usize::MAX),
        });
        prop_assert_eq!((end.differed, &world.fetched), (false, &Vec::new()));
        world.deliver(usize::MAX);
        prop_assert_eq!(&world.held, &world.truth);
    }

    #[test]
    fn whatever_an_owner_lists_it_comes_to_an_end(
        pages in prop::collection::vec((prop::option::of(0u8..200), any::<bool>(), any::<u8>(), any::<bool>()), 1..50),
    ) {
        let mut comparison = Comparison::default();
        let mut asked = 0;
        let end = loop {
            match comparison.next_step() {
                Step::List { .. } => {
                    let (next, is_applied, number, has_stream) = pages[asked % pages.len()];
                    asked += 1;
                    comparison.listed(Listed {
                        at: has_stream.then_some(StreamMark { stream: Uuid::nil(), seq: 7 }),
                        is_applied,
                        servers: vec![ListedServer {
                            server: SpaceKey::new(server(number), owner()),
                            theirs: asked.to_string(),
                            ours: None,
                        }],
                        next: next.map(server),
                    });
                }
                Step::Await(_) => comparison.awaited(asked % 2 == 0),
                Step::Held => comparison.held(vec![SpaceKey::new(server(1), owner())]),
                Step::Fetch(_) => comparison.fetched(true),
                Step::End(end) => break end,
            }
            prop_assert!(asked <= 5 * 201, "asked {asked} times");
        };
        prop_assert!(!end.is_too_long);
    }
}

#[test]
fn what_is_said_twice_while_something_is_on_its_way_is_asked_a_third_time() {
    let mut world = World { page: 10, ..World::default() };
    world.change(server(1), Some(1));
    // What is told of it comes late.
    let end = world.compare(|world, step| {
        if step == 3 {
            world.deliver(1)
        }
    });
    assert_eq!((end.is_complete, end.differed, world.fetched), (true, false, Vec::new()));
}

#[test]
fn without_an_answer_or_what_was_said_before_nothing_is_dropped() {
    let mut comparison = Comparison::default();
    comparison.unanswered();
    assert_eq!(comparison.next_step(), Step::End(End::default()));
    let mut world = World { page: 10, ..World::default() };
    world.held.insert(server(1), 1);
    world.change(server(2), Some(2));
    let end = world.compare(|_, _| {});
    assert_eq!((end, world.fetched), (End::default(), Vec::new()));
}

#[test]
fn a_list_without_end_is_cut() {
    let mut comparison = Comparison::default();
    let mut number: u128 = 0;
    let end = loop {
        match comparison.next_step() {
            Step::List { .. } => {
                number += 1;
                let next = Some(SpaceId::from_uuid(Uuid::from_u128(number)));
                comparison.listed(Listed { at: None, is_applied: true, servers: Vec::new(), next });
            }
            Step::End(end) => break end,
            step => panic!("{step:?} is not to be done"),
        }
    };
    assert_eq!((number, end), (MOST_PAGES.into(), End { is_too_long: true, ..End::default() }));
}
