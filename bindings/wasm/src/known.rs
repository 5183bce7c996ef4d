//! What is known of servers and channels: by the chat while there is one, and else by the stream of events that is read.

use std::cell::RefCell;

use beep_client::view::SelfUser;
use beep_client::{Cache, Chat, GatewayEvent};

/// What is known, if anything is.
#[derive(Default)]
pub(crate) struct Known {
    chat: RefCell<Option<Chat>>,
    told: RefCell<Option<Cache>>,
}

impl Known {
    /// Looks at the state, if there is one.
    pub(crate) fn with<R>(&self, look: impl FnOnce(&Cache) -> R) -> Option<R> {
        match &*self.chat.borrow() {
            Some(chat) => chat.with_cache(look),
            None => self.told.borrow().as_ref().map(look),
        }
    }

    /// Takes what a stream of events tells; says whether the state is another one.
    pub(crate) fn take(&self, event: &GatewayEvent) -> bool {
        match event {
            GatewayEvent::Ready(ready) => {
                self.told.replace(Some(Cache::new(ready)));
                true
            }
            GatewayEvent::Event(event) => self.told.borrow_mut().as_mut().is_some_and(|told| told.apply(event)),
            _ => false,
        }
    }

    /// Takes the account as a call gave it.
    pub(crate) fn set_me(&self, me: SelfUser) {
        match &*self.chat.borrow() {
            Some(chat) => chat.set_me(me),
            None => {
                if let Some(told) = &mut *self.told.borrow_mut() {
                    told.set_me(me);
                }
            }
        }
    }

    /// Knows what a chat knows.
    pub(crate) fn follow(&self, chat: Chat) {
        self.chat.replace(Some(chat));
        self.told.take();
    }

    /// Knows nothing of a chat that ends.
    pub(crate) fn leave(&self, chat: &Chat) {
        self.chat.borrow_mut().take_if(|followed| followed.is(chat));
    }

    /// Forgets all: nobody is signed in.
    pub(crate) fn forget(&self) {
        self.chat.take();
        self.told.take();
    }
}
