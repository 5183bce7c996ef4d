//! What a call to another backend does next (contract: federation, "Outbound").
//!
//! What the DNS, the network and the other backend said goes in, and the next step comes out. Nothing here opens a socket,
//! looks anything up, reads a clock or draws a lot. [`Progress`] is one call; [`Opening`] is an attempt at a connection,
//! which many calls may wait for together. [`crate::net`] carries the steps out.

mod address;
mod breakage;
mod opening;
mod reply;

use std::sync::Arc;
use std::time::Duration;

use beep_core::domain::Domain;
use beep_core::time::Timestamp;

use crate::call_error::CallError;
use crate::circuit::{Circuit, Verdict};
use crate::discovery::{Discovery, DiscoveryError, Target};
use crate::policy::Policy;

pub use address::{is_public, may_be_gone_to};
pub use breakage::Breakage;
pub use opening::{Dial, Opening, Pooled, proves};
pub use reply::{Reply, speaks, too_large};

/// A domain that may be called.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Allowed(Domain);

impl Allowed {
    /// Looks whether a domain may be called.
    ///
    /// # Errors
    /// [`CallError::FederationDenied`] if it is this backend's own, or not on the allow list.
    pub fn by(policy: &Policy, to: &Domain) -> Result<Self, CallError> {
        if policy.allows(to) { Ok(Self(to.clone())) } else { Err(CallError::FederationDenied(to.clone())) }
    }

    /// The domain.
    pub fn domain(&self) -> &Domain {
        &self.0
    }
}

/// How long the steps of a call may take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Times {
    /// For a connection: TCP and TLS.
    pub connect: Duration,
    /// For an answer, from the sending of the request to its last octet.
    pub answer: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), answer: Duration::from_secs(10) }
    }
}

/// How far a call has come. `L` is a connection, `A` an answer; both are whatever carries out the steps makes of them.
///
/// Whoever gives it up, or has brought it to its end, tells the circuit its [`Progress::verdict`].
#[derive(Clone, Debug)]
pub struct Progress<L, A> {
    to: Domain,
    times: Times,
    /// How often it may go once more though the other side may have seen it.
    resends: u32,
    /// How often it may go once more after it never left.
    moves: u32,
    stage: Stage<L, A>,
}

#[derive(Clone, Debug)]
enum Stage<L, A> {
    Discovering,
    Connecting(Vec<Target>),
    Agreeing(L),
    Sending(L),
    /// With what it ends then; without, it goes once more.
    Parting(L, Option<CallError>),
    Over(Result<A, CallError>),
}

/// What a call does next. Each step but the last is answered by the method that it names.
#[derive(Clone, Debug, PartialEq)]
pub enum Step<L, A> {
    /// Finds out who serves the domain: [`Progress::discovered`].
    Discover,
    /// Takes the connection that there is if it [serves](Pooled::serves) one of the hosts, else goes through an
    /// [`Opening`], or joins one under way: [`Progress::connected`].
    Connect {
        /// The hosts that serve the domain.
        targets: Vec<Target>,
    },
    /// Sees to it that the remote was once asked on the connection whether it [`speaks`] as this backend does:
    /// [`Progress::agreed`].
    Agree {
        /// The connection.
        on: L,
        /// How long it may take.
        within: Duration,
    },
    /// Sends the call and reads the answer: [`Progress::answered`].
    Send {
        /// The connection.
        on: L,
        /// How long it may take.
        within: Duration,
    },
    /// Lets no further call use a connection: [`Progress::parted`].
    Part {
        /// The connection.
        from: L,
    },
    /// Hands the outcome back.
    End(Result<A, CallError>),
}

/// Why a request has no answer that counts.
#[derive(Clone, Debug, PartialEq)]
pub enum NoAnswer {
    /// The connection broke, or nothing came on it in time.
    Lost {
        /// What broke.
        why: Breakage,
        /// Whether the other side can have seen the request.
        sent: bool,
    },
    /// Something came that is not what was asked for, as [`Reply`] and [`speaks`] say.
    Judged(CallError),
}

