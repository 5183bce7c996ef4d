//! What to ask next when comparing with an owner.
//!
//! Decides alone. Asking, waiting and fetching are the caller's.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::id::{SpaceId, SpaceKey};
use crate::port::StreamMark;

/// What to do next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Step {
    /// Ask the owner for the part of its list after this server; ends in [`Comparison::listed`] or
    /// [`Comparison::unanswered`].
    List {
        /// The server after which to go on; none to begin.
        after: Option<SpaceId>,
    },
    /// Wait a little until the owner's stream is applied up to here; ends in [`Comparison::awaited`].
    Await(StreamMark),
    /// Look which of the owner's servers are held; ends in [`Comparison::held`].
    Held,
    /// Fetch this server from its owner; ends in [`Comparison::fetched`].
    Fetch(SpaceKey),
    /// Nothing more.
    End(End),
}

/// How a comparison ended.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct End {
    /// Whether something differed, and was fetched.
    pub differed: bool,
    /// Whether all was gone through: what the owner said before is applied, or fetched.
    pub is_complete: bool,
    /// Whether the owner lists more than is compared.
    pub is_too_long: bool,
}

/// Part of an owner's list, held against what is held.
#[derive(Clone, Debug)]
pub struct Listed {
    /// How far the owner's stream went before; none without a stream.
    pub at: Option<StreamMark>,
    /// Whether all of that is applied.
    pub is_applied: bool,
    /// The owner's own servers of it.
    pub servers: Vec<ListedServer>,
    /// Where to go on, unless that is all.
    pub next: Option<SpaceId>,
}

/// One server of the list.
#[derive(Clone, Debug)]
pub struct ListedServer {
    /// Which server.
    pub server: SpaceKey,
    /// The owner's digest.
    pub theirs: String,
    /// The digest of what is held, if anything is.
    pub ours: Option<String>,
}

/// One comparison with one owner.
///
/// A server differs where the owner says the same of it twice, the same is held both times, and all is applied that the
/// owner had said before the second: whatever happens in other servers, nothing of this one is on its way.
#[derive(Debug)]
pub struct Comparison {
    phase: Phase,
    after: Option<SpaceId>,
    /// Both digests of what differed when the same part was listed before.
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
    /// Waits, and asks for the same part again.
    AwaitToList(StreamMark),
    /// Waits, and looks at what is held and was not listed.
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

    /// Takes that the owner did not answer.
    pub fn unanswered(&mut self) {
        self.phase = STOPPED;
    }

    /// Takes part of the owner's list.
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

    /// Takes whether what was waited for is applied.
    pub fn awaited(&mut self, is_applied: bool) {
        self.phase = match self.phase {
            Phase::AwaitToEnd(_) if is_applied => Phase::Held,
            Phase::AwaitToEnd(_) => STOPPED,
            Phase::AwaitToList(_) => Phase::List,
            phase => phase,
        };
    }

    /// Takes which servers of the owner are held: those that it does not list, nobody here is a member of.
    pub fn held(&mut self, servers: Vec<SpaceKey>) {
        self.to_fetch.extend(servers.into_iter().filter(|server| !self.listed.contains(&server.id)));
        self.phase = Phase::End { is_complete: true, is_too_long: false };
    }

    /// Takes that a server was fetched, and whether that was something else than what was held.
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

/// How often the same part is asked for while it changes.
const MOST_TRIES: u32 = 5;

/// The most parts that are asked for.
const MOST_PAGES: u32 = 1_000;

#[cfg(test)]
mod tests;
