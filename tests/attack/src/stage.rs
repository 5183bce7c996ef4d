//! Where an attack is played: a backend of its own, and the honest people on it; for what other backends do, one of several.

use std::future::Future;
use std::io;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use beep_tests::database::Engine;
use beep_tests::gateway::{Format, Gateway};
use beep_tests::people::Person;
use beep_tests::server::Server;
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use serde_json::json;

use crate::abroad::Abroad;
use crate::address::{BYSTANDER, Spread};
use crate::attack::Form;
use crate::honest::{Pair, Talk};
use crate::process;
use crate::report::{Figures, Outcome, PairFigures};
use crate::wire::{Heard, Wire, connect};

/// A backend, and what is seen there.
pub struct Stage {
    home: Home,
    form: Form,
    spread: Spread,
    pairs: Vec<Pair>,
    broken: Vec<String>,
    open: Option<Open>,
}

/// The backend that is attacked; without rate limits until the stage is open.
enum Home {
    /// Alone in the world.
    Alone(Box<Server>),
    /// Among others.
    Among(Box<Abroad>),
}

/// What is kept of an open stage.
struct Open {
    talks: Vec<Talking>,
    begun: Instant,
    descriptors: usize,
}

/// A pair that talks.
struct Talking {
    who: &'static str,
    talk: Talk,
    /// How much they had said when the stage was opened.
    said: u64,
    quiet_p99: f64,
}

impl Stage {
    /// Starts a backend without rate limits, for what has to be prepared.
    pub(crate) async fn new(form: Form, spread: Spread) -> Self {
        let server = Server::start(Engine::Sqlite).await;
        let pairs = vec![Pair::meet(&server).await];
        Self { home: Home::Alone(Box::new(server)), form, spread, pairs, broken: Vec::new(), open: None }
    }

    /// The same of a backend among others, with a pair of people of two of them.
    pub(crate) async fn among_others(form: Form, spread: Spread) -> Self {
        let abroad = Abroad::begin().await;
        let pairs = vec![Pair::meet(&abroad.own.server).await, Pair::meet_across(&abroad).await];
        Self { home: Home::Among(Box::new(abroad)), form, spread, pairs, broken: Vec::new(), open: None }
    }

    /// The backend that is attacked.
    pub(crate) fn server(&self) -> &Server {
        match &self.home {
            Home::Alone(server) => server,
            Home::Among(abroad) => &abroad.own.server,
        }
    }

    /// The other backends.
    pub(crate) fn abroad(&mut self) -> &mut Abroad {
        match &mut self.home {
            Home::Alone(_) => panic!("only an attack of other backends has any"),
            Home::Among(abroad) => abroad,
        }
    }

    /// Starts the backend anew with its default limits, and has the honest pair talk.
    pub(crate) async fn open(&mut self) {
        self.open_with(&[]).await;
    }

    /// The same with further flags.
    pub(crate) async fn open_with(&mut self, flags: &[&str]) {
        // By default every address of this machine may be a proxy, whose connections are many clients'.
        let flags: Vec<_> = NO_PROXIES.iter().chain(flags).copied().collect();
        match &mut self.home {
            Home::Alone(server) => server.restart_as(&flags).await,
            Home::Among(abroad) => abroad.open(&flags).await,
        }
        let mut talks: Vec<_> = self.pairs.iter().map(|pair| (pair.who(), pair.talk())).collect();
        for count in [self.size(5, 20), self.size(20, 150)] {
            for (_, talk) in &mut talks {
                drop(talk.delays());
                talk.messages(count).await;
            }
        }
        let quiet = |(who, talk): (_, Talk)| Talking { who, quiet_p99: talk.delays().p99(), said: talk.count(), talk };
        let talks = talks.into_iter().map(quiet).collect();
        let descriptors = process::descriptors(self.server().pid());
        self.open = Some(Open { talks, begun: Instant::now(), descriptors });
    }

    /// One of two numbers, by how much is played.
    pub(crate) fn size<T>(&self, short: T, whole: T) -> T {
        match self.form {
            Form::Short => short,
            Form::Whole => whole,
        }
    }

    /// The same, where many addresses are let do more than one.
    pub(crate) fn count(&self, short: usize, one: usize, thousand: usize) -> usize {
        match (self.form, self.spread) {
            (Form::Short, _) => short,
            (Form::Whole, Spread::One) => one,
            (Form::Whole, Spread::Thousand) => thousand,
        }
    }

    /// Where the attacker's so-and-so-many-th connection is from.
    pub(crate) fn address(&self, number: usize) -> Ipv4Addr {
        self.spread.address(number)
    }

    /// From how many addresses it comes.
    pub(crate) fn spread(&self) -> Spread {
        self.spread
    }

    /// Whether another wave of the attack is to come: until each honest pair has said enough for a figure.
    pub(crate) fn goes_on(&self) -> bool {
        let is_short = |of: &Talking| of.talk.count() - of.said < self.size(1, 100);
        self.open.as_ref().is_some_and(|open| open.talks.iter().any(is_short) && open.begun.elapsed() < LONGEST)
    }

    /// Notes that something does not hold.
    pub(crate) fn hold(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds && self.broken.len() < MOST_BROKEN {
            self.broken.push(what());
        }
    }

