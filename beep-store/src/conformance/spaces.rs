//! Spaces, roles and channels.

use std::time::Duration;

use beep_core::channel::{Channel, ChannelKind};
use beep_core::event::{Event, EventBody, Position};
use beep_core::facts::SpaceFacts;
use beep_core::member::Member;
use beep_core::message::Draft;
use beep_core::permission::{Override, Permissions, Target};
use beep_core::port::{Change, InvitationWrite, MessagePage, SpaceWrite};
use beep_core::role::Role;
use beep_core::space::{Space, Visibility};
use beep_core::text::{Color, Description, ServerName, Topic};
use beep_core::time::Timestamp;

use super::Stage;
use super::events::without_text;
use super::sample::{Community, NOW, channel, community, invitation, keyed, namesake, nth, role, space_key, user};

/// A server's facts are what was put, whole and at their revision.
pub async fn a_server_is_kept_with_its_parts(stage: &Stage) {
    let community = community(stage).await;
    let id = community.id();
    let role = Role {
        color: Color::new(0x12_34_56),
        position: 1_000_000,
        permissions: Permissions::all(),
        version: 3,
        ..role(5, &community.server)
    };
    let mut special = Channel {
        parent: Some(nth(7)),
        follows_parent: true,
        topic: Topic::parse("of all\nthings").expect("a topic"),
        position: -2,
        slow_mode_s: 30,
        restricted: [(user(3), NOW), (namesake(3), Timestamp::LAST)].into(),
        version: 4,
        ..channel(6, &community.server)
    };
    let said = Override { allow: Permissions::VIEW_CHANNELS, deny: Permissions::SEND_MESSAGES };
    let denied = Override { allow: Permissions::empty(), deny: Permissions::all() };
    special.overrides.set(&Target::Role(community.everyone.id), Some(denied));
    special.overrides.set(&Target::Member(user(2)), Some(said));
    special.overrides.set(&Target::Member(namesake(2)), Some(denied));
    let category = Channel { kind: ChannelKind::Category, ..channel(7, &community.server) };
    let change = Change::default().put(role.clone()).put(special.clone()).put(category.clone());
    stage.commit(change).await;
    let expected = SpaceFacts::new(
        community.server.clone(),
        1,
        [community.everyone.clone(), role.clone()],
        [community.channel.clone(), special.clone(), category.clone()],
    );
    let store = &stage.store;
    assert_eq!(store.space_facts(&id).await.expect("read"), expected);
    assert_eq!(store.server(&id).await.expect("read"), Some(community.server.clone()));
    let mut channels = store.channels(&id).await.expect("read");
    channels.sort_by_key(|channel| channel.id.id);
    assert_eq!(channels, vec![special.clone(), category.clone(), community.channel.clone()]);
    assert_eq!(store.space_of_channel(&special.id).await.expect("read"), Some(id.clone()));

    special.overrides.set(&Target::Member(user(2)), None);
    special.topic = Topic::parse("").expect("a topic");
    special.restricted.clear();
    special = special.moved_to(None);
    let renamed = Role { color: None, version: 4, ..role };
    let server = Space {
        name: ServerName::parse("Renamed").expect("a name"),
        description: Description::parse("").expect("a description"),
        visibility: Visibility::Public,
        owner: namesake(2),
        version: 2,
        suspended_until: Some(NOW),
        member_count: 99,
        ..community.server.clone()
    };
    let change =
        Change::modifying(&id, 1).write(SpaceWrite::Put(server.clone())).put(renamed.clone()).put(special.clone());
    stage.commit(change).await;
    let server = Space { member_count: 1, ..server };
    let roles = [community.everyone.clone(), renamed];
    let expected = SpaceFacts::new(server, 2, roles, [community.channel.clone(), special, category]);
    assert_eq!(store.space_facts(&id).await.expect("read"), expected);

    assert_eq!(store.space_facts(&space_key(50)).await.expect("read"), None);
    assert_eq!(store.server(&space_key(50)).await.expect("read"), None);
    assert_eq!(store.space_of_channel(&keyed(50)).await.expect("read"), None);
    assert_eq!(store.channels(&space_key(50)).await.expect("read"), Vec::new());
}

