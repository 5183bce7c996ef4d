//! A hundred people who change one server at the same time: each succeeds, or is refused for a reason of its own.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use beep_core::backend::channels::{self, ChannelPlace, NewChannel};
use beep_core::backend::messages::{self, NewMessage};
use beep_core::backend::roles::{self, NewRole};
use beep_core::backend::servers::{self, NewServer};
use beep_core::backend::{Actor, Backend, Refusal, bans, members};
use beep_core::content::Content;
use beep_core::id::{ChannelKey, RoleId, SpaceKey, UserKey};
use beep_core::permission::{Override, Permissions, Target};
use beep_core::space::{Template, Visibility};
use beep_core::text::{ChannelName, Description, RoleName, ServerName};

use crate::pair::{backend, person, resident};
use crate::sql;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_refused_because_others_were_busy() {
    let folder = tempfile::tempdir().expect("a folder for the database");
    let mut urls = vec![sql::file_in(&folder)];
    urls.extend(sql::new_postgres().await);
    for url in urls {
        let backend = Arc::new(backend("a.example.com", &url, 1, Arc::default()).await);
        crowd(&backend).await;
        backend.store.close().await;
    }
}

#[tokio::test]
async fn who_may_not_change_a_server_waits_for_nobody_who_does() {
    let backend = backend("a.example.com", "memory:", 2, Arc::default()).await;
    let (owner, member, stranger) = (person(&backend, 1), person(&backend, 2), Actor::user(person(&backend, 3)));
    let (owner, member) = (Actor::user(owner), Actor::user(member));
    let server = servers::create(&backend, &owner, new_server()).await.expect("anybody may").id;
    let channel = channels::list(&backend, &owner, &server).await.expect("it is theirs").remove(0).id;
    servers::join(&backend, &member, &server).await.expect("it is public");
    let before = backend.store.log_state().await.expect("memory").head;
    // Once its change is in the log, it has its turn, and keeps it for as long as nobody goes on with it.
    let mut changing = std::pin::pin!(roles::create(&backend, &owner, &server, role("slow")));
    while backend.store.log_state().await.expect("memory").head == before {
        let polled = poll_fn(|context| Poll::Ready(changing.as_mut().poll(context).is_ready())).await;
        assert!(!polled, "it commits before it ends");
    }
    for who in [&stranger, &member] {
        let refused = async {
            let kicked = bans::kick(&backend, who, &server, owner.as_user().expect("it is one")).await;
            assert!(matches!(kicked, Err(Refusal::NotMember(_) | Refusal::Missing(_))), "{kicked:?}");
            let deleted = channels::delete(&backend, who, &channel).await;
            assert!(matches!(deleted, Err(Refusal::NotFound | Refusal::Missing(_))), "{deleted:?}");
            let made = roles::create(&backend, who, &server, role("theirs")).await;
            assert!(matches!(made, Err(Refusal::NotMember(_) | Refusal::Missing(_))), "{made:?}");
        };
        tokio::time::timeout(Duration::from_secs(20), refused).await.expect("they wait for nobody");
    }
    changing.await.expect("the owner may");
}

pub(crate) fn new_server() -> NewServer {
    NewServer {
        name: ServerName::parse("busy").expect("a name"),
        description: Description::parse("").expect("empty"),
        visibility: Visibility::Public,
        template: Template::Community,
    }
}

/// What everybody shares.
struct Place {
    owner: Actor,
    server: SpaceKey,
    channel: ChannelKey,
    role: RoleId,
}

async fn crowd(backend: &Arc<Backend>) {
    let owner = person(backend, 1);
    resident(backend, &owner).await;
    let owner = Actor::user(owner);
    let server = servers::create(backend, &owner, new_server()).await.expect("anybody may").id;
    let channel = channels::list(backend, &owner, &server).await.expect("it is theirs").remove(0).id;
    let role = roles::create(backend, &owner, &server, role("first")).await.expect("the owner may").id;
    let place = Arc::new(Place { owner, server, channel, role });
    let callers = (0..CALLERS).map(|number| {
        let (backend, place) = (backend.clone(), place.clone());
        tokio::spawn(async move {
            let user = person(&backend, 100 + number);
            resident(&backend, &user).await;
            for round in 0..ROUNDS {
                let outcome = act(&backend, &place, &user, number, round).await;
                assert!(!matches!(outcome, Err(Refusal::Contended)), "caller {number} in round {round}");
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.expect("no caller panics");
    }
    let facts = backend.store.space_facts(&place.server).await.expect("it reads").expect("it is there");
    // Of every eight callers one makes roles and one makes channels; besides these there are what it began with.
    let makers = CALLERS.div_ceil(8) as usize * ROUNDS as usize;
    assert_eq!(facts.roles.len(), makers + 2);
    assert_eq!(facts.channels.len(), makers + 1);
    assert_eq!(backend.store.messages(&place.channel, SENT, 1_000).await.expect("it reads").len(), makers);
}

async fn act(backend: &Backend, place: &Place, user: &UserKey, number: u64, round: u64) -> Result<(), Refusal> {
    let Place { owner, server, channel, role: given } = place;
    let own = Actor::user(user.clone());
    let text = format!("n{number}-{round}");
    match number % 8 {
        0 => roles::create(backend, owner, server, role(&text)).await.map(drop),
        1 => {
            let new = NewChannel::new(ChannelName::parse(&text).expect("a name"));
            let channel = channels::create(backend, owner, server, new).await?.id;
            let place = ChannelPlace { channel, parent: None, position: i32::try_from(round).unwrap_or_default() };
            channels::order(backend, owner, server, &[place]).await
        }
        2 => {
            let allow = if round.is_multiple_of(2) { Permissions::SEND_MESSAGES } else { Permissions::ATTACH_FILES };
            let to = Override { allow, deny: Permissions::empty() };
            channels::set_override(backend, owner, channel, &Target::Role(*given), Some(to), None).await.map(drop)
        }
        3 => {
            drop(servers::join(backend, &own, server).await);
            members::assign_role(backend, owner, server, user, *given).await
        }
        4 => servers::join(backend, &own, server).await.map(drop),
        5 => {
            drop(servers::join(backend, &own, server).await);
            servers::leave(backend, &own, server).await
        }
        6 => {
            drop(servers::join(backend, &own, server).await);
            bans::kick(backend, owner, server, user).await
        }
        _ => {
            let new = NewMessage { content: Content::parse(&text).expect("a text"), nonce: None, reply_to: None };
            messages::send(backend, owner, channel, new).await.map(drop)
        }
    }
}

pub(crate) fn role(name: &str) -> NewRole {
    NewRole {
        name: RoleName::parse(name).expect("a name"),
        color: None,
        permissions: Permissions::empty(),
        position: 1,
        hoist: false,
        mentionable: false,
    }
}

const CALLERS: u64 = 96;
const ROUNDS: u64 = 5;
const SENT: beep_core::port::MessagePage = beep_core::port::MessagePage::Newest;
