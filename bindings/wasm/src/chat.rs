//! The objects of a chat as JavaScript holds them. What they do is in `beep_client::chat`.

use std::cell::RefCell;
use std::rc::Rc;

use beep_client::chat::{
    Chat, Company, Drafts, Friends, Listener, Lists, Members, People, Pins, SendQueue, Timeline, Watched,
};
use beep_client::drafts::{DraftError, DraftPlace};
use beep_client::friend_list::FriendList;
use beep_client::member_list::MemberRow;
use beep_client::observe::Diff;
use beep_client::people::Changes;
use beep_client::permissions::{Action, Permissions, Target};
use beep_client::send_queue::QueueError;
use beep_client::timeline::{RowKey, TimelineRow};
use beep_client::{Bare, ChannelId, Full, GatewayEvent, MessageId, RoleId, SpaceId, UserId};
use futures_util::{StreamExt, stream};
use js_sys::{Function, Promise};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::breathing::Breathing;
use crate::client::RawClient;
use crate::events::item;
use crate::failure::{json, misused, refused, thrown};
use crate::known::Known;
use crate::promise::promise;
use crate::storage::{BrowserStorage, RawStorage};
use crate::transport::now;
use crate::watch::RawWatch;

/// The objects of a chat.
#[wasm_bindgen]
pub struct RawChat {
    chat: Chat,
    known: Rc<Known>,
    listener: RefCell<Option<Listener>>,
}

#[wasm_bindgen]
impl RawChat {
    /// Makes the chat of who is signed in.
    #[wasm_bindgen(constructor)]
    pub fn new(client: &RawClient, storage: RawStorage) -> Result<Self, JsValue> {
        let chat = Chat::new(client.client().clone(), BrowserStorage(storage)).map_err(|error| thrown(&error))?;
        let known = client.known().clone();
        known.follow(chat.clone());
        Ok(Self { chat, known, listener: RefCell::new(None) })
    }

    /// Does the work; `tell` gets what happens on the gateway as JSON text. It ends with the session, or with
    /// [`Self::stop`].
    pub fn run(&self, tell: Function) -> Promise {
        let heard = move |event: &GatewayEvent| {
            if let Some(text) = item(event) {
                // A listener that throws is reported by the layer that made it.
                let _ = tell.call1(&JsValue::UNDEFINED, &JsValue::from_str(&text));
            }
        };
        self.listener.replace(Some(self.chat.listen(heard)));
        let run = Breathing::new(self.chat.run());
        promise(async move { run.await.map(|()| JsValue::UNDEFINED).map_err(|error| thrown(&error)) })
    }

    /// Stores what is not stored.
    pub fn saved(&self) -> Promise {
        let chat = self.chat.clone();
        promise(
            async move { chat.saved().await.map(|()| JsValue::UNDEFINED).map_err(|error| refused("storage", &error)) },
        )
    }

    /// Ends what [`Self::run`] does.
    pub fn stop(&self) {
        self.listener.take();
        self.known.leave(&self.chat);
        self.chat.stop();
    }

    /// The network is back, or the page is looked at again.
    #[wasm_bindgen(js_name = networkIsBack)]
    pub fn network_is_back(&self) {
        self.chat.network_is_back();
    }

    /// A channel's messages.
    pub fn timeline(&self, channel: &str) -> Result<RawTimeline, JsValue> {
        Ok(RawTimeline(self.chat.timeline(&parsed(channel)?)))
    }

    /// A channel's pinned messages.
    pub fn pins(&self, channel: &str) -> Result<RawPins, JsValue> {
        Ok(RawPins(self.chat.pins(&parsed(channel)?)))
    }

    /// The members of a server.
    pub fn members(&self, server: &str) -> Result<RawMembers, JsValue> {
        Ok(RawMembers(self.chat.members(&parsed(server)?)))
    }

    /// Who is who.
    pub fn people(&self) -> RawPeople {
        RawPeople(self.chat.people())
    }

    /// Friends, open requests and blocks.
    pub fn friends(&self) -> RawFriends {
        RawFriends(self.chat.friends())
    }

    /// Who is there.
    pub fn company(&self) -> RawCompany {
        RawCompany(self.chat.company())
    }

    /// The messages on their way.
    #[wasm_bindgen(js_name = sendQueue)]
    pub fn send_queue(&self) -> RawSendQueue {
        RawSendQueue(self.chat.send_queue())
    }