/// A removed role is nobody's, and nothing is said of it in any channel.
pub async fn a_role_is_taken_from_members_and_overrides(stage: &Stage) {
    let community = community(stage).await;
    let id = community.id();
    let (gone, stays) = (role(5, &community.server), role(6, &community.server));
    let mut member = community.member(user(2));
    member.roles = vec![gone.id, stays.id];
    let mut channel = community.channel.clone();
    let said = Some(Override { allow: Permissions::all(), deny: Permissions::empty() });
    channel.overrides.set(&Target::Role(gone.id), said);
    channel.overrides.set(&Target::Role(stays.id), said);
    let made = Change::default().put(gone.clone()).put(stays.clone()).put(member.clone()).put(channel.clone());
    stage.commit(made).await;
    let store = &stage.store;
    stage.commit(Change::default().remove::<Role>((id.clone(), gone.id))).await;
    let kept = || async { store.member(&id, &user(2)).await.expect("read").expect("they are a member") };
    // As long as the log tells of the role, so that it can be walked back.
    assert_eq!(kept().await, member);
    assert_eq!(store.snapshot(&user(2), None).await.expect("read").servers[0].member, member);
    store.prune(NOW).await.expect("pruned");
    assert_eq!(kept().await, member);
    store.prune(NOW.after(Duration::from_secs(1))).await.expect("pruned");
    member.roles = vec![stays.id];
    assert_eq!(kept().await, member);
    channel.overrides.set(&Target::Role(gone.id), None);
    let facts = store.space_facts(&id).await.expect("read").expect("it is there");
    assert_eq!(*facts.channels[&channel.id.id], channel);
    assert!(!facts.roles.contains_key(&gone.id));
    assert_eq!(facts.current(&Member { roles: vec![gone.id, stays.id], ..member.clone() }), member);
    assert!(facts.roles.contains_key(&stays.id));
}

/// What is in a category stays as it is when that is removed, as it does where another backend shows it no more; nobody's private
/// channel is it.
pub async fn a_category_goes_alone(stage: &Stage) {
    let community = community(stage).await;
    let category = Channel { kind: ChannelKind::Category, ..channel(7, &community.server) };
    let inside = Channel { parent: Some(category.id.id), ..channel(8, &community.server) };
    stage.commit(Change::default().put(category.clone()).put(inside.clone())).await;
    let store = &stage.store;
    let owner = &community.owner.user;
    assert_eq!(store.conversations_of(owner, None, 10).await.expect("read"), Vec::new());
    let held = store.snapshot(owner, None).await.expect("read").servers.remove(0);
    assert!(held.facts.is_category(category.id.id));
    stage.commit(Change::default().remove::<Channel>(category.id.clone())).await;
    let facts = store.space_facts(&community.id()).await.expect("read").expect("it is there");
    assert!(!facts.is_category(category.id.id));
    assert_eq!(*facts.channels[&inside.id.id], inside);
}

