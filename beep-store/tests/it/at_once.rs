//! Two operations at the same moment, again and again: afterwards the server is as some order of the two would have left it.

use std::sync::Arc;

use beep_core::backend::bans::{self, NewBan};
use beep_core::backend::members::{assign_role, remove_role};
use beep_core::backend::{Actor, Backend, roles, servers};
use beep_core::id::{RoleId, SpaceKey, UserKey};

use crate::contention::{new_server, role};
use crate::pair::{backend, person, resident};
use crate::sql;

#[tokio::test(flavor = "multi_thread")]
async fn pairs_end_as_one_after_the_other() {
    let folder = tempfile::tempdir().expect("a folder for the database");
    let mut urls = vec![sql::file_in(&folder)];
    urls.extend(sql::new_postgres().await);
    for url in urls {
        let backend = Arc::new(backend("a.example.com", &url, 1, Arc::default()).await);
        let place = Arc::new(Place::new(&backend).await);
        for first in ALL {
            for second in ALL {
                for round in 0..ROUNDS {
                    place.prepare(&backend, round.is_multiple_of(2)).await;
                    let run = |what: What| {
                        let (backend, place) = (backend.clone(), place.clone());
                        tokio::spawn(async move { place.perform(&backend, what).await })
                    };
                    let (one, other) = (run(first), run(second));
                    one.await.expect("it does not panic");
                    other.await.expect("it does not panic");
                    place.is_sound(&backend, &format!("{first:?} beside {second:?}, round {round}")).await;
                }
            }
        }
        backend.store.close().await;
    }
}

/// What is done to one user, or by them.
#[derive(Clone, Copy, Debug)]
enum What {
    Join,
    Leave,
    Kick,
    Ban,
    Lift,
    Give,
    Take,
}

const ALL: [What; 7] = [What::Join, What::Leave, What::Kick, What::Ban, What::Lift, What::Give, What::Take];

struct Place {
    owner: Actor,
    user: UserKey,
    server: SpaceKey,
    role: RoleId,
}

impl Place {
    async fn new(backend: &Backend) -> Self {
        let (owner, user) = (person(backend, 1), person(backend, 2));
        resident(backend, &owner).await;
        resident(backend, &user).await;
        let owner = Actor::user(owner);
        let server = servers::create(backend, &owner, new_server()).await.expect("anybody may").id;
        let role = roles::create(backend, &owner, &server, role("given")).await.expect("the owner may").id;
        Self { owner, user, server, role }
    }

    /// Makes the user a member, or nobody there; banned they are not.
    async fn prepare(&self, backend: &Backend, is_member: bool) {
        self.perform(backend, What::Lift).await;
        self.perform(backend, if is_member { What::Join } else { What::Leave }).await;
    }

    /// What comes of it does not matter: an operation may be refused because of the other.
    async fn perform(&self, backend: &Backend, what: What) {
        let Self { owner, user, server, role } = self;
        let own = Actor::user(user.clone());
        match what {
            What::Join => drop(servers::join(backend, &own, server).await),
            What::Leave => drop(servers::leave(backend, &own, server).await),
            What::Kick => drop(bans::kick(backend, owner, server, user).await),
            What::Ban => drop(bans::put(backend, owner, server, user, NewBan::default()).await),
            What::Lift => drop(bans::lift(backend, owner, server, user).await),
            What::Give => drop(assign_role(backend, owner, server, user, *role).await),
            What::Take => drop(remove_role(backend, owner, server, user, *role).await),
        }
    }

    async fn is_sound(&self, backend: &Backend, when: &str) {
        let Self { user, server, .. } = self;
        let member = backend.store.member(server, user).await.expect("it reads");
        let ban = backend.store.ban(server, user).await.expect("it reads");
        assert!(member.is_none() || ban.is_none(), "banned and a member: {when}");
        let kept = backend.store.server(server).await.expect("it reads").expect("it is there").member_count;
        assert_eq!(kept, 1 + u64::from(member.is_some()), "as many are counted as are there: {when}");
    }
}

const ROUNDS: u32 = 20;
