//! A way from one backend to another without a network, that breaks when it is told to.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;

use async_trait::async_trait;
use beep_core::account::User;
use beep_core::backend::friends::{self, Said};
use beep_core::backend::inbound::{self, Received};
use beep_core::backend::outbound::{self, Batch, OutboundStream};
use beep_core::backend::{Actor, Backend, Refusal, contact, conversations, invitations, repair, servers};
use beep_core::domain::Domain;
use beep_core::friendship::Told;
use beep_core::id::{SpaceId, SpaceKey, UserId, UserKey};
use beep_core::port::{PeerError, Peers, RemoteAnswer, RemoteOperation, RemoteOutcome, SharedServers, Taken, When};
use beep_core::presence::Presence;
use beep_core::replica::Replica;
use beep_core::replica_delta::ReplicaDelta;
use beep_core::transient::Transient;
use beep_proto::federation::{Entry, State, digest};

/// The way of one backend to another.
#[derive(Default)]
pub(crate) struct Line {
    /// Whose way it is.
    near: OnceLock<Weak<Backend>>,
    /// Where it leads; nowhere, if there is none.
    far: OnceLock<Weak<Backend>>,
    is_cut: AtomicBool,
    loses_answer: AtomicBool,
    gives_no_server: AtomicBool,
    says_more: AtomicBool,
    only_answers: Mutex<Option<RemoteOutcome>>,
    applied: AtomicU64,
    comparisons: Mutex<Vec<When>>,
}

impl Line {
    pub(crate) fn connect(&self, near: &Arc<Backend>, far: &Arc<Backend>) {
        let fresh = self.near.set(Arc::downgrade(near)).is_ok() && self.far.set(Arc::downgrade(far)).is_ok();
        assert!(fresh, "a line has two ends");
    }

    /// From now on nothing gets through.
    pub(crate) fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
    }

    pub(crate) fn mend(&self) {
        self.is_cut.store(false, Ordering::SeqCst);
    }

    /// Loses the answer to the next operation.
    pub(crate) fn lose_answer(&self) {
        self.loses_answer.store(true, Ordering::SeqCst);
    }

    /// Whether no server is given whole from now on.
    pub(crate) fn gives_no_server(&self, yes: bool) {
        self.gives_no_server.store(yes, Ordering::SeqCst);
    }

    /// From now on servers hold more than fits: their digests are none that what fits has.
    pub(crate) fn says_more(&self) {
        self.says_more.store(true, Ordering::SeqCst);
    }

    /// What operations are answered with from now on, none of which is carried out.
    pub(crate) fn only_answers(&self, outcome: Option<RemoteOutcome>) {
        *self.only_answers.lock().expect("nobody panicked") = outcome;
    }

    /// The comparisons that were arranged since this was asked last.
    pub(crate) fn comparisons(&self) -> Vec<When> {
        std::mem::take(&mut *self.comparisons.lock().expect("nobody panicked"))
    }

    fn far(&self) -> Result<Arc<Backend>, PeerError> {
        let far = self.far.get().filter(|_| !self.is_cut.load(Ordering::SeqCst));
        far.and_then(Weak::upgrade).ok_or(PeerError::Unavailable)
    }

    /// Brings what the far backend's stream holds; says whether there was anything.
    pub(crate) async fn deliver(&self) -> bool {
        let (Ok(far), Some(near)) = (self.far(), self.near.get().and_then(Weak::upgrade)) else { return false };
        let Some(stream) = far.store.outbound_to(&near.domain).await.expect("it reads") else { return false };
        let after = stream.acknowledged.seq;
        let batch = OutboundStream::new(near.domain.clone()).read(&far, after, 10).await.expect("all is kept");
        // A stream that begins anew says so without an event.
        let known = near.store.inbound(&far.domain).await.expect("it reads").map(|mark| mark.stream);
        if batch.deltas.is_empty() && known == Some(stream.acknowledged.stream) {
            return false;
        }
        let received = travelled(stream.acknowledged.stream, &batch);
        let applied = inbound::receive(&near, &far.domain, &received).await.expect("it is taken");
        outbound::acknowledge(&far, &near.domain, applied.up_to).await.expect("it is let go of");
        true
    }
}

#[async_trait]
impl Peers for Line {
    fn allows(&self, _: &Domain) -> bool {
        true
    }

    async fn users(&self, _: &Domain, _: &[UserId]) -> Result<Vec<User>, PeerError> {
        Ok(Vec::new())
    }

    async fn user_by_name(&self, _: &Domain, _: &str) -> Result<Option<User>, PeerError> {
        Ok(None)
    }

    async fn search(&self, _: &Domain, _: &str, _: u32) -> Result<Vec<User>, PeerError> {
        Ok(Vec::new())
    }

