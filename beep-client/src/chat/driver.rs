//! Carries out the steps of [`Machine`](super::machine::Machine): one future that reads the gateway, calls the backend,
//! stores and waits.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use beep_proto::json;
use beep_proto::operation::Specified;
use beep_proto::operation::channels::Typing;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, Stream, StreamExt};
use serde_json::Map;

use super::friends::unreadable;
use super::machine::{Answer, Call, Step};
use super::shared::Shared;
use crate::client::Client;
use crate::conversation_list::ReadCall;
use crate::error::Error;
use crate::friend_list::{page_call, read_page};
use crate::gateway::{EventStream, GatewayEvent};
use crate::storage::{Storage, StorageError, Write};
use crate::transport::BoxFuture;

/// Runs a chat until its session ends.
pub(super) async fn run(shared: Arc<Shared>) -> Result<(), Error> {
    if std::mem::replace(&mut shared.lock().is_running, true) {
        return Err(Error::Configuration("a chat runs once; make a new one".to_owned()));
    }
    let prefix = shared.lock().machine.prefix();
    let stored = load(&*shared.storage, prefix).await;
    let cursor = shared.input(|machine, _| {
        machine.restore(stored);
        machine.cursor().map(str::to_owned)
    });
    let mut work = Work {
        events: Some(shared.client.events_after(cursor)),
        calls: FuturesUnordered::new(),
        storing: None,
        timer: None,
        turns: 0,
    };
    let once = shared.client.without_retries();
    let mut end: Option<Result<(), Error>> = None;
    loop {
        let rings = shared.wishes.count();
        let until = loop {
            let step = shared.input(|machine, now| machine.step(now));
            match step {
                Step::Call(number, call) => {
                    let client = once.clone();
                    work.calls.push(Box::pin(async move { (number, carry_out(client, call).await) }));
                }
                Step::Store(writes) => work.storing = Some(Box::pin(store(shared.storage.clone(), writes))),
                Step::Wait(until) => break until,
            }
        };
        if end.is_none() && shared.lock().machine.is_over() {
            work.events = None;
            end = Some(Ok(()));
        }
        if let Some(result) = end.take_if(|_| work.storing.is_none()) {
            // What was not stored by then is tried once.
            let is_done = shared.input(|machine, _| machine.saving.is_done() || machine.saving.failure().is_some());
            if is_done {
                return result;
            }
            end = Some(result);
            shared.input(|machine, _| machine.saving.hurry());
            continue;
        }
        if let Some(focus) = shared.input(|machine, _| machine.company.take_focus()) {
            shared.client.focus(focus);
        }
        work.wait_until(until, &shared);
        let input = {
            let mut wish = pin!(shared.wishes.after(rings));
            std::future::poll_fn(|context| {
                if wish.as_mut().poll(context).is_ready() {
                    return Poll::Ready(Input::Wish);
                }
                work.poll(context)
            })
            .await
        };
        match input {
            Input::Wish | Input::Time => {}
            Input::Stored(result) => {
                shared.input(|machine, now| machine.saved(result, now));
                shared.saves.ring();
            }
            Input::Answer(number, answer) => shared.input(|machine, now| machine.answered(number, answer, now)),
            Input::Gateway(Some(Ok(event))) => {
                shared.input(|machine, now| machine.gateway(&event, now));
                shared.tell_listeners(&event);
            }
            Input::Gateway(over) => {
                work.events = None;
                end = Some(Err(over.and_then(Result::err).unwrap_or(Error::NotSignedIn)));
                shared.input(|machine, _| machine.ended());
            }
        }
    }
}

/// What the driver waits for.
struct Work {
    events: Option<EventStream>,
    calls: FuturesUnordered<BoxFuture<(u64, Answer)>>,
    storing: Option<BoxFuture<Result<(), StorageError>>>,
    timer: Option<(Duration, BoxFuture<()>)>,
    /// How often in a row something was there without waiting.
    turns: u32,
}

enum Input {
    Wish,
    Time,
    Stored(Result<(), StorageError>),
    Answer(u64, Answer),
    Gateway(Option<Result<GatewayEvent, Error>>),
}

