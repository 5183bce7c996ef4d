//! What to ask next when comparing with an owner.
//!
//! Only decides; the caller asks, waits and fetches.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::id::{SpaceId, SpaceKey};
use crate::port::StreamMark;

/// What to do next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// Ask the owner for the page of its list after this server, then call [`Comparison::listed`] or
    /// [`Comparison::unanswered`].
    List {
        /// The server after which the page starts; `None` for the first page.
        after: Option<SpaceId>,
    },
    /// Wait a short time until the owner's stream is applied up to here, then call [`Comparison::awaited`].
    Await(StreamMark),
    /// Read which replicas of the owner's servers exist, then call [`Comparison::held`].
    Held,
    /// Fetch this server from its owner, then call [`Comparison::fetched`].
    Fetch(SpaceKey),
    /// The comparison has ended.
    End(End),
}

/// How a comparison ended.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct End {
    /// Whether something differed and was fetched.
    pub differed: bool,
    /// Whether it was complete: everything that the owner sent before is applied or fetched.
    pub is_complete: bool,
    /// Whether the owner lists more servers than are compared.
    pub is_too_long: bool,
}

/// A page of an owner's list, with the digests of the replicas.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The end of the owner's stream before it made the list; `None` without a stream.
    pub at: Option<StreamMark>,
    /// Whether the stream is applied up to there.
    pub is_applied: bool,
    /// The servers of the page that the owner owns.
    pub servers: Vec<ListedServer>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<SpaceId>,
}

/// One server of the list.
#[derive(Clone, Debug)]
pub struct ListedServer {
    /// Which server.
    pub server: SpaceKey,
    /// The digest that a replica has which is as the owner has it.
    pub theirs: String,
    /// The digest of the replica, if there is one.
    pub ours: Option<String>,
}

/// One comparison with one owner.
///
/// A server differs if the owner gives the same digest twice, the replica is the same both times, and everything that
/// the owner sent before the second answer is applied. Then no event of this server is in transit, whatever happens in
/// other servers.
#[derive(Debug)]
pub struct Comparison {
    phase: Phase,
    after: Option<SpaceId>,
    /// Both digests of the servers that differed when the same page was listed before.
    before: BTreeMap<SpaceId, (String, Option<String>)>,
    tries_left: u32,
    pages_left: u32,
    listed: BTreeSet<SpaceId>,
    to_fetch: VecDeque<SpaceKey>,
    differed: bool,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    List,
    /// Waits, then asks for the same page again.
    AwaitToList(StreamMark),
    /// Waits, then looks at replicas that were not listed.
    AwaitToEnd(StreamMark),
    Held,
    End {
        is_complete: bool,
        is_too_long: bool,
    },
}

impl Default for Comparison {
    fn default() -> Self {
        Self {
            phase: Phase::List,
            after: None,
            before: BTreeMap::new(),
            tries_left: MOST_TRIES,
            pages_left: MOST_PAGES,
            listed: BTreeSet::new(),
            to_fetch: VecDeque::new(),
            differed: false,
        }
    }
}

impl Comparison {
    /// What to do next.
    pub fn next_step(&mut self) -> Step {
        if let Some(server) = self.to_fetch.pop_front() {
            return Step::Fetch(server);
        }
        match self.phase {
            Phase::List => Step::List { after: self.after },
            Phase::AwaitToList(mark) | Phase::AwaitToEnd(mark) => Step::Await(mark),
            Phase::Held => Step::Held,
            Phase::End { is_complete, is_too_long } => {
                Step::End(End { differed: self.differed, is_complete, is_too_long })
            }
        }
    }

    /// The owner did not answer.
    pub fn unanswered(&mut self) {
        self.phase = STOPPED;
    }

    /// The owner gave a page of its list.
    pub fn listed(&mut self, page: Listed) {
        let Listed { at, is_applied, servers, next } = page;
        self.tries_left -= 1;
        let (mut differing, mut undecided) = (Vec::new(), BTreeMap::new());
        let mut is_decided = true;
        for ListedServer { server, theirs, ours } in &servers {
            if ours.as_ref() == Some(theirs) {
                continue;
            }
            let digests = (theirs.clone(), ours.clone());
            if is_applied && self.before.get(&server.id) == Some(&digests) {
                differing.push(server.clone());
            } else {
                is_decided = false;
            }
            undecided.insert(server.id, digests);
        }
        if !is_decided && self.tries_left > 0 {
            self.before = undecided;
            self.phase = match at {
                Some(mark) if !is_applied => Phase::AwaitToList(mark),
                _ => Phase::List,
            };
            return;
        }
        self.listed.extend(servers.into_iter().map(|listed| listed.server.id));
        self.to_fetch.extend(differing);
        self.turn_page(at, next);
    }

    /// The wait ended; `is_applied` says whether the stream is applied up to there.
    pub fn awaited(&mut self, is_applied: bool) {
        self.phase = match self.phase {
            Phase::AwaitToEnd(_) if is_applied => Phase::Held,
            Phase::AwaitToEnd(_) => STOPPED,
            Phase::AwaitToList(_) => Phase::List,
            phase => phase,
        };
    }

    /// The replicas of the owner's servers; those that it does not list have no member here any more.
    pub fn held(&mut self, servers: Vec<SpaceKey>) {
        self.to_fetch.extend(servers.into_iter().filter(|server| !self.listed.contains(&server.id)));
        self.phase = Phase::End { is_complete: true, is_too_long: false };
    }

    /// A server was fetched; `differed` says whether the replica was different.
    pub fn fetched(&mut self, differed: bool) {
        self.differed |= differed;
    }

    fn turn_page(&mut self, at: Option<StreamMark>, next: Option<SpaceId>) {
        self.before.clear();
        self.tries_left = MOST_TRIES;
        self.pages_left -= 1;
        self.phase = match (next, at) {
            // An owner that goes back in its list has come to its end.
            (Some(next), _) if Some(next) > self.after => {
                self.after = Some(next);
                if self.pages_left > 0 { Phase::List } else { Phase::End { is_complete: false, is_too_long: true } }
            }
            (_, Some(mark)) => Phase::AwaitToEnd(mark),
            (_, None) => Phase::Held,
        };
    }
}

const STOPPED: Phase = Phase::End { is_complete: false, is_too_long: false };

/// How often the same page is requested while it changes.
const MOST_TRIES: u32 = 5;

/// The maximum number of pages that are requested.
const MOST_PAGES: u32 = 1_000;

#[cfg(test)]
mod tests;