    async fn connect(&self, from: &UserKey, to: &UserKey, told: Told) -> Result<Told, PeerError> {
        let Told { number, wants, ended } = told;
        let said = Said { wants, number: Some(number), ended: Some(ended) };
        let heard = friends::hear(&*self.far()?, from, to.id, said).await;
        if self.loses_answer.swap(false, Ordering::SeqCst) {
            return Err(PeerError::Unavailable);
        }
        heard.map_err(|refusal| PeerError::Answer(format!("{refusal:?}")))
    }

    async fn execute(
        &self,
        _: &Domain,
        user: &UserKey,
        operation: &RemoteOperation,
        _: Option<&str>,
    ) -> Result<RemoteAnswer, PeerError> {
        let (far, actor) = (&*self.far()?, Actor::user(user.clone()));
        if let Some(outcome) = *self.only_answers.lock().expect("nobody panicked") {
            return Ok(RemoteAnswer { outcome, server: None, status: 0, body: Default::default() });
        }
        let done = match operation {
            RemoteOperation::PreviewInvitation(code) => {
                invitations::preview(far, code).await.map(|(server, _)| Some(server.id))
            }
            RemoteOperation::Join(server) => servers::join(far, &actor, server).await.map(|_| None),
            RemoteOperation::Leave(server) => servers::leave(far, &actor, server).await.map(|()| None),
            RemoteOperation::AcceptInvitation(code) => invitations::accept(far, &actor, code).await.map(|_| None),
            RemoteOperation::DeclineInvitation(code) => invitations::decline(far, &actor, code).await.map(|()| None),
            RemoteOperation::OpenDirect(other) => {
                conversations::open_direct(far, &actor, other).await.map(|opened| Some(opened.channel.space_key()))
            }
            RemoteOperation::AddParticipant(group, user) => {
                conversations::add(far, &actor, group, user).await.map(|_| None)
            }
        };
        if self.loses_answer.swap(false, Ordering::SeqCst) {
            return Err(PeerError::Unavailable);
        }
        let outcome = match &done {
            Ok(_) => RemoteOutcome::Done,
            Err(Refusal::NotFound) => RemoteOutcome::NotFound,
            Err(Refusal::AlreadyMember | Refusal::Conflict(_) | Refusal::Contended) => RemoteOutcome::Conflict,
            Err(Refusal::Failed(why)) => panic!("a store failed: {why}"),
            Err(_) => RemoteOutcome::Refused,
        };
        Ok(RemoteAnswer { outcome, server: done.ok().flatten(), status: 0, body: Default::default() })
    }

    async fn takes(&self, from: &UserKey, to: &UserKey) -> Result<Taken, PeerError> {
        Ok(contact::taken_by(&*self.far()?, from, to.id).await.expect("it reads"))
    }

    async fn presences(&self, _: &Domain, _: &[UserId]) -> Result<Vec<(Presence, bool)>, PeerError> {
        Ok(Vec::new())
    }

    fn tell(&self, _: &Domain, _: Transient) {}

    async fn shared_servers(&self, _: &Domain, after: Option<SpaceId>) -> Result<SharedServers, PeerError> {
        let (far, near) = (&*self.far()?, self.near.get().and_then(Weak::upgrade).expect("it asks"));
        let mut list = repair::shared_servers(far, &near.domain, after).await.expect("it reads");
        if self.says_more.load(Ordering::SeqCst) {
            list.servers.iter_mut().for_each(|(_, digest)| digest.push_str(" and more"));
        }
        Ok(list)
    }

    async fn replica(&self, server: &SpaceKey) -> Result<Option<Replica>, PeerError> {
        if self.gives_no_server.load(Ordering::SeqCst) {
            return Err(PeerError::Unavailable);
        }
        let (far, near) = (&*self.far()?, self.near.get().and_then(Weak::upgrade).expect("it asks"));
        let shown = outbound::snapshot(far, server, &near.domain).await.expect("it reads");
        Ok(shown.map(|shown| State::from(&shown).try_into().expect("it is what it was")))
    }

    fn digest(&self, replica: &Replica) -> String {
        digest(replica)
    }

    fn compare(&self, _: &Domain, when: When) {
        self.comparisons.lock().expect("nobody panicked").push(when);
    }

    fn applied(&self) {
        self.applied.fetch_add(1, Ordering::SeqCst);
    }

    fn applied_count(&self) -> u64 {
        self.applied.load(Ordering::SeqCst)
    }

    /// Nobody waits: what is on its way comes at once.
    async fn applied_since(&self, _: u64, _: Duration) -> bool {
        self.deliver().await
    }
}

/// Part of a stream as it travels.
pub(crate) fn travelled(stream: uuid::Uuid, batch: &Batch) -> Received {
    let entries = batch.deltas.iter().map(|delta| {
        let written = serde_json::to_string(&Entry::from(delta)).expect("it can be written");
        let read: Entry = serde_json::from_str(&written).expect("it can be read");
        ReplicaDelta::try_from(read).expect("it is what it was").into()
    });
    Received { stream, first_seq: batch.first_seq, entries: entries.collect() }
}
