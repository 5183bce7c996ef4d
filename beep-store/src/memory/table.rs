//! A map that can take back what was done to it.

use std::collections::BTreeMap;
use std::ops::Deref;

/// Rows by key, with what they were before the change that is being made.
pub(super) struct Table<K, V> {
    rows: BTreeMap<K, V>,
    before: Vec<(K, Option<V>)>,
}

impl<K: Clone + Ord, V: Clone> Table<K, V> {
    /// Makes or replaces a row.
    pub(super) fn put(&mut self, key: K, row: V) {
        let before = self.rows.insert(key.clone(), row);
        self.before.push((key, before));
    }

    /// Removes a row, if it is there.
    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        let row = self.rows.remove(key)?;
        self.before.push((key.clone(), Some(row.clone())));
        Some(row)
    }

    /// Changes a row, if it is there.
    pub(super) fn change(&mut self, key: &K, change: impl FnOnce(&mut V)) {
        if let Some(row) = self.rows.get_mut(key) {
            self.before.push((key.clone(), Some(row.clone())));
            change(row);
        }
    }

    /// Removes all rows that are so.
    pub(super) fn remove_where(&mut self, so: impl Fn(&K, &V) -> bool) {
        let keys: Vec<K> = self.rows.iter().filter(|(key, row)| so(key, row)).map(|(key, _)| key.clone()).collect();
        for key in keys {
            self.remove(&key);
        }
    }

    /// Keeps what was done.
    pub(super) fn settle(&mut self) {
        self.before.clear();
    }

    /// Takes back what was done since it was last settled.
    pub(super) fn take_back(&mut self) {
        for (key, before) in self.before.drain(..).rev() {
            match before {
                Some(row) => self.rows.insert(key, row),
                None => self.rows.remove(&key),
            };
        }
    }
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), before: Vec::new() }
    }
}

impl<K, V> Deref for Table<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &BTreeMap<K, V> {
        &self.rows
    }
}
