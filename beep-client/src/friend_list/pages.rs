//! How a list is asked for, and how its pages are read.
//!
//! One call and one form for every list, without the types of the operations: each would be code in the browser's module.

use beep_core::id::FriendRequestId;
use beep_proto::id::Bare;
use beep_proto::json;
use beep_proto::operation::{Spec, Specified, blocks, friend_requests, friends};
use beep_proto::page::Page;
use beep_proto::time::Time;
use beep_proto::view::User;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{FriendList, FriendRow};

/// A page of a list.
#[derive(Clone, Debug)]
pub(crate) struct FriendPage {
    pub(crate) rows: Vec<FriendRow>,
    pub(crate) next: Option<String>,
}

/// The operation that gives a page of a list, and its members.
pub(crate) fn page_call(list: FriendList, cursor: Option<String>) -> (&'static Spec, Map<String, Value>) {
    let (spec, direction) = match list {
        FriendList::Friends => (&friends::List::SPEC, None),
        FriendList::Incoming => (&friend_requests::List::SPEC, Some("incoming")),
        FriendList::Outgoing => (&friend_requests::List::SPEC, Some("outgoing")),
        FriendList::Blocked => (&blocks::List::SPEC, None),
    };
    let mut members = Map::new();
    members.insert("limit".to_owned(), PAGE.into());
    members.extend(direction.map(|direction| ("direction".to_owned(), direction.into())));
    members.extend(cursor.map(|cursor| ("cursor".to_owned(), cursor.into())));
    (spec, members)
}

/// Reads the answer.
///
/// # Errors
/// If it is none to [`page_call`].
pub(crate) fn read_page(list: FriendList, text: &str) -> Result<FriendPage, serde_json::Error> {
    let page: Page<Item> = json::read(text)?;
    let mut rows = Vec::new();
    for Item { user, from, to, id, since } in page.items {
        let other = match list {
            FriendList::Incoming => from,
            FriendList::Outgoing => to,
            FriendList::Friends | FriendList::Blocked => user,
        };
        rows.extend(other.map(|other| FriendRow { request: id, ..FriendRow::new(list, other, since) }));
    }
    Ok(FriendPage { rows, next: page.next })
}

/// An item of any of the lists: what a `Friend` and a `FriendRequest` have.
#[derive(Deserialize)]
struct Item {
    user: Option<User>,
    from: Option<User>,
    to: Option<User>,
    id: Option<Bare<FriendRequestId>>,
    #[serde(alias = "created_at")]
    since: Time,
}

/// How many of a list are asked for at once.
const PAGE: u32 = 100;

#[cfg(test)]
mod tests {
    use beep_proto::request::members;
    use beep_proto::view::{Friend, FriendRequest};

    use super::*;
    use crate::sample;

    #[test]
    fn a_call_has_the_members_of_its_operation() {
        use friend_requests::Direction;
        let requests = |direction| members(&friend_requests::List::new(direction).limit(PAGE).cursor("c"));
        for (list, expected) in [
            (FriendList::Friends, members(&friends::List::new().limit(PAGE).cursor("c"))),
            (FriendList::Incoming, requests(Direction::Incoming)),
            (FriendList::Outgoing, requests(Direction::Outgoing)),
            (FriendList::Blocked, members(&blocks::List::new().limit(PAGE).cursor("c"))),
        ] {
            assert_eq!(page_call(list, Some("c".to_owned())).1, expected, "{list:?}");
        }
        assert_eq!(page_call(FriendList::Friends, None).1, members(&friends::List::new().limit(PAGE)));
    }

    #[test]
    fn an_answer_is_read_as_that_of_its_operation() {
        let user = |n: u8| User { deleted: false, ..User::gone(&sample::user(n).0) };
        let request = FriendRequest { id: Bare(sample::nth(7)), from: user(3), to: user(1), created_at: sample::at() };
        let friend = Friend { user: user(2), since: sample::at() };
        let friends = serde_json::to_string(&Page { items: vec![friend], next: Some("n".to_owned()) }).expect("JSON");
        let requests = serde_json::to_string(&Page { items: vec![request.clone()], next: None }).expect("JSON");
        let read = |list, text: &str| read_page(list, text).expect("it is an answer");
        for list in [FriendList::Friends, FriendList::Blocked] {
            let page = read(list, &friends);
            assert_eq!(
                (page.rows, page.next.as_deref()),
                (vec![FriendRow::new(list, user(2), sample::at())], Some("n"))
            );
        }
        for list in [FriendList::Incoming, FriendList::Outgoing] {
            assert_eq!(read(list, &requests).rows, [FriendRow::asked(list, request.clone())]);
        }
        assert!(read_page(FriendList::Friends, "{}").is_err());
    }
}
