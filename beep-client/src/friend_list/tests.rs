use beep_core::time::Timestamp;
use beep_proto::gateway::{FriendGone, StreamName};
use beep_proto::problem::{ErrorCode, Problem};

use super::*;
use crate::error::Refusal;
use crate::sample;
use crate::transport::TransportError;

fn now(seconds: u64) -> Moment {
    Moment { uptime: Duration::from_secs(seconds), at: Timestamp::from_millis(0), random: 0 }
}

fn user(n: u8) -> User {
    User { username: format!("user{n}"), deleted: false, ..User::gone(&sample::user(n).0) }
}

fn row(list: FriendList, n: u8) -> FriendRow {
    let request = matches!(list, FriendList::Incoming | FriendList::Outgoing).then(|| Bare(sample::nth(n)));
    FriendRow { request, ..FriendRow::new(list, user(n), sample::at()) }
}

fn page(list: FriendList, rows: impl IntoIterator<Item = u8>, next: Option<&str>) -> Result<FriendPage, Error> {
    let rows = rows.into_iter().map(|n| row(list, n)).collect();
    Ok(FriendPage { rows, next: next.map(str::to_owned) })
}

fn told(data: EventData) -> Event {
    Event { cursor: "c".to_owned(), stream: StreamName::User(sample::user(1)), seq: 1, at: sample::at(), data }
}

fn request(n: u8) -> FriendRequest {
    FriendRequest { id: Bare(sample::nth(n)), from: user(n), to: user(1), created_at: sample::at() }
}

fn names(lists: &mut FriendLists, list: FriendList) -> Vec<String> {
    lists.settle();
    let name = |row: &Arc<FriendRow>| row.profile.as_ref().map_or("?".to_owned(), |user| user.username.clone());
    lists.rows(list).rows().iter().map(name).collect()
}

/// Lists that were read: user 2 is a friend, user 3 has asked, and user 4 is blocked.
fn read() -> FriendLists {
    let mut lists = FriendLists::new(sample::user(1));
    lists.want(FriendList::Friends);
    lists.restart();
    while let Some((list, token, _)) = lists.next(now(0)) {
        let users: &[u8] = match list {
            FriendList::Friends => &[2],
            FriendList::Incoming => &[3],
            FriendList::Outgoing => panic!("nobody looks at these"),
            FriendList::Blocked => &[4],
        };
        lists.answered(list, token, page(list, users.iter().copied(), None), now(0));
    }
    lists
}

#[test]
fn what_nobody_looks_at_is_not_read_but_requests_and_blocks_are() {
    let mut lists = FriendLists::new(sample::user(1));
    assert!(lists.next(now(0)).is_none(), "there is no connection yet");
    lists.restart();
    let asked: Vec<_> = std::iter::from_fn(|| lists.next(now(0))).map(|(list, ..)| list).collect();
    assert_eq!(asked, [FriendList::Incoming, FriendList::Blocked]);
    assert!(lists.want(FriendList::Outgoing) && !lists.want(FriendList::Outgoing));
    let (list, token, cursor) = lists.next(now(0)).expect("somebody looks");
    assert_eq!((list, cursor), (FriendList::Outgoing, None));
    lists.answered(list, token, page(list, [5], Some("n")), now(0));
    assert!(!lists.status(list).is_loaded);
    let (_, token, cursor) = lists.next(now(0)).expect("there is more");
    assert_eq!(cursor.as_deref(), Some("n"));
    lists.answered(list, token, page(list, [6], None), now(0));
    assert_eq!(names(&mut lists, list), ["user5", "user6"]);
    assert!(lists.status(list).is_loaded);
}

#[test]
fn they_follow_the_events() {
    let mut lists = read();
    lists.apply(&told(EventData::FriendRequestReceived(request(5))));
    assert_eq!(names(&mut lists, FriendList::Incoming), ["user3", "user5"]);
    lists.apply(&told(EventData::FriendRequestAccepted(request(5))));
    lists.apply(&told(EventData::FriendRequestCancelled(request(3))));
    assert!(names(&mut lists, FriendList::Incoming).is_empty());
    assert_eq!(names(&mut lists, FriendList::Friends), ["user2", "user5"]);
    lists.apply(&told(EventData::UserUpdated(User { username: "other".to_owned(), ..user(5) })));
    lists.apply(&told(EventData::FriendRemoved(FriendGone { user: sample::user(2) })));
    assert_eq!(names(&mut lists, FriendList::Friends), ["other"]);
}

