//! What is kept of other backends.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use beep_core::account::User;
use beep_core::domain::Domain;
use beep_core::event::{Event, Position};
use beep_core::id::{InvitationId, InvitationKey, SpaceKey, UserId, UserKey};
use beep_core::invitation::Invited;
use beep_core::member::Member;
use beep_core::port::{DeadLetters, Federation, JoinIntent, Outbound, PendingLeave, StoreError, StreamMark};
use beep_core::replica::Replica;
use beep_core::time::Timestamp;

use super::arg::args;
use super::friendships::FRIENDS;
use super::spaces::first;
use super::{SqlStore, events, join_intents, pending_leaves, profiles, remote_invitations, replicas, streams, table};

#[async_trait]
impl Federation for SqlStore {
    async fn outbound(&self) -> Result<Vec<Outbound>, StoreError> {
        streams::outbound(&mut self.readers.acquire().await?).await
    }

    async fn outbound_to(&self, to: &Domain) -> Result<Option<Outbound>, StoreError> {
        streams::outbound_to(&mut self.readers.acquire().await?, to).await
    }

    async fn outbound_events(&self, to: &Domain, after: u64, limit: u32) -> Result<Vec<(u64, Event)>, StoreError> {
        let values = args![to, after, limit];
        let mut connection = self.readers.acquire().await?;
        let rows = connection.fetch_all(QUEUED, &values).await?;
        events::read_after(&mut connection, &rows, &*self.parts.codec, |columns| columns.int()).await
    }

    async fn inbound(&self, origin: &Domain) -> Result<Option<StreamMark>, StoreError> {
        streams::inbound(&mut self.readers.acquire().await?, origin).await
    }

    async fn replica(&self, server: &SpaceKey, of: &Domain) -> Result<Option<(Position, Replica)>, StoreError> {
        replicas::read(&mut self.readers.read().await?, server, of).await
    }

    async fn space_events(
        &self,
        server: &SpaceKey,
        after: Position,
        up_to: Position,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let values = args![server.id, &server.home, after, up_to, limit];
        let mut connection = self.readers.acquire().await?;
        let rows = connection.fetch_all(OF_SERVER, &values).await?;
        events::read(&mut connection, &rows, &*self.parts.codec).await
    }

    async fn homes(&self) -> Result<Vec<Domain>, StoreError> {
        let rows = self.readers.acquire().await?.fetch_all(HOMES, &[]).await?;
        let mut homes = rows.iter().map(|row| row.columns().origin()).collect::<Result<Vec<_>, _>>()?;
        homes.sort_unstable();
        Ok(homes)
    }

    async fn is_home(&self, home: &Domain) -> Result<bool, StoreError> {
        Ok(self.readers.acquire().await?.fetch_optional(IS_HOME, &args![home]).await?.is_some())
    }

    async fn acquainted_backends(&self, user: UserId) -> Result<BTreeSet<Domain>, StoreError> {
        let rows = self.readers.acquire().await?.fetch_all(ACQUAINTED, &args![user, FRIENDS]).await?;
        rows.iter().map(|row| row.columns().origin()).collect()
    }

    async fn space_backends(&self, space: &SpaceKey) -> Result<Vec<Domain>, StoreError> {
        let rows = self.readers.acquire().await?.fetch_all(OF_SPACE, &args![space.id, &space.home]).await?;
        rows.iter().map(|row| row.columns().origin()).collect()
    }

    async fn replicas_of(&self, home: &Domain) -> Result<Vec<SpaceKey>, StoreError> {
        replicas::of(&mut self.readers.acquire().await?, home).await
    }

    async fn shared_with(
        &self,
        home: &Domain,
        after: Option<&SpaceKey>,
        limit: u32,
    ) -> Result<Vec<SpaceKey>, StoreError> {
        let values = args![home, first(after.map(|after| after.id)), limit];
        let rows = self.readers.acquire().await?.fetch_all(SHARED, &values).await?;
        rows.iter().map(|row| row.columns().qualified()).collect()
    }

    async fn members_from(&self, server: &SpaceKey, home: &Domain) -> Result<Vec<Member>, StoreError> {
        replicas::members_from(&mut self.readers.acquire().await?, server, home).await
    }

