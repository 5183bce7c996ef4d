use beep_core::testing::{self, NOW, history};
use beep_proto::gateway::Ready;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::gateway::convergence::Past;
use crate::sample;

/// The caller has role 2 at position 2; role 3 is above it. User 2 is the owner.
fn ready(granted: Set) -> Ready {
    let mut ready = sample::ready();
    ready.servers[0].roles.push(sample::role(2, granted.into(), false));
    ready.servers[0].roles.push(sample::role(3, Set::empty().into(), false));
    ready.servers[0].member.roles = vec![Bare(sample::nth(2))];
    ready
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn missing(permissions: Set) -> Result<(), Denied> {
    Err(Denied::Missing { permissions: permissions.into() })
}

fn subject(user: u8, roles: &[u8]) -> Subject {
    Subject { user: sample::user(user), roles: roles.iter().map(|n| Bare(sample::nth(*n))).collect() }
}

#[test]
fn a_plain_member_learns_what_is_missing() {
    let (cache, server, channel) = (Cache::new(&ready(Set::empty())), sample::server_id(), sample::full(1));
    let may = |action| Permissions::new(&cache, at(0)).may(&action);
    assert_eq!(may(Action::Send { channel: channel.clone() }), Ok(()));
    let (me, other) = (Some(sample::user(1)), Some(sample::user(2)));
    assert_eq!(may(Action::EditMessage { channel: channel.clone(), author: me.clone() }), Ok(()));
    assert_eq!(may(Action::EditMessage { channel: channel.clone(), author: other.clone() }), Err(Denied::NotYours));
    assert_eq!(may(Action::DeleteMessage { channel: channel.clone(), author: me }), Ok(()));
    assert_eq!(may(Action::DeleteMessage { channel: channel.clone(), author: other }), missing(Set::MANAGE_MESSAGES));
    assert_eq!(may(Action::Pin { channel: channel.clone() }), missing(Set::MANAGE_MESSAGES));
    assert_eq!(may(Action::ManageChannel { channel }), missing(Set::MANAGE_CHANNELS));
    assert_eq!(may(Action::Kick { server: server.clone(), member: subject(3, &[]) }), missing(Set::MANAGE_MEMBERS));
    assert_eq!(may(Action::LeaveServer { server: server.clone() }), Ok(()));
    assert_eq!(may(Action::TransferServer { server: server.clone() }), Err(Denied::OwnerOnly));
    let either = Set::MANAGE_ROLES | Set::MANAGE_MEMBERS;
    let assign = Action::AssignRole { server, role: Bare(sample::nth(2)), member: subject(3, &[]) };
    assert_eq!(may(assign), Err(Denied::MissingAny { permissions: either.into() }));
    assert_eq!(may(Action::Send { channel: sample::full(77) }), Err(Denied::Unknown));
}

#[test]
fn ranks_bound_a_moderator() {
    let cache = Cache::new(&ready(Set::MANAGE_MEMBERS | Set::MANAGE_ROLES));
    let server = sample::server_id;
    let may = |action| Permissions::new(&cache, at(0)).may(&action);
    assert_eq!(may(Action::Ban { server: server(), member: subject(3, &[]) }), Ok(()));
    assert_eq!(may(Action::Ban { server: server(), member: subject(3, &[2]) }), Err(Denied::MemberRank));
    assert_eq!(may(Action::Ban { server: server(), member: subject(2, &[]) }), Err(Denied::MemberRank));
    assert_eq!(may(Action::Kick { server: server(), member: subject(1, &[2]) }), Err(Denied::Yourself));
    let role = |n| Bare(sample::nth(n));
    assert_eq!(may(Action::DeleteRole { server: server(), role: role(3) }), Err(Denied::RoleRank));
    assert_eq!(may(Action::DeleteRole { server: server(), role: role(1) }), Err(Denied::EveryoneRole));
    assert_eq!(may(Action::EditRole { server: server(), role: role(1), position: Some(3) }), Err(Denied::EveryoneRole));
    let grant = |after: Set| Action::Grant { server: server(), before: Set::empty().into(), after: after.into() };
    assert_eq!(may(grant(Set::MANAGE_MEMBERS)), Ok(()));
    assert_eq!(may(grant(Set::MANAGE_WEBHOOKS)), missing(Set::MANAGE_WEBHOOKS));
}

#[test]
fn a_mute_and_slow_mode_say_when_they_end() {
    let mut ready = ready(Set::empty());
    ready.servers[0].member.muted_until = Some(at(10).into());
    ready.channels[0].channel.slow_mode_s = 60;
    let cache = Cache::new(&ready);
    let send = Action::Send { channel: sample::full(1) };
    assert_eq!(Permissions::new(&cache, at(9)).may(&send), Err(Denied::Muted { until: at(10).into() }));
    assert_eq!(Permissions::new(&cache, at(10)).may(&send), Ok(()));

    let mut slow = SlowModes::default();
    let mut sent = sample::sent(1, 11, "c1");
    slow.apply(&sent, &sample::user(1));
    assert_eq!(slow.until(&ready.channels[0].channel), None, "somebody else sent it");
    if let beep_proto::gateway::EventData::MessageCreated(message) = &mut sent.data {
        message.author = Some(sample::user(1));
        message.created_at = at(1_000).into();
    }
    slow.apply(&sent, &sample::user(1));
    let may = |now| Permissions::new(&cache, at(now)).slow_modes(&slow).may(&send);
    assert_eq!(may(60_999), Err(Denied::SlowMode { until: at(61_000).into() }));
    assert_eq!(may(61_000), Ok(()));
}

#[test]
fn what_moderators_of_the_backend_decide_beats_ownership() {
    let mut ready = ready(Set::empty());
    ready.servers[0].server.owner = ready.me.id.clone();
    let (server, channel) = (sample::server_id(), sample::full(1));
    let me = ready.me.id.clone();
    let may = |ready: &Ready, now, action: Action| Permissions::new(&Cache::new(ready), at(now)).may(&action);
    let send = || Action::Send { channel: channel.clone() };
    let own = || Action::DeleteMessage { channel: channel.clone(), author: Some(me.clone()) };
    let delete = || Action::DeleteServer { server: server.clone() };
    let transfer = || Action::TransferServer { server: server.clone() };
    let restricted = || Err(Denied::Restricted { until: at(10).into() });
    assert_eq!(may(&ready, 9, transfer()), Ok(()));

    let mut here = ready.clone();
    here.channels[0].channel.restricted = [(me.to_string(), at(10).into())].into();
    assert_eq!((may(&here, 9, send()), may(&here, 10, send())), (restricted(), Ok(())));
    assert_eq!((may(&here, 9, own()), may(&here, 9, transfer())), (Ok(()), Ok(())));
    assert_eq!(Cache::new(&here).permissions_in(&channel, at(9)), Some(Set::VIEW_CHANNELS.into()));

    let mut everywhere = ready.clone();
    everywhere.servers[0].member.restricted_until = Some(at(10).into());
    for action in [send(), delete(), transfer()] {
        assert_eq!((may(&everywhere, 9, action.clone()), may(&everywhere, 10, action)), (restricted(), Ok(())));
    }
    assert_eq!(may(&everywhere, 9, own()), Ok(()));
    assert_eq!(Cache::new(&everywhere).permissions(&server, at(9)), Some(Set::VIEW_CHANNELS.into()));

    ready.servers[0].server.suspended_until = Some(at(10).into());
    for action in [send(), own(), transfer()] {
        let refused = Err(Denied::Suspended { until: at(10).into() });
        assert_eq!((may(&ready, 9, action.clone()), may(&ready, 10, action)), (refused, Ok(())));
    }
    assert_eq!(may(&ready, 9, delete()), Ok(()));
}

#[test]
fn a_private_conversation_has_no_moderators() {
    let mut ready = ready(Set::ADMINISTRATOR);
    let mut private = sample::channel(5);
    (private.kind, private.server_id) = (ChannelKind::Direct, None);
    ready.channels.push(beep_proto::gateway::ChannelState { channel: private.clone(), seq: 0 });
    let cache = Cache::new(&ready);
    let may = |action| Permissions::new(&cache, at(0)).may(&action);
    assert_eq!(may(Action::Send { channel: private.id.clone() }), Ok(()));
    assert_eq!(may(Action::Pin { channel: private.id.clone() }), Ok(()));
    let delete = Action::DeleteMessage { channel: private.id.clone(), author: Some(sample::user(2)) };
    assert_eq!(may(delete), Err(Denied::Private));
    assert_eq!(may(Action::ManageChannel { channel: private.id }), Err(Denied::Private));
}

#[test]
fn nobody_writes_in_a_category() {
    let mut ready = ready(Set::ADMINISTRATOR);
    let category = sample::category(5);
    ready.channels.push(beep_proto::gateway::ChannelState { channel: category.clone(), seq: 0 });
    let cache = Cache::new(&ready);
    let may = |action| Permissions::new(&cache, at(0)).may(&action);
    assert_eq!(may(Action::Send { channel: category.id.clone() }), Err(Denied::Category));
    assert_eq!(may(Action::Pin { channel: category.id.clone() }), Err(Denied::Category));
    assert_eq!(may(Action::View { channel: category.id.clone() }), Ok(()));
    assert_eq!(may(Action::ManageChannel { channel: category.id }), Ok(()));
}

#[test]
fn an_inherited_value_is_what_the_override_changes() {
    let mut ready = ready(Set::empty());
    let everyone = Target::Role { id: Bare(sample::nth(1)) };
    let over = Override { allow: Set::empty().into(), deny: Set::SEND_MESSAGES.into() };
    ready.channels[0].channel.overrides.insert(format!("role:{}", Bare::<RoleId>(sample::nth(1))), over);
    let cache = Cache::new(&ready);
    let permissions = Permissions::new(&cache, at(0));
    let channel = sample::full(1);
    assert!(!permissions.in_channel(&channel).expect("known").0.contains(Set::SEND_MESSAGES));
    assert!(permissions.inherited(&channel, &everyone).expect("known").0.contains(Set::SEND_MESSAGES));
    let role = Target::Role { id: Bare(sample::nth(2)) };
    assert!(!permissions.inherited(&channel, &role).expect("known").0.contains(Set::SEND_MESSAGES));
}

proptest! {
    #[test]
    fn what_is_said_is_what_the_rules_say((start, bodies) in history(0..12), whom: Index) {
        let user = whom.get(&start.users()).clone();
        let past = Past::new(start, bodies);
        let cache = Cache::new(&past.ready(&user, past.end()));
        let permissions = Permissions::new(&cache, NOW);
        for channel in cache.channels() {
            let held = permissions.in_channel(&channel.id).expect("it is known");
            prop_assert_eq!(Some(held), cache.permissions_in(&channel.id, NOW));
            let may = permissions.may(&Action::Send { channel: channel.id.clone() }).is_ok();
            prop_assert_eq!(may, held.0.contains(Set::SEND_MESSAGES) && channel.kind != ChannelKind::Category);
        }
        for server in cache.servers() {
            prop_assert_eq!(permissions.in_server(&server.server.id), cache.permissions(&server.server.id, NOW));
            let plain = Permissions::new(&cache, NOW).view_as(server.server.id.clone(), Vec::new());
            let everyone = server.everyone().expect("every server has it").permissions.0.closure();
            prop_assert_eq!(plain.in_server(&server.server.id).map(|held| held.0), Some(everyone));
        }
    }
}

#[test]
fn an_action_is_read_from_json() {
    let id = testing::nth::<RoleId>(1);
    let json =
        format!(r#"{{"action": "edit_role", "server": "{}", "role": "{id}", "position": 3}}"#, sample::server_id());
    let action: Action = serde_json::from_str(&json).expect("an action");
    assert_eq!(action, Action::EditRole { server: sample::server_id(), role: Bare(id), position: Some(3) });
}

#[test]
fn every_action_is_read_as_it_is_written() {
    let (server, channel, user) = (sample::server_id(), sample::full(1), sample::me().id);
    let (role, member) = (Bare(testing::nth::<RoleId>(1)), Subject { user: user.clone(), roles: Vec::new() });
    let author = Some(user);
    let (before, after) =
        (Override::default(), Override { allow: view::Permissions(Set::SEND_MESSAGES), ..Override::default() });
    let (granted, grants) = (view::Permissions(Set::empty()), view::Permissions(Set::MANAGE_ROLES));
    let actions = [
        Action::View { channel: channel.clone() },
        Action::Send { channel: channel.clone() },
        Action::Attach { channel: channel.clone() },
        Action::MentionEveryone { channel: channel.clone() },
        Action::EditMessage { channel: channel.clone(), author: author.clone() },
        Action::DeleteMessage { channel: channel.clone(), author: None },
        Action::Pin { channel: channel.clone() },
        Action::React { channel: channel.clone() },
        Action::ClearReactions { channel: channel.clone() },
        Action::CreateChannel { server: server.clone() },
        Action::ManageChannel { channel: channel.clone() },
        Action::SetOverride { channel, target: Target::Role { id: role }, before, after },
        Action::ManageServer { server: server.clone() },
        Action::DeleteServer { server: server.clone() },
        Action::LeaveServer { server: server.clone() },
        Action::TransferServer { server: server.clone() },
        Action::CreateRole { server: server.clone() },
        Action::EditRole { server: server.clone(), role, position: None },
        Action::DeleteRole { server: server.clone(), role },
        Action::Grant { server: server.clone(), before: granted, after: grants },
        Action::AssignRole { server: server.clone(), role, member: member.clone() },
        Action::RemoveRole { server: server.clone(), role, member: member.clone() },
        Action::Rename { server: server.clone(), member: member.clone() },
        Action::Mute { server: server.clone(), member: member.clone() },
        Action::Kick { server: server.clone(), member: member.clone() },
        Action::Ban { server: server.clone(), member },
        Action::Unban { server: server.clone() },
        Action::Invite { server: server.clone() },
        Action::ManageWebhooks { server },
    ];
    for action in actions {
        let json = serde_json::to_string(&action).expect("an action is JSON");
        assert_eq!(serde_json::from_str::<Action>(&json).expect("it is read"), action, "{json}");
    }
    let refused = serde_json::from_str::<Action>(r#"{"action": "kick", "server": "x"}"#);
    assert!(refused.is_err());
}
