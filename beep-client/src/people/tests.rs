use beep_core::testing::history;
use beep_core::time::Timestamp;
use beep_proto::problem::Problem;
use beep_proto::view;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::error::Refusal;
use crate::gateway::convergence::Past;
use crate::sample;

fn now(seconds: u64) -> Moment {
    Moment { uptime: Duration::from_secs(seconds), at: Timestamp::from_millis(0), random: 500 }
}

fn people() -> People {
    People::new(sample::user(1))
}

fn refused(code: ErrorCode) -> Error {
    Error::Refused(Box::new(Refusal { operation: "test", problem: Problem::new(code, ""), request_id: None }))
}

fn user(n: u8, name: &str) -> User {
    User {
        id: sample::user(n),
        username: format!("user{n}"),
        domain: "a.example.com".to_owned(),
        display_name: Some(name.to_owned()),
        avatar: None,
        bio: None,
        created_at: sample::at(),
        deleted: false,
    }
}

fn member(n: u8, name: &str) -> Member {
    Member { profile: Some(user(n, name)), ..sample::member(n) }
}

#[test]
fn who_is_not_known_is_asked_for_once() {
    let (cache, mut people) = (Cache::new(&sample::ready()), people());
    let (server, ben) = (sample::server_id(), sample::user(2));
    assert_eq!(people.show(Some(&server), &ben, &cache), Shown::default());
    assert!(people.take_wanted());
    let (lookup, moment) = people.next(now(0)).expect("they are asked for");
    assert_eq!(lookup, Lookup::Member((server.clone(), ben.clone())), "which brings the profile along");
    people.show(Some(&server), &ben, &cache);
    assert!(!people.take_wanted() && people.next(now(0)).is_none());

    let nick = Member { nickname: Some("Bee".to_owned()), ..member(2, "Ben") };
    people.member_answered(&(server.clone(), ben.clone()), moment, Ok(&nick), now(0));
    assert_eq!(people.take_changes(), Changes::Of(SortedSet::from_iter([ben.clone()])));
    let shown = people.show(Some(&server), &ben, &cache);
    assert_eq!((shown.name.as_deref(), shown.handle.as_deref()), (Some("Bee"), Some("user2")));
    assert_eq!(people.show(None, &ben, &cache).name.as_deref(), Some("Ben"));
    people.put(&nick, people.moment());
    assert!(people.take_changes().is_empty(), "who is the same is not drawn again");
    assert!(people.next(now(0)).is_none());
    let me = people.show(Some(&server), &sample::user(1), &cache);
    assert_eq!(me.name.as_deref(), Some("ann"), "the caller is known");
}

#[test]
fn who_is_no_member_has_a_profile() {
    let (cache, mut people) = (Cache::new(&sample::ready()), people());
    let (server, eve) = (sample::server_id(), sample::user(3));
    people.show(Some(&server), &eve, &cache);
    let (_, moment) = people.next(now(0)).expect("they are asked for");
    people.member_answered(&(server.clone(), eve.clone()), moment, Err(&refused(ErrorCode::NotFound)), now(0));
    assert!(!people.take_changes().is_empty());
    assert_eq!(people.show(Some(&server), &eve, &cache).member, Some(false));
    let (lookup, moment) = people.next(now(0)).expect("the profile is asked for");
    assert_eq!(lookup, Lookup::User(eve.clone()));
    people.user_answered(&eve, moment, Ok(&user(3, "Eve")), now(0));
    let shown = people.show(Some(&server), &eve, &cache);
    assert_eq!((shown.name.as_deref(), shown.member), (Some("Eve"), Some(false)));
}

#[test]
fn while_the_backend_of_the_server_is_away_profiles_are_shown() {
    let (cache, mut people) = (Cache::new(&sample::ready()), people());
    let server = sample::server_id();
    for n in 2..=9 {
        people.show(Some(&server), &sample::user(n), &cache);
    }
    let (lookup, moment) = people.next(now(0)).expect("they are asked for");
    let Lookup::Member(place) = lookup else { panic!("a membership is asked for") };
    people.member_answered(&place, moment, Err(&refused(ErrorCode::RemoteUnavailable)), now(0));
    let next = |people: &mut People| people.next(now(0)).map(|(lookup, _)| lookup);
    assert_eq!(next(&mut people), Some(Lookup::User(sample::user(2))));
    people.show(Some(&server), &sample::user(20), &cache);
    let asked: Vec<_> = std::iter::from_fn(|| next(&mut people)).collect();
    assert!(!asked.is_empty() && asked.iter().all(|lookup| matches!(lookup, Lookup::User(_))), "{asked:?}");
}

