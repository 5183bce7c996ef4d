//! Ids: bare, with their home, and with a home that may be left out.

use beep_core::id::MessageId;
use beep_proto::id::{Bare, Full, Ref};

/// An id is read back as itself, in lower case, and means the same however it is asked for.
pub(crate) fn run(octets: &[u8]) {
    let Ok(text) = str::from_utf8(octets) else { return };
    if let Ok(id) = text.parse::<Bare<MessageId>>() {
        assert_eq!(id.to_string(), text.to_ascii_lowercase(), "means another id");
        assert_eq!(text.parse(), Ok(Ref { id: id.0, home: None }));
    }
    if let Ok(id) = text.parse::<Full<MessageId>>() {
        assert_eq!(id.to_string().parse(), Ok(id.clone()), "is not read back as itself");
        assert_eq!(text.parse(), Ok(Ref::from(id)));
    }
    if let Ok(id) = text.parse::<Ref<MessageId>>() {
        assert_eq!(id.to_string().parse(), Ok(id), "is not read back as itself");
    }
    if let Ok(id) = serde_json::from_slice::<Ref<MessageId>>(octets) {
        let written = serde_json::to_vec(&id).expect("ids are strings");
        assert_eq!(serde_json::from_slice::<Ref<MessageId>>(&written).expect("just written"), id);
    }
}
