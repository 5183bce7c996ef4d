use std::collections::BTreeMap;

use beep_core::id::Id;
use beep_core::testing::history;
use beep_core::time::Timestamp;
use beep_proto::gateway::MemberGone;
use beep_proto::problem::{ErrorCode, Problem};
use beep_proto::view::Permissions;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::error::Refusal;
use crate::gateway::convergence::Past;
use crate::sample;
use crate::transport::TransportError;

const NOW: Moment = Moment { uptime: Duration::ZERO, at: Timestamp::from_millis(0), random: 500 };

/// The page of a backend that has these members.
fn page(members: &BTreeMap<Full<UserId>, Member>, request: &List, size: usize) -> Page<Member> {
    let after: Option<Full<UserId>> = request.cursor.as_ref().map(|cursor| cursor.parse().expect("a cursor"));
    let rest = members.values().filter(|member| after.as_ref().is_none_or(|after| member.user > *after));
    let items: Vec<Member> = rest.clone().take(size).cloned().collect();
    let next = items.last().filter(|_| rest.take(size + 1).count() > size).map(|last| last.user.to_string());
    Page { items, next }
}

/// Loads what is asked for, and gives how many pages that took.
fn load(list: &mut MemberList, cache: &Cache, members: &BTreeMap<Full<UserId>, Member>) -> usize {
    let mut count = 0;
    while let Some((token, request)) = list.next(cache, NOW) {
        list.answered(token, Ok(page(members, &request, PAGE)), NOW);
        list.settle(Some(cache));
        count += 1;
    }
    count
}

/// The rows, after they followed.
fn rows(list: &mut MemberList, cache: &Cache) -> Vec<MemberRow> {
    list.settle(Some(cache));
    list.rows().rows().to_vec()
}

fn many(count: u32) -> BTreeMap<Full<UserId>, Member> {
    let user = |n: u32| {
        let mut random = [0; 10];
        random[..4].copy_from_slice(&n.to_be_bytes());
        let mut user = sample::user(1);
        user.0.id = UserId::generate(Timestamp::from_millis(n.into()), random);
        user
    };
    (0..count).map(user).map(|user| (user.clone(), Member { user, ..sample::member(1) })).collect()
}

fn users(rows: &[MemberRow]) -> Vec<Option<Full<UserId>>> {
    let user = |row: &MemberRow| match row {
        MemberRow::Member { user, .. } => Some(user.clone()),
        _ => None,
    };
    rows.iter().map(user).collect()
}

#[test]
fn a_server_of_a_hundred_thousand_is_held_in_part() {
    let members = many(100_000);
    let mut ready = sample::ready();
    ready.servers[0].server.member_count = 100_000;
    let cache = Cache::new(&ready);
    let mut list = MemberList::new(sample::server_id());
    list.show(0..50);
    assert_eq!(load(&mut list, &cache, &members), 1);
    let order: Vec<_> = members.keys().cloned().map(Some).collect();
    assert_eq!(users(&rows(&mut list, &cache)), order[..50]);
    list.rows().take();
    for start in (0..5_000).step_by(50) {
        list.show(start..start + 50);
        load(&mut list, &cache, &members);
        assert_eq!(users(&rows(&mut list, &cache)), order[start..start + 50]);
        assert!(list.pages.members().count() <= 6 * PAGE);
    }
    list.show(0..50);
    assert!(users(&rows(&mut list, &cache)).iter().all(Option::is_none), "they are on their way");
    assert_eq!(load(&mut list, &cache, &members), 1, "pages that were there are found again");
    assert_eq!(users(&rows(&mut list, &cache)), order[..50]);

    let gone = members.keys().nth(10).expect("there are many").clone();
    list.rows().take();
    let data = EventData::MemberLeft(MemberGone { server_id: sample::server_id(), user: gone });
    list.apply(&sample::in_server(6, "c1", data));
    list.settle(Some(&cache));
    assert_eq!(list.rows().take().len(), 2, "one goes, one moves up");
}