    /// The texts that were begun.
    pub fn drafts(&self) -> RawDrafts {
        RawDrafts(self.chat.drafts())
    }

    /// The lists of servers and channels.
    pub fn lists(&self) -> RawLists {
        RawLists(self.chat.lists())
    }

    /// Watches the connection.
    #[wasm_bindgen(js_name = watchConnection)]
    pub fn watch_connection(&self, tell: Function) -> RawWatch {
        RawWatch::each(self.chat.reachability().connection_changes(), tell)
    }

    /// Watches which other backends do not answer.
    #[wasm_bindgen(js_name = watchUnreachable)]
    pub fn watch_unreachable(&self, tell: Function) -> RawWatch {
        RawWatch::each(self.chat.reachability().changes(), tell)
    }

    /// Why the caller may not do something.
    pub fn denied(&self, action: &str) -> Result<Option<String>, JsValue> {
        let action: Action = read(action)?;
        Ok(self.chat.denied(&action).map(|denied| json(&denied)))
    }

    /// What the caller may do in a channel, or a member with these roles alone.
    #[wasm_bindgen(js_name = permissionsIn)]
    pub fn permissions_in(&self, channel: &str, view_as: Option<String>) -> Result<Option<String>, JsValue> {
        let channel: Full<ChannelId> = parsed(channel)?;
        let roles: Option<Vec<Bare<RoleId>>> = view_as.as_deref().map(read).transpose()?;
        let held = self.chat.with_cache(|cache| {
            let permissions = Permissions::new(cache, now());
            let server = cache.channel(&channel).and_then(|channel| channel.server_id.clone());
            match server.zip(roles) {
                Some((server, roles)) => permissions.view_as(server, roles).in_channel(&channel),
                None => permissions.in_channel(&channel),
            }
        });
        Ok(held.flatten().map(|held| json(&held)))
    }

    /// What a target of an override may do without that override.
    pub fn inherited(&self, channel: &str, target: &str) -> Result<Option<String>, JsValue> {
        let (channel, target): (Full<ChannelId>, Target) = (parsed(channel)?, read(target)?);
        let held = self.chat.with_cache(|cache| Permissions::new(cache, now()).inherited(&channel, &target));
        Ok(held.flatten().map(|held| json(&held)))
    }
}

/// Removes what is stored of an account.
#[wasm_bindgen]
pub fn erase(user: &str, storage: RawStorage) -> Promise {
    let user = parsed(user);
    promise(async move {
        let erased = Chat::erase(&BrowserStorage(storage), &user?).await;
        erased.map(|()| JsValue::UNDEFINED).map_err(|error| refused("storage", &error))
    })
}

/// A channel's messages.
#[wasm_bindgen]
pub struct RawTimeline(Timeline);

#[wasm_bindgen]
impl RawTimeline {
    /// Watches the rows.
    pub fn watch(&self, tell: Function) -> RawWatch {
        RawWatch::steps(self.0.changes(), KeyedRow::new, tell)
    }

    /// Watches who is writing.
    #[wasm_bindgen(js_name = watchWriters)]
    pub fn watch_writers(&self, tell: Function) -> RawWatch {
        RawWatch::each(self.0.writer_changes(), tell)
    }

    /// Watches how it is.
    #[wasm_bindgen(js_name = watchStatus)]
    pub fn watch_status(&self, tell: Function) -> RawWatch {
        RawWatch::each(self.0.status_changes(), tell)
    }

    /// Loads before the first row.
    #[wasm_bindgen(js_name = loadOlder)]
    pub fn load_older(&self) {
        self.0.load_older();
    }

    /// Loads after the last row.
    #[wasm_bindgen(js_name = loadNewer)]
    pub fn load_newer(&self) {
        self.0.load_newer();
    }

    /// Shows the newest messages.
    #[wasm_bindgen(js_name = jumpToNewest)]
    pub fn jump_to_newest(&self) {
        self.0.jump_to_newest();
    }

    /// Shows a message.
    #[wasm_bindgen(js_name = jumpTo)]
    pub fn jump_to(&self, message: &str) -> Result<(), JsValue> {
        self.0.jump_to(parsed(message)?);
        Ok(())
    }

    /// Says whether the newest rows are shown.
    pub fn follow(&self, newest: bool) {
        self.0.follow(newest);
    }

    /// Edits a message.
    pub fn edit(&self, message: &str, text: String) -> Promise {
        let (timeline, message) = (self.0.clone(), parsed(message));
        promise(async move { done(timeline.edit(message?, text).await) })
    }