#[test]
fn an_answer_that_an_event_overtook_is_asked_for_again() {
    let (cache, mut people) = (Cache::new(&sample::ready()), people());
    let ben = sample::user(2);
    people.show(None, &ben, &cache);
    let (_, moment) = people.next(now(0)).expect("they are asked for");
    people.apply(&sample::in_server(6, "c1", EventData::UserUpdated(user(2, "new"))));
    assert!(!people.user_answered(&ben, moment, Ok(&user(2, "old")), now(0)));
    assert_eq!(people.show(None, &ben, &cache).name, None);
    let (_, moment) = people.next(now(0)).expect("they are asked for again");
    assert!(people.user_answered(&ben, moment, Ok(&user(2, "new")), now(0)));
    people.take_changes();
    people.apply(&sample::in_server(7, "c2", EventData::UserUpdated(user(2, "newer"))));
    assert_eq!(people.take_changes(), Changes::Of(SortedSet::from_iter([ben.clone()])));
    assert_eq!(people.show(None, &ben, &cache).name.as_deref(), Some("newer"));
    people.restart();
    assert_eq!(people.take_changes(), Changes::All);
    assert_eq!(people.show(None, &ben, &cache).name.as_deref(), Some("newer"), "until it is known anew");
    assert!(people.next(now(0)).is_some());
}

#[test]
fn a_profile_that_is_overtaken_alone_is_asked_for_alone() {
    let (cache, mut people) = (Cache::new(&sample::ready()), people());
    let (server, ben) = (sample::server_id(), sample::user(2));
    people.show(Some(&server), &ben, &cache);
    let (_, moment) = people.next(now(0)).expect("they are asked for");
    people.apply(&sample::in_server(6, "c1", EventData::UserUpdated(user(2, "new"))));
    people.member_answered(&(server.clone(), ben.clone()), moment, Ok(&member(2, "old")), now(0));
    assert_eq!(people.show(Some(&server), &ben, &cache).name, None);
    assert_eq!(people.next(now(0)).map(|(lookup, _)| lookup), Some(Lookup::User(ben)));
}

#[test]
fn the_caller_is_drawn_again_when_they_change() {
    let mut people = people();
    let renamed = Member { nickname: Some("Nan".to_owned()), ..sample::member(1) };
    people.apply(&sample::in_server(6, "c1", EventData::MemberUpdated(renamed)));
    assert_eq!(people.take_changes(), Changes::Of(SortedSet::from_iter([sample::user(1)])));
}

#[test]
fn the_highest_coloured_role_gives_the_colour() {
    let mut ready = sample::ready();
    for (n, color) in [(2, Some(0xff)), (3, Some(0xff00)), (4, None)] {
        let role = sample::role(n, view::Permissions::default(), false);
        ready.servers[0].roles.push(view::Role { color, ..role });
    }
    let (cache, mut people) = (Cache::new(&ready), people());
    let roles = [2, 3, 4].map(|n| Bare(sample::nth(n))).to_vec();
    people.put(&Member { roles, ..member(2, "Ben") }, people.moment());
    assert_eq!(people.show(Some(&sample::server_id()), &sample::user(2), &cache).color, Some(0xff00));
}

proptest! {
    #[test]
    fn what_is_known_of_members_is_what_is_so(
        (start, bodies) in history(0..24),
        whom: Index,
        asks in prop::collection::vec(any::<(bool, bool)>(), 24),
    ) {
        let me = whom.get(&start.users()).clone();
        let past = Past::new(start, bodies);
        let server: Full<SpaceId> = (&past.states[0].facts.server.id).into();
        let mut cache = Cache::new(&past.ready(&me, 0));
        let mut people = People::new((&me).into());
        let everybody: SortedSet<Full<UserId>> =
            past.states.iter().flat_map(|state| state.users()).map(|user| (&user).into()).collect();
        // An answer is made at a moment and may come later than events after it.
        let mut under_way: Vec<(Place, u64, Option<Member>)> = Vec::new();
        let made = |(_, user): &Place, at: usize| -> Option<Member> {
            let state = &past.states[at];
            state.member(&user.0).map(|member| Member::new(&state.facts.current(member), None))
        };
        for (at, (asks, answers)) in (0..=past.end()).zip(asks.iter().copied().cycle()) {
            if at > 0 {
                for event in past.resume(&me, at - 1, at) {
                    cache.apply(&event);
                    people.apply(&event);
                }
            }
            if asks {
                everybody.iter().for_each(|user| drop(people.show(Some(&server), user, &cache)));
                while let Some((lookup, moment)) = people.next(now(0)) {
                    match lookup {
                        Lookup::Member(place) => {
                            let member = made(&place, at);
                            under_way.push((place, moment, member));
                        }
                        Lookup::User(user) => {
                            people.user_answered(&user, moment, Err(&refused(ErrorCode::NotFound)), now(0));
                        }
                    }
                }
            }
            if answers {
                let gone = refused(ErrorCode::NotFound);
                for (place, moment, member) in under_way.drain(..) {
                    people.member_answered(&place, moment, member.as_ref().ok_or(&gone), now(0));
                }
            }
        }
        let last = &past.states[past.end()];
        if cache.server(&server).is_none() {
            return Ok(());
        }
        for user in everybody.iter().filter(|user| user.0 != me) {
            let known = people.members.peek(&(server.clone(), user.clone())).cloned();
            let Some(known) = known else { continue };
            let is = last.member(&user.0).map(|member| Membership::of(&Member::new(&last.facts.current(member), None)));
            // Roles that are gone are passed over when they are looked up.
            let held = cache.server(&server).expect("it is there");
            let known = known.map(|mut known| { known.roles.retain(|role| held.roles.contains_key(role)); known });
            prop_assert_eq!(known, is);
        }
    }
}
