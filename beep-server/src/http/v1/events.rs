//! The gateway's stream over plain HTTP.

use std::time::Duration;

use beep_core::backend::{Refusal, events};
use beep_core::event::Position;
use beep_proto::gateway::Event;
use beep_proto::operation::events::List;
use beep_proto::page::Page;
use beep_proto::problem::Problem;

use crate::http::v1::page;
use crate::http::{Context, Handle, Refused};
use crate::hub::{self, Format};

impl Handle for List {
    async fn handle(self, context: &Context) -> Result<Page<Event>, Refused> {
        let limit = page::limit(self.limit)? as usize;
        let wait = self.wait.unwrap_or(0);
        if wait > MOST_SECONDS {
            return Err(Refused(Problem::field("wait", "out_of_range", format!("must be at most {MOST_SECONDS}"))));
        }
        let hub = &context.app.hub;
        let actor = context.actor()?;
        let Some(cursor) = self.cursor else {
            let state = context.backend().store.log_state().await.map_err(Refusal::from)?;
            return Ok(Page { items: Vec::new(), next: Some(hub.standing(state.head, &*context.backend().entropy)) });
        };
        let from = hub
            .cursors()
            .read(&cursor)
            .map_err(|error| Refused(Problem::field("cursor", "malformed", error.to_string())))?;
        let session = actor.session.ok_or(Refusal::Unauthenticated)?;
        let deadline = tokio::time::Instant::now() + Duration::from_secs(wait.into());
        let mut missed = 0;
        loop {
            let (page, snapshot) = told(context, from, limit).await?;
            if !page.items.is_empty() || wait == 0 || tokio::time::Instant::now() >= deadline {
                return Ok(page);
            }
            // Listening begins before the next reading, so nothing falls between the two.
            let attached = hub.attach(&actor.user, session, None, Format::Json, &snapshot);
            let connection = match tokio::time::timeout_at(deadline, attached).await {
                Ok(Ok(connection)) => connection,
                // The hub was ahead of the reading: another is taken, a few times.
                Ok(Err(_)) if missed < MOST_MISSED => {
                    missed += 1;
                    continue;
                }
                Ok(Err(_)) | Err(_) => return Ok(page),
            };
            if context.app.rates.too_many_connections(hub.connections_of(&actor.user)) {
                return Ok(page);
            }
            let heard = tokio::time::timeout_at(deadline, connection.waits()).await;
            if heard.is_err() {
                return Ok(page);
            }
            if connection.take().closing.is_some() {
                return Ok(page);
            }
        }
    }
}

/// What happened after a position, and the snapshot that it leads to.
async fn told(
    context: &Context,
    from: Position,
    limit: usize,
) -> Result<(Page<Event>, beep_core::port::Snapshot), Refused> {
    let backend = context.backend();
    let hub = &context.app.hub;
    let mut past = events::past(backend, &context.actor()?.user, from).await?;
    let mut items = Vec::new();
    let mut at = from;
    // One more than fits shows that there are more.
    let at_most = u32::try_from(limit + 1).unwrap_or(events::PAGE);
    while let Some(told) = past.next(backend, at_most).await? {
        for (position, deliveries) in told {
            // What is told of one event stays together: half of it would be told again.
            if items.len() >= limit {
                return Ok((Page { items, next: Some(hub.standing(at, &*backend.entropy)) }, past.snapshot));
            }
            items.extend(deliveries.iter().filter_map(|delivery| hub::event(hub.cursors(), delivery)));
            at = position;
        }
    }
    let next = Some(hub.standing(past.snapshot.position, &*backend.entropy));
    Ok((Page { items, next }, past.snapshot))
}

const MOST_SECONDS: u32 = 30;

const MOST_MISSED: u32 = 20;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::extract::Request;
    use beep_core::backend::Actor;
    use beep_core::id::{Id, Qualified, SessionId, UserId};
    use beep_proto::cursor::Cursors;
    use uuid::Uuid;

    use super::*;
    use crate::app::App;
    use crate::config::Config;
    use crate::hub::Hub;
    use crate::testing::World;

    #[tokio::test]
    async fn who_cannot_be_attached_is_answered() {
        let world = World::open("a.example.com").await;
        let state = world.backend.store.log_state().await.expect("the store answers");
        // Ahead of every reading, for ever.
        let cursors = Cursors::new(state.id, &world.backend.keys.cursors());
        let hub = Hub::new(cursors.clone(), Position(state.head.0 + 1_000_000));
        let app = Arc::new(App::new(world.backend.clone(), &Config::default(), hub, Arc::default(), None));
        let actor = Actor {
            user: Qualified::new(UserId::from_uuid(Uuid::from_u128(1)), world.backend.domain.clone()),
            session: Some(SessionId::from_uuid(Uuid::from_u128(2))),
            claim: None,
        };
        let context = Context::new(app, &Request::default(), Some(actor));
        let cursor = cursors.of_event(state.head);
        let list = List::new().cursor(cursor.as_str()).wait(30u32);
        let page = tokio::time::timeout(Duration::from_secs(20), list.handle(&context)).await;
        let page = page.expect("it does not wait for what cannot be").expect("it is answered");
        let next = page.next.expect("a page says where it ends");
        assert_eq!((page.items.len(), cursors.read(&next)), (0, Ok(state.head)));
    }
}
