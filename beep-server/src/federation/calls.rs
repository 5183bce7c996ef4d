//! Calls to other backends, in the words of the vocabulary.

use beep_core::domain::Domain;
use beep_federation::net::{Call, Egress};
use beep_federation::{CallError, Rpc};
use beep_proto::federation::{Execute, Executed};
use beep_proto::problem::{ErrorCode, Problem};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

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

/// Asks another backend.
pub(crate) async fn ask<Q: Serialize, A: DeserializeOwned>(
    egress: &Egress,
    to: &Domain,
    rpc: Rpc,
    request: &Q,
    repeatable: bool,
) -> Result<A, Failed> {
    let body = serde_json::to_vec(request).map_err(|error| Failed::Answer(error.to_string()))?;
    let call = Call { to: to.clone(), rpc, body: Bytes::from(body), repeatable };
    let answered = egress.call(call).await.map_err(Failed::Call).and_then(|answer| {
        serde_json::from_slice(&answer).map_err(|error| Failed::Answer(format!("what cannot be read: {error}")))
    });
    match &answered {
        Ok(_) => {
            let domain = to.to_string();
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

/// Has another backend carry out an operation.
pub(crate) async fn execute(egress: &Egress, owner: &Domain, rpc: Rpc, envelope: &Execute) -> Result<Executed, Failed> {
    let asked = ask::<_, Executed>(egress, owner, rpc, envelope, true).await;
    let executed = asked.inspect_err(|failed| {
        tracing::info!(%owner, operation = envelope.operation, error = %failed, "a call to the owner failed");
    })?;
    if (200..600).contains(&executed.status) { Ok(executed) } else { Err(Failed::Answer("with no status".to_owned())) }
}
