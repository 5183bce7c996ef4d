//! The gateway from the client's side, without sockets: what arrived and what time it is go in, the next step comes
//! out.
//!
//! Decides when to connect, what to say, when silence means that nobody is there, how long to stay away, and what the
//! caller is given. The driver carries the steps out: see [`super::EventStream`].

use std::collections::VecDeque;
use std::time::Duration;

use beep_core::channel::Channel as CoreChannel;
use beep_core::id::{ChannelId, SpaceId, UserId};
use beep_proto::gateway::{
    ClientFrame, CloseCode, Closing, Event, EventData, Focus, Hello, Joined, Ready, Refresh, ServerFrame, StreamName,
};
use beep_proto::id::{Full, Ref};
use beep_proto::problem::{ErrorCode, Problem};
use beep_proto::text::Secret;
use serde_json::Value;

use super::sequence::{Hole, Streams, Verdict};
use super::{Disconnect, GatewayEvent};
use crate::backoff::{Backoff, jitter};
use crate::error::{Error, Refusal};

/// Where a client stands on the gateway.
#[derive(Debug)]
pub(super) struct State {
    streams: Streams,
    phase: Phase,
    heartbeat: Duration,
    /// When the access token that the backend knows should be replaced.
    renew_at: Duration,
    sends: VecDeque<ClientFrame>,
    /// What the caller looks at.
    focus: Focus,
    yields: VecDeque<GatewayEvent>,
    pending: Option<Pending>,
    /// Servers that are to be known anew, each with when another snapshot of it is taken if it has not opened by then.
    anew: Vec<(Full<SpaceId>, Duration)>,
    farewell: Option<Farewell>,
    /// Connections that failed since one was stable; half of them are forgiven to one that told what was missed.
    failures: u32,
    /// Whether a token was refused since one was taken.
    rejected: bool,
    /// Before this time no connection is opened, whatever is heard of the network.
    not_before: Duration,
}

#[derive(Debug)]
enum Phase {
    /// Without a connection, until this time.
    Offline { until: Duration },
    /// A connection is being opened.
    Opening,
    /// Hello is said; an answer is due by then.
    Greeting { until: Duration },
    /// Events arrive.
    Live(Live),
    /// It is over: why, until that was said.
    Over(Option<Error>),
}

#[derive(Debug)]
struct Live {
    since: Duration,
    heard: Duration,
    pinged: Duration,
    /// When silence ends it, if it was asked whether it is alive.
    doubted_until: Option<Duration>,
}

impl Live {
    /// When silence means that nobody is there.
    fn silent(&self, heartbeat: Duration) -> Duration {
        (self.heard + heartbeat * 2).min(self.doubted_until.unwrap_or(Duration::MAX))
    }
}

/// An event that waits for what comes before it.
#[derive(Debug)]
struct Pending {
    event: Event,
    holes: VecDeque<Hole>,
}

/// That the backend is about to close the connection.
#[derive(Debug)]
struct Farewell {
    code: ErrorCode,
    /// How long to stay away at least.
    least: Duration,
    /// When to stop waiting for the close, which says more.
    until: Duration,
}

/// What is to be done next.
#[derive(Debug)]
pub(super) enum Step {
    /// Give this to the caller.
    Yield(GatewayEvent),
    /// Open a connection, with another token than the last one if that was `rejected`; then [`State::opened`].
    Open { rejected: bool },
    /// Send this.
    Send(ClientFrame),
    /// Renew the access token; then [`State::renewed`].
    Renew,
    /// Ask for the events of a channel after a number; then [`State::filled`].
    Fill { channel: Ref<ChannelId>, after: u64 },
    /// Take another snapshot, on a connection of its own; then [`State::taken`].
    Take,
    /// Wait for a frame; after that time [`State::waited`].
    Wait { until: Duration },
    /// Be without a connection until that time.
    Sleep { until: Duration },
    /// Tell the caller that it is over, and why.
    End(Error),
    /// Nothing comes any more.
    Over,
}

impl State {
    /// Starts after a cursor, or with a snapshot.
    pub(super) fn new(cursor: Option<String>, me: Option<Full<UserId>>) -> Self {
        Self {
            streams: Streams::new(cursor, me),
            phase: Phase::Offline { until: Duration::ZERO },
            heartbeat: HEARTBEAT,
            renew_at: Duration::MAX,
            sends: VecDeque::new(),
            focus: Focus::default(),
            yields: VecDeque::new(),
            pending: None,
            anew: Vec::new(),
            farewell: None,
            failures: 0,
            rejected: false,
            not_before: Duration::ZERO,
        }
    }