    /// Deletes a message.
    pub fn delete(&self, message: &str) -> Promise {
        let (timeline, message) = (self.0.clone(), parsed(message));
        promise(async move { done(timeline.delete(message?).await) })
    }

    /// Pins or unpins a message.
    pub fn pin(&self, message: &str, pinned: bool) -> Promise {
        let (timeline, message) = (self.0.clone(), parsed(message));
        promise(async move { done(timeline.pin(message?, pinned).await) })
    }

    /// Reacts to a message, or takes that back.
    pub fn react(&self, message: &str, emoji: String, reacts: bool) -> Promise {
        let (timeline, message) = (self.0.clone(), parsed(message));
        promise(async move { done(timeline.react(message?, emoji, reacts).await) })
    }

    /// Removes all reactions with one emoji.
    #[wasm_bindgen(js_name = clearReactions)]
    pub fn clear_reactions(&self, message: &str, emoji: String) -> Promise {
        let (timeline, message) = (self.0.clone(), parsed(message));
        promise(async move { done(timeline.clear_reactions(message?, emoji).await) })
    }
}

/// A row with what it stays known by.
#[derive(Serialize)]
struct KeyedRow {
    key: String,
    #[serde(flatten)]
    row: TimelineRow,
}

impl KeyedRow {
    fn new(row: TimelineRow) -> Self {
        let key = match row.key() {
            RowKey::Message(id) => id.to_string(),
            RowKey::Sent(nonce) => nonce,
        };
        Self { key, row }
    }
}

/// A channel's pinned messages.
#[wasm_bindgen]
pub struct RawPins(Pins);

#[wasm_bindgen]
impl RawPins {
    /// Watches them.
    pub fn watch(&self, tell: Function) -> RawWatch {
        RawWatch::each(self.0.changes(), tell)
    }

    /// Why they could not be read.
    pub fn failure(&self) -> Option<String> {
        self.0.failure().map(|failure| json(&failure))
    }
}

/// The members of a server.
#[wasm_bindgen]
pub struct RawMembers(Members);

#[wasm_bindgen]
impl RawMembers {
    /// Watches the rows that are shown, and where they are in the whole list.
    pub fn watch(&self, tell: Function) -> RawWatch {
        let members = self.0.clone();
        let counted = self.0.len_changes().map(|_| Vec::new());
        // Nothing happens between the steps and the look at where they lead.
        let ranges = stream::select(self.0.changes(), counted).map(move |steps| MemberRange {
            steps,
            start: members.start(),
            length: members.len(),
        });
        RawWatch::each(ranges, tell)
    }

    /// Shows other rows.
    pub fn show(&self, from: usize, to: usize) {
        self.0.show(from..to.max(from));
    }

    /// Lists only those whose names begin so.
    pub fn search(&self, query: Option<String>) {
        self.0.search(query.as_deref());
    }

    /// Why they could not be read.
    pub fn failure(&self) -> Option<String> {
        self.0.failure().map(|failure| json(&failure))
    }
}

/// The rows of a list of members that are shown, as steps from those before.
#[derive(Serialize)]
struct MemberRange {
    steps: Vec<Diff<MemberRow>>,
    start: usize,
    length: usize,
}

/// Who is who.
#[wasm_bindgen]
pub struct RawPeople(People);

#[wasm_bindgen]
impl RawPeople {
    /// Somebody as they are shown.
    pub fn show(&self, server: Option<String>, user: &str) -> Result<String, JsValue> {
        let server: Option<Full<SpaceId>> = optional(server)?;
        Ok(json(&self.0.show(server.as_ref(), &parsed::<Full<UserId>>(user)?)))
    }

    /// Watches who is to be drawn again: the users, or `null` for everybody.
    pub fn watch(&self, tell: Function) -> RawWatch {
        let users = self.0.changes().map(|changes| match changes {
            Changes::Of(users) => Some(users),
            Changes::All => None,
        });
        RawWatch::each(users, tell)
    }
}

/// Friends, open requests and blocks.
#[wasm_bindgen]
pub struct RawFriends(Friends);

#[wasm_bindgen]
impl RawFriends {
    /// Watches a list.
    pub fn watch(&self, list: &str, tell: Function) -> Result<RawWatch, JsValue> {
        Ok(RawWatch::each(self.0.changes(friend_list(list)?), tell))
    }

    /// How far a list is read.
    pub fn status(&self, list: &str) -> Result<String, JsValue> {
        Ok(json(&self.0.status(friend_list(list)?)))
    }

