//! Many lookups of roles in a sorted list.
//!
//! The roles of a member are sorted, and so is the list. Each lookup starts where the last one ended, so all lookups
//! together are one pass over both lists. Keys in another order are found too.

use crate::id::{Id, RoleId};

/// A sorted list of roles, and the position of the last lookup.
pub(crate) struct SortedLookup<'l, T> {
    list: &'l [(RoleId, T)],
    at: usize,
}

impl<'l, T> SortedLookup<'l, T> {
    /// Starts at the beginning of a list that is sorted and has no duplicates.
    pub(crate) fn new(list: &'l [(RoleId, T)]) -> Self {
        Self { list, at: 0 }
    }

    /// The entry of a role.
    #[inline(always)]
    pub(crate) fn find(&mut self, role: RoleId) -> Option<&'l T> {
        match self.list.get(self.at) {
            // The one after the last: so it goes for who has most of the roles.
            Some((next, of)) if *next == role => {
                self.at += 1;
                Some(of)
            }
            _ => self.search(role),
        }
    }

    #[inline(never)]
    fn search(&mut self, role: RoleId) -> Option<&'l T> {
        let key = number(role);
        if self.at > 0 && number(self.list[self.at - 1].0) >= key {
            self.at = 0;
        }
        let rest = &self.list[self.at..];
        let mut reach = 1;
        while reach <= rest.len() && number(rest[reach - 1].0) < key {
            reach *= 2;
        }
        // All before half of that are too small, and what stands there is not, or is the end.
        let (from, to) = (reach / 2, reach.min(rest.len()));
        let found = from + rest[from..to].partition_point(|(other, _)| number(*other) < key);
        self.at += found;
        let (other, of) = rest.get(found)?;
        if *other != role {
            return None;
        }
        self.at += 1;
        Some(of)
    }
}

/// The id as a number, whose order is the same and which compares faster than octets do.
fn number(role: RoleId) -> u128 {
    role.uuid().as_u128()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    proptest::proptest! {
        #[test]
        fn finds_what_a_map_finds(
            list in proptest::collection::btree_map(0u128..64, 0u8..4, 0..40),
            sought in proptest::collection::vec(0u128..64, 0..60),
            in_order: bool,
        ) {
            let role = |number| RoleId::from_uuid(uuid::Uuid::from_u128(number));
            let list: BTreeMap<RoleId, u8> = list.into_iter().map(|(key, of)| (role(key), of)).collect();
            let sorted: Vec<(RoleId, u8)> = list.clone().into_iter().collect();
            let mut sought: Vec<RoleId> = sought.into_iter().map(role).collect();
            if in_order {
                sought.sort_unstable();
            }
            let mut sorted_lookup = SortedLookup::new(&sorted);
            for role in sought {
                proptest::prop_assert_eq!(sorted_lookup.find(role), list.get(&role));
            }
        }
    }
}