    async fn join_intents(&self, server: &SpaceKey, of: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        join_intents::among(&mut self.readers.acquire().await?, server, of).await
    }

    async fn join_intents_of(&self, user: UserId, limit: u32) -> Result<Vec<SpaceKey>, StoreError> {
        join_intents::of(&mut self.readers.acquire().await?, user, limit).await
    }

    async fn open_join_intents(&self, user: UserId, most: u32) -> Result<u32, StoreError> {
        join_intents::open(&mut self.readers.acquire().await?, user, most).await
    }

    async fn join_intents_at(&self, home: &Domain, limit: u32) -> Result<Vec<JoinIntent>, StoreError> {
        join_intents::at(&mut self.readers.acquire().await?, home, limit).await
    }

    async fn pending_leaves(&self, home: &Domain) -> Result<Vec<PendingLeave>, StoreError> {
        pending_leaves::from(&mut self.readers.acquire().await?, home).await
    }

    async fn profiles(&self, users: &[UserKey]) -> Result<Vec<(User, Timestamp)>, StoreError> {
        profiles::find(&mut self.readers.acquire().await?, users).await
    }

    async fn remote_invitation(&self, user: UserId, id: &InvitationKey) -> Result<Option<Invited>, StoreError> {
        table::find(&mut self.readers.acquire().await?, &(user, id.clone())).await
    }

    async fn remote_invitations_named(&self, user: UserId, id: InvitationId) -> Result<Vec<Invited>, StoreError> {
        remote_invitations::named(&mut self.readers.acquire().await?, user, id).await
    }

    async fn remote_invitations(&self, home: &Domain, user: Option<UserId>) -> Result<Vec<Invited>, StoreError> {
        remote_invitations::by(&mut self.readers.acquire().await?, home, user).await
    }

    async fn dead_letters(&self, each: u32) -> Result<BTreeMap<Domain, DeadLetters>, StoreError> {
        streams::dead_letters(&mut self.readers.acquire().await?, each).await
    }
}

const QUEUED: &str = concat!(
    "SELECT outbound_event.seq, ",
    events::columns!(),
    " FROM outbound_event
    CROSS JOIN event
    WHERE outbound_event.remote = $1 AND outbound_event.seq > $2 AND event.position = outbound_event.position
    ORDER BY outbound_event.seq
    LIMIT $3 + 0"
);

const ACQUAINTED: &str = "
    SELECT other_origin FROM friendship WHERE user_id = $1 AND standing = $2 AND other_origin <> 0
    UNION
    SELECT origin FROM member WHERE user_id = $1 AND user_origin = 0 AND origin <> 0
    UNION
    SELECT space_remote.remote
    FROM member
    CROSS JOIN space_remote
    WHERE member.user_id = $1 AND member.user_origin = 0
        AND space_remote.space_id = member.space_id AND space_remote.origin = member.origin";

const OF_SPACE: &str = "SELECT remote FROM space_remote WHERE space_id = $1 AND origin = $2";

const HOMES: &str = "
    SELECT origin FROM space WHERE origin <> 0
    UNION
    SELECT origin FROM join_intent
    UNION
    SELECT other_origin FROM friendship WHERE other_origin <> 0 AND (NOT told OR standing > 0)";

const IS_HOME: &str = "
    SELECT 1 FROM space WHERE origin = $1 AND origin <> 0
    UNION ALL
    SELECT 1 FROM join_intent WHERE origin = $1
    UNION ALL
    SELECT 1 FROM friendship WHERE other_origin = $1 AND other_origin <> 0 AND (NOT told OR standing > 0)
    LIMIT 1";

// Of a replica it is the owner who is told.
const SHARED: &str = "
    SELECT space_id, origin
    FROM space_remote
    WHERE remote = $1 AND origin = 0 AND space_id > $2
    ORDER BY space_id
    LIMIT $3 + 0";

const OF_SERVER: &str = concat!(
    "SELECT ",
    events::columns!(),
    " FROM event_scope AS kept
    CROSS JOIN event
    WHERE kept.scope = $1 AND kept.kind = 1 AND kept.origin = $2 AND kept.position > $3 AND kept.position <= $4
        AND event.position = kept.position
    ORDER BY kept.position
    LIMIT $5 + 0"
);
