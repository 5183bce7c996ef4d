//! How many of something are held at once: of each key, and in all.
//!
//! Not by governor, which counts what comes in a time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Places that are held under a key, such as a network or a user.
pub struct Places<K> {
    each: usize,
    all: usize,
    taken: Mutex<Taken<K>>,
}

struct Taken<K> {
    all: usize,
    each: HashMap<K, usize>,
}

impl<K: Clone + Eq + Hash> Places<K> {
    /// At most `each` places of one key, and `all` together.
    pub fn new(each: usize, all: usize) -> Arc<Self> {
        Arc::new(Self { each, all, taken: Mutex::new(Taken { all: 0, each: HashMap::new() }) })
    }

    /// Takes a place until it is dropped; `None` if the key or all together have as many as they may.
    pub fn take(self: &Arc<Self>, key: K) -> Option<Place<K>> {
        let mut taken = self.taken();
        let of_key = taken.each.get(&key).copied().unwrap_or(0);
        if taken.all >= self.all || of_key >= self.each {
            return None;
        }
        taken.all += 1;
        taken.each.insert(key.clone(), of_key + 1);
        drop(taken);
        Some(Place { of: self.clone(), key })
    }

    /// Whether a key has as many places as it may.
    pub fn is_full(&self, key: &K) -> bool {
        self.taken().each.get(key).is_some_and(|of_key| *of_key >= self.each)
    }

    fn taken(&self) -> MutexGuard<'_, Taken<K>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place that is held; dropping it gives it back.
pub struct Place<K: Clone + Eq + Hash> {
    of: Arc<Places<K>>,
    key: K,
}

impl<K> std::fmt::Debug for Places<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Places").field("each", &self.each).field("all", &self.all).finish_non_exhaustive()
    }
}

impl<K: Clone + Eq + Hash> std::fmt::Debug for Place<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place").finish_non_exhaustive()
    }
}

impl<K: Clone + Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut taken = self.of.taken();
        taken.all -= 1;
        if let Some(of_key) = taken.each.get_mut(&self.key) {
            *of_key -= 1;
            if *of_key == 0 {
                taken.each.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_so_many_of_each_and_in_all() {
        let places = Places::new(2, 3);
        let first = places.take("a").expect("there is room");
        let _second = places.take("a").expect("there is room");
        assert!(places.take("a").is_none());
        assert!(places.is_full(&"a") && !places.is_full(&"b"));
        let third = places.take("b").expect("there is room");
        assert!(places.take("c").is_none());
        drop(third);
        assert!(places.take("a").is_none());
        drop(first);
        assert!(places.take("a").is_some());
        assert_eq!(places.taken().each.len(), 1);
    }
}