#[test]
fn what_one_does_shows_at_once_and_goes_back_if_it_is_refused() {
    let mut lists = read();
    lists.settle();
    let asked = lists.request(FriendList::Incoming, Bare(sample::nth(3))).expect("user 3 has asked");
    let accepted = Arc::new(FriendRow { list: FriendList::Friends, request: None, ..FriendRow::clone(&asked) });
    let number = lists.begin(Some(Effect::Enter(accepted)));
    assert!(names(&mut lists, FriendList::Incoming).is_empty());
    assert_eq!(names(&mut lists, FriendList::Friends), ["user2", "user3"]);
    lists.ended(number, Err(()));
    assert_eq!(names(&mut lists, FriendList::Incoming), ["user3"]);
    assert_eq!(names(&mut lists, FriendList::Friends), ["user2"]);
}

#[test]
fn an_answer_does_not_undo_what_an_event_told_meanwhile() {
    let mut lists = read();
    let number = lists.begin(Some(Effect::Enter(Arc::new(row(FriendList::Friends, 3)))));
    lists.apply(&told(EventData::FriendRequestAccepted(request(3))));
    lists.apply(&told(EventData::FriendRemoved(FriendGone { user: sample::user(3) })));
    lists.ended(number, Ok(None));
    assert_eq!(names(&mut lists, FriendList::Friends), ["user2"]);
}

#[test]
fn who_is_blocked_is_known_at_once_and_read_again() {
    let mut lists = read();
    lists.settle();
    assert!(lists.is_blocked(&sample::user(4)));
    let blocked = FriendRow { profile: None, ..row(FriendList::Blocked, 2) };
    let number = lists.begin(Some(Effect::Enter(Arc::new(blocked))));
    assert!(names(&mut lists, FriendList::Friends).is_empty());
    assert!(lists.is_blocked(&sample::user(2)));
    // The end of the friendship is told before the answer.
    lists.apply(&told(EventData::FriendRemoved(FriendGone { user: sample::user(2) })));
    lists.ended(number, Ok(None));
    assert_eq!(names(&mut lists, FriendList::Blocked), ["?", "user4"]);
    let (list, token, _) = lists.next(now(0)).expect("their profile is missing");
    lists.answered(list, token, page(list, [2, 4], None), now(0));
    assert_eq!(names(&mut lists, FriendList::Blocked), ["user2", "user4"]);
    let number = lists.begin(Some(Effect::Unblock(sample::user(2))));
    lists.ended(number, Ok(None));
    lists.settle();
    assert!(!lists.is_blocked(&sample::user(2)));
    assert_eq!(lists.relation(&sample::user(2)), None);
}

#[test]
fn who_was_blocked_in_an_earlier_run_is_hidden_until_it_is_read() {
    let mut lists = read();
    assert!(lists.take_unsaved() && !lists.take_unsaved());
    let mut next = FriendLists::new(sample::user(1));
    next.restore(lists.blocked());
    assert!(next.is_blocked(&sample::user(4)) && !next.is_blocked(&sample::user(2)));
    next.resumed();
    while let Some((list, token, _)) = next.next(now(0)) {
        next.answered(list, token, page(list, [], None), now(0));
    }
    assert!(!next.is_blocked(&sample::user(4)), "the block was ended elsewhere");
}

#[test]
fn views_are_told_once_an_empty_list_is_read() {
    let mut lists = FriendLists::new(sample::user(1));
    lists.restart();
    lists.settle();
    let (list, token, _) = lists.next(now(0)).expect("it is read");
    lists.answered(list, token, page(list, [], None), now(0));
    lists.settle();
    assert_eq!(lists.rows(list).take(), [crate::observe::Diff::Reset { items: vec![] }]);
}

#[test]
fn a_temporary_failure_is_tried_again_and_a_refusal_is_not() {
    let mut lists = FriendLists::new(sample::user(1));
    lists.restart();
    let (list, token, _) = lists.next(now(0)).expect("it is read");
    lists.answered(list, token, Err(TransportError::interrupted("lost").into()), now(0));
    lists.settle();
    assert!(lists.status(list).failure.is_some());
    lists.hurry();
    let (again, token, _) = lists.next(now(0)).expect("it is read again");
    assert_eq!(again, list);
    let problem = Problem::new(ErrorCode::PermissionDenied, "");
    let error = Error::Refused(Box::new(Refusal { operation: "test", problem, request_id: None }));
    lists.answered(list, token, Err(error), now(0));
    let others: Vec<_> = std::iter::from_fn(|| lists.next(now(99))).map(|(list, ..)| list).collect();
    assert!(!others.contains(&list));
}