/// A removed channel leaves no messages, and those of others stay.
pub async fn a_channel_goes_with_its_messages(stage: &Stage) {
    let community = community(stage).await;
    let other = channel(7, &community.server);
    stage.commit(Change::default().put(other.clone())).await;
    let first = stage.commit(community.says("here")).await.posted.remove(0);
    let mut draft = community.draft("there");
    draft.channel = other.id.clone();
    let second = stage.commit(Change::default().write(community.post(draft))).await.posted.remove(0);
    stage.commit(Change::default().remove::<Channel>(community.channel.id.clone())).await;
    let store = &stage.store;
    let id = community.channel.id.clone();
    assert_eq!(store.message(&id, first.id).await.expect("read"), None);
    assert_eq!(store.messages(&id, MessagePage::Newest, 10).await.expect("read"), Vec::new());
    assert_eq!(store.space_of_channel(&id).await.expect("read"), None);
    assert_eq!(store.message(&other.id, second.id).await.expect("read"), Some(second));
    // Of many messages some go later, and before their channel comes back.
    let much = async || {
        for _ in 0..30 {
            let drafts = (0..100).map(|_| Draft { channel: other.id.clone(), ..community.draft("much") });
            let posts = drafts.fold(Change::default(), |change, draft| change.write(community.post(draft)));
            stage.commit(posts).await;
        }
    };
    much().await;
    stage.commit(Change::default().remove::<Channel>(other.id.clone())).await;
    stage.commit(Change::default().put(other.clone())).await;
    let left = async || store.messages(&other.id, MessagePage::Newest, 10).await.expect("read");
    assert_eq!(left().await, Vec::new());
    much().await;
    stage.commit(Change::default().remove::<Channel>(other.id.clone())).await;
    let told = store.events_after(Position(0), 10_000).await.expect("read");
    let is_of_it =
        |event: &Event| matches!(&event.body, EventBody::MessageCreated(message) if message.channel == other.id);
    assert!(
        told.len() > 6_000 && !told.iter().any(is_of_it),
        "the log tells of none of them, whether it is there or not"
    );
    let all_go = async {
        while !left().await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all_go).await.expect("all of them go by themselves");
    // The stream goes on where it was, should its channel come back.
    stage.commit(Change::default().put(community.channel.clone())).await;
    assert_eq!(store.message(&id, first.id).await.expect("read"), None);
    let again = stage.commit(community.says("again")).await;
    assert_eq!(again.events[0].seq, 2);
    assert!(again.posted[0].id > first.id);
}

/// A removed server leaves nothing but its events; another is not touched.
pub async fn a_server_goes_with_all_that_is_in_it(stage: &Stage) {
    let (gone, stays) = (community(stage).await, Community::new(2));
    stage.commit(stays.made()).await;
    let kept = stage.commit(stays.says("here to stay")).await.posted.remove(0);
    let role = role(5, &gone.server);
    let mut member = gone.member(user(2));
    member.roles = vec![role.id];
    let full = Change::default()
        .put(role.clone())
        .put(member)
        .write(InvitationWrite::Put(invitation(1, &gone.server)))
        .write(InvitationWrite::Put(invitation(2, &stays.server)));
    stage.commit(full).await;
    let sent = stage.commit(gone.says("soon gone")).await.posted.remove(0);
    let before = stage.store.events_after(Default::default(), 100).await.expect("read");
    stage.commit(Change::default().write(SpaceWrite::Remove(gone.id()))).await;

    let store = &stage.store;
    assert_eq!(store.server(&gone.id()).await.expect("read"), None);
    assert_eq!(store.space_facts(&gone.id()).await.expect("read"), None);
    assert_eq!(store.channels(&gone.id()).await.expect("read"), Vec::new());
    assert_eq!(store.space_of_channel(&gone.channel.id).await.expect("read"), None);
    assert_eq!(store.message(&gone.channel.id, sent.id).await.expect("read"), None);
    assert_eq!(store.member(&gone.id(), &user(2)).await.expect("read"), None);
    assert_eq!(store.invitation(nth(1)).await.expect("read"), None);
    assert_eq!(store.invitations(&gone.id(), None, 10).await.expect("read"), Vec::new());
    let own = store.servers_of(&user(1), None, 10).await.expect("read");
    assert_eq!(own, vec![stays.server.clone()]);
    let of_it = |event: &Event| event.stream.space() == Some(gone.id());
    let told = before.iter().map(|event| if of_it(event) { without_text(event) } else { event.clone() });
    assert_eq!(store.events_after(Default::default(), 100).await.expect("read"), told.collect::<Vec<_>>());
    let stream = store.channel_events(&gone.channel.id, 0, 10).await.expect("read");
    assert_eq!(stream.len(), 1);

    assert_eq!(store.message(&stays.channel.id, kept.id).await.expect("read"), Some(kept));
    assert!(store.invitation(nth(2)).await.expect("read").is_some());
    assert!(store.space_facts(&stays.id()).await.expect("read").is_some());
}
