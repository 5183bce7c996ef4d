//! Every pair of operations on one server or one group, at the same moment: what comes of it is what some order of the two gives.
//!
//! The operations are those of the table that change such a place: a new one is paired with every other by itself. Each pair
//! is first played in both orders, each time in a scene of its own. Then the two are asked for at once. Answers and state
//! are those of one of the orders, or something is decided on what was true no more.

mod act;
mod scene;
mod state;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use beep_tests::chance::Chance;
use beep_tests::database::Engine;
use beep_tests::server::Server;
use futures_util::future::join_all;

use act::{Act, Place};
use scene::{Cast, Scene};

/// How many pairs are played, and how often.
#[derive(Clone, Copy, Debug)]
pub struct Rounds {
    /// How often each pair is played at once.
    pub rounds: usize,
    /// Of so many pairs one is played.
    pub one_of: usize,
    /// Which of them.
    pub which: usize,
}

/// Plays the pairs on a backend, and says of which some round ended as no order does.
pub async fn play(engine: Engine, rounds: Rounds) -> Vec<String> {
    let server = Server::start(engine).await;
    let places = Place::ALL.map(|place| (place, place.acts()));
    let pairs = places.iter().flat_map(|(place, acts)| {
        acts.iter().enumerate().flat_map(move |(at, one)| acts[at..].iter().map(move |other| (*place, one, other)))
    });
    let pairs = pairs.enumerate().filter(|(number, _)| number % rounds.one_of == rounds.which % rounds.one_of);
    let pairs: Vec<_> = pairs.map(|(_, pair)| pair).collect();
    let mut workers = Vec::with_capacity(WORKERS);
    for number in 0..WORKERS {
        let share = pairs.iter().skip(number).step_by(WORKERS);
        workers.push(work(&server, number, share, rounds.rounds));
    }
    let found: Vec<String> = join_all(workers).await.into_iter().flatten().collect();
    let log = server.log();
    let panics = log.lines().filter(|line| line.contains("panicked")).map(|line| format!("{engine:?}: {line}"));
    found.iter().map(|found| format!("{engine:?}: {found}")).chain(panics).collect()
}

/// Plays some of the pairs with people of one's own.
async fn work<'a>(
    server: &Server,
    number: usize,
    pairs: impl Iterator<Item = &'a (Place, &'a Act, &'a Act)>,
    rounds: usize,
) -> Vec<String> {
    let cast = Cast::sign_up(server, number).await;
    let mut chance = Chance::new(number as u64);
    let mut found = Vec::new();
    for (place, one, other) in pairs {
        let first = serial(&cast, *place, one, other, false).await;
        let second = serial(&cast, *place, one, other, true).await;
        let mut odd = BTreeSet::new();
        for _ in 0..rounds {
            let seen = at_once(&cast, *place, one, other, &mut chance).await;
            if seen != first && seen != second {
                odd.insert(seen);
            }
        }
        if let Some(seen) = odd.first() {
            let all = [("at once", seen), ("one first", &first), ("other first", &second)];
            let is_common = |line: &String| all.iter().all(|(_, outcome)| outcome.state.contains(line));
            let mut text = format!("{one} beside {other}: {} outcomes that no order gives", odd.len());
            for (which, outcome) in all {
                let _ = write!(text, "\n  {which}: {}, {}", outcome.one, outcome.other);
                for line in outcome.state.iter().filter(|line| !is_common(line)) {
                    let _ = write!(text, "\n    {line}");
                }
            }
            found.push(text);
        }
    }
    found
}

/// The answers to the one and to the other, and the state afterwards.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Outcome {
    one: String,
    other: String,
    state: Vec<String>,
}

/// Plays one after the other.
async fn serial(cast: &Cast, place: Place, one: &Act, other: &Act, swapped: bool) -> Outcome {
    let scene = Scene::set(cast, place).await;
    let (answer, other_answer);
    if swapped {
        other_answer = scene.perform(other).await;
        answer = scene.perform(one).await;
    } else {
        answer = scene.perform(one).await;
        other_answer = scene.perform(other).await;
    }
    scene.end(answer, other_answer).await
}

/// Plays both at the same moment, or nearly.
async fn at_once(cast: &Cast, place: Place, one: &Act, other: &Act, chance: &mut Chance) -> Outcome {
    let scene = Scene::set(cast, place).await;
    let mut after = || Duration::from_micros([0, 0, 100, 300, 1_000][chance.below(5)]);
    let (before_one, before_other) = (after(), after());
    let perform = async |act: &Act, after: Duration| {
        if !after.is_zero() {
            tokio::time::sleep(after).await;
        }
        scene.perform(act).await
    };
    let (answer, other_answer) = tokio::join!(perform(one, before_one), perform(other, before_other));
    scene.end(answer, other_answer).await
}

/// How many pairs are played at a time; their scenes have nothing to do with each other.
const WORKERS: usize = 8;
