//! How much one owner may have this backend keep: what its members' clients are told of each of its servers stays bounded.
//!
//! The bounds are above what an owner with the default limits allows. What goes beyond becomes a dead letter; what makes a
//! server smaller is always taken.

use crate::backend::Backend;
use crate::channel::Channel;
use crate::domain::Domain;
use crate::event::EventBody;
use crate::facts::SpaceFacts;
use crate::id::UserKey;
use crate::port::StoreError;
use crate::replica::Replica;
use crate::replica_delta::ReplicaDelta;
use crate::role::Role;
use crate::space::Space;

/// Why a delta would make a server larger than one may be, `held` being the server before it.
pub(super) fn too_large(delta: &ReplicaDelta, held: Option<&Replica>) -> Option<&'static str> {
    if let Some(state) = &delta.state {
        // The event is in it already.
        return Size::of(&state.facts).exceeds(Size::default());
    }
    let facts = &held?.facts;
    let (before, mut size) = (Size::of(facts), Size::of(facts));
    let body = delta.event.as_ref().map(|told| &told.body);
    let changed = match body {
        Some(EventBody::ChannelCreated(channel) | EventBody::ChannelUpdated { channel, .. }) => Some(channel),
        _ => None,
    };
    for channel in delta.appeared.iter().map(|(channel, _)| channel).chain(changed) {
        let known = facts.channels.get(&channel.id.id);
        size.replace(known.map(|known| Size::of_channel(known)), Size::of_channel(channel));
    }
    match body {
        Some(EventBody::RoleCreated(role) | EventBody::RoleUpdated { role, .. }) => {
            let known = facts.roles.get(&role.id);
            size.replace(known.map(|known| Size::of_role(known)), Size::of_role(role));
        }
        Some(EventBody::SpaceUpdated { server, .. }) => {
            size.replace(Some(Size::of_space(&facts.server)), Size::of_space(server));
        }
        _ => {}
    }
    size.exceeds(before)
}

/// Whether an owner may put a user of this backend into one more private space.
pub(super) async fn has_room(backend: &Backend, owner: &Domain, user: &UserKey) -> Result<bool, StoreError> {
    let (mut count, mut after) = (0, None);
    loop {
        let page = backend.store.spaces_of(user, after.as_ref(), PAGE).await?;
        count += page.iter().filter(|space| space.home == *owner).count();
        if count >= MOST_SPACES || page.len() < PAGE as usize {
            return Ok(count < MOST_SPACES);
        }
        after = page.last().cloned();
    }
}

/// What a server holds, as its clients are told of it.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    channels: usize,
    roles: usize,
    octets: usize,
}

impl Size {
    fn of(facts: &SpaceFacts) -> Self {
        let channels = facts.channels.values().map(|channel| Self::of_channel(channel));
        let parts = channels.chain(facts.roles.values().map(|role| Self::of_role(role)));
        let mut size = Self::of_space(&facts.server);
        parts.for_each(|part| size.replace(None, part));
        size
    }

    fn of_space(space: &Space) -> Self {
        let octets = PART + space.name.as_str().len() + space.description.as_str().len();
        Self { octets, ..Self::default() }
    }

    fn of_channel(channel: &Channel) -> Self {
        let overrides = channel.overrides.roles().len() + channel.overrides.members().len();
        let name = channel.name.as_ref().map_or(0, |name| name.as_str().len());
        Self { channels: 1, octets: PART + name + channel.topic.as_str().len() + overrides * OVERRIDE, roles: 0 }
    }

    fn of_role(role: &Role) -> Self {
        Self { roles: 1, octets: PART + role.name.as_str().len(), channels: 0 }
    }

    /// Takes one part in the place of another.
    fn replace(&mut self, known: Option<Self>, by: Self) {
        let known = known.unwrap_or_default();
        self.channels = self.channels + by.channels - known.channels;
        self.roles = self.roles + by.roles - known.roles;
        self.octets = self.octets + by.octets - known.octets;
    }

    /// Which bound it is above, and was not already as far above `before`.
    fn exceeds(self, before: Self) -> Option<&'static str> {
        if self.channels > MOST_CHANNELS.max(before.channels) {
            Some("the server has more channels than a server of another backend may have")
        } else if self.roles > MOST_ROLES.max(before.roles) {
            Some("the server has more roles than a server of another backend may have")
        } else if self.octets > MOST_OCTETS.max(before.octets) {
            Some("the server's texts and overrides have more octets than a server of another backend may have")
        } else {
            None
        }
    }
}

/// The most channels of a server.
const MOST_CHANNELS: usize = 2_000;

/// The most roles of a server.
const MOST_ROLES: usize = 1_000;

/// The most octets of a server.
const MOST_OCTETS: usize = 2 << 20;

/// The octets of a channel or a role beside its texts, and those of an override, about.
const PART: usize = 256;
const OVERRIDE: usize = 128;

/// The most spaces of one owner that a user is in, where the user did not ask for them.
const MOST_SPACES: usize = 1_000;
const PAGE: u32 = 1_000;
