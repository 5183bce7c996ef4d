//! Whatever happens at each step, against a model that counts what may still be done.

use std::time::Duration;

use beep_proto::problem::ErrorCode;
use proptest::prelude::*;

use super::{NOW, begin, found_at, late, lost, refusal, said};
use crate::call::{Breakage, NoAnswer, Step};
use crate::call_error::CallError;
use crate::circuit::{Circuit, CircuitState, Verdict};
use crate::discovery::DiscoveryError;

/// What happens at the next step, whichever it is; 0 is always good.
fn events() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![4 => Just(0u8), 1 => 1u8..=2, 4 => 3u8..=7], 1..12)
}

/// The model: what each event at a step means for the call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Meaning {
    Good,
    /// It is worth another try; `seen` is whether the other side may have the call.
    Broken {
        seen: bool,
    },
    Final,
}

fn no_answer(event: u8) -> (NoAnswer, Meaning) {
    match event {
        1 => (late(), Meaning::Final),
        2 => (refusal(409, ErrorCode::Conflict), Meaning::Final),
        3 => (NoAnswer::Lost { why: Breakage::Tls("alert".to_owned()), sent: true }, Meaning::Final),
        4 => (said(502, "text/html", ""), Meaning::Broken { seen: true }),
        5 => (lost(false), Meaning::Broken { seen: false }),
        _ => (lost(true), Meaning::Broken { seen: true }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    /// Many calls in a row through one circuit, some given up; whatever happens at each step.
    #[test]
    fn a_call_ends_and_is_never_sent_too_often(
        calls in prop::collection::vec((any::<bool>(), events(), prop::option::weighted(0.2, 0usize..12)), 1..12),
    ) {
        let mut circuit = Circuit::default();
        let (mut now, mut failures) = (NOW, 0u32);
        let mut pooled = None;
        let mut opened = 0;
        for (repeatable, events, gives_up) in calls {
            // Long enough for any circuit to let a probe through.
            now = now.after(Duration::from_secs(61));
            let begun = begin(repeatable, &mut circuit, now);
            prop_assert!(begun.is_ok(), "each call before it was settled");
            let mut call = begun.expect("it was just looked at");
            if failures >= 5 {
                prop_assert!(begin(repeatable, &mut circuit, now).is_err(), "one probe at a time");
            }

            // As often as they happen, events happen again: what always breaks must end too.
            let mut events = events.into_iter().cycle();
            let (mut resends, mut moves) = (u32::from(repeatable), 3);
            let (mut seen, mut lost_on, mut agreed, mut steps) = (0, None, None, 0);
            let mut expected = None;
            let outcome = loop {
                if gives_up == Some(steps) {
                    break None;
                }
                steps += 1;
                prop_assert!(steps <= 26, "it ends");
                let step = call.next();
                prop_assert_eq!(&call.next(), &step, "to ask changes nothing");
                prop_assert!(lost_on.is_none() || matches!(step, Step::Part { .. }), "a lost connection is left first");
                prop_assert_eq!(matches!(step, Step::End(_)), expected.is_some() && lost_on.is_none());
                let event = events.next().expect("they go round");
                let meaning = match step {
                    Step::Discover => {
                        let fails = event == 2;
                        call.discovered(if fails { Err(DiscoveryError::Failed) } else { found_at("federator.b.example.com", now) }, now);
                        if fails { Meaning::Final } else { Meaning::Good }
                    }
                    Step::Connect { targets } => {
                        prop_assert_eq!(targets.len(), 1);
                        if event == 2 {
                            call.connected(Err(CallError::RemoteUnavailable("refused".to_owned())));
                            Meaning::Final
                        } else {
                            let link = pooled.unwrap_or_else(|| {
                                opened += 1;
                                opened
                            });
                            pooled = Some(link);
                            call.connected(Ok(link));
                            Meaning::Good
                        }
                    }
                    Step::Agree { on, .. } => {
                        prop_assert_eq!(Some(on), pooled);
                        agreed = Some(on);
                        if event == 0 {
                            call.agreed(on, Ok(()));
                            Meaning::Good
                        } else {
                            let (why, meaning) = no_answer(event);
                            lost_on = matches!(why, NoAnswer::Lost { .. }).then_some(on);
                            call.agreed(on, Err(why));
                            // The call was not on it.
                            if meaning == Meaning::Final { meaning } else { Meaning::Broken { seen: false } }
                        }
                    }
                    Step::Send { on, .. } => {
                        prop_assert_eq!((Some(on), agreed), (pooled, pooled), "only where both speak alike");
                        prop_assert!(seen == 0 || (repeatable && seen == 1), "it may be done twice");
                        if event == 0 {
                            call.answered(on, Ok(()));
                            expected = Some(true);
                            Meaning::Good
                        } else {
                            let (why, meaning) = no_answer(event);
                            seen += u32::from(meaning != Meaning::Broken { seen: false });
                            lost_on = matches!(why, NoAnswer::Lost { .. }).then_some(on);
                            call.answered(on, Err(why));
                            meaning
                        }
                    }
                    Step::Part { from } => {
                        prop_assert_eq!(Some(from), lost_on);
                        (lost_on, pooled, agreed) = (None, None, None);
                        call.parted();
                        Meaning::Good
                    }
                    Step::End(outcome) => break Some(outcome),
                };
                match meaning {
                    Meaning::Good => {}
                    Meaning::Broken { seen: true } if resends > 0 => resends -= 1,
                    Meaning::Broken { seen: false } if moves > 0 => moves -= 1,
                    _ => expected = Some(false),
                }
            };

            let verdict = call.verdict();
            if let Some(outcome) = &outcome {
                prop_assert_eq!(Some(outcome.is_ok()), expected);
                prop_assert!(seen <= 2 && steps <= 26);
            } else {
                let over = matches!(call.next(), Step::End(_));
                prop_assert!(over || verdict == Verdict::Unknown, "who gave up tells nothing");
            }
            // Once for each call, given up or not; the circuit is the same as one that was told of the outcome.
            circuit.settle(verdict, now, || 0);
            failures = match (verdict, outcome) {
                (Verdict::Answered, _) => 0,
                (Verdict::Failed, _) => failures + 1,
                (Verdict::Unknown, _) => failures,
            };
            prop_assert_eq!(circuit.state() == CircuitState::Closed, failures < 5);
        }
    }
}