impl<L: Clone, A: Clone> Progress<L, A> {
    /// Begins a call, if the circuit lets it; it may go twice if it is `repeatable`.
    ///
    /// # Errors
    /// [`CallError::RemoteUnavailable`] while the circuit is open, which then is to hear no more of it.
    pub fn begin(
        to: Allowed,
        repeatable: bool,
        times: Times,
        circuit: &mut Circuit,
        now: Timestamp,
    ) -> Result<Self, CallError> {
        let Allowed(to) = to;
        if !circuit.admits(now) {
            return Err(CallError::RemoteUnavailable(format!("`{to}` has not answered lately")));
        }
        Ok(Self { to, times, resends: u32::from(repeatable), moves: MOVES, stage: Stage::Discovering })
    }

    /// What it does next; the same until it is told what came of it.
    pub fn next(&self) -> Step<L, A> {
        match &self.stage {
            Stage::Discovering => Step::Discover,
            Stage::Connecting(targets) => Step::Connect { targets: targets.clone() },
            Stage::Agreeing(link) => Step::Agree { on: link.clone(), within: self.times.answer },
            Stage::Sending(link) => Step::Send { on: link.clone(), within: self.times.answer },
            Stage::Parting(link, _) => Step::Part { from: link.clone() },
            Stage::Over(outcome) => Step::End(outcome.clone()),
        }
    }

    /// Takes what the DNS says of the domain, `now` being after it was said.
    pub fn discovered(&mut self, found: Result<Arc<Discovery>, DiscoveryError>, now: Timestamp) {
        let targets = found.and_then(|discovery| discovery.targets(now).map(<[_]>::to_vec));
        self.stage = match targets {
            Ok(targets) => Stage::Connecting(targets),
            Err(error) => Stage::Over(Err(error.into())),
        };
    }

    /// Takes a connection, or why there is none: an [`Opening`] has been to all hosts by then.
    pub fn connected(&mut self, link: Result<L, CallError>) {
        self.stage = match link {
            Ok(link) => Stage::Agreeing(link),
            Err(error) => Stage::Over(Err(error)),
        };
    }

    /// Takes that the remote speaks as this backend does, or why that is not known.
    pub fn agreed(&mut self, on: L, outcome: Result<(), NoAnswer>) {
        match outcome {
            Ok(()) => self.stage = Stage::Sending(on),
            // What was asked is no call: it never left.
            Err(why) => self.failed(on, why, false),
        }
    }

    /// Takes the answer, or why there is none.
    pub fn answered(&mut self, on: L, outcome: Result<A, NoAnswer>) {
        match outcome {
            Ok(answer) => self.stage = Stage::Over(Ok(answer)),
            Err(why) => {
                let sent = !matches!(why, NoAnswer::Lost { sent: false, .. });
                self.failed(on, why, sent);
            }
        }
    }

    /// Takes that no further call uses the connection.
    pub fn parted(&mut self) {
        if let Stage::Parting(_, then) = &mut self.stage {
            self.stage = then.take().map_or(Stage::Discovering, |error| Stage::Over(Err(error)));
        }
    }

    /// What it tells of the remote: nothing as long as it is not over.
    pub fn verdict(&self) -> Verdict {
        match &self.stage {
            Stage::Over(Ok(_)) => Verdict::Answered,
            Stage::Over(Err(error)) => error.verdict(),
            _ => Verdict::Unknown,
        }
    }

    /// Goes once more where that does no harm and may be of use. Who was silent for the whole time is not asked
    /// again: the caller has waited long enough.
    fn failed(&mut self, on: L, why: NoAnswer, sent: bool) {
        let left = if sent { &mut self.resends } else { &mut self.moves };
        let broken = match &why {
            NoAnswer::Lost { why, .. } => matches!(why, Breakage::Network(_)),
            NoAnswer::Judged(error) => matches!(error, CallError::RemoteUnavailable(_)),
        };
        let again = broken && *left > 0;
        *left -= u32::from(again);
        self.stage = match why {
            // Whether it is gone or only slow, the next call had better not wait for the same.
            NoAnswer::Lost { why, .. } => Stage::Parting(on, (!again).then(|| why.error(&self.to))),
            NoAnswer::Judged(_) if again => Stage::Discovering,
            NoAnswer::Judged(error) => Stage::Over(Err(error)),
        };
    }
}

/// A connection may be told to go away in the moment in which it is taken, and so may the next one.
const MOVES: u32 = 3;

#[cfg(test)]
mod tests;