    /// What is to be done next.
    pub(super) fn step(&mut self, now: Duration) -> Step {
        if let Some(event) = self.yields.pop_front() {
            return Step::Yield(event);
        }
        if let Some(frame) = self.sends.pop_front() {
            return Step::Send(frame);
        }
        if let Some(farewell) = &self.farewell {
            return Step::Wait { until: farewell.until };
        }
        match &mut self.phase {
            Phase::Over(error) => error.take().map_or(Step::Over, Step::End),
            Phase::Offline { until } if now < *until => Step::Sleep { until: *until },
            Phase::Offline { .. } | Phase::Opening => {
                self.phase = Phase::Opening;
                Step::Open { rejected: self.rejected }
            }
            Phase::Greeting { until } => Step::Wait { until: *until },
            Phase::Live(live) => {
                if let Some(hole) = self.pending.as_ref().and_then(|pending| pending.holes.front()) {
                    return Step::Fill { channel: hole.channel.clone(), after: hole.after };
                }
                let due = self.anew.iter().map(|(_, due)| *due).min().unwrap_or(Duration::MAX);
                if now >= due {
                    return Step::Take;
                }
                if now >= self.renew_at {
                    return Step::Renew;
                }
                if now >= live.pinged + self.heartbeat {
                    live.pinged = now;
                    return Step::Send(ClientFrame::Ping);
                }
                let silent = live.silent(self.heartbeat);
                Step::Wait { until: silent.min(live.pinged + self.heartbeat).min(self.renew_at).min(due) }
            }
        }
    }

    /// The caller looks at something else.
    pub(super) fn focus(&mut self, focus: Focus) {
        if matches!(self.phase, Phase::Live(_)) {
            // What was to be said before counts no more.
            self.sends.retain(|frame| !matches!(frame, ClientFrame::Focus(_)));
            self.sends.push_back(ClientFrame::Focus(focus.clone()));
        }
        self.focus = focus;
    }

    /// A connection is open; the token is what hello says, to be renewed at that time.
    pub(super) fn opened(&mut self, token: Secret, renew_at: Duration, now: Duration) {
        self.renew_at = renew_at;
        self.phase = Phase::Greeting { until: now + GREETING };
        let hello = Hello { access_token: token, cursor: self.streams.from().map(str::to_owned), channels: None };
        self.sends.push_back(ClientFrame::Hello(hello));
    }

    /// Another token is there, to be renewed at that time.
    pub(super) fn renewed(&mut self, token: Secret, renew_at: Duration) {
        self.renew_at = renew_at;
        self.sends.push_back(ClientFrame::Refresh(Refresh { access_token: token }));
    }

    /// The token cannot be renewed for the time being.
    pub(super) fn not_renewed(&mut self, now: Duration) {
        self.renew_at = now + RENEW_AGAIN;
    }

    /// Nothing arrived while waiting.
    pub(super) fn waited(&mut self, now: Duration, random: u64) {
        let silent = match &self.phase {
            _ if self.farewell.is_some() => true,
            Phase::Greeting { until } => now >= *until,
            Phase::Live(live) => now >= live.silent(self.heartbeat),
            _ => false,
        };
        if silent {
            self.lost(Disconnect::Silent, now, random);
        }
    }

    /// The network is back: there is no reason to wait, and a connection from before may be dead.
    pub(super) fn hurry(&mut self, now: Duration) {
        match &mut self.phase {
            Phase::Offline { until } => *until = now.max(self.not_before).min(*until),
            Phase::Live(live) if live.doubted_until.is_none() => {
                live.doubted_until = Some(now + ALIVE);
                live.pinged = now;
                self.sends.push_back(ClientFrame::Ping);
            }
            _ => {}
        }
    }

