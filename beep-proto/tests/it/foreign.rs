//! What other backends say, where it is longer or stranger than it may be.

use beep_core::domain::Domain;
use beep_core::event::EventBody;
use beep_core::permission::Permissions;
use beep_core::replica::Replica;
use beep_core::replica_delta::ReplicaDelta;
use beep_proto::federation::{Entry, State, Users, event};
use beep_proto::foreign::{self, Foreign};
use beep_proto::gateway::Event;
use beep_proto::page::Page;
use beep_proto::problem::Problem;
use beep_proto::view::{AuditEntry, Channel, DomainBan, Member, Message, Role, Server, User};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::sample;

fn home() -> Domain {
    Domain::parse("a.example.com").expect("valid")
}

fn json<T: serde::Serialize>(view: &T) -> Value {
    serde_json::to_value(view).expect("it is JSON")
}

/// A server as its owner tells it, with one role and one channel.
fn state() -> Value {
    let mut everyone = json(&Role::from(&sample::role()));
    everyone["everyone"] = true.into();
    let mut channel = json(&Channel::from(&sample::channel()));
    channel["seq"] = 3.into();
    let mut server = json(&Server::from(&sample::server()));
    server["kind"] = "community".into();
    let member = json(&Member::new(&sample::member(), None));
    json!({ "server": server, "roles": [everyone], "channels": [channel], "members": [member], "seq": 7 })
}

/// What is to be true of a server once it is read.
type Holds<'a> = dyn Fn(&Replica) -> bool + 'a;

fn read(state: &Value) -> Result<Replica, String> {
    foreign::read::<State>(state.to_string().as_bytes(), &home()).and_then(Replica::try_from)
}

