//! What is kept of other backends.

use std::collections::BTreeMap;

use async_trait::async_trait;
use beep_core::account::User;
use beep_core::domain::Domain;
use beep_core::event::{Event, Position};
use beep_core::id::{InvitationId, Qualified, ServerId, UserId, UserKey};
use beep_core::invitation::Invited;
use beep_core::member::Member;
use beep_core::port::{DeadLetters, Federation, Outbound, PendingLeave, StoreError, StreamMark};
use beep_core::replica::Replica;
use beep_core::time::Timestamp;

use super::arg::args;
use super::servers::first;
use super::{SqlStore, events, pending_leaves, profiles, remote_invitations, replicas, streams};

#[async_trait]
impl Federation for SqlStore {
    async fn outbound(&self) -> Result<Vec<Outbound>, StoreError> {
        streams::outbound(&mut self.readers.acquire().await?).await
    }

    async fn outbound_to(&self, to: &Domain) -> Result<Option<Outbound>, StoreError> {
        streams::outbound_to(&mut self.readers.acquire().await?, to).await
    }

    async fn outbound_events(&self, to: &Domain, after: u64, limit: u32) -> Result<Vec<(u64, Event)>, StoreError> {
        let values = args![to.as_str(), after, limit];
        let rows = self.readers.acquire().await?.fetch_all(QUEUED, &values).await?;
        let read = rows.iter().map(|row| {
            let mut columns = row.columns();
            Ok((columns.int()?, events::read_columns(&mut columns, &*self.parts.codec)?))
        });
        read.collect()
    }

    async fn inbound(&self, origin: &Domain) -> Result<Option<StreamMark>, StoreError> {
        streams::inbound(&mut self.readers.acquire().await?, origin).await
    }

    async fn replica(&self, server: ServerId, of: &Domain) -> Result<Option<(Position, Replica)>, StoreError> {
        replicas::read(&mut self.readers.read().await?, server, of).await
    }

    async fn server_events(
        &self,
        server: ServerId,
        after: Position,
        up_to: Position,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let values = args![server, after, up_to, limit];
        let rows = self.readers.acquire().await?.fetch_all(OF_SERVER, &values).await?;
        rows.iter().map(|row| events::read_columns(&mut row.columns(), &*self.parts.codec)).collect()
    }

    async fn homes(&self) -> Result<Vec<Domain>, StoreError> {
        let rows = self.readers.acquire().await?.fetch_all(HOMES, &args![self.parts.domain.as_str()]).await?;
        rows.iter().map(|row| row.columns().domain()).collect()
    }

    async fn is_home(&self, home: &Domain) -> Result<bool, StoreError> {
        let values = args![home.as_str(), self.parts.domain.as_str()];
        Ok(self.readers.acquire().await?.fetch_optional(IS_HOME, &values).await?.is_some())
    }

    async fn replicas_of(&self, home: &Domain) -> Result<Vec<ServerId>, StoreError> {
        replicas::of(&mut self.readers.acquire().await?, home).await
    }

    async fn shared_with(
        &self,
        home: &Domain,
        after: Option<ServerId>,
        limit: u32,
    ) -> Result<Vec<ServerId>, StoreError> {
        let values = args![home.as_str(), self.parts.domain.as_str(), first(after), limit];
        let rows = self.readers.acquire().await?.fetch_all(SHARED, &values).await?;
        rows.iter().map(|row| row.columns().id()).collect()
    }

    async fn members_from(&self, server: ServerId, home: &Domain) -> Result<Vec<Member>, StoreError> {
        replicas::members_from(&mut self.readers.acquire().await?, server, home).await
    }

    async fn join_intents(&self, server: &Qualified<ServerId>, of: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        streams::join_intents(&mut self.readers.acquire().await?, server, of).await
    }

    async fn pending_leaves(&self, home: &Domain) -> Result<Vec<PendingLeave>, StoreError> {
        pending_leaves::from(&mut self.readers.acquire().await?, home).await
    }

    async fn profiles(&self, users: &[UserKey]) -> Result<Vec<(User, Timestamp)>, StoreError> {
        profiles::find(&mut self.readers.acquire().await?, users).await
    }

    async fn remote_invitation(&self, user: UserId, id: InvitationId) -> Result<Option<Invited>, StoreError> {
        remote_invitations::by_id(&mut self.readers.acquire().await?, user, id, &self.parts.domain).await
    }

    async fn remote_invitations(&self, home: &Domain) -> Result<Vec<Invited>, StoreError> {
        remote_invitations::by(&mut self.readers.acquire().await?, home, &self.parts.domain).await
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
    WHERE outbound_event.home = $1 AND outbound_event.seq > $2 AND event.position = outbound_event.position
    ORDER BY outbound_event.seq
    LIMIT $3 + 0"
);

const HOMES: &str = "
    SELECT home FROM server WHERE home <> $1
    UNION
    SELECT home FROM join_intent
    ORDER BY home";

const IS_HOME: &str = "
    SELECT 1 FROM server WHERE home = $1 AND home <> $2
    UNION ALL
    SELECT 1 FROM join_intent WHERE home = $1
    LIMIT 1";

// Of a replica it is the owner who is told.
const SHARED: &str = "
    SELECT shared.server_id
    FROM server_remote AS shared
    CROSS JOIN server
    WHERE shared.home = $1 AND server.id = shared.server_id AND server.home = $2 AND shared.server_id > $3
    ORDER BY shared.server_id
    LIMIT $4 + 0";

const OF_SERVER: &str = concat!(
    "SELECT ",
    events::columns!(),
    " FROM event_scope AS kept
    CROSS JOIN event
    WHERE kept.scope = $1 AND kept.home = '' AND kept.position > $2 AND kept.position <= $3
        AND event.position = kept.position
    ORDER BY kept.position
    LIMIT $4 + 0"
);