    /// A frame arrived.
    pub(super) fn frame(&mut self, text: &str, now: Duration, random: u64) {
        if let Phase::Live(live) = &mut self.phase {
            (live.heard, live.doubted_until) = (now, None);
        }
        let frame = match read(text) {
            Ok(frame) => frame,
            Err(detail) => return self.lost(Disconnect::Nonsense(detail), now, random),
        };
        if self.farewell.is_some() {
            return;
        }
        match (frame, &self.phase) {
            (ServerFrame::Ready(ready), Phase::Greeting { .. }) => self.ready(ready, now),
            (ServerFrame::Resumed(_), Phase::Greeting { .. }) => {
                self.live(now);
                self.streams.resumed();
                self.yields.push_back(GatewayEvent::Resumed);
            }
            (ServerFrame::Event(event), Phase::Live(_)) => self.event(*event, now, random),
            (ServerFrame::CaughtUp(at), Phase::Live(_)) => {
                if !self.streams.caught_up(&at.cursor) {
                    return self.resync("all".to_owned(), now, random);
                }
                // A network that breaks often is no backend that is down.
                self.failures /= 2;
                self.yields.push_back(GatewayEvent::CaughtUp { cursor: at.cursor });
            }
            (ServerFrame::ResyncRequired(resync), Phase::Greeting { .. } | Phase::Live(_)) => {
                match resync.scope.parse() {
                    Ok(server) => self.begin_anew(server, now + OPENING),
                    Err(_) => self.resync(resync.scope, now, random),
                }
            }
            (ServerFrame::Ping, _) => self.sends.push_back(ClientFrame::Pong),
            (ServerFrame::Error(closing), _) => self.refused(closing, now, random),
            (ServerFrame::Pong | ServerFrame::Unknown, _) => {}
            (ServerFrame::Ready(_) | ServerFrame::Resumed(_) | ServerFrame::Event(_), _)
            | (ServerFrame::CaughtUp(_) | ServerFrame::ResyncRequired(_), _) => {
                self.lost(Disconnect::Nonsense("a frame came out of turn".to_owned()), now, random);
            }
        }
    }

    /// The backend closed the connection.
    pub(super) fn closed(&mut self, code: u16, now: Duration, random: u64) {
        match CloseCode::from_number(code) {
            Some(CloseCode::Unauthenticated) => {
                let problem = Problem::new(ErrorCode::Unauthenticated, "the gateway did not take the access token");
                self.unauthenticated(problem, now);
            }
            Some(CloseCode::BadFrame) if self.greets_with_cursor() => self.resync("all".to_owned(), now, random),
            _ => {
                let least = self.farewell.take().map_or(Duration::ZERO, |farewell| farewell.least);
                self.away(Disconnect::Closed { code }, least, now, random);
            }
        }
    }

    /// There is no connection, or no longer.
    pub(super) fn lost(&mut self, reason: Disconnect, now: Duration, random: u64) {
        match self.farewell.take() {
            Some(Farewell { code, least, .. }) => self.away(Disconnect::Refused { code }, least, now, random),
            None => self.away(reason, Duration::ZERO, now, random),
        }
    }

    /// It is over.
    pub(super) fn fail(&mut self, error: Error) {
        self.hang_up();
        self.phase = Phase::Over(Some(error));
    }

    /// The token was refused: once another one is tried.
    pub(super) fn unauthenticated(&mut self, problem: Problem, now: Duration) {
        if self.rejected {
            let refusal = Refusal { operation: OPERATION, problem, request_id: None };
            return self.fail(Error::Refused(Box::new(refusal)));
        }
        self.hang_up();
        self.rejected = true;
        self.phase = Phase::Offline { until: now };
        self.yields
            .push_back(GatewayEvent::Disconnected { reason: Disconnect::Unauthenticated, retry_in: Duration::ZERO });
    }

    /// What was asked for to fill a hole; nothing when there is nothing, or the caller may not see it.
    pub(super) fn filled(&mut self, events: Vec<Event>) {
        let Some(pending) = &mut self.pending else { return };
        let Some(hole) = pending.holes.front_mut() else { return };
        let mut progress = false;
        for mut event in events {
            if event.seq <= hole.after || event.seq >= hole.before {
                continue;
            }
            // Other streams were told past it, so its own cursor would go back.
            event.cursor = self.streams.at().map_or(event.cursor, str::to_owned);
            hole.after = event.seq;
            progress = true;
            self.streams.filled(hole, event.seq);
            if !self.streams.is_whole() {
                event.cursor.clear();
            }
            self.yields.push_back(GatewayEvent::Event(Box::new(event)));
        }
        if !progress && hole.after + 1 < hole.before {
            tracing::warn!(
                stream = %hole.stream,
                after = hole.after,
                before = hole.before,
                "events are missing for good"
            );
        }
        if !progress || hole.after + 1 >= hole.before {
            pending.holes.pop_front();
        }
        if pending.holes.is_empty()
            && let Some(pending) = self.pending.take()
        {
            self.deliver(pending.event);
        }
    }