#[test]
fn few_members_are_in_sections() {
    let mut ready = sample::ready();
    for n in [2, 3] {
        ready.servers[0].roles.push(sample::role(n, Permissions::default(), false));
    }
    ready.servers[0].server.member_count = 4;
    let cache = Cache::new(&ready);
    let named = |n: u8, name: &str, roles: &[u8]| Member {
        nickname: Some(name.to_owned()),
        roles: roles.iter().map(|n| Bare(sample::nth(*n))).collect(),
        ..sample::member(n)
    };
    let all = [
        named(1, "zoe", &[2]),
        named(2, "own", &[]),
        named(3, "Amy", &[2]),
        named(4, "bob", &[2, 3]),
        named(5, "cat", &[]),
    ];
    let members = all.into_iter().map(|member| (member.user.clone(), member)).collect();
    let mut list = MemberList::new(sample::server_id());
    load(&mut list, &cache, &members);
    let names: Vec<String> = rows(&mut list, &cache)
        .iter()
        .map(|row| match row {
            MemberRow::Section { section: Section::Owner, count } => format!("owner {count}"),
            MemberRow::Section { section: Section::Role { id, .. }, count } => {
                let server = cache.server(&sample::server_id()).expect("it is there");
                format!("{} {count}", server.roles.get(id).expect("it has the role").name)
            }
            MemberRow::Section { section: Section::Others, count } => format!("others {count}"),
            MemberRow::Member { nickname, .. } => nickname.clone().unwrap_or_default(),
            MemberRow::Pending { .. } => "pending".to_owned(),
        })
        .collect();
    assert_eq!(names, ["owner 1", "own", "role 3 1", "bob", "role 2 2", "Amy", "zoe", "others 1", "cat"]);
    assert_eq!(list.len(), 9);
}

#[test]
fn a_search_begins_anew_and_a_failure_waits() {
    let cache = Cache::new(&sample::ready());
    let mut list = MemberList::new(sample::server_id());
    let (first, _) = list.next(&cache, NOW).expect("nothing is loaded");
    list.search(Some(" an "));
    list.answered(first, Ok(Page::whole(vec![sample::member(1)])), NOW);
    assert!(list.pages.members().next().is_none(), "an answer to another search is dropped");
    let (second, request) = list.next(&cache, NOW).expect("the search");
    assert_eq!(request.q.as_deref(), Some("an"));
    list.answered(second, Err(TransportError::interrupted("lost").into()), NOW);
    assert!(list.failure().is_some() && list.next(&cache, NOW).is_none());
    let later = Moment { uptime: list.due().expect("it is due"), ..NOW };
    let (third, _) = list.next(&cache, later).expect("it is asked again");
    list.answered(third, Ok(Page::whole(vec![sample::member(1)])), later);
    assert_eq!((users(&rows(&mut list, &cache)), list.failure()), (vec![Some(sample::user(1))], None));
}

#[test]
fn a_refusal_stands_until_something_else_is_searched_for() {
    let cache = Cache::new(&sample::ready());
    let mut list = MemberList::new(sample::server_id());
    let (token, _) = list.next(&cache, NOW).expect("nothing is loaded");
    let problem = Problem::new(ErrorCode::PermissionDenied, "");
    let refused = Error::Refused(Box::new(Refusal { operation: "test", problem, request_id: None }));
    list.answered(token, Err(refused), NOW);
    list.hurry();
    assert_eq!((list.next(&cache, NOW).map(|(token, _)| token), list.due()), (None, None));
    list.search(Some("an"));
    assert!(list.next(&cache, NOW).is_some() && list.failure().is_none());
}

#[test]
fn who_joins_is_named_once_their_profile_is_known() {
    let cache = Cache::new(&sample::ready());
    let mut list = MemberList::new(sample::server_id());
    load(&mut list, &cache, &BTreeMap::new());
    let joined = Joined { member: sample::member(3), server: None, channels: None };
    list.apply(&sample::in_server(6, "c1", EventData::MemberJoined(joined)));
    assert_eq!(list.take_unnamed(), [sample::user(3)]);
    assert_eq!(users(&rows(&mut list, &cache)), [None, Some(sample::user(3))]);
    let profile = User { id: sample::user(3), ..User::gone(&sample::user(3).0) };
    list.profile(profile.clone());
    let named =
        matches!(&rows(&mut list, &cache)[1], MemberRow::Member { profile: Some(held), .. } if **held == profile);
    assert!(named && list.take_unnamed().is_empty());
}

