//! Calls to other backends, in the words of the vocabulary. Each answer is read as what it has to be, within the limit of
//! that, and made to fit ([`beep_proto::foreign`]).

use beep_core::domain::Domain;
use beep_federation::net::{Call, Egress};
use beep_federation::{CallError, Rpc};
use beep_proto::federation::{Execute, Executed};
use beep_proto::foreign::{self, Foreign};
use beep_proto::problem::{ErrorCode, Problem};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::label;

/// Why a call came to nothing.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The call itself failed.
    Call(CallError),
    /// It was answered with what makes no sense.
    Answer(String),
}

impl Failed {
    /// What the caller's client is told.
    pub(crate) fn problem(&self) -> Problem {
        match self {
            Self::Call(error) => error.problem(),
            Self::Answer(why) => Problem::new(ErrorCode::RemoteError, format!("the other backend answered {why}")),
        }
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Call(error) => error.fmt(f),
            Self::Answer(why) => f.write_str(why),
        }
    }
}

/// What an owner answered to an operation.
#[derive(Debug)]
pub(crate) enum Outcome<A> {
    /// It carried it out, with this status.
    Done(u16, A),
    /// It refused.
    Refused(Box<Problem>),
}

/// Asks another backend.
pub(crate) async fn ask<Q: Serialize, A: DeserializeOwned + Foreign>(
    egress: &Egress,
    to: &Domain,
    rpc: Rpc,
    request: &Q,
    repeatable: bool,
) -> Result<A, Failed> {
    let answered = call(egress, to, rpc, request, A::LIMIT, repeatable).await;
    counted(to, rpc, answered.and_then(|answer| read(&answer, to)))
}

/// Has another backend carry out an operation, and reads what the operation answers.
pub(crate) async fn execute<A: DeserializeOwned + Foreign>(
    egress: &Egress,
    owner: &Domain,
    rpc: Rpc,
    envelope: &Execute,
) -> Result<Outcome<A>, Failed> {
    let limit = A::LIMIT.max(MOST_OF_REFUSAL) + ENVELOPE;
    let answered = call(egress, owner, rpc, envelope, limit, true).await;
    let outcome = counted(owner, rpc, answered.and_then(|answer| outcome(&answer, owner)));
    outcome.inspect_err(|failed| {
        tracing::info!(%owner, operation = envelope.operation, error = %failed, "a call to the owner failed");
    })
}

async fn call<Q: Serialize>(
    egress: &Egress,
    to: &Domain,
    rpc: Rpc,
    request: &Q,
    answer_limit: usize,
    repeatable: bool,
) -> Result<Bytes, Failed> {
    let body = serde_json::to_vec(request).map_err(|error| Failed::Answer(error.to_string()))?;
    let call = Call { to: to.clone(), rpc, body: Bytes::from(body), repeatable, answer_limit };
    egress.call(call).await.map_err(Failed::Call)
}

fn read<A: DeserializeOwned + Foreign>(octets: &[u8], of: &Domain) -> Result<A, Failed> {
    foreign::read(octets, of).map_err(|why| Failed::Answer(format!("what cannot be read: {why}")))
}

fn outcome<A: DeserializeOwned + Foreign>(octets: &[u8], owner: &Domain) -> Result<Outcome<A>, Failed> {
    let Executed { status, body } = read(octets, owner)?;
    let body = body.get().as_bytes();
    match status {
        200..300 => Ok(Outcome::Done(status, read(body, owner)?)),
        400..600 if body.len() > MOST_OF_REFUSAL => Err(Failed::Answer("a refusal that is too long".to_owned())),
        400..600 => {
            let problem: Problem =
                foreign::read(body, owner).map_err(|_| Failed::Answer("a refusal without a reason".to_owned()))?;
            Ok(Outcome::Refused(Box::new(Problem { status, ..problem })))
        }
        _ => Err(Failed::Answer("with no status".to_owned())),
    }
}

/// Counts a call and what became of it.
fn counted<A>(to: &Domain, rpc: Rpc, answered: Result<A, Failed>) -> Result<A, Failed> {
    match &answered {
        Ok(_) => {
            let domain = label::of(to);
            metrics::counter!("beep_federation_calls_total", "domain" => domain, "call" => rpc.name()).increment(1);
        }
        // Whoever names domains that are none would otherwise fill the memory with counters.
        Err(failed) => {
            let code = failed.problem().code.as_str();
            metrics::counter!("beep_federation_call_failures_total", "code" => code).increment(1);
        }
    }
    answered
}

/// The octets around the body of an answer.
const ENVELOPE: usize = 1 << 10;

/// The most octets of a refusal.
const MOST_OF_REFUSAL: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of(status: u16, body: Value) -> Result<Outcome<()>, Failed> {
        let owner = Domain::parse("b.example.com").expect("valid");
        outcome(json!({ "status": status, "body": body }).to_string().as_bytes(), &owner)
    }

    #[test]
    fn an_answer_is_what_the_operation_answers_or_a_refusal() {
        assert!(matches!(of(204, Value::Null), Ok(Outcome::Done(204, ()))));
        let problem = serde_json::to_value(Problem::new(ErrorCode::Conflict, "so it is")).expect("JSON");
        assert!(matches!(of(409, problem.clone()), Ok(Outcome::Refused(refused)) if refused.detail == "so it is"));
        for (status, body) in [
            (200, json!({ "what": "is this" })),
            (302, Value::Null),
            (99, Value::Null),
            (600, problem),
            (404, Value::Null),
            (404, json!("x".repeat(MOST_OF_REFUSAL))),
        ] {
            assert!(matches!(of(status, body), Err(Failed::Answer(_))), "{status}");
        }
    }
}
