//! What one call carries of a stream: its entries as they travel, as many as fit.

use beep_core::replica_delta::ReplicaDelta;
use beep_proto::federation::Entry;
use serde_json::value::RawValue;

/// Entries as they travel.
#[derive(Debug)]
pub struct Written {
    /// One for each delta, in order.
    pub entries: Vec<Box<RawValue>>,
    /// The octets of each delta that is too large for a call, and of which less is told or nothing.
    pub too_large: Vec<usize>,
}

/// Writes deltas. What no call can carry is left out, lest it holds up all that follows.
pub fn write(deltas: &[ReplicaDelta]) -> Written {
    let raw =
        |entry: &Entry| serde_json::value::to_raw_value(entry).expect("entries have string keys and no failing parts");
    let mut too_large = Vec::new();
    let entries = deltas.iter().map(|delta| {
        let entry = raw(&Entry::from(delta));
        if entry.get().len() < MOST_OCTETS {
            return entry;
        }
        too_large.push(entry.get().len());
        // Without the server around it, what happened may still be told.
        let event = raw(&Entry { event: delta.event.as_ref().map(Into::into), ..Entry::default() });
        if event.get().len() < MOST_OCTETS { event } else { raw(&Entry::default()) }
    });
    Written { entries: entries.collect(), too_large }
}

/// How many entries, from the first on, one call carries.
pub fn fitting<'a>(entries: impl IntoIterator<Item = &'a Box<RawValue>>) -> usize {
    let mut octets = 0;
    let fits = entries.into_iter().take_while(|entry| {
        octets += entry.get().len() + 1;
        octets <= MOST_OCTETS
    });
    fits.count()
}

/// The octets of entries in one call: below what a peer takes, 4 MiB, by what is around them.
const MOST_OCTETS: usize = 7 << 19;

#[cfg(test)]
mod tests {
    use super::*;
    use beep_core::domain::Domain;
    use beep_core::event::{EventBody, Stream};
    use beep_core::id::{Id, Qualified, SpaceId};
    use beep_core::port::Place;
    use beep_core::replica_delta::ReplicatedEvent;
    use beep_core::time::Timestamp;

    fn delta(octets: usize) -> ReplicaDelta {
        let domain = Domain::parse("a.example.com").expect("a domain");
        let stream = Stream::Space(Qualified::new(SpaceId::from_uuid(uuid::Uuid::nil()), domain));
        let data = format!("\"{}\"", "x".repeat(octets)).into_bytes();
        let body = EventBody::Unknown { kind: "server.sang".to_owned(), data };
        let place = Place { seq: 1, at: Timestamp::from_millis(0) };
        ReplicaDelta { event: Some(ReplicatedEvent { stream, place, body }), ..ReplicaDelta::default() }
    }

    #[test]
    fn what_no_call_carries_holds_up_nothing() {
        let Written { entries, too_large } = write(&[delta(10), delta(MOST_OCTETS), delta(10)]);
        assert_eq!(entries[1].get(), "{}");
        assert!(entries[0].get().contains("server.sang") && entries[2].get().contains("server.sang"));
        assert_eq!((fitting(&entries), too_large.len()), (3, 1));
    }

    #[test]
    fn a_call_carries_what_fits_from_the_first_on() {
        let half = MOST_OCTETS / 2;
        assert_eq!(fitting(&write(&[delta(10), delta(half), delta(half), delta(10)]).entries), 2);
        assert_eq!(fitting(&write(&[delta(half), delta(10), delta(10)]).entries), 3);
        assert_eq!(fitting(&write(&[]).entries), 0);
    }
}
