//! A link that breaks on purpose: what is put on it comes late, in any order, twice, or not at all.

/// What is under way between backends.
#[derive(Clone, Debug)]
pub struct Link<T>(Vec<T>);

impl<T: Clone> Link<T> {
    /// Sends something on its way.
    pub fn put(&mut self, what: T) {
        self.0.push(what);
    }

    /// Lets the one at this place arrive, whatever was put there before it; doubled, it will come again. `None` if nothing is
    /// under way.
    pub fn arrive(&mut self, at: usize, doubled: bool) -> Option<T> {
        let at = at.checked_rem(self.0.len())?;
        Some(if doubled { self.0[at].clone() } else { self.0.remove(at) })
    }

    /// Loses the one at this place.
    pub fn lose(&mut self, at: usize) {
        let _ = self.arrive(at, false);
    }

    /// Loses all that is under way.
    pub fn cut(&mut self) {
        self.0.clear();
    }
}

impl<T> Default for Link<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}