impl Work {
    fn wait_until(&mut self, until: Option<Duration>, shared: &Shared) {
        if self.timer.as_ref().map(|(at, _)| *at) != until {
            let transport = &shared.client.link.transport;
            self.timer = until.map(|until| (until, transport.sleep(until.saturating_sub(transport.uptime()))));
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Input> {
        self.turns += 1;
        if self.turns > MAX_TURNS {
            // However much arrives, others get their turn: a browser draws in between.
            self.turns = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if let Some(storing) = &mut self.storing
            && let Poll::Ready(result) = storing.poll_unpin(context)
        {
            self.storing = None;
            return Poll::Ready(Input::Stored(result));
        }
        if let Poll::Ready(Some((number, answer))) = self.calls.poll_next_unpin(context) {
            return Poll::Ready(Input::Answer(number, answer));
        }
        if let Some(events) = &mut self.events
            && let Poll::Ready(event) = Pin::new(events).poll_next(context)
        {
            return Poll::Ready(Input::Gateway(event));
        }
        if let Some((_, timer)) = &mut self.timer
            && timer.poll_unpin(context).is_ready()
        {
            self.timer = None;
            return Poll::Ready(Input::Time);
        }
        self.turns = 0;
        Poll::Pending
    }
}

async fn carry_out(client: Client, call: Call) -> Answer {
    match call {
        Call::Send(send) => Answer::Message(client.call(send).await.map(Box::new)),
        Call::Message(get) => Answer::Message(client.call(get).await.map(Box::new)),
        Call::Page(list) => Answer::Page(client.call(list).await),
        Call::Pins(list) => Answer::Pins(client.call(list).await),
        Call::User(get) => Answer::User(client.call(get).await.map(Box::new)),
        Call::Member(get) => Answer::Member(client.call(get).await.map(Box::new)),
        Call::Members(list) => Answer::Members(client.call(list).await),
        Call::Friends { list, cursor } => {
            let (spec, members) = page_call(list, cursor);
            let text = client.call_untyped(spec, members).await;
            Answer::Friends(text.and_then(|text| read_page(list, &text).map_err(|error| unreadable(spec.name, &error))))
        }
        Call::Server(get) => Answer::Server(client.call(get).await.map(drop)),
        Call::Read(call) => {
            let (spec, members) = call.operation();
            let read = |text: String| match call {
                ReadCall::Count(_) => json::read(&text).map(Some).map_err(|error| unreadable(spec.name, &error)),
                ReadCall::Mark(..) | ReadCall::Server(_) => Ok(None),
            };
            Answer::Read(client.call_untyped(spec, members).await.and_then(read))
        }
        Call::Typing(channel) => {
            let mut members = Map::new();
            members.insert("channel".to_owned(), channel.to_string().into());
            Answer::Typing(client.call_untyped(&Typing::SPEC, members).await.map(drop))
        }
    }
}

/// Stores a batch: whole, so that a message that is queued and its draft are not both found later; and where that cannot
/// be done, or fails, as far as it goes.
async fn store(storage: Arc<dyn Storage>, writes: Vec<Write>) -> Result<(), StorageError> {
    if let Some(all) = storage.write_all(&writes) {
        match all.await {
            Ok(()) => return Ok(()),
            Err(error) => tracing::debug!(%error, "a batch could not be stored whole; its parts are stored alone"),
        }
    }
    for Write { key, value } in writes {
        match value {
            Some(value) => storage.write(key, value).await?,
            None => storage.remove(key).await?,
        }
    }
    Ok(())
}

/// Reads everything with a prefix. What cannot be read is skipped, and stays where it is.
async fn load(storage: &dyn Storage, prefix: String) -> Vec<(String, Vec<u8>)> {
    let keys = storage.list(prefix).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the stored state of a chat could not be listed; it starts without");
        Vec::new()
    });
    let mut entries = Vec::new();
    for key in keys {
        match storage.read(key.clone()).await {
            Ok(Some(value)) => entries.push((key, value)),
            Ok(None) => {}
            Err(error) => tracing::warn!(key, %error, "a stored value could not be read; it is skipped"),
        }
    }
    entries
}

/// How many inputs are taken before others get their turn.
const MAX_TURNS: u32 = 64;
