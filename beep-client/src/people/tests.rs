use beep_core::testing::history;
use beep_proto::view;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::gateway::convergence::Past;
use crate::sample;

const NOW: Timestamp = Timestamp::from_millis(0);

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
fn people_are_asked_for_in_batches_and_once() {
    let (cache, mut people) = (Cache::new(&sample::ready()), People::default());
    let server = sample::server_id();
    for n in 2..=40 {
        assert_eq!(people.show(Some(&server), &sample::user(n), &cache).name, None);
    }
    let requests = people.requests(NOW);
    assert!(matches!(&*requests, [Request::Members { users, .. }] if users.len() == 39), "{requests:?}");
    people.show(Some(&server), &sample::user(2), &cache);
    assert_eq!(people.requests(NOW), []);

    let nick = Member { nickname: Some("Bee".to_owned()), ..member(2, "Ben") };
    people.answered(&requests[0], vec![nick], Vec::new());
    let shown = people.show(Some(&server), &sample::user(2), &cache);
    assert_eq!((shown.name.as_deref(), shown.handle.as_deref()), (Some("Bee"), Some("user2")));
    assert_eq!(people.show(None, &sample::user(2), &cache).name.as_deref(), Some("Ben"));
    let gone = people.show(Some(&server), &sample::user(3), &cache);
    assert_eq!(gone.member, Some(false), "who is not found is no member");
    assert!(matches!(&*people.requests(NOW), [Request::Users { users, .. }] if *users == [sample::user(3)]));
    assert_eq!(
        people.show(Some(&server), &sample::user(1), &cache).name.as_deref(),
        Some("ann"),
        "the caller is known"
    );
}

#[test]
fn a_failure_is_tried_again_later() {
    let (cache, mut people) = (Cache::new(&sample::ready()), People::default());
    people.show(None, &sample::user(2), &cache);
    let requests = people.requests(NOW);
    people.failed(&requests[0], NOW);
    people.show(None, &sample::user(2), &cache);
    assert_eq!(people.requests(NOW), []);
    assert_eq!(people.due(), Some(NOW.after(AGAIN)));
    assert_eq!(people.requests(NOW.after(AGAIN)).len(), 1);
}

#[test]
fn an_answer_that_an_event_overtook_is_asked_for_again() {
    let (cache, mut people) = (Cache::new(&sample::ready()), People::default());
    people.show(None, &sample::user(2), &cache);
    let requests = people.requests(NOW);
    people.apply(&sample::in_server(6, "c1", EventData::UserUpdated(user(2, "new"))));
    people.answered(&requests[0], Vec::new(), vec![user(2, "old")]);
    assert_eq!(people.show(None, &sample::user(2), &cache).name, None);
    let requests = people.requests(NOW);
    people.answered(&requests[0], Vec::new(), vec![user(2, "new")]);
    people.take_changes();
    people.apply(&sample::in_server(7, "c2", EventData::UserUpdated(user(2, "newer"))));
    assert_eq!(people.take_changes(), Changes::Of(BTreeSet::from([sample::user(2)])));
    assert_eq!(people.show(None, &sample::user(2), &cache).name.as_deref(), Some("newer"));
    people.restart();
    assert_eq!(people.show(None, &sample::user(2), &cache).name.as_deref(), Some("newer"), "until it is known anew");
    assert_eq!(people.requests(NOW).len(), 1);
}

#[test]
fn the_highest_coloured_role_gives_the_colour() {
    let mut ready = sample::ready();
    for (n, color) in [(2, Some(0xff)), (3, Some(0xff00)), (4, None)] {
        let role = sample::role(n, view::Permissions::default(), false);
        ready.servers[0].roles.push(view::Role { color, ..role });
    }
    let (cache, mut people) = (Cache::new(&ready), People::default());
    let roles = [2, 3, 4].map(|n| Bare(sample::nth(n))).to_vec();
    people.put(Member { roles, ..member(2, "Ben") }, people.moment());
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
        let mut people = People::default();
        let everybody: BTreeSet<Full<UserId>> =
            past.states.iter().flat_map(|state| state.users()).map(|user| (&user).into()).collect();
        // An answer is made at a moment and may come later than events after it.
        let mut under_way: Vec<(Request, Vec<Member>)> = Vec::new();
        let made = |request: &Request, at: usize| -> Vec<Member> {
            let Request::Members { users, .. } = request else { return Vec::new() };
            let state = &past.states[at];
            let found = state.members.iter().filter(|member| users.contains(&(&member.user).into()));
            found.map(|member| Member::new(&state.facts.current(member), None)).collect()
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
                let requests = people.requests(NOW);
                under_way.extend(requests.into_iter().map(|request| { let made = made(&request, at); (request, made) }));
            }
            if answers {
                under_way.drain(..).for_each(|(request, members)| people.answered(&request, members, Vec::new()));
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