    /// How somebody stands to the caller.
    pub fn relation(&self, user: &str) -> Result<Option<String>, JsValue> {
        Ok(self.0.relation(&parsed(user)?).map(|row| json(&row)))
    }

    /// Whether the caller has blocked somebody.
    #[wasm_bindgen(js_name = isBlocked)]
    pub fn is_blocked(&self, user: &str) -> Result<bool, JsValue> {
        Ok(self.0.is_blocked(&parsed(user)?))
    }

    /// Asks somebody to be friends.
    pub fn ask(&self, handle: String) -> Promise {
        let friends = self.0.clone();
        promise(async move { friends.ask(handle).await.map(|row| json(&row).into()).map_err(|error| thrown(&error)) })
    }

    /// Does something about a request or a user: one door for all, as each costs code.
    pub fn act(&self, action: &str, of: &str) -> Result<Promise, JsValue> {
        let friends = &self.0;
        let acting = match action {
            "accept" | "decline" | "cancel" => {
                let request = parsed(of)?;
                match action {
                    "accept" => friends.accept(request),
                    "decline" => friends.decline(request),
                    _ => friends.cancel(request),
                }
            }
            _ => {
                let user = parsed(of)?;
                match action {
                    "remove" => friends.remove(&user),
                    "block" => friends.block(&user),
                    "unblock" => friends.unblock(&user),
                    _ => return Err(misused(format_args!("`{action}` is nothing to do about friends"))),
                }
            }
        };
        Ok(promise(async move { done(acting.await) }))
    }
}

/// Who is there.
#[wasm_bindgen]
pub struct RawCompany(Company);

#[wasm_bindgen]
impl RawCompany {
    /// How somebody is seen.
    pub fn presence(&self, user: &str) -> Result<String, JsValue> {
        Ok(json(&self.0.presence(&parsed(user)?)))
    }

    /// Looks at members, until this is freed.
    pub fn watch(&self, server: &str, users: Vec<String>) -> Result<RawWatched, JsValue> {
        let users = users.iter().map(|user| parsed(user)).collect::<Result<_, _>>()?;
        Ok(RawWatched(self.0.watch(&parsed(server)?, users)))
    }
}

