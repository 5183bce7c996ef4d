//! What people of two backends do in private conversations, at random: in groups and with each other, of both backends.

use std::collections::BTreeSet;
use std::sync::Arc;

use beep_core::backend::messages::{self, NewMessage};
use beep_core::backend::{Actor, Backend, Refusal, conversations, remote};
use beep_core::content::Content;
use beep_core::direct::DirectKey;
use beep_core::domain::Domain;
use beep_core::id::{ChannelKey, SpaceKey, UserKey};
use beep_core::port::RemoteOutcome;
use beep_core::text::ChannelName;

use crate::pair::Pair;

impl Pair {
    /// Has somebody open, make, change or leave a conversation, or write into one.
    pub(crate) async fn talk(&mut self) {
        let conversation = (!self.conversations.is_empty()).then(|| self.one_of(&self.conversations.clone()));
        let choice = self.random.below(14);
        if choice < MAKING {
            // Whom one backend has not yet heard to be in a server, or to have left it, the other may think to be reachable.
            self.deliver_both().await;
        }
        let known = self.settled().await;
        let who = self.one_of(&known);
        let others: Vec<UserKey> = known.iter().filter(|user| **user != who).cloned().collect();
        let other = self.one_of(&others);
        match (choice, conversation) {
            (0 | 1, _) => self.open(&who, &other).await,
            (2 | 3, _) => {
                let others = others[..1 + self.random.below(others.len())].to_vec();
                self.make(&who, &others).await;
            }
            (4..MAKING, Some(group)) => {
                let participants = self.participants(&group).await;
                let who = if participants.is_empty() { who } else { self.one_of(&participants) };
                self.add(&who, &group, &other, known.contains(&who)).await;
            }
            (MAKING, Some(group)) => self.leave(&group).await,
            (8, Some(group)) => {
                let participants = self.participants(&group).await;
                let (owner, id) = (self.owner_of(&group), &group);
                if !participants.is_empty() {
                    let (who, other) = (self.one_of(&participants), self.one_of(&participants));
                    let removed = conversations::remove(&owner, &Actor::user(who), id, &other).await;
                    assert!(matches!(removed, Ok(()) | Err(Refusal::Rank(_) | Refusal::Conflict(_))), "{removed:?}");
                }
            }
            (9, Some(group)) => {
                let participants = self.participants(&group).await;
                let name = format!("n{}", self.random.below(5));
                let name = (self.random.below(3) > 0).then(|| ChannelName::parse(&name).expect("a name"));
                if !participants.is_empty() {
                    let who = Actor::user(self.one_of(&participants));
                    let named = conversations::rename(&self.owner_of(&group), &who, &group, name).await;
                    assert!(matches!(named, Ok(_) | Err(Refusal::Conflict(_))), "{named:?}");
                }
            }
            (_, Some(conversation)) => {
                let participants = self.participants(&conversation).await;
                if !participants.is_empty() {
                    let content = Content::parse(&format!("t{}", self.random.below(1_000))).expect("a text");
                    let new = NewMessage { content, nonce: None, reply_to: None };
                    let who = Actor::user(self.one_of(&participants));
                    let sent = messages::send(&self.owner_of(&conversation), &who, &conversation, new).await;
                    let may_contact = participants.iter().all(|user| known.contains(user));
                    // Two of whom one is not, or no more, in the server write to each other no longer.
                    let is_denied = matches!(sent, Err(Refusal::ContactDenied)) && !may_contact;
                    assert!(sent.is_ok() || is_denied, "{sent:?}");
                }
            }
            _ => {}
        }
        if choice < MAKING {
            self.deliver_both().await;
        }
    }

    async fn open(&mut self, who: &UserKey, other: &UserKey) {
        let (home, actor) = (self.at_home(who), Actor::user(who.clone()));
        let key = DirectKey::of(who, other).expect("two");
        if *key.home() == home.domain {
            let opened = conversations::open_direct(&home, &actor, other).await.expect("they share a server");
            assert_eq!((&opened.channel.space_key(), &opened.channel.id), (&key.space, &key.channel));
        } else {
            let elsewhere = conversations::open_direct(&home, &actor, other).await;
            assert!(matches!(elsewhere, Err(Refusal::NotFound)), "{elsewhere:?}");
            let carried = remote::open_direct(&home, &actor, other).await.expect("the owner answers");
            assert_eq!((carried.answer.outcome, carried.is_known), (RemoteOutcome::Done, true));
        }
        if !self.conversations.contains(&key.channel) {
            self.conversations.push(key.channel);
        }
    }

