//! One WebSocket connection of the browser.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use beep_client::transport::{Frame, TransportError};
use futures_channel::{mpsc, oneshot};
use futures_util::{Sink, Stream, StreamExt};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{CloseEvent, Event, MessageEvent, WebSocket};

use crate::transport::detail;

/// An open connection. Dropping it closes it, and the browser calls nothing of it any more.
pub(crate) struct Socket {
    socket: WebSocket,
    frames: mpsc::UnboundedReceiver<Frame>,
    _opened: Closure<dyn FnMut(Event)>,
    _message: Closure<dyn FnMut(MessageEvent)>,
    _closed: Closure<dyn FnMut(CloseEvent)>,
}

/// Opens a connection.
///
/// # Errors
/// As a browser says neither status nor cause, every failure is one to reach the backend.
pub(crate) async fn open(url: &str, subprotocol: &str) -> Result<Socket, TransportError> {
    let socket =
        WebSocket::new_with_str(url, subprotocol).map_err(|error| TransportError::unreached(detail(&error)))?;
    let (frame, frames) = mpsc::unbounded();
    let (tell, outcome) = oneshot::channel();
    let tell = Rc::new(RefCell::new(Some(tell)));

    let telling = tell.clone();
    let opened = Closure::<dyn FnMut(Event)>::new(move |_| {
        if let Some(tell) = telling.take() {
            let _ = tell.send(true);
        }
    });
    let arrived = frame.clone();
    let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(text) = event.data().as_string() {
            let _ = arrived.unbounded_send(Frame::Text(text));
        }
    });
    let closed = Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
        if let Some(tell) = tell.take() {
            let _ = tell.send(false);
        }
        let _ = frame.unbounded_send(Frame::Closed { code: event.code() });
        frame.close_channel();
    });
    socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
    socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
    socket.set_onclose(Some(closed.as_ref().unchecked_ref())); // comes after every error too

    let socket = Socket { socket, frames, _opened: opened, _message: message, _closed: closed };
    match outcome.await {
        Ok(true) => Ok(socket),
        _ => Err(TransportError::unreached("the browser could not open the connection")),
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        let _ = self.socket.close(); // fails only for a code, and none is given
    }
}

impl Stream for Socket {
    type Item = Result<Frame, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.frames.poll_next_unpin(context).map(|frame| frame.map(Ok))
    }
}

impl Sink<String> for Socket {
    type Error = TransportError;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        let open = self.socket.ready_state() == WebSocket::OPEN;
        Poll::Ready(if open { Ok(()) } else { Err(TransportError::interrupted("the connection is closing")) })
    }

    fn start_send(self: Pin<&mut Self>, text: String) -> Result<(), TransportError> {
        self.socket.send_with_str(&text).map_err(|error| TransportError::interrupted(detail(&error)))
    }

    /// The browser sends what it was given by itself.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(self.socket.close().map_err(|error| TransportError::interrupted(detail(&error))))
    }
}
