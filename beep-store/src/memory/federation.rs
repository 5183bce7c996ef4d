//! What is kept of other backends.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use beep_core::account::User;
use beep_core::domain::Domain;
use beep_core::event::{Event, Position};
use beep_core::id::{Id, InvitationId, Qualified, ServerId, UserId, UserKey};
use beep_core::invitation::Invited;
use beep_core::member::Member;
use beep_core::port::{Aside, Departure, Federation, Outbound, StoreError, StreamMark};
use beep_core::replica::Replica;
use beep_core::time::Timestamp;

use super::state::{KeptFor, Outlet, State};
use super::{MemoryStore, facts};

#[async_trait]
impl Federation for MemoryStore {
    async fn outbound(&self) -> Result<Vec<Outbound>, StoreError> {
        let state = self.state();
        Ok(state.outbound.iter().map(|(to, outlet)| outbound(&state, to, outlet)).collect())
    }

    async fn outbound_to(&self, to: &Domain) -> Result<Option<Outbound>, StoreError> {
        let state = self.state();
        Ok(state.outbound.get(to).map(|outlet| outbound(&state, to, outlet)))
    }

    async fn outbound_events(&self, to: &Domain, after: u64, limit: u32) -> Result<Vec<(u64, Event)>, StoreError> {
        let state = self.state();
        let queued = state.queued.range((to.clone(), after + 1)..=(to.clone(), u64::MAX));
        let events = queued.filter_map(|((_, seq), position)| Some((*seq, event_at(&state, *position)?)));
        Ok(events.take(limit as usize).collect())
    }

    async fn inbound(&self, origin: &Domain) -> Result<Option<StreamMark>, StoreError> {
        Ok(self.state().inbound.get(origin).copied())
    }

    async fn replica(&self, server: ServerId, of: &Domain) -> Result<Option<(Position, Replica)>, StoreError> {
        let state = self.state();
        let Some(facts) = facts(&state, server)? else { return Ok(None) };
        let channel_seqs = facts.channels.keys().map(|id| (*id, state.tail(id.uuid()).seq)).collect();
        let members = state.members_of(server).filter(|member| member.user.home == *of).cloned().collect();
        let seq = state.tail(server.uuid()).seq;
        Ok(Some((state.head(), Replica { facts: facts.into(), members, seq, channel_seqs })))
    }

    async fn server_events(
        &self,
        server: ServerId,
        after: Position,
        up_to: Position,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let state = self.state();
        let events = state.after(after).take_while(|logged| logged.event.position <= up_to);
        let own = events.filter(|logged| logged.kept_for.contains(&KeptFor::Server(server)));
        Ok(own.take(limit as usize).map(|logged| (*logged.event).clone()).collect())
    }

    async fn homes(&self) -> Result<Vec<Domain>, StoreError> {
        let state = self.state();
        let homes = state.servers.values().map(|held| held.server.id.home.clone());
        let homes = homes.chain(state.visits.iter().map(|((_, server), ())| server.home.clone()));
        Ok(homes.filter(|home| *home != self.parts.domain).collect::<BTreeSet<_>>().into_iter().collect())
    }

    async fn is_home(&self, home: &Domain) -> Result<bool, StoreError> {
        Ok(self.homes().await?.contains(home))
    }

    async fn replicas_of(&self, home: &Domain) -> Result<Vec<ServerId>, StoreError> {
        let state = self.state();
        let theirs = state.servers.iter().filter(|(_, held)| held.server.id.home == *home);
        Ok(theirs.map(|(id, _)| *id).collect())
    }

    async fn shared_with(
        &self,
        home: &Domain,
        after: Option<ServerId>,
        limit: u32,
    ) -> Result<Vec<ServerId>, StoreError> {
        let state = self.state();
        let own = state.servers.iter().filter(|(_, held)| held.server.id.home == self.parts.domain);
        let later = own.map(|(id, _)| *id).filter(|id| Some(*id) > after);
        let shared = later.filter(|id| state.members_of(*id).any(|member| member.user.home == *home));
        Ok(shared.take(limit as usize).collect())
    }

    async fn members_from(&self, server: ServerId, home: &Domain) -> Result<Vec<Member>, StoreError> {
        Ok(self.state().members_of(server).filter(|member| member.user.home == *home).cloned().collect())
    }

    async fn visitors(&self, server: &Qualified<ServerId>, of: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let state = self.state();
        Ok(of.iter().filter(|user| state.visits.contains_key(&(**user, server.clone()))).copied().collect())
    }

    async fn departures(&self, home: &Domain) -> Result<Vec<Departure>, StoreError> {
        let state = self.state();
        let from = state.departures.iter().filter(|((server, _), _)| server.home == *home);
        let departures =
            from.map(|((server, user), key)| Departure { user: *user, server: server.clone(), key: key.clone() });
        Ok(departures.collect())
    }

    async fn profiles(&self, users: &[UserKey]) -> Result<Vec<(User, Timestamp)>, StoreError> {
        let state = self.state();
        Ok(users.iter().filter_map(|user| state.profiles.get(user)).cloned().collect())
    }

    async fn remote_invitation(&self, user: UserId, id: InvitationId) -> Result<Option<Invited>, StoreError> {
        Ok(self.state().invited.get(&(user, id)).cloned())
    }

    async fn remote_invitations(&self, home: &Domain) -> Result<Vec<Invited>, StoreError> {
        let state = self.state();
        Ok(state.invited.values().filter(|invited| invited.server.id.home == *home).cloned().collect())
    }

    async fn set_aside(&self, each: u32) -> Result<BTreeMap<Domain, Aside>, StoreError> {
        let state = self.state();
        let mut all: BTreeMap<Domain, Aside> = BTreeMap::new();
        for aside in state.set_aside.values() {
            let of = all.entry(aside.origin.clone()).or_default();
            of.kept += 1;
            of.youngest.push(aside.clone());
        }
        for of in all.values_mut() {
            of.youngest.sort_by_key(|aside| std::cmp::Reverse((aside.at, aside.seq)));
            of.youngest.truncate(each as usize);
        }
        Ok(all)
    }
}

fn outbound(state: &State, to: &Domain, outlet: &Outlet) -> Outbound {
    let first = state.queued.range((to.clone(), 0)..=(to.clone(), u64::MAX)).next();
    Outbound {
        to: to.clone(),
        acknowledged: StreamMark { stream: outlet.stream, seq: outlet.acknowledged },
        last: outlet.last,
        waits_since: first.and_then(|(_, position)| event_at(state, *position)).map(|event| event.at),
    }
}

fn event_at(state: &State, position: Position) -> Option<Event> {
    let logged = state.after(Position(position.0.checked_sub(1)?)).next()?;
    (logged.event.position == position).then(|| (*logged.event).clone())
}
