//! For whom the database is read: each caller (a user, a network, another backend) has their part of the connections.

use std::future::Future;
use std::hash::{BuildHasher, Hash, RandomState};

use beep_core::backend::Actor;
use beep_core::domain::Domain;
use beep_core::id::UserKey;
use beep_core::network::Network;

/// Makes numbers of callers, in a way that nobody knows.
#[derive(Clone, Default)]
pub(crate) struct Callers(RandomState);

#[derive(Hash)]
enum Caller<'a> {
    User(&'a UserKey),
    Network(Network),
    Backend(&'a Domain),
}

impl Callers {
    /// Carries out what a user asks for, or a network where nobody signed in.
    pub(crate) async fn ask<F: Future>(&self, actor: Option<&Actor>, network: Network, work: F) -> F::Output {
        let user = actor.and_then(|actor| actor.who.user());
        self.carry_out(user.map_or(Caller::Network(network), Caller::User), work).await
    }

    /// Carries out what a user asks for.
    pub(crate) async fn user<F: Future>(&self, user: &UserKey, work: F) -> F::Output {
        self.carry_out(Caller::User(user), work).await
    }

    /// Carries out what another backend asks for.
    pub(crate) async fn backend<F: Future>(&self, domain: &Domain, work: F) -> F::Output {
        self.carry_out(Caller::Backend(domain), work).await
    }

    async fn carry_out<F: Future>(&self, caller: Caller<'_>, work: F) -> F::Output {
        beep_store::on_behalf_of(self.0.hash_one(caller), work).await
    }
}