    /// The snapshot that [`Step::Take`] asked for; `None` when it cannot be had, and then all begins anew.
    pub(super) fn taken(&mut self, ready: Option<&Ready>, now: Duration, random: u64) {
        let holds_all = |ready: &&Ready| !self.anew.iter().any(|(server, _)| ready.incomplete.contains(server));
        let Some(ready) = ready.filter(holds_all) else {
            return self.resync("all".to_owned(), now, random);
        };
        if let Phase::Live(live) = &mut self.phase {
            // Nobody listened meanwhile.
            live.heard = now;
        }
        for (server, _) in std::mem::take(&mut self.anew) {
            if let Some(event) = self.streams.replace(&server, ready) {
                self.tell(event);
            }
        }
    }

    /// One server is to be known anew; the rest goes on. It opens by itself, or at that time another snapshot is taken.
    fn begin_anew(&mut self, server: Full<SpaceId>, due: Duration) {
        match self.anew.iter_mut().find(|(known, _)| *known == server) {
            Some((_, before)) => *before = due.min(*before),
            None => {
                self.yields.push_back(GatewayEvent::Resync { scope: server.to_string() });
                self.anew.push((server, due));
            }
        }
    }

    /// Whether this event is the one by which a server opens that is to be known anew.
    fn opens_anew(&mut self, event: &Event) -> bool {
        let opens = |space: &Full<SpaceId>| match &event.data {
            EventData::MemberJoined(Joined { server: Some(opened), .. }) => opened.server.id == *space,
            EventData::ChannelCreated(state) => state.channel.id.0 == CoreChannel::only_of(&space.0),
            _ => false,
        };
        let before = self.anew.len();
        self.anew.retain(|(space, _)| !opens(space));
        self.anew.len() < before
    }

    fn ready(&mut self, ready: Box<Ready>, now: Duration) {
        self.anew.clear();
        self.heartbeat = Duration::from_millis(ready.heartbeat_ms).max(LEAST_HEARTBEAT);
        self.live(now);
        self.streams.snapshot(&ready);
        self.yields.push_back(GatewayEvent::Ready(ready));
    }

    fn live(&mut self, now: Duration) {
        self.rejected = false;
        self.phase = Phase::Live(Live { since: now, heard: now, pinged: now, doubted_until: None });
        if self.focus != Focus::default() {
            self.sends.push_back(ClientFrame::Focus(self.focus.clone()));
        }
    }

    fn event(&mut self, mut event: Event, now: Duration, random: u64) {
        if matches!(event.data, EventData::TypingStarted(_) | EventData::PresenceUpdated(_)) {
            // It is in no stream, and where the client stands is said by what is.
            event.cursor.clear();
            return self.yields.push_back(GatewayEvent::Event(Box::new(event)));
        }
        let anew = self.opens_anew(&event);
        match self.streams.judge(&event) {
            Verdict::Drop if anew => self.deliver(event),
            Verdict::Deliver => self.deliver(event),
            Verdict::Drop => {}
            Verdict::Fill(holes) => self.pending = Some(Pending { event, holes: holes.into() }),
            // Told again if the connection is lost before the server is known anew.
            Verdict::Resync => match event.stream {
                StreamName::Server(server) => self.begin_anew(server, now),
                _ => self.resync("all".to_owned(), now, random),
            },
        }
    }

    fn deliver(&mut self, event: Event) {
        self.streams.delivered(&event);
        self.tell(event);
    }

    /// Gives the caller an event: without a cursor while servers of the snapshot are still to come.
    fn tell(&mut self, mut event: Event) {
        if !self.streams.is_whole() {
            event.cursor.clear();
        }
        self.yields.push_back(GatewayEvent::Event(Box::new(event)));
    }