proptest! {
    #[test]
    fn a_list_that_followed_is_what_a_fresh_one_is(
        (start, bodies) in history(0..24),
        whom: Index,
        steps in prop::collection::vec((any::<bool>(), any::<bool>(), 0..8_usize), 24),
        searches: bool,
        size in 1..4_usize,
    ) {
        let me = whom.get(&start.users()).clone();
        let past = Past::new(start, bodies);
        let server: Full<SpaceId> = (&past.states[0].facts.server.id).into();
        let members = |at: usize| -> BTreeMap<Full<UserId>, Member> {
            let state = &past.states[at];
            let current = state.members.iter().map(|member| Member::new(&state.facts.current(member), None));
            current.map(|member| (member.user.clone(), member)).collect()
        };
        let mut cache = Cache::new(&past.ready(&me, 0));
        let mut list = MemberList::new(server.clone());
        let mut copy = Vec::new();
        let mut under_way: Option<(u64, Page<Member>)> = None;
        for (at, (asks, answers, shown)) in (0..=past.end()).zip(steps.into_iter().cycle()) {
            if at > 0 {
                for event in past.resume(&me, at - 1, at) {
                    cache.apply(&event);
                    list.apply(&event);
                }
            }
            list.show(shown..shown + 3);
            if asks && let Some((token, request)) = list.next(&cache, NOW) {
                under_way = Some((token, page(&members(at), &request, size)));
            }
            if answers && let Some((token, page)) = under_way.take() {
                list.answered(token, Ok(page), NOW);
            }
            list.settle(Some(&cache));
            for step in list.rows().take() {
                step.apply(&mut copy);
            }
            prop_assert_eq!(list.rows().rows(), &*copy);
        }
        if let Some((token, page)) = under_way {
            list.answered(token, Ok(page), NOW);
        }
        // A search leaves the list in the order of the backend, where everybody is found.
        let last = members(past.end());
        let mut fresh = MemberList::new(server);
        for list in [&mut list, &mut fresh] {
            if searches {
                list.search(Some("x"));
            }
            list.show(0..MAX_SHOWN);
            while let Some((token, request)) = list.next(&cache, NOW) {
                list.answered(token, Ok(page(&last, &request, size)), NOW);
                list.settle(Some(&cache));
            }
            list.settle(Some(&cache));
        }
        prop_assert_eq!(list.len(), fresh.len());
        prop_assert_eq!(list.rows().rows(), fresh.rows().rows());
    }

    #[test]
    fn pages_that_followed_are_what_they_were_loaded_as(
        (start, bodies) in history(0..24),
        size in 1..4_usize,
        forgets in prop::collection::vec(any::<Option<(u8, u8)>>(), 24),
    ) {
        let past = Past::new(start, bodies);
        let me = past.states[0].users()[0].clone();
        let members = |at: usize| -> BTreeMap<Full<UserId>, Member> {
            let state = &past.states[at];
            let current = state.members.iter().map(|member| Member::new(&state.facts.current(member), None));
            current.map(|member| (member.user.clone(), member)).collect()
        };
        let server: Full<SpaceId> = (&past.states[0].facts.server.id).into();
        let mut list = MemberList::new(server.clone());
        let fill = |list: &mut MemberList, at: usize| {
            while let Some(cursor) = list.pages.missing(&(0..usize::MAX)).map(|cursor| cursor.map(str::to_owned)) {
                let request = List { cursor, ..List::new(&server) };
                list.pages.put(request.cursor.as_deref(), page(&members(at), &request, size));
            }
        };
        fill(&mut list, 0);
        for (at, forgets) in (1..=past.end()).zip(forgets.into_iter().cycle()) {
            if let Some((start, length)) = forgets {
                list.pages.forget_for_test(usize::from(start % 8), usize::from(length % 8));
            }
            for event in past.resume(&me, at - 1, at) {
                list.apply(&event);
            }
            if forgets.is_some() {
                fill(&mut list, at);
            }
        }
        if past.states[past.end()].member(&me).is_none() {
            return Ok(()); // who left hears nothing
        }
        fill(&mut list, past.end());
        let held: Vec<Member> = list.pages.members().cloned().collect();
        prop_assert_eq!(held, members(past.end()).into_values().collect::<Vec<_>>());
    }
}
