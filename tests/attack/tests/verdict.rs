//! What a report says of the figures: each of them can make an attack one that does not hold.

use beep_attack::{Figures, Outcome, PairFigures, Report, Spread};

fn pair(quiet_p99: f64, p99: f64) -> PairFigures {
    PairFigures { who: "of one backend", quiet_p99, p99, messages: 100 }
}

fn report(pairs: Vec<PairFigures>, most_resident: f64, descriptors: i64) -> Report {
    let figures = Some(Figures { pairs, most_resident, descriptors });
    Report { name: "sample", spread: Spread::One, outcome: Outcome { broken: Vec::new(), figures } }
}

#[test]
fn each_figure_can_fail() {
    let good = report(vec![pair(2.0, 19.9), pair(4.0, 39.0)], 511.0, 0);
    assert_eq!(good.failures(), Vec::<String>::new());
    assert!(report(vec![pair(2.0, 2.0)], 20.0, -3).failures().is_empty(), "what was let go of is no loss");
    for (bad, why) in [
        (report(vec![pair(2.0, 20.0), pair(4.0, 4.0)], 20.0, 0), "20.0 ms"),
        (report(vec![pair(2.0, 2.0), pair(4.0, 41.0)], 20.0, 0), "41.0 ms"),
        (report(vec![pair(2.0, 2.0)], 512.0, 0), "512 MiB"),
        (report(vec![pair(2.0, 2.0)], 20.0, 1), "1 descriptors"),
    ] {
        let failures = bad.failures();
        assert!(failures.len() == 1 && failures[0].contains(why), "{failures:?}");
        assert!(bad.to_string().contains(" NO "), "{bad}");
    }
    let unplayed = Outcome { broken: vec!["it could not be played".to_owned()], figures: None };
    assert_eq!(Report { outcome: unplayed, ..good }.failures().len(), 1);
}

#[test]
fn a_report_shows_every_figure() {
    let shown =
        report(vec![pair(2.0, 3.0), PairFigures { who: "of two backends", ..pair(4.0, 5.0) }], 77.0, 0).to_string();
    for figure in ["2.0 ms", "3.0 ms", "1.5", "of two backends", "4.0 ms", "5.0 ms", "1.2", "77 MiB", "+0"] {
        assert!(shown.contains(figure), "{figure} in {shown}");
    }
}