    /// Only a snapshot helps.
    fn resync(&mut self, scope: String, now: Duration, random: u64) {
        let pointless = self.streams.from().is_none();
        self.streams.forget();
        self.anew.clear();
        self.yields.push_back(GatewayEvent::Resync { scope });
        self.hang_up();
        // Again and again told to start with a snapshot, it had better not hurry.
        self.failures += 1;
        let delay = if pointless || self.failures > 1 { BACKOFF.delay(self.failures, random) } else { Duration::ZERO };
        self.phase = Phase::Offline { until: now + delay };
        self.not_before = now + delay;
    }

    fn refused(&mut self, closing: Closing, now: Duration, random: u64) {
        let problem = Problem::new(closing.code, "the gateway closed the connection");
        match closing.code {
            ErrorCode::Unauthenticated | ErrorCode::TokenExpired => self.unauthenticated(problem, now),
            ErrorCode::ResyncRequired => self.resync("all".to_owned(), now, random),
            // A cursor of a log that is no more, as after the backend was set up anew.
            ErrorCode::InvalidRequest if self.greets_with_cursor() => self.resync("all".to_owned(), now, random),
            code if closing.reconnect => {
                let least = Duration::from_millis(closing.retry_after_ms);
                let least = if least.is_zero() { least } else { least + jitter(SPREAD, random) };
                self.farewell = Some(Farewell { code, least, until: now + FAREWELL });
            }
            _ => {
                let refusal = Refusal { operation: OPERATION, problem, request_id: None };
                self.fail(Error::Refused(Box::new(refusal)));
            }
        }
    }

    fn greets_with_cursor(&self) -> bool {
        matches!(self.phase, Phase::Greeting { .. }) && self.streams.from().is_some()
    }

    fn away(&mut self, reason: Disconnect, least: Duration, now: Duration, random: u64) {
        if let Phase::Live(live) = &self.phase
            && now.saturating_sub(live.since) >= STABLE
        {
            self.failures = 0;
        }
        self.hang_up();
        self.failures += 1;
        let retry_in = BACKOFF.delay(self.failures, random).max(least);
        self.phase = Phase::Offline { until: now + retry_in };
        self.not_before = now + least;
        self.yields.push_back(GatewayEvent::Disconnected { reason, retry_in });
    }

    /// Drops what belongs to the connection. An event that waits is told again after the next hello.
    fn hang_up(&mut self) {
        self.sends.clear();
        self.pending = None;
        self.farewell = None;
    }
}

/// Reads a frame. An event of a known type that holds something unexpected passes as one of an unknown type, so that
/// one odd event does not stop all that follow.
fn read(text: &str) -> Result<ServerFrame, String> {
    let error = match beep_proto::json::read(text) {
        Ok(frame) => return Ok(frame),
        Err(error) => error,
    };
    #[derive(serde::Deserialize)]
    struct Raw {
        op: String,
        d: RawEvent,
    }
    #[derive(serde::Deserialize)]
    struct RawEvent {
        #[serde(rename = "type")]
        kind: String,
        cursor: String,
        stream: StreamName,
        seq: u64,
        at: beep_proto::time::Time,
        data: Value,
    }
    match beep_proto::json::read(text) {
        Ok(Raw { op, d: RawEvent { kind, cursor, stream, seq, at, data } }) if op == "event" => {
            tracing::warn!(kind, seq, %error, "an event could not be parsed");
            let data = EventData::Unknown { kind, data };
            Ok(ServerFrame::Event(Box::new(Event { cursor, stream, seq, at, data })))
        }
        _ => Err(error.to_string()),
    }
}

/// How long after it was said to be known anew a server has to open.
const OPENING: Duration = Duration::from_secs(2);

const OPERATION: &str = "gateway";
const BACKOFF: Backoff = Backoff { base: Duration::from_millis(500), cap: Duration::from_secs(30) };
const SPREAD: Duration = Duration::from_millis(500);

/// The interval of pings where the backend did not name one, as it does in its snapshot.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// No backend makes a client ping more often.
const LEAST_HEARTBEAT: Duration = Duration::from_millis(250);
/// How long the answer to hello may take.
const GREETING: Duration = Duration::from_secs(20);
/// How long a connection that is doubted may take to answer.
const ALIVE: Duration = Duration::from_secs(8);
/// How long after its reason a close may come.
const FAREWELL: Duration = Duration::from_secs(2);
/// How long a connection lasts that counts as a success.
const STABLE: Duration = Duration::from_secs(20);
/// How soon a failed renewal of the token is tried again.
const RENEW_AGAIN: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests;
