//! Plays the attacks against release builds and prints what came of them: `cargo xtask attack`.

use std::process::ExitCode;

use beep_attack::pairs::{self, Rounds};
use beep_attack::{ATTACKS, Attack, Form, Report, Spread, play, take_descriptors};
use beep_tests::database::Engine;

fn main() -> ExitCode {
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    let mut rounds = ROUNDS;
    if let Some(at) = names.iter().position(|name| name == "--rounds") {
        let given = names.drain(at..).nth(1).and_then(|given| given.parse().ok());
        let Some(given) = given else {
            eprintln!("`--rounds` stands last, with how often each pair is played");
            return ExitCode::from(2);
        };
        rounds = given;
    }
    let is_known = |name: &str| name == PAIRS || ATTACKS.iter().any(|attack| attack.name == name);
    if let Some(unknown) = names.iter().find(|name| !is_known(name)) {
        eprintln!("there is no attack `{unknown}`; there are:\n{}", list());
        return ExitCode::from(2);
    }
    take_descriptors();
    let is_chosen = |name: &str| names.is_empty() || names.iter().any(|chosen| chosen == name);
    let chosen: Vec<_> = ATTACKS.iter().filter(|attack| is_chosen(attack.name)).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime can be made");
    let mut all = runtime.block_on(run(&chosen));
    if is_chosen(PAIRS) {
        all &= runtime.block_on(run_pairs(rounds));
    }
    if all { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays every pair of operations at the same moment on each engine; says whether all end as in some order.
async fn run_pairs(rounds: usize) -> bool {
    let mut all = true;
    for engine in Engine::at_hand() {
        let found = pairs::play(engine, Rounds { rounds, one_of: 1, which: 0 }).await;
        println!("{PAIRS} on {engine:?}, {rounds} rounds each: {} end as in no order", found.len());
        found.iter().for_each(|found| println!("{found}"));
        all &= found.is_empty();
    }
    all
}

/// Plays each, from one address and, where that is another attack, from a thousand; says whether all hold.
async fn run(attacks: &[&Attack]) -> bool {
    if !attacks.is_empty() {
        println!("{}", Report::head());
    }
    let mut all = true;
    for attack in attacks {
        let spreads: &[Spread] = if attack.spreads { &[Spread::One, Spread::Thousand] } else { &[Spread::One] };
        for spread in spreads {
            let report = play(attack, Form::Whole, *spread).await;
            println!("{report}");
            let failures = report.failures();
            if !failures.is_empty() {
                all = false;
                println!("    It does this: {}\n    What must hold: {}", attack.does, attack.holds);
                failures.iter().for_each(|failure| println!("    {failure}"));
            }
        }
    }
    all
}

fn list() -> String {
    let attacks = ATTACKS.iter().map(|attack| (attack.name, attack.does));
    let pairs = [(PAIRS, "asks for every two operations at the same moment")];
    attacks.chain(pairs).map(|(name, does)| format!("  {name:<26} {does}\n")).collect()
}

/// What the pairs of operations are called among the attacks.
const PAIRS: &str = "pairs";

/// How often each pair is played unless somebody says otherwise.
const ROUNDS: usize = 200;
