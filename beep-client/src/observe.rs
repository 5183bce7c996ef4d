//! A list that is watched: its rows, and the steps from what was shown to what is.
//!
//! An object of the SDK changes its list by [`ObservedList`]. A view takes the [`Diff`]s since it last asked and
//! carries them out in order on its own copy; the cost follows what changed.

use std::fmt;

/// One step from the list as it was to the list as it is. Places count from 0 in the list as the steps before left it.
#[derive(Clone, Debug, Eq, PartialEq, serde::Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Diff<T> {
    /// The list is another one.
    Reset {
        /// All rows.
        items: Vec<T>,
    },
    /// Rows were put in.
    Insert {
        /// The place of the first.
        at: usize,
        /// The rows, in order.
        items: Vec<T>,
    },
    /// A row is another one.
    Update {
        /// Its place.
        at: usize,
        /// The row.
        item: T,
    },
    /// Rows were taken out.
    Remove {
        /// The place of the first.
        at: usize,
        /// How many, at least one.
        count: usize,
    },
}

impl<T: Clone> Diff<T> {
    /// Carries the step out on a copy of the list.
    ///
    /// # Panics
    /// If the copy is not the list that the step was made for.
    pub fn apply(self, list: &mut Vec<T>) {
        match self {
            Self::Reset { items } => *list = items,
            Self::Insert { at, items } => drop(list.splice(at..at, items)),
            Self::Update { at, item } => list[at] = item,
            Self::Remove { at, count } => drop(list.drain(at..at + count)),
        }
    }
}

impl<T> Diff<T> {
    /// The same step for another form of the rows.
    pub fn map<U>(self, form: impl FnMut(T) -> U) -> Diff<U> {
        let mut form = form;
        match self {
            Self::Reset { items } => Diff::Reset { items: items.into_iter().map(form).collect() },
            Self::Insert { at, items } => Diff::Insert { at, items: items.into_iter().map(form).collect() },
            Self::Update { at, item } => Diff::Update { at, item: form(item) },
            Self::Remove { at, count } => Diff::Remove { at, count },
        }
    }
}

/// Rows with the steps that nobody took yet. Many steps become one [`Diff::Reset`].
#[derive(Clone)]
pub struct ObservedList<T> {
    rows: Vec<T>,
    steps: Steps<T>,
}

/// What a view of the list has to be told.
#[derive(Clone, Debug)]
enum Steps<T> {
    Some(Vec<Diff<T>>),
    /// More than are kept: all rows.
    TooMany,
}

impl<T> Default for ObservedList<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), steps: Steps::Some(Vec::new()) }
    }
}

impl<T: Clone + PartialEq> ObservedList<T> {
    /// The rows as they are.
    pub fn rows(&self) -> &[T] {
        &self.rows
    }

    /// The steps since the last call, in order; none if nothing changed.
    pub fn take(&mut self) -> Vec<Diff<T>> {
        match std::mem::replace(&mut self.steps, Steps::Some(Vec::new())) {
            Steps::Some(steps) => steps,
            Steps::TooMany => vec![Diff::Reset { items: self.rows.clone() }],
        }
    }

    /// Whether there are steps to take.
    pub fn has_changed(&self) -> bool {
        !matches!(&self.steps, Steps::Some(steps) if steps.is_empty())
    }

    /// Puts rows in, the first at `at`.
    ///
    /// # Panics
    /// If `at` is beyond the end.
    pub fn insert(&mut self, at: usize, items: Vec<T>) {
        if items.is_empty() {
            return;
        }
        self.rows.splice(at..at, items.iter().cloned());
        self.note(Diff::Insert { at, items });
    }

    /// Puts another row in the place of one; nothing happens if they are equal.
    ///
    /// # Panics
    /// If there is no row at `at`.
    pub fn update(&mut self, at: usize, item: T) {
        if self.rows[at] == item {
            return;
        }
        self.rows[at] = item.clone();
        self.note(Diff::Update { at, item });
    }

    /// Has the view look at all rows again, though they are the same.
    pub(crate) fn repeat(&mut self) {
        self.steps = Steps::TooMany;
    }

    /// Takes rows out, the first at `at`.
    ///
    /// # Panics
    /// If there are fewer.
    pub fn remove(&mut self, at: usize, count: usize) {
        if count == 0 {
            return;
        }
        self.rows.drain(at..at + count);
        self.note(Diff::Remove { at, count });
    }

    /// Moves one row to another place, which counts in the list without it, and puts `item` there.
    ///
    /// # Panics
    /// If one of the places does not exist.
    pub fn relocate(&mut self, from: usize, to: usize, item: T) {
        if from == to {
            return self.update(from, item);
        }
        self.remove(from, 1);
        self.insert(to, vec![item]);
    }

    /// Makes this the list. Rows of the same key keep their place if their order is the same, so that a view of a list
    /// that hardly changed hardly changes.
    pub fn replace<K: PartialEq>(&mut self, items: Vec<T>, key: impl Fn(&T) -> K) {
        let same = |a: &T, b: &T| key(a) == key(b);
        let start = self.rows.iter().zip(&items).take_while(|(a, b)| same(a, b)).count();
        let (old, new) = (&self.rows[start..], &items[start..]);
        let end = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| same(a, b)).count();
        let (removed, inserted) = (old.len() - end, new.len() - end);
        let between = items[start..start + inserted].to_vec();
        self.remove(start, removed);
        self.insert(start, between);
        for (at, item) in items.into_iter().enumerate() {
            self.update(at, item);
        }
    }

    fn note(&mut self, step: Diff<T>) {
        match &mut self.steps {
            Steps::Some(steps) if steps.len() < STEPS => steps.push(step),
            _ => self.steps = Steps::TooMany,
        }
    }
}

impl<T> fmt::Debug for ObservedList<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObservedList").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}

/// How many steps are kept for a view that does not ask.
const STEPS: usize = 256;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_copy_that_follows_the_steps_is_the_list(
            lists in prop::collection::vec(prop::collection::vec((0..20_u8, 0..3_u8), 0..12), 1..400),
            looks in prop::collection::vec(any::<bool>(), 400),
        ) {
            let (mut list, mut copy) = (ObservedList::default(), Vec::new());
            for (wanted, looks) in lists.into_iter().zip(looks) {
                list.replace(wanted.clone(), |(key, _)| *key);
                prop_assert_eq!(list.rows(), &*wanted);
                if looks {
                    for step in list.take() {
                        step.apply(&mut copy);
                    }
                    prop_assert_eq!(&copy, &wanted);
                }
            }
        }
    }

    #[test]
    fn what_is_the_same_makes_no_step() {
        let mut list = ObservedList::default();
        list.insert(0, vec![1, 2, 3]);
        list.take();
        list.update(1, 2);
        list.remove(0, 0);
        list.replace(vec![1, 2, 3], |item| *item);
        assert!(!list.has_changed());
        list.replace(vec![1, 4, 3], |item| *item);
        assert_eq!(list.take(), [Diff::Remove { at: 1, count: 1 }, Diff::Insert { at: 1, items: vec![4] }]);
    }

    #[test]
    fn a_list_that_nobody_looks_at_keeps_one_step() {
        let mut list = ObservedList::default();
        for number in 0..100_000 {
            list.insert(0, vec![number]);
            list.remove(0, 1);
        }
        assert!(list.take().len() <= STEPS);
    }
}
