//! The stream of events as JavaScript reads it: one item after the other, each with what it changed.

use std::cell::RefCell;
use std::rc::Rc;

use beep_client::{Disconnect, Event, EventStream, GatewayEvent, Ready};
use js_sys::Promise;
use serde::Serialize;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use web_sys::AbortSignal;

use crate::abort::unless_aborted;
use crate::failure::{json, misused, thrown};
use crate::known::Known;
use crate::promise::promise;

/// The stream of events, in the words that cross between Rust and JavaScript.
#[wasm_bindgen]
pub struct RawEvents {
    /// Taken out while it is read.
    stream: Rc<RefCell<Option<EventStream>>>,
    known: Rc<Known>,
}

impl RawEvents {
    pub(crate) fn new(stream: EventStream, known: Rc<Known>) -> Self {
        Self { stream: Rc::new(RefCell::new(Some(stream))), known }
    }
}

#[wasm_bindgen]
impl RawEvents {
    /// Gives what happens next as JSON text, undefined at the end. One call at a time; the signal ends the stream.
    pub fn next(&self, signal: AbortSignal) -> Promise {
        let (slot, known) = (self.stream.clone(), self.known.clone());
        let taken = slot.take();
        promise(async move {
            let mut stream = taken.ok_or_else(|| misused("the stream is being read or has ended"))?;
            let told = unless_aborted(Some(signal), async move {
                loop {
                    let told = match stream.next().await {
                        None => return Ok(None),
                        Some(Err(error)) => return Err(thrown(&error)),
                        Some(Ok(event)) => tell(&event, &known),
                    };
                    if told.is_some() {
                        return Ok(told.map(|told| (told, stream)));
                    }
                }
            });
            // Aborted, the stream was dropped with its connection.
            let Ok(told) = told.await else { return Ok(JsValue::UNDEFINED) };
            let Some((told, stream)) = told? else { return Ok(JsValue::UNDEFINED) };
            slot.replace(Some(stream));
            Ok(told.into())
        })
    }
}

/// What JavaScript is told.
#[derive(Serialize)]
struct Told<'a> {
    item: Item<'a>,
    /// Whether the state is another one.
    changed: bool,
    cursor: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Item<'a> {
    Ready {
        ready: &'a Ready,
    },
    Event {
        event: &'a Event,
    },
    Resumed,
    CaughtUp {
        cursor: &'a str,
    },
    Resync {
        scope: &'a str,
    },
    Disconnected {
        reason: &'static str,
        detail: String,
        #[serde(rename = "retryInMs")]
        retry_in_ms: u64,
    },
}

/// Takes the state along and writes the item; `None` for one of a newer SDK.
fn tell(event: &GatewayEvent, known: &Known) -> Option<String> {
    let changed = known.take(event);
    written(event, changed)
}

/// Writes what a chat was told, which changes its state; `None` for one of a newer SDK.
pub(crate) fn item(event: &GatewayEvent) -> Option<String> {
    written(event, matches!(event, GatewayEvent::Ready(_) | GatewayEvent::Event(_)))
}

fn written(event: &GatewayEvent, changed: bool) -> Option<String> {
    let item = match event {
        GatewayEvent::Ready(ready) => Item::Ready { ready },
        GatewayEvent::Event(event) => Item::Event { event },
        GatewayEvent::Resumed => Item::Resumed,
        GatewayEvent::CaughtUp { cursor } => Item::CaughtUp { cursor },
        GatewayEvent::Resync { scope } => Item::Resync { scope },
        GatewayEvent::Disconnected { reason, retry_in } => {
            let retry_in_ms = u64::try_from(retry_in.as_millis()).unwrap_or(u64::MAX);
            Item::Disconnected { reason: name(reason), detail: reason.to_string(), retry_in_ms }
        }
        _ => return None,
    };
    Some(json(&Told { item, changed, cursor: event.cursor() }))
}

fn name(reason: &Disconnect) -> &'static str {
    match reason {
        Disconnect::Closed { .. } => "closed",
        Disconnect::Refused { .. } => "refused",
        Disconnect::Silent => "silent",
        Disconnect::Unauthenticated => "unauthenticated",
        Disconnect::Nonsense(_) => "nonsense",
        _ => "transport",
    }
}
