//! The gateway's stream over plain HTTP.

use std::collections::VecDeque;
use std::time::Duration;

use beep_core::backend::{Refusal, events};
use beep_core::event::Position;
use beep_core::id::{SessionId, UserKey};
use beep_core::port::Snapshot;
use beep_proto::gateway::Event;
use beep_proto::operation::Rate;
use beep_proto::operation::events::List;
use beep_proto::page::Page;
use beep_proto::problem::{ErrorCode, Problem};
use tokio::time::Instant;

use crate::http::v1::page;
use crate::http::{Context, Handle, Refused};
use crate::hub::{self, Format};
use crate::resumes::Paged;

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
        let (user, session) = (actor.as_user()?, actor.session.ok_or(Refusal::Unauthenticated)?);
        let deadline = Instant::now() + Duration::from_secs(wait.into());
        if let Some(page) = go_on(context, user, session, from, limit).await?
            && !page.items.is_empty()
        {
            return Ok(page);
        }
        let mut missed = 0;
        loop {
            let (page, snapshot) = told(context, user, session, from, limit, deadline).await?;
            if !page.items.is_empty() || wait == 0 || Instant::now() >= deadline {
                return Ok(page);
            }
            let Some(_place) = context.app.rates.connection(user) else { return Ok(page) };
            // Listening begins before the next reading, so nothing falls between the two.
            let attached = hub.attach(user, session, None, Format::Json, &snapshot);
            let connection = match tokio::time::timeout_at(deadline, attached).await {
                Ok(Ok(connection)) => connection,
                // The hub was ahead of the reading: another is taken, a few times.
                Ok(Err(_)) if missed < MOST_MISSED => {
                    missed += 1;
                    continue;
                }
                Ok(Err(_)) | Err(_) => return Ok(page),
            };
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

/// The next page of a past that was prepared for the page before, unless it may no longer be told as it was prepared.
async fn go_on(
    context: &Context,
    user: &UserKey,
    session: SessionId,
    from: Position,
    limit: usize,
) -> Result<Option<Page<Event>>, Refused> {
    let resumes = &context.app.resumes;
    let Some(mut paged) = resumes.take(user, session, from) else { return Ok(None) };
    if !paged.past.is_current(context.backend()).await.map_err(Refusal::from)? {
        return Ok(None);
    }
    let (page, at) = turn_over(context, &mut paged, from, limit).await?;
    if let Some(at) = at {
        resumes.keep(user, session, at, paged);
    }
    Ok(Some(page))
}

/// What happened after a position, and the snapshot that it leads to.
async fn told(
    context: &Context,
    user: &UserKey,
    session: SessionId,
    from: Position,
    limit: usize,
    deadline: Instant,
) -> Result<(Page<Event>, Snapshot), Refused> {
    let app = &context.app;
    // It costs as much as some writes do. Who waits for events anyway waits for its turn as well.
    while let Err((problem, _)) = app.rates.count(Rate::Write, &user.to_string()) {
        let next = Instant::now() + Duration::from_secs(problem.retry_after.unwrap_or(1));
        if next >= deadline {
            return Err(Refused(problem));
        }
        tokio::time::sleep_until(next).await;
    }
    let Some(_turn) = app.resumes.turn(user).await else {
        let problem = Problem::new(ErrorCode::RateLimited, "too many events are being read at once");
        return Err(Refused(Problem { retry_after: Some(1), ..problem }));
    };
    let past = events::past(context.backend(), user, from).await?;
    if past.is_abridged {
        // A page has no way to say which servers are told whole.
        return Err(Refusal::CursorTooOld.into());
    }
    let snapshot = past.snapshot.clone();
    let mut paged = Paged { past, read: VecDeque::new() };
    let (page, at) = turn_over(context, &mut paged, from, limit).await?;
    if let Some(at) = at {
        app.resumes.keep(user, session, at, paged);
    }
    Ok((page, snapshot))
}

/// Tells the next page, and where it ends if there is more.
async fn turn_over(
    context: &Context,
    paged: &mut Paged,
    from: Position,
    limit: usize,
) -> Result<(Page<Event>, Option<Position>), Refused> {
    let (backend, hub) = (context.backend(), &context.app.hub);
    let mut items = Vec::new();
    let mut at = from;
    // One more than fits shows that there are more.
    let at_most = u32::try_from(limit + 1).unwrap_or(events::PAGE);
    loop {
        while let Some((position, deliveries)) = paged.read.pop_front() {
            // What is told of one event stays together: half of it would be told again.
            if items.len() >= limit {
                paged.read.push_front((position, deliveries));
                return Ok((Page { items, next: Some(hub.standing(at, &*backend.entropy)) }, Some(at)));
            }
            items.extend(deliveries.iter().filter_map(|delivery| hub::event(hub.cursors(), delivery)));
            at = position;
        }
        match paged.past.next(backend, at_most).await? {
            Some(told) => paged.read.extend(told),
            None => break,
        }
    }
    Ok((Page { items, next: Some(hub.standing(paged.past.snapshot.position, &*backend.entropy)) }, None))
}

const MOST_SECONDS: u32 = 30;

const MOST_MISSED: u32 = 20;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::extract::Request;
    use beep_core::backend::Actor;
    use beep_core::event::EventBody;
    use beep_core::id::{Id, Qualified, UserId};
    use beep_core::port::Change;
    use beep_proto::cursor::Cursors;
    use uuid::Uuid;

    use super::*;
    use crate::app::App;
    use crate::config::Config;
    use crate::hub::Hub;
    use crate::testing::World;

    fn somebody(world: &World) -> (UserKey, SessionId) {
        let user = Qualified::new(UserId::from_uuid(Uuid::from_u128(1)), world.backend.domain.clone());
        (user, SessionId::from_uuid(Uuid::from_u128(2)))
    }

    #[tokio::test]
    async fn the_next_page_goes_on_where_the_last_one_ended() {
        let world = World::open("a.example.com").await;
        let backend = &world.backend;
        let before = backend.store.log_state().await.expect("the store answers");
        let (user, session) = somebody(&world);
        let tell = async |number| {
            let body = EventBody::SessionRevoked { id: SessionId::from_uuid(Uuid::from_u128(number)) };
            backend.store.commit(Change::default().user_event(&user, body)).await.expect("memory does not fail");
        };
        for number in 10..15 {
            tell(number).await;
        }
        let hub = Hub::new(backend, Cursors::new(before.id, &backend.keys.cursors()), before.head);
        let app = Arc::new(App::new(backend.clone(), &Config::default(), hub, Arc::default(), None));
        let actor = Actor { session: Some(session), ..Actor::user(user.clone()) };
        let context = Context::new(app.clone(), &Request::default(), Ok(actor));
        let (mut cursor, mut seqs, mut at) = (app.hub.cursors().of_event(before.head), Vec::new(), before.head);
        for number in 20..40 {
            let kept = app.resumes.take(&user, session, at);
            assert_eq!(kept.is_some(), ![0, 5, 9].contains(&seqs.len()), "what is left is kept, and nothing else");
            if let Some(kept) = kept {
                app.resumes.keep(&user, session, at, kept);
            }
            let page = List::new().cursor(cursor.as_str()).limit(1u32).handle(&context).await.expect("it is answered");
            if page.items.is_empty() {
                break;
            }
            seqs.extend(page.items.iter().map(|event| event.seq));
            cursor = page.next.expect("a page says where it ends");
            at = app.hub.cursors().read(&cursor).expect("it is a cursor");
            if seqs.len() < 5 {
                tell(number).await;
            }
        }
        assert_eq!(seqs, (1..=9).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn who_cannot_be_attached_is_answered() {
        let world = World::open("a.example.com").await;
        let state = world.backend.store.log_state().await.expect("the store answers");
        // Ahead of every reading, for ever.
        let cursors = Cursors::new(state.id, &world.backend.keys.cursors());
        let hub = Hub::new(&world.backend, cursors.clone(), Position(state.head.0 + 1_000_000));
        let app = Arc::new(App::new(world.backend.clone(), &Config::default(), hub, Arc::default(), None));
        let (user, session) = somebody(&world);
        let actor = Actor { session: Some(session), ..Actor::user(user) };
        let context = Context::new(app, &Request::default(), Ok(actor));
        let cursor = cursors.of_event(state.head);
        let list = List::new().cursor(cursor.as_str()).wait(30u32);
        let page = tokio::time::timeout(Duration::from_secs(20), list.handle(&context)).await;
        let page = page.expect("it does not wait for what cannot be").expect("it is answered");
        let next = page.next.expect("a page says where it ends");
        assert_eq!((page.items.len(), cursors.read(&next)), (0, Ok(state.head)));
    }
}
