mod model;

use std::collections::BTreeSet;
use std::time::Duration;

use beep_proto::problem::{ErrorCode, Problem};

use super::*;
use crate::discovery::SrvRecord;
use crate::policy::Limits;
use crate::resolver::AddressError;

/// Connections are counted, and an answer is of no interest.
type Call = Progress<u32, ()>;

const NOW: Timestamp = Timestamp::from_millis(1_000_000);

fn domain(text: &str) -> Domain {
    Domain::parse(text).expect("a domain")
}

fn to() -> Domain {
    domain("b.example.com")
}

fn policy(allow_list: Option<&[&str]>) -> Policy {
    let allow_list = allow_list.map(|list| list.iter().map(|text| domain(text)).collect::<BTreeSet<_>>());
    Policy { domain: domain("a.example.com"), allow_list, limits: Limits::default() }
}

fn begin(repeatable: bool, circuit: &mut Circuit, now: Timestamp) -> Result<Call, CallError> {
    let allowed = Allowed::by(&policy(None), &to()).expect("everybody is allowed");
    Progress::begin(allowed, repeatable, Times::default(), circuit, now)
}

fn found(target: &str) -> Result<Arc<Discovery>, DiscoveryError> {
    found_at(target, NOW)
}

fn found_at(target: &str, now: Timestamp) -> Result<Arc<Discovery>, DiscoveryError> {
    let record = SrvRecord { priority: 1, weight: 1, port: 8448, target };
    Ok(Arc::new(Discovery::found(to(), [record], Duration::from_secs(60), now)))
}

/// A remote that always does the same.
#[derive(Clone)]
struct Remote {
    discovery: Result<Arc<Discovery>, DiscoveryError>,
    connection: Result<(), Breakage>,
    agreed: Result<(), NoAnswer>,
    answer: Result<(), NoAnswer>,
}

/// What came of a call, and how often it was sent.
struct Ending {
    outcome: Result<(), CallError>,
    sends: u32,
    connections: u32,
    verdict: Verdict,
}

impl Remote {
    fn good() -> Self {
        Self { discovery: found("federator.b.example.com"), connection: Ok(()), agreed: Ok(()), answer: Ok(()) }
    }

    fn answering(answer: NoAnswer) -> Self {
        Self { answer: Err(answer), ..Self::good() }
    }

    fn breaking(why: Breakage) -> Self {
        Self { connection: Err(why), ..Self::good() }
    }

    fn called(&self, repeatable: bool) -> Ending {
        let mut call = begin(repeatable, &mut Circuit::default(), NOW).expect("the circuit is closed");
        let (mut sends, mut connections) = (0, 0);
        let outcome = loop {
            match call.next() {
                Step::Discover => call.discovered(self.discovery.clone(), NOW),
                Step::Connect { targets } => {
                    let mut opening = Opening::of(&to(), &targets, Duration::from_secs(5), || 0);
                    let outcome = loop {
                        match opening.next() {
                            Dial::Connect { .. } => {
                                connections += 1;
                                opening.tried(self.connection.clone().map(|()| connections));
                            }
                            Dial::Done(outcome) => break outcome,
                        }
                    };
                    call.connected(outcome);
                }
                Step::Agree { on, within } => {
                    assert_eq!(within, Duration::from_secs(10));
                    call.agreed(on, self.agreed.clone());
                }
                Step::Send { on, within } => {
                    assert_eq!(within, Duration::from_secs(10));
                    sends += 1;
                    call.answered(on, self.answer.clone());
                }
                Step::Part { from } => {
                    assert_eq!(from, connections);
                    call.parted();
                }
                Step::End(outcome) => break outcome,
            }
        };
        Ending { outcome, sends, connections, verdict: call.verdict() }
    }
}

fn lost(sent: bool) -> NoAnswer {
    NoAnswer::Lost { why: Breakage::Network("it was reset".to_owned()), sent }
}

