//! Private conversations on one backend: who may open, join and leave them, and what they are not.

use std::sync::Arc;

use beep_core::backend::channels::{self, ChannelChange, NewChannel};
use beep_core::backend::conversations;
use beep_core::backend::invitations::{self, NewInvitation};
use beep_core::backend::messages::{self, History, NewMessage};
use beep_core::backend::roles::{self, NewRole};
use beep_core::backend::servers::{self, NewServer, ServerChange};
use beep_core::backend::{Actor, Backend, Refusal, bans, events, members};
use beep_core::channel::{Channel, ChannelKind};
use beep_core::content::Content;
use beep_core::direct::DirectKey;
use beep_core::facts::MOST_PARTICIPANTS;
use beep_core::id::{ChannelKey, Id, UserKey};
use beep_core::message::Message;
use beep_core::permission::{Permissions, Target};
use beep_core::port::Which;
use beep_core::replay::Delivery;
use beep_core::space::{Space, SpaceKind, Template, Visibility};
use beep_core::text::{ChannelName, Description, RoleName, ServerName};

use crate::pair::{backend, person, resident};

/// A backend whose first `members` people are in one server, and one who is in none.
struct Stage {
    backend: Backend,
    people: Vec<UserKey>,
    stranger: UserKey,
}

impl Stage {
    async fn new(members: u64) -> Self {
        let backend = backend("a.example.com", "memory:", 7, Arc::default()).await;
        let people: Vec<UserKey> = (0..members).map(|number| person(&backend, number)).collect();
        let stranger = person(&backend, 1_000);
        for user in people.iter().chain([&stranger]) {
            resident(&backend, user).await;
        }
        let new = NewServer {
            name: ServerName::parse("Garden").expect("a name"),
            description: Description::parse("").expect("empty"),
            visibility: Visibility::Public,
            template: Template::Empty,
        };
        let server = servers::create(&backend, &Actor::user(people[0].clone()), new).await.expect("anybody may").id;
        for user in &people[1..] {
            servers::join(&backend, &Actor::user(user.clone()), &server).await.expect("it is public");
        }
        Self { backend, people, stranger }
    }

    fn actor(&self, number: usize) -> Actor {
        Actor::user(self.people[number].clone())
    }

    /// The space of a private channel; `None` if it is gone.
    async fn space(&self, channel: &Channel) -> Option<Space> {
        self.backend.store.server(&channel.space_key()).await.expect("memory")
    }

    async fn group(&self, of: &[usize]) -> Channel {
        let others: Vec<UserKey> = of[1..].iter().map(|number| self.people[*number].clone()).collect();
        conversations::create_group(&self.backend, &self.actor(of[0]), None, &others)
            .await
            .expect("they know each other")
    }

    async fn says(&self, actor: &Actor, channel: &ChannelKey, text: &str) -> Result<Message, Refusal> {
        let new = NewMessage { content: Content::parse(text).expect("a text"), nonce: None, reply_to: None };
        messages::send(&self.backend, actor, channel, new).await
    }
}

