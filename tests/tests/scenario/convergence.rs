//! Roles, overrides, channels and members change at random while people talk, connections are cut and the backend is
//! killed: what each client made of its events is what a fresh snapshot gives, and nothing was decided on old facts.

use std::sync::Arc;

use beep_client::view::{ChannelKind, Visibility};
use beep_client::{
    Bare, Cache, ChannelId, Client, Error, EventData, EventStream, Full, GatewayEvent, MessageId, Nullable, RoleId,
    SpaceId, channels, members, messages, roles, self_, servers,
};
use beep_core::permission::Permissions;
use beep_proto::operation::servers::Template;
use beep_proto::view;
use beep_tests::chance::Chance;
use beep_tests::database::Engine;
use beep_tests::difference::same;
use beep_tests::server::Server;
use futures_util::future::join_all;
use tokio::sync::watch;

use crate::audit::Audit;
use crate::guest::Guest;
use crate::{chance, is_at_hand, part, within};

#[tokio::test(flavor = "multi_thread")]
async fn clients_know_what_a_snapshot_says_on_sqlite() {
    clients_know_what_a_snapshot_says(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_know_what_a_snapshot_says_on_postgres() {
    if is_at_hand(Engine::Postgres) {
        clients_know_what_a_snapshot_says(Engine::Postgres).await;
    }
}

async fn clients_know_what_a_snapshot_says(engine: Engine) {
    let mut chance = chance();
    let mut server = Server::start(engine).await;
    let guests = (0..CLIENTS).map(|number| Guest::sign_up(&server, format!("guest{number}"), part(&mut chance)));
    let guests: Vec<Arc<Guest>> = join_all(guests).await.into_iter().map(Arc::new).collect();
    let devices = join_all(guests.iter().map(|guest| guest.on_another_device(&server))).await;
    let asked = servers::Create::new("Garden", Visibility::Public).template(Template::Community);
    let garden = devices[0].servers().create(asked).await.expect("a server can be made").id;
    for device in &devices[1..] {
        device.servers().join(servers::Join::new(&garden)).await.expect("it is public");
    }
    let mut followers: Vec<_> = guests.iter().map(|guest| Follower::new(guest.clone(), part(&mut chance))).collect();
    let mut auditor = Auditor::begin(&devices[0]).await;

    for round in 0..ROUNDS {
        let mark = format!("round {round}");
        let following = followers.drain(..).map(|follower| tokio::spawn(follower.follow(mark.clone())));
        let following: Vec<_> = following.collect();
        let auditing = tokio::spawn(auditor.follow(mark.clone()));
        let (calm, _) = watch::channel(false);
        let talking = devices.iter().enumerate().map(|(number, device)| {
            let (device, garden, chance, calm) = (device.clone(), garden.clone(), part(&mut chance), calm.subscribe());
            tokio::spawn(talk(device, garden, number > 0, chance, calm))
        });
        let talking: Vec<_> = talking.collect();
        let done = watch::Sender::new(0);
        let upsetting = (0..HANDS).map(|_| {
            let (owner, garden, chance, done) = (devices[0].clone(), garden.clone(), part(&mut chance), done.clone());
            tokio::spawn(upset(owner, garden, chance, done))
        });
        let upsetting: Vec<_> = upsetting.collect();
        let kill_at = chance.below(HANDS * CHANGES);
        let mut count = done.subscribe();
        within("things change", count.wait_for(|done| *done >= kill_at)).await.expect("somebody changes them");
        server.kill().await;
        server.run().await;
        within("all is changed", join_all(upsetting)).await.into_iter().for_each(|ended| ended.expect("it ends well"));
        calm.send_replace(true);
        within("all is said", join_all(talking)).await.into_iter().for_each(|ended| ended.expect("it ends well"));

        for device in &devices {
            let asked = self_::Update::new().display_name(Nullable::set(mark.as_str()));
            device.self_().update(asked).await.expect("a name can be changed");
        }
        for (following, device) in following.into_iter().zip(&devices) {
            let follower = within("everybody sees the mark", following).await.expect("a follower ends well");
            let fresh = snapshot(device).await;
            let cache = follower.cache.as_ref().expect("it had a snapshot");
            same(cache, &fresh, &format!("{}, {mark}", follower.guest.name));
            followers.push(follower);
        }
        auditor = within("the auditor sees the mark", auditing).await.expect("the auditor ends well");
    }
    let (resumed, resyncs, restarts) = followers.iter().fold((0, 0, 0), |(resumed, resyncs, restarts), follower| {
        (resumed + follower.resumed, resyncs + follower.resyncs, restarts + follower.restarts)
    });
    let checked = auditor.audit.checked;
    eprintln!(
        "{engine:?}: {resumed} times resumed, {restarts} restarted, {resyncs} resynced, {checked} messages checked"
    );
    assert!(resumed > 0 && checked > 0);
}

/// A program that keeps a cache by its events.
struct Follower {
    guest: Arc<Guest>,
    chance: Chance,
    events: EventStream,
    cache: Option<Cache>,
    resumed: usize,
    resyncs: usize,
    restarts: usize,
}

impl Follower {
    fn new(guest: Arc<Guest>, chance: Chance) -> Self {
        let events = guest.client.events();
        Self { guest, chance, events, cache: None, resumed: 0, resyncs: 0, restarts: 0 }
    }

    /// Follows until the account bears a name, being cut off now and then.
    async fn follow(mut self, name: String) -> Self {
        if self.chance.below(2) == 0 {
            self.restart();
        }
        let mut cuts = 0;
        while self.cache.as_ref().and_then(|cache| cache.me().display_name.as_ref()) != Some(&name) {
            let event = within("something happens", self.events.next()).await.expect("the stream goes on");
            match event.expect("the session is good") {
                GatewayEvent::Ready(ready) => self.cache = Some(Cache::new(&ready)),
                GatewayEvent::Event(event) => {
                    let cache = self.cache.as_mut().expect("the stream begins with a snapshot");
                    if let EventData::MessageCreated(message) | EventData::MessageUpdated(message) = &event.data {
                        let seen = cache.channel(&message.channel_id);
                        assert!(seen.is_some(), "{} does not see the channel of {event:?}", self.guest.name);
                    }
                    cache.apply(&event);
                    if cuts < MOST_CUTS && self.chance.below(50) == 0 {
                        cuts += 1;
                        self.guest.proxy.cut_after(self.chance.below(10_000) as u64);
                    }
                }
                GatewayEvent::Resumed => self.resumed += 1,
                GatewayEvent::Resync { .. } => self.resyncs += 1,
                _ => {}
            }
        }
        self
    }

    /// Stores what there is to store, ends the program and starts it again.
    fn restart(&mut self) {
        self.restarts += 1;
        let stored = serde_json::to_string(&self.cache).expect("a cache can be stored");
        let session = self.guest.client.session().expect("it is signed in");
        self.guest.client.resume(session);
        self.events = self.guest.client.events();
        self.cache = serde_json::from_str(&stored).expect("a cache can be read");
    }
}

/// The owner, who sees everything, past all proxies.
struct Auditor {
    events: EventStream,
    audit: Audit,
}

impl Auditor {
    async fn begin(owner: &Client) -> Self {
        let mut events = owner.events_after(None);
        let GatewayEvent::Ready(ready) = heard(&mut events).await else { panic!("a snapshot comes first") };
        Self { audit: Audit::begin(owner, &ready).await, events }
    }

    async fn follow(mut self, name: String) -> Self {
        loop {
            match heard(&mut self.events).await {
                GatewayEvent::Event(event) => {
                    self.audit.hear(&event);
                    // The auditor's own: the owner is told of nobody's name but of those of fellow members, too.
                    if let EventData::UserUpdated(user) = &event.data
                        && user.id == self.audit.owner()
                        && user.display_name.as_ref() == Some(&name)
                    {
                        return self;
                    }
                }
                GatewayEvent::Resync { scope } => panic!("the auditor cannot be told {scope} anew"),
                _ => {}
            }
        }
    }
}

async fn heard(events: &mut EventStream) -> GatewayEvent {
    let event = within("something happens", events.next()).await.expect("the stream goes on");
    event.expect("the session is good")
}

/// Talks, edits, deletes, leaves and comes back, until it is calm.
async fn talk(me: Client, garden: Full<SpaceId>, may_leave: bool, mut chance: Chance, calm: watch::Receiver<bool>) {
    let mut said = 0;
    let mut own: Vec<(Full<ChannelId>, Bare<MessageId>)> = Vec::new();
    while !*calm.borrow() {
        let action = chance.below(20);
        let gone = match action {
            0 if may_leave => me.servers().leave(servers::Leave::new(&garden)).await.err(),
            1 if may_leave => me.servers().join(servers::Join::new(&garden)).await.err(),
            2 => match chance.one(&own) {
                Some((channel, id)) => me.messages().edit(messages::Edit::new(channel, *id, "better")).await.err(),
                None => None,
            },
            3 => match chance.one(&own) {
                Some((channel, id)) => me.messages().delete(messages::Delete::new(channel, *id)).await.err(),
                None => None,
            },
            _ => match me.channels().list(channels::List::new(&garden)).await {
                Ok(channels) => match chance.one(&channels.items) {
                    Some(channel) => {
                        said += 1;
                        match me.messages().send(messages::Send::new(&channel.id, format!("word {said}"))).await {
                            Ok(message) => {
                                own.push((message.channel_id, message.id));
                                None
                            }
                            Err(error) => Some(error),
                        }
                    }
                    None => me.servers().join(servers::Join::new(&garden)).await.err(),
                },
                Err(error) => {
                    let _ = me.servers().join(servers::Join::new(&garden)).await;
                    Some(error)
                }
            },
        };
        expected(gone);
    }
}

/// Changes who may do what, at random.
async fn upset(owner: Client, garden: Full<SpaceId>, mut chance: Chance, done: watch::Sender<usize>) {
    for number in 0..CHANGES {
        expected(change(&owner, &garden, &mut chance, number).await.err());
        done.send_modify(|done| *done += 1);
    }
}

async fn change(owner: &Client, garden: &Full<SpaceId>, chance: &mut Chance, number: usize) -> Result<(), Error> {
    let roles = owner.roles().list(roles::List::new(garden)).await?.items;
    let channels = owner.channels().list(channels::List::new(garden)).await?.items;
    let members = owner.members().list(members::List::new(garden)).await?.items;
    let own: Vec<Bare<RoleId>> = roles.iter().filter(|role| !role.everyone).map(|role| role.id).collect();
    let (role, own) = (chance.one(&roles).expect("there is always `everyone`").id, chance.one(&own).copied());
    let member = chance.one(&members).expect("there is always the owner").user.clone();
    let channel = chance.one(&channels).map(|channel| channel.id.clone());
    let name = format!("number {number}");
    let categories = channels.iter().filter(|channel| channel.kind == ChannelKind::Category);
    let categories: Vec<_> = categories.map(|category| category.id.clone()).collect();
    let parent = chance.one(&categories).filter(|_| !number.is_multiple_of(3)).cloned();
    match (chance.below(21), own, channel) {
        (0 | 1, ..) => {
            let create = roles::Create::new(garden, name, permissions(chance));
            owner.roles().create(create).await.map(drop)
        }
        (2..=4, ..) => {
            let update = roles::Update::new(garden, role).permissions(permissions(chance));
            owner.roles().update(update).await.map(drop)
        }
        (5, Some(role), _) => owner.roles().delete(roles::Delete::new(garden, role)).await,
        (6..=8, Some(role), _) => owner.members().assign_role(members::AssignRole::new(garden, member, role)).await,
        (9, Some(role), _) => owner.members().remove_role(members::RemoveRole::new(garden, member, role)).await,
        (10, _, Some(channel)) if channels.len() > MOST_CHANNELS => {
            owner.channels().delete(channels::Delete::new(channel)).await
        }
        (11, _, Some(channel)) => owner.channels().update(channels::Update::new(channel).topic(name)).await.map(drop),
        (12 | 13, _, Some(channel)) => {
            let (allow, deny) = (permissions(chance), Permissions::empty());
            let put = channels::PutRoleOverride::new(channel, role, allow, deny);
            owner.channels().put_role_override(put).await.map(drop)
        }
        (14, _, Some(channel)) => {
            let (allow, deny) = (Permissions::empty(), permissions(chance));
            let put = channels::PutRoleOverride::new(channel, role, allow, deny);
            owner.channels().put_role_override(put).await.map(drop)
        }
        (15, _, Some(channel)) => {
            owner.channels().delete_role_override(channels::DeleteRoleOverride::new(channel, role)).await
        }
        (16, _, Some(channel)) => {
            let (allow, deny) = (Permissions::empty(), permissions(chance));
            let put = channels::PutMemberOverride::new(channel, member, allow, deny);
            owner.channels().put_member_override(put).await.map(drop)
        }
        (18, _, Some(channel)) => {
            let place = channels::ChannelPlace {
                id: channel.into(),
                parent_id: Nullable::from(parent.map(Into::into)),
                position: i32::try_from(number % 7).unwrap_or_default(),
            };
            owner.channels().order(channels::Order::new(garden, vec![place])).await
        }
        (19, _, Some(channel)) => owner.channels().follow_parent(channels::FollowParent::new(channel)).await.map(drop),
        (20, ..) => {
            let create = channels::Create::new(garden, format!("rooms-{number}"));
            owner.channels().create(create.kind(channels::ServerChannelKind::Category)).await.map(drop)
        }
        (17, ..) => owner.servers().update(servers::Update::new(garden).description(name)).await.map(drop),
        _ => owner.channels().create(channels::Create::new(garden, format!("room-{number}"))).await.map(drop),
    }
}

/// Some of the permissions that decide who sees and says what.
fn permissions(chance: &mut Chance) -> view::Permissions {
    let of = [Permissions::VIEW_CHANNELS, Permissions::SEND_MESSAGES, Permissions::MANAGE_MESSAGES];
    let mut some = of.into_iter().filter(|_| chance.below(2) == 0).collect();
    if chance.below(12) == 0 {
        some |= Permissions::ADMINISTRATOR;
    }
    view::Permissions(some)
}

/// A refusal is what changing facts are about, and a backend that is down is part of the story; all else is a failure.
fn expected(error: Option<Error>) {
    match error {
        None | Some(Error::Refused(_) | Error::Transport(_)) => {}
        Some(error) => panic!("{error}"),
    }
}

/// What somebody sees now.
async fn snapshot(client: &Client) -> Cache {
    match heard(&mut client.events_after(None)).await {
        GatewayEvent::Ready(ready) => Cache::new(&ready),
        other => panic!("a snapshot comes first: {other:?}"),
    }
}

/// People, each with one follower.
const CLIENTS: usize = 5;

/// Rounds, each of which ends in a comparison.
const ROUNDS: usize = 3;

/// How many change things at the same time.
const HANDS: usize = 2;

/// Changes that each of them makes in a round.
const CHANGES: usize = 40;

/// Channels from which on some are deleted.
const MOST_CHANNELS: usize = 4;

/// How often each client is cut off in a round at most.
const MOST_CUTS: usize = 3;
