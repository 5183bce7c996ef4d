//! Invitations for one person, as stories make and look for them.

use beep_client::EventData;
use serde_json::{Value, json};

use crate::making::{id, ids};
use crate::people::Person;

/// Invites a person.
pub async fn invite(who: &Person, server: &str, user: &Person) -> Value {
    who.post(&format!("/servers/{server}/invitations"), json!({ "user": user.id })).await.expect(201)
}

/// The ids of the invitations that somebody has.
pub async fn pending(who: &Person) -> Vec<String> {
    ids(&who.get("/invitations").await.expect(200))
}

/// Whether an event is that this invitation was received.
pub fn is_received(invitation: &Value) -> impl FnMut(&EventData) -> bool {
    let id = id(invitation);
    move |data| matches!(data, EventData::InvitationReceived(received) if received.id.to_string() == id)
}

/// Whether an event is that this invitation is gone.
pub fn is_revoked(invitation: &Value) -> impl FnMut(&EventData) -> bool {
    let id = id(invitation);
    move |data| matches!(data, EventData::InvitationRevoked(gone) if gone.id.to_string() == id)
}
