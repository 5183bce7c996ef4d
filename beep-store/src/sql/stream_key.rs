//! What a stream, and whom an event is kept for, is known by in the database: its kind, and the whole name of what it is.

use beep_core::domain::Domain;
use beep_core::event::{Scope, Stream};
use beep_core::id::{ChannelKey, Id, SpaceKey, UserKey};
use beep_core::port::StoreError;
use uuid::Uuid;

use super::arg::{Arg, args};
use super::row::Columns;

/// The key of a stream.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct StreamKey {
    id: Uuid,
    origin: Domain,
    kind: i64,
}

impl StreamKey {
    pub(crate) fn new(id: Uuid, origin: Domain, kind: i64) -> Self {
        Self { id, origin, kind }
    }

    pub(crate) fn channel(id: &ChannelKey) -> Self {
        Self { id: id.id.uuid(), origin: id.home.clone(), kind: CHANNEL }
    }

    pub(crate) fn space(id: &SpaceKey) -> Self {
        Self { id: id.id.uuid(), origin: id.home.clone(), kind: SPACE }
    }

    /// Whether it is that of a user.
    pub(crate) fn is_of_user(&self) -> bool {
        self.kind == USER
    }

    pub(crate) fn user(id: &UserKey) -> Self {
        Self { id: id.id.uuid(), origin: id.home.clone(), kind: USER }
    }

    pub(crate) fn of(stream: &Stream) -> Self {
        match stream {
            Stream::Channel { id, .. } => Self::channel(id),
            Stream::Space(id) => Self::space(id),
            Stream::User(id) => Self::user(id),
        }
    }

    /// Whom an event is kept for under it; nobody for a channel.
    pub(crate) fn scope(self) -> Option<Scope> {
        match self.kind {
            SPACE => Some(Scope::Space(SpaceKey::new(Id::from_uuid(self.id), self.origin))),
            USER => Some(Scope::User(UserKey::new(Id::from_uuid(self.id), self.origin))),
            _ => None,
        }
    }

    /// The values of [`columns`].
    pub(crate) fn args(&self) -> [Arg<'_>; 3] {
        args![self.id, &self.origin, self.kind]
    }

    /// Reads [`columns`].
    pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Self, StoreError> {
        Ok(Self { id: columns.uuid()?, origin: columns.origin()?, kind: columns.int()? })
    }

    /// The stream; `space` is the one that a channel is of.
    pub(crate) fn stream(self, space: Option<beep_core::id::SpaceId>) -> Option<Stream> {
        let Self { id, origin, kind } = self;
        match (kind, space) {
            (CHANNEL, Some(server)) => Some(Stream::Channel { id: ChannelKey::new(Id::from_uuid(id), origin), server }),
            (SPACE, _) => Some(Stream::Space(SpaceKey::new(Id::from_uuid(id), origin))),
            (USER, _) => Some(Stream::User(UserKey::new(Id::from_uuid(id), origin))),
            _ => None,
        }
    }
}

const CHANNEL: i64 = 0;
const SPACE: i64 = 1;
const USER: i64 = 2;
