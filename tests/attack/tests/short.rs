//! Each attack in its short form: everything that must hold, without figures.

use beep_attack::{ATTACKS, Form, Spread, play};

/// Makes a test of each attack.
macro_rules! short {
    ($($name:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                holds(stringify!($name)).await;
            }
        )*
    };
}

beep_attack::for_each_attack!(short);

async fn holds(name: &str) {
    beep_attack::take_descriptors();
    let attack = ATTACKS.iter().find(|attack| attack.name == name).expect("it is in the table");
    let report = play(attack, Form::Short, Spread::One).await;
    println!("{}\n{report}", beep_attack::Report::head());
    assert!(report.broken().is_empty(), "{}; what does not hold: {:#?}", attack.holds, report.broken());
}