#[tokio::test]
async fn two_people_have_one_direct_conversation() {
    let stage = Stage::new(3).await;
    let (alice, bob, carol) = (stage.actor(0), stage.actor(1), stage.actor(2));
    let (one, other) = tokio::join!(
        conversations::open_direct(&stage.backend, &alice, who(&bob)),
        conversations::open_direct(&stage.backend, &bob, who(&alice)),
    );
    let (one, other) = (one.expect("they share a server"), other.expect("they share a server"));
    assert_eq!(one.is_new as u8 + other.is_new as u8, 1);
    assert_eq!(one.channel, other.channel);
    let again = conversations::open_direct(&stage.backend, &alice, who(&bob)).await.expect("it is there");
    assert_eq!((again.is_new, &again.channel), (false, &one.channel));
    let channel = one.channel;
    let space = stage.space(&channel).await.expect("it is there");
    let key = DirectKey::of(who(&alice), who(&bob)).expect("two");
    assert_eq!((&space.id, &channel.id, space.kind), (&key.space, &key.channel, SpaceKind::Direct));
    assert_eq!((space.visibility, channel.name, channel.participants.len()), (Visibility::Private, None, 2));

    let said = stage.says(&alice, &key.channel, "hello").await.expect("she is in it");
    stage.says(&bob, &key.channel, "hello").await.expect("he is in it");
    // Whoever it belongs to, neither manages what the other wrote.
    let deleted = messages::delete(&stage.backend, &bob, &key.channel, said.id).await;
    assert!(matches!(deleted, Err(Refusal::Missing(_))), "{deleted:?}");
    let denied = stage.says(&carol, &key.channel, "hello").await;
    assert!(matches!(denied, Err(Refusal::NotFound)), "{denied:?}");

    // It stays that of the two.
    for refused in [
        conversations::leave(&stage.backend, &alice, &key.channel).await,
        conversations::leave(&stage.backend, &bob, &key.channel).await,
        conversations::add(&stage.backend, &alice, &key.channel, who(&carol)).await.map(drop),
        conversations::remove(&stage.backend, &alice, &key.channel, who(&bob)).await,
        conversations::remove(&stage.backend, &bob, &key.channel, who(&alice)).await,
        conversations::rename(&stage.backend, &alice, &key.channel, None).await.map(drop),
    ] {
        assert!(matches!(refused, Err(Refusal::Conflict(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn whom_one_shares_no_server_with_one_does_not_write_to() {
    let stage = Stage::new(2).await;
    let alice = stage.actor(0);
    let open = async |other: &UserKey| conversations::open_direct(&stage.backend, &alice, other).await;
    assert!(matches!(open(&stage.stranger).await, Err(Refusal::ContactDenied)));
    assert!(matches!(open(who(&alice)).await, Err(Refusal::Invalid(_))));
    assert!(matches!(open(&person(&stage.backend, 2_000)).await, Err(Refusal::NotFound)));
    let group = conversations::create_group(&stage.backend, &alice, None, std::slice::from_ref(&stage.stranger)).await;
    assert!(matches!(group, Err(Refusal::ContactDenied)), "{group:?}");
    let group = stage.group(&[0, 1]).await;
    let added = conversations::add(&stage.backend, &alice, &group.id, &stage.stranger).await;
    assert!(matches!(added, Err(Refusal::ContactDenied)), "{added:?}");
    // A conversation is no community to meet in.
    let bob = stage.actor(1);
    let [server] = &stage.backend.store.servers_of(who(&bob), None, 10).await.expect("memory")[..] else {
        panic!("he is in one")
    };
    servers::leave(&stage.backend, &bob, &server.id).await.expect("he does not own it");
    assert!(matches!(open(who(&bob)).await, Err(Refusal::ContactDenied)));
}

#[tokio::test]
async fn a_group_is_kept_by_its_participants() {
    let stage = Stage::new(4).await;
    let backend = &stage.backend;
    let [alice, bob, carol, dave] = [0, 1, 2, 3].map(|number| stage.actor(number));
    let made = stage.group(&[0, 1]).await;
    let id = made.id.clone();
    assert_eq!(
        (made.kind, &made.participants[..]),
        (ChannelKind::Group, &[who(&alice).clone(), who(&bob).clone()][..])
    );
    let said = stage.says(&bob, &id, "before").await.expect("he is in it");
    assert!(matches!(stage.says(&carol, &id, "hello").await, Err(Refusal::NotFound)));

    // Any participant adds, and who is added sees the whole history.
    let added = conversations::add(backend, &bob, &id, who(&carol)).await.expect("any may");
    let space = stage.space(&added).await.expect("it is there");
    assert_eq!((added.participants.len(), space.member_count), (3, 3));
    let again = conversations::add(backend, &alice, &id, who(&carol)).await;
    assert!(matches!(again, Err(Refusal::AlreadyMember)), "{again:?}");
    let (history, _) = messages::history(backend, &carol, &id, History::Newest, 10).await.expect("she is in it");
    assert_eq!(history, std::slice::from_ref(&said));
    conversations::add(backend, &carol, &id, who(&dave)).await.expect("any may");

    // Any participant names it; nobody manages what others wrote.
    let name = ChannelName::parse("evening").expect("a name");
    let named = conversations::rename(backend, &carol, &id, Some(name.clone())).await.expect("any may");
    assert_eq!((named.name.as_ref(), named.version), (Some(&name), 2));
    let same = conversations::rename(backend, &bob, &id, Some(name)).await.expect("any may");
    assert_eq!(same.version, 2);
    let deleted = messages::delete(backend, &alice, &id, said.id).await;
    assert!(
        matches!(deleted, Err(Refusal::Missing(missing)) if missing == Permissions::MANAGE_MESSAGES),
        "{deleted:?}"
    );

    // Who made it removes others, and nobody else does.
    let refused = conversations::remove(backend, &bob, &id, who(&dave)).await;
    assert!(matches!(refused, Err(Refusal::Rank(_))), "{refused:?}");
    conversations::remove(backend, &alice, &id, who(&dave)).await.expect("she made it");
    assert!(matches!(conversations::rename(backend, &dave, &id, None).await, Err(Refusal::NotFound)));
    let absent = conversations::remove(backend, &alice, &id, who(&dave)).await;
    assert!(matches!(absent, Err(Refusal::NotFound)), "{absent:?}");

    // The place goes to who is in it longest; with the last one the group goes.
    conversations::leave(backend, &alice, &id).await.expect("all may");
    let now = conversations::rename(backend, &bob, &id, None).await.expect("any may");
    assert_eq!(now.participants, [who(&bob).clone(), who(&carol).clone()]);
    assert_eq!(stage.space(&now).await.expect("it is there").owner, *who(&bob));
    let refused = conversations::remove(backend, &carol, &id, who(&bob)).await;
    assert!(matches!(refused, Err(Refusal::Rank(_))), "{refused:?}");
    conversations::remove(backend, &bob, &id, who(&bob)).await.expect("of oneself it is leaving");
    conversations::leave(backend, &carol, &id).await.expect("all may");
    assert_eq!(stage.space(&made).await, None);
    assert!(matches!(stage.says(&carol, &id, "hello").await, Err(Refusal::NotFound)));
}

#[tokio::test]
async fn a_group_has_so_many_participants_and_no_more() {
    let stage = Stage::new(MOST_PARTICIPANTS as u64 + 2).await;
    let alice = stage.actor(0);
    let create = async |others: &[UserKey]| conversations::create_group(&stage.backend, &alice, None, others).await;
    assert!(matches!(create(&[]).await, Err(Refusal::Invalid(_))));
    assert!(matches!(create(std::slice::from_ref(who(&alice))).await, Err(Refusal::Invalid(_))));
    assert!(matches!(create(&stage.people[1..=MOST_PARTICIPANTS]).await, Err(Refusal::Invalid(_))));
    let made = create(&stage.people[..MOST_PARTICIPANTS - 1]).await.expect("there is room");
    let id = &made.id;
    // Of two at once one comes in.
    let [one, other] = [&stage.people[MOST_PARTICIPANTS], &stage.people[MOST_PARTICIPANTS + 1]];
    let (bob, carol) = (stage.actor(1), stage.actor(2));
    let (one, other) = tokio::join!(
        conversations::add(&stage.backend, &bob, id, one),
        conversations::add(&stage.backend, &carol, id, other),
    );
    let full = [&one, &other].into_iter().filter(|added| matches!(added, Err(Refusal::Conflict(_)))).count();
    assert_eq!((full, one.is_ok() || other.is_ok()), (1, true), "{one:?} {other:?}");
}

#[tokio::test]
async fn a_conversation_is_no_server() {
    let stage = Stage::new(3).await;
    let (backend, alice, bob) = (&stage.backend, stage.actor(0), stage.actor(1));
    let cursor = backend.store.log_state().await.expect("memory").head;
    let made = stage.group(&[0, 1]).await;
    let (id, channel) = (&made.space_key(), &made.id);
    let new_channel = || NewChannel::new(ChannelName::parse("den").expect("a name"));
    let new_role = NewRole {
        name: RoleName::parse("keeper").expect("a name"),
        permissions: Permissions::empty(),
        color: None,
        position: 1,
        hoist: false,
        mentionable: false,
    };
    let new_ban = bans::NewBan { delete_messages_since: None };
    let invitation = NewInvitation { user: None, expires_at: None, max_uses: None };
    let opens = ServerChange { visibility: Some(Visibility::Public), ..ServerChange::default() };
    let target = Target::Member(who(&bob).clone());
    let said = Some(beep_core::permission::Override::default());
    for (what, refused) in [
        ("find", servers::find(backend, &alice, id).await.map(drop)),
        ("join", servers::join(backend, &stage.actor(2), id).await.map(drop)),
        ("update", servers::update(backend, &alice, id, opens).await.map(drop)),
        ("delete", servers::delete(backend, &alice, id).await),
        ("explain", servers::explain(backend, &alice, id, None, None).await.map(drop)),
        ("members", members::list(backend, &alice, id, "", None, 10).await.map(drop)),
        ("kick", bans::kick(backend, &alice, id, who(&bob)).await),
        ("ban", bans::put(backend, &alice, id, who(&bob), new_ban).await.map(drop)),
        ("role", roles::create(backend, &alice, id, new_role).await.map(drop)),
        ("invitation", invitations::create(backend, &alice, id, invitation).await.map(drop)),
        ("channels", channels::list(backend, &alice, id).await.map(drop)),
        ("create", channels::create(backend, &alice, id, new_channel()).await.map(drop)),
        ("change", channels::update(backend, &alice, channel, ChannelChange::default()).await.map(drop)),
        ("remove", channels::delete(backend, &alice, channel).await),
        ("override", channels::set_override(backend, &alice, channel, &target, said, None).await.map(drop)),
    ] {
        assert!(matches!(refused, Err(Refusal::NotFound)), "{what}: {refused:?}");
    }
    let listed = backend.store.servers_of(who(&alice), None, 10).await.expect("memory");
    assert!(listed.iter().all(|server| server.kind == SpaceKind::Community) && listed.len() == 1, "{listed:?}");
    assert_eq!(backend.store.owned_servers(who(&alice)).await.expect("memory"), 1);
    let found = backend.store.public_servers("", None, 10).await.expect("memory");
    assert_eq!(found.into_iter().map(|found| found.server).collect::<Vec<_>>(), listed);
    assert_eq!(backend.store.spaces_of(who(&alice), None, 10).await.expect("memory").len(), 2);
    assert_eq!(backend.store.snapshot(who(&alice), None).await.expect("memory").servers.len(), 2);
    assert_eq!(channels::find(backend, &alice, channel).await.expect("she is in it"), made);
    assert_eq!(conversations::list(backend, &alice, None, 10).await.expect("memory"), std::slice::from_ref(&made));
    assert_eq!(conversations::list(backend, &alice, Some(channel), 10).await.expect("memory"), []);
    // It is kept for its participants, and told to them.
    stage.says(&alice, channel, "hello").await.expect("she is in it");
    let head = backend.store.log_state().await.expect("memory").head;
    let kept = backend.store.events_for(who(&bob), Which::All, cursor, head, 10).await.expect("memory");
    assert_eq!(kept.len(), 3, "two came, and one wrote");
    assert!(kept.iter().zip(1..).all(|(event, seq)| event.seq == seq && event.stream.uuid() == channel.id.uuid()));
    let mut past = events::past(backend, who(&bob), cursor).await.expect("it is kept");
    let mut told = Vec::new();
    while let Some(page) = past.next(backend, 10).await.expect("memory") {
        told.extend(page.into_iter().flat_map(|(_, deliveries)| deliveries));
    }
    assert!(matches!(&told[..], [Delivery::Entered { .. }]), "{told:?}");
}

/// The user that an actor is.
fn who(actor: &Actor) -> &UserKey {
    actor.as_user().expect("it is one")
}
