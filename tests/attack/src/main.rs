//! Plays the attacks against release builds and prints what came of them: `cargo xtask attack`.

use std::process::ExitCode;

use beep_attack::{ATTACKS, Attack, Form, Report, Spread, play, take_descriptors};

fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    if let Some(unknown) = names.iter().find(|name| !ATTACKS.iter().any(|attack| attack.name == *name)) {
        eprintln!("there is no attack `{unknown}`; there are:\n{}", list());
        return ExitCode::from(2);
    }
    take_descriptors();
    let chosen = |attack: &&Attack| names.is_empty() || names.iter().any(|name| name == attack.name);
    let chosen: Vec<_> = ATTACKS.iter().filter(chosen).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime can be made");
    match runtime.block_on(run(&chosen)) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Plays each, from one address and, where that is another attack, from a thousand; says whether all hold.
async fn run(attacks: &[&Attack]) -> bool {
    println!("{}", Report::head());
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
    ATTACKS.iter().map(|attack| format!("  {:<26} {}\n", attack.name, attack.does)).collect()
}
