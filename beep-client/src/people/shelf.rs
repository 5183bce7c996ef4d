//! Values by key, of which those that were looked at last are kept.

use std::collections::HashMap;
use std::hash::Hash;

/// Values by key.
#[derive(Debug)]
pub(super) struct Shelf<K, V> {
    held: HashMap<K, Held<V>>,
    most: usize,
    /// Counts looks.
    looks: u64,
}

#[derive(Debug)]
struct Held<V> {
    value: V,
    looked: u64,
    /// Whether it may be another one by now.
    expired: bool,
}

impl<K: Clone + Eq + Hash, V: Clone + PartialEq> Shelf<K, V> {
    pub(super) fn new(most: usize) -> Self {
        Self { held: HashMap::new(), most, looks: 0 }
    }

    /// The value, and whether it is current.
    pub(super) fn get(&mut self, key: &K) -> (Option<V>, bool) {
        self.looks += 1;
        match self.held.get_mut(key) {
            Some(held) => {
                held.looked = self.looks;
                (Some(held.value.clone()), !held.expired)
            }
            None => (None, false),
        }
    }

    /// The value, if it is current, without looking at it.
    pub(super) fn peek(&self, key: &K) -> Option<&V> {
        self.held.get(key).filter(|held| !held.expired).map(|held| &held.value)
    }

    /// Takes a value, which is current; says whether it is another one.
    pub(super) fn put(&mut self, key: K, value: V) -> bool {
        self.looks += 1;
        let is_same = self.held.get(&key).is_some_and(|held| held.value == value);
        self.held.insert(key, Held { value, looked: self.looks, expired: false });
        // A quarter more, so that not each one that comes looks at all.
        if self.held.len() > self.most + self.most / 4 {
            let mut looks: Vec<u64> = self.held.values().map(|held| held.looked).collect();
            looks.sort_unstable();
            let oldest = looks[looks.len() - self.most];
            self.held.retain(|_, held| held.looked >= oldest);
        }
        !is_same
    }

    pub(super) fn retain(&mut self, stays: impl Fn(&K) -> bool) {
        self.held.retain(|key, _| stays(key));
    }

    pub(super) fn expire(&mut self, which: impl Fn(&K) -> bool) {
        for (key, held) in &mut self.held {
            held.expired |= which(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_looked_at_last_stays() {
        let mut shelf = Shelf::new(100);
        shelf.put(0, "kept");
        for key in 1..10_000 {
            assert_eq!(shelf.get(&0).0, Some("kept"));
            shelf.put(key, "");
            assert!(shelf.held.len() <= 125);
        }
        assert_eq!(shelf.get(&1).0, None);
    }
}
