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

        #[test]
        fn every_attack_is_played() {
            let played: std::collections::BTreeSet<_> = [$(stringify!($name)),*].into();
            let known: std::collections::BTreeSet<_> = ATTACKS.iter().map(|attack| attack.name).collect();
            assert_eq!(played, known);
        }
    };
}

short! {
    allow_list_left_open,
    ban_beside_join,
    ban_of_many_messages,
    connections,
    crowd_of_logins,
    dead_code_of_the_banned,
    deleted_text,
    everyone_taken_over,
    gateways_without_hello,
    guesses_at_one_account,
    huge_logins,
    join_and_leave,
    large_ready,
    long_passwords,
    made_up_tokens,
    malformed_frames,
    malformed_requests,
    old_cursors,
    one_code_for_three,
    open_doors,
    registered_before_the_owner,
    reset_streams,
    role_for_oneself,
    searches_for_nothing,
    slow_readers,
    stalled_bodies,
    stalled_headers,
    stalled_large_bodies,
    stalled_streams,
    told_after_the_session,
}

async fn holds(name: &str) {
    beep_attack::take_descriptors();
    let attack = ATTACKS.iter().find(|attack| attack.name == name).expect("it is in the table");
    let report = play(attack, Form::Short, Spread::One).await;
    println!("{}\n{report}", beep_attack::Report::head());
    assert!(report.broken().is_empty(), "{}; what does not hold: {:#?}", attack.holds, report.broken());
}
