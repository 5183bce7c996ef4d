//! What of the servers of others fits here, where that is not all of it.
//!
//! What a later release says of a server may be more than this one keeps. The replica then has another digest than its
//! owner gives, and would be fetched in every comparison. So it is remembered which digest that has which was made to fit
//! of what the owner has: while the owner gives the same digest, a replica with that one is as its owner has it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::id::SpaceKey;

/// By server, the owner's digest and that of what was made to fit. Forgotten with the process: then each is fetched once.
#[derive(Debug, Default)]
pub(crate) struct Fitted(Mutex<BTreeMap<SpaceKey, (String, String)>>);

impl Fitted {
    /// The digest of a replica that is as its owner has it, which gives this one.
    pub(super) fn of(&self, server: &SpaceKey, theirs: String) -> String {
        match self.lock().get(server) {
            Some((known, fitting)) if *known == theirs => fitting.clone(),
            _ => theirs,
        }
    }

    /// Keeps which digest that has which was made to fit of what its owner gives this digest of.
    pub(super) fn keep(&self, server: &SpaceKey, theirs: &str, fitting: String) {
        let mut all = self.lock();
        if theirs == fitting {
            all.remove(server);
            return;
        }
        if all.len() >= MOST && !all.contains_key(server) {
            all.pop_first();
        }
        all.insert(server.clone(), (theirs.to_owned(), fitting));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<SpaceKey, (String, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The servers that are remembered.
const MOST: usize = 10_000;

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::Domain;
    use crate::id::{Id, SpaceId};

    fn server(number: u128) -> SpaceKey {
        let home = Domain::parse("b.example.com").expect("a domain");
        SpaceKey::new(SpaceId::from_uuid(Uuid::from_u128(number)), home)
    }

    #[test]
    fn a_digest_stands_for_what_fits_while_it_stays() {
        let fitted = Fitted::default();
        let of = |number, theirs: &str| fitted.of(&server(number), theirs.to_owned());
        assert_eq!(of(1, "theirs"), "theirs");
        fitted.keep(&server(1), "theirs", "fitting".to_owned());
        assert_eq!(
            (of(1, "theirs"), of(1, "other"), of(2, "theirs")),
            ("fitting".into(), "other".into(), "theirs".into())
        );
        fitted.keep(&server(1), "whole", "whole".to_owned());
        assert_eq!((of(1, "theirs"), fitted.lock().len()), ("theirs".into(), 0), "all of it fits again");
        for number in 0..2 * MOST as u128 {
            fitted.keep(&server(number), "theirs", "fitting".to_owned());
        }
        assert_eq!(fitted.lock().len(), MOST);
    }
}