/// Members who are looked at.
#[wasm_bindgen]
pub struct RawWatched(#[expect(dead_code, reason = "it is held until it is dropped")] Watched);

/// The messages on their way.
#[wasm_bindgen]
pub struct RawSendQueue(SendQueue);

#[wasm_bindgen]
impl RawSendQueue {
    /// Watches them.
    pub fn watch(&self, tell: Function) -> RawWatch {
        RawWatch::each(self.0.changes(), tell)
    }

    /// Queues a text.
    pub fn send(&self, channel: &str, text: String, reply_to: Option<String>) -> Result<String, JsValue> {
        let sent = self.0.send(&parsed(channel)?, text, optional(reply_to)?);
        sent.map_err(|error| not_queued(&error))
    }

    /// Sends one once more.
    pub fn retry(&self, nonce: &str) -> Result<(), JsValue> {
        self.0.retry(nonce).map_err(|error| not_queued(&error))
    }

    /// Replaces the text of one.
    pub fn edit(&self, nonce: &str, text: String) -> Result<(), JsValue> {
        self.0.edit(nonce, text).map_err(|error| not_queued(&error))
    }

    /// Gives one up.
    pub fn discard(&self, nonce: &str) -> Result<String, JsValue> {
        self.0.discard(nonce).map(|one| json(&*one)).map_err(|error| not_queued(&error))
    }
}

/// The texts that were begun.
#[wasm_bindgen]
pub struct RawDrafts(Drafts);

#[wasm_bindgen]
impl RawDrafts {
    /// Watches them.
    pub fn watch(&self, tell: Function) -> RawWatch {
        RawWatch::each(self.0.changes(), tell)
    }

    /// The text of a place.
    pub fn get(&self, channel: &str, edits: Option<String>) -> Result<Option<String>, JsValue> {
        Ok(self.0.get(&place(channel, edits)?).map(|draft| json(&*draft)))
    }

    /// Keeps a text.
    pub fn set(
        &self,
        channel: &str,
        edits: Option<String>,
        text: String,
        reply_to: Option<String>,
    ) -> Result<(), JsValue> {
        let kept = self.0.set(place(channel, edits)?, text, optional(reply_to)?);
        kept.map_err(|error| match error {
            DraftError::TooLong => refused("text_too_long", &error),
            _ => refused("too_many_drafts", &error),
        })
    }

    /// Gives a text up.
    pub fn discard(&self, channel: &str, edits: Option<String>) -> Result<Option<String>, JsValue> {
        Ok(self.0.discard(&place(channel, edits)?).map(|draft| json(&*draft)))
    }

    /// Sends what is in a composer.
    pub fn send(&self, channel: &str) -> Result<bool, JsValue> {
        self.0.send(&parsed(channel)?).map_err(|error| not_queued(&error))
    }
}

/// The lists of servers and channels.
#[wasm_bindgen]
pub struct RawLists(Lists);

#[wasm_bindgen]
impl RawLists {
    /// Watches the servers.
    #[wasm_bindgen(js_name = watchServers)]
    pub fn watch_servers(&self, tell: Function) -> RawWatch {
        RawWatch::each(self.0.server_changes(), tell)
    }

    /// Watches the channels of a server, or the private ones.
    #[wasm_bindgen(js_name = watchChannels)]
    pub fn watch_channels(&self, server: Option<String>, tell: Function) -> Result<RawWatch, JsValue> {
        let server: Option<Full<SpaceId>> = optional(server)?;
        Ok(RawWatch::each(self.0.channel_changes(server.as_ref()), tell))
    }

    /// Watches what is unread in all.
    #[wasm_bindgen(js_name = watchTotals)]
    pub fn watch_totals(&self, tell: Function) -> RawWatch {
        RawWatch::each(self.0.total_changes(), tell)
    }

    /// A channel was read.
    #[wasm_bindgen(js_name = markRead)]
    pub fn mark_read(&self, channel: &str) -> Result<(), JsValue> {
        self.0.mark_read(&parsed(channel)?);
        Ok(())
    }

    /// A server was read, or all that is private.
    #[wasm_bindgen(js_name = markServerRead)]
    pub fn mark_server_read(&self, server: Option<String>) -> Result<(), JsValue> {
        self.0.mark_server_read(optional(server)?.as_ref());
        Ok(())
    }

    /// A message is the first unread one.
    #[wasm_bindgen(js_name = markUnread)]
    pub fn mark_unread(&self, channel: &str, message: &str, count: Option<u32>) -> Result<(), JsValue> {
        self.0.mark_unread(&parsed(channel)?, parsed::<Bare<MessageId>>(message)?, count);
        Ok(())
    }

    /// A channel counts nowhere, or does again.
    #[wasm_bindgen(js_name = setMuted)]
    pub fn set_muted(&self, channel: &str, muted: bool) -> Result<(), JsValue> {
        self.0.set_muted(&parsed(channel)?, muted);
        Ok(())
    }

    /// The next unread channel.
    #[wasm_bindgen(js_name = nextUnread)]
    pub fn next_unread(&self, after: Option<String>) -> Result<Option<String>, JsValue> {
        Ok(self.0.next_unread(optional(after)?.as_ref()).map(|channel| channel.to_string()))
    }
}

fn place(channel: &str, edits: Option<String>) -> Result<DraftPlace, JsValue> {
    Ok(DraftPlace { channel: parsed(channel)?, edits: optional(edits)? })
}

fn friend_list(name: &str) -> Result<FriendList, JsValue> {
    match name {
        "friends" => Ok(FriendList::Friends),
        "incoming" => Ok(FriendList::Incoming),
        "outgoing" => Ok(FriendList::Outgoing),
        "blocked" => Ok(FriendList::Blocked),
        _ => Err(misused(format_args!("`{name}` is not a list of friends"))),
    }
}

fn parsed<T: std::str::FromStr>(id: &str) -> Result<T, JsValue> {
    id.parse().map_err(|_| misused(format_args!("`{id}` is not an id")))
}

fn optional<T: std::str::FromStr>(id: Option<String>) -> Result<Option<T>, JsValue> {
    id.as_deref().map(parsed).transpose()
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, JsValue> {
    beep_proto::json::read(text).map_err(misused)
}

fn done(result: Result<(), beep_client::Error>) -> Result<JsValue, JsValue> {
    result.map(|()| JsValue::UNDEFINED).map_err(|error| thrown(&error))
}

fn not_queued(error: &QueueError) -> JsValue {
    let code = match error {
        QueueError::Full => "queue_full",
        QueueError::TooLong => "text_too_long",
        QueueError::Gone => "gone",
        _ => "may_be_sent",
    };
    refused(code, error)
}