    async fn make(&mut self, who: &UserKey, others: &[UserKey]) {
        let (home, actor) = (self.at_home(who), Actor::user(who.clone()));
        let made = conversations::create_group(&home, &actor, None, others).await;
        self.conversations.push(made.expect("they share a server").id);
    }

    /// Who is in the group and not, or no more, in the server adds nobody.
    async fn add(&mut self, who: &UserKey, group: &ChannelKey, other: &UserKey, may_contact: bool) {
        let (home, actor) = (self.at_home(who), Actor::user(who.clone()));
        if group.home == home.domain {
            let added = conversations::add(&home, &actor, group, other).await;
            match added {
                Ok(_) | Err(Refusal::NotFound | Refusal::Conflict(_) | Refusal::AlreadyMember) => {}
                Err(Refusal::ContactDenied) if !may_contact => {}
                Err(refused) => panic!("{refused:?}"),
            }
        } else {
            match remote::add(&home, &actor, group, other).await {
                Ok(carried) => assert!(!may_contact || carried.answer.outcome != RemoteOutcome::Refused),
                Err(Refusal::NotFound | Refusal::Conflict(_)) => {}
                Err(Refusal::ContactDenied) if !may_contact => {}
                Err(refused) => panic!("{refused:?}"),
            }
        }
    }

    async fn leave(&mut self, group: &ChannelKey) {
        let participants = self.participants(group).await;
        if participants.is_empty() {
            return;
        }
        let who = self.one_of(&participants);
        let (home, actor) = (self.at_home(&who), Actor::user(who.clone()));
        if group.home == home.domain {
            let left = conversations::leave(&home, &actor, group).await;
            assert!(matches!(left, Ok(()) | Err(Refusal::Conflict(_))), "{left:?}");
            return;
        }
        let space = self.space_of(group).await.expect("it has participants");
        let line = if home.domain == self.near.domain { self.line.clone() } else { self.back.clone() };
        let is_cut = self.random.below(3) == 0;
        if is_cut {
            line.cut();
        }
        // Who is not heard to be in it cannot leave it while the owner does not answer.
        drop(remote::leave(&home, &actor, &space).await);
        line.mend();
    }

    /// Whom both backends hold to be in the server: the owner and others of the far one always are.
    async fn settled(&self) -> Vec<UserKey> {
        let mut settled: Vec<UserKey> = self.locals.iter().chain([&self.owner]).cloned().collect();
        for guest in &self.guests {
            let near = self.near.store.member(&self.server, guest).await.expect("the store works");
            let far = self.far.store.member(&self.server, guest).await.expect("the store works");
            if near.is_some() && far.is_some() {
                settled.push(guest.clone());
            }
        }
        settled
    }

    /// Compares every private space that the two share, whoever owns it.
    pub(crate) async fn compare_conversations(&self) {
        for (owner, other) in [(&self.far, &self.near), (&self.near, &self.far)] {
            let mut shared: BTreeSet<SpaceKey> = BTreeSet::new();
            shared.extend(owner.store.shared_with(&other.domain, None, 1_000).await.expect("the store works"));
            shared.extend(other.store.replicas_of(&owner.domain).await.expect("the store works"));
            for space in shared.iter().filter(|space| **space != self.server) {
                self.compare_space(owner, other, space).await;
            }
        }
    }

    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.random.below(all.len())].clone()
    }

    fn at(&self, domain: &Domain) -> Arc<Backend> {
        if *domain == self.near.domain { self.near.clone() } else { self.far.clone() }
    }

    fn at_home(&self, user: &UserKey) -> Arc<Backend> {
        self.at(&user.home)
    }

    fn owner_of(&self, channel: &ChannelKey) -> Arc<Backend> {
        self.at(&channel.home)
    }

    async fn space_of(&self, channel: &ChannelKey) -> Option<SpaceKey> {
        self.owner_of(channel).store.space_of_channel(channel).await.expect("the store works")
    }

    /// Who is in a conversation by the word of its owner.
    async fn participants(&self, channel: &ChannelKey) -> Vec<UserKey> {
        let Some(space) = self.space_of(channel).await else { return Vec::new() };
        let owner = self.owner_of(channel);
        let members = owner.store.members(&space, "", None, 100).await.expect("the store works");
        let members: Vec<UserKey> = members.into_iter().map(|member| member.user).collect();
        let told = owner.store.channels(&space).await.expect("the store works").remove(0).participants;
        assert_eq!(members.iter().collect::<BTreeSet<_>>(), told.iter().collect::<BTreeSet<_>>());
        let owned = owner.store.server(&space).await.expect("the store works").expect("it is there");
        assert_eq!(told.first(), Some(&owned.owner));
        members
    }
}

/// The first choices of what is done in conversations bring people together.
const MAKING: usize = 7;