    /// Notes it of each answer that has none of these statuses, and of each that did not come.
    pub(crate) fn hold_statuses(&mut self, answers: &[io::Result<Heard>], expected: &[u16]) {
        for answer in answers {
            match answer {
                Ok(heard) => {
                    self.hold(expected.contains(&heard.status), || format!("{} {}", heard.status, heard.code()))
                }
                Err(error) => self.hold(false, || format!("no answer: {error}")),
            }
        }
    }

    /// Does something so many times, so many at once, and gives what came of each.
    pub(crate) async fn each<F: Future>(count: usize, at_once: usize, what: impl FnMut(usize) -> F) -> Vec<F::Output> {
        stream::iter((0..count).map(what)).buffer_unordered(at_once).collect().await
    }

    /// Waits for the end of many connections at once, and gives what came of each up to there.
    pub(crate) async fn ends(begun: Vec<io::Result<Wire>>, within: Duration) -> Vec<io::Result<Vec<u8>>> {
        join_all(begun.into_iter().map(|wire| async { wire?.end(within).await })).await
    }

    /// A connection of the attacker, which asks once.
    pub(crate) async fn ask(
        &self,
        number: usize,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> io::Result<Heard> {
        Wire::open(self.server().address(), self.address(number)).await?.ask(method, path, headers, body).await
    }

    /// A connection of the attacker.
    pub(crate) async fn wire(&self, number: usize) -> io::Result<Wire> {
        Wire::open(self.server().address(), self.address(number)).await
    }

    /// A gateway connection of the attacker, which has said nothing; its socket holds about so many octets.
    ///
    /// # Errors
    /// It is refused.
    pub(crate) async fn gateway(&self, number: usize, receives: Option<u32>) -> Result<Gateway, String> {
        let address = self.server().address();
        let stream = connect(address, self.address(number), receives).await.map_err(|error| error.to_string())?;
        Gateway::upgrade(stream, address, Format::Json).await.map_err(|error| error.to_string())
    }

    /// The same person where the attacker's so-and-so-many-th connection is from.
    pub(crate) fn moved(&self, person: &Person, number: usize) -> Person {
        person.at(self.address(number).into())
    }

    /// Whether somebody at another address is let in soon.
    pub(crate) async fn lets_others_in(&mut self) {
        let begun = Instant::now();
        let asked = async { Wire::open(self.server().address(), BYSTANDER).await?.ask("GET", "/livez", "", b"").await };
        let answer = asked.await;
        let (holds, took) = (matches!(&answer, Ok(Heard { status: 200, .. })), begun.elapsed());
        self.hold(holds && took < SOON, || format!("somebody else asked whether it lives: {answer:?} after {took:?}"));
    }

    /// Whether another backend at another address is let in soon.
    pub(crate) async fn lets_peers_in(&mut self) {
        let honest = self.abroad().mute("bystander");
        let begun = Instant::now();
        let mut answer = honest.ask(BYSTANDER, "meta/versions", &json!({})).await;
        // A place of somebody who is refused is free a moment later.
        while answer.is_err() && begun.elapsed() < SOON {
            answer = honest.ask(BYSTANDER, "meta/versions", &json!({})).await;
        }
        let took = begun.elapsed();
        let holds = answer.as_ref().is_ok_and(|reply| reply.status == 200) && took < SOON;
        self.hold(holds, || format!("another backend asked for the versions: {answer:?} after {took:?}"));
    }

    /// The memory of the backend in MiB.
    pub(crate) fn resident(&self) -> f64 {
        process::resident(self.server().pid())
    }

    /// Ends it once the backend has let go of what the attack held.
    pub(crate) async fn close(mut self) -> Outcome {
        let Some(Open { mut talks, descriptors, .. }) = self.open.take() else {
            return Outcome { broken: vec!["the stage was never opened".to_owned()], figures: None };
        };
        // How long the message took that was on its way counts as well.
        let mut pairs = Vec::new();
        for Talking { who, talk, quiet_p99, .. } in &mut talks {
            talk.messages(1).await;
            let delays = talk.delays();
            pairs.push(PairFigures { who, quiet_p99: *quiet_p99, p99: delays.p99(), messages: delays.count() });
        }
        if let Home::Among(abroad) = &mut self.home {
            abroad.end_hostile();
        }
        let pid = self.server().pid();
        let more = || process::descriptors(pid) as i64 - descriptors as i64;
        let until = Instant::now() + LET_GO;
        let mut looks = tokio::time::interval(Duration::from_millis(100));
        while more() > 0 && Instant::now() < until {
            looks.tick().await;
        }
        let left = more();
        for Talking { who, talk, .. } in talks {
            if let Err(reason) = talk.end().await {
                self.hold(false, || format!("honest people {who} could not talk: {reason}"));
            }
        }
        let log = self.server().log();
        let panic = log.lines().find(|line| line.contains("panicked"));
        self.hold(panic.is_none(), || format!("the backend panicked: {}", panic.unwrap_or_default()));
        let figures = Figures { pairs, most_resident: process::most_resident(pid), descriptors: left };
        Outcome { broken: self.broken, figures: Some(figures) }
    }
}

/// No address is that of a proxy.
const NO_PROXIES: [&str; 2] = ["--trusted_proxies", ""];

/// How soon somebody else is let in.
const SOON: Duration = Duration::from_secs(5);

/// How long a backend may hold what nobody is at any more: a close frame that nobody answers, at most.
const LET_GO: Duration = Duration::from_secs(60);

/// How long an attack lasts at most that comes in waves.
const LONGEST: Duration = Duration::from_secs(120);

/// The most that is said of one attack.
const MOST_BROKEN: usize = 10;