#[test]
fn no_part_of_a_server_that_does_not_fit_keeps_it_out() {
    let whole = read(&state()).expect("all of it fits");
    assert_eq!((whole.facts.roles.len(), whole.facts.channels.len(), whole.members.len()), (1, 1, 1));
    let name = |replica: &Replica| replica.facts.server.name.to_string();
    let role = |replica: &Replica| (*replica.facts.roles[&replica.facts.everyone()]).clone();
    let channel = |replica: &Replica| replica.facts.channels.values().next().map(|channel| (**channel).clone());
    let strange: [(&str, Value, &Holds<'_>); 21] = [
        ("/server/name", json!("n".repeat(101)), &|replica| name(replica) == "n".repeat(100)),
        ("/server/name", json!("a\nb"), &|replica| name(replica) == "a b"),
        ("/server/name", json!("a\0b"), &|replica| name(replica) == "a b"),
        ("/server/name", json!(""), &|replica| name(replica) == "?"),
        ("/server/description", json!("d".repeat(5_000)), &|replica| {
            replica.facts.server.description.as_str().len() == 1_000
        }),
        ("/server/visibility", json!("friends"), &|replica| {
            replica.facts.server.visibility == beep_core::space::Visibility::Private
        }),
        ("/server/member_count", json!(u64::MAX), &|replica| replica.facts.server.member_count > 1 << 60),
        ("/server/member_count", json!(-1), &|replica| replica.facts.server.member_count == 0),
        ("/roles/0/name", json!("r".repeat(300)), &|replica| role(replica).name.as_str().len() == 100),
        ("/roles/0/name", json!("\n"), &|replica| role(replica).name.as_str() == "?"),
        ("/roles/0/color", json!(1u64 << 32), &|replica| role(replica).color.is_none()),
        ("/roles/0/color", json!(-1), &|replica| role(replica).color.is_none()),
        ("/roles/0/position", json!(1u64 << 40), &|replica| role(replica).position == i32::MAX),
        ("/roles/0/permissions", json!(["fly", "view_channels"]), &|replica| {
            role(replica).permissions == Permissions::VIEW_CHANNELS
        }),
        ("/channels/0/name", json!("c\0"), &|replica| {
            channel(replica).is_some_and(|it| it.name.is_some_and(|name| name.as_str() == "c"))
        }),
        ("/channels/0/name", Value::Null, &|replica| {
            replica.facts.fits_kind()
                && channel(replica).is_some_and(|it| it.name.is_some_and(|name| name.as_str() == "?"))
        }),
        ("/channels/0/topic", json!("t\0t"), &|replica| channel(replica).is_some_and(|it| it.topic.as_str() == "t t")),
        ("/channels/0/kind", json!("stage"), &|replica| channel(replica).is_some()),
        ("/channels/0/overrides", json!({ "team:7": { "allow": ["fly"] } }), &|replica| {
            channel(replica).is_some_and(|it| it.overrides.roles().is_empty() && it.overrides.members().is_empty())
        }),
        ("/channels/0/id", json!("nowhere"), &|replica| channel(replica).is_none()),
        ("/members/0/nickname", json!("n".repeat(65)), &|replica| {
            replica.members[0].nickname.as_ref().is_some_and(|name| name.as_str().len() == 64)
        }),
    ];
    for (at, value, holds) in strange {
        let mut state = state();
        *state.pointer_mut(at).expect("there is such a field") = value;
        let replica = read(&state).unwrap_or_else(|why| panic!("{at}: {why}"));
        assert!(holds(&replica), "{at}: {replica:?}");
        // The stream tells the same.
        let entry: Entry = serde_json::from_value(json!({ "state": state })).expect("it can be read");
        let delta = ReplicaDelta::try_from(entry).unwrap_or_else(|why| panic!("{at}: {why}"));
        assert_eq!(delta.state.as_deref(), Some(&replica), "{at}");
    }
    let half = state().to_string().replace("Gardeners", r"Gard\ud83dners");
    let replica = foreign::read::<State>(half.as_bytes(), &home()).and_then(Replica::try_from).expect("the rest fits");
    assert_eq!(name(&replica), "Gard\u{fffd}ners");
    let elsewhere = Domain::parse("evil.example.com").expect("valid");
    assert!(foreign::read::<State>(state().to_string().as_bytes(), &elsewhere).is_err(), "it is another's server");
}

#[test]
fn an_event_is_made_to_fit() {
    let role = EventBody::RoleUpdated { role: sample::role(), before: sample::role() };
    let mut told: Value = serde_json::from_slice(&event::write(&role)).expect("JSON");
    told["data"]["name"] = "a\nb".into();
    told["data"]["permissions"] = json!(["administrator", "of_a_later_release"]);
    let EventBody::RoleUpdated { role, .. } = event::read(role.kind(), told.to_string().as_bytes()).expect("it fits")
    else {
        panic!("it is of the same type")
    };
    assert_eq!((role.name.as_str(), role.permissions), ("a b", Permissions::ADMINISTRATOR));
    let sent = EventBody::MessageCreated(sample::message());
    let mut told: Value = serde_json::from_slice(&event::write(&sent)).expect("JSON");
    told["content"] = "x".repeat(5_000).into();
    told["nonce"] = "n".repeat(100).into();
    let EventBody::MessageCreated(message) = event::read(sent.kind(), told.to_string().as_bytes()).expect("it fits")
    else {
        panic!("it is of the same type")
    };
    assert_eq!(message.content.text().map(|text| text.as_str().len()), Some(4_000));
    assert_eq!(message.nonce, None, "a part of a nonce is another nonce");
}

#[test]
fn an_item_of_an_answer_that_cannot_be_read_is_left_out_alone() {
    let good = json(&Message::from(&sample::message()));
    let with = |field: &str, value: Value| {
        let mut message = good.clone();
        message[field] = value;
        message
    };
    let elsewhere = format!("{}@b.example.com", sample::at_home::<beep_core::id::ChannelId>(3).id);
    let page = json!({
        "items": [
            good,
            with("content", "a\0b".into()),
            with("id", "none".into()),
            with("channel_id", elsewhere.into()),
            { "a newer": "thing" },
            with("pinned", 7.into()),
        ],
        "next": "c\0",
    });
    let read = |octets: &[u8]| foreign::read::<Page<Message>>(octets, &home());
    let page = read(page.to_string().as_bytes()).expect("a page");
    let content: Vec<_> = page.items.iter().map(|message| message.content.as_str()).collect();
    assert_eq!((content, page.next), (vec![sample::message().content.text().expect("a text").as_str(), "a b"], None));
    let half = good.to_string().replace(r#""content":""#, r#""content":"\udc00"#);
    let page = read(format!(r#"{{"items":[{half},1e999],"next":null}}"#).as_bytes()).expect("a page");
    assert!(page.items.len() == 1 && page.items[0].content.starts_with('\u{fffd}'), "{page:?}");
}

#[test]
fn a_reaction_that_is_no_emoji_is_left_out_alone() {
    let mut message = json(&Message::from(&sample::message()));
    let many = (0x1f400..).filter_map(char::from_u32).take(40).map(|emoji| json!({ "emoji": emoji, "count": 1 }));
    let odd = [
        json!({ "emoji": "x", "count": 1 }),
        json!({ "emoji": "❤", "count": 1e99, "me": true }),
        json!({ "emoji": "❤\u{fe0f}", "count": 3 }),
        json!({ "emoji": "👍", "count": -1 }),
    ];
    message["reactions"] = odd.into_iter().chain(many).collect();
    let read: Message = foreign::read(message.to_string().as_bytes(), &home()).expect("it fits");
    assert_eq!((read.reactions.len(), read.reactions[0].emoji.as_str()), (20, "❤\u{fe0f}"));
    assert!(read.reactions[0].me == Some(true) && read.reactions[0].count > 1_000_000);
    assert!(beep_core::message::Message::try_from(read).is_ok_and(|message| message.reactions.len() == 20));
    // An event of one is nothing that can be applied.
    let added = sample::bodies().into_iter().find(|body| body.kind() == "reaction.added").expect("there is a sample");
    let told: Value = serde_json::from_slice(&event::write(&added)).expect("JSON");
    for (field, value) in [("emoji", json!("x")), ("user", Value::Null)] {
        let mut told = told.clone();
        told[field] = value;
        assert!(event::read(added.kind(), told.to_string().as_bytes()).is_err(), "{told}");
    }
    assert_eq!(event::read(added.kind(), told.to_string().as_bytes()), Ok(added));
}

#[test]
fn an_owner_speaks_of_its_own_users_and_things_alone() {
    let own = json(&User::from(&sample::user()));
    let mut other = own.clone();
    other["id"] = json(&beep_proto::id::Full::from(sample::guest()));
    let of = |user: &Value, profile: &Value| {
        let mut member = json(&Member::new(&sample::member(), None));
        (member["user"], member["profile"]) = (user["id"].clone(), profile.clone());
        member
    };
    let page = json!({ "items": [of(&own, &own), of(&other, &other), of(&own, &other)], "next": null });
    let page = foreign::read::<Page<Member>>(page.to_string().as_bytes(), &home()).expect("a page");
    let named: Vec<_> = page.items.iter().map(|member| member.profile.is_some()).collect();
    assert_eq!(named, [true, false, false]);
    let users = json!({ "users": [own, other, { "id": 7 }] });
    let users = foreign::read::<Users>(users.to_string().as_bytes(), &home()).expect("users");
    assert_eq!(users.users, [User::from(&sample::user())]);
    let server = json(&Server::from(&sample::server()));
    let b = Domain::parse("b.example.com").expect("valid");
    let page = json!({ "items": [server], "next": null });
    let page = foreign::read::<Page<Server>>(page.to_string().as_bytes(), &b).expect("a page");
    assert!(page.items.is_empty());
    assert!(foreign::read::<Server>(server.to_string().as_bytes(), &b).is_err());
}

#[test]
fn a_refusal_has_few_words() {
    let problem = Problem::new(beep_proto::problem::ErrorCode::Conflict, "x\0".repeat(100_000));
    let problem = foreign::read::<Problem>(&serde_json::to_vec(&problem).expect("JSON"), &home()).expect("a problem");
    assert!(problem.detail.len() <= 512 && !problem.detail.contains('\0'), "{}", problem.detail);
}

#[test]
fn an_answer_is_bounded_by_what_it_is() {
    assert_eq!(<Server as Foreign>::LIMIT, 64 << 10);
    assert_eq!(<() as Foreign>::LIMIT, 64 << 10);
    assert_eq!(<Page<Message> as Foreign>::LIMIT, 4 << 20);
    assert_eq!(<Page<Event> as Foreign>::LIMIT, 4 << 20);
}

proptest! {
    #[test]
    fn whatever_a_server_says_is_read(
        name in any::<String>(),
        topic in any::<String>(),
        permission in any::<String>(),
        kind in "[a-z]{0,8}",
        whole in any::<i64>(),
        part in proptest::num::f64::NORMAL,
        nickname in proptest::option::of(any::<String>()),
    ) {
        let mut state = state();
        for (at, value) in [
            ("/server/name", json!(name)),
            ("/server/description", json!(topic)),
            ("/server/visibility", json!(kind)),
            ("/server/member_count", json!(whole)),
            ("/roles/0/name", json!(name)),
            ("/roles/0/color", json!(whole)),
            ("/roles/0/position", json!(part)),
            ("/roles/0/permissions", json!([permission, "send_messages"])),
            ("/channels/0/name", json!(name)),
            ("/channels/0/topic", json!(topic)),
            ("/channels/0/kind", json!(kind)),
            ("/channels/0/position", json!(whole)),
            ("/channels/0/slow_mode_s", json!(part)),
            ("/members/0/nickname", json!(nickname)),
        ] {
            *state.pointer_mut(at).expect("there is such a field") = value;
        }
        let replica = read(&state).map_err(TestCaseError::fail)?;
        prop_assert_eq!((replica.facts.roles.len(), replica.facts.channels.len(), replica.members.len()), (1, 1, 1));
        // What was made to fit once stays as it is.
        let again = read(&json(&State::from(&replica))).map_err(TestCaseError::fail)?;
        prop_assert_eq!(again.facts, replica.facts);
    }
}

#[test]
fn an_entry_of_an_audit_log_is_kept_without_what_does_not_fit() {
    let whole = json(&AuditEntry::from(&sample::audit_entry()));
    let read = |entry: &Value| {
        let page = json!({ "items": [entry], "next": null });
        let page: Page<AuditEntry> = foreign::read(page.to_string().as_bytes(), &home()).expect("a page");
        page.items.into_iter().next()
    };
    assert_eq!(json(&read(&whole).expect("all of it fits")), whole);
    let with = |at: &str, value: Value| {
        let mut entry = whole.clone();
        *entry.pointer_mut(at).expect("it is there") = value;
        read(&entry)
    };
    let reason = with("/reason", json!("r".repeat(600))).and_then(|entry| entry.reason);
    assert_eq!(reason.map(|reason| reason.len()), Some(512));
    let changes = with("/changes", json!(vec![whole["changes"][0].clone(); 100])).map(|entry| entry.changes.len());
    assert_eq!(changes, Some(64));
    let changes = with("/changes/0/before", json!({ "later": 1.5 })).map(|entry| entry.changes.len());
    assert_eq!(changes, whole["changes"].as_array().map(|changes| changes.len() - 1));
    assert!(with("/action", json!("servers.sing")).is_some(), "a later release has more operations");
    for (at, value) in [("/action", json!("a".repeat(600))), ("/actor", json!("x")), ("/target/id", json!("a\nb"))] {
        assert_eq!(with(at, value), None, "{at}");
    }
}

#[test]
fn a_domain_ban_names_a_domain() {
    let whole = json(&DomainBan::from(&sample::domain_ban()));
    let read = |ban: &Value| foreign::read::<DomainBan>(ban.to_string().as_bytes(), &home());
    assert_eq!(json(&read(&whole).expect("all of it fits")), whole);
    let mut none = whole.clone();
    none["domain"] = "c".into();
    assert!(read(&none).is_err());
}