fn late() -> NoAnswer {
    NoAnswer::Lost { why: Breakage::Late(Duration::from_secs(10)), sent: true }
}

/// What a body makes of an answer with this head.
fn said(status: u16, content_type: &str, body: &str) -> NoAnswer {
    let reply = Reply { status, content_type: content_type.to_owned(), encoded: false };
    let error = reply.limit(1 << 20).and_then(|_| reply.read(body)).expect_err("it is no answer");
    NoAnswer::Judged(error)
}

fn refusal(status: u16, code: ErrorCode) -> NoAnswer {
    let problem = Problem { status, ..Problem::new(code, "so it is") };
    said(status, "application/problem+json", &serde_json::to_string(&problem).expect("it is JSON"))
}

#[test]
fn a_call_goes_through_its_steps() {
    let ending = Remote::good().called(false);
    assert_eq!((ending.outcome, ending.sends, ending.verdict), (Ok(()), 1, Verdict::Answered));
}

/// The table of the contract, row by row.
#[test]
fn what_went_wrong_has_its_code_and_status() {
    let discovery = |discovery| Remote { discovery, ..Remote::good() };
    let disagreeing = |why| Remote { agreed: Err(why), ..Remote::good() };
    let dialled = Remote::breaking;
    let tls = |what: &str| Breakage::Tls(what.to_owned());
    let network = || Breakage::Network("connection refused".to_owned());
    let other = || domain("federator.b.example.com");
    let in_tls = |why| NoAnswer::Lost { why, sent: true };
    let (unknown, failed, answered) = (Verdict::Unknown, Verdict::Failed, Verdict::Answered);
    let expired = || {
        let discovery = Discovery::found(to(), [], Duration::ZERO, Timestamp::from_millis(0));
        Ok(Arc::new(discovery))
    };
    for (what, remote, code, status, verdict) in [
        (
            "not on their allow list",
            Remote::answering(refusal(403, ErrorCode::FederationDenied)),
            "federation_denied",
            403,
            answered,
        ),
        ("no SRV", discovery(found("10.0.0.1")), "discovery_failure", 502, unknown),
        ("no federation", discovery(found(".")), "discovery_failure", 502, unknown),
        ("DNS failure", discovery(Err(DiscoveryError::Failed)), "discovery_failure", 502, unknown),
        ("an answer of the DNS that has expired", discovery(expired()), "discovery_failure", 502, unknown),
        (
            "a host without an address",
            dialled(Breakage::Address(AddressError::Absent)),
            "discovery_failure",
            502,
            unknown,
        ),
        (
            "a host that the DNS does not say",
            dialled(Breakage::Address(AddressError::Failed)),
            "discovery_failure",
            502,
            unknown,
        ),
        ("a host at a private address", dialled(Breakage::Private), "discovery_failure", 502, unknown),
        (
            "they do not find us",
            Remote::answering(refusal(502, ErrorCode::DiscoveryFailure)),
            "discovery_failure",
            502,
            answered,
        ),
        ("the handshake failed", dialled(tls("no common version")), "authentication_failure", 502, failed),
        (
            "they do not take our certificate, with an alert",
            Remote::answering(in_tls(tls("bad certificate"))),
            "authentication_failure",
            502,
            failed,
        ),
        (
            "they do not take our certificate, in words",
            Remote::answering(refusal(403, ErrorCode::AuthenticationFailure)),
            "authentication_failure",
            502,
            answered,
        ),
        ("their certificate is another's", dialled(Breakage::WrongName(other())), "validation_error", 502, failed),
        (
            "our certificate is not ours, they say",
            Remote::answering(refusal(403, ErrorCode::ValidationError)),
            "validation_error",
            502,
            answered,
        ),
        ("refused", dialled(network()), "remote_unavailable", 503, failed),
        ("no connection in time", dialled(Breakage::Late(Duration::from_secs(5))), "remote_unavailable", 503, failed),
        ("no answer in time", Remote::answering(late()), "remote_unavailable", 503, failed),
        ("no versions in time", disagreeing(late()), "remote_unavailable", 503, failed),
        ("broken off", Remote::answering(lost(true)), "remote_unavailable", 503, failed),
        ("a proxy before it", Remote::answering(said(502, "text/html", "<html>")), "remote_unavailable", 503, failed),
        ("the owner refused", Remote::answering(refusal(409, ErrorCode::Conflict)), "conflict", 409, answered),
        (
            "the owner is overrun",
            Remote::answering(refusal(429, ErrorCode::RateLimited)),
            "rate_limited",
            429,
            answered,
        ),
        (
            "an answer that does not parse",
            Remote::answering(said(403, "application/problem+json", "{")),
            "remote_error",
            502,
            answered,
        ),
        (
            "an answer of another kind",
            Remote::answering(said(200, "text/html", "<html>")),
            "remote_error",
            502,
            answered,
        ),
        (
            "an answer that is too large",
            Remote::answering(NoAnswer::Judged(too_large(1 << 20))),
            "remote_error",
            502,
            answered,
        ),
        (
            "a wrong version",
            disagreeing(NoAnswer::Judged(speaks(br#"{"supported":[2]}"#).expect_err("it is not ours"))),
            "remote_error",
            502,
            answered,
        ),
    ] {
        let ending = remote.called(false);
        let problem = ending.outcome.expect_err(what).problem();
        assert_eq!((problem.code.as_str(), problem.status), (code, status), "{what}");
        assert_eq!(ending.verdict, verdict, "{what}");
        assert!(ending.sends <= 1, "{what}");
    }
}

#[test]
fn who_is_not_allowed_is_not_even_looked_up() {
    for (list, host) in [(None, "a.example.com"), (Some(&["c.example.com"][..]), "b.example.com")] {
        let denied = Allowed::by(&policy(list), &domain(host)).expect_err("it is not allowed").problem();
        assert_eq!((denied.code.as_str(), denied.status), ("federation_denied", 403));
    }
    let listed = Allowed::by(&policy(Some(&["b.example.com"])), &to()).expect("it is on the list");
    assert_eq!(*listed.domain(), to());
}

#[test]
fn nobody_is_asked_while_the_circuit_is_open() {
    let mut circuit = Circuit::default();
    for _ in 0..5 {
        begin(true, &mut circuit, NOW).expect("it is closed yet");
        circuit.settle(Verdict::Failed, NOW, || 0);
    }
    let refused = begin(true, &mut circuit, NOW).expect_err("it is open").problem();
    assert_eq!((refused.code.as_str(), refused.status), ("remote_unavailable", 503));
    let later = NOW.after(Duration::from_secs(1));
    assert!(begin(true, &mut circuit, later).is_ok() && begin(true, &mut circuit, later).is_err(), "one probe");
}

#[test]
fn what_may_have_been_done_is_sent_once_more_only_if_that_does_no_harm() {
    for (what, remote, once, repeatable) in [
        ("it broke with the call on it", Remote::answering(lost(true)), 1, 2),
        ("a proxy answered", Remote::answering(said(503, "", "")), 1, 2),
        ("it never left", Remote::answering(lost(false)), 4, 4),
        ("it broke before the call", Remote { agreed: Err(lost(true)), ..Remote::good() }, 0, 0),
        ("it was silent", Remote::answering(late()), 1, 1),
        ("it was refused", Remote::answering(refusal(503, ErrorCode::Internal)), 1, 1),
        ("it makes no sense", Remote::answering(said(200, "", "")), 1, 1),
    ] {
        assert_eq!((remote.called(false).sends, remote.called(true).sends), (once, repeatable), "{what}");
    }
    assert_eq!(Remote { agreed: Err(lost(true)), ..Remote::good() }.called(false).connections, 4);
    assert_eq!(Remote::breaking(Breakage::Network(String::new())).called(true).connections, 1, "all hosts were tried");
}
